"""The player of answers: a `Player` that prefers what a phrase wants taken up, and knows where a turn ends.

What it prefers are biases on the draw, in nats: the network still decides what fits the chord and the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.improviser.controls import Controls
from jazzgen.improviser.masks import FINAL_NOTE, Weights
from jazzgen.improviser.pacing import LONGEST, SHORTEST, Pacing
from jazzgen.improviser.player import Player
from jazzgen.improviser.preferences import Pitches, Preferences
from jazzgen.live.trader_phrase import RUN, Wanted, weight_of
from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import DEGREE, IS_REST, N_LENGTHS, N_VALUES, OCTAVE, TICKS

# Nats that an interval gains which goes on as the phrase did, by how many intervals before it agree: a motif
# is completed, and then left.
BY_AGREEING = (0.0, 1.2, 2.0, 1.2, 0.5, -0.5, -1.5, -2.5)
OPENING = 1.0  # the same for the interval with which a line opens as the phrase did
OFTEN = 0.3  # nats less for each e-th part of the times that it was another interval
RHYTHM = 0.35  # nats for a length that goes on as the phrase did, if two agree or more
NEAR = 5.0  # semitones: the spread of pitches around the register that is answered
FLOOR = 1e-6  # the least probability that counts

# How a turn ends: from so many ticks before its last onset rests gain nats, and so do chord tones.
CLOSING = 2 * TICKS_PER_BEAT
RESTING, LANDING = 0.8, 1.5


class Answering(Preferences):
    """The preferences of a line that takes up what is `wanted`, and comes to rest before `closes`."""

    wanted: Wanted | None = None
    closes: int | None = None  # the tick
    first: int = 0  # how many pitches the line had before the answer

    def copy(self, tracker: ContextTracker) -> Answering:
        """As its class does."""
        other = super().copy(tracker)
        assert isinstance(other, Answering)  # noqa: S101 - copied as what it is
        return other

    def answer(self, wanted: Wanted | None, first: int, closes: int | None) -> None:
        """Take up what is `wanted` (None: nothing) from the pitch number `first` on."""
        self.wanted, self.first, self.closes = wanted, first, closes
        controls = self.controls
        if wanted is not None and wanted.density is not None and controls.density is None:
            bar = self.form.length / len(self.form.bar_ticks)
            controls = _paced(controls, wanted.density * bar / TICKS_PER_BEAT, wanted.silence, bar)
        self.pacing = Pacing(controls, self.form)

    def apply(
        self,
        weights: Weights,
        proposals: Sequence[Proposal | None],
        values: Sequence[int],
        pitches: Sequence[int],
    ) -> Weights:
        """The network's probabilities as the preferences and the answer weigh them; see the class above.

        Parameters
        ----------
        weights : (78,)
            The probabilities of the next value.
        proposals, values, pitches
            What the memories go on with, and what the line has played.

        Returns
        -------
        (78,)
            Weights.
        """
        weights = super().apply(weights, proposals, values, pitches)
        bias = np.zeros(N_VALUES)
        if self.wanted is not None and self.wanted.answer:
            self._add_motifs(bias, self.wanted, pitches[self.first :])
            self._add_rhythm(bias, self.wanted, values)
        if self.closes is not None:
            self._add_close(bias, self.closes)
        biased: Weights = weights * np.exp(self.controls.temperature * bias)
        return biased

    def pitch_cost(self, pitches: Pitches) -> Pitches:
        """As its class has it, and how far pitches are from the register that is answered."""
        cost = super().pitch_cost(pitches)
        wanted = self.wanted
        if wanted is None or wanted.height is None:
            return cost
        return cost + wanted.answer * 0.5 * ((pitches - wanted.height) / NEAR) ** 2

    def _add_motifs(self, bias: Weights, wanted: Wanted, own: Sequence[int]) -> None:
        """What goes on as the phrase did gains; `own` are the answer's pitches."""
        if not own:
            return
        recent = own[-len(BY_AGREEING) :]
        steps = [b - a for a, b in pairwise(recent)]
        agreeing, following = wanted.intervals.after(steps)
        gain = BY_AGREEING[min(agreeing, len(BY_AGREEING) - 1)]
        if not agreeing:
            if len(own) > 1:
                return
            gain, following = OPENING, wanted.intervals.first
        root, total = self.tracker.root, following.total()
        for step, count in following.items():
            degree = (own[-1] + step - root) % OCTAVE
            nats = gain
            if gain > 0:  # the likelier the more often it was played, and the less if anybody plays it
                nats = max(gain + OFTEN * math.log(count / total), 0.0) * weight_of((*steps[1 - RUN :], step))
            bias[degree * N_LENGTHS : (degree + 1) * N_LENGTHS] += wanted.answer * nats

    def _add_rhythm(self, bias: Weights, wanted: Wanted, values: Sequence[int]) -> None:
        """Lengths that go on as the phrase did gain a little."""
        agreeing, following = wanted.rhythms.after([int(TICKS[v]) for v in values[-3:] if not IS_REST[v]])
        if agreeing >= 2:
            for ticks in following:
                bias[(ticks == TICKS) & ~IS_REST] += wanted.answer * RHYTHM

    def _add_close(self, bias: Weights, closes: int) -> None:
        """Near the end of a turn the line lands on a chord tone and rests."""
        left = closes - self.tracker.now
        if left > CLOSING:
            return
        chord = self.chords[self.form.chord_index(self.tracker.now)]
        bias[IS_REST] += RESTING * (1 - left / CLOSING)
        if chord is not None:
            root = self.tracker.root
            tones = np.isin(DEGREE, [(pitch - root) % OCTAVE for pitch in chord.pitch_classes])
            bias[tones & (left - FINAL_NOTE[0] < TICKS)] += LANDING


