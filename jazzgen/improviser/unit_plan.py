"""Plans of units (`music.units`): drawn for the whole form before a note is played, or given.

A given plan is text, as in `lick line_a:6 rest:4 lick#1`: units one after the other, again and again to the
end of the form, with `|` from chorus to chorus. What it leaves open, lengths and silences too, is drawn.
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
    GAP_AT,
    LONGEST_GAP,
    LONGEST_UNIT,
    SHAPE_AT,
    WIDTHS,
    Floats,
    Planner,
    State,
    classes_of,
    place,
    read_after,
    unit_of,
)
from jazzgen.music.score import TICKS_PER_BEAT, Progression, chorus_at
from jazzgen.music.units import CONTOURS, FARTHEST_BACK, KINDS, Unit
from jazzgen.tokens.features import bucket

Allowed: TypeAlias = npt.NDArray[np.bool_]

REST, REST_BEATS = "rest", 2  # how long one is that says nothing
MOST_ITEMS = 400
SHORTEST_BREATH = 4  # beats of a unit that there is always breath for
LONGEST_REST = 16  # beats of silence that are drawn; of people's one in 500 is longer
# At 1 gaps and heights are more ragged than people's: their standard deviations are .84 of the mean and 4.5
# semitones, where people's are .76 and 4.1. Lengths that are drawn colder are no evener, only shorter.
TEMPERATURES = (0.85, 0.9, 1.0, 0.9, 0.95, 1.0)  # of each choice
# Beats before the last bar: where its phrase begins at the latest, and at the earliest but one.
LEAD, FARTHEST_HOME = 6, 17
NEVER = 1e-9  # the least probability of what is given
_ITEM = re.compile(
    r"(?P<kind>[a-z]+)(_(?P<contour>[a-z]+))?(?P<back>#(?P<number>\d{1,3})?)?(:(?P<beats>\d{1,3}))?"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a given plan says of a unit; None where it says nothing. A rest has `beats` alone."""

    kind: str
    contour: str | None = None
    back: int = 0
    beats: int | None = None


Parts: TypeAlias = Sequence[Sequence[Wanted]]


def parse_units(text: str) -> Parts:
    """The units of each chorus; raises `OptionError`.

    >>> parse_units("lick rest:2 | line_a")[1]
    [Wanted(kind='line', contour='a', back=0, beats=None)]
    """
    parts = [[_item(word) for word in part.split()] for part in text.split("|")]
    playing = all(any(item.kind != REST for item in part) for part in parts)
    if not playing or sum(map(len, parts)) > MOST_ITEMS:
        raise OptionError(
            f"units must be 1 to {MOST_ITEMS}, with one that is no rest between any two |, received "
            f"{text[:60]!r}"
        )
    return parts


def _item(word: str) -> Wanted:
    found = _ITEM.fullmatch(word)
    kind, contour = found.group("kind", "contour") if found else (None, None)
    back = 0 if not found or not found["back"] else int(found["number"] or 1)
    beats = int(found["beats"]) if found and found["beats"] else None
    rest = kind == REST and not contour and not (found and found["back"])
    unit = kind in KINDS and contour in (None, *CONTOURS) and back <= FARTHEST_BACK
    unit = unit and (back > 0 or not (found and found["back"]))
    if not (rest or unit) or (beats is not None and not 1 <= beats < LONGEST_UNIT):
        raise OptionError(
            f"a unit must be {REST} or {', '.join(KINDS)}, with _a, _d, _cx, _cv or _w for its contour, "
            f"# to #{FARTHEST_BACK} for the unit that it takes up, and :1 to :{LONGEST_UNIT - 1} beats, "
            f"as in line_a#2:6; received {word[:40]!r}"
        )
    return Wanted(str(kind), contour, back, beats)


