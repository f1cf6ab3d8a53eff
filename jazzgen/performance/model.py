"""What a soloist adds to the notes of the grid: features of each note, and a model fitted to real solos.

`load_performance` reads the fitted numbers, `performance.json`, which `recipes/feel.py` makes from the
Weimar Jazz Database; docs/feel.md says how well they predict solos that they have not seen.

* **Loudness**, in decibels against the solo's mean: a weight for each of the `FEATURES` that `describe`
  finds, taken against their mean over the solo, and chance.
* **Time**, in milliseconds after the straight grid: for each of the `PLACES` a line through its medians at
  `TEMPI`, and chance, this in beats. The swing ratio is the distance between the lines of off-beat and beat.
* **Chance** is what these leave: what each note has of its own, and a slow wandering from note to note (an
  autoregression of first order). Who is loud or late stays so for a while.

Letters: n notes, F features, K tempi.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import DataError
from jazzgen.music import grid
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression

__all__ = [
    "BREATH",
    "FEATURES",
    "PERFORMANCE_FILE",
    "PLACES",
    "STEPS_A_DECIBEL",
    "TEMPI",
    "Chance",
    "Performance",
    "describe",
    "load_performance",
    "phrase_starts",
    "place_names",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

PERFORMANCE_FILE = Path(__file__).with_name("performance.json")
STEPS_A_DECIBEL = 3.0  # of velocity, as recipes/wjazzd_to_midi.py writes it
BREATH = TICKS_PER_BEAT  # a silence this long ends a phrase
BAR = 4 * TICKS_PER_BEAT
WINDOW = 2 * TICKS_PER_BEAT  # to either side, in which the notes are counted that make a passage dense

FEATURES = (
    "beat 1",  # places in the bar, against beat 3 and what stands nowhere else in this list
    "beats 2 and 4",
    "off-beat",
    "16th after the beat",
    "16th before the beat",
    "triplet",
    "height",  # octaves above the solo's mean pitch
    "height squared",
    "height in the phrase",  # octaves above the phrase's mean pitch
    "peak",  # higher than both neighbours
    "trough",  # lower than both
    "rise to the next",  # octaves
    "fall to the next",
    "gap before",  # log2 of 1 + the silent eighths before the note
    "gap after",
    "place in the phrase",  # -1/2 to 1/2
    "swell x length",  # 0 at the phrase's ends, 1 in its middle, times log2 of a 16th of its notes
    "dense",  # log2 of an 8th of the notes within two beats
    "early in the solo",  # e to the minus quarter of the bars
    "place in the solo",  # -1/2 to 1/2
)
PLACES = ("beat", "off-beat", "16th 2", "16th 3", "16th 4", "triplet 2", "triplet 3")
TEMPI = (100.0, 140.0, 180.0, 220.0, 260.0, 300.0, 340.0)  # beats of the grid a minute


# -------------------------------------------------------------------------------------- features of the notes


def describe(notes: Sequence[Note], progression: Progression) -> Floats:
    """Of each note the `FEATURES`, (n, F)."""
    n = len(notes)
    if not n:
        return np.zeros((0, len(FEATURES)))
    onset = np.array([note.onset for note in notes])
    pitch = np.array([note.pitch for note in notes], dtype=np.float64)
    table = {
        **_describe_places(onset, progression),
        **_describe_line(notes, pitch),
        **_describe_phrases(notes, pitch),
    }
    near = np.searchsorted(onset, onset + WINDOW) - np.searchsorted(onset, onset - WINDOW, side="right")
    table["dense"] = np.log2(near / 8)
    table["early in the solo"] = np.exp(-(onset - onset[0]) / (4 * BAR))
    table["place in the solo"] = np.arange(n) / max(n - 1, 1) - 0.5
    return np.column_stack([table[name] for name in FEATURES])  # (n, F)


def _describe_places(onset: Ints, progression: Progression) -> dict[str, Floats]:
    inside = onset % TICKS_PER_BEAT
    beat = np.array([tick - progression.bar_start(tick) for tick in onset.tolist()]) // TICKS_PER_BEAT
    return {
        "beat 1": 1.0 * ((inside == 0) & (beat == 0)),
        "beats 2 and 4": 1.0 * ((inside == 0) & (beat % 2 == 1)),
        "off-beat": 1.0 * (inside == grid.OFF_BEAT),
        "16th after the beat": 1.0 * (inside == grid.STRAIGHT[1]),
        "16th before the beat": 1.0 * (inside == grid.STRAIGHT[3]),
        "triplet": 1.0 * np.isin(inside, grid.TRIPLET[1:]),
    }


def _describe_line(notes: Sequence[Note], pitch: Floats) -> dict[str, Floats]:
    before = np.diff(pitch, prepend=pitch[0]) / 12  # (n,) octaves from the note before
    after = np.append(before[1:], 0.0)
    silent = [b.onset - a.end for a, b in pairwise(notes)]
    gaps = np.log2(1 + np.clip(np.array([BAR, *silent, BAR]), 0, BAR) / grid.OFF_BEAT)
    height = (pitch - pitch.mean()) / 12
    return {
        "height": height,
        "height squared": height**2,
        "peak": 1.0 * ((before > 0) & (after < 0)),
        "trough": 1.0 * ((before < 0) & (after > 0)),
        "rise to the next": np.maximum(after, 0.0),
        "fall to the next": np.maximum(-after, 0.0),
        "gap before": gaps[:-1],
        "gap after": gaps[1:],
    }


def _describe_phrases(notes: Sequence[Note], pitch: Floats) -> dict[str, Floats]:
    high, through, swell = np.zeros(len(notes)), np.zeros(len(notes)), np.zeros(len(notes))
    for start, end in pairwise([*phrase_starts(notes), len(notes)]):
        size, one = end - start, slice(start, end)
        place = (np.arange(size) + 0.5) / size
        high[one] = (pitch[one] - pitch[one].mean()) / 12
        through[one] = place - 0.5
        swell[one] = np.sin(math.pi * place) * math.log2(size / 16)
    return {"height in the phrase": high, "place in the phrase": through, "swell x length": swell}


def phrase_starts(notes: Sequence[Note]) -> list[int]:
    """The number of each phrase's first note: the very first, and each after a silence of `BREATH`."""
    return [k for k, note in enumerate(notes) if k == 0 or note.onset - notes[k - 1].end >= BREATH]


