"""What solos are like, in numbers: a table of statistics, each a function of one solo.

`describe` gives for each statistic its mean and its band, the 10th to the 90th percentile over solos. A
statistic that a solo has nothing to say about (leaps of a single note) is nan for it and left out. Shares
are 0..1, entropies bits, everything else has its unit in the table.

Sources. Entropies and grooving similarity: Wu and Yang, "The Jazz Transformer on the Front Line", ISMIR 2020,
section 4, and their code, MusDr. Lift is ours: it asks whether the notes know *where* in the form they are;
a line that only keeps to the key has none. What comes back and what occurs once counts windows of intervals,
as the pattern search of the Weimar Jazz Database does (Frieler et al., "Two web applications for exploring
melodic patterns in jazz solos", ISMIR 2018).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.evaluation.line import FloatArray, IntArray, Line
from jazzgen.music.score import TICKS_PER_BEAT, Solo

__all__ = [
    "HISTOGRAMS",
    "STATISTICS",
    "Statistic",
    "Summary",
    "describe",
    "histograms",
    "measure",
    "summarize",
]

NEAR = 16  # bars in which an idea is remembered
ENOUGH = 16  # notes that so many bars must hold to be counted
PLACES_A_BAR = 48  # the grid's 12 a beat in 4/4; MusDr has 64
SHAPE = 7  # intervals: eight notes
DISPLACEMENTS = (1, 3, 5, 7)  # bars; odd, since many forms repeat after 2, 4 and 8


# ------------------------------------------------------------------------------------------------- harmony


def chord_tones(line: Line) -> float:
    """Share of the notes over a chord that are tones of its symbol, tensions and bass included."""
    return _hits(line, line.chord)


def chord_tones_strong(line: Line) -> float:
    """The same of the notes on beats 1 and 3 of the bar."""
    strong = line.place % (2 * TICKS_PER_BEAT) == 0
    known = strong & line.sounding[line.chord]
    return _share(line.tones[line.chord[known], line.pitch_class[known]])


def lift(line: Line) -> float:
    """Chord tones minus what they are when the chords are displaced by 1, 3, 5 and 7 bars, the form taken as
    a ring; the mean of the four. 0: the notes do not know where they are.
    """
    moved = [_hits(line, line.displaced(bars)) for bars in DISPLACEMENTS]
    return _hits(line, line.chord) - float(np.mean(moved))


def in_scale(line: Line) -> float:
    """Share of the notes over a chord that are in its chord-scale, one scale a quality."""
    known = line.sounding[line.chord]
    return _share(line.scale[line.chord[known], line.pitch_class[known]])


def _hits(line: Line, chord: IntArray) -> float:
    """Share of chord tones where note k sounds over `chord[k]`."""
    known = line.sounding[chord]
    return _share(line.tones[chord[known], line.pitch_class[known]])


# -------------------------------------------------------------------------------------------------- melody


def steps(line: Line) -> float:
    """Share of intervals of one or two semitones."""
    return _share((abs(line.interval) >= 1) & (abs(line.interval) <= 2))


def repeats(line: Line) -> float:
    """Share of intervals that are none: the same pitch again."""
    return _share(line.interval == 0)


def leaps_fifth(line: Line) -> float:
    """Share of intervals over a fifth (more than 7 semitones)."""
    return _share(abs(line.interval) > 7)


def leaps_octave(line: Line) -> float:
    """Share of intervals over an octave (more than 12 semitones)."""
    return _share(abs(line.interval) > 12)


def pitch_range(line: Line) -> float:
    """Semitones from the lowest note to the highest."""
    return float(np.ptp(line.pitch)) if len(line.pitch) else math.nan


def range_near(line: Line) -> float:
    """The same inside 16 bars: the mean over the solo's 16-bar windows that hold 16 notes or more."""
    return _mean(float(np.ptp(pitch)) for pitch in _near_windows(line))


def spread_near(line: Line) -> float:
    """Standard deviation of pitch, in semitones, inside 16 bars: the mean over the same windows."""
    return _mean(float(np.std(pitch)) for pitch in _near_windows(line))


def _near_windows(line: Line) -> Iterator[IntArray]:
    """The pitches of bars 1 to 16, 17 to 32 ..., where there are 16 or more."""
    for first in range(0, len(line.form.bar_ticks), NEAR):
        pitch = line.pitch[(line.bar >= first) & (line.bar < first + NEAR)]
        if len(pitch) >= ENOUGH:
            yield pitch


def turns(line: Line) -> float:
    """How often the contour turns: share of neighboring intervals, repeated notes left out, that go opposite
    ways.
    """
    ways = np.sign(line.interval[line.interval != 0])
    return _share(ways[1:] != ways[:-1])


def longest_repeat(line: Line) -> float:
    """Notes in the longest run of one pitch."""
    if not len(line.pitch):
        return math.nan
    edges = np.flatnonzero(np.concatenate([[True], line.interval != 0, [True]]))
    return float(np.diff(edges).max())


def pitch_entropy(line: Line) -> float:
    """Entropy of the solo's pitch-class histogram, in bits: log2 12 = 3.58 is the most."""
    return _entropy(line.pitch_class)


