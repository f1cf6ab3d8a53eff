"""The phrase of a turn, what an answer takes up of it, and how well a line answers it.

An answer takes up *motifs*, runs of three intervals, at any pitch; the register; the density; the rhythm a
little. It is no echo: a passage that is repeated note by note speaks against it. Times are ticks, 12 to a
beat.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, Instrument, Note

Run: TypeAlias = tuple[int, ...]

RUN = 3  # intervals of a motif
LONGEST = 7  # that a passage is followed through
ECHO = 5  # intervals: a longer passage is an echo
STEP = 2  # semitones: steps one way are a scale, of which everybody plays much: no motif to be known by
COMMON = 0.25  # what a scale counts as a motif, and two notes by turns
MARGIN = 5  # semitones inside the instrument's range where it is comfortable
BENT = 1.3  # by how much the player's height may go beyond before the answer's stays behind
USUAL_DENSITY = 1.9  # notes a beat of a solo at 160 beats a minute
SPARSEST, DENSEST = 0.4, 3.0  # notes a beat that are asked for
FASTEST = 9.0  # notes a second that are
USUAL_SILENCE, MOST_SILENT = 0.25, 0.6  # of the time
ENOUGH = 0.3  # of an answer's runs taken up: more is no better


class Passages:
    """Which symbols followed which in several sequences: runs of up to `LONGEST`."""

    def __init__(self, sequences: Sequence[Sequence[int]]) -> None:
        self._next: dict[Run, Counter[int]] = {}
        for one in sequences:
            for k, symbol in enumerate(one):
                for n in range(min(k, LONGEST) + 1):
                    self._next.setdefault(tuple(one[k - n : k]), Counter())[symbol] += 1
        self.first = Counter(one[0] for one in sequences if one)

    def after(self, symbols: Sequence[int]) -> tuple[int, Counter[int]]:
        """How many of the latest symbols are a passage here that goes on, and what follows it."""
        for n in range(min(len(symbols), LONGEST), 0, -1):
            found = self._next.get(tuple(symbols[len(symbols) - n :]))
            if found:
                return n, found
        return 0, Counter()

    def __contains__(self, run: Run) -> bool:
        return run[-1] in self._next.get(run[:-1], ())


@dataclass(frozen=True)
class Phrase:
    """What was played in a turn of `length` ticks: a line, none where the player was silent."""

    notes: tuple[Note, ...]
    length: int

    @property
    def density(self) -> float:
        """Notes a beat."""
        return len(self.notes) * TICKS_PER_BEAT / self.length

    @property
    def silence(self) -> float:
        """The share of the turn that is silent."""
        return max(1 - sum(note.duration for note in self.notes) / self.length, 0.0)

    @property
    def height(self) -> float:
        """The mean pitch."""
        return sum(note.pitch for note in self.notes) / len(self.notes)

    @property
    def velocity(self) -> float:
        """The mean velocity."""
        return sum(note.velocity for note in self.notes) / len(self.notes)

    def intervals(self) -> list[list[int]]:
        """The steps inside each of its phrases."""
        return [[b.pitch - a.pitch for a, b in pairwise(part)] for part in self._parts()]

    def rhythms(self) -> list[list[int]]:
        """The ticks from onset to onset inside each of its phrases."""
        return [[b.onset - a.onset for a, b in pairwise(part)] for part in self._parts()]

    def _parts(self) -> list[tuple[Note, ...]]:
        starts = phrase_starts([note.onset for note in self.notes], [note.end for note in self.notes])
        return [self.notes[a:b] for a, b in pairwise([*starts, len(self.notes)])]


def runs(notes: Sequence[Note]) -> list[Run]:
    """The motifs of a line, its runs of three intervals; a repeated note is none."""
    steps = [b.pitch - a.pitch for a, b in pairwise(notes)]
    found = (tuple(steps[k : k + RUN]) for k in range(len(steps) - RUN + 1))
    return [run for run in found if any(run)]


def weight_of(run: Run) -> float:
    """What a motif counts: 1, less a scale or two notes by turns."""
    scale = all(0 < abs(step) <= STEP for step in run) and len({step > 0 for step in run}) == 1
    by_turns = all(a == -b for a, b in pairwise(run))
    return COMMON if scale or by_turns else 1.0


def share_of(notes: Sequence[Note], heard: set[Run]) -> float:
    """The share of a line's motifs that are among those `heard`, by weight; 0 where it has none."""
    own = runs(notes)
    return sum(weight_of(run) for run in own if run in heard) / len(own) if own else 0.0


