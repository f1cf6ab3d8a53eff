"""A checkpoint and a progression in, a solo out.

The music is made in three layers, each of which works without the next:

    engine    one step of the network: a value in, the probabilities of the next one out. `Improviser` is the
              NumPy engine; `model.KerasEngine` steps the training layers; their probabilities
              agree.
    player    values, one after the other: `generate_values` is the classic feedback and nothing else;
              `_Player` keeps to the grid and the form, and plays with a hand (below).
    solo      `improvise`: the player's values as notes.

The classic model knows the history of values and nothing else: not which chord sounds, nor where in the
form it is. At temperature 0 it is heard as it is, under three laws: onsets stand on the grid, silences end,
and the line comes to rest in the last bar. At other temperatures a *hand* leans on its probabilities with
what every player knows before playing: the chord and the next one, how to cross a chord change by step, how
fast fingers are, when to breathe, and not to say the same thing three times. The hand only weighs: what the
network gives no chance has none.

Letters: n_a units, 78 values. Times are ticks, 12 a beat. Everything in the engine is float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen import harmony, score, vocabulary
from jazzgen.errors import OptionError
from jazzgen.sampling import check_options, sample
from jazzgen.score import TICKS_PER_BEAT, Progression, Solo
from jazzgen.vocabulary import ALLOWED, LENGTHS, N_VALUES, REST
from jazzgen.weights import (
    DENSOR_BIAS,
    DENSOR_KERNEL,
    LSTM_BIAS,
    LSTM_KERNEL,
    LSTM_RECURRENT,
    Checkpoint,
    FloatArray,
    load_checkpoint,
)

__all__ = [
    "ENGINES",
    "Engine",
    "Improviser",
    "generate_values",
    "improvise",
    "lstm_step",
    "make_engine",
    "softmax",
]

ENGINES = ("numpy", "keras")
State: TypeAlias = tuple[FloatArray, FloatArray]
Weights: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

# What each of the 78 values is: its degree 0..12 and its length in ticks.
DEGREE = np.arange(N_VALUES) // len(LENGTHS)  # (78,)
TICKS: npt.NDArray[np.int_] = np.array(LENGTHS)[np.arange(N_VALUES) % len(LENGTHS)]  # (78,)
IS_REST: Mask = DEGREE == REST  # (78,)


# ------------------------------------------------------------------------------------------------- the engine


class Engine(Protocol):
    """One step of a network that predicts values."""

    def start(self) -> Any:
        """The state before the first value."""

    def step(self, value: int | None, state: Any) -> tuple[FloatArray, Any]:
        """Hear `value` (None before the first) -> the probabilities (78,) of the next, and the new state."""


def lstm_step(drive: FloatArray, a: FloatArray, c: FloatArray, recurrent: FloatArray) -> State:
    """The LSTM cell: a step's input and the state before it -> the state after it, `a` and `c` (..., n_a).

    `drive` (..., 4 n_a) is the input's share, x W + b; `recurrent` is U (n_a, 4 n_a). Both hold the gates
    side by side in Keras's order i, f, c, o: input, forget, candidate, output. Hochreiter and Schmidhuber,
    "Long Short-Term Memory", 1997, with the forget gate of Gers, Schmidhuber and Cummins, 2000.
    """
    n_a = recurrent.shape[0]
    # sigmoid(z) = (tanh(z / 2) + 1) / 2: one tanh for all four gates beats three exp, and cannot overflow.
    scale, shift = _gate_constants(n_a)
    gates = np.tanh((drive + a @ recurrent) * scale) * scale + shift  # (..., 4 n_a)
    i, f, candidate, o = (gates[..., k * n_a : (k + 1) * n_a] for k in range(4))
    c_next = f * c + i * candidate
    return o * np.tanh(c_next), c_next


@lru_cache
def _gate_constants(n_a: int) -> State:
    """Scale and shift that turn one tanh into the sigmoid of i, f, o and leave the candidate's a tanh."""
    half, one, none = (np.full(n_a, x, np.float32) for x in (0.5, 1.0, 0.0))
    return np.concatenate([half, half, one, half]), np.concatenate([half, half, none, half])


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=-1, keepdims=True)
    return shares


