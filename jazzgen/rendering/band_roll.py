"""The parts of a take under one another: a piano roll each, and of drums a line for every instrument.

In: the form and the parts. Out: an SVG or PNG, laid out as `piano_roll.py` lays out a solo. Notes stand where
they are played, swung or late; what is struck hard is dark.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jazzgen.music.score import DRUM_CHANNEL, Note, Part, Solo
from jazzgen.rendering.page import GAP, GRAY, HEADER, INK, LEFT, PALE, TOP, Pen, save
from jazzgen.rendering.piano_roll import RollPage

# What the keys of a General MIDI kit are.
KIT = {
    35: "bass drum", 36: "bass drum", 37: "side stick", 38: "snare", 39: "clap", 40: "snare", 41: "low tom",
    42: "closed hi-hat", 43: "low tom", 44: "hi-hat foot", 45: "mid tom", 46: "open hi-hat", 47: "mid tom",
    48: "high tom", 49: "crash", 50: "high tom", 51: "ride", 52: "china", 53: "ride bell", 54: "tambourine",
    55: "splash", 56: "cowbell", 57: "crash", 58: "vibraslap", 59: "ride", 60: "bongo", 61: "bongo",
    62: "conga", 63: "conga", 64: "conga", 65: "timbale", 66: "timbale", 67: "agogo", 68: "agogo",
    69: "cabasa", 70: "maracas", 75: "claves", 76: "wood block", 77: "wood block", 80: "triangle",
    81: "triangle", 82: "shaker",
}  # fmt: skip
# From the top, as they hang and stand: cymbals, hi-hat, skins, the bass drum below; others above all.
ORDER = (49, 57, 55, 52, 53, 51, 59, 46, 42, 44, 37, 40, 38, 39, 50, 48, 47, 45, 43, 41, 36, 35)
LINE = 9.0  # height of an instrument's line
BETWEEN = 20.0  # above a part
SHADES = ("#c9c9c9", "#8f8f8f", "#555555", "#1a1a1a")  # soft to hard
LOUD = (45, 70, 95)  # velocities at which a shade begins
SHORTEST = 2  # ticks that are drawn of a stroke


class Span(NamedTuple):
    """A row of a page: its notes stand from `start` to `end` in ticks, its upper edge is `top`."""

    start: int
    end: int
    top: float


class PartPage(RollPage):
    """The rows of one part; notes may sound together."""

    def __init__(self, solo: Solo, part: Part, bars_per_row: int | None) -> None:
        super().__init__(solo, bars_per_row, part.notes)
        self.part = part
        self.drums = part.channel == DRUM_CHANNEL
        if self.drums:
            keys = {note.pitch for note in part.notes}
            others = sorted(keys - set(ORDER), reverse=True)
            self.lines = [*others, *(key for key in ORDER if key in keys)]
            self.semitone = LINE
            self.row_height = LINE * len(self.lines)

    def y(self, pitch: float, top: float) -> float:
        """The upper edge of the lane of a pitch or an instrument in the row whose roll starts at `top`."""
        return top + self.lines.index(int(pitch)) * LINE if self.drums else super().y(pitch, top)

    def draw_part(self, pen: Pen, row: Span) -> None:
        """Draw what is played in a row."""
        pen.text(LEFT, row.top - 6, self.part.name, 11, GRAY, bold=True)
        if self.drums:
            self._names(pen, row.top)
        else:
            self._lanes(pen, row.top, row.start, row.end)
            self._keyboard(pen, row.top)
        self._bars(pen, row.top, row.start, row.end)
        for note in self.notes:
            if note.onset < row.end and note.end > row.start:
                self._note(pen, note, row.top, row.start, row.end)

    def _names(self, pen: Pen, top: float) -> None:
        for key in self.lines:
            y = self.y(key, top)
            pen.line(LEFT, y + LINE, self.x(self.ticks_per_row, 0), y + LINE, PALE, 0.5)
            pen.text(LEFT - 4, y + LINE - 2, KIT.get(key, f"key {key}"), 7, INK, "end")

    def _note(self, pen: Pen, note: Note, top: float, start: int, end: int) -> None:
        if not self.drums:
            super()._note(pen, note, top, start, end)
            return
        if not start <= note.onset < end:
            return
        bar = bisect_right(self.bars, note.onset)
        beat = (note.onset - self.bars[bar - 1]) / self.solo.grid_beat + 1
        tip = f"bar {bar}, beat {beat:.3g}: {KIT.get(note.pitch, f'key {note.pitch}')}, {note.velocity}"
        width = self.x(SHORTEST, 0) - self.x(0, 0)
        shade = SHADES[bisect_right(LOUD, note.velocity)]
        pen.rect(self.x(note.onset, start), self.y(note.pitch, top) + 1, width, LINE - 2, shade, tip=tip)


class BandPage(RollPage):
    """The page of all parts, laid out; `solo` has the form in the file's beats and the title."""

    def __init__(self, solo: Solo, parts: Sequence[Part], bars_per_row: int | None = None) -> None:
        pitched = [note for part in parts if part.channel != DRUM_CHANNEL for note in part.notes]
        super().__init__(
            solo, bars_per_row, [note for note in pitched if note.onset < solo.progression.length]
        )
        self.parts = [PartPage(solo, part, bars_per_row) for part in parts]
        self.row_height = sum(part.row_height + BETWEEN for part in self.parts) - BETWEEN
        self.height = round(TOP + len(self.rows) * (HEADER + BETWEEN + self.row_height + GAP) + 8)

    def draw(self, pen: Pen) -> None:
        """Draw all rows."""
        self._heading(pen)
        top: float = TOP + HEADER
        for start, end in self.rows:
            self._chords(pen, top, start, end)
            self._numbers(pen, top, start, end)
            top += BETWEEN
            for part, below in zip(self.parts, self._tops(), strict=True):
                part.draw_part(pen, Span(start, end, top + below))
            top += HEADER + self.row_height + GAP

    def _tops(self) -> Iterator[float]:
        top = 0.0
        for part in self.parts:
            yield top
            top += part.row_height + BETWEEN


def plot_band(
    solo: Solo, parts: Sequence[Part], path: str | os.PathLike[str], bars_per_row: int | None = None
) -> None:
    """Draw the parts of a file into an .svg or .png.

    Parameters
    ----------
    solo
        The form in beats of the file, its title and tempo.
    parts
        What is drawn, from the top.
    path
        The file to write.
    bars_per_row
        1..16; 4 if not given.

    Raises
    ------
    OptionError
        For another suffix, and outside 1..16.

    """
    save(BandPage(solo, parts, bars_per_row), path)
