"""The network in Keras: LSTM layers, and the heads that turn the top layer and the context into logits.

    LSTM_cell, LSTM_cell_2 ...  LSTM(n_a)         the value before and its context, as a state
    densor                      Dense(78)         the logits of the next value
    interval_head               Dense(72)         with motion: those of intervals, added where they lead to
    motif_bias                  MotifBias()       with a motif memory: added to the logits of what it proposes
    view_bias                   ViewBias()        with views: their ratios, weighted, added to the logits
    octave_hidden               Dense(h, tanh)    with an octave head: the same state and the value drawn,
    octave_head                 Dense(5)          as logits of the octave displacement

Without context, with one layer and no octave head it is the model of `classic.py`. `recur` runs the layers
over a window, unrolled or in a loop; `value_logits` and `octave_logits` work on the last axis. So the same
functions serve a single step (`keras_engine.py`), a window in training, and whole solos. All of it runs on
each of Keras's backends.

Axes: m sequences, T steps, 78 values, F features of the context, n_a units. States are a and c of each layer,
(m, n_a) each. Inputs are one-hot or multi-hot, several side by side:

    X (m, T, 78)         the value before
    C (m, T, F)          the context
    L (m, T, 12)         the last pitch class above the root, all 0 before the first note
    P (m, T, 2, 78 + 6)  for each memory the value proposed and the class of its match, all 0 where none is
    R (m, T, 16, 12)      what the views say of the 12 length classes and of the 12 degrees
    V (m, T, 78 + 13)    the value drawn and the class of the step to its nearest pitch
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from jazzgen.model.checkpoint import (
    DENSOR,
    INTERVAL_HEAD,
    MOTIF_BIAS,
    OCTAVE_HEAD,
    OCTAVE_HIDDEN,
    VIEW_BIAS,
    Checkpoint,
    describe_improviser,
    improviser_shapes,
    lstm_names,
)
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.engine import AS_DEGREES
from jazzgen.tokens.features import MATCH, MEMORIES, NEAR, FeatureSpec
from jazzgen.tokens.views import N_RHYTHM
from jazzgen.tokens.vocabulary import N_LENGTHS, N_VALUES


class MotifBias(keras.layers.Layer):  # type: ignore[misc]
    """The bias of each value that a motif memory proposes: `strength` for the class of its match, and `gate`
    for the state it is proposed in. Called with the top layer (..., n_a) and P; returns logits (..., 78).
    """

    def build(self, top_shape: Any, P_shape: Any) -> None:  # noqa: ARG002 - Keras asks for all
        """`strength` (2, 6) and `gate` (n_a, 2)."""
        self.strength = self.add_weight((MEMORIES, len(MATCH)), initializer="zeros", name="strength")
        self.gate = self.add_weight((top_shape[-1], MEMORIES), initializer="zeros", name="gate")
        self.supports_masking = True  # Keras says where a window is filled up; it makes no difference here
        self.built = True

    def call(self, top: Any, P: Any) -> Any:
        """What is added to the logits."""
        value, match = P[..., :N_VALUES], P[..., N_VALUES:]
        bias = ops.sum(match * self.strength, axis=-1) + ops.sum(match, axis=-1) * ops.matmul(top, self.gate)
        return ops.sum(value * bias[..., None], axis=-2)


class ViewBias(keras.layers.Layer):  # type: ignore[misc]
    """The views' ratios, each times a weight: its `strength`, and what `gate` makes of the state. Called with
    the top layer (..., n_a) and R; returns logits (..., 78).
    """

    def build(self, top_shape: Any, R_shape: Any) -> None:
        """`strength` (16,) and `gate` (n_a, 16)."""
        views = R_shape[-2]
        self.strength = self.add_weight((views,), initializer="zeros", name="strength")
        self.gate = self.add_weight((top_shape[-1], views), initializer="zeros", name="gate")
        self.supports_masking = True
        self.built = True

    def call(self, top: Any, R: Any) -> Any:
        """What is added to the logits."""
        weighted = R * (self.strength + ops.matmul(top, self.gate))[..., None]
        lengths = ops.sum(weighted[..., :N_RHYTHM, :], axis=-2)
        degrees = ops.sum(weighted[..., N_RHYTHM:, :], axis=-2)
        notes = degrees[..., :, None] + lengths[..., None, :N_LENGTHS]
        flat = ops.reshape(notes, (*ops.shape(notes)[:-2], 12 * N_LENGTHS))
        return ops.concatenate([flat, lengths[..., N_LENGTHS:]], axis=-1)


class Network(NamedTuple):
    """The layers. A model without motion has no `interval_head`, one without a motif memory no `motif_bias`,
    one without views no `view_bias`, one without an octave head no `octave_hidden` and `octave_head`.
    """

    cells: tuple[keras.layers.LSTM, ...]  # from the input upwards
    densor: keras.layers.Dense
    spec: FeatureSpec
    interval_head: keras.layers.Dense | None
    motif_bias: MotifBias | None
    view_bias: ViewBias | None
    octave_hidden: Any  # with the octave head, or not at all
    octave_head: Any

    @property
    def n_a(self) -> int:
        """Units of each LSTM layer."""
        return int(self.cells[0].units)


def make_network(
    n_a: int = 64, *, layers: int = 1, spec: FeatureSpec | None = None, register_units: int = 0
) -> Network:
    """A network with random weights from Keras's generator (`keras.utils.set_random_seed` fixes them), built
    at once, so that weights can be read and set.

    Parameters
    ----------
    n_a, layers, register_units
        Units of each LSTM layer, LSTM layers, and units h of the octave head's hidden layer (0: it has none).
    spec
        The context; None for none.

    Returns
    -------
    Network
    """
    spec = spec or FeatureSpec()
    shapes = improviser_shapes(
        describe_improviser(n_a, layers=layers, spec=spec, register_units=register_units)
    )

    def dense(names: tuple[str, ...], activation: str | None = None) -> Any:
        if names[0] not in shapes:
            return None
        inputs, units = shapes[names[0]]
        layer = keras.layers.Dense(units, activation=activation, name=_layer_of(names))
        layer.build((None, None, inputs))
        return layer

    cells = []
    for names in map(lstm_names, range(layers)):
        cells.append(keras.layers.LSTM(n_a, return_sequences=True, return_state=True, name=_layer_of(names)))
        cells[-1].cell.name += f"_{len(cells)}"  # each layer of a functional model has a name of its own
        cells[-1].build((None, None, shapes[names[0]][0]))
    motif_bias = MotifBias(name=_layer_of(MOTIF_BIAS)) if spec.motif else None
    if motif_bias is not None:
        motif_bias.build((None, None, n_a), None)
    view_bias = ViewBias(name=_layer_of(VIEW_BIAS)) if spec.views else None
    if view_bias is not None:
        view_bias.build((None, None, n_a), (None, None, spec.views, 12))
    return Network(
        tuple(cells),
        dense(DENSOR),
        spec,
        dense(INTERVAL_HEAD),
        motif_bias,
        view_bias,
        dense(OCTAVE_HIDDEN, "tanh"),
        dense(OCTAVE_HEAD),
    )


def _layer_of(names: tuple[str, ...]) -> str:
    return names[0].split("/")[0]


def network_of(checkpoint: Checkpoint) -> Network:
    """The network of `checkpoint`, with its weights."""
    network = make_network(
        checkpoint.n_a,
        layers=checkpoint.layers,
        spec=checkpoint.spec,
        register_units=checkpoint.register_units,
    )
    set_network_weights(network, checkpoint.arrays)
    return network


# ------------------------------------------------------------------------------------------------ the wiring


def recur(
    network: Network,
    x: Any,
    states: Sequence[Any],
    *,
    valid: Any = None,
    masks: Sequence[Any] | None = None,
    recurrent_masks: Sequence[Any] | None = None,
    unrolled: bool = False,
) -> tuple[Any, list[Any]]:
    """Run the LSTM layers over a window.

    Parameters
    ----------
    network
        Its layers.
    x : (m, T, 78 + F)
        X and C side by side.
    states
        a and c of each layer, before.
    valid : (m, T), bool
        Steps that count, before those that fill a window up and leave the states as they are; None for all.
    masks
        Factors (m, T, n_a) on what each layer passes upwards: dropout (Zaremba et al., 2014).
    recurrent_masks
        Factors (n_a, 4 n_a) on each layer's recurrent kernel (Merity et al., AWD-LSTM, 2018).
    unrolled
        Step by step, as the course's model is; else a loop of the backend, which is built sooner.

    Returns
    -------
    top : (m, T, n_a)
        What the top layer gives.
    states
        As before, after the last step that counts.
    """
    after: list[Any] = []
    for k, cell in enumerate(network.cells):
        state, kernel = list(states[2 * k : 2 * k + 2]), cell.cell.recurrent_kernel
        masked = [] if recurrent_masks is None else [(kernel, kernel.value * recurrent_masks[k])]
        with keras.StatelessScope(state_mapping=masked) if masked else nullcontext():
            if unrolled:
                x, state = _unrolled(cell.cell, x, state, valid)
            else:
                x, *state = cell(x, initial_state=state, mask=valid)
        after += state
        if masks is not None:
            x = x * masks[k]
    return x, after


def _unrolled(cell: keras.layers.LSTMCell, x: Any, state: list[Any], valid: Any) -> tuple[Any, list[Any]]:
    states = [state]
    for t in range(x.shape[1]):
        states.append(cell(x[:, t], states[-1])[1])
    if valid is None:
        return ops.stack([a for a, _ in states[1:]], axis=1), states[-1]
    stacked = [
        ops.stack(of_each_step, axis=1) for of_each_step in zip(*states, strict=True)
    ]  # (m, T + 1, n_a)
    steps = ops.sum(ops.cast(valid, "int32"), axis=1)[:, None, None]
    return stacked[0][:, 1:], [ops.take_along_axis(each, steps, axis=1)[:, 0] for each in stacked]


def value_logits(network: Network, top: Any, C: Any, L: Any, P: Any, R: Any) -> Any:
    """The logits of the next value: densor, interval head, motif bias and view bias.

    Parameters
    ----------
    network
        Its heads.
    top : (..., n_a)
        What the top LSTM layer gives.
    C, L, P, R
        As above.

    Returns
    -------
    tensor, (..., 78)
    """
    features = ops.concatenate([top, C], axis=-1)
    logits = network.densor(features)
    if network.interval_head is not None:
        logits = logits + as_degrees(network.interval_head(features), L)
    if network.motif_bias is not None:
        logits = logits + network.motif_bias(top, P)
    if network.view_bias is not None:
        logits = logits + network.view_bias(top, R)
    return logits


def as_degrees(intervals: Any, L: Any) -> Any:
    """Logits of 12 intervals times 6 lengths (..., 72), moved to the values that they lead to from the last
    degree L (..., 12) -> (..., 78): 0 for rests, and for all before the first note.
    """
    by_last = ops.take(intervals, AS_DEGREES, axis=-1)  # (..., 12, 72)
    notes = ops.sum(L[..., None] * by_last, axis=-2)
    return ops.concatenate([notes, ops.zeros_like(notes[..., :N_LENGTHS])], axis=-1)


def octave_logits(network: Network, top: Any, C: Any, V: Any) -> Any:
    """The logits of the octave displacement of the value drawn.

    Parameters
    ----------
    network
        One with an octave head.
    top : (..., n_a)
        What the top LSTM layer gives.
    C, V
        As above.

    Returns
    -------
    tensor, (..., 5)
    """
    return network.octave_head(network.octave_hidden(ops.concatenate([top, C, V], axis=-1)))


class Inputs(NamedTuple):
    """What the network reads before the next value, as above."""

    X: Any
    C: Any
    L: Any
    P: Any
    R: Any


def encode_inputs(
    width: int, previous: Any, active: Any, last_degree: Any, proposed: Any, match: Any, ratios: Any
) -> Inputs:
    """One-hot and multi-hot inputs from numbers.

    Parameters
    ----------
    width
        The length F of the context.
    previous : (m, T)
        The values before, -1 for none.
    active : (m, T, n)
        Indices of active features; `width` is none.
    last_degree : (m, T)
        -1 for none.
    proposed, match : (m, T, 2)
        As in `Encoded`.
    ratios : (m, T, 16, 12)
        As in `Encoded`.

    Returns
    -------
    Inputs
    """
    is_proposed = ops.cast(proposed >= 0, "float32")[..., None]
    P = ops.concatenate([ops.one_hot(proposed, N_VALUES), ops.one_hot(match, len(MATCH)) * is_proposed], -1)
    C = _multi_hot(active, width)
    R = ops.cast(ratios, "float32")
    return Inputs(ops.one_hot(previous, N_VALUES), C, ops.one_hot(last_degree, 12), P, R)


def _multi_hot(active: Any, width: int) -> Any:
    m, T, n = ops.shape(active)
    if not width:
        return ops.zeros((m, T, 0))
    steps = ops.broadcast_to(ops.arange(m * T)[:, None], (m * T, n))
    places = ops.stack([ops.reshape(steps, [-1]), ops.reshape(ops.cast(active, steps.dtype), [-1])], axis=1)
    flat = ops.scatter(places, ops.ones([m * T * n]), (m * T, width + 1))
    return ops.reshape(flat[:, :width], (m, T, width))


def drawn_input(values: Any, near: Any) -> Any:
    """V of values, -1 for none, and classes of the nearest step, (...) each."""
    return ops.concatenate([ops.one_hot(values, N_VALUES), ops.one_hot(near, NEAR)], axis=-1)


# -------------------------------------------------------------------------------------------------- weights


def with_weights(network: Network) -> list[tuple[tuple[str, ...], Any]]:
    """The layers, each with the names of its arrays in a checkpoint in Keras's order."""
    heads = [
        (DENSOR, network.densor),
        (INTERVAL_HEAD, network.interval_head),
        (MOTIF_BIAS, network.motif_bias),
        (VIEW_BIAS, network.view_bias),
        (OCTAVE_HIDDEN, network.octave_hidden),
        (OCTAVE_HEAD, network.octave_head),
    ]
    cells = [(lstm_names(k), cell) for k, cell in enumerate(network.cells)]
    return [*cells, *((names, layer) for names, layer in heads if layer is not None)]


def network_weights(network: Network) -> dict[str, FloatArray]:
    """The weights as a checkpoint names them: float32 copies."""
    return {
        name: np.array(array, np.float32)
        for names, layer in with_weights(network)
        for name, array in zip(names, layer.get_weights(), strict=True)
    }


def set_network_weights(network: Network, arrays: Mapping[str, FloatArray]) -> None:
    """Put weights from `network_weights` or a checkpoint into the layers and every model made of them."""
    for names, layer in with_weights(network):
        layer.set_weights([arrays[name] for name in names])
