"""The music of an ABC tune: notes, chords in quotation marks and bar lines, read into written bars.

Notes are read for their lengths: a chord stands where the next note begins. A first short bar is a pickup and
is left out; two short bars that are one bar together, around a repeat sign, become one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from jazzgen.charts.flow_words import Order, read_order
from jazzgen.charts.reading import check_bars, check_music, evenly, meter_of
from jazzgen.charts.written import WrittenBar, WrittenChord
from jazzgen.errors import ProgressionError

WHOLE = 1024 * 9 * 5 * 7 * 11  # units of a whole note: 1/1024 notes, and tuplets of them, are whole numbers
MOST_WHOLES = 64  # in a bar
MOST_TIMES = 64  # of a repeat in colons

_TOKEN = re.compile(
    r"""
      " (?P<quote> [^"]* ) "
    | ! (?P<mark> [^!|]* ) !
    | \{ [^{}]* \}?
    | \[ (?P<field> [A-Za-z] ) : (?P<value> [^\[\]]* ) \]
    | \[ [ ]* (?P<ending> [1-9] [\d,-]* )
    | (?P<line> (?: \[ (?=\|) | \| | : ) (?: \[ (?=\|) | \| | : | (?<=\|) \] )*+ )
      [ ]* (?P<number> [1-9] [\d,-]* )?
    | (?P<note> \[ (?: "[^"]*" | [^\[\]"|] )*+ \] | [_^=]{0,2} [A-Ga-g] [,']* | [zx] )
      (?P<length> \d{0,4} (?: /+ \d{0,4} )? )
    | [ZX] (?P<rests> \d{0,5} )
    | \( (?P<tuplet> [2-9] ) (?: : (?P<time> \d? ) )? (?: : (?P<count> \d? ) )?
    | (?P<broken> <{1,3} | >{1,3} )
    | (?P<overlay> & )
    | (?P<sign> [SO] )
    """,
    re.VERBOSE,
)
_INSIDE = re.compile(r'"([^"]*)"|[A-Ga-gzx][,\']*(\d{0,4}(?:/+\d{0,4})?)')
_SIGNS = {"S": "segno", "O": "coda"}


class Meter(NamedTuple):
    """A meter's name and the length of its bars in units of `WHOLE`; both empty for music without one."""

    name: str = ""
    length: int = 0


def read_field_meter(text: str) -> Meter:
    """The meter of a field M: "6/8", "C", "C|", "2+3/8", "none"."""
    text = text.strip()
    if text.startswith("C"):
        return Meter("2/2", WHOLE) if text.startswith("C|") else Meter("4/4", WHOLE)
    found = re.match(r"\(?\s*(\d{1,3}(?:\s*\+\s*\d{1,3})*)\s*\)?\s*/\s*(1|2|4|8|16|32|64)(?!\d)", text)
    beats = sum(int(part) for part in found[1].split("+")) if found else 0
    if found is None or not beats:
        if re.match(r"\d", text):
            raise ProgressionError(f"meter {text[:40]!r} is not understood; write it as M:4/4")
        return Meter()
    return Meter(meter_of(beats, int(found[2])), WHOLE * beats // int(found[2]))


def read_field_unit(text: str) -> int | None:
    """The unit of lengths that a field L gives, in units of `WHOLE`."""
    found = re.match(r"\s*(\d{1,3})\s*/\s*(\d{1,3})", text)
    return WHOLE * int(found[1]) // int(found[2]) if found and int(found[1]) and int(found[2]) else None


@dataclass
class _Raw:
    """What stands between two bar lines. `chords` are by the unit at which they begin; `length` in units."""

    bar: WrittenBar
    meter: Meter
    chords: dict[int, str] = field(default_factory=dict)
    length: int = 0
    closed: bool = False  # a chord chart's bar, whose chords share it evenly

    @property
    def begins(self) -> bool:
        """Whether a part begins here."""
        return self.bar.opens_repeat or self.bar.double_start or bool(self.bar.section or self.bar.coda)


def read_music(
    lines: Iterable[tuple[int, str, str]], meter: Meter, unit: int | None, symbol: Callable[[str], str]
) -> list[WrittenBar]:
    """The written bars of one voice.

    Parameters
    ----------
    lines
        (number in the file, letter of the field or "", text), without comments.
    meter, unit
        As the tune's head gives them; without a unit it follows from the meter.
    symbol
        The chord symbol in a quoted text, empty for words that are none.

    Returns
    -------
    list of WrittenBar
        Without pickups; empty where there is no music.

    Raises
    ------
    ProgressionError
        For a bar that cannot be, and for more bars than a chart can have.

    """
    lines = list(lines)
    check_music(sum(len(text) for _, _, text in lines))
    notes = any(found["note"] for _, kind, text in lines if not kind for found in _TOKEN.finditer(text))
    scanner = _Scanner(meter, unit, symbol, chords_alone=not notes)
    for number, kind, text in lines:
        scanner.take(number, kind, text)
    scanner.finish()
    return _open_repeats(_joined(_in_free_meter(scanner.raws)))


class _Scanner:
    """Goes through the music; `raw` is the bar in progress."""

    def __init__(
        self, meter: Meter, unit: int | None, symbol: Callable[[str], str], *, chords_alone: bool
    ) -> None:
        self.meter, self.unit, self.symbol, self.chords_alone = meter, unit, symbol, chords_alone
        self.raws: list[_Raw] = []
        self.raw = _Raw(WrittenBar(), meter)
        self.pending: list[str] = []  # symbols that wait for their note
        self.last = 0  # the length of the note before, for a broken rhythm
        self.broken = Fraction(1)  # of the note to come
        self.tuplet, self.in_tuplet = Fraction(1), 0
        self.muted = False  # in a second voice of the bar
        self.times = 0  # of the repeat that is open, where its sign says so
        self.codas: list[tuple[int, bool]] = []  # bars with a coda sign, and whether it begins them
        self.line = 0

    def take(self, number: int, kind: str, text: str) -> None:
        """A line of music, or a field."""
        self.line = number
        if kind:
            self._field(kind, text)
            return
        for found in _TOKEN.finditer(text):
            self._token(found)

    def _field(self, kind: str, text: str) -> None:
        match kind:
            case "M":
                self.meter = read_field_meter(text)
                if not self.raw.length:
                    self.raw.meter = self.meter
            case "L":
                self.unit = read_field_unit(text) or self.unit
            case "P":
                self._part(text.strip())

    def _part(self, name: str) -> None:
        self.raw.bar = replace(self.raw.bar, section=name[:60])

    def _token(self, found: re.Match[str]) -> None:
        match found.lastgroup:
            case "length" if not self.muted:
                self._note(found["note"], found["length"])
            case "line" | "number" | "ending":
                if found["line"]:
                    self._line(found["line"])
                if numbers := found["ending"] or found["number"]:
                    self.raw.bar = replace(self.raw.bar, endings=_numbers(numbers))
            case "rests" | "tuplet" | "time" | "count" | "broken":
                self._rhythm(found)
            case "overlay":
                self.muted = True
            case _:
                self._word(found)

    def _word(self, found: re.Match[str]) -> None:
        match found.lastgroup:
            case "quote":
                self._quote(found["quote"])
            case "mark":
                self._order(read_order(found["mark"]))
            case "value":
                self._field(found["field"], found["value"])
            case "sign":
                self._order(Order(_SIGNS[found["sign"]]))

    def _rhythm(self, found: re.Match[str]) -> None:
        match found.lastgroup:
            case "rests":
                self._rests(int(found["rests"] or 1))
            case "broken":
                part = Fraction(1, 2 ** len(found["broken"]))
                first, self.broken = (2 - part, part) if found["broken"][0] == ">" else (part, 2 - part)
                self.raw.length += int(self.last * first) - self.last
            case _:
                self._tuplet(int(found["tuplet"]), found["time"], found["count"])

    def _quote(self, text: str) -> None:
        if text[:1] and text[0] in "^_<>@":
            self._order(read_order(text[1:]))
        elif order := read_order(text):
            self._order(order)
        elif symbol := self.symbol(text):
            self.pending.append(symbol)

    def _order(self, order: Order | None) -> None:
        if order is None:
            return
        bar, number = self.raw.bar, len(self.raws)
        match order.what:
            case "coda":
                self.codas.append((number, not self.raw.length))
            case "segno":
                bar = replace(bar, segno=True)
            case "to coda":
                bar = replace(bar, to_coda=True)
            case "fine":
                bar = replace(bar, fine=True)
            case "jump":
                bar = replace(bar, jump=order.jump)
        self.raw.bar = bar

    def _note(self, note: str, length: str) -> None:
        units = self._units() * _factor(length)
        if note[0] == "[":
            first = None
            for inside in _INSIDE.finditer(note):
                if inside[1] is not None:
                    self._quote(inside[1])
                elif first is None:
                    first = _factor(inside[2])
            if first is None:
                return
            units *= first
        units *= self.broken
        self.broken = Fraction(1)
        if self.in_tuplet:
            units *= self.tuplet
            self.in_tuplet -= 1
        if self.pending:
            self.raw.chords.setdefault(self.raw.length, self.pending[0])
            self.pending = []
        self.last = int(units)
        self.raw.length += self.last
        if self.raw.length > MOST_WHOLES * WHOLE:
            raise ProgressionError(f"bar {len(self.raws) + 1}: it is longer than {MOST_WHOLES} whole notes")

    def _units(self) -> int:
        if self.unit is None:
            short = self.meter.name and self.meter.length < WHOLE * 3 // 4
            return WHOLE // 16 if short else WHOLE // 8
        return self.unit

    def _rests(self, count: int) -> None:
        check_bars(len(self.raws) + count)
        for _ in range(count):
            if self.pending:
                self.raw.chords.setdefault(self.raw.length, self.pending[0])
                self.pending = []
            self.raw.length += self.meter.length or WHOLE
            if count > 1:
                self._close()

    def _tuplet(self, notes: int, time: str | None, count: str | None) -> None:
        beats = re.match(r"(\d+)/8", self.meter.name)
        compound = 3 if beats and int(beats[1]) % 3 == 0 else 2
        usual = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(notes, compound)
        self.tuplet = Fraction(int(time or 0) or usual, notes)
        self.in_tuplet = int(count or 0) or notes

    def _line(self, line: str) -> None:
        """A bar line with what it says of the bar before and of the one behind."""
        if line in (":", "[|]"):
            return
        self.muted, self.last = False, 0
        self._close()
        signs = line.strip("[]")
        closes = len(signs) - len(signs.lstrip(":"))
        opens = len(signs) - len(signs.rstrip(":"))
        if closes == len(signs):
            closes, opens = closes // 2, closes - closes // 2
        double = "||" in line or "|]" in line or "[|" in line
        if self.raws:
            before = self.raws[-1]
            times = max(self.times, closes) + 1 if max(self.times, closes) > 1 else 0
            before.bar = replace(
                before.bar,
                closes_repeat=before.bar.closes_repeat or closes > 0,
                times=min(times, MOST_TIMES) if closes else before.bar.times,
                double_end=before.bar.double_end or double,
            )
        if opens:
            self.times = opens if opens > 1 else 0
        bar = self.raw.bar
        self.raw.bar = replace(
            bar, opens_repeat=bar.opens_repeat or opens > 0, double_start=bar.double_start or double
        )

    def _close(self) -> None:
        """The bar in progress is complete, where it has notes."""
        if self.chords_alone and self.pending and not self.raw.length:
            shares = evenly(self.pending, len(self.raws) + 1)
            self.raw.length = self.meter.length or WHOLE
            self.raw.chords = {int(place * self.raw.length): symbol for place, symbol in shares}
            self.pending = []
        if not self.raw.length:
            return
        check_bars(len(self.raws) + 1)
        self.raw.bar = replace(self.raw.bar, line=self.line)
        self.raws.append(self.raw)
        self.raw = _Raw(WrittenBar(), self.meter)

    def finish(self) -> None:
        """The music ends: its last bar is complete, its coda signs are told apart."""
        self._close()
        if not self.codas:
            return
        last, begins = self.codas[-1]
        last = min(last if begins else last + 1, len(self.raws) - 1)
        first, begins = self.codas[0]
        if len(self.codas) > 1 and (first := first - begins) >= 0:
            self.raws[first].bar = replace(self.raws[first].bar, to_coda=True)
        if last >= 0:
            self.raws[last].bar = replace(self.raws[last].bar, coda=True)


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers of an ending: "1", "1,3", "1-3"."""
    numbers: list[int] = []
    for part in text[:20].split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            end = int(last) if last.isdigit() else int(first)
            numbers += range(int(first), min(end, int(first) + MOST_TIMES) + 1)
    return tuple(min(number, MOST_TIMES) for number in numbers)


def _factor(length: str) -> Fraction:
    """A note's length in units: "3/2", "/", "//", "2", ""."""
    number, slashes, below = length.partition("/")
    more = len(below) - len(below.lstrip("/"))
    below = below.lstrip("/")
    divisor = int(below) if below else 2 ** min(more + 1, 10) if slashes else 1
    return Fraction(int(number or 1), max(divisor, 1))


# ------------------------------------------------------------------------------------------- raw bars to bars


def _in_free_meter(raws: list[_Raw]) -> list[_Raw]:
    """Bars without a meter, and those of a meter that most of them do not keep, get the commonest length."""
    counts: defaultdict[Meter, Counter[int]] = defaultdict(Counter)
    for raw in raws:
        counts[raw.meter][raw.length] += 1
    commonest = {meter: (*count.most_common(1)[0], count.total()) for meter, count in counts.items()}
    for raw in raws:
        length, often, bars = commonest[raw.meter]
        if not raw.meter.length:
            eighths = max(round(Fraction(8 * length, WHOLE)), 1)
            quarters, odd = divmod(eighths, 2)
            name = f"{min(eighths, 16)}/8" if odd or not quarters else f"{min(quarters, 16)}/4"
            raw.meter = Meter(name, length)
        elif 2 * often > bars:
            raw.meter = Meter(raw.meter.name, length)
    return raws


def _joined(raws: list[_Raw]) -> list[WrittenBar]:
    """The bars: without pickups, and with two short ones around a bar line as one."""
    bars: list[WrittenBar] = []
    carried = _Raw(WrittenBar(), Meter())  # what was left out or joined leaves these signs to the next bar
    k = 0
    while k < len(raws):
        raw = raws[k]
        raw.bar = _with_signs(raw.bar, carried.bar)
        chords, full = dict(raw.chords), raw.meter.length
        if 0 not in chords and carried.chords:
            chords = {0: list(carried.chords.values())[-1], **chords}
        carried = _Raw(WrittenBar(), Meter())
        after = raws[k + 1] if k + 1 < len(raws) else None
        if _is_pickup(raws, k) and after:
            carried = raw
            k += 1
            continue
        bar = raw.bar
        if after and _fit(raw, after):
            chords |= {raw.length + at: symbol for at, symbol in after.chords.items()}
            bar = replace(
                bar,
                closes_repeat=bar.closes_repeat or after.bar.closes_repeat,
                times=bar.times or after.bar.times,
                double_end=bar.double_end or after.bar.double_end,
                to_coda=bar.to_coda or after.bar.to_coda,
                jump=bar.jump or after.bar.jump,
                fine=bar.fine or after.bar.fine,
            )
            carried.bar = after.bar
            k += 1
        length = max(full, raw.length)
        places = tuple(WrittenChord(Fraction(at, length), chords[at]) for at in sorted(chords) if at < length)
        bars.append(replace(bar, chords=places, meter=raw.meter.name, number=len(bars) + 1))
        k += 1
    return bars


def _with_signs(bar: WrittenBar, before: WrittenBar) -> WrittenBar:
    """`bar` with what began at `before`, which is no bar of its own."""
    return replace(
        bar,
        opens_repeat=bar.opens_repeat or before.opens_repeat,
        section=bar.section or before.section,
        double_start=bar.double_start or before.double_start,
        segno=bar.segno or before.segno,
        coda=bar.coda or before.coda,
        endings=bar.endings or before.endings,
    )


def _fit(raw: _Raw, after: _Raw) -> bool:
    """Whether two short bars are one."""
    full = raw.meter.length
    return (
        after.meter == raw.meter
        and max(raw.length, after.length) < full
        and raw.length + after.length == full
        and not after.bar.endings
    )


def _is_pickup(raws: list[_Raw], k: int) -> bool:
    """Whether bar `k` only leads to the next one: short, and the first of the tune or of a part."""
    raw = raws[k]
    if k == 0:
        lead_in = not raw.chords and len(raws) > 1 and raws[1].bar.opens_repeat and bool(raws[1].chords)
        return raw.length < raw.meter.length or lead_in
    if 2 * raw.length > raw.meter.length or raw.bar.endings:
        return False
    before = raws[k - 1].bar
    return raw.begins or before.closes_repeat or before.double_end


def _open_repeats(bars: list[WrittenBar]) -> list[WrittenBar]:
    """Every repeat with a sign where it opens: behind the last double bar or the end of the last repeat.

    A last ending that nothing ends is as long as the first one.
    """
    start, opened, first_length = 0, False, 0
    endings: list[int] = []
    for k, bar in enumerate(bars):
        after = bars[k + 1] if k + 1 < len(bars) else None
        if bar.opens_repeat:
            start, opened, endings, first_length = k, True, [], 0
        if bar.endings:
            endings.append(k)
        if bar.closes_repeat:
            if first_length and endings[-1] + first_length <= k and not (after and after.endings):
                start, opened = endings[-1] + first_length, False
                bars[start - 1] = replace(bars[start - 1], double_end=True)
            if not opened:
                bars[start] = replace(bars[start], opens_repeat=True)
                opened = True
            if after and after.endings and endings:
                first_length = first_length or k + 1 - endings[0]
                continue
        ends = bar.double_end or (after is not None and (after.double_start or bool(after.section)))
        if bar.closes_repeat or (ends and (first_length or not opened)):
            start, opened, endings, first_length = k + 1, False, [], 0
    return bars
