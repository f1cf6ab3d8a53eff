"""Engines, which step a network value by value; and the one in NumPy, written out by hand.

One step reads a value and its context and gives the probabilities of the next value. A one-hot vector times
a kernel is a row of it, a multi-hot one a sum of rows: nothing is multiplied but the recurrent state.

Many solos can step together, as the rows of one matrix. Each gets the same bits as if it were alone: a solo
must not depend on what is generated beside it, see `Product`.

Letters: m solos, T steps, n_a units, F features of the context, h units of the octave head's hidden layer.
Everything is float32.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.model.cells import log_softmax, lstm_cell, softmax
from jazzgen.model.checkpoint import (
    DENSOR,
    INTERVAL_HEAD,
    MOTIF_BIAS,
    N_STEPS,
    OCTAVE_HEAD,
    OCTAVE_HIDDEN,
    OCTAVE_VIEWS,
    VIEW_BIAS,
    Checkpoint,
    load_checkpoint,
    lstm_names,
)
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.octave_views import mixed
from jazzgen.tokens.features import MEMORIES, NEAREST_FIRST, FeatureSpec
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.octave_counts import NOTHING
from jazzgen.tokens.tracker import NO_RATIOS, Encoded
from jazzgen.tokens.views import CLASSES, N_RHYTHM
from jazzgen.tokens.vocabulary import N_LENGTHS, N_VALUES

Pair: TypeAlias = tuple[FloatArray, FloatArray]  # a and c
Ints: TypeAlias = npt.NDArray[np.signedinteger[Any]]
# AS_DEGREES[last, value]: the interval (times lengths) that leads from the degree `last` to a note's value.
AS_DEGREES = np.array([np.roll(np.arange(N_STEPS), N_LENGTHS * last) for last in range(12)])  # (12, 72)


class StepInput(NamedTuple):
    """What one solo's step reads.

    The value before (None: this is the first) and the state it left; the context: indices of active features,
    what the motif memories propose, the last pitch class above the present root (-1: none yet), and what the
    views say (16, 12).
    """

    value: int | None
    state: Any
    active: Sequence[int] = ()
    proposals: Sequence[Proposal | None] = ()
    last_degree: int = -1
    ratios: FloatArray = NO_RATIOS


class OctaveInput(NamedTuple):
    """What the choice of one note's octave reads: the state after the step that the value was drawn from, the
    value, the class 0..12 of the step to its nearest pitch, and how often this solo had which octave (4, 5).
    """

    state: Any
    value: int
    near: int
    counts: npt.NDArray[np.int16] = NOTHING


class Engine(ABC):
    """One step of a network that predicts values, and the octave of the value drawn."""

    spec: FeatureSpec
    octave_strength: FloatArray | None  # (4,) how much each view of octaves weighs; None without

    @abstractmethod
    def start(self) -> Any:
        """The state before the first value: zeros."""

    @abstractmethod
    def step_all(self, inputs: Sequence[StepInput]) -> list[tuple[FloatArray, Any]]:
        """A step of m solos: the probabilities (78,) of the next value and the new state of each."""

    @abstractmethod
    def octave_head(self, inputs: Sequence[OctaveInput]) -> list[FloatArray]:
        """The network's own probabilities (5,) of the octave displacements of m solos' notes."""

    def octaves_all(self, inputs: Sequence[OctaveInput]) -> list[FloatArray]:
        """The probabilities (5,) of the octave displacements of m solos' notes, habits and all."""
        probs = self.octave_head(inputs)
        if self.octave_strength is None or not inputs:
            return probs
        counts = np.array([given.counts for given in inputs])
        return list(np.exp(mixed(np.array(probs), counts, self.octave_strength)).astype(np.float32))

    def step(self, *step_input: Any) -> tuple[FloatArray, Any]:
        """`step_all` for one solo, given as the fields of a `StepInput`."""
        return self.step_all([StepInput(*step_input)])[0]

    def octaves(self, *octave_input: Any) -> FloatArray:
        """`octaves_all` for one note, given as the fields of an `OctaveInput`."""
        return self.octaves_all([OctaveInput(*octave_input)])[0]


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
        # The kernel in tiles, by the number of rows that they are multiplied with.
        self._tiles: dict[int, list[tuple[slice, FloatArray]]] = {}

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
        alone, rolled = self._alone(noise), np.roll(noise, 1, axis=0)
        together = self._in_blocks(noise, BLOCK), np.roll(self._in_blocks(rolled, BLOCK), -1, axis=0)
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
    """What one solo carries: a and c of each layer, and the sums of the octave head's hidden layer from the
    top layer and the present context.
    """

    pairs: tuple[Pair, ...]
    hidden: FloatArray | None = None  # (h,)


