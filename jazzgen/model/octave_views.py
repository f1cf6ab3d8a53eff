"""How a model hears in which octaves a soloist has played so far.

It adds log((n / p + a) / (N + a)), times a weight for each view of `tokens/octave_counts.py`, to the
logarithms of its own probabilities p. n are the counts (5,) in the view's present context and N their sum;
`a` is how many counts the model's own opinion is worth. So a context that has not occurred changes nothing.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.model.cells import log_softmax
from jazzgen.tokens.octave_counts import OCTAVE_VIEWS
from jazzgen.tokens.views import oftener

Floats: TypeAlias = npt.NDArray[np.float64]

LEAST = 1e-3  # of a probability: what a model finds impossible can have been played
_OPINION = np.array([view.a for view in OCTAVE_VIEWS])[:, None]


def log_ratios(probs: Floats, counts: npt.NDArray[np.int16]) -> Floats:
    """A model's probabilities (m, 5) and counts (m, 4, 5) -> what each view says, (m, 4, 5)."""
    p = np.maximum(probs, LEAST)[:, None]
    ratios: Floats = np.log(oftener(counts, p / p.sum(axis=-1, keepdims=True), _OPINION))
    return ratios


def mixed(
    probs: npt.NDArray[np.float32], counts: npt.NDArray[np.int16], strength: npt.NDArray[np.float32]
) -> Floats:
    """The log-probabilities (m, 5) of octaves.

    Parameters
    ----------
    probs : (m, 5)
        What the network finds of m notes.
    counts : (m, 4, 5)
        What each view counted.
    strength : (4,)
        The weight of each view.

    Returns
    -------
    float64, (m, 5)
    """
    own = probs.astype(np.float64)
    said = np.einsum("mkc,k->mc", log_ratios(own, counts), strength.astype(np.float64))
    return log_softmax(np.log(np.maximum(own, np.finfo(np.float32).tiny)) + said)
