"""Time feel: swing, microtiming, articulation and dynamics for the parts of an arrangement.

In: a `Part` on the grid. Out: `PlayedNote`s in beats of the file. `Feel.humanize` scales everything below
from 0, the exact grid, to 1, as measured:

* **Swing.** The ratio of the long eighth to the short one depends on the tempo and the instrument. The ride
  cymbal, and with it the band, is near 2:1 at medium tempo and 1:1 at 340 beats a minute (`RIDE`, after
  Friberg and Sundström, "Swing ratios and ensemble timing in jazz performance", Music Perception 19, 2002). A
  soloist is much straighter: 1.4:1 at 140, 1.3:1 at 220 (`performance.json`, fitted to the reference corpus).
* **Lag.** A soloist is late on the beat by 24 ms at 100 beats a minute, by 0 at 340; 16ths and triplets have
  lags of their own (the same file; the lag is also found by Nelias et al., "Downbeat delays are a key
  component of swing in jazz", Communications Physics 5, 2022). Comping is 6 ms late, bass and drums 0.
* **Dynamics.** A soloist is louder the higher the note, and on peaks; softer in troughs and inside a
  beat; a phrase decays by 1.5 dB. On held-out titles this explains 14 % of the variance of loudness within a
  solo (docs/feel.md).
* **Noise.** The residuals of the fit, drawn from the seed: white noise, and AR(1) noise by which neighbours
  are late or loud together.
* **Articulation.** Legato: a note lasts until the next onset. A repeated note is released early, and long
  notes a moment before the next.

* **Expression**, bends, vibrato and the like, is in `expression.py`; `Feel.expression` scales it.

Whatever the feel, a solo reads back as the same tokens. Where a displaced note would be read as another
place of the grid (25 ms are half a tick at 100 beats a minute, and a beat of 16ths has no more to spare) it
is displaced less, and no end leaves a silence that would be read as a rest.

Times are in beats of the grid. Nothing is swung in a compound beat, whose thirds are even eighths.
"""

from __future__ import annotations

import math
import zlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from jazzgen.errors import OptionError
from jazzgen.music import grid
from jazzgen.music.grid import PlayedNote
from jazzgen.music.meters import CompoundBeats, QuarterMap, compound_beats_of
from jazzgen.music.score import DRUM_CHANNEL, SOLO, TICKS_PER_BEAT, Note, Part, Solo
from jazzgen.performance.expression import Expression
from jazzgen.performance.file_ticks import FileTicks
from jazzgen.performance.model import (
    BEAT_POSITIONS,
    STEPS_A_DECIBEL,
    Floats,
    beat_positions,
    load_performance,
)

SWUNG_STYLES = frozenset({"swing", "up-tempo", "waltz", "ballad", "slow-blues", "shuffle"})

# The band's swing ratio by tempo: (beats a minute, long eighth to short).
RIDE = ((100.0, 2.4), (160.0, 2.1), (200.0, 1.8), (240.0, 1.45), (300.0, 1.1), (340.0, 1.0))


class Humanization(NamedTuple):
    """An accompanist's lag in ms, and the standard deviations of timing (ms) and of velocity."""

    lag: float
    timing_std: float
    velocity_std: float


DRUMS = Humanization(0.0, 3.0, 2.5)
BASS = Humanization(0.0, 4.0, 3.0)
COMPING = Humanization(6.0, 4.0, 3.0)
BASSES = range(32, 40)  # General MIDI programs
NOISE_CLIP = 2.0  # standard deviations: no outliers

# The share of the white timing noise that is played. The corpus's spread (0.08 beats) is not the soloist's
# alone: its beats were tapped by hand, and a note annotated on the wrong 16th counts as far away.
TIMING_NOISE_SCALE = 0.35
SOFTEST, LOUDEST = 30, 118  # velocities

# Articulation, in ticks before the next onset at which a legato note ends: less than a 16th is no rest.
RELEASE_REPEATED, RELEASE_LONG = 2.2, 0.6
SHORTEST = 0.5  # of the time to the next onset: the earliest release
LONG = TICKS_PER_BEAT  # ticks
NO_REST = 3  # ticks: a silence shorter than this is articulation
LATEST = 1.4  # ticks after its place at which a note is read as on it
LATE_ENDS = 0.25  # ticks by which the end before a rest may come late; half a tick would be another tick


# The notes that are played already, by their index.
Fixed: TypeAlias = Mapping[int, PlayedNote]


