"""Habits of octaves: counts that one can follow by hand, and what a model makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.tokens.octave_counts import NOTHING, OCTAVE_VIEWS, SHAPE, OctaveCounts, log_ratios, mixed

PITCH, AFTER_PITCH, AFTER_PITCHES, AFTER_INTERVALS = range(len(OCTAVE_VIEWS))
SAME, UP = 2, 3  # classes of displacements: none, an octave up
PROBS = np.array([[0.01, 0.05, 0.9, 0.04, 0.0]], np.float32)


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


@pytest.mark.parametrize("strength", [np.zeros(4, np.float32), np.ones(4, np.float32)])
def test_what_was_not_counted_changes_nothing(strength: np.ndarray) -> None:
    np.testing.assert_allclose(np.exp(mixed(PROBS, NOTHING[None], strength)), PROBS, atol=2e-7)


def test_a_view_alone_at_full_weight_is_the_share_of_counts_and_opinion() -> None:
    """Weight 1: p times (n / p + a) / (N + a) = (n + a p) / (N + a), the mean of a Dirichlet posterior."""
    own = np.array([[0.1, 0.1, 0.6, 0.1, 0.1]], np.float32)
    counts = NOTHING.copy()
    counts[AFTER_PITCH] = [0, 0, 1, 3, 0]
    found = np.exp(mixed(own, counts[None], np.array([0, 1, 0, 0], np.float32)))[0]
    a = OCTAVE_VIEWS[AFTER_PITCH].a
    np.testing.assert_allclose(found, (counts[AFTER_PITCH] + a * own[0]) / (4 + a), rtol=1e-6)


def test_what_a_model_finds_impossible_can_have_been_played() -> None:
    counts = np.full((1, *SHAPE), 0, np.int16)
    counts[..., 4] = 3
    said = log_ratios(np.array([[0, 0, 1.0, 0, 0]]), counts)
    assert np.isfinite(said).all()
    assert (said[0, :, 4] > 0).all()
    assert (said[0, :, :4] < 0).all()
