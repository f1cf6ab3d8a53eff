"""How a solo's rhythm is written: notes, ties and rests that show the beat, triplets, beams.

In: a `Solo`. Out: its bars, each a row of `Sign`s that fill it. A page shows where notes begin, and not how
long exactly they were held: a note is written up to the next one where less than an eighth of the grid is
silent between them, and otherwise to the end of its eighth or triplet.

A solo that was read in double time is written in the meter of its file: two bars of the grid are one on the
page and every value is half as long, so the 16ths of a ballad are 16ths although the grid calls them eighths.

A value may stand where it hides no beat that it should show: a note on a place of its own size, dotted at
either end of the next larger place, or syncopated in its middle (eighth, quarter, eighth), in 3/4 over either
beat; a rest only on a place of its own size. Everything else is split at the middle of the bar, then at the
beat, and tied. Beams join what stands in one beat.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from jazzgen.music.score import TICKS_PER_BEAT, Progression, Solo

__all__ = ["Bar", "Sign", "write_bars"]

EIGHTH = 6  # ticks of the grid
TRIPLET = 4

# Written values by length in quarters, longest first, and how many beams or flags each has.
TYPES = (
    ("whole", Fraction(4), 0),
    ("half", Fraction(2), 0),
    ("quarter", Fraction(1), 0),
    ("eighth", Fraction(1, 2), 1),
    ("16th", Fraction(1, 4), 2),
    ("32nd", Fraction(1, 8), 3),
    ("64th", Fraction(1, 16), 4),
)
_BEAMS = {name: beams for name, _, beams in TYPES}

# How beats are grouped in a bar, for meters that are more than one group.
_GROUPS = {5: (3, 2), 6: (3, 3), 7: (4, 3)}


@dataclass(frozen=True, slots=True)
class Sign:
    """A note or rest as written, from tick `start` for `ticks`: `note` is its index in the solo, None a rest.

    `type` and `dotted` are its written value; in a `triplet` three fill the time of two. `beams` holds begin,
    continue, end, forward hook or backward hook for each beam.
    """

    start: int
    ticks: int
    note: int | None
    type: str
    dotted: bool = False
    triplet: bool = False
    tied_from: bool = False
    tied_to: bool = False
    beams: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        """The tick at which the next sign starts."""
        return self.start + self.ticks


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the page: from tick `start` for `ticks`, `beats` quarters, filled by `signs`.

    An empty bar has no signs: it is a whole-bar rest.
    """

    start: int
    ticks: int
    beats: int
    signs: tuple[Sign, ...]


_Span = tuple[int, int, int | None]  # start, end, the note's index or None


def write_bars(solo: Solo) -> list[Bar]:
    """The bars of `solo` as they are written."""
    quarter = TICKS_PER_BEAT * (2 if solo.double_time else 1)
    triplets = _triplet_beats(solo)
    spans = list(_spans(solo, triplets))
    written: list[tuple[int, int, int, list[Sign]]] = []
    span_starts, span_ends = [start for start, _, _ in spans], [end for _, end, _ in spans]
    for start, end, beats in _bar_lines(solo.progression, solo.double_time):
        reaching = spans[bisect_right(span_ends, start) : bisect_left(span_starts, end)]
        inside = [(max(a, start), min(b, end), note) for a, b, note in reaching]
        signs: list[Sign] = []
        if any(note is not None for _, _, note in inside):
            for span in inside:
                signs += _write_span(span, start, beats, quarter, triplets)
        written.append((start, end, beats, signs))

    first: dict[int | None, int] = {}  # where each note's first and last sign start
    last: dict[int | None, int] = {}
    for sign in (sign for *_, signs in written for sign in signs):
        first.setdefault(sign.note, sign.start)
        last[sign.note] = sign.start
    bars = []
    for start, end, beats, signs in written:
        tied = [
            replace(sign, tied_from=sign.start > first[sign.note], tied_to=sign.start < last[sign.note])
            if sign.note is not None and first[sign.note] != last[sign.note]
            else sign
            for sign in signs
        ]
        bars.append(Bar(start, end - start, beats, tuple(_beam(tied, start, quarter))))
    return bars


def _bar_lines(form: Progression, double_time: bool) -> Iterator[tuple[int, int, int]]:
    """Start, end and beats of each bar on the page."""
    lines = form.bar_ticks[:: 2 if double_time else 1]
    for start, end in pairwise([*lines, form.length]):
        yield start, end, (end - start) // (TICKS_PER_BEAT * (2 if double_time else 1)) or 1


