"""Viewpoints: how this solo's own habits differ, so far, from those of the corpus.

A network trained on many solos learns nothing of the soloist while it listens: its loss does not fall along a
solo. Each of the eight *views* here counts what followed what in the present solo, one class of values in one
context, and says how much more often a class came than in the corpus:

    r(y) = log((n(c, y) + a g(y | c)) / (N(c) + a) / g(y | c))

n are the counts of class y in context c, N their sum, g the share of y in the corpus and `a` how many counts
this share is worth. Each time a context occurs its counts are multiplied by `decay` before the new one is
added. A model adds the eight r, times weights that it learns, to its logits. A step takes constant time.

    view           context                                             class                        rows
    rhythm_place   place in the beat, length class of the last value   length class                  156
    rhythm_two     length classes of the last two values               length class                  169
    rhythm_bar     16th of the bar                                     length class                   64
    step           the last two steps, mod 12                          step mod 12                   169
    quality        which of b3, 3, b5, b7, 7 the chord has             degree                         32
    last_pitch     the last pitch class                                pitch class                    13
    root           the chord's root                                    degree                         12
    recent         none: the latest notes count most                   pitch class                     1

Length classes are 6 of notes and 6 of rests; a rest says nothing about pitch.

Sources: Conklin and Witten, "Multiple viewpoint systems for music prediction", 1995, and Pearce, "The
construction and evaluation of statistical models of melodic structure", 2005 (short-term models); mixing by
learned weights in the logistic domain as in Mahoney, "Adaptive weighing of context models", 2005.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.tokens.vocabulary import IS_REST, N_LENGTHS, N_VALUES, OCTAVE

if TYPE_CHECKING:
    from jazzgen.music.chords import Chord

CLASSES = 12  # of values that a view tells apart
NONE = CLASSES  # the class before there is any: no last value, step or pitch
QUALITY_TONES = (3, 4, 6, 10, 11)  # above the root
SIXTEENTHS = 64  # of a bar
# A ratio is a whole number of these, so that it is the same on every machine and in half precision.
RESOLUTION = 1 / 64
SHARES_FILE = "view_shares.npy"  # made by recipes/view_shares.py
SHARES_DIGEST = "d49cc749ec877bcd"  # of it: the first 16 hex digits of its SHA-256


class View(NamedTuple):
    """How many contexts a view has, the weight `a` of the corpus's share in counts, and the decay."""

    name: str
    rows: int
    a: float
    decay: float


VIEWS = (
    View("rhythm_place", 12 * 13, 8, 0.995),
    View("rhythm_two", 13 * 13, 8, 0.995),
    View("rhythm_bar", SIXTEENTHS, 6, 0.998),
    View("step", 13 * 13, 6, 1.0),
    View("quality", 2 ** len(QUALITY_TONES), 12, 0.998),
    View("last_pitch", 13, 8, 0.998),
    View("root", 12, 8, 1.0),
    View("recent", 1, 8, 0.96),
)
N_VIEWS = len(VIEWS)
N_RHYTHM = 3  # the first ones predict lengths, the others pitches
ROWS = sum(view.rows for view in VIEWS)
_FIRST_ROW = np.cumsum([0, *(view.rows for view in VIEWS[:-1])])
_WEIGHT = np.array([view.a for view in VIEWS], np.float32)[:, None]
_DECAY = np.array([view.decay for view in VIEWS], np.float32)[:, None]
_ALL, _RHYTHM = np.arange(N_VIEWS), np.arange(N_RHYTHM)
_FIRST_NOTE = np.array([0, 1, 2, 4, 5, 6, 7])  # all but "step": before the first note there is none
# _TURNED[k] turns classes counted from a pitch class into degrees of the root k semitones above it.
_TURNED = (np.arange(CLASSES) + np.arange(CLASSES)[:, None]) % CLASSES
LENGTH_CLASS = [value % N_LENGTHS + N_LENGTHS * bool(IS_REST[value]) for value in range(N_VALUES)]


