"""Progressions in the form in which the development charts say what is expected of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import read_key
from jazzgen.music.score import Progression

Coded = tuple[int, list[tuple[int, Fraction, str]]]  # bars, and (bar, place in it, chord) at each change


def coded(form: Progression) -> Coded:
    """The bars and changes of a progression; a chord is "root,bass,pitch classes as bits"."""
    ends = [*form.bar_ticks[1:], form.length]
    changes: list[tuple[int, Fraction, str]] = []
    for change in form.chords:
        bar, chord = form.bar_at(change.tick), parse_chord(change.symbol)
        start = form.bar_ticks[bar]
        bits = sum(1 << tone for tone in chord.pitch_classes) if chord else 0
        code = f"{chord.root},{chord.bass},{bits}" if chord else "NC"
        if not changes or changes[-1][2] != code:
            changes.append((bar, Fraction(change.tick - start, ends[bar] - start), code))
    return len(form.bar_ticks), changes


def expected(form: dict[str, Any]) -> Coded:
    """The same of an entry of expected.json."""
    return form["bars"], [(bar, Fraction(place), code) for bar, place, code, *_ in form["changes"]]


def key_code(text: str) -> tuple[int, bool] | None:
    """Tonic 0..11 and whether it is minor."""
    key = read_key(text)
    return key and (7 * (key[0] + 3 * key[1]) % 12, key[1])
