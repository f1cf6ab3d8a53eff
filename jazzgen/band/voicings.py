"""The vocabulary of chords: which tones sound together (colors), in which order (stacks), and which is next.

A *color* is a set of semitones above the root: the guide tones, what the symbol names, and tensions that it
leaves open. A dominant that resolves may be altered, which is also its tritone substitute: Db9 over G7 is
G7(b9,#11). What a soloist plays against or a neighbouring chord contradicts costs more. An instrument says
how a color can be stacked; `Vocabulary` has all that it can play of a chord, in arrays, with their costs.

Source of the colors and of the forms A and B: Mark Levine, The Jazz Piano Book, chapters 7 to 14.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.music.chords import Chord, guide_tones

Voicing = tuple[int, ...]  # rising pitches
CHORD_REGISTER = 52  # E3, where the bass's register ends: low intervals below it sound muddy
Floats = npt.NDArray[np.float64]


class ChordInstrument(NamedTuple):
    """An instrument that comps, between the pitches `low` and `high`, at best around `middle`.

    `stacks(classes, bass)` are the ways to play pitch classes, over a bass, each with a penalty in semitones
    of movement; there are none for what cannot be played.
    """

    low: int
    high: int
    middle: int
    stacks: Callable[[tuple[int, ...], int], Sequence[tuple[Voicing, float]]]


class Color(NamedTuple):
    """Tones of a chord in semitones above its root, rising; `added` are those that the symbol leaves open."""

    tones: tuple[int, ...]
    added: frozenset[int]
    cost: float


class Surroundings(NamedTuple):
    """What decides which tensions fit: whether a dominant `resolves`, and to a minor chord, and the pitch
    classes of the chords before and after.
    """

    resolves: bool = False
    to_minor: bool = False
    neighbors: frozenset[int] = frozenset()


NOWHERE = Surroundings()

# ----------------------------------------------------------------------------------------------------- colors

# Tensions that a symbol leaves open, and what they cost in semitones of movement, by family.
OPEN = {
    "dominant":    {2: 0.0, 9: 0.0, 6: 1.2},
    "suspended":   {2: 0.0, 9: 0.3},
    "major":       {2: 0.0, 9: 0.2, 6: 1.6},
    "sixth":       {2: 0.0, 11: 1.4},
    "triad":       {2: 0.6, 9: 0.6},
    "minor":       {2: 0.0, 5: 0.2, 9: 1.6},
    "tonic minor": {2: 0.0, 5: 0.8, 9: 0.3, 11: 0.8},
    "half":        {5: 0.2, 8: 0.8, 2: 1.2},
    "diminished":  {2: 0.6, 5: 0.8, 8: 0.8, 11: 0.8},
}  # fmt: skip
ALTERED = {1: 0.3, 3: 0.4, 6: 0.5, 8: 0.3}  # of a dominant that resolves
MINOR_BONUS = 0.6  # for each altered tone of a dominant that resolves to a minor chord
OMITTED = 1.5  # for each tone that the symbol names and the voicing leaves out
CONTRADICTED = 1.2  # by a chord before or after, in whose key the tension is not
ROOT, FIFTH, THINNER = 1.0, 0.3, 0.3
MINOR_NINTH = 8.0  # semitones of movement, for each in a voicing: none is played where there is another way


def family(chord: Chord) -> str:
    """Which row of `OPEN` a chord takes; "" for one that takes none, as a power chord or an augmented one."""
    above = _above(chord)
    if above & {4, 10} == {4, 10}:
        return "dominant"
    if 10 in above and not above & {3, 4}:
        return "suspended" if above & {2, 5} else ""
    if 4 in above:
        if 11 in above:
            return "major"
        return "" if 8 in above else "sixth" if 9 in above else "triad"
    if 3 not in above:
        return ""
    if 6 in above and 7 not in above:
        return "half" if 10 in above else "diminished" if 9 in above else ""
    return "minor" if 10 in above else "tonic minor" if above & {9, 11} else "triad"


def _above(chord: Chord) -> set[int]:
    return {(tone - chord.root) % 12 for tone in chord.pitch_classes}


@lru_cache(maxsize=2048)
def colors(chord: Chord, voices: int, around: Surroundings = NOWHERE) -> tuple[Color, ...]:
    """The colors of `chord` with `voices` tones, or one fewer; where the symbol has fewer, all of them."""
    above = _above(chord)
    needed = frozenset((tone - chord.root) % 12 for tone in guide_tones(chord))
    named = above - needed - {0, 7}
    costs = _open_tones(chord, above, around)
    rootless = bool(above & {9, 10, 11}) and not {3, 6, 9} <= above
    costs[0] = ROOT if rootless else 0.2
    if 7 in above:
        costs[7] = FIFTH
    pool = sorted(named | costs.keys() - needed)
    found = []
    for count in range(max(voices - len(needed), 0) + 1):
        short = voices - len(needed) - count
        if short > 1 and count < len(pool):
            continue
        for chosen in combinations(pool, count):
            tones = needed | set(chosen)
            if _clashes(tones, above):
                continue
            left_out = len(named - tones)
            cost = sum(costs.get(tone, 0.0) for tone in chosen) + OMITTED * left_out + THINNER * max(short, 0)
            found.append(Color(tuple(sorted(tones)), frozenset(tones - above), cost))
    if not found:  # more guide tones than voices
        found = [Color(tuple(sorted(needed)), frozenset(), 0.0)]
    return tuple(found)


def _open_tones(chord: Chord, above: set[int], around: Surroundings) -> dict[int, float]:
    """The tensions that `chord` leaves open, each with its cost."""
    kind = family(chord)
    if not kind:
        return {}
    open_tones = {
        tone: cost + CONTRADICTED * _contradicted(chord, tone, above, around)
        for tone, cost in OPEN[kind].items()
    }
    if kind == "dominant":
        altered = above & {1, 3, 8}
        if around.resolves or altered:
            bonus = MINOR_BONUS * around.to_minor
            open_tones |= {tone: cost - bonus for tone, cost in ALTERED.items()}
        if altered & {1, 3} or (altered and 7 not in above):
            del open_tones[2]  # an altered ninth has no natural one beside it
        if 8 in above:
            open_tones.pop(9, None)
    if kind in ("triad", "sixth") and 3 in above:
        open_tones.pop(9, None)
    return {tone: cost for tone, cost in open_tones.items() if tone not in above}


def _contradicted(chord: Chord, tone: int, above: set[int], around: Surroundings) -> bool:
    """Whether a chord before or after has another inflection of a tension: F beside the F# of Em9."""
    near = {(other - chord.root) % 12 for other in around.neighbors} - above
    return bool(near & {(tone - 1) % 12, (tone + 1) % 12}) and tone not in near


