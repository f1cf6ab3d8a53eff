"""Chord symbols and notes as a page shows them: the parts of a symbol, ♭ and ♯, degrees by name."""

from __future__ import annotations

import re
from typing import NamedTuple

from jazzgen.music.chords import parse_chord

__all__ = ["DEGREE_NAMES", "NO_CHORD", "Symbol", "display", "note_label", "signs", "split"]

NO_CHORD = "N.C."
DEGREE_NAMES = ("1", "♭9", "9", "♭3", "3", "11", "♯11", "5", "♭13", "13", "♭7", "7")
_FLAT_NAMES = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")
_ROOT = re.compile(r"\s*([A-G](?:bb|##|♭♭|♯♯|[b#♭♯])?)")
_BASS = re.compile(r"/\s*([A-G](?:bb|##|♭♭|♯♯|[b#♭♯])?)\s*$")
_TENSIONS = re.compile(r"(?<=\d)(?:b9|#9|#11|b13)+$")  # an altered fifth stays outside the parentheses
_ASCII = str.maketrans("♭♯", "b#")


class Symbol(NamedTuple):
    """A symbol's parts: `root` and `bass` ("" without one) as typed, `quality` in jazzgen's spelling."""

    root: str
    quality: str
    bass: str


def split(symbol: str) -> Symbol | None:
    """The parts of `symbol`; None for no chord. Raises `ChordError` for what is no symbol."""
    chord = parse_chord(symbol)
    root = _ROOT.match(symbol)
    if chord is None or root is None:
        return None
    # A 6/9 has a slash, but no bass: the chord's own bass tells.
    bass = _BASS.search(symbol) if chord.bass != chord.root else None
    return Symbol(root[1].translate(_ASCII), chord.quality, bass[1].translate(_ASCII) if bass else "")


def display(symbol: str) -> str:
    """`symbol` as it is printed: "Bbj7" is B♭maj7, "F-7b5" Fm7♭5, "C79b" C7(♭9)."""
    parts = split(symbol)
    if parts is None:
        return NO_CHORD
    quality = _TENSIONS.sub(r"(\g<0>)", parts.quality)
    return signs(parts.root) + signs(quality) + (f"/{signs(parts.bass)}" if parts.bass else "")


def signs(text: str) -> str:
    """`text` with ♭ for each b behind a note's letter or before a figure, and ♯ for #."""
    return re.sub(r"b(?=\d)|(?<=^[A-G])b+", lambda found: "♭" * len(found[0]), text).replace("#", "♯")


def note_label(pitch: int) -> str:
    """The name of a MIDI pitch with its octave: 60 is C4, 70 B♭4."""
    return f"{_FLAT_NAMES[pitch % 12]}{pitch // 12 - 1}"
