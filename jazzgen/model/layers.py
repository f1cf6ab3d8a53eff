"""The layers in Keras, made once, and the models that share them.

    reshapor         Reshape((1, 78 + F))            a slice of X, and its context, as a sequence of one step
    LSTM_cell        LSTM(n_a, return_state=True)    one step of the recurrent network
    LSTM_cell_2 ...  the same, on top of it          where a model has more than one layer
    densor           Dense(78, softmax)              the state, and the context, as probabilities of the next
    value motor            Motor()                         the same as steps from the last pitch     with
    motion recall           Recall()                        what was played before made likelier      with a
    motif memory register_hidden  Dense(h, tanh)                  the same state and the value drawn,
    with registers registor         Dense(5, softmax)               as probabilities of the octave

`djmodel` unrolls them over `Tx` steps for training, `music_inference_model` over `Ty` steps feeding each
output's argmax back as the next input. Both are functional models over the same layer objects, so training
one trains the other. With no context (F = 0), one layer and no registor it is exactly the classic model.

Axes: m sequences, Tx or Ty steps, 78 values (`vocabulary.N_VALUES`), F facts of the context, n_a units.
States are `a` (hidden) and `c` (cell), one pair a layer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from jazzgen.model.checkpoint import (
    DENSOR_BIAS,
    DENSOR_KERNEL,
    HIDDEN_BIAS,
    HIDDEN_KERNEL,
    MOTOR_BIAS,
    MOTOR_KERNEL,
    N_STEPS,
    RECALL_GATE,
    RECALL_STRENGTH,
    REGISTOR_BIAS,
    REGISTOR_KERNEL,
    Checkpoint,
    FloatArray,
    lstm_names,
)
from jazzgen.tokens.features import DISPLACEMENTS, MATCH, NEAR, FeatureSpec
from jazzgen.tokens.motif import MEMORIES
from jazzgen.tokens.vocabulary import N_VALUES

__all__ = [
    "Layers",
    "Motor",
    "Recall",
    "Unrolled",
    "djmodel",
    "keras",
    "layer_weights",
    "layers_of",
    "make_layers",
    "set_layer_weights",
    "tf",
    "unroll",
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
# busy machine slows it less. A script that trains a large model sets them before it imports this.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

# Imported here and nowhere else first: the other files take it from this one.
with _without_start_up_notes():
    import keras
    import tensorflow as tf


class Motor(keras.layers.Dense):  # type: ignore[misc]
    """Says the next note as a step from the last pitch: a Dense layer whose 12 steps, times 6 lengths, are
    turned to the degrees they lead to, and added to the logits of the values.

    Called with probabilities (m, 78), what the densor hears (m, n_a + F) and L (m, 12), the last pitch class
    above the root, one-hot, all 0 before the first note; returns probabilities.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(N_STEPS, **{name: given for name, given in kwargs.items() if name != "units"})

    def build(self, probs_shape: Any, heard_shape: Any, L_shape: Any) -> None:  # noqa: ARG002
        """`kernel` (n_a + F, 72) and `bias` (72,)."""
        super().build(heard_shape)
        self.input_spec = None  # Dense would check the probabilities for the width of what the densor hears

    def turned(self, heard: Any, L: Any) -> Any:
        """What is added to the logits: heard (..., n_a + F), L (..., 12) -> (..., 78)."""
        ops, lengths = keras.ops, N_STEPS // 12
        steps = ops.matmul(heard, self.kernel) + self.bias
        # Degree d is step (d - last) mod 12: a table of which step each pair makes, one-hot.
        degree = np.arange(12)
        table = np.eye(12, dtype=np.float32)[(degree[None, :] - degree[:, None]) % 12]  # (last, degree, step)
        turn = ops.tensordot(L, ops.convert_to_tensor(table), 1)  # (..., degree, step)
        shape = ops.shape(steps)[:-1]
        by_degree = ops.matmul(turn, ops.reshape(steps, (*shape, 12, lengths)))  # (..., degree, length)
        rests = ops.zeros((*shape, lengths))
        return ops.concatenate([ops.reshape(by_degree, (*shape, N_STEPS)), rests], axis=-1)

    def call(self, probs: Any, heard: Any, L: Any) -> Any:
        """Probabilities (m, 78) again."""
        weights = probs * keras.ops.exp(self.turned(heard, L))
        return weights / keras.ops.sum(weights, axis=-1, keepdims=True)

    def compute_output_shape(self, probs_shape: Any, heard_shape: Any, L_shape: Any) -> Any:  # noqa: ARG002
        """As the probabilities."""
        return probs_shape


