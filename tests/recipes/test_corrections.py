"""`recipes/corrections.py`: takes come to do as often what people do."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np

from jazzgen.charts.find import find_progression
from jazzgen.improviser.improvise import improvise_over
from jazzgen.music.score import Solo
from recipes.corrections import counted, fit, log_ratios
from tests.checkpoints import hearing_all

FORMS = [Solo((), find_progression(name), title=name) for name in ("blues-f", "rhythm-changes-bb")]


def test_a_model_comes_nearer_to_those_it_is_compared_with() -> None:
    people = improvise_over(hearing_all(8, seed=1), FORMS * 6, seed=0)
    told: list[str] = []
    fit(hearing_all(8, seed=2), people, rounds=8, takes=12, seed=0, tell=told.append)
    away = [float(re.search(r"values ([\d.]+)", line)[1]) for line in told]  # type: ignore[index]
    assert away[-1] < 0.8 * away[0]


def test_everything_is_counted_once() -> None:
    solo = improvise_over(hearing_all(8), FORMS[:1], seed=0)[0]
    found = counted([solo])
    assert found.octaves.sum() == found.runs.sum() == len(solo.notes) - 1
    again = sum(one.pitch == other.pitch for one, other in pairwise(solo.notes))
    assert found.runs[:, 1].sum() == again
    np.testing.assert_array_equal(counted([solo, solo]).values, 2 * found.values)
    moved = replace(solo, notes=tuple(replace(note, pitch=note.pitch + 12) for note in solo.notes))
    np.testing.assert_array_equal(counted([moved]).values, found.values)


def test_equal_counts_are_no_distance() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (5, 12)).astype(float)
    np.testing.assert_allclose(log_ratios(counts, counts), 0, atol=1e-12)
    assert log_ratios(np.array([[90.0, 10]]), np.array([[10.0, 90]]))[0, 0] > 0.5
