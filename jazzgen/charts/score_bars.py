"""Measures of an engraved score into written bars.

A score says when symbols sound and what stands at its bar lines; it does not say what is a bar of the form.
Here short measures are joined or filled, pickups and lead-ins marked, symbols brought to fractions of a bar,
signs and words sorted to the bars that they concern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from jazzgen.charts.flow_words import read_order, unfinished
from jazzgen.charts.harmony import HOLD
from jazzgen.charts.measures import Measure
from jazzgen.charts.written import Jump, WrittenBar, WrittenChord, WrittenNote
from jazzgen.errors import ProgressionError
from jazzgen.music.meters import read_meter
from jazzgen.music.score import MAX_BARS

MAX_SYMBOLS = 64  # in a measure; and words
# Headings that programs write as words and people read as sections.
_SECTION = re.compile(
    r"(?:intro(?:duction)?|verse|chorus|bridge|refrain|interlude|outro|tag)(?: ?\d)?", re.IGNORECASE
)
_SOLO = re.compile(r"\bsol(?:os?|i)\b", re.IGNORECASE)


class ScoreBars(NamedTuple):
    """The bars of a score, the notes of its melody, and what was assumed, a sentence each."""

    bars: tuple[WrittenBar, ...]
    melody: tuple[WrittenNote, ...]
    warnings: tuple[str, ...]


def written_bars(measures: list[Measure], is_form: bool = False) -> ScoreBars:
    """The bars that `measures` make, which are changed.

    Where the score `is_form`, its headings are names of sections and no signs, even "Coda".
    """
    if len(measures) > MAX_BARS:
        raise ProgressionError(f"{len(measures):,} measures; at most {MAX_BARS:,} bars are read")
    warnings: list[str] = []
    for measure in measures:
        try:
            read_meter(measure.meter)
        except ProgressionError as error:
            raise ProgressionError(f"bar {measure.number}: {error}") from None
    _take_in_repeats_of_measures(measures)
    _read_marks(measures, is_form)
    _read_words(measures, warnings)
    _mark_pickup(measures)
    measures = _joined(measures)
    _sort_signs(measures)
    _set_lengths(measures, warnings)
    chords = _place_symbols(measures)
    _take_off_invitation(measures, warnings)
    bars = [_bar(measure, placed) for measure, placed in zip(measures, chords, strict=True)]
    return ScoreBars(tuple(_with_meters(bars)), tuple(_melody(measures)), tuple(dict.fromkeys(warnings)))


def _take_in_repeats_of_measures(measures: Sequence[Measure]) -> None:
    for at, measure in enumerate(measures):
        if 0 < measure.copies <= at and not measure.symbols:
            measure.symbols = list(measures[at - measure.copies].symbols)


# ------------------------------------------------------------------------------------------- words and signs


def _read_marks(measures: Sequence[Measure], is_form: bool) -> None:
    """Rehearsal marks are sections; some have an order in them, and "Coda" is both."""
    for at, measure in enumerate(measures):
        for place, text in measure.marks:
            order = None if is_form else read_order(text)
            if order is not None:
                measure.orders.append((place, order))
            if text and (order is None or order.what == "coda"):
                begun = measures[min(at + _is_behind(place, measure), len(measures) - 1)]
                begun.section = begun.section or text[:60]


def _read_words(measures: Sequence[Measure], warnings: list[str]) -> None:
    """Turn words and signs by name into orders, and what people write for sections."""
    for measure in measures:
        texts = sorted(measure.words, key=itemgetter(0))[:MAX_SYMBOLS]
        while texts:
            place, text = texts.pop(0)
            order = read_order(f"{text} {texts[0][1]}") if unfinished(text) and texts else None
            if order is not None:
                texts.pop(0)
            else:
                order = read_order(text)
            if order is not None:
                measure.orders.append((place, order))
            elif _SECTION.fullmatch(text.strip(" .:-[]()")) and not measure.section:
                measure.section = text.strip(" .:-[]()")
            elif _SOLO.search(text):
                warnings.append(
                    f"the chart says {text[:60]!r} at bar {measure.number}; it is left to the player"
                )


def _is_behind(place: Fraction, measure: Measure) -> bool:
    """Whether a sign stands at the measure's end, which is the start of the next."""
    return place > 0 and place >= measure.end


