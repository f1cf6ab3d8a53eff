"""A solo as a picture: a piano roll against its chords; what a model expected as a heat map.

In: a `Solo`, or probabilities of the 78 values with those that were played. Out: an SVG, written here as
plain text, or a PNG, drawn by matplotlib from the same shapes.

The page reads like a chart: a few bars to a row, bar numbers, sections in boxes and chord symbols above, a
keyboard at the left. Pale lanes mark the pitches of the chord that sounds. A chord tone is dark and full, a
scale tone light, an outside tone hollow, so that the three differ in black and white too. A
note that is held mostly into the next chord is read against that one, as ears do.

Colours are those of Okabe and Ito (2008), which all kinds of colour vision tell apart. Lengths are in pixels
of 1/96 inch.
"""

from __future__ import annotations

import io
import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.music.harmony import chord_scale, estimate_key, parse_chord
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression, Section, Solo
from jazzgen.render import optional
from jazzgen.render.symbols import DEGREE_NAMES, display, note_label, signs
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST
from jazzgen.util.files import replacing

__all__ = ["classify", "probabilities_plot", "probabilities_svg", "roll", "roll_svg"]

WIDTH = 1120
LEFT, RIGHT, TOP = 52, 24, 92  # margins: the keyboard stands in the left one, title and legend in the top one
HEADER = 36  # above each row: bar numbers and sections, then chord symbols
GAP = 16  # below each row
SEMITONE = 4.0, 6.0  # a note's least and greatest height
ROW = 160  # the height at which a row begins to take lower notes
FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"

INK, GRAY, PALE = "#1a1a1a", "#8a8a8a", "#dcdcdc"
LANE = "#eef3f8"
BLUE, ORANGE, VERMILION, BLACK_KEY = "#0072B2", "#F3B63F", "#D55E00", "#4a4a4a"

#               fill     outline    what it is called
_CLASSES = {
    "chord":   ("#005A8C", "#00395A", "chord tone"),
    "scale":   (ORANGE,    "#8A5A00", "scale tone"),
    "outside": ("#ffffff", VERMILION, "outside tone"),
    "none":    ("#b5b5b5", "#555555", "no chord"),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------ pens


Cells = Sequence[tuple[int, int]]  # (row, column)


class _Pen(Protocol):
    """What a page is drawn with. Coordinates in pixels from the upper left corner; text stands on its `y`."""

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str = "none",
        thickness: float = 1.0,
        tip: str = "",
    ) -> None:
        """A rectangle; `tip` is what an SVG viewer says about it when pointed at."""

    def column(self, x: float, tops: Sequence[float], width: float, height: float, fill: str) -> None:
        """Equal rectangles under each other, their upper edges at `tops`."""

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        """A straight line."""

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """Text whose start, middle or end (`anchor`) is at `x`."""

    def cells(self, x: float, y: float, size: tuple[float, float], cells: Cells, color: str) -> None:
        """Equal cells of `size` at (row, column) counted from `x`, `y`, all in one colour."""


