"""Plans of units: as text, and drawn."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_all
from jazzgen.improviser.unit_plan import LEAD, LONGEST_REST, Wanted, draw_units, parse_units
from jazzgen.model.checkpoint import as_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL
from jazzgen.music.units import Unit, text_of, units_of
from tests.model.test_planner import planner

FORM = find_progression("blues-f").repeat(3)
STARTS = [0, FORM.length // 3, 2 * FORM.length // 3]


def drawn(seed: int = 0, **options: object) -> list[Unit]:
    return draw_units(planner(), FORM, np.random.default_rng(seed), tempo=120, starts=STARTS, **options)


def test_the_words_of_a_plan() -> None:
    assert parse_units("lick line_a:6 rest:4 lick# | melody_cv#3") == [
        [Wanted("lick"), Wanted("line", "a", beats=6), Wanted("rest", beats=4), Wanted("lick", back=1)],
        [Wanted("melody", "cv", back=3)],
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "units must be 1 to 400"),
        ("rest", "units must be 1 to 400"),
        ("lick | | line", "units must be 1 to 400"),
        ("lick " * 401, "units must be 1 to 400"),
        ("polka", "received 'polka'"),
        ("lick_x", "received 'lick_x'"),
        ("lick#9", "received 'lick#9'"),
        ("lick#0", "received 'lick#0'"),
        ("lick:0", "received 'lick:0'"),
        ("lick:49", "received 'lick:49'"),
        ("rest_a", "received 'rest_a'"),
        ("rest# lick", "received 'rest#'"),
        ("LICK", "received 'LICK'"),
    ],
)
def test_what_is_no_plan(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        parse_units(text)
    with pytest.raises(OptionError):
        Controls(units=text)


def test_units_follow_one_another_to_the_last_bar() -> None:
    for seed in range(5):
        units = drawn(seed)
        assert all(a.end <= b.start for a, b in pairwise(units))
        assert units[-1].start < FORM.length // 12 >= units[-1].end
        assert all(unit.beats >= 1 and 0 <= unit.back <= k for k, unit in enumerate(units))
    assert drawn(1) == drawn(1) != drawn(2)


def test_a_given_plan_is_kept_and_comes_again_and_again() -> None:
    units = drawn(wanted=parse_units("lick_a:3 rest:1 line:5 rest:3"))
    assert {(u.kind, u.contour, u.beats) for u in units[:-1:2]} == {("lick", "a", 3)}
    assert {(u.kind, u.beats) for u in units[1:-1:2]} == {("line", 5)}
    assert text_of(units[2:4]).startswith(f"rest:{units[2].start} lick_a:3 rest:1 line")


def test_a_chorus_begins_with_its_own_units() -> None:
    units = drawn(wanted=parse_units("rest:4 lick:5 | rest:2 melody:5 | line:6 rest:1"))
    begins = {
        kind: [unit.start for unit in units if unit.kind == kind] for kind in ("lick", "melody", "line")
    }
    assert begins["lick"] == [4, 13, 22, 31, 40]
    assert begins["melody"][0] == 48 + 2
    assert begins["melody"][-1] == 92
    assert begins["line"][0] >= 97


def test_choruses_have_parts_of_their_own() -> None:
    units = drawn(wanted=parse_units("lick:4 rest:2 | melody#1:4 rest:2"))
    middle, last = (tick // 12 for tick in STARTS[1:])
    assert {unit.kind for unit in units if unit.end < middle} == {"lick"}
    assert {unit.kind for unit in units if unit.start > middle + 6} == {"melody"}
    assert all(unit.back == 1 for unit in units if unit.start > last)


def test_what_was_played_stays_and_a_phrase_that_has_begun_goes_on() -> None:
    earlier = [Unit(1, 4, "line", "d", 2.0, 3.0), Unit(7, 5, "lick", "a", 1.5, 1.0)]
    ended = drawn(earlier=earlier, begin=16)
    assert ended[:2] == earlier
    assert ended[2].start >= 16
    cut = drawn(earlier=earlier, begin=12)
    assert cut[0] == earlier[0]
    assert (cut[1].start, cut[1].kind) == (7, "lick")
    assert cut[1].beats >= 5


@pytest.mark.parametrize("tempo", [70.0, 260.0])
def test_phrases_stand_where_they_are_planned(tempo: float) -> None:
    """With the shipped model: the silence of a given plan is kept, four beats of it, too."""
    text, planned = "rest:4 melody:6 rest:4 line:8", [4, 14, 26, 36]
    near = []
    rngs = [np.random.default_rng(seed) for seed in range(3)]
    controls = Controls(units=text, effort=1)
    for solo in improvise_all(as_checkpoint(DEFAULT_MODEL), FORM, rngs, tempo=tempo, controls=controls):
        starts = [unit.start for unit in units_of(solo)]
        near += [min(abs(start - beat) for start in starts) <= 1 for beat in planned]
        sounding = {beat for note in solo.notes for beat in range(note.onset // 12, -(-note.end // 12))}
        near += [beat not in sounding for beat in (1, 2, 11, 12, 23, 24, 33)]
    assert np.mean(near) > 0.9


@pytest.mark.parametrize("seed", range(12))
def test_the_last_unit_leads_to_the_last_bar(seed: int) -> None:
    units, last_beat = drawn(seed), FORM.bar_ticks[-1] // 12
    assert units[-1].end == last_beat + 1
    assert units[-1].start <= max(last_beat - LEAD, units[-2].end + 1)
    assert all(one.end <= other.start for one, other in pairwise(units))


def test_earlier_units_and_given_ones_are_left_alone() -> None:
    earlier = [Unit(2, 4, "lick"), Unit(FORM.length // 12 - 8, 3, "line")]
    assert drawn(earlier=earlier, begin=FORM.length // 12 - 4)[:2] == earlier
    given = drawn(wanted=parse_units("lick:4 rest:4"))
    assert {unit.beats for unit in given} == {4}


def test_there_is_breath_for_each_unit() -> None:
    for seed in range(6):
        units = drawn(seed, longest=5)
        assert max(unit.beats for unit in units[:-1]) <= 5 < max(unit.beats for unit in drawn(seed))
        assert units[-1].beats <= max(5, LEAD + 1)
        going = drawn(seed, longest=5, earlier=[Unit(0, 3, "line")], begin=2)
        assert going[0].beats <= 5


def test_silences_that_are_drawn_last_four_bars_at_most() -> None:
    rests = [
        b.start - a.end for seed in range(12) for a, b in pairwise([Unit(0, 0, "lick"), *drawn(seed)[:-1]])
    ]
    assert LONGEST_REST // 2 < max(rests) <= LONGEST_REST


def test_a_long_rest_that_is_given_is_kept() -> None:
    form = FORM.repeat(2)
    controls = Controls(units="lick:4 rest:20", effort=1)
    for solo in improvise_all(
        as_checkpoint(DEFAULT_MODEL), form, [np.random.default_rng(1)], controls=controls
    ):
        units = units_of(solo)
        gaps = [other.start - one.end for one, other in pairwise(units)]
        assert max(gaps) >= 18
        assert sum(unit.beats for unit in units) < form.length // 12 / 3
