"""The sequence model by which chords are inferred: what sounds under a chord, when it changes, and to which.

A chord is a root and one of `FAMILIES`. `harmony.json` holds what `recipes/harmony.py` counted in the
training tunes of the Weimar Jazz Database: in which beat of a bar chords change, how they move (by so many
semitones, from family to family), which tones a walking bass plays at a change and later, and which tones a
soloist. What a chord instrument plays has the `TEMPLATES`, set by hand: there are no transcribed ones to
count.

Letters: T beats, F families, S = 12 F states; state f * 12 + root.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord

Floats = npt.NDArray[np.float64]

HARMONY_FILE = Path(__file__).with_name("harmony.json")
FAMILIES = ("maj", "7", "m", "m7b5", "dim7", "7sus4")
METERS = (3, 4)  # beats a bar of which the changes were counted; others go by strong and weak beats

# How likely a chord instrument is to sound each tone, by semitones above the root. The root (1) has one of
# `ROOTED`: where there is a bass many players leave it out, and all players of a file are of one habit.
TEMPLATES = np.array([
    #  1   b9    9    #9   3    11  #11   5   b13   13  b7    7
    (0.55, 0.02, 0.35, 0.02, 0.90, 0.05, 0.07, 0.55, 0.03, 0.40, 0.02, 0.55),  # maj
    (0.50, 0.12, 0.35, 0.10, 0.88, 0.04, 0.08, 0.40, 0.10, 0.35, 0.90, 0.02),  # 7
    (0.55, 0.02, 0.30, 0.90, 0.02, 0.25, 0.02, 0.60, 0.03, 0.18, 0.75, 0.06),  # m
    (0.55, 0.03, 0.06, 0.88, 0.02, 0.20, 0.88, 0.02, 0.08, 0.03, 0.88, 0.02),  # m7b5
    (0.70, 0.02, 0.06, 0.88, 0.02, 0.06, 0.88, 0.02, 0.06, 0.88, 0.02, 0.06),  # dim7
    (0.80, 0.05, 0.45, 0.02, 0.04, 0.90, 0.02, 0.50, 0.03, 0.30, 0.78, 0.02),  # 7sus4
])  # fmt: skip
ROOTED = (0.8, 0.1)
# The lowest tone of a voicing without its root, where no bass plays one: third or seventh, most often.
LOWEST = np.array([
    (0.06, 0.01, 0.10, 0.01, 0.30, 0.01, 0.02, 0.16, 0.01, 0.12, 0.01, 0.20),  # maj
    (0.05, 0.03, 0.08, 0.03, 0.30, 0.01, 0.02, 0.10, 0.03, 0.08, 0.30, 0.01),  # 7
    (0.06, 0.01, 0.06, 0.32, 0.01, 0.05, 0.01, 0.16, 0.01, 0.03, 0.28, 0.01),  # m
    (0.06, 0.01, 0.02, 0.32, 0.01, 0.03, 0.20, 0.01, 0.02, 0.01, 0.30, 0.01),  # m7b5
    (0.25, 0.01, 0.01, 0.22, 0.01, 0.01, 0.22, 0.01, 0.01, 0.22, 0.01, 0.01),  # dim7
    (0.15, 0.01, 0.10, 0.01, 0.01, 0.26, 0.01, 0.12, 0.01, 0.05, 0.26, 0.01),  # 7sus4
])  # fmt: skip
OPTIONAL = 0.3  # a tone as likely as that may sound or not
# ... and one that plays triads; a seventh makes its dominants.
TRIADS = np.array([
    (0.95, 0.02, 0.05, 0.02, 0.95, 0.02, 0.02, 0.90, 0.02, 0.05, 0.02, 0.05),
    (0.90, 0.02, 0.04, 0.02, 0.93, 0.02, 0.02, 0.80, 0.02, 0.04, 0.95, 0.02),
    (0.95, 0.02, 0.05, 0.95, 0.02, 0.03, 0.02, 0.90, 0.02, 0.03, 0.08, 0.02),
    (0.90, 0.02, 0.02, 0.93, 0.02, 0.03, 0.93, 0.02, 0.02, 0.02, 0.85, 0.02),
    (0.93, 0.02, 0.02, 0.93, 0.02, 0.02, 0.93, 0.02, 0.02, 0.40, 0.02, 0.02),
    (0.93, 0.02, 0.10, 0.02, 0.02, 0.93, 0.02, 0.88, 0.02, 0.02, 0.15, 0.02),
])  # fmt: skip


def family_of(chord: Chord) -> int:
    """The number of the family of a chord, by its third, fifth and seventh."""
    above = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    if 4 in above:
        return FAMILIES.index("7" if 10 in above else "maj")
    if 3 in above:
        if 6 in above and 7 not in above:
            return FAMILIES.index("m7b5" if 10 in above else "dim7")
        return FAMILIES.index("m")
    return FAMILIES.index("7sus4" if 5 in above else "maj")


def state_of(chord: Chord) -> int:
    """The number of a chord's state."""
    return 12 * family_of(chord) + chord.root


