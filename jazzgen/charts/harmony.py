"""Chord symbols as MusicXML has them: a kind, degrees that change it, and a text; read and written.

Kind and degrees decide which tones sound; the text is what is printed. It is kept as the symbol where
`parse_chord` reads the same tones in it, else a symbol is spelled from the tones.

Source: MusicXML 4.0, `kind-value` and `degree`, W3C Music Notation Community Group, 2021.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from jazzgen.errors import ChordError
from jazzgen.music.chords import parse_chord, quality_name
from jazzgen.music.pitch import NOTE, name_at, place_of
from jazzgen.music.score import NO_CHORD

HOLD = ""  # what stands for a sign of repetition typed as a chord: the chord before goes on

_DEGREES = (3, 5, 7, 9, 11, 13)
# Each kind's tones: semitones above the root under the degrees they are; a sixth stands under 7.
_KINDS = {
    # kind                  3  5  7  9  11 13
    "major":              " 4  7  .  .  .  . ",
    "minor":              " 3  7  .  .  .  . ",
    "augmented":          " 4  8  .  .  .  . ",
    "diminished":         " 3  6  .  .  .  . ",
    "dominant":           " 4  7  10 .  .  . ",
    "major-seventh":      " 4  7  11 .  .  . ",
    "minor-seventh":      " 3  7  10 .  .  . ",
    "diminished-seventh": " 3  6  9  .  .  . ",
    "augmented-seventh":  " 4  8  10 .  .  . ",
    "half-diminished":    " 3  6  10 .  .  . ",
    "major-minor":        " 3  7  11 .  .  . ",
    "major-sixth":        " 4  7  9  .  .  . ",
    "minor-sixth":        " 3  7  9  .  .  . ",
    "dominant-ninth":     " 4  7  10 2  .  . ",
    "major-ninth":        " 4  7  11 2  .  . ",
    "minor-ninth":        " 3  7  10 2  .  . ",
    "dominant-11th":      " 4  7  10 2  5  . ",
    "major-11th":         " 4  7  11 2  5  . ",
    "minor-11th":         " 3  7  10 2  5  . ",
    "dominant-13th":      " 4  7  10 2  .  9 ",
    "major-13th":         " 4  7  11 2  .  9 ",
    "minor-13th":         " 3  7  10 2  5  9 ",
    "suspended-fourth":   " 5  7  .  .  .  . ",
    "suspended-second":   " 2  7  .  .  .  . ",
    "power":              " .  7  .  .  .  . ",
}  # fmt: skip
# Not in MusicXML, but written by programs.
_OTHER_KINDS = {
    "minor-major": "major-minor",
    "major-minor-seventh": "dominant",
    "minor-major-seventh": "major-minor",
    "dominant-seventh": "dominant",
    "half-diminished-seventh": "half-diminished",
    "dominant-eleventh": "dominant-11th",
    "major-eleventh": "major-11th",
    "minor-eleventh": "minor-11th",
    "dominant-thirteenth": "dominant-13th",
    "major-thirteenth": "major-13th",
    "minor-thirteenth": "minor-13th",
}
_NATURAL = {3: 4, 5: 7, 7: 10, 9: 2, 11: 5, 13: 9}  # what a degree adds without alteration: 7 is minor
_COLUMNS = {2: 9, 4: 11, 6: 13, 10: 3, 12: 5, 14: 7} | {degree: degree for degree in _DEGREES}
_REPEAT = re.compile(r"[%/.\-–𝄎]|simile|sim\.?", re.IGNORECASE)  # signs typed as a chord
_NO_CHORD = re.compile(r"n\.?\s?c\.?|no\s?chord|tacet", re.IGNORECASE)
_MUSIC_SIGNS = str.maketrans({"♭": "b", "♯": "#", "\ue260": "b", "\ue262": "#"})

Tones = dict[int, frozenset[int]]


class Degree(NamedTuple):
    """A degree that is added, altered or subtracted (`how`), `alter` semitones from where it lies."""

    value: int
    alter: int
    how: str = "add"


class Harmony(NamedTuple):
    """A chord as MusicXML has it; `root` and `bass` are note names such as "Bb", empty for none."""

    root: str
    kind: str
    text: str = ""
    degrees: tuple[Degree, ...] = ()
    bass: str = ""


# ------------------------------------------------------------------------------------------------- reading


@lru_cache(maxsize=4096)
def read_symbol(harmony: Harmony) -> str:
    """The symbol of `harmony`: N.C., or `HOLD`, or one that `parse_chord` reads as exactly these tones.

    Where kind and degrees say nothing, the text does; where that is no chord either, root and text are
    returned as they stand, for `parse_chord` to refuse.
    """
    root, kind, text, degrees, _ = harmony
    text = "".join(text.translate(_MUSIC_SIGNS).split())
    kind = kind.strip().lower()
    kind = _OTHER_KINDS.get(kind, kind)
    if _REPEAT.fullmatch(text) and kind in ("none", "other", ""):
        return HOLD
    if kind == "none" or (_NO_CHORD.fullmatch(text) if text else not root):
        return NO_CHORD
    own = _columns(_KINDS[kind]) if kind in _KINDS else {}
    symbol = _of_kind(root, own, text, degrees) if own else _of_text(root, kind, text, degrees)
    return f"{symbol}/{harmony.bass}" if harmony.bass not in ("", root) else symbol


def _of_kind(root: str, own: Tones, text: str, degrees: tuple[Degree, ...]) -> str:
    """A kind that has tones of its `own`, changed by degrees."""
    tones = changed(own, degrees)
    if tones is not None:
        if sounding(root, text) == _above(tones):
            return root + text
        if (quality := _spelled(frozenset(tones.items()))) is not None:
            return root + quality
    return root + text


def _of_text(root: str, kind: str, text: str, degrees: tuple[Degree, ...]) -> str:
    """A kind without tones: its text, and the degrees that the text does not say; else the degrees alone."""
    said = sounding(root, text) if text or not kind else None
    if said is not None:
        unsaid = tuple(degree for degree in degrees if str(degree.value) not in text)
        return _of_kind(root, _usual_degrees(said), text, unsaid)
    if kind == "other" and degrees and not text:  # such a chord is made of its degrees alone
        return _of_kind(root, dict.fromkeys(_DEGREES, frozenset()), text, degrees)
    return root + (text or kind)


def sounding(root: str, quality: str) -> frozenset[int] | None:
    """Semitones above its root that the symbol `root` + `quality` has; None where it is no chord, or over
    another bass.
    """
    try:
        chord = parse_chord(root + quality)
    except ChordError:
        return None
    if chord is None or chord.bass != chord.root or (quality[:1] in ("b", "#") and len(root) == 1):
        return None  # Cb5 would have another root
    return frozenset((tone - chord.root) % 12 for tone in chord.pitch_classes)


def _columns(row: str) -> Tones:
    cells = zip(_DEGREES, row.split(), strict=True)
    return {degree: frozenset(() if cell == "." else (int(cell),)) for degree, cell in cells}


def changed(own: Mapping[int, frozenset[int]], degrees: tuple[Degree, ...]) -> Tones | None:
    """A kind's own tones with `degrees` added, altered and subtracted; None for a degree that none has."""
    kept, added = dict(own), dict.fromkeys(_DEGREES, frozenset[int]())
    for value, alter, how in degrees:
        column = _COLUMNS.get(value, 0)
        if (value, how) == (6, "add") and not kept[7]:
            column = 7  # a sixth, and no thirteenth
        elif value in (6, 13) and how != "add" and kept[7] == {9}:
            column = 7
        elif value in (2, 4) and how != "add" and kept[3] <= {2, 5}:
            column = 3  # what is suspended
        if not column or abs(alter) > 2:
            return None
        natural = 9 if (value, column) == (6, 7) else _NATURAL[column]
        if how == "add" or (how == "alter" and not kept[column]):
            added[column] |= {(natural + alter) % 12}
        elif how == "alter":
            kept[column] = frozenset((tone + alter) % 12 for tone in kept[column])
            added[column], kept[column] = added[column] | kept[column], frozenset()
        elif how == "subtract":
            if not kept[column]:
                added[column] = frozenset()
            kept[column] = frozenset()
        else:
            return None
    return {column: kept[column] | added[column] for column in _DEGREES}


