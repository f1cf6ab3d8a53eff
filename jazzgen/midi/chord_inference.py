"""Chord inference: chord symbols from the accompaniment of a `Song`, half a bar at a time.

The sounding durations of the twelve pitch classes are compared with chord templates over every root
(`infer_chord`); the bass note counts for its root.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jazzgen.midi.bars import Bars
from jazzgen.midi.smf import Song
from jazzgen.music.chords import is_minor, parse_chord
from jazzgen.music.pitch import note_name
from jazzgen.music.score import DRUM_CHANNEL, NO_CHORD, TICKS_PER_BEAT

# Chord qualities that are tried, the plainer first where two fit equally well.
_TEMPLATES = (
    "", "m", "7", "maj7", "m7", "m7b5", "dim7", "6", "m6", "dim", "aug", "sus4", "7sus4", "mmaj7", "7#5",
    "maj7#5", "9", "maj9", "m9", "9sus4", "69", "13", "7b9", "7#9", "7#11", "maj7#11", "7b13", "7alt",
)  # fmt: skip


@cache
def _template_masks() -> NDArray[np.float64]:
    """(12 K, 12): the pitch classes of each of the K templates over each root."""
    chords = [parse_chord(note_name(root) + name) for name in _TEMPLATES for root in range(12)]
    return np.array(
        [[float(chord is not None and pc in chord.pitch_classes) for pc in range(12)] for chord in chords]
    )


def infer_chord(weights: ArrayLike, bass: int | None = None) -> str:
    """The symbol of the chord that fits `weights` best; "N.C." where nothing sounds.

    `weights` are 12 numbers >= 0, how much each pitch class sounds (C first); `bass` is the lowest one, if
    known. Sound outside a chord lowers its score, so does a missing chord tone (the fifth hardly); the bass
    raises that of its root. A bass that is another tone of the chord goes behind a slash.
    """
    sounding = np.asarray(weights, dtype=np.float64)  # (12,)
    if not sounding.sum() > 0:
        return NO_CHORD
    shares = sounding / sounding.sum()
    masks = _template_masks()  # (12 K, 12), the roots of one template after another
    roots = np.tile(np.arange(12), len(_TEMPLATES))
    fifths = np.arange(12) == (roots[:, None] + 7) % 12
    # A tone counts as present from a tenth of the sound on: less is a passing note.
    missing = masks * np.where(fifths, 0.03, 0.12) * np.maximum(0, 1 - 10 * shares)
    scores = masks @ shares - missing.sum(axis=1) - 0.005 * masks.sum(axis=1) + 0.2 * (roots == bass)
    best = int(np.argmax(scores.round(9)))  # rounded, so that ties go to the plainer chord everywhere
    name, root = _TEMPLATES[best // 12], best % 12
    symbol = note_name(root, is_minor(name)) + name
    if bass is None or bass == root or not sounding[bass] > 0:
        return symbol
    return f"{symbol}/{note_name(bass, is_minor(name))}"


LONGEST_VOTE = 16  # half bars: a note held for longer is a drone and no evidence of later chords


def infer_chords(song: Song, solo_number: int, bars: Bars) -> list[tuple[float, str]]:
    """(beat, symbol) of the chords that all pitched tracks but the solo sound.

    A half bar in which nothing sounds keeps the chord before it: a band that stops has not left the form.
    """
    band = [
        note
        for number, track in enumerate(song.tracks, 1)
        if number != solo_number and track.channel != DRUM_CHANNEL
        for note in track.notes
    ]
    if not band:
        return []
    starts = _half_bars(bars)
    edges = [*starts, bars.length]
    weights = np.zeros((len(starts), 12))  # beats that each pitch class sounds
    pitches: list[list[int]] = [[] for _ in starts]
    first_pitches: list[list[int]] = [[] for _ in starts]  # at the start of the half bar
    for note in band:
        start, end = note.start / song.ppq, note.end / song.ppq
        first = bisect_right(starts, start) - 1
        for k in range(first, min(first + LONGEST_VOTE, len(starts))):
            if edges[k] >= end:
                break
            begin, stop = max(start, edges[k]) - edges[k], min(end, edges[k + 1]) - edges[k]
            if stop - begin >= 1 / TICKS_PER_BEAT:  # a release that hangs over is not part of the next chord
                weights[k, note.pitch % 12] += stop - begin
                pitches[k].append(note.pitch)
                if begin < 0.25:
                    first_pitches[k].append(note.pitch)
    chords: list[tuple[float, str]] = []
    for k, start in enumerate(starts):
        if pitches[k]:
            # The bass is what is lowest at the start: a bass line walks on from there.
            symbol = infer_chord(weights[k], min(first_pitches[k] or pitches[k]) % 12)
        else:
            symbol = "" if chords else NO_CHORD
        if symbol and (not chords or chords[-1][1] != symbol):
            chords.append((start, symbol))
    return chords


def _half_bars(bars: Bars) -> list[int]:
    """Where each half bar starts, in beats: 4/4 is 2 + 2, 5/4 is 3 + 2; up to three beats are not divided."""
    starts: list[int] = []
    for (start, beats), (end, _) in pairwise([*bars.meters, (bars.length, 0)]):
        for bar in range(start, end, beats):
            starts += [bar, bar + (beats + 1) // 2] if beats > 3 else [bar]
    return starts
