"""`recipes/units.py`: the planner and the tables come to predict what they are fitted to."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.improviser.improvise import improvise, improvise_over
from jazzgen.improviser.unit_plan import draw_units
from jazzgen.model.checkpoint import improviser_shapes
from jazzgen.model.planner import Planner, planner_shapes
from jazzgen.music.score import Note, Solo
from jazzgen.tokens.unit_context import SHAPES
from recipes.units import (
    fit_tables,
    followed,
    nats,
    nats_by_choice,
    planned,
    planner_arrays,
    sequences,
    settle,
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
    few, many = (planner_arrays(train_planner(people, epochs=epochs, seed=0)) for epochs in (1, 30))
    better, worse = (sum(nats_by_choice(Planner(arrays), people).values()) for arrays in (many, few))
    assert better < worse - 0.5
    tables = {f"units/{name}": np.zeros(shape, np.float32) for name, shape in SHAPES.items()}
    made = planned(hearing_all(8), many | tables)
    assert {name: array.shape for name, array in made.arrays.items()} == improviser_shapes(made.description)
    assert improvise(made, FORMS[0].progression, np.random.default_rng(0), choruses=2).notes


def test_plans_come_to_have_each_class_as_often_as_people() -> None:
    """People who play ten eighths and are silent for three beats."""
    form = find_progression("blues-f").repeat(2)
    onsets = [96 * phrase + 6 * k for phrase in range(12) for k in range(10)]
    people = [Solo(tuple(Note(onset, 6, 60 + onset % 7) for onset in onsets), form)] * 8
    rng = np.random.default_rng(0)
    random = {name: rng.normal(0, 0.2, shape).astype(np.float32) for name, shape in planner_shapes().items()}

    def as_long(arrays: dict[str, np.ndarray]) -> float:
        """The share of planned units that last as long as theirs."""
        plans = [draw_units(Planner(arrays), form, np.random.default_rng(k), tempo=120) for k in range(8)]
        return float(np.mean([unit.beats == 5 for plan in plans for unit in plan]))

    before, after = as_long(random), as_long(settle(random, people, seed=0))
    assert before < 0.2
    assert after > 3 * before


def test_sequences_are_cut_and_padded(people: list[Solo]) -> None:
    found = sequences(people)
    assert found.reads.shape[:2] == found.begins.shape[:2] == found.present.shape
    assert not found.reads[~found.present].any()
