"""The piano: rootless voicings of three or four notes, close or with the second voice dropped (drop 2)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from jazzgen.band.comping import CHORD_REGISTER, ChordInstrument, Voicing, comp, comping_hits, voicing_tones
from jazzgen.band.scene import Scene
from jazzgen.music.chords import Chord
from jazzgen.music.score import Note


def piano(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """A comping part from E3 to E5."""
    return comp(scene, comping_hits(scene, rng), PIANO, 3 if scene.style == "up-tempo" else 4, rng)


def _candidates(chord: Chord, voices: int, alternatives: bool) -> tuple[Voicing, ...]:
    stacks = _stacks(tuple(voicing_tones(chord, voices)))
    return stacks + _stacks(tuple(_alternative_tones(chord, voices))) if alternatives else stacks


def _voicing_cost(stack: Voicing) -> float:
    semitone_on_top = 4.0 * (len(stack) > 1 and stack[-1] - stack[-2] == 1)
    low_interval_limit = 3.0 * (len(stack) > 1 and stack[1] - stack[0] < 3 and stack[0] < PIANO.low + 6)
    return semitone_on_top + low_interval_limit


PIANO = ChordInstrument(CHORD_REGISTER, 76, 60, _candidates, _voicing_cost)


@lru_cache(maxsize=1024)
def _stacks(classes: tuple[int, ...]) -> tuple[Voicing, ...]:
    """Every way to stack the pitch classes within the range: close, and with the second voice dropped."""
    stacks = set()
    for low in range(PIANO.low, PIANO.high + 1):
        if low % 12 not in classes:
            continue
        close = tuple(sorted(low + (tone - low) % 12 for tone in classes))
        stacks.add(close)
        if len(close) == 4:
            stacks.add(tuple(sorted((close[0], close[1], close[2] - 12, close[3]))))
    return tuple(sorted(stack for stack in stacks if stack[0] >= PIANO.low and stack[-1] <= PIANO.high))


def _alternative_tones(chord: Chord, voices: int) -> list[int]:
    """The voicing tones with the eleventh (minor) or thirteenth in place of a perfect fifth."""
    fifth = (chord.root + 7) % 12
    minor = (chord.root + 3) % 12 in chord.pitch_classes
    color = (chord.root + (5 if minor else 9)) % 12
    tones = voicing_tones(chord, voices)
    if color in tones or (not minor and (chord.root + 8) % 12 in chord.pitch_classes):
        return tones
    return sorted({color if tone == fifth else tone for tone in tones})
