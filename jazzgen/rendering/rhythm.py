"""How a solo's rhythm is written: notes, ties and rests that show the beat, triplets, beams.

In: a `Solo`. Out: `Measure`s, each filled by `NoteRest`s. A page shows where notes begin, and not how long
exactly they were held: a note is written up to the next one where less than an eighth of the grid is silent
between them, and otherwise to the end of its eighth or triplet.

A solo that was read in double time is written as it was read, two bars for one of its file: a line of eighths
is easier to read than one of 16ths and 32nds.

A value may stand where it hides no beat that it should show: a note on a place of its own size, dotted at
either end of the next larger place, or syncopated in its middle (eighth, quarter, eighth), in 3/4 over either
beat; a rest only on a place of its own size. Everything else is split at the middle of the bar, then at the
beat, and tied. Beams join what stands in one beat.

In compound meters a beat is a dotted quarter, whose thirds are plain eighths: values stay within a beat or
fill whole ones, and there are no tuplets (duplets are dotted eighths). In 5/8 or 7/8 the eighth is split as
the quarter elsewhere, and beams join groups of two or three.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from jazzgen.music.meters import CompoundBeats, compound_beats_of
from jazzgen.music.score import TICKS_PER_BEAT, Solo

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


class NoteRest(NamedTuple):
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
        """The tick at which the next one starts."""
        return self.start + self.ticks

    @property
    def beat(self) -> int:
        """The beat of the grid in which it starts, from 0."""
        return self.start // TICKS_PER_BEAT


@dataclass(frozen=True, slots=True)
class Measure:
    """A bar of the page: from tick `start` for `ticks`, `beats` beats of the grid, filled by `content`.

    An empty bar has no content: it is a whole-bar rest. `signature` is its meter as written, `quarter` the
    ticks of a quarter in it. A `pickup` is the end of a bar of its meter.
    """

    start: int
    ticks: int
    beats: int
    content: tuple[NoteRest, ...]
    signature: str
    quarter: int
    pickup: bool = False

    @property
    def end(self) -> int:
        """The tick of the next bar line."""
        return self.start + self.ticks


class _Span(NamedTuple):
    """A note, by its index, with the end it is written with, or the silence between two (None)."""

    start: int
    end: int
    note: int | None


def write_measures(solo: Solo) -> list[Measure]:
    """The bars of `solo` as they are written."""
    form, compound = solo.progression, compound_beats_of(solo.progression) or (lambda _: False)
    off_16ths = {note.onset // TICKS_PER_BEAT for note in solo.notes if note.onset % TICKS_PER_BEAT % 3}
    triplets = {beat for beat in off_16ths if not compound(beat)}
    spans = list(_spans(solo, triplets, compound))
    span_starts, span_ends = [span.start for span in spans], [span.end for span in spans]
    measures = []
    lines, whole = _bar_lines(solo)
    pickup = lines[1] - lines[0] < lines[2] - lines[1] if whole else False
    for start, end in pairwise(lines):
        bar = end - (lines[2] - lines[1]) if pickup and not start else start  # where the whole bar begins
        meter = form.meter_at(max(start, whole))
        beats = (end - bar) // TICKS_PER_BEAT or 1
        quarter = int(TICKS_PER_BEAT / meter.beat_quarters)
        reaching = spans[bisect_right(span_ends, start) : bisect_left(span_starts, end)]
        content: list[NoteRest] = []
        # Beams join what is in one beat; where that is an eighth, in one group.
        joined = list(range(bar, end, TICKS_PER_BEAT))
        if any(span.note is not None for span in reaching):
            groups = list(_place_groups(bar, beats, eighths=quarter > TICKS_PER_BEAT))
            if quarter > TICKS_PER_BEAT:
                joined = [at for at, _ in groups]
            for span in reaching:
                if meter.compound:
                    content += _write_compound(span, start, end, quarter)
                else:
                    content += _write_span(span, start, end, groups, quarter, triplets)
        row = tuple(_beam(content, joined))
        measures.append(Measure(start, end - start, beats, row, meter.signature, quarter, bar < start))
    return measures


def _bar_lines(solo: Solo) -> tuple[list[int], int]:
    """The ticks of all bar lines, and at which the first bar behind a pickup begins; 0 without one.

    A pickup is shorter than the next bar, and no bar of a meter that comes back; the last bar may be what it
    lacks. In double time it is twice as long on the page as in its file, and may be more than a bar.
    """
    form, scale = solo.progression, solo.time_scale
    lines = [*form.bar_ticks, form.length]
    first, *others = (end - start for start, end in pairwise(lines[::scale]))
    if not others or first >= others[0] or first in others[:-1]:
        return lines, 0
    bar = lines[scale + 1] - lines[scale]
    return [0, *range(first % bar or bar, first, bar), *lines[scale:]], first


def _spans(solo: Solo, triplets: set[int], compound: CompoundBeats) -> Iterator[_Span]:
    """Notes and silences in turn; `triplets` are the beats of the grid with a note off the 16ths."""
    now = 0
    onsets = [*(note.onset for note in solo.notes), solo.progression.length][1:]
    for index, (note, following) in enumerate(zip(solo.notes, onsets, strict=True)):
        if note.onset > now:
            yield _Span(now, note.onset, None)
        beat = (note.end - 1) // TICKS_PER_BEAT
        step = TRIPLET if beat in triplets or compound(beat) else EIGHTH
        end = min(-(-note.end // step) * step, following)
        now = following if following - note.end < EIGHTH else end
        yield _Span(note.onset, now, index)
    if now < solo.progression.length:
        yield _Span(now, solo.progression.length, None)


# --------------------------------------------------------------------------------------------- written values


def _place_groups(start: int, beats: int, *, eighths: bool) -> Iterator[tuple[int, int]]:
    """Where the groups of beats, quarters or eighths, of a bar start, and the ticks that each has."""
    for size in _groups_of_eighths(beats) if eighths else _groups(beats):
        yield start, size * TICKS_PER_BEAT
        start += size * TICKS_PER_BEAT


def _groups_of_eighths(beats: int) -> tuple[int, ...]:
    """5 is 3 + 2, 7 is 2 + 2 + 3."""
    if beats <= 3 or beats == 5:
        return (3, 2) if beats == 5 else (beats,)
    return (*[2] * (beats // 2 - beats % 2), *[3] * (beats % 2))


# What a value in a compound beat may last, in ticks: 12, with a dot, down to a 32nd.
_IN_COMPOUND = frozenset({12, 8, 6, 4, 3, 2, 1})


def _write_compound(span: _Span, bar: int, bar_end: int, quarter: int) -> Iterator[NoteRest]:
    """What of one note or silence lies in a bar of a compound meter, in written values."""
    start, end = max(span.start, bar), min(span.end, bar_end)
    sounds = span.note is not None
    for since, until in _split_compound(start - bar, end - bar):
        name, dotted = _written_value(until - since, quarter, triplet=False)
        tied = sounds and bar + since > span.start, sounds and bar + until < span.end
        yield NoteRest(
            bar + since, until - since, span.note, name, dotted, tied_from=tied[0], tied_to=tied[1]
        )


def _split_compound(start: int, end: int) -> Iterator[tuple[int, int]]:
    """`start`..`end` of a bar in values that fill whole beats, as many as 1, 2 or 4, or lie inside one."""
    while start < end:
        beat, place = divmod(start, TICKS_PER_BEAT)
        whole = next((n for n in (4, 2, 1) if beat % n == 0 and start + 12 * n <= end), 0) if not place else 0
        stop = start + TICKS_PER_BEAT * whole if whole else min(end, (beat + 1) * TICKS_PER_BEAT)
        if stop - start not in _IN_COMPOUND and not whole:
            # Cut at an eighth: the next one, or from an eighth on the last.
            stop = stop // TRIPLET * TRIPLET if start % TRIPLET == 0 else -(-start // TRIPLET) * TRIPLET
        yield start, stop
        start = stop


def _write_span(
    span: _Span,
    bar: int,
    bar_end: int,
    groups: list[tuple[int, int]],
    quarter: int,
    triplets: set[int],
) -> Iterator[NoteRest]:
    """What of one note or silence lies in a bar, in written values."""
    start, end = max(span.start, bar), min(span.end, bar_end)
    inside = range(start // TICKS_PER_BEAT, -(-end // TICKS_PER_BEAT))
    edges = {at for at, _ in groups}
    edges |= {tick * TICKS_PER_BEAT for beat in inside if beat in triplets for tick in (beat, beat + 1)}
    for a, b in pairwise([start, *sorted(edge for edge in edges if start < edge < end), end]):
        triplet = a // TICKS_PER_BEAT in triplets
        if triplet:
            at, pieces = a, _split_triplet(a % 4, b - a)
        else:
            at, size = next(group for group in reversed(groups) if group[0] <= a)
            pieces = _split(a - at, b - at, size, TICKS_PER_BEAT, span.note is None)
        for since, until in pieces:
            name, dotted = _written_value(until - since, quarter, triplet)
            yield NoteRest(
                at + since,
                until - since,
                span.note,
                name,
                dotted,
                triplet,
                tied_from=span.note is not None and at + since > span.start,
                tied_to=span.note is not None and at + until < span.end,
            )


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


@lru_cache(maxsize=64)
def _split_triplet(offset: int, ticks: int) -> tuple[tuple[int, int], ...]:
    """`ticks` inside a triplet beat, `offset` after an eighth triplet began, as eighth triplets and their
    doubles, halves and quarters, longest first.
    """
    pieces, at = [], 0
    while at < ticks:
        size = next(t for t in (8, 4, 2, 1) if t <= ticks - at and (t < 8 or (offset + at) % 4 == 0))
        pieces.append((at, at + size))
        at += size
    return tuple(pieces)


@lru_cache(maxsize=4096)
def _written_value(ticks: int, quarter: int, triplet: bool) -> tuple[str, bool]:
    """The name of the value that lasts so long, and whether it is dotted."""
    written = Fraction(ticks, quarter) * (Fraction(3, 2) if triplet else 1)
    for name, length, _ in TYPES:
        if written in (length, length * Fraction(3, 2)):
            return name, written != length
    raise AssertionError(f"{ticks} ticks are no written value")  # the two callers give only what is one


# ----------------------------------------------------------------------------------------------------- beams


def _beam(content: list[NoteRest], joined: list[int]) -> Iterator[NoteRest]:
    """The same content with beams over what lies in one of the places that begin at the ticks `joined`,
    between rests.
    """

    def place(item: tuple[int, NoteRest]) -> int:
        """The beat of a note that has a beam or flag; for any other a number of its own, below 0."""
        index, written = item
        beamed = written.note is not None and _BEAMS[written.type] > 0
        return bisect_right(joined, written.start) if beamed else -1 - index

    for _, items in groupby(enumerate(content), place):
        group = [written for _, written in items]
        if len(group) < 2:
            yield from group
            continue
        for written, beams in zip(group, _beams(tuple(_BEAMS[one.type] for one in group)), strict=True):
            yield written._replace(beams=beams)


@lru_cache(maxsize=1024)  # few groups differ
def _beams(counts: tuple[int, ...]) -> tuple[tuple[str, ...], ...]:
    """The beams of each note of a group, given how many each has."""
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
