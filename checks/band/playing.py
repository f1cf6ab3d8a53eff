"""Comping and drums in figures, and how closely all three follow the solo."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from checks.band.takes import BandTake
from jazzgen.band import kit
from jazzgen.music.chords import parse_chord
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import Note, Part
from jazzgen.performance.model import STEPS_A_DECIBEL

WINDOWS = 2000  # of two bars, for counting rhythms
RARE = 0.01  # of a quality's chords: a voicing that is rarer does not count
WINDOW = 4  # bars, for loudness
FEATHERED = 46  # velocity: a bass drum below it is felt and not heard
AFTER = 18  # ticks after a phrase's end within which an answer begins
Floats = npt.NDArray[np.float64]


def _r(a: Sequence[float] | Floats, b: Sequence[float] | Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def chords_struck(part: Part) -> dict[int, tuple[int, ...]]:
    """Onset -> rising pitches."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for note in part.notes:
        found[note.onset].append(note.pitch)
    return {onset: tuple(sorted(pitches)) for onset, pitches in sorted(found.items())}


def comping_figures(takes: Sequence[BandTake]) -> dict[str, float]:
    """Rhythms, voicings, the top note, and hits against the solo's density, bar by bar."""
    one, two, again, struck_in_all = set(), set(), 0, 0
    shapes: defaultdict[str, Counter[tuple[int, ...]]] = defaultdict(Counter)
    tops, leaps, hits, density, windows = [], [], [], [], 0
    for take in takes:
        chords = chords_struck(take.parts["Piano"])
        bars = [bar for bar in take.scene.bars if not take.scene.ends(bar)]
        rhythms = [tuple(on - bar.start for on in chords if bar.start <= on < bar.end) for bar in bars]
        one |= set(rhythms)
        pairs = list(zip(rhythms[::2], rhythms[1::2], strict=False))[: WINDOWS - windows]
        windows += len(pairs)
        two |= set(pairs)
        played = list(chords.values())
        again += sum(a == b for a, b in pairwise(played))
        struck_in_all += len(played) - 1
        top = [pitches[-1] for pitches in played]
        tops.append(np.std(top))
        leaps += [abs(a - b) for a, b in pairwise(top)]
        hits += [len(rhythm) for rhythm in rhythms]
        density += [take.scene.onset_density(bar.start, bar.end) for bar in bars]
        for quality, shape in _shapes(take, chords):
            shapes[quality][shape] += 1
    counted = {
        f"voicings of {name or 'major'}": sum(n >= RARE * shapes[name].total() for n in shapes[name].values())
        for name in ("maj7", "m7", "7", "m7b5", "6")
        if shapes[name]
    }
    return {
        "rhythms of a bar": len(one),
        f"rhythms of two bars, in {windows:,}": len(two),
        **counted,
        "same voicing again, %": 100 * again / struck_in_all,
        "top note, sd in a take": float(np.mean(tops)),
        "top note, mean leap": float(np.mean(leaps)),
        "hits against the solo's density, r": _r(hits, density),
        "hits after a phrase's end against elsewhere": _after_ends(
            takes, lambda t: list(chords_struck(t.parts["Piano"]))
        ),
    }


