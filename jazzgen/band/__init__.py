"""Piano, bass and drums for a solo: what a rhythm section plays under it.

`accompany` asks each player of `BAND` for its notes. A player is a function from a progression and a
generator to notes; it reads the chords and the bars and needs nothing else, so another player is another
function and another row. Times are ticks, 12 a beat; beats are the file's beats, also under a solo that was
read in double time.

Played the plain way: rootless voicings around middle C with the least movement from chord to chord, a
walking bass (in halves for a bossa or a ballad), a ride cymbal with the hi-hat on 2 and 4. Bars without a
chord are silent, and the last bar is held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest
from typing import NamedTuple

import numpy as np

from jazzgen.harmony import Chord, parse_chord
from jazzgen.score import DRUM_CHANNEL, TICKS_PER_BEAT, Note, Part, Progression, Solo

__all__ = ["BAND", "Player", "accompany", "bass", "drums", "piano"]

Player = Callable[[Progression, np.random.Generator], list[Note]]

BEAT = TICKS_PER_BEAT
OFF = BEAT // 2  # the "and" of a beat


class Chair(NamedTuple):
    """One row of the band: who plays what, where."""

    name: str
    program: int
    channel: int
    volume: int
    pan: int
    player: Player


def accompany(solo: Solo, rng: np.random.Generator) -> tuple[Part, ...]:
    """The band's parts under `solo`. Each player draws from a generator of its own, spawned from `rng`."""
    stretch = 2 if solo.double_time else 1
    form = _as_in_file(solo.progression) if solo.double_time else solo.progression
    parts = []
    for chair, own in zip(BAND, rng.spawn(len(BAND)), strict=True):
        notes = sorted(chair.player(form, own), key=lambda note: (note.onset, note.pitch))
        stretched = [
            replace(note, onset=note.onset * stretch, duration=note.duration * stretch) for note in notes
        ]
        parts.append(
            Part(chair.name, chair.program, chair.channel, tuple(stretched), chair.volume, chair.pan)
        )
    return tuple(parts)


