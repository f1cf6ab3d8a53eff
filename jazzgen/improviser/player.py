"""The loop that plays a line: probabilities from the engine, preferences and masks on them, a draw.

The engine answers requests and is not called by a player: `answer_all` gathers those of all players, so that
the network takes one step for all of them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from copy import copy
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.improviser.controls import Controls
from jazzgen.improviser.masks import TOO_FAST, Masks, Weights
from jazzgen.improviser.originality import CopyDetector
from jazzgen.improviser.preferences import Preferences
from jazzgen.improviser.sampling import sample
from jazzgen.model.corrections import Corrections
from jazzgen.model.engine import Engine, OctaveInput, StepInput
from jazzgen.model.tuning import Tuning
from jazzgen.music.chords import parse_chord
from jazzgen.music.pitch import fold
from jazzgen.music.units import Unit
from jazzgen.tokens.features import DISPLACEMENTS, near_class
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import DEGREE, IS_REST, OCTAVE

# What a player asks of the engine: `Engine.step_all` or `Engine.octaves_all`.
Request: TypeAlias = StepInput | OctaveInput


def step_request(tracker: ContextTracker, value: int | None, state: Any) -> StepInput:
    """What the engine is given to step: the last `value`, the `state` before it and the context now."""
    active, proposals = tracker.active_features(), tracker.proposals()
    return StepInput(value, state, active, proposals, tracker.last_degree, tracker.ratios())


def octave_request(tracker: ContextTracker, value: int, state: Any) -> OctaveInput:
    """What the engine is given to choose the octave of a note `value`, drawn from `state`."""
    near = tracker.nearest(value)
    return OctaveInput(state, value, near_class(near, tracker.last), tracker.octave_counts(near))


class Player:
    """Plays a line over the form of `tracker`, value by value, and keeps its `values` and `pitches`."""

    weighing: type[Preferences] = Preferences

    def __init__(
        self,
        tracker: ContextTracker,
        controls: Controls,
        tuning: Tuning,
        engine: Engine,
        rng: np.random.Generator,
        *,
        tempo: float,
        starts: Sequence[int] = (0,),
        detector: CopyDetector | None = None,
        corrections: Corrections | None = None,
    ) -> None:
        self.tracker, self.controls, self.engine, self.rng = tracker, controls, engine, rng
        self.form, self.detector = tracker.form, detector
        chords = [parse_chord(change.symbol) for change in self.form.chords]
        self.preferences = self.weighing(
            tracker, controls, tuning, chords, tempo=tempo, starts=starts, corrections=corrections
        )
        pacing = self.preferences.pacing
        self.masks = Masks(
            self.form, chords, pacing.longest_silence,
            filled=pacing.silent == 0, quick=tempo < TOO_FAST or controls.density is not None,
        )  # fmt: skip
        self.preferences.close = self.masks.close
        self.values: list[int] = []
        self.pitches: list[int] = []
        self.last_onset = -1
        self.state = engine.start()
        self._value: int | None = None

    @property
    def finished(self) -> bool:
        """Whether the last note has been played, or there is no room for another."""
        return self.last_onset >= self.masks.close or self.tracker.now >= self.until

    @property
    def units(self) -> Sequence[Unit]:
        """The plan that it follows; none without one."""
        plan = self.preferences.plan
        return () if plan is None else plan.follower.units

    @property
    def until(self) -> int:
        """The tick that no note passes: the form's end, unless set earlier, and again later."""
        return self.masks.end

    @until.setter
    def until(self, tick: int) -> None:
        self.masks.stop_at(tick)
        self.preferences.close = self.masks.close

    def copy(self, rng: np.random.Generator) -> Player:
        """A player that goes on from here by itself, and draws from `rng`; the past is shared."""
        other = copy(self)
        other.rng, other.tracker, other.masks = rng, self.tracker.copy(), copy(self.masks)
        other.preferences = self.preferences.copy(other.tracker)
        other.detector = copy(self.detector)
        other.values, other.pitches = self.values.copy(), self.pitches.copy()
        return other

    def request(self) -> StepInput:
        """What the engine is asked before the next value."""
        return step_request(self.tracker, self._value, self.state)

    def advance_with(self, value: int, pitch: int | None) -> None:
        """Move on by `value`; `pitch` is what a note sounds at, None for a rest."""
        if pitch is not None:
            self.pitches.append(pitch)
            if self.detector is not None:
                self.detector.push(pitch)
        self.preferences.follow(value, pitch)
        self.tracker.advance(value, pitch)
        self.values.append(value)
        self._value = value

    def prime(self, phrase: Sequence[tuple[int, int | None]], answer: bool) -> None:
        """Begin with the values and pitches of `phrase`; with `answer` at the start of the form again, with
        the phrase in mind but not in the line.
        """
        for value, pitch in phrase:
            _, self.state = self.engine.step(*self.request())
            self.advance_with(value, pitch)
        self.preferences.pacing.restart()
        if answer:
            self.tracker.restart()
            self.preferences.restart()
            self.values, self.pitches = [], []

    def line(self, to: int | None = None) -> Generator[Request, Any, None]:
        """Play to the end, or on to the tick `to`, yielding requests and receiving the engine's answers."""
        while not self.finished and (to is None or self.tracker.now < to):
            yield from self.advance()

    def advance(self) -> Generator[Request, Any, None]:
        """Draw the next value, and for a note its pitch, and play it."""
        request = self.request()
        probs, self.state = yield request
        weights = self.bias(probs, request.proposals)
        value = self._draw(weights)
        pitch = None if IS_REST[value] else (yield from self.choose_octave(value))
        if pitch is not None and self.copies_too_much(pitch):
            value, pitch = yield from self._redraw(weights, value, pitch)
        if pitch is not None:
            self.last_onset = self.tracker.now
        self.advance_with(value, pitch)

    def bias(self, probs: npt.NDArray[np.float32], proposals: Sequence[Proposal | None]) -> Weights:
        """`probs` (78,) under the preferences and masks of this place in the form: weights, not all 0."""
        weights = self.preferences.apply(probs.astype(np.float64), proposals, self.values, self.pitches)
        return self.masks.apply(weights, self.tracker)

    def _draw(self, weights: Weights) -> int:
        controls = self.controls
        return sample(weights, self.rng, controls.temperature, controls.top_k, controls.top_p)

    def choose_octave(self, value: int) -> Generator[Request, Any, int]:
        """The pitch of a note `value`: its octave as the engine has it, within the range."""
        tracker, temperature, cost = self.tracker, self.controls.temperature, self.preferences.pitch_cost
        near, in_range = tracker.octaves(value)
        request = octave_request(tracker, value, self.state)
        probs = yield request
        weights = np.where(in_range, probs, 0.0).astype(np.float64)
        weights *= np.exp(self.preferences.octave_biases(request.near))
        if temperature:
            pitches = near + OCTAVE * np.array(DISPLACEMENTS, np.float64)
            weights *= np.exp(-temperature * (cost(pitches) - cost(float(near))))
        if not weights.sum() > 0:
            weights = np.array(in_range, np.float64)
        pitch = near + OCTAVE * DISPLACEMENTS[sample(weights, self.rng, temperature)]
        # After a primer far outside the range no displacement may reach it.
        return fold(pitch, tracker.low, tracker.high)

    def copies_too_much(self, pitch: int) -> bool:
        """Whether `pitch` as the next note would end a run longer than may be copied."""
        limit = self.controls.max_copied
        return bool(limit) and self.detector is not None and self.detector.would_copy(pitch) > limit

    def _redraw(
        self, weights: Weights, value: int, pitch: int
    ) -> Generator[Request, Any, tuple[int, int | None]]:
        """Another value and pitch than what would copy too much; if all would, a rest where one may stand."""
        weights = weights.copy()
        while True:
            # Whatever its length, a note of this degree would be the same copy, unless in another octave.
            weights[DEGREE[value] == DEGREE] = 0.0
            if not weights.sum() > 0:
                return value, pitch
            value = self._draw(weights)
            if IS_REST[value]:
                return value, None
            pitch = yield from self.choose_octave(value)
            if not self.copies_too_much(pitch):
                return value, pitch


