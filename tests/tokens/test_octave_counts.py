"""Habits of octaves: counts that one can follow by hand."""

from __future__ import annotations

import numpy as np

from jazzgen.tokens.octave_counts import NOTHING, OCTAVE_VIEWS, SHAPE, OctaveCounts

PITCH, AFTER_PITCH, AFTER_PITCHES, AFTER_INTERVALS = range(len(OCTAVE_VIEWS))


def counted(*pitches: int) -> OctaveCounts:
    """A line each of whose notes is the nearest of its pitch class."""
    counts = OctaveCounts()
    for pitch in pitches:
        counts.advance(pitch, pitch)
    return counts


def test_before_the_first_note_nothing_is_counted() -> None:
    np.testing.assert_array_equal(OctaveCounts().counts(60), NOTHING)
    assert NOTHING.shape == SHAPE == (4, 5)


def test_pitches_are_counted_in_all_octaves() -> None:
    found = counted(60, 62, 60, 72).counts(60)
    assert found[PITCH].tolist() == [0, 0, 2, 1, 0]


def test_what_followed_is_counted_where_it_comes_again() -> None:
    counts = counted(60, 62)
    counts.advance(64, 76)  # an octave above the nearest E
    for pitch in (60, 62):
        counts.advance(pitch, pitch)
    found = counts.counts(64)
    assert found[AFTER_PITCH].tolist() == found[AFTER_PITCHES].tolist() == [0, 0, 0, 1, 0]
    assert not found[AFTER_INTERVALS].any(), "the interval before was another one"
    assert not counts.counts(65)[1:].any(), "another pitch class is another context"


def test_intervals_are_counted_wherever_they_lie() -> None:
    counts = counted(60, 62, 64)
    counts.advance(65, 77)
    for pitch in (67, 69, 71):
        counts.advance(pitch, pitch)
    assert counts.counts(72)[AFTER_INTERVALS].tolist() == [0, 0, 0, 1, 0]


def test_a_copy_goes_on_by_itself() -> None:
    first = counted(60, 62)
    other = first.copy()
    other.advance(60, 72)
    assert first.counts(60)[PITCH].tolist() == [0, 0, 1, 0, 0]
    assert other.counts(60)[PITCH].tolist() == [0, 0, 1, 1, 0]


def test_pitches_far_away_count_as_the_farthest() -> None:
    counts = counted(60)
    counts.advance(62, 62 + 4 * 12)
    counts.advance(60, 60)
    assert counts.counts(62)[AFTER_PITCH].tolist() == [0, 0, 0, 0, 1]
