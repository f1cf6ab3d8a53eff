"""The two hands of a pianist in one track, or a melody with its chords: the line on top, and what is below.

Between the hands lies a split, a pitch that moves little. Viterbi's algorithm finds the course of the split
with the lowest cost: the right hand plays one note at a time, the left hand does not take what goes on from
the line. Notes that are struck together and end together, under a note that does not, are a chord wherever
they lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jazzgen.midi.smf import TimedNote

Floats = npt.NDArray[np.float64]

LOWEST, HIGHEST = 40, 88  # where a split may lie
STATES = np.arange(LOWEST, HIGHEST + 1)
USUAL = 60
TOGETHER = 16  # onsets within a 16th of a beat are one
POLYPHONIC = 0.06  # share of onsets with several notes from which a track is split
# Costs, all against each other: set by ear on piano trios, not fitted.
DOUBLED, RESTS, LEFT_ALONE = 0.6, 0.3, 0.7  # a second note on top, none, and one near the line that is not
CHORD = 0.6  # the top of a chord well below the line
MOVES, CLOSE, WIDE, UNUSUAL = (
    0.10,
    0.2,
    0.1,
    0.008,
)  # a semitone of the split's way, to a note, of a span, from 60
NEAR = 9  # semitones
SPAN = 14  # semitones that a hand reaches


def onset_groups(notes: Sequence[TimedNote], ppq: int) -> list[list[TimedNote]]:
    """Notes by start, those that are struck together in one list."""
    groups: list[list[TimedNote]] = []
    for note in sorted(notes):
        if groups and (note.start - groups[-1][0].start) * TOGETHER <= ppq:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups


def split_hands(notes: Sequence[TimedNote], ppq: int) -> tuple[list[TimedNote], list[TimedNote]]:
    """(line, chords): the notes on top and those below. A track of one voice is all line."""
    groups = onset_groups(notes, ppq)
    if sum(len(group) > 1 for group in groups) < POLYPHONIC * len(groups):
        return sorted(notes), []
    blocks = [_block(group, ppq) for group in groups]
    rest = [
        [note for note in group if note not in block] for group, block in zip(groups, blocks, strict=True)
    ]
    splits = _find_splits(rest, ppq)
    upper: list[TimedNote] = []
    lower: list[TimedNote] = []
    for block, others, split in zip(blocks, rest, splits, strict=True):
        lower += block
        for note in others:
            (upper if note.pitch >= split or (block and len(others) == 1) else lower).append(note)
    return (upper, lower) if upper else (lower, [])


def _block(group: Sequence[TimedNote], ppq: int) -> list[TimedNote]:
    """Three notes or more that end together, later than the one note of the line among them."""
    if len(group) < 4:
        return []
    ends = Counter(8 * note.end // ppq for note in group)
    end, count = max(ends.items(), key=lambda item: (item[1], item[0]))
    block = [note for note in group if 8 * note.end // ppq == end]
    others = [note for note in group if 8 * note.end // ppq != end]
    if count < 3 or len(others) != 1 or others[0].end >= block[0].end:
        return []
    return block if others[0].pitch > min(note.pitch for note in block) else []


def _find_splits(groups: Sequence[Sequence[TimedNote]], ppq: int) -> list[int]:
    """The split, a pitch, at each group."""
    states, everywhere = STATES, np.arange(len(STATES))
    distance = MOVES * np.abs(states[:, None] - states[None, :])
    total = UNUSUAL * np.abs(states - USUAL).astype(np.float64)
    came_from = np.zeros((len(groups), len(states)), dtype=np.int64)
    top: int | None = None
    last = 0
    for k, group in enumerate(groups):
        start = group[0].start if group else last
        moved = total[:, None] + distance / (1 + (start - last) / (4 * ppq))
        came_from[k] = moved.argmin(axis=0)
        total = moved[came_from[k], everywhere]
        if group:
            recent = top if start - last <= 4 * ppq else None
            highest = max(note.pitch for note in group)
            chord = (
                len(group) > 2 and recent is not None and highest < recent - 4 and _ends_together(group, ppq)
            )
            pitches = tuple(note.pitch for note in group)
            near = len(group) == 1 and recent is not None and abs(highest - recent) <= NEAR
            total = total + _cost(pitches, near, chord)
            total -= total.min()
            if not chord:
                top, last = highest, start
    path = [int(total.argmin())]
    for row in came_from[:0:-1]:
        path.append(int(row[path[-1]]))
    return [int(states[state]) for state in reversed(path)]


def _ends_together(group: Sequence[TimedNote], ppq: int) -> bool:
    ends = [note.end for note in group]
    return 8 * (max(ends) - min(ends)) <= ppq


@lru_cache(maxsize=4096)  # a line has few different groups: half the time
def _cost(pitches: tuple[int, ...], near: bool, chord: bool) -> Floats:
    """The cost of each split at a group: a note `near` the one before, or a `chord` well below the line."""
    notes = np.array(pitches)[:, None]
    above = notes >= STATES
    count = above.sum(axis=0)
    cost = DOUBLED * np.maximum(count - 1, 0) + UNUSUAL * np.abs(STATES - USUAL)
    cost = cost + (CHORD * (count > 0) if chord else RESTS * (count == 0)) + LEFT_ALONE * near * (count == 0)
    gap = np.where(above, notes - STATES, STATES - 1 - notes).min(axis=0)
    spans = np.zeros(len(STATES))
    for side in (above, ~above):
        high = np.where(side, notes, -1).max(axis=0)
        low = np.where(side, notes, 999).min(axis=0)
        spans += np.maximum(high - low - SPAN, 0)
    return np.asarray(cost + CLOSE * np.maximum(2 - gap, 0) + WIDE * spans, dtype=np.float64)
