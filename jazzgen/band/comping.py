"""Comping: when chords are struck and how they are voiced, for any chord instrument.

*Rhythm*: of the style's rhythms for a bar, `comping_hits` draws the one that fits best: hits in the soloist's
rests, few hits where the soloist is busy, and a bonus for the rhythm of the bar before. *Voicing*: `comp`
gives each hit the voicing with the smoothest voice leading, out of those that the instrument can play.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jazzgen.band.scene import BEAT, OFF, FormBar, Scene, groups
from jazzgen.music.chords import Chord, guide_tones
from jazzgen.music.score import Note

Voicing = tuple[int, ...]  # rising pitches
Rhythm = tuple[tuple[int, int], ...]  # (onset, duration) in ticks of the bar
CHORD_REGISTER = 52  # E3, where the bass's register ends: low intervals below it sound muddy


class Hit(NamedTuple):
    """One chord struck: `onset` and `duration` in ticks."""

    onset: int
    duration: int


class ChordInstrument(NamedTuple):
    """An instrument that comps, between the pitches `low` and `high`, at best around `middle`.

    `candidates(chord, voices, alternatives)` are its voicings with at most `voices` notes, on request with
    other tensions for a chord that goes on; `voicing_cost` is a penalty in semitones of movement.
    """

    low: int
    high: int
    middle: int
    candidates: Callable[[Chord, int, bool], Sequence[Voicing]]
    voicing_cost: Callable[[Voicing], float]


# ---------------------------------------------------------------------------------------------------- rhythms

# Rhythms of a bar. A hit on the last "and" already plays the next bar's chord.
SWING: tuple[Rhythm, ...] = (
    (), ((0, 12), (18, 6)),  # the Charleston
    ((0, 17), (18, 5)), ((18, 6),), ((42, 6),), ((18, 6), (42, 6)), ((6, 5), (30, 6)), ((12, 5), (36, 5)),
    ((6, 6), (24, 12)), ((18, 20),), ((30, 6),), ((0, 5), (18, 5), (30, 6)), ((6, 5), (18, 6), (42, 6)),
)  # fmt: skip
STRAIGHT: tuple[Rhythm, ...] = (
    ((0, 44),), ((0, 16), (18, 28)), ((18, 28),), ((6, 36),), ((0, 6), (18, 24)), ((6, 6), (24, 6), (42, 6)),
    (),
)  # fmt: skip
FOUR_BEATS: dict[str, tuple[Rhythm, ...]] = {
    "swing": SWING,
    "waltz": SWING,
    "up-tempo": (
        (), ((0, 10),), ((18, 6),), ((42, 6),), ((18, 28),), ((0, 36),), ((0, 12), (18, 6)),
        ((6, 6), (42, 6)),
    ),
    "ballad": (
        ((0, 46),), ((0, 24), (24, 22)), ((0, 18), (18, 28)), ((12, 34),), ((0, 40), (42, 6)), ((6, 40),),
    ),
    "bossa": (
        ((0, 6), (18, 6), (36, 8)), ((12, 8), (30, 12)), ((6, 8), (24, 6), (42, 6)), ((0, 14), (18, 20)),
        ((18, 6), (42, 6)), ((6, 6), (18, 20)),
    ),
    "straight": STRAIGHT,
}  # fmt: skip
OTHER_BEATS: dict[int, tuple[Rhythm, ...]] = {
    1: ((), ((0, BEAT),)),
    2: ((), ((0, 12),), ((6, 6),), ((18, 6),), ((0, 16), (18, 6))),
    3: (
        (), ((12, 8), (24, 8)), ((0, 16), (18, 14)), ((18, 16),), ((6, 6), (24, 8)), ((0, 30),), ((12, 20),),
        ((18, 6), (30, 6)),
    ),
    5: (
        ((0, 12), (18, 12), (36, 10), (48, 10)),  # the usual vamp in five
        ((0, 16), (18, 16), (36, 20)), ((18, 14), (48, 8)), ((0, 34), (36, 22)), ((6, 8), (42, 14)),
    ),
}  # fmt: skip
MOST_HITS = 3  # in a bar whose rhythm is composed


def comping_hits(scene: Scene, rng: np.random.Generator) -> Iterator[Hit]:
    """The hits of the whole piece, bar by bar, each chord at least once."""
    latest = -1  # the index of the chord struck last
    before: Rhythm | None = None
    left_out = False
    for bar in scene.bars:
        if scene.ends(bar) or scene.ends_with_break(bar):
            hits = [Hit(span.start, span.duration if bar.last else OFF) for span in bar.spans]
        else:
            before = _choose_rhythm(scene, bar, before, rng)
            hits = [Hit(bar.start + onset, duration) for onset, duration in before]
            # Under a busy soloist a bar may stay empty, but not two in a row.
            left_out = not left_out and not hits and scene.onset_density(bar.start, bar.end) >= 1.5
            if not left_out:
                hits = _with_every_chord(scene, bar, latest, hits)
        yield from hits
        if hits:
            latest = scene.form.chord_index(_sounding_tick(scene, hits[-1].onset))


def _choose_rhythm(scene: Scene, bar: FormBar, before: Rhythm | None, rng: np.random.Generator) -> Rhythm:
    """The rhythm with the best fit to the soloist, plus noise."""
    rhythms = _rhythms(scene, bar, rng)
    scores = [_fit(scene, bar, rhythm) + 0.5 * (rhythm == before) for rhythm in rhythms]
    noise = rng.gumbel(0, 0.45, len(rhythms))
    return rhythms[int(np.argmax(np.array(scores) + noise))]


def _fit(scene: Scene, bar: FormBar, rhythm: Rhythm) -> float:
    """How a rhythm fits: hits in rests answer, hits under a busy line disturb, and some space is left."""
    score = 0.0
    for onset, _ in rhythm:
        tick = bar.start + onset
        if scene.rests_at(tick):
            score += 0.8
        else:
            score -= 0.3 * scene.onset_density(tick - OFF, tick + BEAT + OFF) - 0.35
    room = 1.2 + 1.6 * scene.intensity(bar) - 0.8 * scene.in_two(bar)
    return score - 0.35 * max(len(rhythm) - room, 0) ** 2


def _rhythms(scene: Scene, bar: FormBar, rng: np.random.Generator) -> tuple[Rhythm, ...]:
    if bar.beats == 4:
        # The bridge of a swing tune also has held chords.
        held = scene.style == "swing" and scene.contrasts(bar)
        return FOUR_BEATS[scene.style] + STRAIGHT[:3] * held
    if bar.beats in OTHER_BEATS:
        return OTHER_BEATS[bar.beats]
    return tuple(_composed(bar.beats, rng) for _ in range(8))


def _composed(beats: int, rng: np.random.Generator) -> Rhythm:
    """A rhythm for a bar of many beats, group by group."""
    rhythm: list[tuple[int, int]] = []
    start = 0
    for group in groups(beats):
        choices = OTHER_BEATS[group]
        part = choices[int(rng.integers(len(choices)))]
        rhythm += [(start + onset, duration) for onset, duration in part]
        start += group * BEAT
    return tuple(rhythm[:MOST_HITS])


def _with_every_chord(scene: Scene, bar: FormBar, latest: int, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, and one more for each chord of the bar that would not be struck."""
    found = {hit.onset: hit for hit in hits}
    struck = {latest, *(scene.form.chord_index(_sounding_tick(scene, hit.onset)) for hit in hits)}
    for span in bar.spans:
        if scene.form.chord_index(span.start) not in struck:
            found.setdefault(span.start, Hit(span.start, min(span.duration, BEAT)))
    return [found[onset] for onset in sorted(found)]


