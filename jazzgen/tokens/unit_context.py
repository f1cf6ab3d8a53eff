"""How a line follows a plan of units: what the plan says of the next value.

A `UnitFollower` is moved on value by value beside a `ContextTracker`. Where the line should be heading it
says as a pitch; of lengths and of what is repeated it picks the rows of two tables, which are learned by
`recipes/units.py` and added to the logits. A step takes constant time.

    table    row                                                                class           rows
    lengths  in a phrase: ticks until the unit ends, and whether a rest         length class      159
             came last; between phrases: ticks until the next unit begins
             notes a beat of the unit                                           length class        8
             kind of the unit and the last length class                         length class       52
             in the last beat of a unit: ticks until the next one begins        length class       53
    repeats  of lengths, of intervals, of ways up or down: how many in a row    what it goes on     4
             agreed with the first notes of the unit that is taken up           with
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.music.phrases import PHRASE_GAP
from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.music.units import COMPARED, CONTOURS, KINDS, THIRDS, Unit
from jazzgen.tokens.features import bucket
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.views import CLASSES, LENGTH_CLASS, NONE
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, OCTAVE, TICKS

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

UNTIL = (-999, *range(-TICKS_PER_BEAT, 3 * TICKS_PER_BEAT + 1), 48, 72, 96)  # ticks, one row each
PACE = (0, 0.8, 1.1, 1.4, 1.7, 2.0, 2.4, 3.0)  # notes a beat
RUN = 4
LATE = TICKS_PER_BEAT  # ticks after which a phrase that goes on is taken for the next unit
LEAST_LEFT = 4.0  # notes
MOST_OWED = 4.0  # semitones
MISSED = TICKS_PER_BEAT // 2  # ticks before its end from which a unit is no longer begun
EARLY = TICKS_PER_BEAT // 2  # ticks before its start at which a unit may begin
# A unit that is left so many ticks before its end goes on after so much silence: people leave none.
LEFT, RESUMES = 3 * TICKS_PER_BEAT, 2 * TICKS_PER_BEAT

_PACED = 3 * len(UNTIL)
_KINDS = _PACED + len(PACE)
_NEXT = _KINDS + len(KINDS) * (CLASSES + 1)
ROWS_AT_ONCE = 4
SHAPES = {
    "lengths": (_NEXT + len(UNTIL), CLASSES),
    "repeats": (3, RUN),
}


class UnitTables(NamedTuple):
    """What is added to logits, in nats, float32; shapes as in `SHAPES`."""

    lengths: Floats
    repeats: Floats


class Repeat(NamedTuple):
    """What the unit that is taken up goes on with: a length class and an interval in semitones (None for a
    rest and for its first note), and how many of either, and of the ways up and down, agreed in a row, 0..3.
    """

    length: int
    interval: int | None
    agreed: tuple[int, int, int]


class UnitRows(NamedTuple):
    """The rows of `lengths` at a place, and what is repeated there."""

    lengths: tuple[int, ...]
    repeat: Repeat | None


class _Played:
    """A unit as it was played: its values as length classes and intervals, and which of them are notes."""

    __slots__ = ("notes", "pitches", "values")

    def __init__(self) -> None:
        self.values: list[tuple[int, int | None]] = []
        self.notes: list[int] = []
        self.pitches = 0  # their sum

    def copy(self) -> _Played:
        other = _Played()
        other.values, other.notes, other.pitches = self.values.copy(), self.notes.copy(), self.pitches
        return other

    def add(self, length: int, interval: int | None, pitch: int | None) -> None:
        if pitch is not None:
            self.notes.append(len(self.values))
            self.pitches += pitch
        self.values.append((length, interval))

    def after(self, count: int, rests: int) -> tuple[int, int | None] | None:
        """What came after so many notes and rests, at the latest the next note; None at the end."""
        if count >= len(self.notes):
            return None
        place = self.notes[count - 1] + 1 + rests if count else self.notes[0]
        return self.values[min(place, self.notes[count])]


class UnitFollower:
    """Where in a plan of `units` a line is."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self._unit = -1  # the one that is played, or was played last
        self._played: dict[int, _Played] = {}
        self._agreed = (0, 0, 0)  # in a row with the unit that is taken up: lengths, intervals, ways
        self._last = NONE  # length class

    def copy(self) -> UnitFollower:
        """The same place, to go on from by itself."""
        other = copy(self)
        other._played = {k: x if k < self._unit else x.copy() for k, x in self._played.items()}
        return other

    def unit_at(self, tracker: ContextTracker) -> int | None:
        """The number of the unit that is played at the place of `tracker`, or between phrases is to come
        next; None after the last.
        """
        number, ticks = self._unit, tracker.now
        if tracker.phrase_ticks:
            while number + 1 < len(self.units) and self._start(number + 1) + LATE <= ticks:
                number += 1
            return number
        if number >= 0 and self._end(number) - ticks >= LEFT:
            return number
        number += 1
        while number < len(self.units) and self._end(number) - MISSED <= ticks:
            number += 1
        return number if number < len(self.units) else None

    def rows(self, tracker: ContextTracker) -> UnitRows | None:
        """What the plan says of the next value at the place of `tracker`; None after the last unit."""
        number = self.unit_at(tracker)
        if number is None or number < 0:
            return None
        unit, inside = self.units[number], tracker.phrase_ticks > 0
        if inside:
            until = bucket(UNTIL, self._end(number) - tracker.now) + len(UNTIL) * (tracker.silence > 0)
            lengths: tuple[int, ...] = (
                until,
                _PACED + bucket(PACE, unit.pace),
                _KINDS + (CLASSES + 1) * KINDS.index(unit.kind) + self._last,
            )
            following = number + 1
            if self._end(number) - tracker.now < TICKS_PER_BEAT and following < len(self.units):
                lengths += (_NEXT + bucket(UNTIL, self._start(following) - tracker.now),)
        else:
            lengths = (2 * len(UNTIL) + bucket(UNTIL, -self._late(number, tracker)),)
        return UnitRows(lengths, self._repeat(number, tracker) if unit.back else None)

    def over(self, tracker: ContextTracker) -> bool:
        """Whether the last unit has ended."""
        return bool(self.units) and tracker.now >= self._end(len(self.units) - 1)

    def breaks(self, tracker: ContextTracker) -> Mask:
        """(78,): which values are at odds with the plan: a note where there is to be silence, or that lasts
        into it, a rest that goes on into a unit, or one that cannot last until it, since the longest rest
        comes first.
        """
        number = self.unit_at(tracker)
        if number is None or number < 0:
            return np.zeros_like(IS_REST)
        too_long: Mask = ~IS_REST & (tracker.now + TICKS > self._end(number) + EARLY)
        return too_long | self._at_odds(number, tracker)

    def _at_odds(self, number: int, tracker: ContextTracker) -> Mask:
        inside = tracker.phrase_ticks > 0
        ended = inside and self._end(number) <= tracker.now
        if inside and (number + 1 == len(self.units) or tracker.silence):
            return ~IS_REST & ended
        until = self._start(number + inside) - tracker.now
        longest = max((length for length in LENGTHS if length <= until), default=0)
        breaking = IS_REST & ((max(until, 0) + EARLY < TICKS) | (longest > TICKS))
        if inside and not ended:  # a breath within the unit
            return breaking & (TICKS >= PHRASE_GAP)
        return breaking | (~IS_REST & (ended or until > EARLY))

    def begun(self, tracker: ContextTracker) -> float:
        """How many notes the unit that is played has so far; inf between units."""
        number = self.unit_at(tracker)
        if number is None or number < 0 or not tracker.phrase_ticks:
            return math.inf
        played = self._played.get(number)
        return len(played.notes) if played is not None else 0

    def ending(self, tracker: ContextTracker) -> bool:
        """Whether the next note may be the last of its unit: it has less than a beat, or none, left."""
        number = self.unit_at(tracker)
        if number is None or number < 0 or not tracker.phrase_ticks:
            return False
        return self._end(number) - tracker.now <= TICKS_PER_BEAT

    def late(self, tracker: ContextTracker) -> int:
        """How many ticks ago the unit should have begun that is to come next; below 0 where none should."""
        number = self.unit_at(tracker)
        return -1 if number is None or tracker.phrase_ticks else self._late(number, tracker)

    def height(self, tracker: ContextTracker) -> float | None:
        """The pitch around which the line should be: what is left of the unit has such a mean that the whole
        has the planned one, and follows its contour. None after the last unit.
        """
        number = self.unit_at(tracker)
        if number is None or number < 0:
            return None
        unit = self.units[number]
        third = THIRDS * (tracker.now - self._start(number)) // (unit.beats * TICKS_PER_BEAT)
        towards = CONTOURS[unit.contour][min(max(third, 0), THIRDS - 1)]
        planned = unit.height + tracker.middle
        played = self._played.get(number) if tracker.phrase_ticks else None
        if played is None or not played.notes:
            return planned + towards
        count = len(played.notes)
        left = max(unit.pace * unit.beats - count, LEAST_LEFT)
        owed = (planned * count - played.pitches) / left
        return planned + towards + min(max(owed, -MOST_OWED), MOST_OWED)

    def _repeat(self, number: int, tracker: ContextTracker) -> Repeat | None:
        """What the unit that `number` takes up goes on with."""
        theirs = self._played.get(number - self.units[number].back)
        mine = self._played.get(number) if tracker.phrase_ticks else None
        count = len(mine.notes) if mine is not None else 0
        if theirs is None or count >= COMPARED or (not count and tracker.now < self._start(number)):
            return None
        rests = len(mine.values) - mine.notes[-1] - 1 if mine is not None and count else 0
        found = theirs.after(count, rests)
        if found is None:
            return None
        length, interval = found
        return Repeat(length, interval if count else None, self._agreed if count else (0, 0, 0))

    def advance(self, tracker: ContextTracker, value: int, pitch: int | None) -> None:
        """Take note of what is played next, before `tracker` moves on."""
        length, last = LENGTH_CLASS[value], tracker.last
        interval = None if pitch is None or last is None else pitch - last
        number = self.unit_at(tracker)
        if number is not None and number >= 0 and (pitch is not None or tracker.phrase_ticks):
            if number != self._unit:
                self._unit, self._agreed = number, (0, 0, 0)
            repeat = self._repeat(number, tracker) if self.units[number].back else None
            if repeat is not None:
                self._compare(repeat, length, interval)
            self._played.setdefault(number, _Played()).add(length, interval, pitch)
        self._last = length

    def _compare(self, repeat: Repeat, length: int, interval: int | None) -> None:
        lengths, intervals, ways = self._agreed
        lengths = _counted(lengths, repeat.length == length)
        if repeat.interval is not None and interval is not None:
            intervals = _counted(intervals, repeat.interval == interval)
            ways = _counted(ways, _way(repeat.interval) == _way(interval))
        self._agreed = (lengths, intervals, ways)

    def _late(self, number: int, tracker: ContextTracker) -> int:
        if number == self._unit:  # it was left
            return tracker.silence - RESUMES
        return tracker.now - self._start(number)

    def _start(self, number: int) -> int:
        return self.units[number].start * TICKS_PER_BEAT

    def _end(self, number: int) -> int:
        return self.units[number].end * TICKS_PER_BEAT


def _counted(run: int, agrees: bool) -> int:
    return min(run + 1, RUN - 1) if agrees else 0


def _way(interval: int) -> int:
    """Up 1, down -1, neither 0."""
    return (interval > 0) - (interval < 0)


# (3, 12): which steps mod 12 go down, stay, go up; a tritone does both ways.
WAY_STEPS = np.zeros((3, OCTAVE), np.bool_)
WAY_STEPS[0, OCTAVE // 2 :] = WAY_STEPS[1, 0] = WAY_STEPS[2, 1 : OCTAVE // 2 + 1] = True


def repeat_biases(repeats: Floats, repeat: Repeat) -> tuple[int, float, Floats]:
    """What the table `repeats` (3, 4) adds: to which length class how much, and to the steps mod 12 (12,)."""
    by_step = np.zeros(OCTAVE, np.float32)
    lengths, intervals, ways = repeat.agreed
    if repeat.interval is not None:
        by_step[repeat.interval % OCTAVE] += repeats[1, intervals]
        by_step[WAY_STEPS[1 + _way(repeat.interval)]] += repeats[2, ways]
    return repeat.length, float(repeats[0, lengths]), by_step
