"""Excerpts of a solo, and some 300 simple numbers of each, its features.

Every feature is a share, a count or a mean that one can check by hand, and has a name that says what differs.
The critic tells takes from people by them (`evaluation/feature_critic.py`), and who plays with effort chooses
by them (`choosing.py`). A person's solo is encoded and decoded first (`evaluation/recoding.py`), since how
long exactly a note was held would separate it from generated ones at once; loudness and feel do not count.

Letters: n notes of the excerpt. Times are ticks, 12 a beat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from jazzgen.music.note_arrays import (
    IntArray,
    Mask,
    NoteArrays,
    entropy,
    longest_true_run,
    repeated,
    windows,
)
from jazzgen.music.phrases import PHRASE_GAP, phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT
from jazzgen.tokens.vocabulary import LENGTHS

BARS = 16
FEWEST = 24  # notes: with fewer, shares are noise
STRONG = 2 * TICKS_PER_BEAT  # beats 1 and 3 are this far apart


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Sixteen bars of a solo, or the beginning of them, a number a note."""

    onset: IntArray  # (n,) ticks from the first bar line
    length: IntArray  # (n,) ticks, a length of the 78 values
    pitch: IntArray  # (n,) MIDI numbers
    place: IntArray  # (n,) ticks after the bar line
    bar: IntArray  # (n,) 0..15
    chord: IntArray  # (n,) which chord of the solo sounds
    degree: IntArray  # (n,) semitones above its root
    in_chord: Mask  # (n,) is it a chord tone
    in_scale: Mask  # (n,) is it in the chord-scale
    over_chord: Mask  # (n,) does a chord sound
    middle: float  # of the instrument's range


def excerpt_of(notes: NoteArrays, first: int, middle: float) -> Excerpt:
    """The notes of the 16 bars from bar `first` on; `middle` is that of the instrument's range."""
    inside = (notes.bar >= first) & (notes.bar < first + BARS)
    same = ("pitch", "place", "chord", "degree", "in_chord", "in_scale", "over_chord")
    return Excerpt(
        onset=notes.onset[inside] - notes.over.bars[first],
        length=(notes.end - notes.onset)[inside],
        bar=notes.bar[inside] - first,
        middle=middle,
        **{name: getattr(notes, name)[inside] for name in same},
    )


def features(excerpt: Excerpt) -> dict[str, float]:
    """Every feature of one excerpt, by name; the names and their order are always the same."""
    found: dict[str, float] = {}
    for group in (_intervals, _contour, _rhythm, _phrases, _harmony, _register, _ideas):
        found |= group(excerpt)
    return found


# ------------------------------------------------------------------------------------------------- melody

#                 name            from, to (semitones, up positive)
INTERVAL_CLASSES = {
    "wide leap down": (-99, -8),
    "leap down":      (-7, -3),
    "step down":      (-2, -1),
    "repeat":         (0, 0),
    "step up":        (1, 2),
    "leap up":        (3, 7),
    "wide leap up":   (8, 99),
}  # fmt: skip
EDGES = [first for first, _ in INTERVAL_CLASSES.values()][1:]


def _intervals(e: Excerpt) -> dict[str, float]:
    """Each interval's share, and each pair of neighboring kinds of interval."""
    interval = np.diff(e.pitch)
    found = _shares("interval", np.clip(interval, -13, 13), range(-13, 14))
    kinds = np.searchsorted(EDGES, interval, side="right")
    return found | _pair_shares(list(INTERVAL_CLASSES), kinds)


def _contour(e: Excerpt) -> dict[str, float]:
    """Shapes of four notes as ups, downs and repeats; how long a line goes one way; how often it turns."""
    ways = np.sign(np.diff(e.pitch))
    shapes = Counter(windows(ways, 3))
    total = max(sum(shapes.values()), 1)
    sign = {-1: "\\", 0: "-", 1: "/"}
    found = {
        f"contour {''.join(sign[w] for w in shape)}": shapes[shape] / total
        for shape in product(sign, repeat=3)
    }
    moving = ways[ways != 0]
    turning = moving[1:] != moving[:-1]
    runs = np.diff(np.flatnonzero(np.concatenate([[True], turning, [True]])))
    found |= _shares("intervals one way", np.minimum(runs, 7), range(1, 8))
    found["turns"] = _mean(turning)
    found["longest way"] = float(runs.max(initial=0))
    return found


