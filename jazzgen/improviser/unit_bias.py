"""How a player follows a plan: biases of the next value and of its octave."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np

from jazzgen.improviser.masks import Weights
from jazzgen.music.units import Unit
from jazzgen.tokens.features import DISPLACEMENTS
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.unit_context import UnitFollower, UnitRows, UnitTables
from jazzgen.tokens.views import LENGTH_CLASS
from jazzgen.tokens.vocabulary import N_LENGTHS, OCTAVE

_CLASSES = np.arange(OCTAVE)


class UnitBias:
    """The biases of a line that follows `units`; moved on before `tracker` moves."""

    def __init__(self, tables: UnitTables, units: Sequence[Unit], tracker: ContextTracker) -> None:
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
        if rows is None:
            return
        if lengths:
            by_length = tables.lengths[list(rows.lengths)].sum(axis=0)
            if rows.repeat is not None and rows.repeat.length is not None:
                by_length[rows.repeat.length] += tables.repeats[0, rows.repeat.lengths]
            biases += by_length[LENGTH_CLASS]
        if tracker.last is not None:
            by_step = tables.steps[list(rows.steps)].sum(axis=0)
            if rows.repeat is not None and rows.repeat.step is not None:
                by_step[rows.repeat.step] += tables.repeats[1, rows.repeat.steps]
            by_degree = by_step[(_CLASSES + tracker.root - tracker.last) % OCTAVE]
            biases[: OCTAVE * N_LENGTHS] += by_degree.repeat(N_LENGTHS)

    def octaves(self, near: int) -> Weights:
        """(5,): what is added to the logits of the octaves of a note in a class 0..12 of the step to its
        nearest pitch.
        """
        rows = self._now()
        if rows is None or rows.octaves is None:
            return np.zeros(len(DISPLACEMENTS))
        biases: Weights = self._tables.octaves[rows.octaves, near].astype(np.float64)
        return biases

    def _now(self) -> UnitRows | None:
        now = self._tracker.now
        if self._rows[0] != now:
            self._rows = now, self.follower.rows(self._tracker)
        return self._rows[1]
