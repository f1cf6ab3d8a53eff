"""Viewpoints: how this solo's own habits differ, so far, from those of the corpus.

A network trained on many solos learns nothing of the soloist while it listens: its loss does not fall along a
solo. Each of the *views* here counts what followed what in the present solo, one class of values in one
context, and says how much more often a class came than in the corpus:

    r(y) = log((n(c, y) + a g(y | c)) / (N(c) + a) / g(y | c))

n are the counts of class y in context c, N their sum, g the share of y in the corpus and `a` how many counts
this share is worth. Each time a context occurs its counts are multiplied by `decay` before the new one is
added. A model adds the r, times weights that it learns, to its logits. A step takes constant time.

    view           context                                             class           rows
    rhythm_place   place in the beat, length class of the last value   length class     156
    rhythm_two     length classes of the last two values               length class     169
    rhythm_three   length classes of the last three values             length class   2,197
    rhythm_bar     16th of the bar                                     length class      64
    rhythm_phrase  how long the phrase, or the silence, has lasted     length class      17
    rhythm_recent  none: the latest values count most                  length class       1
    step           the last two steps, mod 12                          step mod 12      169
    step_three     the last three steps                                step mod 12    2,197
    step_length    the last step, length class of the last value       step mod 12      169
    step_recent    none: the latest notes count most                   step mod 12        1
    quality        which of b3, 3, b5, b7, 7 the chord has             degree            32
    quality_last   the same, and the last degree                       degree           416
    quality_place  the same, and: on the beat, off it, or elsewhere    degree            96
    root           the chord's root                                    degree            12
    last_pitch     the last pitch class                                pitch class       13
    recent         none: the latest notes count most                   pitch class        1

Length classes are 6 of notes and 6 of rests; a rest says nothing about pitch.

Sources: Conklin and Witten, "Multiple viewpoint systems for music prediction", 1995, and Pearce, "The
construction and evaluation of statistical models of melodic structure", 2005 (short-term models); mixing by
learned weights in the logistic domain as in Mahoney, "Adaptive weighing of context models", 2005.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.tokens.vocabulary import IS_REST, N_LENGTHS, N_VALUES, OCTAVE

if TYPE_CHECKING:
    from jazzgen.music.chords import Chord

Numbers: TypeAlias = npt.NDArray[Any]
Sums: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]

CLASSES = 12  # of values that a view tells apart
NO_SUMS: Sums = (np.zeros(CLASSES, np.float32), np.zeros(CLASSES, np.float32))
NONE = CLASSES  # the class before there is any: no last value, step or pitch
QUALITY_TONES = (3, 4, 6, 10, 11)  # above the root
SIXTEENTHS = 64  # of a bar
# A ratio is a whole number of these, so that it is the same on every machine and in half precision.
RESOLUTION = 1 / 64
SHARES_FILE = "view_shares.f16"  # (rows, 12) in half precision, made by recipes/view_shares.py
SHARES_DIGEST = "f954af8241595b2e"  # of it: the first 16 hex digits of its SHA-256


class View(NamedTuple):
    """How many contexts a view has, the weight `a` of the corpus's share in counts, and the decay."""

    name: str
    rows: int
    a: float
    decay: float


