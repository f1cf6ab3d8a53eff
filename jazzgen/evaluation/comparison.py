"""Comparison of two sets of solos: means, bands, and how far their distributions overlap.

The second set is the corpus by default: `reference.json` holds the distribution of every statistic over the
solos in 4/4 of the Weimar Jazz Database, encoded and decoded, as 100 quantiles, and four histograms, but no
note of any solo (`recipes/reference.py` made it). It serves wherever only the statistics of solos count.

Overlap is that of MGEval: Yang and Lerch, "On the evaluation of generative models in music", Neural Computing
and Applications 32, 2020. The distances between all pairs inside the set are one distribution, the distances
from its solos to the other set's another; each is smoothed by a Gaussian kernel (Scott's bandwidth), and we
give the area under both, 1 if they are the same, and the Kullback-Leibler divergence of the first from the
second, 0 if they are. A set that varies less than people do, or around another middle, shows in both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from jazzgen.evaluation.statistics import STATISTICS, Summary, describe, histograms
from jazzgen.music.note_arrays import FloatArray
from jazzgen.music.score import Solo

QUANTILES = (np.arange(100) + 0.5) / 100
DIGITS = 5  # significant ones in the file
GRID = 1024  # points of a smoothed distribution
KERNEL = 4  # bandwidths to either side


@dataclass(frozen=True)
class Reference:
    """The `statistics` and `histograms`, by name, of a set of `solos` many solos; `source` says which."""

    source: str
    solos: int
    statistics: Mapping[str, Summary]
    histograms: Mapping[str, FloatArray]


def reference_of(solos: Sequence[Solo], source: str) -> Reference:
    """The reference computed from `solos`; `source` says what they are."""
    return Reference(source, len(solos), describe(solos), histograms(solos))


# ------------------------------------------------------------------------------------------------ the file


def pack(reference: Reference) -> dict[str, Any]:
    """A reference as a JSON object: each statistic as its quantiles at 0.005, 0.015 ... 0.995."""
    return {
        "source": reference.source,
        "solos": reference.solos,
        "statistics": {
            name: [_short(summary.quantile(float(q))) for q in QUANTILES]
            for name, summary in reference.statistics.items()
        },
        "histograms": {
            name: [_short(share) for share in shares.tolist()]
            for name, shares in reference.histograms.items()
        },
    }


def unpack(packed: Mapping[str, Any]) -> Reference:
    """The reference that `pack` made an object of, its statistics as samples of 100."""
    return Reference(
        packed["source"],
        packed["solos"],
        {name: Summary(tuple(values)) for name, values in packed["statistics"].items()},
        {name: np.array(shares) for name, shares in packed["histograms"].items()},
    )


def _short(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


@lru_cache(maxsize=1)
def corpus_reference() -> Reference:
    """The reference of the corpus, which ships with jazzgen."""
    text = files("jazzgen.evaluation").joinpath("reference.json").read_text(encoding="utf-8")
    return unpack(json.loads(text))


# -------------------------------------------------------------------------------------------- the comparison


@dataclass(frozen=True, slots=True)
class Comparison:
    """One statistic of a set and of a reference; `overlap` 0..1 and `divergence` in nats are MGEval's, nan
    where either side has fewer than two solos with this statistic.
    """

    name: str
    found: Summary
    reference: Summary
    overlap: float
    divergence: float

    @property
    def label(self) -> str:
        """What the statistic is called, with its unit."""
        row = STATISTICS[self.name]
        return f"{row.label}, {row.unit}" if row.unit else row.label

    @property
    def effect(self) -> float:
        """How far the mean lies above the reference's, see `effect`."""
        return effect(self.found, self.reference)

    @property
    def in_band(self) -> bool:
        """Does the mean lie in the reference's band, from its 10th to its 90th percentile?"""
        low, high = self.reference.band
        return low <= self.found.mean <= high


def compare(found: Mapping[str, Summary], reference: Reference) -> list[Comparison]:
    """Every statistic of a set (as `describe` gives them) compared with those of `reference`."""
    rows = []
    for name in STATISTICS:
        ours, theirs = found[name], reference.statistics[name]
        area, divergence = overlap(ours.values, theirs.values)
        rows.append(Comparison(name, ours, theirs, area, divergence))
    return rows


def effect(found: Summary, reference: Summary) -> float:
    """Cohen's d: the mean of `found` less that of `reference`, in pooled standard deviations over solos; nan
    where either has no solo, or neither varies.
    """
    pooled = math.sqrt((found.sd**2 + reference.sd**2) / 2)
    return (found.mean - reference.mean) / pooled if pooled > 0 else math.nan


def overlap(found: Sequence[float], reference: Sequence[float]) -> tuple[float, float]:
    """The area under both distance distributions (0..1) and the divergence in nats, of two sets of numbers.

    Both densities are read on one grid from 0 to the largest distance. nan, nan for fewer than two numbers on
    a side.
    """
    if len(found) < 2 or len(reference) < 2:
        return math.nan, math.nan
    ours, theirs = np.array(found), np.array(reference)
    inside = np.abs(ours[:, None] - ours)[np.triu_indices(len(ours), 1)]  # (n (n - 1) / 2,)
    across = np.abs(ours[:, None] - theirs).ravel()
    largest = max(inside.max(), across.max())
    if largest == 0:
        return 1.0, 0.0
    p, q = (_smoothed(distances / largest) for distances in (inside, across))
    floor = 1e-12  # where the other has nothing at all, the divergence is large but a number
    return float(np.minimum(p, q).sum()), float((p * np.log((p + floor) / (q + floor))).sum())


def _smoothed(distances: FloatArray) -> FloatArray:
    """(GRID,): the distribution of `distances` (0..1), each spread by a Gaussian; sums to 1.

    The kernel is laid over a histogram rather than over each of a hundred thousand distances.
    """
    counts = np.histogram(distances, GRID, (0.0, 1.0))[0].astype(np.float64)
    # Scott's rule, as scipy.stats.gaussian_kde has it; not below a cell of the grid, where all are equal.
    spread = float(np.std(distances, ddof=1)) if len(distances) > 1 else 0.0
    bandwidth = max(spread * len(distances) ** -0.2, 1 / GRID)
    reach = np.arange(-math.ceil(KERNEL * bandwidth * GRID), math.ceil(KERNEL * bandwidth * GRID) + 1) / GRID
    kernel = np.exp(-0.5 * (reach / bandwidth) ** 2)
    smooth = np.convolve(counts, kernel)[len(reach) // 2 :][:GRID]
    shares: FloatArray = smooth / smooth.sum()
    return shares
