"""The shared layers over a whole window at once: the same outputs and gradients as `model.unroll`, faster.

The input's share of every step's gates is one large product before the loop, and the gradient of the
recurrent kernel one large product after it, instead of a small one at each step. TensorFlow's own
differentiation of the loop does not find the second, so the backward pass is written out here, as
`recurrent.py` does in NumPy
(`lstm_backward`); a test compares both with the unrolled graph.

Letters: m sequences, T steps, n_a units, F facts of the context.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from jazzgen.model.layers import Layers, keras, tf
from jazzgen.tokens.features import MATCH, NEAR
from jazzgen.tokens.vocabulary import N_VALUES

__all__ = ["Forward", "drawn", "fused_forward", "multi_hot", "proposals"]


class Forward(NamedTuple):
    """What a pass over a window gives: logits, and the states after each step (a and c of each layer)."""

    values: Any  # (m, T, 78) logits
    register: Any | None  # (m, T, 5) logits
    states: list[Any]  # (m, T, n_a) each


def multi_hot(rows: Any, width: int) -> Any:
    """Rows (m, T, slots) of the context, filled up with `width`, -> (m, T, F) of zeros and ones."""
    m, T, slots = tf.unstack(tf.shape(rows))
    steps = tf.repeat(tf.range(m * T), slots)  # (m * T * slots,)
    places = tf.stack([steps, tf.reshape(rows, [-1])], axis=1)
    flat = tf.scatter_nd(places, tf.ones(tf.shape(steps)), [m * T, width + 1])
    return tf.reshape(flat[:, :width], [m, T, width])


def fused_forward(
    layers: Layers,
    X: Any,
    C: Any,
    L: Any,
    P: Any,
    V: Any,
    states: list[Any],
    masks: list[Any] | None = None,
    recurrent_masks: list[Any] | None = None,
) -> Forward:
    """One pass of `layers` over a window: X (m, T, 78), C (m, T, F), L (m, T, 12), P (m, T, 2, 78 + 6),
    V (m, T, 78 + 13), states a and c (m, n_a)
    of each layer, masks (m, T, n_a) of each layer or none, and
    recurrent_masks (n_a, 4 n_a) of each layer's recurrent kernel or none.
    """
    x = tf.concat([X, C], axis=-1)  # (m, T, 78 + F)
    after: list[Any] = []
    for k, layer in enumerate(layers.cells):
        cell = layer.cell
        drive = tf.tensordot(x, cell.kernel, 1) + cell.bias  # (m, T, 4 n_a)
        a, c = states[2 * k : 2 * k + 2]
        recurrent = tf.convert_to_tensor(cell.recurrent_kernel)
        if recurrent_masks is not None:
            recurrent = recurrent * recurrent_masks[k]
        x, c = _lstm(drive, recurrent, a, c)
        after += [x, c]
        if masks is not None:
            x = x * masks[k]
    heard = tf.concat([x, C], axis=-1)  # (m, T, n_a + F)
    logits = _dense(layers.densor, heard)
    if layers.motor is not None:
        logits += layers.motor.turned(heard, L)
    if layers.recall is not None:
        logits += layers.recall.raised(x, P)
    register = None
    if layers.registor is not None and layers.register_hidden is not None:
        hidden = tf.tanh(_dense(layers.register_hidden, tf.concat([heard, V], axis=-1)))
        register = _dense(layers.registor, hidden)
    return Forward(logits, register, after)


def _dense(layer: keras.layers.Dense, x: Any) -> Any:
    return tf.tensordot(x, layer.kernel, 1) + layer.bias


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _lstm(drive: Any, recurrent: Any, a0: Any, c0: Any) -> Any:
    """The LSTM over a window: drive (m, T, 4 n_a) -> a and c (m, T, n_a) after each step."""
    drives = tf.unstack(drive, axis=1)
    a, c = a0, c0
    before, gates, inner = [], [], []  # what the backward pass needs of each step
    outputs, cells = [], []
    for z in drives:
        i, f, g, o = tf.split(z + tf.matmul(a, recurrent), 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        before.append((a, c))
        c = f * c + i * g
        tanh_c = tf.tanh(c)
        a = o * tanh_c
        gates.append((i, f, g, o))
        inner.append(tanh_c)
        outputs.append(a)
        cells.append(c)

    def backward(d_outputs: Any, d_cells: Any) -> Any:
        d_steps, d_cells = tf.unstack(d_outputs, axis=1), tf.unstack(d_cells, axis=1)
        d_a, d_c = tf.zeros_like(a0), tf.zeros_like(c0)
        d_drives = []
        for t in reversed(range(len(drives))):
            (i, f, g, o), tanh_c = gates[t], inner[t]
            d_a = d_a + d_steps[t]
            d_c = d_c + d_cells[t] + d_a * o * (1 - tanh_c**2)
            d_z = tf.concat(
                [
                    d_c * g * i * (1 - i),
                    d_c * before[t][1] * f * (1 - f),
                    d_c * i * (1 - g**2),
                    d_a * tanh_c * o * (1 - o),
                ],
                axis=1,
            )  # (m, 4 n_a)
            d_drives.append(d_z)
            d_a = tf.matmul(d_z, recurrent, transpose_b=True)
            d_c = d_c * f
        d_drives.reverse()
        heard = tf.concat([a for a, _ in before], axis=0)  # (T * m, n_a)
        d_recurrent = tf.matmul(heard, tf.concat(d_drives, axis=0), transpose_a=True)
        return tf.stack(d_drives, axis=1), d_recurrent, d_a, d_c

    return (tf.stack(outputs, axis=1), tf.stack(cells, axis=1)), backward


def proposals(proposed: Any, agree: Any) -> Any:
    """P (m, T, 2, 78 + 6): proposed values (m, T, 2), -1 for none, and classes of agreement, one-hot."""
    there = tf.cast(proposed >= 0, tf.float32)[..., None]
    return tf.concat([tf.one_hot(proposed, N_VALUES), tf.one_hot(agree, len(MATCH)) * there], axis=-1)


def drawn(values: Any, near: Any) -> Any:
    """V (m, T, 78 + 13): values (m, T), -1 for none, and classes of the nearest step, one-hot side by
    side.
    """
    return tf.concat([tf.one_hot(values, N_VALUES), tf.one_hot(near, NEAR)], axis=-1)