@lru_cache(maxsize=4096)
def _spelled(tones: frozenset[tuple[int, frozenset[int]]]) -> str | None:
    """The shortest quality with exactly these tones, under the degrees that they are or under the usual ones;
    None where there is none.
    """
    above = _above(dict(tones))
    found: list[str] = []
    for columns in (dict(tones), _usual_degrees(above)):
        try:
            quality = quality_name(columns)
        except (ValueError, IndexError):  # no quality has such a third, fifth or seventh
            continue
        found += (said for said in (quality, f"({quality})") if sounding("C", said) == above)
    return min(found, key=len, default=None)


def _usual_degrees(above: frozenset[int]) -> Tones:
    """Tones under the degrees as which they are mostly heard."""
    third = above & {4} or above & {3} or above & {2, 5}
    fifth = above & {7} or above & {6, 8}
    seventh = above & {10} or above & {11} or above & {9}
    if not third & {4} and 6 in fifth and {9, 11} <= above:
        seventh = frozenset({9, 11})
    rest = above - third - fifth - seventh
    return {
        3: third, 5: fifth, 7: seventh, 9: rest & {1, 2, 3}, 11: rest & {5, 6}, 13: rest & {8, 9}
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------- writing


@lru_cache(maxsize=4096)
def write_symbol(symbol: str) -> Harmony:
    """`symbol` as a kind and degrees with exactly its tones, and the text in the program's own spelling."""
    chord = parse_chord(symbol)
    found = re.match(rf"\s*({NOTE})", symbol)
    if chord is None or found is None:
        return Harmony("C", "none", NO_CHORD)
    root = name_at(place_of(found[1]))
    bass = ""
    if chord.bass != chord.root and (behind := re.search(rf"/\s*({NOTE})\s*$", symbol)):
        bass = name_at(place_of(behind[1]))
    above = sounding("C", chord.quality) or frozenset({0})
    choices = []
    for kind, row in _KINDS.items():
        own = _columns(row)
        degrees = _degrees_to(_above(own), above)
        if (tones := changed(own, degrees)) is not None and _above(tones) == above:
            choices.append(Harmony(root, kind, chord.quality, degrees, bass))
    return min(choices, key=lambda choice: sum(_EFFORT[degree.how] for degree in choice.degrees))


@lru_cache(maxsize=1024)
def nearest_kind(symbol: str) -> str:
    """The kind with the tones of a symbol without bass, or the nearest, for a page that prints its text."""
    above = sounding("C", chord.quality) if (chord := parse_chord(symbol)) else None
    tones = {kind: _above(_columns(row)) for kind, row in _KINDS.items()}
    wanted = above or frozenset({0})
    return min(tones, key=lambda kind: 2 * len(tones[kind] - wanted) + len(wanted - tones[kind]))


_EFFORT = {
    "add": 4,
    "alter": 3,
    "subtract": 9,
}  # m9b5 is a minor ninth with b5, 9sus4 a suspension with 7 and 9


def _above(tones: Tones) -> frozenset[int]:
    """All semitones above the root, the root's own 0 with them."""
    return frozenset({0}).union(*tones.values())


def _degrees_to(own: frozenset[int], above: frozenset[int]) -> tuple[Degree, ...]:
    """What makes a kind with the tones `own` have the tones `above`."""
    missing, extra = set(own - above), sorted(above - own)
    degrees = []
    for tone, alter in ((6, -1), (8, 1)):
        if tone in extra and 7 in missing:
            degrees.append(Degree(5, alter, "alter"))
            missing.remove(7)
            extra.remove(tone)
    seventh = above & {9, 10, 11} - set(extra)
    degrees += (Degree(_SUBTRACTED[tone], 0, "subtract") for tone in sorted(missing))
    degrees += (_ADDED[tone] if tone != 9 or seventh else Degree(6, 0) for tone in extra)
    return tuple(degrees)


_SUBTRACTED = {2: 9, 3: 3, 4: 3, 5: 11, 6: 5, 7: 5, 8: 5, 9: 13, 10: 7, 11: 7}
_ADDED = {
    1: Degree(9, -1), 2: Degree(9, 0), 3: Degree(9, 1), 4: Degree(3, 0), 5: Degree(11, 0), 6: Degree(11, 1),
    7: Degree(5, 0), 8: Degree(13, -1), 9: Degree(13, 0), 10: Degree(7, 0), 11: Degree(7, 1),
}  # fmt: skip
