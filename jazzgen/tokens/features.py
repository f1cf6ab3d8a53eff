"""What a player knows before the next value: one function, used in training and in playing alike.

The context of a step is a *multi-hot* vector: which of `width` named facts are true. It is kept as the rows
that are 1, one in each *slot* at most, so that a network multiplies it with a kernel by looking rows up:

    feature    what it tells                                                             facts  slots
    beat       place in the beat (ticks) and beat of the bar                             12+8   2
    chord      pitch classes above the chord's root; the bass; or that there is none     12+12+1   14
    next       the next chord: its root and pitch classes above this root; ticks until   12+12+9   14
    form       bars since the section began, until it ends, until the solo ends          8+8+6  3
    pitches    the last three pitch classes above the root that sounds *now*             3*12   3
    intervals  the last two intervals in semitones, -12..12                              2*25   2
    register   the last pitch against the middle of the instrument                       12     1
    phrase     how long the present phrase and the present silence last                  9+8    2
    habits     what the last 30 or so values were like: shares of 16ths, triplets,         7*6    7
               eighths, longer ones and rests; of the intervals, steps and leaps
    tempo      beats of the grid a minute; read in double time                           9+1    2
    player     who plays: one row a name of the training solos, none for anyone          names  1
    motion     the last pitch class above the root, from which a value is a step          none
    motif      what followed the last time the latest 2 to 12 values were played in      none
               this solo, and the same of intervals with lengths

Everything is relative to the chord's root, as the 78 values are, so transposing a solo changes nothing. All
of it is known before the value is drawn. `ContextTracker` is the function: it hears values one by one, with
the pitch that each note got, and says the rows of the moment. `encode_solo` runs it over a whole solo.

*Motion* lets a model say a next note in two ways at once: as a degree of the chord and as a step from the
last pitch. The logits of the twelve steps are turned to where these steps lead over the present root.
Without it a network must learn the turning for each of twelve roots under the same melodic step; its lines
changed direction too often.

The motif memory is no fact among others but a *proposal*: a value that would continue an idea, and how many
of the latest values agree with where it comes from. A model raises the logit of what is proposed by a
strength that it learns for each length of agreement, so that returning to an idea is learned once and not
for each of 78 values. It is the longest-match predictor of PPM's family: Cleary and Witten, "Data compression
using adaptive coding and partial string matching", 1984.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import TICKS_PER_BEAT, Progression
from jazzgen.tokens.vocabulary import LENGTHS

__all__ = [
    "BREATH",
    "DISPLACEMENTS",
    "FARTHEST",
    "FEATURES",
    "FEATURES_FINGERPRINT",
    "LEAP",
    "MATCH",
    "MEMORY",
    "NEAR",
    "NEAREST_FIRST",
    "N_HABITS",
    "N_LENGTHS",
    "OCTAVE",
    "ONE",
    "PHRASE",
    "REGISTER",
    "SHARE",
    "SILENCE",
    "STEP",
    "Feature",
    "FeatureSpec",
    "FormTable",
    "Ints",
    "Rows",
    "bucket",
    "form_table",
    "near_class",
    "nearest_to",
]

Rows: TypeAlias = npt.NDArray[np.int16]
Ints: TypeAlias = npt.NDArray[np.int64]

OCTAVE = 12
N_LENGTHS = len(LENGTHS)
DISPLACEMENTS = (-2, -1, 0, 1, 2)  # octaves from the pitch nearest to the last one
NEAREST_FIRST = (
    0.01,
    0.05,
    0.9,
    0.04,
    0.0,
)  # what a model without registers makes of them: the nearest in range
NEAR = 13  # classes of the interval to that nearest pitch: -6..6

# Where buckets begin; a number belongs to the last bucket that begins at or below it.
UNTIL = (0, 4, 7, 13, 25, 37, 49, 73, 97)  # ticks until the next chord
PHRASE = (0, 1, 12, 24, 48, 96, 144, 192, 288)  # ticks since the phrase began; 0: between phrases
SILENCE = (0, 1, 4, 7, 13, 25, 49, 97)  # ticks of rest so far
REGISTER = (-99, -20, -16, -12, -8, -4, 0, 4, 8, 12, 16, 20)  # semitones from the middle
TEMPO = (0, 80, 110, 140, 170, 200, 230, 260, 300)  # beats of the grid a minute
MATCH = (2, 3, 4, 6, 8, 12)  # values that agree
# Shares are counted in whole millionths or so, which come out the same in NumPy and in a Keras graph.
ONE = 2**20
SHARE = tuple(round(share * ONE) for share in (0.0, 0.05, 0.15, 0.3, 0.5, 0.7))
MEMORY = 32  # values after which a habit is forgotten to 1/e
STEP, LEAP = 2, 5  # semitones: a step is no wider, a leap is no narrower
N_HABITS = 7
BREATH = TICKS_PER_BEAT  # a silence this long ends a phrase
SECTION_BARS = 8
CODA_BARS = 6
BEATS = 8
FARTHEST = 12  # semitones of an interval that is told exactly


class Feature(NamedTuple):
    """A group of facts: how many rows they have and how many of them can be true at once."""

    rows: int
    slots: int


FEATURES: dict[str, Feature] = {
    "beat": Feature(TICKS_PER_BEAT + BEATS, 2),
    "chord": Feature(12 + 12 + 1, 14),
    "next": Feature(12 + 12 + len(UNTIL), 14),
    "form": Feature(SECTION_BARS + SECTION_BARS + CODA_BARS, 3),
    "pitches": Feature(3 * 12, 3),
    "intervals": Feature(2 * (2 * FARTHEST + 1), 2),
    "register": Feature(len(REGISTER), 1),
    "phrase": Feature(len(PHRASE) + len(SILENCE), 2),
    "habits": Feature(N_HABITS * len(SHARE), N_HABITS),
    "tempo": Feature(len(TEMPO) + 1, 2),
    "player": Feature(0, 1),  # as many rows as names
    "motion": Feature(0, 0),  # what the output is turned by, not a fact
    "motif": Feature(0, 0),  # proposals, not facts
}
ONGOING = ("pitches", "intervals", "register", "phrase", "habits")  # told by what has been played


def _fingerprint() -> str:
    """Says whether two versions of this file mean the same by their rows."""
    buckets = (
        UNTIL,
        PHRASE,
        SILENCE,
        REGISTER,
        TEMPO,
        MATCH,
        BREATH,
        SECTION_BARS,
        CODA_BARS,
        BEATS,
        FARTHEST,
    )
    return hashlib.sha256(repr((FEATURES, buckets)).encode()).hexdigest()[:16]


FEATURES_FINGERPRINT = _fingerprint()


@dataclass(frozen=True)
class FeatureSpec:
    """Which features a model uses, in order, and the names of its players: where each feature's rows
    begin.
    """

    features: tuple[str, ...] = ()
    players: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.features if name not in FEATURES]
        if unknown or len(set(self.features)) != len(self.features):
            raise OptionError(
                f"context features must be different ones of {', '.join(FEATURES)}, "
                f"received {', '.join(self.features)}"
            )
        if ("player" in self.features) != bool(self.players):
            raise OptionError("a context has names of players if and only if it has the feature player")

    def rows_of(self, feature: str) -> int:
        """How many rows `feature` has here."""
        return len(self.players) if feature == "player" else FEATURES[feature].rows

    @property
    def offsets(self) -> dict[str, int]:
        """The first row of each feature."""
        offsets, row = {}, 0
        for feature in self.features:
            offsets[feature] = row
            row += self.rows_of(feature)
        return offsets

    @property
    def width(self) -> int:
        """Rows of all features: the length of the multi-hot vector."""
        return sum(self.rows_of(feature) for feature in self.features)

    @property
    def motif(self) -> bool:
        """Whether the model has a motif memory."""
        return "motif" in self.features

    @property
    def motion(self) -> bool:
        """Whether the model says notes as steps too."""
        return "motion" in self.features

    @property
    def slots(self) -> int:
        """How many rows can be 1 at once."""
        return sum(FEATURES[feature].slots for feature in self.features)

    def player_row(self, name: str | None) -> int | None:
        """The row of the player called `name` (upper or lower case); None for anyone.

        Raises `OptionError` that lists the names for one that the model does not know.
        """
        if not name:
            return None
        known = [player.casefold() for player in self.players]
        if name.casefold() not in known:
            names = f"knows {', '.join(self.players)}" if self.players else "knows no players"
            raise OptionError(f"unknown player {name!r}; this model {names}")
        return self.offsets["player"] + known.index(name.casefold())


# ---------------------------------------------------------------------------------------- told by the place


class FormTable(NamedTuple):
    """A form tick by tick: L ticks, the rows of the static features in their slots, and the roots. Nobody may
    change it: those who play the same form share it.
    """

    rows: list[list[int]]  # (L,) lists of rows
    roots: list[int]  # (L,) root 0..11 that values are counted from


@lru_cache(maxsize=8)  # many takes of one form: one table
def form_table(spec: FeatureSpec, form: Progression, tempo: float, double_time: bool = False) -> FormTable:
    """What the place in `form` tells, for every tick; `tempo` in beats of the grid a minute."""
    roots = reference_roots(form)
    chords = [parse_chord(change.symbol) for change in form.chords]
    at = spec.offsets
    fixed: list[int] = []
    if "tempo" in at:
        fixed = [at["tempo"] + bucket(TEMPO, tempo)] + [at["tempo"] + len(TEMPO)] * double_time
    by_chord = [_chord_rows(at, roots, chords, k) for k in range(len(chords))]
    bars = form.bar_ticks
    edges = sorted({0, *(section.tick for section in form.sections), form.length})
    rows: list[list[int]] = []
    roots_by_tick: list[int] = []
    for bar, start in enumerate(bars):
        end = bars[bar + 1] if bar + 1 < len(bars) else form.length
        in_bar = _form_rows(at, form, edges, bar, start)
        for tick in range(start, end):
            k = form.chord_index(tick)
            here = fixed + by_chord[k] + in_bar
            if "beat" in at:
                beat, place = divmod(tick - start, TICKS_PER_BEAT)
                here = [*here, at["beat"] + place, at["beat"] + TICKS_PER_BEAT + min(beat, BEATS - 1)]
            if "next" in at and k + 1 < len(chords):
                until = form.chords[k + 1].tick - tick
                here = [*here, at["next"] + 24 + bucket(UNTIL, until)]
            rows.append(here)
            roots_by_tick.append(roots[k])
    return FormTable(rows, roots_by_tick)


def _chord_rows(
    at: dict[str, int], roots: Sequence[int], chords: Sequence[Chord | None], k: int
) -> list[int]:
    rows: list[int] = []
    root, chord = roots[k], chords[k]
    if "chord" in at:
        if chord is None:
            rows.append(at["chord"] + 24)
        else:
            rows += [at["chord"] + (p - root) % 12 for p in sorted(chord.pitch_classes)]
            rows.append(at["chord"] + 12 + (chord.bass - root) % 12)
    if "next" in at and k + 1 < len(chords):
        following = chords[k + 1]
        rows.append(at["next"] + (roots[k + 1] - root) % 12)
        if following is not None:
            rows += [at["next"] + 12 + (p - root) % 12 for p in sorted(following.pitch_classes)]
    return rows


def _form_rows(
    at: dict[str, int], form: Progression, edges: Sequence[int], bar: int, start: int
) -> list[int]:
    if "form" not in at:
        return []
    k = max(bisect_right(edges, start) - 1, 0)
    began = form.bar_at(edges[k])
    ends = form.bar_at(edges[k + 1] - 1) if k + 1 < len(edges) else len(form.bar_ticks) - 1
    left = len(form.bar_ticks) - 1 - bar
    return [
        at["form"] + min(bar - began, SECTION_BARS - 1),
        at["form"] + SECTION_BARS + min(max(ends - bar, 0), SECTION_BARS - 1),
        at["form"] + 2 * SECTION_BARS + min(left, CODA_BARS - 1),
    ]


def bucket(begins: Sequence[float], number: float) -> int:
    """The bucket that `number` belongs to: the last that begins at or below it."""
    return max(bisect_right(begins, number) - 1, 0)


# --------------------------------------------------------------------------------- told by what was played


def nearest_to(pitch_class: int, last: int | None, middle: float) -> int:
    """The pitch of this class nearest to `last`, of two as near the one nearer to the middle; without a last
    one nearest to the middle. Displacements count from here.
    """
    if last is None:
        return _nearest(pitch_class, math.floor(middle))
    up = (pitch_class - last) % OCTAVE
    if up == OCTAVE // 2:
        return last + 6 if last <= middle else last - 6
    return last + (up if up < OCTAVE // 2 else up - OCTAVE)


def _nearest(pitch_class: int, pitch: int) -> int:
    up = (pitch_class - pitch) % OCTAVE
    return pitch + (up if up <= OCTAVE // 2 else up - OCTAVE)


def near_class(near: int, last: int | None) -> int:
    """The class 0..12 of the step from `last` to the nearest pitch: -6..6 semitones, and 6 without a last."""
    return 6 if last is None else near - last + 6
