"""Statistics of solos: a table of them, each a function of one solo.

`describe` gives for each statistic its mean and its band, the 10th to the 90th percentile over solos. A
statistic that is not defined for a solo (leaps of a single note) is nan for it and left out. Shares are 0..1,
entropies bits, everything else has its unit in the table.

Sources. Entropies and grooving similarity: Wu and Yang, "The Jazz Transformer on the Front Line", ISMIR 2020,
section 4, and their code, MusDr. Lift is ours: it measures whether the notes depend on their place in the
form; a line that only keeps to the key has none. Repeated and unique shapes are windows of intervals, as in
the pattern search of the Weimar Jazz Database (Frieler et al., "Two web applications for exploring melodic
patterns in jazz solos", ISMIR 2018).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.evaluation import line_statistics as lines
from jazzgen.music.note_arrays import (
    FloatArray,
    IntArray,
    NoteArrays,
    entropy,
    longest_true_run,
    repeated,
    windows,
)
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, Solo

REPETITION_BARS = 16  # bars of a window in which repetitions are counted
ENOUGH = 16  # notes that such a window must hold to be counted
PLACES_A_BAR = 48  # the grid's 12 a beat in 4/4; MusDr has 64
SHAPE = 7  # intervals: eight notes
CHORD_SHIFTS = (1, 3, 5, 7)  # bars; odd, since many forms repeat after 2, 4 and 8


# ------------------------------------------------------------------------------------------------- harmony


def chord_tones(notes: NoteArrays) -> float:
    """Share of the notes over a chord that are tones of its symbol, tensions and bass included."""
    return _share(notes.in_chord[notes.over_chord])


def chord_tones_strong(notes: NoteArrays) -> float:
    """The same of the notes on beats 1 and 3 of the bar."""
    strong = notes.place % (2 * TICKS_PER_BEAT) == 0
    return _share(notes.in_chord[strong & notes.over_chord])


def lift(notes: NoteArrays) -> float:
    """Chord tones minus what they are when the chords are displaced by 1, 3, 5 and 7 bars, the form taken as
    a ring; the mean of the four. 0: the notes do not depend on their place in the form.
    """
    moved = []
    for bars in CHORD_SHIFTS:
        chord = notes.displaced(bars)
        moved.append(_share(notes.tones[chord, notes.pitch_class][notes.sounding[chord]]))
    return chord_tones(notes) - float(np.mean(moved))


def in_scale(notes: NoteArrays) -> float:
    """Share of the notes over a chord that are in its chord-scale, one scale a quality."""
    return _share(notes.in_scale[notes.over_chord])


# -------------------------------------------------------------------------------------------------- melody


def steps(notes: NoteArrays) -> float:
    """Share of intervals of one or two semitones."""
    return _share(np.isin(abs(notes.interval), (1, 2)))


def pitch_range(notes: NoteArrays) -> float:
    """Semitones from the lowest note to the highest."""
    return float(np.ptp(notes.pitch)) if len(notes.pitch) else math.nan


def _near(notes: NoteArrays, measured: Callable[[IntArray], float]) -> float:
    """The mean of what is measured of the pitches in bars 1 to 16, 17 to 32 ..., if there are 16 or more."""
    found = []
    for first in range(0, len(notes.form.bar_ticks), REPETITION_BARS):
        pitch = notes.pitch[(notes.bar >= first) & (notes.bar < first + REPETITION_BARS)]
        if len(pitch) >= ENOUGH:
            found.append(measured(pitch))
    return _mean(found)


def turns(notes: NoteArrays) -> float:
    """How often the contour turns: share of neighboring intervals, repeated notes left out, that go opposite
    ways.
    """
    ways = np.sign(notes.interval[notes.interval != 0])
    return _share(ways[1:] != ways[:-1])


def longest_repeat(notes: NoteArrays) -> float:
    """Notes in the longest run of one pitch."""
    return 1 + longest_true_run(notes.interval == 0) if len(notes.pitch) else math.nan


def pitch_entropy(notes: NoteArrays) -> float:
    """Entropy of the solo's pitch-class histogram, in bits: log2 12 = 3.58 is the most."""
    return entropy(np.bincount(notes.pitch_class)) if len(notes.pitch) else math.nan