class Weights(NamedTuple):
    """How much each counts in choosing an answer."""

    motif: float = 3.0
    rhythm: float = 0.8
    echo: float = 0.9  # for each interval beyond `ECHO`
    register: float = 1.2  # for six semitones
    density: float = 1.5  # for twice or half as many notes
    silence: float = 2.0  # for all of the time
    breath: float = 1.0
    likelihood: float = 0.5  # for each nat a value


WEIGHTS = Weights()


class Wanted:
    """What an answer to `phrase` takes up, played on `horn` at `tempo`.

    `answer` is how close it comes, from 0, free, to 1. Of a silent turn nothing is taken up. `usual` is the
    pitch around which the player plays for the most part, which the middle of `horn` answers.
    """

    def __init__(self, phrase: Phrase, horn: Instrument, tempo: float, answer: float, usual: float) -> None:
        self.phrase, self.tempo = phrase, tempo
        self.answer = answer if phrase.notes else 0.0
        self.motifs = set(runs(phrase.notes))
        intervals, rhythms = phrase.intervals(), phrase.rhythms()
        self.intervals, self.rhythms = Passages(intervals), Passages(rhythms)
        self.height: float | None = None  # pitch
        self.density: float | None = None  # notes a beat
        self.silence = 0.0  # of the time
        if self.answer:
            self.height = in_register(phrase.height - usual, horn)
            usual = USUAL_DENSITY * (160 / tempo) ** 0.5
            dense = min(max(phrase.density, SPARSEST), DENSEST, FASTEST * 60 / tempo)
            near = min(1.4 * self.answer, 1.0)
            self.density = usual ** (1 - near) * dense**near
            self.silence = min(USUAL_SILENCE + near * (phrase.silence - USUAL_SILENCE), MOST_SILENT)

    def score(self, notes: Sequence[Note], start: int, end: int, nats: float) -> float:
        """How well a line answers.

        Parameters
        ----------
        notes
            On the grid, of the whole answer so far.
        start, end
            The ticks in which they stand; `end` is the turn's where the line is over, else the next bar line.
        nats
            The mean log-likelihood of its values under the network.

        Returns
        -------
        float
            More is better; what a silent line gets is below what others get.
        """
        weights, score = WEIGHTS, WEIGHTS.likelihood * nats
        if not notes:
            return score - weights.motif
        if not self.answer or self.height is None or self.density is None:
            return score
        answers = weights.motif * min(share_of(notes, self.motifs) / ENOUGH, 1.0)
        answers += weights.rhythm * min(self._rhythm_share(notes) / ENOUGH, 1.0)
        answers -= weights.echo * max(self._echo(notes) - ECHO, 0)
        own = Phrase(tuple(notes), end - start)
        answers -= weights.register * abs(own.height - self.height) / 6
        answers -= weights.density * abs(math.log2(own.density / self.density))
        answers -= weights.silence * abs(own.silence - self.silence)
        return score + self.answer * answers

    def _rhythm_share(self, notes: Sequence[Note]) -> float:
        gaps = [b.onset - a.onset for a, b in pairwise(notes)]
        own = [tuple(gaps[k : k + RUN]) for k in range(len(gaps) - RUN + 1)]
        return sum(run in self.rhythms for run in own) / len(own) if own else 0.0

    def _echo(self, notes: Sequence[Note]) -> int:
        """The longest passage of intervals that was heard."""
        steps = [b.pitch - a.pitch for a, b in pairwise(notes)]
        longest = 0
        for end in range(1, len(steps) + 1):
            while longest < end and tuple(steps[end - longest - 1 : end]) in self.intervals:
                longest += 1
                if longest > LONGEST:
                    return longest
        return longest


def breath(notes: Sequence[Note], end: int) -> float:
    """How well a line leaves off before the turn's `end`: 0 to 1; best with half a beat to three of rest."""
    if not notes:
        return 0.0
    beats = (end - notes[-1].end) / TICKS_PER_BEAT
    return min(max(beats, 0.0) / 0.5, 1.0) * min(max((7 - beats) / 4, 0.0), 1.0)


def in_register(above: float, horn: Instrument) -> float:
    """The pitch on `horn` so many semitones above its middle; less far the nearer it comes to the bounds of
    where it is comfortable.
    """
    room = (horn.high - horn.low) / 2 - MARGIN
    return horn.middle + room * math.tanh(above / (BENT * room))