def _sort_signs(measures: Sequence[Measure]) -> None:
    """Bring each order to the bar that it concerns."""
    leaving: list[int] = []  # bars behind which a "To Coda" leaves
    signs: dict[int, Fraction] = {}  # coda signs, which can be either: bar and place
    for at, measure in enumerate(measures):
        for place, order in measure.orders:
            match order.what:
                case "segno":
                    measures[min(at + _is_behind(place, measure), len(measures) - 1)].segno = True
                case "fine":
                    measure.fine = True
                case "jump":
                    if measure.jump is None or (order.jump and order.jump.al):
                        measure.jump = order.jump
                case "times" if not measure.times:
                    _set_times(measures, at, order.times)
                case "to coda":
                    leaving.append(_left_at(measures, at, place))
                case "coda":
                    signs.setdefault(at, place)
    _set_codas(measures, leaving, list(signs.items()))
    _complete_jumps(measures)


def _set_times(measures: Sequence[Measure], at: int, times: int) -> None:
    """A count such as "3x" belongs to the repeat in which it stands: the next that closes."""
    close = next((measure for measure in measures[at:] if measure.closes or measure.opens), None)
    inside = measures[at] if measures[at].closes else close
    if inside is not None and inside.closes and not inside.times:
        inside.times = times


def _left_at(measures: Sequence[Measure], at: int, place: Fraction) -> int:
    """The bar behind which a "To Coda" that stands in bar `at` leaves.

    Behind its own bar; but at the very start of a bar it may stand for the bar line before, which is
    taken where that ends a phrase of four bars and the other does not.
    """
    if place > 0 or at == 0:
        return at
    starts = (n for n in range(at, -1, -1) if measures[n].section or measures[n].opens or measures[n].segno)
    before = at - next(starts, 0)
    return at - 1 if before and before % 4 == 0 else at


def _set_codas(measures: Sequence[Measure], leaving: list[int], signs: list[tuple[int, Fraction]]) -> None:
    """The last coda sign is the coda; before it "To Coda", or the first of several signs, leaves."""
    apart = [sign for sign in signs if sign[0] not in leaving] if leaving else signs
    if leaving and not apart:
        apart = [sign for sign in signs if sign[0] > leaving[0]]
    if len(signs) > 1 and not leaving:
        leaving = [_left_at(measures, *signs[0])]
        apart = signs[1:]
    for at in leaving:
        measures[at].to_coda = True
    if apart:
        at, place = apart[-1]
        measures[min(at + _is_behind(place, measures[at]), len(measures) - 1)].coda = True


def _complete_jumps(measures: Sequence[Measure]) -> None:
    """A bare D.C. or D.S. goes to the coda where the chart has left for one before it, else to a Fine."""
    to_coda = fine = False
    for measure in measures:
        to_coda, fine = to_coda or measure.to_coda, fine or measure.fine
        if measure.jump and not measure.jump.al and (to_coda or fine):
            measure.jump = Jump(measure.jump.to_segno, "coda" if to_coda else "fine")


# ------------------------------------------------------------------------------------------- bars of the form


def _mark_pickup(measures: Sequence[Measure]) -> None:
    """A first measure that is short or not counted is a pickup; a full one without a symbol before a repeat
    is a lead-in. What begins with it begins with the bar behind.
    """
    if len(measures) < 2:
        return
    first, second = measures[0], measures[1]
    short = 0 < first.length < first.nominal
    first.pickup = short or first.implicit or (second.opens and not first.symbols and not first.closes)
    if first.pickup:
        _begin_later(first, second)
        first.closes = False


