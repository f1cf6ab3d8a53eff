"""The bass line: a target note on each chord's first beat, and a walk that leads into the next target.

`_slots` lays out the rhythm: each bar becomes slots, each with a length and a role (`bass_rhythms.py`). Then
`_next_target` decides the target notes, `_approach_note` the note before each, and `_next_note` the others.
Where swing walks in 4/4, a network that has learnt from people chooses the pitches instead (`walking.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.band.bass_rhythms import (
    BETWEEN,
    DROP,
    FIFTH,
    GHOST,
    PASS,
    TARGET,
    bar_lengths,
    on_pedal,
)
from jazzgen.band.scene import BEAT, EVEN_STYLES, OFF, FormBar, Scene
from jazzgen.band.walking import UNKNOWN, Walker
from jazzgen.music.chords import Chord, chord_scale
from jazzgen.music.score import Note

BASS_LOW, BASS_HIGH, BASS_MIDDLE = 28, 55, 39  # E1 to G3, and the center of a walk

SOFTER = {TARGET: 5, GHOST: -24, DROP: -16, PASS: -8}  # velocities
OPEN_STRINGS = (28, 33, 38, 43)  # E1 A1 D2 G2


class Slot(NamedTuple):
    """One note of the line before its pitch is known: onset and duration in ticks, chord, and role.

    TARGET plays the pitch class `target`; `bass_rhythms.py` says what the other roles are.
    """

    onset: int
    duration: int
    chord: Chord
    role: str
    target: int = 0


def bass(
    scene: Scene,
    rng: np.random.Generator,
    *,
    learned: bool = True,
    arrays: Mapping[str, npt.NDArray[np.float32]] | None = None,
) -> list[Note]:
    """A line from E1 to G3.

    Parameters
    ----------
    scene, rng
        What is played over, and what is drawn from.
    learned
        Whether a network walks where it can; by the rules each chord's bass is on its first beat, approached
        by step, fourth or fifth.
    arrays
        Of that network; None for the shipped one.

    Returns
    -------
    list of Note

    """
    slots = list(_slots(scene, rng))
    targets = [index for index, slot in enumerate(slots) if slot.role == TARGET]
    pitches: list[int] = []
    for index, following in zip_longest(targets, targets[1:]):
        if not pitches:
            pitches.append(min(_octaves(slots[0].target), key=lambda pitch: abs(pitch - BASS_MIDDLE)))
        between = slots[index + 1 : following]
        if following is not None:
            target = _next_target(slots[following].target, pitches[-1], len(between), rng)
            pitches += [*_walk(pitches, target, between, rng), target]
        else:
            # Without an ending the line leads back to its first note, to be played in a loop.
            pitches += _walk(pitches, pitches[0] if scene.ending == "none" else None, between, rng)
    if learned:
        pitches = _walked_by_heart(scene, slots, pitches, partial(Walker, scene, rng, arrays))
    pitches = _with_passing_notes(slots, pitches)
    return [_note(scene, slot, pitch, rng) for slot, pitch in zip(slots, pitches, strict=True)]


def ruled_bass(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """The line by the rules alone."""
    return bass(scene, rng, learned=False)


def below(scene: Scene, note: Note) -> Note:
    """The note, an octave lower or another tone of the chord where it would lie above the soloist."""
    ceiling = scene.lowest_pitch(note.onset, note.end)
    if ceiling is None or note.pitch <= ceiling:
        return note
    lower = note.pitch - 12 * math.ceil((note.pitch - ceiling) / 12)
    if lower < BASS_LOW:
        chord = scene.chord_at(note.onset)
        classes = chord.pitch_classes if chord else ()
        lower = max((p for p in range(BASS_LOW, ceiling + 1) if p % 12 in classes), default=BASS_LOW)
    return replace(note, pitch=lower)


def _note(scene: Scene, slot: Slot, pitch: int, rng: np.random.Generator) -> Note:
    bar = scene.bars[scene.form.bar_at(slot.onset)]
    level = 72 + round(10 * scene.intensity(bar)) + int(rng.integers(-3, 4))
    level += SOFTER.get(slot.role, 0) - (3 if slot.onset % BEAT else 0)
    if scene.style == "samba" and bar.beats == 4:  # as the surdo: light on one, heavy on three
        level += {0: -6, 2 * BEAT: 8}.get(slot.onset - bar.start, 0)
    duration = OFF // 2 if slot.role == GHOST else slot.duration
    return Note(slot.onset, duration, pitch, level)


# -------------------------------------------------------------------------------------------------- the slots


def _slots(scene: Scene, rng: np.random.Generator) -> Iterator[Slot]:
    """The slots of the whole piece; the first of each chord and of each bar is a target."""
    latest: Chord | None = None
    lowest = 0
    habit = 0
    for bar in scene.bars:
        if bar.opens_section:
            habit = int(rng.integers(12))
        for span in bar.spans:
            stays = scene.style not in EVEN_STYLES and span.chord == latest
            stays = stays and scene.form.chord_at(span.start).tick < span.start and not scene.ends(bar)
            target = _other_target(span.chord, lowest, rng) if stays else span.chord.bass
            onset = span.start
            for duration, role in bar_lengths(scene, bar, span, habit, rng):
                if onset == span.start:
                    yield Slot(onset, duration, span.chord, TARGET, target)
                else:
                    yield Slot(onset, duration, span.chord, role)
                onset += duration
            latest, lowest = span.chord, target


def _other_target(chord: Chord, before: int, rng: np.random.Generator) -> int:
    """The target of a bar whose chord goes on from the bar before: not always the root again."""
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


# --------------------------------------------------------------------------------------------------- the line

# Approach notes: semitones from the target, and their weights.
APPROACHES = {-1: 3.0, 1: 2.5, -2: 1.6, 2: 1.6, 7: 1.0, -5: 1.2, 5: 0.5, -7: 0.6}
LARGEST_STEP = 5  # semitones; more is a leap


def _octaves(pitch_class: int) -> list[int]:
    return [pitch for pitch in range(BASS_LOW, BASS_HIGH + 1) if pitch % 12 == pitch_class]


def _next_target(pitch_class: int, last: int, between: int, rng: np.random.Generator) -> int:
    """The octave of the next target: near `last`, towards the middle, and not a repeated note."""
    weights = {}
    for pitch in _octaves(pitch_class):
        reach = abs(pitch - last) / (4 + 2 * between)
        center = abs(pitch - BASS_MIDDLE) / 7
        repeated = 3.0 if pitch == last and not between else 0.0
        weights[pitch] = math.exp(-reach - center * center - repeated)
    return _draw(weights, rng)


def _walk(
    so_far: Sequence[int], target: int | None, slots: Sequence[Slot], rng: np.random.Generator
) -> list[int]:
    """One pitch for each slot from the last of `so_far` to the next target; None: to no target."""
    line = list(so_far[-2:])
    before = len(line)
    walked = [k for k, slot in enumerate(slots) if slot.role not in BETWEEN]
    approach = None
    if target is not None and walked:
        # A fifth that was played is not repeated as the last note.
        used = {_fifth(slot.chord) for slot in slots[: walked[-1]] if slot.role == FIFTH}
        approach = _approach_note(line[-1], target, slots[walked[-1]], len(walked), used, rng)
    for k, slot in enumerate(slots):
        if k not in walked:
            line.append(_between(slot.role, line[-1]))
        elif approach is not None and k == walked[-1]:
            line.append(approach)
        else:
            line.append(_next_note(slot, line, approach, sum(place > k for place in walked), rng))
    return line[before:]


def _approach_note(
    start: int, target: int, slot: Slot, steps: int, used: set[int], rng: np.random.Generator
) -> int:
    """The last note before `target`, `steps` notes after `start`: by step, or from a fourth or fifth away.

    Pitch classes in `used` are avoided.
    """
    weights = {}
    scale = chord_scale(slot.chord)
    approaches = {
        target + away: weight
        for away, weight in APPROACHES.items()
        if BASS_LOW <= target + away <= BASS_HIGH and not (steps == 1 and target + away == start)
    }
    if _stays(slot):  # heard as harmony: a tone of the chord, also where none of them leads on
        reach = range(max(start - 7, BASS_LOW), min(start + 7, BASS_HIGH) + 1)
        leading = {p: w for p, w in approaches.items() if p % 12 in slot.chord.pitch_classes}
        others = {p: 1.0 for p in reach if p % 12 in slot.chord.pitch_classes and p != start}
        approaches = leading or others or approaches
    for pitch, weight in approaches.items():
        tone = pitch % 12
        preference = 18.0 if slot.role == FIFTH and tone == _fifth(slot.chord) else 1.0
        # Half notes are heard as harmony, not as passing notes; so is a fifth that comes early and stays.
        held = slot.duration >= 2 * BEAT or slot.role == FIFTH
        inside = 1.5 if tone in slot.chord.pitch_classes else 1.0 if tone in scale else 0.7
        inside **= 6 if held else 1
        preference *= 0.02 if tone in used else 1.0
        near = 0.3 if slot.role == FIFTH else 1.0  # a fourth or fifth away is near
        far = max(abs(pitch - start) - 3 * steps, 0) / 2 + abs(pitch - start) / 9
        weights[pitch] = weight * preference * inside * math.exp(-near * far)
    return _draw(weights, rng)


def _next_note(
    slot: Slot, line: Sequence[int], approach: int | None, left: int, rng: np.random.Generator
) -> int:
    """The next note of a walk: near, a chord tone rather than a scale tone, in the same direction, and such
    that `approach` can be reached in the `left` notes that follow.
    """
    pitch = line[-1]
    before = line[-2] if len(line) > 1 else pitch
    scale = chord_scale(slot.chord)
    weights = {}
    for choice in range(max(BASS_LOW, pitch - 9), min(BASS_HIGH, pitch + 9) + 1):
        tone = choice % 12
        if choice == pitch or tone not in (slot.chord.pitch_classes if _stays(slot) else scale):
            continue
        weight = 2.0 if tone in slot.chord.pitch_classes else 1.0
        if slot.role == FIFTH and tone == _fifth(slot.chord):
            weight *= 30.0
        weight *= 1.0 if abs(choice - pitch) <= LARGEST_STEP else 0.3
        weight *= 1.5 if (choice - pitch) * (pitch - before) > 0 else 1.0
        weight *= 0.2 if choice == before else 1.0
        weight *= math.exp(-max(abs(choice - BASS_MIDDLE) - 9, 0) / 3)
        if approach is not None:
            weight *= 0.05 if choice == approach and left == 1 else 1.0  # it comes next
            tolerance = 4.0 if slot.role == FIFTH else 1.0
            weight *= math.exp(-max(abs(choice - approach) - 2.5 * left, 0) / tolerance)
        weights[choice] = weight
    return _draw(weights, rng) if weights else pitch


def _stays(slot: Slot) -> bool:
    """Whether a note sounds for so long, itself or repeated, that it is heard as the chord's."""
    return slot.duration >= BEAT + OFF or slot.role == FIFTH


