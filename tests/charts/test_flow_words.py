"""flow_words.py: which words are orders, and which are for people."""

from __future__ import annotations

import pytest

from jazzgen.charts.flow_words import Order, read_order
from jazzgen.charts.written import Jump


@pytest.mark.parametrize(
    ("text", "jump"),
    [
        ("D.C. al Fine", Jump(False, "fine")),
        ("DS A FINE", Jump(True, "fine")),
        ("D.C.alCoda", Jump(False, "coda")),
        ("D.S. al Coda", Jump(True, "coda")),
        ("D.S. \U0001d10b al \U0001d10c", Jump(True, "coda")),
        ("Da Capo al Fine", Jump(False, "fine")),
        ("Dal Segno", Jump(True)),
        ("D.C.", Jump(False)),
        ("DC", Jump(False)),
        ("D. S. al 2nd Ending", Jump(True, "2")),
        ("D.C. al 1st End.", Jump(False, "1")),
        ("D.C. al 3rd ending", Jump(False, "3")),
        ("DSS al Coda", Jump(True, "coda")),
        ("D.S. al Fine (after solos)", Jump(True, "fine")),
        ("go back to D.S. al Coda", Jump(True, "coda")),
    ],
)
def test_jumps(text: str, jump: Jump) -> None:
    assert read_order(text) == Order("jump", jump)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("To Coda", "to coda"), ("to the coda", "to coda"), ("To Coda 2", "to coda"), ("al Coda", "to coda"),
        ("last time to Coda", "to coda"), ("Coda", "coda"), ("CODA:", "coda"), ("(Coda)", "coda"),
        ("⊕ Coda", "coda"), ("\U0001d10c", "coda"), ("segno", "segno"), ("§", "segno"), ("Fine", "fine"),
        ("FINE", "fine"), ("Fine (last time)", "fine"),
    ],
)  # fmt: skip
def test_signs(text: str, what: str) -> None:
    assert read_order(text) == Order(what)


@pytest.mark.parametrize(("text", "times"), [("3x", 3), ("x4", 4), ("Play 3 times", 3), ("Repeat 8x", 8)])
def test_counts(text: str, times: int) -> None:
    assert read_order(text) == Order("times", times=times)


@pytest.mark.parametrize(
    "text",
    ["D.C. on cue", "Take coda every time", "solos on AABA", "Dsus", "Dolce", "Discant", "Swing", "",
     "Vamp and fade", "x" * 100_000],
)  # fmt: skip
def test_words_for_people_are_no_orders(text: str) -> None:
    assert read_order(text) is None
