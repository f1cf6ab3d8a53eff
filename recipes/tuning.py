"""Fit the numbers that correct an improviser at play, over the judging tunes.

    python -m recipes.tuning improviser.safetensors wjazzd.db -o tuned.safetensors

Takes are played over the progressions of the judging tunes (`recipes/improviser.py` splits by title in three;
with `--all` the network was trained on these, too) with numbers drawn around the best so far, and compared
with people over the same progressions: the mean square of the effects (Cohen's d, people against takes) of
the critic's features, of 16 bars each, and of the statistics, of whole solos. The search is the cross-entropy
method (Rubinstein, 1999): each round is drawn around the mean of the best third of the one before.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from jazzgen.corpus.splits import Selection, split_by_title
from jazzgen.evaluation.evidence import excerpts
from jazzgen.evaluation.recoding import in_range, recoded
from jazzgen.evaluation.statistics import measure
from jazzgen.improviser.excerpts import features
from jazzgen.improviser.improvise import improvise_over
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.tuning import Tuning
from jazzgen.music.score import Solo
from recipes.improviser import JUDGE, JUDGE_SEED
from recipes.refitting import in_four, parser_of, refit

Table = npt.NDArray[np.float64]

# What is fitted, and how far from the present number the first round is drawn. How much is heard of the views
# stays: the corrections were learned with it.
SPREAD = {
    "degree_temperature": 0.03,
    "motif_bias": 0.3,
    "held_dissonance_bias": 0.4,
    "pitch_prior_std": 3.0,
}
BEST = 3  # one in so many of a round
WIDEST = 2.0  # standard deviations: one statistic that is far off does not hide the others
SMALLEST = 1e-9


def table(solos: Sequence[Solo]) -> tuple[Table, Table]:
    """(excerpts, features) and (solos, statistics)."""
    of_excerpts = [list(features(excerpt).values()) for solo in solos for excerpt in excerpts(solo)]
    return np.array(of_excerpts), np.array([list(measure(solo).values()) for solo in solos if solo.notes])


def mean_square_effect(people: Table, takes: Table) -> float:
    """The mean over columns of Cohen's d, squared; what is not defined (nan) is left out."""
    spread = np.sqrt((np.nanvar(people, axis=0) + np.nanvar(takes, axis=0)) / 2)
    apart = np.nanmean(takes, axis=0) - np.nanmean(people, axis=0)
    effects = np.where(spread > SMALLEST, apart / np.maximum(spread, SMALLEST), 0.0)
    return float(np.nanmean(np.clip(effects, -WIDEST, WIDEST) ** 2))


@dataclass(frozen=True)
class Fit:
    """What takes of `checkpoint` over the progressions of `people` are compared with."""

    checkpoint: Checkpoint
    people: Sequence[Solo]

    def tuned(self, numbers: Table) -> Checkpoint:
        """The model with `numbers` in the order of `SPREAD`."""
        tuning = replace(self.checkpoint.tuning, **dict(zip(SPREAD, numbers.tolist(), strict=True)))
        return self.checkpoint.extended({}, tuning=tuning.as_json())

    def loss(self, numbers: Table, seed: int) -> float:
        """How far takes with `numbers` are from people."""
        takes = improvise_over(self.tuned(numbers), self.people, seed)
        people = table([in_range(recoded(solo)) for solo in self.people])
        return sum(mean_square_effect(*pair) for pair in zip(people, table(takes), strict=True))


def drawn(mean: Table, spread: Table, number: int, rng: np.random.Generator) -> list[Table]:
    """`mean` itself and `number - 1` draws around it, inside the bounds of `Tuning`."""
    bounds = {number.name: number.metadata for number in fields(Tuning)}
    low, high = (np.array([bounds[name][side] for name in SPREAD]) for side in ("low", "high"))
    return [mean, *(np.clip(rng.normal(mean, spread), low, high) for _ in range(number - 1))]


def fit(task: Fit, rounds: int, draws: int, seed: int) -> Checkpoint:
    """The model with the numbers after so many rounds; prints each."""
    mean = np.array([getattr(task.checkpoint.tuning, name) for name in SPREAD], np.float64)
    spread = np.array([*SPREAD.values()])
    for number in range(rounds):
        tried = drawn(mean, spread, draws, np.random.default_rng([seed, number]))
        losses = Parallel(n_jobs=-1)(delayed(task.loss)(numbers, number) for numbers in tried)
        best = np.array([tried[k] for k in np.argsort(losses)[: max(draws // BEST, 1)]])
        mean, spread = best.mean(axis=0), np.maximum(best.std(axis=0), spread / 3)
        shown = ", ".join(f"{name} {number:.3f}" for name, number in zip(SPREAD, mean, strict=True))
        figures = f"{losses[0]:.4f} at its mean, best {min(losses):.4f}"
        print(f"round {number + 1}: {figures}; now {shown}", flush=True)
    return task.tuned(mean.round(3))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and write the checkpoint with its tuning."""
    parser = parser_of(__doc__)
    parser.add_argument("--takes", type=int, default=36, help="a draw")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--draws", type=int, default=12, help="a round")
    given = parser.parse_args(arguments)

    def tuned(checkpoint: Checkpoint, known: Selection) -> Checkpoint:
        _, judge = split_by_title(known, JUDGE, JUDGE_SEED)
        four = in_four(judge)
        people = [four[k] for k in np.random.default_rng(given.seed).permutation(len(four))[: given.takes]]
        return fit(Fit(checkpoint, people), given.rounds, given.draws, given.seed)

    return refit("tuning", given, tuned)


if __name__ == "__main__":
    sys.exit(main())
