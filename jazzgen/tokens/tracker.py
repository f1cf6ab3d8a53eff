"""The context of a line as it goes on: what has been played so far, and the active features of the moment.

`ContextTracker` is the one computation of the context, in training, evaluation and playing alike: it takes
values one by one, with the pitch that each note sounds at. `encode_solo` runs it over a whole solo.
"""

from __future__ import annotations

import math
from copy import copy
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music import score
from jazzgen.music.phrases import PHRASE_GAP
from jazzgen.music.score import Instrument, Progression, Solo
from jazzgen.tokens.features import (
    DISPLACEMENTS,
    FARTHEST,
    LEAP,
    MEMORIES,
    MEMORY,
    N_INTERVALS,
    N_PITCHES,
    N_TEXTURES,
    ONE,
    PHRASE,
    REGISTER,
    SHARE,
    SILENCE,
    STEP,
    FeatureSpec,
    bucket,
    displacement_class,
    form_table,
    near_class,
    nearest_pitch,
)
from jazzgen.tokens.motif import MotifMemory, Proposal
from jazzgen.tokens.octave_counts import NOTHING, OctaveCounts
from jazzgen.tokens.views import CLASSES, NO_SUMS, Place, Sums, ViewCounts
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, N_LENGTHS, N_VALUES, OCTAVE, REST, encode

Shorts: TypeAlias = npt.NDArray[np.int16]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float32]
Halves: TypeAlias = npt.NDArray[np.float16]

NO_RATIOS: Floats = np.zeros((0, CLASSES), np.float32)
UNISON = 128  # is added to the interval of a move, so that it is not negative


