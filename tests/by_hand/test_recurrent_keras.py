"""`recurrent.py` against Keras: values, TensorFlow's own gradients, and the time both take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jazzgen.by_hand import keras_weights, recurrent

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

N_X, N_A, N_Y, M, T_X = 7, 6, 5, 4, 9
RNG = np.random.default_rng(0)


def random_layer(kind: str, n_a: int = N_A, **options: Any) -> Any:
    layer = getattr(keras.layers, kind)(n_a, return_sequences=True, **options)
    layer.build((None, None, N_X))
    layer.set_weights([RNG.normal(scale=0.5, size=w.shape).astype(np.float32) for w in layer.get_weights()])
    return layer


def assert_close(a: np.ndarray, b: np.ndarray, name: str) -> None:
    """Within 1e-5 of the greatest entry: one float32 is good to 1e-7, a sum over batch and steps to less."""
    assert a.dtype == np.float32, name
    assert a.shape == b.shape, name
    assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max(), name


def compare(layer: Any, cell: str) -> None:
    dense = keras.layers.Dense(N_Y, activation="softmax")
    dense.build((None, None, layer.units))
    dense.set_weights([RNG.normal(size=w.shape).astype(np.float32) for w in dense.get_weights()])
    x, a0, *c0 = (
        RNG.normal(size=shape).astype(np.float32)
        for shape in [(M, T_X, N_X), (M, layer.units), *([(M, layer.units)] if cell == "lstm" else [])]
    )
    da = RNG.normal(size=(M, T_X, layer.units)).astype(np.float32)
    inputs, states = tf.Variable(x), [tf.Variable(s) for s in (a0, *c0)]
    with tf.GradientTape() as tape:
        a = layer(inputs, initial_state=states)
        y = dense(a)
        loss = tf.reduce_sum(da * a)
    variables = [inputs, states[0], *(w.value for w in layer.trainable_weights)]
    want_dx, want_da0, *want = (g.numpy() for g in tape.gradient(loss, variables))

    from_keras = getattr(keras_weights, f"{cell}_from_keras")
    parameters = from_keras(layer.get_weights(), dense.get_weights())
    forward, backward = (getattr(recurrent, f"{cell}_{name}") for name in ("forward", "backward"))
    got_a, got_y, *_, caches = forward(x.transpose(2, 0, 1), a0.T, parameters, *(c.T for c in c0))
    got = backward(da.transpose(2, 0, 1), caches)
    assert_close(got_a, a.numpy().transpose(2, 0, 1), "a")
    assert_close(got_y, y.numpy().transpose(2, 0, 1), "y")
    assert_close(got["dx"], want_dx.transpose(2, 0, 1), "dx")
    assert_close(got["da0"], want_da0.T, "da0")
    # `from_keras` only regroups and turns signs, so that it carries gradients as it carries weights.
    if cell == "gru" and want[2].ndim == 2:
        want[2] = want[2][0]  # both biases of a gate enter as their sum, so either has the gradient of it
    expected = from_keras(want, dense.get_weights())
    for name in got.keys() - {"dx", "da0"}:
        assert_close(got[name], expected[name[1:]], name)


def test_rnn() -> None:
    compare(random_layer("SimpleRNN"), "rnn")


def test_lstm() -> None:
    compare(random_layer("LSTM"), "lstm")


def test_gru_that_resets_before() -> None:
    compare(random_layer("GRU", reset_after=False), "gru")


def test_gru_that_resets_after_where_the_two_coincide() -> None:
    """With one unit every matrix is diagonal; without a recurrent bias the formulations are then the same."""
    layer = random_layer("GRU", n_a=1)
    kernel, recurrent_kernel, bias = layer.get_weights()
    bias[1, 2] = 0
    layer.set_weights([kernel, recurrent_kernel, bias])
    compare(layer, "gru")


@pytest.mark.parametrize("reset_after", [False, True])
def test_parameters_go_into_a_keras_gru(reset_after: bool) -> None:
    n_a = 3
    parameters = {f"W{g}": RNG.normal(size=(n_a, n_a + N_X)).astype(np.float32) for g in "urc"}
    parameters |= {f"b{g}": RNG.normal(size=(n_a, 1)).astype(np.float32) for g in "urc"}
    parameters |= {"Wy": np.ones((N_Y, n_a), np.float32), "by": np.zeros((N_Y, 1), np.float32)}
    if reset_after:
        parameters["Wc"][:, :n_a] *= np.eye(n_a, dtype=np.float32)
    layer = random_layer("GRU", n_a=n_a, reset_after=reset_after)
    layer.set_weights(keras_weights.gru_to_keras(parameters, reset_after=reset_after)[0])
    x = RNG.normal(size=(M, T_X, N_X)).astype(np.float32)
    a, _, _ = recurrent.gru_forward(x.transpose(2, 0, 1), np.zeros((n_a, M), np.float32), parameters)
    assert_close(a, layer(x).numpy().transpose(2, 0, 1), "a")
