"""The bass: a line that puts the chord's bass under the chord's first beat and leads into the next one.

A bar becomes *slots*, each with a length and a duty; then the slots between two landings are filled with a
path from the one to the other. What a style changes is the slots: quarters to walk in, halves for a two-feel,
the dotted figure of a bossa, an ostinato of even eighths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from jazzgen.band.scene import BEAT, OFF, Bar, Scene, Span, groups
from jazzgen.music.chords import Chord, chord_scale
from jazzgen.music.score import Note

__all__ = ["BASS_HIGH", "BASS_LOW", "bass"]

BASS_LOW, BASS_HIGH, BASS_MIDDLE = 28, 55, 39  # E1 to G3; the middle is where a walk feels at home
DOTTED = BEAT + OFF
FIGURED = ("bossa", "straight")  # styles whose figures stand on the root in every bar

LANDING, FREE, FIFTH, AGAIN, GHOST = "landing", "free", "fifth", "again", "ghost"


class Slot(NamedTuple):
    """One note that the bass owes: when, how long, over which chord, and its duty.

    LANDING is on `goal` (a pitch class), FREE leads on, FIFTH would rather be the fifth, AGAIN the note
    before, GHOST the same, hardly heard.
    """

    onset: int
    duration: int
    chord: Chord
    duty: str
    goal: int = 0


def bass(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """A line from E1 to G3: the chord's bass when it comes, led into by step, fourth or fifth."""
    slots = list(_slots(scene, rng))
    landings = [place for place, slot in enumerate(slots) if slot.duty == LANDING]
    pitches: list[int] = []
    goal = _first(slots[0].goal) if slots else 0
    for here, there in zip(landings, [*landings[1:], None][: len(landings)], strict=True):
        pitches.append(goal)
        inside = slots[here + 1 : there]
        if there is None:
            # Where the time goes on, the line leads back to the top, to be played in a loop.
            pitches += _path(goal, pitches, pitches[0] if scene.ending == "none" else None, inside, rng)
            break
        goal = _next_landing(slots[there].goal, pitches, len(inside), rng)
        pitches += _path(pitches[-1], pitches, goal, inside, rng)
    return [_note(scene, slot, pitch, rng) for slot, pitch in zip(slots, pitches, strict=True)]


def _note(scene: Scene, slot: Slot, pitch: int, rng: np.random.Generator) -> Note:
    bar = scene.bars[scene.form.bar_at(slot.onset)]
    level = 72 + round(10 * scene.heat(bar)) + int(rng.integers(-3, 4))
    level += {LANDING: 5, GHOST: -24}.get(slot.duty, 0) - (3 if slot.onset % BEAT else 0)
    duration = OFF // 2 if slot.duty == GHOST else slot.duration
    return Note(slot.onset, duration, pitch, level)


# -------------------------------------------------------------------------------------------------- the slots


def _slots(scene: Scene, rng: np.random.Generator) -> Iterator[Slot]:
    """The slots of the whole piece; the first of each chord and of each bar is a landing."""
    latest: Chord | None = None
    lowest = 0
    ostinato = int(rng.integers(len(STRAIGHT_CELLS)))
    for bar in scene.bars:
        if bar.opens_section:
            ostinato = int(rng.integers(len(STRAIGHT_CELLS)))
        for span in bar.spans:
            stays = scene.style not in FIGURED and span.chord == latest
            stays = stays and scene.form.chord_at(span.start).tick < span.start and not scene.ends(bar)
            goal = _other_goal(span.chord, lowest, rng) if stays else span.chord.bass
            lengths = _lengths(scene, bar, span, ostinato, rng)
            yield from _duties(span, lengths, goal)
            latest, lowest = span.chord, goal


def _other_goal(chord: Chord, before: int, rng: np.random.Generator) -> int:
    """Where a bar lands whose chord has sounded before: not always on the root again."""
    third = next(
        ((chord.root + up) % 12 for up in (4, 3, 5) if (chord.root + up) % 12 in chord.pitch_classes),
        chord.root,
    )
    weights = {chord.bass: 0.5}
    for tone, weight in ((_fifth(chord), 0.3), (third, 0.2)):
        weights[tone] = weights.get(tone, 0.0) + weight
    if len(weights) > 1:
        weights[before] = weights.get(before, 0.0) * 0.4
    return _draw(weights, rng)


