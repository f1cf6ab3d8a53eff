"""The meters, bar lines and mean tempo of a `Song`.

In: meter and tempo changes in the file's ticks. Out: `Bars`, in beats (quarter notes) from the start of the
file, and quarter notes a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from jazzgen.errors import MidiError
from jazzgen.midi.smf import DEFAULT_TEMPO_US, Song
from jazzgen.music.score import TICKS_PER_BEAT


@dataclass(frozen=True, slots=True)
class Bars:
    """The meters of a `Song` as (beat, beats a bar), and the beat of its final bar line."""

    meters: tuple[tuple[int, int], ...]
    length: int

    @property
    def pickup(self) -> int:
        """The beats of a pickup, a single first bar that is shorter than the next; 0 without one."""
        (_, first), (second_starts, second) = (*self.meters, (0, 0))[:2]
        return first if second_starts == first < second else 0


def find_bars(song: Song) -> Bars:
    """The bars of a song; a bar that a meter change cuts short becomes a bar of its own length.

    Raises `MidiError` for a meter that is not in quarters, or one that changes inside a beat.
    """
    changes = {0: 4}
    for tick, numerator, denominator in song.meters:
        beat = round(tick / song.ppq)
        if denominator != 4 or not numerator:
            raise MidiError(
                f"has the meter {numerator}/{denominator} at beat {beat + 1}; "
                "only meters in quarters (n/4) can be read"
            )
        if abs(tick - beat * song.ppq) * TICKS_PER_BEAT > song.ppq:
            raise MidiError(
                f"changes its meter inside beat {int(tick / song.ppq) + 1}; move the change onto a beat"
            )
        changes[beat] = numerator
    # An end-of-track a moment after the bar line does not open another bar.
    sounding = [track.notes[-1].start for track in song.tracks]
    end = max(song.end, *sounding) / song.ppq - 1 / TICKS_PER_BEAT
    starts = [beat for beat in sorted(changes) if beat == 0 or beat < end]
    meters: list[tuple[int, int]] = []
    for start, stop in pairwise(starts):
        whole_bars, short = divmod(stop - start, changes[start])
        if whole_bars:
            meters.append((start, changes[start]))
        if short:
            meters.append((stop - short, short))
    last = changes[starts[-1]]
    meters.append((starts[-1], last))
    length = starts[-1] + max(ceil((end - starts[-1]) / last), 1) * last
    changed = [meters[0], *(now for before, now in pairwise(meters) if before[1] != now[1])]
    return Bars(tuple(changed), length)


def mean_tempo(song: Song) -> float:
    """The mean tempo over the beats of the file, in quarter notes a minute."""
    changes = [(0, DEFAULT_TEMPO_US), *song.tempos]
    ends = [tick for tick, _ in changes[1:]] + [max(song.end, changes[-1][0])]
    lasting = [(end - tick, us) for (tick, us), end in zip(changes, ends, strict=True)]
    ticks = sum(duration for duration, _ in lasting)
    us = round(sum(duration * us for duration, us in lasting) / ticks) if ticks else changes[-1][1]
    return _tempo_of(us)


def _tempo_of(microseconds: int) -> float:
    """The tempo with the fewest decimals that is written as so many microseconds: 219.1, not 219.10044."""
    for decimals in range(9):
        tempo = round(60e6 / microseconds, decimals)
        if tempo > 0 and microseconds_a_quarter(tempo) == microseconds:
            return tempo
    return 60e6 / microseconds


def microseconds_a_quarter(tempo: float) -> int:
    """Quarter notes a minute -> microseconds a quarter note, as a file has it."""
    return round(60e6 / tempo)