class ContextTracker:
    """The state of a line over a form, moved on value by value.

    Parameters
    ----------
    spec
        The features that are asked for.
    form
        The whole progression.
    tempo
        Beats of the grid a minute.
    instrument
        Its range bounds the octaves; its middle is what the register is measured from.
    double_time
        Whether the solo was read in double time.
    player
        A name that `spec` knows, or None.
    most_counted
        How many counts in one context a view goes by at most: a line that hears itself takes its own habits
        farther and farther.
    """

    def __init__(
        self,
        spec: FeatureSpec,
        form: Progression,
        *,
        tempo: float,
        instrument: Instrument,
        double_time: bool = False,
        player: str | None = None,
        most_counted: float = math.inf,
    ) -> None:
        self.spec = spec
        self.form = form
        self.low, self.high, self.middle = instrument.low, instrument.high, instrument.middle
        self.table = form_table(spec, form, tempo, double_time)
        self.now = 0  # tick
        self.last: int | None = None  # the last pitch
        self.last_onset = 0  # the tick of its note
        self.silence = 0  # ticks of rest since then
        self.sixteenths = 0  # notes so short, one right after the other, up to now
        self.repeated = 0  # how often the last pitch was played in a row
        self._phrase_onset = 0
        self._pitches: list[int] = []  # the last three, the latest first
        self._intervals: list[int] = []  # the last two
        self._texture = [0] * N_TEXTURES
        self._values = MotifMemory()
        self._moves = MotifMemory()  # of intervals with lengths
        self._shapes = MotifMemory()  # of pitches alone
        self._views = ViewCounts(most=most_counted) if spec.views else None
        self._octaves = OctaveCounts() if spec.views else None
        self._at = spec.offsets
        index = spec.player_index(player)
        self._player = [] if index is None else [index]

    @classmethod
    def over(cls, solo: Solo, spec: FeatureSpec, player: str | None = None) -> ContextTracker:
        """At the beginning of the form of `solo`, whose notes it does not know."""
        return cls(
            spec,
            solo.progression,
            tempo=solo.grid_tempo,
            instrument=score.instrument(solo.instrument),
            double_time=solo.double_time,
            player=player,
        )

    def copy(self) -> ContextTracker:
        """The same line, to go on by itself: what grows or changes in place is copied, the rest shared."""
        other = copy(self)
        other._texture = self._texture.copy()
        other._values, other._moves, other._shapes = (
            memory.copy() for memory in (self._values, self._moves, self._shapes)
        )
        other._views = self._views and self._views.copy()
        other._octaves = self._octaves and self._octaves.copy()
        return other

    @property
    def root(self) -> int:
        """The root 0..11 that the next value counts from."""
        return self.table.roots[min(self.now, len(self.table.roots) - 1)]

    @property
    def _place(self) -> Place:
        return self.table.places[min(self.now, len(self.table.places) - 1)]

    @property
    def last_degree(self) -> int:
        """The last pitch class above the root that sounds now, 0..11; -1 before the first note."""
        return -1 if self.last is None else (self.last - self.root) % OCTAVE

    @property
    def phrase_ticks(self) -> int:
        """Ticks since the present phrase began; 0 between phrases."""
        return 0 if self._between_phrases else self.now - self._phrase_onset

    @property
    def phrase_class(self) -> int:
        """How long the present phrase has lasted, 0..8, or after a rest the silence, 9..16."""
        if self.silence:
            return len(PHRASE) + bucket(SILENCE, self.silence)
        return bucket(PHRASE, self.phrase_ticks)

    @property
    def _between_phrases(self) -> bool:
        return self.silence >= PHRASE_GAP or self.last is None

    def advance(self, value: int, pitch: int | None) -> None:
        """Move on by `value`; `pitch` is what a note sounded at, None for a rest."""
        length = value % N_LENGTHS
        interval = None
        if self._views is not None:
            self._views.advance(self._place, self.phrase_class, value, pitch)
        if self._octaves is not None and pitch is not None:
            self._octaves.advance(self.nearest(value), pitch)
        if pitch is None:
            self.silence += LENGTHS[length]
            move = length - N_LENGTHS  # -6..-1
        else:
            if self._between_phrases:
                self._phrase_onset = self.now
            self.repeated = self.repeated + 1 if pitch == self.last else 1
            interval = 0 if self.last is None else pitch - self.last
            move = (interval + UNISON) * N_LENGTHS + length
            if self.last is not None:
                self._intervals = [interval, *self._intervals[: N_INTERVALS - 1]]
            self._pitches = [pitch, *self._pitches[: N_PITCHES - 1]]
            self.last, self.last_onset, self.silence = pitch, self.now, 0
        self.now += LENGTHS[length]
        self.sixteenths = 0 if pitch is None or length else self.sixteenths + 1
        if "texture" in self._at:
            self._average(length, interval)
        if self.spec.motif:
            self._values.append(value)
            self._moves.append(move)
            if pitch is not None:
                self._shapes.append(pitch)

    def _average(self, length: int, interval: int | None) -> None:
        """Let the texture averages follow a note of `length` (class 0..5) after `interval`, or a rest
        (None), which says nothing about intervals.
        """
        note = interval is not None
        present = [note and length == k for k in range(3)] + [note and length >= 3, not note]
        if interval is not None:
            present += [abs(interval) <= STEP, abs(interval) >= LEAP]
        for k, true in enumerate(present):
            self._texture[k] += (ONE * true - self._texture[k]) // MEMORY

    def restart(self) -> None:
        """Go back to the beginning of the form; what was played stays in memory."""
        self.now = self.silence = self.sixteenths = self.last_onset = self._phrase_onset = 0

    def active_features(self) -> list[int]:
        """The indices of the active features before the next value; at most `spec.most_active`."""
        at = self._at
        active = [*self.table.active[min(self.now, len(self.table.active) - 1)], *self._player]
        if "pitches" in at:
            root, begin = self.root, at["pitches"]
            active += [begin + 12 * k + (pitch - root) % 12 for k, pitch in enumerate(self._pitches)]
        if "intervals" in at:
            begin = at["intervals"] + FARTHEST
            for k, interval in enumerate(self._intervals):
                active.append(begin + (2 * FARTHEST + 1) * k + max(-FARTHEST, min(FARTHEST, interval)))
        if "register" in at and self.last is not None:
            active.append(at["register"] + self.register)
        if "texture" in at:
            begin = at["texture"]
            active += [begin + len(SHARE) * k + bucket(SHARE, x) for k, x in enumerate(self._texture)]
        if "phrase" in at:
            active.append(at["phrase"] + bucket(PHRASE, self.phrase_ticks))
            active.append(at["phrase"] + len(PHRASE) + bucket(SILENCE, self.silence))
        return active

    def proposals(self) -> list[Proposal | None]:
        """How each motif memory would go on: that of values, and that of intervals with lengths; None where
        nothing matches or the model has no motif memory.
        """
        value, move = self._values.continuation, self._moves.continuation
        return [
            None if value is None else self._values.proposal(value),
            None if move is None else self._moves.proposal(self._value_of(move)),
        ]

    def ratios(self) -> Floats:
        """(16, 12) What the views say of the next value, see `views.ViewCounts.ratios`; (0, 12) for a model
        without views.
        """
        return NO_RATIOS if self._views is None else self._views.ratios(self._place, self.phrase_class)

    def octave_counts(self, near: int) -> Shorts:
        """(4, 5) In which octaves notes were played whose nearest pitch was `near`, see
        `octave_counts.OctaveCounts.counts`; zeros for a model without views.
        """
        return NOTHING if self._octaves is None else self._octaves.counts(near)

    def look_up(self, table: Floats) -> Sums:
        """What `table` has for the next value in the present contexts of the views, see
        `views.ViewCounts.look_up`; nothing for a model without views.
        """
        return NO_SUMS if self._views is None else self._views.look_up(table, self._place, self.phrase_class)

    @property
    def register(self) -> int:
        """The class 0..11 of the last pitch against the middle of the instrument; that of the middle before
        there is any.
        """
        return bucket(REGISTER, 0 if self.last is None else self.last - self.middle)

    def shape_proposal(self) -> Proposal | None:
        """The degree, not the value, with which the latest pitches went on the last time: a passage that
        comes back in another rhythm. No network reads it; a player may prefer it.
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

    def nearest(self, value: int) -> int:
        """The pitch of a note `value` that is nearest to the last one."""
        return nearest_pitch((self.root + value // N_LENGTHS) % OCTAVE, self.last, self.middle)

    def octaves(self, value: int) -> tuple[int, list[bool]]:
        """The nearest pitch of a note `value`, and which of its 5 octaves the instrument has (all where it
        has none).
        """
        near = self.nearest(value)
        possible = [self.low <= near + OCTAVE * octave <= self.high for octave in DISPLACEMENTS]
        return near, possible if any(possible) else [True] * len(possible)


# ------------------------------------------------------------------------------------------------- solos


N_TAUGHT = N_VALUES + len(DISPLACEMENTS)  # a teacher's shares at a value
UNTAUGHT = np.zeros((0, 0), np.float16)
UNCOUNTED = np.zeros((0, *NOTHING.shape), np.int16)


class Encoded(NamedTuple):
    """A solo of T values, and for each what is known before it.

    Of rests `displacement` is -1 and `near` 0.
    """

    values: Ints  # (T,)
    active: Shorts  # (T, most_active) indices of active features, filled up with the width, which is none
    proposed: Shorts  # (T, 2) values that the motif memories propose, -1 for none
    match: Shorts  # (T, 2) classes 0..5 of their matches, 0 for none
    last_degree: Shorts  # (T,) last pitch class above the root that sounds now, -1 before the first note
    displacement: Ints  # (T,) class 0..4 of -2..2 octaves from the nearest pitch
    near: Ints  # (T,) class 0..12 of the step to that pitch
    ratios: Halves  # (T, 16, 12) what the views say; (T, 0, 12) without views
    taught: Halves = UNTAUGHT  # (T, 78 + 5) a teacher's shares of values and octaves; (0, 0) without one
    octaves: Shorts = UNCOUNTED  # (notes, 4, 5) what was counted before each; (0, 4, 5) without views


def encode_solo(spec: FeatureSpec, solo: Solo, player: str | None = None) -> Encoded:
    """The values of `solo` with their context; `player` None for no name."""
    values = encode(solo)
    tracker = ContextTracker.over(solo, spec, player)
    encoded = Encoded(
        values=np.array(values, np.int64),
        active=np.full((len(values), spec.most_active), spec.width, np.int16),
        proposed=np.full((len(values), MEMORIES), -1, np.int16),
        match=np.zeros((len(values), MEMORIES), np.int16),
        last_degree=np.full(len(values), -1, np.int16),
        displacement=np.full(len(values), -1, np.int64),
        near=np.zeros(len(values), np.int64),
        ratios=np.zeros((len(values), spec.views, CLASSES), np.float16),
    )
    pitches, counts = iter([note.pitch for note in solo.notes]), []
    for t, value in enumerate(values):
        active = tracker.active_features()
        encoded.active[t, : len(active)] = active
        encoded.last_degree[t] = tracker.last_degree
        encoded.ratios[t] = tracker.ratios()
        for memory, proposal in enumerate(tracker.proposals()):
            if proposal is not None:
                encoded.proposed[t, memory], encoded.match[t, memory] = proposal.value, proposal.match
        pitch = None
        if not IS_REST[value]:
            pitch, nearest = next(pitches), tracker.nearest(value)
            encoded.displacement[t] = displacement_class(nearest, pitch)
            encoded.near[t] = near_class(nearest, tracker.last)
            counts.append(tracker.octave_counts(nearest))
        tracker.advance(value, pitch)
    return encoded._replace(octaves=np.array(counts)) if spec.views and counts else encoded
