"""Statistics of how a line is shaped: inside a phrase, from phrase to phrase, and over the whole solo.

They are those by which generated lines were told from people's most easily: too smooth inside a phrase, too
ragged between phrases, without growth. Each is a function of one solo's notes and nan where it is not
defined. A phrase ends with a silence of a beat (`music.phrases`); a leap is a fourth or wider.
"""

from __future__ import annotations

import math

import numpy as np

from jazzgen.music.note_arrays import IntArray, Mask, NoteArrays, entropy
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT

LEAP = 5  # semitones
SPAN_TICKS = 4 * 4 * TICKS_PER_BEAT  # four bars of 4/4
EIGHTH = TICKS_PER_BEAT // 2
EVEN_RUN = 8  # lengths
SHORT_PHRASE = 3  # notes
HEARD_BACK = 4  # phrases
OPENING = 3  # intervals


def two_leaps(notes: NoteArrays) -> float:
    """Leaps that follow a leap, a hundred intervals."""
    leaps = abs(notes.interval) >= LEAP
    return _per_cent(leaps[1:] & leaps[:-1])


def zigzags(notes: NoteArrays) -> float:
    """Three intervals of three semitones or more in a row, each the other way, a hundred."""
    wide, way = abs(notes.interval) >= 3, np.sign(notes.interval)
    turns = (way[1:] * way[:-1] < 0) & wide[1:] & wide[:-1]
    return _per_cent(turns[1:] & turns[:-1])


def arpeggios(notes: NoteArrays) -> float:
    """Three chord tones in a row, each a third or fourth further the same way, a hundred."""
    size, way, inside = abs(notes.interval), np.sign(notes.interval), notes.in_chord & notes.over_chord
    third = (size >= 3) & (size <= LEAP)
    run = third[1:] & third[:-1] & (way[1:] == way[:-1])
    return _per_cent(run & inside[2:] & inside[1:-1] & inside[:-2])


def enclosures(notes: NoteArrays) -> float:
    """Chord tones on a beat reached from both sides: by a note one or two semitones above and one below just
    before, in either order; a hundred.
    """
    first, second = (notes.pitch[k : len(notes.pitch) - 2 + k] - notes.pitch[2:] for k in (0, 1))
    around = (first * second < 0) & (abs(first) <= 2) & (abs(second) <= 2)
    lands = (notes.onset[2:] % TICKS_PER_BEAT == 0) & (notes.in_chord & notes.over_chord)[2:]
    return _per_cent(around & lands)


def even_runs(notes: NoteArrays) -> float:
    """Share of the runs of eight onset-to-onset steps that are all equal."""
    if len(notes.step) < EVEN_RUN:
        return math.nan
    runs = np.lib.stride_tricks.sliding_window_view(notes.step, EVEN_RUN)
    return float((runs == runs[:, :1]).all(axis=1).mean())


def long_chord_tones(notes: NoteArrays) -> float:
    """Share of the notes of a beat or longer, over a chord, that are chord tones."""
    held = (notes.end - notes.onset >= TICKS_PER_BEAT) & notes.over_chord
    return _mean(notes.in_chord[held])


def resolutions(notes: NoteArrays) -> float:
    """Of the changes to a root a fifth below, the share that a seventh falling to the next third joins: the
    last note before is the seventh, and the first one after, a semitone or two lower, the third.
    """
    changes = np.flatnonzero(np.diff(notes.chord) == 1)
    roots = (notes.pitch_class - notes.degree) % 12
    falling = [k for k in changes if (roots[k + 1] - roots[k]) % 12 == LEAP]
    joined = [
        notes.degree[k] in (10, 11) and notes.degree[k + 1] in (3, 4) and -2 <= notes.interval[k] <= -1
        for k in falling
    ]
    return _mean(np.array(joined, np.bool_))


def spread_density(notes: NoteArrays) -> float:
    """Standard deviation of the notes a bar, over their mean, from the first bar with notes to the last."""
    if not len(notes.bar):
        return math.nan
    counts = np.bincount(notes.bar - notes.bar[0])
    return float(counts.std() / counts.mean())


def spread_silence(notes: NoteArrays) -> float:
    """Standard deviation of the silent share of four bars, over its mean; from the first note on."""
    if not len(notes.onset):
        return math.nan
    first, count = notes.onset[0], int((notes.end[-1] - notes.onset[0]) // SPAN_TICKS)
    if count < 2:
        return math.nan
    sounding = np.zeros(notes.end[-1] - first + 1)
    np.add.at(sounding, notes.onset - first, 1)
    np.add.at(sounding, notes.end - first, -1)
    silent = 1 - np.cumsum(sounding)[: count * SPAN_TICKS].reshape(count, SPAN_TICKS).mean(axis=1)
    return float(silent.std() / silent.mean()) if silent.mean() > 0 else math.nan


def spread_phrases(notes: NoteArrays) -> float:
    """Standard deviation of the phrases' durations, over their mean."""
    _, durations, _ = _phrases(notes)
    return float(durations.std() / durations.mean()) if len(durations) > 1 else math.nan


def entropy_starts(notes: NoteArrays) -> float:
    """Entropy of the eighths of the bar in which phrases start, in bits."""
    starts, _, _ = _phrases(notes)
    return entropy(np.bincount(notes.place[starts] // EIGHTH)) if len(starts) else math.nan


def short_phrases(notes: NoteArrays) -> float:
    """Share of the phrases that have one to three notes."""
    _, _, sizes = _phrases(notes)
    return _mean(sizes <= SHORT_PHRASE)


def falling_ends(notes: NoteArrays) -> float:
    """Share of the phrases of two notes or more whose last interval falls."""
    starts, _, sizes = _phrases(notes)
    last = starts[sizes > 1] + sizes[sizes > 1] - 2
    return _mean(notes.interval[last] < 0)


def returning_openings(notes: NoteArrays) -> float:
    """Share of the phrases that open with the first three intervals of one of the last four."""
    starts, _, sizes = _phrases(notes)
    opens = [
        tuple(notes.interval[k : k + OPENING].tolist()) if size > OPENING else None
        for k, size in zip(starts, sizes, strict=True)
    ]
    back = [
        opening in opens[max(k - HEARD_BACK, 0) : k] for k, opening in enumerate(opens) if opening is not None
    ]
    return _mean(np.array(back[1:], np.bool_))


def growth(notes: NoteArrays) -> float:
    """Mean pitch of the last third of the notes minus that of the first, in semitones."""
    third = len(notes.pitch) // 3
    return float(notes.pitch[-third:].mean() - notes.pitch[:third].mean()) if third else math.nan


def highest_at(notes: NoteArrays) -> float:
    """Where in the form the highest note first stands, 0..1."""
    return float(notes.onset[notes.pitch.argmax()] / notes.form.length) if len(notes.pitch) else math.nan


def _phrases(notes: NoteArrays) -> tuple[IntArray, IntArray, IntArray]:
    """Of each phrase: its first note, its duration in ticks, how many notes it has."""
    starts = np.array(phrase_starts(notes.onset, notes.end), np.int_)
    ends = np.append(starts[1:], len(notes.onset))
    durations = notes.end[ends - 1] - notes.onset[starts] if len(starts) else starts
    return starts, durations, ends - starts


def _mean(hits: Mask) -> float:
    return float(np.mean(hits)) if len(hits) else math.nan


def _per_cent(hits: Mask) -> float:
    return 100 * _mean(hits)
