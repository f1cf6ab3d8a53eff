"""Whose bars are whose: `Bars` counts them on through all choruses, `Trading` says who plays them; a `Turn`
is what the machine answers, an `Answer` what it plays.

Beats are those of the file, counted from the first bar line of the first chorus; the count-in is before 0.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from jazzgen.errors import OptionError
from jazzgen.music.grid import PlayedNote
from jazzgen.music.meters import QuarterMap
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression, Solo

TRADES = ("2", "4", "8", "choruses")
ME, MACHINE = "me", "machine"


class Turn(NamedTuple):
    """The machine's turn, in whole beats: it answers what was played from `heard_from` to `start`, and plays
    to `end`.

    `heard_from` is `start` where the machine plays first; `second` is the bar line after the first bar of the
    answer; `last` says that the tune ends with the turn.
    """

    heard_from: int
    start: int
    second: int
    end: int
    last: bool


class Answer(NamedTuple):
    """Notes on the grid, in ticks from beat 0 on, and how each of them is played, in beats."""

    notes: tuple[Note, ...]
    played: tuple[PlayedNote, ...]


class Bars:
    """The bars of a form that goes round without end, numbered from 0 on, in beats and in quarters."""

    def __init__(self, form: Progression) -> None:
        self.form = form
        self.beats = form.length // TICKS_PER_BEAT  # of a chorus
        self._starts = [tick // TICKS_PER_BEAT for tick in form.bar_ticks]
        self._map = QuarterMap(Solo((), form))
        self._quarters = self._map.exact(form.length)  # of a chorus
        self._first = form.meters[0].beat_quarters

    def __len__(self) -> int:
        return len(self._starts)

    def beat_of(self, bar: int) -> int:
        """The beat on which a bar begins."""
        chorus, inside = divmod(bar, len(self))
        return chorus * self.beats + self._starts[inside]

    def bar_at(self, beat: float) -> int:
        """The bar that `beat` lies in, from beat 0 on."""
        chorus = int(beat // self.beats)
        return chorus * len(self) + bisect_right(self._starts, beat - chorus * self.beats) - 1

    def chorus_of(self, beat: float) -> int:
        """Which chorus, from 0, is played at `beat`."""
        return max(int(beat // self.beats), 0)

    def quarters(self, beat: float) -> float:
        """A place in quarters from beat 0."""
        if beat < 0:
            return beat * float(self._first)
        chorus = int(beat // self.beats)
        return float(chorus * self._quarters) + self._map.quarters(beat - chorus * self.beats)

    def beats_at(self, quarter: float) -> float:
        """The twin of `quarters`."""
        if quarter < 0:
            return quarter / float(self._first)
        chorus = int(Fraction(quarter) // self._quarters)
        return chorus * self.beats + self._map.beats(quarter - float(chorus * self._quarters))


def check_trading(trade: str, first: str) -> None:
    """Raise `OptionError` for turns of another length than `TRADES`, or another `first` player."""
    if trade not in TRADES:
        raise OptionError(f"trade must be one of {', '.join(TRADES)}, received {trade!r}")
    if first not in (ME, MACHINE):
        raise OptionError(f"first must be {ME} or {MACHINE}, received {first!r}")


@dataclass(frozen=True, slots=True)
class Trading:
    """Turns of so many bars, `trade`: "2", "4", "8", or "choruses"; `first` plays "me" or "machine"."""

    bars: Bars
    trade: str = "4"
    first: str = ME

    def __post_init__(self) -> None:
        check_trading(self.trade, self.first)

    @property
    def length(self) -> int:
        """Bars of a turn."""
        return len(self.bars) if self.trade == "choruses" else int(self.trade)

    def machines(self, bar: int) -> bool:
        """Whether the machine plays in `bar`."""
        return (bar // self.length) % 2 == (self.first == ME)

    def turn_from(self, bar: int, end_bar: int | None = None) -> Turn | None:
        """The machine's first turn that begins in `bar` or later; None where the tune ends before, after
        `end_bar` bars.
        """
        number = -(-bar // self.length)
        number += number % 2 != (self.first == ME)
        start = number * self.length
        end = start + self.length
        if end_bar is not None:
            if start >= end_bar:
                return None
            end = min(end, end_bar)
        beat = self.bars.beat_of
        heard_from = beat(max(start - self.length, 0))
        return Turn(heard_from, beat(start), beat(start + 1), beat(end), last=end == end_bar)