# (length, duty) of the slots of a group of one, two or three beats; a chord's first slot is its landing.
STRAIGHT_CELLS = (
    {2: ((18, FIFTH), (6, FIFTH)), 3: ((18, FREE), (18, FIFTH))},
    {2: ((18, FREE), (6, FIFTH)), 3: ((24, FREE), (12, FREE))},
    {2: ((24, FREE),), 3: ((18, FREE), (6, FIFTH), (12, FREE))},
)
BOSSA = {1: ((12, FREE),), 2: ((18, FREE), (6, FIFTH)), 3: ((18, FREE), (6, FIFTH), (12, FREE))}

Lengths = list[tuple[int, str]]


def _lengths(scene: Scene, bar: Bar, span: Span, ostinato: int, rng: np.random.Generator) -> Lengths:
    """(length, duty) of the notes under one chord of one bar."""
    beats, rest = divmod(span.duration, BEAT)
    if scene.ends(bar):
        return [(span.duration, FREE)]
    if scene.ends_with_break(bar):
        return [(OFF, FREE)]
    if rest or not beats:  # a change inside a beat: whatever there is room for
        return [(BEAT, FREE)] * beats + [(rest, FREE)] * bool(rest)
    if scene.style == "bossa":
        return _bossa(beats, rng)
    if scene.style == "straight" and beats > 1:
        cells = STRAIGHT_CELLS[ostinato]
        return [slot for group in groups(beats) for slot in cells[group]]
    if scene.in_two(bar) and not (bar.closes_section and rng.random() < 0.5):
        return _halves(beats, scene.style, rng)
    return _quarters(beats, scene, bar, rng)


def _quarters(beats: int, scene: Scene, bar: Bar, rng: np.random.Generator) -> Lengths:
    lengths: Lengths = [(BEAT, FREE)] * beats
    # A skip: an eighth that is felt more than heard, never just before a chord that has to be led into.
    if beats > 2 and scene.tempo < 240 and rng.random() < 0.1 * scene.heat(bar):
        at = int(rng.integers(0, beats - 1))
        lengths[at : at + 1] = [(OFF, FREE), (OFF, GHOST)]
    return lengths


def _halves(beats: int, style: str, rng: np.random.Generator) -> Lengths:
    """A two-feel: halves, now and then a quarter or (in a ballad) an eighth that leads on."""
    lengths: Lengths = []
    for group in groups(beats):
        lengths.append((group * BEAT, FIFTH if lengths else FREE))
    if len(lengths) == 1 and beats == 3 and rng.random() < 0.7:
        lengths = [(2 * BEAT, FREE), (BEAT, FIFTH)]
    elif beats > 1 and rng.random() < (0.3 if len(lengths) > 1 else 0.6):
        duration, duty = lengths[-1]
        lead = OFF if style == "ballad" and rng.random() < 0.4 else BEAT
        if duration > lead:
            lengths[-1:] = [(duration - lead, duty), (lead, FREE)]
    return lengths


def _bossa(beats: int, rng: np.random.Generator) -> Lengths:
    """The root, dotted, and the fifth that comes early and stays; the last eighth leads on."""
    lengths = [slot for group in groups(beats) for slot in BOSSA[group]]
    if len(lengths) < 4:
        return lengths
    if lengths[2][0] == DOTTED and rng.random() < 0.6:
        lengths[2] = (DOTTED, AGAIN)
    elif lengths[2][0] == DOTTED:
        lengths[:3] = [(2 * BEAT, FREE), (DOTTED, FIFTH)]
    lengths[-1] = (lengths[-1][0], FREE)
    return lengths


def _duties(span: Span, lengths: Lengths, goal: int) -> Iterator[Slot]:
    onset = span.start
    for duration, duty in lengths:
        first = onset == span.start
        yield Slot(onset, duration, span.chord, LANDING if first else duty, goal if first else 0)
        onset += duration


# --------------------------------------------------------------------------------------------------- the line

# How a last note leads to the landing: semitones away from it, and how willingly.
APPROACHES = {-1: 3.0, 1: 2.5, -2: 1.6, 2: 1.6, 7: 1.0, -5: 1.2, 5: 0.5, -7: 0.6}
FAR = 5  # semitones: what is further is a leap


def _first(pitch_class: int) -> int:
    return min(_octaves(pitch_class), key=lambda pitch: abs(pitch - BASS_MIDDLE))


def _octaves(pitch_class: int) -> list[int]:
    return [pitch for pitch in range(BASS_LOW, BASS_HIGH + 1) if pitch % 12 == pitch_class]


