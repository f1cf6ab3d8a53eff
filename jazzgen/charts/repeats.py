"""The repeats of a chart: which bars are played again, how often, and which ending is taken when.

A `Group` is what a player sees between two repeat signs, with the endings that follow. `find_groups` finds
those of a chart, also where the opening sign is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jazzgen.charts.written import WrittenBar


class Ending(NamedTuple):
    """An ending: its first and last bar, and in which passes it is taken."""

    first: int
    last: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Bars from `start` that are played `passes` times; `closes` are the bars after which it goes back."""

    start: int
    closes: frozenset[int]
    passes: int
    endings: tuple[Ending, ...] = ()

    @property
    def last(self) -> int:
        """The last bar that belongs to the group."""
        return max([*self.closes, *(ending.last for ending in self.endings)])

    def ending(self, number: int) -> Ending | None:
        """The ending of pass `number`; None where that pass skips them all.

        Two endings and more passes than two: the first is taken in all but the last.
        """
        written = [ending for ending in self.endings if number in ending.numbers]
        if written and self.passes <= max(max(ending.numbers) for ending in self.endings):
            return written[0]
        if number >= self.passes:
            chosen = [ending for ending in self.endings if max(ending.numbers) > 1 or number == 1]
            return chosen[-1] if chosen else None
        # Only the last ending is written for this pass or a later one: it stays for the last pass.
        return (
            written[0] if written and (written[0] is not self.endings[-1] or number == 1) else self.endings[0]
        )


def ends_section(bars: Sequence[WrittenBar], number: int) -> bool:
    """Whether a closing, double or final bar line stands behind bar `number`."""
    bar = bars[number]
    if bar.closes_repeat or bar.double_end or number + 1 == len(bars):
        return True
    return bars[number + 1].double_start or bars[number + 1].opens_repeat


def find_groups(bars: Sequence[WrittenBar], warnings: list[str]) -> list[Group]:
    """The repeats of `bars` in their order; what had to be assumed is added to `warnings`."""
    finder = _Finder(bars, warnings)
    for number in range(len(bars)):
        finder.step(number)
    finder.finish()
    return finder.groups


class _Finder:
    """Goes through the bars once; `start` is that of the group in progress, None between groups."""

    def __init__(self, bars: Sequence[WrittenBar], warnings: list[str]) -> None:
        self.bars, self.warnings = bars, warnings
        self.groups: list[Group] = []
        self.start: int | None = None
        self.closes: list[int] = []
        self.times = 0
        self.endings: list[tuple[int, tuple[int, ...]]] = []
        self.behind_close = 0
        self.section = 0  # the last section that begins with a double bar

    def step(self, number: int) -> None:
        bar = self.bars[number]
        if bar.double_start and bar.section:
            self.section = number
        follows_close = bool(self.closes) and self.closes[-1] == number - 1
        continues = bool(bar.endings) and self._continues(number)
        if bar.opens_repeat:
            if self.start is not None and not self.closes:
                self.warn(self.start, "the repeat that opens there is never closed; it is played once")
            self.finish()
            self.start = number
        elif not continues and (follows_close or self._is_over(number)):
            self.finish()
        if continues:
            self.endings.append((number, bar.endings))
        elif bar.endings and (1 in bar.endings or (self.start is not None and not self.closes)):
            if self.start is None:
                self.start = self._implied_start(number)
            self.endings = [(number, bar.endings)]
        if bar.closes_repeat:
            if self.start is None:
                self.start = self._implied_start(number)
            self.closes.append(number)
            self.times = max(self.times, bar.times)
            self.behind_close = number + 1

    def warn(self, number: int, what: str) -> None:
        self.warnings.append(f"bar {self.bars[number].number or number + 1}: {what}")

    def finish(self) -> None:
        """The group in progress is complete."""
        start, self.start = self.start, None
        closes, self.closes = self.closes, []
        endings, self.endings = self.endings, []
        times, self.times = self.times, 0
        if start is None or not (closes or len(endings) > 1):
            return
        starts = [first for first, _ in endings]
        ends = [first - 1 for first in starts[1:]]
        if starts:
            ends.append(self._ending_end(starts[-1]))
        highest = max((max(numbers) for _, numbers in endings), default=2)
        self.groups.append(
            Group(
                start,
                # An ending before another goes back, also where its sign is missing.
                frozenset([*closes, *ends[:-1]]),
                max(times, highest) if times else max(highest, 2),
                tuple(
                    Ending(first, last, numbers) for (first, numbers), last in zip(endings, ends, strict=True)
                ),
            )
        )
        if times == 1 and not endings:
            self.groups.pop()  # played once

    def _continues(self, number: int) -> bool:
        """Whether the ending at `number` is another of the group in progress."""
        if not self.endings:
            # `{ A } N2`: the first ending has no bars of its own.
            return False
        before, _ = self.endings[-1]
        if {n for _, numbers in self.endings for n in numbers} & set(self.bars[number].endings):
            return False
        closed = self.bars[number - 1].closes_repeat
        return closed or not any(ends_section(self.bars, k) for k in range(before, number))

    def _is_over(self, number: int) -> bool:
        """Whether the last ending, once one has closed, ended before `number`."""
        return bool(self.endings and self.closes) and ends_section(self.bars, number - 1)

    def _ending_end(self, first: int) -> int:
        return next(k for k in range(first, len(self.bars)) if ends_section(self.bars, k))

    def _implied_start(self, number: int) -> int:
        start = max(self.behind_close, self.section)
        if start > number:
            start = number
        self.warn(
            number,
            "a repeat closes there that was not opened; it is played from bar "
            f"{self.bars[start].number or start + 1}",
        )
        return start
