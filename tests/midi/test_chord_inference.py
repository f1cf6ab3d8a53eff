"""chord_inference.py: chords from what sounds."""

from __future__ import annotations

import pytest

from jazzgen.midi.chord_inference import infer_chord
from jazzgen.midi.reading import read
from jazzgen.music.chords import parse_chord, transpose_symbol
from tests.midi.songs import SCALE, chord, line, song


def test_chords_are_inferred_from_the_band_half_a_bar_at_a_time(saved) -> None:
    piano = chord((53, 57, 60, 62), (53, 59, 62, 67), (52, 55, 59, 60), ())
    bass = line(38, 45, 43, 50, 36, 43, name="Bass", program=32, channel=2, every=960)
    drums = line(*[51] * 16, channel=9, every=480)
    reading = read(saved(song(line(*SCALE), piano, bass, drums)))
    assert reading.chord_source == "accompaniment"
    found = {change.tick: change.symbol for change in reading.solo.progression.chords}
    assert [found[tick] for tick in (0, 48, 96)] == ["Dm7", "G7", "Cmaj7"]


COMMON = "C Cm C7 Cmaj7 Cm7 Cm7b5 Cdim7 C6 Cm6 Cdim Caug Csus4 C7sus4 Cmmaj7 C9 C13 C7b9 C7alt C69"


@pytest.mark.parametrize("symbol", COMMON.split())
def test_infer_chord_finds_what_was_played(symbol: str) -> None:
    for semitones in range(12):
        played = parse_chord(transpose_symbol(symbol, semitones))
        assert played is not None
        weights = [float(pitch_class in played.pitch_classes) for pitch_class in range(12)]
        heard = parse_chord(infer_chord(weights, played.root))
        assert heard is not None
        assert (heard.root, heard.quality) == (played.root, played.quality)


@pytest.mark.parametrize(
    ("weights", "bass", "symbol"),
    [
        ([0] * 12, None, "N.C."),
        ([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0], 0, "C7"),  # a shell voicing, no fifth
        ([9, 0, 1, 0, 9, 1, 0, 9, 0, 1, 0, 9], 0, "Cmaj7"),  # passing notes
        ([1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0], 4, "C/E"),
        ([1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0], 0, "C6"),
        ([1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0], 9, "Am7"),
        ([1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0], None, "Am7"),
        ([0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], 1, "C#m"),
        ([0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0], 1, "Db"),
    ],
)
def test_infer_chord(weights: list[float], bass: int | None, symbol: str) -> None:
    assert infer_chord(weights, bass) == symbol
