"""How a line follows a plan of units: what the plan says of the next value, as contexts of tables.

A `UnitFollower` is moved on value by value beside a `ContextTracker`. Of each table it picks the rows of the
present place, and what they have is added to the logits; the tables are learned (`recipes/units.py`). A step
takes constant time.

    table    row                                                                class           rows
    lengths  in a phrase: ticks until the unit ends, and whether a rest         length class      159
             came last; between phrases: ticks until the next unit begins
             notes a beat of the unit                                           length class        8
             kind of the unit and the last length class                         length class       52
    steps    height of the unit above the last pitch, and third of the unit     step mod 12        45
             contour, third of the unit, and way of the last step               step mod 12        45
             kind of the unit and the last step mod 12                          step mod 12        52
    octaves  height of the unit above the last pitch                            5 octaves by 13    15
    repeats  of lengths, of steps: how many in a row agreed with the unit       the value that      4
             that is taken up                                                   it goes on with
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.music.units import CONTOURS, KINDS, Unit
from jazzgen.tokens.features import DISPLACEMENTS, NEAR, bucket
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.views import CLASSES, LENGTH_CLASS, NONE
from jazzgen.tokens.vocabulary import OCTAVE

Floats = npt.NDArray[np.float32]

UNTIL = (-999, *range(-TICKS_PER_BEAT, 3 * TICKS_PER_BEAT + 1), 48, 72, 96)  # ticks, one row each
PACE = (0, 0.8, 1.1, 1.4, 1.7, 2.0, 2.4, 3.0)  # notes a beat
ABOVE = (-99, -15, -11, -8, -5, -3, -1, 0, 1, 3, 5, 8, 11, 15, 19)  # semitones from the last pitch
THIRDS, WAYS, RUN = 3, 3, 4
LATE = TICKS_PER_BEAT  # ticks after which a phrase that goes on is taken for the next unit
MISSED = TICKS_PER_BEAT // 2  # ticks before its end from which a unit is no longer begun

_PACED = 3 * len(UNTIL)
_KINDS = _PACED + len(PACE)
HEIGHT_ROWS = THIRDS * len(ABOVE)
_MOVES = HEIGHT_ROWS + len(CONTOURS) * THIRDS * WAYS
SHAPES = {
    "lengths": (_KINDS + len(KINDS) * (CLASSES + 1), CLASSES),
    "steps": (_MOVES + len(KINDS) * (CLASSES + 1), CLASSES),
    "octaves": (len(ABOVE), NEAR, len(DISPLACEMENTS)),
    "repeats": (2, RUN),
}


class UnitTables(NamedTuple):
    """What is added to logits, in nats, float32; shapes as in `SHAPES`."""

    lengths: Floats
    steps: Floats
    octaves: Floats
    repeats: Floats


class Repeat(NamedTuple):
    """What the unit that is taken up goes on with: a length class and a step mod 12 (None after its end and
    for a rest), and how many of either agreed in a row, 0..3.
    """

    length: int | None
    step: int | None
    lengths: int
    steps: int


class UnitRows(NamedTuple):
    """The rows of `lengths`, of `steps` and of `octaves` at a place, and what is repeated there; there are
    no steps before the first note.
    """

    lengths: tuple[int, ...]
    steps: tuple[int, ...]
    octaves: int | None
    repeat: Repeat | None


class UnitFollower:
    """Where in the plan `units` a line is."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = units
        self._unit = -1  # the one that is played, or was played last
        self._played: dict[int, list[tuple[int, int | None]]] = {}  # unit -> length class and step of values
        self._lengths = self._steps = 0  # how many agreed in a row with the unit that is taken up
        self._last = (NONE, NONE, 0)  # length class, step mod 12, and step

    def copy(self) -> UnitFollower:
        """The same place, to go on from by itself."""
        other = copy(self)
        other._played = {
            number: played if number < self._unit else played.copy()
            for number, played in self._played.items()
        }
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
        kind, contour = KINDS.index(unit.kind), CONTOURS.index(unit.contour)
        last_length, last_step, step = self._last
        if inside:
            until = bucket(UNTIL, self._end(number) - tracker.now) + len(UNTIL) * (tracker.silence > 0)
            lengths: tuple[int, ...] = (
                until,
                _PACED + bucket(PACE, unit.pace),
                _KINDS + (CLASSES + 1) * kind + last_length,
            )
        else:
            lengths = (2 * len(UNTIL) + bucket(UNTIL, self._start(number) - tracker.now),)
        repeat = self._repeat(number, tracker) if unit.back else None
        if tracker.last is None:
            return UnitRows(lengths, (), None, repeat)
        third = THIRDS * (tracker.now - self._start(number)) // (unit.beats * TICKS_PER_BEAT)
        third = min(max(third, 0), THIRDS - 1)
        above = bucket(ABOVE, round(unit.height + tracker.middle - tracker.last))
        way = 1 + (step > 0) - (step < 0)
        steps = (
            THIRDS * above + third,
            HEIGHT_ROWS + (contour * THIRDS + third) * WAYS + way,
            _MOVES + (CLASSES + 1) * kind + last_step,
        )
        return UnitRows(lengths, steps, above, repeat)

    def _repeat(self, number: int, tracker: ContextTracker) -> Repeat | None:
        """What the unit that `number` takes up goes on with."""
        theirs = self._played.get(number - self.units[number].back)
        at = len(self._played.get(number, ())) if tracker.phrase_ticks else 0
        if not theirs or at >= len(theirs) or (not at and tracker.now < self._start(number)):
            return None
        length, step = theirs[at]
        return Repeat(length, step if at else None, self._lengths if at else 0, self._steps if at else 0)

    def advance(self, tracker: ContextTracker, value: int, pitch: int | None) -> None:
        """Take note of what is played next, before `tracker` moves on."""
        length, last = LENGTH_CLASS[value], tracker.last
        interval = None if pitch is None or last is None else pitch - last
        number = self.unit_at(tracker)
        if number is not None and number >= 0 and (pitch is not None or tracker.phrase_ticks):
            if number != self._unit:
                self._unit, self._lengths, self._steps = number, 0, 0
            repeat = self._repeat(number, tracker) if self.units[number].back else None
            if repeat is not None:
                self._lengths = min(self._lengths + 1, RUN - 1) if repeat.length == length else 0
                if repeat.step is not None and interval is not None:
                    same = repeat.step == interval % OCTAVE
                    self._steps = min(self._steps + 1, RUN - 1) if same else 0
            step = None if interval is None else interval % OCTAVE
            self._played.setdefault(number, []).append((length, step))
        if interval is not None:
            self._last = (length, interval % OCTAVE, interval)
        else:
            self._last = (length, *self._last[1:])

    def _start(self, number: int) -> int:
        return self.units[number].start * TICKS_PER_BEAT

    def _end(self, number: int) -> int:
        return self.units[number].end * TICKS_PER_BEAT
