"""The measures of an engraved score as programs write them; `score_bars.py` makes bars of them.

Times are quarter notes from the measure's start.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from jazzgen.charts.flow_words import Order
from jazzgen.charts.harmony import Degree
from jazzgen.charts.written import Jump
from jazzgen.charts.xml_files import number
from jazzgen.errors import ChordError
from jazzgen.music.chords import move_symbol


class MeasureNote(NamedTuple):
    """A note of the melody at its `place` in a measure, both in quarter notes; `tied_on` it goes on one."""

    place: Fraction
    length: Fraction
    pitch: int
    tied_on: bool = False


@dataclass(slots=True)
class Measure:
    """One measure of a score. `length` is that of its notes and rests, 0 where it has none."""

    number: int  # from 1, as it stands in the file
    meter: str = "4/4"
    length: Fraction = Fraction(0)
    implicit: bool = False  # not counted as a bar
    symbols: list[tuple[Fraction, str]] = field(default_factory=list)
    notes: list[MeasureNote] = field(default_factory=list)
    copies: int = 0  # repeats the measure so many before
    words: list[tuple[Fraction, str]] = field(default_factory=list)  # and signs by name: "segno", "coda"
    marks: list[tuple[Fraction, str]] = field(default_factory=list)  # rehearsal marks
    orders: list[tuple[Fraction, Order]] = field(default_factory=list)
    section: str = ""
    opens: bool = False
    closes: bool = False
    times: int = 0
    endings: tuple[int, ...] = ()
    double_start: bool = False
    double_end: bool = False
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    jump: Jump | None = None
    pickup: bool = False
    scale: Fraction = Fraction(1)  # what its notes are brought to its bar with

    @property
    def nominal(self) -> Fraction:
        """The length that its meter gives."""
        return meter_quarters(self.meter)

    @property
    def end(self) -> Fraction:
        """Where its last note ends; without notes, where its meter does."""
        return self.length or self.nominal


def meter_quarters(meter: str) -> Fraction:
    """The length of a bar of `meter` in quarter notes."""
    beats, unit = meter.split("/")
    return Fraction(4 * int(beats), int(unit))


def meter_name(beats: int, unit: int) -> str:
    """A meter as `read_meter` takes it: 12/16 is 6/8, 2/1 is 4/2."""
    while unit > 8 and beats % 2 == 0:
        beats, unit = beats // 2, unit // 2
    while 0 < unit < 2:
        beats, unit = 2 * beats, 2 * unit
    return f"{beats}/{unit}"


def ending_numbers(text: str) -> tuple[int, ...]:
    """The numbers of an ending: "1, 2", "1.-3."."""
    numbers: list[int] = []
    for first, last in re.findall(r"(\d{1,2})\W*(?:[-–]\W*(\d{1,2}))?", text[:80]):  # a dash
        numbers += range(int(first), int(last or first) + 1)
    return tuple(dict.fromkeys(n for n in numbers if n))


def moved_symbol(symbol: str, fifths: int) -> str:
    """A symbol of a transposed part at concert pitch, `fifths` away; what is no chord stays as it is."""
    try:
        return move_symbol(symbol, fifths) if symbol and fifths else symbol
    except ChordError:
        return symbol


def add_flow(measures: Sequence[Measure], first_part: Sequence[Measure]) -> None:
    """Add to the measures of one part what those of the first say of the flow."""
    for measure, first in zip(measures, first_part, strict=False):
        measure.words += [word for word in first.words if word not in measure.words]
        measure.marks += first.marks
        measure.orders += [order for order in first.orders if order not in measure.orders]
        measure.opens, measure.closes = measure.opens or first.opens, measure.closes or first.closes
        measure.times, measure.endings = measure.times or first.times, measure.endings or first.endings
        measure.double_start = measure.double_start or first.double_start
        measure.double_end = measure.double_end or first.double_end
        measure.implicit = measure.implicit or first.implicit
        measure.length = max(measure.length, first.length)


def degrees_of(harmony: ET.Element) -> tuple[Degree, ...]:
    """The degrees of a chord symbol's element, which both formats write alike; at most 16."""
    return tuple(
        Degree(
            int(number(degree.findtext("degree-value"))),
            int(number(degree.findtext("degree-alter"))),
            degree.findtext("degree-type", "add").strip(),
        )
        for degree in harmony.findall("degree")[:16]
    )
