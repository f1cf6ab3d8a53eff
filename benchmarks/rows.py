"""A figure: what was measured, beside what, how often, and what it has to reach.

A speed is a ratio to a baseline that is measured in the same run, because absolute times say more about the
machine than about the code. Both are measured in turns, so that a busy moment hits both. The figure is the
median of the ratios pair by pair. Its spread is the least and the most of them: of the few repeats that there
is time for, quartiles would hide the worst one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from jazzgen.errors import JazzgenError

ROOT = Path(__file__).resolve().parent.parent
Clock = Callable[[], float]


class SkippedError(JazzgenError):
    """A measurement that cannot be made here, and why: "there is no wjazzd.db"."""


@dataclass(frozen=True)
class Given:
    """What measurements are given: how often to repeat a timed pair, and where their data are."""

    repeats: int
    corpus_file: Path  # wjazzd.db
    names_file: Path  # dinos.txt

    @property
    def corpus(self) -> Path:
        """The reference corpus; `SkippedError` where it does not exist."""
        return _existing(self.corpus_file)

    @property
    def names(self) -> Path:
        """The list of names; `SkippedError` where it does not exist."""
        return _existing(self.names_file)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SkippedError(f"there is no {path}")
    return path.resolve()


@dataclass(frozen=True)
class Row:
    """One figure.

    `samples` are the repeats behind it, where there are any: `measured` and `baseline` in the unit in which
    the row states them, and `figure`, of which `figure` is the median (of memory the most). `headline` is
    what the summary at the top of the page of figures calls the row; without one it is not in the summary.
    """

    what: str
    measured: str
    baseline: str
    figure: float
    target: str  # ">= 3", "<= 4.12", "== 100"
    headline: str = ""
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def reached(self) -> bool:
        """Whether the figure meets the target."""
        relation, bound = self.target.split()
        return {
            ">=": self.figure >= float(bound),
            "<=": self.figure <= float(bound),
            "==": self.figure == float(bound),
        }[relation]


class Pairs(NamedTuple):
    """How many seconds ours and the baseline took: pair k was measured one right after the other."""

    ours_s: tuple[float, ...]
    theirs_s: tuple[float, ...]

    @property
    def times_faster(self) -> tuple[float, ...]:
        """How many times the time of ours the baseline took, pair by pair."""
        return tuple(theirs / ours for ours, theirs in zip(*self, strict=True))

    @property
    def times_as_long(self) -> tuple[float, ...]:
        """How many times the baseline's time ours took, pair by pair."""
        return tuple(ours / theirs for ours, theirs in zip(*self, strict=True))


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """How long `work` takes, in seconds of `clock`."""
    begin = clock()
    work()
    return clock() - begin


def side_by_side(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    repeats: int,
    clock: Clock = time.perf_counter,
) -> Pairs:
    """The seconds of both, measured in turns. Both count nothing but this process's own computing with
    `time.process_time` as the `clock`.
    """
    pairs = [(seconds(ours, clock), seconds(theirs, clock)) for _ in range(repeats)]
    return Pairs(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


class Unit(NamedTuple):
    """How seconds are stated: the unit's name, and the number in that unit."""

    name: str
    of: Callable[[float], float] = float

    def text(self, samples: Sequence[float]) -> str:
        """Median and spread of `samples`, which are in this unit: "17 ms (16 to 19)"."""
        middle = f"{number(statistics.median(samples))} {self.name}".rstrip()
        return f"{middle} ({spread(samples)})" if len(set(samples)) > 1 else middle


PLAIN = Unit("")
SECONDS = Unit("s")
CORE_SECONDS = Unit("s of a core")
MEGABYTES = Unit("MB")
MILLISECONDS = Unit("ms", lambda s: 1000 * s)
MICROSECONDS = Unit("µs", lambda s: 1e6 * s)


def a_second(count: int) -> Unit:
    """So many things in the time measured, as things a second."""
    return Unit("", lambda s: count / s)


def number(figure: float) -> str:
    """To three digits, or to a whole number: repeats differ by more."""
    return f"{figure:.3g}" if abs(figure) < 999.5 else f"{figure:,.0f}"


def spread(samples: Sequence[float]) -> str:
    """The least and the most of `samples`."""
    return f"{number(min(samples))} to {number(max(samples))}"


def row_of_pairs(
    what: str,
    pairs: Pairs,
    unit: Unit,
    baseline: str,
    target: str,
    *,
    figures: Sequence[float] | None = None,
    note: str = "",
    headline: str = "",
) -> Row:
    """A row of two things measured in turns. Its figure is how many times faster ours is, unless `figures`
    are given, one a pair. `baseline` names the other thing; `note` is added to what was measured.
    """
    ours, theirs = ([unit.of(s) for s in times] for times in pairs)
    figures = pairs.times_faster if figures is None else figures
    return Row(
        what,
        unit.text(ours) + note,
        f"{unit.text(theirs)} {baseline}",
        statistics.median(figures),
        target,
        headline,
        {"measured": ours, "baseline": theirs, "figure": list(figures)},
    )


def row_of_samples(
    what: str, samples: Sequence[float], unit: Unit, baseline: str, target: str, *, headline: str = ""
) -> Row:
    """A row whose figure is the median of `samples`, in `unit`, beside a bound that is not measured."""
    figure = statistics.median(samples)
    return Row(what, unit.text(samples), baseline, figure, target, headline, {"figure": list(samples)})


def row_of_share(what: str, part: int, whole: int, target: str, *, headline: str = "") -> Row:
    """A row whose figure is a part of a whole, in per cent."""
    return Row(what, f"{part:,} of {whole:,}", "all", 100 * part / whole, target, headline)
