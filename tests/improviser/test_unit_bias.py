"""A line follows its plan."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise, improvise_all, make_player
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.engines import make_engine
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music.score import Solo
from jazzgen.music.units import units_of
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
