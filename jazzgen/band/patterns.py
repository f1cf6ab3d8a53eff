"""The time of each style: a pattern is a function from a bar to hits.

Time has words, not one pattern: which beats of the ride have a skip note, where the bass drum answers, how a
brush taps. `RIDE_SKIPS` and its like say how often each comes; the intensity of the bar moves the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from jazzgen.band.kit import BELL, CLOSED, KICK, PEDAL, RIDE, SNARE, STICK, SWIRL, Hits
from jazzgen.band.scene import BEAT, OFF, FormBar, Scene, groups

Pattern = Callable[[Scene, FormBar, np.random.Generator], Hits]
Word = TypeVar("Word")


def draw(words: Mapping[Word, float], rng: np.random.Generator) -> Word:
    """One of the words, by their weights."""
    shares = np.array(list(words.values()), np.float64)
    return list(words)[int(rng.choice(len(words), p=shares / shares.sum()))]


def second_beats(beats: int) -> list[int]:
    """The beats (from 0) of the pedal hi-hat: 2 and 4; the second of each group."""
    return [start + 1 for start in _group_starts(beats) if start + 1 < beats]


def _group_starts(beats: int) -> list[int]:
    """The beats (from 0) on which the metric groups of a bar begin."""
    return [sum(groups(beats)[:k]) for k in range(len(groups(beats)))]


# ---------------------------------------------------------------------------------------------------- swing

# The beats (from 0) of a bar of four after which the ride has a skip note, and how often.
RIDE_SKIPS: Mapping[tuple[int, ...], float] = {
    (1, 3): 30, (3,): 16, (1,): 12, (): 8, (0, 3): 6, (2, 3): 6, (1, 2): 5, (0, 1, 3): 5, (1, 2, 3): 5,
    (0, 2): 3, (2,): 3, (0,): 2,
}  # fmt: skip
FAST_SKIPS: Mapping[tuple[int, ...], float] = {
    (): 22, (3,): 20, (1,): 18, (1, 3): 20, (0,): 4, (2,): 6, (2, 3): 5, (0, 3): 4, (1, 2): 4,
}  # fmt: skip
# The beats on which the bass drum is feathered, felt more than heard; fast and in two on fewer.
FEATHERS: Mapping[tuple[int, ...], float] = {
    (0, 1, 2, 3): 9, (0, 2): 3, (0, 1, 2): 2, (0, 2, 3): 2, (1, 2, 3): 1.5, (): 1.5,
}  # fmt: skip
LIGHT_FEATHERS: Mapping[tuple[int, ...], float] = {(0, 2): 8, (): 2, (0,): 2, (0, 2, 3): 2, (2,): 1}


def _swing(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Ride, hi-hat on 2 and 4, a feathered bass drum; in two the time is on the closed hi-hat."""
    if bar.beats == 3:
        return _waltz(scene, bar, rng)
    seconds = second_beats(bar.beats)
    two = scene.in_two(bar)
    ride = CLOSED if two and not scene.contrasts(bar) else RIDE
    hits = [(beat * BEAT, ride, 70 if beat in seconds else 64) for beat in range(bar.beats)]
    hits += [(beat * BEAT + OFF, ride, 54) for beat in _skips(scene, bar, seconds, rng)]
    if ride != CLOSED:
        hits += [(beat * BEAT, PEDAL, 62) for beat in seconds]
    if scene.style == "swing" and not two and rng.random() < CROSS_STICK and bar.beats == 4:
        hits.append((3 * BEAT, STICK, 50))  # four, on the rim
    light = two or scene.tempo > 260
    kicks = draw(LIGHT_FEATHERS if light else FEATHERS, rng)
    if bar.beats != 4:
        kicks = tuple(range(0, bar.beats, 1 + light))
    return hits + [(beat * BEAT, KICK, 32) for beat in kicks]


CROSS_STICK = 0.12  # of the bars of swing


def _skips(scene: Scene, bar: FormBar, seconds: Sequence[int], rng: np.random.Generator) -> list[int]:
    """The beats with a skip note, in a bar of any length."""
    words = FAST_SKIPS if scene.tempo >= 220 else RIDE_SKIPS
    if bar.beats == 4:
        more = scene.intensity(bar) - 0.5  # more skips as it grows
        return list(
            draw({skips: weight * 2 ** (more * (len(skips) - 1)) for skips, weight in words.items()}, rng)
        )
    skips = {beat for beat in seconds if rng.random() < 0.75}
    return sorted(skips | ({int(rng.integers(bar.beats))} if rng.random() < 0.25 else set()))