def _sounding_tick(scene: Scene, onset: int) -> int:
    """The tick whose chord a hit plays: an "and" anticipates the next beat's."""
    return min(onset + OFF, scene.form.length - 1) if onset % BEAT == OFF else onset


# --------------------------------------------------------------------------------------------------- voicings


def comp(
    scene: Scene, hits: Iterable[Hit], instrument: ChordInstrument, voices: int, rng: np.random.Generator
) -> list[Note]:
    """The notes of a comping part.

    Parameters
    ----------
    scene : Scene
        Form, style and soloist.
    hits : iterable of Hit
        When a chord is struck, by onset.
    instrument : ChordInstrument
        What can be played.
    voices : int
        Notes in a chord, at most.
    rng : Generator
        Draws dynamics, and now and then another voicing of a chord that goes on.

    Returns
    -------
    list of Note
        No chord sounds into the next.

    """
    notes: list[Note] = []
    pitches: Voicing = ()
    held: Chord | None = None
    for hit in hits:
        chord = scene.chord_at(_sounding_tick(scene, hit.onset))
        if chord is None:
            continue
        if chord != held or rng.random() < 0.15:
            ceiling = scene.low_register(hit.onset)
            pitches = smoothest(instrument, chord, pitches, voices, ceiling, another=chord == held)
        held = chord
        level = _level(scene, hit, rng)
        notes += [
            Note(hit.onset, hit.duration, pitch, level + 4 * (pitch == pitches[-1])) for pitch in pitches
        ]
    following = dict(pairwise(sorted({note.onset for note in notes})))
    return [
        replace(note, duration=min(note.duration, following.get(note.onset, note.end) - note.onset))
        for note in notes
    ]


