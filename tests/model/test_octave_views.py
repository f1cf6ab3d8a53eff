"""What a model makes of the octaves that a soloist has played so far."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.model.octave_views import log_ratios, mixed
from jazzgen.tokens.octave_counts import NOTHING, OCTAVE_VIEWS, SHAPE

AFTER_PITCH = 1
PROBS = np.array([[0.01, 0.05, 0.9, 0.04, 0.0]], np.float32)


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
