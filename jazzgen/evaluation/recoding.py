"""A solo as the 78 values and the octave head can say it: encoded, and decoded again.

A generated solo holds note lengths of the values, and of these only such that rests lead to the next note
without leaving the grid; octaves that the head can choose; pitches that the instrument has. A person's solo
holds more, and a critic would tell the two by that alone. `recoded` takes it away: what is left of people's
solos could have been generated, note for note. It leaves alone what has been recoded, and what was generated.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from jazzgen.improviser.masks import ON_GRID
from jazzgen.music import score
from jazzgen.music.score import TICKS_PER_BEAT, Note, Solo
from jazzgen.tokens.features import DISPLACEMENTS, nearest_pitch
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, N_LENGTHS, OCTAVE, REST, TICKS, encode


def recoded(solo: Solo) -> Solo:
    """`solo` encoded and decoded: its onsets and pitch classes, and of the lengths and octaves those nearest
    to its own.

    Raises `OptionError` where an onset cannot be written, see `tokens.vocabulary.encode`.
    """
    lengths = [int(TICKS[value]) for value in encode(solo) if not IS_REST[value]]
    horn = score.instrument(solo.instrument)
    notes: list[Note] = []
    for k, (note, length) in enumerate(zip(solo.notes, lengths, strict=True)):
        near = nearest_pitch(note.pitch % OCTAVE, notes[-1].pitch if notes else None, horn.middle)
        octaves = min(max((note.pitch - near) // OCTAVE, DISPLACEMENTS[0]), DISPLACEMENTS[-1])
        gap = solo.notes[k + 1].onset - note.onset if k + 1 < len(lengths) else None
        ticks = _possible_length(note.onset % TICKS_PER_BEAT, length, gap)
        notes.append(Note(note.onset, ticks, _within(near + OCTAVE * octaves, horn), note.velocity))
    return replace(solo, notes=tuple(notes))


def _within(pitch: int, horn: score.Instrument) -> int:
    """The pitch in the nearest octave that the instrument has, as a player finds it."""
    below, above = horn.low - pitch, pitch - horn.high
    return pitch + OCTAVE * (-(-max(below, 0) // OCTAVE) - -(-max(above, 0) // OCTAVE))


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
