"""Asked against had: the notes a bar of takes with `--density`, and the silence of takes with `--rests`.

    python -m checks.controls             16 takes for each figure asked for, some minutes
                                          (OPENBLAS_NUM_THREADS=1 where others work on the machine, too)
    python -m checks.controls --takes 4

Density goes from .5 to 12 notes a bar and rests from 0 to .8, alone and both together, over blues, song forms
and a waltz, at several tempi and on several horns. Had is the mean over takes: of notes, over all bars, and
of silence, over all the time. A figure is reached within 15 % of it (silence: or .015); what is refused
says so. Beside each stand the notes in a phrase, since notes that are spread evenly are no music. The exit
code is 1 where a figure is not reached.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jazzgen.errors import OptionError
from jazzgen.evaluation.statistics import describe
from jazzgen.improviser.controls import Controls
from jazzgen.model.shipped import DEFAULT_MODEL
from jazzgen.music.score import Solo
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import load_inputs, make_takes

NEAR, NEAR_SILENCE = 0.15, 0.015  # of what is asked for; of the time
DENSITIES = (0.5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
RESTS = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
BOTH = ((1, 0.8), (2, 0.2), (2, 0.6), (4, 0.1), (4, 0.5), (6, 0.3), (8, 0.1), (8, 0.4), (11, 0.1))
ELSEWHERE = (
    Settings("waltz-bb", choruses=1, instrument="trumpet"),
    Settings("ballad-eb", choruses=1, instrument="flute"),
    Settings("rhythm-changes-bb", choruses=1, tempo=280, instrument="guitar"),
    Settings("five-four-ebm", choruses=1, instrument="baritone-sax"),
)
ALONE = (
    *({"density": notes} for notes in (1.0, 4.0, 11.0)),
    *({"rests": share} for share in (0.0, 0.4, 0.8)),
)


class Had(NamedTuple):
    """Means over takes: notes a bar, the share of silence, notes in a phrase."""

    density: float
    rests: float
    phrase: float


def had(settings: Settings, takes: int) -> Had:
    """What `takes` takes of the settings have."""
    solos = [take.solo for take in make_takes(settings, load_inputs(settings), range(takes))]
    density, silence = (float(np.mean([figure(solo) for solo in solos])) for figure in (_density, _silence))
    return Had(density, silence, describe(solos)["notes_per_phrase"].mean)


def _density(solo: Solo) -> float:
    return len(solo.notes) / len(solo.progression.bar_ticks)


def _silence(solo: Solo) -> float:
    return 1 - sum(note.duration for note in solo.notes) / solo.progression.length


def reached(asked: float, had: float, least: float = 0.0) -> bool:
    """Whether `had` is within 15 % of what was asked, or within `least`."""
    return abs(had - asked) <= max(NEAR * asked, least)


def cases() -> Iterator[tuple[str, Settings, dict[str, float]]]:
    """What is played, and what is asked of it."""
    blues = Settings("blues-f")
    asked = [{"density": float(n)} for n in DENSITIES] + [{"rests": share} for share in RESTS]
    asked += [{"density": float(notes), "rests": share} for notes, share in BOTH]
    yield from (("blues-f", blues, one) for one in asked)
    for settings in ELSEWHERE:
        yield from ((settings.progression, settings, dict(one)) for one in ALONE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a case; 1 where a figure is not reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--takes", type=int, metavar="N", default=16, help="default: 16")
    parser.add_argument("--model", metavar="FILE", default=DEFAULT_MODEL, help=f"default: {DEFAULT_MODEL}")
    given = parser.parse_args(arguments)
    missed = 0
    for name, settings, asked in cases():
        words = ", ".join(f"{option} {value:g}" for option, value in asked.items())
        try:
            controls = Controls(**asked)
            figures = had(replace(settings, controls=controls, model=given.model), given.takes)
        except OptionError as error:
            print(f"{name:18}{words:26}refused: {error}")
            continue
        good = reached(asked.get("density", figures.density), figures.density) and reached(
            asked.get("rests", figures.rests), figures.rests, NEAR_SILENCE
        )
        missed += not good
        print(
            f"{name:18}{words:26}{figures.density:6.2f} notes a bar {figures.rests:5.3f} silent "
            f"{figures.phrase:5.1f} notes a phrase{'' if good else '  MISSED'}",
            flush=True,
        )
    print(f"{missed} missed")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