def play(engine: Engine, players: Iterable[Player], to: int | None = None) -> None:
    """Let all `players` play to their ends, or on to the tick `to`, one value each in turn, with one `engine`
    that answers all of them at once. Each plays what it would play alone.
    """
    answer_all(engine, [player.line(to) for player in players])


def answer_all(engine: Engine, lines: Iterable[Generator[Request, Any, None]]) -> None:
    """Play `lines` to their ends with one `engine` that answers all of them at once, see `play`."""
    waiting: list[tuple[Generator[Request, Any, None], Request]] = []

    def go_on(line: Generator[Request, Any, None], answer: Any) -> None:
        with suppress(StopIteration):
            waiting.append((line, line.send(answer)))

    for line in lines:
        go_on(line, None)
    while waiting:
        # Octaves first, so that every note has been played when the next step is taken together.
        notes = [(line, request) for line, request in waiting if isinstance(request, OctaveInput)]
        steps = [(line, request) for line, request in waiting if isinstance(request, StepInput)]
        waiting = []
        if notes:
            waiting = list(steps)
            answers: Sequence[Any] = engine.octaves_all([request for _, request in notes])
        else:
            answers = engine.step_all([request for _, request in steps])
        for (line, _), answer in zip(notes or steps, answers, strict=True):
            go_on(line, answer)
