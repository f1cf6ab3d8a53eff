"""Text as a page shows it: chord symbols in their parts and with ♭ and ♯, degrees and pitches by name."""

from __future__ import annotations

import re
from typing import NamedTuple

from jazzgen.music.chords import parse_chord
from jazzgen.music.pitch import NOTE, name_at, pitch_name, place_of
from jazzgen.music.score import NO_CHORD

DEGREE_NAMES = ("1", "♭9", "9", "♭3", "3", "11", "♯11", "5", "♭13", "13", "♭7", "7")
_ROOT = re.compile(rf"\s*({NOTE})")
_BASS = re.compile(rf"/\s*({NOTE})\s*$")
_TENSIONS = re.compile(r"(?<=\d)(?:b9|#9|#11|b13)+$")  # an altered fifth stays outside the parentheses


class ChordSymbol(NamedTuple):
    """A symbol's parts in jazzgen's spelling: `root`, `quality` and `bass` ("" without one)."""

    root: str
    quality: str
    bass: str


def split(symbol: str) -> ChordSymbol | None:
    """The parts of `symbol`; None for no chord. Raises `ChordError` for what is no symbol."""
    chord = parse_chord(symbol)
    root = _ROOT.match(symbol)
    if chord is None or root is None:
        return None
    # A 6/9 has a slash, but no bass: the chord's own bass decides.
    bass = _BASS.search(symbol) if chord.bass != chord.root else None
    return ChordSymbol(name_at(place_of(root[1])), chord.quality, name_at(place_of(bass[1])) if bass else "")


def display(symbol: str) -> str:
    """`symbol` as it is printed: "Bbj7" is B♭maj7, "F-7b5" Fm7♭5, "C79b" C7(♭9)."""
    parts = split(symbol)
    if parts is None:
        return NO_CHORD
    quality = _TENSIONS.sub(r"(\g<0>)", parts.quality)
    root, quality, bass = map(with_accidentals, (parts.root, quality, parts.bass))
    return f"{root}{quality}/{bass}" if bass else root + quality


def with_accidentals(text: str) -> str:
    """`text` with ♭ for each b behind a note's letter or before a figure, and ♯ for #."""
    return re.sub(r"b(?=\d)|(?<=^[A-G])b+", lambda found: "♭" * len(found[0]), text).replace("#", "♯")


def note_label(pitch: int) -> str:
    """The name of a MIDI pitch with its octave: 60 is C4, 70 B♭4."""
    return with_accidentals(pitch_name(pitch))