class Recall(keras.layers.Layer):  # type: ignore[misc]
    """Raises the logit of each value that a motif memory proposes: by `strength` for how many values
    agree, and by
    `gate` for the state it is proposed in.

    Called with probabilities (m, 78), the top a (m, n_a) and P (m, 2, 78 + 6), for each memory the value
    proposed and the class of the agreement, one-hot side by side, all 0 where there is none; returns
    probabilities.
    """

    def build(self, probs_shape: Any, a_shape: Any, P_shape: Any) -> None:  # noqa: ARG002 - Keras asks for all
        """`strength` (2, 6) and `gate` (n_a, 2)."""
        self.strength = self.add_weight((MEMORIES, len(MATCH)), initializer="zeros", name="strength")
        self.gate = self.add_weight((a_shape[-1], MEMORIES), initializer="zeros", name="gate")
        self.built = True

    def raised(self, a: Any, P: Any) -> Any:
        """What is added to the logits: a (..., n_a), P (..., 2, 84) -> (..., 78)."""
        value, agree = P[..., :N_VALUES], P[..., N_VALUES:]
        there = keras.ops.sum(agree, axis=-1)  # (..., 2)
        by = keras.ops.sum(agree * self.strength, axis=-1) + there * keras.ops.matmul(a, self.gate)
        return keras.ops.sum(value * by[..., None], axis=-2)

    def call(self, probs: Any, a: Any, P: Any) -> Any:
        """Probabilities (m, 78) again."""
        weights = probs * keras.ops.exp(self.raised(a, P))
        return weights / keras.ops.sum(weights, axis=-1, keepdims=True)

    def compute_output_shape(self, probs_shape: Any, a_shape: Any, P_shape: Any) -> Any:  # noqa: ARG002
        """As the probabilities."""
        return probs_shape


class Layers(NamedTuple):
    """The shared layers; their names are the ones everyone who has met this model knows.

    `spec` is the context they hear. A model without a motif memory has no `recall`, one without registers
    no
    `register_hidden` and `registor`.
    """

    reshapor: keras.layers.Reshape
    LSTM_cell: keras.layers.LSTM
    densor: keras.layers.Dense
    upper_cells: tuple[keras.layers.LSTM, ...] = ()
    motor: Motor | None = None
    recall: Recall | None = None
    register_hidden: keras.layers.Dense | None = None
    registor: keras.layers.Dense | None = None
    spec: FeatureSpec = FeatureSpec()

    @property
    def n_a(self) -> int:
        """Units of each LSTM, the length of `a` and `c`."""
        return int(self.LSTM_cell.units)

    @property
    def cells(self) -> tuple[keras.layers.LSTM, ...]:
        """The LSTM layers from the input upwards."""
        return (self.LSTM_cell, *self.upper_cells)


def time_step(X: Any, t: int) -> Any:
    """Step `t` of X: (m, Tx, ...) -> (m, ...).

    A named function with `t` as an argument, where the original has `Lambda(lambda x: X[:, t, :])`: that
    closes over the loop variable, so under Keras 3 it fails or slices the last step every time, and it cannot
    be loaded safely.
    """
    return X[:, t]


# Registered, so that a saved model finds it by name and loads in safe mode. Called, not written as a
# decorator, because Keras's decorator would take the function's types away.
for _registered in (time_step, Motor, Recall):
    keras.saving.register_keras_serializable(package="jazzgen")(_registered)