def _triplet_beats(solo: Solo) -> set[int]:
    """The beats of the grid (their numbers) in which a note begins off the 16ths."""
    return {note.onset // TICKS_PER_BEAT for note in solo.notes if note.onset % TICKS_PER_BEAT % 3}


def _spans(solo: Solo, triplets: set[int]) -> Iterator[_Span]:
    """Notes with the ends they are written with, and the silences between."""
    now = 0
    onsets = [*(note.onset for note in solo.notes), solo.progression.length][1:]
    for index, (note, following) in enumerate(zip(solo.notes, onsets, strict=True)):
        if note.onset > now:
            yield now, note.onset, None
        step = TRIPLET if (note.end - 1) // TICKS_PER_BEAT in triplets else EIGHTH
        end = min(-(-note.end // step) * step, following)
        now = following if following - note.end < EIGHTH else end
        yield note.onset, now, index
    if now < solo.progression.length:
        yield now, solo.progression.length, None


# --------------------------------------------------------------------------------------------- written values


def _write_span(span: _Span, bar: int, beats: int, quarter: int, triplets: set[int]) -> Iterator[Sign]:
    """One note or silence in a bar as signs."""
    start, end, note = span
    inside = range(start // TICKS_PER_BEAT, -(-end // TICKS_PER_BEAT))
    edges = {
        beat * TICKS_PER_BEAT + edge for beat in inside if beat in triplets for edge in (0, TICKS_PER_BEAT)
    }
    at = bar
    for size in _groups(beats):
        edges.add(at)
        at += size * quarter
    cuts = [start, *sorted(edge for edge in edges if start < edge < end), end]
    for a, b in pairwise(cuts):
        if a // TICKS_PER_BEAT in triplets:
            yield from _write_triplet(a, b, note, quarter)
            continue
        at = bar
        for size in _groups(beats):
            if at <= a < at + size * quarter:
                pieces = _split(a - at, b - at, size * quarter, quarter, note is None)
                for since, until in pieces:
                    yield _sign(at + since, until - since, note, quarter)
            at += size * quarter


@lru_cache(maxsize=256)
def _groups(beats: int) -> tuple[int, ...]:
    if beats <= 4:
        return (beats,)
    return _GROUPS.get(beats) or (4, *_groups(beats - 4))


@lru_cache(maxsize=65_536)  # of places in a bar there are few, of notes many
def _split(start: int, end: int, size: int, quarter: int, rest: bool) -> tuple[tuple[int, int], ...]:
    """`start`..`end` inside a place of `size` ticks, in as few values as show the beat."""
    if _fits(start, end, size, quarter, rest):
        return ((start, end),)
    parts = 3 if size == 3 * quarter else 2
    part = size // parts
    cuts = [at for at in range(part, size, part) if start < at < end]
    if not cuts:  # it lies inside one part
        offset = start // part * part
        inner = _split(start - offset, end - offset, part, quarter, rest)
        return tuple((a + offset, b + offset) for a, b in inner)
    # In three beats keep what is left as long as possible: cut once, near the shorter end.
    cut = cuts[0] if rest or start % part else cuts[-1]
    return _split(start, cut, size, quarter, rest) + _split(cut, end, size, quarter, rest)


def _fits(start: int, end: int, size: int, quarter: int, rest: bool) -> bool:
    """Whether one value may stand at `start`..`end` of a place of `size` ticks."""
    length = end - start
    if size == 3 * quarter:
        if rest:
            return False
        half = quarter // 2
        dotted = length == 3 * half and (start % quarter == 0 or end % quarter == 0)
        syncopated = length == quarter and start % quarter == half
        return length == size or (length == 2 * quarter and start % quarter == 0) or dotted or syncopated
    if length == size:
        return True
    if rest or size % 4:
        return False
    at_start, at_end = start == 0, end == size
    dotted = length * 4 == size * 3 and (at_start or (at_end and size < 4 * quarter))
    syncopated = length * 2 == size and start * 4 == size
    return dotted or syncopated


def _sign(start: int, ticks: int, note: int | None, quarter: int, triplet: bool = False) -> Sign:
    name, dotted = _written_value(ticks, quarter, triplet)
    return Sign(start, ticks, note, name, dotted=dotted, triplet=triplet)


@lru_cache(maxsize=4096)
def _written_value(ticks: int, quarter: int, triplet: bool) -> tuple[str, bool]:
    """The name of the value that lasts so long, and whether it is dotted."""
    written = Fraction(ticks, quarter) * (Fraction(3, 2) if triplet else 1)
    for name, length, _ in TYPES:
        if written in (length, length * Fraction(3, 2)):
            return name, written != length
    raise AssertionError(f"{ticks} ticks are no written value")  # the two callers give only what is one


def _write_triplet(start: int, end: int, note: int | None, quarter: int) -> Iterator[Sign]:
    """Inside a triplet beat: eighth triplets and their doubles, halves and quarters, longest first."""
    while start < end:
        ticks = next(t for t in (8, 4, 2, 1) if t <= end - start and (t < 8 or start % 4 == 0))
        yield _sign(start, ticks, note, quarter, triplet=True)
        start += ticks


# ----------------------------------------------------------------------------------------------------- beams


def _beam(signs: list[Sign], bar: int, quarter: int) -> Iterator[Sign]:
    """The same signs with beams over what lies in one beat between rests."""
    group: list[Sign] = []
    for sign in signs:
        beamed = sign.note is not None and _BEAMS[sign.type] > 0
        if group and (not beamed or (sign.start - bar) // quarter != (group[0].start - bar) // quarter):
            yield from _beam_group(group)
            group = []
        if beamed:
            group.append(sign)
        else:
            yield sign
    yield from _beam_group(group)


def _beam_group(group: list[Sign]) -> Iterator[Sign]:
    if len(group) < 2:
        yield from group
        return
    for sign, beams in zip(group, _beams(tuple(_BEAMS[sign.type] for sign in group)), strict=True):
        yield replace(sign, beams=beams)


@lru_cache(maxsize=1024)  # few groups differ
def _beams(counts: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
    """What each sign of a group holds, given how many beams each has."""
    found = []
    for index, count in enumerate(counts):
        beams = []
        for level in range(1, count + 1):
            before = index > 0 and counts[index - 1] >= level
            after = index + 1 < len(counts) and counts[index + 1] >= level
            alone = "forward hook" if index == 0 else "backward hook"
            beams.append({(0, 1): "begin", (1, 1): "continue", (1, 0): "end"}.get((before, after), alone))
        found.append(tuple(beams))
    return tuple(found)