# ------------------------------------------------------------------------------------------------- rhythm

STEPS = (3, 4, 6, 8, 9, 12, 15, 18, 24, 36, 48)  # ticks: a step counts with the nearest below it
STEP_KINDS = (3, 4, 6, 9, 13)  # 16th, triplet, eighth, up to a quarter, longer
STEP_NAMES = ("16th", "triplet", "eighth", "quarter", "longer")
PLACES = (0, 3, 4, 6, 8, 9)  # ticks after the beat: the grid's
BEATS = range(4)


def _rhythm(e: Excerpt) -> dict[str, float]:
    """Where notes stand, how far apart, in which order, how long they are held, how even the bars are."""
    step = np.diff(e.onset)
    beat, place = np.divmod(e.place, TICKS_PER_BEAT)
    found = {
        f"onset on beat {b + 1} + {p}": _mean((beat == b) & (place == p)) for b, p in product(BEATS, PLACES)
    }
    found["onset off the grid"] = _mean(~np.isin(place, PLACES))
    found |= _shares(
        "step",
        np.array(STEPS)[np.searchsorted(STEPS, np.maximum(step, 3), side="right") - 1],
        STEPS,
    )
    kinds = np.searchsorted(STEP_KINDS[1:], step, side="right")
    found |= _pair_shares(STEP_NAMES, kinds)
    found |= _shares("length", e.length, LENGTHS)
    found["longest run of eighths"] = longest_true_run(step == 6)
    found["longest run of 16ths"] = longest_true_run(step == 3)
    found["longest run of triplets"] = longest_true_run(step == 4)
    found["same step again"] = _mean(step[1:] == step[:-1])
    found["entropy of steps"] = _entropy(step)
    a_bar = np.bincount(e.bar, minlength=BARS)
    found["notes"] = float(len(e.onset))
    found["spread of notes a bar"] = float(np.std(a_bar))
    found["bars without a note"] = _mean(a_bar == 0)
    found["most notes in a bar"] = float(a_bar.max())
    found["bars alike in rhythm"] = _bars_alike(e)
    return found


def _bars_alike(e: Excerpt) -> float:
    """Share of bars whose onsets are all those of an earlier bar."""
    patterns = [tuple(e.place[e.bar == bar].tolist()) for bar in range(BARS)]
    return repeated([pattern for pattern in patterns if len(pattern) > 1])


def _phrases(e: Excerpt) -> dict[str, float]:
    """Silences and what lies between them."""
    gap = e.onset[1:] - e.onset[:-1] - e.length[:-1]
    starts = np.array(phrase_starts(e.onset, e.onset + e.length))
    ends = np.append(starts[1:], len(e.onset)) - 1
    sizes = ends - starts + 1
    found = {
        "silence of a 16th": _mean(gap == 3),
        "silence of an eighth": _mean((gap > 3) & (gap < 12)),
        "silence of a beat": _mean((gap >= 12) & (gap < 24)),
        "silence of two beats": _mean((gap >= 24) & (gap < 48)),
        "silence of a bar": _mean(gap >= 48),
        "longest silence": float(gap.max()),
        "time silent": float(gap[gap > 0].sum() / (BARS * 4 * TICKS_PER_BEAT)),
        "phrases": float(len(sizes)),
        "notes a phrase": float(np.mean(sizes)),
        "spread of notes a phrase": float(np.std(sizes)),
        "longest phrase": float(sizes.max()),
        "phrases of three notes or fewer": _mean(sizes <= 3),
        "length of the last note of a phrase": float(np.mean(e.length[ends])),
        "phrases that end on a chord tone": _mean(e.in_chord[ends]),
        "phrases that start on a chord tone": _mean(e.in_chord[starts]),
        "phrases that start on a beat": _mean(e.place[starts] % TICKS_PER_BEAT == 0),
        "phrases that end on a beat": _mean(e.place[ends] % TICKS_PER_BEAT == 0),
        "phrases that start in beat 1": _mean(e.place[starts] < TICKS_PER_BEAT),
    }
    across = abs(e.pitch[starts[1:]] - e.pitch[ends[:-1]])
    found["interval across a breath"] = float(np.mean(across)) if len(across) else 0.0
    return found