def make_layers(
    n_a: int = 64, *, layers: int = 1, spec: FeatureSpec | None = None, register_units: int = 0
) -> Layers:
    """New layers with random weights from Keras's generator (`keras.utils.set_random_seed` fixes them).

    They are built at once, so that weights can be read and set before any model is made. `unroll=True`
    because each call is a single step: a while loop around it costs eight times the speed and half a minute
    of compiling.
    """
    spec = spec or FeatureSpec()
    width = spec.width
    cells = []
    for layer in range(layers):
        name = lstm_names(layer)[0].split("/")[0]
        cells.append(keras.layers.LSTM(n_a, return_state=True, unroll=True, name=name))
        cells[-1].build((None, 1, n_a if layer else N_VALUES + width))
    made = Layers(
        reshapor=keras.layers.Reshape((1, N_VALUES + width), name="reshapor"),
        LSTM_cell=cells[0],
        densor=keras.layers.Dense(N_VALUES, activation="softmax", name="densor"),
        upper_cells=tuple(cells[1:]),
        spec=spec,
    )
    made.densor.build((None, n_a + width))
    if spec.motion:
        motor = Motor(name="motor")
        motor.build((None, N_VALUES), (None, n_a + width), (None, 12))
        made = made._replace(motor=motor)
    if spec.motif:
        recall = Recall(name="recall")
        recall.build((None, N_VALUES), (None, n_a), (None, MEMORIES, N_VALUES + len(MATCH)))
        made = made._replace(recall=recall)
    if register_units:
        hidden = keras.layers.Dense(register_units, activation="tanh", name="register_hidden")
        registor = keras.layers.Dense(len(DISPLACEMENTS), activation="softmax", name="registor")
        hidden.build((None, n_a + width + N_VALUES + NEAR))
        registor.build((None, register_units))
        made = made._replace(register_hidden=hidden, registor=registor)
    return made


def layers_of(checkpoint: Checkpoint) -> Layers:
    """The layers that `checkpoint` holds, with its weights."""
    layers = make_layers(
        checkpoint.n_a,
        layers=checkpoint.layers,
        spec=checkpoint.spec,
        register_units=checkpoint.register_units,
    )
    set_layer_weights(layers, checkpoint.arrays)
    return layers


# ------------------------------------------------------------------------------------------------- unrolled


class Unrolled(NamedTuple):
    """The tensors of a model unrolled over Tx steps: what goes in, by name, and what comes out."""

    inputs: dict[str, Any]
    probs: Any  # (m, Tx, 78)
    register: Any | None  # (m, Tx, 5)
    states: list[Any]  # a and c of each layer after each step, (m, Tx, n_a) each


def unroll(Tx: int, layers: Layers, *, masks: bool = False) -> Unrolled:
    """The shared layers over `Tx` steps.

    Inputs: X (m, Tx, 78), the values before; with a context C (m, Tx, F); a0, c0, a0_2 ...: the states; with
    motion L (m, Tx, 12), the last pitch class above the root, one-hot; with a motif memory P (m, Tx, 2,
    78 + 6), what it proposes (see `Recall`); with a registor V (m, Tx, 78 + 13), the value drawn and the
    class of the step to its nearest pitch, one-hot. With `masks` also mask, mask_2 ... (m, Tx, n_a), factors
    on what each LSTM layer passes upwards: dropout.
    """
    width, cells = layers.spec.width, layers.cells
    inputs = _inputs(Tx, layers, masks)

    def at(name: str, t: int) -> Any:
        tensor = inputs[name]
        return keras.layers.Lambda(
            time_step, output_shape=tensor.shape[2:], arguments={"t": t}, name=f"{name}_step_{t}"
        )(tensor)

    states = [[inputs[_numbered(name, layer)] for name in ("a0", "c0")] for layer in range(len(cells))]
    probs, register = [], []
    passed: list[list[Any]] = [[] for _ in range(2 * len(cells))]
    for t in range(Tx):
        context = at("C", t) if width else None
        x = layers.reshapor(_joined(at("X", t), context))  # (m, 1, 78 + F)
        for layer, cell in enumerate(cells):
            a, _, c = cell(x, initial_state=states[layer])  # (m, n_a)
            states[layer] = [a, c]
            passed[2 * layer].append(a)
            passed[2 * layer + 1].append(c)
            if masks:
                a = keras.ops.multiply(a, at(_numbered("mask", layer), t))
            x = keras.ops.expand_dims(a, 1)
        heard = _joined(a, context)  # (m, n_a + F)
        drawn_from = layers.densor(heard)  # (m, 78)
        if layers.motor is not None:
            drawn_from = layers.motor(drawn_from, heard, at("L", t))
        probs.append(drawn_from if layers.recall is None else layers.recall(drawn_from, a, at("P", t)))
        if layers.register_hidden is not None and layers.registor is not None:
            register.append(layers.registor(layers.register_hidden(_joined(heard, at("V", t)))))  # (m, 5)
    return Unrolled(
        inputs,
        keras.ops.stack(probs, axis=1),
        keras.ops.stack(register, axis=1) if register else None,
        [keras.ops.stack(steps, axis=1) for steps in passed],
    )


