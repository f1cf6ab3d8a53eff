"""The critic: a classifier two-sample test of generated against human solos, and what differs.

Classifiers learn from excerpts of 16 bars of some tunes which are generated, and score the excerpts of the
others. The result is the AUC: how often, of a human and a generated excerpt, the generated one has the higher
score. 0.5 is guessing, 1 is never wrong. (Source: Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample
Tests", ICLR 2017.) There are three kinds of critic, which see different things of an excerpt:

    features    some 300 numbers that one can check by hand
    ngrams      how often short runs of intervals and steps occur
    recurrent   the notes, one by one

All see solos as they are when encoded and decoded, so that no kind tells the representation. A tune is never
on both sides of the cross-validation: solos count as one tune if they share a title or their first eight bars
of chords. For a fair comparison, both sets should be played over the same progressions and by the same
instruments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from jazzgen.corpus.splits import title_key
from jazzgen.errors import DataError, OptionError
from jazzgen.evaluation.evidence import NEEDS, Classifier, Examples, Kind, excerpts
from jazzgen.evaluation.feature_critic import BY_FEATURES
from jazzgen.evaluation.ngram_critic import BY_NGRAMS
from jazzgen.evaluation.recurrent_critic import RECURRENT
from jazzgen.improviser.excerpts import Excerpt
from jazzgen.music.note_arrays import FloatArray, IntArray, Mask
from jazzgen.music.score import Solo
from jazzgen.util.packages import optional

KINDS: dict[str, Kind] = {"features": BY_FEATURES, "ngrams": BY_NGRAMS, "recurrent": RECURRENT}
FOLDS = 5
FEWEST_TUNES = 5  # on each side
RESAMPLINGS = 400
SAME_CHORDS = 8  # bars
MOST_REPEATS = 100
SEEDS = 2**32  # those that scikit-learn can take


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
    """The result of a critic of one `kind`. `auc` is its strongest classifier's over held-out tunes, the mean
    of `by_seed`; `interval` its 95 % interval when tunes are resampled; `giveaways` are all that it sees and
    that has a name, the most different first.
    """

    kind: str
    auc: float
    interval: tuple[float, float]
    by_seed: tuple[float, ...]
    by_classifier: dict[str, float]
    human_excerpts: int
    generated_excerpts: int
    tunes: int
    giveaways: tuple[FeatureDifference, ...]

    @property
    def stronger(self) -> str:
        """The name of the classifier with the highest AUC."""
        return max(self.by_classifier, key=lambda name: self.by_classifier[name])


def discriminate(
    human: Sequence[Solo],
    generated: Sequence[Solo],
    seed: int = 0,
    kind: str = "features",
    repeats: int = 1,
    jobs: int = 1,
) -> Verdict:
    """Train a critic's classifiers by cross-validation over tunes and report the strongest.

    Parameters
    ----------
    human, generated
        The solos to tell apart.
    seed
        What the folds are drawn from, and all that is chance in a classifier.
    kind
        Of `KINDS`.
    repeats
        How often it is done, each time with the next seed; the AUC is the mean.
    jobs
        How many processes train side by side; the verdict does not depend on it.

    Returns
    -------
    Verdict
        The same for the same solos and seed.

    Raises
    ------
    MissingPackageError
        Without scikit-learn, or TensorFlow for the recurrent critic.
    DataError
        Where a side has fewer than five tunes with an excerpt: 16 bars that hold 24 notes.
    OptionError
        For an unknown kind, or a seed or a number of repeats out of range.
    """
    _check_options(seed, kind, repeats)
    found, y, tune = _labelled(human, generated)
    sight, classifiers = KINDS[kind].see(found), KINDS[kind].classifiers
    examples, seeds = Examples(sight.inputs, y, tune), [(seed + k) % SEEDS for k in range(repeats)]
    scores = _held_out_scores(classifiers, examples, seeds, jobs)
    aucs = {name: [_auc(y, row) for row in rows] for name, rows in scores.items()}
    by_classifier = {name: float(np.mean(areas)) for name, areas in aucs.items()}
    best = max(by_classifier, key=lambda name: by_classifier[name])
    return Verdict(
        kind=kind,
        auc=by_classifier[best],
        interval=_interval(scores[best], y, tune, np.random.default_rng(seed)),
        by_seed=tuple(aucs[best]),
        by_classifier=by_classifier,
        human_excerpts=int((~y).sum()),
        generated_excerpts=int(y.sum()),
        tunes=len(set(tune.tolist())),
        giveaways=_giveaways(sight.names, sight.counted, y),
    )


def _check_options(seed: int, kind: str, repeats: int) -> None:
    if kind not in KINDS:
        raise OptionError(f"unknown kind of critic {kind!r}; known are {', '.join(KINDS)}")
    if not 0 <= seed < SEEDS:
        raise OptionError(f"the critic's seed must be in 0..{SEEDS - 1}, received {seed}")
    if not 1 <= repeats <= MOST_REPEATS:
        raise OptionError(f"the critic's repeats must be in 1..{MOST_REPEATS}, received {repeats}")


# ---------------------------------------------------------------------------------------------- the excerpts


def _labelled(human: Sequence[Solo], generated: Sequence[Solo]) -> tuple[list[Excerpt], Mask, IntArray]:
    """The m excerpts, (m,) which are generated, (m,) their tunes; `DataError` for too few."""
    solos = [*human, *generated]
    rows = [(excerpt, k) for k, solo in enumerate(solos) for excerpt in excerpts(solo)]
    solo_of = np.array([k for _, k in rows], np.int_)
    y, tune = solo_of >= len(human), np.array(group_by_tune(solos), np.int_)[solo_of]
    for side, name in ((False, "human"), (True, "generated")):
        if (count := len(set(tune[y == side].tolist()))) < FEWEST_TUNES:
            raise DataError(
                f"the critic needs excerpts of {FEWEST_TUNES} {name} tunes (16 bars with 24 notes or more), "
                f"received {count}"
            )
    return [excerpt for excerpt, _ in rows], y, tune


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


# ---------------------------------------------------------------------------------------- cross-validation


def _held_out_scores(
    classifiers: Mapping[str, Classifier], examples: Examples, seeds: Sequence[int], jobs: int
) -> dict[str, FloatArray]:
    """For each classifier (seeds, m): how likely each excerpt is generated, when not trained on its tune."""
    folds = [
        (name, row, known, unknown)
        for row, seed in enumerate(seeds)
        for known, unknown in _folds(examples, seed)
        for name in classifiers
    ]
    parts = Parallel(n_jobs=jobs)(
        delayed(_scores)(classifiers[name], examples, known, unknown, seeds[row])
        for name, row, known, unknown in folds
    )
    scores = {name: np.empty((len(seeds), len(examples.tune))) for name in classifiers}
    for (name, row, _, unknown), part in zip(folds, parts, strict=True):
        scores[name][row, unknown] = part
    return scores


def _folds(examples: Examples, seed: int) -> list[tuple[IntArray, IntArray]]:
    """The rows to learn from and those to score, of each fold."""
    selection = optional("sklearn.model_selection", *NEEDS)
    folds = selection.StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(folds.split(examples.tune, examples.generated, examples.tune))


def _scores(
    classifier: Classifier, examples: Examples, known: IntArray, unknown: IntArray, seed: int
) -> FloatArray:
    """(len(unknown),) the scores of a classifier that learned from `known`."""
    # One thread: on data this small, threads that wait for each other on a busy machine cost minutes.
    with optional("threadpoolctl", *NEEDS).threadpool_limits(1):
        inputs, generated, tune = examples
        return classifier(Examples(inputs[known], generated[known], tune[known]), inputs[unknown], seed)


def _auc(y: Mask, scores: FloatArray) -> float:
    return float(optional("sklearn.metrics", *NEEDS).roc_auc_score(y, scores))


def _interval(scores: FloatArray, y: Mask, tune: IntArray, rng: np.random.Generator) -> tuple[float, float]:
    """The 95 % interval of the mean AUC of `scores` (seeds, m) by bootstrap over tunes: excerpts of one tune
    are not independent.
    """
    members = [np.flatnonzero(tune == t) for t in np.unique(tune)]
    aucs: list[float] = []
    while len(aucs) < RESAMPLINGS:
        drawn = np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])
        if 0 < y[drawn].sum() < len(drawn):
            aucs.append(float(np.mean([_auc(y[drawn], row[drawn]) for row in scores])))
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
