"""The context features of a step: which a model reads, and those that the place in the form determines.

The context of a value is a *multi-hot* vector of `width` features, all of it known before the value is
drawn. It is kept as the indices of the active features, so that a network multiplies it with a kernel by
looking rows up:

    feature    what it encodes                                                           width  active at once
    beat       place in the beat (ticks) and beat of the bar                             12+8   2
    chord      pitch classes above the chord's root; the bass; or that there is none     12+12+1   14
    next       the next chord: its root and pitch classes above this root; ticks until   12+12+9   14
    form       bars since the section began, until it ends, until the solo ends          8+8+6  3
    pitches    the last three pitch classes above the root that sounds *now*             3*12   3
    intervals  the last two intervals in semitones, -12..12                              2*25   2
    register   the last pitch against the middle of the instrument                       12     1
    phrase     how long the present phrase and the present silence last                  9+8    2
    texture    moving averages over the last 30 or so values: shares of 16ths,           7*6    7
               triplets, eighths, longer ones and rests; of the intervals, steps and leaps
    tempo      beats of the grid a minute; read in double time                           9+1    2
    player     the player: one feature a name of the training solos, none if unnamed     names  1
    motion     the last pitch class above the root, from which a value is an interval    none
    motif      what followed the last time the latest 2 to 12 values were played in      none
               this solo, and the same of intervals with lengths
    views      how this solo's habits differ from the corpus's so far, see `views.py`     none

Everything is relative to the chord's root, as the 78 values are, so transposing a solo changes nothing.

*Motion* lets a model predict a next note in two ways at once: as a degree of the chord and as an interval
from the last pitch. Without it a network must learn the conversion for each of twelve roots under the same
interval; its lines changed direction too often. *Motif* is no feature among others but a *proposal*: a value
that would continue an earlier passage, and how many values match. A model adds to the logit of what is
proposed a bias that it learns for each length of match, so that returning to an idea is learned once and not
for each of 78 values.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from jazzgen.errors import OptionError
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.phrases import PHRASE_GAP
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import TICKS_PER_BEAT, Progression
from jazzgen.tokens import views
from jazzgen.tokens.vocabulary import OCTAVE

DISPLACEMENTS = (-2, -1, 0, 1, 2)  # octaves from the pitch nearest to the last one
# The probabilities of these for a model without an octave head: the nearest in range.
NEAREST_FIRST = (0.01, 0.05, 0.9, 0.04, 0.0)
NEAR = 13  # classes of the interval to that nearest pitch: -6..6

# Where buckets begin; a number belongs to the last bucket that begins at or below it.
UNTIL = (0, 4, 7, 13, 25, 37, 49, 73, 97)  # ticks until the next chord
PHRASE = (0, 1, 12, 24, 48, 96, 144, 192, 288)  # ticks since the phrase began; 0: between phrases
SILENCE = (0, 1, 4, 7, 13, 25, 49, 97)  # ticks of rest so far
REGISTER = (-99, -20, -16, -12, -8, -4, 0, 4, 8, 12, 16, 20)  # semitones from the middle
TEMPO = (0, 80, 110, 140, 170, 200, 230, 260, 300)  # beats of the grid a minute
MATCH = (2, 3, 4, 6, 8, 12)  # tokens that match
MEMORIES = 2  # of values, and of intervals with lengths
# Shares are whole numbers of 1 / ONE, so that they are the same on every machine.
ONE = 2**20
SHARE = tuple(round(share * ONE) for share in (0.0, 0.05, 0.15, 0.3, 0.5, 0.7))
MEMORY = 32  # values after which a share has fallen to 1/e
STEP, LEAP = 2, 5  # semitones: a step is no wider, a leap is no narrower
N_TEXTURES = 7
N_PITCHES, N_INTERVALS = 3, 2  # the last ones
SECTION_BARS = 8
CODA_BARS = 6
BEATS = 8
FARTHEST = 12  # semitones of an interval that is encoded exactly


class Feature(NamedTuple):
    """A group of features: how many there are, how many of them can be active at once, and the constants that
    decide what they mean.
    """

    width: int
    active: int
    meaning: tuple[object, ...] = ()


FEATURES: dict[str, Feature] = {
    "beat": Feature(TICKS_PER_BEAT + BEATS, 2, (BEATS,)),
    "chord": Feature(12 + 12 + 1, 14),
    "next": Feature(12 + 12 + len(UNTIL), 14, (UNTIL,)),
    "form": Feature(SECTION_BARS + SECTION_BARS + CODA_BARS, 3, (SECTION_BARS, CODA_BARS)),
    "pitches": Feature(N_PITCHES * 12, N_PITCHES, (N_PITCHES,)),
    "intervals": Feature(N_INTERVALS * (2 * FARTHEST + 1), N_INTERVALS, (N_INTERVALS, FARTHEST)),
    "register": Feature(len(REGISTER), 1, (REGISTER,)),
    "phrase": Feature(len(PHRASE) + len(SILENCE), 2, (PHRASE, SILENCE, PHRASE_GAP)),
    "texture": Feature(N_TEXTURES * len(SHARE), N_TEXTURES, (N_TEXTURES, SHARE, ONE, MEMORY, STEP, LEAP)),
    "tempo": Feature(len(TEMPO) + 1, 2, (TEMPO,)),
    "player": Feature(0, 1),  # as many as names
    "motion": Feature(0, 0),  # the input of the interval head
    "motif": Feature(0, 0, (MATCH, MEMORIES)),  # proposals
    "views": Feature(0, 0, views.MEANING),  # ratios
}


EARLIER = {"habits": "texture"}  # what version 0.1 called features


@dataclass(frozen=True)
class FeatureSpec:
    """Which groups of features a model reads, in order, and the names of its players."""

    features: tuple[str, ...] = ()
    players: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.features if name not in FEATURES]
        if unknown or len(set(self.features)) != len(self.features):
            now = [f"; {name} is called {EARLIER[name]} now" for name in unknown if name in EARLIER]
            raise OptionError(
                f"context features must be different ones of {', '.join(FEATURES)}, "
                f"received {', '.join(self.features)}{''.join(now)}"
            )
        if ("player" in self.features) != bool(self.players):
            raise OptionError("a context has names of players if and only if it has the feature player")

    def width_of(self, feature: str) -> int:
        """How many features the group `feature` has here."""
        return len(self.players) if feature == "player" else FEATURES[feature].width

    @property
    def offsets(self) -> dict[str, int]:
        """The index of the first feature of each group."""
        offsets, index = {}, 0
        for feature in self.features:
            offsets[feature] = index
            index += self.width_of(feature)
        return offsets

    @property
    def width(self) -> int:
        """The length F of the multi-hot vector."""
        return sum(self.width_of(feature) for feature in self.features)

    @property
    def most_active(self) -> int:
        """How many features can be active at once."""
        return sum(FEATURES[feature].active for feature in self.features)

    @property
    def fingerprint(self) -> str:
        """What a checkpoint's header says of the meaning of its features and displacements; "" without
        features. The vocabulary has a fingerprint of its own.
        """
        meaning = [*((name, FEATURES[name]) for name in self.features), DISPLACEMENTS, NEAR]
        return hashlib.sha256(repr(meaning).encode()).hexdigest()[:16] if self.features else ""

    @property
    def motif(self) -> bool:
        """Whether the model has a motif memory."""
        return "motif" in self.features

    @property
    def views(self) -> int:
        """How many views the model reads: all or none."""
        return views.N_VIEWS if "views" in self.features else 0

    @property
    def motion(self) -> bool:
        """Whether the model predicts notes as intervals too."""
        return "motion" in self.features

    def player_index(self, name: str | None) -> int | None:
        """The feature of the player called `name` (upper or lower case); None for no name.

        Raises `OptionError` with the nearest names for one that the model does not know.
        """
        if not name:
            return None
        known = [player.casefold() for player in self.players]
        if name.casefold() not in known:
            raise OptionError(f"unknown player {name[:80]!r}; {self._near(name)}")
        return self.offsets["player"] + known.index(name.casefold())

    def _near(self, name: str) -> str:
        """What to say to who asks for a player `name`: those whose name, or a word of it, is near."""
        if not self.players:
            return "this model knows no players"
        from difflib import get_close_matches

        words = {word: player for player in self.players for word in player.casefold().split()}
        words |= {player.casefold(): player for player in self.players}
        asked = [name.casefold(), *name.casefold().split()]
        near = [words[word] for one in asked for word in get_close_matches(one[:80], words, n=3, cutoff=0.75)]
        meant = f"did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""
        return f"{meant}'jazzgen players' lists the {len(self.players)} that this model knows"


# ----------------------------------------------------------------------------------- determined by the place


class FormTable(NamedTuple):
    """A form tick by tick: L ticks. Not to be changed: all solos over one form share it."""

    active: list[list[int]]  # (L,) lists of the active features that the place determines
    roots: list[int]  # (L,) root 0..11 that values are counted from
    places: list[views.Place]  # (L,) where each tick is, for the views


@lru_cache(maxsize=8)  # many takes of one form: one table
def form_table(spec: FeatureSpec, form: Progression, tempo: float, double_time: bool = False) -> FormTable:
    """The features that the place in a form determines, for every tick.

    Parameters
    ----------
    spec
        Which features there are.
    form
        The whole progression, of L ticks.
    tempo
        Beats of the grid a minute.
    double_time
        Whether the solo was read in double time.

    Returns
    -------
    FormTable
        L entries.
    """
    roots = reference_roots(form)
    chords = [parse_chord(change.symbol) for change in form.chords]
    at = spec.offsets
    fixed: list[int] = []
    if "tempo" in at:
        fixed = [at["tempo"] + bucket(TEMPO, tempo)] + [at["tempo"] + len(TEMPO)] * double_time
    by_chord = [_chord_features(at, roots, chords, k) for k in range(len(chords))]
    edges = sorted({0, *(section.tick for section in form.sections), form.length})
    qualities = [views.quality_of(chord) for chord in chords]
    table = FormTable([], [], [])
    for bar, (start, end) in enumerate(zip(form.bar_ticks, [*form.bar_ticks[1:], form.length], strict=True)):
        in_bar = _form_features(at, form, edges, bar)
        for tick in range(start, end):
            k = form.chord_index(tick)
            active = fixed + by_chord[k] + in_bar
            if "beat" in at:
                beat, place = divmod(tick - start, TICKS_PER_BEAT)
                active += [at["beat"] + place, at["beat"] + TICKS_PER_BEAT + min(beat, BEATS - 1)]
            if "next" in at and k + 1 < len(chords):
                active.append(at["next"] + 24 + bucket(UNTIL, form.chords[k + 1].tick - tick))
            table.active.append(active)
            table.roots.append(roots[k])
            sixteenth = min((tick - start) // 3, views.SIXTEENTHS - 1)
            at_tick = views.Place((tick - start) % TICKS_PER_BEAT, sixteenth, roots[k], qualities[k])
            table.places.append(at_tick)
    return table


def _chord_features(
    at: dict[str, int], roots: Sequence[int], chords: Sequence[Chord | None], k: int
) -> list[int]:
    active: list[int] = []
    root, chord = roots[k], chords[k]
    if "chord" in at:
        if chord is None:
            active.append(at["chord"] + 24)
        else:
            active += [at["chord"] + (p - root) % 12 for p in sorted(chord.pitch_classes)]
            active.append(at["chord"] + 12 + (chord.bass - root) % 12)
    if "next" in at and k + 1 < len(chords):
        following = chords[k + 1]
        active.append(at["next"] + (roots[k + 1] - root) % 12)
        if following is not None:
            active += [at["next"] + 12 + (p - root) % 12 for p in sorted(following.pitch_classes)]
    return active


def _form_features(at: dict[str, int], form: Progression, edges: Sequence[int], bar: int) -> list[int]:
    if "form" not in at:
        return []
    k = max(bisect_right(edges, form.bar_ticks[bar]) - 1, 0)
    last_bar = len(form.bar_ticks) - 1
    began = form.bar_at(edges[k])
    ends = form.bar_at(edges[k + 1] - 1) if k + 1 < len(edges) else last_bar
    return [
        at["form"] + min(bar - began, SECTION_BARS - 1),
        at["form"] + SECTION_BARS + min(max(ends - bar, 0), SECTION_BARS - 1),
        at["form"] + 2 * SECTION_BARS + min(last_bar - bar, CODA_BARS - 1),
    ]


def bucket(begins: Sequence[float], number: float) -> int:
    """The bucket that `number` belongs to: the last that begins at or below it."""
    return max(bisect_right(begins, number) - 1, 0)


# --------------------------------------------------------------------------------------------------- octaves


def nearest_pitch(pitch_class: int, last: int | None, middle: float) -> int:
    """The pitch of this class nearest to `last`, of two as near the one nearer to the middle; without a last
    one nearest to the middle. Displacements count from here; it may lie outside the instrument's range.
    """
    origin = math.floor(middle) if last is None else last
    up = (pitch_class - origin) % OCTAVE
    upwards = up < OCTAVE // 2 or (up == OCTAVE // 2 and (last is None or last <= middle))
    return origin + (up if upwards else up - OCTAVE)


def displacement_class(near: int, pitch: int) -> int:
    """The class 0..4 of the octaves from the nearest pitch to `pitch`; the farthest for one beyond."""
    octaves = min(max((pitch - near) // OCTAVE, DISPLACEMENTS[0]), DISPLACEMENTS[-1])
    return octaves - DISPLACEMENTS[0]


def near_class(near: int, last: int | None) -> int:
    """The class 0..12 of the step from `last` to the nearest pitch: -6..6 semitones, and 6 without a last."""
    return 6 if last is None else near - last + 6