def _paced(controls: Controls, density: float, silence: float, bar: float) -> Controls:
    """`controls` that ask for `density` notes in a bar of `bar` ticks and a share of `silence`, or as near to
    it as can be had.
    """
    silence = silence if controls.rests is None else controls.rests
    sounding = (1 - silence) * bar
    low, high = max(sounding / LONGEST, 0.5), min(sounding / SHORTEST, 12.0)
    return replace(controls, density=min(max(density, low), max(low, high)), rests=silence)


class Answerer(Player):
    """A player of turns: it hears and plays by turns on one line, and knows how likely what it plays is."""

    weighing = Answering
    preferences: Answering

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.nats, self.drawn = 0.0, 0  # the log-likelihood of so many values that were drawn
        self._probs: npt.NDArray[np.float32] | None = None

    def answer(self, wanted: Wanted | None, until: int, closes: int | None = None, begun: int = 0) -> None:
        """Answer what is wanted from here on.

        Parameters
        ----------
        wanted
            What is taken up; None for nothing.
        until
            The tick that no note passes.
        closes
            The tick by which the turn comes to rest; None where something follows, or the form does it.
        begun
            How many of the latest notes are the answer's already.

        Returns
        -------
        None
        """
        self.preferences.answer(wanted, len(self.pitches) - begun, closes)
        self.until = until
        self.nats, self.drawn = 0.0, 0

    def bias(self, probs: npt.NDArray[np.float32], proposals: Sequence[Proposal | None]) -> Weights:
        """As its class does; the probabilities are kept until a value is drawn."""
        self._probs = probs
        return super().bias(probs, proposals)

    def advance_with(self, value: int, pitch: int | None) -> None:
        """Move on by `value`; `pitch` is what a note sounds at, None for a rest."""
        if self._probs is not None:
            self.nats += math.log(max(float(self._probs[value]), FLOOR))
            self.drawn += 1
            self._probs = None
        super().advance_with(value, pitch)

    def hear(self, values: Sequence[tuple[int, int | None]]) -> None:
        """Go on by values that are given, each with its pitch: what another played, or what was sent."""
        for value, pitch in values:
            _, self.state = self.engine.step(*self.request())
            self.advance_with(value, pitch)

    def copy(self, rng: np.random.Generator) -> Answerer:
        """As its class does."""
        other = super().copy(rng)
        assert isinstance(other, Answerer)  # noqa: S101 - copied as what it is
        return other

    def twin(self) -> Answerer:
        """A copy that draws from the same generator."""
        return self.copy(self.rng)
