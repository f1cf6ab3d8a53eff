"""The music of an iReal Pro song: cells between bar lines, read into written bars.

A chord, a space, `x`, `r`, `n`, `p` and `W` fill a cell each; cells are not beats (see `_shares`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from jazzgen.charts.written import Jump, WrittenBar, WrittenChord
from jazzgen.errors import HarmonyError, ProgressionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.meters import read_meter
from jazzgen.music.score import NO_CHORD

# What follows a sign that iReal Pro does not have, up to the next that it has: part of an unknown symbol.
_UNKNOWN = r"(?: (?! [sl]\(?[A-GW] ) [^\s,|\[\]{}()<>*A-GNQSTUWYZ] )*"
_TOKEN = re.compile(
    rf"""
      < (?P<text> [^<>]* ) >
    | \( (?P<alternate> [^()\[\]{{}}|]* ) \)
    | (?P<chord> (?: [A-G][b\#]? | W )
        (?: \*[^*|\[\]{{}}]*\*
            | (?: sus | alt | add | maj | min | dim | aug | no(?=\d) | [-+^ohmM0-9b\#øØ°Δ∆♭♯]
                | \( (?: sus | alt | add | maj | no | [-+b\#\d,♭♯] )+ \) )* )
        (?: / [A-G][b\#]? )?
        (?: (?! [xrnpslf] ) {_UNKNOWN} )? )
    | (?P<unknown> (?= [^xrnpslf:;.'"!?] ) {_UNKNOWN.removesuffix("*")}+ )
    | \* (?P<section> [A-Za-z] )
    | T (?P<meter> \d\d )
    | N (?P<ending> \d )
    | (?P<line> [\[\]{{}}|Z] )
    | (?P<cell> [ xrnp] )
    | (?P<mark> [SQU] )
    | (?P<size> [sl] )
    | (?P<nothing> [,Yf\s] )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_METERS = {"12": "12/8"} | {
    two: f"{two[0]}/{two[1]}"
    for two in ["24", "34", "44", "54", "64", "74", "22", "32", "38", "58", "68", "78", "98"]
}
_SECTIONS = {"i": "Intro", "v": "Verse"}
_JUMP = re.compile(
    r"d\.?\s*([cs])\.?\s*al\s*(?:(coda|fine)|([1-9])(?:st|nd|rd|th)?\.?\s*end(?:ing)?)", re.IGNORECASE
)
_FINE = re.compile(r"\(?fine\.?\)?", re.IGNORECASE)
_TIMES = re.compile(r"\(?(?:repeat |play )?(?:x(\d{1,9})|(\d{1,9}) ?(?:x|times))\)?", re.IGNORECASE)
_HEIGHT = re.compile(r"^\*\d\d")
LONGEST = 100_000  # signs of a song's music: a page of a chart has about 500
LAYOUT_CELLS = 6  # more cells without a chord, where no line closes them, are no bar


class _Cell(NamedTuple):
    """A cell: "chord" (with its symbol; None: the chord before goes on), or one of " xrnp"."""

    kind: str
    symbol: str | None = None
    small: bool = False


@dataclass(slots=True)
class _Raw:
    """What stands between two bar lines."""

    left: str = ""
    right: str = ""
    cells: list[_Cell] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    section: str = ""
    meter: str = ""
    ending: str = ""
    marks: list[tuple[str, bool]] = field(default_factory=list)  # and whether it stands before all chords

    @property
    def chords(self) -> list[_Cell]:
        return [cell for cell in self.cells if cell.kind != " "]


def check_length(music: str) -> None:
    """Raise `ProgressionError` for more signs than the music of a song has."""
    if len(music) > LONGEST:
        raise ProgressionError(f"its music has {len(music):,} signs, more than the {LONGEST:,} of any chart")


def read_bars(music: str, warnings: list[str]) -> list[WrittenBar]:
    """The written bars of unscrambled `music`; what had to be assumed is added to `warnings`."""
    check_length(music)
    raws = _drop_layout(_Lexer(warnings).read(music))
    if not any(cell.kind == "chord" for raw in raws for cell in raw.cells):
        raise ProgressionError("it has no chords")
    return _Writer(warnings).write(raws)


# ---------------------------------------------------------------------------------------- signs to raw bars


class _Lexer:
    """Splits music at its bar lines."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self.raws: list[_Raw] = []
        self.raw = _Raw()
        self.small = False
        self.quality = ""  # the last root and quality, which W repeats

    def read(self, music: str) -> list[_Raw]:
        strange = lost = 0  # signs and symbols that iReal Pro does not have
        before = ""
        for found in _TOKEN.finditer(music):
            kind = found.lastgroup or ""
            sign = found[kind]
            if kind == "other":
                strange += 1
            else:
                if kind == "unknown":  # named with its bar later
                    kind, lost = "chord", lost + 1
                self._take(kind, sign, before)
            if kind != "size":
                before = kind
        self._end("")
        if self._is_garbage(strange + lost):
            raise ProgressionError(
                "its music does not unscramble: the link was cut or changed on its way (a shell or a mail "
                "cuts long lines and turns % into spaces); save it in a file, or export it from iReal Pro "
                "again"
            )
        if strange:
            self.warnings.append(f"{strange} unknown sign{'s'[: strange > 1]} in the music are left out")
        return self.raws

    def _is_garbage(self, strange: int) -> bool:
        """Whether so much is unknown, `strange` of it in places without a root, that all of it is wrong."""
        symbols = [cell.symbol for raw in self.raws for cell in raw.cells if cell.symbol is not None]
        unread = sum(not _is_chord(symbol) for symbol in symbols)
        return (strange > 2 and 8 * strange > len(symbols)) or (unread > 2 and 2 * unread > len(symbols))

    def _take(self, kind: str, sign: str, before: str) -> None:
        raw = self.raw
        match kind:
            case "line":
                self._line(sign)
            case "chord":
                raw.cells.append(_Cell("chord", self._symbol(sign), self.small))
            case "cell":
                raw.cells.append(_Cell("chord", NO_CHORD, self.small) if sign == "n" else _Cell(sign))
            case "alternate" if before != "chord":
                raw.cells.append(_Cell(" "))
            case "text":
                raw.texts.append(" ".join(_HEIGHT.sub("", sign).split()))
            case "size":
                self.small = sign == "s"
            case "section":
                raw.section = _SECTIONS.get(sign, sign.upper())
            case "meter" | "ending":
                setattr(raw, kind, sign)
            case "mark":
                raw.marks.append((sign, not raw.chords))

    def _line(self, sign: str) -> None:
        if sign in "]}Z":
            self._end(sign)
        else:
            self._end("|" if sign == "|" else "")
            # `{` right behind `|`, or `[` behind `{`: the stronger line counts.
            self.raw.left = max(self.raw.left, sign, key=" |[{".find)

    def _end(self, right: str) -> None:
        """The bar in progress ends with the line `right`, where there is one."""
        if self.raw.cells:
            self.raw.right = right
            self.raws.append(self.raw)
            self.raw = _Raw()
        elif right in ("]", "}", "Z") and self.raws and not self.raw.left.strip("|"):
            self.raws[-1].right = max(self.raws[-1].right, right, key=" |]Z}".find)

    def _symbol(self, sign: str) -> str | None:
        """The chord symbol; None where a free text says nothing."""
        head, slash, bass = sign.partition("/") if "*" not in sign else (sign, "", "")
        if head == "W":
            return f"{self.quality}/{bass}" if self.quality and bass else self.quality or None
        if "*" in sign:
            head = self._free_text(sign)
            if not head:
                return None
        self.quality = head
        return head + slash + bass

    def _free_text(self, sign: str) -> str:
        root, _, text = sign.partition("*")
        text, _, bass = text.partition("*")
        word = (text.split() or [""])[0]
        if word[:1] in ("b", "#"):
            word = f"({word})"
        number = len(self.raws) + 1
        if not _is_chord(root + word):
            self.warnings.append(f"bar {number}: {sign!r} has no quality; the chord before goes on")
            return ""
        if word != text:
            self.warnings.append(f"bar {number}: {sign!r} is read as {root}{word}")
        return root + word + bass


def _is_chord(symbol: str) -> bool:
    try:
        parse_chord(symbol)
    except HarmonyError:
        return False
    return True


def _drop_layout(raws: list[_Raw]) -> list[_Raw]:
    """Without the cells that only place bars on the page: what stands in them goes to their neighbours."""
    kept: list[_Raw] = []
    carried = _Raw()
    repeats = False  # behind `r`
    for k, raw in enumerate(raws):
        empty = not raw.chords
        after = raws[k + 1].left if k + 1 < len(raws) else ""
        closed = raw.right in ("]", "}", "Z") or (raw.right == "|" and after in ("", "|"))
        if empty and not repeats and not (raw.left and closed and len(raw.cells) <= LAYOUT_CELLS):
            carried.section = raw.section or carried.section
            carried.ending = raw.ending or carried.ending
            carried.meter = raw.meter or carried.meter
            carried.marks += raw.marks
            carried.left = max(carried.left, raw.left, key=" |[{".find)
            (kept[-1] if kept else carried).texts.extend(raw.texts)
            if kept and raw.right in ("]", "}", "Z"):
                kept[-1].right = max(kept[-1].right, raw.right, key=" |]Z}".find)
            continue
        repeats = any(cell.kind == "r" for cell in raw.cells) and not empty
        raw.section = raw.section or carried.section
        raw.ending = raw.ending or carried.ending
        raw.meter = raw.meter or carried.meter
        raw.marks = [(mark, True) for mark, _ in carried.marks] + raw.marks
        raw.texts = carried.texts + raw.texts
        raw.left = max(carried.left, raw.left, key=" |[{".find)
        carried = _Raw()
        kept.append(raw)
    return kept


# ----------------------------------------------------------------------------------- raw bars to written bars


class _Writer:
    """Turns raw bars into written ones."""

    def __init__(self, warnings: list[str]) -> None:
        self.warnings = warnings
        self.bars: list[WrittenBar] = []
        self.meter = "4/4"
        self.ending = 0
        self.second: tuple[WrittenChord, ...] | None = None  # of a two-bar repeat

    def write(self, raws: Sequence[_Raw]) -> list[WrittenBar]:
        for raw in raws:
            self.bars.append(self._bar(raw))
        codas = [(k, first) for k, raw in enumerate(raws) for mark, first in raw.marks if mark == "Q"]
        if codas:
            self._mark_codas(codas)
        for k, raw in enumerate(raws):
            for text in raw.texts:
                self._text(k, text)
        return self.bars

    def _bar(self, raw: _Raw) -> WrittenBar:
        self.meter = _METERS.get(raw.meter, self.meter)
        number = len(self.bars) + 1
        if raw.meter and raw.meter not in _METERS:
            self.warnings.append(f"bar {number}: meter T{raw.meter} is not known; {self.meter} goes on")
        endings: tuple[int, ...] = ()
        if raw.left in ("[", "{") and not raw.ending:
            self.ending = 0
        if raw.ending:
            self.ending = int(raw.ending) or self.ending + 1
            endings = (self.ending,)
        marks = {mark for mark, _ in raw.marks}
        return WrittenBar(
            self._chords(raw),
            meter=self.meter,
            section=raw.section,
            opens_repeat=raw.left == "{",
            closes_repeat=raw.right == "}",
            endings=endings,
            double_start=raw.left in ("[", "{"),
            double_end=raw.right in ("]", "}", "Z"),
            segno="S" in marks,
            end="U" in marks,
            number=number,
        )

    def _chords(self, raw: _Raw) -> tuple[WrittenChord, ...]:
        """The chords of a bar at their places."""
        second, self.second = self.second, None
        if not raw.chords and second is not None:
            return second
        kinds = {cell.kind for cell in raw.cells}
        if "chord" not in kinds and "x" in kinds:
            return self.bars[-1].chords if self.bars else ()
        if "chord" not in kinds and "r" in kinds:
            self.second = self.bars[-1].chords if self.bars else ()
            return self.bars[-2].chords if len(self.bars) > 1 else ()
        return _places(tuple(raw.cells), self.meter)

    def _mark_codas(self, codas: list[tuple[int, bool]]) -> None:
        """The first coda mark is behind its bar; the last before it, or behind where it ends that bar."""
        if len(codas) > 1:
            first = codas[0][0]
            self.bars[first] = replace(self.bars[first], to_coda=True)
        last, is_first = codas[-1]
        if not is_first and last + 1 < len(self.bars):
            last += 1
        elif not is_first and len(codas) == 1:
            self.warnings.append(f"bar {last + 1}: nothing stands behind the coda mark; it is left out")
            return
        self.bars[last] = replace(self.bars[last], coda=True)

    def _text(self, number: int, text: str) -> None:
        """A text that is an order is one; one about solos is reported."""
        bar = self.bars[number]
        if found := _JUMP.search(text):
            al = found[2].lower() if found[2] else found[3]
            self.bars[number] = replace(bar, jump=Jump(found[1] in "sS", al))
        elif _FINE.fullmatch(text):
            self.bars[number] = replace(bar, fine=True)
        elif found := _TIMES.fullmatch(text):
            self._times(number, min(int(found[1] or found[2]), 10_000))
        elif re.search(r"solo|\bD\.? ?[CS]\b", text, re.IGNORECASE):
            self.warnings.append(f"bar {number + 1}: its text {text[:80]!r} is not followed")

    def _times(self, number: int, times: int) -> None:
        """How often the repeat is played in which bar `number` stands."""
        for k in range(number, len(self.bars)):
            if k > number and self.bars[k].opens_repeat:
                break
            if self.bars[k].closes_repeat:
                self.bars[k] = replace(self.bars[k], times=times)
                return
        self.warnings.append(f"bar {number + 1}: it says {times} times, but no repeat is there")


# --------------------------------------------------------------------------------------------- cells to beats


@lru_cache(maxsize=4096)
def _places(cells: tuple[_Cell, ...], meter: str) -> tuple[WrittenChord, ...]:
    """The chords of a bar at their places."""
    places = _all_places(cells, meter)
    return tuple(WrittenChord(place, symbol) for place, symbol in places if symbol is not None)


def _all_places(cells: Sequence[_Cell], meter: str) -> list[tuple[Fraction, str | None]]:
    """The symbols of a bar with their places; None where the chord before the bar goes on."""
    symbols: list[str | None] = []
    starts: list[int] = []  # the cell of each, from the first chord
    begin = next((k for k, cell in enumerate(cells) if cell.kind in ("chord", "p")), len(cells))
    for k, cell in enumerate(cells[begin:]):
        if cell.kind == "chord" or not symbols:
            symbols.append(cell.symbol)
            starts.append(k)
    cells = cells[begin:]
    count, beats = len(symbols), read_meter(meter).beats
    if count <= 1:
        return [(Fraction(0), symbol) for symbol in symbols]
    if count > beats:
        return [(Fraction(k, count), symbol) for k, symbol in enumerate(symbols)]
    if meter == "3/4" and count == 2:
        return [(Fraction(0), symbols[0]), (_second_of_three(cells, starts[1]), symbols[1])]
    at, places = 0, []
    for symbol, length in zip(symbols, _shares(cells, starts, beats), strict=True):
        places.append((Fraction(at, beats), symbol))
        at += length
    return places


def _second_of_three(cells: Sequence[_Cell], second: int) -> Fraction:
    """Where the second of two chords stands in a bar of 3/4."""
    slashes = sum(cell.kind == "p" for cell in cells[:second])
    if slashes:
        return Fraction(min(slashes + 1, 2), 3)
    if second == 1:
        return Fraction(1, 3)
    if second == 2 and len(cells) > 3:
        return Fraction(1, 2)
    return Fraction(2, 3)


def _shares(cells: Sequence[_Cell], starts: Sequence[int], beats: int) -> list[int]:
    """The beats of each chord: one, and one more for each empty cell or slash behind it.

    Empty cells behind a small chord do not count. What is too much is taken from the chords with empty cells,
    what is missing is given to the large ones, in turn from the first on.
    """
    all_small = all(cells[start].small for start in starts)
    small = [cells[start].small and not all_small for start in starts]
    ends = [*starts[1:], len(cells)]
    lengths = [
        1 + sum(cell.kind == "p" or not is_small for cell in cells[start + 1 : end])
        for start, end, is_small in zip(starts, ends, small, strict=True)
    ]
    turn = 0
    while sum(lengths) > beats:
        if lengths[turn % len(lengths)] > 1:
            lengths[turn % len(lengths)] -= 1
        turn += 1
    turn = 0
    while sum(lengths) < beats:
        lengths[turn % len(lengths)] += not small[turn % len(lengths)]
        turn += 1
    return lengths
