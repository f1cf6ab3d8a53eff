"""Preferences: logit biases on the 78 values, from what `Controls` ask for and what a `Tuning` corrects.

They only weigh: what the network gives no chance has none. Biases are multiplied by the temperature, which
sampling divides by again: p^(1/T) times the preference. So a temperature that falls towards 0 ends where the
network alone decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TypeVar

import numpy as np

from jazzgen.improviser.controls import Controls, arc_level
from jazzgen.improviser.harmony_prior import HarmonyPrior
from jazzgen.improviser.masks import Weights
from jazzgen.improviser.pacing import NOTE_SHORTNESS, Pacing
from jazzgen.improviser.unit_bias import UnitBias
from jazzgen.model.corrections import AGES, RUNS, Corrections
from jazzgen.model.tuning import Tuning
from jazzgen.music.chords import Chord, chord_scale
from jazzgen.music.score import TICKS_PER_BEAT, chorus_at
from jazzgen.tokens.features import DISPLACEMENTS, MEMORIES, NEAR, bucket
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.views import LENGTH_CLASS
from jazzgen.tokens.vocabulary import DEGREE, IS_REST, LENGTHS, N_LENGTHS, N_VALUES, OCTAVE, TICKS

Pitches = TypeVar("Pitches", float, Weights)  # one pitch or several

# An arc's highest chorus: denser and less silent (powers of 2), higher (semitones), each against the lowest.
ARC_DENSITY, ARC_RESTS, ARC_HEIGHT = 0.35, 0.4, 14.0
TESSITURA = 48  # notes over which the running tessitura follows the line
STEP, HOME_BY_STEP = 2, 1.4  # semitones, and nats for a last note that is no farther away
STOPPING = 0.7  # nats against a note outside the scale of the chord where a planned unit ends
UNPLANNED = 1.7  # how much wider the pitch prior is where no plan says how high a phrase lies
EDGE = 5  # semitones from the ends of the range within which pitches cost
# Values ago below which what a memory proposes is said again at once, and is no return.
MOTIF_AGE, SHAPE_AGE = 16, 4
# How much of a bias a proposal gets, by how many values agree (`MATCH`): after twelve it is a loop, and no
# idea that comes back.
BY_MATCH = (0.25, 0.5, 0.75, 1.0, 1.0, -1.0)
SHAPES = MEMORIES  # the kind of memory that proposes degrees, behind those that propose values
MIDDLE_ABOVE = 2.5  # semitones: people's middle above that of the instrument's range
# A half note or more is heard against the chord.
HELD = tuple(k for k, length in enumerate(LENGTHS) if length >= 2 * TICKS_PER_BEAT)
# (78,): rests, up to a beat the longer the more
REST_LENGTH = np.where(IS_REST, TICKS / LENGTHS[2], 0.0).clip(max=2.0)
# STEPS[r, d]: semitones to the nearest pitch that stands d above a root that is r above the last pitch.
STEPS = (np.arange(12)[:, None] + np.arange(12) + 6.0) % OCTAVE - 6


class Preferences:
    """The biases of one line over the form of `tracker`, whose choruses begin at the ticks
    `starts` and which has `chords`.
    """

    def __init__(
        self,
        tracker: ContextTracker,
        controls: Controls,
        tuning: Tuning,
        chords: Sequence[Chord | None],
        *,
        tempo: float,
        starts: Sequence[int] = (0,),
        corrections: Corrections | None = None,
    ) -> None:
        self.tracker, self.controls, self.tuning, self.chords = tracker, controls, tuning, chords
        self.corrections = corrections
        self.form, self.starts = tracker.form, starts
        self.prior = HarmonyPrior(tracker, chords, tempo) if tuning.harmony_prior else None
        held = tuning.held_dissonance_bias * (1 - max(controls.outside, 0.0))
        self._held = [held * _dissonances(chord) for chord in chords] if held else []
        self._middle = tracker.middle + MIDDLE_ABOVE
        self._tessitura = self._middle  # the running one
        self.pacing = Pacing(controls, tracker.form)
        self.plan: UnitBias | None = None  # what it follows
        self.close = tracker.form.length  # the tick from which it comes to rest

    def copy(self, tracker: ContextTracker) -> Preferences:
        """The same preferences for the line of `tracker`, which goes on by itself."""
        other = copy(self)
        other.tracker = tracker
        other.pacing = copy(self.pacing)
        other.plan = self.plan and self.plan.copy(tracker)
        if self.prior is not None:
            other.prior = copy(self.prior)
            other.prior.tracker = tracker
        return other

    def restart(self) -> None:
        """Begin the plan again, as the tracker does the form."""
        if self.plan is not None:
            self.plan.restart()

    def follow(self, value: int, pitch: int | None) -> None:
        """Take note of what is played next, before the tracker moves on."""
        if pitch is not None:
            self._tessitura += (pitch - self._tessitura) / TESSITURA
        if self.pacing.active:
            self.pacing.follow(value, *self._paces())
        if self.plan is not None:
            self.plan.follow(value, pitch)

    def apply(
        self,
        weights: Weights,
        proposals: Sequence[Proposal | None],
        values: Sequence[int],
        pitches: Sequence[int],  # noqa: ARG002 - for preferences that answer a phrase
    ) -> Weights:
        """The network's probabilities as the preferences weigh them.

        Parameters
        ----------
        weights : (78,)
            The probabilities of the next value.
        proposals
            What the motif memories of the tracker go on with.
        values, pitches
            What the line has played so far.

        Returns
        -------
        (78,)
            Weights; what they sum to does not matter.
        """
        controls, tuning = self.controls, self.tuning
        if tuning.degree_temperature != 1:
            weights = _temper_degrees(weights, tuning.degree_temperature)
        if controls.temperature:
            if controls.outside:
                weights = self._move_outside(weights)
            weights = weights * np.exp(controls.temperature * self._biases(proposals))
            if self.prior is not None:
                weights *= self.prior.factors(values) ** (controls.temperature * tuning.harmony_prior)
            if self.pacing.active:
                weights = self.pacing.apply(weights, controls.temperature, *self._paces())
        return weights

    def pitch_cost(self, pitches: Pitches) -> Pitches:
        """The negative logarithm of the Gaussian pitch prior, around what is planned. An arc moves its
        center, and narrows it the more the further it has moved it.
        """
        level = self._level()
        planned = None if self.plan is None else self.plan.height()
        std = self.tuning.pitch_prior_std
        if planned is not None:
            center = planned + ARC_HEIGHT / 2 * level
        else:
            std *= UNPLANNED
            center = self._middle + ARC_HEIGHT / 2 * level if level else (self._middle + self._tessitura) / 2
        return 0.5 * ((pitches - center) * (1 + abs(level)) / std) ** 2

    def _edge_cost(self, pitches: Pitches) -> Pitches:
        """What the ends of the range cost: a line turns before them. The octave of a note that goes there
        is another matter. The less the range is wider than an octave, the less: every pitch is needed there.
        """
        width = self.tracker.high - self.tracker.low
        edge, strength = min(EDGE, width / 6), self.tuning.edge_cost * min(width / OCTAVE - 1, 1.0)
        beyond = np.maximum(pitches - (self.tracker.high - edge), self.tracker.low + edge - pitches)
        cost: Pitches = strength * (np.maximum(beyond, 0) / max(edge, 1)) ** 2
        return cost

    def _level(self) -> float:
        """How far up the arc the present chorus is."""
        return arc_level(self.controls.arc, chorus_at(self.tracker.now, self.starts), len(self.starts))

    def _paces(self) -> tuple[float, float]:
        """How many times the density and the silence of the whole the present chorus is to have."""
        level = self._level()
        return 2 ** (ARC_DENSITY * level), 2 ** (-ARC_RESTS * level)

    def _biases(self, proposals: Sequence[Proposal | None]) -> Weights:
        """(78,): what is added to the logits."""
        tracker, controls, tuning = self.tracker, self.controls, self.tuning
        level = self._level()
        denser, resting = ARC_DENSITY * level, -ARC_RESTS * level
        biases = self._pitch_biases()
        if self.corrections is not None:
            self._correct(biases, self.corrections, proposals)
        if self.plan is not None:
            self.plan.add(biases, lengths=not self.pacing.active or controls.units is not None)
        if self._held:
            self._add_held(biases)
        if self.plan is not None and self.plan.follower.ending(tracker):
            biases -= STOPPING * (self._outsideness() > 0)
        if denser or resting:
            biases += denser * (NOTE_SHORTNESS - REST_LENGTH / 2) + resting * REST_LENGTH
        if controls.motif:
            for proposal in proposals:
                if proposal is not None and proposal.age >= MOTIF_AGE:
                    biases[proposal.value] += controls.motif * tuning.motif_bias * BY_MATCH[proposal.match]
            shape = tracker.shape_proposal()
            if shape is not None and shape.age >= SHAPE_AGE:
                lengths = slice(shape.value * N_LENGTHS, (shape.value + 1) * N_LENGTHS)
                biases[lengths] += controls.motif * tuning.motif_bias * BY_MATCH[shape.match]
        return biases

    def _pitch_biases(self) -> Weights:
        """(78,): what the steps from the last pitch gain by the prior."""
        biases = np.zeros(N_VALUES)
        last, root = self.tracker.last, self.tracker.root
        if last is None:
            return biases
        pitches = last + STEPS[(root - last) % OCTAVE]  # (12,)
        gained = self.pitch_cost(float(last)) - self.pitch_cost(pitches) - self._edge_cost(pitches)
        if self.tracker.now >= self.close:
            gained += HOME_BY_STEP * (abs(pitches - last) <= STEP)
        biases[: OCTAVE * N_LENGTHS] = gained.repeat(N_LENGTHS)
        return biases

    def _correct(
        self, biases: Weights, corrections: Corrections, proposals: Sequence[Proposal | None]
    ) -> None:
        """Add to `biases` (78,), in place, what the corrections have for this context."""
        lengths, degrees = self.tracker.look_up(corrections.values)
        if not self.pacing.active:  # who asks for another density or more rests asks for another rhythm
            biases += lengths[LENGTH_CLASS]
        biases[: OCTAVE * N_LENGTHS] += degrees.repeat(N_LENGTHS)
        if (last := self.tracker.last_degree) >= 0:
            run = min(self.tracker.repeated, RUNS) - 1
            biases[last * N_LENGTHS : (last + 1) * N_LENGTHS] += corrections.runs[run]
        for kind, proposal in enumerate((*proposals, self.tracker.shape_proposal())):
            if proposal is not None:
                first = proposal.value * N_LENGTHS if kind == SHAPES else proposal.value
                last = first + N_LENGTHS if kind == SHAPES else first + 1
                biases[first:last] += corrections.returns[kind, proposal.match, bucket(AGES, proposal.age)]

    def octave_biases(self, near: int) -> Weights:
        """(5,): what is added to the logits of the octaves of a note in a class 0..12 of the step to its
        nearest pitch.
        """
        tracker, biases = self.tracker, np.zeros(len(DISPLACEMENTS))
        if self.corrections is not None and tracker.last is not None:
            biases += self.corrections.octaves[int(tracker.silence > 0), tracker.register, near]
        if self.plan is not None:
            biases += self.plan.octaves(near)
        if tracker.now >= self.close and abs(near - NEAR // 2) <= STEP:
            biases += HOME_BY_STEP * (np.array(DISPLACEMENTS) == 0)
        return self.controls.temperature * biases

    def _add_held(self, biases: Weights) -> None:
        """Correct long notes, in place, by the chord that sounds in their middle: it may be the next one."""
        root, last = self.tracker.root, self.form.length - 1
        for length in HELD:
            middle = min(self.tracker.now + LENGTHS[length] // 2, last)
            held = self._held[self.form.chord_index(middle)]
            biases[length : N_LENGTHS * OCTAVE : N_LENGTHS] += held[root : root + OCTAVE]

    def _move_outside(self, weights: Weights) -> Weights:
        """(78,): notes nearer to or farther from the chord; together they weigh as much as they did."""
        notes, rests = weights[:-N_LENGTHS], weights[-N_LENGTHS:]
        push = self.controls.temperature * self.controls.outside
        moved = notes * np.exp(push * self._outsideness()[: len(notes)])
        if moved.sum() > 0:
            moved *= notes.sum() / moved.sum()
        return np.concatenate([moved, rests])

    def _outsideness(self) -> Weights:
        """(78,): -1 for chord tones, 0 for the scale's, 1 for the others; a rest is neither."""
        chord, root = self.chords[self.form.chord_index(self.tracker.now)], self.tracker.root
        if chord is None:
            return np.zeros(N_VALUES)
        by_degree = np.ones(13)
        by_degree[[(p - root) % 12 for p in chord_scale(chord)]] = 0.0
        by_degree[[(p - root) % 12 for p in chord.pitch_classes]] = -1.0
        by_degree[12] = 0.0
        outsideness: Weights = by_degree[DEGREE]
        return outsideness


def _temper_degrees(weights: Weights, temperature: float) -> Weights:
    """(78,): the degrees of each length at `temperature`; the length's share stays what it was."""
    notes = weights[:-N_LENGTHS].reshape(-1, N_LENGTHS)  # (12, 6)
    tempered = notes ** (1 / temperature)
    totals = tempered.sum(axis=0)
    tempered *= np.divide(notes.sum(axis=0), totals, out=np.zeros(N_LENGTHS), where=totals > 0)
    return np.concatenate([tempered.ravel(), weights[-N_LENGTHS:]])


def _dissonances(chord: Chord | None) -> Weights:
    """(24,): 1 for the pitch classes that are dissonant when they are held over `chord`: outside its scale or
    a semitone above one of its tones. Twice in a row, so that those above any root are a slice.
    """
    dissonant = np.zeros(OCTAVE)
    if chord is not None:
        scale, tones = chord_scale(chord), chord.pitch_classes
        dissonant[[p for p in range(OCTAVE) if p not in scale or (p - 1) % OCTAVE in tones]] = 1.0
        dissonant[list(tones)] = 0.0
    return np.tile(dissonant, 2)
