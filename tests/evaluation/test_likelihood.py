from __future__ import annotations

import math

import numpy as np
import pytest

from jazzgen.errors import DataError
from jazzgen.evaluation.likelihood import evaluate, loss_along
from jazzgen.model.engine import NumpyEngine
from jazzgen.music.score import ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import near_class
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import N_VALUES, encode
from tests.checkpoints import hearing_all, made_of, predicting

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
    engine = NumpyEngine(checkpoint)
    nats = 0.0
    for solo in (OTHER, LINE, OTHER):
        value, state = None, engine.start()
        for target in encode(solo):
            probs, state = engine.step(value, state)
            nats -= math.log(probs[target])
            value = target
    assert together["nats_per_value"] == pytest.approx(nats / together["values"], rel=1e-5)


def test_evaluating_with_a_context_equals_a_slow_loop() -> None:
    checkpoint = hearing_all(10)
    riff = tuple(Note(6 * k, 6, (62, 65, 69, 77)[k % 4]) for k in range(24))  # it comes back, and leaps
    solos = [LINE, Solo(riff, FORM, tempo=210), OTHER]
    figures = evaluate(checkpoint, solos)
    engine = NumpyEngine(checkpoint)
    nats = register_nats = hits = register_hits = 0.0
    for solo in solos:
        tracker = ContextTracker.over(solo, checkpoint.spec)
        pitches = iter([note.pitch for note in solo.notes])
        value, state = None, engine.start()
        for target in encode(solo):
            known = tracker.active_features(), tracker.proposals(), tracker.last_degree, tracker.ratios()
            probs, state = engine.step(value, state, *known)
            nats -= math.log(probs[target])
            hits += probs.argmax() == target
            pitch = None
            if target < 72:
                pitch, near = next(pitches), tracker.nearest(target)
                octaves = engine.octaves(state, target, near_class(near, tracker.last))
                displaced = (pitch - near) // 12 + 2
                register_nats -= math.log(octaves[displaced])
                register_hits += octaves.argmax() == displaced
            tracker.advance(target, pitch)
            value = target
    assert figures["nats_per_value"] == pytest.approx(nats / figures["values"], rel=1e-5)
    assert figures["nats_per_note"] == pytest.approx(nats / figures["notes"], rel=1e-5)
    assert figures["accuracy"] == pytest.approx(hits / figures["values"])
    assert figures["register_nats"] == pytest.approx(register_nats / figures["notes"], rel=1e-5)
    assert figures["register_accuracy"] == pytest.approx(register_hits / figures["notes"])


def test_a_model_without_registers_has_no_figures_for_them() -> None:
    assert not {"register_nats", "register_accuracy"} & set(evaluate(made_of(4), [LINE]))


def test_a_probability_of_zero_is_a_bad_mark_and_not_an_infinite_one() -> None:
    probs = np.zeros(N_VALUES)
    probs[encode(LINE)[0]] = 1.0
    assert 10 < evaluate(predicting(probs), [LINE])["nats_per_value"] < 100


@pytest.mark.parametrize("solos", [[], [Solo((), FORM)]])
def test_nothing_to_evaluate_is_an_error(solos: list[Solo]) -> None:
    with pytest.raises(DataError, match=f"nothing to evaluate: {len(solos)} solos without a note"):
        evaluate(made_of(4), solos)


def test_the_loss_along_a_solo_is_that_of_its_beginning_and_of_its_last_third() -> None:
    """60 eighths on d and 60 on e, which the model finds less likely."""
    form = Progression((ChordChange(0, "Dm7"),), 720)
    line = Solo(tuple(Note(6 * k, 6, 62 if k < 60 else 64) for k in range(120)), form)
    values = encode(line)
    probs = np.full(N_VALUES, 0.25 / (N_VALUES - 2))
    probs[values[0]], probs[values[-1]] = 0.5, 0.25
    first, last = loss_along(predicting(probs), [line, Solo((), form)])
    assert (first, last) == (pytest.approx(math.log(2)), pytest.approx(math.log(4)))
    assert all(map(math.isnan, loss_along(predicting(probs), [])))
