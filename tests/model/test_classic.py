"""The classic model: layers are shared, each Lambda passes its own step, saving and loading are safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from jazzgen.corpus.windows import one_hot
from jazzgen.model.checkpoint import Checkpoint, describe_improviser, improviser_shapes
from jazzgen.model.classic import (
    argmax_one_hot,
    djmodel,
    layer_weights,
    make_layers,
    music_inference_model,
    predict_and_sample,
    time_step,
)
from jazzgen.model.engine import NumpyEngine
from jazzgen.tokens.vocabulary import N_VALUES
from tests.feedback import generate_values

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


def test_the_course_s_model_has_41678_weights():
    assert djmodel(30).count_params() == 41_678


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
    assert layers._fields == ("reshapor", "LSTM_cell", "densor")


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
    other = make_layers(N_A, layer_weights(layers))
    np.testing.assert_array_equal(call(djmodel(TX, other), inputs), call(model, inputs))


def test_weights_taken_out_are_a_copy(layers):
    arrays = layer_weights(layers)
    arrays["densor/bias"] += 1
    assert (layer_weights(layers)["densor/bias"] != arrays["densor/bias"]).all()


def test_fit_teaches_both_models():
    keras.utils.set_random_seed(1)
    layers = make_layers(N_A)
    model = djmodel(4, layers)
    model.compile(keras.optimizers.Adam(0.05), "categorical_crossentropy")
    phrase = one_hot([[3, 27, 45, 57]] * 2)
    X, zeros = np.concatenate([np.zeros((2, 1, N_VALUES)), phrase[:, :-1]], axis=1), np.zeros((2, N_A))
    model.fit([X, zeros, zeros], phrase, epochs=60, verbose=0)
    results, indices = predict_and_sample(music_inference_model(4, layers))
    assert indices.tolist() == [[3], [27], [45], [57]]
    np.testing.assert_array_equal(results, phrase[0])


def test_predict_and_sample_goes_on_from_what_it_is_given(layers, inputs):
    X, a0, c0 = (array[:1] for array in inputs)
    model = music_inference_model(5, layers)
    results, indices = predict_and_sample(model, X[:, :1], a0, c0)
    assert (results.shape, indices.shape) == ((5, N_VALUES), (5, 1))
    assert indices[:, 0].tolist() == call(model, [X[:, :1], a0, c0])[0].argmax(axis=-1).tolist()
    assert results.argmax(axis=-1).tolist() == indices[:, 0].tolist()
    assert predict_and_sample(model)[1].tolist() != indices.tolist()


def test_numpy_and_keras_play_the_same_200_values():
    n_a = 64
    # About as large as trained ones: smaller give nearly uniform probabilities, larger make the network
    # chaotic, and then any two orders of summing drift apart.
    rng = np.random.default_rng(n_a)
    shapes = improviser_shapes(describe_improviser(n_a))
    arrays = {name: rng.normal(0, 2 / np.sqrt(n_a), shape) for name, shape in shapes.items()}
    layers = make_layers(n_a, arrays)
    inference_model = music_inference_model(200, layers)
    zeros = np.zeros((1, n_a), np.float32)
    probs = call(inference_model, [np.zeros((1, 1, N_VALUES), np.float32), zeros, zeros])[0]
    engine = NumpyEngine(Checkpoint(layer_weights(layers), describe_improviser(n_a), "", Path("none")))
    values = generate_values(engine, 200)
    assert values == probs.argmax(axis=-1).tolist() == predict_and_sample(inference_model)[1][:, 0].tolist()
    value, state = None, engine.start()
    for expected in probs:
        stepped, state = engine.step(value, state)
        np.testing.assert_allclose(stepped, expected, atol=1e-5)
        value = int(stepped.argmax())
