"""The piano: rootless voicings that move little, in rhythms that leave holes and answer the soloist.

Two questions, one after the other. *When*: each bar proposes the rhythms of its style, and the one wins that
plays in the soloist's rests, keeps quiet where the soloist is busy, and now and then says again what it said
in the bar before. *What*: three or four notes of the chord that will sound, the nearest to the hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jazzgen.band.scene import BEAT, OFF, Bar, Scene, groups
from jazzgen.music.chords import Chord, guide_tones
from jazzgen.music.score import Note

__all__ = [
    "PIANO_HIGH",
    "PIANO_LOW",
    "Hit",
    "colors",
    "comp",
    "comping",
    "easiest",
    "movement",
    "piano",
    "voicing",
]

PIANO_LOW, PIANO_HIGH, PIANO_MIDDLE = 52, 76, 60  # E3, where the bass's register ends, to E5


class Hit(NamedTuple):
    """One chord struck: `onset` and `duration` in ticks."""

    onset: int
    duration: int


# Chord, pitches before it, the soloist's low register, does the same chord go on -> the chord's pitches.
Voiced = Callable[[Chord, Sequence[int], int | None, bool], tuple[int, ...]]
Rhythm = tuple[tuple[int, int], ...]  # (onset, duration) in ticks of the bar

# Rhythms of a bar of four. A hit on the last "and" already plays the next bar's chord.
SWING_FOUR: tuple[Rhythm, ...] = (
    (),
    ((0, 12), (18, 6)),  # the Charleston
    ((0, 17), (18, 5)),
    ((18, 6),),
    ((42, 6),),
    ((18, 6), (42, 6)),  # both pushed
    ((6, 5), (30, 6)),
    ((12, 5), (36, 5)),
    ((6, 6), (24, 12)),
    ((18, 20),),
    ((30, 6),),
    ((0, 5), (18, 5), (30, 6)),
    ((6, 5), (18, 6), (42, 6)),
)
UP_TEMPO_FOUR: tuple[Rhythm, ...] = (
    (),
    ((0, 10),),
    ((18, 6),),
    ((42, 6),),
    ((18, 28),),
    ((0, 36),),
    ((0, 12), (18, 6)),
    ((6, 6), (42, 6)),
)
BALLAD_FOUR: tuple[Rhythm, ...] = (
    ((0, 46),),
    ((0, 24), (24, 22)),
    ((0, 18), (18, 28)),
    ((12, 34),),
    ((0, 40), (42, 6)),
    ((6, 40),),
)
BOSSA_FOUR: tuple[Rhythm, ...] = (
    ((0, 6), (18, 6), (36, 8)),
    ((12, 8), (30, 12)),
    ((6, 8), (24, 6), (42, 6)),
    ((0, 14), (18, 20)),
    ((18, 6), (42, 6)),
    ((6, 6), (18, 20)),
)
STRAIGHT_FOUR: tuple[Rhythm, ...] = (
    ((0, 44),),
    ((0, 16), (18, 28)),
    ((18, 28),),
    ((6, 36),),
    ((0, 6), (18, 24)),
    ((6, 6), (24, 6), (42, 6)),
    (),
)
THREE: tuple[Rhythm, ...] = (
    (),
    ((12, 8), (24, 8)),
    ((0, 16), (18, 14)),
    ((18, 16),),
    ((6, 6), (24, 8)),
    ((0, 30),),
    ((12, 20),),
    ((18, 6), (30, 6)),
)
TWO: tuple[Rhythm, ...] = ((), ((0, 12),), ((6, 6),), ((18, 6),), ((0, 16), (18, 6)))
FIVE: tuple[Rhythm, ...] = (
    ((0, 12), (18, 12), (36, 10), (48, 10)),  # the vamp that everybody knows
    ((0, 16), (18, 16), (36, 20)),
    ((18, 14), (48, 8)),
    ((0, 34), (36, 22)),
    ((6, 8), (42, 14)),
)
FOUR = {
    "swing": SWING_FOUR,
    "waltz": SWING_FOUR,
    "up-tempo": UP_TEMPO_FOUR,
    "ballad": BALLAD_FOUR,
    "bossa": BOSSA_FOUR,
    "straight": STRAIGHT_FOUR,
}
ENOUGH = 3  # hits a bar; more would be talking over the soloist


def piano(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """Chords from E3 up, in answer to the soloist."""
    voices = 3 if scene.style == "up-tempo" else 4

    def voiced(chord: Chord, hand: Sequence[int], ceiling: int | None, moving: bool) -> tuple[int, ...]:
        return voicing(chord, hand, voices, ceiling, moving)

    return comp(scene, comping(scene, rng), voiced, rng)


def comp(scene: Scene, hits: Iterable[Hit], voiced: Voiced, rng: np.random.Generator) -> list[Note]:
    """The notes of `hits`: at each the chord that it plays, as `voiced` puts it into the hand."""
    notes: list[Note] = []
    hand: tuple[int, ...] = ()
    held: Chord | None = None
    for hit in hits:
        tick = _pushed(scene, hit.onset)
        chord = scene.chord_at(tick)
        if chord is None:
            continue
        if chord != held or rng.random() < 0.15:
            ceiling = scene.low_register(hit.onset)
            hand = voiced(chord, hand, ceiling, chord == held)
        held = chord
        level = _level(scene, hit, rng)
        notes += [
            Note(hit.onset, hit.duration, pitch, level + (4 if pitch == hand[-1] else 0)) for pitch in hand
        ]
    return _cut_at_the_next(notes)


def _level(scene: Scene, hit: Hit, rng: np.random.Generator) -> int:
    bar = scene.bars[scene.form.bar_at(hit.onset)]
    answer = 4 if scene.rests_at(hit.onset) else -4
    push = 4 if hit.onset % BEAT else 0
    return 54 + round(10 * scene.heat(bar)) + answer + push + int(rng.integers(-3, 4))


# ------------------------------------------------------------------------------------------------------- when


def comping(scene: Scene, rng: np.random.Generator) -> Iterator[Hit]:
    """When a chord is struck, bar by bar: the style's rhythms as the soloist leaves room for them."""
    latest = -1  # the index of the chord last heard
    before: Rhythm | None = None
    left_out = False
    for bar in scene.bars:
        if scene.ends(bar) or scene.ends_with_break(bar):
            hits = [Hit(span.start, span.duration if bar.last else OFF) for span in bar.spans]
        else:
            before = _rhythm(scene, bar, before, rng)
            hits = [Hit(bar.start + onset, duration) for onset, duration in before]
            may_miss = not left_out and scene.business(bar.start, bar.end) >= 1.5 and not hits
            left_out = may_miss
            if not may_miss:
                hits = _with_every_chord(scene, bar, latest, hits)
        yield from hits
        if hits:
            latest = scene.form.chord_index(_pushed(scene, hits[-1].onset))


