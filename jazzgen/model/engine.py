"""The NumPy engine: the network of a checkpoint, stepped by hand.

One step hears a value and its context and gives the probabilities of the next value. A one-hot vector times
a kernel is a row of it, a multi-hot one a sum of rows: nothing is multiplied but the recurrent state.

Many solos can step together, as the rows of one matrix. Each gets the same bits as if it were alone: a solo's
numbers must not depend on who else is playing, see `Product`.

Letters: m solos, n_a units, F facts of the context, h units of the register's hidden layer. Everything is
float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
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
    load_checkpoint,
    lstm_names,
)
from jazzgen.tokens.features import NEAREST_FIRST, FeatureSpec
from jazzgen.tokens.motif import MEMORIES, Proposal
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST

__all__ = [
    "DEGREE",
    "ENGINES",
    "IS_REST",
    "TICKS",
    "TURNED",
    "Engine",
    "Heard",
    "Improviser",
    "Octave",
    "Product",
    "lstm_step",
    "make_engine",
    "register_all",
    "softmax",
    "step_all",
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

    spec: FeatureSpec

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
        """Hear `value` (None before the first), knowing the `rows` of the context that are 1, what the motif
        memories propose and the `last` pitch class above the present root (-1: none yet) -> the
        probabilities (78,) of the next value, and the new state.
        """

    def register(self, state: Any, value: int, near: int) -> FloatArray:
        """The probabilities (5,) of the octaves in which to play `value`, drawn after the step that gave
        `state`; `near` is the class 0..12 of the step to its nearest pitch.
        """


class Heard(NamedTuple):
    """What one solo's step is given: see `Engine.step`."""

    value: int | None
    state: Any
    rows: Sequence[int] = ()
    proposals: Proposals = ()
    last: int = -1


class Octave(NamedTuple):
    """What the choice of one note's octave is given: see `Engine.register`."""

    state: Any
    value: int
    near: int


def lstm_step(drive: FloatArray, a: FloatArray, c: FloatArray, recurrent: FloatArray) -> Pair:
    """The LSTM cell: a step's input and the state before it -> the state after it, `a` and `c` (..., n_a).

    `drive` (..., 4 n_a) is the input's share, x W + b; `recurrent` is U (n_a, 4 n_a). Both hold the gates
    side by side in Keras's order i, f, c, o: input, forget, candidate, output. Hochreiter and Schmidhuber,
    "Long Short-Term Memory", 1997, with the forget gate of Gers, Schmidhuber and Cummins, 2000.
    """
    return _open_gates(drive + a @ recurrent, c)


def _open_gates(z: FloatArray, c: FloatArray) -> Pair:
    """The gates' sums (..., 4 n_a) and the cell before -> the state after."""
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


BLOCK = 4  # rows that are multiplied together
# OpenBLAS multiplies matrices of up to this many terms (rows x K x columns) without first copying the kernel
# into an order of its own: on processors with AVX-512 a third of the time for so few rows. Kernels are kept
# in tiles of columns that stay below it.
SMALL_PRODUCT = 1_000_000
TILE = 128  # columns of a tile are a multiple


