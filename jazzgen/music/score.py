"""Symbolic music as frozen dataclasses: notes, chord changes, progressions, solos and arrangements.

Time is counted in *ticks*, 12 to a beat, from the first bar line of the piece: a 16th is 3 ticks, an eighth
triplet 4, an eighth 6. A beat is a quarter note, in compound meters a dotted quarter (`MeterChange`). Pitches
are MIDI numbers (60 = middle C), velocities 1..127.

Every value is checked when it is made (`OptionError`) and never changes. Chord symbols are plain text here;
`chords.py` parses them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from jazzgen.errors import OptionError

TICKS_PER_BEAT = 12
MAX_BARS = 4096  # of a progression: 2 hours at 140 BPM; endless repeats must not fill the memory
SOLO = "Solo"  # the name of the solo's track
NO_CHORD = "N.C."  # the chord symbol of no chord
DRUM_CHANNEL = 9  # MIDI channel 10, counted from 0 as mido does


@dataclass(frozen=True, slots=True)
class Instrument:
    """A solo instrument: its General MIDI program (0..127) and its usual range in sounding pitches."""

    name: str
    program: int
    low: int
    high: int
    written_above: int = 0  # semitones from the sounding to the written pitch: 14 for a tenor saxophone

    @property
    def middle(self) -> float:
        """The middle of the range, a pitch."""
        return (self.low + self.high) / 2

    @property
    def blown(self) -> bool:
        """Whether who plays it must breathe: brass, reeds, flutes and voices of General MIDI."""
        return 52 <= self.program < 80 and self.program != 55


# Ranges in sounding pitches (MIDI numbers), the compass that orchestration manuals give as practical.
INSTRUMENTS: dict[str, Instrument] = {
    row.name: row
    for row in (
        #          name             program  low  high  written above
        Instrument("soprano-sax",   64,      56,  87,   2),
        Instrument("alto-sax",      65,      49,  80,   9),
        Instrument("tenor-sax",     66,      44,  76,   14),
        Instrument("baritone-sax",  67,      36,  68,   21),
        Instrument("clarinet",      71,      50,  89,   2),
        Instrument("bass-clarinet", 71,      37,  74,   14),
        Instrument("flute",         73,      60,  93,   0),
        Instrument("trumpet",       56,      52,  84,   2),
        Instrument("cornet",        56,      52,  82,   2),
        Instrument("flugelhorn",    56,      52,  79,   2),
        Instrument("trombone",      57,      40,  74,   0),
        Instrument("guitar",        26,      40,  84,   12),
        Instrument("piano",         0,       48,  96,   0),
        Instrument("vibraphone",    11,      53,  89,   0),
        Instrument("violin",        40,      55,  93,   0),
        Instrument("voice",         54,      45,  76,   0),
    )
}  # fmt: skip


def instrument(name: str) -> Instrument:
    """The instrument called `name`; raises `OptionError` that lists the known ones."""
    try:
        return INSTRUMENTS[name]
    except KeyError:
        raise OptionError(f"unknown instrument {name!r}; known are {', '.join(INSTRUMENTS)}") from None


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise OptionError(message)


@dataclass(frozen=True, slots=True)
class Note:
    """One note: `onset` and `duration` in ticks, `pitch` 0..127, `velocity` 1..127."""

    onset: int
    duration: int
    pitch: int
    velocity: int = 90

    def __post_init__(self) -> None:
        # Notes are made by the thousand: one comparison, and words only for the one that is refused.
        if not (self.onset >= 0 < self.duration and 0 <= self.pitch <= 127 and 1 <= self.velocity <= 127):
            _check(self.onset >= 0, f"a note's onset must be 0 or later, received {self.onset}")
            _check(self.duration >= 1, f"a note's duration must be at least 1 tick, received {self.duration}")
            _check(0 <= self.pitch <= 127, f"a note's pitch must be in 0..127, received {self.pitch}")
            _check(
                1 <= self.velocity <= 127, f"a note's velocity must be in 1..127, received {self.velocity}"
            )

    @property
    def end(self) -> int:
        """The tick at which the note stops sounding."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True)
