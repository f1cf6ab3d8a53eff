"""The piano: rootless voicings of three to five notes, as two hands play them.

A color is stacked close (forms A and B have the third or the seventh at the bottom), with the second voice
dropped (drop 2), in fourths, or as an upper structure: guide tones below, a triad above.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, permutations

import numpy as np

from jazzgen.band.comping import comp
from jazzgen.band.rhythms import comping_hits
from jazzgen.band.scene import Scene
from jazzgen.band.voicings import CHORD_REGISTER, ChordInstrument, Voicing
from jazzgen.music.score import Note

LOW, HIGH = CHORD_REGISTER, 79  # E3 to G5
HAND = 12  # semitones that a hand spans
FOURTHS = (5, 6)  # semitones: perfect, or augmented


def piano(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """A comping part from E3 to G5."""
    return comp(scene, comping_hits(scene, rng), PIANO, 3 if scene.style == "up-tempo" else 4, rng)


@lru_cache(maxsize=2048)
def stacks(classes: tuple[int, ...], _: int) -> tuple[tuple[Voicing, float], ...]:
    """Every way to stack pitch classes within the range, with what it costs."""
    found: dict[Voicing, float] = {}
    for shape, cost in _shapes(classes):
        for low in range(LOW + (shape[0] - LOW) % 12, HIGH + 1, 12):
            voicing = tuple(pitch - shape[0] + low for pitch in shape)
            if voicing[-1] <= HIGH and playable(voicing):
                found[voicing] = min(cost + _harshness(voicing), found.get(voicing, 99.0))
    return tuple(sorted(found.items()))


def _shapes(classes: tuple[int, ...]) -> Iterator[tuple[Voicing, float]]:
    """Pitch classes one above the other, from any octave."""
    count = len(classes)
    for k in range(count):
        close = _above([*classes[k:], *classes[:k]])
        if count < 5:
            yield close, 0.0
        if count == 4:
            yield tuple(sorted((*close[:2], close[2] - 12, close[3]))), 0.3
    if count >= 3:
        for order in permutations(classes):
            stack = _above(order)
            gaps = [b - a for a, b in pairwise(stack)]
            if count < 5 and sum(gap in FOURTHS for gap in gaps) >= count - 1:
                yield stack, 0.0
            # An upper structure: two notes, and above them a triad in any inversion.
            if count == 5 and gaps[0] in (6, 5, 4) and 3 <= gaps[1] <= 9 and _is_triad(stack[2:]):
                yield stack, 0.2


def _above(classes: list[int] | tuple[int, ...]) -> Voicing:
    """Pitches of the classes in this order, each the next above the one before."""
    stack = [classes[0]]
    for tone in classes[1:]:
        stack.append(stack[-1] + ((tone - stack[-1]) % 12 or 12))
    return tuple(stack)


def _is_triad(pitches: Voicing) -> bool:
    """Whether three pitches are a major or minor triad, in any inversion, close."""
    return tuple(b - a for a, b in pairwise(pitches)) in {(4, 3), (3, 4), (3, 5), (5, 4), (5, 3), (4, 5)}


def playable(voicing: Voicing) -> bool:
    """Whether two hands can play it: a split into a lower and an upper group that each fit one."""
    splits = range(len(voicing))
    return any(
        voicing[max(k - 1, 0)] - voicing[0] <= HAND and voicing[-1] - voicing[k] <= HAND for k in splits
    )


def _harshness(voicing: Voicing) -> float:
    """A semitone on top hides the melody, one at the bottom and seconds in a row are harsh; low, they are
    muddy.
    """
    gaps = [b - a for a, b in pairwise(voicing)]
    if not gaps:
        return 0.0
    seconds_in_a_row = any(a <= 2 and b <= 2 for a, b in pairwise(gaps))
    low_interval_limit = gaps[0] < 3 and voicing[0] < LOW + 6
    return 4.0 * (gaps[-1] == 1) + 1.5 * (gaps[0] == 1) + 1.0 * seconds_in_a_row + 3.0 * low_interval_limit


PIANO = ChordInstrument(LOW, HIGH, 62, stacks)
