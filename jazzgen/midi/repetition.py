"""Bars of a piece that are alike, and what they say together.

A form comes round, and so do its sections. Two bars are alike where the pitch classes of bass and chords
resemble each other in them and in the bars around them, one by one. Each bar hears what those that are like
it have.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

AROUND = 4  # bars before and after that are compared
NEAREST, STEP = 8, 4  # bars: a repetition is so far away, and a multiple of that
LEAST_ALIKE = 0.65  # the mean cosine from which bars count
MOST = 3.0  # times what a bar has itself that the others weigh, at most
FEWEST, LONGEST = 16, 2000  # bars of a piece in which repetitions are looked for


def find_alike(votes: Floats, bars: Sequence[int]) -> Floats:
    """(bars, bars) how much each bar shall hear of each other, 0..1, of (T, 12) votes.

    `bars` begin on these beats; those of another length than most hear nothing.
    """
    count = len(bars)
    lengths = np.diff([*bars, len(votes)])
    weights = np.zeros((count, count))
    if not FEWEST <= count <= LONGEST:
        return weights
    sums = np.add.reduceat(votes, np.array(bars), axis=0)  # (bars, 12)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    unit = sums / np.maximum(norms, 1e-9)
    both = ((norms > 0) & (norms.T > 0)).astype(np.float64)
    cosines = unit @ unit.T
    likeness, compared = np.zeros((2, count, count))
    for by in range(-AROUND, AROUND + 1):
        there, here = (slice(max(k, 0), count + min(k, 0)) for k in (by, -by))
        likeness[here, here] += cosines[there, there]
        compared[here, here] += both[there, there]
    mean = np.where(compared > AROUND, likeness / np.maximum(compared, 1), 0)
    away = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    usual = lengths == int(np.median(lengths))
    allowed = (away >= NEAREST) & (away % STEP == 0) & np.logical_and.outer(usual, usual)
    weights = np.where(allowed, np.maximum(mean - LEAST_ALIKE, 0) / (1 - LEAST_ALIKE), 0)
    return np.asarray(weights * np.minimum(MOST / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9), 1))


def pooled(values: Floats, bars: Sequence[int], weights: Floats) -> Floats:
    """(T, N) values, to each beat's added those of the same beat of other bars, by (bars, bars) weights."""
    if not weights.any():
        return values
    lengths = np.diff([*bars, len(values)])
    size = int(np.median(lengths))
    usual = np.flatnonzero(lengths == size)
    beats = (np.array(bars)[usual][:, None] + np.arange(size)).ravel()
    found = values.copy()
    rows = values[beats].reshape(len(usual), -1)
    found[beats] += (weights[np.ix_(usual, usual)] @ rows).reshape(len(beats), -1)
    return found
