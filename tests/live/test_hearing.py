"""Hearing: what is played late, swung, held, in chords or in any other way becomes one voice on the grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.find import find_progression
from jazzgen.live.hearing import MOST_NOTES, Hearing, top_notes
from jazzgen.music import grid
from jazzgen.music.grid import PlayedNote
from jazzgen.music.meters import read_meter
from jazzgen.music.score import ChordChange, Note, Progression

BLUES = find_progression("blues-f")
# Two bars: eighths, a triplet, a long note over the beat, 16ths, a rest of two beats.
WRITTEN = (
    Note(0, 6, 60), Note(6, 6, 62), Note(12, 4, 63), Note(16, 4, 65), Note(20, 4, 67), Note(24, 18, 70),
    Note(42, 6, 67), Note(48, 3, 65), Note(51, 3, 64), Note(54, 3, 63), Note(57, 3, 62), Note(60, 12, 60),
)  # fmt: skip


def heard(
    notes: list[PlayedNote], late: float = 0.0, tempo: float = 160.0, form: Progression = BLUES
) -> Hearing:
    """What has been played `late` beats late."""
    hearing = Hearing(form, tempo)
    for note in notes:
        hearing.note_on(note.onset + late, note.pitch, note.velocity)
        hearing.note_off(note.end + late, note.pitch)
    return hearing


def places(notes: Sequence[Note]) -> list[tuple[int, int, int]]:
    """The last note's end is a matter of the player's lag: it counts in eighths."""
    return [
        (note.onset, note.duration if note is not notes[-1] else round(note.duration / 6) * 6, note.pitch)
        for note in notes
    ]


@pytest.mark.parametrize("ratio", [1.0, 1.3, 2.0])
@pytest.mark.parametrize("late", [0.0, 0.04, 0.08])
def test_a_line_that_is_swung_and_late_is_read_as_it_is_written(ratio: float, late: float) -> None:
    hearing = heard(grid.play(WRITTEN, ratio), late)
    assert places(hearing.line(0, 8, 8.0)) == places(WRITTEN)


def test_choruses_count_on() -> None:
    later = [Note(note.onset + 3 * BLUES.length, note.duration, note.pitch) for note in WRITTEN]
    hearing = heard(grid.play(later, 1.3))
    assert places(hearing.line(3 * 48, 3 * 48 + 8, 400.0)) == places(later)


def test_a_compound_meter_keeps_its_thirds() -> None:
    form = Progression((ChordChange(0, "C7"),), 4 * 48, (read_meter("12/8"),))
    thirds = (Note(0, 4, 60), Note(4, 4, 62), Note(8, 4, 64), Note(12, 8, 65), Note(20, 4, 67))
    second = [Note(note.onset + form.length, note.duration, note.pitch) for note in thirds]
    beats = form.length // 12
    hearing = heard(grid.play(second), 0.02, 60.0, form)
    assert places(hearing.line(beats, beats + 4, beats + 4.0)) == places(second)


def test_the_lag_of_a_player_is_learned_once_it_is_certain() -> None:
    late, tempo = 0.14, 200.0  # of a beat: 42 ms
    usual = Hearing(BLUES, tempo).lag
    eighths = [Note(6 * k, 6, 60 + (5 * k) % 11) for k in range(64)]
    hearing = heard(grid.play(eighths, 1.3), late, tempo)
    assert hearing.lag == usual
    hearing.settle(0, 32)
    assert hearing.lag == pytest.approx(late, abs=0.03)
    few = heard(grid.play(eighths[:4], 1.3), late, tempo)
    few.settle(0, 32)
    assert few.lag == usual


def test_what_is_held_ends_now_and_legato_is_one_voice() -> None:
    hearing = Hearing(BLUES, 160.0)
    hearing.note_on(0.05, 60, 90)
    hearing.note_on(1.05, 62, 90)
    hearing.note_off(1.2, 60)  # legato
    assert places(hearing.line(0, 4, 3.0)) == [(0, 12, 60), (12, 24, 62)]
    hearing.note_on(2.05, 62, 90)  # again, without an end before
    assert places(hearing.line(0, 4, 4.0))[:2] == [(0, 12, 60), (12, 12, 62)]


def test_a_turn_has_its_pickup_and_what_comes_over_the_line() -> None:
    hearing = heard([PlayedNote(beat, beat + 0.4, 60 + k) for k, beat in enumerate((6.0, 7.5, 9, 16.2, 17))])
    assert [note.pitch for note in hearing.line(8, 16, 17.5)] == [61, 62, 63]


def test_chords_become_their_top_notes_and_a_left_hand_is_left_out() -> None:
    line = [PlayedNote(beat / 2, beat / 2 + 0.5, 70 + beat) for beat in range(8)]
    comping = [PlayedNote(beat, beat + 1.5, pitch) for beat in (0.75, 2.25) for pitch in (48, 52, 55)]
    octaves = [note._replace(onset=note.onset + 0.01, pitch=note.pitch - 12) for note in line]
    assert top_notes(sorted([*line, *comping, *octaves]), 0.05) == line


def test_staccato_is_articulation_and_a_rest_is_a_rest() -> None:
    hearing = heard([PlayedNote(beat, beat + 0.1, 60) for beat in (0, 0.5, 1, 3)])
    assert [note.duration for note in hearing.line(0, 4, 4.0)][:3] == [6, 6, 1]


def test_what_is_over_is_forgotten() -> None:
    hearing = Hearing(BLUES, 160.0)
    for beat in range(3 * MOST_NOTES):
        hearing.note_on(beat / 8, beat % 128, 90)
    assert len(hearing.line(0, MOST_NOTES, 1e6)) <= MOST_NOTES
    hearing.settle(0, MOST_NOTES)
    assert hearing.line(0, MOST_NOTES - 4, 1e6) == ()


numbers = st.floats(-8, 40) | st.sampled_from([math.nan, math.inf, -math.inf])
events = st.tuples(st.booleans(), numbers, st.integers(-5, 140), st.integers(-1, 200))


@settings(max_examples=150, deadline=None)
@given(st.lists(events, max_size=60))
def test_nothing_that_is_played_raises(played: list[tuple[bool, float, int, int]]) -> None:
    hearing = Hearing(BLUES, 300.0)
    for on, beat, pitch, velocity in played:
        if on:
            hearing.note_on(beat, pitch, velocity)
        else:
            hearing.note_off(beat, pitch)
    notes = hearing.line(8, 24, 24.0)
    assert all(a.end <= b.onset for a, b in pairwise(notes))
    hearing.settle(8, 24)
    assert math.isfinite(hearing.lag)
