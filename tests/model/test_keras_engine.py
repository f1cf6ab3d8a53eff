"""The Keras engine against the one in NumPy: the same probabilities, values, pitches and solos."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("keras")

from jazzgen.charts.find import find_progression
from jazzgen.charts.text import parse_progression
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise
from jazzgen.improviser.player import octave_request
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.engine import NumpyEngine
from jazzgen.model.keras_engine import KerasEngine
from jazzgen.model.shipped import shipped_checkpoints
from jazzgen.music import score
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import ContextTracker
from recipes.octave_views import with_strength
from tests.checkpoints import hearing_all, made_of
from tests.feedback import generate_line
from tests.shared import ROOT

FORM = find_progression("blues-f").repeat(9)  # 108 bars


def tracker_for(checkpoint, form=FORM, **options):
    horn = score.instrument("tenor-sax")
    return ContextTracker(checkpoint.spec, form, tempo=160, instrument=horn, **options)


def assert_same_lines(checkpoint, n, **options):
    """At temperature 0 both engines play `n` values and pitches alike."""
    ours, theirs = (
        generate_line(engine(checkpoint), tracker_for(checkpoint, **options), n)
        for engine in (NumpyEngine, KerasEngine)
    )
    assert ours == theirs
    assert len(ours.values) == n
    return ours


def test_both_engines_play_the_same_400_values_and_pitches():
    line = assert_same_lines(hearing_all(32, register_units=16), 400, player="bob")
    assert len(set(line.values)) > 20  # no loop that anything would play


@pytest.mark.parametrize(
    ("features", "register_units"),
    [(("motif",), 0), (("motion", "chord", "phrase"), 0), ((), 5), ((), 0)],
)
def test_both_engines_play_the_same_with_some_of_the_features(features, register_units):
    rng = np.random.default_rng(5)
    checkpoint = made_of(10, rng, 0.7, spec=FeatureSpec(features), register_units=register_units)
    assert_same_lines(checkpoint, 30)


@pytest.mark.skipif("improviser" not in shipped_checkpoints(), reason="needs models/improviser.safetensors")
def test_the_shipped_improviser_plays_the_same_in_both_engines():
    assert_same_lines(load_checkpoint(shipped_checkpoints()["improviser"]), 400)


def test_both_engines_agree_step_by_step_with_all_of_it():
    checkpoint = with_strength(hearing_all(12, seed=2), np.array([0.2, 0.1, 0.3, 0.2]))
    numpy_engine, keras_engine = NumpyEngine(checkpoint), KerasEngine(checkpoint)
    assert keras_engine.spec == numpy_engine.spec == checkpoint.spec
    tracker = tracker_for(checkpoint, player="Ann")
    rng, proposed = np.random.default_rng(0), 0
    value, states = None, [engine.start() for engine in (numpy_engine, keras_engine)]
    for _ in range(40):
        active, proposals = tracker.active_features(), tracker.proposals()
        proposed += any(proposals)
        (ours, states[0]), (theirs, states[1]) = (
            engine.step(value, state, active, proposals, tracker.last_degree, tracker.ratios())
            for engine, state in zip((numpy_engine, keras_engine), states, strict=True)
        )
        np.testing.assert_allclose(ours, theirs, atol=2e-6)
        value = int(rng.choice([0, 14, 26, 40, 74, 44]))  # few enough to come back
        pitch = None
        if value < 72:
            near, _ = tracker.octaves(value)
            octaves = [
                engine.octaves(*octave_request(tracker, value, state))
                for engine, state in zip((numpy_engine, keras_engine), states, strict=True)
            ]
            np.testing.assert_allclose(*octaves, atol=2e-6)
            pitch = near
        tracker.advance(value, pitch)
    assert proposed > 10


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_both_engines_improvise_the_same_solo(temperature):
    checkpoint = hearing_all(12, seed=3)
    form = parse_progression("| Dm7 | G7 | Cmaj7 | A7 |")
    solos = [
        improvise(
            checkpoint,
            form,
            np.random.default_rng(5),
            engine=engine,
            controls=Controls(temperature=temperature, player="Bob"),
        )
        for engine in ("numpy", "keras")
    ]
    assert len(solos[0].notes) > 3
    assert solos[0] == solos[1]


OTHER_BACKEND = """
import numpy as np, keras
from recipes.octave_views import with_strength
from tests.checkpoints import hearing_all
from tests.model.test_keras_engine import assert_same_lines
from jazzgen.model.classic import djmodel, make_layers, music_inference_model, predict_and_sample
assert_same_lines(hearing_all(12), 60, player="Ann")
layers = make_layers(8)
model = djmodel(3, layers)
model.compile("adam", "categorical_crossentropy")
X, zeros = np.eye(78, dtype="float32")[[[3, 27, 45]] * 2], np.zeros((2, 8), "float32")
model.fit([X, zeros, zeros], X, epochs=1, verbose=0)
predict_and_sample(music_inference_model(3, layers))
print(keras.backend.backend())
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_the_model_runs_on_other_backends(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}, which no part of jazzgen installs")
    environ = {**os.environ, "KERAS_BACKEND": backend}
    program = [sys.executable, "-c", OTHER_BACKEND]
    done = subprocess.run(program, env=environ, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == backend