# ------------------------------------------------------------------------------------------------ harmony


def _harmony(e: Excerpt) -> dict[str, float]:
    """The notes against the chords, by place, and how the line crosses a change."""
    strong = e.place % STRONG == 0
    on_beat = e.place % TICKS_PER_BEAT == 0
    interval = np.diff(e.pitch)
    change = e.chord[1:] != e.chord[:-1]
    outside = e.over_chord & ~e.in_scale
    last = np.append(np.diff(e.onset) >= PHRASE_GAP, True)  # followed by a breath, or by nothing
    found = _shares("degree", e.degree[e.over_chord], range(12))
    found |= _shares("degree on beats 1 and 3", e.degree[e.over_chord & strong], range(12))
    found |= _shares("degree of long notes", e.degree[e.over_chord & (e.length >= 12)], range(12))
    found |= _shares("interval across a change", np.minimum(abs(interval[change]), 8), range(9))
    found |= {
        "chord tones": _mean(e.in_chord[e.over_chord]),
        "chord tones on beats": _mean(e.in_chord[e.over_chord & on_beat]),
        "chord tones off beats": _mean(e.in_chord[e.over_chord & ~on_beat]),
        "chord tones on beats 1 and 3": _mean(e.in_chord[e.over_chord & strong]),
        "chord tones just after a change": _mean(e.in_chord[1:][change & e.over_chord[1:]]),
        "chord tones before a breath": _mean(e.in_chord[e.over_chord & last]),
        "in scale": _mean(e.in_scale[e.over_chord]),
        "outside on beats": _mean(outside[on_beat]),
        "outside, left by step": _mean(abs(interval[outside[:-1]]) <= 2),
        "outside, reached by step": _mean(abs(interval[outside[1:]]) <= 2),
        "outside, then outside": _mean(outside[1:][outside[:-1]]),
        "chord tone, then chord tone": _mean(e.in_chord[1:][e.in_chord[:-1]]),
        "longest run of outside notes": longest_true_run(outside),
        "entropy of pitch classes": _entropy(e.pitch % 12),
        "entropy of degrees": _entropy(e.degree),
        "pitch classes a bar": float(np.mean([len(set(pcs)) for pcs in _by_bar(e, e.pitch % 12)])),
    }
    return found


# ----------------------------------------------------------------------------------------------- register


def _register(e: Excerpt) -> dict[str, float]:
    """Where on the instrument the line lies, how it spreads, drifts and comes back."""
    bars = np.array([np.mean(pitches) for pitches in _by_bar(e, e.pitch)])
    peaks = [max(pitches) for pitches in _by_bar(e, e.pitch)]
    centered = e.pitch - np.mean(e.pitch)
    variance = max(float(np.mean(centered**2)), 1e-9)
    lags = {
        f"pitch remembered after {lag} notes": _mean(centered[lag:] * centered[:-lag]) / variance
        for lag in (2, 4, 8, 16)
    }
    return lags | {
        "range": float(np.ptp(e.pitch)),
        "spread of pitch": float(np.std(e.pitch)),
        "middle half of pitches": float(np.subtract(*np.quantile(e.pitch, [0.75, 0.25]))),
        "height": float(np.mean(e.pitch)) - e.middle,
        "lowest": float(e.pitch.min()) - e.middle,
        "highest": float(e.pitch.max()) - e.middle,
        "skew of pitch": float(np.mean(centered**3)) / variance**1.5,
        "spread of the bars' heights": float(np.std(bars)),
        "move from bar to bar": _mean(abs(np.diff(bars))),
        "drift from half to half": float(abs(np.mean(e.pitch[e.bar < 8]) - np.mean(e.pitch[e.bar >= 8])))
        if 0 < np.count_nonzero(e.bar < 8) < len(e.bar)
        else 0.0,
        "range of a bar": float(np.mean([np.ptp(pitches) for pitches in _by_bar(e, e.pitch)])),
        "spread of the bars' peaks": float(np.std(peaks)),
        "mean interval": float(np.mean(abs(np.diff(e.pitch)))),
        "entropy of intervals": _entropy(np.diff(e.pitch)),
        "different pitches": float(len(set(e.pitch.tolist()))),
        "longest run of one pitch": 1 + longest_true_run(np.diff(e.pitch) == 0),
    }


