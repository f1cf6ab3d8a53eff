"""Comping: the chords of an instrument at given hits, one after another.

`comp` follows three lines at once. The *harmony* of a hit is that of the tick which it anticipates. Its
*voicing* is drawn from all that the instrument can play of it (`voicings.py`). Its *top note* belongs to a
melody, `TopLine`, that goes by steps to a goal, turns there and goes to another, below the soloist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jazzgen.band.scene import BEAT, OFF, Scene
from jazzgen.band.voicings import ChordInstrument, Surroundings, Voicing, Wanted, choose, vocabulary
from jazzgen.music.chords import Chord, is_minor
from jazzgen.music.score import Note


class Hit(NamedTuple):
    """One chord struck: `onset` and `duration` in ticks; `again` is how likely it takes up the voicing before
    where the chord goes on, `accent` is added to its velocity.
    """

    onset: int
    duration: int
    again: float = 0.0
    accent: int = 0
    below: int | None = None  # semitones of its top note below the highest; None: as the top line goes


def sounding_tick(scene: Scene, onset: int) -> int:
    """The tick whose chord a hit plays: an "and" anticipates the next beat's."""
    return min(onset + OFF, scene.form.length - 1) if onset % BEAT == OFF else onset


class TopLine:
    """The melody of the highest notes, between the pitches `low` and `high`."""

    STEPS = (1, 2, 2, 3, 3, 5)  # semitones
    SHORTEST, LONGEST = 6, 12  # semitones to the next goal

    def __init__(self, low: int, high: int, rng: np.random.Generator) -> None:
        self.low, self.high, self.rng = low, high, rng
        self.goal = int(rng.integers(low, high + 1))

    def next(self, now: int, ceiling: int) -> int:
        """The pitch wanted after `now`, and below `ceiling`; close to the goal, there is another goal."""
        high = max(min(self.high, ceiling), self.low + 5)
        if abs(self.goal - now) <= 1 or self.goal > high:
            far = int(self.rng.integers(self.SHORTEST, self.LONGEST + 1))
            up = self.goal < now if self.rng.random() < 0.25 else now < (self.low + high) / 2
            self.goal = min(max(now + (far if up else -far), self.low), high)
        step = int(self.rng.choice(self.STEPS))
        return now + min(step, abs(self.goal - now)) * (1 if self.goal > now else -1)


REPEATED = 0.3  # of quick second hits on a chord: the same voicing
QUICK = 2 * BEAT
ABOVE_LOW = 7  # semitones above the soloist's low register that the top note may reach
ROOM = 19  # semitones that an instrument keeps, however low the soloist plays


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
        Notes in a chord, usually; an upper structure has one more, a chord under a busy soloist one fewer.
    rng : Generator
        Draws voicings, the top line and dynamics.

    Returns
    -------
    list of Note
        No chord sounds into the next.

    """
    notes: list[Note] = []
    line = TopLine(instrument.middle - 1, instrument.high - 3, rng)
    before: Voicing = ()
    latest: tuple[int, Chord | None] = (-QUICK, None)
    for hit in hits:
        tick = sounding_tick(scene, hit.onset)
        chord = scene.chord_at(tick)
        if chord is None:
            continue
        again = REPEATED if hit.onset - latest[0] <= QUICK else 0.0
        if chord != latest[1] or rng.random() >= max(again, hit.again):
            low = scene.low_register(hit.onset)
            ceiling = max(instrument.high - 3 if low is None else low + ABOVE_LOW, instrument.low + ROOM)
            top = line.next(before[-1] if before else instrument.middle + 5, ceiling)
            top = top if hit.below is None else instrument.high - hit.below
            known = vocabulary(instrument, chord, _voices(scene, hit, voices, rng), surroundings(scene, tick))
            wanted = Wanted(top, ceiling, scene.classes_at(hit.onset, hit.onset + hit.duration))
            before = choose(known, before, wanted, instrument, rng)
        latest = (hit.onset, chord)
        level = _level(scene, hit, rng)
        notes += [Note(hit.onset, hit.duration, pitch, level + 4 * (pitch == before[-1])) for pitch in before]
    following = dict(pairwise(sorted({note.onset for note in notes})))
    return [
        replace(note, duration=min(note.duration, following.get(note.onset, note.end) - note.onset))
        for note in notes
    ]


def _voices(scene: Scene, hit: Hit, voices: int, rng: np.random.Generator) -> int:
    """Fewer voices under a busy soloist, now and then more where the band is at its loudest."""
    busy = scene.onset_density(hit.onset - BEAT, hit.onset + BEAT) > 2
    full = rng.random() < 0.25 * scene.intensity(scene.bars[scene.form.bar_at(hit.onset)])
    full |= hit.below is not None
    return max(voices - (busy and rng.random() < 0.5) + full, 3)


def surroundings(scene: Scene, tick: int) -> Surroundings:
    """What of the chords before and after decides the tensions of the chord at `tick`."""
    form = scene.form
    index = form.chord_index(tick)
    near = [scene.chord_at(form.chords[k].tick) for k in (index - 1, index + 1) if 0 <= k < len(form.chords)]
    neighbors = frozenset(tone for chord in near if chord for tone in chord.pitch_classes)
    chord, after = scene.chord_at(tick), near[-1] if index + 1 < len(form.chords) else None
    if chord is None or after is None or form.chords[index + 1].tick - tick > 4 * BEAT:
        return Surroundings(neighbors=neighbors)
    resolves = (chord.root - after.root) % 12 in (7, 1)
    return Surroundings(resolves, resolves and is_minor(after.quality), neighbors)


def _level(scene: Scene, hit: Hit, rng: np.random.Generator) -> int:
    bar = scene.bars[scene.form.bar_at(hit.onset)]
    answer = 4 if scene.rests_at(hit.onset) else -4
    push = 4 if hit.onset % BEAT else 0
    return 54 + round(10 * scene.intensity(bar)) + answer + push + hit.accent + int(rng.integers(-3, 4))