def _next_landing(pitch_class: int, so_far: Sequence[int], between: int, rng: np.random.Generator) -> int:
    """The octave of the next landing: near, rather around the middle, and another note than the last."""
    last = so_far[-1]
    weights = {}
    for pitch in _octaves(pitch_class):
        reach = abs(pitch - last) / (4 + 2 * between)
        home = abs(pitch - BASS_MIDDLE) / 7
        again = 3.0 if pitch == last and not between else 0.0
        weights[pitch] = math.exp(-reach - home * home - again)
    return _draw(weights, rng)


def _path(
    start: int, so_far: Sequence[int], goal: int | None, inside: Sequence[Slot], rng: np.random.Generator
) -> list[int]:
    """One pitch for each slot between the landings `start` and `goal`; no goal: to wherever it goes."""
    line = list(so_far[-2:])
    path: list[int] = []
    told = [k for k, slot in enumerate(inside) if slot.duty not in (AGAIN, GHOST)]
    lead = None
    if goal is not None and told:
        # A fifth that comes first is not played again as the last note.
        used = {_fifth(slot.chord) for slot in inside[: told[-1]] if slot.duty == FIFTH}
        lead = _lead(start, goal, inside[told[-1]], len(told), used, rng)
    for k, slot in enumerate(inside):
        if slot.duty in (AGAIN, GHOST):
            pitch = line[-1]
        elif lead is not None and k == told[-1]:
            pitch = lead
        else:
            left = sum(place > k for place in told)
            pitch = _onwards(slot, line, lead, left, rng)
        line.append(pitch)
        path.append(pitch)
    return path


def _lead(start: int, goal: int, slot: Slot, steps: int, used: set[int], rng: np.random.Generator) -> int:
    """The last note before `goal`, `steps` notes after `start`: by step, or from a fourth or fifth away.

    Rather none of the pitch classes `used`.
    """
    weights = {}
    scale = chord_scale(slot.chord)
    for away, weight in APPROACHES.items():
        pitch = goal + away
        if not BASS_LOW <= pitch <= BASS_HIGH or (steps == 1 and pitch == start):
            continue
        tone = pitch % 12
        wish = 6.0 if slot.duty == FIFTH and tone == _fifth(slot.chord) else 1.0
        # What is held for two beats is heard as harmony, not as a passing note.
        held = slot.duration >= 2 * BEAT
        inside = 1.5 if tone in slot.chord.pitch_classes else 1.0 if tone in scale else 0.7
        inside **= 6 if held else 1
        wish *= 0.02 if tone in used else 1.0
        reach = abs(pitch - start) - 3 * steps
        weights[pitch] = weight * wish * inside * math.exp(-max(reach, 0) / 2 - abs(pitch - start) / 9)
    return _draw(weights, rng)


def _onwards(slot: Slot, line: Sequence[int], lead: int | None, left: int, rng: np.random.Generator) -> int:
    """A next step: near, a chord tone rather than a scale tone, on in the same direction, and in reach of
    `lead` with the `left` steps that follow.
    """
    pitch = line[-1]
    before = line[-2] if len(line) > 1 else pitch
    scale = chord_scale(slot.chord)
    weights = {}
    for choice in range(max(BASS_LOW, pitch - 9), min(BASS_HIGH, pitch + 9) + 1):
        tone = choice % 12
        if choice == pitch or tone not in scale:
            continue
        weight = 2.0 if tone in slot.chord.pitch_classes else 1.0
        if slot.duty == FIFTH and tone == _fifth(slot.chord):
            weight *= 12.0
        weight *= 1.0 if abs(choice - pitch) <= FAR else 0.3
        weight *= 1.5 if (choice - pitch) * (pitch - before) > 0 else 1.0
        weight *= 0.2 if choice == before else 1.0
        weight *= math.exp(-max(abs(choice - BASS_MIDDLE) - 9, 0) / 3)
        if lead is not None:
            weight *= 0.05 if choice == lead and left == 1 else 1.0  # it comes next
            patience = 4.0 if slot.duty == FIFTH else 1.0
            weight *= math.exp(-max(abs(choice - lead) - 2.5 * left, 0) / patience)
        weights[choice] = weight
    return _draw(weights, rng) if weights else pitch


def _fifth(chord: Chord) -> int:
    """The pitch class of the chord's fifth as it has it, perfect if it has none."""
    for semitones in (7, 6, 8):
        if (chord.root + semitones) % 12 in chord.pitch_classes:
            return (chord.root + semitones) % 12
    return (chord.root + 7) % 12


def _draw(weights: dict[int, float], rng: np.random.Generator) -> int:
    shares = np.array(list(weights.values()))
    return int(rng.choice(list(weights), p=shares / shares.sum()))
