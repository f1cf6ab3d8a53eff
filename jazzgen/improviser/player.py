"""A line on its way: what it may play next, and what it would rather.

Three things weigh on the probabilities of a network, in this order:

    laws     onsets keep to the grid, nothing passes the end, a silence ends, the last bar comes to rest
    wishes   what `Controls` ask for, as factors on single values: density, rests, outside, motif, arc
    hand     for a model that hears no context: the harmony and the form it knows nothing of (`hand.py`)

Wishes and hand only weigh: what the network gives no chance has none. They are given to the power of the
temperature, which sampling takes back: p^(1/T) times the wish. So a temperature that falls towards 0 ends
where the network alone is heard.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from jazzgen.improviser.controls import Controls, arc_level
from jazzgen.improviser.harmony_prior import Hand
from jazzgen.improviser.originality import Copying
from jazzgen.improviser.sampling import sample
from jazzgen.model.engine import Engine, OctaveInput, StepInput
from jazzgen.music.chords import Chord, chord_scale, parse_chord
from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.tokens.features import DISPLACEMENTS, near_class
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import ALLOWED, DEGREE, IS_REST, LENGTHS, N_VALUES, TICKS

__all__ = ["Player", "play"]

Weights: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Heights = TypeVar("Heights", float, Weights)  # one pitch or several
# What a player asks of the engine: `Engine.step_all` or `Engine.octaves_all`.
Question: TypeAlias = StepInput | OctaveInput

OCTAVE = 12
# No silence is longer than this, at any temperature. A whole rest is mostly followed by another one, so that
# argmax from the zero state plays nothing else until the end.
SILENCE = 8 * TICKS_PER_BEAT
LAST_NOTE = (6, 24)  # ticks: the shortest and the longest note that a solo ends on
GAP = TICKS_PER_BEAT // 2  # a silence this long counts as rest

# The grid's law, and that no triplet is tied over the beat to the next beat's second: nobody writes that, and
# notation programs read it as 16ths.
LAWFUL = ALLOWED.copy()  # (12, 78)
LAWFUL[LENGTHS[1], TICKS >= TICKS_PER_BEAT] = False

# What a motif memory proposes is raised by so much, by how many values agree (2, 3, 4, 6, 8, 12). What
# follows twelve equal values is no idea coming back but a loop.
#              2    3    4    6    8    12
MOTIF = np.array([0.1, 0.4, 0.8, 1.3, 1.3, -1.5])  # fmt: skip
# The same for pitches alone, which come back in another rhythm and are heard as the same idea.
SHAPE = np.array([0.7, 1.2, 1.5, 1.6, 1.5, -1.0])
# People come back to ideas as often in the first 16 bars as later (3 intervals .135 and .145 of the time); a
# line that is leaned on evenly, seldom at first, when it has few (.093), and too often after 96 bars (.197).
# So it is leaned on the harder the less has been played: by (SETTLED / ticks) ** FADING, within limits.
SETTLED, FADING = 52 * 4 * TICKS_PER_BEAT, 0.35
FAINTEST, KEENEST = 0.65, 1.6
FRESH, RIFF = 16, 4  # values ago: what was played later than that is no return, in full or as a shape
# Wishes for notes a bar and for silence are pursued as a thermostat does: by so much a tick, for each unit
# of the logarithm of asked to had, and never beyond the limit.
EAGERNESS = 0.004
LIMIT = 2.5
REMEMBERED = 8 * 4 * TICKS_PER_BEAT  # ticks over which density and silence are measured
# An arc's highest chorus: denser, less silent, higher (semitones), each against the lowest.
ARC_DENSITY, ARC_RESTS, ARC_HEIGHT = 0.35, 0.4, 14.0
# Degrees are drawn a little more soberly than they were learned, rhythm as it was: drawn with all their
# spread, a solo's pitches are evener over the twelve than people's, and drawn with less, its rhythm is
# monotonous.
SHARPNESS = 1.08
# What a line that hears itself does too seldom against people: quarters and longer, and the eighth's rest.
# And too often: tones outside the scale on the beat.
CALM = np.where(TICKS >= TICKS_PER_BEAT, 0.2, np.where(IS_REST & (LENGTHS[2] == TICKS), 0.2, 0.0))  # (78,)
OUTSIDE_ON_BEAT = -0.3
# A half note or more is heard against the chord. What rubs there, outside the chord's scale or a semitone
# above one of its tones, is 15 % of what people hold, and 20 % of what a line does without this.
HELD = tuple(k for k, length in enumerate(LENGTHS) if length >= 2 * TICKS_PER_BEAT)
RUBBING = -1.0
# A line is held together by a bell curve around its home, as a ball in a bowl: so many semitones wide.
HOME_WIDTH = 15.0
# Players are at home above the middle of their range: by 2.6 semitones in the reference corpus, on average.
HOME_ABOVE = 2.5
HOME_MEMORY = 48  # notes over which a line's home follows it, halfway between there and the range's middle
ENOUGH, STUCK = 4, 1.5  # of one pitch in a row, and how much less likely one more is
# (78,): 16ths 1, eighths 0, quarters -1; and rests, up to a beat the longer the more
NOTE_SHORTNESS = np.where(IS_REST, 0.0, -np.log2(TICKS / LENGTHS[2]))
REST_LENGTH = np.where(IS_REST, TICKS / GAP, 0.0).clip(max=2.0)
# STEPS[r, d]: semitones to the nearest pitch that stands d above a root that is r above the last pitch.
STEPS = (np.arange(12)[:, None] + np.arange(12) + 6.0) % OCTAVE - 6


class Player:
    """Plays a line over the form of `tracker`, one value after the other."""

    def __init__(
        self,
        tracker: ContextTracker,
        controls: Controls,
        engine: Engine,
        rng: np.random.Generator,
        *,
        tempo: float,
        choruses: int = 1,
        copying: Copying | None = None,
    ) -> None:
        self.tracker, self.controls, self.engine, self.rng = tracker, controls, engine, rng
        self.form = form = tracker.form
        self.choruses, self.copying = choruses, copying
        self.chords = [parse_chord(change.symbol) for change in form.chords]
        against = RUBBING * (1 - max(controls.outside, 0.0))
        self._rubs = [against * _rubbing(chord) for chord in self.chords]  # what `_hold` adds
        self.values: list[int] = []
        self.pitches: list[int] = []
        self.last_onset = -1
        # The last bar is for coming to rest; where there is one bar only, its second half.
        self.close = form.bar_ticks[-1] or form.length // 2
        self.state = engine.start()
        self.hand = None if engine.spec.features else Hand(tracker, self.chords, tempo)
        self._value: int | None = None
        self._home = tracker.middle + HOME_ABOVE
        self._density = self._rests = 0.0  # how hard is being pushed
        self._had_notes = controls.density or 0.0  # notes a bar, and the share of silence, of late
        self._had_rests = controls.rests or 0.0

    @property
    def landed(self) -> bool:
        """The last note has been played, or there is no room for another."""
        return self.last_onset >= self.close or self.tracker.now >= self.form.length

    def hear(self, value: int, pitch: int | None) -> None:
        """Move on by a value that somebody played."""
        if pitch is not None:
            self._home += (pitch - self._home) / HOME_MEMORY
            if self.copying is not None:
                self.copying.push(pitch)
        self._pursue(value)
        self.tracker.advance(value, pitch)
        self.values.append(value)
        self._value = value

    def prime(self, phrase: Sequence[tuple[int, int | None]], answer: bool) -> None:
        """Hear the values and pitches of a phrase: as the beginning of the line, or with `answer` before
        it.
        """
        beginning = self.tracker.copy() if answer else None
        for value, pitch in phrase:
            _, self.state = self.engine.step(
                self._value,
                self.state,
                self.tracker.active_features(),
                self.tracker.proposals(),
                self.tracker.last_degree,
            )
            if pitch is not None:
                self.pitches.append(pitch)
            self.hear(value, pitch)
        if beginning is not None:
            beginning.adopt_past(self.tracker)
            self.tracker = beginning
            self.values, self.pitches = [], []

    def line(self) -> Generator[Question, Any, None]:
        """Play to the end. What the engine is to answer is yielded, so that it can answer many at once."""
        while not self.landed:
            yield from self.advance()

    def advance(self) -> Generator[Question, Any, None]:
        """Draw the next value, and for a note its pitch, and play it."""
        tracker, controls = self.tracker, self.controls
        proposals = tracker.proposals()
        probs, self.state = yield StepInput(
            self._value, self.state, tracker.active_features(), proposals, tracker.last_degree
        )
        weights = self.lean(probs, proposals)
        value = sample(weights, self.rng, controls.temperature, controls.top_k, controls.top_p)
        pitch = None if IS_REST[value] else (yield from self._place(value))
        if pitch is not None and self._copies_too_much(pitch):
            value, pitch = yield from self._redrawn(weights, value, pitch)
        if pitch is not None:
            self.last_onset = tracker.now
            self.pitches.append(pitch)
        self.hear(value, pitch)

    # ------------------------------------------------------------------------------------------- values

    def lean(self, probs: npt.NDArray[np.float32], proposals: Sequence[Proposal | None]) -> Weights:
        """`probs` (78,) as this place in the form allows and the wishes prefer: weights, not all 0."""
        now, silence = self.tracker.now, self.tracker.silence
        weights = probs.astype(np.float64)
        if self.hand is None:
            weights = _sharpened(weights)
        if self.controls.temperature:
            if self.controls.outside:
                weights = self._outwards(weights)
            weights *= np.exp(self.controls.temperature * self._wishes(proposals))
            if self.hand is not None:
                weights *= self.hand.factors(self.values) ** self.controls.temperature
        # From laws that must hold to wishes that may fail: a place that leaves no choice keeps its law.
        allowed = LAWFUL[now % TICKS_PER_BEAT]  # (78,)
        if now + LENGTHS[-1] > self.form.length:
            allowed = allowed & (now + TICKS <= self.form.length)
        if silence + LENGTHS[-1] > SILENCE:
            allowed = allowed & ~(IS_REST & (silence + TICKS > SILENCE))
        if now + LENGTHS[-1] <= self.close:  # nothing reaches the last bar from here
            return _keep(weights, allowed)
        closing = allowed & self._closing()
        unhurried = closing & (IS_REST | np.greater_equal(TICKS, LAST_NOTE[0]))
        weights = _keep(_keep(weights, allowed), closing)
        return _keep(weights, unhurried) if now >= self.close else weights

    def _closing(self) -> Mask:
        """(78,): in the last bar one note, on a chord tone and by its second beat; silence follows."""
        now = self.tracker.now
        latest = min(self.close + TICKS_PER_BEAT, self.form.length - LAST_NOTE[0])
        in_time: Mask = now + TICKS <= latest
        if now < self.close:
            return in_time
        chord = self.chords[self.form.chord_index(now)]
        root = self.tracker.root
        tones = range(12) if chord is None else [(p - root) % 12 for p in chord.pitch_classes]
        lands: Mask = np.isin(DEGREE, tones) & np.less_equal(TICKS, LAST_NOTE[1])
        return lands | (IS_REST & in_time)

    def _wishes(self, proposals: Sequence[Proposal | None]) -> Weights:
        """(78,): what is added to the logits."""
        controls = self.controls
        level = self._level()
        denser = self._density + ARC_DENSITY * level
        resting = self._rests - ARC_RESTS * level
        wishes = self._homewards()
        if self.hand is None:
            wishes += CALM
            if self.tracker.now % TICKS_PER_BEAT == 0:
                wishes += OUTSIDE_ON_BEAT * np.maximum(self._outside(), 0.0)
            self._hold(wishes)
        if denser or resting:
            wishes += denser * (NOTE_SHORTNESS - REST_LENGTH / 2) + resting * REST_LENGTH
        if controls.motif:
            keen = controls.motif * keenness(self.tracker.now)
            for proposal in proposals:
                if proposal is not None and proposal.age >= FRESH:
                    wishes[proposal.value] += keen * MOTIF[proposal.match]
            shape = self.tracker.contour_proposal()
            if shape is not None and shape.age >= RIFF:
                wishes[lengths_of(shape.value)] += keen * SHAPE[shape.match]
        return wishes

    def _outwards(self, weights: Weights) -> Weights:
        """(78,): notes nearer to or farther from the chord; together they weigh what they did against
        rests.
        """
        notes, rests = weights[: -len(LENGTHS)], weights[-len(LENGTHS) :]
        push = self.controls.temperature * self.controls.outside
        moved = notes * np.exp(push * self._outside()[: len(notes)])
        if moved.sum() > 0:
            moved *= notes.sum() / moved.sum()
        return np.concatenate([moved, rests])

    def _outside(self) -> Weights:
        """(78,): -1 for chord tones, 0 for the scale's, 1 for the others; a rest is neither."""
        k = self.form.chord_index(self.tracker.now)
        chord = self.chords[k]
        if chord is None:
            return np.zeros(N_VALUES)
        root = self.tracker.root
        far = np.ones(13)
        far[[(p - root) % 12 for p in chord_scale(chord)]] = 0.0
        far[[(p - root) % 12 for p in chord.pitch_classes]] = -1.0
        far[12] = 0.0
        weights: Weights = far[DEGREE]
        return weights

    def _hold(self, wishes: Weights) -> None:
        """Make long notes less likely, in place, that rub against the chord in their middle: it may be the
        next one.
        """
        root, last = self.tracker.root, self.form.length - 1
        for length in HELD:
            middle = min(self.tracker.now + LENGTHS[length] // 2, last)
            rubs = self._rubs[self.form.chord_index(middle)]
            wishes[length : len(LENGTHS) * OCTAVE : len(LENGTHS)] += rubs[root : root + OCTAVE]

    def _homewards(self) -> Weights:
        """(78,): the steps towards home that a line has gone far from, and on from a pitch it is stuck on."""
        last = self.tracker.last
        if last is None:
            return np.zeros(N_VALUES)
        steps = STEPS[(self.tracker.root - last) % OCTAVE]  # (12,)
        gained = self._distance(float(last)) - self._distance(last + steps)
        if len(self.pitches) >= ENOUGH and len(set(self.pitches[-ENOUGH:])) == 1:
            gained[(last - self.tracker.root) % OCTAVE] -= STUCK
        weights = np.zeros(N_VALUES)
        weights[: 12 * len(LENGTHS)] = gained.repeat(len(LENGTHS))
        return weights

    def _distance(self, pitches: Heights) -> Heights:
        """How far from home, as the exponent of the bell curve. An arc moves home, and holds to it the harder
        the further it has moved it.
        """
        level = self._level()
        middle = self.tracker.middle + HOME_ABOVE
        home = middle + ARC_HEIGHT / 2 * level if level else (middle + self._home) / 2
        return 0.5 * ((pitches - home) * (1 + abs(level)) / HOME_WIDTH) ** 2

    def _level(self) -> float:
        """How far up the arc the present chorus is."""
        length = self.form.length // self.choruses
        chorus = min(self.tracker.now // length, self.choruses - 1)
        return arc_level(self.controls.arc, chorus, self.choruses)

    def _pursue(self, value: int) -> None:
        """Push the harder the further density and silence are from what is asked for."""
        controls, ticks = self.controls, int(TICKS[value])
        if controls.density is None and controls.rests is None:
            return
        share = min(ticks / REMEMBERED, 1.0)
        level = self._level()
        bar = self.form.beats_at(min(self.tracker.now, self.form.length - 1)) * TICKS_PER_BEAT
        if controls.density is not None:
            notes = 0.0 if IS_REST[value] else bar / ticks  # a bar of such notes
            self._had_notes += share * (notes - self._had_notes)
            asked = controls.density * 2 ** (ARC_DENSITY * level)
            push = EAGERNESS * ticks * np.log(asked / max(self._had_notes, 0.25))
            self._density = float(np.clip(self._density + push, -LIMIT, LIMIT))
        if controls.rests is not None:
            self._had_rests += share * (float(IS_REST[value]) - self._had_rests)
            asked = controls.rests * 2 ** (-ARC_RESTS * level)
            push = 4 * EAGERNESS * ticks * (asked - self._had_rests)
            self._rests = float(np.clip(self._rests + push, -LIMIT, LIMIT))

    # ------------------------------------------------------------------------------------------ pitches

    def _place(self, value: int) -> Generator[Question, Any, int]:
        """The pitch of a note: its octave as the registers have it, within the range."""
        tracker, temperature = self.tracker, self.controls.temperature
        near, there = tracker.octaves(value)
        probs = yield OctaveInput(self.state, value, near_class(near, tracker.last))
        weights = np.where(there, probs, 0.0).astype(np.float64)
        if temperature:
            pitches = near + OCTAVE * np.array(DISPLACEMENTS, np.float64)
            weights *= np.exp(-temperature * (self._distance(pitches) - self._distance(float(near))))
        if not weights.sum() > 0:
            weights = np.array(there, np.float64)
        pitch = near + OCTAVE * DISPLACEMENTS[sample(weights, self.rng, temperature)]
        # After a primer far outside the range no displacement may reach it.
        below, above = tracker.low - pitch, pitch - tracker.high
        return pitch + OCTAVE * (-(-max(below, 0) // OCTAVE) - -(-max(above, 0) // OCTAVE))

    # -------------------------------------------------------------------------------------- originality

    def _copies_too_much(self, pitch: int) -> bool:
        limit = self.controls.max_copied
        return bool(limit) and self.copying is not None and self.copying.would_copy(pitch) > limit

    def _redrawn(
        self, weights: Weights, value: int, pitch: int
    ) -> Generator[Question, Any, tuple[int, int | None]]:
        """Another value and pitch than what would copy too much; if all would, a rest where one may stand."""
        controls = self.controls
        weights = weights.copy()
        while True:
            # Whatever its length, a note of this degree would be the same copy, unless in another octave.
            weights[DEGREE[value] == DEGREE] = 0.0
            if not weights.sum() > 0:
                return value, pitch
            value = sample(weights, self.rng, controls.temperature, controls.top_k, controls.top_p)
            if IS_REST[value]:
                return value, None
            pitch = yield from self._place(value)
            if not self._copies_too_much(pitch):
                return value, pitch


def _sharpened(weights: Weights) -> Weights:
    """(78,): the same rhythm, with likely degrees likelier: for each length its share stays what it was."""
    lengths = len(LENGTHS)
    notes = weights[: N_VALUES - lengths].reshape(-1, lengths)  # (12, 6)
    sharp = notes**SHARPNESS
    totals = sharp.sum(axis=0)
    shares = np.divide(notes.sum(axis=0), totals, out=np.zeros(lengths), where=totals > 0)
    sharp *= shares
    return np.concatenate([sharp.ravel(), weights[N_VALUES - lengths :]])


def _rubbing(chord: Chord | None) -> Weights:
    """(24,): 1 for the pitch classes that rub when they are held over `chord`, twice in a row, so that those
    above any root are a slice.
    """
    rubs = np.zeros(OCTAVE)
    if chord is not None:
        scale, tones = chord_scale(chord), chord.pitch_classes
        rubs[[p for p in range(OCTAVE) if p not in scale or (p - 1) % OCTAVE in tones]] = 1.0
        rubs[list(tones)] = 0.0
    return np.tile(rubs, 2)


def keenness(now: int) -> float:
    """How much harder an earlier idea is leaned on at tick `now` than it was `SETTLED`."""
    ratio = SETTLED / max(now, 1)
    return min(max(float(ratio**FADING), FAINTEST), KEENEST)


def lengths_of(degree: int) -> slice:
    """The values of one degree, of all lengths."""
    return slice(degree * len(LENGTHS), (degree + 1) * len(LENGTHS))


def play(engine: Engine, players: Iterable[Player]) -> None:
    """Let all `players` play to their ends, one value each in turn, with one `engine` that answers all of
    them at once. Nobody hears the others: each plays what it would play alone.
    """
    playing: list[tuple[Generator[Question, Any, None], Question]] = []

    def go_on(line: Generator[Question, Any, None], answer: Any) -> None:
        with suppress(StopIteration):
            playing.append((line, line.send(answer)))

    for player in players:
        go_on(player.line(), None)
    while playing:
        # Octaves first, so that everybody has played its note when the next step is taken together.
        notes = [(line, asked) for line, asked in playing if isinstance(asked, OctaveInput)]
        steps = [(line, asked) for line, asked in playing if isinstance(asked, StepInput)]
        playing = []
        if notes:
            playing = list(steps)
            answers: Sequence[Any] = engine.octaves_all([asked for _, asked in notes])
        else:
            answers = engine.step_all([asked for _, asked in steps])
        for (line, _), answer in zip(notes or steps, answers, strict=True):
            go_on(line, answer)


def _keep(weights: Weights, mask: Mask) -> Weights:
    """`weights` where `mask` is true; the mask itself where nothing else is left; all of them if it is
    empty.
    """
    kept: Weights = weights * mask
    if kept.sum() > 0:
        return kept
    return mask.astype(np.float64) if mask.any() else weights
