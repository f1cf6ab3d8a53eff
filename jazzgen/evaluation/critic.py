"""A critic that tries to tell generated solos from human ones, and says by what.

It hears excerpts of 16 bars as the numbers of `features`, learns on some tunes which are human, and judges
the others. Its mark is the AUC: how often, of a human and a generated excerpt, it finds the human one. 0.5 is
guessing, 1 is never wrong. It is a thermometer: mend causes, never the reading. (The idea of a two-sample
test by a classifier: Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017.)

A tune is never on both sides of the cross-validation: solos count as one tune if they share a title or their
first eight bars of chords. For a fair judgement, both sets should be played over the same progressions and by
the same instruments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.splits import title_key
from jazzgen.errors import DataError, OptionError
from jazzgen.evaluation.features import excerpts, features
from jazzgen.evaluation.line import FloatArray, IntArray
from jazzgen.music.score import Solo
from jazzgen.util.packages import optional

__all__ = ["Giveaway", "Verdict", "auc", "tell_apart", "tunes"]

NEEDS = ("critic", "the critic")  # the extra, and what needs it
FOLDS = 5
FEWEST_TUNES = 5  # on each side
RESAMPLINGS = 400
SAME_CHORDS = 8  # bars


@dataclass(frozen=True, slots=True)
class Giveaway:
    """A feature, its mean on either side, and how far apart they are in pooled standard deviations (above 0:
    the generated side has more of it).
    """

    feature: str
    human: float
    generated: float
    distance: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the critic can tell. `auc` is the stronger classifier's over held-out tunes, `interval` its 95 %
    interval when tunes are drawn again; `giveaways` are all features, the most telling first.
    """

    auc: float
    interval: tuple[float, float]
    by_classifier: dict[str, float]
    human_excerpts: int
    generated_excerpts: int
    tunes: int
    giveaways: tuple[Giveaway, ...]

    @property
    def stronger(self) -> str:
        """The name of the classifier with the higher AUC."""
        return max(self.by_classifier, key=lambda name: self.by_classifier[name])


def tell_apart(human: Sequence[Solo], generated: Sequence[Solo], seed: int = 0) -> Verdict:
    """Train critics by cross-validation over tunes and report the stronger.

    The same solos and `seed` give the same verdict. Raises `MissingPackageError` without scikit-learn,
    `DataError` where a side has fewer than five tunes with an excerpt: 16 bars that hold 24 notes,
    `OptionError` for a seed that scikit-learn cannot take.
    """
    if not 0 <= seed < 2**32:
        raise OptionError(f"the critic's seed must be in 0..{2**32 - 1}, received {seed}")
    makers = _classifiers(seed)
    solos = [*human, *generated]
    tune_of = tunes(solos)
    rows = [
        (features(excerpt), k >= len(human), tune_of[k])
        for k, solo in enumerate(solos)
        for excerpt in excerpts(solo)
    ]
    made = np.array([is_made for _, is_made, _ in rows], np.bool_)  # (m,) generated?
    tune = np.array([t for _, _, t in rows], np.int_)  # (m,)
    for side, name in ((False, "human"), (True, "generated")):
        if (count := len(set(tune[made == side].tolist()))) < FEWEST_TUNES:
            raise DataError(
                f"the critic needs excerpts of {FEWEST_TUNES} {name} tunes (16 bars with 24 notes or more), "
                f"received {count}"
            )
    X = np.array([list(found.values()) for found, _, _ in rows])  # (m, features)
    scores = _by_rank(X)
    # One thread: on data this small, threads that wait for each other on a busy machine cost minutes.
    with optional("threadpoolctl", *NEEDS).threadpool_limits(1):
        marks = {name: _judge(make, scores, made, tune, seed) for name, make in makers.items()}
    by_classifier = {name: auc(mark, made) for name, mark in marks.items()}
    best = max(by_classifier, key=lambda name: by_classifier[name])
    return Verdict(
        auc=by_classifier[best],
        interval=_interval(marks[best], made, tune, np.random.default_rng(seed)),
        by_classifier=by_classifier,
        human_excerpts=int((~made).sum()),
        generated_excerpts=int(made.sum()),
        tunes=len(set(tune.tolist())),
        giveaways=_giveaways(list(rows[0][0]), X, made),
    )