def _begin_later(measure: Measure, following: Measure) -> None:
    """What begins with `measure` begins with the one behind it."""
    following.opens = following.opens or measure.opens
    following.section = following.section or measure.section
    following.double_start = following.double_start or measure.double_start
    begins = [(place, order) for place, order in measure.orders if not place and order.what in _BEGINNINGS]
    measure.orders = [event for event in measure.orders if event not in begins]
    following.orders = begins + following.orders
    measure.opens, measure.section, measure.double_start = False, "", False


_BEGINNINGS = ("segno", "coda")


def _joined(measures: Sequence[Measure]) -> list[Measure]:
    """Two short measures that make one bar, such as those around a repeat sign, as one."""
    bars: list[Measure] = []
    for at, measure in enumerate(measures):
        if not bars or not _one_bar(bars[-1], measure):
            bars.append(measure)
            continue
        if at + 1 < len(measures):
            _begin_later(measure, measures[at + 1])
        bar = bars[-1]
        bar.symbols += [(place + bar.length, symbol) for place, symbol in measure.symbols]
        bar.orders += [(place + bar.length, order) for place, order in measure.orders]
        bar.notes += [note._replace(place=note.place + bar.length) for note in measure.notes]
        bar.length += measure.length
        bar.closes, bar.times = bar.closes or measure.closes, bar.times or measure.times
        bar.double_end = bar.double_end or measure.double_end
    return bars


def _one_bar(first: Measure, second: Measure) -> bool:
    """Whether the two are the halves of one bar, cut by a sign between them or not counted as bars.

    A new ending is a bar of its own; and a score whose bars are all halves has another meter than it says.
    """
    short = 0 < first.length < first.nominal and second.length > 0
    whole = first.length + second.length == first.nominal == second.nominal
    cut = first.closes or second.opens or first.double_end or second.double_start
    cut = cut or first.implicit or second.implicit
    return short and whole and cut and not first.pickup and not second.endings


def _set_lengths(measures: Sequence[Measure], warnings: list[str]) -> None:
    """Give measures that are no bar of their meter the meter that their notes have.

    A short one before a repeat sign, a double bar or the end lacks what a pickup brings: it is a whole bar.
    """
    read_as: dict[str, list[str]] = {}
    for measure, after in zip(measures, (*measures[1:], None), strict=True):
        if measure.pickup or measure.end == measure.nominal:
            continue
        filled = measure.closes or measure.double_end or measure.fine or after is None or after.opens
        if measure.length < measure.nominal and (filled or measure.jump or measure.to_coda):
            continue
        if meter := _meter_of(measure.length, measure.meter):
            read_as.setdefault(meter, []).append(str(measure.number))
            measure.meter = meter
        else:
            warnings.append(f"bar {measure.number} has notes for another length than {measure.meter}")
            measure.scale = (
                measure.nominal / measure.length if measure.length > measure.nominal else Fraction(1)
            )
    for meter, numbers in read_as.items():
        more = ", ..." * (len(numbers) > 8)
        warnings.append(f"read as {meter}, the length of their notes: bar {', '.join(numbers[:8])}{more}")


def _meter_of(length: Fraction, meter: str) -> str:
    """The meter of a bar of `length` quarter notes, in the unit of `meter` or in eighths; "" for none."""
    for unit in (int(meter.partition("/")[2]), 8):
        beats = length * unit / 4
        if beats.denominator == 1 and beats < 100:
            try:
                return read_meter(f"{beats}/{unit}").signature
            except ProgressionError:
                continue
    return ""