def _rhythm(scene: Scene, bar: Bar, before: Rhythm | None, rng: np.random.Generator) -> Rhythm:
    """The rhythm that suits the soloist best, with a little chance."""
    rhythms = _rhythms(scene, bar, rng)
    scores = [_score(scene, bar, rhythm) + 0.5 * (rhythm == before) for rhythm in rhythms]
    noise = rng.gumbel(0, 0.45, len(rhythms))
    return rhythms[int(np.argmax(np.array(scores) + noise))]


def _score(scene: Scene, bar: Bar, rhythm: Rhythm) -> float:
    """How a rhythm fits: hits in rests answer, hits under a busy line disturb, and some space is left."""
    score = 0.0
    for onset, _ in rhythm:
        tick = bar.start + onset
        if scene.rests_at(tick):
            score += 0.8
        else:
            score -= 0.3 * scene.business(tick - OFF, tick + BEAT + OFF) - 0.35
    room = 1.2 + 1.6 * scene.heat(bar) - 0.8 * scene.in_two(bar)
    return score - 0.35 * max(len(rhythm) - room, 0) ** 2


def _rhythms(scene: Scene, bar: Bar, rng: np.random.Generator) -> tuple[Rhythm, ...]:
    match bar.beats:
        case 4:
            # A bridge of a swing tune is held where the rest is struck.
            held = scene.style == "swing" and scene.contrasts(bar)
            return (*FOUR[scene.style], *STRAIGHT_FOUR[:3]) if held else FOUR[scene.style]
        case 3:
            return THREE
        case 5:
            return FIVE
        case 2:
            return TWO
        case 1:
            return ((), ((0, BEAT),))
    return tuple(_composed(bar.beats, rng) for _ in range(8))


def _composed(beats: int, rng: np.random.Generator) -> Rhythm:
    """A rhythm for a bar of many beats, group by group."""
    rhythm: list[tuple[int, int]] = []
    start = 0
    for group in groups(beats):
        choices = THREE if group == 3 else TWO
        part = choices[int(rng.integers(len(choices)))]
        rhythm += [(start + onset, duration) for onset, duration in part]
        start += group * BEAT
    return tuple(rhythm[:ENOUGH])


