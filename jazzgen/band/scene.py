"""What a player sees while playing: the form, the style and the tempo, and what the soloist does.

A `Scene` answers the questions that a rhythm section asks: which bar is this, does it open a chorus or close
a section, how far has the piece grown, is the soloist busy here, resting, or low. Ticks are the file's, 12 a
beat, also under a solo that was read in double time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from jazzgen.errors import OptionError
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression, Solo

__all__ = ["BEAT", "OFF", "UP_TEMPO", "Bar", "Scene", "Span", "choose_style", "groups"]

BEAT = TICKS_PER_BEAT
OFF = BEAT // 2  # the "and" of a beat

UP_TEMPO = 230.0  # beats a minute from which swing is played as up-tempo swing
TWO_FEEL_BELOW = 210.0  # faster, a bass in halves would no longer be calm
SHORTEST_CHORUS = 8  # bars: a vamp of four bars is not a chorus yet
REST = BEAT + OFF  # a silence of the soloist this long can be answered
BREATH = OFF  # ... but not before this much of it has passed: the note before still rings


class Span(NamedTuple):
    """A chord and the ticks for which it sounds inside one bar."""

    start: int
    end: int
    chord: Chord

    @property
    def duration(self) -> int:
        """Ticks."""
        return self.end - self.start


class Bar(NamedTuple):
    """One bar: `number` from 0, `start` in ticks, `beats`, and its place in chorus and section, from 0."""

    number: int
    start: int
    beats: int
    chorus: int
    section: int
    opens_chorus: bool
    opens_section: bool
    closes_section: bool
    last: bool
    spans: tuple[Span, ...]  # none where there is no chord

    @property
    def end(self) -> int:
        """The tick of the next bar line."""
        return self.start + self.beats * BEAT


@dataclass(frozen=True)
class Scene:
    """The stage: everything that a player may look at.

    `solo` has the soloist's notes in the file's ticks, `style` is one of `harmony.STYLES`, `tempo` in quarter
    notes a minute. `ending` is "hold", "break" (see `ends_with_break`) or "none": the time goes on.
    `choruses` is how often the form is played; 0 is to find out.
    """

    form: Progression
    style: str
    solo: tuple[Note, ...]
    tempo: float
    ending: str = "hold"
    choruses: int = 0
    bars: tuple[Bar, ...] = field(init=False)
    _onsets: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        period = len(self.form.bar_ticks) // self.choruses if self.choruses else _bars_a_chorus(self.form)
        object.__setattr__(self, "bars", _bars(self.form, period))
        object.__setattr__(self, "choruses", self.bars[-1].chorus + 1)
        object.__setattr__(self, "_onsets", tuple(note.onset for note in self.solo))

    @classmethod
    def of(cls, solo: Solo, style: str | None = None, ending: str = "hold", choruses: int = 0) -> Scene:
        """The scene around `solo`; `style` None is the progression's own."""
        form, notes = solo.progression, solo.notes
        if solo.double_time:
            form = _as_in_file(form)
            notes = tuple(
                replace(note, onset=note.onset // 2, duration=max(note.duration // 2, 1)) for note in notes
            )
        played = choose_style(style or form.style, solo.tempo)
        return cls(form, played, notes, solo.tempo, ending, choruses)

    # ------------------------------------------------------------------------------------------- the form

    def chord_at(self, tick: int) -> Chord | None:
        """The chord that sounds at `tick`."""
        return parse_chord(self.form.chord_at(tick).symbol)

    def in_two(self, bar: Bar) -> bool:
        """Whether `bar` is played in a calm two: the first chorus of several, and ballads throughout."""
        if self.style == "ballad":
            return True
        calm = self.style in ("swing", "waltz") and self.tempo < TWO_FEEL_BELOW
        return calm and self.choruses > 1 and bar.chorus == 0

    def contrasts(self, bar: Bar) -> bool:
        """Whether `bar` stands in a section of another name than the first: a bridge wants another color."""
        sections = self.form.sections
        return bar.section >= 0 and sections[bar.section].name != sections[0].name

    def heat(self, bar: Bar) -> float:
        """How much is going on, 0..1: each chorus more than the one before, a bridge a little more."""
        grown = bar.chorus / (self.choruses - 1) if self.choruses > 1 else 0.5
        return min(0.25 + 0.6 * grown + 0.15 * self.contrasts(bar), 1.0)

    def ends(self, bar: Bar) -> bool:
        """Whether the band plays its last chord in `bar` and holds it."""
        return bar.last and self.ending != "none"

    def ends_with_break(self, bar: Bar) -> bool:
        """Whether `bar` is the one before the last and the band stops in it, so that the last one lands."""
        return self.ending == "break" and bar.number == len(self.bars) - 2

    # ------------------------------------------------------------------------------------------- the soloist

    def business(self, start: int, end: int) -> float:
        """The soloist's onsets a beat from `start` to `end`."""
        onsets = bisect_left(self._onsets, end) - bisect_left(self._onsets, start)
        return onsets * BEAT / max(end - start, 1)

    def rests_at(self, tick: int) -> bool:
        """Whether the soloist is silent at `tick`, has been for a moment, and long enough for an answer."""
        after = bisect_right(self._onsets, tick)
        silent_from = self.solo[after - 1].end if after else -BREATH
        silent_to = self.solo[after].onset if after < len(self.solo) else self.form.length
        return silent_from + BREATH <= tick < silent_to and silent_to - silent_from >= REST

    def low_register(self, tick: int, reach: int = 4 * BEAT) -> int | None:
        """The lower quarter of the pitches that the soloist plays around `tick`; None where it is silent."""
        near = self.solo[bisect_left(self._onsets, tick - reach) : bisect_left(self._onsets, tick + reach)]
        return sorted(note.pitch for note in near)[len(near) // 4] if near else None


def choose_style(style: str, tempo: float) -> str:
    """`style` as it is played at `tempo`; raises `OptionError` for an unknown one."""
    if style not in STYLES:
        raise OptionError(f"unknown style {style!r}; known are {', '.join(STYLES)}")
    return "up-tempo" if style == "swing" and tempo >= UP_TEMPO else style


def groups(beats: int) -> list[int]:
    """How a bar is felt: twos, with a three where the beats are odd: 4 = 2 + 2, 5 = 3 + 2, 7 = 2 + 2 + 3."""
    if beats < 4:
        return [beats]
    if beats == 5:
        return [3, 2]
    return [2] * (beats // 2 - beats % 2) + [3] * (beats % 2)


def _as_in_file(form: Progression) -> Progression:
    """A double-time form as the file has it: two of its bars are one."""
    return replace(
        form,
        chords=tuple(replace(chord, tick=chord.tick // 2) for chord in form.chords),
        meters=tuple(replace(meter, tick=meter.tick // 2) for meter in form.meters),
        sections=tuple(replace(section, tick=section.tick // 2) for section in form.sections),
        length=form.length // 2,
    )


def _bars(form: Progression, period: int) -> tuple[Bar, ...]:
    """The bars of `form`, of which `period` are a chorus."""
    edges = [*form.bar_ticks, form.length]
    sections = [section.tick for section in form.sections]
    bars = []
    for number, (start, end) in enumerate(pairwise(edges)):
        bars.append(
            Bar(
                number,
                start,
                (end - start) // BEAT,
                chorus=number // period,
                section=bisect_right(sections, start) - 1,
                opens_chorus=number % period == 0,
                opens_section=start in sections or number % period == 0,
                closes_section=end in sections or (number + 1) % period == 0,
                last=end == form.length,
                spans=_spans(form, start, end),
            )
        )
    return tuple(bars)


def _spans(form: Progression, start: int, end: int) -> tuple[Span, ...]:
    found = ((begin, stop, parse_chord(symbol)) for begin, stop, symbol in _symbols(form, start, end))
    return tuple(Span(begin, stop, chord) for begin, stop, chord in found if chord is not None)


def _symbols(form: Progression, start: int, end: int) -> list[tuple[int, int, str]]:
    """(start, end, symbol) of what stands between two ticks."""
    first, last = form.chord_index(start), form.chord_index(end - 1)
    edges = [start, *(change.tick for change in form.chords[first + 1 : last + 1]), end]
    return [(begin, stop, form.chords[first + k].symbol) for k, (begin, stop) in enumerate(pairwise(edges))]


def _bars_a_chorus(form: Progression) -> int:
    """After how many bars everything returns; all bars where nothing does.

    A solo's progression is its form several times over and does not say how often.
    """
    names = {section.tick: section.name for section in form.sections}
    bars = [
        (
            end - start,
            names.get(start),
            [(begin - start, symbol) for begin, _, symbol in _symbols(form, start, end)],
        )
        for start, end in pairwise([*form.bar_ticks, form.length])
    ]
    for period in range(min(SHORTEST_CHORUS, len(bars)), len(bars)):
        if len(bars) % period == 0 and bars[period:] == bars[:-period]:
            return period
    return len(bars)