@dataclass(frozen=True, slots=True)
class Feel:
    """How freely the grid is played, 0 (exactly) to 1 (as measured), and the seed of its noise; and how much
    the soloist does besides, 0 (nothing) to 1 (see `expression.py`).
    """

    humanize: float = 0.7
    seed: int = 0
    expression: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.humanize <= 1:
            raise OptionError(f"humanize must be in 0..1 (0: the exact grid), received {self.humanize:g}")
        if not 0 <= self.expression <= 1:
            raise OptionError(f"expression must be in 0..1 (0: none), received {self.expression:g}")

    def play(
        self, part: Part, solo: Solo, ppq: int, kept: Sequence[PlayedNote | None] = ()
    ) -> list[PlayedNote]:
        """How the notes of `part` are played.

        A part's noise depends on the seed and its name alone, so that a stem is the track of the whole file.

        Parameters
        ----------
        part
            On the grid.
        solo
            Sets tempo and style.
        ppq
            Ticks of the file a quarter, on which the solo's notes will be.
        kept
            For each note how it is played already, or None; empty for none. Those stay as they are, and the
            others are played around them.

        Returns
        -------
        list of PlayedNote
            One for each note, in beats of the file.
        """
        rng = np.random.default_rng([self.seed, zlib.crc32(part.name.encode())])
        fixed = {k: note for k, note in enumerate(kept) if note is not None}
        if part.name == SOLO:
            beats = solo.time_scale
            file = FileTicks(QuarterMap(solo), ppq)
            fixed = {k: note.scaled(beats) for k, note in fixed.items()}
            played = self._solo(solo, part.notes, file, rng, fixed)
            return [note.scaled(1 / beats) for note in played]
        return self._accompaniment(part, solo, rng, fixed)

    def _solo(
        self, solo: Solo, notes: Sequence[Note], file: FileTicks, rng: np.random.Generator, fixed: Fixed
    ) -> list[PlayedNote]:
        tempo, model = solo.grid_tempo, load_performance()
        compound = compound_beats_of(solo.progression)
        ratio = self._ratio(model.swing_ratio(tempo), solo)
        straight = [note.onset for note in grid.play(notes, ratio, compound)]
        # The off-beat is as late as the beat; how much later it comes than that is swing.
        lags = {name: model.lag("beat" if name == "off-beat" else name, tempo) for name in BEAT_POSITIONS}
        positions = beat_positions([note.onset for note in notes], compound)
        late = np.array([lags[name] for name in positions])  # (n,) ms
        noise = replace(model.time_noise, white_std=TIMING_NOISE_SCALE * model.time_noise.white_std)
        drawn = noise.draw(rng, len(notes), NOISE_CLIP)  # (n,) beats
        away = self.humanize * (late * tempo / 60_000 + drawn)  # (n,) beats
        onsets = _displaced(notes, straight, away, file, compound, fixed)
        ends = _ends(notes, onsets, np.subtract(onsets, straight), self.humanize, file, compound)
        louder = model.decibels(notes, solo.progression)  # (n,)
        louder = louder + model.loudness_noise.draw(rng, len(notes), NOISE_CLIP)
        levels = [
            _level(note.velocity + self.humanize * STEPS_A_DECIBEL * decibels, note, self.humanize)
            for note, decibels in zip(notes, louder.tolist(), strict=True)
        ]
        rows = zip(onsets, ends, notes, levels, strict=True)
        played = [PlayedNote(onset, end, note.pitch, level) for onset, end, note, level in rows]
        played = [fixed.get(k, note) for k, note in enumerate(played)]
        expression = Expression(self.expression, self.seed, lengths=self.humanize > 0)
        return expression.play(solo, notes, played, file, fixed)

    def _accompaniment(
        self, part: Part, solo: Solo, rng: np.random.Generator, fixed: Fixed
    ) -> list[PlayedNote]:
        """A part of the band, which keeps the beat of the file, also under a solo in double time."""
        stretch = solo.time_scale
        human = BASS if part.program in BASSES else COMPING
        human = DRUMS if part.channel == DRUM_CHANNEL else human
        ratio = self._ratio(ride_ratio(solo.tempo), solo)
        compound = compound_beats_of(solo.progression)
        places = grid.places_by_beat(note.onset // stretch for note in part.notes)
        onsets = sorted({note.onset for note in part.notes})
        together = dict(zip(onsets, _noise(rng, len(onsets)), strict=True))
        # The notes of a chord are struck nearly at once.
        shared, own = np.array([together[note.onset] for note in part.notes]), _noise(rng, len(part.notes))
        away = self.humanize * (human.lag + human.timing_std * (0.8 * shared + 0.4 * own))
        away = away * solo.tempo / 60_000  # (n,) ms to beats
        louder = self.humanize * human.velocity_std * _noise(rng, len(part.notes))

        def position(tick: int) -> float:
            whole, rest = divmod(tick, stretch)
            inside = rest / (stretch * TICKS_PER_BEAT)
            beat = whole // TICKS_PER_BEAT
            even = compound is not None and compound(beat)
            return grid.swing_position(whole, places.get(beat, ()), 1.0 if even else ratio) + inside

        away, louder = away.tolist(), louder.tolist()
        starts = [max(position(note.onset) + d, 0.0) for note, d in zip(part.notes, away, strict=True)]
        kept_ends = {part.notes[k].end: note.end for k, note in fixed.items()}
        for k, note in enumerate(part.notes):
            starts[k] = fixed[k].onset if k in fixed else max(starts[k], kept_ends.get(note.onset, 0.0))
        first: dict[int, float] = {}
        for note, start in zip(part.notes, starts, strict=True):
            first[note.onset] = min(start, first.get(note.onset, start))
        following = dict(zip(onsets, [*onsets[1:], None], strict=False))
        played = []
        for note, start, d, steps in zip(part.notes, starts, away, louder, strict=True):
            after = following[note.onset]
            end = position(note.end) + d
            if after is not None and note.end <= after:
                end = min(end, first[after])  # notes that do not overlap in the score do not when played
            level = _level(note.velocity + steps, note, self.humanize)
            played.append(PlayedNote(start, max(end, start), note.pitch, level))
        return _between(played, fixed) if fixed else played

    def _ratio(self, measured: float, solo: Solo) -> float:
        """The swing ratio that is played; 1 in styles of even eighths."""
        return 1.0 + self.humanize * (measured - 1.0) * (solo.progression.style in SWUNG_STYLES)


def _between(played: Sequence[PlayedNote], fixed: Fixed) -> list[PlayedNote]:
    """The `fixed` notes, and the others where they do not strike a pitch that a fixed note still sounds."""
    by_pitch: dict[int, list[PlayedNote]] = defaultdict(list)
    for note in sorted(fixed.values()):
        by_pitch[note.pitch].append(note)

    def fitted(note: PlayedNote) -> PlayedNote:
        same = by_pitch[note.pitch]
        after = bisect_right(same, note.onset, key=lambda other: other.onset)
        start = max([note.onset, *(other.end for other in same[max(after - 1, 0) : after])])
        end = min([note.end, *(other.onset for other in same[after : after + 1])])
        return note._replace(onset=start, end=max(end, start))

    return [fixed[k] if k in fixed else fitted(note) for k, note in enumerate(played)]


def ride_ratio(tempo: float) -> float:
    """The band's swing ratio at `tempo`, interpolated in `RIDE`."""
    tempi, ratios = zip(*RIDE, strict=True)
    return float(np.interp(tempo, tempi, ratios))


def _noise(rng: np.random.Generator, n: int) -> Floats:
    """(n,) standard normal draws, clipped."""
    return np.clip(rng.normal(size=n), -NOISE_CLIP, NOISE_CLIP)


def _level(velocity: float, note: Note, humanize: float) -> int:
    """`velocity` rounded and kept within `SOFTEST`..`LOUDEST`, unless the note itself lies outside."""
    if humanize == 0:
        return note.velocity
    return round(min(max(velocity, min(SOFTEST, note.velocity)), max(LOUDEST, note.velocity)))


# ----------------------------------------------------------------------------- microtiming that reads back


FACTORS = (0.8, 0.6, 0.4, 0.2, 0.0)  # of the wanted displacement, tried where more would be misread


def refitted(notes: Sequence[Note], played: Sequence[PlayedNote], solo: Solo, ppq: int) -> list[PlayedNote]:
    """A solo as it is played, on the ticks of another file.

    Parameters
    ----------
    notes, played
        Its notes, also transposed, and how each is played, in beats of the grid.
    solo, ppq
        Whose they are, and the file's ticks a quarter.

    Returns
    -------
    list of PlayedNote
        In beats of the grid; each is still read as its place.
    """
    file = FileTicks(QuarterMap(solo), ppq)
    straight = [note.onset / TICKS_PER_BEAT for note in notes]
    away = np.array([note.onset for note in played]) - straight
    onsets = _displaced(notes, straight, away, file, compound_beats_of(solo.progression), {})
    latest = [*onsets[1:], math.inf]
    ends = [file.nearest(note.end) for note in played]
    rows = zip(played, onsets, ends, latest, strict=True)
    return [n._replace(onset=on, end=max(min(end, last), file.after(on))) for n, on, end, last in rows]


def _displaced(
    notes: Sequence[Note],
    straight: Sequence[float],
    away: Floats,
    file: FileTicks,
    compound: CompoundBeats | None,
    fixed: Fixed,
) -> list[float]:
    """Onsets `away` from `straight`, as far as each is still read as its place of the grid.

    Beats that would be misread are displaced less, in the end not at all: then `grid.quantize` is exact.
    Notes that are `fixed` stay, however they are read.
    """
    factors = np.ones(len(notes))
    beats = np.array([note.onset // TICKS_PER_BEAT for note in notes])
    for factor in FACTORS:
        onsets = _moved(straight, away * factors, file, fixed)
        wrong = [k for k in _misread(notes, onsets, compound) if k not in fixed]
        if not wrong:
            return onsets
        # The reading of a beat depends on the notes just before and after it.
        near = (beats[wrong][:, None] + (-1, 0, 1)).ravel()
        factors[np.isin(beats, near)] = factor
    onsets = _moved(straight, away * factors, file, fixed)
    misread = not fixed and _misread(notes, onsets, compound)
    return _moved(straight, away * 0, file, fixed) if misread else onsets


def _moved(straight: Sequence[float], away: Floats, file: FileTicks, fixed: Fixed) -> list[float]:
    """Onsets on the ticks of the file, from 0; not before a `fixed` note that ends a moment late."""
    onsets = [file.nearest(onset + d) for onset, d in zip(straight, away.tolist(), strict=True)]
    for k, note in fixed.items():
        onsets[k] = note.onset
        if k + 1 < len(onsets) and k + 1 not in fixed:
            latest = straight[k + 1] + LATEST / TICKS_PER_BEAT
            onsets[k + 1] = max(onsets[k + 1], min(note.end, latest))
    return onsets


def _misread(notes: Sequence[Note], onsets: Sequence[float], compound: CompoundBeats | None) -> list[int]:
    """The indices of notes that `grid.quantize` would not read at their onsets."""
    crossed = [k for k, (onset, after) in enumerate(pairwise(onsets)) if onset >= after]
    if crossed:
        return crossed
    read = grid.snap_onsets(onsets, compound)
    return [k for k, note in enumerate(notes) if read[k] != note.onset]


def _ends(
    notes: Sequence[Note],
    onsets: Sequence[float],
    late: Floats,
    humanize: float,
    file: FileTicks,
    compound: CompoundBeats | None,
) -> list[float]:
    """The ends of notes that begin at `onsets`, displaced by `late`."""
    played = {note.onset: onset for note, onset in zip(notes, onsets, strict=True)}
    off_beats = grid.played_off_beats(played, compound)

    def position(tick: float) -> float:
        beat, place = divmod(tick, TICKS_PER_BEAT)
        fraction = place / TICKS_PER_BEAT
        if beat in off_beats:  # `grid.quantize` undoes this warp
            fraction = grid.bend(fraction, grid.OFF_BEAT / TICKS_PER_BEAT, off_beats[int(beat)])
        return beat + fraction

    ends = []
    for k, (note, onset) in enumerate(zip(notes, onsets, strict=True)):
        after = notes[k + 1] if k + 1 < len(notes) else None
        latest = math.inf if after is None else onsets[k + 1]
        shortest = file.after(onset)
        if after is None or after.onset - note.end >= NO_REST:
            end = position(note.end + min(max(late[k] * TICKS_PER_BEAT, 0.0), LATE_ENDS))
        elif humanize == 0:
            end = position(note.end)
        else:
            early = RELEASE_REPEATED if after.pitch == note.pitch else RELEASE_LONG * (note.duration >= LONG)
            end = position(after.onset - humanize * early) if early else latest
            shortest = onset + (latest - onset) * SHORTEST
        ends.append(file.nearest(max(min(end, latest), shortest)))
    return ends
