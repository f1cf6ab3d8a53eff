"""The drums: the time pattern of the style, snare comments, and a fill where a section ends.

`drums` is a loop over bars: the pattern of the style, or its ending; then a fill or comments on top. A
pattern is a function from a bar to hits, each (onset in the bar in ticks, key, velocity).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jazzgen.band.scene import BEAT, OFF, FormBar, Scene, groups
from jazzgen.music.score import Note

# General MIDI percussion keys. With the brush kit of General MIDI 2 the snare's keys are a brush's tap (38)
# and swirl (40); a synthesizer without that kit plays them on soft snares.
KICK, STICK, SNARE, SWIRL = 36, 37, 38, 40
LOW_TOM, MID_TOM, HIGH_TOM = 41, 45, 48
CLOSED, PEDAL, CRASH, RIDE, BELL = 42, 44, 49, 51, 53
HIT = 3  # ticks that a drum note lasts

Hits = list[tuple[int, int, int]]
Pattern = Callable[[Scene, FormBar, np.random.Generator], Hits]


def drums(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """Time, comments, fills, a crash where a later chorus begins, and the last hit."""
    notes: list[Note] = []
    for bar in scene.bars:
        if not bar.spans:
            continue
        hits = _bar(scene, bar, rng)
        loudest: dict[tuple[int, int], int] = {}
        for onset, key, level in hits:
            loudest[onset, key] = max(loudest.get((onset, key), 0), level)
        notes += [
            Note(bar.start + onset, HIT, key, min(max(level, 12), 115))
            for (onset, key), level in sorted(loudest.items())
            if onset < bar.beats * BEAT
        ]
    return notes


def _bar(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    if scene.ends(bar):
        soft = 22 if scene.style == "ballad" else 0
        return [(0, KICK, 72 - soft), (0, CRASH, 84 - soft)]
    if scene.ends_with_break(bar):
        return _break(bar, rng)
    grow = round(8 * scene.intensity(bar)) + 4
    pattern = PATTERNS[scene.style](scene, bar, rng)
    hits = [(onset, key, level + grow + int(rng.integers(-2, 3))) for onset, key, level in pattern]
    if bar.closes_section and bar.beats > 1:
        hits = _filled(scene, bar, hits, rng)
    else:
        hits += _comment(scene, bar, rng)
    if bar.opens_chorus and bar.chorus > 0:
        hits += [(0, CRASH, 62 if scene.style == "ballad" else 78), (0, KICK, 62)]
    return hits


# ------------------------------------------------------------------------------------------------- the styles


def _second_beats(beats: int) -> list[int]:
    """The beats (from 0) of the pedal hi-hat: 2 and 4; the second of each group."""
    return [start + 1 for start in _group_starts(beats) if start + 1 < beats]


def _group_starts(beats: int) -> list[int]:
    """The beats (from 0) on which the metric groups of a bar begin."""
    return [sum(groups(beats)[:k]) for k in range(len(groups(beats)))]


def _swing(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Ride, hi-hat on 2 and 4, a feathered bass drum; in two the time is on the closed hi-hat."""
    if bar.beats == 3:
        return _waltz(scene, bar, rng)
    seconds = _second_beats(bar.beats)
    two = scene.in_two(bar)
    ride = CLOSED if two and not scene.contrasts(bar) else RIDE
    hits = [(beat * BEAT, ride, 70 if beat in seconds else 64) for beat in range(bar.beats)]
    hits += [(beat * BEAT + OFF, ride, 54) for beat in _skips(bar.beats, seconds, scene.tempo, rng)]
    if ride != CLOSED:
        hits += [(beat * BEAT, PEDAL, 62) for beat in seconds]
    kicks = range(0, bar.beats, 2) if two or scene.tempo > 260 else range(bar.beats)
    return hits + [(beat * BEAT, KICK, 32) for beat in kicks]


def _skips(beats: int, seconds: list[int], tempo: float, rng: np.random.Generator) -> list[int]:
    """The beats with a skip note: after 2 and 4, with exceptions, fewer when it is fast."""
    kept = 0.92 if tempo < 220 else 0.7
    skips = [beat for beat in seconds if rng.random() < kept]
    if tempo < 240 and rng.random() < 0.18:
        skips.append(int(rng.integers(beats)))
    return sorted(set(skips))