class _SvgPen:
    """Draws into SVG text."""

    def __init__(self, title: str, height: float) -> None:
        size = f"{WIDTH:g} {height:g}"
        self._out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{WIDTH:g}" '
            f'height="{height:g}" role="img" font-family="{FONT}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH:g}" height="{height:g}" fill="#ffffff"/>',
        ]

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str = "none",
        thickness: float = 1.0,
        tip: str = "",
    ) -> None:
        place = f'<rect x="{_r(x)}" y="{_r(y)}" width="{_r(width)}" height="{_r(height)}" fill="{fill}"'
        if stroke == "none" and not tip:  # nearly all of them
            self._out.append(place + "/>")
            return
        outline = f' stroke="{stroke}" stroke-width="{thickness:g}"' if stroke != "none" else ""
        end = f"><title>{escape(tip)}</title></rect>" if tip else "/>"
        self._out.append(place + outline + end)

    def column(self, x: float, tops: Sequence[float], width: float, height: float, fill: str) -> None:
        before, after = (
            f'<rect x="{_r(x)}" y="',
            f'" width="{_r(width)}" height="{_r(height)}" fill="{fill}"/>',
        )
        self._out += [before + _r(top) + after for top in tops]

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        self._out.append(
            f'<line x1="{_r(x1)}" y1="{_r(y1)}" x2="{_r(x2)}" y2="{_r(y2)}" stroke="{color}" '
            f'stroke-width="{thickness:g}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self._out.append(
            f'<text x="{_r(x)}" y="{_r(y)}" font-size="{_r(size)}" fill="{color}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def cells(self, x: float, y: float, size: tuple[float, float], cells: Cells, color: str) -> None:
        width, height = size
        # One path a colour: a tenth of the bytes of one rectangle a cell.
        path = "".join(
            f"M{_r(x + column * width)} {_r(y + row * height)}h{_r(width)}v{_r(height)}h-{_r(width)}z"
            for row, column in cells
        )
        self._out.append(f'<path fill="{color}" d="{path}"/>')

    def finish(self) -> str:
        """The whole document."""
        return "\n".join([*self._out, "</svg>", ""])


@lru_cache(maxsize=65_536)  # most stand in a row or under each other
def _r(number: float) -> str:
    """A coordinate without digits that nobody sees."""
    return f"{round(number, 2):g}"


_TALLEST_PNG = 32_000  # of our pixels; matplotlib stops at 65,535 dots


class _PngPen:
    """Draws the same shapes with matplotlib, two dots to a pixel."""

    def __init__(self, height: float) -> None:
        if height > _TALLEST_PNG:
            raise OptionError(
                f"a PNG is at most {_TALLEST_PNG:,} pixels high, this would have {height:,.0f}; write .svg"
            )
        figure = optional("matplotlib.figure", "plot", "a PNG picture")
        self._patches = optional("matplotlib.patches", "plot", "a PNG picture")
        self._collections = optional("matplotlib.collections", "plot", "a PNG picture")
        self._figure: Any = figure.Figure(figsize=(WIDTH / 96, height / 96), dpi=192)
        self._axes: Any = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        self._axes.axis("off")
        self._order = 0

    def _next(self) -> int:
        """What is drawn later lies above."""
        self._order += 1
        return self._order

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str = "none",
        thickness: float = 1.0,
        tip: str = "",  # noqa: ARG002  # a PNG cannot speak
    ) -> None:
        shape = self._patches.Rectangle(
            (x, y), width, height, fc=fill, ec=stroke, lw=thickness * 0.75, zorder=self._next()
        )
        self._axes.add_patch(shape)

    def column(self, x: float, tops: Sequence[float], width: float, height: float, fill: str) -> None:
        for top in tops:
            self.rect(x, top, width, height, fill)

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        self._axes.plot([x1, x2], [y1, y2], color=color, lw=thickness * 0.75, zorder=self._next())

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        self._axes.text(
            x,
            y,
            text.replace("$", r"\$"),  # a dollar would start a formula
            fontsize=size * 0.75,  # pixels to points
            color=color,
            ha={"start": "left", "middle": "center", "end": "right"}[anchor],
            va="baseline",
            weight="bold" if bold else "normal",
            zorder=self._next(),
        )

    def cells(self, x: float, y: float, size: tuple[float, float], cells: Cells, color: str) -> None:
        width, height = size
        corners = [
            [
                (x + column * width + dx * width, y + row * height + dy * height)
                for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))
            ]
            for row, column in cells
        ]
        self._axes.add_collection(
            self._collections.PolyCollection(corners, facecolors=color, lw=0, zorder=self._next())
        )

    def finish(self) -> bytes:
        """The picture's bytes, the same for the same picture (no version, no date)."""
        out = io.BytesIO()
        self._figure.savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()


