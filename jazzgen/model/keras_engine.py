"""The engine that steps the Keras layers of `network.py`, value by value, on any of Keras's backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from jazzgen.model.checkpoint import OCTAVE_VIEWS, Checkpoint
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.engine import Engine, OctaveInput, StepInput
from jazzgen.model.network import (
    drawn_input,
    encode_inputs,
    network_of,
    octave_logits,
    recur,
    value_logits,
)
from jazzgen.tokens.features import MATCH, MEMORIES, NEAR, NEAREST_FIRST
from jazzgen.tokens.views import CLASSES
from jazzgen.tokens.vocabulary import N_VALUES


class State(NamedTuple):
    """What a solo carries: a and c of each layer, (1, n_a), and of its last step top (1, 1, n_a) and C."""

    states: list[FloatArray]
    top: FloatArray | None = None
    C: FloatArray | None = None


class KerasEngine(Engine):
    """The network of a checkpoint in Keras, as functional models of one step, which run several times faster
    than the layers called one by one. Solos step one after the other.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        network = network_of(checkpoint)
        self.spec, width, n_a = network.spec, network.spec.width, network.n_a
        shapes = [(1, N_VALUES), (1, width), (1, 12), (1, MEMORIES, N_VALUES + len(MATCH))]
        shapes.append((1, self.spec.views, CLASSES))
        X, C, L, P, R = inputs = [keras.Input(shape) for shape in shapes]
        states = [keras.Input((n_a,)) for _ in range(2 * checkpoint.layers)]
        top, after = recur(network, ops.concatenate([X, C], axis=-1), states, unrolled=True)
        probs = ops.softmax(value_logits(network, top, C, L, P, R))
        self._step = keras.Model([*inputs, *states], [probs, top, *after])
        self.octave_strength = checkpoint.arrays.get(OCTAVE_VIEWS[0])
        self._octaves = None
        if network.octave_head is not None:
            top, V = keras.Input((1, n_a)), keras.Input((1, N_VALUES + NEAR))
            self._octaves = keras.Model([top, C, V], ops.softmax(octave_logits(network, top, C, V)))
        self._zeros = [np.zeros((1, n_a), np.float32)] * len(states)

    def start(self) -> State:
        """Zeros."""
        return State(self._zeros)

    def step_all(self, inputs: Sequence[StepInput]) -> list[tuple[FloatArray, State]]:
        """See `Engine`."""
        return [self._stepped(given) for given in inputs]

    def _stepped(self, given: StepInput) -> tuple[FloatArray, State]:
        proposed, match = np.full((1, 1, MEMORIES), -1), np.zeros((1, 1, MEMORIES), np.int64)
        for memory, proposal in enumerate(given.proposals):
            if proposal is not None:
                proposed[..., memory], match[..., memory] = proposal.value, proposal.match
        one_hots = encode_inputs(
            self.spec.width,
            np.array([[-1 if given.value is None else given.value]]),
            np.array(given.active, np.int64)[None, None],
            np.array([[given.last_degree]]),
            proposed,
            match,
            self._ratios(given),
        )
        probs, top, *states = self._step.predict_on_batch([*one_hots, *given.state.states])
        return probs[0, 0], State(states, top, ops.convert_to_numpy(one_hots.C))

    def _ratios(self, given: StepInput) -> FloatArray:
        ratios = np.zeros((1, 1, self.spec.views, CLASSES), np.float32)
        ratios[0, 0, : len(given.ratios)] = given.ratios
        return ratios

    def octave_head(self, inputs: Sequence[OctaveInput]) -> list[FloatArray]:
        """See `Engine`."""
        if self._octaves is None:
            return [np.array(NEAREST_FIRST, np.float32)] * len(inputs)
        probs = []
        for state, value, near, _ in inputs:
            V = drawn_input(np.array([[value]]), np.array([[near]]))
            probs.append(self._octaves.predict_on_batch([state.top, state.C, V])[0, 0])
        return probs