def _waltz(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """One, two-and, three; the hi-hat on 2, in later choruses also on 3."""
    if bar.beats != 3:
        return _swing(scene, bar, rng)
    ride = CLOSED if scene.in_two(bar) and not scene.contrasts(bar) else RIDE
    hits = [(0, ride, 66), (12, ride, 62), (24, ride, 60), (0, KICK, 42)]
    if rng.random() < 0.85:
        hits.append((18, ride, 54))
    if rng.random() < 0.25:
        hits.append((30, ride, 50))
    if ride != CLOSED:
        hits.append((12, PEDAL, 60))
        hits += [(24, PEDAL, 50)] if rng.random() < scene.intensity(bar) else []
    return hits


def _ballad(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Brushes: a swirl on each beat, a tap on 2 and 4 with its off-beat, the bass drum on 1."""
    seconds = _second_beats(bar.beats)
    hits = [(beat * BEAT, SWIRL, 54 if beat in seconds else 60) for beat in range(bar.beats)]
    hits += [(beat * BEAT, SNARE, 62) for beat in seconds]
    hits += [(beat * BEAT, PEDAL, 56) for beat in seconds]
    hits += [(beat * BEAT + OFF, SNARE, 44) for beat in seconds if rng.random() < 0.5]
    hits.append((0, KICK, 40))
    if bar.beats > 3 and rng.random() < 0.4:
        hits.append((groups(bar.beats)[0] * BEAT, KICK, 30))
    if scene.contrasts(bar) or bar.chorus > 0:
        hits += [(beat * BEAT, RIDE, 50) for beat in range(bar.beats)]
    return hits


# The rim click's clave over two bars, in ticks.
BOSSA_RIM = ((0, 18, 36), (12, 30))


def _bossa(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Even eighths on the hi-hat, in a bridge on the ride; bass drum on each group and before the next."""
    top = RIDE if scene.contrasts(bar) or bar.chorus % 2 else CLOSED
    length = bar.beats * BEAT
    hits = [(onset, top, 46 if onset % BEAT else 56) for onset in range(0, length, OFF)]
    for start, group in zip(_group_starts(bar.beats), groups(bar.beats), strict=True):
        hits.append((start * BEAT, KICK, 56))
        if rng.random() < 0.9:
            hits.append(((start + group - 1) * BEAT + OFF, KICK, 48))
    if top == RIDE:
        hits += [(beat * BEAT, PEDAL, 48) for beat in _second_beats(bar.beats)]
    return hits + [(onset, STICK, 58) for onset in BOSSA_RIM[bar.number % 2] if onset < length]


def _straight(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Even eighths on the ride with gaps; the bass drum on each group, now and then a rim click."""
    length = bar.beats * BEAT
    seconds = _second_beats(bar.beats)
    kept = 0.5 + 0.4 * scene.intensity(bar)
    hits = [
        (beat * BEAT, BELL if scene.contrasts(bar) and not beat else RIDE, 64) for beat in range(bar.beats)
    ]
    hits += [(onset, RIDE, 48) for onset in range(OFF, length, BEAT) if rng.random() < kept]
    hits += [(beat * BEAT, PEDAL, 58) for beat in seconds]
    hits += [(seconds[-1] * BEAT, STICK, 54)] if seconds and rng.random() < 0.7 else []
    for start in _group_starts(bar.beats):
        hits.append((start * BEAT, KICK, 40 if start else 52))
        if rng.random() < 0.4:
            hits.append(((start + 1) * BEAT + OFF, KICK, 42))
    return hits


PATTERNS: dict[str, Pattern] = {
    "swing": _swing,
    "up-tempo": _swing,
    "waltz": _waltz,
    "ballad": _ballad,
    "bossa": _bossa,
    "straight": _straight,
}


# ---------------------------------------------------------------------------------------------- what is added


def _comment(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Comments of the left hand: soft off-beats on the snare, more and louder in the soloist's rests."""
    hits: Hits = []
    if scene.style in ("bossa", "ballad"):
        return hits
    likely = (0.10 if scene.in_two(bar) else 0.16) + 0.10 * scene.intensity(bar)
    for beat in range(bar.beats):
        tick = beat * BEAT + OFF
        answers = scene.rests_at(bar.start + tick)
        if rng.random() < likely * (1.6 if answers else 1.0):
            hits.append((tick, SNARE, int(rng.integers(30, 44)) + 12 * answers))
            if answers and rng.random() < 0.3:
                hits.append((tick, KICK, 54))
    return hits


# Fills of the last two beats: (ticks from their start, key, velocity).
FILLS: tuple[Hits, ...] = (
    [(6, SNARE, 58), (12, SNARE, 64), (18, SNARE, 72)],
    [(0, SNARE, 60), (4, SNARE, 52), (8, HIGH_TOM, 60), (12, HIGH_TOM, 66), (16, MID_TOM, 64),
     (20, LOW_TOM, 70)],
    [(6, HIGH_TOM, 60), (12, SNARE, 66), (18, LOW_TOM, 72), (18, KICK, 60)],
    [(0, SNARE, 58), (6, SNARE, 50), (12, MID_TOM, 66), (18, KICK, 64), (18, SNARE, 66)],
    [(12, SNARE, 58), (16, SNARE, 60), (20, SNARE, 68)],
)  # fmt: skip
SOFT_FILLS: tuple[Hits, ...] = (
    [(12, SNARE, 54), (16, SNARE, 56), (20, SNARE, 62)],
    [(6, SNARE, 54), (18, SNARE, 60)],
)
STRAIGHT_FILLS: tuple[Hits, ...] = (
    [(6, SNARE, 52), (12, HIGH_TOM, 60), (18, LOW_TOM, 66)],
    [(0, STICK, 54), (6, SNARE, 50), (12, SNARE, 58), (15, SNARE, 52), (18, HIGH_TOM, 66)],
)


def _filled(scene: Scene, bar: FormBar, hits: Hits, rng: np.random.Generator) -> Hits:
    """The bar with a fill in its last two beats, in place of the hands' notes there."""
    fills = {"ballad": SOFT_FILLS, "bossa": STRAIGHT_FILLS, "straight": STRAIGHT_FILLS}.get(
        scene.style, FILLS
    )
    fill = fills[int(rng.integers(len(fills)))]
    start = (bar.beats - 2) * BEAT
    first = start + fill[0][0]
    feet = (PEDAL, KICK)
    grow = round(8 * scene.intensity(bar)) - 4
    kept = [hit for hit in hits if hit[0] < first or hit[1] in feet or scene.style == "ballad"]
    return kept + [(start + onset, key, level + grow) for onset, key, level in fill]


def _break(bar: FormBar, rng: np.random.Generator) -> Hits:
    """The band's break: one hit on each chord, and a fill into the last bar."""
    hits: Hits = []
    for span in bar.spans:
        onset = span.start - bar.start
        hits += [(onset, KICK, 70), (onset, SNARE, 60)]
    if bar.beats > 3 and len(bar.spans) == 1:
        fill = FILLS[int(rng.integers(len(FILLS)))]
        hits += [((bar.beats - 2) * BEAT + onset, key, level) for onset, key, level in fill]
    return hits
