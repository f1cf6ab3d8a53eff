"""The NumPy engine: the network of a checkpoint, stepped by hand.

One step hears a value and its context and gives the probabilities of the next value. A one-hot vector times
a kernel is a row of it, a multi-hot one a sum of rows: nothing is multiplied but the recurrent state.

Letters: n_a units, F facts of the context, h units of the register's hidden layer. Everything is float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.context import NEAREST_FIRST, Layout, Proposal
from jazzgen.errors import OptionError
from jazzgen.vocabulary import LENGTHS, N_VALUES, REST
from jazzgen.weights import (
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
    load_checkpoint,
    lstm_names,
)

__all__ = [
    "DEGREE",
    "ENGINES",
    "IS_REST",
    "TICKS",
    "TURNED",
    "Engine",
    "Improviser",
    "lstm_step",
    "make_engine",
    "softmax",
]

ENGINES = ("numpy", "keras")
Pair: TypeAlias = tuple[FloatArray, FloatArray]  # a and c
Mask: TypeAlias = npt.NDArray[np.bool_]
Proposals: TypeAlias = Sequence[Proposal | None]

# What each of the 78 values is: its degree 0..12 and its length in ticks.
DEGREE = np.arange(N_VALUES) // len(LENGTHS)  # (78,)
TICKS: npt.NDArray[np.int_] = np.array(LENGTHS)[np.arange(N_VALUES) % len(LENGTHS)]  # (78,)
IS_REST: Mask = DEGREE == REST  # (78,)
# TURNED[last, value]: which of 72 steps (times lengths) leads from the degree `last` to a note's value.
TURNED = np.array(
    [
        [(d - last) % 12 * len(LENGTHS) + k for d in range(REST) for k in range(len(LENGTHS))]
        for last in range(12)
    ]
)  # (12, 72)


class Engine(Protocol):
    """One step of a network that predicts values, and the octave of the value drawn."""

    layout: Layout

    def start(self) -> Any:
        """The state before the first value."""

    def step(
        self,
        value: int | None,
        state: Any,
        rows: Sequence[int] = (),
        proposals: Proposals = (),
        last: int = -1,
    ) -> tuple[FloatArray, Any]:
        """Hear `value` (None before the first), knowing the `rows` of the context that are 1 and what the
        motif
        memories propose -> the probabilities (78,) of the next value, and the new state.
        """

    def register(self, state: Any, value: int, near: int) -> FloatArray:
        """The probabilities (5,) of the octaves in which to play `value`, drawn after the step that gave
        `state`;
        `near` is the class 0..12 of the step to its nearest pitch.
        """


def lstm_step(drive: FloatArray, a: FloatArray, c: FloatArray, recurrent: FloatArray) -> Pair:
    """The LSTM cell: a step's input and the state before it -> the state after it, `a` and `c` (..., n_a).

    `drive` (..., 4 n_a) is the input's share, x W + b; `recurrent` is U (n_a, 4 n_a). Both hold the gates
    side by side in Keras's order i, f, c, o: input, forget, candidate, output. Hochreiter and Schmidhuber,
    "Long Short-Term Memory", 1997, with the forget gate of Gers, Schmidhuber and Cummins, 2000.
    """
    n_a = recurrent.shape[1] // 4
    # sigmoid(z) = (tanh(z / 2) + 1) / 2: one tanh for all four gates beats three exp, and cannot overflow.
    scale, shift = _gate_constants(n_a)
    gates = np.tanh((drive + a @ recurrent) * scale) * scale + shift  # (..., 4 n_a)
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


class State(NamedTuple):
    """Where the network stands: a and c of each layer, and what the present context adds to the hidden
    layer of
    the registers.
    """

    pairs: tuple[Pair, ...]
    hidden: FloatArray | None = None  # (h,)


class Improviser:
    """The NumPy engine of a checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        arrays = checkpoint.arrays
        self.layout = checkpoint.layout
        self.n_a = n_a = checkpoint.n_a
        self.layers = checkpoint.layers
        self.width = self.layout.width
        kernel, recurrent, bias = (arrays[name] for name in lstm_names(0))
        self.recurrent = recurrent  # (n_a, 4 n_a)
        # The zero vector, before the first value, leaves the bias alone: row 78.
        self.drives = np.vstack([kernel[:N_VALUES], np.zeros_like(bias)]) + bias  # (79, 4 n_a)
        # x and a of an upper layer side by side against both kernels, one above the other: one product.
        self.uppers = [_upper(arrays, layer) for layer in range(1, self.layers)]
        self.out_kernel = arrays[DENSOR_KERNEL][:n_a]  # (n_a, 78)
        self.out_bias = arrays[DENSOR_BIAS]  # (78,)
        facts = [kernel[N_VALUES:], arrays[DENSOR_KERNEL][n_a:]]
        self.motor_kernel = self.motor_bias = None
        if MOTOR_KERNEL in arrays:
            self.motor_kernel, self.motor_bias = (
                arrays[MOTOR_KERNEL][:n_a],
                arrays[MOTOR_BIAS],
            )  # (n_a, 72), (72,)
            facts.append(arrays[MOTOR_KERNEL][n_a:])
        self.has_registers = checkpoint.register_units > 0
        if self.has_registers:
            hidden, after = arrays[HIDDEN_KERNEL], n_a + self.width
            self.hidden_kernel = hidden[:n_a]  # (n_a, h)
            self.of_value = hidden[after : after + N_VALUES] + arrays[HIDDEN_BIAS]  # (78, h)
            self.of_near = hidden[after + N_VALUES :]  # (13, h)
            self.register_kernel, self.register_bias = arrays[REGISTOR_KERNEL], arrays[REGISTOR_BIAS]
            facts.append(hidden[n_a:after])
        # What one fact of the context adds to the gates, to the logits and to the hidden layer, side by side.
        self.facts = np.ascontiguousarray(np.hstack(facts))  # (F, 4 n_a + 78 [+ 72] [+ h])
        self.splits = np.cumsum([part.shape[1] for part in facts])[:-1]
        self.strength = arrays.get(RECALL_STRENGTH)  # (2, 6)
        self.gate = arrays.get(RECALL_GATE)  # (n_a, 2)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The improviser in the file at `path`; raises `CheckpointError` where it is none."""
        return cls(load_checkpoint(path))

    def start(self) -> State:
        """Zeros: nothing has been heard."""
        zeros = np.zeros(self.n_a, np.float32)
        return State(tuple((zeros, zeros) for _ in range(self.layers)))

    def step(
        self,
        value: int | None,
        state: State,
        rows: Sequence[int] = (),
        proposals: Proposals = (),
        last: int = -1,
    ) -> tuple[FloatArray, State]:
        """See `Engine`."""
        drive = self.drives[N_VALUES if value is None else value]
        added: FloatArray | None = None
        if rows:
            added = np.add.reduce(self.facts.take(rows, axis=0), axis=0)  # (4 n_a + 78 [+ 72] [+ h],)
            drive = drive + added[: 4 * self.n_a]
        a, c = lstm_step(drive, *state.pairs[0], self.recurrent)
        pairs = [(a, c)]
        for (kernels, bias_of_layer), (a_before, c_before) in zip(self.uppers, state.pairs[1:], strict=True):
            a, c = lstm_step(bias_of_layer, np.concatenate([a, a_before]), c_before, kernels)
            pairs.append((a, c))
        logits = a @ self.out_kernel + self.out_bias  # (78,)
        if added is not None:
            logits += added[self.splits[0] : self.splits[0] + N_VALUES]
        if self.motor_kernel is not None and self.motor_bias is not None and last >= 0:
            steps = a @ self.motor_kernel + self.motor_bias  # (72,)
            if added is not None:
                steps += added[self.splits[1] : self.splits[1] + N_STEPS]
            logits[:N_STEPS] += steps[TURNED[last]]
        if self.strength is not None and self.gate is not None and any(proposals):
            gate = a @ self.gate
            for memory, proposal in enumerate(proposals):
                if proposal is not None:
                    logits[proposal.value] += self.strength[memory, proposal.agree] + gate[memory]
        hidden = added[self.splits[-1] :] if added is not None and self.has_registers else None
        return softmax(logits), State(tuple(pairs), hidden)

    def register(self, state: State, value: int, near: int) -> FloatArray:
        """See `Engine`."""
        if not self.has_registers:
            return _NEAREST_FIRST
        hidden = state.pairs[-1][0] @ self.hidden_kernel + self.of_value[value] + self.of_near[near]
        if state.hidden is not None:
            hidden = hidden + state.hidden
        return softmax(np.tanh(hidden) @ self.register_kernel + self.register_bias)


_NEAREST_FIRST = np.array(NEAREST_FIRST, np.float32)


def _upper(arrays: Any, layer: int) -> tuple[FloatArray, FloatArray]:
    kernel, recurrent, bias = (arrays[name] for name in lstm_names(layer))
    return np.vstack([kernel, recurrent]), bias  # (2 n_a, 4 n_a), (4 n_a,)


def make_engine(checkpoint: Checkpoint, name: str = "numpy") -> Engine:
    """The engine called `name` ("numpy" or "keras") with the weights of `checkpoint`."""
    if name == "numpy":
        return Improviser(checkpoint)
    if name == "keras":
        from jazzgen.model import KerasEngine  # here, because TensorFlow takes seconds to load

        engine: Engine = KerasEngine(checkpoint)
        return engine
    raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {name!r}")
