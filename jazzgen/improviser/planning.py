"""Plans: the units of a solo (`music.units`), drawn for the whole form before a note is played, or given.

A given plan is text, as in `lick line_a:6 rest:4 lick#1`: units one after the other, again and again to the end
of the form, with `|` from chorus to chorus. What it leaves open, lengths and silences too, is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.improviser.sampling import sample
from jazzgen.model.planner import (
    BACK_AT,
    BEATS,
    BEATS_AT,
    GAP,
    LONGEST_GAP,
    LONGEST_UNIT,
    SHAPE_AT,
    WIDTHS,
    Floats,
    Planner,
    State,
    classes_of,
    place,
    read,
    unit_of,
)
from jazzgen.music.score import TICKS_PER_BEAT, Progression
from jazzgen.music.units import CONTOURS, FARTHEST_BACK, KINDS, Unit
from jazzgen.tokens.features import bucket

Allowed: TypeAlias = npt.NDArray[np.bool_]

REST, REST_BEATS = "rest", 2  # how long one is that says nothing
MOST_ITEMS = 400
NEVER = 1e-9  # the least probability of what is given
_ITEM = re.compile(
    r"(?P<kind>[a-z]+)(?:_(?P<contour>[a-z]+))?(?P<back>#(?P<number>\d+)?)?(?::(?P<beats>\d+))?"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a given plan says of a unit; None where it says nothing. A rest has `beats` alone."""

    kind: str
    contour: str | None = None
    back: int = 0
    beats: int | None = None


Parts = Sequence[Sequence[Wanted]]


def parse_plan(text: str) -> Parts:
    """The units of each chorus; raises `OptionError`.

    >>> parse_plan("lick rest:2 | line_a")[1]
    [Wanted(kind='line', contour='a', back=0, beats=None)]
    """
    parts = [[_item(word) for word in part.split()] for part in text.split("|")]
    count = sum(map(len, parts))
    if not all(any(item.kind != REST for item in part) for part in parts) or count > MOST_ITEMS:
        raise OptionError(
            f"a plan must have 1 to {MOST_ITEMS} units, and one or more between any two |, received "
            f"{text[:60]!r}"
        )
    return parts


def _item(word: str) -> Wanted:
    found = _ITEM.fullmatch(word)
    kind, contour = found.group("kind", "contour") if found else (None, None)
    back = 0 if not found or not found["back"] else int(found["number"] or 1)
    beats = int(found["beats"]) if found and found["beats"] else None
    rest = kind == REST and not contour and not back
    unit = kind in KINDS and contour in (None, *CONTOURS) and back <= FARTHEST_BACK
    if not (rest or unit) or (beats is not None and not 1 <= beats < LONGEST_UNIT):
        raise OptionError(
            f"a unit of a plan must be {REST} or one of {', '.join(KINDS)}, with _a, _d, _cx, _cv or _w for its "
            f"contour, # or #2 to #{FARTHEST_BACK} for the unit that it takes up, and :1 to "
            f":{LONGEST_UNIT - 1} beats, as in line_a#2:6; received {word[:40]!r}"
        )
    return Wanted(str(kind), contour, back, beats)


def draw_plan(
    planner: Planner,
    form: Progression,
    rng: np.random.Generator,
    *,
    tempo: float,
    starts: Sequence[int] = (0,),
    wanted: Parts | None = None,
) -> list[Unit]:
    """The units of a solo.

    Parameters
    ----------
    planner
        What they are drawn from.
    form, starts
        What is played over, and the first ticks of its choruses.
    rng
        What is drawn with.
    tempo
        Beats a minute.
    wanted
        What is given, see `parse_plan`; None: everything is drawn.

    Returns
    -------
    list of Unit
        Rising; the last one reaches the last bar.
    """
    last_beat = form.bar_ticks[-1] // TICKS_PER_BEAT
    given = None if wanted is None else _Given(wanted, [tick // TICKS_PER_BEAT for tick in starts])
    units: list[Unit] = []
    state, before = planner.start(), 0
    while before <= last_beat:
        last = classes_of(units[-1], units[-2].end if len(units) > 1 else 0) if units else ()
        state = planner.step(read(last, place(form, before), tempo), state)
        rest, want = (None, None) if given is None else given.next(before)
        drawing = _Drawing(planner, state, rng, want, len(units))
        gap = rest if rest is not None else drawing.gap()
        unit = drawing.unit(form, before, gap if units or rest else gap)
        if unit.start > last_beat:
            break
        units.append(unit)
        before = unit.end
    return units


class _Given:
    """The items of a given plan, chorus by chorus and each again and again."""

    def __init__(self, parts: Parts, starts: Sequence[int]) -> None:
        self._parts, self._starts = parts, starts
        self._chorus = -1
        self._items: Iterator[Wanted] = iter(())

    def next(self, beat: int) -> tuple[int | None, Wanted]:
        """The silence before the next unit from `beat` on, None where it is open, and the unit."""
        chorus = min(sum(start <= beat for start in self._starts), len(self._parts)) - 1
        if chorus != self._chorus:
            self._chorus = chorus
            self._items = cycle(self._parts[max(chorus, 0)])
        rest = None
        while (item := next(self._items)).kind == REST:
            rest = (rest or 0) + (item.beats or REST_BEATS)
        return rest, item


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The choices of one unit."""

    planner: Planner
    state: State
    rng: np.random.Generator
    wanted: Wanted | None
    earlier: int  # how many units there are

    def gap(self) -> int:
        """The beats before it."""
        return _within(GAP, LONGEST_GAP, self._draw([], None), self.rng)

    def unit(self, form: Progression, before: int, gap: int) -> Unit:
        """The unit that begins `gap` beats after the beat `before`."""
        begins = place(form, before + gap)
        choices = [bucket(GAP, gap)]
        beats = 1
        for k in range(1, len(WIDTHS)):
            choices.append(self._draw(choices, begins))
            if k == BEATS_AT:
                beats = _within(BEATS, LONGEST_UNIT, choices[-1], self.rng)
                if self.wanted is not None and self.wanted.beats:
                    beats = self.wanted.beats
        unit = unit_of(choices, gap, beats, before)
        last_beat = form.length // TICKS_PER_BEAT
        return replace(unit, beats=max(min(unit.beats, last_beat - unit.start), 1))

    def _draw(self, chosen: Sequence[int], begins: Floats | None) -> int:
        shares = self.planner.shares(self.state, begins, chosen)
        allowed = self._allowed(len(chosen), len(shares))
        return sample(np.where(allowed, shares + NEVER, 0.0), self.rng)

    def _allowed(self, k: int, width: int) -> Allowed:
        """(width,): which classes of the choice `k` the given plan and the past allow."""
        classes, wanted = np.arange(width), self.wanted
        if wanted is None:
            return classes <= self.earlier if k == BACK_AT else np.ones(width, np.bool_)
        if k == BACK_AT:
            return classes == min(wanted.back, self.earlier)
        fits = np.ones(width, np.bool_)
        if k == BEATS_AT and wanted.beats:
            fits[:] = classes == bucket(BEATS, wanted.beats)
        if k == SHAPE_AT:
            kind, contour = np.divmod(classes, len(CONTOURS))
            fits[:] = kind == KINDS.index(wanted.kind)
            if wanted.contour:
                fits &= contour == CONTOURS.index(wanted.contour)
        return fits


def _within(classes: Sequence[int], end: int, chosen: int, rng: np.random.Generator) -> int:
    """A number of the class that is chosen."""
    bounds = [*classes, end]
    return int(rng.integers(bounds[chosen], bounds[chosen + 1]))