def entropy_1(line: Line) -> float:
    """H1: the entropy of the pitch-class histogram of each bar, the mean over bars with a note (MusDr)."""
    return _windowed_entropy(line, 1)


def entropy_4(line: Line) -> float:
    """H4: the same over each window of four neighboring bars (MusDr)."""
    return _windowed_entropy(line, 4)


def _windowed_entropy(line: Line, bars: int) -> float:
    count = len(line.form.bar_ticks)
    counts = np.zeros((count, 12))
    np.add.at(counts, (line.bar, line.pitch_class), 1)
    sums = np.vstack([np.zeros(12), counts.cumsum(axis=0)])
    windows = sums[bars:] - sums[:-bars] if count >= bars else counts.sum(axis=0, keepdims=True)
    return _mean(_entropy_of(window) for window in windows if window.any())


# -------------------------------------------------------------------------------------------------- rhythm


def rests(line: Line) -> float:
    """Share of the time, from the first onset to the last note's end, in silences of half a beat or more."""
    if not len(line.onset):
        return math.nan
    return float(line.gap[line.gap >= TICKS_PER_BEAT // 2].sum() / (line.end[-1] - line.onset[0]))


def notes_per_bar(line: Line) -> float:
    """Notes, over the bars from the first note's to the last one's."""
    return len(line.bar) / (line.bar[-1] - line.bar[0] + 1) if len(line.bar) else math.nan


def notes_per_phrase(line: Line) -> float:
    """Notes in a phrase, which ends at a silence of a beat or more: the mean over phrases."""
    return _mean(phrase.stop - phrase.start for phrase in line.phrases)


def triplets(line: Line) -> float:
    """Share of the notes that stand in a beat of triplets: one with an onset at a third of it."""
    beat = line.onset // TICKS_PER_BEAT
    third = np.isin(line.onset % TICKS_PER_BEAT, (4, 8))
    return _share(np.isin(beat, beat[third]))


def sixteenths(line: Line) -> float:
    """Share of the steps from onset to onset that are a 16th."""
    return _share(line.step == 3)


def eighths(line: Line) -> float:
    """Share of the steps from onset to onset that are an eighth."""
    return _share(line.step == 6)


def grooving(line: Line) -> float:
    """Grooving similarity (MusDr): each bar as a vector of onsets; 1 minus the share of the places in which
    two bars differ, the mean over all pairs of bars. 48 places a bar of 4/4, where MusDr has 64.
    """
    count = len(line.form.bar_ticks)
    if count < 2 or not len(line.bar):
        return math.nan
    grid = np.zeros((count, PLACES_A_BAR))
    inside = line.place < PLACES_A_BAR
    grid[line.bar[inside], line.place[inside]] = 1
    # Over all pairs, two bars differ in a place as often as one has an onset there and the other has none.
    there = grid.sum(axis=0)
    differing = (there * (count - there)).sum() / (count * (count - 1) / 2)
    return float(1 - differing / PLACES_A_BAR)


# --------------------------------------------------------------------------------------------------- ideas


def unique_shapes(line: Line) -> float:
    """Share of the windows of 8 notes whose intervals occur once in the solo."""
    shapes = _windows(line.interval, SHAPE)
    counts = Counter(shapes)
    return _share([counts[shape] == 1 for shape in shapes])


def returning_3(line: Line) -> float:
    """Share of the windows of 3 intervals inside 16 bars that have been played before in these bars: the mean
    over the solo's 16-bar windows that hold 16 notes or more.
    """
    return _mean(_returning(pitch, 3) for pitch in _near_windows(line))


def returning_4(line: Line) -> float:
    """The same of 4 intervals."""
    return _mean(_returning(pitch, 4) for pitch in _near_windows(line))


def _returning(pitch: IntArray, length: int) -> float:
    shapes = _windows(np.diff(pitch), length)
    return 1 - len(set(shapes)) / len(shapes)


def _windows(values: IntArray, length: int) -> list[tuple[int, ...]]:
    sequence = values.tolist()
    return list(zip(*(sequence[k:] for k in range(length)), strict=False))


# --------------------------------------------------------------------------------------------------- table


@dataclass(frozen=True, slots=True)
class Statistic:
    """A row of the table: what it is called, how it is counted from a line, and its unit ("" for a share, and
    where the label says it).
    """

    name: str
    label: str
    count: Callable[[Line], float]
    unit: str = ""


STATISTICS: dict[str, Statistic] = {
    row.name: row
    for row in (
        #         name                  label                                counted by        unit
        Statistic("chord_tones",        "chord tones",                       chord_tones),
        Statistic("chord_tones_strong", "chord tones on beats 1 and 3",      chord_tones_strong),
        Statistic("lift",               "lift over displaced chords",        lift),
        Statistic("in_scale",           "in the chord-scale",                in_scale),
        Statistic("leaps_octave",       "leaps over an octave",              leaps_octave),
        Statistic("leaps_fifth",        "leaps over a fifth",                leaps_fifth),
        Statistic("steps",              "steps",                             steps),
        Statistic("repeats",            "repeated notes",                    repeats),
        Statistic("turns",              "turns of the contour",              turns),
        Statistic("range",              "range",                             pitch_range,      "semitones"),
        Statistic("range_near",         "range inside 16 bars",              range_near,       "semitones"),
        Statistic("spread_near",        "spread of pitch inside 16 bars",    spread_near,      "semitones"),
        Statistic("longest_repeat",     "longest run of one pitch",          longest_repeat,   "notes"),
        Statistic("rests",              "silent time (half a beat or more)", rests),
        Statistic("notes_per_bar",      "notes a bar",                       notes_per_bar),
        Statistic("notes_per_phrase",   "notes a phrase",                    notes_per_phrase),
        Statistic("triplets",           "notes in triplets",                 triplets),
        Statistic("sixteenths",         "steps of a 16th",                   sixteenths),
        Statistic("eighths",            "steps of an eighth",                eighths),
        Statistic("grooving",           "grooving similarity",               grooving),
        Statistic("pitch_entropy",      "pitch-class entropy",               pitch_entropy,    "bits"),
        Statistic("entropy_1",          "pitch-class entropy, 1 bar (H1)",   entropy_1,        "bits"),
        Statistic("entropy_4",          "pitch-class entropy, 4 bars (H4)",  entropy_4,        "bits"),
        Statistic("unique_shapes",      "8-note shapes that occur once",     unique_shapes),
        Statistic("returning_3",        "3-interval shapes back in 16 bars", returning_3),
        Statistic("returning_4",        "4-interval shapes back in 16 bars", returning_4),
    )
}  # fmt: skip


def measure(solo: Solo) -> dict[str, float]:
    """Every statistic of one solo, by name; nan where it has nothing to say."""
    line = Line(solo)
    return {name: statistic.count(line) for name, statistic in STATISTICS.items()}


@dataclass(frozen=True, slots=True)
class Summary:
    """A statistic over several solos: `values` is one number a solo that has it, rising."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over solos; nan of none."""
        return float(np.mean(self.values)) if self.values else math.nan

    @property
    def sd(self) -> float:
        """The standard deviation over solos."""
        return float(np.std(self.values)) if self.values else math.nan

    @property
    def median(self) -> float:
        """The middle one."""
        return self.quantile(0.5)

    @property
    def band(self) -> tuple[float, float]:
        """The 10th and the 90th percentile: four solos of five lie between them."""
        return self.quantile(0.1), self.quantile(0.9)

    def quantile(self, share: float) -> float:
        """The number that `share` (0..1) of the solos stay below."""
        if not 0 <= share <= 1:
            raise OptionError(f"a quantile must be in 0..1, received {share}")
        return float(np.quantile(self.values, share)) if self.values else math.nan


def summarize(measures: Sequence[dict[str, float]]) -> dict[str, Summary]:
    """What `measure` gave for each of several solos, statistic by statistic."""
    return {
        name: Summary(tuple(sorted(row[name] for row in measures if not math.isnan(row[name]))))
        for name in STATISTICS
    }


def describe(solos: Sequence[Solo]) -> dict[str, Summary]:
    """Every statistic over `solos`, by name; solos without a note have no say."""
    return summarize([measure(solo) for solo in solos if solo.notes])


# ---------------------------------------------------------------------------------------------- histograms

#              name         unit           bins: first, last
HISTOGRAMS = {
    "intervals": ("semitones", -12, 12),
    "degrees":   ("semitones above the root", 0, 11),
    "onsets":    ("ticks after the bar line", 0, 47),
    "steps":     ("ticks to the next onset", 1, 48),
}  # fmt: skip


def histograms(solos: Sequence[Solo]) -> dict[str, FloatArray]:
    """The histograms of `HISTOGRAMS` over all notes of `solos`, each summing to 1 (0 of nothing).

    What lies beyond the first or last bin is counted in it, but for onsets past 4/4, which are left out.
    """
    lines = [Line(solo) for solo in solos if solo.notes]
    found = {
        "intervals": [line.interval for line in lines],
        "degrees": [line.degree for line in lines],
        "onsets": [line.place[line.place < PLACES_A_BAR] for line in lines],
        "steps": [line.step for line in lines],
    }
    return {name: _histogram(np.concatenate([*found[name], []]), name) for name in HISTOGRAMS}


def _histogram(values: npt.NDArray[np.generic], name: str) -> FloatArray:
    _, first, last = HISTOGRAMS[name]
    counts = np.bincount(
        np.clip(values.astype(np.int_), first, last) - first, minlength=last - first + 1
    ).astype(np.float64)
    shares: FloatArray = counts / max(counts.sum(), 1)
    return shares


# ------------------------------------------------------------------------------------------------- helpers


def _share(hits: Sequence[bool] | npt.NDArray[np.bool_]) -> float:
    return float(np.mean(hits)) if len(hits) else math.nan


def _mean(values: Iterator[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else math.nan


def _entropy(values: IntArray) -> float:
    return _entropy_of(np.bincount(values).astype(np.float64)) if len(values) else math.nan


def _entropy_of(counts: FloatArray) -> float:
    """The entropy in bits of the distribution that `counts`, not all 0, are proportional to."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
