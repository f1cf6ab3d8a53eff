"""What fills a bar: every onset, ties and beams where they belong, values that show the beat."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings

from jazzgen.charts.text import parse_progression
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Note, Progression, Solo
from jazzgen.rendering.rhythm import TYPES, Measure, NoteRest, write_measures
from tests.rendering.lines import solos

LENGTHS = {name: length for name, length, _ in TYPES}


@given(solos())
@settings(deadline=None, max_examples=60)
def test_signs_fill_their_bars_and_keep_every_onset(solo: Solo) -> None:
    bars = write_measures(solo)
    assert sum(bar.ticks for bar in bars) == solo.progression.length
    begun = []
    for bar in bars:
        if bar.content:
            assert [bar.start, *(sign.end for sign in bar.content)] == [
                *(sign.start for sign in bar.content), bar.start + bar.ticks,
            ]  # fmt: skip
        for sign in bar.content:
            written = LENGTHS[sign.type] * Fraction(3 if sign.dotted else 2, 2)
            assert written * Fraction(2 if sign.triplet else 3, 3) * TICKS_PER_BEAT == sign.ticks
            if sign.note is not None and not sign.tied_from:
                begun.append((sign.note, sign.start))
    assert begun == [(index, note.onset) for index, note in enumerate(solo.notes)]


@given(solos())
@settings(deadline=None, max_examples=40)
def test_ties_join_what_belongs_together(solo: Solo) -> None:
    signs = [
        sign
        for bar in write_measures(solo)
        for sign in (bar.content or (NoteRest(bar.start, bar.ticks, None, "whole"),))
    ]
    for sign, following in zip(signs, [*signs[1:], None], strict=True):
        joined = sign.note is not None and following is not None and following.note == sign.note
        assert sign.tied_to == joined
        if following is not None:
            assert following.tied_from == joined


@given(solos())
@settings(deadline=None, max_examples=40)
def test_rests_show_the_beat(solo: Solo) -> None:
    for bar in write_measures(solo):
        for sign in bar.content:
            if sign.note is None and not sign.triplet:
                assert not sign.dotted
                assert (sign.start - bar.start) % min(sign.ticks, TICKS_PER_BEAT) == 0


@given(solos())
@settings(deadline=None, max_examples=40)
def test_beams_stay_in_their_beat(solo: Solo) -> None:
    for bar in write_measures(solo):
        open_since = None
        for sign in bar.content:
            first = sign.beams[0] if sign.beams else None
            if first == "begin":
                open_since = (sign.start - bar.start) // TICKS_PER_BEAT
            if first in ("continue", "end"):
                assert (sign.start - bar.start) // TICKS_PER_BEAT == open_since
            assert (open_since is None) or (first is not None)
            open_since = None if first == "end" else open_since
        assert open_since is None


def written(text: str, *rows: tuple[int, int], double_time: bool = False) -> list[list[str]]:
    """The signs of notes (onset, duration) over a form, in short: "8" an eighth, "r4" a quarter rest."""
    notes = tuple(Note(onset, duration, 60) for onset, duration in rows)
    short = {
        "whole": "1",
        "half": "2",
        "quarter": "4",
        "eighth": "8",
        "16th": "16",
        "32nd": "32",
        "64th": "64",
    }
    return [
        [
            ("r" if sign.note is None else "~" if sign.tied_from else "") + short[sign.type]
            + "." * sign.dotted + "t" * sign.triplet
            for sign in bar.content
        ]
        for bar in write_measures(Solo(notes, parse_progression(text), double_time=double_time))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "signs"),
    [
        ([(0, 48)], ["1"]),
        ([(0, 36)], ["2.", "r4"]),
        ([(12, 36)], ["r4", "4", "~2"]),
        ([(6, 12), (18, 6), (24, 24)], ["r8", "4", "8", "2"]),  # a syncopation inside half a bar
        ([(6, 18), (24, 24)], ["r8", "4.", "2"]),
        ([(18, 12), (30, 18)], ["r4", "r8", "8", "~8", "4."]),  # never across the middle of the bar
        ([(0, 30)], ["2", "~8", "r8", "r4"]),
        ([(0, 9), (9, 3), (12, 12), (24, 24)], ["8.", "16", "4", "2"]),
        ([(3, 6), (9, 3), (12, 36)], ["r16", "8", "16", "4", "~2"]),
        ([(0, 4), (4, 4), (8, 4), (12, 8), (20, 4), (24, 24)], ["8t", "8t", "8t", "4t", "8t", "2"]),
        ([(8, 16)], ["r4t", "8t", "~4", "r2"]),
        ([(0, 8), (12, 8), (24, 8), (36, 8)], ["4", "4", "4", "4"]),  # a short silence is how it is played
        ([(0, 4), (12, 4), (24, 4), (36, 4)], ["8", "r8"] * 4),  # a longer one is written
        ([], []),
    ],
)
def test_written_values_in_four(rows: list[tuple[int, int]], signs: list[str]) -> None:
    assert written("| C |", *rows) == [signs]


@pytest.mark.parametrize(
    ("rows", "signs"),
    [
        ([(0, 36)], ["2."]),
        ([(0, 18), (18, 18)], ["4.", "4."]),
        ([(12, 24)], ["r4", "2"]),
        ([(6, 24)], ["r8", "8", "~4.", "r8"]),
        ([(0, 6), (6, 12), (18, 18)], ["8", "4", "4."]),  # a syncopation over one beat
        ([(0, 6), (6, 12), (18, 12), (30, 6)], ["8", "4", "4", "8"]),
        ([(0, 6), (6, 15), (21, 3), (24, 12)], ["8", "8", "~8.", "16", "4"]),
        ([(0, 6)], ["8", "r8", "r4", "r4"]),
    ],
)
def test_written_values_in_three(rows: list[tuple[int, int]], signs: list[str]) -> None:
    assert written("meter: 3/4\n| C |", *rows) == [signs]


def test_five_is_three_and_two() -> None:
    assert written("meter: 5/4\n| C |", (0, 60)) == [["2.", "~2"]]
    assert written("meter: 5/4\n| C |", (12, 36)) == [["r4", "2", "~4", "r4"]]


def test_double_time_is_written_as_it_was_read() -> None:
    # Two bars of the grid are one of the file, whose eighths would be 16ths.
    assert written("| C | G7 |", (0, 6), (6, 6), (12, 36), (48, 48), double_time=True) == [
        ["8", "8", "4", "~2"],
        ["1"],
    ]


def test_a_pickup_is_the_end_of_a_bar() -> None:
    form = parse_progression("| C | % |").shifted(36, 3)
    pickup, *others = write_measures(Solo((Note(0, 36, 60),), form))
    assert (pickup.beats, pickup.ticks, pickup.pickup) == (4, 36, True)
    # The middle of the bar shows: a quarter, tied to a half.
    assert [(sign.type, sign.dotted) for sign in pickup.content] == [("quarter", False), ("half", False)]
    assert not any(bar.pickup for bar in others)


@pytest.mark.parametrize(
    ("beats", "bars"),
    [(1, [(24, True), (48, False)]), (2, [(48, False)] * 2), (3, [(24, True), (48, False), (48, False)])],
)
def test_a_pickup_in_double_time_is_twice_as_long(beats: int, bars: list[tuple[int, bool]]) -> None:
    form = parse_progression("| C | % |").scaled(2).shifted(24 * beats, beats)
    assert len(form.bar_ticks) == 2 + 4  # two bars of the grid for each of the file
    measures = write_measures(Solo((Note(0, 96, 60),), form, double_time=True))
    assert [(bar.ticks, bar.pickup) for bar in measures[: len(bars)]] == bars
    assert [bar.ticks for bar in measures[len(bars) :]] == [48] * (len(measures) - len(bars))
    assert {bar.signature for bar in measures} == {"4/4"}


@pytest.mark.parametrize("beats", [[4, 4], [4], [3, 4, 3, 4], [5, 4]])
def test_what_is_no_pickup(beats: list[int]) -> None:
    meters = tuple(
        MeterChange(12 * sum(beats[:k]), n) for k, n in enumerate(beats) if beats[k - 1 : k] != [n]
    )
    form = Progression((ChordChange(0, "C"),), 12 * sum(beats), meters)
    assert not any(bar.pickup for bar in write_measures(Solo((), form)))


def test_a_note_over_the_bar_line_is_tied() -> None:
    assert written("| C | C |", (42, 30)) == [["r2", "r4", "r8", "8"], ["~2", "r2"]]


def test_an_empty_bar_is_one_rest() -> None:
    assert write_measures(Solo((), parse_progression("| C |"))) == [Measure(0, 48, 4, (), "4/4", 12)]