def place_names(onsets: Sequence[int]) -> list[str]:
    """For each onset in ticks which of the `PLACES` it has in its beat; a place between them is the nearest
    16th.
    """
    places = grid.places_by_beat(onsets)
    names = []
    for onset in onsets:
        beat, inside = divmod(onset, TICKS_PER_BEAT)
        if inside == 0:
            names.append("beat")
        elif inside == grid.OFF_BEAT and grid.is_swung(places[beat]):
            names.append("off-beat")
        elif inside in grid.TRIPLET:
            names.append(f"triplet {grid.TRIPLET.index(inside) + 1}")
        else:
            names.append(f"16th {min(max(round(inside / 3), 1), 3) + 1}")
    return names


# ------------------------------------------------------------------------------------------ the fitted model


@dataclass(frozen=True, slots=True)
class Chance:
    """What a model leaves: `own` of each note and a `wander`, as standard deviations in the model's unit;
    from a note to the next `memory` (0..1) of the wandering stays.
    """

    own: float
    wander: float
    memory: float

    def draw(self, rng: np.random.Generator, n: int, farthest: float) -> Floats:
        """(n,) draws; those of each kind no farther out than `farthest` of its deviations."""
        own, steps = np.clip(rng.normal(size=(2, n)), -farthest, farthest)
        wander = np.zeros(n)
        fresh = math.sqrt(1 - self.memory**2)
        last = 0.0
        for k, step in enumerate(steps.tolist()):
            last = step if k == 0 else self.memory * last + fresh * step
            wander[k] = last
        drawn: Floats = self.own * own + self.wander * np.clip(wander, -farthest, farthest)
        return drawn


@dataclass(frozen=True, slots=True)
class Performance:
    """The fitted numbers: decibels for each of `FEATURES`, milliseconds for each of `PLACES` at `TEMPI`."""

    loudness: Mapping[str, float]
    loudness_chance: Chance
    time: Mapping[str, tuple[float, ...]]
    time_chance: Chance

    def decibels(self, notes: Sequence[Note], progression: Progression) -> Floats:
        """(n,) how much louder than the solo's mean each note is expected to be."""
        features = describe(notes, progression)
        if not len(features):
            return np.zeros(0)
        weights = np.array([self.loudness[name] for name in FEATURES])
        expected: Floats = (features - features.mean(axis=0)) @ weights
        return expected

    def lag(self, place: str, tempo: float) -> float:
        """By how many milliseconds a note on `place` is expected after the straight grid."""
        return float(np.interp(tempo, TEMPI, self.time[place]))

    def swing_ratio(self, tempo: float) -> float:
        """How a soloist swings at `tempo` (beats of the grid a minute): long eighth to short."""
        later = (self.lag("off-beat", tempo) - self.lag("beat", tempo)) * tempo / 60_000  # beats
        return min(max((0.5 + later) / (0.5 - later), grid.MIN_RATIO), grid.MAX_RATIO)


@lru_cache(maxsize=4)
def load_performance(path: Path = PERFORMANCE_FILE) -> Performance:
    """The numbers in the JSON file at `path`; raises `DataError` where it is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); recipes/feel.py makes it") from None
    try:
        loudness, time = content["loudness_db"], content["time_ms"]
        tempi = tuple(_numbers(time["tempi"], len(TEMPI)))
        weights, places = loudness["weights"], time["places"]
        if (*weights, *places) != (*FEATURES, *PLACES) or tempi != TEMPI:
            raise ValueError("other features, places or tempi than this version's")
        return Performance(
            dict(zip(FEATURES, _numbers(weights.values(), len(FEATURES)), strict=True)),
            _chance(loudness["chance"]),
            {name: tuple(_numbers(places[name], len(TEMPI))) for name in PLACES},
            _chance(time["chance_beats"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: not a performance model ({error}); make it with recipes/feel.py") from None


def _numbers(values: Any, count: int) -> list[float]:
    found = [float(value) for value in values]
    if len(found) != count or not all(math.isfinite(value) for value in found):
        raise ValueError(f"{count} finite numbers are needed, received {found}")
    return found


def _chance(values: Mapping[str, float]) -> Chance:
    own, wander, memory = _numbers((values["own"], values["wander"], values["memory"]), 3)
    if own < 0 or wander < 0 or not 0 <= memory < 1:
        raise ValueError(f"chance must not be negative and memory below 1, received {values}")
    return Chance(own, wander, memory)