class Improviser:
    """The NumPy engine: the LSTM of a checkpoint, stepped by hand. The state is `a` and `c`, each (n_a,)."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.recurrent = checkpoint.arrays[LSTM_RECURRENT]  # (n_a, 4 n_a)
        self.n_a = self.recurrent.shape[0]
        bias = checkpoint.arrays[LSTM_BIAS]
        # A one-hot vector times the kernel is a row of it, and the zero vector leaves the bias alone: row 78.
        self.drives = np.vstack([checkpoint.arrays[LSTM_KERNEL], np.zeros_like(bias)]) + bias  # (79, 4 n_a)
        self.out_kernel = checkpoint.arrays[DENSOR_KERNEL]  # (n_a, 78)
        self.out_bias = checkpoint.arrays[DENSOR_BIAS]  # (78,)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The improviser in the file at `path`; raises `CheckpointError` where it is none."""
        return cls(load_checkpoint(path))

    def start(self) -> State:
        """Zeros: nothing has been heard."""
        return np.zeros(self.n_a, np.float32), np.zeros(self.n_a, np.float32)

    def step(self, value: int | None, state: State) -> tuple[FloatArray, State]:
        """Hear `value` (None: the zero vector) -> the probabilities (78,) of the next, and the state."""
        a, c = lstm_step(self.drives[N_VALUES if value is None else value], *state, self.recurrent)
        return softmax(a @ self.out_kernel + self.out_bias), (a, c)

    def expect(self, values: Sequence[int]) -> FloatArray:
        """What was expected at each step of `values`, having heard those before: (len(values), 78)."""
        probs = np.empty((len(values), N_VALUES), np.float32)
        value, state = None, self.start()
        for t, following in enumerate(values):
            probs[t], state = self.step(value, state)
            value = following
        return probs

    def values_argmax(self, n: int) -> list[int]:
        """`n` values of the classic feedback, as `music_inference_model(n)` gives them."""
        return generate_values(self, n)


def make_engine(checkpoint: Checkpoint, name: str = "numpy") -> Engine:
    """The engine called `name` ("numpy" or "keras") with the weights of `checkpoint`."""
    if name == "numpy":
        return Improviser(checkpoint)
    if name == "keras":
        from jazzgen.model import KerasEngine  # here, because TensorFlow takes seconds to load

        engine: Engine = KerasEngine(checkpoint)
        return engine
    raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {name!r}")


# ------------------------------------------------------------------------------------------------- the player


