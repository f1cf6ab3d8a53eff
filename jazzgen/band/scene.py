"""The context of an accompaniment part: the form, the style, the tempo and the soloist's notes.

A `Scene` has the bars with their place in chorus and section, the intensity of each, and the soloist's onset
density, rests and register. Ticks are 12 to a beat of the file, also under a solo that was read in double
time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jazzgen.band.listening import Heard, listen
from jazzgen.charts.plan import DRUMS, HEAD, INTRO, SHOUT, SOLO, Passage, own_name
from jazzgen.errors import OptionError
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression, Solo, chorus_at

BEAT = TICKS_PER_BEAT
OFF = BEAT // 2  # the "and" of a beat

EVEN_STYLES = ("bossa", "samba", "straight")
UP_TEMPO = 230.0  # beats a minute from which swing is played as up-tempo swing
TWO_FEEL_BELOW = 210.0  # faster, half notes in the bass are no longer calm
SHORTEST_CHORUS = 8  # bars: a vamp of four bars is not a chorus yet
ANSWERED_SILENCE = BEAT + OFF  # a silence of the soloist this long can be answered
FOLLOWED = 2.2  # decibels for a standard deviation of the solo's energy
GROWN = {INTRO: 0.1, HEAD: 0.15, SHOUT: 1.0}  # how much the band has grown in passages of a plan
RINGING = OFF  # ... but not before this much of it has passed: the note before still rings


class Span(NamedTuple):
    """A chord and the ticks for which it sounds inside one bar."""

    start: int
    end: int
    chord: Chord

    @property
    def duration(self) -> int:
        """Ticks."""
        return self.end - self.start


class FormBar(NamedTuple):
    """One bar of a form: `number` from 0, `start` in ticks, and its place in chorus and section, from 0."""

    number: int
    start: int
    beats: int
    chorus: int
    section: int
    opens_chorus: bool
    opens_section: bool
    closes_section: bool
    last: bool
    spans: tuple[Span, ...]  # none for N.C., and where the drums play alone
    part: str = ""  # what the plan of the arrangement has here, a kind of `charts.plan`; none without a plan

    @property
    def end(self) -> int:
        """The tick of the next bar line."""
        return self.start + self.beats * BEAT


@dataclass(frozen=True)
class Scene:
    """Everything that an accompaniment part depends on.

    `solo` has the soloist's notes in the file's ticks, `style` is one of `progressions.STYLES`, `tempo` in
    beats a minute. `ending` is "hold", "break" (see `ends_with_break`) or "none": no ending.
    `choruses` is how often the form is played; 0 finds the shortest period of the chords. `starts` are the
    ticks at which they begin, where an intro comes before or the last is not as long as the others. `turns`
    are what the plan of the arrangement has where (`Planned.turns`); `riff` chooses that of a shout chorus.
    """

    form: Progression
    style: str
    solo: tuple[Note, ...]
    tempo: float
    ending: str = "hold"
    choruses: int = 0
    starts: tuple[int, ...] = ()
    turns: tuple[Passage, ...] = ()
    riff: int = 0
    bars: tuple[FormBar, ...] = field(init=False)
    changes: frozenset[int] = field(init=False, repr=False)  # the ticks at which chords begin
    heard: Heard = field(init=False, repr=False)
    _names: tuple[str, ...] = field(init=False, repr=False)  # of sections, as the form has them
    _first_name: str = field(init=False, repr=False)
    _middles: tuple[float, ...] = field(init=False, repr=False)
    _onsets: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = self.starts
        if not starts:
            bars = self.form.bar_ticks
            starts = bars[:: len(bars) // self.choruses if self.choruses else _bars_a_chorus(self.form)]
        object.__setattr__(self, "bars", _bars(self.form, starts, self.turns))
        object.__setattr__(self, "choruses", self.bars[-1].chorus + 1)
        object.__setattr__(self, "changes", frozenset(change.tick for change in self.form.chords))
        sections = self.form.sections
        names = tuple(own_name(part.name) if self.turns else part.name for part in sections)
        of_form = [n for part, n in zip(sections, names, strict=True) if n and part.tick >= starts[0]]
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_first_name", next(iter([*of_form, *names]), ""))
        heard = listen(self.solo, [(bar.start, bar.end) for bar in self.bars])
        object.__setattr__(self, "heard", heard)
        object.__setattr__(self, "_middles", tuple((bar.start + bar.end) / 2 for bar in self.bars))
        object.__setattr__(self, "_onsets", tuple(note.onset for note in self.solo))

    @classmethod
    def of(
        cls,
        solo: Solo,
        ending: str = "hold",
        choruses: int = 0,
        starts: Sequence[int] = (),
        turns: Sequence[Passage] = (),
    ) -> Scene:
        """The scene of a solo, in the style of its progression.

        Parameters
        ----------
        solo
            Also one that was read in double time.
        ending, choruses, starts, turns
            As `Scene` has them; `starts` and `turns` in the solo's own ticks.

        Returns
        -------
        Scene
            In the file's ticks.

        """
        scale = solo.time_scale
        notes = tuple(
            replace(note, onset=note.onset // scale, duration=max(note.duration // scale, 1))
            for note in solo.notes
        )
        form = solo.progression.scaled(1 / scale)
        tops = tuple(tick // scale for tick in starts)
        parts = tuple(Passage(turn.word, turn.start // scale, turn.end // scale) for turn in turns)
        style = choose_style(form.style, solo.tempo)
        return cls(form, style, notes, solo.tempo, ending, choruses, tops, parts)

    def chord_at(self, tick: int) -> Chord | None:
        """The chord that sounds at `tick`."""
        return parse_chord(self.form.chord_at(tick).symbol)

    def in_two(self, bar: FormBar) -> bool:
        """Whether `bar` is played in a two-feel: heads and what leads to one, without heads the first chorus
        of several; ballads throughout.
        """
        if self.style == "ballad":
            return True
        calm = self.style in ("swing", "waltz") and self.tempo < TWO_FEEL_BELOW
        if any(turn.kind == HEAD for turn in self.turns):
            return calm and bar.part in (INTRO, HEAD)
        return calm and self.choruses > 1 and bar.chorus == 0 and bar.part in ("", INTRO, SOLO)

    def contrasts(self, bar: FormBar) -> bool:
        """Whether `bar` is in a contrasting section, of another name than the first: a bridge."""
        return bar.section >= 0 and self._names[bar.section] not in ("", self._first_name)

    def intensity(self, bar: FormBar) -> float:
        """The intensity 0..1, which rises from chorus to chorus and a little in a bridge."""
        grown = bar.chorus / (self.choruses - 1) if self.choruses > 1 else 0.5
        grown = GROWN.get(bar.part, grown)
        return min(0.25 + 0.6 * grown + 0.15 * self.contrasts(bar), 1.0)

    @property
    def phrase_ends(self) -> tuple[int, ...]:
        """The ticks at which the soloist's phrases end that leave room for an answer."""
        return self.heard.phrase_ends

    def prepares_peak(self, bar: FormBar) -> bool:
        """Whether the bar after `bar` is a peak of the solo."""
        return bar.number + 1 in self.heard.peaks

    def closes_chorus(self, bar: FormBar) -> bool:
        """Whether `bar` is the last of its chorus."""
        return bar.last or self.bars[bar.number + 1].opens_chorus

    def lift(self, tick: int) -> float:
        """How much louder than usual the band plays at `tick` to follow the soloist, in decibels."""
        return FOLLOWED * float(np.interp(tick, self._middles, self.heard.energy))

    def alone(self, bar: FormBar) -> bool:
        """Whether the drums play alone in `bar`."""
        return bar.part == DRUMS

    def ends(self, bar: FormBar) -> bool:
        """Whether the band plays its last chord in `bar` and holds it."""
        return bar.last and self.ending != "none"

    def ends_with_break(self, bar: FormBar) -> bool:
        """Whether the band stops in `bar`, the one before the last, for a break."""
        return self.ending == "break" and bar.number == len(self.bars) - 2

    def onset_density(self, start: int, end: int) -> float:
        """The soloist's onsets a beat from `start` to `end`."""
        onsets = bisect_left(self._onsets, end) - bisect_left(self._onsets, start)
        return onsets * BEAT / max(end - start, 1)

    def rests_at(self, tick: int) -> bool:
        """Whether the soloist is silent at `tick`, has been for a moment, and long enough for an answer."""
        after = bisect_right(self._onsets, tick)
        silent_from = self.solo[after - 1].end if after else -RINGING
        silent_to = self.solo[after].onset if after < len(self.solo) else self.form.length
        return silent_from + RINGING <= tick < silent_to and silent_to - silent_from >= ANSWERED_SILENCE

    def notes_between(self, start: int, end: int) -> tuple[Note, ...]:
        """The soloist's notes that begin from `start` on, before `end`."""
        return self.solo[bisect_left(self._onsets, start) : bisect_left(self._onsets, end)]

    def lowest_pitch(self, start: int, end: int) -> int | None:
        """The soloist's lowest pitch that sounds from `start` to `end`; None in silence."""
        first = max(bisect_right(self._onsets, start) - 1, 0)
        sounding = self.solo[first : bisect_left(self._onsets, end)]
        return min((note.pitch for note in sounding if note.end > start), default=None)

    def classes_at(self, start: int, end: int) -> int:
        """The soloist's pitch classes from `start` to `end`, as bits; passing notes are left out."""
        last = bisect_left(self._onsets, end)
        found = 0
        for note in self.solo[max(bisect_right(self._onsets, start) - 1, 0) : last]:
            if note.end > start and note.duration >= OFF:
                found |= 1 << note.pitch % 12
        return found

    def low_register(self, tick: int, reach: int = 4 * BEAT) -> int | None:
        """The lower quartile of the soloist's pitches around `tick`; None where it is silent."""
        near = self.solo[bisect_left(self._onsets, tick - reach) : bisect_left(self._onsets, tick + reach)]
        return sorted(note.pitch for note in near)[len(near) // 4] if near else None


def choose_style(style: str, tempo: float) -> str:
    """`style` as it is played at `tempo`; raises `OptionError` for an unknown one."""
    if style not in STYLES:
        raise OptionError(f"unknown style {style!r}; known are {', '.join(STYLES)}")
    return "up-tempo" if style == "swing" and tempo >= UP_TEMPO else style


def groups(beats: int) -> list[int]:
    """The metric groups of a bar, in beats: 4 = 2 + 2, 5 = 3 + 2, 7 = 2 + 2 + 3."""
    if beats < 4:
        return [beats]
    if beats == 5:
        return [3, 2]
    return [2] * (beats // 2 - beats % 2) + [3] * (beats % 2)


def _bars(form: Progression, starts: Sequence[int], turns: Sequence[Passage]) -> tuple[FormBar, ...]:
    """The bars of `form`, whose choruses begin at the ticks `starts`, with what the plan has in each."""
    sections = [section.tick for section in form.sections]
    tops = set(starts)
    begins = [turn.start for turn in turns]
    parts = {start: turns[bisect_right(begins, start) - 1].kind for start in form.bar_ticks if turns}
    if parts.get(form.bar_ticks[-1]) == DRUMS:  # the last bar is everybody's
        parts[form.bar_ticks[-1]] = SOLO
    return tuple(
        FormBar(
            number,
            start,
            (end - start) // BEAT,
            chorus=chorus_at(start, starts),
            section=bisect_right(sections, start) - 1,
            opens_chorus=start in tops,
            opens_section=start in sections or start in tops,
            closes_section=end in sections or end in tops or end == form.length,
            last=end == form.length,
            spans=() if parts.get(start) == DRUMS else _spans(form, start, end),
            part=parts.get(start, ""),
        )
        for number, (start, end) in enumerate(pairwise([*form.bar_ticks, form.length]))
    )


def _spans(form: Progression, start: int, end: int) -> tuple[Span, ...]:
    found = ((begin, stop, parse_chord(symbol)) for begin, stop, symbol in _symbols(form, start, end))
    return tuple(Span(begin, stop, chord) for begin, stop, chord in found if chord is not None)


def _symbols(form: Progression, start: int, end: int) -> list[tuple[int, int, str]]:
    """(start, end, symbol) of the chords between two ticks."""
    first, last = form.chord_index(start), form.chord_index(end - 1)
    edges = [start, *(change.tick for change in form.chords[first + 1 : last + 1]), end]
    return [(begin, stop, form.chords[first + k].symbol) for k, (begin, stop) in enumerate(pairwise(edges))]


def _bars_a_chorus(form: Progression) -> int:
    """The period of the form in bars: after it chords and sections repeat. All bars where nothing repeats.

    A solo's progression is its form several times over, without the number of choruses.
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