def _level(scene: Scene, hit: Hit, rng: np.random.Generator) -> int:
    bar = scene.bars[scene.form.bar_at(hit.onset)]
    answer = 4 if scene.rests_at(hit.onset) else -4
    push = 4 if hit.onset % BEAT else 0
    return 54 + round(10 * scene.intensity(bar)) + answer + push + int(rng.integers(-3, 4))


def smoothest(
    instrument: ChordInstrument,
    chord: Chord,
    before: Voicing = (),
    voices: int = 4,
    ceiling: int | None = None,
    *,
    another: bool = False,
) -> Voicing:
    """The voicing of `chord` with the smoothest voice leading; register and voicing cost count too.

    Parameters
    ----------
    instrument : ChordInstrument
        What can be played.
    chord : Chord
        The chord.
    before : Voicing
        The voicing it follows; () for none.
    voices : int
        Notes in the chord, at most.
    ceiling : int, optional
        The soloist's low register, above which a pitch costs more; an octave of the instrument is left free.
    another : bool
        Whether it shall differ from `before`, because the same chord goes on.

    Returns
    -------
    Voicing
        Rising pitches; of equally good ones the first candidate.

    """
    candidates = instrument.candidates(chord, voices, another)
    if another:
        candidates = [pitches for pitches in candidates if pitches != before] or candidates
    ceiling = max(instrument.high - 8 if ceiling is None else ceiling, instrument.low + 12)

    def cost(pitches: Voicing) -> float:
        mean, above = sum(pitches) / len(pitches), max(0, pitches[-1] - ceiling)
        register = 0.6 * abs(mean - instrument.middle) + 1.5 * above
        return movement(before, pitches) + instrument.voicing_cost(pitches) + register

    return min(candidates, key=cost)


def movement(before: Sequence[int], after: Sequence[int]) -> float:
    """The semitones of voice movement in all; to the nearest pitch where the number of voices changes."""
    if not before:
        return 0.0
    if len(before) == len(after):
        return float(sum(abs(a - b) for a, b in zip(before, after, strict=True)))
    return float(sum(min(abs(pitch - other) for other in before) for pitch in after))


def voicing_tones(chord: Chord, voices: int = 4) -> list[int]:
    """The pitch classes of a voicing: guide tones and tensions, rootless if there is a seventh or sixth."""
    above = {(pitch_class - chord.root) % 12 for pitch_class in chord.pitch_classes}
    needed = {(tone - chord.root) % 12 for tone in guide_tones(chord)}
    if above & {9, 10, 11}:
        above.discard(0)
        # The ninth belongs to every plain seventh chord with a perfect fifth; the bass has the root.
        if 7 in above and not above & {1, 3} and len(above) < 4:
            above.add(2)
    if {6, 7} <= above and len(above) > 3:  # a #11 replaces the fifth, a semitone above it
        above.discard(7)
        if not above & {1, 3}:
            above.add(2)
    # Least needed first: fifth, root, eleventh, ninth, then what the symbol asks for by name.
    for spare in (7, 0, 5, 2, 9, 8, 6, 3, 1):
        if len(above) > voices and spare not in needed:
            above.discard(spare)
    return [(chord.root + semitones) % 12 for semitones in sorted(above)]
