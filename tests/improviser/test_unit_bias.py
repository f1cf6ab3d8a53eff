"""A line follows its plan."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.evaluation.statistics import describe
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise, improvise_all, make_player
from jazzgen.improviser.masks import Weights
from jazzgen.improviser.unit_bias import UnitBias
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.engines import make_engine
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music.score import INSTRUMENTS, Solo
from jazzgen.music.units import Unit, units_of
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import IS_REST, N_LENGTHS, N_VALUES, REST, value_of
from tests.checkpoints import made_of

FORM = find_progression("blues-f")


@cache
def shipped() -> Checkpoint:
    return load_checkpoint(find_checkpoint(DEFAULT_MODEL))


def takes(count: int, units: str, effort: int | None = None) -> list[Solo]:
    rngs = [np.random.default_rng(seed) for seed in range(count)]
    controls = Controls(units=units, effort=effort)
    return improvise_all(shipped(), FORM.repeat(2), rngs, choruses=2, controls=controls)


def lengths(units: str) -> float:
    """The mean length of the phrases of four takes, in beats."""
    return float(np.mean([unit.beats for solo in takes(4, units, effort=1) for unit in units_of(solo)]))


def test_phrases_are_as_long_as_asked() -> None:
    assert lengths("lick:2 rest:3") < 4 < 8 < lengths("line:12 rest:2")


def test_phrases_begin_where_they_are_asked() -> None:
    starts = [unit.start % 12 for solo in takes(6, "rest:7 lick:5") for unit in units_of(solo)[:-1]]
    assert np.mean([start in (6, 7, 8) for start in starts]) > 0.8


class Line:
    """A tenor's line over the blues that follows units, without an engine: its biases at a place."""

    def __init__(self, units: list[Unit], breath: float = math.inf) -> None:
        tables = shipped().unit_tables
        assert tables is not None
        self.tracker = ContextTracker(shipped().spec, FORM, tempo=60, instrument=INSTRUMENTS["tenor-sax"])
        self.plan = UnitBias(tables, units, self.tracker, breath=breath)

    def play(self, *values: int) -> None:
        for value in values:
            pitch = None if IS_REST[value] else self.tracker.nearest(value)
            self.plan.follow(value, pitch)
            self.tracker.advance(value, pitch)

    def biases(self) -> Weights:
        found = np.zeros(N_VALUES)
        self.plan.add(found, lengths=True)
        return found


QUARTER, QUARTER_REST = value_of(4, 3), value_of(REST, 3)


def test_a_unit_that_should_have_begun_is_begun() -> None:
    late, early = Line([Unit(1, 8, "line")]), Line([Unit(3, 8, "line")])
    for line in (late, early):
        line.play(QUARTER_REST, QUARTER_REST)
    resting = [line.biases()[-N_LENGTHS:].max() - line.biases()[:-N_LENGTHS].max() for line in (late, early)]
    assert resting[0] < resting[1] - 2


def test_where_a_unit_ends_notes_outside_the_scale_are_seldom() -> None:
    network, tables = make_engine(shipped().at_play(), "numpy"), shipped().unit_tables
    assert tables is not None
    outside = [degree * N_LENGTHS + 3 for degree in (1, 4, 6, 11)]  # over Fm7, quarters

    def share(beats: int) -> float:
        stage = replace(Solo((), parse_progression("| Fm7 | % | % | % |")), tempo=140)
        player = make_player(shipped(), network, stage, Controls(), np.random.default_rng(0))
        player.preferences.plan = UnitBias(
            tables, [Unit(0, beats, "line"), Unit(14, 2, "lick")], player.tracker
        )
        for _ in range(3):
            player.advance_with(value_of(0, 3), 65)
        weights = player.bias(np.full(N_VALUES, 1 / N_VALUES, np.float32), (None, None))
        return float(weights[outside].sum() / weights[3 : N_LENGTHS * 12 : N_LENGTHS].sum())

    assert share(4) < 0.6 * share(8)


def test_breath_ends_a_phrase() -> None:
    """Twelve seconds are twelve beats at this tempo; a unit that follows at once does not help."""
    units = [Unit(0, 12, "line"), Unit(12, 12, "line")]
    blown, struck = Line(units, breath=12 * 12), Line(units)
    for line in (blown, struck):
        line.play(*[QUARTER] * 18)
    gained = blown.biases() - struck.biases()
    assert gained[QUARTER_REST] == pytest.approx(6.0)
    assert gained[QUARTER] == gained[value_of(REST, 2)] == 0


def test_given_units_and_density_are_held_together() -> None:
    """Silence stays where it is planned; between, there are more notes or fewer."""
    units = "rest:4 line:8"

    def figures(density: float) -> tuple[float, float]:
        rngs = [np.random.default_rng(seed) for seed in range(4)]
        controls = Controls(units=units, density=density, effort=1)
        solos = improvise_all(shipped(), FORM.repeat(2), rngs, choruses=2, controls=controls)
        found = describe(solos)
        return found["notes_per_bar"].mean, found["rests"].mean

    (few, more), (silent, still) = zip(figures(3.0), figures(6.0), strict=True)
    assert few == pytest.approx(3.0, rel=0.2)
    assert more == pytest.approx(6.0, rel=0.2)
    assert 0.25 < still < 0.5
    assert silent == pytest.approx(still, abs=0.1)
    with pytest.raises(OptionError, match="leave one of them out"):
        Controls(units=units, rests=0.3)
    with pytest.raises(OptionError, match="silent for"):
        figures(11.0)


def test_a_given_plan_is_silent_to_its_end_and_no_note_lasts_into_its_rests() -> None:
    for solo in takes(4, "lick:4 rest:12", effort=1):
        *units, home = units_of(solo)
        assert home.start >= solo.progression.bar_ticks[-1] // 12
        assert {b.start - a.start for a, b in pairwise(units)} <= {15, 16, 17}
        assert max(unit.beats for unit in units) <= 5


def test_without_a_planner_units_are_refused() -> None:
    with pytest.raises(OptionError, match="no planner"):
        improvise(made_of(4), FORM, np.random.default_rng(0), controls=Controls(units="lick"))


def test_a_plan_is_drawn_from_the_takes_own_generator() -> None:
    network = make_engine(shipped().at_play(), "numpy")

    def plan(seed: int, temperature: float = 1.0) -> object:
        stage = replace(Solo((), FORM), tempo=140)
        controls = Controls(temperature=temperature)
        return make_player(shipped(), network, stage, controls, np.random.default_rng(seed)).units

    assert plan(1) == plan(1) != plan(2)
    assert plan(1, temperature=0) == ()