# ------------------------------------------------------------------------------------------------ piano roll


def roll(solo: Solo, path: str | os.PathLike[str], *, bars_per_row: int | None = None) -> None:
    """Draw `solo` into `path`, an .svg or a .png; see `roll_svg`."""
    page = _RollPage(solo, bars_per_row)
    _save(path, page)


def roll_svg(solo: Solo, *, bars_per_row: int | None = None) -> str:
    """The piano roll of `solo` as SVG text.

    `bars_per_row` bars of the file stand in a row (1..16; 4 if not given, 2 for a solo read in double time,
    whose bars hold twice as much). Raises `OptionError` outside that.
    """
    return _svg(_RollPage(solo, bars_per_row))


def classify(note: Note, progression: Progression) -> str:
    """What `note` is to its chord: "chord", "scale" or "outside"; "none" where no chord sounds.

    The chord is the one at its onset, or the next where more than half of the note sounds over that.
    """
    symbol = progression.chord_at((note.onset + note.end - 1) // 2).symbol
    chord = parse_chord(symbol)
    if chord is None:
        return "none"
    pitch_class = note.pitch % 12
    if pitch_class in chord.pitch_classes:
        return "chord"
    return "scale" if pitch_class in chord_scale(chord) else "outside"


class _RollPage:
    """Where everything stands on the page of a solo."""

    def __init__(self, solo: Solo, bars_per_row: int | None) -> None:
        per_row = (2 if solo.double_time else 4) if bars_per_row is None else bars_per_row
        if not 1 <= per_row <= 16:
            raise OptionError(f"a row holds 1..16 bars, received {bars_per_row}")
        self.solo = solo
        form = solo.progression
        # In double time two bars of the grid are one of the file, and the file is what the user looks at.
        self.bars = form.bar_ticks[:: 2 if solo.double_time else 1]
        starts = self.bars[::per_row]
        self.rows = list(pairwise([*starts, form.length]))
        self.ticks_per_row = max(end - start for start, end in self.rows)
        pitches = [note.pitch for note in solo.notes] or [60]
        self.low, self.high = min(pitches) - 2, max(pitches) + 2
        lanes = self.high - self.low + 1
        self.semitone = min(max(ROW / lanes, SEMITONE[0]), SEMITONE[1])
        self.row_height = lanes * self.semitone
        self.height = round(TOP + len(self.rows) * (HEADER + self.row_height + GAP) + 8)
        self.title = solo.title or form.title or "Solo"

    def x(self, tick: float, row_start: int) -> float:
        return LEFT + (tick - row_start) * (WIDTH - LEFT - RIGHT) / self.ticks_per_row

    def y(self, pitch: float, top: float) -> float:
        """The upper edge of the lane of `pitch` in the row whose roll starts at `top`."""
        return top + (self.high - pitch) * self.semitone

    def draw(self, pen: _Pen) -> None:
        self._heading(pen)
        onsets, ends = [note.onset for note in self.solo.notes], [note.end for note in self.solo.notes]
        top: float = TOP + HEADER
        for start, end in self.rows:
            self._lanes(pen, top, start, end)
            self._bars(pen, top, start, end)
            self._keyboard(pen, top)
            self._chords(pen, top, start, end)
            for note in self.solo.notes[bisect_right(ends, start) : bisect_left(onsets, end)]:
                self._note(pen, note, top, start, end)
            top += HEADER + self.row_height + GAP

    def _heading(self, pen: _Pen) -> None:
        solo, form = self.solo, self.solo.progression
        pen.text(LEFT, 38, self.title, 24, bold=True)
        key = signs(form.key or estimate_key(form))
        facts = [solo.player, solo.instrument.replace("-", " "), key]
        facts += [f"{form.beats_at(0)}/4", f"{solo.tempo:.0f} BPM", form.style]
        pen.text(LEFT, 60, "  ·  ".join(fact for fact in facts if fact), 13, GRAY)

        kinds = Counter(classify(note, form) for note in solo.notes)
        x: float = WIDTH - RIGHT
        for kind, (_, _, name) in reversed(_CLASSES.items()):
            if kind == "none" and not kinds[kind]:
                continue
            share = f"{name} {100 * kinds[kind] / max(len(solo.notes), 1):.0f} %"
            x -= 6.9 * len(share)  # about the width of 12 px letters
            pen.text(x, 60, share, 12)
            self._box(pen, kind, x - 28, 50, 22, 10)
            x -= 44
        pen.text(WIDTH - RIGHT, 38, "pale lanes: the chord that sounds", 12, GRAY, "end")

    def _lanes(self, pen: _Pen, top: float, start: int, end: int) -> None:
        for since, until, symbol in _chord_spans(self.solo.progression, start, end):
            chord = parse_chord(symbol)
            if chord is None:
                continue
            x, width = self.x(since, start), self.x(until, start) - self.x(since, start)
            lit = [pitch for pitch in range(self.low, self.high + 1) if pitch % 12 in chord.pitch_classes]
            pen.column(x, [self.y(pitch, top) for pitch in lit], width, self.semitone, LANE)

    def _bars(self, pen: _Pen, top: float, start: int, end: int) -> None:
        form, bottom = self.solo.progression, top + self.row_height
        beat = TICKS_PER_BEAT * (2 if self.solo.double_time else 1)
        first, last = bisect_left(self.bars, start), bisect_left(self.bars, end)
        lines = [*self.bars[first:last], end]
        for number, (since, until) in enumerate(pairwise(lines), first + 1):
            for tick in range(since + beat, until, beat):
                pen.line(self.x(tick, start), top, self.x(tick, start), bottom, PALE, 0.75)
            pen.line(self.x(since, start), top - 4, self.x(since, start), bottom, GRAY, 1.25)
            pen.text(self.x(since, start) + 3, top - 24, str(number), 10, GRAY)
        color, thickness = (INK, 3.0) if end == form.length else (GRAY, 1.25)
        pen.line(self.x(end, start), top - 4, self.x(end, start), bottom, color, thickness)
        for edge in (top, bottom):
            pen.line(LEFT, edge, self.x(end, start), edge, GRAY, 0.75)

    def _keyboard(self, pen: _Pen, top: float) -> None:
        for pitch in range(self.low, self.high + 1):
            y = self.y(pitch, top)
            black = pitch % 12 in (1, 3, 6, 8, 10)
            pen.rect(
                LEFT - 15, y, 9 if black else 13, self.semitone, BLACK_KEY if black else "#ffffff", PALE, 0.5
            )
            if pitch % 12 in (0, 5):
                pen.text(LEFT - 19, y + self.semitone - 0.5, note_label(pitch), 9, INK, "end")

    def _chords(self, pen: _Pen, top: float, start: int, end: int) -> None:
        form = self.solo.progression
        first, after = (bisect_left(form.sections, tick, key=_tick) for tick in (start, end))
        for section in form.sections[first:after]:
            x, width = self.x(section.tick, start) + 20, 7.5 * len(section.name) + 8
            pen.rect(x, top - 36, width, 15, "#ffffff", INK, 1)
            pen.text(x + width / 2, top - 24.5, section.name, 11, INK, "middle", bold=True)
            line = self.x(section.tick, start)
            pen.line(line, top - 4, line, top + self.row_height, INK, 2)
        for since, until, symbol in _chord_spans(form, start, end):
            text = display(symbol)
            room = self.x(until, start) - self.x(since, start) - 5
            size = min(15.0, max(8.0, room / (0.66 * len(text))))
            pen.text(self.x(since, start) + 3, top - 7, text, size, INK, bold=True)

    def _note(self, pen: _Pen, note: Note, top: float, start: int, end: int) -> None:
        form = self.solo.progression
        x = self.x(max(note.onset, start), start)
        width = self.x(min(note.end, end), start) - x - 0.8  # a hair of light between repeated notes
        where = form.bar_at(note.onset)
        beat = (note.onset - form.bar_start(note.onset)) / TICKS_PER_BEAT + 1
        kind = classify(note, form)
        tip = f"bar {where + 1}, beat {beat:.3g}: {note_label(note.pitch)}, {_CLASSES[kind][2]}"
        self._box(pen, kind, x, self.y(note.pitch, top), width, self.semitone, tip)

    def _box(
        self, pen: _Pen, kind: str, x: float, y: float, width: float, height: float, tip: str = ""
    ) -> None:
        fill, outline, _ = _CLASSES[kind]
        thickness = 1.25 if kind == "outside" else 0.9
        half = thickness / 2
        inside = max(width - thickness, 1), height - thickness
        pen.rect(x + half, y + half, *inside, fill, outline, thickness, tip)
        if kind == "outside" and height > 5:  # in a lower one it would fill what should be hollow
            pen.line(x, y + height / 2, x + max(width, 2), y + height / 2, outline, 1)


def _tick(section: Section) -> int:
    return section.tick


def _chord_spans(form: Progression, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """From, until and symbol of each chord that sounds in `start`..`end`, cut to that."""
    changes = form.chords[form.chord_index(start) : form.chord_index(end - 1) + 1]
    for change, until in zip(changes, [*(change.tick for change in changes), end][1:], strict=True):
        yield max(change.tick, start), until, change.symbol


# --------------------------------------------------------------------------------------------- probabilities


_STEPS_PER_ROW = 104
_CELL = (10.0, 4.0)  # a step's width and a value's height
_SHADES = (
    *("#e3eef7", "#cbe0f0", "#aed0e8", "#8dbcde", "#69a6d2"),
    *("#4690c4", "#2a79b3", "#15629d", "#0a4a80", "#04305a"),
)
_SURPRISE = 34  # height of the strip below a row
_ORDER = (REST, *range(REST))  # rests at the bottom, then the root and upwards


def probabilities_plot(
    probs: npt.ArrayLike,
    values: Sequence[int],
    path: str | os.PathLike[str],
    *,
    progression: Progression | None = None,
    title: str = "",
) -> None:
    """Draw what a model expected against what was played into `path`, an .svg or a .png; see
    `probabilities_svg`.
    """
    _save(path, _HeatPage(probs, values, progression, title))


def probabilities_svg(
    probs: npt.ArrayLike,
    values: Sequence[int],
    *,
    progression: Progression | None = None,
    title: str = "",
) -> str:
    """A heat map of `probs` (n, 78) over n steps, the played `values` (n,) in boxes, as SVG text.

    Each degree has six lines, a 16th at the bottom and a whole note at the top. Below stands how much each
    played value surprised, in nats. With `progression`, played from its start and over again, bar lines and
    chords stand above. Raises `OptionError` where the sizes do not fit.
    """
    return _svg(_HeatPage(probs, values, progression, title))


@dataclass(frozen=True, slots=True)
class _Mark:
    step: int
    text: str
    is_bar: bool


class _HeatPage:
    """Where everything stands on the page of a model's probabilities."""

    def __init__(
        self, probs: npt.ArrayLike, values: Sequence[int], form: Progression | None, title: str
    ) -> None:
        self.probs = np.asarray(probs, dtype=np.float64)  # (n, 78)
        if self.probs.ndim != 2 or self.probs.shape[1] != N_VALUES or not len(self.probs):
            raise OptionError(f"probabilities must be of shape (n, {N_VALUES}), received {self.probs.shape}")
        if len(values) != len(self.probs) or not all(0 <= value < N_VALUES for value in values):
            raise OptionError(
                f"{len(self.probs)} steps need as many values of 0..{N_VALUES - 1}, received {len(values)}"
            )
        if not (np.isfinite(self.probs).all() and (self.probs >= 0).all() and (self.probs <= 1.001).all()):
            raise OptionError("probabilities must lie in 0..1, received others; pass them after the softmax")
        self.values = list(values)
        self.rows = range(0, len(values), _STEPS_PER_ROW)
        self.block = N_VALUES * _CELL[1]
        self.height = TOP + len(self.rows) * (HEADER + self.block + _SURPRISE + GAP + 8) + 8
        self.title = title or "What the model expected"
        self.marks = list(_marks(self.values, form)) if form else []

    def row_of(self, value: int) -> int:
        """The line of `value`, from the top."""
        degree, length = divmod(value, len(LENGTHS))
        return (len(_ORDER) - 1 - _ORDER.index(degree)) * len(LENGTHS) + len(LENGTHS) - 1 - length

    def draw(self, pen: _Pen) -> None:
        self._heading(pen)
        top: float = TOP + HEADER
        for start in self.rows:
            steps = range(start, min(start + _STEPS_PER_ROW, len(self.values)))
            self._degrees(pen, top, steps)
            self._heat(pen, top, steps)
            self._played(pen, top, steps)
            top += HEADER + self.block + _SURPRISE + GAP + 8

    def _nats(self) -> npt.NDArray[np.float64]:
        chosen = self.probs[np.arange(len(self.values)), self.values]
        return -np.log(np.maximum(chosen, 1e-12))  # (n,)

    def _heading(self, pen: _Pen) -> None:
        pen.text(LEFT, 38, self.title, 24, bold=True)
        share = float(np.mean(self.probs.argmax(axis=1) == self.values))
        facts = f"{len(self.values)} values  ·  {self._nats().mean():.2f} nats a value"
        pen.text(LEFT, 60, f"{facts}  ·  the likeliest was played {100 * share:.0f} % of the time", 13, GRAY)
        x = WIDTH - RIGHT - 10 * len(_SHADES) - 96
        pen.text(x - 8, 60, "probability 0", 12, INK, "end")
        for number, shade in enumerate(_SHADES):
            pen.rect(x + 10 * number, 50, 10, 11, shade)
        pen.text(x + 10 * len(_SHADES) + 6, 60, "1", 12)
        pen.rect(x + 10 * len(_SHADES) + 30, 51, 10, 8, "none", VERMILION, 1.75)
        pen.text(x + 10 * len(_SHADES) + 46, 60, "played", 12)
        lengths = "in each degree from the bottom: 16th, triplet, eighth, quarter, half, whole"
        pen.text(WIDTH - RIGHT, 38, lengths, 12, GRAY, "end")

    def _degrees(self, pen: _Pen, top: float, steps: range) -> None:
        right = LEFT + len(steps) * _CELL[0]
        band = len(LENGTHS) * _CELL[1]
        names = dict(enumerate([*DEGREE_NAMES, "rest"]))
        for number, degree in enumerate(reversed(_ORDER)):
            y = top + number * band
            if number % 2:
                pen.rect(LEFT, y, right - LEFT, band, "#f6f6f6")
            pen.line(LEFT, y, right, y, PALE, 0.75)
            pen.text(LEFT - 6, y + band / 2 + 4, names[degree], 11, INK, "end")
        pen.line(LEFT, top + self.block, right, top + self.block, GRAY, 0.75)
        for mark in self.marks:
            if mark.step in steps:
                x = LEFT + (mark.step - steps.start) * _CELL[0]
                above, thickness = (4, 1.25) if mark.is_bar else (0, 0.6)
                pen.line(x, top - above, x, top + self.block, GRAY, thickness)
        self._labels(pen, top, steps)

    def _labels(self, pen: _Pen, top: float, steps: range) -> None:
        """Chords above their first value, smaller or left out where there is no room."""
        shown = [mark for mark in self.marks if mark.step in steps and mark.text]
        nexts = [*(mark.step for mark in shown), steps.stop][1:]
        for mark, following in zip(shown, nexts, strict=True):
            room = (following - mark.step) * _CELL[0] - 3
            size = min(13.0, room / (0.68 * len(mark.text)))
            if size >= 7:
                x = LEFT + (mark.step - steps.start) * _CELL[0] + 2
                pen.text(x, top - 7, mark.text, size, INK, bold=True)
        pen.text(LEFT, top - 24, f"step {steps.start + 1}", 10, GRAY)

    def _heat(self, pen: _Pen, top: float, steps: range) -> None:
        # The square root spreads the small probabilities, where most of what differs lies.
        shades = np.floor(np.sqrt(self.probs[steps.start : steps.stop]) * len(_SHADES)).astype(int) - 1
        for shade, color in enumerate(_SHADES):
            exact = shades.clip(max=len(_SHADES) - 1) == shade
            cells = [(self.row_of(int(value)), int(step)) for step, value in np.argwhere(exact)]
            if cells:
                pen.cells(LEFT, top, _CELL, cells, color)

    def _played(self, pen: _Pen, top: float, steps: range) -> None:
        nats, base = self._nats(), top + self.block + _SURPRISE
        scale = (_SURPRISE - 6) / 6.0  # nats; what is rarer than 1 in 400 fills the strip
        for step in steps:
            x = LEFT + (step - steps.start) * _CELL[0]
            y = top + self.row_of(self.values[step]) * _CELL[1]
            tip = f"step {step + 1}: {_name_value(self.values[step])}, p = {np.exp(-nats[step]):.3f}"
            pen.rect(x + 0.2, y - 0.6, _CELL[0] - 0.4, _CELL[1] + 1.2, "none", VERMILION, 1.75, tip)
            height = min(float(nats[step]), 6.0) * scale
            pen.rect(x + 1, base - height, _CELL[0] - 2, height, GRAY)
        pen.line(LEFT, base, LEFT + len(steps) * _CELL[0], base, GRAY, 0.75)
        pen.text(LEFT - 6, base - 12, "surprise", 9, GRAY, "end")
        pen.text(LEFT - 6, base - 2, "(nats)", 9, GRAY, "end")


def _name_value(value: int) -> str:
    degree, length = divmod(value, len(LENGTHS))
    names = ("16th", "triplet", "eighth", "quarter", "half", "whole")
    return f"{'rest' if degree == REST else DEGREE_NAMES[degree]}, {names[length]}"


def _marks(values: Sequence[int], form: Progression) -> Iterator[_Mark]:
    """Where bars and chords begin among the steps: at the first value that starts at or after them."""
    onsets = list(accumulate((LENGTHS[value % len(LENGTHS)] for value in values), initial=0))[:-1]
    last_bar = last_chord = -1
    for step, onset in enumerate(onsets):
        chorus, tick = divmod(onset, form.length)
        bar = chorus * len(form.bar_ticks) + form.bar_at(tick)
        chord = chorus * len(form.chords) + bisect_right([change.tick for change in form.chords], tick) - 1
        if (bar, chord) != (last_bar, last_chord):
            text = display(form.chord_at(tick).symbol) if chord != last_chord else ""
            yield _Mark(step, text, bar != last_bar)
        last_bar, last_chord = bar, chord


# ----------------------------------------------------------------------------------------------------- files


def _svg(page: _RollPage | _HeatPage) -> str:
    pen = _SvgPen(page.title, page.height)
    page.draw(pen)
    return pen.finish()


def _save(path: str | os.PathLike[str], page: _RollPage | _HeatPage) -> None:
    path = Path(path)
    match path.suffix.lower():
        case ".svg":
            data = _svg(page).encode()
        case ".png":
            pen = _PngPen(page.height)
            page.draw(pen)
            data = pen.finish()
        case _:
            raise OptionError(f"a picture ends in .svg or .png, received {path.name!r}")
    with replacing(path) as temporary:
        temporary.write_bytes(data)
