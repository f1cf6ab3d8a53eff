"""A solo as arrays: what the statistics and the critic count from.

Letters: n notes, c chords. Times are ticks, 12 a beat; pitches are MIDI numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord, chord_scale, parse_chord
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import TICKS_PER_BEAT, Progression, Solo

__all__ = ["FloatArray", "IntArray", "Line", "Mask"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int_]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Line:
    """One solo, its notes side by side in arrays. Each is worked out when it is first asked for."""

    solo: Solo

    @cached_property
    def onset(self) -> IntArray:
        """(n,) ticks."""
        return np.array([note.onset for note in self.solo.notes], np.int_)

    @cached_property
    def end(self) -> IntArray:
        """(n,) ticks."""
        return np.array([note.end for note in self.solo.notes], np.int_)

    @cached_property
    def pitch(self) -> IntArray:
        """(n,) MIDI numbers."""
        return np.array([note.pitch for note in self.solo.notes], np.int_)

    @cached_property
    def interval(self) -> IntArray:
        """(n - 1,) semitones to the next note, up positive."""
        return np.diff(self.pitch)

    @cached_property
    def step(self) -> IntArray:
        """(n - 1,) ticks from each onset to the next."""
        return np.diff(self.onset)

    @cached_property
    def gap(self) -> IntArray:
        """(n - 1,) ticks of silence before the next note."""
        return self.onset[1:] - self.end[:-1]

    @cached_property
    def bar(self) -> IntArray:
        """(n,) the number of the bar that each note starts in, from 0."""
        return np.searchsorted(self._bars, self.onset, side="right") - 1

    @cached_property
    def place(self) -> IntArray:
        """(n,) ticks from the bar line to the onset."""
        return self.onset - self._bars[self.bar]

    @cached_property
    def chord(self) -> IntArray:
        """(n,) which chord of the progression sounds at the onset."""
        return self.chord_at(self.onset)

    @cached_property
    def pitch_class(self) -> IntArray:
        """(n,) 0 = C."""
        return self.pitch % 12

    @cached_property
    def degree(self) -> IntArray:
        """(n,) semitones above the reference root of the chord that sounds (N.C.: of the one before)."""
        roots = np.array(reference_roots(self.form), np.int_)
        return (self.pitch - roots[self.chord]) % 12

    @property
    def form(self) -> Progression:
        """The progression that the solo was played over."""
        return self.solo.progression

    @cached_property
    def tones(self) -> Mask:
        """(c, 12): is it a tone of the chord, its tensions and its bass included? N.C.: none is."""
        return np.array([_marked(chord.pitch_classes if chord else ()) for chord in self._chords])

    @cached_property
    def scale(self) -> Mask:
        """(c, 12): is it in the chord's scale, one a quality (`chords.chord_scale`)?"""
        return np.array([_marked(chord_scale(chord) if chord else ()) for chord in self._chords])

    @cached_property
    def sounding(self) -> Mask:
        """(c,): is it a chord, not N.C.?"""
        return np.array([chord is not None for chord in self._chords])

    def chord_at(self, ticks: IntArray) -> IntArray:
        """Which chord sounds at each of `ticks`."""
        starts = np.array([change.tick for change in self.form.chords], np.int_)
        return np.searchsorted(starts, ticks, side="right") - 1

    def displaced(self, bars: int) -> IntArray:
        """(n,) which chord sounds `bars` later in the form than each note, the form taken as a ring."""
        there = (self.bar + bars) % len(self._bars)
        lengths = np.diff(np.append(self._bars, self.form.length))
        return self.chord_at(self._bars[there] + np.minimum(self.place, lengths[there] - 1))

    @cached_property
    def phrases(self) -> list[slice]:
        """The runs of notes between silences of a beat or more."""
        cuts = [0, *(np.flatnonzero(self.gap >= TICKS_PER_BEAT) + 1).tolist(), len(self.onset)]
        return [slice(a, b) for a, b in pairwise(cuts) if b > a]

    @cached_property
    def _bars(self) -> IntArray:
        return np.array(self.form.bar_ticks, np.int_)

    @cached_property
    def _chords(self) -> list[Chord | None]:
        return [parse_chord(change.symbol) for change in self.form.chords]


def _marked(pitch_classes: frozenset[int] | tuple[int, ...]) -> Mask:
    row = np.zeros(12, np.bool_)
    row[list(pitch_classes)] = True
    return row
