"""A piano roll of a solo against its chords.

In: a `Solo`. Out: an SVG or PNG. The page reads like a chart: a few bars to a row, bar numbers, sections in
boxes and chord symbols above, a keyboard at the left. Pale lanes mark the pitches of the chord that sounds. A
chord tone is dark and full, a scale tone light, an outside tone hollow, so that the three differ in black and
white too; one that is held mostly into the next chord is classified against that. Lines below a row name the
phrases (`music.units`).
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter

from jazzgen.errors import OptionError
from jazzgen.music.chords import chord_scale, parse_chord
from jazzgen.music.keys import estimate_key
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression, Solo
from jazzgen.music.units import units_of
from jazzgen.rendering.page import GAP, GRAY, HEADER, INK, LEFT, PALE, RIGHT, TOP, VERMILION, WIDTH, Pen, save
from jazzgen.rendering.sources import Source, solo_of
from jazzgen.rendering.symbols import display, note_label, with_accidentals

SEMITONE = 4.0, 6.0  # a note's least and greatest height
ROW = 160  # the height at which a row begins to take lower notes
UNIT_LETTER = 5.0  # pixels
LANE = "#eef3f8"
ORANGE, BLACK_KEY = "#F3B63F", "#4a4a4a"

#               fill     outline    what it is called
_CLASSES = {
    "chord":   ("#005A8C", "#00395A", "chord tone"),
    "scale":   (ORANGE,    "#8A5A00", "scale tone"),
    "outside": ("#ffffff", VERMILION, "outside tone"),
    "none":    ("#b5b5b5", "#555555", "no chord"),
}  # fmt: skip


def plot(source: Source, path: str | os.PathLike[str], bars_per_row: int | None = None) -> None:
    """Draw a solo (a `Solo`, that of a take, or of a MIDI file) as a piano roll into `path`, .svg or .png.

    `bars_per_row` bars of the file stand in a row (1..16; 4 if not given, 2 for a solo read in double time,
    whose bars hold twice as much). Raises `OptionError` outside that and for another suffix.
    """
    save(RollPage(solo_of(source), bars_per_row), path)


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


class RollPage:
    """The page of a solo, or of other `notes` over its form, laid out."""

    def __init__(
        self, solo: Solo, bars_per_row: int | None = None, notes: Sequence[Note] | None = None
    ) -> None:
        per_row = 4 // solo.time_scale if bars_per_row is None else bars_per_row
        if not 1 <= per_row <= 16:
            raise OptionError(f"a row holds 1..16 bars, received {bars_per_row}")
        self.solo = solo
        self.notes = solo.notes if notes is None else notes
        form = solo.progression
        # In double time two bars of the grid are one of the file, and the file is what the user looks at.
        self.bars = form.bar_ticks[:: solo.time_scale]
        starts = self.bars[::per_row]
        self.rows = list(pairwise([*starts, form.length]))
        self.ticks_per_row = max(end - start for start, end in self.rows)
        self.units = units_of(solo) if notes is None else []
        pitches = [note.pitch for note in self.notes] or [60]
        self.low, self.high = min(pitches) - 2, max(pitches) + 2
        lanes = self.high - self.low + 1
        self.semitone = min(max(ROW / lanes, SEMITONE[0]), SEMITONE[1])
        self.row_height = lanes * self.semitone
        self.height: float = round(TOP + len(self.rows) * (HEADER + self.row_height + GAP) + 8)
        self.title = solo.title or form.title or "Solo"

    def x(self, tick: float, row_start: int) -> float:
        """Where `tick` stands in the row that begins at `row_start`."""
        return LEFT + (tick - row_start) * (WIDTH - LEFT - RIGHT) / self.ticks_per_row

    def y(self, pitch: float, top: float) -> float:
        """The upper edge of the lane of `pitch` in the row whose roll starts at `top`."""
        return top + (self.high - pitch) * self.semitone

    def draw(self, pen: Pen) -> None:
        """Draw all rows."""
        self._heading(pen)
        onsets, ends = [note.onset for note in self.notes], [note.end for note in self.notes]
        top: float = TOP + HEADER
        for start, end in self.rows:
            self._lanes(pen, top, start, end)
            self._bars(pen, top, start, end)
            self._numbers(pen, top, start, end)
            self._keyboard(pen, top)
            self._chords(pen, top, start, end)
            self._units(pen, top + self.row_height, start, end)
            for note in self.notes[bisect_right(ends, start) : bisect_left(onsets, end)]:
                self._note(pen, note, top, start, end)
            top += HEADER + self.row_height + GAP

    def _heading(self, pen: Pen) -> None:
        solo, form = self.solo, self.solo.progression
        pen.text(LEFT, 38, self.title, 24, bold=True)
        key = with_accidentals(form.key or estimate_key(form))
        facts = [solo.player, solo.instrument.replace("-", " "), key]
        facts += [form.meters[0].signature, f"{solo.tempo:.0f} BPM", form.style]
        pen.text(LEFT, 60, "  ·  ".join(fact for fact in facts if fact), 13, GRAY)

        kinds = Counter(classify(note, form) for note in self.notes)
        x: float = WIDTH - RIGHT
        for kind, (_, _, name) in reversed(_CLASSES.items()):
            if kind == "none" and not kinds[kind]:
                continue
            share = f"{name} {100 * kinds[kind] / max(len(self.notes), 1):.0f} %"
            x -= 6.9 * len(share)  # about the width of 12 px letters
            pen.text(x, 60, share, 12)
            self._box(pen, kind, x - 28, 50, 22, 10)
            x -= 44
        pen.text(WIDTH - RIGHT, 38, "pale lanes: the chord that sounds", 12, GRAY, "end")

    def _lanes(self, pen: Pen, top: float, start: int, end: int) -> None:
        for since, until, symbol in _chord_spans(self.solo.progression, start, end):
            chord = parse_chord(symbol)
            if chord is None:
                continue
            x, width = self.x(since, start), self.x(until, start) - self.x(since, start)
            for pitch in range(self.low, self.high + 1):
                if pitch % 12 in chord.pitch_classes:
                    pen.rect(x, self.y(pitch, top), width, self.semitone, LANE)

    def _numbers(self, pen: Pen, top: float, start: int, end: int) -> None:
        first, last = bisect_left(self.bars, start), bisect_left(self.bars, end)
        for number, bar in enumerate(self.bars[first:last], first + 1):
            pen.text(self.x(bar, start) + 3, top - 24, str(number), 10, GRAY)

    def _bars(self, pen: Pen, top: float, start: int, end: int) -> None:
        form, bottom = self.solo.progression, top + self.row_height
        beat = self.solo.grid_beat
        lines = [*self.bars[bisect_left(self.bars, start) : bisect_left(self.bars, end)], end]
        for since, until in pairwise(lines):
            for tick in range(since + beat, until, beat):
                pen.line(self.x(tick, start), top, self.x(tick, start), bottom, PALE, 0.75)
            pen.line(self.x(since, start), top - 4, self.x(since, start), bottom, GRAY, 1.25)
        color, thickness = (INK, 3.0) if end == form.length else (GRAY, 1.25)
        pen.line(self.x(end, start), top - 4, self.x(end, start), bottom, color, thickness)
        for edge in (top, bottom):
            pen.line(LEFT, edge, self.x(end, start), edge, GRAY, 0.75)

    def _keyboard(self, pen: Pen, top: float) -> None:
        for pitch in range(self.low, self.high + 1):
            y = self.y(pitch, top)
            black = pitch % 12 in (1, 3, 6, 8, 10)
            pen.rect(
                LEFT - 15, y, 9 if black else 13, self.semitone, BLACK_KEY if black else "#ffffff", PALE, 0.5
            )
            if pitch % 12 in (0, 5):
                pen.text(LEFT - 19, y + self.semitone - 0.5, note_label(pitch), 9, INK, "end")

    def _chords(self, pen: Pen, top: float, start: int, end: int) -> None:
        form = self.solo.progression
        first, after = (bisect_left(form.sections, tick, key=attrgetter("tick")) for tick in (start, end))
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

    def _units(self, pen: Pen, bottom: float, start: int, end: int) -> None:
        """The phrases under a row: a line as long as each, with its name where it begins."""
        for unit in self.units:
            since, until = unit.start * TICKS_PER_BEAT, unit.end * TICKS_PER_BEAT
            if since < end and until > start:
                x, right = self.x(max(since, start), start), self.x(min(until, end), start) - 3
                pen.line(x, bottom + 3.5, right, bottom + 3.5, GRAY, 1.5)
                if since >= start and right - x > UNIT_LETTER * len(unit.name):
                    pen.text(x, bottom + 13, unit.name, 9, GRAY)

    def _note(self, pen: Pen, note: Note, top: float, start: int, end: int) -> None:
        x = self.x(max(note.onset, start), start)
        width = self.x(min(note.end, end), start) - x - 0.8  # a gap between repeated notes
        bar = bisect_right(self.bars, note.onset)
        beat = (note.onset - self.bars[bar - 1]) / self.solo.grid_beat + 1
        kind = classify(note, self.solo.progression)
        tip = f"bar {bar}, beat {beat:.3g}: {note_label(note.pitch)}, {_CLASSES[kind][2]}"
        self._box(pen, kind, x, self.y(note.pitch, top), width, self.semitone, tip)

    def _box(
        self, pen: Pen, kind: str, x: float, y: float, width: float, height: float, tip: str = ""
    ) -> None:
        fill, outline, _ = _CLASSES[kind]
        thickness = 1.25 if kind == "outside" else 0.9
        half = thickness / 2
        inside = max(width - thickness, 1), height - thickness
        pen.rect(x + half, y + half, *inside, fill, outline, thickness, tip)
        if kind == "outside" and height > 5:  # in a lower one it would fill what should be hollow
            pen.line(x, y + height / 2, x + max(width, 2), y + height / 2, outline, 1)


def _chord_spans(form: Progression, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    """From, until and symbol of each chord that sounds in `start`..`end`, cut to that."""
    changes = form.chords[form.chord_index(start) : form.chord_index(end - 1) + 1]
    for change, until in zip(changes, [*(change.tick for change in changes), end][1:], strict=True):
        yield max(change.tick, start), until, change.symbol
