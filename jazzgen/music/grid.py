"""Quantization: played onsets to a grid of 12 ticks a beat, and back with swing.

In: notes as they were played, in beats and fractions of them from the first bar line of the piece. Out: one
voice of `score.Note` on the grid (`quantize`); and back again (`play`).

The grid has two readings of a beat, straight (ticks 0, 3, 6, 9) and triplet (0, 4, 8). Each beat takes the
one that merges the fewest of its onsets and, of two that merge as many, the one that moves them least; at a
tie, straight. An onset nearer to the end of the beat than to its last place is the next beat's 0. A triplet
beat with no onset at 4 but one at 8 is not a triplet: it is swung eighths and is written 0, 6; then
everything that ends inside it goes through the same warp, piecewise linear, that takes the off-beat from
where it was played to the half of the beat.

In a compound beat, a dotted quarter, the triplet reading is the usual one and its 4 and 8 are even eighths:
nothing is swung, {0, 8} stays, and a beat is read straight (duplets 0, 6; quadruplets) only where that merges
fewer onsets or moves them less than half as much. Its 16ths, at 2, 6 and 10, go to the nearest place that is
left.

What is on the grid stays: `quantize` changes nothing in a solo that it has made, whether the solo is played
exactly or by `play` with a ratio of `MIN_RATIO` to `MAX_RATIO`. No gap of 1, 2 or 5 ticks can come out,
inside a beat or across a beat line, so that every gap is a sum of the vocabulary's note lengths.

Source of the figures: the reference corpus, 395 solos in 4/4, its annotated places in the bar.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import zip_longest
from math import ceil, floor, isfinite
from typing import NamedTuple

import numpy as np

from jazzgen.errors import OptionError
from jazzgen.music.meters import CompoundBeats
from jazzgen.music.score import TICKS_PER_BEAT, Note

STRAIGHT = (0, 3, 6, 9)
TRIPLET = (0, 4, 8)
OFF_BEAT = 6  # where the second of two eighths is written ...
SWUNG_OFF_BEAT = 8  # ... and where it lies when they are swung two to one

# Ratios of the long eighth to the short one. Beyond 17:7 the short one is nearer to the last 16th (0.75) than
# to 2/3.
MIN_RATIO, MAX_RATIO = 1.0, 2.4

# A solo is read in double time if the plain grid merges more than this share of what double time keeps apart.
# In the corpus 30 solos in 4/4 are, 28 of them below 76 BPM and none above 120, and with them 97.2 % of all
# notes survive (94.9 % without). The shares nearest to this limit are 0.156 and 0.165.
DOUBLE_TIME_LOSS = 0.16

# Onsets nearer to each other than this are one chord, however it was struck: half a 32nd's distance to spare.
CHORD_TICKS = 0.75

PLACES = 6  # decimals of a control's time: the same value whether it is drawn or read

# A lower note at least this long that begins and ends under a higher one is accompaniment, not an ornament.
ACCOMPANIMENT_BEATS = 0.25


class Control(NamedTuple):
    """A change of sound inside a note: from `after` its onset on, in beats, a `kind` has the `value`.

    "bend" is in cents, 0 at rest; "vibrato" (controller 1) is 0..127, 0 at rest; "level" (controller 11) is
    0..127, 127 at rest.
    """

    after: float
    kind: str
    value: float


class PlayedNote(NamedTuple):
    """One note as it is played: `onset` and `end` in beats, `pitch` 0..127, `velocity` 1..127; its `controls`
    rise in time, and end where the next note begins.
    """

    onset: float
    end: float
    pitch: int
    velocity: int = 90
    controls: tuple[Control, ...] = ()

    def scaled(self, factor: float) -> PlayedNote:
        """The note with its times multiplied."""
        controls = tuple(control._replace(after=control.after * factor) for control in self.controls)
        return self._replace(onset=self.onset * factor, end=self.end * factor, controls=controls)


# --------------------------------------------------------------------------------------------- played -> grid


def quantize(
    notes: Iterable[tuple[float, float, int, int]],
    double_time: bool | None = None,
    compound: CompoundBeats | None = None,
) -> tuple[list[Note], bool]:
    """Notes in beats of the file, of any number of voices -> one voice on the grid; and is it double time?

    A note is (onset, end, pitch, velocity) as in `PlayedNote`. In double time one beat of the file is two
    beats of the grid; None lets `wants_double_time` decide. `compound` says which beats are compound; with
    any there is no double time. Of notes that sound together the highest stays;
    of others that meet on one place of the grid (an ornament and its main note) the longer, the later if they
    are as long. A note is cut at the next onset and lasts a tick at least. Raises `OptionError` where a
    number is not finite or a note lies before the first bar.
    """
    played = _upper_voice([PlayedNote(*note) for note in notes])
    if compound is not None:
        double_time = False
    elif double_time is None:
        double_time = wants_double_time(note.onset for note in played)
    if double_time:
        played = [note._replace(onset=2 * note.onset, end=2 * note.end) for note in played]
    return _place(played, compound), double_time


def wants_double_time(onsets: Iterable[float]) -> bool:
    """Whether the plain grid merges more than `DOUBLE_TIME_LOSS` of the notes that double time keeps apart.

    `onsets` are in beats. What double time would write is judged, not what was played, so that a solo once
    read in double time is always read so; and the notes of a chord, which no reading keeps apart, do not
    count.
    """
    double = sorted(set(snap_onsets([2 * onset for onset in sorted(onsets)])))
    plain = set(snap_onsets([tick / (2 * TICKS_PER_BEAT) for tick in double]))
    return len(double) - len(plain) > DOUBLE_TIME_LOSS * len(double)


def _upper_voice(played: list[PlayedNote]) -> list[PlayedNote]:
    """The notes by onset, without accompaniment: those that begin and end under a higher one.

    Short ones stay: a transcriber's ends are ragged, and an ornament often lies under the note before it (276
    in the corpus; 20 are as long as `ACCOMPANIMENT_BEATS`).
    """
    upper: list[PlayedNote] = []
    sounding: list[PlayedNote] = []
    for note in sorted(played):
        if not (isfinite(note.onset) and isfinite(note.end) and note.end >= note.onset):
            raise OptionError(f"a note must end after it begins, received {note.onset} to {note.end} beats")
        sounding = [other for other in sounding if other.end > note.onset]
        long = note.end - note.onset >= ACCOMPANIMENT_BEATS
        if long and any(other.pitch > note.pitch and other.end >= note.end for other in sounding):
            continue
        upper.append(note)
        sounding.append(note)
    return upper


def _place(played: list[PlayedNote], compound: CompoundBeats | None) -> list[Note]:
    """Notes by onset, in beats of the grid -> one voice on the grid."""
    ticks = snap_onsets([note.onset for note in played], compound)
    if ticks and ticks[0] < 0:
        raise OptionError(
            f"a note begins {-played[0].onset:g} beats before the first bar; move the notes by whole bars"
        )
    voice: dict[int, PlayedNote] = {}  # tick -> the note that is kept, rising
    for tick, note in zip(ticks, played, strict=True):
        voice[tick] = _winner(voice[tick], note) if tick in voice else note
    off_beats = played_off_beats({tick: note.onset for tick, note in voice.items()}, compound)
    notes = []
    for tick, next_tick in zip_longest(voice, list(voice)[1:]):
        note = voice[tick]
        end = max(_end_tick(note.end, off_beats), tick + 1)
        end = end if next_tick is None else min(end, next_tick)
        notes.append(Note(tick, end - tick, note.pitch, note.velocity))
    return notes


def _winner(first: PlayedNote, second: PlayedNote) -> PlayedNote:
    """Which of two notes on one place of the grid stays; `second` begins no earlier than `first`."""
    shorter = min(first.end - first.onset, second.end - second.onset)
    # A legato ornament reaches into its main note a little; two notes of a chord share half the shorter one.
    if min(first.end, second.end) - second.onset > shorter / 2:
        return max(first, second, key=lambda note: note.pitch)
    return max(second, first, key=lambda note: note.end - note.onset)


def snap_onsets(onsets: Sequence[float], compound: CompoundBeats | None = None) -> list[int]:
    """Rising onsets in beats -> the tick of each, rising; several may meet on one."""
    snap = _snap_beat
    given = np.asarray(onsets, dtype=np.float64)
    floors = np.floor(given)
    beats = [int(beat) for beat in floors.tolist()]
    # Rounded, because 2/3 of a beat is not exact in binary and ties must not hang on that.
    positions = np.round((given - floors) * TICKS_PER_BEAT, 6).tolist()
    ticks: list[int] = []
    beat = beats[0] - 1 if beats else 0
    while len(ticks) < len(beats):
        # The earliest onset without a tick: this beat's own, or carried over the beat line.
        first = len(ticks)
        beat = max(beats[first], beat + 1)
        last = bisect_right(beats, beat, first)
        inside = positions[first:last]
        if beats[first] < beat:
            inside = [
                round(position + (own - beat) * TICKS_PER_BEAT, 6)
                for own, position in zip(beats[first:last], inside, strict=True)
            ]
        if compound is not None:
            snap = _snap_compound_beat if compound(beat) else _snap_beat
        places, start = snap(tuple(inside)), beat * TICKS_PER_BEAT
        ticks += [start + place for place in places if place < TICKS_PER_BEAT]
    return ticks


@lru_cache(maxsize=4096)  # the corpus has 1,226 different beats: 40 % less time
def _snap_beat(positions: tuple[float, ...]) -> tuple[int, ...]:
    """Rising positions in one beat, in ticks (below 0: carried over from the beat before) -> places 0..12."""
    straight, triplet = (_snap(positions, step) for step in (STRAIGHT[1], TRIPLET[1]))
    if straight == triplet or _cost(positions, straight) <= _cost(positions, triplet):
        return straight
    if {SWUNG_OFF_BEAT} <= set(triplet) <= {0, SWUNG_OFF_BEAT, TICKS_PER_BEAT}:
        return tuple(OFF_BEAT if place == SWUNG_OFF_BEAT else place for place in triplet)
    return triplet


@lru_cache(maxsize=4096)
def _snap_compound_beat(positions: tuple[float, ...]) -> tuple[int, ...]:
    """The same in a compound beat."""
    straight, triplet = (_snap(positions, step) for step in (STRAIGHT[1], TRIPLET[1]))
    (merged, moved), usual = _cost(positions, straight), _cost(positions, triplet)
    return straight if (merged, 2 * moved) < usual else triplet


def _snap(positions: tuple[float, ...], step: int) -> tuple[int, ...]:
    """For each position the nearest multiple of `step`, 12 being the next beat's 0.

    Of two as near, the earlier, unless the note before has it (and is not of the same chord).
    """
    places: list[int] = []
    for i, position in enumerate(positions):
        place = step * ceil(position / step - 0.5)
        if i > 0 and place == places[-1] and position - positions[i - 1] >= CHORD_TICKS:
            place = step * floor(position / step + 0.5)
        places.append(max(place, places[-1] if places else 0))
    return tuple(places)


def _cost(positions: tuple[float, ...], places: tuple[int, ...]) -> tuple[int, float]:
    """How many notes the reading merges, and how many ticks it moves them in all."""
    moved = sum(abs(position - place) for position, place in zip(positions, places, strict=True))
    return len(places) - len(set(places)), round(moved, 5)


def _end_tick(end: float, off_beats: dict[int, float]) -> int:
    """An end in beats -> the nearest tick, after the warp of its beat."""
    beat = floor(end)
    fraction = end - beat
    if beat in off_beats:
        fraction = bend(fraction, off_beats[beat], OFF_BEAT / TICKS_PER_BEAT)
    return floor((beat + fraction) * TICKS_PER_BEAT + 0.5)


# --------------------------------------------------------------------------------------------- grid -> played


def play(
    notes: Sequence[Note], ratio: float = MIN_RATIO, compound: CompoundBeats | None = None
) -> list[PlayedNote]:
    """Notes on the grid -> the same in beats of the grid, swung; the twin of `quantize`.

    `ratio` is the long eighth to the short one; 1.0 plays exactly. In double time halve what comes out
    to have beats of the file. Nothing is swung in beats that are `compound`.
    """
    places = places_by_beat(note.onset for note in notes)

    def position(tick: int) -> float:
        beat = tick // TICKS_PER_BEAT
        even = compound is not None and compound(beat)
        return swing_position(tick, places.get(beat, ()), MIN_RATIO if even else ratio)

    return [PlayedNote(position(n.onset), position(n.end), n.pitch, n.velocity) for n in notes]


def swing_position(tick: int, onsets_in_beat: Collection[int], ratio: float) -> float:
    """Where `tick` is played, in beats, given the places 0..11 of all onsets in its beat.

    Only a beat of eighths is swung (`is_swung`): 16ths and triplets are played as written, and so are the
    ends in a beat without an off-beat, because `quantize` could not tell that they were moved.
    """
    if not MIN_RATIO <= ratio <= MAX_RATIO:
        raise OptionError(
            f"a swing ratio must be in {MIN_RATIO}..{MAX_RATIO} (long to short), received {ratio}"
        )
    beat, place = divmod(tick, TICKS_PER_BEAT)
    fraction = place / TICKS_PER_BEAT
    if is_swung(onsets_in_beat):
        fraction = bend(fraction, OFF_BEAT / TICKS_PER_BEAT, ratio / (ratio + 1))
    return beat + fraction


# -------------------------------------------------------------------------------------------- both directions


def in_thirds(notes: Sequence[Note], compound: CompoundBeats) -> list[Note]:
    """A line whose eighths in compound beats are those of a quarter, 0 and 6 -> long and short ones, 0 and 8.

    A beat with other onsets, such as triplets, stays as it is.
    """
    return _eighths_moved(notes, compound, OFF_BEAT, SWUNG_OFF_BEAT)


def in_halves(notes: Sequence[Note], compound: CompoundBeats) -> list[Note]:
    """The twin of `in_thirds`: long and short eighths, 0 and 8, become 0 and 6."""
    return _eighths_moved(notes, compound, SWUNG_OFF_BEAT, OFF_BEAT)


def _eighths_moved(notes: Sequence[Note], compound: CompoundBeats, old: int, new: int) -> list[Note]:
    """Notes whose place `old` becomes `new` in compound beats that have no other onsets but on the beat."""
    places = places_by_beat(note.onset for note in notes)

    def moved(tick: int) -> int:
        beat, place = divmod(tick, TICKS_PER_BEAT)
        eighths = places.get(beat, set()) <= {0, old}
        return tick + new - old if place == old and eighths and compound(beat) else tick

    spans = ((moved(note.onset), moved(note.end), note) for note in notes)
    return [replace(note, onset=onset, duration=end - onset) for onset, end, note in spans]


def is_swung(onsets_in_beat: Collection[int]) -> bool:
    """Whether a beat with onsets at these places 0..11 is one of eighths: an off-beat, and no more than 0."""
    return OFF_BEAT in onsets_in_beat and all(place in (0, OFF_BEAT) for place in onsets_in_beat)


def places_by_beat(ticks: Iterable[int]) -> dict[int, set[int]]:
    """Onsets -> for each beat that has any, their places 0..11."""
    places: dict[int, set[int]] = defaultdict(set)
    for tick in ticks:
        places[tick // TICKS_PER_BEAT].add(tick % TICKS_PER_BEAT)
    return places


def played_off_beats(onsets: Mapping[int, float], compound: CompoundBeats | None = None) -> dict[int, float]:
    """Ticks and the beats at which they are played -> where in each beat of eighths the off-beat is, 0..1."""
    return {
        beat: onsets[beat * TICKS_PER_BEAT + OFF_BEAT] - beat
        for beat, places in places_by_beat(onsets).items()
        if is_swung(places) and not (compound is not None and compound(beat))
    }


def bend(fraction: float, old: float, new: float) -> float:
    """The piecewise linear warp of a beat that takes `old` to `new` and keeps both ends, in fractions."""
    if fraction <= old:
        return fraction * new / old
    return new + (fraction - old) * (1 - new) / (1 - old)
