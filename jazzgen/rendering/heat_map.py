"""A heat map of what a model expected at each value of a solo.

In: the solo and, for each of its values, the probabilities of all 78. Out: an SVG or PNG. Time goes to the
right, the degrees upwards, in each its six lengths; what was played is in boxes, and a strip below says how
unlikely it was, in nats.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.music.score import Progression, Solo
from jazzgen.rendering.page import GAP, GRAY, HEADER, INK, LEFT, PALE, RIGHT, TOP, VERMILION, WIDTH, Pen, save
from jazzgen.rendering.symbols import DEGREE_NAMES, display
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST, encode, parts_of

_STEPS_PER_ROW = 104
_CELL = (10.0, 4.0)  # a step's width and a value's height
_BAND = len(LENGTHS) * _CELL[1]  # a degree's height
_BLOCK = N_VALUES * _CELL[1]
_SHADES = (
    *("#e3eef7", "#cbe0f0", "#aed0e8", "#8dbcde", "#69a6d2"),
    *("#4690c4", "#2a79b3", "#15629d", "#0a4a80", "#04305a"),
)
_SURPRISE = 34  # height of the strip below a row
_ROW = HEADER + _BLOCK + _SURPRISE + GAP + 8
_ROWS = (*reversed(DEGREE_NAMES), "rest")  # from the top
_LENGTH_NAMES = ("16th", "triplet", "eighth", "quarter", "half", "whole")


def plot_probabilities(solo: Solo, probs: npt.ArrayLike, path: str | os.PathLike[str]) -> None:
    """Draw `probs` (n, 78), what a model expected at each of the n values of `solo`, into an .svg or .png.

    Raises `OptionError` for another suffix and for what are no such probabilities.
    """
    save(HeatPage(solo, probs), path)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a bar or a chord begins: at which step, and the chord's symbol where it is a new one."""

    step: int
    text: str
    is_bar: bool


