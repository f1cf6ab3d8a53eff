"""The critic by n-grams: gradient boosting on how often short runs of intervals and of steps occur.

An n-gram is a run of one to three intervals, of one to three steps from onset to onset, an interval with its
step, a degree with its place in the beat, or a place in the bar. Each is counted in an excerpt as a share of
its notes; those that occur in most excerpts count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.evaluation.evidence import NEEDS, Evidence, Examples, Kind, scores_of
from jazzgen.improviser.excerpts import Excerpt
from jazzgen.music.note_arrays import FloatArray, windows
from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.util.packages import optional

LONGEST = 3  # intervals or steps
WIDEST = 13  # semitones: wider intervals are one
SLOWEST = 49  # ticks: longer steps are one
MOST = 1200  # n-grams that are counted

NGram: TypeAlias = tuple[str, Hashable]


def ngrams(excerpt: Excerpt) -> Iterator[NGram]:
    """Every n-gram of the excerpt, as often as it occurs: what it is of, and its values."""
    interval = np.clip(np.diff(excerpt.pitch), -WIDEST, WIDEST)
    step = np.minimum(np.diff(excerpt.onset), SLOWEST)
    for size in range(1, LONGEST + 1):
        yield from _named("intervals", windows(interval, size))
        yield from _named("steps", windows(step, size))
    yield from _named("interval and step", zip(interval.tolist(), step.tolist(), strict=True))
    beat_place = excerpt.place % TICKS_PER_BEAT
    yield from _named("degree and place", zip(excerpt.degree.tolist(), beat_place.tolist(), strict=True))
    yield from _named("place", windows(excerpt.place, 1))


def _named(name: str, runs: Iterable[Hashable]) -> Iterator[NGram]:
    return ((name, run) for run in runs)


def see_ngrams(excerpts: Sequence[Excerpt]) -> Evidence:
    """The share of each of the `MOST` n-grams that occur in most excerpts."""
    counts = [Counter(ngrams(excerpt)) for excerpt in excerpts]
    occurring = Counter(chain.from_iterable(counts))
    chosen = sorted(occurring, key=lambda gram: (-occurring[gram], gram))[:MOST]
    column = {gram: k for k, gram in enumerate(chosen)}
    X = np.zeros((len(counts), len(chosen)))  # (m, f)
    for row, (excerpt, found) in enumerate(zip(excerpts, counts, strict=True)):
        for gram, count in found.items():
            if gram in column:
                X[row, column[gram]] = count / len(excerpt.onset)
    return Evidence(X.astype(np.float32), tuple(map(_label, chosen)), X)


def _label(gram: NGram) -> str:
    """An n-gram in words: "intervals 2 -1"."""
    name, run = gram
    return f"{name} {str(run).strip('(),').replace(',', '')}"


def _boosted(known: Examples, unknown: npt.NDArray[Any], seed: int) -> FloatArray:
    boosting = optional("sklearn.ensemble", *NEEDS).HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=150,
        max_leaf_nodes=8,
        min_samples_leaf=10,
        max_features=0.2,
        early_stopping=False,
        random_state=seed,
    )
    return scores_of(boosting, known, unknown)


BY_NGRAMS = Kind(see_ngrams, {"gradient boosting": _boosted})
