"""The beats and bars of a `Song` in its own ticks: where a beat begins, which bar a tick is in."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from jazzgen.midi.bars import Bars


@dataclass(frozen=True, slots=True)
class Timeline:
    """`beats` are the ticks of all beats and of the final bar line, `bars` the numbers of the beats (from 0)
    that begin a bar, `bar_ticks` the ticks of all bar lines, the final one too; `pickup`: the first bar is
    one.
    """

    beats: tuple[int, ...]
    bars: tuple[int, ...]
    bar_ticks: tuple[int, ...]
    pickup: bool = False

    @classmethod
    def of(cls, bars: Bars, ppq: int) -> Timeline:
        """The timeline of a song with these bars."""
        starts = [
            bar
            for (start, beats), (end, _) in pairwise([*bars.meters, (bars.length, 0)])
            for bar in range(start, end, beats)
        ]
        beats = tuple(beat * ppq for beat in range(bars.length + 1))
        lines = tuple(beats[beat] for beat in [*starts, bars.length])
        return cls(beats, tuple(starts), lines, bars.pickup > 0)

    def bar_number(self, tick: float) -> int:
        """The bar that holds a tick as musicians count: from 1, a pickup being bar 0."""
        return min(max(bisect_right(self.bar_ticks, tick), 1), len(self.bars)) - self.pickup

    def bar_end(self, tick: float) -> int:
        """The first bar line after a tick; past the end, the final one."""
        lines = self.bar_ticks
        return lines[min(bisect_right(lines, tick), len(lines) - 1)]

    @property
    def bar_length(self) -> float:
        """The mean length of a bar, in ticks."""
        return self.beats[-1] / len(self.bars)
