"""Keys: names and signatures, the estimated key of a progression, and its transposition.

A signature is a place on the line of fifths: -6 = six flats .. 6 = six sharps. A key's name is written as
in MIDI: "Bb", "F#m".
"""

from __future__ import annotations

import re
from dataclasses import replace

from jazzgen.music.chords import move_symbol, parse_chord
from jazzgen.music.pitch import NOTE, name_at, nearest_place, pitch_class_at, place_of
from jazzgen.music.score import Progression

_KEY = re.compile(rf"({NOTE})\s*(?:(m|-|min|minor)|M|maj|major)?")
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 9, 10, 11)  # with both sixths and both sevenths


def read_key(text: str) -> tuple[int, bool] | None:
    """The signature of the key that `text` names ("Bb", "F#m", "D minor") and whether it is minor."""
    found = _KEY.fullmatch(text.strip())
    if not found:
        return None
    return place_of(found[1]) - (3 if found[2] else 0), bool(found[2])


def key_name(signature: int, minor: bool) -> str:
    """The name of a key: -2 is "Bb", in minor "Gm"."""
    return name_at(_tonic_place(signature, minor)) + "m" * minor


def key_tonic(signature: int, minor: bool) -> int:
    """The pitch class of a key's tonic."""
    return pitch_class_at(_tonic_place(signature, minor))


def _tonic_place(signature: int, minor: bool) -> int:
    return signature + 3 * minor


def estimate_key(progression: Progression, signature: int | None = None) -> str:
    """The most likely key of a progression, e.g. "Bb" or "Dm"; "C" where it has no chords.

    With a `signature` the choice is between its major and its minor key.

    Each chord, weighted by its length, counts for the keys whose scale holds its tones; a tonic chord counts
    more, most of all as the last or the first, and so does a dominant seventh that resolves to it.
    """
    ends = [change.tick for change in progression.chords[1:]] + [progression.length]
    sounding = [
        (chord, (end - change.tick) / progression.length)
        for change, end in zip(progression.chords, ends, strict=True)
        if (chord := parse_chord(change.symbol))
    ]
    if not sounding:
        return key_name(signature or 0, minor=False)
    # A chord is scored once for each key, however often it sounds: a file may have 48,000 of them.
    numbers: dict[_Tones, int] = {}
    line = [
        (numbers.setdefault((chord.root, chord.pitch_classes), len(numbers)), share)
        for chord, share in sounding
    ]
    keys = [(tonic, minor) for tonic in range(12) for minor in (False, True)]
    if signature is not None:
        keys = [(key_tonic(signature, minor), minor) for minor in (False, True)]
    tonic, minor = max(keys, key=lambda key: _key_score(list(numbers), line, *key))
    if signature is not None:
        return key_name(signature, minor)
    return name_at(nearest_place(tonic, -3 if minor else -6)) + "m" * minor


_Tones = tuple[int, frozenset[int]]  # a root and all that sounds with it


def _key_score(chords: list[_Tones], line: list[tuple[int, float]], tonic: int, minor: bool) -> float:
    """How well a key fits `line`: which of `chords` sounds, and for which share of the time."""
    scale = {(tonic + above) % 12 for above in (_MINOR if minor else _MAJOR)}
    third = (tonic + (3 if minor else 4)) % 12
    is_tonic = [root == tonic and third in tones for root, tones in chords]
    is_dominant = [(root - tonic) % 12 == 7 and (root + 4) % 12 in tones for root, tones in chords]
    worth = [
        len(tones & scale) / len(tones) + 0.6 * home - (0.12 if minor else 0)
        for (_, tones), home in zip(chords, is_tonic, strict=True)
    ]
    score, before = 0.0, line[-1][0]
    for number, share in line:
        score += share * worth[number]
        if is_tonic[number] and is_dominant[before]:
            score += 0.3 * share + 0.05
        before = number
    return score + 0.4 * is_tonic[line[-1][0]] + 0.3 * is_tonic[line[0][0]]


def transpose_progression(progression: Progression, semitones: int) -> Progression:
    """`progression` transposed by `semitones`: chords and key, each chord spelled in relation to the key.

    A key has at most five sharps or six flats. Where none is given, the estimated one decides.
    """
    if semitones % 12 == 0:
        return progression
    known = read_key(progression.key)
    old, minor = known or read_key(estimate_key(progression)) or (0, False)
    new = nearest_place(pitch_class_at(old) + semitones, -6)
    flattest = min(-6, new - 1)  # Cb is the fourth degree of Gb; elsewhere it is B
    chords = tuple(replace(c, symbol=move_symbol(c.symbol, new - old, flattest)) for c in progression.chords)
    # Where no chord has a root, tokens are counted from the tonic, so it has to move.
    named = known or not any(parse_chord(change.symbol) for change in chords)
    return replace(progression, chords=chords, key=key_name(new, minor) if named else "")
