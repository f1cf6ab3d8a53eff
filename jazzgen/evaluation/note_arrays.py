"""A solo's notes as arrays, and how arrays of notes are counted: what statistics and critic share.

Letters: n notes, c chords. Times are ticks, 12 a beat; pitches are MIDI numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord, chord_scale, parse_chord
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import Progression, Solo

__all__ = ["FloatArray", "IntArray", "Mask", "NoteArrays", "entropy", "longest_run", "repeated", "windows"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int_]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class NoteArrays:
    """One solo, its notes side by side in arrays, each computed when it is first used."""

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
        return self._chord_at(self.onset)

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
    def over_chord(self) -> Mask:
        """(n,): does a chord sound, not N.C.?"""
        return self.sounding[self.chord]

    @cached_property
    def in_chord(self) -> Mask:
        """(n,): is it a tone of the chord, its tensions and its bass included? N.C.: none is."""
        return self.tones[self.chord, self.pitch_class]

    @cached_property
    def in_scale(self) -> Mask:
        """(n,): is it in the chord's scale, one a quality (`chords.chord_scale`)?"""
        scales = [_marked(chord_scale(chord) if chord else frozenset()) for chord in self._chords]
        return np.array(scales)[self.chord, self.pitch_class]

    @cached_property
    def tones(self) -> Mask:
        """(c, 12): which pitch classes are tones of each chord."""
        return np.array([_marked(chord.pitch_classes if chord else frozenset()) for chord in self._chords])

    @cached_property
    def sounding(self) -> Mask:
        """(c,): is it a chord, not N.C.?"""
        return np.array([chord is not None for chord in self._chords])

    def displaced(self, bars: int) -> IntArray:
        """(n,) which chord sounds `bars` later in the form than each note, the form taken as a ring."""
        target = (self.bar + bars) % len(self._bars)
        lengths = np.diff(np.append(self._bars, self.form.length))
        return self._chord_at(self._bars[target] + np.minimum(self.place, lengths[target] - 1))

    @cached_property
    def phrase_lengths(self) -> IntArray:
        """(phrases,) the notes in each phrase, as `phrases.phrase_starts` divides them."""
        return np.diff([*phrase_starts(self.onset, self.end), len(self.onset)])

    @cached_property
    def _bars(self) -> IntArray:
        return np.array(self.form.bar_ticks, np.int_)

    @cached_property
    def _chords(self) -> list[Chord | None]:
        return [parse_chord(change.symbol) for change in self.form.chords]

    def _chord_at(self, ticks: IntArray) -> IntArray:
        starts = np.array([change.tick for change in self.form.chords], np.int_)
        return np.searchsorted(starts, ticks, side="right") - 1


def _marked(pitch_classes: frozenset[int]) -> Mask:
    row = np.zeros(12, np.bool_)
    row[list(pitch_classes)] = True
    return row


def windows(values: IntArray, size: int) -> list[Hashable]:
    """Every run of `size` neighboring values (or rows)."""
    items = values.tolist() if values.ndim == 1 else list(map(tuple, values.tolist()))
    return list(zip(*(items[k:] for k in range(size)), strict=False))


def repeated(found: Sequence[Hashable]) -> float:
    """Share of windows that repeat an earlier one; 0 of none."""
    return 1 - len(set(found)) / len(found) if found else 0.0


def longest_run(hits: Mask) -> float:
    """How many in a row are true, at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hits.astype(np.int_), [0]])))
    return float((edges[1::2] - edges[::2]).max(initial=0))


def entropy(counts: FloatArray | IntArray) -> float:
    """The entropy in bits of the distribution that `counts`, not all 0, are proportional to."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
