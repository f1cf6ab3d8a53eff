"""A solo as arrays and back, and the version of the reader that made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.corpus.packed import READER_VERSION, PackedSolo, pack, unpack
from jazzgen.errors import OptionError
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import read_solo
from jazzgen.midi.smf import Song, TimedNote, Track, read_song
from jazzgen.midi.smf_writing import write_song
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import ChordChange, MeterChange, Note, Progression, Section, Solo
from tests.shared import ROOT
from tests.solos import quantized_solos

STUDIES = midi_files([ROOT / "data" / "midi"])
TEXT = st.text(max_size=8)
# What each version of the reader makes of the files of `read_files`. Never replace a line: where the last one
# does not hold any more, raise READER_VERSION in jazzgen/corpus/packed.py and add its line, so that prepared
# corpora are read again.
READ_BY = {
    1: "2f2444291da628ec3b7f4cac95ed741b264642e5bcc563e53bc6a650d3b4ae33",
    2: "cf63cd42fd808357b2b8cb92e9b3242767b4ec6fbb7425dbd2ce42b49b20ff98",
}


def test_what_is_seldom_comes_back_too() -> None:
    form = Progression(
        (ChordChange(0, "N.C."), ChordChange(36, "B♭7")),
        84,
        (MeterChange(0, 3), MeterChange(36, 4)),
        (Section(0, "A′"), Section(36, "")),
        title="Caf\xe9 \ud800",
        key="F#m",
        style="waltz",
    )
    solo = Solo((Note(3, 80, 127, 1),), form, 219.1, "a\nb", "枯葉", "flute", True)
    again = unpack(pack(solo))
    assert again == solo
    assert type(again.double_time) is bool
    assert again.progression.bar_ticks == solo.progression.bar_ticks


@settings(deadline=None, max_examples=60)
@given(quantized_solos(), TEXT, TEXT, st.floats(1, 1e4))
def test_any_solo_comes_back(solo: Solo, title: str, player: str, tempo: float) -> None:
    named = Solo(solo.notes, solo.progression, tempo, title, player)
    assert unpack(pack(named)) == named


def test_a_solo_of_more_ticks_than_fit_is_refused() -> None:
    form = Progression((ChordChange(0, "C"),), 48 * 2**26, (MeterChange(0, 2**28),))
    with pytest.raises(OptionError, match="3,221,225,472 ticks long"):
        pack(Solo((Note(0, 6, 60),), form))


def test_the_digest_is_of_notes_and_chords() -> None:
    form = Progression((ChordChange(0, "C7"),), 96)
    notes = (Note(0, 6, 60), Note(6, 6, 64))
    digest = pack(Solo(notes, form)).digest()
    assert pack(Solo(notes, form, 90.0, "Other", "Somebody", "flute")).digest() == digest
    others = [
        Solo((Note(0, 6, 60), Note(6, 6, 65)), form),
        Solo((Note(0, 6, 60), Note(6, 12, 64)), form),
        Solo(notes, Progression((ChordChange(0, "C"),), 96)),
        Solo(notes[:1], form),
    ]
    assert len({digest, *(pack(other).digest() for other in others)}) == 5


# -------------------------------------------------------------------------------------- the reader's version


def read_files(folder: Path) -> Iterator[PackedSolo]:
    """The studies; and as another program would write them, so that track, chords and grid must be found."""
    for path in STUDIES:
        yield pack(read_solo(path))
        write_song(plain(read_song(path)), folder / path.name)
        yield pack(read_solo(folder / path.name))


def plain(song: Song) -> Song:
    """Without names, texts and markers; played a little late, and the chords held by another track."""
    (solo,) = song.tracks
    late = [song.ppq // 50 * (number % 4) for number in range(len(solo.notes))]
    moved = [
        note._replace(start=note.start + by, end=note.end + by)
        for note, by in zip(solo.notes, late, strict=True)
    ]
    chords = [(text.tick, text.text) for text in song.markers if not text.text.startswith("[")]
    ends = [tick for tick, _ in chords[1:]] + [song.end]
    held = [
        TimedNote(tick, end, 48 + pitch_class, 70)
        for number, ((tick, symbol), end) in enumerate(zip(chords, ends, strict=True))
        if (chord := parse_chord(symbol)) is not None
        for pitch_class in sorted(chord.pitch_classes)[number % 2 :]  # every second chord lacks a tone
    ]
    tracks = (Track("", 0, 1, tuple(held)), Track("", solo.program, 0, tuple(moved)))
    return replace(song, tracks=tracks, texts=(), markers=())


def test_what_is_read_is_what_this_version_of_the_reader_reads(tmp_path: Path) -> None:
    digest = hashlib.sha256()
    for title, player, form, *arrays in read_files(tmp_path):
        digest.update(json.dumps([title, player, form]).encode())
        for array in arrays:
            digest.update(array.tobytes())
    assert max(READ_BY) == READER_VERSION
    assert READ_BY[READER_VERSION] == digest.hexdigest()
