"""A chord progression as a lead sheet of chords alone, in MusicXML 4.0.

Rests in place of notes, a boxed letter and a new line for each section, four bars to a line. Every symbol is
written as kind, degrees and text, so that programs that look at either have the same chord. Sections that
follow one another unchanged are written once, between repeat signs, where that reads back as the same
progression; what is written is read back here to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from jazzgen.charts import musicxml
from jazzgen.charts.harmony import write_symbol
from jazzgen.charts.musicxml_elements import HEAD, MEASURES_PER_LINE, Element, add, add_chord
from jazzgen.charts.styles import style_word
from jazzgen.charts.tune import make_tune
from jazzgen.errors import JazzgenError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import read_key
from jazzgen.music.pitch import fold
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression

DIVISIONS = 24  # of a quarter note: a tick is 2 of them, in 6/8 3, in 7/8 1
_STYLES = {
    "swing": "Swing",
    "up-tempo": "Up-tempo swing",
    "waltz": "Jazz waltz",
    "shuffle": "Shuffle",
    "bossa": "Bossa nova",
    "samba": "Samba",
    "ballad": "Ballad",
    "straight": "Even eighths",
}
# Note values by their length in quarter notes.
_VALUES = {
    Fraction(4): ("whole", False), Fraction(3): ("half", True), Fraction(2): ("half", False),
    Fraction(3, 2): ("quarter", True), Fraction(1): ("quarter", False), Fraction(3, 4): ("eighth", True),
    Fraction(1, 2): ("eighth", False), Fraction(1, 4): ("16th", False),
}  # fmt: skip


def text(
    progression: Progression, *, composer: str = "", tempo: float | None = None, style: str = ""
) -> tuple[str, list[str]]:
    """The lead sheet of a progression.

    Parameters
    ----------
    progression
        What is written; it reads back with the same chords, bars, meters, sections, key and title.
    composer, tempo
        For what the progression lacks; the tempo in beats a minute.
    style
        A chart's own word for its style, which is printed.

    Returns
    -------
    str, list of str
        The MusicXML text, and what could not be written as it is, a sentence each.

    """
    form = replace(
        progression,
        composer=progression.composer or composer,
        tempo=progression.tempo or tempo,
        style=style or style_word(progression, _STYLES),
    )
    repeats = _repeats(form)
    written = _written(form, repeats)
    if repeats and not _reads_back(written, form):
        written = _written(form, {})
    if _reads_back(written, form):
        return written, []
    return written, ["the lead sheet as MusicXML does not read back as the same progression"]


def _reads_back(written: str, form: Progression) -> bool:
    """Whether the reader has the same bars, chords, sections and key in what was written."""
    try:
        entry = musicxml.entries(written.encode(), "the lead sheet")[0]
        read = make_tune(entry.read()).form
    except JazzgenError:
        return False
    return what_sounds(read) == what_sounds(form)


def what_sounds(form: Progression) -> tuple[object, ...]:
    """What must come back: chords as they sound where they change, and the form."""
    chords: list[tuple[int, object]] = []
    for change in form.chords:
        chord = parse_chord(change.symbol)
        sound = chord and (chord.root, chord.bass, chord.pitch_classes)
        if not chords or chords[-1][1] != sound:
            chords.append((change.tick, sound))
    sections = [(section.tick, section.name.strip()) for section in form.sections]
    return chords, form.length, form.meters, sections, read_key(form.key), form.title.strip()


# ----------------------------------------------------------------------------------------------- the sheet


@dataclass(frozen=True, slots=True)
class _Bar:
    """A bar to write: its `chords` by their ticks from the bar line."""

    start: int
    end: int
    meter: MeterChange
    section: str = ""
    chords: tuple[ChordChange, ...] = ()
    last_of_section: bool = False


@dataclass(frozen=True, slots=True)
class _Repeat:
    """Bars `first` to before `end` are written once and played `times` times."""

    end: int
    times: int
    skipped_to: int  # the bar behind the last time


def _bars(form: Progression) -> list[_Bar]:
    sections = {section.tick: section.name for section in form.sections}
    ends = [*form.bar_ticks[1:], form.length]
    return [
        _Bar(
            start,
            end,
            next(meter for meter in reversed(form.meters) if meter.tick <= start),
            sections.get(start, ""),
            tuple(change for change in form.chords if start <= change.tick < end),
            end in sections,
        )
        for start, end in zip(form.bar_ticks, ends, strict=True)
    ]


def _repeats(form: Progression) -> dict[int, _Repeat]:
    """The sections that come several times on end, by the bar where they begin."""
    starts = [form.bar_at(section.tick) for section in form.sections]
    ends = [*starts[1:], len(form.bar_ticks)]
    contents = [_content(form, start, end) for start, end in zip(starts, ends, strict=False)]
    found: dict[int, _Repeat] = {}
    at = 0
    while at < len(starts):
        after = at + 1
        while after < len(starts) and contents[after] == contents[at]:
            after += 1
        if after - at > 1 and form.sections[at].tick == form.bar_ticks[starts[at]]:
            found[starts[at]] = _Repeat(ends[at], after - at, ends[after - 1])
        at = after
    return found


def _content(form: Progression, start: int, end: int) -> tuple[object, ...]:
    """What is played from bar `start` to bar `end`, for comparing sections."""
    ticks = [*form.bar_ticks, form.length]
    first, last = ticks[start], ticks[end]
    inside = [(change.tick - first, change.symbol) for change in form.chords if first < change.tick < last]
    meters = [form.beats_at(tick) for tick in ticks[start:end]]
    name = next(section.name for section in form.sections if section.tick >= first)
    return name, form.chord_at(first).symbol, inside, meters, last - first


def _written(form: Progression, repeats: dict[int, _Repeat]) -> str:
    root = Element("score-partwise", ' version="4.0"')
    if form.title:
        add(add(root, "work"), "work-title", form.title)
    about = add(root, "identification")
    if form.composer:
        add(about, "creator", form.composer, type="composer")
    add(add(about, "encoding"), "software", "jazzgen")
    add(add(about, "miscellaneous"), "miscellaneous-field", "as written", name=musicxml.FORM_FIELD)
    add(add(add(root, "part-list"), "score-part", id="P1"), "part-name", "Chords")
    part = add(root, "part", id="P1")
    on_line = 0  # measures since the line began
    for number, (bar, opens, closes) in enumerate(_to_write(_bars(form), repeats), 1):
        measure = add(part, "measure", number=number)
        on_line = 0 if bar.section else (on_line + 1) % MEASURES_PER_LINE
        if number > 1 and not on_line:
            add(measure, "print", **{"new-system": "yes"})
        _fill(measure, form, bar, opens, closes)
    return f"{HEAD}\n{''.join(root.lines())}"


def _to_write(
    bars: Sequence[_Bar], repeats: dict[int, _Repeat]
) -> Iterator[tuple[_Bar, bool, _Repeat | None]]:
    """Each bar that is written, whether a repeat opens with it, and the repeat that it closes."""
    at, open_repeat = 0, None
    while at < len(bars):
        opened = repeats.get(at)
        open_repeat = opened or open_repeat
        closed = open_repeat if open_repeat and at + 1 == open_repeat.end else None
        yield bars[at], opened is not None, closed
        at, open_repeat = (closed.skipped_to, None) if closed else (at + 1, open_repeat)


def _fill(measure: Element, form: Progression, bar: _Bar, opens: bool, closes: _Repeat | None) -> None:
    """Write into a measure what stands in a bar.

    Parameters
    ----------
    measure
        A new one.
    form, bar
        The progression, and which of its bars.
    opens, closes
        Whether a repeat begins with it, and the repeat that ends with it.

    """
    if opens:
        barline = add(measure, "barline", location="left")
        add(barline, "bar-style", "heavy-light")
        add(barline, "repeat", direction="forward")
    _add_attributes(measure, form, bar)
    if not bar.start:
        _add_style_and_tempo(measure, form, bar.meter)
    if bar.section:
        add(add(add(measure, "direction", placement="above"), "direction-type"), "rehearsal", bar.section)
    chords = bar.chords
    if opens and not any(change.tick == bar.start for change in chords):
        chords = (ChordChange(bar.start, form.chord_at(bar.start).symbol), *chords)
    _add_content(measure, bar, chords)
    last = bar.end == form.length or (closes is not None and closes.skipped_to == len(form.bar_ticks))
    if closes or last or bar.last_of_section:
        barline = add(measure, "barline", location="right")
        add(barline, "bar-style", "light-heavy" if closes or last else "light-light")
        if closes:
            times = {"times": closes.times} if closes.times > 2 else {}
            add(barline, "repeat", direction="backward", **times)


def _add_attributes(measure: Element, form: Progression, bar: _Bar) -> None:
    if bar.meter.tick != bar.start:
        return
    attributes = add(measure, "attributes")
    if not bar.start:
        add(attributes, "divisions", DIVISIONS)
        if (known := read_key(form.key)) is not None:
            key = add(attributes, "key")
            add(key, "fifths", fold(known[0], -7, 7))
            add(key, "mode", "minor" if known[1] else "major")
    beats, unit = bar.meter.signature.split("/")
    time = add(attributes, "time")
    add(time, "beats", beats)
    add(time, "beat-type", unit)
    if not bar.start:
        clef = add(attributes, "clef")
        add(clef, "sign", "G")
        add(clef, "line", 2)


def _add_style_and_tempo(measure: Element, form: Progression, meter: MeterChange) -> None:
    direction = add(measure, "direction", placement="above")
    add(add(direction, "direction-type"), "words", form.style)
    if form.tempo:
        metronome = add(add(direction, "direction-type"), "metronome", parentheses="no")
        beat = meter.beat_quarters
        add(metronome, "beat-unit", _VALUES[beat][0])
        if _VALUES[beat][1]:
            add(metronome, "beat-unit-dot")
        add(metronome, "per-minute", f"{form.tempo:g}")
        add(direction, "sound", tempo=f"{form.tempo * float(beat):.10g}")


def _add_content(measure: Element, bar: _Bar, chords: Sequence[ChordChange]) -> None:
    """Rests from chord to chord, each symbol before its own, or at an offset between two values of notes."""
    quarter = TICKS_PER_BEAT / bar.meter.beat_quarters  # ticks
    cuts = [0, *(c.tick - bar.start for c in chords if (c.tick - bar.start) * 4 % quarter == 0)]
    cuts = sorted({*cuts, bar.end - bar.start})
    for start, end in pairwise(cuts):
        for change in chords:
            offset = change.tick - bar.start - start
            if 0 <= offset < end - start:
                add_chord(measure, write_symbol(change.symbol), int(offset * DIVISIONS / quarter))
        whole = (start, end) == (0, bar.end - bar.start)
        for length in [(end - start) / quarter] if whole else _values((end - start) / quarter):
            note = add(measure, "note")
            add(note, "rest", **({"measure": "yes"} if whole else {}))
            add(note, "duration", int(length * DIVISIONS))
            add(note, "voice", 1)
            if not whole:
                add(note, "type", _VALUES[length][0])
                if _VALUES[length][1]:
                    add(note, "dot")


def _values(length: Fraction) -> Iterator[Fraction]:
    """Note values that add up to `length` quarter notes, the longest first."""
    while length:
        value = next(value for value in _VALUES if value <= length)
        yield value
        length -= value
