"""The engine that steps the Keras layers of `network.py`, value by value, on any of Keras's backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np

from jazzgen.model.checkpoint import Checkpoint, FloatArray
from jazzgen.model.engine import Engine, OctaveInput, StepInput
from jazzgen.model.network import drawn_input, encode_inputs, functional, network_of
from jazzgen.tokens.features import MEMORIES, NEAREST_FIRST


class State(NamedTuple):
    """What a solo carries: a and c of each layer, (1, n_a), and of its last step top (1, 1, n_a) and C."""

    states: list[FloatArray]
    top: FloatArray | None = None
    C: FloatArray | None = None


class KerasEngine(Engine):
    """The network of a checkpoint in Keras. Solos step one after the other."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        network = network_of(checkpoint)
        self.spec = network.spec
        graph = functional(1, network)
        X, C, L, P, V, *states = graph.inputs.values()
        self._step = keras.Model([X, C, L, P, *states], [graph.values, graph.top, *graph.states])
        self._octaves = None if graph.octaves is None else keras.Model([graph.top, C, V], graph.octaves)
        self._zeros = [np.zeros((1, network.n_a), np.float32) for _ in states]

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
        )
        probs, top, *states = self._step.predict_on_batch([*one_hots, *given.state.states])
        return probs[0, 0], State(states, top, keras.ops.convert_to_numpy(one_hots.C))

    def octaves_all(self, inputs: Sequence[OctaveInput]) -> list[FloatArray]:
        """See `Engine`."""
        if self._octaves is None:
            return [np.array(NEAREST_FIRST, np.float32)] * len(inputs)
        probs = []
        for state, value, near in inputs:
            V = drawn_input(np.array([[value]]), np.array([[near]]))
            probs.append(self._octaves.predict_on_batch([state.top, state.C, V])[0, 0])
        return probs
