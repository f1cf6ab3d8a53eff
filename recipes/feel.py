"""Fit the expressive model (soloists' loudness and timing) to the Weimar Jazz Database, and evaluate it.

    python -m recipes.feel wjazzd.db                 writes jazzgen/performance/performance.json
    python -m recipes.feel wjazzd.db -o mine.json

Solos are read as jazzgen reads them: annotated places on the grid, the longest of the notes that meet on one.
Loudness (`loud_med`, decibels in the recording) is fitted by ridge regression on the features of
`jazzgen.performance`, both against their mean over the solo and loudness cut at `CUT` decibels; time (`onset`
against `beats.onset`) by medians. The figures printed are held out: five folds, split by title.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.wjazzd import BeatMap, Event, Transcription, open_database, read_transcriptions
from jazzgen.errors import DataError, JazzgenError
from jazzgen.music import grid
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Note, Progression
from jazzgen.performance.model import (
    BEAT_POSITIONS,
    LOUDNESS_FEATURES,
    PERFORMANCE_FILE,
    TEMPI,
    beat_positions,
    loudness_features,
)
from jazzgen.util.files import replacing

Floats = npt.NDArray[np.float64]

FOLDS = 5
RIDGE = 10.0
CUT = 10.0  # decibels from the solo's median; beyond are dropouts of the measurement, down to -66 dB
STRAY = 0.3  # beats from its place: such a note was annotated, not played, there
FEWEST_NOTES = 20  # of a solo that counts
FEWEST_MEDIAN = 100  # notes for a median of its own; with fewer, a place has its median over all tempi
DISTANCES = (1, 2, 3, 4, 6, 8)  # in notes, at which what is left is compared with itself
NO_REST = 3  # ticks: a silence shorter than this is articulation

# What jazzgen played before it was fitted: the baseline. Swing by tempo, lag by tempo, decibels.
OLD_SWING = ((100.0, 160.0, 220.0, 260.0, 300.0, 340.0), (1.28, 1.33, 1.30, 1.21, 1.16, 1.06))
OLD_LAG = (25.0, 22.0, 19.0, 12.0, 9.0, 2.0, 0.0)  # ms at `TEMPI`
OLD_SWELL, OLD_HEIGHT, OLD_ACCENT, OLD_LIGHT = 16 / 3, 0.6 / 3, 6 / 3, -5 / 3
ATTRIBUTION = (
    "Fitted by recipes/feel.py to the Weimar Jazz Database (Jazzomat Research Project, "
    "jazzomat.hfm-weimar.de, Open Database License 1.0). Whoever publishes what is made of it names it."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One solo on the grid, n notes: `features` (n, F) and `loudness` (n,) dB, both against the solo's mean;
    `old` (n,) the same from the hand-set constants; `places` (n,) indices into `BEAT_POSITIONS`; `late` (n,)
    ms after the straight grid, NaN where the note strays or nothing was measured.
    """

    title: str
    tempo: float
    features: Floats
    loudness: Floats
    old: Floats
    places: npt.NDArray[np.int64]
    late: Floats


# ----------------------------------------------------------------------------------------- database to arrays


def measure_all(path: Path) -> list[Measured]:
    """The solos of the database at `path` that have loudness and enough notes."""
    with closing(open_database(path)) as database:
        solos = list(read_transcriptions(database))
    measured = []
    for solo in solos:
        try:
            one = measure(solo)
        except JazzgenError:
            continue  # no beats, a meter not in quarters
        if one is not None:
            measured.append(one)
    if len({one.title for one in measured}) < FOLDS:
        raise DataError(f"{path}: {len(measured)} solos with loudness are too few; wjazzd.db has over 400")
    return measured


class Placed(NamedTuple):
    """A solo on the grid: its `notes`, the `events` that they were, and the beats of the grid to one of
    `beats`.
    """

    notes: list[Note]
    events: list[Event]
    beats: BeatMap
    scale: int


def place(solo: Transcription) -> Placed:
    """The notes of a solo on the grid, the longest of those that meet on one place."""
    beats = BeatMap.of(solo.beats)
    annotated = sorted((*beats.annotated(e), e) for e in solo.events)
    scale = 2 if grid.wants_double_time([onset for onset, _, _ in annotated]) else 1
    longest: dict[int, tuple[float, float, Event]] = {}
    ticks = grid.snap_onsets([scale * onset for onset, _, _ in annotated])
    for tick, row in zip(ticks, annotated, strict=True):
        if tick not in longest or row[1] - row[0] >= longest[tick][1] - longest[tick][0]:
            longest[tick] = row
    length = beats.length * TICKS_PER_BEAT * scale
    starts = [tick for tick in sorted(longest) if tick < length]
    events = [longest[tick][2] for tick in starts]
    ends = [scale * longest[tick][1] * TICKS_PER_BEAT for tick in starts]
    return Placed(list(_notes(starts, ends, [round(e.pitch) for e in events], length)), events, beats, scale)


