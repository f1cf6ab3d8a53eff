"""Where the band asks the soloist for room: silences behind phrases, for an answer or a figure.

After a first pass the band knows where phrases end. It has figures of its own to play where a section closes
(a fill) and before a peak (a set-up); elsewhere an answer. `holes_for` draws some of those ends, so that the
silence behind each is long enough to be filled.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jazzgen.band.scene import BEAT, Scene

ROOM = 3 * BEAT  # ticks of a silence that can be filled
GAP = BEAT // 2  # ticks of a silence that may be made longer: the end of a phrase, or of a part of one
APART = 3  # bars from one hole to the next, at least
PLANNED, ANSWERED = 1.0, 0.55  # how likely a hole is at full interplay, where there is a figure and elsewhere


class Hole(NamedTuple):
    """A silence from the tick `start` to `end`; `until` is the bar line by which the line is itself again."""

    start: int
    end: int
    until: int


def holes_for(scene: Scene, share: float, rng: np.random.Generator) -> list[Hole]:
    """The holes of a solo at an interplay of `share`, 0 to 1, rising and apart; none in its last two bars."""
    found: list[Hole] = []
    bars = scene.bars
    for note, after in pairwise(scene.solo):
        number = scene.form.bar_at(note.end - 1)
        if after.onset - note.end < GAP or after.onset - note.end >= ROOM or number + 4 >= len(bars):
            continue
        bar = bars[number]
        figure = bar.closes_section or scene.prepares_peak(bar)
        if rng.random() >= share * (PLANNED if figure else ANSWERED):
            continue
        end = -(-(note.end + ROOM) // BEAT) * BEAT
        until = bars[scene.form.bar_at(end) + 1].end
        if not found or number - scene.form.bar_at(found[-1].start) >= APART:
            found.append(Hole(note.end, end, until))
    return found
