"""A solo as the 78 values can say it: encoded, and decoded again.

A generated solo holds note lengths of the values, and of these only such that rests lead to the next note
without leaving the grid. A person's solo holds more, and a critic would tell the two by that alone; so would
a statistic that counts silences, since a note of seven ticks before a gap becomes one of six. `recoded` takes
it away: what is left of people's solos could have been generated, note for note. Onsets and pitches are what
they were. It leaves alone what has been recoded, and what was generated.

Two of five of people's solos leave the range of their instrument, and no take does: for a comparison with
takes `in_range` folds these notes into it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from jazzgen.improviser.masks import ON_GRID
from jazzgen.music.pitch import fold
from jazzgen.music.score import INSTRUMENTS, TICKS_PER_BEAT, Solo
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, N_LENGTHS, REST, TICKS, encode


def recoded(solo: Solo) -> Solo:
    """`solo` with the lengths nearest to its own that a generated solo could have.

    Raises `OptionError` where an onset cannot be written, see `tokens.vocabulary.encode`.
    """
    lengths = [int(TICKS[value]) for value in encode(solo) if not IS_REST[value]]
    gaps = [after.onset - note.onset for note, after in zip(solo.notes, solo.notes[1:], strict=False)]
    notes = tuple(
        replace(note, duration=_possible_length(note.onset % TICKS_PER_BEAT, length, gap))
        for note, length, gap in zip(solo.notes, lengths, [*gaps, None], strict=False)  # of no note one gap
    )
    return replace(solo, notes=notes)


def in_range(solo: Solo) -> Solo:
    """`solo` with each note beyond the range of its instrument moved into it by octaves."""
    horn = INSTRUMENTS[solo.instrument]
    if all(horn.low <= note.pitch <= horn.high for note in solo.notes):
        return solo
    notes = (replace(note, pitch=fold(note.pitch, horn.low, horn.high)) for note in solo.notes)
    return replace(solo, notes=tuple(notes))


@lru_cache(maxsize=4096)
def _possible_length(place: int, length: int, gap: int | None) -> int:
    """The length in ticks nearest to `length`, of two as near the longer, that a note at `place` in its beat
    can have in a generated solo, if any; `gap` is the ticks to the next onset, None after the last note.
    """
    possible = [
        ticks
        for k, ticks in enumerate(LENGTHS)
        if ON_GRID[place, k] and (gap is None or _rests_fill((place + ticks) % TICKS_PER_BEAT, gap - ticks))
    ]
    return min(possible or [length], key=lambda ticks: (abs(ticks - length), -ticks))


@lru_cache(maxsize=4096)
def _rests_fill(place: int, ticks: int) -> bool:
    """Whether rests from `place` in a beat fill `ticks` without leaving the grid."""
    ticks = min(ticks, LENGTHS[-1] + ticks % LENGTHS[-1])  # whole rests come back to the same place
    return ticks == 0 or any(
        ON_GRID[place, N_LENGTHS * REST + k] and _rests_fill((place + rest) % TICKS_PER_BEAT, ticks - rest)
        for k, rest in enumerate(LENGTHS)
        if rest <= ticks
    )
