"""What a kind of critic is: what it sees of an excerpt, and how it learns to tell generated from human ones.

Letters: m excerpts, f numbers of each that have names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy.typing as npt

from jazzgen.evaluation.features import Excerpt
from jazzgen.evaluation.note_arrays import FloatArray, IntArray, Mask

NEEDS = ("critic", "the critic")  # the extra, and what needs it


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
