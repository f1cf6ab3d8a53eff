"""Hearing: what somebody plays comes in note by note, and is read as one voice on the grid.

Times that come in are beats from the first bar line of the tune, choruses one after the other; what goes out
is in ticks of the grid from there. A player is late by habit, and the instrument by its electronics: that
*lag* is found in what has been played and taken off. Chords become their top notes, a left hand that comps
is left out, short silences inside a phrase are articulation.

Nothing that is played raises an error: notes that begin twice, that never end or that are no notes at all.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from jazzgen.music.grid import PlayedNote, quantize
from jazzgen.music.meters import compound_beats_of
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression
from jazzgen.performance.model import load_performance

PICKUP = 1  # beats before a turn in which what begins belongs to it
SPILL = 0.35  # beats over a turn's end in which what begins is still its last word
MOST_NOTES = 4096  # that are kept: a chorus of 64 bars has a tenth
STRUCK_TOGETHER = 0.03  # seconds: what begins within is one chord
LEFT_HAND = 9  # semitones below the line from which a chord is no part of it
DOUBLED = 2  # notes at once that are a line still, in octaves or thirds
ARTICULATION = TICKS_PER_BEAT // 2  # ticks: a shorter silence between two notes is how they are played

# Where in a beat notes are played, as shares of them: in the reference corpus, whose soloists are late on the
# beat by the lag, and swing little. Around each place onsets spread, some lie anywhere.
PLACES = ((0.0, 0.37), (0.25, 0.09), (0.333, 0.05), (0.565, 0.31), (0.667, 0.04), (0.75, 0.14))
SPREAD, ANYWHERE = 0.06, 0.3  # beats; a density
# The lag is looked for this far to either side of a musician's usual one, in beats: farther, it might as well
# be an off-beat. It is believed only where it makes what was played so much likelier, in nats.
NEARBY = np.linspace(-0.06, 0.18, 25)
TRUSTED = 0.03  # seconds: the spread of lags around the usual one
EVIDENCE = 20.0
REMEMBERED = 96  # onsets that it is found from


@dataclass(slots=True)
class _Struck:
    """A note as it came in; `end` None while it is held. In beats."""

    onset: float
    end: float | None
    pitch: int
    velocity: int


class Hearing:
    """What is played over choruses of `form`, at `tempo` beats a minute (which may be set)."""

    def __init__(self, form: Progression, tempo: float) -> None:
        self.tempo = tempo
        self._form_beats = form.length // TICKS_PER_BEAT
        self._compound = compound_beats_of(form)
        self._notes: deque[_Struck] = deque(maxlen=MOST_NOTES)
        self._held: dict[int, _Struck] = {}
        self._onsets: deque[float] = deque(maxlen=REMEMBERED)  # of lines that are over
        self._lag: float | None = None  # seconds

    @property
    def lag(self) -> float:
        """How much later than the grid the player is, in beats."""
        seconds = self._usual_lag if self._lag is None else self._lag
        return seconds * self.tempo / 60

    @property
    def _usual_lag(self) -> float:
        return load_performance().lag("beat", self.tempo) / 1000

    def note_on(self, beat: float, pitch: int, velocity: int) -> None:
        """A note begins; of one that sounds already the earlier one ends."""
        if not (math.isfinite(beat) and 0 <= pitch <= 127):
            return
        self.note_off(beat, pitch)
        if velocity > 0:
            note = _Struck(beat, None, pitch, min(velocity, 127))
            self._notes.append(note)
            self._held[pitch] = note

    def note_off(self, beat: float, pitch: int) -> None:
        """A note ends; one that does not sound is ignored."""
        note = self._held.pop(pitch, None)
        if note is not None:
            note.end = max(beat, note.onset) if math.isfinite(beat) else note.onset

    def line(self, start: int, end: int, now: float) -> tuple[Note, ...]:
        """The one voice that was played from beat `start` to `end`, with a pick-up before and what came
        a moment late; what is still held ends `now`.

        Its ticks count from beat 0; the last of its notes may begin at `end` or just after.
        """
        played = self._melody(start, end, now)
        compound = None if self._compound is None else self._compound_beats
        notes, _ = quantize([note[:4] for note in played], double_time=False, compound=compound)
        return tuple(_joined(notes))

    def settle(self, start: int, end: int) -> None:
        """The turn from beat `start` to `end` is over: learn the player's lag from it, forget what was
        before.
        """
        lag = self.lag
        self._onsets.extend((note.onset + lag) % 1.0 for note in self._melody(start, end, end))
        if self._onsets:
            self._lag = self._found_lag()
        while self._notes and self._notes[0].onset < end - PICKUP:
            self._notes.popleft()

    def _melody(self, start: int, end: int, now: float) -> list[PlayedNote]:
        """The top notes of a turn, without its lag."""
        lag, first = self.lag, max(start - PICKUP, 0)
        near = STRUCK_TOGETHER * self.tempo / 60
        kept = []
        for note in self._notes:
            onset = note.onset - lag
            if first - near <= onset < end + SPILL:
                stop = (now if note.end is None else note.end) - lag
                onset = max(onset, float(first))
                kept.append(PlayedNote(onset, max(stop, onset), note.pitch, note.velocity))
        return top_notes(sorted(kept), near)

    def _compound_beats(self, beat: int) -> bool:
        return self._compound is not None and self._compound(beat % self._form_beats)

    def _found_lag(self) -> float:
        """The lag, in seconds, that makes the onsets likeliest; the usual one without good evidence."""
        beat, usual = 60 / self.tempo, self._usual_lag
        lags = usual + beat * NEARBY  # (k,) seconds
        onsets = np.array(self._onsets)[:, None] - lags / beat  # (n, k)
        density = np.full(onsets.shape, ANYWHERE)
        for place, share in PLACES:
            away = (onsets - place + 0.5) % 1.0 - 0.5
            density += share * np.exp(-0.5 * (away / SPREAD) ** 2) / SPREAD
        likely = np.log(density).sum(axis=0) - 0.5 * ((lags - usual) / TRUSTED) ** 2
        best, here = int(likely.argmax()), int(np.abs(NEARBY).argmin())
        return float(lags[best]) if likely[best] - likely[here] > EVIDENCE else usual


def top_notes(notes: Sequence[PlayedNote], near: float) -> list[PlayedNote]:
    """Of notes that begin within `near` beats of each other the highest; chords far below the line, which a
    left hand plays, go.
    """
    chords: list[list[PlayedNote]] = []
    for note in notes:
        if chords and note.onset - chords[-1][0].onset <= near:
            chords[-1].append(note)
        else:
            chords.append([note])
    tops = [max(chord, key=lambda note: note.pitch) for chord in chords]
    melodic = [top.pitch for top, chord in zip(tops, chords, strict=True) if len(chord) <= DOUBLED]
    lowest = median(melodic) - LEFT_HAND if melodic else 0.0
    return [top for top, chord in zip(tops, chords, strict=True) if len(chord) == 1 or top.pitch >= lowest]


def _joined(notes: Iterable[Note]) -> list[Note]:
    """A line without silences that are shorter than an eighth."""
    line: list[Note] = []
    for note in notes:
        if line and note.onset - line[-1].end < ARTICULATION:
            line[-1] = replace(line[-1], duration=note.onset - line[-1].onset)
        line.append(note)
    return line