class LogLikelihoods(NamedTuple):
    """Log-probabilities in nats of all that could come next in a solo of T values, given its true past."""

    values: npt.NDArray[np.float64]  # (T, 78)
    octaves: npt.NDArray[np.float64] | None  # (notes, 5) of displacements; None without an octave head


class NumpyEngine(Engine):
    """The network of a checkpoint in NumPy."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        arrays = checkpoint.arrays
        self.spec, self.n_a, self.layers = checkpoint.spec, checkpoint.n_a, checkpoint.layers
        n_a, width = self.n_a, self.spec.width
        kernel, recurrent, bias = (arrays[name] for name in lstm_names(0))
        # The zero vector, before the first value, leaves the bias alone: row 78.
        self.input_projection = np.vstack([kernel[:N_VALUES], np.zeros_like(bias)]) + bias  # (79, 4 n_a)
        # x and a of an upper layer side by side against both kernels, one above the other: one product.
        uppers = [[arrays[name] for name in lstm_names(layer)] for layer in range(1, self.layers)]
        self.upper_biases = [upper[2] for upper in uppers]  # (4 n_a,)
        self.cell_products = [Product(recurrent), *(Product(np.vstack(upper[:2])) for upper in uppers)]
        # What is made of the top layer and the context, column by column: the logits of the values and of the
        # intervals, the sums of the octave head's hidden layer, and (of the top layer alone) the gates of the
        # views and of the motif memories.
        context, heads = [kernel[N_VALUES:]], []
        for name in (DENSOR[0], INTERVAL_HEAD[0], OCTAVE_HIDDEN[0]):
            if name in arrays:
                heads.append(arrays[name][:n_a])
                context.append(arrays[name][n_a : n_a + width])
        heads += [arrays[gate] for _, gate in (VIEW_BIAS, MOTIF_BIAS) if gate in arrays]
        self.context_projection = np.ascontiguousarray(np.hstack(context))  # (F, 4 n_a + 78 [+ 72] [+ h])
        self.head_product = Product(np.hstack(heads))  # (n_a, 78 [+ 72] [+ h] [+ 16] [+ 2])
        self.densor_bias = arrays[DENSOR[1]]  # (78,)
        self.interval_bias = arrays.get(INTERVAL_HEAD[1])  # (72,)
        self.motif_strength = arrays.get(MOTIF_BIAS[0])  # (2, 6)
        self.view_strength = arrays.get(VIEW_BIAS[0])  # (16,)
        self.octave_strength = arrays.get(OCTAVE_VIEWS[0])
        self.has_octaves = checkpoint.register_units > 0
        if self.has_octaves:
            hidden = arrays[OCTAVE_HIDDEN[0]][n_a + width :]  # (78 + 13, h)
            self.hidden_of_value = hidden[:N_VALUES] + arrays[OCTAVE_HIDDEN[1]]  # (78, h)
            self.hidden_of_near = hidden[N_VALUES:]  # (13, h)
            self.octave_product, self.octave_bias = Product(arrays[OCTAVE_HEAD[0]]), arrays[OCTAVE_HEAD[1]]
        begin = N_VALUES + (0 if self.interval_bias is None else N_STEPS)
        self._hidden_columns = slice(begin, begin + checkpoint.register_units)
        begin += checkpoint.register_units
        self._view_columns = slice(begin, begin + self.spec.views)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The engine of the checkpoint at `path`; raises `CheckpointError` where it is none."""
        return cls(load_checkpoint(path))

    # ----------------------------------------------------------------------------------------- the network

    def _cells(self, x: FloatArray, before: Sequence[Pair], exact: bool = True) -> list[Pair]:
        """The recurrent layers: the input's sums (m, 4 n_a) and the states (m, n_a) -> the states after; with
        `exact` the bits of each row do not depend on the others.
        """
        after: list[Pair] = []
        for layer, (product, (a, c)) in enumerate(zip(self.cell_products, before, strict=True)):
            below = np.concatenate([after[-1][0], a], axis=1) if layer else a
            z = product(below) if exact else below @ product.kernel
            after.append(lstm_cell(z + (self.upper_biases[layer - 1] if layer else x), c))
        return after

    def _value_logits(
        self, heads: FloatArray, last_degree: Ints, proposed: Ints, match: Ints, ratios: FloatArray
    ) -> FloatArray:
        """The logits (m, 78) of the values, from the columns of `head_product` with the context added; the
        rest is as in `Encoded`, for m steps.
        """
        logits = heads[:, :N_VALUES] + self.densor_bias
        if self.interval_bias is not None:
            moving = np.flatnonzero(last_degree >= 0)
            intervals = heads[moving, N_VALUES : N_VALUES + N_STEPS] + self.interval_bias
            logits[moving, :N_STEPS] += np.take_along_axis(intervals, AS_DEGREES[last_degree[moving]], axis=1)
        if self.motif_strength is not None:
            for memory in range(MEMORIES):
                rows = np.flatnonzero(proposed[:, memory] >= 0)
                bias = self.motif_strength[memory, match[rows, memory]] + heads[rows, memory - MEMORIES]
                logits[rows, proposed[rows, memory]] += bias
        if self.view_strength is not None:
            weighted = ratios * (self.view_strength + heads[:, self._view_columns])[:, :, None]
            lengths, degrees = weighted[:, :N_RHYTHM].sum(axis=1), weighted[:, N_RHYTHM:].sum(axis=1)
            notes = degrees[:, :, None] + lengths[:, None, :N_LENGTHS]
            logits[:, :N_STEPS] += notes.reshape(len(notes), N_STEPS)
            logits[:, N_STEPS:] += lengths[:, N_LENGTHS:]
        return logits

    def _octave_logits(self, hidden: FloatArray, values: Ints, near: Ints) -> FloatArray:
        """Sums (m, h) of the hidden layer, values and classes of the nearest step (m,) -> logits (m, 5)."""
        hidden = hidden + self.hidden_of_value[values]
        hidden += self.hidden_of_near[near]
        return self.octave_product(np.tanh(hidden)) + self.octave_bias

    # ------------------------------------------------------------------------------------------- generating

    def start(self) -> State:
        """Zeros."""
        zeros = np.zeros(self.n_a, np.float32)
        return State(tuple((zeros, zeros) for _ in range(self.layers)))

    def step_all(self, inputs: Sequence[StepInput]) -> list[tuple[FloatArray, State]]:
        """See `Engine`; each solo comes out as it does alone."""
        m, gates = len(inputs), 4 * self.n_a
        context = np.zeros((m, self.context_projection.shape[1]), np.float32)
        proposed, match = np.full((m, MEMORIES), -1), np.zeros((m, MEMORIES), np.int_)
        for k, given in enumerate(inputs):
            if self.spec.width:
                rows = self.context_projection.take(np.asarray(given.active, np.intp), axis=0)
                np.add.reduce(rows, axis=0, out=context[k])
            for memory, proposal in enumerate(given.proposals):
                if proposal is not None:
                    proposed[k, memory], match[k, memory] = proposal.value, proposal.match
        values = [N_VALUES if given.value is None else given.value for given in inputs]
        before = [
            (np.array([given.state.pairs[layer][0] for given in inputs]),
             np.array([given.state.pairs[layer][1] for given in inputs]))
            for layer in range(self.layers)
        ]  # fmt: skip
        after = self._cells(self.input_projection[values] + context[:, :gates], before)
        heads = self.head_product(after[-1][0])
        heads[:, : context.shape[1] - gates] += context[:, gates:]
        last_degree = np.array([given.last_degree for given in inputs])
        ratios = np.zeros((m, self.spec.views, CLASSES), np.float32)
        for k, given in enumerate(inputs if self.spec.views else ()):
            ratios[k, : len(given.ratios)] = given.ratios  # none before there is a tracker: all 0
        probs = softmax(self._value_logits(heads, last_degree, proposed, match, ratios))
        return [
            (probs[k], State(tuple((a[k], c[k]) for a, c in after), heads[k, self._hidden_columns]))
            for k in range(m)
        ]

    def octave_head(self, inputs: Sequence[OctaveInput]) -> list[FloatArray]:
        """See `Engine`; each note comes out as it does alone."""
        if not self.has_octaves:
            return [_NEAREST_FIRST] * len(inputs)
        states, values, near, _ = zip(*inputs, strict=True) if inputs else ((),) * 4
        hidden = np.array([state.hidden for state in states])
        return list(softmax(self._octave_logits(hidden, np.array(values), np.array(near))))

    # ------------------------------------------------------------------------------------------- evaluating

    def log_likelihoods(self, solos: Sequence[Encoded]) -> list[LogLikelihoods]:
        """How likely each value and octave was at each step of `solos`, side by side from the zero state."""
        gates = 4 * self.n_a
        contexts = [self._context(solo) for solo in solos]  # (T, 4 n_a + 78 [+ 72] [+ h]) each
        tops = [np.empty((len(solo.values), self.n_a), np.float32) for solo in solos]
        # Longest first, so that those still running are always the first m: nothing is padded or masked.
        order = sorted(range(len(solos)), key=lambda k: -len(solos[k].values))
        states = [(np.zeros((len(solos), self.n_a), np.float32),) * 2 for _ in range(self.layers)]
        for t in range(max((len(solo.values) for solo in solos), default=0)):
            running = [k for k in order if t < len(solos[k].values)]
            m = len(running)
            values = [solos[k].values[t - 1] if t else N_VALUES for k in running]
            x = self.input_projection[values] + np.array([contexts[k][t, :gates] for k in running])
            states = self._cells(x, [(a[:m], c[:m]) for a, c in states], exact=False)
            for k, a in zip(running, states[-1][0], strict=True):
                tops[k][t] = a
        return [
            self._judge(solo, top, context[:, gates:])
            for solo, top, context in zip(solos, tops, contexts, strict=True)
        ]

    def _context(self, solo: Encoded) -> FloatArray:
        """What the context adds at each step: one product for a whole solo."""
        multi_hot = np.zeros((len(solo.values), self.spec.width + 1), np.float32)
        np.put_along_axis(multi_hot, solo.active.astype(np.intp), 1.0, axis=1)
        return multi_hot[:, : self.spec.width] @ self.context_projection

    def _judge(self, solo: Encoded, top: FloatArray, context: FloatArray) -> LogLikelihoods:
        """The heads over a whole solo: the top layer (T, n_a) and what the context adds."""
        heads = top @ self.head_product.kernel
        heads[:, : context.shape[1]] += context
        ratios = solo.ratios.astype(np.float32)
        values = log_softmax(self._value_logits(heads, solo.last_degree, solo.proposed, solo.match, ratios))
        if not self.has_octaves:
            return LogLikelihoods(values, None)
        notes = np.flatnonzero(solo.displacement >= 0)
        logits = self._octave_logits(heads[notes, self._hidden_columns], solo.values[notes], solo.near[notes])
        octaves = log_softmax(logits)
        if self.octave_strength is not None and len(notes):
            octaves = mixed(np.exp(octaves), solo.octaves, self.octave_strength)
        return LogLikelihoods(values, octaves)


_NEAREST_FIRST = np.array(NEAREST_FIRST, np.float32)
