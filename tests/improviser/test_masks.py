"""masks.py: in compound beats a line keeps to their eighths."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_all
from jazzgen.improviser.masks import IN_THIRDS, ON_GRID, RESTING
from jazzgen.model.checkpoint import as_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL
from jazzgen.music.chords import parse_chord
from jazzgen.music.grid import in_thirds
from jazzgen.music.meters import compound_beats
from jazzgen.music.note_arrays import longest_true_run
from jazzgen.music.score import Note
from jazzgen.tokens.vocabulary import N_VALUES, TICKS
from tests.checkpoints import predicting


@pytest.mark.parametrize("meter", ["6/8", "12/8"])
def test_a_solo_in_compound_beats_plays_their_eighths(meter: str) -> None:
    form = parse_progression(f"meter: {meter}\n| F7 | Bb7 | F7 | C7 | F7 | F7 |")
    places, rngs = set(), [np.random.default_rng(seed) for seed in range(3)]
    for solo in improvise_all(as_checkpoint(DEFAULT_MODEL), form.repeat(2), rngs, choruses=2, tempo=60.0):
        places |= {note.onset % 12 for note in solo.notes}
        assert all(note.end % 12 in (0, 4, 8) for note in solo.notes)
    assert places == {0, 4, 8}


def test_no_16th_begins_an_eighth_of_a_compound_beat() -> None:
    for place in (0, 4, 6, 8):
        assert not IN_THIRDS[place, TICKS == 3].any()
        assert IN_THIRDS[place].any()
    assert (IN_THIRDS[3] == ON_GRID[3]).all()  # where a beat before has led


def test_long_and_short_eighths() -> None:
    def line(*spans: tuple[int, int]) -> list[Note]:
        return [Note(start, end - start, 60) for start, end in spans]

    compound = compound_beats([(0, True), (2, False)])
    assert compound is not None
    assert in_thirds(line((0, 6), (6, 12), (12, 18)), compound) == line((0, 8), (8, 12), (12, 20))
    assert in_thirds(line((0, 4), (4, 8), (8, 12)), compound) == line((0, 4), (4, 8), (8, 12))
    assert in_thirds(line((24, 30), (30, 36)), compound) == line((24, 30), (30, 36))  # quarters


def longest_run_of_16ths(tempo: float) -> int:
    form = find_progression("rhythm-changes-bb")
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    solos = improvise_all(as_checkpoint(DEFAULT_MODEL), form, rngs, tempo=tempo, controls=Controls(effort=1))
    return max(longest_true_run(np.diff([note.onset for note in solo.notes]) == 3) for solo in solos)


def test_no_horn_plays_16ths_at_speed() -> None:
    assert longest_run_of_16ths(280) == 2
    assert longest_run_of_16ths(240) > 2  # where they can be played


@pytest.mark.parametrize("symbol", ["F6", "Fmaj7", "F7", "Fm7", "Fm7b5", "F7sus4", "F7alt", "F9"])
def test_a_solo_comes_to_rest_on_a_tone_of_the_triad_for_a_beat_or_more(symbol: str) -> None:
    form = parse_progression(f"| {symbol} | Bb7 | {symbol} | {symbol} |")
    rngs = [np.random.default_rng(seed) for seed in range(24)]
    uniform = predicting(np.full(N_VALUES, 1 / N_VALUES))
    by_step = 0
    for solo in improvise_all(uniform, form, rngs):
        *_, before, last = solo.notes
        assert last.duration >= 12
        assert (last.pitch - 5) % 12 in RESTING
        assert last.pitch % 12 in parse_chord(symbol).pitch_classes
        by_step += (last.pitch - before.pitch) % 12 in (0, 1, 2, 10, 11)
    assert by_step >= 12
