"""The classic model in Keras: three layers, made once, shared by every time step and by both models.

    reshapor   Reshape((1, 78))                 a slice of X as a sequence of one step
    LSTM_cell  LSTM(n_a, return_state=True)     one step of the recurrent network
    densor     Dense(78, softmax)               its state as the probabilities of the next value

`djmodel` unrolls them over `Tx` steps for training, `music_inference_model` over `Ty` steps feeding each
output's argmax back as the next input. Both are functional models over the same layer objects, so training
one trains the other.

Axes: m sequences, Tx or Ty steps, 78 values (`vocabulary.N_VALUES`), n_a units. States are `a` (hidden) and
`c` (cell). This module and `training.py` are the only ones that import TensorFlow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from jazzgen.vocabulary import N_VALUES
from jazzgen.weights import (
    DENSOR_BIAS,
    DENSOR_KERNEL,
    LSTM_BIAS,
    LSTM_KERNEL,
    LSTM_RECURRENT,
    Checkpoint,
    FloatArray,
)

__all__ = [
    "KerasEngine",
    "Layers",
    "djmodel",
    "keras",
    "layer_weights",
    "make_layers",
    "music_inference_model",
    "set_layer_weights",
]


@contextmanager
def _without_start_up_notes() -> Iterator[None]:
    """Send standard error, of this process and not only of Python, to nowhere for a while.

    TensorFlow 2.21 tells each user on import which CPU features and which drivers it found, from C++ and in
    spite of TF_CPP_MIN_LOG_LEVEL. An import that fails still raises.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


# What a process that says nothing else gets. A matrix of 64 units is too small to be worth oneDNN's
# preparations or a second thread's waking up: both off, a step takes about half the processor time, and a
# busy machine slows it less.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

# Imported here and nowhere else first: `training.py` takes it from this module.
with _without_start_up_notes():
    import keras


class Layers(NamedTuple):
    """The three shared layers; their names are the ones everyone who has met this model knows."""

    reshapor: keras.layers.Reshape
    LSTM_cell: keras.layers.LSTM
    densor: keras.layers.Dense

    @property
    def n_a(self) -> int:
        """Units of the LSTM, the length of `a` and `c`."""
        return int(self.LSTM_cell.units)


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
for _function in (time_step, argmax_one_hot):
    keras.saving.register_keras_serializable(package="jazzgen")(_function)


def make_layers(n_a: int = 64) -> Layers:
    """New layers with random weights from Keras's generator (`keras.utils.set_random_seed` fixes them).

    They are built at once, so that weights can be read and set before any model is made. `unroll=True`
    because each call is a single step: a while loop around it costs eight times the speed and half a minute
    of compiling.
    """
    layers = Layers(
        reshapor=keras.layers.Reshape((1, N_VALUES), name="reshapor"),
        LSTM_cell=keras.layers.LSTM(n_a, return_state=True, unroll=True, name="LSTM_cell"),
        densor=keras.layers.Dense(N_VALUES, activation="softmax", name="densor"),
    )
    layers.LSTM_cell.build((None, 1, N_VALUES))
    layers.densor.build((None, n_a))
    return layers


def djmodel(Tx: int, layers: Layers) -> keras.Model:
    """The training model: X (m, Tx, 78), a0 (m, n_a), c0 (m, n_a) -> probabilities (m, Tx, 78).

    `outputs[:, t]` is the distribution of the value that follows `X[:, t]`. The outputs are stacked into one
    tensor, so there is one loss instead of Tx of them.
    """
    X = keras.Input((Tx, N_VALUES), name="X")
    a0 = keras.Input((layers.n_a,), name="a0")
    c0 = keras.Input((layers.n_a,), name="c0")
    a, c = a0, c0
    outputs = []
    for t in range(Tx):
        x = keras.layers.Lambda(time_step, output_shape=(N_VALUES,), arguments={"t": t}, name=f"step_{t}")(X)
        x = layers.reshapor(x)  # (m, 1, 78)
        a, _, c = layers.LSTM_cell(x, initial_state=[a, c])  # (m, n_a)
        outputs.append(layers.densor(a))  # (m, 78)
    return keras.Model([X, a0, c0], keras.ops.stack(outputs, axis=1), name="djmodel")


def music_inference_model(Ty: int, layers: Layers) -> keras.Model:
    """The playing model: x0 (m, 1, 78), a0 (m, n_a), c0 (m, n_a) -> probabilities (m, Ty, 78).

    Each step's argmax, one-hot, is the next step's input; the values played are the argmax of the output.
    """
    x0 = keras.Input((1, N_VALUES), name="x0")
    a0 = keras.Input((layers.n_a,), name="a0")
    c0 = keras.Input((layers.n_a,), name="c0")
    x, a, c = x0, a0, c0
    outputs = []
    for t in range(Ty):
        a, _, c = layers.LSTM_cell(x, initial_state=[a, c])
        outputs.append(layers.densor(a))
        x = keras.layers.Lambda(argmax_one_hot, output_shape=(1, N_VALUES), name=f"feedback_{t}")(outputs[-1])
    return keras.Model([x0, a0, c0], keras.ops.stack(outputs, axis=1), name="music_inference_model")


class KerasEngine:
    """The layers as an engine that an improviser can step, value by value; the state is `a0` and `c0`, each
    (1, n_a).

    It plays what `music_inference_model` plays, and lets the caller draw each value instead of taking the
    argmax.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        layers = make_layers(checkpoint.n_a)
        set_layer_weights(layers, checkpoint.arrays)
        self.n_a = layers.n_a
        x = keras.Input((1, N_VALUES))
        a0, c0 = keras.Input((layers.n_a,)), keras.Input((layers.n_a,))
        a, _, c = layers.LSTM_cell(x, initial_state=[a0, c0])
        self._model = keras.Model([x, a0, c0], [layers.densor(a), a, c])

    def start(self) -> tuple[FloatArray, FloatArray]:
        """Zeros: nothing has been heard."""
        return np.zeros((1, self.n_a), np.float32), np.zeros((1, self.n_a), np.float32)

    def step(
        self, value: int | None, state: tuple[FloatArray, FloatArray]
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Hear `value` (None: the zero vector) -> the probabilities (78,) of the next, and the state."""
        x = np.zeros((1, 1, N_VALUES), np.float32)
        if value is not None:
            x[0, 0, value] = 1
        probs, a, c = self._model.predict_on_batch([x, *state])
        return probs[0], (a, c)


def layer_weights(layers: Layers) -> dict[str, FloatArray]:
    """The weights as `weights.py` names them: float32 copies, Keras's gate order i, f, c, o."""
    return {
        name: np.array(array, np.float32)
        for name, array in zip(
            _NAMES, layers.LSTM_cell.get_weights() + layers.densor.get_weights(), strict=True
        )
    }


def set_layer_weights(layers: Layers, arrays: Mapping[str, FloatArray]) -> None:
    """Put weights from `layer_weights` or a checkpoint into the layers and every model made of them."""
    layers.LSTM_cell.set_weights([arrays[name] for name in _NAMES[:3]])
    layers.densor.set_weights([arrays[name] for name in _NAMES[3:]])


# The order in which Keras lists the weights of the two layers.
_NAMES = (LSTM_KERNEL, LSTM_RECURRENT, LSTM_BIAS, DENSOR_KERNEL, DENSOR_BIAS)
