"""Learning from teachers: their shares, and a student that believes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jazzgen.errors import CheckpointError
from jazzgen.model.checkpoint import Checkpoint, describe_improviser
from jazzgen.model.engine import NumpyEngine
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import Encoded
from jazzgen.tokens.vocabulary import N_VALUES
from jazzgen.training.distillation import taught_by
from tests.training.solos import ALL, FULL, fit, heard

SOLOS = heard(4)


def trained(seed: int, epochs: int = 12) -> Checkpoint:
    settings = replace(FULL, seed=seed, epochs=epochs)
    result = fit(SOLOS, settings=settings, players=ALL.players)
    description = describe_improviser(settings.n_a, layers=2, spec=ALL, register_units=4)
    return Checkpoint(result.arrays, description, "", Path("none"))


@pytest.fixture(scope="module")
def teachers() -> list[Checkpoint]:
    return [trained(seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def lessons(teachers) -> list[Encoded]:
    return taught_by(teachers, SOLOS, ALL)


def test_teachers_say_the_mean_of_their_logits(teachers, lessons):
    logs = [NumpyEngine(teacher).log_likelihoods(SOLOS)[0].values for teacher in teachers]
    mean = np.exp((logs[0] + logs[1]) / 2)
    expected = mean / mean.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(lessons[0].taught[:, :N_VALUES], expected, atol=1e-3)


def test_shares_sum_to_one_and_rests_have_no_octave(lessons):
    for lesson in lessons:
        octaves = lesson.taught[:, N_VALUES:].astype(float).sum(axis=1)
        assert lesson.taught[:, :N_VALUES].astype(float).sum(axis=1) == pytest.approx(1, abs=5e-3)
        assert octaves == pytest.approx((lesson.displacement >= 0).astype(float), abs=5e-3)


@pytest.mark.parametrize(("distillation", "believed"), [(1.0, True), (0.0, False)])
def test_a_student_believes_its_teacher_in_place_of_the_solos(lessons, distillation, believed):
    only = max(set(range(N_VALUES)) - {int(value) for lesson in lessons for value in lesson.values})
    sure = [lesson._replace(taught=np.zeros_like(lesson.taught)) for lesson in lessons]
    for lesson in sure:
        lesson.taught[:, only] = 1
    settings = replace(FULL, seed=9, epochs=8, learning_rate=0.05, distillation=distillation)
    result = fit(sure, settings=settings, players=ALL.players)
    description = describe_improviser(settings.n_a, layers=2, spec=ALL, register_units=4)
    engine = NumpyEngine(Checkpoint(result.arrays, description, "", Path("none")))
    share = np.exp(engine.log_likelihoods(SOLOS)[0].values[:, only]).mean()
    assert (share > 0.5) == believed


def test_a_teacher_with_other_features_is_refused(teachers):
    with pytest.raises(CheckpointError, match="student's features"):
        taught_by(teachers, SOLOS, FeatureSpec())
