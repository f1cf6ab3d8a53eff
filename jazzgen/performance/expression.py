"""Expression of a soloist: scoops, slides, falls, vibrato, swells, ghosted and tongued notes.

In: a solo as it is played, note by note. Out: the same notes with `Control`s (bends in cents, vibrato,
level), and a few of them softer or released earlier. `Expression.amount` scales how often and how far, from
0, nothing, to 1, as often as people do. What an instrument cannot do it does not: see `ABILITIES`.

* **Scoop**: the note begins below its pitch and rises into it. **Slide**: it begins at the pitch before.
* **Fall**: at the end of a phrase the pitch drops while the tone dies.
* **Vibrato** begins late in a long note. The wheel plays it, because the vibrato by which General MIDI fonts
  answer controller 1 is 5 Hz in one and 8 Hz, a goat's, in the next; jazz players have about 5. Controller 1
  goes with it, low, for instruments that show a vibrato in other ways.
* **Swell**: a long note grows or tapers (controller 11) below the loudness that its velocity has, never above
  it: phrases and accents are a matter of velocity.
* **Ghosted**: the note before the peak that a line leaps to, and troughs, are nearly swallowed.
* **Tongued and slurred**: in a line of eighths the off-beat is tongued, so that the note before it ends
  early, and slurred into the beat. There is no accent with it: soloists have none there (docs/feel.md).

How likely the first four are is in `expression.json`, a logistic regression each on `FEATURES`; its `source`
says where the weights are from. `recipes/expression.py` fits them to annotated modulations where a database
has those. Nothing here moves an onset, and no end leaves a silence that would be read as a rest.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jazzgen.errors import DataError
from jazzgen.music.grid import OFF_BEAT, PLACES, Control, PlayedNote
from jazzgen.music.phrases import phrase_starts
from jazzgen.music.score import TICKS_PER_BEAT, Note, Solo
from jazzgen.performance.file_ticks import FileTicks
from jazzgen.performance.model import Floats

EXPRESSION_FILE = Path(__file__).with_name("expression.json")
BEND, VIBRATO, LEVEL = "bend", "vibrato", "level"
AT_REST: Mapping[str, float] = {BEND: 0.0, VIBRATO: 0.0, LEVEL: 127.0}
BEND_RANGE = 12  # semitones that the whole wheel bends in a file, up and down
CENT_STEP = 100 * BEND_RANGE / 8192  # cents: what one step of the wheel is

GESTURES = ("scoop", "slide", "fall", "vibrato")
FEATURES = (
    "constant",
    "long",  # log2 of the note's quarters of a second, -2..3
    "first",  # of its phrase
    "last",
    "rise",  # octaves up from the note before in the phrase
    "drop",  # octaves down
    "peak",  # higher than both neighbours
    "beat",  # begins on a beat
)


class Ability(NamedTuple):
    """What an instrument can do, at most: scoops, falls and, to either side, vibrato in cents, slides in
    semitones; the depth of its swells, of 127; how much it ghosts and tongues, 0..1.
    """

    scoop: float = 0
    slide: float = 0
    fall: float = 0
    vibrato: float = 0
    swell: float = 0
    ghost: float = 0
    tongue: float = 0


# Piano and vibraphone are not here: their keys and bars have one pitch, and a struck tone cannot swell.
_SAX = Ability(100, 0, 400, 22, 20, 1, 1)
_REED = Ability(80, 0, 250, 10, 20, 1, 1)
_TRUMPET = Ability(80, 0, 450, 18, 24, 1, 1)
_BOW = Ability(50, 3, 250, 24, 24, 0.6, 0.3)
ABILITIES: Mapping[str, Ability] = {
    **dict.fromkeys(("soprano-sax", "alto-sax", "tenor-sax", "baritone-sax"), _SAX),
    **dict.fromkeys(("clarinet", "bass-clarinet"), _REED),
    "flute": Ability(30, 0, 150, 16, 20, 0.6, 1),
    **dict.fromkeys(("trumpet", "cornet"), _TRUMPET),
    "flugelhorn": Ability(70, 0, 300, 15, 24, 1, 1),
    "trombone": Ability(100, 4, 450, 20, 24, 0.8, 1),  # its slide joins notes up to a third apart
    "violin": _BOW,
    "voice": Ability(120, 4, 300, 28, 24, 0.6, 0.3),
    # A fret below, or the string pushed there; the finger's vibrato. A plucked tone neither swells nor falls.
    "guitar": Ability(100, 2, 0, 9, 0, 0.8, 0.5),
}

# Seconds. Shorter notes have no time for it.
SHORTEST = {"scoop": 0.18, "slide": 0.14, "fall": 0.25, "vibrato": 0.45, "swell": 0.7}
SCOOP_S, SLIDE_S = (0.05, 0.12), (0.04, 0.08)
VIBRATO_DELAY_S, VIBRATO_RISE_S, VIBRATO_END_S = 0.2, 0.25, 0.08
VIBRATO_HZ = (4.7, 5.6)
SAMPLE_S = 0.012  # between two points of a curve
TONGUE_S = 0.028  # of silence before a tongued note
MOST_SILENCE = 1.3 / TICKS_PER_BEAT  # beats: with the widest swing still far from a rest
SPACING = 4  # notes from one bend to the next, at least
LEAP = 3  # semitones up to a peak, before which a note is ghosted
GHOSTED = {"leap": 0.35, "trough": 0.08}  # of such notes
GHOST_LEVEL, SOFTEST_GHOST = 0.55, 24  # of its velocity
TONGUED = 0.85  # of off-beats
SWELLS = 0.6  # of the notes that are long enough
DYING = 50  # of level, in a fall
LEAST_FALL = 50  # cents: less is no fall


# ------------------------------------------------------------------------------------------------- how likely


@dataclass(frozen=True, slots=True)
class Chances:
    """The regression: `weights` by gesture and feature, `offsets` by gesture and instrument, in logits."""

    weights: Mapping[str, Mapping[str, float]]
    offsets: Mapping[str, Mapping[str, float]]
    source: str = ""

    def of(self, gesture: str, features: Floats, instrument: str) -> Floats:
        """(n,) how likely each note with `features` (n, F) is to have the gesture."""
        weights = np.array([self.weights[gesture].get(name, 0.0) for name in FEATURES])
        logits = features @ weights + self.offsets.get(gesture, {}).get(instrument, 0.0)
        chances: Floats = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return chances


def expression_features(notes: Sequence[Note], seconds: Floats) -> Floats:
    """The `FEATURES` of each note, (n, F); `seconds` (n,) is how long each lasts."""
    n = len(notes)
    pitch = np.array([note.pitch for note in notes], dtype=np.float64)
    starts = phrase_starts([note.onset for note in notes], [note.end for note in notes])
    first, last = np.zeros(n), np.zeros(n)
    first[starts] = 1
    last[[start - 1 for start in [*starts[1:], n]] if n else []] = 1
    before = np.diff(pitch, prepend=pitch[:1]) / 12 * (1 - first)
    after = np.append(before[1:], 0.0)[:n]
    table = {
        "constant": np.ones(n),
        "long": np.clip(np.log2(np.maximum(seconds, 1e-3) / 0.25), -2, 3),
        "first": first,
        "last": last,
        "rise": np.maximum(before, 0),
        "drop": np.maximum(-before, 0),
        "peak": 1.0 * ((before > 0) & (after < 0)),
        "beat": np.array([1.0 * (note.onset % TICKS_PER_BEAT == 0) for note in notes]),
    }
    return np.column_stack([table[name] for name in FEATURES])


@lru_cache(maxsize=4)
def load_chances(path: Path = EXPRESSION_FILE) -> Chances:
    """The regression in a JSON file; raises `DataError` where it is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        weights = {gesture: _numbers(content["weights"][gesture], FEATURES) for gesture in GESTURES}
        offsets = {gesture: _numbers(content["offsets"].get(gesture, {}), ABILITIES) for gesture in GESTURES}
        return Chances(weights, offsets, str(content["source"]))
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: not a model of expression ({error}); see recipes/expression.py") from None


