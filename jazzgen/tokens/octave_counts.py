"""In which octaves this soloist has played the notes of a pitch class so far, by what was played before.

The octave of a note is told by its displacement, -2..2 octaves from the pitch nearest to the last one
(`features.DISPLACEMENTS`). Each of the views here counts which displacement followed, in one context:

    view             context                                              a
    pitch            none: how often each of the five pitches was played  4
    after_pitch      the last pitch, the next pitch class                 1
    after_pitches    the last two pitches, the next pitch class           .5
    after_intervals  the last two intervals, the step to the nearest      .5

A model mixes what each view says into its own probabilities (`model/octave_views.py`), of which `a` is how
many counts they are worth.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.tokens.features import DISPLACEMENTS, displacement_class
from jazzgen.tokens.vocabulary import OCTAVE

Context: TypeAlias = tuple[int, ...]
Counts: TypeAlias = tuple[int, ...]


class OctaveView(NamedTuple):
    """A view and the weight `a` of the model's own opinion in counts."""

    name: str
    a: float


OCTAVE_VIEWS = (
    OctaveView("pitch", 4),
    OctaveView("after_pitch", 1),
    OctaveView("after_pitches", 0.5),
    OctaveView("after_intervals", 0.5),
)
SHAPE = (len(OCTAVE_VIEWS), len(DISPLACEMENTS))  # of the counts before a note
NOTHING = np.zeros(SHAPE, np.int16)
_UNHEARD: Counts = (0,) * len(DISPLACEMENTS)


class OctaveCounts:
    """The counts of one solo, moved on note by note."""

    __slots__ = ("_followed", "_last", "_played")

    def __init__(self) -> None:
        self._played: dict[int, int] = {}  # how often each pitch
        self._followed: dict[Context, Counts] = {}  # how often each displacement, by context
        self._last: tuple[int, ...] = ()  # the last three pitches, the latest first

    def copy(self) -> OctaveCounts:
        """The same counts, to go on from on their own."""
        other = OctaveCounts()
        other._played, other._followed, other._last = self._played.copy(), self._followed.copy(), self._last
        return other

    def _contexts(self, near: int) -> list[Context]:
        """The context of each view but the first, as far as there were notes; of different lengths, so that
        one table holds all.
        """
        last, step = self._last, near % OCTAVE
        contexts: list[Context] = []
        if last:
            contexts.append((last[0], step))
        if len(last) > 1:
            contexts.append((last[0], last[1], step))
        if len(last) > 2:
            contexts.append((last[0] - last[1], last[1] - last[2], near - last[0], 0))
        return contexts

    def counts(self, near: int) -> npt.NDArray[np.int16]:
        """(4, 5) What each view counted of the five octaves of a note whose nearest pitch is `near`."""
        counts = NOTHING.copy()
        counts[0] = [self._played.get(near + OCTAVE * octave, 0) for octave in DISPLACEMENTS]
        for k, context in enumerate(self._contexts(near), start=1):
            counts[k] = self._followed.get(context, _UNHEARD)
        return counts

    def advance(self, near: int, pitch: int) -> None:
        """Count a note of `pitch` whose nearest pitch was `near`."""
        octave = displacement_class(near, pitch)
        for context in self._contexts(near):
            counts = list(self._followed.get(context, _UNHEARD))
            counts[octave] += 1
            self._followed[context] = tuple(counts)
        self._played[pitch] = self._played.get(pitch, 0) + 1
        self._last = (pitch, *self._last[:2])
