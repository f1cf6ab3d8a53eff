"""Units are read from notes as a listener would name them."""

from __future__ import annotations

import pytest

from jazzgen.charts.find import find_progression
from jazzgen.music.score import Note, Solo, instrument
from jazzgen.music.units import Unit, alike, phrases_of, text_of, units_of

FORM = find_progression("blues-f")


def solo(*phrases: tuple[int, list[int], int]) -> Solo:
    """Phrases as (first tick, pitches, ticks a note)."""
    notes = [
        Note(start + k * step, step, pitch)
        for start, pitches, step in phrases
        for k, pitch in enumerate(pitches)
    ]
    return Solo(tuple(notes), FORM, instrument="tenor-sax")


@pytest.mark.parametrize(
    ("pitches", "step", "name"),
    [
        ([60, 62, 64, 65, 67, 69, 71, 72, 74, 76], 6, "line_a"),
        ([76, 74, 72, 71, 69, 67, 65, 64, 62, 60], 6, "line_d"),
        ([60, 64, 67, 72, 67, 64, 60], 6, "lick_cx"),
        ([72, 67, 64, 60, 64, 67, 72], 6, "lick_cv"),
        ([60, 62, 60, 62, 60, 62, 60], 6, "rhythm_w"),
        ([*range(60, 70), *range(69, 59, -1)] * 2, 6, "line_cv"),  # long, but of many pitches
        ([60, 67, 64], 24, "melody_cx"),
        ([60], 12, "lick_w"),
    ],
)
def test_kind_and_contour(pitches: list[int], step: int, name: str) -> None:
    assert [unit.name for unit in units_of(solo((0, pitches, step)))] == [name]


def test_where_a_unit_is_and_how_high() -> None:
    first, second = units_of(solo((12, [66, 68, 70], 6), (60, [71, 73], 12)))
    assert (first.start, first.beats, second.start, second.beats) == (1, 2, 5, 2)
    assert first.height == pytest.approx(68 - instrument("tenor-sax").middle)
    assert first.pace == pytest.approx(1.5)
    assert second.end == 7


def test_what_is_taken_up() -> None:
    lick, other = [60, 64, 67, 65, 62], [72, 70, 69, 67, 60]
    units = units_of(solo((0, lick, 6), (48, other, 6), (96, [p + 2 for p in lick], 6), (144, lick, 9)))
    assert [unit.back for unit in units] == [0, 0, 2, 1]  # transposed; in another rhythm
    assert not alike(*phrases_of(solo((0, lick, 6), (48, other, 9)).notes))


def test_a_solo_without_notes_has_no_units() -> None:
    assert units_of(Solo((), FORM)) == []


def test_units_as_text() -> None:
    units = [Unit(2, 3, "lick", "a"), Unit(5, 4, "line"), Unit(12, 1, "rhythm", "w", back=1)]
    assert text_of(units) == "rest:2 lick_a:3 line_w:4 rest:3 rhythm_w#1:1"
