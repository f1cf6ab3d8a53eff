"""Measure whether the plan of a take is heard: its units, and what they take up.

    python -m checks.units improviser wjazzd.db --takes 120

Takes are played over the tunes that the checkpoint was not trained on, in turn. A planned unit has begun
where a phrase begins within two beats of its place. Of such phrases this says how many last as long as
planned, to a beat, are of the planned kind and contour, and how planned and played heights correlate. A
reference is heard where the phrase has the contour or the rhythm of the one that it takes up, in three of
four of its first notes; beside it stands how often phrases have that of the phrase before by chance.

The exit code is 1 if fewer than 80 references of 100 are heard.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from checks.judging import held_out
from jazzgen.corpus.wjazzd import load
from jazzgen.errors import JazzgenError, OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_over, make_player
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.engines import make_engine
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.score import Note, Solo
from jazzgen.music.units import ALIKE, Unit, likeness, phrases_of, units_of

NEAR = 2  # beats
HEARD = 0.8  # of the references


class Heard(NamedTuple):
    """A planned unit and its phrase, and whether contour or rhythm are those of the phrase that it takes up,
    or without one of the phrase before; None where either is too short to tell.
    """

    planned: Unit
    played: Unit
    alike: bool | None


def planned_by(checkpoint: Checkpoint, solos: Sequence[Solo], seed: int) -> list[Sequence[Unit]]:
    """The plans of the takes that `improvise_over` plays."""
    network = make_engine(checkpoint.at_play(), "numpy")
    return [
        make_player(checkpoint, network, solo, Controls(), np.random.default_rng([seed, k])).units
        for k, solo in enumerate(solos)
    ]


def heard_in(plan: Sequence[Unit], take: Solo) -> Iterator[Heard]:
    """Each unit of `plan` that has begun in `take`."""
    phrases, units = phrases_of(take.notes), units_of(take)
    found: dict[int, int] = {}
    for number, unit in enumerate(units):
        nearest = min(range(len(plan)), key=lambda k: abs(plan[k].start - unit.start))
        if abs(plan[nearest].start - unit.start) <= NEAR:
            found.setdefault(nearest, number)
    for k, number in found.items():
        other = found.get(k - (plan[k].back or 1))
        alike = None if other is None else _alike(phrases[number], phrases[other])
        yield Heard(plan[k], units[number], alike)


def _alike(notes: Sequence[Note], earlier: Sequence[Note]) -> bool | None:
    shares = likeness(notes, earlier)
    return None if shares is None else max(shares.contour, shares.rhythm) >= ALIKE


def figures(plans: Sequence[Sequence[Unit]], takes: Sequence[Solo]) -> dict[str, float]:
    """What is printed, by name."""
    heard = [row for plan, take in zip(plans, takes, strict=True) for row in heard_in(plan, take)]
    pairs = [(row.planned, row.played) for row in heard]
    heights = np.array([(planned.height, played.height) for planned, played in pairs])
    taken_up = [row.alike for row in heard if row.planned.back and row.alike is not None]
    others = [row.alike for row in heard if not row.planned.back and row.alike is not None]
    return {
        "begun": len(heard) / sum(map(len, plans)),
        "as long": float(np.mean([abs(planned.beats - played.beats) <= 1 for planned, played in pairs])),
        "of the kind": float(np.mean([planned.kind == played.kind for planned, played in pairs])),
        "of the contour": float(np.mean([planned.contour == played.contour for planned, played in pairs])),
        "correlation of heights": float(np.corrcoef(heights.T)[0, 1]),
        "references": len(taken_up),
        "references heard": float(np.mean(taken_up)),
        "alike by chance": float(np.mean(others)),
    }


def run(given: argparse.Namespace) -> dict[str, float]:
    """The figures over so many takes."""
    if given.takes < 1 or given.seed < 0:
        raise OptionError(
            f"--takes must be 1 or more and --seed 0 or more, received {given.takes}, {given.seed}"
        )
    checkpoint = load_checkpoint(find_checkpoint(given.model))
    if checkpoint.planner is None:
        raise OptionError(f"{given.model} has no planner; fit one with recipes/units.py")
    unseen = held_out(checkpoint, load(given.database))
    solos = [unseen[k % len(unseen)] for k in range(given.takes)]
    plans = planned_by(checkpoint, solos, given.seed)
    return figures(plans, improvise_over(checkpoint, solos, given.seed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, measure, print; 0, 1 where too few references are heard, 2 for what cannot be used."""
    parser = argparse.ArgumentParser(description="Measure whether the plan of a take is heard.")
    parser.add_argument("model", metavar="MODEL", help="a checkpoint, or the name of a shipped one")
    parser.add_argument("database", metavar="DB", type=Path, help="wjazzd.db, or MIDI files of its solos")
    parser.add_argument("--takes", type=int, default=120, metavar="N", help="default: 120")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    try:
        found = run(parser.parse_args(arguments))
    except JazzgenError as error:
        print(f"checks.units: {error}", file=sys.stderr)
        return 2
    for name, figure in found.items():
        print(f"{name:24}{figure:8.3g}")
    return int(found["references heard"] < HEARD)


if __name__ == "__main__":
    sys.exit(main())