# -------------------------------------------------------------------------------------------------- ideas


def _ideas(e: Excerpt) -> dict[str, float]:
    """What comes back inside the sixteen bars: intervals, rhythms, both, pitches; how soon, and in loops."""
    interval, step = np.diff(e.pitch), np.diff(e.onset)
    found: dict[str, float] = {}
    for size in (2, 3, 4, 5, 6, 8):
        found[f"{size} intervals again"] = repeated(windows(interval, size))
    for size in (3, 4, 6, 8):
        found[f"{size} steps again"] = repeated(windows(step, size))
    both = np.stack([interval, step], axis=1)  # (n - 1, 2)
    for size in (2, 3, 4, 6):
        found[f"{size} intervals and steps again"] = repeated(windows(both, size))
    for size in (3, 4, 5, 7):
        found[f"{size} pitches again"] = repeated(windows(e.pitch, size))
    contour = np.sign(interval)
    for size in (5, 7):
        found[f"{size} ways again"] = repeated(windows(contour, size))
    for size in (3, 4):
        found |= _distances(f"{size} intervals again", windows(interval, size))
    for period in (1, 2, 3, 4, 6, 8):
        found[f"pitch of {period} notes ago"] = _mean(e.pitch[period:] == e.pitch[:-period])
    return found


def _distances(name: str, windows: Sequence[Hashable]) -> dict[str, float]:
    """How many notes after the last time windows come back, as shares of all windows."""
    last: dict[Hashable, int] = {}
    distances = []
    for k, window in enumerate(windows):
        if window in last:
            distances.append(k - last[window])
        last[window] = k
    #            at once        in the phrase        after it
    bounds = {"at once": (0, 8), "soon": (8, 24), "later": (24, 10**6)}
    return {
        f"{name} {when}": sum(low <= d < high for d in distances) / max(len(windows), 1)
        for when, (low, high) in bounds.items()
    }


# ------------------------------------------------------------------------------------------------ helpers


def _mean(values: npt.NDArray[np.generic]) -> float:
    """The mean, or 0 of nothing: a feature is always a number."""
    return float(values.astype(np.float64).mean()) if len(values) else 0.0


def _shares(name: str, values: IntArray, bins: Sequence[int]) -> dict[str, float]:
    """The share of `values` that are each of `bins`."""
    counts = Counter(values.tolist())
    return {f"{name} {b}": counts[b] / max(len(values), 1) for b in bins}


def _pair_shares(names: Sequence[str], kinds: IntArray) -> dict[str, float]:
    """The share of each pair of neighboring kinds, numbers of `names`."""
    pairs = Counter(zip(kinds[:-1].tolist(), kinds[1:].tolist(), strict=True))
    return {
        f"{names[a]}, then {names[b]}": pairs[a, b] / max(len(kinds) - 1, 1)
        for a, b in product(range(len(names)), repeat=2)
    }


def _entropy(values: IntArray) -> float:
    """The entropy of the values' histogram, in bits."""
    return entropy(np.unique(values, return_counts=True)[1])


def _by_bar(e: Excerpt, values: IntArray) -> list[list[int]]:
    """The values of each bar that has any."""
    bars: dict[int, list[int]] = {}
    for bar, value in zip(e.bar.tolist(), values.tolist(), strict=True):
        bars.setdefault(bar, []).append(value)
    return list(bars.values())
