"""The critic: a classifier two-sample test of generated against human solos, and the features that differ.

Classifiers learn from the `features` of excerpts of 16 bars of some tunes which are generated, and score the
excerpts of the others. The result is the AUC: how often, of a human and a generated excerpt, the generated
one has the higher score. 0.5 is guessing, 1 is never wrong. (Source: Lopez-Paz and Oquab, "Revisiting
Classifier Two-Sample Tests", ICLR 2017.)

A tune is never on both sides of the cross-validation: solos count as one tune if they share a title or their
first eight bars of chords. For a fair comparison, both sets should be played over the same progressions and
by the same instruments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jazzgen.corpus.splits import title_key
from jazzgen.errors import DataError, OptionError
from jazzgen.evaluation.features import excerpts, features
from jazzgen.evaluation.note_arrays import FloatArray, IntArray, Mask
from jazzgen.music.score import Solo
from jazzgen.util.packages import optional

NEEDS = ("critic", "the critic")  # the extra, and what needs it
FOLDS = 5
FEWEST_TUNES = 5  # on each side
RESAMPLINGS = 400
SAME_CHORDS = 8  # bars


@dataclass(frozen=True, slots=True)
class FeatureDifference:
    """A feature, its mean on either side, and how far apart they are in pooled standard deviations (above 0:
    the generated side has more of it).
    """

    feature: str
    human: float
    generated: float
    distance: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The critic's result. `auc` is the stronger classifier's over held-out tunes, `interval` its 95 %
    interval when tunes are resampled; `giveaways` are all features, the most different first.
    """

    auc: float
    interval: tuple[float, float]
    by_classifier: dict[str, float]
    human_excerpts: int
    generated_excerpts: int
    tunes: int
    giveaways: tuple[FeatureDifference, ...]

    @property
    def stronger(self) -> str:
        """The name of the classifier with the higher AUC."""
        return max(self.by_classifier, key=lambda name: self.by_classifier[name])


def discriminate(human: Sequence[Solo], generated: Sequence[Solo], seed: int = 0) -> Verdict:
    """Train the classifiers by cross-validation over tunes and report the stronger.

    The same solos and `seed` give the same verdict. Raises `MissingPackageError` without scikit-learn,
    `DataError` where a side has fewer than five tunes with an excerpt: 16 bars that hold 24 notes,
    `OptionError` for a seed that scikit-learn cannot take.
    """
    if not 0 <= seed < 2**32:
        raise OptionError(f"the critic's seed must be in 0..{2**32 - 1}, received {seed}")
    makers = _classifiers(seed)
    solos = [*human, *generated]
    tune_of = group_by_tune(solos)
    rows = [
        (features(excerpt), k >= len(human), tune_of[k])
        for k, solo in enumerate(solos)
        for excerpt in excerpts(solo)
    ]
    y = np.array([label for _, label, _ in rows], np.bool_)  # (m,) is it generated?
    tune = np.array([t for _, _, t in rows], np.int_)  # (m,)
    for side, name in ((False, "human"), (True, "generated")):
        if (count := len(set(tune[y == side].tolist()))) < FEWEST_TUNES:
            raise DataError(
                f"the critic needs excerpts of {FEWEST_TUNES} {name} tunes (16 bars with 24 notes or more), "
                f"received {count}"
            )
    X = np.array([list(found.values()) for found, _, _ in rows])  # (m, features)
    ranked = _by_rank(X)
    # One thread: on data this small, threads that wait for each other on a busy machine cost minutes.
    with optional("threadpoolctl", *NEEDS).threadpool_limits(1):
        scores = {name: _held_out_scores(make, ranked, y, tune, seed) for name, make in makers.items()}
    auc = optional("sklearn.metrics", *NEEDS).roc_auc_score
    by_classifier = {name: float(auc(y, score)) for name, score in scores.items()}
    best = max(by_classifier, key=lambda name: by_classifier[name])
    return Verdict(
        auc=by_classifier[best],
        interval=_interval(scores[best], y, tune, np.random.default_rng(seed)),
        by_classifier=by_classifier,
        human_excerpts=int((~y).sum()),
        generated_excerpts=int(y.sum()),
        tunes=len(set(tune.tolist())),
        giveaways=_giveaways(list(rows[0][0]), X, y),
    )


def group_by_tune(solos: Sequence[Solo]) -> list[int]:
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

    Ranks are robust to outliers, and do not depend on which excerpts are generated.
    """
    ranks = optional("scipy.stats", *NEEDS).rankdata(X, axis=0)  # (m, features)
    centered = ranks - ranks.mean(axis=0)
    scaled: FloatArray = centered / np.maximum(centered.std(axis=0), 1e-9)
    return scaled


def _held_out_scores(make: Any, X: FloatArray, y: Mask, tune: IntArray, seed: int) -> FloatArray:
    """(m,) the probability that each excerpt is generated, by a classifier not trained on its tune."""
    scores = np.empty(len(X))
    selection = optional("sklearn.model_selection", *NEEDS)
    folds = selection.StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for known, unknown in folds.split(X, y, tune):
        scores[unknown] = make().fit(X[known], y[known]).predict_proba(X[unknown])[:, 1]
    return scores


def _interval(scores: FloatArray, y: Mask, tune: IntArray, rng: np.random.Generator) -> tuple[float, float]:
    """The 95 % interval of the AUC by bootstrap over tunes: excerpts of one tune are not independent."""
    auc = optional("sklearn.metrics", *NEEDS).roc_auc_score
    members = [np.flatnonzero(tune == t) for t in np.unique(tune)]
    aucs: list[float] = []
    while len(aucs) < RESAMPLINGS:
        drawn = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        if 0 < y[drawn].sum() < len(drawn):
            aucs.append(auc(y[drawn], scores[drawn]))
    low, high = np.quantile(aucs, [0.025, 0.975])
    return float(low), float(high)


def _giveaways(names: Sequence[str], X: FloatArray, y: Mask) -> tuple[FeatureDifference, ...]:
    """Every feature, by the distance of the two means in pooled standard deviations (Cohen's d)."""
    human, generated = X[~y], X[y]
    pooled = np.sqrt((human.var(axis=0) + generated.var(axis=0)) / 2)
    distance = (generated.mean(axis=0) - human.mean(axis=0)) / np.maximum(pooled, 1e-9)
    rows = [
        FeatureDifference(name, float(h), float(g), float(d))
        for name, h, g, d in zip(names, human.mean(axis=0), generated.mean(axis=0), distance, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: -abs(row.distance)))
