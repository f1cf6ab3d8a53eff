from __future__ import annotations

import math

import numpy as np
import pytest

from jazzgen.errors import DataError
from jazzgen.evaluation import evaluate
from jazzgen.improviser import Improviser
from jazzgen.score import ChordChange, Note, Progression, Solo
from jazzgen.vocabulary import N_VALUES, encode
from tests.checkpoints import made_of, predicting

FORM = Progression((ChordChange(0, "Dm7"), ChordChange(48, "G7"), ChordChange(96, "Cmaj7")), 192)
LINE = Solo((Note(0, 6, 62), Note(6, 6, 64), Note(12, 12, 65), Note(48, 6, 65), Note(60, 3, 66)), FORM)
OTHER = Solo((Note(24, 12, 67), Note(36, 6, 69)), FORM)


def test_uniform_weights_lose_log_78_a_value() -> None:
    figures = evaluate(made_of(8), [LINE, OTHER])
    values = encode(LINE) + encode(OTHER)
    assert figures["nats_per_value"] == pytest.approx(math.log(N_VALUES))
    assert figures["values"] == len(values)
    assert figures["notes"] == 7
    assert figures["nats_per_note"] == pytest.approx(math.log(N_VALUES) * len(values) / 7)
    assert figures["solos"] == 2


def test_known_probabilities_give_known_nats_and_accuracy() -> None:
    values = encode(LINE)
    probs = np.full(N_VALUES, 0.5 / (N_VALUES - 1))
    probs[values[0]] = 0.5
    hits = values.count(values[0])
    expected = hits * math.log(2) - (len(values) - hits) * math.log(probs[values[0] - 1])
    figures = evaluate(predicting(probs), [LINE])
    assert figures["nats_per_value"] == pytest.approx(expected / len(values))
    assert figures["accuracy"] == pytest.approx(hits / len(values))


def test_solos_side_by_side_lose_what_each_loses_alone() -> None:
    checkpoint = made_of(16, rng=np.random.default_rng(1))
    together = evaluate(checkpoint, [OTHER, LINE, OTHER])
    engine = Improviser(checkpoint)
    nats = 0.0
    for solo in (OTHER, LINE, OTHER):
        value, state = None, engine.start()
        for target in encode(solo):
            probs, state = engine.step(value, state)
            nats -= math.log(probs[target])
            value = target
    assert together["nats_per_value"] == pytest.approx(nats / together["values"], rel=1e-5)


def test_a_probability_of_zero_is_a_bad_mark_and_not_an_infinite_one() -> None:
    probs = np.zeros(N_VALUES)
    probs[encode(LINE)[0]] = 1.0
    assert 10 < evaluate(predicting(probs), [LINE])["nats_per_value"] < 100


@pytest.mark.parametrize("solos", [[], [Solo((), FORM)]])
def test_nothing_to_evaluate_is_an_error(solos: list[Solo]) -> None:
    with pytest.raises(DataError, match=f"nothing to evaluate: {len(solos)} solos without a note"):
        evaluate(made_of(4), solos)