N_QUALITIES = 2 ** len(QUALITY_TONES)
N_PHRASES = 17  # how long a phrase has lasted in 9 classes, a silence in 8
VIEWS = (
    View("rhythm_place", 12 * 13, 8, 0.995),
    View("rhythm_two", 13 * 13, 8, 0.995),
    View("rhythm_three", 13 * 13 * 13, 8, 0.998),
    View("rhythm_bar", SIXTEENTHS, 6, 0.998),
    View("rhythm_phrase", N_PHRASES, 8, 0.998),
    View("rhythm_recent", 1, 8, 0.96),
    View("step", 13 * 13, 6, 1.0),
    View("step_three", 13 * 13 * 13, 6, 1.0),
    View("step_length", 13 * 13, 6, 1.0),
    View("step_recent", 1, 8, 0.97),
    View("quality", N_QUALITIES, 12, 0.998),
    View("quality_last", 13 * N_QUALITIES, 8, 1.0),
    View("quality_place", 3 * N_QUALITIES, 10, 0.998),
    View("root", 12, 8, 1.0),
    View("last_pitch", 13, 8, 0.998),
    View("recent", 1, 8, 0.96),
)
N_VIEWS = len(VIEWS)
# What a checkpoint's fingerprint covers: what else the code here does is a matter of its version.
MEANING = (VIEWS, SHARES_DIGEST, QUALITY_TONES, SIXTEENTHS, N_PHRASES)
# In this order of what they predict: lengths, steps, degrees, pitch classes.
N_RHYTHM, N_STEP, N_DEGREE = 6, 4, 4
_STEP, _DEGREE, _PITCH = N_RHYTHM, N_RHYTHM + N_STEP, N_RHYTHM + N_STEP + N_DEGREE
_ROOT = _PITCH - 1  # the view by the chord's root and those behind it know the key
ROWS = sum(view.rows for view in VIEWS)
_FIRST_ROW = np.cumsum([0, *(view.rows for view in VIEWS[:-1])])
_WEIGHT = np.array([view.a for view in VIEWS], np.float32)[:, None]
_DECAY = np.array([view.decay for view in VIEWS], np.float32)[:, None]
_ALL, _RHYTHM = np.arange(N_VIEWS), np.arange(N_RHYTHM)
# All but those of steps: before the first note there is none.
_FIRST_NOTE = np.array([k for k in range(N_VIEWS) if not _STEP <= k < _DEGREE])
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
    """(rows, 12) The shares g of the corpus, a row for each context of each view."""
    stored = files("jazzgen.tokens").joinpath(SHARES_FILE).read_bytes()
    shares = np.frombuffer(stored, "<f2").reshape(ROWS, CLASSES).astype(np.float32)
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def oftener(counts: Numbers, shares: Numbers, a: Numbers | float) -> Numbers:
    """How many times as likely each class is, given what was counted, as its share says: the mean of a
    Dirichlet posterior over that of the prior.

    Parameters
    ----------
    counts : (..., classes)
        n of each class.
    shares : (..., classes)
        g of each class before anything was counted.
    a : (..., 1) or a number
        How many counts the shares are worth.

    Returns
    -------
    (..., classes)
        (n / g + a) / (N + a), which is 1 where nothing was counted.
    """
    ratios: Numbers = (counts / shares + a) / (counts.sum(axis=-1, keepdims=True) + a)
    return ratios


class Place(NamedTuple):
    """A tick of the form: its place in its beat, the 16th of its bar, the root 0..11 and quality of its
    chord.
    """

    in_beat: int
    sixteenth: int
    root: int
    quality: int


