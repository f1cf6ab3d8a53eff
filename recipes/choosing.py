"""Teach an improviser to choose among candidates: what tells its takes from people's solos, as a sum.

    python -m recipes.choosing improviser.safetensors wjazzd.db -o choosing.safetensors

Excerpts of training tunes, by people and by the model, are told apart by a logistic regression on which bins
their features fall into (`jazzgen/model/choosing.py`). Then takes are played that are chosen by it, and what
still tells them from people is added, in part: so what was overdone is taken back, the number of notes and
the silences among all else. In the end people and takes have as much of every feature, as far as choosing
reaches: a maximum entropy model with the network as its base, learned like a residual energy model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from jazzgen.corpus.splits import Selection, split_by_title
from jazzgen.evaluation.evidence import excerpts
from jazzgen.improviser.choosing import as_numbers
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_over
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.choosing import BINS, FINGERPRINT, PREFIX, UNUSED, Choosing
from jazzgen.music.score import Solo
from recipes.corrections import BATCH
from recipes.improviser import JUDGE, JUDGE_SEED
from recipes.refitting import in_four, parser_of, refit, say

Table = npt.NDArray[np.float64]

EVERY = 8  # bars from the beginning of an excerpt to that of the next: they overlap
ALONE = 2  # takes over each tune at first, that are not chosen
EFFORT = 4  # of those that are
PENALTY = 1e-3  # the inverse strength of the regularization
RATE = 0.5  # how much of what still tells chosen takes from people is added


def table(solos: Sequence[Solo]) -> Table:
    """(excerpts, features) of `solos`."""
    return np.array([as_numbers(excerpt) for solo in solos for excerpt in excerpts(solo, EVERY)])


def edges_of(rows: Table) -> npt.NDArray[np.float32]:
    """(f, 31) The edges of bins that hold about as many excerpts each; a bin holds whole values. They are
    float16, as they will be stored.
    """
    edges = np.full((rows.shape[1], BINS - 1), UNUSED)
    for row, values in zip(edges, rows.T, strict=True):
        found = np.unique(values)
        if len(found) > BINS:
            found = np.unique(np.quantile(values, np.linspace(0, 1, BINS), method="nearest"))
        row[: len(found) - 1] = (found[1:] + found[:-1]) / 2
    return np.sort(edges.astype(np.float16).astype(np.float32), axis=1)


def told_apart(edges: npt.NDArray[np.float32], people: Table, takes: Table) -> npt.NDArray[np.float32]:
    """(f, 32) The log-odds of people against takes that each bin adds, 0 on average over both."""
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate([people, takes])
    beyond = (rows[:, :, None] > edges).reshape(len(rows), -1).astype(np.float32)  # (m, f * 31)
    used = np.flatnonzero(edges.ravel() < UNUSED)
    mean = beyond.mean(axis=0)
    # As many as there are of the others, all people together weigh what all takes do.
    regression = LogisticRegression(C=PENALTY, max_iter=1000, class_weight="balanced")
    regression.fit(beyond[:, used] - mean[used], np.arange(len(rows)) < len(people))
    steps = np.zeros(edges.shape)
    steps.flat[used] = regression.coef_[0]
    levels = np.concatenate([np.zeros((len(edges), 1)), steps.cumsum(axis=1)], axis=1)
    levels -= (steps * mean.reshape(edges.shape)).sum(axis=1, keepdims=True)
    return levels.astype(np.float32)


def with_choosing(checkpoint: Checkpoint, choosing: Choosing) -> Checkpoint:
    """The model that chooses by these tables."""
    arrays = {PREFIX + name: array for name, array in choosing._asdict().items()}
    return checkpoint.extended(arrays, choosing=FINGERPRINT)


def played(checkpoint: Checkpoint, people: Sequence[Solo], seed: int, effort: int) -> list[Solo]:
    """A take over each of `people`, played with so much effort."""
    parts = Parallel(n_jobs=-1)(
        delayed(improvise_over)(
            checkpoint, people[first : first + BATCH], 10_000 * seed + first, Controls(effort=effort)
        )
        for first in range(0, len(people), BATCH)
    )
    return [take for part in parts for take in part]


def fit(
    checkpoint: Checkpoint,
    people: Sequence[Solo],
    rounds: int,
    takes: int,
    seed: int,
    tell: Callable[[str], None],
) -> Checkpoint:
    """The model that chooses.

    Parameters
    ----------
    checkpoint
        An improviser; what it chose by is forgotten.
    people
        Solos of training tunes.
    rounds, takes
        How often takes are played that were chosen by what is known, and over how many of `people`.
    seed
        Of the takes, and of which solos they are played over.
    tell
        Is told how well each round tells takes from people.

    Returns
    -------
    Checkpoint
    """
    wanted = table(people)
    found = table([take for k in range(ALONE) for take in played(checkpoint, people, seed + k, effort=1)])
    edges = edges_of(np.concatenate([wanted, found]))
    choosing = Choosing(edges, told_apart(edges, wanted, found))
    tell(f"alone: {_apart(choosing, wanted, found)}")
    for number in range(1, rounds + 1):
        order = np.random.default_rng([seed, number]).permutation(len(people))[:takes]
        some = [people[k] for k in order]
        wanted = table(some)
        found = table(played(with_choosing(checkpoint, choosing), some, seed + ALONE + number, EFFORT))
        more = told_apart(edges, wanted, found)
        tell(f"round {number}: {_apart(Choosing(edges, more), wanted, found)}")
        choosing = choosing._replace(levels=choosing.levels + np.float32(RATE) * more)
    return with_choosing(checkpoint, choosing)


def _apart(choosing: Choosing, people: Table, takes: Table) -> str:
    """How far apart the mean scores of people and takes are, of what they were learned from."""
    ours, theirs = (np.mean([choosing.score(row) for row in rows]) for rows in (people, takes))
    return f"excerpts by people score {ours:+.2f} and takes {theirs:+.2f} nats"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and write the checkpoint that chooses."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--takes", type=int, default=150, help="a round")
    given = parser.parse_args(arguments)

    def chosen(checkpoint: Checkpoint, known: Selection) -> Checkpoint:
        train, _ = split_by_title(known, JUDGE, JUDGE_SEED)
        four = in_four(train)
        return fit(checkpoint, four, given.rounds, given.takes, given.seed, say)

    return refit("choosing", given, chosen)


if __name__ == "__main__":
    sys.exit(main())
