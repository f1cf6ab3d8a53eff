"""The layers at play: `music_inference_model`, and `KerasEngine`, which an improviser steps.

Where a model hears a context, what a player knows depends on what was just played: a longer value moves
further along the form. So the inference model carries a *listening* state beside `a` and `c` and computes
the context inside the graph, as `ContextTracker` does outside it: `Knowing` looks up what the place in the
form tells and computes the rest, `Placing` turns a value and the registor's output into a pitch, `Hearing`
moves on.

The listening state is one tensor of whole numbers, (m, 16 + 4 H) for a memory of H values:

    now | silence | onset of the phrase | last three pitches | last two intervals | values heard | habits
    | the values | the moves (intervals with lengths) | how far each place agrees with the latest values |
    ... moves

A form goes in as tables: `form` (m, L, F), the facts that each of L ticks tells; `roots` (m, L); `horn` (m,
3), the instrument's lowest and highest pitch and twice its middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.model.checkpoint import Checkpoint, FloatArray
from jazzgen.model.layers import Layers, keras, layers_of
from jazzgen.tokens.features import (
    BREATH,
    DISPLACEMENTS,
    FARTHEST,
    LEAP,
    MATCH,
    MEMORY,
    N_HABITS,
    NEAR,
    NEAREST_FIRST,
    ONE,
    ONGOING,
    PHRASE,
    REGISTER,
    SHARE,
    SILENCE,
    STEP,
    FeatureSpec,
)
from jazzgen.tokens.motif import LONGEST_MATCH, MEMORIES, SHORTEST_MATCH, UNISON, Proposal
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST

__all__ = [
    "KerasEngine",
    "argmax_one_hot",
    "form_inputs",
    "music_inference_model",
    "start_listening",
]

ops = keras.ops
IntArray = npt.NDArray[np.int32]

N_LENGTHS, OCTAVE = len(LENGTHS), 12
FIRST_REST = REST * N_LENGTHS
NO_PITCH, NO_INTERVAL = -1, 99
NOW, SILENT, ONSET, PITCHES, INTERVALS, COUNT, HABITS = 0, 1, 2, 3, 6, 8, 9  # columns of the listening state
HEARD = HABITS + N_HABITS


def start_listening(m: int, memory: int) -> IntArray:
    """The listening state before anything was played, for `m` sequences that will hear `memory` values."""
    state = np.zeros((m, HEARD + 4 * memory), np.int32)
    state[:, PITCHES:INTERVALS] = NO_PITCH
    state[:, INTERVALS:COUNT] = NO_INTERVAL
    return state


def form_inputs(tracker: ContextTracker) -> tuple[FloatArray, IntArray, IntArray]:
    """The tables `form` (1, L, F), `roots` (1, L) and `horn` (1, 3) of the form that `tracker` plays
    over.
    """
    table = tracker.table
    form = np.zeros((1, len(table.rows), tracker.spec.width), np.float32)
    for tick, rows in enumerate(table.rows):
        form[0, tick, rows + tracker.player_rows] = 1
    horn = [[tracker.low, tracker.high, round(2 * tracker.middle)]]
    return form, np.array([table.roots], np.int32), np.array(horn, np.int32)


# -------------------------------------------------------------------------------------- layers of the graph


def argmax_one_hot(probs: Any) -> Any:
    """The likeliest value as the next input: (m, 78) -> (m, 1, 78)."""
    return ops.one_hot(ops.argmax(probs, axis=-1), N_VALUES)[:, None, :]


keras.saving.register_keras_serializable(package="jazzgen")(argmax_one_hot)


class _ContextLayer(keras.layers.Layer):  # type: ignore[misc]
    """A layer without weights that knows the spec of the context and how many values are remembered."""

    def __init__(self, features: list[str], players: list[str], memory: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = FeatureSpec(tuple(features), tuple(players))
        self.memory = memory

    def get_config(self) -> dict[str, Any]:
        """What makes the same layer again."""
        own = {"features": [*self.spec.features], "players": [*self.spec.players], "memory": self.memory}
        return {**super().get_config(), **own}


class Knowing(_ContextLayer):
    """What is known before the next value: listening (m, 16 + 4 H), form, roots, horn -> context (m, F)."""

    def compute_output_spec(self, listening: Any, *_: Any) -> Any:
        """(m, F)."""
        return keras.KerasTensor((listening.shape[0], self.spec.width), "float32")

    def call(self, listening: Any, form: Any, roots: Any, horn: Any) -> Any:
        """The context, in the order of the spec."""
        tick = ops.minimum(listening[:, NOW], form.shape[1] - 1 if form.shape[1] else ops.shape(form)[1] - 1)
        here = _at_tick(form, tick)  # (m, F)
        root = _at_tick(roots, tick)  # (m,)
        played = []
        for feature in self.spec.features:
            if feature in ONGOING:
                played.append(getattr(self, f"_{feature}")(listening, root, horn))
            else:
                played.append(ops.zeros((ops.shape(tick)[0], self.spec.rows_of(feature))))
        return here + ops.concatenate(played, axis=-1)

    def _pitches(self, listening: Any, root: Any, _: Any) -> Any:
        pitches = listening[:, PITCHES:INTERVALS]  # (m, 3)
        degrees = ops.where(pitches == NO_PITCH, -1, (pitches - root[:, None]) % OCTAVE)
        return ops.reshape(ops.one_hot(degrees, 12), (-1, 36))

    def _intervals(self, listening: Any, *_: Any) -> Any:
        intervals = listening[:, INTERVALS:COUNT]  # (m, 2)
        told = ops.where(intervals == NO_INTERVAL, -1, ops.clip(intervals, -FARTHEST, FARTHEST) + FARTHEST)
        return ops.reshape(ops.one_hot(told, 2 * FARTHEST + 1), (-1, 2 * (2 * FARTHEST + 1)))

    def _register(self, listening: Any, _: Any, horn: Any) -> Any:
        last = listening[:, PITCHES]
        above = 2 * last - horn[:, 2]  # twice the semitones
        return _bucket_one_hot([2 * begin for begin in REGISTER], above) * _as_float(last != NO_PITCH)

    def _phrase(self, listening: Any, *_: Any) -> Any:
        silent = listening[:, SILENT]
        resting = (silent >= BREATH) | (listening[:, PITCHES] == NO_PITCH)
        lasted = ops.where(resting, 0, listening[:, NOW] - listening[:, ONSET])
        return ops.concatenate([_bucket_one_hot(PHRASE, lasted), _bucket_one_hot(SILENCE, silent)], axis=-1)

    def _habits(self, listening: Any, *_: Any) -> Any:
        shares = [listening[:, HABITS + k] for k in range(N_HABITS)]
        return ops.concatenate([_bucket_one_hot(SHARE, share) for share in shares], axis=-1)


class Turning(_ContextLayer):
    """The last pitch class above the root, one-hot: listening, roots -> L (m, 12), all 0 before the first
    note.
    """

    def compute_output_spec(self, listening: Any, roots: Any) -> Any:  # noqa: ARG002 - as `call`
        """(m, 12)."""
        return keras.KerasTensor((listening.shape[0], OCTAVE), "float32")

    def call(self, listening: Any, roots: Any) -> Any:
        """L."""
        root = _at_tick(roots, ops.minimum(listening[:, NOW], ops.shape(roots)[1] - 1))
        last = listening[:, PITCHES]
        return ops.one_hot(ops.where(last == NO_PITCH, -1, (last - root) % OCTAVE), OCTAVE)


class Remembering(_ContextLayer):
    """What the motif memories propose: listening, roots -> P (m, 2, 78 + 6)."""

    def compute_output_spec(self, listening: Any, roots: Any) -> Any:  # noqa: ARG002 - as `call`
        """(m, 2, 84)."""
        return keras.KerasTensor((listening.shape[0], MEMORIES, N_VALUES + len(MATCH)), "float32")

    def call(self, listening: Any, roots: Any) -> Any:
        """P, one-hot, all 0 where there is nothing to propose."""
        root = _at_tick(roots, ops.minimum(listening[:, NOW], ops.shape(roots)[1] - 1))
        found = []
        for memory in range(MEMORIES):
            tokens = _block(listening, memory, self.memory)  # (m, H)
            agree = ops.minimum(_block(listening, memory + MEMORIES, self.memory), LONGEST_MATCH)
            # Of the longest matches the latest: one number that is largest there.
            best = ops.argmax(agree * (self.memory + 1) + ops.arange(self.memory, dtype="int32"), axis=1)
            match = _at_tick(agree, best)
            token = _at_tick(tokens, best)
            if memory == 1:
                token = _value_of(token, listening[:, PITCHES], root)
            there = match >= SHORTEST_MATCH
            proposed = ops.one_hot(ops.where(there, token, -1), N_VALUES)
            found.append(
                ops.concatenate([proposed, _bucket_one_hot(MATCH, match) * _as_float(there)], axis=-1)
            )
        return ops.stack(found, axis=1)


class Placing(_ContextLayer):
    """The pitch of a value: its nearest pitch to the last one, and after the registor its octave.

    Called with the value alone it gives V (m, 78 + 13) for the registor; with the registor's output (m, 5)
    the pitch (m,), -1 for a rest.
    """

    def compute_output_spec(self, listening: Any, probs: Any, *rest: Any) -> Any:  # noqa: ARG002 - as `call`
        """V, or the pitch."""
        m = probs.shape[0]
        if len(rest) == 2:
            return keras.KerasTensor((m, N_VALUES + NEAR), "float32")
        return keras.KerasTensor((m,), "int32")

    def call(self, listening: Any, probs: Any, roots: Any, horn: Any, register: Any = None) -> Any:
        """V, or with `register` the pitch."""
        value = ops.cast(ops.argmax(probs, axis=-1), "int32")
        root = _at_tick(roots, ops.minimum(listening[:, NOW], ops.shape(roots)[1] - 1))
        pitch_class = (root + value // N_LENGTHS) % OCTAVE
        last = listening[:, PITCHES]
        first = last == NO_PITCH
        origin = ops.where(first, horn[:, 2] // 2, last)
        up = (pitch_class - origin) % OCTAVE
        half = OCTAVE // 2
        upwards = (up < half) | ((up == half) & (first | (2 * last <= horn[:, 2])))
        near = origin + ops.where(upwards, up, up - OCTAVE)
        if register is None:
            step = ops.where(value >= FIRST_REST, 0, ops.where(first, 6, near - last + 6))
            return ops.concatenate([ops.one_hot(value, N_VALUES), ops.one_hot(step, NEAR)], axis=-1)
        pitches = near[:, None] + OCTAVE * ops.convert_to_tensor(DISPLACEMENTS, dtype="int32")  # (m, 5)
        allowed = (pitches >= horn[:, :1]) & (pitches <= horn[:, 1:2])
        chosen = _at_tick(pitches, ops.argmax(ops.where(allowed, register, -1.0), axis=-1))
        return ops.where(value >= FIRST_REST, NO_PITCH, chosen)


class Hearing(_ContextLayer):
    """Move on by the likeliest value: listening, probabilities (m, 78), pitch (m,) -> listening."""

    def compute_output_spec(self, listening: Any, probs: Any, pitch: Any) -> Any:  # noqa: ARG002
        """As it came in."""
        return keras.KerasTensor(listening.shape, "int32")

    def call(self, listening: Any, probs: Any, pitch: Any) -> Any:
        """The listening state after the value."""
        value = ops.cast(ops.argmax(probs, axis=-1), "int32")
        length = value % N_LENGTHS
        ticks = ops.take(ops.convert_to_tensor(LENGTHS, dtype="int32"), length)
        rest = value >= FIRST_REST
        now, silent, last = listening[:, NOW], listening[:, SILENT], listening[:, PITCHES]
        first = last == NO_PITCH
        interval = ops.where(first, 0, pitch - last)
        new_phrase = ~rest & ((silent >= BREATH) | first)
        move = ops.where(rest, length - N_LENGTHS, (interval + UNISON) * N_LENGTHS + length)
        pitches, intervals = listening[:, PITCHES:INTERVALS], listening[:, INTERVALS:COUNT]
        moved = ops.concatenate([pitch[:, None], pitches[:, :2]], axis=1)
        turned = ops.concatenate([interval[:, None], intervals[:, :1]], axis=1)
        count = listening[:, COUNT]
        place = ops.one_hot(count, self.memory, dtype="int32")  # (m, H)
        blocks = []
        for memory, token in enumerate((value, move)):
            tokens = _block(listening, memory, self.memory)
            agree = _block(listening, memory + MEMORIES, self.memory)
            # Place j agrees one further than place j - 1 did, if what stands before it was played again.
            before = ops.pad(tokens[:, :-1], ((0, 0), (1, 0)), constant_values=-(2**20))
            grown = ops.pad(agree[:, :-1], ((0, 0), (1, 0))) + 1
            past = ops.arange(self.memory, dtype="int32")[None] <= count[:, None]
            blocks.append(
                (tokens + place * token[:, None], ops.where((before == token[:, None]) & past, grown, 0))
            )
        lived = [~rest & (length == k) for k in range(3)] + [~rest & (length >= 3), rest]
        lived += [ops.abs(interval) <= STEP, ops.abs(interval) >= LEAP]
        habits = []
        for k, true in enumerate(lived):
            share = listening[:, HABITS + k]
            moved_on = share + ops.floor_divide(ONE * ops.cast(true, "int32") - share, MEMORY)
            habits.append(ops.where(rest, share, moved_on) if k >= 5 else moved_on)
        columns = [
            (now + ticks)[:, None],
            ops.where(rest, silent + ticks, 0)[:, None],
            ops.where(new_phrase, now, listening[:, ONSET])[:, None],
            ops.where(rest[:, None], pitches, moved),
            ops.where((rest | first)[:, None], intervals, turned),
            (count + 1)[:, None],
            ops.stack(habits, axis=1),
            blocks[0][0],
            blocks[1][0],
            blocks[0][1],
            blocks[1][1],
        ]
        return ops.concatenate([ops.cast(column, "int32") for column in columns], axis=1)


for _class in (Knowing, Turning, Remembering, Placing, Hearing):
    keras.saving.register_keras_serializable(package="jazzgen")(_class)


def _block(listening: Any, number: int, memory: int) -> Any:
    return listening[:, HEARD + number * memory : HEARD + (number + 1) * memory]


def _at_tick(table: Any, index: Any) -> Any:
    """Row `index` (m,) of each table (m, L, ...)."""
    shape = (-1, 1, *(1,) * (len(table.shape) - 2))
    taken = ops.take_along_axis(table, ops.reshape(ops.cast(index, "int32"), shape), axis=1)
    return ops.squeeze(taken, axis=1)


def _value_of(move: Any, last: Any, root: Any) -> Any:
    """The value that makes `move` from the pitch `last`, over `root`."""
    pitch = last + move // N_LENGTHS - UNISON
    return ops.where(
        move < 0, FIRST_REST + move + N_LENGTHS, N_LENGTHS * ((pitch - root) % OCTAVE) + move % N_LENGTHS
    )


def _bucket_one_hot(begins: Any, numbers: Any) -> Any:
    """(m,) -> (m, buckets): the last bucket that begins at or below each number."""
    above = ops.cast(numbers[:, None] >= ops.convert_to_tensor([*begins], dtype="int32"), "int32")
    return ops.one_hot(ops.maximum(ops.sum(above, axis=1) - 1, 0), len(begins))


def _as_float(condition: Any) -> Any:
    return ops.cast(condition, "float32")[:, None]


# ---------------------------------------------------------------------------------------------- the models


def music_inference_model(Ty: int, layers: Layers, *, ticks: int = 0, memory: int = 0) -> keras.Model:
    """The playing model: x0 (m, 1, 78), a0 (m, n_a), c0 (m, n_a) -> probabilities (m, Ty, 78).

    Each step's argmax, one-hot, is the next step's input; the values played are the argmax of the output.
    With more layers there are more states, a0_2, c0_2 ... A model that hears a context (or chooses registers)
    plays over a form of `ticks` ticks and remembers `memory` values: its further inputs are listening0, form,
    roots and horn (see above), and its outputs the probabilities, the pitches (m, Ty), -1 for rests, and the
    states and the listening after the last step, so that a long solo is played piece by piece.
    """
    x = keras.Input((1, N_VALUES), name="x0")
    states = [
        [keras.Input((layers.n_a,), name=name + ("" if k == 0 else f"_{k + 1}")) for name in ("a0", "c0")]
        for k in range(len(layers.cells))
    ]
    inputs = [x, *(state for pair in states for state in pair)]
    if not layers.spec.features and layers.registor is None:
        outputs = []
        for t in range(Ty):
            top = _step_cells(layers, x, states)
            outputs.append(layers.densor(top))
            x = _feedback(outputs[-1], t)
        return keras.Model(inputs, ops.stack(outputs, axis=1), name="music_inference_model")
    graph = _Playing(layers, ticks, memory)
    probs, pitches = [], []
    for t in range(Ty):
        probs.append(graph.probs(x, states))
        pitches.append(graph.pitch(probs[-1]))
        graph.hear(probs[-1], pitches[-1])
        x = _feedback(probs[-1], t)
    played = [ops.stack(probs, axis=1), ops.stack(pitches, axis=1)]
    after = [state for pair in states for state in pair]
    return keras.Model(
        [*inputs, *graph.inputs], [*played, *after, graph.listening], name="music_inference_model"
    )


def _feedback(probs: Any, t: int) -> Any:
    return keras.layers.Lambda(argmax_one_hot, output_shape=(1, N_VALUES), name=f"feedback_{t}")(probs)


def _step_cells(layers: Layers, x: Any, states: list[list[Any]]) -> Any:
    """One step of all LSTM layers: x (m, 1, d) -> the top a (m, n_a); `states` is moved on."""
    for layer, cell in enumerate(layers.cells):
        a, _, c = cell(x, initial_state=states[layer])
        states[layer] = [a, c]
        x = ops.expand_dims(a, 1)
    return a


class _Playing:
    """The graph of a model that knows the form: one object while it is being built."""

    def __init__(self, layers: Layers, ticks: int, memory: int) -> None:
        self.layers = layers
        width = layers.spec.width
        self.listening = keras.Input((HEARD + 4 * memory,), dtype="int32", name="listening0")
        self.form = keras.Input((ticks, width), name="form")
        self.roots = keras.Input((ticks,), dtype="int32", name="roots")
        self.horn = keras.Input((3,), dtype="int32", name="horn")
        self.inputs = [self.listening, self.form, self.roots, self.horn]
        features, players = [*layers.spec.features], [*layers.spec.players]
        self._knowing = Knowing(features, players, memory, name="knowing")
        self._placing = Placing(features, players, memory, name="placing")
        self._turning = Turning(features, players, memory, name="turning")
        self._remembering = Remembering(features, players, memory, name="remembering")
        self._hearing = Hearing(features, players, memory, name="hearing")

    def probs(self, x: Any, states: list[list[Any]]) -> Any:
        """The probabilities of the next value, (m, 78)."""
        self._heard = None
        if self.layers.spec.width:
            self._heard = self._knowing(self.listening, self.form, self.roots, self.horn)  # (m, F)
            x = ops.concatenate([x, ops.expand_dims(self._heard, 1)], axis=-1)
        top = _step_cells(self.layers, x, states)
        self._top = top if self._heard is None else ops.concatenate([top, self._heard], axis=-1)
        probs = self.layers.densor(self._top)
        if self.layers.motor is not None:
            probs = self.layers.motor(probs, self._top, self._turning(self.listening, self.roots))
        if self.layers.recall is None:
            return probs
        return self.layers.recall(probs, top, self._remembering(self.listening, self.roots))

    def pitch(self, probs: Any) -> Any:
        """The pitch (m,) of the likeliest value."""
        if self.layers.register_hidden is None or self.layers.registor is None:
            nearest = ops.zeros_like(probs[:, : len(NEAREST_FIRST)]) + ops.convert_to_tensor(NEAREST_FIRST)
            return self._placing(self.listening, probs, self.roots, self.horn, nearest)
        V = self._placing(self.listening, probs, self.roots, self.horn)
        hidden = self.layers.register_hidden(ops.concatenate([self._top, V], axis=-1))
        return self._placing(self.listening, probs, self.roots, self.horn, self.layers.registor(hidden))

    def hear(self, probs: Any, pitch: Any) -> None:
        """Move on by the likeliest value."""
        self.listening = self._hearing(self.listening, probs, pitch)


class KerasEngine:
    """The layers as an engine that an improviser can step, value by value; see `improviser.Engine`.

    It plays what `music_inference_model` plays, and lets the caller draw each value instead of taking the
    argmax. The state is what the registers hear, (1, n_a + F), then a and c of each layer, (1, n_a) each.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        layers = layers_of(checkpoint)
        self.spec, self.n_a = layers.spec, layers.n_a
        self._layers = layers
        width = layers.spec.width
        x = keras.Input((1, N_VALUES + width))
        L, P = keras.Input((OCTAVE,)), keras.Input((MEMORIES, N_VALUES + len(MATCH)))
        states = [[keras.Input((layers.n_a,)) for _ in range(2)] for _ in layers.cells]
        top = _step_cells(layers, x, given := [*states])
        heard = top if not width else ops.concatenate([top, x[:, 0, N_VALUES:]], axis=-1)
        probs = layers.densor(heard)
        if layers.motor is not None:
            probs = layers.motor(probs, heard, L)
        if layers.recall is not None:
            probs = layers.recall(probs, top, P)
        after = [state for pair in given for state in pair]
        self._model = keras.Model(
            [x, L, P, *(state for pair in states for state in pair)], [probs, heard, *after]
        )
        if layers.register_hidden is not None and layers.registor is not None:
            before, V = keras.Input((layers.n_a + width,)), keras.Input((N_VALUES + NEAR,))
            hidden = layers.register_hidden(ops.concatenate([before, V], axis=-1))
            self._register = keras.Model([before, V], layers.registor(hidden))

    def start(self) -> tuple[FloatArray, ...]:
        """Zeros: nothing has been heard."""
        sizes = [self.n_a + self.spec.width] + [self.n_a] * 2 * len(self._layers.cells)
        return tuple(np.zeros((1, size), np.float32) for size in sizes)

    def step(
        self,
        value: int | None,
        state: tuple[FloatArray, ...],
        rows: Sequence[int] = (),
        proposals: Sequence[Proposal | None] = (),
        last: int = -1,
    ) -> tuple[FloatArray, tuple[FloatArray, ...]]:
        """Hear `value` (None: the zero vector) -> the probabilities (78,) of the next, and the state."""
        x = np.zeros((1, 1, N_VALUES + self.spec.width), np.float32)
        if value is not None:
            x[0, 0, value] = 1
        x[0, 0, N_VALUES + np.asarray(rows, np.int64)] = 1
        P = np.zeros((1, MEMORIES, N_VALUES + len(MATCH)), np.float32)
        for memory, proposal in enumerate(proposals):
            if proposal is not None:
                P[0, memory, [proposal.value, N_VALUES + proposal.agree]] = 1
        L = np.zeros((1, OCTAVE), np.float32)
        if last >= 0:
            L[0, last] = 1
        probs, *after = self._model.predict_on_batch([x, L, P, *state[1:]])
        return probs[0], tuple(after)

    def register(self, state: tuple[FloatArray, ...], value: int, near: int) -> FloatArray:
        """The probabilities (5,) of the octaves in which to play `value`."""
        if self._layers.registor is None:
            return np.array(NEAREST_FIRST, np.float32)
        V = np.zeros((1, N_VALUES + NEAR), np.float32)
        V[0, [value, N_VALUES + near]] = 1
        probs: FloatArray = self._register.predict_on_batch([state[0], V])[0]
        return probs
