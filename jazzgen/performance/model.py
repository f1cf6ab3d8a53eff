"""The expressive model of a soloist: the expected loudness and lag of each note, and the noise around them.

`load_performance` reads the fitted numbers, `performance.json`, which `recipes/feel.py` makes from the
Weimar Jazz Database; docs/feel.md says how well they predict held-out solos.

* **Loudness**, in decibels against the solo's mean: a linear regression on the `LOUDNESS_FEATURES` of each
  note, centred over the solo, plus noise.
* **Time**, in milliseconds after the straight grid: for each of the `BEAT_POSITIONS` its median at each of
  `TEMPI`, interpolated, plus noise in beats. The swing ratio is the distance between off-beat and beat.
* **Noise** is white plus autoregressive of first order, so that neighbouring notes are loud or late together.

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
from jazzgen.music.meters import CompoundBeats
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

PERFORMANCE_FILE = Path(__file__).with_name("performance.json")
STEPS_A_DECIBEL = 3.0  # of velocity, as corpus/wjazzd.py writes it
BAR = 4 * TICKS_PER_BEAT
WINDOW = 2 * TICKS_PER_BEAT  # to either side, in which notes are counted for "dense"

LOUDNESS_FEATURES = (
    "beat 1",  # positions in the bar, against beat 3 and positions that are not in this list
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
BEAT_POSITIONS = ("beat", "off-beat", "16th 2", "16th 3", "16th 4", "triplet 2", "triplet 3")
TEMPI = (100.0, 140.0, 180.0, 220.0, 260.0, 300.0, 340.0)  # beats of the grid a minute


def loudness_features(notes: Sequence[Note], progression: Progression) -> Floats:
    """The `LOUDNESS_FEATURES` of each note, (n, F)."""
    n = len(notes)
    if not n:
        return np.zeros((0, len(LOUDNESS_FEATURES)))
    onset = np.array([note.onset for note in notes])
    pitch = np.array([note.pitch for note in notes], dtype=np.float64)
    table = {
        **_bar_features(onset, progression),
        **_line_features(notes, pitch),
        **_phrase_features(notes, pitch),
    }
    near = np.searchsorted(onset, onset + WINDOW) - np.searchsorted(onset, onset - WINDOW, side="right")
    table["dense"] = np.log2(near / 8)
    table["early in the solo"] = np.exp(-(onset - onset[0]) / (4 * BAR))
    table["place in the solo"] = np.arange(n) / max(n - 1, 1) - 0.5
    return np.column_stack([table[name] for name in LOUDNESS_FEATURES])  # (n, F)


def _bar_features(onset: Ints, progression: Progression) -> dict[str, Floats]:
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


def _line_features(notes: Sequence[Note], pitch: Floats) -> dict[str, Floats]:
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


def _phrase_features(notes: Sequence[Note], pitch: Floats) -> dict[str, Floats]:
    high, through, swell = np.zeros(len(notes)), np.zeros(len(notes)), np.zeros(len(notes))
    starts = phrase_starts([note.onset for note in notes], [note.end for note in notes])
    for start, end in pairwise([*starts, len(notes)]):
        size, one = end - start, slice(start, end)
        place = (np.arange(size) + 0.5) / size
        high[one] = (pitch[one] - pitch[one].mean()) / 12
        through[one] = place - 0.5
        swell[one] = np.sin(math.pi * place) * math.log2(size / 16)
    return {"height in the phrase": high, "place in the phrase": through, "swell x length": swell}


def beat_positions(onsets: Sequence[int], compound: CompoundBeats | None = None) -> list[str]:
    """The one of `BEAT_POSITIONS` of each onset in ticks; any other position is the nearest 16th. A beat that
    is `compound` has no off-beat.
    """
    places = grid.places_by_beat(onsets)
    names = []
    for onset in onsets:
        beat, inside = divmod(onset, TICKS_PER_BEAT)
        if inside == 0:
            names.append("beat")
        elif inside == grid.OFF_BEAT and grid.is_swung(places[beat]) and not (compound and compound(beat)):
            names.append("off-beat")
        elif inside in grid.TRIPLET:
            names.append(f"triplet {grid.TRIPLET.index(inside) + 1}")
        else:
            names.append(f"16th {min(max(round(inside / 3), 1), 3) + 1}")
    return names


@dataclass(frozen=True, slots=True)
class AR1Noise:
    """White noise plus first-order autoregressive noise, from note to note.

    `white_std` and `ar_std` are standard deviations in the model's unit, `ar_coef` (0..1) is the correlation
    of the autoregressive part between neighbouring notes.
    """

    white_std: float
    ar_std: float
    ar_coef: float

    def draw(self, rng: np.random.Generator, n: int, clip: float) -> Floats:
        """(n,) draws; each part clipped to `clip` of its standard deviations."""
        white, innovations = np.clip(rng.normal(size=(2, n)), -clip, clip)
        ar = np.zeros(n)
        scale, last = math.sqrt(1 - self.ar_coef**2), 0.0
        for k, innovation in enumerate(innovations.tolist()):
            last = innovation if k == 0 else self.ar_coef * last + scale * innovation
            ar[k] = last
        drawn: Floats = self.white_std * white + self.ar_std * np.clip(ar, -clip, clip)
        return drawn


@dataclass(frozen=True, slots=True)
class PerformanceModel:
    """The fitted model: a weight in decibels for each of `LOUDNESS_FEATURES`, the lag in milliseconds at each
    of `BEAT_POSITIONS` and `TEMPI`, and the noise of both (loudness in decibels, time in beats).
    """

    loudness: Mapping[str, float]
    loudness_noise: AR1Noise
    time: Mapping[str, tuple[float, ...]]
    time_noise: AR1Noise

    def decibels(self, notes: Sequence[Note], progression: Progression) -> Floats:
        """(n,) the expected loudness of each note against the solo's mean."""
        features = loudness_features(notes, progression)
        if not len(features):
            return np.zeros(0)
        weights = np.array([self.loudness[name] for name in LOUDNESS_FEATURES])
        expected: Floats = (features - features.mean(axis=0)) @ weights
        return expected

    def lag(self, position: str, tempo: float) -> float:
        """The expected lag behind the straight grid, in milliseconds, of one of `BEAT_POSITIONS`."""
        return float(np.interp(tempo, TEMPI, self.time[position]))

    def swing_ratio(self, tempo: float) -> float:
        """The soloist's swing ratio, long eighth to short, at `tempo` (beats of the grid a minute)."""
        later = (self.lag("off-beat", tempo) - self.lag("beat", tempo)) * tempo / 60_000  # beats
        return min(max((0.5 + later) / (0.5 - later), grid.MIN_RATIO), grid.MAX_RATIO)


