"""Time feel: how players place, weigh and shape the notes of the grid.

`Feel(humanize)` takes a part of an arrangement and plays it. `humanize` scales everything below from 0, the
exact grid, to 1, as measured:

* **Swing.** The long eighth to the short one depends on the tempo and on who plays. The ride cymbal, and with
  it the band, is near 2:1 at medium tempo and comes to 1:1 at 340 beats a minute (`RIDE`, after Friberg and
  Sundström, "Swing ratios and ensemble timing in jazz performance", Music Perception 19, 2002). A soloist is
  much straighter: 1.4:1 at 140, 1.3:1 at 220 (`performance.json`, fitted to the reference corpus).
* **Lag.** A soloist is late on the beat by 24 ms at 100 beats a minute, by nothing at 340; 16ths and triplets
  have lags of their own (the same file; the lag is also found by Nelias et al., "Downbeat delays are a key
  component of swing in jazz", Communications Physics 5, 2022). The piano lies back a little, bass and drums
  are the beat.
* **Dynamics.** A soloist is louder the higher the note, and on peaks; softer in troughs and inside a
  beat; a phrase dies away by 1.5 dB. On titles it has not seen this explains 14 % of the variance of loudness
  within a solo (docs/feel.md).
* **Chance.** What the fit leaves, drawn from the seed: for each note its own, and a wandering from note to
  note, so that neighbours are late or loud together.
* **Articulation.** A line is bound: a note lasts until the next one sounds. A note struck again is let go
  early, and long notes a moment before the next.

Whatever the feel, a solo reads back as the same values. Where a displaced note would be read as another
place of the grid (25 ms are half a tick at 100 beats a minute, and a beat of 16ths has no more to spare) it
is displaced less, and the ends stay where a reader does not see a rest that is not there.

Letters: times are in beats of the grid; `steps` is how many ticks of the file there are in one.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.music import grid
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import DRUM_CHANNEL, SOLO, TICKS_PER_BEAT, Note, Part, Progression, Solo
from jazzgen.performance.model import PLACES, STEPS_A_DECIBEL, load_performance, place_names

__all__ = ["RIDE", "SWUNG_STYLES", "Feel", "ride_ratio"]

Floats: TypeAlias = npt.NDArray[np.float64]

SWUNG_STYLES = frozenset({"swing", "up-tempo", "waltz", "ballad"})

# The band's long eighth to the short one.
#            BPM  ratio
RIDE = (
    (100.0, 2.4),
    (160.0, 2.1),
    (200.0, 1.8),
    (240.0, 1.45),
    (300.0, 1.1),
    (340.0, 1.0),
)  # fmt: skip


class Habit(NamedTuple):
    """How somebody plays: late by `lag` ms, unsteady by `jitter` ms, and by `touch` steps of velocity (both
    as standard deviations).
    """

    lag: float
    jitter: float
    touch: float


#              lag  jitter  touch
DRUMMER = Habit(0.0, 3.0, 2.5)
BASSIST = Habit(0.0, 4.0, 3.0)
OTHERS  = Habit(6.0, 4.0, 3.0)  # fmt: skip
BASSES = range(32, 40)  # General MIDI programs
FARTHEST = 2.0  # standard deviations; nobody stumbles

# What a soloist keeps of each note's own chance in time. The corpus's spread (0.08 beats) is not his alone:
# its beats were tapped by hand, and a note that the annotation puts on the wrong 16th counts as far away.
STEADY = 0.35
SOFTEST, LOUDEST = 30, 118

# Articulation, in ticks before the next onset at which a bound note ends: less than a 16th is no rest.
LET_GO_REPEATED, LET_GO_LONG = 2.2, 0.6
SHORTEST = 0.5  # of the time to the next onset; nothing is let go earlier than that
LONG = TICKS_PER_BEAT  # ticks
NO_REST = 3  # ticks: a silence shorter than this is articulation
LATE_ENDS = 0.25  # ticks by which the end before a rest may come late; at half a tick it would be another one


@dataclass(frozen=True, slots=True)
class Feel:
    """How freely a take is played, 0 (the exact grid) to 1 (as players do); `seed` chooses the chances."""

    humanize: float = 0.7
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.humanize <= 1:
            raise OptionError(f"humanize must be in 0..1 (0: the exact grid), received {self.humanize:g}")

    def play(self, part: Part, solo: Solo, ppq: int) -> list[PlayedNote]:
        """The notes of `part` in beats of the file, on its ticks (`ppq` a beat); `solo` sets tempo and style.

        A part's chances depend on the seed and its name alone, so that a stem is the track of the whole file.
        """
        rng = np.random.default_rng([self.seed, zlib.crc32(part.name.encode())])
        if part.name == SOLO:
            beats = 2 if solo.double_time else 1  # of the grid in one of the file
            played = self._solo(solo, part.notes, ppq / beats, rng)
            return [note._replace(onset=note.onset / beats, end=note.end / beats) for note in played]
        return self._band(part, solo, rng)

    # ----------------------------------------------------------------------------------------- the soloist

    def _solo(
        self, solo: Solo, notes: Sequence[Note], steps: float, rng: np.random.Generator
    ) -> list[PlayedNote]:
        tempo, progression = solo.grid_tempo, solo.progression
        swung = progression.style in SWUNG_STYLES
        model = load_performance()
        ratio = self._ratio(model.swing_ratio(tempo) if swung else 1.0)
        straight = [note.onset for note in grid.play(notes, ratio)]
        # The off-beat is as late as the beat; how much later it comes than that is swing.
        lags = {place: model.lag("beat" if place == "off-beat" else place, tempo) for place in PLACES}
        late = np.array([lags[name] for name in place_names([note.onset for note in notes])])  # (n,) ms
        unsteady = replace(model.time_chance, own=STEADY * model.time_chance.own)
        chance = unsteady.draw(rng, len(notes), FARTHEST)  # (n,) beats
        away = self.humanize * (late * tempo / 60_000 + chance)  # (n,) beats
        onsets = _displaced(notes, straight, away, steps)
        ends = _ends(notes, onsets, np.subtract(onsets, straight), self.humanize, steps)
        levels = self._levels(notes, progression, rng)
        return [
            PlayedNote(onset, end, note.pitch, level)
            for note, onset, end, level in zip(notes, onsets, ends, levels, strict=True)
        ]

    def _levels(self, notes: Sequence[Note], progression: Progression, rng: np.random.Generator) -> list[int]:
        model = load_performance()
        louder = model.decibels(notes, progression)  # (n,)
        louder = louder + model.loudness_chance.draw(rng, len(notes), FARTHEST)
        return [
            _level(note.velocity + self.humanize * STEPS_A_DECIBEL * decibels, note, self.humanize)
            for note, decibels in zip(notes, louder.tolist(), strict=True)
        ]

    # -------------------------------------------------------------------------------------------- the band

    def _band(self, part: Part, solo: Solo, rng: np.random.Generator) -> list[PlayedNote]:
        """A part of the band keeps the beat of the file, also under a solo that was read in double time."""
        stretch = 2 if solo.double_time else 1
        habit = _habit(part)
        swung = solo.progression.style in SWUNG_STYLES
        ratio = self._ratio(ride_ratio(solo.tempo) if swung else 1.0)
        places = grid.places_by_beat(note.onset // stretch for note in part.notes)
        onsets = sorted({note.onset for note in part.notes})
        together = dict(zip(onsets, _chance(rng, len(onsets)), strict=True))
        chances = 0.8 * np.array([together[note.onset] for note in part.notes]) + 0.4 * _chance(
            rng, len(part.notes)
        )  # who strikes a chord strikes it nearly at once
        away = self.humanize * (habit.lag + habit.jitter * chances) * solo.tempo / 60_000
        touch = self.humanize * habit.touch * _chance(rng, len(part.notes))

        def position(tick: int) -> float:
            whole, rest = divmod(tick, stretch)
            inside = rest / (stretch * TICKS_PER_BEAT)
            return grid.swing_position(whole, places.get(whole // TICKS_PER_BEAT, ()), ratio) + inside

        starts = [max(position(note.onset) + d, 0.0) for note, d in zip(part.notes, away, strict=True)]
        first: dict[int, float] = {}
        for note, start in zip(part.notes, starts, strict=True):
            first[note.onset] = min(start, first.get(note.onset, start))
        following = dict(zip(onsets, [*onsets[1:], None], strict=False))
        played = []
        for note, start, d, chance in zip(part.notes, starts, away, touch, strict=True):
            after = following[note.onset]
            end = position(note.end) + d
            if after is not None and note.end <= after:
                end = min(end, first[after])  # what does not overlap in the score does not when it is played
            level = _level(note.velocity + chance, note, self.humanize)
            played.append(PlayedNote(start, max(end, start), note.pitch, level))
        return played

    def _ratio(self, measured: float) -> float:
        return 1.0 + self.humanize * (measured - 1.0)


def ride_ratio(tempo: float) -> float:
    """The band's long eighth to the short one at `tempo`, after `RIDE`."""
    return _between(RIDE, tempo)


