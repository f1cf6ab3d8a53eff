"""Layouts: words to choices and back, channels, and what transposing writes."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.band.ensemble import accompany
from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.midi.layout import AS_USUAL, MARKERS, READERS, Layout, assign_channels, transposed
from jazzgen.midi.reading import read
from jazzgen.midi.smf import read_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Part, Solo
from jazzgen.performance.feel import Feel
from jazzgen.tokens.vocabulary import encode

FORM = parse_progression("[A] | Dm7 | G7 | [B] Cmaj7 | % |", key="C")
LINE = tuple(Note(12 * beat, 12, pitch) for beat, pitch in enumerate((62, 65, 69, 72, 71, 67, 65, 62, 64)))
BAND = (
    Part("Piano", 0, 1, tuple(Note(0, 48, pitch) for pitch in (53, 57, 60, 64))),
    Part("Bass", 32, 2, (Note(0, 48, 38), Note(48, 48, 43), Note(96, 96, 36))),
    Part("Drums", 0, 9, tuple(Note(12 * beat, 3, 51) for beat in range(16))),
)


def take(instrument: str = "tenor-sax") -> Arrangement:
    return Arrangement(Solo(LINE, FORM, instrument=instrument), BAND, "jazzgen x")


NAMES = st.lists(
    st.sampled_from(["Solo", "solo", "Piano", "bass", "My Drums"]), max_size=3, unique_by=str.casefold
)
NAMES = NAMES.map(tuple)
LAYOUTS = st.builds(
    Layout,
    markers=st.sampled_from(MARKERS),
    tracks=NAMES,
    channels=st.lists(
        st.tuples(st.sampled_from(["solo", "bass", "drums"]), st.integers(1, 16)),
        max_size=3,
        unique_by=(lambda pair: pair[0], lambda pair: pair[1]),
    ).map(tuple),
    transpose=st.one_of(st.sampled_from(list(READERS)), st.integers(-24, 24)),
    ppq=st.integers(48, 32767),
)


@settings(deadline=None)
@given(LAYOUTS)
def test_options_say_what_parse_reads(layout: Layout) -> None:
    words = {"markers": "both", "tracks": None, "channel": None, "transpose": "0", "ppq": "480"}
    options = iter(shlex.split(shlex.join(layout.options())))
    for option in options:
        name, _, value = option.removeprefix("--").partition("=")
        words[name] = value or next(options)
    assert Layout.parse(*[*words.values()][:4], ppq=int(words["ppq"] or 0)) == layout  # type: ignore[arg-type]


def test_the_usual_layout_needs_no_words() -> None:
    assert AS_USUAL.options() == []
    assert Layout.parse() == AS_USUAL


@pytest.mark.parametrize(
    ("layout", "channels"),
    [
        (Layout(), [0, 1, 2, 9]),
        (Layout(channels=(("solo", 4),)), [3, 1, 2, 9]),
        (Layout(channels=(("SOLO", 2),)), [1, 0, 2, 9]),  # the piano gives way to the lowest free one
        (Layout(channels=(("bass", 1),)), [2, 1, 0, 9]),
        (Layout(channels=(("drums", 10),)), [0, 1, 2, 9]),
        (Layout(tracks=("bass", "drums")), [2, 9]),  # as in the whole file
    ],
)
def test_channels_are_as_wanted_else_their_own_else_free(layout: Layout, channels: list[int]) -> None:
    assert [channel for _, channel in assign_channels(take(), layout)] == channels


def test_tracks_stand_in_the_order_of_the_score() -> None:
    assert [part.name for part, _ in assign_channels(take(), Layout(tracks=("bass", "Solo")))] == [
        "Solo",
        "Bass",
    ]


def test_a_track_asked_for_twice_is_named() -> None:
    with pytest.raises(OptionError, match="track 'SOLO' is asked for twice; name it once"):
        Layout.parse(tracks="solo, bass,SOLO")


@pytest.mark.parametrize(
    ("choice", "advice"), [(("drums", 5), "leave it out"), (("solo", 10), "give it another")]
)
def test_channel_10_is_for_drums_and_drums_are_for_channel_10(choice: tuple[str, int], advice: str) -> None:
    """Anywhere else a bass drum is a low C of the piano."""
    name, number = choice
    message = f"channel 10 is for drums and for nothing else, received {name}={number}; {advice}"
    with pytest.raises(OptionError, match=message):
        assign_channels(take(), Layout(channels=(choice,)))


def test_two_tracks_of_one_name_are_refused() -> None:
    band = (Part("Pad", 0, 1, ()), Part("pad", 0, 2, ()))
    with pytest.raises(OptionError, match="two tracks are called 'pad'"):
        assign_channels(Arrangement(take().solo, band), AS_USUAL)


def test_the_sixteenth_track_finds_no_channel() -> None:
    band = tuple(Part(f"Pad {n}", 0, n, ()) for n in range(16))
    with pytest.raises(OptionError, match="no channel is left for Solo"):
        assign_channels(Arrangement(take().solo, band), AS_USUAL)


@pytest.mark.parametrize(
    ("transpose", "instrument", "solo", "band", "key", "first"),
    [
        (2, "tenor-sax", 2, 2, "D", "Em7"),
        (-3, "flute", -3, -3, "A", "Bm7"),
        ("Bb", "trumpet", 2, 2, "D", "Em7"),
        ("Bb", "tenor-sax", 14, 2, "D", "Em7"),  # written a major ninth above what sounds
        ("Bb", "alto-sax", 2, 2, "D", "Em7"),  # for somebody else's trumpet
        ("Eb", "alto-sax", 9, -3, "A", "Bm7"),
        ("Eb", "baritone-sax", 21, -3, "A", "Bm7"),
        ("Eb", "piano", 9, -3, "A", "Bm7"),
        (12, "piano", 12, 12, "C", "Dm7"),
    ],
)
def test_what_players_of_transposing_instruments_read(
    transpose: int | str, instrument: str, solo: int, band: int, key: str, first: str
) -> None:
    moved = transposed(take(instrument), transpose)
    assert [note.pitch for note in moved.solo.notes] == [note.pitch + solo for note in LINE]
    for before, after in zip(BAND, moved.parts, strict=True):
        shift = 0 if before.name == "Drums" else band
        assert [note.pitch for note in after.notes] == [note.pitch + shift for note in before.notes]
    form = moved.solo.progression
    assert (form.key, form.chords[0].symbol) == (key, first)


@pytest.mark.parametrize("transpose", [-5, 7, "Bb", "Eb"])
def test_a_transposed_take_has_the_same_values(tmp_path: Path, transpose: int | str) -> None:
    """What is played against the chord is the same in every key."""
    write_arrangement(take(), tmp_path / "take.mid", layout=Layout(transpose=transpose))
    reading = read(tmp_path / "take.mid")
    assert reading.solo.progression == transposed(take(), transpose).solo.progression
    assert encode(reading.solo) == encode(take().solo)
    assert reading.recipe == f"jazzgen x --transpose={transpose}"


@pytest.mark.parametrize("layout", [Layout(transpose="Eb"), Layout(channels=(("bass", 11), ("solo", 2)))])
def test_pitch_and_channel_do_not_change_how_it_is_played(tmp_path: Path, layout: Layout) -> None:
    played = []
    for choice in (AS_USUAL, layout):
        write_arrangement(take(), tmp_path / "take.mid", feel=Feel(1.0, 3), layout=choice)
        tracks = read_song(tmp_path / "take.mid").tracks
        played.append([[(note.start, note.end, note.velocity) for note in track.notes] for track in tracks])
    assert [len(notes) for notes in played[0]] == [9, 4, 3, 16]
    for before, after in zip(*played, strict=True):
        assert sorted(before) == sorted(after)


def test_notes_that_transposing_takes_out_of_midi_are_named() -> None:
    high = Arrangement(Solo((Note(0, 12, 120),), FORM))
    with pytest.raises(OptionError, match="12 semitones Solo's pitch 120"):
        transposed(high, 12)


@pytest.mark.parametrize(
    ("kinds", "texts"),
    [
        ("both", ["[A]", "Dm7", "G7", "[B]", "Cmaj7"]),
        ("sections", ["[A]", "[B]"]),
        ("chords", ["Dm7", "G7", "Cmaj7"]),
        ("none", []),
    ],
)
def test_markers(tmp_path: Path, kinds: str, texts: list[str]) -> None:
    write_arrangement(take(), tmp_path / "take.mid", layout=Layout(markers=kinds))
    assert [marker.text for marker in read_song(tmp_path / "take.mid").markers] == texts


def test_a_stem_is_as_long_as_the_take_and_says_how_to_make_it(tmp_path: Path) -> None:
    write_arrangement(take(), tmp_path / "take.mid", stems=tmp_path / "stems")
    whole = read_song(tmp_path / "take.mid")
    for track in whole.tracks:
        stem = read_song(tmp_path / "stems" / f"{track.name.lower()}.mid")
        assert stem.tracks == (track,)
        assert (stem.end, stem.markers, stem.tempos, stem.meters, stem.key) == (
            whole.end, whole.markers, whole.tempos, whole.meters, whole.key
        )  # fmt: skip
        assert stem.texts[0].text == f"jazzgen x --tracks {track.name.lower()}"


@pytest.mark.parametrize("comping", ["piano", "guitar"])
@pytest.mark.parametrize("semitones", [-24, -7, -5, -1, 1, 3, 6, 12, 24])
def test_a_transposed_band_stays_where_its_instruments_do(comping: str, semitones: int) -> None:
    form = find_progression("bossa-f")
    parts = accompany(Solo((), form), np.random.default_rng(semitones + 30), comping=comping)
    moved = transposed(Arrangement(Solo((), form), parts), semitones).parts
    for before, after in zip(parts, moved, strict=True):
        up = 0 if before.name == "Drums" else semitones
        for old, new in zip(before.notes, after.notes, strict=True):
            assert (new.pitch - old.pitch - up) % 12 == 0
            assert after.low <= new.pitch <= after.high
        struck = Counter((note.onset, note.pitch) for note in after.notes)
        assert max(struck.values()) == 1
