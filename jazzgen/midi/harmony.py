"""The sequence model by which chords are inferred: what sounds under a chord, when it changes, and to which.

A chord is a root and one of `FAMILIES`. `harmony.json` holds what `recipes/harmony.py` counted in the
training tunes of the Weimar Jazz Database: in which beat of a bar chords of a family change, how they move
(by so many semitones, from family to family), which tones a soloist plays, and, with a band generated for
each tune, which tones a bass plays and which a chord instrument. What chord instruments play of a family is
a mixture of voicings: each has its share, and tells of every tone how likely it is, and how likely the
lowest. Each habit of players has its mixture: those who read sevenths, those who read triads, those who hold
roots in every chord.

Letters: T beats, F families, K voicings, S = 12 F states; state f * 12 + root.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord

Floats = npt.NDArray[np.float64]

HARMONY_FILE = Path(__file__).with_name("harmony.json")
FAMILIES = ("maj", "7", "m", "m7b5", "dim7", "7sus4")
METERS = (3, 4)  # beats a bar of which the changes were counted; others go by strong and weak beats
# The shares of `HABITS` in what chord instruments play, from file to file.
HABITS = ("sevenths", "triads", "blocks")
SHARES = ((0.94, 0.03, 0.03), (0.48, 0.48, 0.04), (0.03, 0.94, 0.03), (0.06, 0.04, 0.9))
AGAIN = 20  # changes counted in a corpus that weigh as much as one of the file itself


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
class Voicings:
    """A mixture, as natural logarithms: the `shares` (F, K); how likely each tone `sounds`, is `silent`,
    and is the `lowest` (F, K, 12), in semitones above the root.
    """

    shares: Floats
    sounds: Floats
    silent: Floats
    lowest: Floats

    def likelihood(self, tones: Floats, lowest: Floats) -> Floats:
        """(N, S) the logarithm of how likely (N, 12) tones are, 0..1, the lowest one of them or none 1."""
        found = np.empty((len(tones), *self.shares.shape[:1], 12))
        base = self.shares + self.silent.sum(axis=2)
        for root in range(12):
            sound = np.tensordot(np.roll(tones, -root, axis=1), self.sounds - self.silent, (1, 2))
            bottom = np.tensordot(np.roll(lowest, -root, axis=1), self.lowest, (1, 2))
            found[:, :, root] = np.logaddexp.reduce(base + sound + bottom, axis=2)
        return found.reshape(len(tones), 12 * len(FAMILIES))


@dataclass(frozen=True, slots=True)
class Harmony:
    """The tables, all natural logarithms but `changes`.

    `moves` (S, S) a change from state to state, `first` (S,) the first chord; (S, 12) how likely the next
    tone of the bass is where a chord begins, on another first beat of a bar, and later, and that of a `line`;
    `voicings` what chord instruments of each habit play; `changes` (beats, F) the probability of a change on
    each beat of a bar, by its beats.
    """

    moves: Floats
    first: Floats
    bass_first: Floats
    bass_bar: Floats
    bass_later: Floats
    line: Floats
    voicings: tuple[Voicings, ...]
    changes: dict[int, Floats]

    def change(self, place: int, beats: int) -> Floats:
        """(F,) the probability that a chord changes on the beat `place` (from 0) of a bar of `beats`."""
        if beats in self.changes:
            return np.asarray(self.changes[beats][place])
        four = self.changes[4]
        middle = (beats + 1) // 2 if beats > 3 else 0
        row = 0 if place == 0 else 2 if place == middle or place % 4 == 0 else 1
        return np.asarray(four[row])

    def adapted(self, states: Sequence[int]) -> Harmony:
        """The tables, with the changes of a course of states counted, too: a piece repeats the few it has."""
        counts = np.zeros_like(self.moves)
        for before, after in pairwise(states):
            counts[before, after] += before != after
        moves = counts + AGAIN * np.exp(self.moves)
        return replace(self, moves=np.log(moves / (counts.sum(axis=1, keepdims=True) + AGAIN)))


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
    tones = ("bass_first", "bass_bar", "bass_later", "line")
    return Harmony(
        moves=moves.reshape(12 * n, 12 * n),
        first=np.repeat(np.log(np.array(stored["families"]) / 12), 12),
        changes={int(beats): np.array(rows) for beats, rows in stored["changes"].items()},
        voicings=tuple(_voicings(stored[habit]) for habit in HABITS),
        **{name: np.log(_roots(np.array(stored[name]))) for name in tones},
    )


def _voicings(stored: dict[str, list[list[float]]]) -> Voicings:
    tones = np.array(stored["tones"])
    return Voicings(
        np.log(np.array(stored["shares"])),
        np.log(tones),
        np.log(1 - tones),
        np.log(np.array(stored["lowest"])),
    )


def chordal_likelihood(
    votes: Floats, lowest: Floats, shares: Sequence[Sequence[float]] = SHARES
) -> Iterator[Floats]:
    """The logarithm of how likely what chord instruments play is; tones that are missing count, too.

    Parameters
    ----------
    votes : array (T, 12)
        How much each pitch class counts on each beat, 0..1.
    lowest : array (T, 12)
        1 for the lowest note of a chord, nothing where somebody else plays the bass.
    shares : sequence of sequences of float
        Shares of `HABITS` in what they play.

    Yields
    ------
    array (T, S)
        For each beat and state, by shares.

    """
    active = votes.max(axis=1, initial=0)  # nothing is missing where nothing sounds
    sounding = np.flatnonzero(active)
    loudest = active[sounding, None]
    tones, bottoms = votes[sounding] / loudest, lowest[sounding]
    likely = np.array([voicings.likelihood(tones, bottoms) for voicings in load_harmony().voicings])
    for row in shares:
        found = np.zeros((len(votes), 12 * len(FAMILIES)))
        mixed = likely + np.log(row)[:, None, None]
        found[sounding] = loudest * np.logaddexp.reduce(mixed, axis=0)
        yield found


def decode(stay: Floats, change: Floats, chances: Floats, harmony: Harmony) -> tuple[float, list[int]]:
    """The likeliest state of each beat (Viterbi's algorithm), after the logarithm of how likely all of it is.

    Parameters
    ----------
    stay, change : array (T, S)
        The logarithm of how likely what sounds on a beat is in a state that goes on, and in one that begins.
    chances : array (T, F)
        The probability that a chord of each family changes on each beat.
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
    leaves, stays = np.log(chances).repeat(12, axis=1), np.log(1 - chances).repeat(12, axis=1)
    for beat in range(1, beats):
        moved = (scores + leaves[beat])[:, None] + harmony.moves
        origin = moved.argmax(axis=0)
        new = moved[origin, everywhere] + change[beat]
        kept = scores + stays[beat] + stay[beat]
        came_from[beat] = np.where(new > kept, origin, everywhere)
        scores = np.maximum(new, kept)
    path = [int(scores.argmax())]
    for row in came_from[:0:-1]:
        path.append(int(row[path[-1]]))
    return float(scores.max()), path[::-1]