def tunes(solos: Sequence[Solo]) -> list[int]:
    """For each solo the number of its tune: those that share a title or their first chords share a tune."""
    tune = list(range(len(solos)))  # a forest: each points to one of its own tune, the first to itself

    def root(k: int) -> int:
        while tune[k] != k:
            k = tune[k]
        return k

    first: dict[object, int] = {}
    for k, solo in enumerate(solos):
        for key in (_title(solo), _first_chords(solo)):
            if key:
                a, b = sorted((root(k), root(first.setdefault(key, k))))
                tune[b] = a
    return [root(k) for k in range(len(solos))]


def _title(solo: Solo) -> str:
    return title_key(solo.progression.title or solo.title)


def _first_chords(solo: Solo) -> tuple[tuple[int, str], ...]:
    form = solo.progression
    end = (*form.bar_ticks, form.length)[min(SAME_CHORDS, len(form.bar_ticks))]
    return tuple((change.tick, change.symbol) for change in form.chords if change.tick < end)


# ------------------------------------------------------------------------------------------- the classifiers


def _classifiers(seed: int) -> dict[str, Any]:
    """Functions that make an untrained classifier: one that weighs features, one that also combines them."""
    linear = optional("sklearn.linear_model", *NEEDS)
    ensemble = optional("sklearn.ensemble", *NEEDS)
    return {
        "logistic regression": lambda: linear.LogisticRegression(C=0.003, max_iter=1000),
        "gradient boosting": lambda: ensemble.HistGradientBoostingClassifier(
            learning_rate=0.1,
            max_iter=100,
            max_leaf_nodes=8,
            min_samples_leaf=15,
            l2_regularization=1.0,
            max_features=0.3,
            early_stopping=False,
            random_state=seed,
        ),
    }


def _by_rank(X: FloatArray) -> FloatArray:
    """Each feature (a column of X) by rank, mean 0, standard deviation 1; one that never differs is 0.

    So one wild excerpt cannot outweigh a hundred ordinary ones. Ranks know nothing of who played.
    """
    ranks = np.stack([_ranks(column) for column in X.T], axis=1)  # (m, features)
    centered = ranks - ranks.mean(axis=0)
    scores: FloatArray = centered / np.maximum(centered.std(axis=0), 1e-9)
    return scores


def _ranks(values: FloatArray) -> FloatArray:
    """1 for the lowest of `values`; ties share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _judge(make: Any, X: FloatArray, made: npt.NDArray[np.bool_], tune: IntArray, seed: int) -> FloatArray:
    """(m,) how surely each excerpt is generated, from a classifier that has not met its tune."""
    marks = np.empty(len(X))
    selection = optional("sklearn.model_selection", *NEEDS)
    folds = selection.StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for known, unknown in folds.split(X, made, tune):
        marks[unknown] = make().fit(X[known], made[known]).predict_proba(X[unknown])[:, 1]
    return marks


# ----------------------------------------------------------------------------------------------- the verdict


def auc(marks: FloatArray, made: npt.NDArray[np.bool_]) -> float:
    """How often a generated excerpt is marked higher than a human one; ties count half. (m,), (m,) -> 0..1.

    By ranks: Mann and Whitney's U over the number of pairs.
    """
    m = int(made.sum())
    return float((_ranks(marks)[made].sum() - m * (m + 1) / 2) / (m * (len(made) - m)))


def _interval(
    marks: FloatArray, made: npt.NDArray[np.bool_], tune: IntArray, rng: np.random.Generator
) -> tuple[float, float]:
    """The 95 % interval of the AUC by bootstrap over tunes, for excerpts of one are no independent trials."""
    members = [np.flatnonzero(tune == t) for t in np.unique(tune)]
    aucs: list[float] = []
    while len(aucs) < RESAMPLINGS:
        drawn = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        if 0 < made[drawn].sum() < len(drawn):
            aucs.append(auc(marks[drawn], made[drawn]))
    low, high = np.quantile(aucs, [0.025, 0.975])
    return float(low), float(high)


def _giveaways(names: Sequence[str], X: FloatArray, made: npt.NDArray[np.bool_]) -> tuple[Giveaway, ...]:
    """Every feature, by the distance of the two means in pooled standard deviations (Cohen's d)."""
    human, generated = X[~made], X[made]
    pooled = np.sqrt((human.var(axis=0) + generated.var(axis=0)) / 2)
    distance = (generated.mean(axis=0) - human.mean(axis=0)) / np.maximum(pooled, 1e-9)
    rows = [
        Giveaway(name, float(h), float(g), float(d))
        for name, h, g, d in zip(names, human.mean(axis=0), generated.mean(axis=0), distance, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: -abs(row.distance)))
