"""How a written note is spelled: C♯ or D♭, from the chord, the key and where the line goes.

In: written pitches (MIDI numbers), the chord symbol over each, the key signature. Out: step, alter, octave.

Spellings are places on the line of fifths, ... B♭ -2, F -1, C 0, G 1 ... (as in `harmony.py`), where a place
holds letter and accidental and a smaller distance means a more usual interval: up to 5 apart lie the seconds,
thirds, fourths and their inversions, 7 apart the chromatic semitone F-F♯. The cheapest way through the whole
line is found by dynamic programming; a place costs what it differs from the chord's spelling and the key's, a
step what its interval is unusual. So a chord tone follows its chord (D♭7 has C♭), and a passing note the
direction of the line (C C♯ D, D D♭ C). Only places from C♭ to E♯ are used: no double accidentals, F♭ or B♯.

Source of the idea: Temperley, The Cognition of Basic Musical Structures (2001), chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from jazzgen.music.chords import chord_scale, parse_chord
from jazzgen.render.symbols import split

__all__ = ["Spelling", "spell"]

LETTERS = "FCGDAEB"
LOWEST, HIGHEST = -7, 11  # C♭ and E♯
_NATURAL = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))

# From a chord's root to its degrees, in fifths, by semitones: ♭9, ♭3, ♯11, ♭13, ♭7 unless the chord differs.
_FIFTHS = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)

AGAINST_CHORD = 2.0  # a chord tone spelled otherwise than its chord
AGAINST_SCALE = 0.8  # a tone of the chord's scale or of the key spelled otherwise than its degree
AGAINST_DEGREE = 0.3  # any other note spelled otherwise than its degree
OUT_OF_KEY = 0.05  # a fifth beyond the key's own notes and its usual alterations
RARE = 0.35  # C♭ and E♯ where the key has none
#           0  1  2  3  4  5  6    7    8    9    10   11   12   fifths apart
_INTERVAL = 0, 0, 0, 0, 0, 0, 0.1, 0.3, 0.8, 1.0, 1.2, 2.0, 2.0  # fmt: skip
# More, for a passing note that moves on by the chromatic semitone (D♭ D instead of C♯ D), and for one spelled
# otherwise than its chord has it without need: a sharp is there to rise by a semitone, a flat to fall.
UNRESOLVED = 0.5


class Spelling(NamedTuple):
    """A note's name: `step` a letter, `alter` -1, 0 or 1 semitones, `octave` as in C4 = middle C."""

    step: str
    alter: int
    octave: int


class _Way(NamedTuple):
    """The end of a way through the line: what it costs, its last place, and the index of the way before."""

    cost: float
    place: int
    came_from: int


def spell(pitches: Sequence[int], symbols: Sequence[str], key_fifths: int) -> list[Spelling]:
    """The cheapest spelling of a line: `pitches`, the chord symbol over each, in a key of so many sharps
    (negative: flats).
    """
    best: list[_Way] = []  # the cheapest way to each place of the last note
    ways = [best]
    previous, previous_is_chordal = 0, True  # the place that the chord gave to the last note
    for pitch, symbol in zip(pitches, symbols, strict=True):
        preferred, otherwise = _preference(symbol, pitch % 12, key_fifths)
        best = [
            _extend(
                best,
                place,
                _place_cost(place, preferred, otherwise, key_fifths),
                previous,
                previous_is_chordal,
            )
            for place in _places(pitch % 12)
        ]
        ways.append(best)
        previous, previous_is_chordal = preferred, otherwise == AGAINST_CHORD

    places: list[int] = []
    came_from = min(range(len(best)), key=lambda index: best[index].cost, default=0)
    for step in reversed(ways[1:]):
        places.append(step[came_from].place)
        came_from = step[came_from].came_from
    return [_name(pitch, place) for pitch, place in zip(pitches, reversed(places), strict=True)]


def _extend(best: list[_Way], place: int, cost: float, preferred: int, chordal: bool) -> _Way:
    """The cheapest way to `place`, from one of the ways so far; the last note's place is best `preferred`,
    and it is `chordal` or not.
    """
    if not best:
        return _Way(cost, place, 0)
    costs = [way.cost + _step_cost(way.place, place, preferred, chordal) for way in best]
    came_from = costs.index(min(costs))
    return _Way(costs[came_from] + cost, place, came_from)


@lru_cache(maxsize=12)
def _places(pitch_class: int) -> tuple[int, ...]:
    return tuple(place for place in range(LOWEST, HIGHEST + 1) if 7 * place % 12 == pitch_class)


@lru_cache(maxsize=4096)
def _preference(symbol: str, pitch_class: int, key_fifths: int) -> tuple[int, float]:
    """The place that the chord (without one, the key) gives to `pitch_class`; what another costs."""
    chord, parts = parse_chord(symbol), split(symbol)
    if chord is None or parts is None:
        lowest = key_fifths - 5  # ♭2 of the key ... ♯4
        place = _fold(lowest + (7 * pitch_class - lowest) % 12)
        in_key = key_fifths - 1 <= place <= key_fifths + 5
        return place, AGAINST_CHORD if in_key else AGAINST_DEGREE
    root = LETTERS.index(parts.root[0]) - 1 + 7 * (parts.root.count("#") - parts.root.count("b"))
    semitones = (pitch_class - chord.root) % 12
    tones = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    fifths = _FIFTHS[semitones]
    if semitones == 6 and 6 in tones and 7 not in tones:
        fifths = -6  # ♭5
    elif semitones == 8 and tones >= {4, 8} and not tones & {7, 1}:
        fifths = 8  # ♯5
    elif semitones == 9 and tones >= {3, 6, 9}:
        fifths = -9  # the diminished seventh of B°7 is A♭
    place = _fold(root + fifths)
    if pitch_class in chord.pitch_classes:
        return place, AGAINST_CHORD
    known = pitch_class in chord_scale(chord) or key_fifths - 1 <= place <= key_fifths + 5
    return place, AGAINST_SCALE if known else AGAINST_DEGREE


def _fold(place: int) -> int:
    """The enharmonic equal of `place` that is used."""
    while place < LOWEST:
        place += 12
    while place > HIGHEST:
        place -= 12
    return place


def _place_cost(place: int, preferred: int, otherwise: float, key_fifths: int) -> float:
    cost = 0.0 if place == preferred else otherwise
    in_key = key_fifths - 1 <= place <= key_fifths + 5
    beyond = max(key_fifths - 5 - place, place - key_fifths - 6, 0)
    return cost + OUT_OF_KEY * beyond + (RARE if place in (LOWEST, HIGHEST) and not in_key else 0)


def _step_cost(before: int, place: int, preferred: int, chordal: bool) -> float:
    """What the interval costs, and that `before`, not a chord's tone, leaves its usual name for no reason."""
    apart = abs(place - before)
    resolves = place - before == (-5 if before > preferred else 5)  # D♯ E, or D♭ C
    unresolved = not chordal and (apart == 7 or (before != preferred and not resolves))
    return _INTERVAL[min(apart, 12)] + (UNRESOLVED if unresolved else 0)


def _name(pitch: int, place: int) -> Spelling:
    alter, letter = divmod(place + 1, 7)
    step = LETTERS[letter]
    return Spelling(step, alter, (pitch - alter - _NATURAL[step]) // 12 - 1)