class ChordChange:
    """A chord `symbol` that holds from `tick` on, as `chords.parse_chord` reads it; "N.C." for no chord."""

    tick: int
    symbol: str

    def __post_init__(self) -> None:
        _check(self.tick >= 0, f"a chord's tick must be 0 or later, received {self.tick}")
        _check(bool(self.symbol.strip()), f"the chord at tick {self.tick} has no symbol; write N.C. for none")


@dataclass(frozen=True, slots=True)
class MeterChange:
    """A meter that holds from `tick` on: bars of `beats` beats, each of `TICKS_PER_BEAT` ticks.

    A beat is a quarter note unless `signature`, the meter as it is written, says otherwise: in "6/8" a beat
    is a dotted quarter, in "7/8" an eighth, and "2/2" has four beats of a quarter (`meters.read_meter`).
    """

    tick: int
    beats: int
    signature: str = ""  # empty: n/4

    def __post_init__(self) -> None:
        _check(self.tick >= 0, f"a meter's tick must be 0 or later, received {self.tick}")
        _check(self.beats >= 1, f"a bar must have at least 1 beat, received {self.beats}")
        if not self.signature:
            object.__setattr__(self, "signature", f"{self.beats}/4")

    @property
    def beat_quarters(self) -> Fraction:
        """The length of a beat in quarter notes: 3/2 in 6/8, 1/2 in 7/8."""
        numerator, denominator = self.written
        return Fraction(4 * numerator, denominator * self.beats)

    @property
    def written(self) -> tuple[int, int]:
        """The numerator and the denominator of the signature."""
        numerator, denominator = map(int, self.signature.split("/"))
        return numerator, denominator

    @property
    def compound(self) -> bool:
        """Whether a beat is dotted, and its thirds are even eighths: 6/8, 9/8, 12/8."""
        return self.beat_quarters.numerator % 3 == 0

    def of_beats(self, beats: int) -> MeterChange:
        """The meter of a bar of so many such beats: of 6/8 and 1 beat 3/8."""
        if beats == self.beats:
            return self
        length = self.beat_quarters * beats / 4
        denominator = max(length.denominator, 4 if self.beat_quarters == 1 else self.written[1])
        return MeterChange(self.tick, beats, f"{length * denominator}/{denominator}")


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the form that starts at `tick`: "A", "B", "Bridge" ..."""

    tick: int
    name: str

    def __post_init__(self) -> None:
        _check(self.tick >= 0, f"a section's tick must be 0 or later, received {self.tick}")


_Timed = TypeVar("_Timed", ChordChange, MeterChange, Section)


def _moved(events: tuple[_Timed, ...], ticks: int = 0, factor: float = 1) -> tuple[_Timed, ...]:
    return tuple(replace(event, tick=int(event.tick * factor) + ticks) for event in events)


def _where_changed(meters: list[MeterChange]) -> tuple[MeterChange, ...]:
    def same(a: MeterChange, b: MeterChange) -> bool:
        return (a.beats, a.signature) == (b.beats, b.signature)

    return (meters[0], *(now for before, now in pairwise(meters) if not same(before, now)))


@dataclass(frozen=True, slots=True)
class Progression:
    """A chord progression over a form of `length` ticks, which is a whole number of bars.

    The first chord and the first meter stand at tick 0. `key` is written as MIDI key signatures are ("Bb",
    "F#m"; empty if unknown), `style` is one of `progressions.STYLES`, `tempo` in beats a minute where the
    chart gives one.
    """

    chords: tuple[ChordChange, ...]
    length: int
    meters: tuple[MeterChange, ...] = (MeterChange(0, 4),)
    sections: tuple[Section, ...] = ()
    title: str = ""
    key: str = ""
    style: str = "swing"
    composer: str = ""
    tempo: float | None = None
    _chord_ticks: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _bar_ticks: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check(self.length > 0, f"a progression must be longer than 0 ticks, received {self.length}")
        _check_timeline("chord", [c.tick for c in self.chords], self.length)
        _check_timeline("meter", [m.tick for m in self.meters], self.length)
        _check_rising("section", [s.tick for s in self.sections], self.length)
        object.__setattr__(self, "_chord_ticks", tuple(c.tick for c in self.chords))
        object.__setattr__(self, "_bar_ticks", tuple(self._find_bars()))

    def _find_bars(self) -> Iterator[int]:
        ends = [m.tick for m in self.meters[1:]] + [self.length]
        for meter, end in zip(self.meters, ends, strict=True):
            yield from range(meter.tick, end, meter.beats * TICKS_PER_BEAT)
        last = self.meters[-1]
        _check(
            (self.length - last.tick) % (last.beats * TICKS_PER_BEAT) == 0,
            f"a progression must end on a bar line: {self.length} ticks are not whole {last.signature} bars",
        )

    @property
    def bar_ticks(self) -> tuple[int, ...]:
        """The tick of every bar line, the final one excepted."""
        return self._bar_ticks

    def bar_at(self, tick: int) -> int:
        """The number of the bar (from 0) that holds `tick`; past the end, of the last bar."""
        return max(bisect_right(self._bar_ticks, tick) - 1, 0)

    def bar_start(self, tick: int) -> int:
        """The tick of the bar line at or before `tick`."""
        return self._bar_ticks[self.bar_at(tick)]

    def beats_at(self, tick: int) -> int:
        """How many beats a bar has at `tick`."""
        return self.meter_at(tick).beats

    def meter_at(self, tick: int) -> MeterChange:
        """The meter that holds at `tick`."""
        return self.meters[max(bisect_right([m.tick for m in self.meters], tick) - 1, 0)]

    def chord_index(self, tick: int) -> int:
        """Which of `chords` sounds at `tick`; past the end, the last."""
        return max(bisect_right(self._chord_ticks, tick) - 1, 0)

    def chord_at(self, tick: int) -> ChordChange:
        """The chord that sounds at `tick`; past the end, the last."""
        return self.chords[self.chord_index(tick)]

    def between(self, start: int, end: int) -> Progression:
        """The part from the bar line at tick `start` to that at `end`."""
        chords = [replace(c, tick=c.tick - start) for c in self.chords if start < c.tick < end]
        meters = [replace(m, tick=m.tick - start) for m in self.meters if start < m.tick < end]
        meter = self.meters[bisect_right([m.tick for m in self.meters], start) - 1]
        return replace(
            self,
            chords=(replace(self.chord_at(start), tick=0), *chords),
            meters=(replace(meter, tick=0), *meters),
            sections=tuple(replace(s, tick=s.tick - start) for s in self.sections if start <= s.tick < end),
            length=end - start,
        )

    def repeat(self, choruses: int) -> Progression:
        """The form played `choruses` times."""
        _check(choruses >= 1, f"choruses must be at least 1, received {choruses}")
        starts = range(0, choruses * self.length, self.length)
        return replace(
            self,
            chords=tuple(chord for start in starts for chord in _moved(self.chords, start)),
            meters=_where_changed([meter for start in starts for meter in _moved(self.meters, start)]),
            sections=tuple(section for start in starts for section in _moved(self.sections, start)),
            length=self.length * choruses,
        )

    def shifted(self, ticks: int, beats: int = 0) -> Progression:
        """The form after `ticks` without a chord, in bars of `beats` (0: as its own first bar has)."""
        before = self.meters[0].of_beats(beats or self.meters[0].beats)
        return replace(
            self,
            chords=(ChordChange(0, NO_CHORD), *_moved(self.chords, ticks)),
            meters=_where_changed([before, *_moved(self.meters, ticks)]),
            sections=_moved(self.sections, ticks),
            length=self.length + ticks,
        )

    def scaled(self, factor: float) -> Progression:
        """The form with every tick multiplied: by 2, each bar becomes two bars of the same meter."""
        return replace(
            self,
            chords=_moved(self.chords, factor=factor),
            meters=_moved(self.meters, factor=factor),
            sections=_moved(self.sections, factor=factor),
            length=int(self.length * factor),
        )


def chorus_at(tick: int, starts: Sequence[int]) -> int:
    """Which chorus, from 0, is played at `tick`; before the first of `starts` it is the first."""
    return max(bisect_right(starts, tick) - 1, 0)


def _check_rising(what: str, ticks: list[int], length: int) -> None:
    _check(
        all(a < b for a, b in pairwise(ticks)),
        f"{what} ticks must rise, received {ticks[:8]}",
    )
    _check(
        not ticks or ticks[-1] < length, f"the last {what} stands at {ticks[-1:]}, after the end at {length}"
    )


def _check_timeline(what: str, ticks: list[int], length: int) -> None:
    _check(bool(ticks) and ticks[0] == 0, f"the first {what} must stand at tick 0, received {ticks[:1]}")
    _check_rising(what, ticks, length)


@dataclass(frozen=True, slots=True)
class Solo:
    """A monophonic line over a progression: its notes neither overlap nor reach past the progression's end.

    `tempo` is in beats of the first meter a minute: quarter notes as the MIDI file has them, in 6/8 dotted
    quarters. It holds throughout: where meters change, a quarter stays as long as it was. With `double_time`,
    for beats of a quarter only, one beat of the file is two beats (24 ticks) here, one bar two bars, chords
    and form alike; writing undoes it.
    """

    notes: tuple[Note, ...]
    progression: Progression
    tempo: float = 120.0
    title: str = ""
    player: str = ""
    instrument: str = "tenor-sax"
    double_time: bool = False

    def __post_init__(self) -> None:
        _check(self.tempo > 0, f"a solo's tempo must be above 0, received {self.tempo}")
        for before, after in pairwise(self.notes):
            if before.onset >= after.onset or before.onset + before.duration > after.onset:
                raise OptionError(
                    f"a solo is one voice, but the note at {before.onset} sounds into that at {after.onset}"
                )
        end = self.notes[-1].end if self.notes else 0
        _check(
            not (self.double_time and any(meter.beat_quarters != 1 for meter in self.progression.meters)),
            "a solo in double time needs beats of a quarter note",
        )
        _check(
            end <= self.progression.length,
            f"the last note ends at {end}, after the form at {self.progression.length}",
        )

    @property
    def time_scale(self) -> int:
        """Beats of the grid in a beat of the file: 1, in double time 2."""
        return 2 if self.double_time else 1

    @property
    def grid_beat(self) -> int:
        """Ticks of the grid in a beat of the file: 12, in double time 24."""
        return TICKS_PER_BEAT * self.time_scale

    @property
    def grid_tempo(self) -> float:
        """Beats of the grid a minute."""
        return self.tempo * self.time_scale


@dataclass(frozen=True, slots=True)
class Part:
    """One track of an arrangement: `program`, `volume`, `pan`, `room` 0..127, `channel` 0..15 (9 = drums).

    `low` and `high` bound its pitches when the part is transposed; `room` is how much goes to the reverb.
    """

    name: str
    program: int
    channel: int
    notes: tuple[Note, ...]
    volume: int = 100
    pan: int = 64
    low: int = 0
    high: int = 127
    room: int = 40  # what synthesizers take where a file says nothing

    def __post_init__(self) -> None:
        _check(0 <= self.program <= 127, f"{self.name}: program must be in 0..127, received {self.program}")
        _check(0 <= self.channel <= 15, f"{self.name}: channel must be in 0..15, received {self.channel}")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A solo and its accompaniment; `recipe` is the command line that makes the same file again."""

    solo: Solo
    parts: tuple[Part, ...] = ()
    recipe: str = ""
