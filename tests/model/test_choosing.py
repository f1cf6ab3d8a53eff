"""What a model chooses by: its score, and what a file must hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jazzgen.errors import CheckpointError
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from jazzgen.model.choosing import BINS, FEATURES, FINGERPRINT, PREFIX, SHAPES, UNUSED, Choosing
from tests.checkpoints import hearing_all


def choosing() -> Checkpoint:
    made, rng = hearing_all(4), np.random.default_rng(0)
    tables = {PREFIX + name: rng.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    return made.extended(tables, choosing=FINGERPRINT)


def test_the_score_adds_a_level_for_each_feature() -> None:
    edges = np.full((FEATURES, BINS - 1), UNUSED, np.float32)
    levels = np.zeros((FEATURES, BINS), np.float32)
    edges[0, :2], levels[0, :3] = (0.0, 1.0), (1.0, 2.0, 4.0)
    edges[5, :1], levels[5, :2] = 7.0, (-8.0, 16.0)
    table, numbers = Choosing(edges, levels), np.zeros(FEATURES)
    assert table.score(numbers) == 1 - 8
    numbers[0], numbers[5] = 0.5, 7.5
    assert table.score(numbers) == 2 + 16
    numbers[0] = 99
    assert table.score(numbers) == 4 + 16


def test_the_tables_stand_in_the_file(tmp_path: Path) -> None:
    made, path = choosing(), tmp_path / "choosing.safetensors"
    save_checkpoint(path, made.arrays, made.description)
    found = load_checkpoint(path).choosing
    assert found is not None
    np.testing.assert_array_equal(found.levels, made.arrays[PREFIX + "levels"])
    assert hearing_all(4).choosing is None


@pytest.mark.parametrize(
    ("entry", "lacking", "message"),
    [
        (FINGERPRINT, "levels", "the array choosing/levels is missing"),
        ("0123", "", "it chooses by other features than ours, .*: received '0123'"),
        (True, "", "it chooses by other features than ours"),
        (None, "", "the array 'choosing/"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, entry: object, lacking: str, message: str) -> None:
    made, path = choosing(), tmp_path / "wrong.safetensors"
    arrays = {name: array for name, array in made.arrays.items() if name != PREFIX + lacking}
    save_checkpoint(path, arrays, {**made.description, "choosing": entry})
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)
