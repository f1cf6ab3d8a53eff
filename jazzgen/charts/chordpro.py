"""ChordPro: grids, which hold bars of chords, read into written bars; and bars written among lyrics.

A song of words with chords above them has no bars and is refused, unless each chord is to be a bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from jazzgen.charts.flow_words import read_order
from jazzgen.charts.reading import (
    HOLD,
    check_bars,
    check_music,
    check_songs,
    decode,
    evenly,
    key_of,
    meter_of,
    read_tempo,
    without_alternate,
)
from jazzgen.charts.written import Chart, Entry, WrittenBar, WrittenChord
from jazzgen.errors import ChordError, NoBarsError, ProgressionError
from jazzgen.music.chords import transpose_symbol
from jazzgen.music.keys import key_name, read_key
from jazzgen.music.pitch import nearest_place, pitch_class_at

_DIRECTIVE = re.compile(r"\{\s*([A-Za-z_]+)(?:-[\w-]+)?!?\s*:?(.*)\}", re.DOTALL)
_SHORT = {
    "t": "title", "st": "subtitle", "sog": "start_of_grid", "eog": "end_of_grid", "ns": "new_song",
    "c": "comment", "ci": "comment", "cb": "comment", "comment_italic": "comment", "comment_box": "comment",
}  # fmt: skip
_ATTRIBUTE = re.compile(r"""([A-Za-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")
_SHAPE = re.compile(r"\A\s*(?:\d+\s*\+\s*)?\d+(?:\s*x\s*\d+)?(?:\s*\+\s*\d+)?(?=\s|:|\Z)\s*:?", re.IGNORECASE)
_TOKEN = re.compile(
    r"""
      (?P<aside> (?<!\S) \( [^()|\n]* \) (?!\S) | \[ \* [^\[\]\n]* \] )
    | (?P<sign>  :? \|{1,2} (?: : | \. (?=\s|$) | [1-9] [\d,]* >? )? )
    | (?P<cell>  (?: (?! :?\| ) \S )++ )
    """,
    re.VERBOSE,
)
_STRUM = re.compile(r"[^|]*:?\|{1,2}[:.]?\s*[Ss](?=\s|$)")
_INLINE = re.compile(r"(:?\|{1,2}:?)|\[([^\[\]\n]*)\]|(?<!\S)([./%])(?!\S)")
LABEL = 500  # characters of a grid's heading that are looked at
_CELL = re.compile(r"[./%]|[A-G](?![a-z]{3})|N\.?C")
_COUNT = re.compile(r"\s*[x×]?\s*(\d{1,3})\s*[x×]?\s*")


def entries(data: bytes, name: str, *, bars_per_chord: int = 0) -> list[Entry]:
    """The songs of a ChordPro file; raises `ProgressionError` where it is no text.

    With `bars_per_chord` a song without grids takes each of its chords for so many bars.
    """
    songs = [_Song()]
    for number, line in enumerate(decode(data, name).split("\n"), 1):
        stripped = line.strip()
        found = _DIRECTIVE.fullmatch(stripped) if stripped.startswith("{") else None
        if found is None:
            if stripped and not stripped.startswith("#"):
                songs[-1].lines.append(_Line(number, "row" if songs[-1].in_grid else "text", line))
            continue
        directive = _SHORT.get(found[1].lower(), found[1].lower())
        if directive == "new_song":
            songs.append(_Song())
            check_songs(len(songs), name)
        else:
            songs[-1].take(number, directive, found[2].strip())
    songs = [song for song in songs if song.lines] or songs[:1]
    return [
        Entry(
            partial(_read, song, bars_per_chord),
            title=song.title,
            composer=song.composer or song.artist,
            style=song.x_style,
            key=song.moved_key(),
            tempo=song.tempo,
        )
        for song in songs
    ]


class _Line(NamedTuple):
    """A line that bears on the bars: its `kind` ("grid", "end", "time", "transpose", "row", "text")."""

    number: int
    kind: str
    text: str


@dataclass
class _Song:
    title: str = ""
    composer: str = ""
    artist: str = ""
    x_style: str = ""
    key: str = ""
    tempo: float | None = None
    lines: list[_Line] = field(default_factory=list)
    in_grid: bool = False

    def take(self, number: int, directive: str, value: str) -> None:
        """One directive."""
        if directive == "meta":
            directive, _, value = value.partition(" ")
        match directive:
            case "title" | "composer" | "artist" | "x_style" if not getattr(self, directive):
                setattr(self, directive, value.strip())
            case "key":
                self.key = self.key or key_of(value)
            case "tempo":
                self.tempo = self.tempo or read_tempo(value)
            case "start_of_grid" | "end_of_grid":
                self.in_grid = directive == "start_of_grid"
                self.lines.append(_Line(number, "grid" if self.in_grid else "end", value))
            case "time" | "transpose":
                self.lines.append(_Line(number, directive, value))

    def moved_key(self) -> str:
        """The key as it sounds, behind the first directive that transposes."""
        found = read_key(self.key)
        steps = next((_steps(line.text) for line in self.lines if line.kind == "transpose"), 0)
        if not (found and steps % 12):
            return self.key
        return key_name(nearest_place(pitch_class_at(found[0]) + steps, -6), found[1])


def _read(song: _Song, bars_per_chord: int) -> Chart:
    check_music(sum(len(line.text) for line in song.lines))
    reader = _Reader()
    rows = [line for line in song.lines if line.kind == "text" and "[" in line.text]
    if any(line.kind == "row" for line in song.lines):
        for line in song.lines:
            reader.take(line)
    elif bars_per_chord:
        for line in rows:
            reader.chords(line, bars_per_chord)
    elif rows and all("|" in line.text for line in rows):
        for line in rows:
            reader.inline(line)
    else:
        raise NoBarsError(
            "its chords stand above words, without bars; write them in a grid, such as "
            "{start_of_grid} | Dm7 . G7 . | Cmaj7 . . . | {end_of_grid}"
        )
    reader.end_grid()
    if not reader.bars:
        raise ProgressionError("its grids hold no bars; write them as | Dm7 . G7 . | Cmaj7 . . . |")
    return Chart(
        tuple(reader.bars),
        title=song.title,
        composer=song.composer or song.artist,
        style=song.x_style,
        key=song.moved_key(),
        tempo=song.tempo,
        warnings=tuple(reader.warnings),
    )


def _steps(text: str) -> int:
    found = re.match(r"\s*([+-]?\d{1,2})", text)
    return int(found[1]) if found else 0


class _Reader:
    """Reads grids line by line; `bars` grows by a bar at a time, `next` is what the next bar begins with."""

    def __init__(self) -> None:
        self.bars: list[WrittenBar] = []
        self.warnings: list[str] = []
        self.cells: list[str] = []
        self.next = WrittenBar(meter="4/4")
        self.steps = [0]  # the transpositions that hold, innermost last
        self.sounding = ""  # the chord before the bar in progress
        self.before: list[str] = []  # what sounded at the start of each bar
        self.second: int | None = None  # behind %%: the bar of which the next one is a copy

    def take(self, line: _Line) -> None:
        """One line of the song."""
        match line.kind:
            case "time":
                if found := re.match(r"\s*(\d{1,2})\s*/\s*(\d{1,2})", line.text):
                    self.next = replace(self.next, meter=meter_of(int(found[1]), int(found[2])))
            case "transpose" if line.text:
                self.steps.append(_steps(line.text))
            case "transpose":
                self.steps[1:] = self.steps[1:-1]
            case "grid":
                self.end_grid()
                label = _label(line.text)
                self.next = replace(self.next, section=label, double_start=bool(label), coda=_is_coda(label))
            case "end":
                self.end_grid()
            case "row" if not _STRUM.match(line.text):
                self._row(line)

    def inline(self, line: _Line) -> None:
        """A line of words with chords in brackets and bars between `|`."""
        for sign, chord, mark in _INLINE.findall(line.text):
            if sign:
                self.end_bar(line.number)
                self._sign(sign)
            elif mark or (chord and not chord.startswith("*")):
                self.cells.append(mark or chord)
        self.end_bar(line.number)

    def chords(self, line: _Line, bars: int) -> None:
        """A line of words with chords in brackets, each for so many bars."""
        for _, chord, _ in _INLINE.findall(line.text):
            for hold in range(bars if chord and not chord.startswith("*") else 0):
                self.cells.append("." if hold else chord)
                self.end_bar(line.number)

    def _row(self, line: _Line) -> None:
        tokens = [token for token in _TOKEN.finditer(line.text) if token.lastgroup != "aside"]
        signs = [number for number, token in enumerate(tokens) if token.lastgroup == "sign"]
        if not signs:
            return
        first, left = len(self.bars), line.text[: tokens[signs[0]].start()]
        self._margin(left, before=True)
        # Behind the last sign stands a margin, or a bar that only the line's end closes: one of as many cells
        # as the bar before, each of which can be one.
        last = signs[-1] if len(signs) > 1 else len(tokens)
        behind = tokens[last + 1 :]
        if len(signs) > 1 and len(behind) == last - signs[-2] - 1 and all(_CELL.match(t[0]) for t in behind):
            last = len(tokens)
        for number in range(signs[0], min(last + 1, len(tokens))):
            token = tokens[number]
            if token.lastgroup == "sign":
                self.end_bar(line.number)
                self._sign(token[0])
            else:
                self.cells.append(token[0])
        right = line.text[tokens[last].end() :] if last < len(tokens) else ""
        self._margin(right, before=False)
        self.end_bar(line.number)
        if not re.fullmatch(r"[\s\d]*", left):  # a bare number there counts lines or bars
            self._count(left, first, line.number)
        self._count(right, first, line.number)

    def _margin(self, text: str, *, before: bool) -> None:
        """A text beside the bars: a section, a number of times, or an order such as Fine."""
        text = text.strip().strip("()").strip()
        if not text:
            return
        order = read_order(text)
        what = order.what if order else ""
        if before and what in ("coda", "segno"):
            self.next = replace(self.next, coda=what == "coda", segno=what == "segno")
        elif before and not order and re.match(r"\w", text) and not _COUNT.fullmatch(text):
            self.next = replace(self.next, section=text)
        if before or not self.bars:
            return
        bar = self.bars[-1]
        self.bars[-1] = replace(
            bar,
            fine=bar.fine or what == "fine",
            jump=bar.jump or (order.jump if order else None),
            to_coda=bar.to_coda or what in ("to coda", "coda"),
        )

    def _count(self, text: str, first: int, line: int) -> None:
        """A margin that is a number of times: of the last repeat that closes from bar `first` on."""
        text = text.strip().strip("()").strip()
        order = read_order(text)
        times = int(found[1]) if (found := _COUNT.fullmatch(text)) else order.times if order else 0
        if not times:
            return
        closes = [k for k in range(first, len(self.bars)) if self.bars[k].closes_repeat]
        if closes:
            self.bars[closes[-1]] = replace(self.bars[closes[-1]], times=times)
        else:
            self.warnings.append(f"line {line}: it says {text[:40]!r}, but no repeat closes there")

    def _sign(self, sign: str) -> None:
        """What a bar sign says of the bar before it and of the one behind."""
        if self.bars:
            bar = self.bars[-1]
            self.bars[-1] = replace(
                bar,
                closes_repeat=bar.closes_repeat or sign.startswith(":"),
                double_end=bar.double_end or "||" in sign or sign.endswith("."),
            )
        if numbers := re.findall(r"\d+", sign):
            endings = tuple(min(int(number[:3]), 999) for number in numbers)
            self.next = replace(self.next, endings=endings)
        if sign.endswith(":"):
            self.next = replace(self.next, opens_repeat=True)

    def end_bar(self, line: int) -> None:
        """The cells since the last bar sign are a bar."""
        if not self.cells:
            return
        cells, self.cells = self.cells, []
        second, self.second = self.second, None
        if second is not None:
            if any(cell not in (".", "/", "%%") for cell in cells):
                self._add(self._copy(second), line)
            else:
                self._add(self._copy(second), line)
                return
        if cells[0] in ("%", "%%"):
            back = len(cells[0])
            if len(self.bars) < back:
                what = f"{cells[0]} repeats {'the bar' if back == 1 else 'two bars'} before"
                raise ProgressionError(f"bar {len(self.bars) + 1}: {what}, but there is none")
            self.second = len(self.bars) - 1 if back == 2 else None
            self._add(self._copy(len(self.bars) - back), line)
            return
        shares = [self._moved(part) for cell in cells for part in _split(cell, _finest(cells))]
        self._add(evenly(shares, len(self.bars) + 1), line)

    def _add(self, chords: tuple[WrittenChord, ...], line: int) -> None:
        check_bars(len(self.bars) + 1)
        self.bars.append(replace(self.next, chords=chords, line=line, number=len(self.bars) + 1))
        self.before.append(self.sounding)
        self.sounding = chords[-1].symbol if chords else self.sounding
        self.next = WrittenBar()

    def _copy(self, number: int) -> tuple[WrittenChord, ...]:
        """The chords of a bar as they sounded, also what was held over from the bar before."""
        chords = self.bars[number].chords
        if self.before[number] and not (chords and chords[0].place == 0):
            return (WrittenChord(Fraction(0), self.before[number]), *chords)
        return chords

    def _moved(self, symbol: str) -> str:
        symbol = without_alternate(symbol)
        if not (symbol and self.steps[-1] % 12):
            return symbol
        try:
            return transpose_symbol(symbol, self.steps[-1])
        except ChordError:
            return symbol  # it is named later, with its bar

    def end_grid(self) -> None:
        """A grid ends: what it has begun is complete."""
        if self.second is not None:
            self._add(self._copy(self.second), self.bars[-1].line)
            self.second = None
        self.cells = []
        if self.bars:
            self.bars[-1] = replace(self.bars[-1], double_end=True)


def _label(text: str) -> str:
    """The label of a grid: said so, or what stands behind its shape."""
    text = text[:LABEL]
    attributes = {
        found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(text)
    }
    if attributes:
        return attributes.get("label", "").strip()
    return _SHAPE.sub("", text).strip()


def _is_coda(label: str) -> bool:
    return label.strip().lower() == "coda"


def _finest(cells: list[str]) -> int:
    """Into how many shares each cell is cut so that every C~D comes out even."""
    cuts = 1
    for cell in cells:
        parts = min(len(cell.split("~")), 16)
        cuts = cuts if cuts % parts == 0 else min(cuts * parts, 48)
    return cuts


def _split(cell: str, cuts: int) -> list[str]:
    parts = [HOLD if part in (".", "/", "") else part.strip("[]") for part in cell.split("~")[:16]]
    share = max(cuts // len(parts), 1)
    return [entry for part in parts for entry in [part, *[HOLD] * (share - 1)]]
