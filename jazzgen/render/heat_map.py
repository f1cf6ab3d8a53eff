"""What a model expected at each value of a solo, as a picture."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.music.score import Progression
from jazzgen.render.pens import (
    GAP,
    GRAY,
    HEADER,
    INK,
    LEFT,
    PALE,
    RIGHT,
    TOP,
    VERMILION,
    WIDTH,
    Pen,
    save,
    svg,
)
from jazzgen.render.symbols import DEGREE_NAMES, display
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST

__all__ = ["HeatPage", "probabilities_plot", "probabilities_svg"]


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
    save(path, HeatPage(probs, values, progression, title))


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
    return svg(HeatPage(probs, values, progression, title))


@dataclass(frozen=True, slots=True)
class _Mark:
    step: int
    text: str
    is_bar: bool


class HeatPage:
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

    def draw(self, pen: Pen) -> None:
        """Draw all rows."""
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

    def _heading(self, pen: Pen) -> None:
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

    def _degrees(self, pen: Pen, top: float, steps: range) -> None:
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
            cells = [(self.row_of(int(value)), int(step)) for step, value in np.argwhere(exact)]
            if cells:
                pen.cells(LEFT, top, _CELL, cells, color)

    def _played(self, pen: Pen, top: float, steps: range) -> None:
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
