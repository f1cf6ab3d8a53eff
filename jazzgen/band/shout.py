"""A shout chorus: one riff of two bars that the whole band plays together, in block chords, while the soloist
rests. The drums set it up and play its accents; the bass goes on.

A riff is the same for all players of a scene: `Scene.riff` chooses it. Of four bars it opens the first two
and comes again in the others with another end, as riffs of big bands do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jazzgen.band.kit import CRASH, KICK, SNARE, Hits
from jazzgen.band.scene import BEAT, EVEN_STYLES, OFF, FormBar, Scene
from jazzgen.charts.plan import SHOUT


class Struck(NamedTuple):
    """A chord of a riff: its onset from the bar line in ticks, and how far its top note lies below the
    highest, in semitones.
    """

    onset: int
    below: int


Riff = tuple[tuple[Struck, ...], tuple[Struck, ...]]


def _riff(first: Mapping[int, int], second: Mapping[int, int]) -> Riff:
    return tuple(Struck(*row) for row in first.items()), tuple(Struck(*row) for row in second.items())


# Onset -> semitones below the highest top note, in two bars of four; then how the second time ends instead.
SWUNG: Sequence[tuple[Riff, Riff]] = (
    (_riff({0: 9, 18: 7}, {6: 9, 18: 7, 42: 4}), _riff({0: 9, 18: 7}, {6: 5, 18: 9})),
    (_riff({18: 7, 42: 5}, {18: 7, 42: 9}), _riff({18: 7, 42: 5}, {6: 4, 12: 5, 18: 9})),
    (_riff({0: 9, 12: 7, 30: 4}, {18: 7}), _riff({0: 9, 12: 7, 30: 4}, {0: 5, 18: 9})),
    (_riff({6: 7, 18: 9, 30: 7, 42: 4}, {18: 5}), _riff({6: 7, 18: 9, 30: 7, 42: 4}, {})),
    (_riff({0: 7, 18: 7, 36: 7}, {6: 5, 24: 7, 42: 4}), _riff({0: 7, 18: 7, 36: 7}, {6: 9, 18: 9})),
)
EVEN: Sequence[tuple[Riff, Riff]] = (
    (_riff({0: 9, 18: 7, 36: 5}, {12: 7, 30: 9}), _riff({0: 9, 18: 7, 36: 5}, {12: 4, 18: 7})),
    (_riff({6: 7, 18: 5, 42: 4}, {18: 7, 30: 9}), _riff({6: 7, 18: 5, 42: 4}, {6: 5, 18: 9})),
    (_riff({0: 7, 6: 7, 18: 5, 30: 4}, {0: 7, 18: 9}), _riff({0: 7, 6: 7, 18: 5, 30: 4}, {})),
)


def shouted(scene: Scene, bar: FormBar) -> tuple[Struck, ...] | None:
    """What of the riff is in `bar`, of another meter what fits into it; None where nobody shouts."""
    if bar.part != SHOUT or scene.ends(bar) or scene.ends_with_break(bar):
        return None
    riffs = EVEN if scene.style in EVEN_STYLES else SWUNG
    first, second = riffs[scene.riff % len(riffs)]
    place = bar.number - next(b.number for b in scene.bars if b.part == SHOUT)
    riff = (first, second)[place // 2 % 2]
    return tuple(struck for struck in riff[place % 2] if struck.onset < bar.beats * BEAT)


def accents(scene: Scene, bar: FormBar) -> Hits:
    """The drums on the riff: a stroke that sets it up, snare and bass drum with each chord, and a crash with
    one that is held into the next bar.
    """
    riff = shouted(scene, bar) or ()
    hits: Hits = []
    for k, struck in enumerate(riff):
        hits += [(struck.onset, SNARE, 72), (struck.onset, KICK, 68)]
        if not k and struck.onset >= OFF:
            hits.append((struck.onset - OFF, SNARE, 50))
        if struck.onset == (bar.beats - 1) * BEAT + OFF:
            hits.append((struck.onset, CRASH, 70))
    return hits