def _with_every_chord(scene: Scene, bar: Bar, latest: int, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, and one more where they would pass over a chord that nobody has heard."""
    found = {hit.onset: hit for hit in hits}
    heard = {latest, *(scene.form.chord_index(_pushed(scene, hit.onset)) for hit in hits)}
    for span in bar.spans:
        if scene.form.chord_index(span.start) not in heard:
            found.setdefault(span.start, Hit(span.start, min(span.duration, BEAT)))
    return [found[onset] for onset in sorted(found)]


def _pushed(scene: Scene, onset: int) -> int:
    """The tick whose chord a hit at `onset` plays: the next beat's for an "and"."""
    return min(onset + OFF, scene.form.length - 1) if onset % BEAT == OFF else onset


def _cut_at_the_next(notes: list[Note]) -> list[Note]:
    """No chord sounds into the next one."""
    onsets = sorted({note.onset for note in notes})
    following = dict(pairwise(onsets))
    return [
        replace(note, duration=min(note.duration, following.get(note.onset, note.end) - note.onset))
        for note in notes
    ]


# ------------------------------------------------------------------------------------------------------- what


def voicing(
    chord: Chord,
    before: Sequence[int] = (),
    voices: int = 4,
    ceiling: int | None = None,
    moving: bool = False,
) -> tuple[int, ...]:
    """Rising pitches of `chord` from E3 up, at most `voices`, with the least movement from `before`.

    Above `ceiling`, where the soloist's low notes are, a voice costs more. `moving` asks for another voicing
    than `before`, because the same chord goes on.
    """
    candidates = _stacks(tuple(colors(chord, voices)))
    if moving:
        candidates += _stacks(tuple(_other_colors(chord, voices)))

    def blur(stack: tuple[int, ...]) -> float:
        rub = 4.0 * (len(stack) > 1 and stack[-1] - stack[-2] == 1)  # a semitone on top bites
        mud = 3.0 * (len(stack) > 1 and stack[1] - stack[0] < 3 and stack[0] < PIANO_LOW + 6)
        return rub + mud

    roof = PIANO_HIGH - 8 if ceiling is None else ceiling
    return easiest(candidates, before, blur, middle=PIANO_MIDDLE, roof=roof, moving=moving)


def easiest(
    candidates: Sequence[tuple[int, ...]],
    before: Sequence[int],
    blur: Callable[[tuple[int, ...]], float],
    *,
    middle: int,
    roof: int,
    moving: bool,
) -> tuple[int, ...]:
    """The one of `candidates`, each of rising pitches, that moves least from `before`, lies about `middle`
    and below `roof` (which leaves an octave at least), and costs the least `blur`.

    `moving` asks for another than `before`, if there is one. Of equals the first is taken.
    """
    if moving:
        candidates = [pitches for pitches in candidates if pitches != tuple(before)] or candidates
    roof = max(roof, PIANO_LOW + 12)

    def cost(pitches: tuple[int, ...]) -> float:
        height = 0.6 * abs(sum(pitches) / len(pitches) - middle) + 1.5 * max(0, pitches[-1] - roof)
        return movement(before, pitches) + blur(pitches) + height

    return min(candidates, key=cost)


def movement(before: Sequence[int], after: Sequence[int]) -> float:
    """Semitones that the hand moves in all: voice by voice, to the nearest where their number changes."""
    if not before:
        return 0.0
    if len(before) == len(after):
        return float(sum(abs(a - b) for a, b in zip(before, after, strict=True)))
    return float(sum(min(abs(pitch - other) for other in before) for pitch in after))


@lru_cache(maxsize=1024)
def _stacks(classes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Every way to stack the pitch classes between E3 and E5: close, and with the second voice dropped."""
    stacks = set()
    for low in range(PIANO_LOW, PIANO_HIGH + 1):
        if low % 12 not in classes:
            continue
        close = tuple(sorted(low + (tone - low) % 12 for tone in classes))
        stacks.add(close)
        if len(close) == 4:
            stacks.add(tuple(sorted((close[0], close[1], close[2] - 12, close[3]))))
    kept = [stack for stack in stacks if stack[0] >= PIANO_LOW and stack[-1] <= PIANO_HIGH]
    return tuple(sorted(kept))


def colors(chord: Chord, voices: int = 4) -> list[int]:
    """The pitch classes to voice: third, seventh and color; no root where there is a seventh or sixth to do
    without it.
    """
    above = {(pitch_class - chord.root) % 12 for pitch_class in chord.pitch_classes}
    needed = {(tone - chord.root) % 12 for tone in guide_tones(chord)}
    if above & {9, 10, 11}:
        above.discard(0)
        # The ninth belongs to every plain seventh chord with a perfect fifth; the bass has the root.
        if 7 in above and not above & {1, 3} and len(above) < 4:
            above.add(2)
    if {6, 7} <= above and len(above) > 3:  # a #11 stands for the fifth, a semitone above it
        above.discard(7)
        if not above & {1, 3}:
            above.add(2)
    # Least needed first: fifth, root, eleventh, ninth, then what the symbol asks for by name.
    for spare in (7, 0, 5, 2, 9, 8, 6, 3, 1):
        if len(above) > voices and spare not in needed:
            above.discard(spare)
    return [(chord.root + semitones) % 12 for semitones in sorted(above)]


def _other_colors(chord: Chord, voices: int) -> list[int]:
    """The same with the eleventh (minor) or the thirteenth in place of a perfect fifth, if it has one."""
    fifth = (chord.root + 7) % 12
    minor = (chord.root + 3) % 12 in chord.pitch_classes
    color = (chord.root + (5 if minor else 9)) % 12
    tones = colors(chord, voices)
    if color in tones or (not minor and (chord.root + 8) % 12 in chord.pitch_classes):
        return tones
    return sorted({color if tone == fifth else tone for tone in tones})
