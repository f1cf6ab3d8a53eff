"""Density and silence are held: alone, together, to their ends, and in phrases."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from checks.controls import had, reached
from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.pacing import NARROWEST, Pacing, check_reachable, usual_rests
from jazzgen.takes.settings import Settings
from jazzgen.tokens.vocabulary import IS_REST, N_LENGTHS, N_VALUES, REST, TICKS, value_of

FORM = find_progression("blues-f")
QUARTER, QUARTER_REST = value_of(0, 3), value_of(REST, 3)


@cache
def figures(**asked: float):
    return had(Settings("blues-f", controls=Controls(**asked, effort=1)), takes=4)


@pytest.mark.no_cover  # whole takes
@pytest.mark.parametrize("asked", [0.5, 1.0, 12.0])
def test_density_reaches_its_ends(asked: float) -> None:
    assert figures(density=asked).density == pytest.approx(asked, rel=0.15)


@pytest.mark.no_cover
@pytest.mark.parametrize("asked", [0.0, 0.8])
def test_rests_reach_their_ends(asked: float) -> None:
    assert reached(asked, figures(rests=asked).rests, 0.015)


def test_both_are_held_together() -> None:
    found = figures(density=4.0, rests=0.6)
    assert found.density == pytest.approx(4.0, rel=0.15)
    assert found.rests == pytest.approx(0.6, rel=0.15)


def test_much_silence_leaves_phrases() -> None:
    """Spread evenly, four notes a bar with three fifths of silence would be single notes."""
    assert figures(density=4.0, rests=0.6).phrase > 4


@pytest.mark.parametrize(
    ("form", "asked", "message"),
    [
        (
            "| C |",
            {"density": 12.0, "rests": 0.4},
            "0.8..8.2 notes a bar with bars of 4 beats and a share",
        ),
        ("| C |", {"density": 0.5, "rests": 0.1}, "density can be 1.3..12 notes a bar"),
        ("meter: 3/4\n| C |", {"density": 12.0}, "0.5..10 notes a bar with bars of 3 beats, received 12"),
    ],
)
def test_what_cannot_be_had_is_refused(form: str, asked: dict[str, float], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        check_reachable(Controls(**asked), parse_progression(form))


def test_all_of_the_range_can_be_had_in_four() -> None:
    for density in np.arange(0.5, 12.1, 0.1):
        check_reachable(Controls(density=float(density)), FORM)
    shares = [usual_rests(density, 48) for density in (0.5, 1, 6, 12)]
    assert shares == sorted(shares, reverse=True)


def test_nothing_asked_for_does_nothing() -> None:
    pacing = Pacing(Controls(), FORM)
    assert not pacing.active
    assert pacing.silent is None


def paced(pacing: Pacing) -> tuple[float, float]:
    """The weight of rests and the mean length of notes, where all values were as likely."""
    weights = pacing.apply(np.ones(N_VALUES), 1.0, 1.0, 1.0)
    notes = weights[~IS_REST]
    return float(weights[IS_REST].sum() / notes.sum()), float((notes * TICKS[~IS_REST]).sum() / notes.sum())


def test_a_phrase_goes_on_until_silence_is_owed_and_a_rest_until_it_is_not() -> None:
    pacing = Pacing(Controls(rests=0.5), FORM)
    begun = paced(pacing)[0]
    for _ in range(8):
        pacing.follow(QUARTER, 1.0, 1.0)
    owing = paced(pacing)[0]
    pacing.follow(QUARTER_REST, 1.0, 1.0)
    resting = paced(pacing)[0]
    for _ in range(16):
        pacing.follow(QUARTER_REST, 1.0, 1.0)
    as_likely = N_LENGTHS / (N_VALUES - N_LENGTHS)
    assert resting > owing > as_likely > begun
    assert paced(pacing)[0] < as_likely
    assert abs(pacing.silence_owed) >= NARROWEST
    pacing.restart()
    assert pacing.silence_owed == 0


def test_notes_become_shorter_the_more_are_owed_and_rests_keep_their_odds() -> None:
    pacing = Pacing(Controls(density=6.0, rests=0.3), FORM)
    before = paced(pacing)
    for _ in range(6):  # too few
        pacing.follow(value_of(0, 4), 1.0, 1.0)
    pacing.silence_owed = 0.0
    after = paced(pacing)
    assert after[1] < before[1]
    assert after[0] == pytest.approx(before[0])
