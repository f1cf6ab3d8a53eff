"""The classic model: layers are shared, each Lambda passes its own step, saving and loading are safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras

from jazzgen.corpus.windows import one_hot
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise
from jazzgen.model.checkpoint import Checkpoint, describe_improviser, improviser_shapes, load_checkpoint
from jazzgen.model.engine import Improviser
from jazzgen.model.layers import djmodel, layer_weights, layers_of, make_layers, set_layer_weights, time_step
from jazzgen.model.playing import (
    KerasEngine,
    argmax_one_hot,
    form_inputs,
    music_inference_model,
    start_listening,
)
from jazzgen.model.shipped import shipped_checkpoints
from jazzgen.music import score
from jazzgen.music.forms import find_progression
from jazzgen.music.progressions import parse_progression
from jazzgen.tokens.features import FEATURES, MATCH, NEAR, FeatureSpec, near_class
from jazzgen.tokens.motif import MEMORIES
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import N_VALUES
from tests.checkpoints import hearing_all, made_of
from tests.feedback import generate_line, generate_values

N_A, TX, M = 8, 5, 3


@pytest.fixture(scope="module")
def layers():
    keras.utils.set_random_seed(0)
    return make_layers(N_A)


@pytest.fixture(scope="module")
def model(layers):
    return djmodel(TX, layers)


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    X = one_hot(rng.integers(0, N_VALUES, (M, TX)))
    return [X, rng.normal(size=(M, N_A)).astype(np.float32), rng.normal(size=(M, N_A)).astype(np.float32)]


def call(model, arrays):
    return keras.ops.convert_to_numpy(model([keras.ops.convert_to_tensor(a) for a in arrays]))


def test_the_shapes_are_the_documented_ones(model, inputs):
    assert [tuple(x.shape) for x in model.inputs] == [(None, TX, N_VALUES), (None, N_A), (None, N_A)]
    assert [x.name for x in model.inputs] == ["X", "a0", "c0"]
    probs = call(model, inputs)
    assert probs.shape == (M, TX, N_VALUES)
    np.testing.assert_allclose(probs.sum(axis=-1), 1, rtol=1e-5)


@pytest.mark.parametrize("n_a", [1, 16, 64])
@pytest.mark.parametrize("Tx", [1, 4])
def test_the_number_of_weights_is_exact_whatever_tx(n_a, Tx):
    expected = 4 * n_a * (N_VALUES + n_a + 1) + N_VALUES * (n_a + 1)
    assert djmodel(Tx, make_layers(n_a)).count_params() == expected


def test_both_models_are_made_of_the_same_three_layers(layers, model):
    playing = music_inference_model(2, layers)
    for layer in (layers.LSTM_cell, layers.densor):
        assert any(layer is own for own in model.layers)
        assert any(layer is own for own in playing.layers)
    assert any(layers.reshapor is own for own in model.layers)
    weighted = {layer.name for layer in model.layers if layer.weights}
    assert weighted == {"LSTM_cell", "densor"}
    assert [layer.name for layer in (layers.reshapor, layers.LSTM_cell, layers.densor)] == [
        "reshapor", "LSTM_cell", "densor",
    ]  # fmt: skip
    assert (layers.upper_cells, layers.recall, layers.register_hidden, layers.registor) == ((),) + (None,) * 3


def test_each_lambda_passes_its_own_step(model, inputs):
    X = inputs[0]
    steps = [layer for layer in model.layers if isinstance(layer, keras.layers.Lambda)]
    assert len(steps) == TX
    for t, layer in enumerate(steps):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(X)), X[:, t, :])


def test_a_change_at_one_step_is_heard_from_that_step_on(model, inputs):
    before = call(model, inputs)
    for t in range(TX):
        changed = inputs[0].copy()
        changed[:, t] = np.roll(changed[:, t], 1, axis=-1)
        after = call(model, [changed, *inputs[1:]])
        np.testing.assert_array_equal(after[:, :t], before[:, :t])
        assert (np.abs(after[:, t] - before[:, t]).max(axis=-1) > 1e-5).all()


def test_the_unrolled_model_equals_keras_own_loop(layers, model, inputs):
    loop = keras.layers.LSTM(N_A, return_sequences=True)
    loop.build((None, TX, N_VALUES))
    loop.set_weights(layers.LSTM_cell.get_weights())
    X, a0, c0 = inputs
    expected = layers.densor(loop(X, initial_state=[a0, c0]))
    np.testing.assert_allclose(call(model, inputs), keras.ops.convert_to_numpy(expected), atol=1e-6)


def test_it_saves_and_loads_in_safe_mode(model, inputs, tmp_path):
    path = tmp_path / "djmodel.keras"
    model.save(path)
    loaded = keras.saving.load_model(path, safe_mode=True)
    np.testing.assert_array_equal(call(loaded, inputs), call(model, inputs))
    assert loaded.count_params() == model.count_params()


def test_the_inference_model_saves_and_loads_in_safe_mode(layers, inputs, tmp_path):
    playing = music_inference_model(3, layers)
    path = tmp_path / "inference.keras"
    playing.save(path)
    arrays = [inputs[0][:, :1], *inputs[1:]]
    np.testing.assert_array_equal(call(keras.saving.load_model(path), arrays), call(playing, arrays))


def test_the_inference_model_feeds_its_argmax_back(layers, inputs):
    Ty = 6
    probs = call(music_inference_model(Ty, layers), [inputs[0][:, :1], *inputs[1:]])
    assert probs.shape == (M, Ty, N_VALUES)
    played = one_hot(probs.argmax(axis=-1))  # (m, Ty, 78)
    heard = np.concatenate([inputs[0][:, :1], played[:, :-1]], axis=1)
    teacher_forced = call(djmodel(Ty, layers), [heard, *inputs[1:]])
    np.testing.assert_allclose(probs, teacher_forced, atol=1e-6)


def test_argmax_of_equals_is_the_first():
    probs = np.zeros((1, N_VALUES), np.float32)
    probs[0, [7, 9]] = 0.5
    assert keras.ops.convert_to_numpy(argmax_one_hot(probs)).argmax() == 7


def test_the_step_functions_are_registered_by_name():
    for function in (time_step, argmax_one_hot):
        name = keras.saving.get_registered_name(function)
        assert name == f"jazzgen>{function.__name__}"
        assert keras.saving.get_registered_object(name) is function


def test_weights_have_the_names_and_shapes_of_a_checkpoint(layers):
    arrays = layer_weights(layers)
    assert {name: array.shape for name, array in arrays.items()} == improviser_shapes(
        describe_improviser(N_A)
    )
    assert all(array.dtype == np.float32 for array in arrays.values())


def test_weights_can_be_taken_out_and_put_into_new_layers(layers, model, inputs):
    other = make_layers(N_A)
    set_layer_weights(other, layer_weights(layers))
    np.testing.assert_array_equal(call(djmodel(TX, other), inputs), call(model, inputs))


def test_weights_taken_out_are_a_copy(layers):
    arrays = layer_weights(layers)
    arrays["densor/bias"] += 1
    assert (layer_weights(layers)["densor/bias"] != arrays["densor/bias"]).all()


# stepping


def test_the_engine_plays_what_the_inference_model_plays(layers):
    checkpoint = Checkpoint(layer_weights(layers), describe_improviser(N_A), "", Path("none"))
    zeros = np.zeros((1, N_A), np.float32)
    probs = call(music_inference_model(12, layers), [np.zeros((1, 1, N_VALUES), np.float32), zeros, zeros])[0]
    engine = KerasEngine(checkpoint)
    value, state = None, engine.start()
    for expected in probs:
        stepped, state = engine.step(value, state)
        np.testing.assert_allclose(stepped, expected, atol=1e-6)
        value = int(stepped.argmax())


def test_numpy_and_keras_play_the_same_200_values():
    n_a = 64
    keras.utils.set_random_seed(n_a)
    layers = make_layers(n_a)
    # About as large as trained ones: smaller give nearly uniform probabilities, larger make the network
    # chaotic, and then any two orders of summing drift apart.
    rng = np.random.default_rng(n_a)
    shapes = {name: array.shape for name, array in layer_weights(layers).items()}
    set_layer_weights(
        layers, {name: rng.normal(0, 2 / np.sqrt(n_a), shape) for name, shape in shapes.items()}
    )
    zeros = np.zeros((1, n_a), np.float32)
    probs = call(music_inference_model(200, layers), [np.zeros((1, 1, N_VALUES), np.float32), zeros, zeros])[
        0
    ]
    engine = Improviser(Checkpoint(layer_weights(layers), describe_improviser(n_a), "", Path("none")))
    assert generate_values(engine, 200) == probs.argmax(axis=-1).tolist()
    value, state = None, engine.start()
    for expected in probs:
        stepped, state = engine.step(value, state)
        np.testing.assert_allclose(stepped, expected, atol=1e-5)
        value = int(stepped.argmax())


# ------------------------------------------------------------------------------ context, layers and registers

ALL = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
HIDDEN = 6


@pytest.fixture(scope="module")
def full():
    return layers_of(hearing_all(N_A, register_units=HIDDEN))


@pytest.fixture(scope="module")
def full_model(full):
    return djmodel(TX, full)


@pytest.fixture
def full_inputs():
    rng = np.random.default_rng(1)
    L = np.eye(12, dtype=np.float32)[rng.integers(0, 12, (M, TX))]
    L[0, 0] = 0  # before the first note
    P = np.zeros((M, TX, MEMORIES, N_VALUES + len(MATCH)), np.float32)
    P[:, 1:, 0] = one_hot(rng.integers(0, N_VALUES, (M, TX - 1))) @ np.eye(N_VALUES, P.shape[-1])
    P[:, 1:, 0, N_VALUES + 2] = 1
    V = np.concatenate(
        [one_hot(rng.integers(0, 72, (M, TX))), np.eye(NEAR)[rng.integers(0, NEAR, (M, TX))]], axis=-1
    )
    return {
        "X": one_hot(rng.integers(0, N_VALUES, (M, TX))),
        "C": (rng.random((M, TX, ALL.width)) < 0.1).astype(np.float32),
        **{name: rng.normal(size=(M, N_A)).astype(np.float32) for name in ("a0", "c0", "a0_2", "c0_2")},
        "L": L,
        "P": P,
        "V": V.astype(np.float32),
    }


def outputs(model, arrays):
    given = [arrays[tensor.name] for tensor in model.inputs]
    return [keras.ops.convert_to_numpy(x) for x in model(given)]


def test_a_full_model_has_the_documented_inputs_and_outputs(full_model, full_inputs):
    assert {x.name: tuple(x.shape)[1:] for x in full_model.inputs} == {
        "X": (TX, N_VALUES),
        "C": (TX, ALL.width),
        "a0": (N_A,),
        "c0": (N_A,),
        "a0_2": (N_A,),
        "c0_2": (N_A,),
        "L": (TX, 12),
        "P": (TX, 2, N_VALUES + 6),
        "V": (TX, N_VALUES + 13),
    }
    probs, register = outputs(full_model, full_inputs)
    assert probs.shape == (M, TX, N_VALUES)
    assert register.shape == (M, TX, 5)
    np.testing.assert_allclose(probs.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_allclose(register.sum(axis=-1), 1, rtol=1e-5)


def test_a_full_models_weights_are_counted_by_hand(full, full_model):
    F, n, h = ALL.width, N_A, HIDDEN
    expected = 4 * n * (N_VALUES + F + n + 1) + 4 * n * (n + n + 1)  # two LSTM layers
    expected += (N_VALUES + 72) * (n + F + 1)  # densor and motor
    expected += 2 * 6 + 2 * n  # recall
    expected += h * (n + F + N_VALUES + 13 + 1) + 5 * (h + 1)  # registers
    assert full_model.count_params() == expected
    arrays = layer_weights(full)
    assert sum(array.size for array in arrays.values()) == expected
    description = describe_improviser(n, layers=2, spec=ALL, register_units=h)
    assert {name: array.shape for name, array in arrays.items()} == improviser_shapes(description)


def test_what_is_known_at_a_step_is_heard_from_that_step_on(full_model, full_inputs):
    before, octaves = outputs(full_model, full_inputs)
    for name in ("C", "L", "P", "V"):
        for t in (0, TX - 1):
            changed = full_inputs[name].copy()
            changed[:, t] = changed[:, t, ..., ::-1]
            after, other_octaves = outputs(full_model, {**full_inputs, name: changed})
            np.testing.assert_array_equal(after[:, :t], before[:, :t])
            np.testing.assert_array_equal(other_octaves[:, :t], octaves[:, :t])
            moved = np.abs(after[:, t] - before[:, t]).max() > 1e-6
            assert moved == (name in ("C", "L") or (name == "P" and t > 0))
            if name in ("C", "V"):
                assert np.abs(other_octaves[:, t] - octaves[:, t]).max() > 1e-6


def test_recall_raises_the_logit_of_what_is_proposed(full, full_inputs):
    rng = np.random.default_rng(4)
    probs = rng.dirichlet(np.ones(N_VALUES), 2).astype(np.float32)
    a = rng.normal(size=(2, N_A)).astype(np.float32)
    P = np.zeros((2, MEMORIES, N_VALUES + len(MATCH)), np.float32)
    P[0, 0, [17, N_VALUES + 3]] = 1
    P[0, 1, [17, N_VALUES + 5]] = 1  # both memories propose the same: twice as strongly
    strength, gate = full.recall.get_weights()
    expected = probs.astype(np.float64)
    expected[0, 17] *= np.exp(strength[0, 3] + strength[1, 5] + a[0] @ gate[:, 0] + a[0] @ gate[:, 1])
    expected /= expected.sum(axis=1, keepdims=True)
    got = keras.ops.convert_to_numpy(full.recall(probs, a, P))
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    np.testing.assert_allclose(got[1], probs[1], rtol=1e-6)


def test_the_motor_turns_steps_to_the_degrees_they_lead_to(full):
    rng = np.random.default_rng(4)
    probs = rng.dirichlet(np.ones(N_VALUES), 2).astype(np.float32)
    heard = rng.normal(size=(2, N_A + ALL.width)).astype(np.float32)
    L = np.zeros((2, 12), np.float32)
    L[0, 7] = 1  # the last pitch is the fifth of the chord that sounds
    kernel, bias = full.motor.get_weights()
    steps = (heard[0] @ kernel + bias).reshape(12, 6)
    expected = probs.astype(np.float64)
    for degree in range(12):
        for length in range(6):
            expected[0, 6 * degree + length] *= np.exp(steps[(degree - 7) % 12, length])
    expected /= expected.sum(axis=1, keepdims=True)
    got = keras.ops.convert_to_numpy(full.motor(probs, heard, L))
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    np.testing.assert_allclose(got[1], probs[1], rtol=1e-6)  # before the first note nothing moves


def test_a_full_model_saves_and_loads_in_safe_mode(full_model, full_inputs, tmp_path):
    path = tmp_path / "full.keras"
    full_model.save(path)
    loaded = keras.saving.load_model(path, safe_mode=True)
    for again, before in zip(outputs(loaded, full_inputs), outputs(full_model, full_inputs), strict=True):
        np.testing.assert_array_equal(again, before)


# playing with all of it

FORM = find_progression("blues-f").repeat(9)  # 108 bars


def listener_for(checkpoint, form=FORM, **options):
    horn = score.instrument("tenor-sax")
    return ContextTracker(checkpoint.spec, form, tempo=160, instrument=horn, **options)


def play_in_graph(checkpoint, tracker, pieces, Ty):
    """`pieces` times `Ty` values and pitches (-1: rest) by argmax, the states carried from piece to piece."""
    memory = pieces * Ty
    model = music_inference_model(Ty, layers_of(checkpoint), ticks=tracker.form.length, memory=memory)
    states = [np.zeros((1, checkpoint.n_a), np.float32)] * (2 * checkpoint.layers)
    x, listening, form = (
        np.zeros((1, 1, N_VALUES), np.float32),
        start_listening(1, memory),
        form_inputs(tracker),
    )
    values, pitches = [], []
    for _ in range(pieces):
        probs, played, *states, listening = model.predict_on_batch([x, *states, listening, *form])
        values += probs[0].argmax(axis=-1).tolist()
        pitches += played[0].tolist()
        x = one_hot([[values[-1]]])
    return values, pitches


def test_numpy_and_the_graph_play_the_same_400_values_and_pitches():
    checkpoint = hearing_all(32, register_units=16)
    line = generate_line(Improviser(checkpoint), listener_for(checkpoint, player="bob"), 400)
    assert len(set(line.values)) > 20  # no loop that anything would play
    values, pitches = play_in_graph(checkpoint, listener_for(checkpoint, player="bob"), 40, 10)
    assert values == line.values
    assert pitches == [-1 if pitch is None else pitch for pitch in line.pitches]


@pytest.mark.parametrize(
    ("features", "register_units"),
    [
        (("motif",), 0),
        (("motion", "chord", "phrase"), 0),
        ((), 5),
    ],
)
def test_the_graph_plays_some_of_the_features_too(features, register_units):
    rng = np.random.default_rng(5)
    checkpoint = made_of(10, rng, 0.7, spec=FeatureSpec(features), register_units=register_units)
    line = generate_line(Improviser(checkpoint), listener_for(checkpoint), 30)
    values, pitches = play_in_graph(checkpoint, listener_for(checkpoint), 10, 3)
    assert values == line.values
    assert pitches == [-1 if pitch is None else pitch for pitch in line.pitches]


@pytest.mark.skipif("improviser" not in shipped_checkpoints(), reason="needs models/improviser.safetensors")
def test_the_shipped_improviser_plays_the_same_in_both_engines():
    checkpoint = load_checkpoint(shipped_checkpoints()["improviser"])
    line = generate_line(Improviser(checkpoint), listener_for(checkpoint), 400)
    values, pitches = play_in_graph(checkpoint, listener_for(checkpoint), 40, 10)
    assert values == line.values
    assert pitches == [-1 if pitch is None else pitch for pitch in line.pitches]


def test_a_playing_model_with_context_saves_and_loads_in_safe_mode(tmp_path):
    checkpoint = hearing_all(6, register_units=4)
    tracker = listener_for(checkpoint, parse_progression("| Dm7 | G7 |"))
    model = music_inference_model(1, layers_of(checkpoint), ticks=96, memory=4)
    zeros = [np.zeros((1, 6), np.float32)] * 4
    given = [np.zeros((1, 1, N_VALUES), np.float32), *zeros, start_listening(1, 4), *form_inputs(tracker)]
    path = tmp_path / "playing.keras"
    model.save(path)
    loaded = keras.saving.load_model(path, safe_mode=True)
    for again, before in zip(loaded.predict_on_batch(given), model.predict_on_batch(given), strict=True):
        np.testing.assert_array_equal(again, before)


def test_both_engines_agree_step_by_step_with_all_of_it():
    checkpoint = hearing_all(12, seed=2)
    numpy_engine, keras_engine = Improviser(checkpoint), KerasEngine(checkpoint)
    assert keras_engine.spec == numpy_engine.spec == checkpoint.spec
    tracker = listener_for(checkpoint, player="Ann")
    rng, proposed = np.random.default_rng(0), 0
    value, states = None, [engine.start() for engine in (numpy_engine, keras_engine)]
    for _ in range(40):
        rows, proposals = tracker.rows(), tracker.proposals()
        proposed += any(proposals)
        (ours, states[0]), (theirs, states[1]) = (
            engine.step(value, state, rows, proposals, tracker.last_degree)
            for engine, state in zip((numpy_engine, keras_engine), states, strict=True)
        )
        np.testing.assert_allclose(ours, theirs, atol=2e-6)
        value = int(rng.choice([0, 14, 26, 40, 74, 44]))  # few enough to come back
        pitch = None
        if value < 72:
            near, _ = tracker.octaves(value)
            step = near_class(near, tracker.last)
            octaves = [
                engine.register(state, value, step)
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
