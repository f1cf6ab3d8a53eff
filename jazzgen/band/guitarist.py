"""The guitar in the piano's place: shapes that a hand can hold, strummed four to the bar or in its rhythms.

Swing and up-tempo are strummed on every beat, short and with 2 and 4 a little louder, as a rhythm guitarist
of the Basie band did; calm choruses, bridges and all other styles take the piano's rhythms. A shape is three
or four notes, one a string, within the reach of four fingers; the strings between are damped, so none is
open. It has no root where the chord is known by its third and seventh, and below E3 never the bass's note.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import permutations

import numpy as np

from jazzgen.band.pianist import PIANO_LOW, Hit, colors, comp, comping, easiest
from jazzgen.band.scene import BEAT, Bar, Scene
from jazzgen.music.chords import Chord
from jazzgen.music.score import Note

__all__ = ["GUITAR_HIGH", "GUITAR_LOW", "STRINGS", "guitar", "shape"]

STRINGS = (40, 45, 50, 55, 59, 64)  # E2 A2 D3 G3 B3 E4, the sixth string to the first
FRETS = range(1, 13)
REACH = 3  # frets from the lowest to the highest finger: four fingers, a fret each
GUITAR_LOW, GUITAR_HIGH, GUITAR_MIDDLE = STRINGS[0], STRINGS[-1] + FRETS[-1], 57  # E2 to E5
# Which strings sound together, numbered from 0, the lowest; a damped one may lie between.
GRIPS = {
    4: ((0, 2, 3, 4), (1, 2, 3, 4), (2, 3, 4, 5)),
    3: ((0, 2, 3), (1, 2, 3), (1, 3, 4), (2, 3, 4), (3, 4, 5)),
    2: ((1, 2), (2, 3), (3, 4)),
    1: ((2,), (3,)),
}
FOUR_TO_THE_BAR = ("swing", "up-tempo")


def guitar(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """Chords from E2 up: strummed in time, or in answer to the soloist."""
    strummed = {bar.number for bar in scene.bars if _strummed(scene, bar)}
    hits = [hit for hit in comping(scene, rng) if scene.form.bar_at(hit.onset) not in strummed]
    for number in strummed:
        hits += _strokes(scene.bars[number])
    voices = 3 if scene.style in FOUR_TO_THE_BAR else 4

    def voiced(chord: Chord, hand: Sequence[int], ceiling: int | None, moving: bool) -> tuple[int, ...]:
        return shape(chord, hand, voices, ceiling, moving)

    return comp(scene, sorted(hits), voiced, rng)


def _strummed(scene: Scene, bar: Bar) -> bool:
    """Whether `bar` is played four to the bar: not where it is calm, a bridge, or the end."""
    if scene.style not in FOUR_TO_THE_BAR or scene.in_two(bar) or scene.contrasts(bar):
        return False
    return not scene.ends(bar) and not scene.ends_with_break(bar)


def _strokes(bar: Bar) -> Iterator[Hit]:
    """A stroke on each beat that has a chord, those on 2 and 4 shorter."""
    for beat in range(bar.beats):
        tick = bar.start + beat * BEAT
        if any(span.start <= tick < span.end for span in bar.spans):
            yield Hit(tick, BEAT // 2 if beat % 2 else 2 * BEAT // 3)


def shape(
    chord: Chord,
    before: Sequence[int] = (),
    voices: int = 4,
    ceiling: int | None = None,
    moving: bool = False,
) -> tuple[int, ...]:
    """Rising pitches of `chord` that a hand can stop, at most `voices`, and the least movement from `before`.

    Above `ceiling`, where the soloist's low notes are, a voice costs more. `moving` asks for another shape
    than `before`, because the same chord goes on.
    """
    tones = tuple(colors(chord, voices))
    while not (shapes := _shapes(tones, chord.bass)):  # one note always has a place
        tones = tuple(colors(chord, len(tones) - 1))[: len(tones) - 1]

    def blur(stopped: tuple[int, ...]) -> float:
        # Down where the bass plays a chord is felt as a blur; in the middle it is heard.
        return sum(max(0, PIANO_LOW - 4 - pitch) for pitch in stopped)

    roof = GUITAR_HIGH - 8 if ceiling is None else ceiling
    return easiest(shapes, before, blur, middle=GUITAR_MIDDLE, roof=roof, moving=moving)


@lru_cache(maxsize=1024)
def _shapes(classes: tuple[int, ...], bass: int) -> tuple[tuple[int, ...], ...]:
    """Every way to stop the pitch classes on the strings of a grip, one each, within reach."""
    shapes = set()
    for grip in GRIPS.get(len(classes), ()):
        for order in permutations(classes):
            # The frets 1 to 12 of a string hold each pitch class once.
            frets = [(tone - STRINGS[string] - 1) % 12 + 1 for string, tone in zip(grip, order, strict=True)]
            pitches = [STRINGS[string] + fret for string, fret in zip(grip, frets, strict=True)]
            doubled = any(pitch < PIANO_LOW and pitch % 12 == bass for pitch in pitches)
            if max(frets) - min(frets) <= REACH and pitches == sorted(pitches) and not doubled:
                shapes.add(tuple(pitches))
    return tuple(sorted(shapes))