def measure(solo: Transcription) -> Measured | None:
    """One solo; None where it has too few notes or no loudness."""
    notes, events, beats, scale = place(solo)
    starts = [note.onset for note in notes]
    loud = np.array([np.nan if e.loudness is None else e.loudness for e in events])
    if len(starts) < FEWEST_NOTES or np.isnan(loud).all():
        return None
    tempo = scale * beats.tempo
    away = scale * np.array([beats.played(e)[0] for e in events]) - np.array(starts) / TICKS_PER_BEAT
    return Measured(
        solo.title.strip().casefold(),
        tempo,
        *_centred(loudness_features(notes, _form(beats, scale)), _cut(loud), _old_decibels(notes)),
        np.array([BEAT_POSITIONS.index(name) for name in beat_positions(starts)]),
        np.where(np.abs(away) < STRAY, away * 60_000 / tempo, np.nan),
    )


def _notes(
    starts: Sequence[int], ends: Sequence[float], pitches: Sequence[int], length: int
) -> Iterator[Note]:
    for start, after, end, pitch in zip(starts, [*starts[1:], length], ends, pitches, strict=True):
        until = min(max(round(end), start + 1), after)
        yield Note(start, (after if after - until < NO_REST else until) - start, pitch)


def _form(beats: BeatMap, scale: int) -> Progression:
    ticks = TICKS_PER_BEAT * scale  # a beat
    meters = tuple(MeterChange(start * ticks, size) for start, size in beats.meters)
    return Progression((ChordChange(0, "N.C."),), beats.length * ticks, meters)


def _cut(loud: Floats) -> Floats:
    return np.clip(loud - np.nanmedian(loud), -CUT, CUT)


def _centred(features: Floats, loud: Floats, old: Floats) -> tuple[Floats, Floats, Floats]:
    """All three against their mean over the notes whose loudness is known."""
    known = ~np.isnan(loud)
    return features - features[known].mean(0), loud - loud[known].mean(), old - old[known].mean()