def _between(table: Sequence[tuple[float, float]], tempo: float) -> float:
    tempi, values = zip(*table, strict=True)
    return float(np.interp(tempo, tempi, values))


def _habit(part: Part) -> Habit:
    if part.channel == DRUM_CHANNEL:
        return DRUMMER
    return BASSIST if part.program in BASSES else OTHERS


def _chance(rng: np.random.Generator, n: int) -> Floats:
    """(n,) draws of deviation 1, none farther out than `FARTHEST`."""
    return np.clip(rng.normal(size=n), -FARTHEST, FARTHEST)


def _level(velocity: float, note: Note, humanize: float) -> int:
    """`velocity` as MIDI has it; what the player's hand changed stays within what a hand can do."""
    if humanize == 0:
        return note.velocity
    return round(min(max(velocity, min(SOFTEST, note.velocity)), max(LOUDEST, note.velocity)))


# ------------------------------------------------------------------------------------- a solo's notes in time

FACTORS = (0.8, 0.6, 0.4, 0.2, 0.0)  # of the displacement that is wanted, where more would be misread


def _displaced(notes: Sequence[Note], straight: Sequence[float], away: Floats, steps: float) -> list[float]:
    """Onsets `away` from where they are `straight`, as far as each is still read as its place of the grid.

    Beats that would be misread are displaced less, at last not at all: there the grid's invariant holds.
    """
    factors = np.ones(len(notes))
    beats = np.array([note.onset // TICKS_PER_BEAT for note in notes])
    for factor in FACTORS:
        onsets = _moved(straight, away * factors, steps)
        wrong = _misread(notes, onsets)
        if not wrong:
            return onsets
        # A beat takes what lies just before and just after it for its own.
        near = (beats[wrong][:, None] + (-1, 0, 1)).ravel()
        factors[np.isin(beats, near)] = factor
    onsets = _moved(straight, away * factors, steps)
    return _moved(straight, away * 0, steps) if _misread(notes, onsets) else onsets


def _moved(straight: Sequence[float], away: Floats, steps: float) -> list[float]:
    """On the ticks of the file, none before the beginning."""
    return [max(round((onset + d) * steps), 0) / steps for onset, d in zip(straight, away, strict=True)]


def _misread(notes: Sequence[Note], onsets: Sequence[float]) -> list[int]:
    """Which notes a reader would not find where they stand."""
    crossed = [k for k, (onset, after) in enumerate(pairwise(onsets)) if onset >= after]
    if crossed:
        return crossed
    read = grid.snap_onsets(onsets)
    return [k for k, note in enumerate(notes) if read[k] != note.onset]


def _ends(
    notes: Sequence[Note], onsets: Sequence[float], late: Floats, humanize: float, steps: float
) -> list[float]:
    """Where notes that begin at `onsets`, by so much `late` as they were displaced, are let go."""
    places = grid.places_by_beat(note.onset for note in notes)
    off_beats = {
        note.onset // TICKS_PER_BEAT: onset % 1
        for note, onset in zip(notes, onsets, strict=True)
        if note.onset % TICKS_PER_BEAT == grid.OFF_BEAT
        and grid.is_swung(places[note.onset // TICKS_PER_BEAT])
    }

    def position(tick: float) -> float:
        beat, place = divmod(tick, TICKS_PER_BEAT)
        fraction = place / TICKS_PER_BEAT
        if beat in off_beats:  # what a reader undoes: see `grid.quantize`
            fraction = grid.bend(fraction, grid.OFF_BEAT / TICKS_PER_BEAT, off_beats[int(beat)])
        return beat + fraction

    ends = []
    for k, (note, onset) in enumerate(zip(notes, onsets, strict=True)):
        after = notes[k + 1] if k + 1 < len(notes) else None
        latest = math.inf if after is None else onsets[k + 1]
        shortest = onset + 1 / steps
        if after is None or after.onset - note.end >= NO_REST:
            end = position(note.end + min(max(late[k] * TICKS_PER_BEAT, 0.0), LATE_ENDS))
        elif humanize == 0:
            end = position(note.end)
        else:
            early = LET_GO_REPEATED if after.pitch == note.pitch else LET_GO_LONG * (note.duration >= LONG)
            end = position(after.onset - humanize * early) if early else latest
            shortest = onset + (latest - onset) * SHORTEST
        ends.append(round(max(min(end, latest), shortest) * steps) / steps)
    return ends
