"""Mid-level units: what a solo is made of between note and chorus, read from its notes by rule.

A unit is a phrase with what a player might have had in mind for it. The kinds and the way of writing units
are those of Frieler, Pfleiderer, Zaddach and Abesser, "Midlevel analysis of monophonic jazz solos" (2016):

    lick      short, of its own rhythm
    line      many pitches, mostly in even steps
    melody    slow, as if sung
    rhythm    few pitches, often repeated
    _a _d     the unit rises, falls;  _cx _cv  rises and falls, falls and rises;  _w  none of them
    #2        takes up the unit two before it, in rhythm and contour or in intervals; # the one before
    :6        beats that it lasts
    rest      silence
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, Note, Solo, instrument

KINDS = ("lick", "line", "melody", "rhythm")
# How far the mean pitch of each third of its time lies above that of a unit, in semitones, in people's solos.
CONTOURS = {
    "w": (0.0, 0.0, 0.0),
    "a": (-3.3, 0.6, 3.5),
    "d": (3.3, -0.3, -3.9),
    "cx": (-1.6, 2.9, -1.9),
    "cv": (2.0, -3.0, 1.6),
}
THIRDS = 3
FARTHEST_BACK = 8  # units
MANY_PITCHES = 9  # different ones in a line, at least
SLOW = 1.07  # notes a beat of a melody, at most
FEW_PITCHES = 1 / 3  # different ones for each note of a rhythm, at most
SHORTEST_RHYTHM, SHORTEST_MELODY = 4, 3  # notes; different pitches
TURN = 2.0  # semitones by which a third of a unit lies above or below another to be heard
COMPARED, LEAST_COMPARED = 8, 4  # first notes by which a unit is known again
ALIKE = 0.75  # share of them


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit from the beat `start` of the form, `beats` long, with `pace` notes a beat and a mean pitch
    `height` semitones above the middle of the instrument; `back` is how many units before it the one stands
    that it takes up, 0 for none.
    """

    start: int
    beats: int
    kind: str
    contour: str = "w"
    pace: float = 1.5
    height: float = 0.0
    back: int = 0

    @property
    def end(self) -> int:
        """The beat before which it ends."""
        return self.start + self.beats

    @property
    def name(self) -> str:
        """Kind, contour and what it takes up, as in `line_a#2`."""
        return f"{self.kind}_{self.contour}{f'#{self.back}' if self.back else ''}"


def units_of(solo: Solo) -> list[Unit]:
    """The units of a solo, from its notes alone."""
    middle = instrument(solo.instrument).middle
    phrases = phrases_of(solo.notes)
    units: list[Unit] = []
    for k, notes in enumerate(phrases):
        start, end = notes[0].onset // TICKS_PER_BEAT, -(-notes[-1].end // TICKS_PER_BEAT)
        pitches = np.array([note.pitch for note in notes])
        pace = len(notes) / (end - start)
        earlier = phrases[max(k - FARTHEST_BACK, 0) : k]
        units.append(
            Unit(
                start,
                end - start,
                _kind(pitches, pace),
                _contour(pitches),
                pace,
                float(pitches.mean()) - middle,
                next((back for back, other in enumerate(reversed(earlier), 1) if alike(notes, other)), 0),
            )
        )
    return units


def text_of(units: Sequence[Unit]) -> str:
    """Units and rests as `unit_plan.parse_units` reads them, but for the choruses."""
    words, before = [], 0
    for unit in units:
        if unit.start > before:
            words.append(f"rest:{unit.start - before}")
        words.append(f"{unit.name}:{unit.beats}")
        before = unit.end
    return " ".join(words)


def phrases_of(notes: Sequence[Note]) -> list[Sequence[Note]]:
    """The notes phrase by phrase."""
    starts = phrase_starts([note.onset for note in notes], [note.end for note in notes])
    return [notes[first:last] for first, last in pairwise([*starts, len(notes)])]


class Likeness(NamedTuple):
    """Shares of a phrase's first notes that agree with those of another: the steps between onsets, the ways
    up and down, the intervals.
    """

    rhythm: float
    contour: float
    intervals: float


def likeness(notes: Sequence[Note], other: Sequence[Note]) -> Likeness | None:
    """How much the beginnings of two phrases agree; None where one has too few notes to tell."""
    count = min(len(notes), len(other), COMPARED)
    if count < LEAST_COMPARED:
        return None
    mine, theirs = notes[:count], other[:count]
    intervals = _steps(mine, "pitch"), _steps(theirs, "pitch")
    return Likeness(
        float(np.mean(_steps(mine, "onset") == _steps(theirs, "onset"))),
        float(np.mean(np.sign(intervals[0]) == np.sign(intervals[1]))),
        float(np.mean(intervals[0] == intervals[1])),
    )


def alike(notes: Sequence[Note], earlier: Sequence[Note]) -> bool:
    """Whether a phrase takes up an earlier one: in rhythm and contour, or in intervals."""
    shares = likeness(notes, earlier)
    if shares is None:
        return False
    return shares.intervals >= ALIKE or min(shares.rhythm, shares.contour) >= ALIKE


def _steps(notes: Sequence[Note], of: str) -> npt.NDArray[np.int_]:
    return np.diff([getattr(note, of) for note in notes])


def _kind(pitches: npt.NDArray[np.int_], pace: float) -> str:
    """The kind by rule: that of the Weimar Jazz Database's annotators in two phrases of three."""
    different = len(set(pitches.tolist()))
    if len(pitches) >= SHORTEST_RHYTHM and different <= min(FEW_PITCHES * len(pitches), MANY_PITCHES - 1):
        return "rhythm"
    if pace <= SLOW and different >= SHORTEST_MELODY:
        return "melody"
    return "line" if different >= MANY_PITCHES else "lick"


def _contour(pitches: npt.NDArray[np.int_]) -> str:
    """The way from the first third of the notes over the second to the last."""
    if len(pitches) < THIRDS:
        rise = float(pitches[-1] - pitches[0])
        return "a" if rise >= TURN else "d" if rise <= -TURN else "w"
    first, second, third = (float(part.mean()) for part in np.array_split(pitches, THIRDS))
    if second >= max(first, third) + TURN:
        return "cx"
    if second <= min(first, third) - TURN:
        return "cv"
    return "a" if third >= first + TURN else "d" if third <= first - TURN else "w"