def draw_units(
    planner: Planner,
    form: Progression,
    rng: np.random.Generator,
    *,
    tempo: float,
    starts: Sequence[int] = (0,),
    wanted: Parts | None = None,
    earlier: Sequence[Unit] = (),
    begin: int = 0,
    longest: int | None = None,
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
        What is given, see `parse_units`; None: everything is drawn.
    earlier, begin
        Units that were played before the beat `begin`. One that reaches it goes on for as long as is drawn.
    longest
        Beats that a unit which is not given lasts at most (None: as drawn).

    Returns
    -------
    list of Unit
        Rising, the earlier ones among them.
    """
    last_beat = form.bar_ticks[-1] // TICKS_PER_BEAT
    given = None if wanted is None else _Given(wanted, starts)
    units, state = list(earlier), planner.start()
    longest = LONGEST_UNIT if longest is None else max(longest, SHORTEST_BREATH)
    for count in range(len(units)):
        state = planner.step(read_after(units[:count], form, tempo), state)
    if units and units[-1].end >= begin:
        before = units[-2].end if len(units) > 1 else 0
        drawing = _Drawing(planner, state, rng, None, len(units) - 1, longest)
        units[-1] = drawing.longer(form, units[-1], before)
    while (before := units[-1].end if units else 0) <= last_beat:
        state = planner.step(read_after(units, form, tempo), state)
        rest, want = (None, None) if given is None else given.next(before)
        drawing = _Drawing(planner, state, rng, want, len(units), longest)
        gap = max(rest if rest is not None else drawing.gap(), begin - before)
        unit = drawing.unit(form, before, gap)
        if unit.start > last_beat:
            break
        units.append(unit)
    return units if wanted is not None else _led_home(units, len(earlier), last_beat, longest)


def _led_home(units: list[Unit], kept: int, last_beat: int, longest: int) -> list[Unit]:
    """The plan whose last unit, not one of the first that are `kept`, leads to the first beat of the last
    bar, where a solo comes to rest: it lasts longer, or is the one before it, or begins again in time. None
    that becomes longer lasts more than `longest` beats.
    """
    while len(units) > kept + 1 and units[-1].start > last_beat - LEAD:
        units = units[:-1]
    if len(units) <= kept:
        return units
    last = units[-1]
    beats = last_beat + 1 - last.start
    if beats <= longest and (last.end > last_beat - 2 or beats <= FARTHEST_HOME):
        return [*units[:-1], replace(last, beats=beats)]
    earlier = replace(last, beats=max(min(last.beats, last_beat - LEAD - 1 - last.start), 1))
    start = max(earlier.end + 1, last_beat - LEAD)
    return [*units[:-1], earlier, replace(last, start=start, beats=last_beat + 1 - start, back=0)]


class _Given:
    """The items of a given plan, chorus by chorus and each again and again."""

    def __init__(self, parts: Parts, starts: Sequence[int]) -> None:
        self._parts, self._starts = parts, starts
        self._part = -1
        self._items: Iterator[Wanted] = iter(())

    def next(self, beat: int) -> tuple[int | None, Wanted]:
        """The silence before the next unit from `beat` on, None where it is open, and the unit. One that
        would begin in another chorus gives way to the first there.
        """
        rest, item = self._after(beat)
        begins = beat + (rest or 0)
        if self._part_at(begins) == self._part:
            return rest, item
        opens = max(-(-start // TICKS_PER_BEAT) for start in self._starts if start <= begins * TICKS_PER_BEAT)
        rest, item = self._after(opens)
        return opens - beat + (rest or 0), item

    def _after(self, beat: int) -> tuple[int | None, Wanted]:
        part = self._part_at(beat)
        if part != self._part:
            self._part, self._items = part, cycle(self._parts[part])
        rest = None
        while (item := next(self._items)).kind == REST:
            rest = (rest or 0) + (item.beats or REST_BEATS)
        return rest, item

    def _part_at(self, beat: int) -> int:
        return min(chorus_at(beat * TICKS_PER_BEAT, self._starts), len(self._parts) - 1)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """The choices of one unit, after so many `earlier` ones."""

    planner: Planner
    state: State
    rng: np.random.Generator
    wanted: Wanted | None
    earlier: int
    longest: int

    def gap(self) -> int:
        """The beats before it."""
        return _within(GAP, LONGEST_GAP, self._draw([], None), self.rng)

    def unit(self, form: Progression, before: int, gap: int) -> Unit:
        """The unit that begins `gap` beats after the beat `before`."""
        begins = place(form, before + gap)
        choices, beats = [bucket(GAP, gap)], 1
        for k in range(1, len(WIDTHS)):
            choices.append(self._draw(choices, begins))
            if k == BEATS_AT:
                drawn = min(_within(BEATS, LONGEST_UNIT, choices[-1], self.rng), self.longest)
                beats = (self.wanted and self.wanted.beats) or drawn
        unit = unit_of(choices, gap, beats, before)
        return replace(unit, beats=max(min(beats, form.length // TICKS_PER_BEAT - unit.start), 1))

    def longer(self, form: Progression, unit: Unit, before: int) -> Unit:
        """The unit, which has begun after one that ended at the beat `before`, as long as it is drawn now."""
        chosen = classes_of(unit, before)[:BEATS_AT]
        shares = self.planner.shares(self.state, place(form, unit.start), chosen)
        shares[: bucket(BEATS, unit.beats)] = 0.0
        beats = min(_within(BEATS, LONGEST_UNIT, sample(shares, self.rng), self.rng), self.longest)
        return replace(unit, beats=max(beats, unit.beats))

    def _draw(self, chosen: Sequence[int], begins: Floats | None) -> int:
        shares = self.planner.shares(self.state, begins, chosen)
        allowed = self._allowed(len(chosen), len(shares))
        return sample(np.where(allowed, shares + NEVER, 0.0), self.rng, TEMPERATURES[len(chosen)])

    def _allowed(self, k: int, width: int) -> Allowed:
        """(width,): which classes of the choice `k` the given plan and the past allow."""
        classes, wanted = np.arange(width), self.wanted
        fits: Allowed = np.ones(width, np.bool_)
        if k == GAP_AT:
            fits[:] = np.array(GAP) < LONGEST_REST
        if k == BACK_AT:
            fits[:] = classes <= self.earlier if wanted is None else classes == min(wanted.back, self.earlier)
        if wanted is None:
            return fits
        if k == BEATS_AT and wanted.beats:
            fits[:] = classes == bucket(BEATS, wanted.beats)
        if k == SHAPE_AT:
            kind, contour = np.divmod(classes, len(CONTOURS))
            fits[:] = kind == KINDS.index(wanted.kind)
            if wanted.contour:
                fits &= contour == list(CONTOURS).index(wanted.contour)
        return fits


def _within(classes: Sequence[int], end: int, chosen: int, rng: np.random.Generator) -> int:
    """A number of the class that is chosen."""
    bounds = [*classes, end]
    return int(rng.integers(bounds[chosen], bounds[chosen + 1]))
