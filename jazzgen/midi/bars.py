"""The meters, bar lines and mean tempo of a `Song`, and the song counted in beats.

In: meter and tempo changes in the file's ticks. Out: `Bars`, in beats from the first bar line of the piece,
and beats of the first meter a minute; `Bars.on_beats` moves a song's ticks to so many a beat.

A beat is what `music.meters` says: a dotted quarter in 6/8, an eighth in 7/8. A single first bar that is
shorter than the next is a pickup. It is counted in the next meter's beats, and what it lacks to whole beats
is silence before it: an eighth, or a bar of 3/8 before 4/4, ends a pickup of one or two beats. A bar that a
meter change cuts short becomes a bar of its own length; where that is no 16th's multiple it is stretched to
one, and less than half a 16th after a bar line is no bar. Both are warnings.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, lcm
from typing import NamedTuple

from jazzgen.errors import OptionError
from jazzgen.midi.smf import DEFAULT_TEMPO_US, Song, TimedNote, TimedText
from jazzgen.music.meters import CompoundBeats, beats_a_bar, compound_beats
from jazzgen.music.score import TICKS_PER_BEAT, MeterChange

SMALLEST_UNIT = 16  # the largest denominator that is counted


class _Line(NamedTuple):
    """From `tick` on, which is the beat `beat`, a beat has so many ticks of the file."""

    tick: Fraction
    beat: Fraction
    ticks_a_beat: Fraction


@dataclass(frozen=True, slots=True)
class Bars:
    """The meters of a song as (beat, beats a bar), and how each is written; the beat of its final bar line;
    the beats of its pickup, 0 without one; `lines` are where a file's ticks lie in beats.
    """

    meters: tuple[tuple[int, int], ...]
    length: int
    signatures: tuple[str, ...] = ()
    pickup: int = 0
    warnings: tuple[str, ...] = ()
    lines: tuple[_Line, ...] = ()

    def changes(self, beat: int = 1) -> tuple[MeterChange, ...]:
        """The meters, with `beat` ticks a beat."""
        return tuple(
            MeterChange(start * beat, beats, signature)
            for (start, beats), signature in zip(self.meters, self.signatures, strict=True)
        )

    @property
    def compound(self) -> CompoundBeats | None:
        """Which beats are those of a compound meter; None where none is."""
        return compound_beats((meter.tick, meter.compound) for meter in self.changes())

    @property
    def in_quarters(self) -> bool:
        """Whether every beat is a quarter."""
        return all(meter.beat_quarters == 1 for meter in self.changes())

    def on_beats(self, song: Song) -> Song:
        """`song` with `ppq` ticks a beat of these bars, from the first bar line on; as it is where its beats
        are quarters from tick 0.
        """
        if all(line.tick == line.beat * song.ppq and line.ticks_a_beat == song.ppq for line in self.lines):
            return song
        ppq = song.ppq * lcm(*(line.ticks_a_beat.denominator for line in self.lines), 6)
        starts, ends = [line.tick for line in self.lines], [line.beat for line in self.lines[1:]]

        def at(tick: int) -> int:
            k = max(bisect_right(starts, tick) - 1, 0)
            start, beat, length = self.lines[k]
            place = beat + (tick - start) / length
            # What hangs over a bar that ends early stops where the next begins.
            return round((min(place, ends[k]) if k < len(ends) else place) * ppq)

        def texts(found: Sequence[TimedText]) -> tuple[TimedText, ...]:
            # What stands at the beginning of the file holds from the first bar line.
            return tuple(TimedText(at(tick) if tick else 0, text) for tick, text in found)

        def notes(found: Sequence[TimedNote]) -> tuple[TimedNote, ...]:
            moved = ((at(note.start), at(note.end), note) for note in found)
            return tuple(note._replace(start=start, end=max(end, start + 1)) for start, end, note in moved)

        return replace(
            song,
            ppq=ppq,
            end=at(song.end),
            tracks=tuple(
                replace(
                    track,
                    notes=notes(track.notes),
                    controls=tuple(control._replace(tick=at(control.tick)) for control in track.controls),
                )
                for track in song.tracks
            ),
            texts=texts(song.texts),
            lyrics=texts(song.lyrics),
            cues=texts(song.cues),
            xf_chords=texts(song.xf_chords),
            markers=texts(song.markers),
        )


def find_bars(song: Song, pickup: float | None = None) -> Bars:
    """The bars of a song.

    `pickup` is how many beats come before the first bar line, where the file does not say it or says it
    wrong: at least 0 and less than a bar. Raises `OptionError` for another.
    """
    counting = _Counting(song.ppq)
    changes = counting.usable(song.meters)
    # An end-of-track a moment after the bar line does not open another bar.
    sounding = [track.notes[-1].start for track in song.tracks]
    end = max([song.end, *sounding]) - Fraction(song.ppq, TICKS_PER_BEAT)
    changes = [change for change in changes if change[0] == 0 or change[0] < end]
    begin = Fraction(0)
    if pickup is not None:
        if len(changes) > 1 and counting.is_pickup(changes):
            changes = [(0, *changes[1][1:]), *changes[2:]]
        begin = counting.given_pickup(pickup, *changes[0][1:])
    elif len(changes) > 1 and counting.is_pickup(changes):
        begin = counting.add_pickup(Fraction(changes[1][0]), *changes[1][1:])
        changes = changes[1:]
    for (_, numerator, denominator), (stop, _, _) in pairwise(changes):
        begin = counting.add(begin, stop, numerator, denominator)
    counting.add_last(begin, end, *changes[-1][1:])
    return Bars(
        tuple((beat, beats) for beat, beats, _ in counting.meters),
        counting.beat,
        tuple(signature for _, _, signature in counting.meters),
        counting.pickup,
        tuple(counting.warnings),
        tuple(counting.lines),
    )


_Change = tuple[int, int, int]  # tick, numerator, denominator


class _Counting:
    """Counts beats through the meters of a file: `beat` is where the next bar begins.

    Bar lines are where the meters put them, not where the file rounds them to: a change may stand a twelfth
    of a quarter beside.
    """

    def __init__(self, ppq: int) -> None:
        self.ppq = ppq
        self.near = Fraction(ppq, TICKS_PER_BEAT)  # ticks that do not count
        self.beat = self.pickup = 0
        self.meters: list[tuple[int, int, str]] = []  # beat, beats a bar, signature
        self.lines: list[_Line] = []
        self.warnings: list[str] = []

    def usable(self, meters: Sequence[_Change]) -> list[_Change]:
        """The changes by tick, of several at one the last; from 4/4 on, and none of other than n/1..n/16."""
        changes = {0: (0, 4, 4)}
        for tick, numerator, denominator in meters:
            if numerator < 1 or denominator > SMALLEST_UNIT:
                self.warnings.append(
                    f"the meter {numerator}/{denominator} at quarter {tick // self.ppq + 1} is left out"
                )
            else:
                changes[tick] = (tick, numerator, denominator)
        return [changes[tick] for tick in sorted(changes)]

    def _bar(self, numerator: int, denominator: int) -> Fraction:
        """Ticks."""
        return Fraction(4 * numerator * self.ppq, denominator)

    def is_pickup(self, changes: Sequence[_Change]) -> bool:
        """Whether what stands before the second of `changes` is one bar, shorter than the next."""
        (_, *first), (stop, *second) = changes[:2]
        return self.near < stop <= self._bar(*first) + self.near and stop < self._bar(*second) - self.near

    def add_pickup(self, ticks: Fraction, numerator: int, denominator: int) -> Fraction:
        """A first bar of `ticks` before a meter; returns its end, in ticks."""
        beats = beats_a_bar(numerator, denominator)
        beat = self._bar(numerator, denominator) / beats
        lasting = self._rounded(ticks / beat, beat)
        self.pickup = ceil(lasting)
        signature = MeterChange(0, beats, f"{numerator}/{denominator}").of_beats(self.pickup).signature
        self._append(self.pickup, signature, 1, Fraction(0), beat, silent=self.pickup - lasting)
        return lasting * beat

    def given_pickup(self, beats: float, numerator: int, denominator: int) -> Fraction:
        """The first bar that was asked for; returns its end, in ticks."""
        if not 0 <= beats < beats_a_bar(numerator, denominator):
            raise OptionError(
                f"a pickup must be shorter than its bar of {numerator}/{denominator}, which has "
                f"{beats_a_bar(numerator, denominator)} beats; received {beats:g}"
            )
        if not beats:
            return Fraction(0)
        beat = self._bar(numerator, denominator) / beats_a_bar(numerator, denominator)
        asked = Fraction(beats).limit_denominator(2 * TICKS_PER_BEAT)
        return self.add_pickup(asked * beat, numerator, denominator)

    def add(self, start: Fraction, stop: int, numerator: int, denominator: int) -> Fraction:
        """The bars of a meter from the tick `start` until the next at `stop`; returns where they end."""
        bar = self._bar(numerator, denominator)
        beats = beats_a_bar(numerator, denominator)
        bars, left = divmod(stop - start, bar)
        if left > bar - self.near:
            bars, left = bars + 1, Fraction(0)
        if bars > 0:
            self._append(beats, f"{numerator}/{denominator}", int(bars), start, bar / beats)
        begin = start + max(bars, 0) * bar
        if stop <= start or left <= self.near:
            return begin
        return self._add_odd(begin, left, MeterChange(0, beats, f"{numerator}/{denominator}"))

    def _add_odd(self, start: Fraction, ticks: Fraction, meter: MeterChange) -> Fraction:
        """What a change leaves of a bar of `meter`: a bar of its own; returns where it ends."""
        beat = self._bar(*meter.written) / meter.beats
        lasting = self._rounded(ticks / beat, beat)
        if lasting.denominator == 1:
            self._append(int(lasting), meter.of_beats(int(lasting)).signature, 1, start, beat)
            return start + lasting * beat
        sixteenth = Fraction(self.ppq, 4)
        units = self._rounded(ticks / sixteenth, sixteenth)
        where = f"inside a beat, at quarter {float((start + ticks) / self.ppq) + 1:.4g}"
        if not round(units) and self.beat:
            self.warnings.append(f"a meter changes {where}; it is read at the bar line before")
            return start + ticks
        if units.denominator > 1:
            self.warnings.append(f"a meter changes {where}; the bar before is read to the nearest 16th")
        written = Fraction(max(round(units), 1), 16)
        denominator = max(written.denominator, 8)
        numerator = int(written * denominator)
        beats = beats_a_bar(numerator, denominator)
        self._append(beats, f"{numerator}/{denominator}", 1, start, ticks / beats)
        return start + ticks

    def add_last(self, start: Fraction, end: Fraction, numerator: int, denominator: int) -> None:
        """Whole bars up to the last sound at the tick `end`."""
        bar, beats = self._bar(numerator, denominator), beats_a_bar(numerator, denominator)
        bars = max(ceil((end - start) / bar), 1)
        self._append(beats, f"{numerator}/{denominator}", bars, start, bar / beats)

    def _rounded(self, number: Fraction, unit: Fraction) -> Fraction:
        """`number` of `unit` ticks as the whole number that it nearly is, if it is."""
        whole = round(number)
        return Fraction(whole) if whole and abs(number - whole) * unit <= self.near else number

    def _append(
        self,
        beats: int,
        signature: str,
        bars: int,
        start: Fraction,
        beat: Fraction,
        silent: Fraction | int = 0,
    ) -> None:
        """`bars` bars from the tick `start` on, `beat` ticks a beat, the first after `silent` beats."""
        self.lines.append(_Line(start, Fraction(self.beat + silent), beat))
        if not self.meters or self.meters[-1][1:] != (beats, signature):
            self.meters.append((self.beat, beats, signature))
        self.beat += bars * beats


def mean_tempo(song: Song, bars: Bars) -> float:
    """The mean tempo over the quarters of the file, in beats of its first meter a minute."""
    changes = [(0, DEFAULT_TEMPO_US), *song.tempos]
    ends = [tick for tick, _ in changes[1:]] + [max(song.end, changes[-1][0])]
    lasting = [(end - tick, us) for (tick, us), end in zip(changes, ends, strict=True)]
    ticks = sum(duration for duration, _ in lasting)
    us = round(sum(duration * us for duration, us in lasting) / ticks) if ticks else changes[-1][1]
    return _tempo_of(us, bars.changes()[0].beat_quarters)


def _tempo_of(microseconds: int, beat: Fraction) -> float:
    """The tempo with the fewest decimals that is written as so many microseconds: 219.1, not 219.10044.

    `beat` is the length of a beat in quarters.
    """
    exact = 60e6 / microseconds / beat
    for decimals in range(9):
        tempo = round(exact, decimals)
        if tempo > 0 and microseconds_a_quarter(tempo * beat) == microseconds:
            return tempo
    return exact


def microseconds_a_quarter(tempo: float) -> int:
    """Quarter notes a minute -> microseconds a quarter note, as a file has it."""
    return round(60e6 / tempo)
