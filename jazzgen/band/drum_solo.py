"""The drums alone: their turns when they trade with the soloist, and whole choruses.

A turn is made of statements of two bars: an idea of a bar, and an answer that takes it up on other drums,
with another end. An idea is composed beat by beat as a fill is, with accents on its off-beats. The feet keep
time under it, so that everybody knows where one is; the turn grows, and its last beats lead on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jazzgen.band.figures import FIGURES, PATHS
from jazzgen.band.kit import CRASH, HIGH_TOM, KICK, LOW_TOM, MID_TOM, PEDAL, RIDE, SNARE, STICK, Hits
from jazzgen.band.patterns import draw, second_beats
from jazzgen.band.scene import BEAT, EVEN_STYLES, FormBar, Scene

Beat = tuple[int, ...]  # onsets in a beat
# How a beat of an idea is divided, in swung and in even styles; and a beat that leads on.
SWUNG: Mapping[Beat, float] = {
    (0, 4, 8): 4, (0, 8): 4, (0, 6): 3, (6,): 3, (0,): 3, (): 2, (4, 8): 2, (0, 4): 1, (8,): 2,
}  # fmt: skip
EVEN: Mapping[Beat, float] = {
    (0, 3, 6, 9): 3, (0, 6): 4, (0, 6, 9): 3, (0, 3, 6): 2, (6,): 3, (0,): 3, (): 2, (3, 6, 9): 2, (6, 9): 2,
    (9,): 1,
}  # fmt: skip
LEADING: Mapping[Beat, float] = {(0, 4, 8): 5, (0, 3, 6, 9): 2, (0, 6): 2, (4, 8): 1}
EVEN_LEADING: Mapping[Beat, float] = {(0, 3, 6, 9): 5, (0, 6, 9): 2, (0, 6): 2}
THIRDS: Mapping[Beat, float] = {(0, 4, 8): 5, (0, 8): 4, (4, 8): 3, (0,): 3, (8,): 2, (): 2, (0, 4): 2}
BRUSHED = (SNARE,)  # what a ballad's brushes play a solo on
AROUND: Mapping[tuple[int, ...], float] = {
    **PATHS, (HIGH_TOM, MID_TOM, LOW_TOM): 3, (LOW_TOM, MID_TOM, HIGH_TOM, SNARE): 2, (SNARE, LOW_TOM): 2,
    (SNARE, KICK, HIGH_TOM, KICK): 2, (RIDE, SNARE, LOW_TOM): 1, (STICK, SNARE, MID_TOM): 1,
}  # fmt: skip
GHOSTED, ACCENTED = -16, 14  # velocities beside the usual one


class Turn(NamedTuple):
    """A turn of the drums: its first bar's number, and how many it has."""

    first: int
    bars: int


def turn_of(scene: Scene, bar: FormBar) -> Turn:
    """The turn in which `bar` lies."""
    first = bar.number
    while first > 0 and scene.alone(scene.bars[first - 1]):
        first -= 1
    last = bar.number
    while last + 1 < len(scene.bars) and scene.alone(scene.bars[last + 1]):
        last += 1
    return Turn(first, last + 1 - first)


def drum_solo(scene: Scene, bars: Sequence[FormBar], rng: np.random.Generator) -> list[Hits]:
    """The hits of each bar of a turn, in ticks from its bar line."""
    compound = scene.form.meter_at(bars[0].start).compound or scene.style in ("afro-cuban", "slow-blues")
    even = scene.style in EVEN_STYLES
    words, leading = (THIRDS, THIRDS) if compound else (EVEN, EVEN_LEADING) if even else (SWUNG, LEADING)
    played: list[Hits] = []
    idea: list[Beat] = []
    for number, bar in enumerate(bars):
        left = len(bars) - number
        if left > 1 and number % 2 == 1 and idea:  # the answer: the same beginning, another end
            kept = max(len(idea) - 2, 1) if rng.random() < 0.6 else len(idea)
            beats = [*idea[:kept], *(draw(words, rng) for _ in idea[kept:])]
        elif number and number % 4 == 0 and rng.random() < 0.3:
            beats = _figured(bar, words, rng)
        else:
            beats = [draw(words, rng) for _ in range(bar.beats)]
        beats = (beats * bar.beats)[: bar.beats]
        if left == 1:  # what leads on is dense, and ends before the bar line
            beats[-min(2, bar.beats) :] = [draw(leading, rng) for _ in range(min(2, bar.beats))]
        while sum(map(len, beats)) < bar.beats // 2 + 1:
            beats[int(rng.integers(bar.beats))] = draw(words, rng)
        idea = beats
        path = BRUSHED if scene.style == "ballad" else draw(AROUND, rng)
        played.append(_orchestrated(scene, bar, beats, path, number / max(len(bars) - 1, 1), rng))
    return played


def _figured(bar: FormBar, words: Mapping[Beat, float], rng: np.random.Generator) -> list[Beat]:
    """A comment of the left hand, known from the time, as an idea."""
    onsets = [onset for onset, _ in draw(FIGURES, rng)]
    beats = [tuple(o - k * BEAT for o in onsets if o // BEAT == k) for k in range(bar.beats)]
    return beats if any(beats) else [draw(words, rng) for _ in range(bar.beats)]


def _orchestrated(
    scene: Scene,
    bar: FormBar,
    beats: Sequence[Beat],
    path: Sequence[int],
    grown: float,
    rng: np.random.Generator,
) -> Hits:
    """The beats of a bar on the drums of a path, accents among softer strokes, over the feet."""
    soft = 12 if scene.style == "ballad" else 0
    onsets = [k * BEAT + place for k, beat in enumerate(beats) for place in beat]
    hits: Hits = []
    for k, onset in enumerate(onsets):
        key = path[k * len(path) // len(onsets)]
        follows = k + 1 < len(onsets) and onsets[k + 1] - onset <= 4
        accent = not follows or rng.random() < 0.25
        level = 66 - soft + round(14 * grown) + (ACCENTED if accent else GHOSTED) + int(rng.integers(-4, 5))
        hits.append((onset, key, level))
        if accent and key not in (KICK, SNARE) and rng.random() < 0.35:
            hits.append((onset, KICK, level - 6))
        elif accent and key == SNARE and not soft and rng.random() < 0.12:
            hits += [(onset, CRASH, level - 8), (onset, KICK, level - 4)]
    hits += [(beat * BEAT, PEDAL, 62 - soft) for beat in second_beats(bar.beats)]
    if scene.style == "samba":  # the foot goes on whatever the hands do
        hits += [(beat * BEAT, KICK, 56) for beat in range(bar.beats)]
    return hits
