"""Hard constraints: which of the 78 values may be played next, at any temperature.

Onsets keep to the grid, in compound beats to eighths: triplets, or long and short ones, which are drawn at 0
and 6 as the network knows them and become 0 and 8 (`grid.in_thirds`); where the network expects 16ths it
plays eighths. At speed few 16ths follow each other. No note passes the end of the form, a silence ends, and
the last bar comes to rest on a chord tone. Each constraint is a mask (78,); where all of them leave no value,
the later ones give way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord
from jazzgen.music.meters import compound_beats_of
from jazzgen.music.score import TICKS_PER_BEAT, Progression
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import ALLOWED, DEGREE, IS_REST, LENGTHS, OCTAVE, TICKS

Weights: TypeAlias = npt.NDArray[np.float64]
Mask: TypeAlias = npt.NDArray[np.bool_]

# A whole rest is mostly followed by another one, so that argmax from the zero state plays nothing else. A
# plan may ask for longer silence.
LONGEST_SILENCE = 8 * TICKS_PER_BEAT
# So many 16ths follow each other from so many beats a minute on: they are 17 a second.
MOST_16THS, TOO_FAST = 2, 250
EIGHTH = TICKS_PER_BEAT // 2
FINAL_NOTE = (12, 24)  # ticks: the shortest and the longest note that a solo ends on
RESTING = (0, 3, 4, 5, 6, 7, 8)  # semitones above the root of the chord tones that a solo comes to rest on

# (12, 78) by the tick in the beat. Besides, no triplet is tied over the beat to the next beat's second: it is
# not written so, and notation programs read it as 16ths.
ON_GRID = ALLOWED.copy()
ON_GRID[LENGTHS[1], TICKS >= TICKS_PER_BEAT] = False
NO_16TH = (LENGTHS[0] != TICKS) | IS_REST  # (78,)
# (12, 78) in a compound beat: no 16ths, but on from a place between eighths, where a beat before has led.
IN_THIRDS = ON_GRID & ((LENGTHS[0] != TICKS) | np.isin(np.arange(TICKS_PER_BEAT) % 6, (3,))[:, None])


class Masks:
    """The constraints of a line over `form`, whose changes are `chords` (None where none sounds).

    A silence ends after `longest_silence` ticks; `filled` holds the last note as long as it can be, `quick`
    lets 16ths follow each other without end.
    """

    def __init__(
        self,
        form: Progression,
        chords: Sequence[Chord | None],
        longest_silence: int = LONGEST_SILENCE,
        filled: bool = False,
        quick: bool = True,
    ) -> None:
        self.form, self.chords, self.longest_silence, self.filled = form, chords, longest_silence, filled
        self.quick = quick
        self.compound = compound_beats_of(form)
        # The last bar is for coming to rest; where there is one bar only, its second half.
        self._last_bar = form.bar_ticks[-1] or form.length // 2
        self.stop_at(form.length)

    def stop_at(self, tick: int) -> None:
        """Let no note pass `tick`. At the end of the form the line comes to rest, before it something follows
        and it does not.
        """
        self.end = tick
        self.close = self._last_bar if tick >= self.form.length else self.form.length

    def apply(self, weights: Weights, tracker: ContextTracker) -> Weights:
        """`weights` (78,) of the next value with what may not be played set to 0; not all of them are."""
        now, silence = tracker.now, tracker.silence
        beat, place = divmod(now, TICKS_PER_BEAT)
        thirds = self.compound is not None and self.compound(beat)
        allowed = (IN_THIRDS if thirds else ON_GRID)[place]  # (78,)
        if thirds and place % 6 == 0:
            weights = _eighths_for_16ths(weights, place)
        if not self.quick and tracker.sixteenths >= MOST_16THS:
            allowed = allowed & NO_16TH
        if now + LENGTHS[-1] > self.end:
            allowed = allowed & (now + TICKS <= self.end)
        if silence + LENGTHS[-1] > self.longest_silence:
            allowed = allowed & ~(IS_REST & (silence + TICKS > self.longest_silence))
        if min(now + LENGTHS[-1], self.end) <= self.close:  # nothing reaches the last bar from here
            return _keep(weights, allowed)
        closing = allowed & self._closing(tracker)
        kept = _keep(_keep(weights, allowed), closing)
        if now < self.close:
            return kept
        return _keep(kept, closing & (IS_REST | np.greater_equal(TICKS, FINAL_NOTE[0])))

    def _closing(self, tracker: ContextTracker) -> Mask:
        """(78,): in the last bar one note, on a chord tone and by its second beat; silence follows."""
        now, root = tracker.now, tracker.root
        latest = min(self.close + TICKS_PER_BEAT, self.form.length - FINAL_NOTE[0])
        in_time: Mask = now + TICKS <= latest
        if now < self.close:
            return in_time
        chord = self.chords[self.form.chord_index(now)]
        tones = list(range(OCTAVE))
        if chord is not None:
            stable = [p for p in chord.pitch_classes if (p - chord.root) % OCTAVE in RESTING]
            tones = [(p - root) % OCTAVE for p in stable]
        long_enough: Mask = np.less_equal(TICKS, FINAL_NOTE[1])
        if self.filled:
            longest = max(ticks for ticks in LENGTHS if now + ticks <= self.form.length)
            long_enough = np.equal(TICKS, longest)
        # A short rest would lead to where no note is long enough.
        waiting = IS_REST & in_time & ((now % EIGHTH != 0) | ((now + TICKS) % EIGHTH == 0))
        ending: Mask = (np.isin(DEGREE, tones) & long_enough) | waiting
        return ending


def _eighths_for_16ths(weights: Weights, place: int) -> Weights:
    """`weights` (78,) where each 16th gives what it has to the eighth of its degree: in the off-beat to a
    quarter's, which ends with the beat.
    """
    by_length = weights.reshape(-1, len(LENGTHS)).copy()  # (13, 6)
    by_length[:, 2 if place else 1] += by_length[:, 0]
    return by_length.ravel()


def _keep(weights: Weights, mask: Mask) -> Weights:
    """`weights` where `mask` is true; where all are 0 there, the mask; where it is empty, all of them."""
    kept: Weights = weights * mask
    if kept.sum() > 0:
        return kept
    return mask.astype(np.float64) if mask.any() else weights
