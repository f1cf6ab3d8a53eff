"""writing.py: what is written reads back, and what a DAW sees."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError, OutputError
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read
from jazzgen.midi.smf import read_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music import grid
from jazzgen.music.score import Arrangement, ChordChange, MeterChange, Note, Part, Progression, Section, Solo

FORM = parse_progression("| Dm7 | G7 | Cmaj7 | % |")


LINE = (
    Note(0, 6, 62),
    Note(6, 6, 65, 101),
    Note(12, 12, 69),
    Note(36, 4, 72),
    Note(40, 4, 71),
    Note(44, 4, 69),
)


@st.composite
def solos(draw: st.DrawFn) -> Solo:
    """A solo that the grid leaves as it is, over a form with changing meters; half of them in double time."""
    double = draw(st.booleans())
    factor = 2 if double else 1  # a bar of the file is two bars in double time
    meters, start, last = [], 0, 0
    for beats in draw(st.lists(st.integers(1, 7), min_size=1, max_size=3)):
        if beats != last:
            meters.append(MeterChange(start, beats))
        start, last = start + 12 * beats * factor * draw(st.integers(1, 4)), beats
    length = start + 12 * last * factor
    beats_played = st.floats(0, length / 12 - 1, allow_nan=False).map(lambda beat: round(beat * 24) / 24)
    onsets = sorted(set(draw(st.lists(beats_played, min_size=1, max_size=30))))
    ends = [onset + draw(st.floats(0.05, 2)) for onset in onsets]
    pitches = [draw(st.integers(0, 127)) for _ in onsets]
    velocities = [draw(st.integers(1, 127)) for _ in onsets]
    notes, _ = grid.quantize(zip(onsets, ends, pitches, velocities, strict=True), double_time=False)
    notes = [note for note in notes if note.end <= length] or [Note(0, 6, 60)]
    ticks = sorted(draw(st.sets(st.integers(1, length - 1), max_size=6)))
    names = st.sampled_from(["Dm7", "G7alt", "Cmaj7/E", "A", "B", "N.C.", "F#m7b5", "Bb-7", "Ebj7"])
    sections = sorted(draw(st.sets(st.integers(0, length - 1), max_size=4)))
    form = Progression(
        chords=tuple(ChordChange(tick, draw(names)) for tick in [0, *ticks]),
        length=length,
        meters=tuple(meters),
        sections=tuple(
            Section(tick, draw(st.sampled_from(["A", "B", "A'2", "Bridge"]))) for tick in sections
        ),
        title=draw(st.sampled_from(["", "Tune", "Für Elise"])),
        key=draw(st.sampled_from(["Bb", "F#m"])),
        style=draw(st.sampled_from(["swing", "bossa"])),
    )
    tempo = draw(st.integers(40, 4000)) / 10
    player = draw(st.sampled_from(["", "Art Pepper"]))
    name = draw(st.sampled_from(["tenor-sax", "cornet", "bass-clarinet", "piano"]))
    return Solo(tuple(notes), form, tempo, form.title, player, name, double)


BAND = (
    Part("Piano", 0, 1, tuple(Note(0, 48, pitch) for pitch in (53, 57, 60, 64))),
    Part("Bass", 32, 2, (Note(0, 12, 38), Note(12, 12, 41))),
    Part("Drums", 0, 9, tuple(Note(12 * beat, 1, 51) for beat in range(4))),
)


@settings(deadline=None, max_examples=150)
@given(
    solos(),
    st.sampled_from([96, 480, 960]),
    st.sampled_from([(), BAND]),
)
def test_a_solo_reads_back(tmp_path_factory, solo: Solo, ppq: int, band) -> None:
    path = tmp_path_factory.getbasetemp() / "there.mid"
    write_arrangement(Arrangement(solo, band, "jazzgen 1 --seed 2"), path, layout=Layout(ppq=ppq))
    reading = read(path)
    assert reading.solo == solo
    assert reading.track == "Solo"
    assert reading.chord_source == "markers"
    assert reading.recipe == "jazzgen 1 --seed 2" + (f" --ppq {ppq}" if ppq != 480 else "")
    assert reading.dropped == {}


def test_what_a_daw_sees(tmp_path: Path) -> None:
    form = parse_progression("| Dm7 | G7 | Cmaj7 | % |", key="C")
    form = Progression(form.chords, form.length, sections=(Section(0, "A"), Section(96, "B")), key="C")
    write_arrangement(Arrangement(Solo(LINE, form, 132, "Take"), BAND, "jazzgen x"), tmp_path / "take.mid")
    file = mido.MidiFile(tmp_path / "take.mid", charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (1, 480)
    assert [track.name for track in file.tracks] == ["Take", "Solo", "Piano", "Bass", "Drums"]
    conductor = file.tracks[0]
    assert [m.type for m in conductor[:4]] == ["track_name", "set_tempo", "time_signature", "key_signature"]
    assert [m.text for m in conductor if m.type == "marker"] == ["[A]", "Dm7", "G7", "[B]", "Cmaj7", "Cmaj7"][
        :5
    ]
    assert {sum(m.time for m in track) for track in file.tracks} == {4 * 1920}
    channels = [{m.channel for m in track if not m.is_meta} for track in file.tracks[1:]]
    assert channels == [{0}, {1}, {2}, {9}]


def test_one_take_one_set_of_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_arrangement(Arrangement(Solo(LINE, FORM), BAND), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_unknown_key_is_estimated(tmp_path: Path) -> None:
    write_arrangement(Arrangement(Solo(LINE, FORM)), tmp_path / "take.mid")
    assert read_song(tmp_path / "take.mid").key == "C"


@pytest.mark.parametrize(
    ("arrangement", "options", "message"),
    [
        (Arrangement(Solo(LINE, FORM, 2.0)), {}, "tempo .* received 2"),
        (Arrangement(Solo(LINE, FORM), (BAND[0], BAND[0])), {}, "Piano and Piano share channel 2"),
        (
            Arrangement(Solo(LINE, parse_progression("| C | F | C |"), double_time=True)),
            {},
            "even number of bars",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(
    tmp_path, arrangement, options, message
) -> None:
    with pytest.raises(OptionError, match=message):
        write_arrangement(arrangement, tmp_path / "take.mid", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    with pytest.raises(OutputError, match="none"):
        write_arrangement(Arrangement(Solo(LINE, FORM)), tmp_path / "none" / "take.mid")
