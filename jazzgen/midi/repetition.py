"""The period of a form in what sounds, and what its choruses say together.

A form comes round: after it, bass and chords are much the same. The period is the number of bars by which the
pitch classes resemble themselves best. Where there is one, each beat hears what the other choruses have
there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SHORTEST, LONGEST = 8, 64  # bars of a form
FEWEST_PAIRS = 8  # bars that are compared
# The mean cosine of bars a period apart, and how far it must lie above the median of all: either row.
ALIKE = ((0.8, 0.06), (0.5, 0.15))
NEAR_BEST = 0.02  # a shorter period as good as that is the form, the longer one several choruses
OWN = 0.6  # the weight of what a beat itself has, against the mean of the other choruses


def find_period(votes: Floats, bars: Sequence[int]) -> int:
    """The period in beats of (T, 12) votes, whose `bars` begin on these beats; 0 without one, or where bars
    differ in length.
    """
    lengths = np.diff([*bars, len(votes)])
    size = int(np.median(lengths))
    if (lengths[1:-1] != size).any() or not size:
        return 0
    sums = np.add.reduceat(votes, np.array(bars), axis=0)  # (bars, 12)
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    unit = sums / np.maximum(norms, 1e-9)
    sounds = norms[:, 0] > 0
    alike: dict[int, float] = {}
    for period in range(SHORTEST, min(LONGEST, len(unit) // 2) + 1):
        both = sounds[:-period] & sounds[period:]
        if both.sum() >= FEWEST_PAIRS:
            alike[period] = float((unit[:-period] * unit[period:]).sum(axis=1)[both].mean())
    if not alike:
        return 0
    best, usual = max(alike.values()), float(np.median(list(alike.values())))
    if not any(best >= least and best - usual >= margin for least, margin in ALIKE):
        return 0
    return size * min(period for period, likeness in alike.items() if likeness >= best - NEAR_BEST)


def pooled(votes: Floats, period: int) -> Floats:
    """(T, 12) votes, each beat's mixed with the mean of the beats that are whole periods away."""
    beats, classes = votes.shape
    choruses = -(-beats // period)
    padded = np.zeros((choruses * period, classes))
    padded[:beats] = votes
    there = np.zeros((choruses * period, 1))
    there[:beats] = 1
    rows = padded.reshape(choruses, period, classes)
    count = there.reshape(choruses, period, 1).sum(axis=0)
    others = (rows.sum(axis=0) - rows) / np.maximum(count - 1, 1)
    mixed = np.where(count > 1, OWN * rows + (1 - OWN) * others, rows)
    return np.asarray(mixed.reshape(-1, classes)[:beats])
