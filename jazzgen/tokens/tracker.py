"""The context of a line as it goes on: what has been played so far, and the features of the moment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jazzgen.music import score
from jazzgen.music.score import Instrument, Progression, Solo
from jazzgen.tokens.features import (
    BREATH,
    DISPLACEMENTS,
    FARTHEST,
    LEAP,
    MEMORY,
    N_HABITS,
    N_LENGTHS,
    OCTAVE,
    ONE,
    PHRASE,
    REGISTER,
    SHARE,
    SILENCE,
    STEP,
    FeatureSpec,
    Ints,
    Rows,
    bucket,
    form_table,
    near_class,
    nearest_to,
)
from jazzgen.tokens.motif import MEMORIES, UNISON, Memory, Proposal
from jazzgen.tokens.vocabulary import LENGTHS, REST, encode

__all__ = ["ContextTracker", "Encoded", "encode_solo"]


class ContextTracker:
    """Hears a line value by value and says what a player knows before the next one."""

    def __init__(
        self,
        spec: FeatureSpec,
        form: Progression,
        *,
        tempo: float,
        instrument: Instrument,
        double_time: bool = False,
        player: str | None = None,
    ) -> None:
        self.spec = spec
        self.form = form
        self.low, self.high, self.middle = instrument.low, instrument.high, instrument.middle
        self.table = form_table(spec, form, tempo, double_time)
        self.now = 0
        self.last: int | None = None  # the last pitch
        self.last_onset = 0  # the tick of its note
        self.silence = 0
        self._at = spec.offsets
        self.phrase_onset = 0
        self._pitches: list[int] = []  # the last three
        self._intervals: list[int] = []  # the last two
        self._habits = [0] * N_HABITS
        self._values = Memory()
        self._moves = Memory()
        self._shapes = Memory()  # of pitches alone
        row = spec.player_row(player)
        self.player_rows = [] if row is None else [row]

    @property
    def root(self) -> int:
        """The root 0..11 that the next value counts from."""
        return self.table.roots[min(self.now, len(self.table.roots) - 1)]

    def advance(self, value: int, pitch: int | None) -> None:
        """Move on by `value`; `pitch` is what a note sounded at, None for a rest."""
        length = value % N_LENGTHS
        ticks = LENGTHS[length]
        if pitch is None:
            self.silence += ticks
            move = length - N_LENGTHS  # -6..-1
        else:
            if self.silence >= BREATH or not self._pitches:
                self.phrase_onset = self.now
            interval = 0 if self.last is None else pitch - self.last
            move = (interval + UNISON) * N_LENGTHS + length
            self.silence, self.last_onset = 0, self.now
            if self.last is not None:
                self._intervals = [interval, *self._intervals[:1]]
            self._pitches = [pitch, *self._pitches[:2]]
            self.last = pitch
        self.now += ticks
        if "habits" in self._at:
            self._live(length, None if pitch is None else abs(interval))
        if self.spec.motif:
            self._values.hear(value)
            self._moves.hear(move)
            if pitch is not None:
                self._shapes.hear(pitch)

    def _live(self, length: int, interval: int | None) -> None:
        """Let the habits follow a note of `length` (class 0..5) that came by `interval`, or a rest (None)."""
        note = interval is not None
        now = [note and length == k for k in range(3)] + [note and length >= 3, not note]
        if interval is not None:
            now += [interval <= STEP, interval >= LEAP]
        for k, true in enumerate(now):
            self._habits[k] += (ONE * true - self._habits[k]) // MEMORY

    @property
    def last_degree(self) -> int:
        """The last pitch class above the root that sounds now, 0..11; -1 before the first note."""
        return -1 if self.last is None else (self.last - self.root) % OCTAVE

    def restart(self) -> None:
        """Go back to the beginning of the form with what was played in mind."""
        self.now = self.silence = self.last_onset = self.phrase_onset = 0

    def rows(self) -> list[int]:
        """The rows of the context that are 1, before the next value; at most `spec.slots`."""
        at = self._at
        rows = [*self.table.rows[min(self.now, len(self.table.rows) - 1)], *self.player_rows]
        if "pitches" in at:
            root, begin = self.root, at["pitches"]
            for k, pitch in enumerate(self._pitches):
                rows.append(begin + 12 * k + (pitch - root) % 12)
        if "intervals" in at:
            begin = at["intervals"] + FARTHEST
            for k, interval in enumerate(self._intervals):
                rows.append(begin + 25 * k + max(-FARTHEST, min(FARTHEST, interval)))
        if "register" in at and self.last is not None:
            rows.append(at["register"] + bucket(REGISTER, self.last - self.middle))
        if "habits" in at:
            for k, share in enumerate(self._habits):
                rows.append(at["habits"] + len(SHARE) * k + bucket(SHARE, share))
        if "phrase" in at:
            lasted = 0 if self.silence >= BREATH or self.last is None else self.now - self.phrase_onset
            rows.append(at["phrase"] + bucket(PHRASE, lasted))
            rows.append(at["phrase"] + len(PHRASE) + bucket(SILENCE, self.silence))
        return rows

    def proposals(self) -> list[Proposal | None]:
        """What each memory would go on with, of values and of intervals with lengths; None where it has
        nothing or the model has no motif memory.
        """
        value, move = self._values.continuation, self._moves.continuation
        return [
            None if value is None else self._values.proposal(value),
            None if move is None else self._moves.proposal(self._value_of(move)),
        ]

    def shape(self) -> Proposal | None:
        """The degree, not the value, with which the latest pitches went on the last time: an idea that
        comes back in another rhythm. No model learns from it; a player may lean on it.
        """
        pitch = self._shapes.continuation
        return None if pitch is None else self._shapes.proposal((pitch - self.root) % OCTAVE)

    def _value_of(self, move: int) -> int:
        """The value that makes `move` from here, over the chord that sounds now."""
        if move < 0:
            return N_LENGTHS * REST + move + N_LENGTHS
        interval, length = divmod(move, N_LENGTHS)
        pitch = (self.last or 0) + interval - UNISON
        return N_LENGTHS * ((pitch - self.root) % OCTAVE) + length

    def octaves(self, value: int) -> tuple[int, list[bool]]:
        """The nearest pitch of a note `value`, and which of its 5 octaves the instrument has (one at
        least).
        """
        near = self.nearest(value)
        there = [self.low <= near + OCTAVE * octave <= self.high for octave in DISPLACEMENTS]
        return near, there if any(there) else [True] * len(there)

    def nearest(self, value: int) -> int:
        """The pitch of a note `value` that is nearest to the last one."""
        return nearest_to((self.root + value // N_LENGTHS) % OCTAVE, self.last, self.middle)


# ------------------------------------------------------------------------------------------------- solos


class Encoded(NamedTuple):
    """A solo as a model learns it: T values, and for each what a player knew before it.

    `rows` names the 1s of the context, filled up with the layout's width, which is no row. `proposed` and
    `agree` are the proposals of the motif memories, -1 and 0 where there is none. `last` is the last pitch
    class above the root that sounds now, -1 before the first note. For notes `displacement` is the class 0..4
    (-2..2 octaves from the nearest pitch) and `near` the class 0..12 of the step to that pitch; for rests -1
    and 0.
    """

    values: Ints  # (T,)
    rows: Rows  # (T, slots)
    proposed: Rows  # (T, 2)
    agree: Rows  # (T, 2)
    last: Rows  # (T,)
    displacement: Ints  # (T,)
    near: Ints  # (T,)


def encode_solo(spec: FeatureSpec, solo: Solo, player: str | None = None) -> Encoded:
    """The values of `solo` with their context; `player` None for anyone."""
    values = encode(solo)
    tracker = ContextTracker(
        spec,
        solo.progression,
        tempo=solo.grid_tempo,
        instrument=score.instrument(solo.instrument),
        double_time=solo.double_time,
        player=player,
    )
    rows = np.full((len(values), spec.slots), spec.width, np.int16)
    proposed = np.full((len(values), MEMORIES), -1, np.int16)
    agree = np.zeros((len(values), MEMORIES), np.int16)
    last = np.full(len(values), -1, np.int16)
    displacement = np.full(len(values), -1, np.int64)
    near = np.zeros(len(values), np.int64)
    pitches = iter([note.pitch for note in solo.notes])
    first_rest = REST * N_LENGTHS
    for t, value in enumerate(values):
        known = tracker.rows()
        rows[t, : len(known)] = known
        last[t] = tracker.last_degree
        for memory, proposal in enumerate(tracker.proposals()):
            if proposal is not None:
                proposed[t, memory], agree[t, memory] = proposal.value, proposal.agree
        pitch = None
        if value < first_rest:
            pitch = next(pitches)
            nearest = tracker.nearest(value)
            octaves = (pitch - nearest) // OCTAVE
            displacement[t] = min(max(octaves, DISPLACEMENTS[0]), DISPLACEMENTS[-1]) - DISPLACEMENTS[0]
            near[t] = near_class(nearest, tracker.last)
        tracker.advance(value, pitch)
    return Encoded(np.array(values, np.int64), rows, proposed, agree, last, displacement, near)
