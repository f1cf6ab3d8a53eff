"""The classic model, to be read from top to bottom: an LSTM that continues a jazz solo, without context.

Three layers, made once, are shared by every time step of two models. `djmodel` learns: at each of Tx steps it
reads the value before and predicts the next. `music_inference_model` generates: each prediction's argmax,
one-hot, is the next step's input. Training one trains the other.

    layers = make_layers(64)
    model = djmodel(30, layers)
    model.compile("adam", "categorical_crossentropy")
    model.fit([X, a0, c0], Y)
    results, indices = predict_and_sample(music_inference_model(50, layers))

Axes: m sequences, Tx or Ty steps, 78 values, n_a units. States are `a` (hidden) and `c` (cell), (m, n_a).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import numpy.typing as npt

from jazzgen.model.checkpoint import DENSOR, lstm_names
from jazzgen.tokens.vocabulary import N_VALUES

NAMES = (*lstm_names(0), *DENSOR)  # of the weights, as a checkpoint has them


class Layers(NamedTuple):
    """The three shared layers."""

    reshapor: keras.layers.Reshape
    LSTM_cell: keras.layers.LSTM
    densor: keras.layers.Dense


def make_layers(n_a: int = 64, arrays: Mapping[str, npt.NDArray[np.float32]] | None = None) -> Layers:
    """The layers with random weights, or with the `arrays` of a checkpoint of one layer without context."""
    layers = Layers(
        # A slice of X as a sequence of one step. The LSTM is unrolled, because each call is a single step: a
        # loop around it costs eight times the speed.
        reshapor=keras.layers.Reshape((1, N_VALUES), name="reshapor"),
        LSTM_cell=keras.layers.LSTM(n_a, return_state=True, unroll=True, name="LSTM_cell"),
        densor=keras.layers.Dense(N_VALUES, activation="softmax", name="densor"),
    )
    layers.LSTM_cell.build((None, 1, N_VALUES))
    layers.densor.build((None, n_a))
    if arrays is not None:
        layers.LSTM_cell.set_weights([arrays[name] for name in NAMES[:3]])
        layers.densor.set_weights([arrays[name] for name in NAMES[3:]])
    return layers


def layer_weights(layers: Layers) -> dict[str, npt.NDArray[np.float32]]:
    """The weights by their names in a checkpoint, for `save_checkpoint` and `NumpyEngine`."""
    arrays = [*layers.LSTM_cell.get_weights(), *layers.densor.get_weights()]
    return {name: np.array(array, np.float32) for name, array in zip(NAMES, arrays, strict=True)}


def time_step(X: Any, t: int) -> Any:
    """Step `t` of X: (m, Tx, 78) -> (m, 78).

    A named function with `t` as an argument, where the original has `Lambda(lambda x: X[:, t, :])`: that
    closes over the loop variable, so under Keras 3 it fails or slices the last step every time, and it cannot
    be loaded safely.
    """
    return X[:, t, :]


def argmax_one_hot(probs: Any) -> Any:
    """The likeliest value as the next input: (m, 78) -> (m, 1, 78)."""
    return keras.ops.one_hot(keras.ops.argmax(probs, axis=-1), N_VALUES)[:, None, :]


# Registered, so that a saved model finds them by name and loads in safe mode. Called, not written as a
# decorator, because Keras's decorator would take the functions' types away.
for _registered in (time_step, argmax_one_hot):
    keras.saving.register_keras_serializable(package="jazzgen")(_registered)


def djmodel(Tx: int, layers: Layers | None = None) -> keras.Model:
    """The training model: X (m, Tx, 78), a0 (m, n_a), c0 (m, n_a) -> probabilities (m, Tx, 78).

    `outputs[:, t]` is the distribution of the value that follows `X[:, t]`. The outputs are stacked into one
    tensor, so there is one loss instead of Tx of them.
    """
    reshapor, LSTM_cell, densor = layers or make_layers()
    X = keras.Input((Tx, N_VALUES), name="X")
    a0, c0 = (keras.Input((LSTM_cell.units,), name=name) for name in ("a0", "c0"))
    a, c = a0, c0
    outputs = []
    for t in range(Tx):
        x = keras.layers.Lambda(time_step, output_shape=(N_VALUES,), arguments={"t": t})(X)
        a, _, c = LSTM_cell(reshapor(x), initial_state=[a, c])
        outputs.append(densor(a))
    return keras.Model([X, a0, c0], keras.ops.stack(outputs, axis=1), name="djmodel")


def music_inference_model(Ty: int, layers: Layers) -> keras.Model:
    """The generating model: x0 (m, 1, 78), a0 (m, n_a), c0 (m, n_a) -> probabilities (m, Ty, 78); the values
    played are their argmax.
    """
    _, LSTM_cell, densor = layers
    x0 = keras.Input((1, N_VALUES), name="x0")
    a0, c0 = (keras.Input((LSTM_cell.units,), name=name) for name in ("a0", "c0"))
    x, a, c = x0, a0, c0
    outputs = []
    for _ in range(Ty):
        a, _, c = LSTM_cell(x, initial_state=[a, c])
        outputs.append(densor(a))
        x = keras.layers.Lambda(argmax_one_hot, output_shape=(1, N_VALUES))(outputs[-1])
    return keras.Model([x0, a0, c0], keras.ops.stack(outputs, axis=1), name="music_inference_model")


def predict_and_sample(
    inference_model: keras.Model,
    x_initializer: npt.ArrayLike | None = None,
    a_initializer: npt.ArrayLike | None = None,
    c_initializer: npt.ArrayLike | None = None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Play one sequence with a model from `music_inference_model`.

    Parameters
    ----------
    inference_model
        A model over Ty steps.
    x_initializer : (1, 1, 78)
        One-hot, the value before the first; zeros if None, as for all three.
    a_initializer, c_initializer : (1, n_a)
        The states before it.

    Returns
    -------
    results : (Ty, 78)
        The values, one-hot.
    indices : (Ty, 1)
        The same as numbers 0..77.
    """
    given = (x_initializer, a_initializer, c_initializer)
    inputs = [
        np.zeros((1, *tensor.shape[1:]), np.float32) if array is None else np.asarray(array, np.float32)
        for tensor, array in zip(inference_model.inputs, given, strict=True)
    ]
    # Called, not `predict`, which would compile the whole graph to use it once.
    indices = keras.ops.convert_to_numpy(inference_model(inputs))[0].argmax(axis=-1)
    return np.eye(N_VALUES, dtype=np.float32)[indices], indices[:, None]