class Product:
    """`x` (m, K) -> x `kernel` (m, N), each row the same bits whatever the others and however many.

    BLAS promises no such thing, and for one row it adds up in another order than for several. So a row alone
    is multiplied together with an idle one, and more in blocks of four. Whether these give a row the same
    bits depends on the order of additions alone, hence on the shapes and not on the numbers: noise shows it,
    before the first product of many. Where they do not, each row is multiplied with an idle one.
    """

    def __init__(self, kernel: FloatArray) -> None:
        self.kernel = kernel
        self.inputs, self.columns = kernel.shape
        self._tiles: dict[
            int, list[tuple[slice, FloatArray]]
        ] = {}  # by the rows that they are multiplied with

    def _tiled(self, rows: int) -> list[tuple[slice, FloatArray]]:
        """The kernel in tiles as wide as is good for so many rows; made when first asked for."""
        if rows not in self._tiles:
            width = max(SMALL_PRODUCT // (rows * self.inputs) // TILE, 1) * TILE
            self._tiles[rows] = [
                (slice(k, k + width), np.ascontiguousarray(self.kernel[:, k : k + width]))
                for k in range(0, self.columns, width)
            ]
        return self._tiles[rows]

    def __call__(self, x: FloatArray) -> FloatArray:
        """The product; `x` (m, K) is float32."""
        m = len(x)
        if m > 1 and not self.keeps_rows_apart:
            return self._alone(x)
        rows = 2 if m == 1 else BLOCK
        idle = -m % rows
        if idle:
            x = np.concatenate([x, np.zeros((idle, self.inputs), np.float32)])
        return self._in_blocks(x, rows)[:m]

    @cached_property
    def keeps_rows_apart(self) -> bool:
        """Whether this BLAS gives a row the same bits with an idle one and anywhere in a block."""
        noise = np.random.default_rng(0).standard_normal((2 * BLOCK, self.inputs), np.float32)
        alone, turned = self._alone(noise), np.roll(noise, 1, axis=0)
        together = self._in_blocks(noise, BLOCK), np.roll(self._in_blocks(turned, BLOCK), -1, axis=0)
        return all(np.array_equal(rows, alone) for rows in together)

    def _in_blocks(self, x: FloatArray, rows: int) -> FloatArray:
        product = np.empty((len(x), self.columns), np.float32)
        for columns, tile in self._tiled(rows):  # a tile stays in the cache while all blocks pass by
            for k in range(0, len(x), rows):
                np.matmul(x[k : k + rows], tile, out=product[k : k + rows, columns])
        return product

    def _alone(self, x: FloatArray) -> FloatArray:
        with_idle = np.zeros((2 * len(x), self.inputs), np.float32)
        with_idle[::2] = x
        return self._in_blocks(with_idle, 2)[::2]


class State(NamedTuple):
    """Where the network stands: a and c of each layer, and what the hidden layer of the registers gets from
    the top layer and the present context.
    """

    pairs: tuple[Pair, ...]
    hidden: FloatArray | None = None  # (h,)


class Improviser:
    """The NumPy engine of a checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        arrays = checkpoint.arrays
        self.spec = checkpoint.spec
        self.n_a = n_a = checkpoint.n_a
        self.layers = checkpoint.layers
        self.width = self.spec.width
        kernel, recurrent, bias = (arrays[name] for name in lstm_names(0))
        self.recurrent = recurrent  # (n_a, 4 n_a)
        # The zero vector, before the first value, leaves the bias alone: row 78.
        self.drives = np.vstack([kernel[:N_VALUES], np.zeros_like(bias)]) + bias  # (79, 4 n_a)
        # x and a of an upper layer side by side against both kernels, one above the other: one product.
        self.uppers = [_upper(arrays, layer) for layer in range(1, self.layers)]
        self.out_kernel = arrays[DENSOR_KERNEL][:n_a]  # (n_a, 78)
        self.out_bias = arrays[DENSOR_BIAS]  # (78,)
        # What one fact of the context adds to the gates and, with the same columns in the same order, to what
        # is made of the top layer: logits, steps and the hidden layer of the registers.
        facts, tops = [kernel[N_VALUES:], arrays[DENSOR_KERNEL][n_a:]], [self.out_kernel]
        self.motor_kernel = self.motor_bias = None
        if MOTOR_KERNEL in arrays:
            self.motor_kernel, self.motor_bias = arrays[MOTOR_KERNEL][:n_a], arrays[MOTOR_BIAS]  # (n_a, 72)
            facts.append(arrays[MOTOR_KERNEL][n_a:])
            tops.append(self.motor_kernel)
        self.has_registers = checkpoint.register_units > 0
        if self.has_registers:
            hidden, after = arrays[HIDDEN_KERNEL], n_a + self.width
            self.hidden_kernel = hidden[:n_a]  # (n_a, h)
            self.of_value = hidden[after : after + N_VALUES] + arrays[HIDDEN_BIAS]  # (78, h)
            self.of_near = hidden[after + N_VALUES :]  # (13, h)
            self.register_kernel, self.register_bias = arrays[REGISTOR_KERNEL], arrays[REGISTOR_BIAS]
            facts.append(hidden[n_a:after])
            tops.append(self.hidden_kernel)
            self._by_register = Product(self.register_kernel)
        self.facts = np.ascontiguousarray(np.hstack(facts))  # (F, 4 n_a + 78 [+ 72] [+ h])
        self.splits = np.cumsum([part.shape[1] for part in facts])[:-1]
        self.strength = arrays.get(RECALL_STRENGTH)  # (2, 6)
        self.gate = arrays.get(RECALL_GATE)  # (n_a, 2)
        if self.gate is not None:
            tops.append(self.gate)
        self._by_cells = [Product(kernels) for kernels in (recurrent, *(upper[0] for upper in self.uppers))]
        self._by_top = Product(np.hstack(tops))  # (n_a, 78 [+ 72] [+ h] [+ 2])

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
        return self.step_all([Heard(value, state, rows, proposals, last)])[0]

    def step_all(self, solos: Sequence[Heard]) -> list[tuple[FloatArray, State]]:
        """A step of m solos at once; each comes out as `step` gives it."""
        told = self._told(solos)
        pairs = self._cells(solos, told)
        top = self._by_top(pairs[-1][0])  # (m, 78 [+ 72] [+ h] [+ 2])
        if told is not None:
            top[:, : told.shape[1] - 4 * self.n_a] += told[:, 4 * self.n_a :]
        logits = top[:, :N_VALUES] + self.out_bias
        if self.motor_bias is not None:
            self._turn(logits, top[:, N_VALUES : N_VALUES + N_STEPS] + self.motor_bias, solos)
        if self.strength is not None:
            self._recall(logits, top[:, -MEMORIES:], self.strength, solos)
        probs = softmax(logits)
        hidden: Sequence[FloatArray | None] = [None] * len(solos)
        if self.has_registers:
            begin = N_VALUES + (N_STEPS if self.motor_bias is not None else 0)
            hidden = list(top[:, begin : begin + self.of_value.shape[1]])
        states = [tuple((a[k], c[k]) for a, c in pairs) for k in range(len(solos))]
        return [(probs[k], State(states[k], hidden[k])) for k in range(len(solos))]

    def _told(self, solos: Sequence[Heard]) -> FloatArray | None:
        """What the context of each solo adds, (m, 4 n_a + 78 [+ 72] [+ h]); None where none is heard."""
        if not self.width:
            return None
        told = np.empty((len(solos), self.facts.shape[1]), np.float32)
        for k, solo in enumerate(solos):
            np.add.reduce(self.facts.take(np.asarray(solo.rows, np.intp), axis=0), axis=0, out=told[k])
        return told

    def _cells(self, solos: Sequence[Heard], told: FloatArray | None) -> list[Pair]:
        """The recurrent layers: a and c of each, (m, n_a), after hearing the values."""
        drive = self.drives[[N_VALUES if solo.value is None else solo.value for solo in solos]]  # (m, 4 n_a)
        if told is not None:
            drive += told[:, : 4 * self.n_a]
        pairs: list[Pair] = []
        for layer, product in enumerate(self._by_cells):
            before = np.array([solo.state.pairs[layer][0] for solo in solos])
            c = np.array([solo.state.pairs[layer][1] for solo in solos])
            if layer:
                drive, before = self.uppers[layer - 1][1], np.concatenate([pairs[-1][0], before], axis=1)
            pairs.append(_open_gates(product(before) + drive, c))
        return pairs

    @staticmethod
    def _turn(logits: FloatArray, steps: FloatArray, solos: Sequence[Heard]) -> None:
        """Add the logits of the steps where they lead from the last pitch, in place."""
        for row, step, solo in zip(logits, steps, solos, strict=True):
            if solo.last >= 0:
                row[:N_STEPS] += step[TURNED[solo.last]]

    @staticmethod
    def _recall(logits: FloatArray, gates: FloatArray, strength: FloatArray, solos: Sequence[Heard]) -> None:
        """Raise what the motif memories propose, in place."""
        for row, gate, solo in zip(logits, gates, solos, strict=True):
            for memory, proposal in enumerate(solo.proposals):
                if proposal is not None:
                    row[proposal.value] += strength[memory, proposal.agree] + gate[memory]

    def register(self, state: State, value: int, near: int) -> FloatArray:
        """See `Engine`."""
        return self.register_all([Octave(state, value, near)])[0]

    def register_all(self, notes: Sequence[Octave]) -> list[FloatArray]:
        """The octaves of m solos' notes at once; each comes out as `register` gives it."""
        if not self.has_registers:
            return [_NEAREST_FIRST] * len(notes)
        hidden = np.array([note.state.hidden for note in notes])  # (m, h)
        hidden += self.of_value[[note.value for note in notes]]
        hidden += self.of_near[[note.near for note in notes]]
        return list(softmax(self._by_register(np.tanh(hidden)) + self.register_bias))


_NEAREST_FIRST = np.array(NEAREST_FIRST, np.float32)


def _upper(arrays: Any, layer: int) -> tuple[FloatArray, FloatArray]:
    kernel, recurrent, bias = (arrays[name] for name in lstm_names(layer))
    return np.vstack([kernel, recurrent]), bias  # (2 n_a, 4 n_a), (4 n_a,)


def step_all(engine: Engine, solos: Sequence[Heard]) -> list[tuple[FloatArray, Any]]:
    """`engine.step` for each of `solos`, in one go where the engine can."""
    return (
        engine.step_all(solos) if isinstance(engine, Improviser) else [engine.step(*solo) for solo in solos]
    )


def register_all(engine: Engine, notes: Sequence[Octave]) -> list[FloatArray]:
    """`engine.register` for each of `notes`, in one go where the engine can."""
    if isinstance(engine, Improviser):
        return engine.register_all(notes)
    return [engine.register(*note) for note in notes]


def make_engine(checkpoint: Checkpoint, name: str = "numpy") -> Engine:
    """The engine called `name` ("numpy" or "keras") with the weights of `checkpoint`."""
    if name == "numpy":
        return Improviser(checkpoint)
    if name == "keras":
        from jazzgen.model.playing import KerasEngine  # here, because TensorFlow takes seconds to load

        engine: Engine = KerasEngine(checkpoint)
        return engine
    raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {name!r}")
