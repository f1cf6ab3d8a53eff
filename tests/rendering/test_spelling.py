"""Note names: from the chord, the key and where the line goes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.rendering.spelling import spell


def names(pitches: list[int], symbol: str, fifths: int = 0) -> str:
    line = spell(pitches, [symbol] * len(pitches), fifths)
    return " ".join(name.step + {-1: "b", 0: "", 1: "#"}[name.alter] for name in line)


@pytest.mark.parametrize(
    ("pitches", "symbol", "fifths", "line"),
    [
        ([61, 65, 68, 71], "Db7", 0, "Db F Ab Cb"),  # flats, whatever the key
        ([61, 65, 68, 71], "C#7", 5, "C# E# G# B"),
        ([66, 64, 63, 61], "Gb7", -6, "Gb E Eb Db"),  # no Fb
        ([60, 61, 62], "C7", 0, "C C# D"),  # a passing note goes the way of the line
        ([62, 61, 60], "C7", 0, "D Db C"),
        ([59, 62, 65, 68], "Bdim7", 0, "B D F Ab"),
        ([64, 68, 72], "Eaug", 0, "E G# C"),
        ([60, 63, 66, 70], "Cm7b5", -3, "C Eb Gb Bb"),
        ([60, 64, 66, 67], "Cmaj7#11", 0, "C E F# G"),
        ([60, 61, 64, 70], "C7b9", 0, "C Db E Bb"),
        ([64, 62, 61, 59], "E7", 0, "E D C# B"),  # the scale before the direction
        ([66, 67, 69], "N.C.", 1, "F# G A"),
        # D dorian under a signature of D minor: its flats, sharps only to rise by a semitone.
        ([65, 64, 61, 63, 61, 60], "Dm7", -1, "F E C# Eb Db C"),
        ([58, 57, 61, 58, 63, 64, 61], "Dm7", -1, "Bb A C# Bb Eb E C#"),
        ([64, 62, 59, 63, 64, 67], "Dm7", -1, "E D B D# E G"),
    ],
)
def test_notes_are_spelled_as_musicians_write_them(
    pitches: list[int], symbol: str, fifths: int, line: str
) -> None:
    assert names(pitches, symbol, fifths) == line


@given(
    st.lists(st.integers(40, 90), max_size=30),
    st.sampled_from(["Db7", "F#m7", "N.C.", "Abm7"]),
    st.integers(-6, 6),
)
@settings(deadline=None, max_examples=40)
def test_a_name_sounds_as_its_pitch(pitches: list[int], symbol: str, fifths: int) -> None:
    natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    line = spell(pitches, [symbol] * len(pitches), fifths)
    assert [12 * (name.octave + 1) + natural[name.step] + name.alter for name in line] == pitches
    assert all(abs(name.alter) <= 1 for name in line)
