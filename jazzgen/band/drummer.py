"""The drums, bar by bar: the time of the style (`patterns.py`), and comments or a fill (`figures.py`)."""

from __future__ import annotations

import numpy as np

from jazzgen.band.drum_solo import drum_solo, turn_of
from jazzgen.band.figures import arrival, break_hits, comments, filled
from jazzgen.band.kit import CRASH, KICK, SWIRL, Hits
from jazzgen.band.patterns import PATTERNS
from jazzgen.band.scene import BEAT, FormBar, Scene
from jazzgen.band.shout import accents
from jazzgen.charts.plan import SHOUT
from jazzgen.music.score import Note

HIT, SWEEP = 3, BEAT - 1  # ticks that a drum note lasts, and the sweep of a brush


def drums(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """Time, comments, fills, a crash where a later chorus begins, and the last hit."""
    notes: list[Note] = []
    for bar in scene.bars:
        if scene.alone(bar):
            continue
        if bar.spans:
            notes += notes_of(bar, _bar(scene, bar, rng))
    return notes + alone(scene, rng)


def alone(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """What the drums play where they play alone."""
    notes: list[Note] = []
    for bar in scene.bars:
        if scene.alone(bar) and (turn := turn_of(scene, bar)).first == bar.number:
            bars = scene.bars[turn.first : turn.first + turn.bars]
            for played, hits in zip(bars, drum_solo(scene, bars, rng), strict=True):
                notes += notes_of(played, hits)
    return notes


def notes_of(bar: FormBar, hits: Hits) -> list[Note]:
    """The hits of a bar as notes, of those together on one key the loudest."""
    loudest: dict[tuple[int, int], int] = {}
    for onset, key, level in hits:
        loudest[onset, key] = max(loudest.get((onset, key), 0), level)
    return [
        Note(bar.start + onset, SWEEP if key == SWIRL else HIT, key, min(max(level, 12), 115))
        for (onset, key), level in sorted(loudest.items())
        if 0 <= onset < bar.beats * BEAT
    ]


def _bar(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    if scene.ends(bar):
        soft = 22 if scene.style == "ballad" else 0
        return [(0, KICK, 72 - soft), (0, CRASH, 84 - soft)]
    if scene.ends_with_break(bar):
        return break_hits(bar, rng)
    grow = round(8 * scene.intensity(bar)) + 4
    pattern = PATTERNS[scene.style](scene, bar, rng)
    hits = [(onset, key, level + grow + int(rng.integers(-2, 3))) for onset, key, level in pattern]
    if bar.closes_section and bar.beats > 1:
        hits = filled(scene, bar, hits, rng)
    elif bar.part == SHOUT:
        hits += [(onset, key, level + grow) for onset, key, level in accents(scene, bar)]
    else:
        hits += comments(scene, bar, rng)
    before = scene.bars[bar.number - 1] if bar.number else None
    return hits + arrival(scene, bar, before, rng)
