"""The harmony prior of a model that hears no context: factors on the probabilities of the 78 values.

The classic model knows the history of values and nothing else: not which chord sounds, nor where in the form
it is. The prior knows the chord and the next one, how a line crosses a chord change by step, which lengths
suit the tempo, that phrases end, and that the same thing is not said three times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord
from jazzgen.music.phrases import PHRASE_GAP
from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import DEGREE, IS_REST, LENGTHS, N_VALUES, REST, TICKS

Weights: TypeAlias = npt.NDArray[np.float64]

# Numbers are factors on the network's probabilities; 1 leaves them alone.
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
LONG_PHRASE = 12 * TICKS_PER_BEAT  # a phrase longer than this is the likelier to end the longer it is
REPEATED = 0.2  # the value that would complete the third turn of a loop
LONGEST_LOOP = 8  # values


class HarmonyPrior:
    """Factors on the next value of a line, where `tracker` stands; `tempo` in beats a minute."""

    def __init__(self, tracker: ContextTracker, chords: Sequence[Chord | None], tempo: float) -> None:
        self.tracker, self.form, self.chords = tracker, tracker.form, chords
        self.sixteenths = min(1.0, (SIXTEENTHS_UP_TO / tempo) ** 1.5)

    def factors(self, values: Sequence[int]) -> Weights:
        """(78,): factors on the network's probabilities after `values`; 1 leaves them alone."""
        return self._harmony() * self._rhythm() * self._phrasing() * self._variety(values)

    def _harmony(self) -> Weights:
        """(78,): chord tones where they count, the next chord just ahead of it, and small steps across a
        change.
        """
        here, root = self.form.chord_index(self.tracker.now), self.tracker.root
        strong = (self.tracker.now - self.form.bar_start(self.tracker.now)) % (2 * TICKS_PER_BEAT) == 0
        by_pitch_class = _by_pitch_class(self.chords[here], ON_STRONG_BEATS if strong else ELSEWHERE)  # (12,)
        ahead = min(here + 1, len(self.chords) - 1)
        if 0 < self.form.chords[ahead].tick - self.tracker.now <= TICKS_PER_BEAT // 2:  # the "and" before it
            by_pitch_class = (by_pitch_class + _by_pitch_class(self.chords[ahead], ELSEWHERE)) / 2
        last, roots = self.tracker.last, self.tracker.table.roots
        if last is not None and roots[self.tracker.last_onset] != root:
            up = (np.arange(12) - last) % 12
            by_pitch_class = by_pitch_class * np.array(CROSSING)[np.minimum(up, 12 - up)]
        by_degree = np.append(by_pitch_class[(root + np.arange(REST)) % 12], 1.0)  # rests: 1
        return by_degree[DEGREE]

    def _rhythm(self) -> Weights:
        """(78,): the lengths that suit the tempo, and the way back to the eighths of the bar."""
        sixteenth = LENGTHS[0] == TICKS
        place = self.tracker.now % LENGTHS[2]
        if place == LENGTHS[0]:
            return np.where(sixteenth, 1.0, DISPLACED)
        return np.where(sixteenth & (place == 0), self.sixteenths, 1.0)

    def _phrasing(self) -> Weights:
        """(78,): rests, the likelier the longer a phrase has lasted."""
        overdue = max(0, self.tracker.phrase_ticks - LONG_PHRASE) / LONG_PHRASE
        return np.where(IS_REST & (TICKS >= PHRASE_GAP // 2), 1.0 + overdue, 1.0)

    def _variety(self, values: Sequence[int]) -> Weights:
        """(78,): less of the value that would complete the third turn of a loop."""
        weights = np.ones(N_VALUES)
        for period in range(1, LONGEST_LOOP + 1):
            turns = values[-(3 * period - 1) :]
            if len(turns) == 3 * period - 1 and turns[period:] == turns[:-period]:
                weights[values[-period]] = REPEATED
        return weights


def _by_pitch_class(chord: Chord | None, factors: tuple[float, float, float]) -> Weights:
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