def _inputs(Tx: int, layers: Layers, masks: bool) -> dict[str, Any]:
    """What goes in, by name."""
    n_a, width, numbers = layers.n_a, layers.spec.width, range(len(layers.cells))
    shapes: dict[str, tuple[int, ...]] = {"X": (Tx, N_VALUES)}
    if width:
        shapes["C"] = (Tx, width)
    shapes |= {_numbered(name, layer): (n_a,) for layer in numbers for name in ("a0", "c0")}
    if layers.motor is not None:
        shapes["L"] = (Tx, 12)
    if layers.recall is not None:
        shapes["P"] = (Tx, MEMORIES, N_VALUES + len(MATCH))
    if layers.registor is not None:
        shapes["V"] = (Tx, N_VALUES + NEAR)
    if masks:
        shapes |= {_numbered("mask", layer): (Tx, n_a) for layer in numbers}
    return {name: keras.Input(shape, name=name) for name, shape in shapes.items()}


def _numbered(name: str, layer: int) -> str:
    return name if layer == 0 else f"{name}_{layer + 1}"


def _joined(*tensors: Any) -> Any:
    """The tensors side by side; a None is no tensor."""
    there = [tensor for tensor in tensors if tensor is not None]
    return there[0] if len(there) == 1 else keras.ops.concatenate(there, axis=-1)


def djmodel(Tx: int, layers: Layers) -> keras.Model:
    """The training model: X (m, Tx, 78), a0 (m, n_a), c0 (m, n_a) -> probabilities (m, Tx, 78).

    `outputs[:, t]` is the distribution of the value that follows `X[:, t]`. The outputs are stacked into one
    tensor, so there is one loss instead of Tx of them. With a context, more layers or a registor there are
    more inputs (see `unroll`), and with a registor a second output, (m, Tx, 5).
    """
    graph = unroll(Tx, layers)
    outputs = graph.probs if graph.register is None else [graph.probs, graph.register]
    return keras.Model(list(graph.inputs.values()), outputs, name="djmodel")


# -------------------------------------------------------------------------------------------------- weights


def layer_weights(layers: Layers) -> dict[str, FloatArray]:
    """The weights as `weights.py` names them: float32 copies, Keras's gate order i, f, c, o."""
    return {
        name: np.array(array, np.float32)
        for names, layer in _named(layers)
        for name, array in zip(names, layer.get_weights(), strict=True)
    }


def set_layer_weights(layers: Layers, arrays: Mapping[str, FloatArray]) -> None:
    """Put weights from `layer_weights` or a checkpoint into the layers and every model made of them."""
    for names, layer in _named(layers):
        layer.set_weights([arrays[name] for name in names])


def _named(layers: Layers) -> list[tuple[tuple[str, ...], Any]]:
    """Each layer that has weights, and their names in the order in which Keras lists them."""
    named: list[tuple[tuple[str, ...], Any]] = [(lstm_names(k), cell) for k, cell in enumerate(layers.cells)]
    named.append(((DENSOR_KERNEL, DENSOR_BIAS), layers.densor))
    if layers.motor is not None:
        named.append(((MOTOR_KERNEL, MOTOR_BIAS), layers.motor))
    if layers.recall is not None:
        named.append(((RECALL_STRENGTH, RECALL_GATE), layers.recall))
    if layers.registor is not None:
        named.append(((HIDDEN_KERNEL, HIDDEN_BIAS), layers.register_hidden))
        named.append(((REGISTOR_KERNEL, REGISTOR_BIAS), layers.registor))
    return named