def _clashes(tones: Collection[int], above: set[int]) -> bool:
    """Whether two inflections of one degree sound together that the symbol does not name together."""
    pairs = ((1, 2), (2, 3), (6, 7), (7, 8), (8, 9), (4, 5), (10, 11), (11, 0))
    minor = 3 in above and 4 not in above
    for a, b in pairs:
        if a in tones and b in tones and not (a in above and b in above) and not (minor and (a, b) == (2, 3)):
            return True
    return any({tone, (tone + 1) % 12, (tone + 2) % 12} <= set(tones) for tone in range(12))


# ----------------------------------------------------------------------------------------- what can be played


class Vocabulary:
    """All that an instrument can play of a chord: `voicings`, and arrays of what the choice depends on."""

    def __init__(self, instrument: ChordInstrument, chord: Chord, voices: int, around: Surroundings) -> None:
        rows = list(_rows(instrument, chord, voices, around))
        self.voicings = [voicing for voicing, _, _ in rows]
        self.costs = np.array([cost for _, cost, _ in rows])  # (n,)
        self.added = np.array([mask for _, _, mask in rows], np.int64)  # (n,) pitch classes as bits
        widest = max(map(len, self.voicings))
        # Fewer voices than the widest repeat the top note: it is the line that is heard.
        even = [[*v, *[v[-1]] * (widest - len(v))] for v in self.voicings]
        self.pitches = np.array(even, np.float64)  # (n, w)
        self.sizes = np.array([len(v) for v in self.voicings])
        self.means = np.array([sum(v) / len(v) for v in self.voicings])
        self.tops = self.pitches[:, -1]

    def movement(self, before: Sequence[int]) -> Floats:
        """(n,) the semitones that voices move from `before`, as `movement` counts them."""
        if not before:
            return np.zeros(len(self.voicings))
        nearest = np.abs(self.pitches[:, :, None] - np.array(before)).min(axis=2)  # (n, w)
        moved: Floats = nearest.sum(axis=1)
        same = self.sizes == len(before)
        if same.any():
            moved[same] = np.abs(self.pitches[same][:, : len(before)] - np.array(before)).sum(axis=1)
        return moved