def _place_symbols(measures: Sequence[Measure]) -> list[tuple[WrittenChord, ...]]:
    """The symbols of each measure at fractions of its bar.

    What stands before its measure or at its end belongs to the one before or behind it. Several symbols at
    one place share the time to the next, for a program that only says in which order they come.
    """
    for before, measure in pairwise(measures):
        early = [(max(before.end + place, Fraction(0)), what) for place, what in measure.symbols if place < 0]
        before.symbols += early
        measure.symbols = [symbol for symbol in measure.symbols if symbol[0] >= 0]
    placed = []
    carried: list[tuple[Fraction, str]] = []
    for measure in measures:
        if len(measure.symbols) > MAX_SYMBOLS:
            raise ProgressionError(
                f"bar {measure.number} has {len(measure.symbols)} chord symbols; at most "
                f"{MAX_SYMBOLS} can be read"
            )
        own = [(max(place, Fraction(0)), what) for place, what in measure.symbols if place < measure.end]
        taken = {place for place, _ in own}
        own += [(place, what) for place, what in carried if place < measure.end and place not in taken]
        carried = [(place - measure.end, what) for place, what in measure.symbols if place >= measure.end]
        own = sorted(((place, what) for place, what in own if what != HOLD), key=itemgetter(0))
        if measure.pickup:
            carried = carried or [(Fraction(0), what) for _, what in own[-1:]]
            own = []
        length = measure.nominal / measure.scale
        placed.append(tuple(WrittenChord(place / length, what) for place, what in _spread(own, length)))
    return placed


def _spread(symbols: Iterable[tuple[Fraction, str]], end: Fraction) -> list[tuple[Fraction, str]]:
    """Symbols at one place evenly up to the next place or the `end`; the same one twice is one."""
    groups = [
        (place, list(dict.fromkeys(what for _, what in group)))
        for place, group in groupby(symbols, key=itemgetter(0))
    ]
    spread = []
    for n, (place, group) in enumerate(groups):
        until = groups[n + 1][0] if n + 1 < len(groups) else end
        spread += [(place + (until - place) * k / len(group), what) for k, what in enumerate(group)]
    return spread


def _melody(measures: Sequence[Measure]) -> list[WrittenNote]:
    """The notes in fractions of their bars, tied ones as one; those of a pickup at the end of its bar."""
    notes: list[WrittenNote] = []
    for bar, measure in enumerate(measures):
        length = measure.nominal / measure.scale
        late = length - measure.length if measure.pickup and measure.length else Fraction(0)
        for place, duration, pitch, tied_on in measure.notes:
            if tied_on and notes and notes[-1].pitch == pitch:
                notes[-1] = notes[-1]._replace(length=notes[-1].length + duration / length)
            elif place < length:
                notes.append(WrittenNote(bar, (place + late) / length, duration / length, pitch))
    return notes


def _take_off_invitation(measures: Sequence[Measure], warnings: list[str]) -> None:
    """A repeat sign at the very end that repeats the whole chart invites to play the form again.

    So does one without a beginning, unless what it would repeat is as short as what was repeated before.
    """
    last = measures[-1]
    if not last.closes or last.times > 2:
        return
    before = [n for n, measure in enumerate(measures[:-1]) if measure.closes]
    opened = [n for n, measure in enumerate(measures) if measure.opens]
    start = max([*opened, *(n + 1 for n in before)], default=0)
    if any(measure.endings for measure in measures[start:]):
        return
    lead = [measure for measure in measures[:start] if not measure.pickup]
    whole = not lead or (lead[0].section.lower().startswith("i") and not any(m.section for m in lead[1:]))
    if start not in opened and before:
        first = max((n for n in opened if n <= before[-1]), default=0)
        whole = len(measures) - start > before[-1] + 1 - first
    if whole:
        last.closes = False
        warnings.append("the repeat sign at the end of the chart is read as: play the form again")


def _bar(measure: Measure, chords: tuple[WrittenChord, ...]) -> WrittenBar:
    return WrittenBar(
        chords=chords,
        meter=measure.meter,
        section=measure.section,
        opens_repeat=measure.opens,
        closes_repeat=measure.closes,
        times=measure.times if measure.closes else 0,
        endings=measure.endings,
        double_start=measure.double_start,
        double_end=measure.double_end,
        segno=measure.segno,
        to_coda=measure.to_coda,
        coda=measure.coda,
        jump=measure.jump,
        fine=measure.fine,
        pickup=measure.pickup,
        number=measure.number,
    )


def _with_meters(bars: Sequence[WrittenBar]) -> Iterable[WrittenBar]:
    """The bars, each with its meter only where that is not the bar before's."""
    meter = ""
    for bar in bars:
        yield replace(bar, meter="" if bar.meter == meter else bar.meter)
        meter = bar.meter
