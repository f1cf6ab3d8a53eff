"""A solo's notes as arrays, and how arrays of notes are counted: what statistics, critic and choosing share.

Letters: n notes, c chords. Times are ticks, 12 a beat; pitches are MIDI numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import chord_scale, parse_chord
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import Progression, Solo

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int_]
Mask: TypeAlias = npt.NDArray[np.bool_]


class FormArrays:
    """A form's bars and chords as arrays, which the notes of many lines can be measured against."""

    def __init__(self, form: Progression) -> None:
        self.bars: IntArray = np.array(form.bar_ticks, np.int_)
        self.length = form.length
        self.chord_starts: IntArray = np.array([change.tick for change in form.chords], np.int_)
        chords = [parse_chord(change.symbol) for change in form.chords]
        self.scales = np.array([_marked(chord_scale(chord) if chord else ()) for chord in chords])  # (c, 12)
        self.roots: IntArray = np.array(reference_roots(form), np.int_)  # (c,) under N.C. the one before
        self.sounding = np.array([chord is not None for chord in chords])  # (c,) a chord, not N.C.
        # (c, 12): which pitch classes are tones of each chord, its tensions and bass included.
        self.tones = np.array([_marked(chord.pitch_classes if chord else ()) for chord in chords])

    def chord_at(self, ticks: IntArray) -> IntArray:
        """Which chord sounds at each of `ticks`."""
        return np.searchsorted(self.chord_starts, ticks, side="right") - 1


class NoteArrays:
    """The notes of one solo side by side in arrays; `over` are those of its form, if they are made."""

    def __init__(self, solo: Solo, over: FormArrays | None = None) -> None:
        notes, self.form = solo.notes, solo.progression
        self.over = over = over or FormArrays(solo.progression)
        self.onset: IntArray = np.array([note.onset for note in notes], np.int_)  # (n,) ticks
        self.end: IntArray = np.array([note.end for note in notes], np.int_)  # (n,) ticks
        self.pitch: IntArray = np.array([note.pitch for note in notes], np.int_)  # (n,) MIDI numbers
        self.interval = np.diff(self.pitch)  # (n - 1,) semitones to the next note, up positive
        self.step = np.diff(self.onset)  # (n - 1,) ticks from each onset to the next
        self.gap = self.onset[1:] - self.end[:-1]  # (n - 1,) ticks of silence before the next note
        self.bar = np.searchsorted(over.bars, self.onset, side="right") - 1  # (n,) from 0
        self.place = self.onset - over.bars[self.bar]  # (n,) ticks from the bar line to the onset
        self.sounding, self.tones = over.sounding, over.tones
        self.chord = over.chord_at(self.onset)  # (n,) which chord sounds at the onset
        self.pitch_class = self.pitch % 12  # (n,)
        self.degree = (self.pitch - over.roots[self.chord]) % 12  # (n,) semitones above the chord's root
        self.over_chord = over.sounding[self.chord]  # (n,) does a chord sound?
        self.in_chord = over.tones[self.chord, self.pitch_class]  # (n,) a chord tone?
        self.in_scale = over.scales[self.chord, self.pitch_class]  # (n,) in the chord's scale?

    def displaced(self, bars: int) -> IntArray:
        """(n,) which chord sounds `bars` later in the form than each note, the form taken as a ring."""
        over = self.over
        target = (self.bar + bars) % len(over.bars)
        lengths = np.diff(np.append(over.bars, over.length))
        return over.chord_at(over.bars[target] + np.minimum(self.place, lengths[target] - 1))


def _marked(pitch_classes: Collection[int]) -> Mask:
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


def longest_true_run(hits: Mask) -> float:
    """How many in a row are true, at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], hits.astype(np.int_), [0]])))
    return float((edges[1::2] - edges[::2]).max(initial=0))


def entropy(counts: FloatArray | IntArray) -> float:
    """The entropy in bits of the distribution that `counts`, not all 0, are proportional to."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
