"""The critic by features: classifiers of the some 300 numbers of `improviser/excerpts.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.evaluation.evidence import NEEDS, Evidence, Examples, Kind, scores_of
from jazzgen.improviser.excerpts import Excerpt, features
from jazzgen.music.note_arrays import FloatArray
from jazzgen.util.packages import optional


def see_features(excerpts: Sequence[Excerpt]) -> Evidence:
    """Each feature by its rank: robust to outliers, and the same whichever excerpts are generated."""
    rows = [features(excerpt) for excerpt in excerpts]
    X = np.array([list(row.values()) for row in rows])  # (m, f)
    return Evidence(_by_rank(X), tuple(rows[0]), X)


def _by_rank(X: FloatArray) -> FloatArray:
    """Each column of X by rank, mean 0, standard deviation 1; one that never differs is 0."""
    ranks = optional("scipy.stats", *NEEDS).rankdata(X, axis=0)  # (m, f)
    centered = ranks - ranks.mean(axis=0)
    scaled: FloatArray = centered / np.maximum(centered.std(axis=0), 1e-9)
    return scaled


def _weighed(known: Examples, unknown: npt.NDArray[Any], seed: int) -> FloatArray:
    """By a classifier that weighs features."""
    linear = optional("sklearn.linear_model", *NEEDS)
    return scores_of(linear.LogisticRegression(C=0.003, max_iter=1000, random_state=seed), known, unknown)


def _combined(known: Examples, unknown: npt.NDArray[Any], seed: int) -> FloatArray:
    """By a classifier that also combines them."""
    boosting = optional("sklearn.ensemble", *NEEDS).HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=100,
        max_leaf_nodes=8,
        min_samples_leaf=15,
        l2_regularization=1.0,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )
    return scores_of(boosting, known, unknown)


BY_FEATURES = Kind(see_features, {"logistic regression": _weighed, "gradient boosting": _combined})
