"""`recipes/octave_views.py`: the weights under which what was played is likeliest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.find import find_progression
from jazzgen.errors import CheckpointError
from jazzgen.evaluation.likelihood import evaluate
from jazzgen.improviser.improvise import improvise_over
from jazzgen.model.checkpoint import OCTAVE_VIEWS, Checkpoint, load_checkpoint, save_checkpoint
from jazzgen.music.score import Note, Solo
from recipes.octave_views import fit, with_strength
from tests.checkpoints import hearing_all


@pytest.fixture(scope="module")
def model() -> Checkpoint:
    return hearing_all(8)


@pytest.fixture(scope="module")
def solos(model: Checkpoint) -> list[Solo]:
    """Takes in which every fourth pitch class is an octave higher, but for every third note."""
    form = find_progression("blues-f").repeat(4)
    takes = improvise_over(model, [Solo((), form, title=str(k)) for k in range(3)], seed=0)
    return [replace(take, notes=tuple(map(_raised, take.notes, range(10_000)))) for take in takes]


def _raised(note: Note, number: int) -> Note:
    raised = (note.pitch % 12 % 4 == 0) != (number % 3 == 0)
    return replace(note, pitch=note.pitch % 12 + 60 + 12 * raised)


def register_nats(model: Checkpoint, solos: list[Solo]) -> float:
    return float(evaluate(model, solos)["register_nats"])


def test_fitted_weights_predict_better_than_none_and_than_others(
    model: Checkpoint, solos: list[Solo]
) -> None:
    fitted = fit(model, solos)
    best = register_nats(fitted, solos)
    assert best < register_nats(model, solos) - 0.05
    strength = fitted.arrays[OCTAVE_VIEWS[0]].astype(np.float64)
    for k in range(len(strength)):
        for off in (-0.5, 0.5):
            other = with_strength(model, strength + off * np.eye(4)[k])
            assert best < register_nats(other, solos) + 1e-4  # of a view that seldom speaks


def test_weights_that_a_model_has_do_not_count(model: Checkpoint, solos: list[Solo]) -> None:
    other = with_strength(model, np.array([2.0, -1, 0, 1]))
    np.testing.assert_array_equal(
        fit(other, solos).arrays[OCTAVE_VIEWS[0]], fit(model, solos).arrays[OCTAVE_VIEWS[0]]
    )


def test_the_file_carries_them_and_values_stay_what_they_were(
    model: Checkpoint, solos: list[Solo], tmp_path: Path
) -> None:
    made, path = with_strength(model, np.array([0.2, 0.1, 0.3, 0.2])), tmp_path / "made.safetensors"
    save_checkpoint(path, made.arrays, made.description)
    loaded, before = evaluate(load_checkpoint(path), solos), evaluate(model, solos)
    assert loaded["nats_per_note"] == before["nats_per_note"]
    assert loaded["register_nats"] != before["register_nats"]


def test_a_model_without_an_octave_head_cannot_have_them(model: Checkpoint, tmp_path: Path) -> None:
    made, path = with_strength(model, np.zeros(4)), tmp_path / "wrong.safetensors"
    save_checkpoint(path, made.arrays, {**made.description, "register_units": 0})
    with pytest.raises(CheckpointError, match="octave_views must be true or false"):
        load_checkpoint(path)