@lru_cache(maxsize=4)
def load_performance(path: Path = PERFORMANCE_FILE) -> PerformanceModel:
    """The model in the JSON file at `path`; raises `DataError` where it is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); recipes/feel.py makes it") from None
    try:
        loudness, time = content["loudness_db"], content["time_ms"]
        tempi = tuple(_numbers(time["tempi"], len(TEMPI)))
        weights, positions = loudness["weights"], time["positions"]
        if (*weights, *positions) != (*LOUDNESS_FEATURES, *BEAT_POSITIONS) or tempi != TEMPI:
            raise ValueError("other features, positions or tempi than this version's")
        return PerformanceModel(
            dict(zip(LOUDNESS_FEATURES, _numbers(weights.values(), len(LOUDNESS_FEATURES)), strict=True)),
            _noise(loudness["noise"]),
            {name: tuple(_numbers(positions[name], len(TEMPI))) for name in BEAT_POSITIONS},
            _noise(time["noise_beats"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: not a performance model ({error}); make it with recipes/feel.py") from None


def _numbers(values: Any, count: int) -> list[float]:
    found = [float(value) for value in values]
    if len(found) != count or not all(math.isfinite(value) for value in found):
        raise ValueError(f"{count} finite numbers are needed, received {found}")
    return found


def _noise(values: Mapping[str, float]) -> AR1Noise:
    white_std, ar_std, ar_coef = _numbers((values["white_std"], values["ar_std"], values["ar_coef"]), 3)
    if white_std < 0 or ar_std < 0 or not 0 <= ar_coef < 1:
        raise ValueError(f"noise must not be negative and ar_coef below 1, received {values}")
    return AR1Noise(white_std, ar_std, ar_coef)