class ViewCounts:
    """The counts of one solo, moved on value by value; `copy` costs a small array."""

    __slots__ = ("_decay", "_lengths", "_most", "_pitch", "_steps", "counts", "shares")

    def __init__(
        self, shares: npt.NDArray[np.float32] | None = None, *, decays: bool = True, most: float = np.inf
    ) -> None:
        self.shares = corpus_shares() if shares is None else shares
        self._most = most
        self.counts = np.zeros((ROWS, CLASSES), np.float32)  # n
        self._decay = _DECAY if decays else np.ones_like(_DECAY)
        self._lengths = (NONE, NONE, NONE)  # length classes of the last values, the latest first
        self._steps = (NONE, NONE, NONE)
        self._pitch: int | None = None  # the last

    def copy(self) -> ViewCounts:
        """The same counts, to go on from on their own."""
        other = ViewCounts(self.shares, most=self._most)
        other.counts, other._decay = self.counts.copy(), self._decay
        other._lengths, other._steps, other._pitch = self._lengths, self._steps, self._pitch
        return other

    def _rows(self, place: Place, phrase: int) -> npt.NDArray[np.intp]:
        """(16,) The row of each view's present context."""
        last, before, third = self._lengths
        step, step_before, third_step = self._steps
        pitch_class = NONE if self._pitch is None else self._pitch % OCTAVE
        degree = NONE if self._pitch is None else (self._pitch - place.root) % OCTAVE
        lengths, steps = 13 * before + last, 13 * step_before + step
        accent = 0 if place.in_beat == 0 else 1 if place.in_beat == TICKS_PER_BEAT // 2 else 2
        contexts = (
            13 * place.in_beat + last,
            lengths,
            169 * third + lengths,
            place.sixteenth,
            phrase,
            0,
            steps,
            169 * third_step + steps,
            13 * last + step,
            0,
            place.quality,
            13 * place.quality + degree,
            3 * place.quality + accent,
            place.root,
            pitch_class,
            0,
        )
        return np.asarray(_FIRST_ROW + contexts, np.intp)

    def ratios(self, place: Place, phrase: int) -> npt.NDArray[np.float32]:
        """(16, 12) r of each view at a place and in a class 0..16 of phrase and silence: first of the 12
        length classes, from `N_RHYTHM` on of the 12 degrees above the present root.
        """
        rows = self._rows(place, phrase)
        counts, shares = self.counts[rows], self.shares[rows]
        if np.isfinite(self._most):
            counts *= self._most / np.maximum(counts.sum(axis=1, keepdims=True), self._most)
        r: npt.NDArray[np.float32] = np.log(oftener(counts, shares, _WEIGHT))
        if self._pitch is None:
            r[_STEP:_DEGREE] = 0
        else:
            r[_STEP:_DEGREE] = r[_STEP:_DEGREE, _TURNED[(place.root - self._pitch) % OCTAVE]]
        r[_PITCH:] = r[_PITCH:, _TURNED[place.root]]
        ratios: npt.NDArray[np.float32] = np.rint(r / RESOLUTION) * RESOLUTION
        return ratios

    def look_up(self, table: npt.NDArray[np.float32], place: Place, phrase: int) -> Sums:
        """What `table` (rows, 12) has for the next value at a place and in a class of phrase and silence:
        the sums (12,) of its present rows over length classes, and over degrees above the present root. Rows
        of absolute pitch classes and roots do not count: a key says nothing of what is played in it.
        """
        found = table[self._rows(place, phrase)[:_ROOT]]
        degrees = found[_DEGREE:].sum(axis=0)
        if self._pitch is not None:
            steps = found[_STEP:_DEGREE].sum(axis=0)
            degrees = degrees + steps[_TURNED[(place.root - self._pitch) % OCTAVE]]
        return found[:_STEP].sum(axis=0), degrees

    def advance(self, place: Place, phrase: int, value: int, pitch: int | None) -> None:
        """Count a value.

        Parameters
        ----------
        place, phrase
            Where it was played, and the class of phrase and silence before it.
        value, pitch
            The value, and what a note sounds at; None for a rest.

        Returns
        -------
        None
        """
        rows, length = self._rows(place, phrase), LENGTH_CLASS[value]
        views: npt.NDArray[np.intp]
        classes: tuple[int, ...]
        if pitch is None:
            views, classes = _RHYTHM, (length,) * N_RHYTHM
        else:
            degree, pitch_class = value // N_LENGTHS, pitch % OCTAVE
            pitch_classes = (pitch_class,) * (N_VIEWS - _PITCH)
            views, classes = _FIRST_NOTE, (length,) * N_RHYTHM + (degree,) * N_DEGREE + pitch_classes
            if self._pitch is not None:
                step = (pitch - self._pitch) % OCTAVE
                views, classes = _ALL, (*classes[:_STEP], *(step,) * N_STEP, *classes[_STEP:])
                self._steps = (step, *self._steps[:2])
            self._pitch = pitch
        rows = rows[views]
        self.counts[rows] *= self._decay[views]
        self.counts[rows, classes] += 1
        self._lengths = (length, *self._lengths[:2])
