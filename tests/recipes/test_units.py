"""`recipes/units.py`: the planner and the tables come to predict what they are fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.improviser.improvise import improvise, improvise_over
from jazzgen.model.checkpoint import improviser_shapes
from jazzgen.music.score import Solo
from jazzgen.tokens.unit_context import SHAPES
from recipes.units import (
    fit_tables,
    followed,
    nats,
    nats_by_choice,
    planned,
    planner_arrays,
    sequences,
    train_planner,
)
from tests.checkpoints import hearing_all

FORMS = [Solo((), find_progression(name), title=name) for name in ("blues-f", "rhythm-changes-bb")]


@pytest.fixture(scope="module")
def people() -> list[Solo]:
    return improvise_over(hearing_all(8, seed=1), FORMS * 5, seed=0)


def test_the_tables_predict_with_the_plan_known(people: list[Solo]) -> None:
    values = followed(hearing_all(8, seed=2), people)
    tables = fit_tables(values, rounds=8, seed=0)
    nothing = {name: np.zeros_like(table) for name, table in tables.items()}
    assert nats(tables, values) < nats(nothing, values) - 0.1
    assert not tables["lengths"][-1].any()


def test_the_planner_learns_and_plays(people: list[Solo]) -> None:
    few, many = train_planner(people, epochs=1, seed=0), train_planner(people, epochs=30, seed=0)
    assert sum(nats_by_choice(many, people).values()) < sum(nats_by_choice(few, people).values()) - 0.5
    tables = {f"units/{name}": np.zeros(shape, np.float32) for name, shape in SHAPES.items()}
    made = planned(hearing_all(8), planner_arrays(many) | tables)
    assert {name: array.shape for name, array in made.arrays.items()} == improviser_shapes(made.description)
    assert improvise(made, FORMS[0].progression, np.random.default_rng(0), choruses=2).notes


def test_sequences_are_cut_and_padded(people: list[Solo]) -> None:
    found = sequences(people)
    assert found.reads.shape[:2] == found.begins.shape[:2] == found.present.shape
    assert not found.reads[~found.present].any()