def _shapes(take: BandTake, chords: dict[int, tuple[int, ...]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(quality, pitch classes above the root from the bottom up) of each chord struck."""
    form = take.scene.form
    for onset, pitches in chords.items():
        tick = min(onset + 6, form.length - 1) if onset % 12 == 6 else onset  # a push plays the next chord
        if chord := parse_chord(form.chord_at(tick).symbol):
            yield chord.quality, tuple((pitch - chord.root) % 12 for pitch in pitches)


def _phrase_ends(take: BandTake) -> list[int]:
    notes = take.scene.solo
    starts = phrase_starts([n.onset for n in notes], [n.end for n in notes])
    return [notes[k - 1].end for k in starts[1:]]


def _after_ends(takes: Sequence[BandTake], onsets: Callable[[BandTake], list[int]]) -> float:
    """How much denser `onsets` are in the beat and a half after a phrase's end than elsewhere."""
    near = elsewhere = near_ticks = ticks = 0
    for take in takes:
        ends = _phrase_ends(take)
        struck = onsets(take)
        close = sum(any(end <= onset < end + AFTER for end in ends) for onset in struck)
        near += close
        elsewhere += len(struck) - close
        near_ticks += AFTER * len(ends)
        ticks += take.scene.form.length - AFTER * len(ends)
    return (near / near_ticks) / (elsewhere / ticks)


def drum_figures(takes: Sequence[BandTake]) -> dict[str, float]:
    """The ride's bars, the comments of snare and bass drum, and crashes."""
    ride: Counter[tuple[int, ...]] = Counter()
    bars_by_snare, density, crashed, ends_in_all = [], [], 0, 0
    for take in takes:
        drums = take.parts["Drums"].notes
        for bar in take.scene.bars:
            inside = [note for note in drums if bar.start <= note.onset < bar.end]
            top = tuple(n.onset - bar.start for n in inside if n.pitch in (kit.RIDE, kit.CLOSED, kit.BELL))
            if not take.scene.ends(bar):
                ride[top] += 1
                bars_by_snare.append(sum(n.pitch == kit.SNARE for n in inside))
                density.append(take.scene.onset_density(bar.start, bar.end))
        crashes = {note.onset for note in drums if note.pitch == kit.CRASH}
        ends_in_all += len(ends := _phrase_ends(take))
        crashed += sum(any(end <= tick < end + 2 * AFTER for tick in crashes) for end in ends)
    return {
        "ride: most common bar, %": 100 * ride.most_common(1)[0][1] / ride.total(),
        "snare against the solo's density, r": _r(bars_by_snare, density),
        "snare and kick at a phrase's end against elsewhere": _after_ends(takes, _comments),
        "crash within three beats of a phrase's end, %": 100 * crashed / max(ends_in_all, 1),
    }


def _comments(take: BandTake) -> list[int]:
    return sorted(
        {
            note.onset
            for note in take.parts["Drums"].notes
            if note.pitch in (kit.SNARE, kit.STICK) or (note.pitch == kit.KICK and note.velocity >= FEATHERED)
        }
    )


# ------------------------------------------------------------------------------------------------ listening


def listening_figures(takes: Sequence[BandTake]) -> dict[str, float]:
    """Loudness over windows of four bars inside a chorus, against the solo's density and height there.

    Each is taken less its mean in the chorus; the band's is the mean over its parts in decibels.
    """
    rows = np.array([row for take in takes for row in _windows(take)])
    density, height, *parts = rows.T
    names = list(takes[0].parts)
    both = density / density.std() + height / height.std()
    found = {}
    for name, loud in (("band", np.mean(parts, axis=0)), *zip(names, parts, strict=True)):
        found[f"{name}: loudness against density, r"] = _r(loud, density)
        found[f"{name}: loudness against height, r"] = _r(loud, height)
        found[f"{name}: loudness against both, r"] = _r(loud, both)
    band = np.mean(parts, axis=0)
    found["band: sd of loudness inside a chorus, dB"] = float(band.std())
    return found


def _windows(take: BandTake) -> Iterator[Floats]:
    by_chorus: defaultdict[int, list[list[float]]] = defaultdict(list)
    bars = take.scene.bars
    for first in range(0, len(bars) - WINDOW + 1, WINDOW):
        start, end = bars[first].start, bars[first + WINDOW - 1].end
        solo = [note.pitch for note in take.scene.solo if start <= note.onset < end]
        inside = [[n for n in part.notes if start <= n.onset < end] for part in take.parts.values()]
        if solo and all(inside) and not take.scene.ends(bars[first + WINDOW - 1]):
            density = take.scene.onset_density(start, end)
            by_chorus[bars[first].chorus].append([density, np.mean(solo), *map(_decibels, inside)])
    for rows in by_chorus.values():
        if len(rows) > 1:
            yield from np.array(rows) - np.mean(rows, axis=0)


def _decibels(notes: Sequence[Note]) -> float:
    return float(np.mean([note.velocity for note in notes])) / STEPS_A_DECIBEL


def same_bars(takes: Sequence[BandTake]) -> dict[str, float]:
    """Per cent of a player's bars that are the same as in the chorus before."""
    same: Counter[str] = Counter()
    total = 0
    for take in takes:
        starts = [bar.number for bar in take.scene.bars if bar.opens_chorus]
        period = starts[1] - starts[0] if len(starts) > 1 else 0
        pairs = list(zip(take.scene.bars, take.scene.bars[period:], strict=False)) if period else []
        total += len(pairs)
        for name, part in take.parts.items():
            played: defaultdict[int, set[tuple[int, int]]] = defaultdict(set)
            for note in part.notes:
                number = take.scene.form.bar_at(note.onset)
                played[number].add((note.onset - take.scene.bars[number].start, note.pitch))
            same[name] += sum(
                played[a.number] == played[b.number] and bool(played[a.number]) for a, b in pairs
            )
    return {f"{name}: bars as in the chorus before, %": 100 * same[name] / total for name in takes[0].parts}