def _numbers(values: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any]) -> dict[str, float]:
    found = {name: float(value) for name, value in values.items()}
    if not all(name in known and math.isfinite(value) for name, value in found.items()):
        raise ValueError(f"finite numbers for {', '.join(known)} are needed, received {found}")
    return found


# ----------------------------------------------------------------------------------------------- played notes


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds under the beats of a solo's grid, on the ticks of its `file`."""

    file: FileTicks
    quarter_s: float
    scale: int  # beats of the grid to one of the file

    @classmethod
    def of(cls, solo: Solo, file: FileTicks) -> Clock:
        """That of `solo`."""
        return cls(file, 60 / (solo.tempo * float(solo.progression.meters[0].beat_quarters)), solo.time_scale)

    def seconds(self, start: float, end: float) -> float:
        """From one beat to another."""
        return (self.file.map.quarters(end) - self.file.map.quarters(start)) * self.quarter_s

    def later(self, beat: float, seconds: float) -> float:
        """The beats from `beat` to the tick that is nearest to so many seconds later."""
        there = self.file.map.beats(self.file.map.quarters(beat) + seconds / self.quarter_s)
        return round((self.file.nearest(there) - beat) / self.scale, PLACES) * self.scale


def tidy(controls: Sequence[Control]) -> tuple[Control, ...]:
    """The controls of a note by time, without those that change nothing; a note begins at rest."""
    last = {(control.after, control.kind): control for control in controls}
    value = dict(AT_REST)
    kept = []
    for key in sorted(last):
        control = last[key]
        if value[control.kind] != control.value:
            kept.append(control)
        value[control.kind] = control.value
    return tuple(kept)