def _rows(
    instrument: ChordInstrument, chord: Chord, voices: int, around: Surroundings
) -> Iterator[tuple[Voicing, float, int]]:
    """(voicing, cost, added pitch classes as bits); with ever fewer voices until something can be played."""
    for count in range(voices, 0, -1):
        rows = [
            (
                voicing,
                color.cost + cost + MINOR_NINTH * _rubs(voicing, chord),
                sum(1 << (chord.root + tone) % 12 for tone in color.added),
            )
            for color in colors(chord, count, around)
            for voicing, cost in instrument.stacks(
                tuple((chord.root + tone) % 12 for tone in color.tones), chord.bass
            )
        ]
        if rows:
            yield from rows
            return
    # The guide tones of a chord are more than can be played together: one of them always has a place.
    root = instrument.middle + (chord.root - instrument.middle) % 12
    yield (root,), 0.0, 0


def _rubs(voicing: Voicing, chord: Chord) -> int:
    """How many minor ninths a voicing has, and raised ninths just below the third."""
    ninths = sum(b - a == 13 for a, b in combinations(voicing, 2))
    third = (chord.root + 4) % 12
    return ninths + sum(b - a == 1 and b % 12 == third for a, b in pairwise(voicing))


@lru_cache(maxsize=512)
def vocabulary(
    instrument: ChordInstrument, chord: Chord, voices: int, around: Surroundings = NOWHERE
) -> Vocabulary:
    """The vocabulary of `instrument` for `chord`.

    Parameters
    ----------
    instrument : ChordInstrument
        What can be played.
    chord : Chord
        The chord.
    voices : int
        Notes in a voicing, at most.
    around : Surroundings
        What decides which tensions fit.

    Returns
    -------
    Vocabulary
        At least one voicing.

    """
    return Vocabulary(instrument, chord, voices, around)


def movement(before: Sequence[int], after: Sequence[int]) -> float:
    """The semitones of voice movement in all; to the nearest pitch where the number of voices changes."""
    if not before:
        return 0.0
    if len(before) == len(after):
        return float(sum(abs(a - b) for a, b in zip(before, after, strict=True)))
    return float(sum(min(abs(pitch - other) for other in before) for pitch in after))


# ------------------------------------------------------------------------------------------------- the choice

# Costs of a semitone: that a voice moves, off the top line, away from the register, too high.
SMOOTH, TOP, REGISTER, ABOVE = 0.35, 1.3, 0.15, 1.5
AGAINST = 2.5  # for a tension a semitone from what the soloist plays
AGAIN = 4.0
TEMPERATURE = 0.8


class Wanted(NamedTuple):
    """What the next voicing shall be like: its `top` note, not above `ceiling`, and the soloist's pitch
    classes as bits; `again` whether that of before may return.
    """

    top: float | None = None
    ceiling: int = 127
    solo: int = 0
    again: bool = False


def choose(
    known: Vocabulary,
    before: Voicing,
    wanted: Wanted,
    instrument: ChordInstrument,
    rng: np.random.Generator | None = None,
) -> Voicing:
    """The next voicing: smooth voice leading, a top note near the wanted one, no clash with the soloist.

    Parameters
    ----------
    known : Vocabulary
        What can be played.
    before : Voicing
        The voicing it follows; () for none.
    wanted : Wanted
        The top note and the soloist.
    instrument : ChordInstrument
        Its register.
    rng : Generator, optional
        Draws among the good ones; without it the best is taken.

    Returns
    -------
    Voicing
        Rising pitches.

    """
    costs = known.costs + SMOOTH * known.movement(before)
    costs = costs + REGISTER * np.abs(known.means - instrument.middle)
    costs = costs + ABOVE * np.maximum(known.tops - wanted.ceiling, 0)
    if wanted.top is not None:
        costs = costs + TOP * np.abs(known.tops - wanted.top)
    around = _turned(wanted.solo, 1) | _turned(wanted.solo, -1)
    costs = costs + AGAINST * (known.added & around & ~wanted.solo > 0)
    if before and not wanted.again:
        costs = costs + AGAIN * np.array([voicing == before for voicing in known.voicings])
    if rng is not None:
        costs = costs - TEMPERATURE * rng.gumbel(size=len(costs)) * 0.5
    return known.voicings[int(np.argmin(costs))]


def _turned(classes: int, semitones: int) -> int:
    """Pitch classes, as bits, moved by semitones."""
    semitones %= 12
    return (classes << semitones | classes >> (12 - semitones)) & 0xFFF
