"""Where a line is in a plan of units."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.music.score import INSTRUMENTS
from jazzgen.music.units import CONTOURS, Unit
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.unit_context import ROWS_AT_ONCE, SHAPES, Repeat, UnitFollower, repeat_biases
from jazzgen.tokens.vocabulary import REST, value_of

FORM = find_progression("blues-f")
TENOR = INSTRUMENTS["tenor-sax"]
UNITS = [Unit(0, 2, "lick", "a", 2.0, 0.0), Unit(4, 2, "lick", "w", 2.0, 3.0, back=1), Unit(8, 4, "line")]
EIGHTH, QUARTER = 2, 3  # classes of lengths: 6 and 8 ticks come before 12


class Line:
    """A line that follows `UNITS`."""

    def __init__(self) -> None:
        self.tracker = ContextTracker(FeatureSpec(("motif",)), FORM, tempo=120, instrument=TENOR)
        self.follower = UnitFollower(UNITS)

    def play(self, ticks: int, pitch: int | None) -> None:
        length = (3, 4, 6, 12, 24, 48).index(ticks)
        degree = REST if pitch is None else (pitch - self.tracker.root) % 12
        value = value_of(degree, length)
        self.follower.advance(self.tracker, value, pitch)
        self.tracker.advance(value, pitch)

    def rest_to(self, beat: int) -> None:
        while self.tracker.now < beat * 12:
            self.play(12 if beat * 12 - self.tracker.now >= 12 else 6, None)


def opened() -> Line:
    line = Line()
    for pitch in (60, 64, 67):
        line.play(6, pitch)
    line.rest_to(4)
    return line


def test_the_unit_that_is_played_or_comes_next() -> None:
    line = Line()
    assert line.follower.unit_at(line.tracker) == 0
    line = opened()
    assert line.follower.unit_at(line.tracker) == 1
    line.play(6, 65)
    assert line.follower.unit_at(line.tracker) == 1
    line.rest_to(13)
    assert line.follower.unit_at(line.tracker) is None
    assert line.follower.rows(line.tracker) is None


def test_a_unit_that_was_missed_is_left_out() -> None:
    line = Line()
    line.rest_to(3)
    assert line.follower.unit_at(line.tracker) == 1


def test_a_unit_that_was_left_long_before_its_end_goes_on() -> None:
    line = Line()
    line.follower = UnitFollower([Unit(0, 12, "line"), Unit(16, 4, "lick")])
    line.play(12, 60)
    line.rest_to(2)
    assert line.follower.unit_at(line.tracker) == 0
    assert line.follower.late(line.tracker) < 0
    line.rest_to(4)
    assert line.follower.late(line.tracker) > 0
    line.play(12, 62)
    assert line.follower.unit_at(line.tracker) == 0
    line.rest_to(10)
    assert line.follower.unit_at(line.tracker) == 1
    assert line.follower.late(line.tracker) == (10 - 16) * 12


def test_in_its_last_beat_a_unit_is_ending() -> None:
    line = Line()
    line.follower = UnitFollower([Unit(0, 4, "line"), Unit(8, 4, "line")])
    found = []
    for pitch in (60, 62, 64, 65, None):
        found.append(line.follower.ending(line.tracker))
        line.play(12, pitch)
    assert found == [False, False, False, True, True]
    assert not line.follower.ending(line.tracker)


def test_a_phrase_that_goes_on_becomes_the_next_unit() -> None:
    line = Line()
    for _ in range(5):
        line.play(12, 60)
    assert line.follower.unit_at(line.tracker) == 1


def test_rows_lie_in_their_table() -> None:
    line, rows = Line(), []
    for k in range(40):
        found = line.follower.rows(line.tracker)
        rows += list(found.lengths) if found else []
        line.play(6, None if k % 7 > 4 else 60 + k % 5)
    assert 0 <= min(rows) <= max(rows) < SHAPES["lengths"][0]
    assert len(set(rows)) > 10


def test_at_the_end_of_a_unit_it_counts_when_the_next_one_begins() -> None:
    def last_row(units: list[Unit]) -> int:
        line = Line()
        line.follower = UnitFollower(units)
        line.play(12, 60)
        found = line.follower.rows(line.tracker)
        assert found is not None
        assert len(found.lengths) == ROWS_AT_ONCE
        return found.lengths[-1]

    assert last_row([Unit(0, 1, "lick"), Unit(2, 2, "lick")]) < last_row(
        [Unit(0, 1, "lick"), Unit(4, 2, "lick")]
    )


def test_what_the_unit_before_goes_on_with() -> None:
    line = opened()
    first = line.follower.rows(line.tracker)
    assert first is not None
    assert first.repeat == Repeat(EIGHTH, None, (0, 0, 0))
    line.play(6, 62)
    second = line.follower.rows(line.tracker)
    assert second is not None
    assert second.repeat == Repeat(EIGHTH, 4, (1, 0, 0))
    line.play(12, 66)  # the interval, but another length
    third = line.follower.rows(line.tracker)
    assert third is not None
    assert third.repeat == Repeat(EIGHTH, 3, (0, 1, 1))


def test_the_height_makes_up_for_what_was_played() -> None:
    line = Line()
    middle = TENOR.middle
    assert line.follower.height(line.tracker) == pytest.approx(middle + CONTOURS["a"][0])
    line.play(6, round(middle) - 6)
    low = line.follower.height(line.tracker)
    assert low is not None
    assert low > middle + CONTOURS["a"][0]


def test_a_copy_goes_on_by_itself() -> None:
    line, other = opened(), opened()
    other.follower = line.follower.copy()
    other.play(6, 62)
    assert line.follower.rows(line.tracker) == opened().follower.rows(line.tracker)
    assert other.follower.rows(other.tracker) != line.follower.rows(line.tracker)


def test_biases_of_what_is_repeated() -> None:
    table = np.arange(1.0, 13.0, dtype=np.float32).reshape(SHAPES["repeats"])
    length, gained, steps = repeat_biases(table, Repeat(EIGHTH, -3, (1, 2, 3)))
    assert (length, gained) == (EIGHTH, 2.0)
    assert steps[9] == 7 + 12  # the interval itself, and a way down
    assert steps[7] == 12
    assert steps[2] == steps[0] == 0
    assert not repeat_biases(table, Repeat(QUARTER, None, (0, 0, 0)))[2].any()
