"""How a player follows a plan: biases of the next value and of its octave."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy

import numpy as np

from jazzgen.improviser.masks import Weights
from jazzgen.music.phrases import PHRASE_GAP
from jazzgen.music.units import Unit
from jazzgen.tokens.features import DISPLACEMENTS, NEAR
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.unit_context import EARLY, UnitFollower, UnitRows, UnitTables, repeat_biases
from jazzgen.tokens.views import LENGTH_CLASS
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, N_LENGTHS, OCTAVE, TICKS

_CLASSES = np.arange(OCTAVE)
KEPT = 8.0  # nats
# Nats against notes behind a given plan, before the last bar, and against rests of a triplet, which lead to
# one: after long silence the network insists.
OVER = 40.0
# What a line that hears itself does more than people. Nats against a rest that would end a unit of fewer
# notes, and against one where the next unit should have begun.
CRUMBLING, LEAST_NOTES = 1.0, 3
OVERDUE = 3.0
# Nats for a rest that ends a phrase which lasts twice as long as there is breath: lines run on from one unit
# into the next.
OUT_OF_BREATH = 12.0
LEADING_ON = ~IS_REST | np.equal(TICKS, LENGTHS[1])  # (78,)
ENDING = IS_REST & (TICKS >= PHRASE_GAP)  # (78,)


class UnitBias:
    """The biases of a line that follows `units`; moved on before `tracker` moves. Silence that is `given` is
    kept more strictly than people keep what is read from them. There is `breath` for so many ticks.
    """

    def __init__(
        self,
        tables: UnitTables,
        units: Sequence[Unit],
        tracker: ContextTracker,
        *,
        given: bool = False,
        breath: float = math.inf,
    ) -> None:
        self._given, self._breath = given, breath
        self._tables, self._tracker, self.follower = tables, tracker, UnitFollower(units)
        self._rows: tuple[int, UnitRows | None] = (-1, None)  # of the tick

    def copy(self, tracker: ContextTracker) -> UnitBias:
        """The same place in the plan, for the line of `tracker`, which goes on by itself."""
        other = copy(self)
        other._tracker, other.follower = tracker, self.follower.copy()
        return other

    def restart(self) -> None:
        """Begin with the first unit again."""
        self.follower, self._rows = UnitFollower(self.follower.units), (-1, None)

    def follow(self, value: int, pitch: int | None) -> None:
        """Take note of what is played next, before the tracker moves on."""
        self.follower.advance(self._tracker, value, pitch)

    def add(self, biases: Weights, *, lengths: bool) -> None:
        """Add to `biases` (78,), in place, what the plan says of the next value; with `lengths` also of its
        length, and whether it is a rest.
        """
        rows, tables, tracker = self._now(), self._tables, self._tracker
        before_close = tracker.now < tracker.form.bar_ticks[-1]
        if self._given and lengths and before_close and self.follower.over(tracker):
            biases[LEADING_ON] -= OVER
        if rows is None:
            return
        repeated = None if rows.repeat is None else repeat_biases(tables.repeats, rows.repeat)
        if lengths:
            by_length = tables.lengths[list(rows.lengths)].sum(axis=0)
            if repeated is not None:
                length, gained, _ = repeated
                by_length[length] += gained
            biases += by_length[LENGTH_CLASS]
            if self._given:
                biases -= KEPT * self.follower.breaks(tracker)
            else:
                self._hold(biases)
        if tracker.last is not None and repeated is not None:
            by_degree = repeated[2][(_CLASSES + tracker.root - tracker.last) % OCTAVE]
            biases[: OCTAVE * N_LENGTHS] += by_degree.repeat(N_LENGTHS)

    def _hold(self, biases: Weights) -> None:
        """Correct `biases` (78,), in place, where people's lines would not be."""
        tracker = self._tracker
        if self.follower.late(tracker) > EARLY:
            biases[IS_REST] -= OVERDUE
        elif self.follower.begun(tracker) < LEAST_NOTES:
            biases[ENDING] -= CRUMBLING
        elif tracker.phrase_ticks > self._breath:
            biases[ENDING] += OUT_OF_BREATH * (tracker.phrase_ticks / self._breath - 1)

    def octaves(self, near: int) -> Weights:
        """(5,): what is added to the logits of the octaves of a note in a class 0..12 of the step to its
        nearest pitch.
        """
        rows, biases = self._now(), np.zeros(len(DISPLACEMENTS))
        repeat = None if rows is None else rows.repeat
        if repeat is not None and repeat.interval is not None:
            intervals = near - NEAR // 2 + OCTAVE * np.array(DISPLACEMENTS)
            biases[intervals == repeat.interval] += self._tables.repeats[1, repeat.agreed[1]]
        return biases

    def height(self) -> float | None:
        """The mean pitch that what is left of the unit is to have; None after the last unit."""
        return self.follower.height(self._tracker)

    def _now(self) -> UnitRows | None:
        now = self._tracker.now
        if self._rows[0] != now:
            self._rows = now, self.follower.rows(self._tracker)
        return self._rows[1]
