"""What a band hears in a solo, read once before it plays: phrases, peaks, and the energy of each bar.

The energy of a bar is how dense and how high the solo is there, against itself: the mean of both in standard
deviations, over the bar, its neighbours and a little of what comes, so that the band grows into a peak
instead of noticing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, Note

LOUDEST = 1.5  # of energy, in standard deviations: what is beyond does not make the band louder
PEAK = 0.7  # energy from which a bar that is above its neighbours is a peak
NEAR = (0.15, 0.2, 0.35, 0.2, 0.1)  # weights of two bars before, one before, the bar, one after, two after
SHORT_REST = TICKS_PER_BEAT + TICKS_PER_BEAT // 2  # ticks: a silence this long leaves room for an answer


class Heard(NamedTuple):
    """`phrase_ends` in ticks, of phrases that leave room behind them; each bar's `energy`, about -1.5 to 1.5;
    and the numbers of the bars that are `peaks`.
    """

    phrase_ends: tuple[int, ...]
    energy: tuple[float, ...]
    peaks: frozenset[int]


def listen(solo: Sequence[Note], bars: Sequence[tuple[int, int]]) -> Heard:
    """What is heard in a solo over `bars`, each from its first tick to that of the next."""
    if not solo:
        return Heard((), (0.0,) * len(bars), frozenset())
    onsets = np.array([note.onset for note in solo])
    pitches = np.array([note.pitch for note in solo], np.float64)
    edges = np.searchsorted(onsets, [start for start, _ in bars] + [bars[-1][1]])
    beats = np.array([(end - start) / TICKS_PER_BEAT for start, end in bars])
    density = np.diff(edges) / beats  # (bars,) onsets a beat
    mean = pitches.mean()
    height = np.array([pitches[a:b].mean() if b > a else mean for a, b in pairwise(edges)])
    energy = _near((_standard(_near(density)) + _standard(_near(height))) / 2)
    energy = np.clip(energy * 1.3, -LOUDEST, LOUDEST)  # smoothing has made it flatter
    peaks = [
        k
        for k in range(1, len(bars))
        if energy[k] >= PEAK and energy[k] == energy[max(k - 2, 0) : k + 3].max()
    ]
    starts = phrase_starts(onsets, [note.end for note in solo])
    ends = [solo[k - 1].end for k in starts[1:] if solo[k].onset - solo[k - 1].end >= SHORT_REST] + [
        solo[-1].end
    ]
    return Heard(tuple(ends), tuple(map(float, energy)), frozenset(peaks))


def _standard(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean 0 and standard deviation 1; all 0 where nothing differs."""
    spread = values.std()
    return (values - values.mean()) / spread if spread > 1e-9 else values * 0


def _near(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each value with its neighbours', by the weights `NEAR`; the first and the last go on at the edges."""
    padded = np.pad(values, 2, mode="edge")
    return np.convolve(padded, NEAR[::-1], mode="valid")