def _between(role: str, pitch: int) -> int:
    """The pitch of a note between the beats, after `pitch`; a passing note waits for the note after it."""
    if role != DROP:
        return pitch
    return next((string for string in reversed(OPEN_STRINGS) if 3 <= pitch - string <= 12), pitch)


def _with_passing_notes(slots: Sequence[Slot], pitches: Sequence[int]) -> list[int]:
    """The line with each PASS a step before the note that follows, on the side of the note before."""
    line = list(pitches)
    for k, slot in enumerate(slots[:-1]):
        if slot.role != PASS or not k:
            continue
        before, after = line[k - 1], line[k + 1]
        side = 1 if before > after else -1
        scale = chord_scale(slot.chord)
        steps = [after + side * far for far in (2, 1) if after + side * far != before]
        inside = [pitch for pitch in steps if pitch % 12 in scale] + steps
        line[k] = min(max(inside[0], BASS_LOW), BASS_HIGH)
    return line


# ------------------------------------------------------------------------------------------- the learned line


def walks(scene: Scene, bar: FormBar) -> bool:
    """Whether `bar` is one of those that the network has learnt: swing in four, no pedal point, no ending."""
    walking = scene.style in ("swing", "up-tempo", "shuffle") and bar.beats == 4 and not scene.in_two(bar)
    return walking and not on_pedal(scene, bar) and not scene.ends(bar) and not scene.ends_with_break(bar)