def _old_decibels(notes: Sequence[Note]) -> Floats:
    """The loudness of the hand-set constants."""
    levels = []
    starts = phrase_starts([note.onset for note in notes], [note.end for note in notes])
    for start, end in zip(starts, [*starts[1:], len(notes)], strict=True):
        phrase = notes[start:end]
        middle = sum(note.pitch for note in phrase) / len(phrase)
        for k, note in enumerate(phrase, 1):
            swell = OLD_SWELL * np.sin(np.pi * k / (len(phrase) + 1))
            accent = OLD_ACCENT * (note.onset % TICKS_PER_BEAT == grid.OFF_BEAT)
            light = OLD_LIGHT * (note.duration < TICKS_PER_BEAT // 2)
            levels.append(swell + OLD_HEIGHT * (note.pitch - middle) + accent + light)
    return np.array(levels)


# --------------------------------------------------------------------------------------------------- the fit


def fit_loudness(solos: Sequence[Measured]) -> Floats:
    """(F,) decibels for each feature."""
    gram, target = RIDGE * np.eye(len(LOUDNESS_FEATURES)), np.zeros(len(LOUDNESS_FEATURES))
    for solo in solos:
        known = ~np.isnan(solo.loudness)
        gram += solo.features[known].T @ solo.features[known]
        target += solo.features[known].T @ solo.loudness[known]
    return np.linalg.solve(gram, target)


def fit_time(solos: Sequence[Measured]) -> Floats:
    """(P, K) milliseconds: the median of each place in the range of tempi around each of `TEMPI`."""
    places = np.concatenate([solo.places for solo in solos])
    late = np.concatenate([solo.late for solo in solos])
    nearest = np.concatenate([np.full(len(solo.late), _range_of(solo.tempo)) for solo in solos])
    table = np.zeros((len(BEAT_POSITIONS), len(TEMPI)))
    for place in range(len(BEAT_POSITIONS)):
        here = (places == place) & ~np.isnan(late)
        for k in range(len(TEMPI)):
            both = here & (nearest == k)
            table[place, k] = np.median(late[both if both.sum() >= FEWEST_MEDIAN else here])
    return table


def _range_of(tempo: float) -> int:
    return int(np.argmin(np.abs(np.array(TEMPI) - tempo)))


def expected_time(solo: Measured, table: Floats) -> Floats:
    """(n,) ms after the straight grid, by `table` (P, K)."""
    return np.array([np.interp(solo.tempo, TEMPI, row) for row in table])[solo.places]


def old_time(solo: Measured) -> Floats:
    """(n,) ms after the straight grid, by the hand-set tables."""
    ratio = np.interp(solo.tempo, *OLD_SWING)
    swing = (ratio / (ratio + 1) - 0.5) * 60_000 / solo.tempo
    return np.interp(solo.tempo, TEMPI, OLD_LAG) + swing * (solo.places == BEAT_POSITIONS.index("off-beat"))


def noise_of(left: Sequence[Floats]) -> dict[str, float]:
    """Deviation and memory of what a model leaves in each solo, NaN where unknown.

    At a distance of d notes only the AR(1) part correlates: its share of the variance times ar_coef ** d.
    """
    variance = float(np.nanmean(np.concatenate(left) ** 2))
    alike = [
        np.nanmean(np.concatenate([one[d:] * one[:-d] for one in left if len(one) > d])) / variance
        for d in DISTANCES
    ]
    slope, start = np.polyfit(DISTANCES, np.log(np.maximum(alike, 1e-3)), 1)
    share = min(float(np.exp(start)), 1.0)
    return {
        "white_std": round(float(np.sqrt(variance * (1 - share))), 3),
        "ar_std": round(float(np.sqrt(variance * share)), 3),
        "ar_coef": round(min(float(np.exp(slope)), 0.99), 3),
    }


def fit(solos: Sequence[Measured]) -> dict[str, object]:
    """What `performance.json` holds."""
    weights, table = fit_loudness(solos), fit_time(solos)
    return {
        "source": ATTRIBUTION,
        "loudness_db": {
            "weights": {name: round(float(w), 3) for name, w in zip(LOUDNESS_FEATURES, weights, strict=True)},
            "noise": noise_of([solo.loudness - solo.features @ weights for solo in solos]),
        },
        "time_ms": {
            "tempi": list(TEMPI),
            "positions": {
                name: [round(float(v), 1) for v in row]
                for name, row in zip(BEAT_POSITIONS, table, strict=True)
            },
            # in beats: from 100 to 340 beats a minute what is left is the same part of a beat
            "noise_beats": noise_of(
                [(solo.late - expected_time(solo, table)) * solo.tempo / 60_000 for solo in solos]
            ),
        },
    }


# ----------------------------------------------------------------------------------------------- the figures


def figures(solos: Sequence[Measured], seed: int = 0) -> dict[str, float]:
    """Held out by title: the share of loudness's variance within solos, and mean absolute errors in ms."""
    titles = sorted({solo.title for solo in solos})
    order = np.random.default_rng(seed).permutation(len(titles))
    fold = {title: int(k) % FOLDS for title, k in zip(titles, order, strict=True)}
    squares: dict[str, float] = dict.fromkeys(("flat", "hand-set", "rescaled", "fitted"), 0.0)
    errors: dict[str, list[Floats]] = {"straight": [], "hand-set": [], "fitted": []}
    for held in range(FOLDS):
        train = [solo for solo in solos if fold[solo.title] != held]
        weights, table = fit_loudness(train), fit_time(train)
        scale = sum(np.nansum(s.old * s.loudness) for s in train) / sum(
            np.nansum(s.old**2 * ~np.isnan(s.loudness)) for s in train
        )
        for solo in (solo for solo in solos if fold[solo.title] == held):
            guesses = (0.0, solo.old, scale * solo.old, solo.features @ weights)
            for name, guess in zip(squares, guesses, strict=True):
                squares[name] += float(np.nansum((solo.loudness - guess) ** 2))
            for name, guess in zip(errors, (0.0, old_time(solo), expected_time(solo, table)), strict=True):
                errors[name].append(np.abs(solo.late - guess))
    explained = {
        f"loudness explained, {k}": 1 - v / squares["flat"] for k, v in squares.items() if k != "flat"
    }
    missed = {f"time missed by (ms), {k}": float(np.nanmean(np.concatenate(v))) for k, v in errors.items()}
    return {**explained, **missed}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, write the file, print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database", type=Path, help="wjazzd.db")
    parser.add_argument("-o", "--output", type=Path, default=PERFORMANCE_FILE, help="default: %(default)s")
    given = parser.parse_args(arguments)
    try:
        solos = measure_all(given.database)
        with replacing(given.output) as temporary:
            temporary.write_text(json.dumps(fit(solos), indent=1) + "\n", encoding="utf-8")
    except JazzgenError as error:
        print(error, file=sys.stderr)
        return 2
    notes = sum(len(solo.late) for solo in solos)
    print(f"{given.output}: fitted to {notes:,} notes of {len(solos)} solos; held out by title:")
    for name, value in figures(solos).items():
        print(f"{name:32s} {value:7.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
