"""How a written note is spelled: C♯ or D♭, from the chord, the key and where the line goes.

In: written pitches (MIDI numbers), the chord symbol over each, the key signature. Out: step, alter, octave.

Spellings are places on the line of fifths, ... B♭ -2, F -1, C 0, G 1 ... (`music/pitch.py`), where a place
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
from jazzgen.music.pitch import fold, name_at, nearest_place, pitch_class_at, place_of
from jazzgen.rendering.symbols import split

LOWEST, HIGHEST = -7, 11  # C♭ and E♯

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


class _Path(NamedTuple):
    """A way through the line up to one note: its cost, the note's place, and the path to the note before."""

    cost: float
    place: int
    before: _Path | None


def spell(pitches: Sequence[int], symbols: Sequence[str], key_fifths: int) -> list[Spelling]:
    """The cheapest spelling of a line: `pitches`, the chord symbol over each, in a key of so many sharps
    (negative: flats).
    """
    ends: list[_Path] = []  # the cheapest way to each place of the last note
    last_preferred, last_chordal = 0, True  # the place that the chord gave to it, and whether it is its tone
    for pitch, symbol in zip(pitches, symbols, strict=True):
        preferred, otherwise = _preference(symbol, pitch % 12, key_fifths)
        paths = []
        for place in _places(pitch % 12):
            costs = [end.cost + _step_cost(end.place, place, last_preferred, last_chordal) for end in ends]
            least = min(costs, default=0.0)
            before = ends[costs.index(least)] if ends else None
            paths.append(_Path(least + _place_cost(place, preferred, otherwise, key_fifths), place, before))
        ends, last_preferred, last_chordal = paths, preferred, otherwise == AGAINST_CHORD

    places: list[int] = []
    path = min(ends, key=lambda end: end.cost, default=None)
    while path is not None:
        places.append(path.place)
        path = path.before
    return [_name(pitch, place) for pitch, place in zip(pitches, reversed(places), strict=True)]


@lru_cache(maxsize=12)
def _places(pitch_class: int) -> tuple[int, ...]:
    return tuple(place for place in range(LOWEST, HIGHEST + 1) if pitch_class_at(place) == pitch_class)


@lru_cache(maxsize=4096)
def _preference(symbol: str, pitch_class: int, key_fifths: int) -> tuple[int, float]:
    """The place that the chord (without one, the key) gives to `pitch_class`; what another costs."""
    chord, parts = parse_chord(symbol), split(symbol)
    if chord is None or parts is None:
        place = fold(nearest_place(pitch_class, key_fifths - 5), LOWEST, HIGHEST)  # ♭2 of the key ... ♯4
        return place, AGAINST_CHORD if _in_key(place, key_fifths) else AGAINST_DEGREE
    semitones = (pitch_class - chord.root) % 12
    tones = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    fifths = _FIFTHS[semitones]
    if semitones == 6 and 6 in tones and 7 not in tones:
        fifths = -6  # ♭5
    elif semitones == 8 and tones >= {4, 8} and not tones & {7, 1}:
        fifths = 8  # ♯5
    elif semitones == 9 and tones >= {3, 6, 9}:
        fifths = -9  # the diminished seventh of B°7 is A♭
    place = fold(place_of(parts.root) + fifths, LOWEST, HIGHEST)
    if pitch_class in chord.pitch_classes:
        return place, AGAINST_CHORD
    known = pitch_class in chord_scale(chord) or _in_key(place, key_fifths)
    return place, AGAINST_SCALE if known else AGAINST_DEGREE


def _in_key(place: int, key_fifths: int) -> bool:
    return key_fifths - 1 <= place <= key_fifths + 5


def _place_cost(place: int, preferred: int, otherwise: float, key_fifths: int) -> float:
    cost = 0.0 if place == preferred else otherwise
    beyond = max(key_fifths - 5 - place, place - key_fifths - 6, 0)
    rare = place in (LOWEST, HIGHEST) and not _in_key(place, key_fifths)
    return cost + OUT_OF_KEY * beyond + (RARE if rare else 0)


def _step_cost(before: int, place: int, preferred: int, chordal: bool) -> float:
    """What the interval costs, and that `before`, not a chord's tone, leaves its usual name for no reason."""
    apart = abs(place - before)
    resolves = place - before == (-5 if before > preferred else 5)  # D♯ E, or D♭ C
    unresolved = not chordal and (apart == 7 or (before != preferred and not resolves))
    return _INTERVAL[min(apart, 12)] + (UNRESOLVED if unresolved else 0)


def _name(pitch: int, place: int) -> Spelling:
    name = name_at(place)
    alter = name.count("#") - name.count("b")
    return Spelling(name[0], alter, (pitch - alter) // 12 - 1)