@dataclass(frozen=True, slots=True)
class Expression:
    """How much expression, 0 to 1, and the seed of what is drawn; `lengths`: may notes end earlier?"""

    amount: float
    seed: int = 0
    lengths: bool = True

    def play(
        self,
        solo: Solo,
        notes: Sequence[Note],
        played: Sequence[PlayedNote],
        file: FileTicks,
        fixed: Mapping[int, PlayedNote],
    ) -> list[PlayedNote]:
        """A solo with expression.

        Parameters
        ----------
        solo
            Who plays, and how fast.
        notes, played
            Its notes on the grid, and how each is played, in beats of the grid.
        file
            The ticks on which everything is to lie.
        fixed
            The notes by index that stay as they are.

        Returns
        -------
        list of PlayedNote
            As `played`, with the same onsets.
        """
        able = ABILITIES.get(solo.instrument)
        if able is None or not self.amount or not notes:
            return list(played)
        line = _Line(self, able, notes, played, Clock.of(solo, file), solo.instrument)
        return [fixed.get(k, note) for k, note in enumerate(line.play())]


class _Line:
    """One solo while it gets its expression."""

    def __init__(
        self,
        how: Expression,
        able: Ability,
        notes: Sequence[Note],
        played: Sequence[PlayedNote],
        clock: Clock,
        instrument: str,
    ) -> None:
        self.how, self.able, self.clock, self.notes, self.played = how, able, clock, notes, played
        self.seconds = [clock.seconds(note.onset, note.end) for note in played]
        self.features = expression_features(notes, np.array(self.seconds))
        chances = load_chances()
        self.chance = {name: chances.of(name, self.features, instrument) for name in GESTURES}
        self.deep = 0.5 + 0.5 * how.amount
        # A row of draws for each note, whatever is done with them.
        rng = np.random.default_rng([how.seed, 0xE5])
        self.draws = rng.random((len(notes), 11)).tolist()

    def _is(self, feature: str, k: int) -> bool:
        return bool(self.features[k, FEATURES.index(feature)])

    def play(self) -> Iterator[PlayedNote]:
        """Each note with what it gets."""
        bent = -SPACING
        for k, note in enumerate(self.played):
            controls = []
            begun = self._begun(k) if k - bent >= SPACING else []
            if begun:
                bent = k
            controls += begun
            falling = self._fall(k)
            controls += falling or [*self._vibrato(k), *self._swell(k)]
            velocity = note.velocity
            if not controls and self._is_ghosted(k):
                softer = 1 - (1 - GHOST_LEVEL) * self.deep
                velocity = min(velocity, max(round(velocity * softer), SOFTEST_GHOST))
            yield note._replace(end=self._end(k), velocity=velocity, controls=tidy(controls))

    def _happens(self, gesture: str, k: int, draw: int) -> bool:
        long_enough = self.seconds[k] >= SHORTEST[gesture]
        chance = self.how.amount * float(self.chance[gesture][k])
        return long_enough and self.draws[k][draw] < chance

    def _begun(self, k: int) -> list[Control]:
        """A slide or a scoop into the note."""
        between = self.draws[k][2]
        if self._slides(k):
            semitones = self.notes[k - 1].pitch - self.notes[k].pitch
            lasting = min(_between(SLIDE_S, between), 0.35 * self.seconds[k])
            return self._curve(k, 0, lasting, BEND, lambda x: 100 * semitones * (1 - x) ** 1.5)
        if self.able.scoop and self._happens("scoop", k, 1):
            depth = self.able.scoop * self.deep * (0.5 + 0.5 * self.draws[k][3])
            lasting = min(_between(SCOOP_S, between), 0.4 * self.seconds[k])
            return self._curve(k, 0, lasting, BEND, lambda x: -depth * (1 - x) ** 1.7)
        return []

    def _slides(self, k: int) -> bool:
        if not self.able.slide or self._is("first", k) or not self._happens("slide", k, 0):
            return False
        apart = abs(self.notes[k].pitch - self.notes[k - 1].pitch)
        return 1 <= apart <= self.able.slide and self._joined(k - 1)

    def _fall(self, k: int) -> list[Control]:
        """The last note of a phrase falls, not the last of all."""
        if not (self.able.fall and k + 1 < len(self.notes) and self._is("last", k)):
            return []
        if not self._happens("fall", k, 4):
            return []
        depth = self.able.fall * self.deep * (0.5 + 0.5 * self.draws[k][5])
        begin = 0.45 * self.seconds[k]
        lasting = self.seconds[k] - begin
        return [
            *self._curve(k, begin, lasting, BEND, lambda x: -depth * x**1.6),
            *self._curve(k, begin, lasting, LEVEL, lambda x: AT_REST[LEVEL] - DYING * x**2),
        ]

    def _vibrato(self, k: int) -> list[Control]:
        if not (self.able.vibrato and self._happens("vibrato", k, 6)):
            return []
        wide = self.able.vibrato * self.deep * (0.7 + 0.3 * self.draws[k][7])
        begin = max(VIBRATO_DELAY_S, 0.35 * self.seconds[k])
        lasting = 0.98 * self.seconds[k] - begin
        turns = lasting * _between(VIBRATO_HZ, self.draws[k][5])

        def strength(x: float) -> float:
            into, left = x * lasting / VIBRATO_RISE_S, (1 - x) * lasting / VIBRATO_END_S
            return min(into, left, 1.0)

        return [
            *self._curve(
                k, begin, lasting, BEND, lambda x: wide * strength(x) * math.sin(math.tau * turns * x)
            ),
            *self._curve(k, begin, min(VIBRATO_RISE_S, lasting), VIBRATO, lambda x: wide * x),
        ]

    def _swell(self, k: int) -> list[Control]:
        if not self.able.swell or self.seconds[k] < SHORTEST["swell"]:
            return []
        if self.draws[k][8] >= SWELLS * self.how.amount:
            return []
        depth = self.able.swell * self.deep
        last = self._is("last", k)

        def down(x: float) -> float:
            # The last note of a phrase dies away; another grows to the middle and goes on.
            return float((x if last else max(1 - 1.8 * x, 0.0)) ** 1.5)

        return self._curve(k, 0, 0.97 * self.seconds[k], LEVEL, lambda x: AT_REST[LEVEL] - depth * down(x))

    def _curve(
        self, k: int, begin: float, lasting: float, kind: str, at: Callable[[float], float]
    ) -> list[Control]:
        """`at`, from 0 to 1, from the second `begin` of a note on, `lasting` so many seconds."""
        note = self.played[k]
        count = max(math.ceil(lasting / SAMPLE_S), 2)
        step = CENT_STEP if kind == BEND else 1.0
        values = [round(at(x / count) / step) * step for x in range(count + 1)]
        times = [self.clock.later(note.onset, begin + lasting * x / count) for x in range(count + 1)]
        # What lies on the end would be the next note's.
        return [
            Control(time, kind, value)
            for time, value in zip(times, values, strict=True)
            if note.onset + time < note.end - 1e-5
        ]

    def _is_ghosted(self, k: int) -> bool:
        """Whether an inner, short note before a peak that the line leaps to, or a trough, is swallowed."""
        if not 0 < k < len(self.notes) - 1 or self._is("first", k) or self._is("last", k):
            return False
        before, note, after = self.notes[k - 1 : k + 2]
        if note.duration > OFF_BEAT or note.pitch >= after.pitch:
            return False
        leaps = after.pitch - note.pitch >= LEAP and self._is("peak", k + 1)
        kind = "leap" if leaps else "trough" if note.pitch < before.pitch else ""
        chance = GHOSTED.get(kind, 0.0) * self.able.ghost * self.how.amount
        return bool(self.draws[k][9] < chance)

    def _joined(self, k: int) -> bool:
        """Whether a note is played up to the next one."""
        return self.played[k + 1].onset - self.played[k].end < MOST_SILENCE

    def _end(self, k: int) -> float:
        """Where a note ends: a moment before a next one that is tongued."""
        note = self.played[k]
        if not self.how.lengths or k + 1 == len(self.notes) or not self._joined(k):
            return note.end
        after = self.notes[k + 1]
        tongued = after.onset % TICKS_PER_BEAT == OFF_BEAT and self.notes[k].duration <= OFF_BEAT
        tongued = tongued or self._is("last", k + 1)
        if not tongued or self.draws[k + 1][10] >= TONGUED * self.able.tongue:
            return note.end
        silence = min(self.clock.later(note.onset, self.how.amount * TONGUE_S), MOST_SILENCE)
        start = self.played[k + 1].onset
        shortest = note.onset + 0.6 * (start - note.onset)
        return min(note.end, self.clock.file.nearest(max(start - silence, shortest)))


def _between(bounds: tuple[float, float], share: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * share


def count_gestures(played: Sequence[PlayedNote]) -> dict[str, int]:
    """How many of the notes have a bend into them, one out of them, vibrato and a swell."""
    found = dict.fromkeys(("scoops", "falls", "vibrato", "swells"), 0)
    for note in played:
        bends = [control for control in note.controls if control.kind == BEND]
        kinds = {control.kind for control in note.controls}
        begun = bool(bends and bends[0].after == 0)
        out = bool(bends and bends[-1].value < -LEAST_FALL)
        found["scoops"] += begun
        found["falls"] += out
        found["vibrato"] += VIBRATO in kinds
        found["swells"] += LEVEL in kinds and not out
    return found