class HeatPage:
    """The page of a model's probabilities (n, 78), laid out."""

    def __init__(self, solo: Solo, probs: npt.ArrayLike) -> None:
        self.values = encode(solo)
        self.probs = np.asarray(probs, dtype=np.float64)  # (n, 78)
        if self.probs.shape != (len(self.values), N_VALUES) or not self.values:
            raise OptionError(
                f"the {len(self.values)} values of this solo need probabilities of shape "
                f"({len(self.values)}, {N_VALUES}), received {self.probs.shape}"
            )
        if not (np.isfinite(self.probs).all() and (self.probs >= 0).all() and (self.probs <= 1.001).all()):
            raise OptionError("probabilities must lie in 0..1, received others; pass them after the softmax")
        chosen = self.probs[np.arange(len(self.values)), self.values]
        self.nats = -np.log(np.maximum(chosen, 1e-12))  # (n,)
        self.rows = range(0, len(self.values), _STEPS_PER_ROW)
        self.height = TOP + len(self.rows) * _ROW + 8
        self.title = solo.title or "What the model expected"
        self.marks = list(_marks(self.values, solo.progression))

    def draw(self, pen: Pen) -> None:
        """Draw all rows."""
        self._heading(pen)
        top: float = TOP + HEADER
        for start in self.rows:
            steps = range(start, min(start + _STEPS_PER_ROW, len(self.values)))
            self._degrees(pen, top, steps)
            self._labels(pen, top, steps)
            self._heat(pen, top, steps)
            self._played(pen, top, steps)
            top += _ROW

    def _heading(self, pen: Pen) -> None:
        pen.text(LEFT, 38, self.title, 24, bold=True)
        share = float(np.mean(self.probs.argmax(axis=1) == self.values))
        facts = f"{len(self.values)} values  ·  {self.nats.mean():.2f} nats a value"
        pen.text(LEFT, 60, f"{facts}  ·  the likeliest was played {100 * share:.0f} % of the time", 13, GRAY)
        x = WIDTH - RIGHT - 10 * len(_SHADES) - 96
        pen.text(x - 8, 60, "probability 0", 12, INK, "end")
        for number, shade in enumerate(_SHADES):
            pen.rect(x + 10 * number, 50, 10, 11, shade)
        pen.text(x + 10 * len(_SHADES) + 6, 60, "1", 12)
        pen.rect(x + 10 * len(_SHADES) + 30, 51, 10, 8, "none", VERMILION, 1.75)
        pen.text(x + 10 * len(_SHADES) + 46, 60, "played", 12)
        lengths = f"in each degree from the bottom: {', '.join(_LENGTH_NAMES)}"
        pen.text(WIDTH - RIGHT, 38, lengths, 12, GRAY, "end")

    def _degrees(self, pen: Pen, top: float, steps: range) -> None:
        right = LEFT + len(steps) * _CELL[0]
        for number, name in enumerate(_ROWS):
            y = top + number * _BAND
            if number % 2:
                pen.rect(LEFT, y, right - LEFT, _BAND, "#f6f6f6")
            pen.line(LEFT, y, right, y, PALE, 0.75)
            pen.text(LEFT - 6, y + _BAND / 2 + 4, name, 11, INK, "end")
        pen.line(LEFT, top + _BLOCK, right, top + _BLOCK, GRAY, 0.75)
        for mark in self.marks:
            if mark.step in steps:
                x = LEFT + (mark.step - steps.start) * _CELL[0]
                above, thickness = (4, 1.25) if mark.is_bar else (0, 0.6)
                pen.line(x, top - above, x, top + _BLOCK, GRAY, thickness)

    def _labels(self, pen: Pen, top: float, steps: range) -> None:
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

    def _heat(self, pen: Pen, top: float, steps: range) -> None:
        # The square root spreads the small probabilities, where most of what differs lies.
        shades = np.floor(np.sqrt(self.probs[steps.start : steps.stop]) * len(_SHADES)).astype(int) - 1
        for shade, color in enumerate(_SHADES):
            exact = shades.clip(max=len(_SHADES) - 1) == shade
            corners = [
                (LEFT + step * _CELL[0], top + _row_of(value) * _CELL[1])
                for step, value in np.argwhere(exact).tolist()
            ]
            if corners:
                pen.cells(corners, _CELL, color)

    def _played(self, pen: Pen, top: float, steps: range) -> None:
        base = top + _BLOCK + _SURPRISE
        scale = (_SURPRISE - 6) / 6.0  # nats; what is rarer than 1 in 400 fills the strip
        for step in steps:
            x = LEFT + (step - steps.start) * _CELL[0]
            y = top + _row_of(self.values[step]) * _CELL[1]
            degree, length = parts_of(self.values[step])
            name = "rest" if degree == REST else DEGREE_NAMES[degree]
            tip = f"step {step + 1}: {name}, {_LENGTH_NAMES[length]}, p = {np.exp(-self.nats[step]):.3f}"
            pen.rect(x + 0.2, y - 0.6, _CELL[0] - 0.4, _CELL[1] + 1.2, "none", VERMILION, 1.75, tip)
            height = min(float(self.nats[step]), 6.0) * scale
            pen.rect(x + 1, base - height, _CELL[0] - 2, height, GRAY)
        pen.line(LEFT, base, LEFT + len(steps) * _CELL[0], base, GRAY, 0.75)
        pen.text(LEFT - 6, base - 12, "surprise", 9, GRAY, "end")
        pen.text(LEFT - 6, base - 2, "(nats)", 9, GRAY, "end")


def _row_of(value: int) -> int:
    """The line of `value`, from the top: the major seventh first, rests last, whole notes above 16ths."""
    degree, length = parts_of(value)
    band = REST if degree == REST else REST - 1 - degree
    return band * len(LENGTHS) + len(LENGTHS) - 1 - length


def _marks(values: Sequence[int], form: Progression) -> Iterator[_Mark]:
    """Where bars and chords begin among the steps: at the first value that starts at or after them."""
    last_bar = last_chord = -1
    lengths = [LENGTHS[parts_of(value)[1]] for value in values]
    for step, onset in enumerate(accumulate(lengths[:-1], initial=0)):
        bar, chord = form.bar_at(onset), form.chord_index(onset)
        if (bar, chord) != (last_bar, last_chord):
            text = display(form.chords[chord].symbol) if chord != last_chord else ""
            yield _Mark(step, text, bar != last_bar)
        last_bar, last_chord = bar, chord
