"""`recipes/walking_corrections.py`: a bassist comes to walk as those it is compared with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jazzgen.band.scene import Scene
from jazzgen.band.walking import KIND, LOW, PLAYED, STATIC, TABLES, UNKNOWN, network_shapes
from jazzgen.charts.find import find_progression
from jazzgen.corpus.bass_lines import BassLine
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.music.score import Solo
from recipes.walking_corrections import ROOT_WEIGHT, TONE_WEIGHTS, counted, fit, walked

FORMS = [find_progression(name).repeat(4) for name in ("blues-f", "rhythm-changes-bb")]


def bassist(seed: int) -> Checkpoint:
    rng = np.random.default_rng(seed)
    description = {"kind": KIND, "n_a": 8, "features": [*STATIC, *PLAYED]}
    arrays = {
        name: rng.normal(0, 0.6, shape).astype(np.float32)
        for name, shape in network_shapes(description).items()
    }
    return Checkpoint(arrays, description, "", Path())


def lines_of(checkpoint: Checkpoint) -> list[BassLine]:
    found = []
    for k, form in enumerate(FORMS):
        line = BassLine(Solo((), form, tempo=240.0), (LOW,) * (form.length // 12))
        played = walked(line, Scene.of(line.solo), np.random.default_rng(k), dict(checkpoint.arrays))
        found.append(line._replace(pitches=tuple(played)))
    return found


def test_a_bassist_comes_nearer_to_those_it_is_compared_with() -> None:
    made, away = fit(bassist(2), lines_of(bassist(1)), rounds=6, seed=0)
    assert away[-1] < 0.6 * away[0]
    assert set(network_shapes(made.description)) == set(made.arrays)


def test_every_known_beat_is_counted_once() -> None:
    scene = Scene.of(Solo((), find_progression("blues-f")))
    pitches = [29, 33, UNKNOWN, 36, *[UNKNOWN] * 44]  # F1 A1 - C2 over F7
    found = counted(scene, pitches)
    assert {name: table.sum() for name, table in found.items()} == dict.fromkeys(TABLES, 3.0)
    assert found["degrees"][1, 0, 0] == found["degrees"][0, 1, 4] == found["degrees"][0, 3, 7] == 1
    weighed = counted(scene, pitches, weighed=True)
    assert weighed["degrees"][1, 0, 0] == ROOT_WEIGHT * TONE_WEIGHTS[0]
    assert np.array_equal(weighed["steps"], found["steps"])
