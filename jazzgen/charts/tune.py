"""A chart as it is played: `Tune` has the form that choruses are made of, the intro and the last chorus.

`make_tune` checks every symbol of a chart before anything is made, finds the playing order and converts
places in bars to ticks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace

from jazzgen.charts.order import Order, find_order, is_intro
from jazzgen.charts.styles import means, read_style, usual_tempo
from jazzgen.charts.written import Chart, WrittenBar, WrittenChord, WrittenNote
from jazzgen.errors import ChordError, OptionError, ProgressionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import key_name, read_key
from jazzgen.music.meters import read_meter
from jazzgen.music.pitch import NOTE, fold, place_of
from jazzgen.music.progressions import STYLES, usual_style
from jazzgen.music.score import (
    MAX_BARS,
    NO_CHORD,
    TICKS_PER_BEAT,
    ChordChange,
    MeterChange,
    Note,
    Progression,
    Section,
)

FORMS = ("form", "full", "written")
UNKNOWN = ("hold", "nc", "triad")  # how a symbol that is none can be read
SLOWEST, FASTEST = 20.0, 400.0  # beats a minute that a chart can ask for


@dataclass(frozen=True, slots=True)
class Tune:
    """What a chart says to play.

    `form` is one chorus; the `intro` comes before the first, and `last` is the last chorus where that is not
    as the form: it leaves for an outro coda or stops at END. `melody` are the notes of the head over the
    form, `last_melody` over the last chorus; none where the chart has none. `style` is the chart's own word
    for it, `title` its own, empty where it has none. `warnings` are a sentence each: what was assumed.
    """

    form: Progression
    intro: Progression | None = None
    last: Progression | None = None
    title: str = ""
    style: str = ""
    warnings: tuple[str, ...] = ()
    melody: tuple[Note, ...] = ()
    last_melody: tuple[Note, ...] = ()

    @property
    def full(self) -> Progression:
        """Once through with everything: intro, form, and the outro coda or the stop at END."""
        return self.played(1)

    def played(self, choruses: int) -> Progression:
        """The intro, then the form `choruses` times, the last of them as the last chorus."""
        parts = [] if self.intro is None else [self.intro]
        return joined([*parts, *[self.form] * (choruses - 1), self.last or self.form])

    def in_style(self, style: str) -> Tune:
        """The tune in another style, one of `progressions.STYLES`."""
        return self.changed(lambda part: replace(part, style=style))

    def without_melody(self) -> Tune:
        """The tune as chords alone."""
        return replace(self, melody=(), last_melody=())

    def changed(self, change: Callable[[Progression], Progression]) -> Tune:
        """The tune with all its parts changed in the same way."""
        intro, last = (part and change(part) for part in (self.intro, self.last))
        return replace(self, form=change(self.form), intro=intro, last=last)

    def starts(self, choruses: int) -> tuple[int, ...]:
        """The ticks at which so many choruses begin."""
        first = 0 if self.intro is None else self.intro.length
        return tuple(first + k * self.form.length for k in range(choruses))


def joined(parts: Sequence[Progression]) -> Progression:
    """Progressions one behind the other, with what the last of them says besides."""
    chords: list[ChordChange] = []
    meters: list[MeterChange] = []
    sections: list[Section] = []
    start = 0
    for part in parts:
        chords += (replace(change, tick=change.tick + start) for change in part.chords)
        meters += (replace(change, tick=change.tick + start) for change in part.meters)
        sections += (replace(section, tick=section.tick + start) for section in part.sections)
        start += part.length
    return replace(
        parts[-1],
        chords=tuple(chords),
        meters=tuple(
            now for k, now in enumerate(meters) if not k or now.signature != meters[k - 1].signature
        ),
        sections=tuple(sections),
        length=start,
    )


def merged(chords: Sequence[ChordChange]) -> Iterator[ChordChange]:
    """The chords where they change: neighbours with the same symbol are one."""
    last = ""
    for change in chords:
        if change.symbol != last:
            yield change
        last = change.symbol


def make_tune(chart: Chart, *, form: str = "form", unknown: str = "") -> Tune:
    """The tune of a `chart`.

    Parameters
    ----------
    chart
        As a reader gives it.
    form
        One of `FORMS`: the form alone, with intro and outro coda, or the bars once as they are written.
    unknown
        One of `UNKNOWN`, for symbols that are no chords; empty: they are errors.

    Returns
    -------
    Tune
        Its warnings begin with the reader's own.

    Raises
    ------
    ProgressionError, ChordError
        For what cannot be played, with the bar where it stands.

    """
    if form not in FORMS:
        raise OptionError(f"form must be one of {', '.join(FORMS)}, received {form!r}")
    warnings = list(chart.warnings)
    bars = _in_full(_checked(chart.bars, unknown, warnings))
    if form == "written" or chart.as_written:
        order = Order(tuple(k for k, bar in enumerate(bars) if not bar.pickup))
        if not 0 < len(order.form) <= MAX_BARS:
            raise ProgressionError(f"it has {len(order.form)} bars; 1 to {MAX_BARS} can be played")
    else:
        order = find_order(bars, chart.keeps_intro)
    outro = set(order.last or ()).difference(order.form)
    make = _Maker(bars, _head(chart, bars, order, warnings), chart.melody, outro)
    intro = make(order.intro) if order.intro and form == "full" else None
    last = make(order.last) if order.last is not None and form == "full" else None
    chorus = make(order.form)
    said = (chorus.title, chart.style, (*warnings, *order.warnings))
    last_bars = order.form if last is None or order.last is None else order.last
    return Tune(chorus, intro, last, *said, make.melody(order.form), make.melody(last_bars))


# ------------------------------------------------------------------------------------------------ symbols


def _checked(bars: Sequence[WrittenBar], unknown: str, warnings: list[str]) -> list[WrittenBar]:
    """`bars` with symbols that are all chords; each symbol is read once."""
    known: dict[str, str | None] = {}
    result = []
    for index, bar in enumerate(bars):
        for _, symbol in bar.chords:
            if symbol not in known:
                known[symbol] = _known_symbol(symbol, bar.number or index + 1, unknown, warnings)
        if all(known[symbol] == symbol for _, symbol in bar.chords):
            result.append(bar)
            continue
        taken = [(place, known[symbol]) for place, symbol in bar.chords]
        chords = tuple(WrittenChord(place, symbol) for place, symbol in taken if symbol is not None)
        result.append(replace(bar, chords=chords))
    return result


def _known_symbol(symbol: str, number: int, unknown: str, warnings: list[str]) -> str | None:
    """`symbol` where it is a chord, else what `unknown` makes of it; None: the chord before goes on."""
    try:
        chord = parse_chord(symbol, f"bar {number}")
    except ChordError:
        if not unknown:
            raise
        if unknown not in UNKNOWN:
            raise OptionError(f"unknown must be one of {', '.join(UNKNOWN)}, received {unknown!r}") from None
        root = re.match(rf"({NOTE})(-|mi|m(?!a))?", symbol)
        taken = {"hold": None, "nc": NO_CHORD}.get(
            unknown, f"{root[1]}{'m' * bool(root[2])}" if root else None
        )
        what = "the chord before" if taken is None else taken
        warnings.append(f"bar {number}: unknown chord symbol {symbol[:40]!r} is read as {what}")
        return taken
    return symbol if chord else NO_CHORD


# ------------------------------------------------------------------------------------------- bars to ticks


def _in_full(bars: Sequence[WrittenBar]) -> list[WrittenBar]:
    """`bars` each with its meter."""
    meter = next((bar.meter for bar in bars if bar.meter), "4/4")
    result = []
    for bar in bars:
        meter = bar.meter or meter
        result.append(bar if bar.meter else replace(bar, meter=meter))
    return result


class _Maker:
    """Makes progressions of some of `bars`, with what `head` says besides, and the notes over them."""

    def __init__(
        self,
        bars: Sequence[WrittenBar],
        head: dict[str, str | float | None],
        melody: Sequence[WrittenNote] = (),
        outro: Set[int] = frozenset(),
    ) -> None:
        self.bars, self.head, self.outro = bars, head, outro
        self.notes: dict[int, list[WrittenNote]] = {}
        for note in melody:
            self.notes.setdefault(note.bar, []).append(note)
        self.sounding: list[str] = []  # at each bar line, as the bars are written
        self.inside: list[str] = []  # the section in which each bar stands; none for an intro
        symbol, name = NO_CHORD, ""
        for bar in bars:
            self.sounding.append(symbol)
            name = bar.section or name
            self.inside.append("" if is_intro(name) else name)
            symbol = bar.chords[-1].symbol if bar.chords else symbol
        self.meters = {text: read_meter(text) for text in {bar.meter for bar in bars}}

    def __call__(self, numbers: Sequence[int]) -> Progression:
        chords = [ChordChange(0, self.sounding[numbers[0]])]
        meters: list[MeterChange] = []
        sections: list[Section] = []
        tick, before = 0, None
        for number in numbers:
            bar = self.bars[number]
            meter = self.meters[bar.meter]
            if not meters or meters[-1].signature != meter.signature:
                meters.append(replace(meter, tick=tick))
            name = bar.section
            if not name and bar.coda:
                name = "Coda" if number in self.outro else ""
            elif not name and before not in (None, number - 1):  # a jump into a section
                name = self.inside[number] if sections and sections[-1].name != self.inside[number] else ""
            before = number
            if name:
                sections.append(Section(tick, name))
            length = meter.beats * TICKS_PER_BEAT
            for place, symbol in bar.chords:
                at = tick + min(int(place * length + 0.5), length - 1)
                if chords[-1].tick == at:
                    chords.pop()  # closer than a tick: the later one goes on
                chords.append(ChordChange(at, symbol))
            tick += length
        return Progression(
            tuple(merged(chords)),
            tick,
            tuple(meters),
            tuple(sections),
            **self.head,  # type: ignore[arg-type]
        )

    def melody(self, numbers: Sequence[int]) -> tuple[Note, ...]:
        """The notes over these bars as one voice: each ends where the next begins, at the latest."""
        found: list[Note] = []
        tick = 0
        for number in numbers if self.notes else ():
            length = self.meters[self.bars[number].meter].beats * TICKS_PER_BEAT
            for note in sorted(self.notes.get(number, ()), key=lambda note: note.place):
                onset = tick + min(int(note.place * length + 0.5), length - 1)
                if found and found[-1].onset == onset:
                    found.pop()
                if found and found[-1].end > onset:
                    found[-1] = replace(found[-1], duration=onset - found[-1].onset)
                found.append(Note(onset, max(int(note.length * length + 0.5), 1), note.pitch))
            tick += length
        if found and found[-1].end > tick:
            found[-1] = replace(found[-1], duration=tick - found[-1].onset)
        return tuple(found)


# --------------------------------------------------------------------------------- what is said of it besides


def _head(
    chart: Chart, bars: Sequence[WrittenBar], order: Order, warnings: list[str]
) -> dict[str, str | float | None]:
    """Title, key, style and the other fields of a progression."""
    meters = [read_meter(text) for text in dict.fromkeys(bars[k].meter for k in order.form)]
    style = _style(chart, meters, warnings)
    # Of the program's own word its own usual tempo; the usual ones of other words are of quarters.
    own = chart.style in STYLES or meters[0].compound
    tempo = chart.tempo or (None if own else usual_tempo(chart.groove, chart.style))
    if tempo is not None and not SLOWEST <= tempo <= FASTEST:
        warnings.append(
            f"tempo {tempo:g} is left out: {SLOWEST:g} to {FASTEST:g} beats a minute can be played"
        )
        tempo = None
    if chart.transposed_to:
        warnings.append(
            f"its owner plays it in {chart.transposed_to}; it is taken in {chart.key} as it is written "
            f"(--key {chart.transposed_to} moves it)"
        )
    return {
        "title": " ".join(chart.title.split()),
        "composer": " ".join(chart.composer.split()),
        "key": _key(chart.key, bars),
        "style": style,
        "tempo": tempo,
    }


def _style(chart: Chart, meters: Sequence[MeterChange], warnings: list[str]) -> str:
    """The style of a form in `meters`; what is assumed goes to `warnings`."""
    meter, word = meters[0], repr((chart.style or chart.groove)[:60])
    style = read_style(chart.groove, chart.style, compound=meter.compound)
    taken = style or usual_style(meter)
    if not (chart.style or chart.groove):
        if not chart.usual_style:
            warnings.append(f"it names no style; {taken} is taken")
    elif meter.compound and read_style(chart.groove, chart.style):
        if not means(taken, chart.groove, chart.style):
            warnings.append(f"style {word} in {meter.signature} is played as {taken}")
    elif not style:
        warnings.append(f"style {word} is not known; it is played as {taken}")
    elif style == "waltz" and all(meter.beats != 3 for meter in meters):
        beats = " and ".join(str(beats) for beats in sorted({meter.beats for meter in meters}))
        warnings.append(f"style {word} over bars of {beats} beats: the band swings as it does in such bars")
    return taken


def _key(text: str, bars: Sequence[WrittenBar]) -> str:
    """The key as it is written; six sharps are six flats where the chords are flat."""
    found = read_key(text)
    if found is None:
        return ""
    signature, minor = fold(found[0], -7, 7), found[1]
    if signature == 6:
        roots = [re.match(NOTE, chord.symbol) for bar in bars for chord in bar.chords]
        places = [place_of(root[0]) for root in roots if root]
        if sum(place < -1 for place in places) > sum(place > 5 for place in places):
            signature = -6
    return key_name(signature, minor)
