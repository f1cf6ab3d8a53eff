"""order.py, repeats.py: written bars in playing order, by the rules that players follow."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.order import Order, find_order
from jazzgen.charts.written import Jump, WrittenBar
from jazzgen.errors import ProgressionError
from jazzgen.music.score import MAX_BARS

SIGNS = {
    "{": {"opens_repeat": True}, "}": {"closes_repeat": True}, "[": {"double_start": True},
    "]": {"double_end": True}, "S": {"segno": True}, "t": {"to_coda": True}, "c": {"coda": True},
    "f": {"fine": True}, "E": {"end": True}, "p": {"pickup": True}, "i": {"section": "Intro"},
    "B": {"section": "B"}, "C": {"jump": Jump(False, "coda")}, "D": {"jump": Jump(True, "coda")},
    "F": {"jump": Jump(False, "fine")}, "J": {"jump": Jump(False, "2")}, "K": {"jump": Jump(False, "3")},
    "R": {"jump": Jump(False, "")},
}  # fmt: skip


def written(text: str) -> list[WrittenBar]:
    """Bars, each a number with its signs: "{1 2 N1:3} N2:4]"; x3 at a close is how often it is played."""
    bars = []
    for number, word in enumerate(text.split(), 1):
        bar = WrittenBar(number=number)
        if found := re.search(r"N([\d,]+):", word):
            bar = replace(bar, endings=tuple(map(int, found[1].split(","))))
        if found := re.search(r"x(\d+)", word):
            bar = replace(bar, times=int(found[1]))
        for sign in re.sub(r"N[\d,]+:|x\d+|\d", "", word):
            bar = replace(bar, **SIGNS[sign])
        bars.append(bar)
    return bars


def order(text: str) -> Order:
    return find_order(written(text))


def named(numbers: tuple[int, ...] | None) -> str | None:
    return None if numbers is None else " ".join(str(number + 1) for number in numbers)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1 2 3", "1 2 3"),
        ("{1 2} 3", "1 2 1 2 3"),
        ("{1 2}x3 3", "1 2 1 2 1 2 3"),
        ("{1 2}x1 3", "1 2 3"),
        # Rule 2: endings.
        ("{1 N1:2} N2:3] 4", "1 2 1 3 4"),
        ("{1 N1:2} 3 4", "1 2 1 3 4"),
        ("{1 N1:2} N2:3} N3:4] 5", "1 2 1 3 1 4 5"),
        ("{1 N1,2:2} N3:3] 4", "1 2 1 2 1 3 4"),
        ("{1 N1:2}x4 N2:3] 4", "1 2 1 2 1 2 1 3 4"),
        ("{1 N1:2 3} N2:4 5] 6", "1 2 3 1 4 5 6"),
        ("{1 BN1:2} BN2:3] 4", "1 2 1 3 4"),
        ("{1 N1:2 N2:3] 4", "1 2 1 3 4"),  # the closing sign is missing
        ("{1 N1:2} N2:3} 4", "1 2 1 3 4"),  # one more than needed
        # Rule 3: each group has its own endings.
        ("{1 N1:2} N2:3] {4 N1:5} N2:6]", "1 2 1 3 4 5 4 6"),
        ("{1 2} {3 N1:4} N2:5]", "1 2 1 2 3 4 3 5"),
        # Rule 4: a close without an open.
        ("1 2} 3", "1 2 1 2 3"),
        ("{1 2} 3 4} 5", "1 2 1 2 3 4 3 4 5"),
        ("1 2] [B3 4} 5", "1 2 3 4 3 4 5"),
        ("1 N1:2} N2:3] 4", "1 2 1 3 4"),
        # Rule 5: after D.C. or D.S. no repeats, the last ending.
        ("{1 N1:2} N2:3f] 4 5F]", "1 2 1 3 4 5 1 3"),
        ("{1 N1:2f} N2:3] 4 5F]", "1 2 1 3 4 5 1 2"),  # the target stands in another ending
        ("{1 2} 3f] 4F]", "1 2 1 2 3 4 1 2 3"),
        ("1f 2] 3F]", "1 2 3 1"),  # Fine does nothing before the jump
        ("1 S2 3t 4D] c5 6]", "1 2 3 4 2 3 5 6"),
        ("1 2t 3 4C] c5 6]", "1 2 3 4 1 2 5 6"),
        ("{1 N1:2} N2:3] 4J]", "1 2 1 3 4 1 3"),
        ("{1 N1:2} N2:3] 4K] N3:5 6]", "1 2 1 3 4 1 5 6"),
        ("1 2 3R]", "1 2 3 1 2 3"),
        ("1 2t 3C] {c4 5}", "1 2 3 1 2 4 5 4 5"),  # a repeat in the coda is played
        # Rule 6: a text that stands early.
        ("1 2t 3C 4 5] c6]", "1 2 3 4 5 1 2 6"),
        ("S1 2t 3D c4 5", "1 2 3 1 2 4 5"),  # a mark of the coda or of a section ends it as a double bar does
        ("1 2f 3F 4 B5 6]", "1 2 3 4 1 2"),
        ("1 2f 3R]", "1 2 3 1 2"),  # a bare jump goes to the Fine, or to the coda for which it has left
        ("1 2t 3f 4R] c5]", "1 2 3 4 1 2 5"),
        ("1 2R] 3f", "1 2 1 2 3"),
        # One coda sign with a jump: it leaves where the jump stands.
        ("1 2 3C] c4]", "1 2 3 1 2 3 4"),
        # Pickup and verse.
        ("p1 2 3", "2 3"),
    ],
)
def test_form(text: str, form: str) -> None:
    assert named(order(text).form) == form


@pytest.mark.parametrize(
    ("text", "intro", "form", "last"),
    [
        ("1 2t 3] c4 5", "", "1 2 3", "1 2 4 5"),
        ("{1 2t} 3] c4", "", "1 2 1 2 3", "1 2 1 2 4"),  # in the last pass of the repeat
        ("1 2 3] c4 5", "", "1 2 3", "1 2 3 4 5"),  # one sign: behind the last chorus
        ("1 2E 3", "", "1 2 3", "1 2"),
        ("1 2 3E", "", "1 2 3", None),
        ("i1 2 B3 4", "1 2", "3 4", None),
        ("i1 2] 3 4", "1 2", "3 4", None),
        ("{i1 2} B3 4", "1 2 1 2", "3 4", None),
        ("p1 i2 B3 4t 5] c6", "2", "3 4 5", "3 4 6"),
        ("i1 2", "", "1 2", None),  # all is intro
        ("i1 B2 3f] 4F]", "1", "2 3 4 2 3", None),
        ("1 2t 3f 4F] c5", "", "1 2 3 4 1 2 3", "1 2 3 4 1 2 5"),  # a jump that is not to the coda
    ],
)
def test_intro_and_last_chorus(text: str, intro: str, form: str, last: str | None) -> None:
    found = order(text)
    assert (named(found.intro), named(found.form), named(found.last)) == (intro, form, last)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("1 2} 3", "bar 2: a repeat closes there that was not opened; it is played from bar 1"),
        ("1 2t 3C 4] c5", "bar 3: the jump written there is taken at the end of its section, bar 4"),
        ("1 2t 3] c4", "bar 4: the coda there is an outro: only the last chorus leaves behind bar 2 for it"),
        ("i1 B2 3", "bar 1: the intro (1 bar) is in no chorus"),
        ("i1 2 3", "bar 1: there is nothing but an intro; it is the form"),
        ("i1 B2 3R]", "bar 1: an intro is played again"),
        ("1 2E 3", "bar 2: END"),
        ("1 2F]", "bar 2: a jump leads to Fine, which is not there"),
        ("1 2C]", "bar 2: a jump leads to Coda, which is not there"),
        ("1 2K]", "bar 2: a jump leads to ending 3"),
        ("1 2t 3D] c4", "bar 3: D.S. without a segno"),
        ("1 2f 3F] 4R]", "bar 3: there are several jumps"),
        ("{1 2} 3f 4F]", "bar 2: the repeat there is not played again after the jump"),
        ("1 2f 3R]", "bar 3: D.C. there is read as D.C. al Fine"),
        ("{1 2 {3 4}", "bar 1: the repeat that opens there is never closed"),
    ],
)
def test_assumptions_are_said(text: str, warning: str) -> None:
    assert any(said.startswith(warning) for said in order(text).warnings), order(text).warnings


def test_a_plain_chart_has_no_warnings() -> None:
    for text in ("1 2 3", "{1 N1:2} N2:3] 4", "1 S2 3t 4D] c5 6]", "{1 2}x3 3"):
        assert order(text).warnings == ()


@pytest.mark.parametrize("text", ["", "p1", "{1}x1000000000", "1 " * (MAX_BARS + 1), "{1 2} " * 4000])
def test_what_cannot_be_played_is_refused(text: str) -> None:
    with pytest.raises(ProgressionError):
        order(text)


WORDS = st.lists(
    st.tuples(st.text("{}[]StcfEpiBCDFJKR", max_size=4), st.sampled_from(["", "N1:", "N2:", "N1,3:", "x5"])),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=400)
@given(WORDS)
def test_any_signs_end(words: list[tuple[str, str]]) -> None:
    """No mixture of signs plays for ever, and each bar is one of the chart."""
    text = " ".join(f"{signs}{more}1" if "N" in more else f"{signs}1{more}" for signs, more in words)
    try:
        found = order(text)
    except ProgressionError:
        return
    bars = range(len(words))
    assert found.form
    assert all(number in bars for number in (*found.form, *found.intro, *(found.last or ())))
