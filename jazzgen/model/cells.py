"""The LSTM cell and the softmax in NumPy, which every network that plays without Keras is made of."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

FloatArray: TypeAlias = npt.NDArray[np.float32]
Pair: TypeAlias = tuple[FloatArray, FloatArray]


def lstm_cell(z: FloatArray, c: FloatArray) -> Pair:
    """The LSTM cell: sums of the gates (..., 4 n_a) and the cell before -> `a` and `c` after, (..., n_a).

    `z` is x W + a U + b, the gates side by side in Keras's order i, f, c, o: input, forget, candidate,
    output. Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of Gers,
    Schmidhuber and Cummins, 2000.
    """
    n_a = z.shape[-1] // 4
    # sigmoid(z) = (tanh(z / 2) + 1) / 2: one tanh for all four gates beats three exp, and cannot overflow.
    scale, shift = _gate_constants(n_a)
    gates = np.tanh(z * scale) * scale + shift  # (..., 4 n_a)
    i, f, candidate, o = (gates[..., k * n_a : (k + 1) * n_a] for k in range(4))
    c_next = f * c + i * candidate
    return o * np.tanh(c_next), c_next


@lru_cache
def _gate_constants(n_a: int) -> Pair:
    """Scale and shift that turn one tanh into the sigmoid of i, f, o and leave the candidate's a tanh."""
    half, one, none = (np.full(n_a, x, np.float32) for x in (0.5, 1.0, 0.0))
    return np.concatenate([half, half, one, half]), np.concatenate([half, half, none, half])


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def log_softmax(logits: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Log-probabilities along the last axis, in double precision."""
    z = logits.astype(np.float64)
    z -= z.max(axis=-1, keepdims=True)
    log_probs: npt.NDArray[np.float64] = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return log_probs