def _walked_by_heart(
    scene: Scene, slots: Sequence[Slot], ruled: Sequence[int], start: Callable[[], Walker]
) -> list[int]:
    """The pitches of the line: the network's where it walks, elsewhere the rules', in the octave at hand."""
    walker: Walker | None = None
    line: list[int] = []
    on_beats: list[int] = [UNKNOWN, UNKNOWN]
    moved, before = 0, -4 * BEAT  # the tick of the last beat that was walked
    final = max((k for k, slot in enumerate(slots) if slot.role not in BETWEEN), default=0)
    for k, (slot, pitch) in enumerate(zip(slots, ruled, strict=True)):
        if not walks(scene, scene.bars[scene.form.bar_at(slot.onset)]):
            if on_beats[-1] != UNKNOWN:  # the walk is over: the rules go on in its octave
                fitting = [o for o in (-12, 0, 12) if BASS_LOW <= pitch + o <= BASS_HIGH]
                moved = min(fitting, key=lambda octave: abs(pitch + octave - line[-1]))
                on_beats = [UNKNOWN, UNKNOWN]
            line.append(pitch + moved if BASS_LOW <= pitch + moved <= BASS_HIGH else pitch)
        elif slot.role in BETWEEN or slot.onset % BEAT:
            line.append(_between(slot.role, line[-1] if line else pitch))
        else:
            walker = walker or start()
            opens = slot.onset - before > 2 * BEAT  # after a two-feel, or where the drums were alone
            if opens and line:
                on_beats = [UNKNOWN, line[-1]]
            loops = scene.ending == "none" and k == final and k > 0
            line.append(walker.pitch(slot.onset, on_beats, line[0] if loops else None, opens=opens))
            on_beats.append(line[-1])
            before = slot.onset
    return line


def _fifth(chord: Chord) -> int:
    """The pitch class of the chord's fifth, perfect if it has none."""
    fifths = [(chord.root + semitones) % 12 for semitones in (7, 6, 8)]
    return next((fifth for fifth in fifths if fifth in chord.pitch_classes), fifths[0])


def _draw(weights: dict[int, float], rng: np.random.Generator) -> int:
    shares = np.array(list(weights.values()))
    return int(rng.choice(list(weights), p=shares / shares.sum()))