def quality_of(chord: Chord | None) -> int:
    """Which of `QUALITY_TONES` a chord has, as bits; 0 for no chord."""
    if chord is None:
        return 0
    above = {(pitch - chord.root) % OCTAVE for pitch in chord.pitch_classes}
    return sum(1 << k for k, tone in enumerate(QUALITY_TONES) if tone in above)


@cache
def corpus_shares() -> npt.NDArray[np.float32]:
    """(616, 12) The shares g of the corpus, a row for each context of each view."""
    with files("jazzgen.tokens").joinpath(SHARES_FILE).open("rb") as file:
        shares: npt.NDArray[np.float32] = np.load(file, allow_pickle=False).astype(np.float32)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


class Place(NamedTuple):
    """Where the next value stands: the tick in its beat, the 16th of its bar, the root 0..11 and quality of
    its chord.
    """

    in_beat: int
    sixteenth: int
    root: int
    quality: int


class ViewCounts:
    """The counts of one solo, moved on value by value; `copy` costs a small array."""

    __slots__ = ("_decay", "_lengths", "_pitch", "_steps", "counts", "shares")

    def __init__(self, shares: npt.NDArray[np.float32] | None = None, *, decays: bool = True) -> None:
        self.shares = corpus_shares() if shares is None else shares
        self.counts = np.zeros((ROWS, CLASSES), np.float32)  # n
        self._decay = _DECAY if decays else np.ones_like(_DECAY)
        self._lengths = (NONE, NONE)  # length classes of the last two values, the latest first
        self._steps = (NONE, NONE)
        self._pitch: int | None = None  # the last

    def copy(self) -> ViewCounts:
        """The same counts, to go on from on their own."""
        other = ViewCounts(self.shares)
        other.counts, other._decay = self.counts.copy(), self._decay
        other._lengths, other._steps, other._pitch = self._lengths, self._steps, self._pitch
        return other

    def rows(self, place: Place) -> npt.NDArray[np.intp]:
        """(8,) The row of each view's present context."""
        last, before = self._lengths
        step, step_before = self._steps
        contexts = (
            13 * place.in_beat + last,
            13 * before + last,
            min(place.sixteenth, SIXTEENTHS - 1),
            13 * step_before + step,
            place.quality,
            NONE if self._pitch is None else self._pitch % OCTAVE,
            place.root,
            0,
        )
        return _FIRST_ROW + contexts

    def ratios(self, place: Place) -> npt.NDArray[np.float32]:
        """(8, 12) r of each view: of the 12 length classes, then of the 12 degrees above the present root."""
        rows = self.rows(place)
        counts, shares = self.counts[rows], self.shares[rows]
        total = counts.sum(axis=1, keepdims=True)
        r = np.log((counts / shares + _WEIGHT) / (total + _WEIGHT))
        r[3] = 0 if self._pitch is None else r[3, _TURNED[(place.root - self._pitch) % OCTAVE]]
        r[5], r[7] = r[5, _TURNED[place.root]], r[7, _TURNED[place.root]]
        ratios: npt.NDArray[np.float32] = np.rint(r / RESOLUTION) * RESOLUTION
        return ratios

    def advance(self, place: Place, value: int, pitch: int | None) -> None:
        """Count `value`, played at `place`; `pitch` is what a note sounds at, None for a rest."""
        rows, length = self.rows(place), LENGTH_CLASS[value]
        views: npt.NDArray[np.intp]
        classes: tuple[int, ...]
        if pitch is None:
            views, classes = _RHYTHM, (length,) * N_RHYTHM
        else:
            degree, pitch_class = value // N_LENGTHS, pitch % OCTAVE
            views, classes = _FIRST_NOTE, (length, length, length, degree, pitch_class, degree, pitch_class)
            if self._pitch is not None:
                step = (pitch - self._pitch) % OCTAVE
                views, classes = _ALL, (*classes[:N_RHYTHM], step, *classes[N_RHYTHM:])
                self._steps = (step, self._steps[0])
            self._pitch = pitch
        rows = rows[views]
        self.counts[rows] *= self._decay[views]
        self.counts[rows, classes] += 1
        self._lengths = (length, self._lengths[0])
