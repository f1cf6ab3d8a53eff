"""A chart as it is written: bars with their repeats, endings and jumps, not yet in playing order.

Every reader gives a `Chart`; `order.py` unfolds it. Places in a bar are fractions of the bar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


class WrittenChord(NamedTuple):
    """A chord symbol, as `music.chords.parse_chord` reads it, at a `place` in its bar: 0 <= place < 1."""

    place: Fraction
    symbol: str


class Jump(NamedTuple):
    """D.C. or D.S. (`to_segno`), and how far to play then: `al` is "fine", "coda", "1", "2", "3" (that
    ending) or "" (to the end).
    """

    to_segno: bool
    al: str = ""


class WrittenNote(NamedTuple):
    """A note of the melody: the index of its bar, its `place` there and `length` as fractions of that bar,
    and its pitch, a MIDI number.
    """

    bar: int
    place: Fraction
    length: Fraction
    pitch: int


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """One bar of a chart.

    `chords` is empty where the last chord goes on. `meter` is as `music.meters.read_meter` reads it, empty
    where it is the bar before's. `line` and `number` say where the bar stands in its file, from 1; 0 unknown.
    """

    chords: tuple[WrittenChord, ...] = ()
    meter: str = ""
    section: str = ""  # the name of the section that begins here
    opens_repeat: bool = False
    closes_repeat: bool = False
    times: int = 0  # at a close: how often the repeat is played; 0 as the endings say, else twice
    endings: tuple[int, ...] = ()  # the numbers of the ending that begins here
    double_start: bool = False  # a double bar line before the bar
    double_end: bool = False  # a double or final bar line behind it: the end of a section or an ending
    segno: bool = False
    to_coda: bool = False  # the first coda sign, or "To Coda": leaves behind this bar
    coda: bool = False  # the coda begins here
    jump: Jump | None = None  # takes effect at the end of its section
    fine: bool = False  # the end, after a jump al Fine, behind this bar
    end: bool = False  # END: the last chorus stops behind this bar
    pickup: bool = False
    line: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """The written bars of one song and what its file says of it.

    `key` is as `music.keys.read_key` reads it, `style` the file's own word for it ("Medium Up Swing"),
    `groove` one that says better how it is accompanied, `tempo` in beats a minute; all empty where the file
    has none. `warnings` are the reader's own assumptions, a sentence each. `transposed_to` is the key in
    which the owner plays it, where that is not the written one. `melody` are the notes of the head, in the
    order in which they are written. `as_written` says that the bars stand in playing order already, whatever
    their sections are called; `keeps_intro` that the intro belongs to the form; `usual_style` that no style
    means the meter's usual one, which else has to be assumed.
    """

    bars: tuple[WrittenBar, ...]
    title: str = ""
    composer: str = ""
    style: str = ""
    key: str = ""
    tempo: float | None = None
    transposed_to: str = ""
    warnings: tuple[str, ...] = ()
    groove: str = ""
    melody: tuple[WrittenNote, ...] = ()
    as_written: bool = False
    keeps_intro: bool = False
    usual_style: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One song of a file, listed without its bars being read; `read` reads them."""

    read: Callable[[], Chart]
    title: str = ""
    composer: str = ""
    style: str = ""
    key: str = ""
    tempo: float | None = None
