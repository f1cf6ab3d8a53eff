"""bars.py: meters, pickups and the mean tempo."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.midi.bars import Bars, find_bars
from jazzgen.midi.reading import read, read_solo
from tests.midi.songs import SCALE, line, song, texts


def meters_of(path: Path, **options) -> list[tuple[int, int]]:
    return [(meter.tick // 12, meter.beats) for meter in read_solo(path, **options).progression.meters]


def test_meters_become_bars(saved) -> None:
    changes = ((0, 3, 4), (3 * 480 * 2, 5, 4), (11 * 480, 5, 4))
    path = saved(song(line(*SCALE), meters=changes, markers=texts((0, "C")), end=12 * 480))
    assert meters_of(path) == [(0, 3), (6, 5)]
    assert read_solo(path).progression.length == 16 * 12


@pytest.mark.parametrize("meters", [((0, 1, 4), (480, 4, 4)), ((0, 4, 4), (480, 4, 4))])
def test_a_short_first_bar_is_a_pickup(saved, meters) -> None:
    path = saved(song(line(*SCALE), meters=meters, markers=texts((1, "C"))))
    assert meters_of(path) == [(0, 1), (1, 4)]
    assert [(c.tick, c.symbol) for c in read_solo(path).progression.chords] == [(0, "N.C."), (12, "C")]


def test_a_bar_cut_short_by_a_change_has_its_own_meter(saved) -> None:
    path = saved(
        song(line(*SCALE), meters=((0, 4, 4), (6 * 480, 3, 4)), markers=texts((0, "C")), end=9 * 480)
    )
    assert meters_of(path) == [(0, 4), (4, 2), (6, 3)]


def bars_of(*meters: tuple[int, int, int], end: int = 8 * 480, pickup: float | None = None) -> Bars:
    return find_bars(song(line(*SCALE), meters=meters, end=end), pickup)


@pytest.mark.parametrize(
    ("numerator", "denominator", "beats", "beat"),
    [
        (2, 2, 4, 480), (3, 2, 6, 480), (6, 8, 2, 720), (9, 8, 3, 720), (12, 8, 4, 720), (5, 8, 5, 240),
        (7, 8, 7, 240), (4, 8, 2, 480), (6, 16, 2, 360), (1, 1, 4, 480),
    ],
)  # fmt: skip
def test_a_beat_is_what_the_meter_says(numerator: int, denominator: int, beats: int, beat: int) -> None:
    bars = bars_of((0, numerator, denominator), end=9 * beats * beat)
    assert bars.meters == ((0, beats),)
    assert bars.signatures == (f"{numerator}/{denominator}",)
    assert bars.length == 9 * beats
    assert bars.lines[0].ticks_a_beat == beat
    assert not bars.warnings


def test_a_meter_that_nobody_can_count_is_left_out() -> None:
    for meter in ((0, 4), (4, 32)):
        bars = bars_of((0, 3, 4), (3 * 480, *meter))
        assert bars.signatures == ("3/4",)
        assert bars.warnings == (f"the meter {meter[0]}/{meter[1]} at quarter 4 is left out",)


@pytest.mark.parametrize(
    ("first", "then", "pickup", "begins"),
    [
        ((3, 8), (4, 4), 2, 0.5),  # three eighths before a bar of quarters: half a beat is silent
        ((1, 8), (4, 4), 1, 0.5),
        ((5, 8), (4, 4), 3, 0.5),
        ((1, 4), (3, 4), 1, 0),
        ((1, 8), (6, 8), 1, Fraction(2, 3)),  # an eighth before dotted quarters
        ((1, 4), (12, 8), 1, Fraction(1, 3)),
        ((1, 8), (7, 8), 1, 0),
        ((2, 4), (2, 2), 2, 0),
    ],
)
def test_a_pickup_is_counted_in_the_beats_that_follow(first, then, pickup: int, begins: float) -> None:
    stop = 4 * 480 * first[0] // first[1]
    bars = bars_of((0, *first), (stop, *then))
    assert bars.pickup == pickup
    assert bars.meters[1][0] == pickup
    assert bars.lines[0].beat == begins
    assert bars.lines[1].beat == pickup
    assert bars.lines[1].tick == stop


def test_a_pickup_can_be_given() -> None:
    bars = bars_of((0, 4, 4), pickup=1.5)
    assert (bars.meters, bars.pickup, bars.lines[0].beat) == (((0, 2), (2, 4)), 2, 0.5)
    assert bars_of((0, 1, 4), (480, 4, 4), pickup=0).meters == ((0, 4),)  # it is none
    assert bars_of((0, 1, 4), (480, 4, 4), pickup=2).meters == ((0, 2), (2, 4))
    for wrong in (4, -1, float("nan")):
        with pytest.raises(OptionError, match="shorter than its bar of 4/4, which has 4 beats"):
            bars_of((0, 4, 4), pickup=wrong)


def test_a_change_inside_a_beat_makes_an_odd_bar() -> None:
    bars = bars_of((0, 4, 4), (4 * 480 + 240, 3, 4), (4 * 480 + 240 + 3 * 480, 4, 4), end=12 * 480)
    assert bars.signatures == ("4/4", "1/8", "3/4", "4/4")
    assert not bars.warnings
    assert bars.meters == ((0, 4), (4, 1), (5, 3), (8, 4))
    first = bars_of((0, 4, 4), (700, 3, 4))  # a pickup of 1.46 beats
    assert first.signatures == ("2/4", "3/4")
    assert first.lines[0].beat == Fraction(13, 24)
    late = bars_of((0, 4, 4), (2580, 3, 4), end=12 * 480)
    assert late.signatures == ("4/4", "3/8", "3/4")
    (said,) = late.warnings
    assert said.startswith("a meter changes inside a beat, at quarter 6.375; the bar before is read to the")
    near = bars_of((0, 4, 4), (4 * 480 + 55, 3, 4), end=12 * 480)
    assert near.signatures == ("4/4", "3/4")
    assert "read at the bar line before" in near.warnings[0]


def test_a_single_odd_bar_and_a_short_last_one(saved) -> None:
    meters = ((0, 4, 4), (1920, 7, 8), (1920 + 1680, 4, 4), (2 * 1920 + 1680, 3, 4))
    bars = bars_of(*meters, end=2 * 1920 + 1680 + 1440)
    assert bars.meters == ((0, 4), (4, 7), (11, 4), (15, 3))
    assert bars.length == 18


def test_what_stands_in_the_file_is_moved_to_beats(saved) -> None:
    eighths = line(*range(60, 72), every=240)
    meters, chords = ((0, 3, 8), (720, 6, 8)), texts((0, "C"), (1.5, "F"))
    path = saved(song(eighths, meters=meters, markers=chords, end=2880))
    solo = read_solo(path)
    assert [note.onset for note in solo.notes] == [4 * k for k in range(12)]  # a third of a beat each
    assert [(change.tick, change.symbol) for change in solo.progression.chords] == [(0, "C"), (12, "F")]
    assert solo.tempo == 80.0  # 120 quarters


def test_the_tempo_is_the_mean_over_the_beats(saved) -> None:
    for tempos, tempo in (
        ((), 120.0),
        (((0, 273_848),), 219.1),
        (((0, 600_000), (4 * 480, 200_000)), 200.0),  # 4 beats in 2.4 s, 12 in 2.4 s
    ):
        path = saved(song(line(*SCALE), tempos=tempos, markers=texts((0, "C")), end=16 * 480))
        assert read_solo(path).tempo == tempo


def test_a_given_progression_begins_after_the_pickup(saved) -> None:
    path = saved(song(line(*SCALE), meters=((0, 1, 4), (480, 4, 4))))
    form = read(path, progression=parse_progression("| Am7 | D7 |")).solo.progression
    assert [(c.tick, c.symbol) for c in form.chords][:3] == [(0, "N.C."), (12, "Am7"), (60, "D7")]
    assert [(m.tick, m.beats) for m in form.meters] == [(0, 1), (12, 4)]