def generate_values(
    engine: Engine,
    n: int,
    rng: np.random.Generator | None = None,
    *,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> list[int]:
    """`n` values, each fed back to give the next, and nothing else: no grid, no form, no hand.

    Temperature 0 is the classic argmax feedback and needs no `rng`.
    """
    if rng is None and temperature != 0:
        raise OptionError(f"a temperature of {temperature} needs a generator to draw with; give rng")
    rng = rng or np.random.default_rng(0)
    values: list[int] = []
    value, state = None, engine.start()
    for _ in range(n):
        probs, state = engine.step(value, state)
        value = sample(probs, rng, temperature, top_k, top_p)
        values.append(value)
    return values


# How the hand leans. Numbers are factors on the network's probabilities; 1 leaves them alone.
#                  chord tone  other  clash
ON_STRONG_BEATS = (1.35,       0.85,  0.4)  # fmt: skip
ELSEWHERE       = (1.1,        1.0,   0.6)  # fmt: skip
# A chord has changed: by how many semitones (0..6, either way) the line goes on from its last pitch class.
CROSSING = (0.7, 1.6, 1.5, 1.1, 1.0, 0.8, 0.6)
# Sixteenths are for slow tempos: up to this many beats a minute as many as the network likes, above it
# (this / tempo) ** 1.5 as many. Measured over ten built-in forms, 60 % of a take's notes are then 16ths at a
# tempo of 66, 19 % at 160 and 6 % at 220; the reference corpus has 58, 38 and 20 % there, but it counts each
# eighth that was played late as 16ths.
SIXTEENTHS_UP_TO = 110
# For the same reason a third of the corpus's notes stand on a second or fourth 16th. A line that got there is
# to come back by another 16th rather than to stay off by one.
DISPLACED = 0.6
BREATH = TICKS_PER_BEAT  # a silence this long ends a phrase
PHRASE = 12 * TICKS_PER_BEAT  # a phrase longer than this wants to breathe more and more
# No silence is longer than this, at any temperature. A whole rest is mostly followed by another one, so that
# argmax from the zero state plays nothing else until the end.
SILENCE = 8 * TICKS_PER_BEAT
REPEATED = 0.2  # what would say the same thing for the third time running
LONGEST_LOOP = 8  # values
LAST_NOTE = (6, 24)  # ticks: the shortest and the longest note that a solo ends on
LEVEL = 80  # every note's velocity; accents and phrases are a matter of feel, see feel.py


@dataclass
class _Player:
    """Where a line stands, and what it may and would rather play next."""

    form: Progression
    tempo: float
    hand: float  # how strongly the hand leans, as a power: 0 not at all
    now: int = 0
    values: list[int] = field(default_factory=list)
    last_onset: int = -1
    last_pitch_class: int = 0
    phrase_onset: int = 0

    def __post_init__(self) -> None:
        self.roots = harmony.reference_roots(self.form)
        self.chords = [harmony.parse_chord(change.symbol) for change in self.form.chords]
        # The last bar is for coming to rest; where there is one bar only, its second half.
        self.close = self.form.bar_ticks[-1] or self.form.length // 2
        self.silence = 0
        self.sixteenths = min(1.0, (SIXTEENTHS_UP_TO / self.tempo) ** 1.5)

    def play(self, value: int) -> None:
        """Move on by `value`."""
        if IS_REST[value]:
            self.silence += int(TICKS[value])
        else:
            if self.silence >= BREATH:
                self.phrase_onset = self.now
            self.silence = 0
            self.last_onset = self.now
            self.last_pitch_class = int(self._root() + DEGREE[value]) % 12
        self.values.append(value)
        self.now += int(TICKS[value])

    def lean(self, probs: FloatArray) -> Weights:
        """`probs` (78,) as this place in the form allows and the hand prefers: weights, not all 0."""
        hand = self._harmony() * self._rhythm() * self._breath() * self._variety()
        weights = probs * hand**self.hand
        # From laws that must hold to wishes that may fail: a place that leaves no choice keeps its law.
        allowed = ALLOWED[self.now % TICKS_PER_BEAT] & (self.now + TICKS <= self.form.length)  # (78,)
        allowed &= ~(IS_REST & (self.silence + TICKS > SILENCE))
        closing = allowed & self._closing()
        unhurried = closing & (IS_REST | np.greater_equal(TICKS, LAST_NOTE[0]))
        weights = _keep(_keep(weights, allowed), closing)
        return _keep(weights, unhurried) if self.now >= self.close else weights

    @property
    def landed(self) -> bool:
        """The last note has been played, or there is no room for another."""
        return self.last_onset >= self.close or self.now >= self.form.length

    def _root(self) -> int:
        return self.roots[self.form.chord_index(self.now)]

    def _harmony(self) -> Weights:
        """(78,): chord tones where they count, the next chord just ahead of it, and small steps across a
        change.
        """
        here = self.form.chord_index(self.now)
        strong = (self.now - self.form.bar_start(self.now)) % (2 * TICKS_PER_BEAT) == 0
        by_pitch_class = _leaning(self.chords[here], ON_STRONG_BEATS if strong else ELSEWHERE)  # (12,)
        ahead = min(here + 1, len(self.chords) - 1)
        if 0 < self.form.chords[ahead].tick - self.now <= TICKS_PER_BEAT // 2:  # the "and" before it
            by_pitch_class = (by_pitch_class + _leaning(self.chords[ahead], ELSEWHERE)) / 2
        if self.last_onset >= 0 and self.roots[self.form.chord_index(self.last_onset)] != self.roots[here]:
            up = (np.arange(12) - self.last_pitch_class) % 12
            by_pitch_class = by_pitch_class * np.array(CROSSING)[np.minimum(up, 12 - up)]
        by_degree = np.append(by_pitch_class[(self.roots[here] + np.arange(REST)) % 12], 1.0)  # rests: 1
        return by_degree[DEGREE]

    def _rhythm(self) -> Weights:
        """(78,): the lengths that suit the tempo, and the way back to the eighths of the bar."""
        sixteenth = LENGTHS[0] == TICKS
        place = self.now % LENGTHS[2]
        if place == LENGTHS[0]:
            return np.where(sixteenth, 1.0, DISPLACED)
        return np.where(sixteenth & (place == 0), self.sixteenths, 1.0)

    def _breath(self) -> Weights:
        """(78,): rests, the likelier the longer a phrase has lasted."""
        overdue = max(0, self.now - self.phrase_onset - PHRASE) / PHRASE if self.silence < BREATH else 0.0
        return np.where(IS_REST & (TICKS >= BREATH // 2), 1.0 + overdue, 1.0)

    def _variety(self) -> Weights:
        """(78,): against the value that would complete the third turn of a loop."""
        weights = np.ones(N_VALUES)
        for period in range(1, LONGEST_LOOP + 1):
            turns = self.values[-(3 * period - 1) :]
            if len(turns) == 3 * period - 1 and turns[period:] == turns[:-period]:
                weights[self.values[-period]] = REPEATED
        return weights

    def _closing(self) -> Mask:
        """(78,): in the last bar one note, on a chord tone and by its second beat; silence follows."""
        latest = min(self.close + TICKS_PER_BEAT, self.form.length - LAST_NOTE[0])
        in_time: Mask = self.now + TICKS <= latest
        if self.now < self.close:
            return in_time
        chord = self.chords[self.form.chord_index(self.now)]
        tones = range(12) if chord is None else [(p - self._root()) % 12 for p in chord.pitch_classes]
        lands: Mask = np.isin(DEGREE, tones) & np.less_equal(TICKS, LAST_NOTE[1])
        return lands | (IS_REST & in_time)


def _leaning(chord: harmony.Chord | None, factors: tuple[float, float, float]) -> Weights:
    """(12,): the factor of each pitch class over `chord`; a clash is the third or seventh that it has not."""
    if chord is None:
        return np.ones(12)
    tone, other, clash = factors
    weights = np.full(12, other)
    for minor, major in ((3, 4), (10, 11)):
        pair = [(chord.root + minor) % 12, (chord.root + major) % 12]
        if len(chord.pitch_classes.intersection(pair)) == 1:
            weights[pair] = clash
    weights[list(chord.pitch_classes)] = tone
    return weights


def _keep(weights: Weights, mask: Mask) -> Weights:
    """`weights` where `mask` is true; the mask itself where nothing else is left; all of them if it is
    empty.
    """
    if not mask.any():
        return weights
    kept = np.where(mask, weights, 0.0)
    return kept if kept.sum() > 0 else mask.astype(np.float64)


# --------------------------------------------------------------------------------------------------- the solo


def improvise(
    checkpoint: Checkpoint,
    progression: Progression,
    rng: np.random.Generator,
    *,
    choruses: int = 1,
    tempo: float = 160.0,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 0.95,
    instrument: str = "tenor-sax",
    engine: str = "numpy",
) -> Solo:
    """Improvise `choruses` times over `progression`; `tempo` in quarter notes a minute.

    The solo's progression is the form `choruses` times over, exactly; no note passes its end, and the line
    comes to rest on a chord tone in its last bar. The same arguments and the same state of `rng` give the
    same solo, whichever engine steps. Raises `OptionError` for an option outside its range,
    `CheckpointError` for a checkpoint that this version cannot play.
    """
    check_options(temperature, top_k, top_p)
    score.instrument(instrument)  # known?
    if not tempo > 0:
        raise OptionError(f"tempo must be above 0 quarter notes a minute, received {tempo}")
    form = progression.repeat(choruses)
    # To the power of the temperature, which sampling takes back: p^(1/T) times the hand. So a temperature
    # that falls towards 0 ends where the network alone is heard.
    player = _Player(form, tempo, hand=temperature)
    network = make_engine(checkpoint, engine)
    value, state = None, network.start()
    while not player.landed:
        probs, state = network.step(value, state)
        value = sample(player.lean(probs), rng, temperature, top_k, top_p)
        player.play(value)
    return vocabulary.decode(player.values, form, instrument=instrument, tempo=tempo, velocity=LEVEL)
