"""Learn the corrections of an improviser from its takes beside people's solos.

    python -m recipes.corrections improviser.safetensors wjazzd.db -o corrected.safetensors

Takes over training tunes are counted as people's solos are, by the contexts of the tables of
`jazzgen/model/corrections.py`, and the logit of a choice in a context gains part of the logarithm of how much
oftener people chose it there. What follows hears it, so the next round counts again: a maximum entropy model
with the network as its base, fitted by iterative scaling (Darroch and Ratcliff, 1972) with counts of samples
in place of expectations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from jazzgen.evaluation.recoding import recoded
from jazzgen.improviser.improvise import improvise_over, with_pitches
from jazzgen.model.checkpoint import CORRECTIONS, Checkpoint
from jazzgen.model.corrections import AGES, RUNS, SHAPES
from jazzgen.music.score import Solo
from jazzgen.tokens.features import FeatureSpec, bucket, displacement_class, near_class
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.views import N_RHYTHM, VIEWS
from jazzgen.tokens.vocabulary import IS_REST, N_LENGTHS
from recipes.refitting import parser_of, refit, say
from recipes.view_shares import count

Table = npt.NDArray[np.float64]
Tables = dict[str, Table]

# How much of the logarithm a table gains in a round. What several rows or memories say alike adds up, and a
# line does again what it does: a share answers up to three times what is asked.
RHYTHM_RATE, PITCH_RATE, RETURN_RATE, RUN_RATE, OCTAVE_RATE = 0.04, 0.13, 0.08, 0.2, 0.2
SHARED = 25.0  # counts of what people and takes do together in a context, added to either
SMALLEST = 1e-3
BATCH = 40  # takes stepped together


class Counted(NamedTuple):
    """What a set of solos did: `values` (rows, 12) and `octaves` (2, 12, 13, 5) count choices, `returns`
    (3, 6, 10, 2) and `runs` (8, 2) how often a proposal, and the last pitch, were not followed, and were.
    """

    values: Table
    returns: Table
    runs: Table
    octaves: Table


def counted(solos: Sequence[Solo]) -> Counted:
    """The counts of solos as they stand."""
    returns, runs = np.zeros((*SHAPES["returns"], 2)), np.zeros((*SHAPES["runs"], 2))
    octaves = np.zeros(SHAPES["octaves"])
    for solo in solos:
        tracker = ContextTracker.over(solo, FeatureSpec(("motif",)))
        for value, pitch in with_pitches(solo):
            _count_returns(returns, tracker, value)
            if pitch is not None and tracker.last is not None:
                runs[min(tracker.repeated, RUNS) - 1, int(pitch == tracker.last)] += 1
                near = tracker.nearest(value)
                step = near_class(near, tracker.last)
                behind = int(tracker.silence > 0)
                octaves[behind, tracker.register, step, displacement_class(near, pitch)] += 1
            tracker.advance(value, pitch)
    return Counted(count(solos), returns, runs, octaves)


def _count_returns(returns: Table, tracker: ContextTracker, value: int) -> None:
    for kind, proposal in enumerate(tracker.proposals()):
        if proposal is not None:
            returns[kind, proposal.match, bucket(AGES, proposal.age), int(proposal.value == value)] += 1
    shape = tracker.shape_proposal()
    if shape is not None and not IS_REST[value]:
        followed = int(shape.value == value // N_LENGTHS)
        returns[-1, shape.match, bucket(AGES, shape.age), followed] += 1


def log_ratios(people: Table, takes: Table) -> Table:
    """Counts (..., classes) of either -> how much oftener people choose a class in a context, as a logarithm
    that is near 0 where there is little to count.
    """
    together = people + takes + SMALLEST
    added = SHARED * together / together.sum(axis=-1, keepdims=True)
    shares = [(n + added) / (n + added).sum(axis=-1, keepdims=True) for n in (people, takes)]
    ratios: Table = np.log(shares[0]) - np.log(shares[1])
    return ratios


def gains(people: Counted, takes: Counted) -> Tables:
    """What each table gains in a round."""
    rhythm = sum(view.rows for view in VIEWS[:N_RHYTHM])
    rates = np.full(len(people.values), PITCH_RATE)
    rates[:rhythm] = RHYTHM_RATE
    followed, again = (
        log_ratios(getattr(people, name), getattr(takes, name)) for name in ("returns", "runs")
    )
    return {
        "values": rates[:, None] * log_ratios(people.values, takes.values),
        "returns": RETURN_RATE * (followed[..., 1] - followed[..., 0]),
        "runs": RUN_RATE * (again[..., 1] - again[..., 0]),
        "octaves": OCTAVE_RATE * log_ratios(people.octaves, takes.octaves),
    }


def distance(people: Counted, takes: Counted) -> dict[str, float]:
    """The mean absolute logarithm of each table, by how often people are in a context."""
    return {
        name: float((mine * abs(log_ratios(mine, theirs))).sum() / mine.sum())
        for name, mine, theirs in zip(Counted._fields, people, takes, strict=True)
    }


def corrected(checkpoint: Checkpoint, tables: Tables) -> Checkpoint:
    """The model with these corrections."""
    arrays = {CORRECTIONS + name: table.astype(np.float32) for name, table in tables.items()}
    return checkpoint.extended(arrays, corrected=True)


def fit(
    checkpoint: Checkpoint,
    people: Sequence[Solo],
    rounds: int,
    takes: int,
    seed: int,
    tell: Callable[[str], None],
) -> Checkpoint:
    """The model with its corrections.

    Parameters
    ----------
    checkpoint
        A model that reads views and motifs; corrections that it has are where the first round begins.
    people
        Solos, not of test tunes: what takes shall do as often, and over whose progressions they are played.
    rounds, takes
        How often takes are counted, and how many of them each time. The result is the mean over the second
        half of the rounds, since each is as noisy as its takes are few.
    seed
        Of the takes, and of which progressions they are played over.
    tell
        Is told how far each round's takes are from people.

    Returns
    -------
    Checkpoint
    """
    wanted = counted([recoded(solo) for solo in people])
    tables = {
        name: np.array(checkpoint.arrays.get(CORRECTIONS + name, np.zeros(shape)), np.float64)
        for name, shape in SHAPES.items()
    }
    kept: list[Tables] = []
    for number in range(rounds):
        rng = np.random.default_rng([seed, number])
        chosen = [people[k] for k in rng.permutation(len(people))[:takes]]
        model = corrected(checkpoint, tables)
        parts = Parallel(n_jobs=-1)(
            delayed(_count_takes)(model, chosen[first : first + BATCH], int(rng.integers(2**31)))
            for first in range(0, len(chosen), BATCH)
        )
        found = Counted(*(np.sum(tables, axis=0) for tables in zip(*parts, strict=True)))
        shown = ", ".join(f"{name} {far:.3f}" for name, far in distance(wanted, found).items())
        tell(f"round {number + 1}: {shown} nats from people")
        more = gains(wanted, found)
        tables = {name: table + more[name] for name, table in tables.items()}
        kept.append(tables)
    settled = kept[rounds // 2 :]
    return corrected(checkpoint, {name: np.mean([some[name] for some in settled], axis=0) for name in SHAPES})


def _count_takes(checkpoint: Checkpoint, solos: Sequence[Solo], seed: int) -> Counted:
    return counted(improvise_over(checkpoint, solos, seed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and write the checkpoint with its corrections."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--takes", type=int, default=80, help="a round")
    given = parser.parse_args(arguments)
    return refit(
        "corrections",
        given,
        lambda model, people: fit(model, people, given.rounds, given.takes, given.seed, say),
    )


if __name__ == "__main__":
    sys.exit(main())
