"""bars.py: meters, pickups and the mean tempo."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import MidiError
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


@pytest.mark.parametrize(("numerator", "denominator"), [(6, 8), (2, 2), (0, 4)])
def test_other_meters_are_named(saved, numerator: int, denominator: int) -> None:
    meters = ((0, 4, 4), (1920, numerator, denominator))
    with pytest.raises(MidiError, match=rf"{numerator}/{denominator} at beat 5; only meters in quarters"):
        read_solo(saved(song(line(*SCALE), meters=meters, markers=texts((0, "C")))))


def test_a_meter_cannot_change_inside_a_beat(saved) -> None:
    with pytest.raises(MidiError, match="inside beat 2"):
        read_solo(saved(song(line(*SCALE), meters=((0, 4, 4), (700, 3, 4)), markers=texts((0, "C")))))


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
    assert [(c.tick, c.symbol) for c in form.chords] == [(0, "N.C."), (12, "Am7"), (60, "D7")]
    assert [(m.tick, m.beats) for m in form.meters] == [(0, 1), (12, 4)]