def _as_in_file(form: Progression) -> Progression:
    """A double-time form as the file has it: two of its bars are one."""
    return replace(
        form,
        chords=tuple(replace(chord, tick=chord.tick // 2) for chord in form.chords),
        meters=tuple(replace(meter, tick=meter.tick // 2) for meter in form.meters),
        sections=tuple(replace(section, tick=section.tick // 2) for section in form.sections),
        length=form.length // 2,
    )


# ------------------------------------------------------------------------------------------- reading the form


class Bar(NamedTuple):
    """One bar: its first tick, its beats, and whether it is the last of its section or of the piece."""

    start: int
    beats: int
    closes_section: bool
    last: bool

    @property
    def end(self) -> int:
        """The tick of the next bar line."""
        return self.start + self.beats * BEAT


def _bars(form: Progression) -> Iterator[Bar]:
    sections = {section.tick for section in form.sections}
    for start, end in pairwise((*form.bar_ticks, form.length)):
        yield Bar(start, (end - start) // BEAT, end in sections or end == form.length, end == form.length)


def _chord(form: Progression, tick: int) -> Chord | None:
    return parse_chord(form.chord_at(tick).symbol)


def _held_chords(form: Progression, bar: Bar) -> list[tuple[int, int, Chord]]:
    """(onset, duration, chord) of each chord in `bar`; bars without a chord give none."""
    changes = [change.tick for change in form.chords if bar.start < change.tick < bar.end]
    spans = pairwise([bar.start, *changes, bar.end])
    return [(start, end - start, chord) for start, end in spans if (chord := _chord(form, start)) is not None]


# -------------------------------------------------------------------------------------------------- the piano

# Comping rhythms as (onset, duration) in ticks of a bar of 4; a bar of n beats takes those that begin in it.
COMPING = (
    ((0, 12), (18, 6)),  # the Charleston
    ((0, 18), (18, 5)),
    ((6, 6), (24, 12)),
    ((18, 6), (42, 6)),  # both pushed
    ((12, 5), (36, 5)),
    ((6, 5), (30, 6)),
    ((0, 30),),
    ((18, 18),),
)
PIANO_LOW, PIANO_HIGH, PIANO_MIDDLE = 50, 72, 61


def piano(form: Progression, rng: np.random.Generator) -> list[Note]:
    """Rootless voicings, each as near as possible to the one before, in a rhythm that changes from bar to
    bar.
    """
    notes: list[Note] = []
    voicing: tuple[int, ...] = ()
    latest = -1  # the index of the chord last heard
    for bar in _bars(form):
        hits = _held_chords(form, bar) if bar.last else _comping(form, bar, latest, rng)
        if hits:
            latest = form.chord_index(_pushed(form, hits[-1][0]))
        for onset, duration, chord in hits:
            voicing = _voicing(chord, voicing)
            level = int(rng.integers(58, 70)) + (4 if onset % BEAT else 0)
            notes += [Note(onset, duration, pitch, level) for pitch in voicing]
    return _cut_at_the_next(notes)


def _comping(
    form: Progression, bar: Bar, latest: int, rng: np.random.Generator
) -> list[tuple[int, int, Chord]]:
    """(onset, duration, chord) of each hit; a hit on the last "and" before a chord pushes that chord."""
    rhythm = COMPING[rng.integers(len(COMPING))]
    hits = {bar.start + onset: duration for onset, duration in rhythm if onset < bar.beats * BEAT}
    heard = {latest, *(form.chord_index(_pushed(form, onset)) for onset in hits)}
    for onset, duration, _ in _held_chords(form, bar):
        if form.chord_index(onset) not in heard:  # the rhythm would pass it over
            hits[onset] = min(duration, BEAT)
    sounding = [
        (onset, duration, _chord(form, _pushed(form, onset))) for onset, duration in sorted(hits.items())
    ]
    return [(onset, duration, chord) for onset, duration, chord in sounding if chord is not None]


def _pushed(form: Progression, onset: int) -> int:
    """The tick whose chord a hit at `onset` plays: the next beat's for an "and"."""
    return min(onset + OFF, form.length - 1) if onset % BEAT == OFF else onset


def _voicing(chord: Chord, before: Sequence[int]) -> tuple[int, ...]:
    """Three or four notes of `chord` around middle C, the nearest to `before`."""
    classes = _colors(chord)
    candidates = []
    for low in range(PIANO_LOW, PIANO_LOW + 12):
        if low % 12 in classes:
            stack = tuple(sorted(low + (pitch_class - low) % 12 for pitch_class in classes))
            candidates.append(stack)

    def cost(stack: tuple[int, ...]) -> float:
        movement = sum(min(abs(pitch - other) for other in before) for pitch in stack) if before else 0
        rub = 4 * (stack[-1] - stack[-2] == 1)  # a semitone on top bites
        return (
            movement
            + rub
            + 0.8 * abs(sum(stack) / len(stack) - PIANO_MIDDLE)
            + max(0, stack[-1] - PIANO_HIGH)
        )

    return min(candidates, key=cost)


def _colors(chord: Chord) -> list[int]:
    """The pitch classes to voice: no root where there is a seventh or sixth to do without it, no more than
    four.
    """
    above = {(pitch_class - chord.root) % 12 for pitch_class in chord.pitch_classes}
    if above & {9, 10, 11}:
        above.discard(0)
        # The ninth belongs to every plain seventh chord with a perfect fifth; the bass has the root.
        if 7 in above and not above & {1, 3} and len(above) < 4:
            above.add(2)
    # Least needed first: fifth, then eleventh, ninth, thirteenth.
    for spare in (7, 0, 5, 2, 8, 6):
        if len(above) > 4:
            above.discard(spare)
    return [(chord.root + semitones) % 12 for semitones in sorted(above)]


def _cut_at_the_next(notes: list[Note]) -> list[Note]:
    """No chord sounds into the next one."""
    onsets = sorted({note.onset for note in notes})
    following = dict(pairwise(onsets))
    return [
        replace(note, duration=min(note.duration, following.get(note.onset, note.end) - note.onset))
        for note in notes
    ]


# --------------------------------------------------------------------------------------------------- the bass

BASS_LOW, BASS_HIGH, BASS_MIDDLE = 28, 55, 41  # E1 to G3
HALVES = ("bossa", "ballad")  # styles that have two bass notes a bar


class Step(NamedTuple):
    """One note that the bass owes: when, over which chord, and the pitch class it has to land on, if any."""

    onset: int
    duration: int
    chord: Chord
    landing: int | None


def bass(form: Progression, rng: np.random.Generator) -> list[Note]:
    """A walking line: the chord's bass when it comes, chord and scale tones after it, the next bass
    approached.
    """
    notes: list[Note] = []
    pitch = before = BASS_MIDDLE
    steps = list(_bass_steps(form, rng))
    for step, ahead in zip_longest(steps, steps[1:]):
        if step.landing is not None:
            pitch, before = _near(step.landing, pitch), pitch
        elif step.duration > BEAT:  # a half note has no time to lead anywhere: the fifth
            pitch, before = _near(_fifth(step.chord), pitch), pitch
        elif ahead is not None and ahead.landing is not None:
            pitch, before = _approach(_near(ahead.landing, pitch), pitch, rng), pitch
        else:
            pitch, before = _onwards(step.chord, pitch, before, rng), pitch
        level = int(rng.integers(76, 86)) + (0 if step.landing is None else 4)
        notes.append(Note(step.onset, step.duration, pitch, level))
    return notes


def _bass_steps(form: Progression, rng: np.random.Generator) -> Iterator[Step]:
    pace = BEAT * (2 if form.style in HALVES else 1)
    latest: Chord | None = None
    for bar in _bars(form):
        for start, duration, chord in _held_chords(form, bar):
            onsets = [start] if bar.last else range(start, start + duration, pace)
            for onset in onsets:
                landing = chord.bass if onset == start else None
                if onset == bar.start and chord == latest and rng.random() < 0.4:
                    landing = _fifth(chord)  # a chord that stays is not always met on its root
                length = duration if bar.last else min(pace, start + duration - onset)
                yield Step(onset, length, chord, landing)
            latest = chord


def _near(pitch_class: int, pitch: int) -> int:
    """The pitch of `pitch_class` in the bass's range that is near `pitch`, with a pull to the middle."""
    choices = [p for p in range(BASS_LOW, BASS_HIGH + 1) if p % 12 == pitch_class]
    return min(choices, key=lambda p: abs(p - pitch) + 0.3 * abs(p - BASS_MIDDLE))


def _fifth(chord: Chord) -> int:
    """The pitch class of the chord's fifth as it has it, perfect if it has none."""
    for semitones in (7, 6, 8):
        if (chord.root + semitones) % 12 in chord.pitch_classes:
            return (chord.root + semitones) % 12
    return (chord.root + 7) % 12


def _approach(goal: int, pitch: int, rng: np.random.Generator) -> int:
    """The last note before `goal`: a semitone from it, a whole tone, or its dominant."""
    #          semitones from the goal: weight
    choices = {-1: 3.0, 1: 3.0, -2: 1.0, 2: 1.0, 7: 1.0, -5: 1.0}
    weights = {
        goal + away: weight / (1 + abs(goal + away - pitch))
        for away, weight in choices.items()
        if (goal + away - pitch) % 12 and BASS_LOW <= goal + away <= BASS_HIGH
    }
    return _draw(weights, rng)


def _onwards(chord: Chord, pitch: int, before: int, rng: np.random.Generator) -> int:
    """A next step over `chord`: near, rather a chord tone, rather on in the same direction, never the same
    note.
    """
    weights = {}
    for choice in range(max(BASS_LOW, pitch - 7), min(BASS_HIGH, pitch + 7) + 1):
        if choice == pitch or choice % 12 not in _walkable(chord):
            continue
        weight = 2.0 if choice % 12 in chord.pitch_classes else 1.0
        weight *= 1.0 if abs(choice - pitch) <= 4 else 0.4
        weight *= 1.5 if (choice - pitch) * (pitch - before) > 0 else 1.0
        weight *= 0.2 if choice == before else 1.0
        strays = abs(choice - BASS_MIDDLE) > max(9, abs(pitch - BASS_MIDDLE))
        weights[choice] = weight * (0.2 if strays else 1.0)
    return _draw(weights, rng)


def _walkable(chord: Chord) -> frozenset[int]:
    """Chord tones, and the second and fourth above the root where no altered tone contradicts them."""
    above = {(pitch_class - chord.root) % 12 for pitch_class in chord.pitch_classes}
    passing = [semitones for semitones, against in ((2, 1), (5, 6)) if against not in above]
    return chord.pitch_classes | {(chord.root + semitones) % 12 for semitones in passing}


def _draw(weights: dict[int, float], rng: np.random.Generator) -> int:
    shares = np.array(list(weights.values()))
    return int(rng.choice(list(weights), p=shares / shares.sum()))


# -------------------------------------------------------------------------------------------------- the drums

KICK, STICK, SNARE, CLOSED, PEDAL, CRASH, RIDE = 36, 37, 38, 42, 44, 49, 51  # General MIDI percussion keys
HIT = 3  # ticks that a drum note lasts

# A bossa's two bars in ticks: the clave on the rim, the bass drum like a heart.
BOSSA_RIM = ((0, 18, 36), (12, 30))
BOSSA_KICK = (0, 18, 24, 42)


def drums(form: Progression, rng: np.random.Generator) -> list[Note]:
    """Time: ride and hi-hat (a bossa has its own), now and then a word from the snare, a fill where a
    section ends.
    """
    notes: list[Note] = []
    for number, bar in enumerate(_bars(form)):
        if not _held_chords(form, bar):
            continue
        if bar.last:
            hits = [(0, KICK, 70), (0, CRASH, 80)]
        elif form.style == "bossa":
            hits = _bossa(bar, number)
        else:
            hits = _swing(bar, rng)
        notes += [Note(bar.start + onset, HIT, key, level) for onset, key, level in hits]
    return notes


def _swing(bar: Bar, rng: np.random.Generator) -> list[tuple[int, int, int]]:
    hits = [(beat * BEAT, KICK, 34) for beat in range(bar.beats)]
    hits += [(beat * BEAT, RIDE, 74 if beat % 2 else 66) for beat in range(bar.beats)]
    for beat in range(1, bar.beats, 2):  # 2 and 4
        hits += [(beat * BEAT + OFF, RIDE, 56), (beat * BEAT, PEDAL, 62)]
    if bar.closes_section and bar.beats > 1:
        fill = range((bar.beats - 2) * BEAT + OFF, bar.beats * BEAT, OFF)
        hits += [(onset, SNARE, 58 + 8 * k) for k, onset in enumerate(fill)]
    elif rng.random() < 0.3:
        hits.append((int(rng.integers(bar.beats)) * BEAT + OFF, SNARE, int(rng.integers(34, 48))))
    return hits


def _bossa(bar: Bar, number: int) -> list[tuple[int, int, int]]:
    hits = [(onset, CLOSED, 50 if onset % BEAT else 60) for onset in range(0, bar.beats * BEAT, OFF)]
    hits += [(onset, KICK, 58) for onset in BOSSA_KICK]
    hits += [(onset, STICK, 60) for onset in BOSSA_RIM[number % 2]]
    return [hit for hit in hits if hit[0] < bar.beats * BEAT]


#                name     program  channel       volume  pan  player
BAND = (
    Chair("Piano",  0,  1,            78,     48,  piano),
    Chair("Bass",   32, 2,            96,     64,  bass),
    Chair("Drums",  0,  DRUM_CHANNEL, 80,     76,  drums),
)  # fmt: skip
