"""What a critic hears, excerpts of 16 bars, and what a kind of critic is: what it sees of an excerpt, and how
it learns to tell generated from human ones.

Letters: m excerpts, f numbers of each that have names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.evaluation.recoding import in_range, recoded
from jazzgen.improviser.excerpts import BARS, FEWEST, Excerpt, excerpt_of
from jazzgen.music.note_arrays import FloatArray, IntArray, Mask, NoteArrays
from jazzgen.music.score import INSTRUMENTS, Solo

NEEDS = ("critic", "the critic")  # the extra, and what needs it


def excerpts(solo: Solo, every: int = BARS) -> Iterator[Excerpt]:
    """The windows of 16 bars, whole ones, that hold 24 notes or more, of the solo recoded and in the range of
    its instrument: from bar 1 on, and then `every` so many bars.
    """
    if not solo.notes:
        return
    notes, middle = NoteArrays(in_range(recoded(solo))), INSTRUMENTS[solo.instrument].middle
    for first in range(0, len(solo.progression.bar_ticks) - BARS + 1, every):
        if np.count_nonzero((notes.bar >= first) & (notes.bar < first + BARS)) >= FEWEST:
            yield excerpt_of(notes, first, middle)


class Evidence(NamedTuple):
    """What a kind of critic sees of m excerpts: the classifiers' `inputs`, and what can be named of them."""

    inputs: npt.NDArray[Any]  # (m, ...)
    names: tuple[str, ...]  # f
    counted: FloatArray  # (m, f)


class Examples(NamedTuple):
    """Excerpts to learn from."""

    inputs: npt.NDArray[Any]  # (k, ...)
    generated: Mask  # (k,)
    tune: IntArray  # (k,) a number for each tune


# Learns from examples with a seed and scores other inputs: how likely each of them is generated.
Classifier: TypeAlias = Callable[[Examples, npt.NDArray[Any], int], FloatArray]


class Kind(NamedTuple):
    """A kind of critic: how it sees excerpts, and classifiers by name, of which the strongest counts."""

    see: Callable[[Sequence[Excerpt]], Evidence]
    classifiers: Mapping[str, Classifier]


def scores_of(untrained: Any, known: Examples, unknown: npt.NDArray[Any]) -> FloatArray:
    """How likely each of `unknown` is generated, by a classifier of scikit-learn that learns from `known`."""
    scores: FloatArray = untrained.fit(known.inputs, known.generated).predict_proba(unknown)[:, 1]
    return scores