# ---------------------------------------------------------------------------------------------------- waltz

WALTZ_SKIPS: Mapping[tuple[int, ...], float] = {(1,): 34, (): 18, (1, 2): 16, (2,): 12, (0,): 8, (0, 2): 8}
WALTZ_KICKS: Mapping[tuple[int, ...], float] = {(0,): 60, (0, 18): 15, (0, 30): 15, (): 10}


def _waltz(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """One, two-and, three; the hi-hat on 2, in later choruses also on 3; now and then two against three."""
    if bar.beats != 3:
        return _swing(scene, bar, rng)
    ride = CLOSED if scene.in_two(bar) and not scene.contrasts(bar) else RIDE
    hits = [(0, ride, 66), (12, ride, 62), (24, ride, 60)]
    hits += [(beat * BEAT + OFF, ride, 53) for beat in draw(WALTZ_SKIPS, rng)]
    hits += [(onset, KICK, 42 if onset == 0 else 48) for onset in draw(WALTZ_KICKS, rng)]
    if ride != CLOSED:
        hits.append((12, PEDAL, 60))
        hits += [(24, PEDAL, 50)] if rng.random() < scene.intensity(bar) else []
    if rng.random() < 0.12 + 0.1 * scene.intensity(bar):
        hits += [(18, SNARE, 42)]
    return hits


# --------------------------------------------------------------------------------------------------- ballad

# Taps of the right brush in a bar of four, beside the sweep of the left.
TAPS: Mapping[tuple[int, ...], float] = {
    (12, 36): 24, (12, 18, 36): 18, (12, 36, 42): 18, (12, 18, 36, 42): 14, (12, 30, 36): 8, (6, 12, 36): 6,
    (12, 24, 36): 6, (12, 36, 40, 44): 6, (12, 16, 20, 36): 4, (12, 32, 36): 4, (12, 20, 36, 44): 4,
}  # fmt: skip
BALLAD_KICKS: Mapping[tuple[int, ...], float] = {
    (0,): 6, (0, 24): 5, (): 1.5, (0, 42): 2, (0, 18): 1.5, (24,): 1,
}  # fmt: skip
# Off-beats of the ride, above the brush in later choruses and bridges.
BALLAD_SKIPS: Mapping[tuple[int, ...], float] = {
    (): 4, (18,): 2, (42,): 3, (18, 42): 3, (20, 44): 2, (32,): 1, (44,): 2, (8, 44): 1,
}  # fmt: skip


def _ballad(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Brushes: a sweep that swells over two beats, taps on 2 and 4 with words between, the bass drum on 1."""
    seconds = second_beats(bar.beats)
    swell = int(rng.integers(0, 5))
    hits = [(beat * BEAT, SWIRL, 60 - (6 if beat in seconds else swell)) for beat in range(bar.beats)]
    taps = draw(TAPS, rng) if bar.beats == 4 else tuple(beat * BEAT for beat in seconds)
    hits += [(onset, SNARE, 62 if onset % BEAT == 0 else 44) for onset in taps]
    hits += [(beat * BEAT, PEDAL, 56) for beat in seconds]
    kicks = draw(BALLAD_KICKS, rng) if bar.beats == 4 else (0,)
    hits += [(onset, KICK, 30 if onset else 40) for onset in kicks]
    if scene.contrasts(bar) or bar.chorus > 0:
        hits += [(beat * BEAT, RIDE, 50) for beat in range(bar.beats)]
        hits += [(onset, RIDE, 40) for onset in draw(BALLAD_SKIPS, rng)] if bar.beats == 4 else []
    return hits


# ---------------------------------------------------------------------------------------------------- bossa

# The rim's two bars, in ticks: the clave, and how players turn it.
RIMS: Mapping[tuple[tuple[int, ...], tuple[int, ...]], float] = {
    ((0, 18, 36), (12, 30)): 8, ((0, 18, 36), (12, 24)): 2, ((0, 18, 36), (12, 30, 42)): 1.5,
    ((0, 18), (12, 30)): 1.5, ((0, 18, 36), (6, 24)): 1.5, ((0, 12, 30), (6, 18, 36)): 1.5,
    ((0, 18, 30), (12, 30)): 1.5, ((6, 18, 36), (12, 30)): 1.5, ((0, 18, 36), (12,)): 1,
}  # fmt: skip
# Whether the bass drum leads into either half of a bar.
BOSSA_KICKS: Mapping[tuple[int, ...], float] = {(1, 1): 6, (1, 0): 2, (0, 1): 2, (0, 0): 1.5}
# The eighths of a bar of four that hi-hat or ride leaves out: the wrist turns, or the other hand speaks.
LEFT_OUT: Mapping[tuple[int, ...], float] = {
    (): 6, (42,): 3, (6,): 2, (30,): 2, (18,): 2, (6, 30): 2, (18, 42): 1.5, (30, 42): 1.5, (6, 18): 1,
}  # fmt: skip


def _running(bar: FormBar, rng: np.random.Generator) -> list[int]:
    """The eighths of a bar, of one in four some only."""
    out = draw(LEFT_OUT, rng) if bar.beats == 4 else ()
    return [onset for onset in range(0, bar.beats * BEAT, OFF) if onset not in out]


def _bossa(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Even eighths on the hi-hat, in a bridge on the ride; bass drum on each group and before the next."""
    top = RIDE if scene.contrasts(bar) or bar.chorus % 2 else CLOSED
    length = bar.beats * BEAT
    accent = (18, 42) if rng.random() < 0.25 else ()  # a lift on the "and" of 2 and 4
    hits = [(on, top, 55 if on in accent else 46 if on % BEAT else 56) for on in _running(bar, rng)]
    before = draw(BOSSA_KICKS, rng)
    for k, (start, group) in enumerate(zip(_group_starts(bar.beats), groups(bar.beats), strict=True)):
        hits.append((start * BEAT, KICK, 56))
        if before[k % 2]:
            hits.append(((start + group - 1) * BEAT + OFF, KICK, 48))
    if top == RIDE:
        hits += [(beat * BEAT, PEDAL, 48) for beat in second_beats(bar.beats)]
    # The first four bars of a form state the clave as it is.
    rim = next(iter(RIMS)) if bar.number < 4 else draw(RIMS, rng)
    return hits + [(onset, STICK, 58) for onset in rim[bar.number % 2] if onset < length]


# ---------------------------------------------------------------------------------------------------- samba

# The tamborim's two bars on the snare, from either side, and how players turn it (Uribe, The Essence of
# Brazilian Percussion and Drum Set, 1993); the bass drum is the surdo, heavy on three.
TELECOTECO: Mapping[tuple[tuple[int, ...], tuple[int, ...]], float] = {
    ((0, 12, 24, 36, 42), (6, 18, 30, 36)): 6, ((6, 18, 30, 36), (0, 12, 24, 36, 42)): 3,
    ((0, 12, 18, 36, 42), (6, 18, 30, 42)): 2, ((0, 18, 36), (6, 18, 30, 36)): 2,
    ((6, 18, 36), (0, 12, 30, 42)): 1.5,
}  # fmt: skip
SAMBA_KICKS: Mapping[tuple[tuple[int, int], ...], float] = {  # (onset, velocity)
    ((0, 48), (18, 40), (24, 62), (42, 42)): 8, ((0, 46), (24, 62), (42, 42)): 3,
    ((0, 48), (18, 40), (24, 62)): 2, ((24, 64), (42, 44)): 1.5,
}  # fmt: skip


def _samba(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Running eighths on the hi-hat, in bridges and later choruses on the ride; the tamborim on the snare
    among soft strokes, early and calm on the rim; the surdo on the bass drum, the foot on 2 and 4.
    """
    length = bar.beats * BEAT
    loud = scene.contrasts(bar) or scene.intensity(bar) > 0.55
    top, voice = (RIDE if loud else CLOSED), (SNARE if loud else STICK)
    accent = int(rng.integers(2))  # the lift is on the off-beats or on every third eighth
    hits = [
        (onset, top, 58 if (onset % BEAT == OFF if accent else onset % 18 == 0) else 46)
        for onset in _running(bar, rng)
    ]
    pattern = next(iter(TELECOTECO)) if bar.number < 4 else draw(TELECOTECO, rng)
    strokes = [onset for onset in pattern[bar.number % 2] if onset < length]
    hits += [(onset, voice, 60 if onset % BEAT else 55) for onset in strokes]
    if loud:  # between the strokes the hand goes on, hardly heard
        soft = [onset for onset in range(0, length, OFF) if onset not in strokes and rng.random() < 0.7]
        hits += [(onset, SNARE, 26 + int(rng.integers(0, 6))) for onset in soft]
    if bar.beats == 4:
        hits += [(onset, KICK, level) for onset, level in draw(SAMBA_KICKS, rng)]
    else:
        starts = _group_starts(bar.beats)
        hits += [(start * BEAT, KICK, 60 if k % 2 else 50) for k, start in enumerate(starts)]
    return hits + [(beat * BEAT, PEDAL, 50) for beat in second_beats(bar.beats)]


# -------------------------------------------------------------------------------------------------- shuffle

# The beats (from 0) of a bar of four that have their short note after them: all, or with a breath.
SHUFFLED: Mapping[tuple[int, ...], float] = {
    (0, 1, 2, 3): 10, (1, 2, 3): 4, (0, 1, 3): 5, (1, 3): 5, (0, 2, 3): 3, (0, 1, 2): 3, (3,): 2,
}  # fmt: skip
SHUFFLE_KICKS: Mapping[tuple[int, ...], float] = {
    (0, 24): 6, (0, 12, 24, 36): 4, (0, 18, 24): 3, (0, 24, 42): 3, (0, 18, 24, 42): 1.5, (0, 6, 24): 1,
}  # fmt: skip
BACK_BEATS: Mapping[tuple[int, ...], float] = {(): 10, (42,): 3, (6, 30): 1.5, (18,): 1.5, (18, 42): 1.5}


def _shuffle(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Long and short on the ride, calm on the closed hi-hat; a back beat, with the rim first; ghosted short
    notes of the left hand; the bass drum on one and three.
    """
    seconds = second_beats(bar.beats)
    calm = scene.intensity(bar) < 0.4 and not scene.contrasts(bar)
    ride, back = (CLOSED if calm else RIDE), (STICK if calm else SNARE)
    short = draw(SHUFFLED, rng) if bar.beats == 4 else tuple(range(bar.beats))
    hits = [(beat * BEAT, ride, 66 if beat in seconds else 62) for beat in range(bar.beats)]
    hits += [(beat * BEAT + OFF, ride, 52) for beat in short]
    hits += [(beat * BEAT, back, 66) for beat in seconds]
    hits += [(beat * BEAT, PEDAL, 58) for beat in seconds if not calm]
    if bar.beats == 4:
        hits += [(onset, KICK, 54 if onset % BEAT == 0 else 44) for onset in draw(SHUFFLE_KICKS, rng)]
        hits += [(onset, SNARE, 34 + int(rng.integers(0, 6))) for onset in draw(BACK_BEATS, rng)]
    else:
        hits += [(start * BEAT, KICK, 52) for start in _group_starts(bar.beats)]
    return hits


# ------------------------------------------------------------------------------------------------- straight

STRAIGHT_KICKS: Mapping[tuple[int, ...], float] = {
    (): 5,
    (18,): 4,
    (42,): 4,
    (18, 42): 3,
    (30,): 2,
    (18, 30): 2,
}
STRAIGHT_STICKS: Mapping[tuple[int, ...], float] = {(36,): 8, (): 3, (12, 36): 3, (36, 42): 2, (18, 36): 2}


def _straight(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Even eighths on the ride with gaps; the bass drum on each group, rim clicks and syncopated kicks."""
    length = bar.beats * BEAT
    seconds = second_beats(bar.beats)
    kept = 0.4 + 0.4 * scene.intensity(bar)
    hits = [
        (beat * BEAT, BELL if scene.contrasts(bar) and not beat else RIDE, 64) for beat in range(bar.beats)
    ]
    hits += [(onset, RIDE, 48) for onset in range(OFF, length, BEAT) if rng.random() < kept]
    hits += [(beat * BEAT, PEDAL, 58) for beat in seconds]
    hits += [(start * BEAT, KICK, 40 if start else 52) for start in _group_starts(bar.beats)]
    if bar.beats == 4:
        hits += [(onset, KICK, 42) for onset in draw(STRAIGHT_KICKS, rng)]
        hits += [(onset, STICK, 54 if onset % BEAT == 0 else 46) for onset in draw(STRAIGHT_STICKS, rng)]
    elif seconds and rng.random() < 0.7:
        hits.append((seconds[-1] * BEAT, STICK, 54))
    return hits


PATTERNS: dict[str, Pattern] = {
    "swing": _swing,
    "up-tempo": _swing,
    "waltz": _waltz,
    "ballad": _ballad,
    "shuffle": _shuffle,
    "bossa": _bossa,
    "samba": _samba,
    "straight": _straight,
}