def _roots(table: Floats) -> Floats:
    """(F, 12) by semitones above the root -> (S, 12) by pitch class."""
    return np.concatenate([[np.roll(row, root) for root in range(12)] for row in table])


@dataclass(frozen=True, slots=True)
class Harmony:
    """The tables, all natural logarithms but `changes`.

    `moves` (S, S) a change from state to state, `first` (S,) the first chord, `bass_first`, `bass_later`,
    `line`, `lowest` (S, 12) how likely the next tone is; `changes` the probability of a change on each beat
    of a bar, by its beats.
    """

    moves: Floats
    first: Floats
    bass_first: Floats
    bass_later: Floats
    line: Floats
    lowest: Floats
    changes: dict[int, tuple[float, ...]]

    def change(self, place: int, beats: int) -> float:
        """The probability that a chord changes on the beat `place` (from 0) of a bar of `beats`."""
        if beats in self.changes:
            return self.changes[beats][place]
        four = self.changes[4]
        middle = (beats + 1) // 2 if beats > 3 else 0
        return four[0] if place == 0 else four[2] if place == middle or place % 4 == 0 else four[1]


# The bass lines of the corpus were found by a program that errs; so its tables are too flat. What raises them
# to those of bass lines that were played was chosen on training tunes.
SHARPENED = {"bass_first": 3.5, "bass_later": 1.0, "line": 1.0}


def _sharpened(table: Sequence[Sequence[float]], power: float) -> Floats:
    raised = np.array(table) ** power
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


@lru_cache(maxsize=1)
def load_harmony() -> Harmony:
    """The tables that are shipped."""
    stored = json.loads(HARMONY_FILE.read_text(encoding="utf-8"))
    by_move = np.log(np.array(stored["moves"]))  # (F, 12, F): from, semitones up, to
    n = len(FAMILIES)
    moves = np.zeros((n, 12, n, 12))
    for root in range(12):
        for target in range(12):
            moves[:, root, :, target] = by_move[:, (target - root) % 12]
    logs = {name: np.log(_roots(_sharpened(stored[name], power))) for name, power in SHARPENED.items()}
    return Harmony(
        moves=moves.reshape(12 * n, 12 * n),
        first=np.repeat(np.log(np.array(stored["families"]) / 12), 12),
        lowest=np.log(_roots(LOWEST / LOWEST.sum(axis=1, keepdims=True))),
        changes={int(beats): tuple(row) for beats, row in stored["changes"].items()},
        **logs,
    )


def chordal_likelihood(votes: Floats, rooted: float, triads: float, has_bass: bool) -> Floats:
    """The logarithm of how likely what chord instruments play is; tones that are missing count, too.

    Parameters
    ----------
    votes : array (T, 12)
        How much each pitch class counts on each beat, 0..1.
    rooted : float
        One of `ROOTED`.
    triads : float
        The share 0..1 of triads in what they play.
    has_bass : bool
        Whether somebody else plays roots.

    Returns
    -------
    array (T, S)
        For each beat and state.

    """
    sevenths = TEMPLATES.copy()
    # A suspended chord that nobody plays the root of is another chord.
    sevenths[: None if has_bass else FAMILIES.index("7sus4"), 0] = rooted
    active = votes.max(axis=1, keepdims=True, initial=0)  # (T, 1): nothing is missing where nothing sounds
    found = []
    for table, share in ((sevenths, 1 - triads), (TRIADS, triads)):
        likely = _roots(table)
        # What a player may leave out or add costs nothing either way: all voicings of a chord are that chord.
        present = np.minimum(np.log(likely / OPTIONAL), 0)
        missing = np.minimum(np.log((1 - likely) / (1 - OPTIONAL)), 0)
        sound = votes @ present.T + (active - votes) @ missing.T
        found.append(sound + active * np.log(min(max(share, 0.02), 0.98)))
    return np.asarray(np.maximum(*found), dtype=np.float64)


def decode(stay: Floats, change: Floats, chances: Floats, harmony: Harmony) -> tuple[float, list[int]]:
    """The likeliest state of each beat (Viterbi's algorithm), after the logarithm of how likely all of it is.

    Parameters
    ----------
    stay, change : array (T, S)
        The logarithm of how likely what sounds on a beat is in a state that goes on, and in one that begins.
    chances : array (T,)
        The probability that a chord changes on each beat.
    harmony : Harmony
        The tables.

    Returns
    -------
    float, list of int
        The logarithm, and T states.

    """
    beats, states = stay.shape
    scores = harmony.first + change[0]
    came_from = np.empty((beats, states), dtype=np.int64)
    everywhere = np.arange(states)
    for beat in range(1, beats):
        chance = chances[beat]
        moved = scores[:, None] + harmony.moves
        origin = moved.argmax(axis=0)
        new = moved[origin, everywhere] + np.log(chance) + change[beat]
        kept = scores + np.log(1 - chance) + stay[beat]
        came_from[beat] = np.where(new > kept, origin, everywhere)
        scores = np.maximum(new, kept)
    path = [int(scores.argmax())]
    for row in came_from[:0:-1]:
        path.append(int(row[path[-1]]))
    return float(scores.max()), path[::-1]