def _windowed_entropy(notes: NoteArrays, bars: int) -> float:
    """H1, H4: the entropy of the pitch-class histogram of each bar, or of each window of four neighboring
    bars: the mean over those with a note (MusDr).
    """
    count = len(notes.form.bar_ticks)
    counts = np.zeros((count, 12))
    np.add.at(counts, (notes.bar, notes.pitch_class), 1)
    sums = np.vstack([np.zeros(12), counts.cumsum(axis=0)])
    spans = sums[bars:] - sums[:-bars] if count >= bars else counts.sum(axis=0, keepdims=True)
    return _mean(entropy(span) for span in spans if span.any())


# -------------------------------------------------------------------------------------------------- rhythm


def rests(notes: NoteArrays) -> float:
    """Share of the time, from the first onset to the last note's end, in silences of half a beat or more."""
    if not len(notes.onset):
        return math.nan
    return float(notes.gap[notes.gap >= TICKS_PER_BEAT // 2].sum() / (notes.end[-1] - notes.onset[0]))


def notes_per_bar(notes: NoteArrays) -> float:
    """Notes, over the bars from the first note's to the last one's."""
    return len(notes.bar) / (notes.bar[-1] - notes.bar[0] + 1) if len(notes.bar) else math.nan


def notes_per_phrase(notes: NoteArrays) -> float:
    """Notes in a phrase: the mean over phrases."""
    return _mean(np.diff([*phrase_starts(notes.onset, notes.end), len(notes.onset)]))


def triplets(notes: NoteArrays) -> float:
    """Share of the notes that stand in a beat of triplets: one with an onset at a third of it."""
    beat = notes.onset // TICKS_PER_BEAT
    third = np.isin(notes.onset % TICKS_PER_BEAT, (4, 8))
    return _share(np.isin(beat, beat[third]))


def grooving(notes: NoteArrays) -> float:
    """Grooving similarity (MusDr): each bar as a vector of onsets; 1 minus the share of the places in which
    two bars differ, the mean over all pairs of bars. 48 places a bar of 4/4, where MusDr has 64.
    """
    count = len(notes.form.bar_ticks)
    if count < 2 or not len(notes.bar):
        return math.nan
    grid = np.zeros((count, PLACES_A_BAR))
    inside = notes.place < PLACES_A_BAR
    grid[notes.bar[inside], notes.place[inside]] = 1
    # Over all pairs, two bars differ in a place as often as one has an onset there and the other has none.
    onsets = grid.sum(axis=0)
    differing = (onsets * (count - onsets)).sum() / (count * (count - 1) / 2)
    return float(1 - differing / PLACES_A_BAR)


# --------------------------------------------------------------------------------------------------- ideas


def unique_shapes(notes: NoteArrays) -> float:
    """Share of the windows of 8 notes whose intervals occur once in the solo."""
    shapes = windows(notes.interval, SHAPE)
    counts = Counter(shapes)
    return _share([counts[shape] == 1 for shape in shapes])


def _returning(notes: NoteArrays, size: int) -> float:
    """Share of the windows of `size` intervals inside 16 bars that have been played before in these bars."""
    return _near(notes, lambda pitch: repeated(windows(np.diff(pitch), size)))


# --------------------------------------------------------------------------------------------------- table


@dataclass(frozen=True, slots=True)
class Statistic:
    """A row of the table: what it is called, how it is counted, and its unit ("" for a share, and where the
    label says it).
    """

    label: str
    count: Callable[[NoteArrays], float]
    unit: str


_ROWS: dict[str, tuple[str, Callable[[NoteArrays], float], str]] = {
    #                      label                                counted by
    "chord_tones":        ("chord tones",                       chord_tones, ""),
    "chord_tones_strong": ("chord tones on beats 1 and 3",      chord_tones_strong, ""),
    "lift":               ("lift over displaced chords",        lift, ""),
    "in_scale":           ("in the chord-scale",                in_scale, ""),
    "leaps_octave":       ("leaps over an octave",              lambda n: _share(abs(n.interval) > 12), ""),
    "leaps_fifth":        ("leaps over a fifth",                lambda n: _share(abs(n.interval) > 7), ""),
    "steps":              ("steps",                             steps, ""),
    "repeats":            ("repeated notes",                    lambda n: _share(n.interval == 0), ""),
    "turns":              ("turns of the contour",              turns, ""),
    "range":              ("range",                             pitch_range, "semitones"),
    "range_near":         ("range inside 16 bars",              lambda n: _near(n, np.ptp), "semitones"),
    "spread_near":        ("spread of pitch inside 16 bars",    lambda n: _near(n, np.std), "semitones"),
    "longest_repeat":     ("longest run of one pitch",          longest_repeat, "notes"),
    "rests":              ("silent time (half a beat or more)", rests, ""),
    "notes_per_bar":      ("notes a bar",                       notes_per_bar, ""),
    "notes_per_phrase":   ("notes a phrase",                    notes_per_phrase, ""),
    "triplets":           ("notes in triplets",                 triplets, ""),
    "sixteenths":         ("steps of a 16th",                   lambda n: _share(n.step == 3), ""),
    "eighths":            ("steps of an eighth",                lambda n: _share(n.step == 6), ""),
    "grooving":           ("grooving similarity",               grooving, ""),
    "pitch_entropy":      ("pitch-class entropy",               pitch_entropy, "bits"),
    "entropy_1":          ("pitch-class entropy, 1 bar (H1)",   lambda n: _windowed_entropy(n, 1), "bits"),
    "entropy_4":          ("pitch-class entropy, 4 bars (H4)",  lambda n: _windowed_entropy(n, 4), "bits"),
    "unique_shapes":      ("8-note shapes that occur once",     unique_shapes, ""),
    "returning_3":        ("3-interval shapes back in 16 bars", lambda n: _returning(n, 3), ""),
    "returning_4":        ("4-interval shapes back in 16 bars", lambda n: _returning(n, 4), ""),
    "two_leaps":         ("two leaps in a row",                lines.two_leaps, "per hundred"),
    "zigzags":           ("zigzags of three intervals",        lines.zigzags, "per hundred"),
    "arpeggios":         ("chord arpeggios of three notes",    lines.arpeggios, "per hundred"),
    "enclosures":        ("enclosures that land on a beat",    lines.enclosures, "per hundred"),
    "even_runs":         ("runs of eight equal steps",         lines.even_runs, ""),
    "long_chord_tones":  ("chord tones of long notes",         lines.long_chord_tones, ""),
    "resolutions":       ("7 to 3 at falling fifths",          lines.resolutions, ""),
    "spread_density":    ("spread of notes a bar",             lines.spread_density, ""),
    "spread_silence":    ("spread of silence in four bars",    lines.spread_silence, ""),
    "spread_phrases":    ("spread of phrase lengths",          lines.spread_phrases, ""),
    "entropy_starts":    ("entropy of where phrases start",    lines.entropy_starts, "bits"),
    "short_phrases":     ("phrases of one to three notes",     lines.short_phrases, ""),
    "falling_ends":      ("phrases whose last interval falls", lines.falling_ends, ""),
    "returning_openings": ("openings like one of the last four", lines.returning_openings, ""),
    "growth":            ("last third above the first",        lines.growth, "semitones"),
    "highest_at":        ("where the highest note stands",     lines.highest_at, ""),
}  # fmt: skip
NEW = tuple(name for name in _ROWS if hasattr(lines, name))  # those of `line_statistics.py`
STATISTICS = {name: Statistic(*row) for name, row in _ROWS.items()}


def measure(solo: Solo) -> dict[str, float]:
    """Every statistic of one solo, by name; nan where it is not defined."""
    notes = NoteArrays(solo)
    return {name: statistic.count(notes) for name, statistic in STATISTICS.items()}


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
    """Every statistic over `solos`, by name; solos without a note do not count."""
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
    played = [NoteArrays(solo) for solo in solos if solo.notes]
    found = {
        "intervals": [notes.interval for notes in played],
        "degrees": [notes.degree for notes in played],
        "onsets": [notes.place[notes.place < PLACES_A_BAR] for notes in played],
        "steps": [notes.step for notes in played],
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


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return float(np.mean(found)) if found else math.nan
