"""The options of a solo: what they refuse, and what their words mean."""

from __future__ import annotations

import pytest

from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls, arc_level, parse_range
from jazzgen.music.score import INSTRUMENTS


def test_arcs_are_these_curves() -> None:
    assert [arc_level("flat", k, 3) for k in range(3)] == [0, 0, 0]
    assert [arc_level("rising", k, 3) for k in range(3)] == [-1, 0, 1]
    assert [arc_level("arch", k, 5) for k in range(5)] == [-1, 0, 1, 0, -1]
    assert [arc_level(arc, 0, 1) for arc in ("flat", "rising", "arch")] == [0, 0, 0]


# ------------------------------------------------------------------------------------------------- the words


@pytest.mark.parametrize(
    ("text", "pitches"),
    [("C3-G5", (48, 79)), ("48-79", (48, 79)), ("bb2..F#4", (46, 66)), (" 60 - C6 ", (60, 84))],
)
def test_a_range_in_words(text: str, pitches: tuple[int, int]) -> None:
    assert parse_range(text) == pitches


@pytest.mark.parametrize("text", ["", "C3", "G5-C3", "60-60", "H3-C5", "0-200", "C3-G5-B5", "x" * 500])
def test_a_range_that_is_none(text: str) -> None:
    with pytest.raises(OptionError, match="range must be two rising pitches"):
        parse_range(text)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"density": 0.1}, r"density must be in 0\.5\.\.12"),
        ({"density": float("nan")}, "density must be"),
        ({"rests": 0.9}, r"rests must be in 0\.\.0\.8"),
        ({"outside": 2}, r"outside must be in -1\.\.1"),
        ({"motif": -1}, r"motif must be in 0\.\.3"),
        ({"arc": "falling"}, "arc must be one of flat, rising, arch, received 'falling'"),
        ({"effort": 17}, r"effort must be in 1\.\.16 candidates, received 17"),
        ({"effort": 4, "temperature": 0.0}, "effort changes what is drawn"),
        ({"max_copied": 3}, r"max-copied must be in 8\.\.1000 intervals, or 0 for no limit, received 3"),
        ({"temperature": 0, "density": 4}, "density changes what is drawn"),
        ({"temperature": 0, "rests": 0.3}, "rests changes what is drawn"),
        ({"temperature": 0, "outside": 0.3}, "outside changes what is drawn"),
        ({"temperature": 0, "motif": 2}, "motif changes what is drawn"),
        ({"temperature": 0, "motif": 0}, "motif changes what is drawn"),
        ({"temperature": 0, "top_k": 5}, "top-k changes what is drawn"),
        ({"temperature": 0, "top_p": 0.9}, "top-p changes what is drawn"),
    ],
)
def test_wishes_outside_their_range_are_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Controls(**asked)


def test_a_range_must_be_an_octave_within_the_instruments() -> None:
    horn = INSTRUMENTS["tenor-sax"]
    assert Controls().bounds(horn) == (44, 76)
    assert Controls(low=50, high=62).bounds(horn) == (50, 62)
    for low, high in ((50, 61), (40, 60), (60, 90)):
        with pytest.raises(OptionError, match="range must be an octave or more within the tenor-sax"):
            Controls(low=low, high=high).bounds(horn)


def test_units_take_the_place_of_rests_and_rests_that_of_units() -> None:
    assert Controls(rests=0.4).changed(units="lick") == Controls(units="lick")
    assert Controls(units="lick").changed(rests=0.4, density=4.0) == Controls(rests=0.4, density=4.0)
    with pytest.raises(OptionError, match="received both"):
        Controls().changed(units="lick", rests=0.4)
