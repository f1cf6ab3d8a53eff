"""A lead sheet, a solo with chord symbols, as MusicXML 4.0.

In: a `Solo`, and whom the page is for: concert pitch, or a B♭ or E♭ instrument. Out: MusicXML text, which
says all that stands on the page: how a note is spelled (`spelling.py`), which values show the beat
(`rhythm.py`), four bars to a line, a new line and a boxed letter for each section. Swung eighths are written
as eighths under the word "Swing", which also instructs the programs that play the page.

A part is written where its player reads it: for B♭ a major second, for a tenor a ninth above what sounds, for
E♭ a sixth, for a baritone an octave more. At concert pitch low instruments get a treble clef with an 8 below.
Equal solos give equal text.

Source: MusicXML 4.0, W3C Music Notation Community Group, Final Community Group Report, 2021.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter

from jazzgen.charts.harmony import Degree, Harmony, nearest_kind
from jazzgen.charts.musicxml_elements import HEAD, MEASURES_PER_LINE, VALUES_PER_LINE, Element, add, add_chord
from jazzgen.errors import OptionError
from jazzgen.music.keys import estimate_key, read_key, transpose_progression
from jazzgen.music.pitch import name_at
from jazzgen.music.score import NO_CHORD, ChordChange, Progression, Solo, instrument
from jazzgen.rendering.rhythm import Measure, NoteRest, write_measures
from jazzgen.rendering.spelling import Spelling, spell
from jazzgen.rendering.symbols import split, with_accidentals

KEYS = ("C", "Bb", "Eb")
# What stands over the first bar, and the long to the short eighth that a program should play (None: even).
_STYLES: dict[str, tuple[str, tuple[int, int] | None]] = {
    "swing":    ("Swing", (2, 1)),
    "waltz":    ("Jazz waltz", (2, 1)),
    "ballad":   ("Ballad, swing", (2, 1)),
    "shuffle":  ("Shuffle", (2, 1)),
    "bossa":    ("Bossa nova, even eighths", None),
    "samba":    ("Samba, even eighths", None),
    "straight": ("Even eighths", None),
    "afro-cuban": ("Afro-Cuban", None),
    "slow-blues": ("Slow blues", None),
}  # fmt: skip

# Where a written line lies best: the pitch in the middle of each clef's staff.
#                  sign line octave  middle
_CLEFS = {
    "treble":      ("G", 2, 0,       71),
    "treble-8":    ("G", 2, -1,      59),
    "bass":        ("F", 4, 0,       50),
}  # fmt: skip
_BASS_CLEF_PLAYERS = {"trombone"}
_TREBLE_PLAYERS = {"piano", "vibraphone", "violin", "flute"}


# ------------------------------------------------------------------------------------------ the written part


@dataclass(frozen=True, slots=True)
class _Part:
    """A solo as its player reads it: written pitches, and chords moved with them."""

    solo: Solo
    above: int  # semitones from the sounding to the written pitch
    form: Progression
    fifths: int  # the key signature: sharps, or flats if negative
    minor: bool
    clef: str
    name: str


def _part(solo: Solo, key: str) -> _Part:
    if key not in KEYS:
        raise OptionError(f"a lead sheet is for {', '.join(KEYS)}, received {key!r}")
    player = instrument(solo.instrument)
    above = _written_above(solo, key)
    form = replace(solo.progression, key=solo.progression.key or estimate_key(solo.progression))
    form = transpose_progression(form, above)
    fifths, minor = read_key(form.key) or (0, False)
    middle = statistics.median([note.pitch + above for note in solo.notes] or [71])
    clef = "treble"
    if above == 0 and player.name not in _TREBLE_PLAYERS:
        clef = "bass" if player.name in _BASS_CLEF_PLAYERS else "treble-8" if middle < 63 else "treble"
    name = player.name.replace("-", " ").capitalize()
    if key != "C":
        pitch = with_accidentals(key)
        name = f"{name} in {pitch}" if above == player.written_above else f"{pitch} part"
    return _Part(solo, above, form, fifths, minor, clef, name)


def _written_above(solo: Solo, key: str) -> int:
    """Semitones from the sounding to the written pitch of a part in `key`."""
    if key == "C":
        return 0
    choices = {"Bb": (2, 14), "Eb": (-3, 9, 21)}[key]
    own = instrument(solo.instrument).written_above
    if own in choices:
        return own
    middle = statistics.median([note.pitch for note in solo.notes] or [71])
    return min(choices, key=lambda above: abs(middle + above - _CLEFS["treble"][3]))


# --------------------------------------------------------------------------------------------------- MusicXML


def musicxml(solo: Solo, key: str = "C") -> str:
    """The lead sheet of `solo` as MusicXML text, for an instrument in `key`: C, Bb or Eb."""
    part = _part(solo, key)
    root = Element("score-partwise", ' version="4.0"')
    add(add(root, "work"), "work-title", solo.title or solo.progression.title or "Solo")
    about = add(root, "identification")
    if composer := solo.progression.composer or solo.player:
        add(about, "creator", composer, type="composer")
    add(add(about, "encoding"), "software", "jazzgen")
    listed = add(add(root, "part-list"), "score-part", id="P1")
    add(listed, "part-name", part.name)
    add(add(listed, "score-instrument", id="P1-I1"), "instrument-name", part.name)
    sound = add(listed, "midi-instrument", id="P1-I1")
    add(sound, "midi-channel", 1)
    add(sound, "midi-program", instrument(solo.instrument).program + 1)

    add(root, "part", id="P1")
    before, after = "".join(root.lines()).split('<part id="P1" />\n')
    # A measure at a time: the million elements of 50,000 notes cost as much to keep as to make.
    measures = "".join("".join(measure.lines("    ")) for measure in _measures(part))
    return f'{HEAD}\n{before}<part id="P1">\n{measures}  </part>\n{after}'


def _measures(part: _Part) -> Iterator[Element]:
    """Measure by measure, the music of the part."""
    measures = write_measures(part.solo)
    names = _spell_notes(part)
    sections = {section.tick for section in part.form.sections}
    line_starts = _line_starts(measures, sections)
    accidentals = _Accidentals(part.fifths)
    before = None
    for number, measure in enumerate(measures, 0 if measures[0].pickup else 1):
        implicit = ' implicit="yes"' * measure.pickup  # it has no number on the page
        element = Element("measure", f' number="{number}"{implicit}')
        if before and measure.start in line_starts:
            add(element, "print", **{"new-system": "yes"})
        _add_attributes(element, part, measure, before)
        _add_directions(element, part, measure)
        _add_music(element, part, measure, names, accidentals)
        _add_bar_line(element, measure.end in sections and not measure.pickup, measure is measures[-1])
        yield element
        before = measure


def _line_starts(measures: Sequence[Measure], sections: Set[int]) -> set[int]:
    """The ticks at which a line begins: each section, every fourth bar, and where notes would crowd, every
    second or each. A pick-up stands before the bar that it leads to.
    """
    groups: list[list[Measure]] = []
    before = None
    for measure in measures:
        if before is not None and before.pickup:
            groups[-1].append(measure)
        elif (
            not groups
            or measure.start in sections
            or len(groups[-1]) == MEASURES_PER_LINE + groups[-1][0].pickup
        ):
            groups.append([measure])
        else:
            groups[-1].append(measure)
        before = measure

    def split(group: list[Measure]) -> Iterator[int]:
        if len(group) == 1 or sum(len(measure.content) for measure in group) <= VALUES_PER_LINE:
            yield group[0].start
            return
        half = (len(group) + 1) // 2
        yield from split(group[:half])
        yield from split(group[half:])

    return {start for group in groups for start in split(group)}


def _spell_notes(part: _Part) -> list[Spelling]:
    pitches = [note.pitch + part.above for note in part.solo.notes]
    symbols = [part.form.chord_at(note.onset).symbol for note in part.solo.notes]
    return spell(pitches, symbols, part.fifths)


def _add_attributes(element: Element, part: _Part, measure: Measure, before: Measure | None) -> None:
    """The meter where it changes; in the first measure also the key, the clef and the transposition."""
    if before is not None and before.signature == measure.signature:
        return
    attributes = add(element, "attributes")
    if before is None or before.quarter != measure.quarter:
        add(attributes, "divisions", measure.quarter)
    if before is None:
        key = add(attributes, "key")
        add(key, "fifths", part.fifths)
        add(key, "mode", "minor" if part.minor else "major")
    time = add(attributes, "time")
    beats, beat_type = measure.signature.split("/")
    add(time, "beats", beats)
    add(time, "beat-type", beat_type)
    if before is None:
        sign, line, octave, _ = _CLEFS[part.clef]
        clef = add(attributes, "clef")
        add(clef, "sign", sign)
        add(clef, "line", line)
        if octave:
            add(clef, "clef-octave-change", octave)
        if part.above:
            _add_transposition(attributes, part.above)


def _add_transposition(attributes: Element, above: int) -> None:
    """From the written to the sounding pitch, octaves apart."""
    octaves, semitones = divmod(above, 12)
    transpose = add(attributes, "transpose")
    add(transpose, "diatonic", -{0: 0, 2: 1, 9: 5}[semitones])
    add(transpose, "chromatic", -semitones)
    if octaves:
        add(transpose, "octave-change", -octaves)


def _add_directions(element: Element, part: _Part, measure: Measure) -> None:
    """The rehearsal marks of sections, and over the first measure style and tempo."""
    sections = part.form.sections
    first, after = (bisect_left(sections, at, key=attrgetter("tick")) for at in (measure.start, measure.end))
    for section in sections[first:after]:
        direction = add(element, "direction", placement="above")
        add(add(direction, "direction-type"), "rehearsal", section.name)
    if measure.start:
        return
    solo = part.solo
    words, ratio = _STYLES.get(part.form.style, ("", None))
    words += ", double time" * (bool(words) and solo.double_time)
    direction = add(element, "direction", placement="above")
    if words:
        add(add(direction, "direction-type"), "words", f"{words}  ", **{"font-weight": "normal"})
    metronome = add(add(direction, "direction-type"), "metronome", parentheses="no")
    meter = part.form.meters[0]
    add(metronome, "beat-unit", "eighth" if meter.beat_quarters == Fraction(1, 2) else "quarter")
    if meter.compound:
        add(metronome, "beat-unit-dot")
    add(metronome, "per-minute", f"{solo.grid_tempo:.0f}")
    sound = add(direction, "sound", tempo=f"{float(solo.grid_tempo * meter.beat_quarters):g}")
    if words:
        swing = add(sound, "swing")
        if ratio:
            add(swing, "first", ratio[0])
            add(swing, "second", ratio[1])
            add(swing, "swing-type", "eighth")
        else:
            add(swing, "straight")


def _add_music(
    element: Element, part: _Part, measure: Measure, names: Sequence[Spelling], accidentals: _Accidentals
) -> None:
    """The notes and rests of one measure, with the chord symbols where they stand."""
    form = part.form
    chords = form.chords[form.chord_index(measure.start) : form.chord_index(measure.end - 1) + 1]
    accidentals.next_measure()
    row = measure.content or (NoteRest(measure.start, measure.ticks, None, "whole"),)
    for before, written, after in zip((None, *row), row, (*row[1:], None), strict=False):
        for chord in chords:
            if written.start <= chord.tick < written.end:
                _add_chord(element, chord, chord.tick - written.start)
        note = add(element, "note")
        if not measure.content:
            add(note, "rest", measure="yes")
            add(note, "duration", written.ticks)
            add(note, "voice", 1)
            continue
        name = None if written.note is None else names[written.note]
        _add_value(note, written, name, accidentals)
        opens = written.triplet and (before is None or before.beat != written.beat)
        closes = written.triplet and (after is None or after.beat != written.beat)
        _add_notations(note, written, opens, closes)


def _add_value(note: Element, written: NoteRest, name: Spelling | None, accidentals: _Accidentals) -> None:
    """What a note or rest is, in the order in which MusicXML wants it."""
    if name is None:
        add(note, "rest")
    else:
        pitch = add(note, "pitch")
        add(pitch, "step", name.step)
        if name.alter:
            add(pitch, "alter", name.alter)
        add(pitch, "octave", name.octave)
    add(note, "duration", written.ticks)
    for kind in _tie_kinds(written):
        add(note, "tie", type=kind)
    add(note, "voice", 1)
    add(note, "type", written.type)
    if written.dotted:
        add(note, "dot")
    if name is not None:
        accidentals.add(note, name, written.tied_from)
    if written.triplet:
        ratio = add(note, "time-modification")
        add(ratio, "actual-notes", 3)
        add(ratio, "normal-notes", 2)
    for number, beam in enumerate(written.beams, 1):
        add(note, "beam", beam, number=number)


def _tie_kinds(written: NoteRest) -> list[str]:
    return ["stop"] * written.tied_from + ["start"] * written.tied_to


def _add_notations(note: Element, written: NoteRest, opens: bool, closes: bool) -> None:
    """Ties and the brackets of triplets as they are drawn."""
    if not (written.tied_from or written.tied_to or opens or closes):
        return
    notations = add(note, "notations")
    for kind in _tie_kinds(written):
        add(notations, "tied", type=kind)
    if opens:
        add(notations, "tuplet", type="start", bracket="yes")
    if closes:
        add(notations, "tuplet", type="stop")


def _add_bar_line(element: Element, section: bool, last: bool) -> None:
    """A double bar line before a section, and a bold one at the end."""
    if last or section:
        barline = add(element, "barline", location="right")
        add(barline, "bar-style", "light-heavy" if last else "light-light")


_ACCIDENTALS = {-1: "flat", 0: "natural", 1: "sharp"}


class _Accidentals:
    """Which accidentals must be printed: what differs from the key or from earlier in the measure, and as a
    courtesy what differed in the measure before or in another octave.
    """

    def __init__(self, fifths: int) -> None:
        scale = [name_at(place) for place in range(fifths - 1, fifths + 6)]
        self._key = {name[0]: name.count("#") - name.count("b") for name in scale}
        self._measure: dict[tuple[str, int], int] = {}
        self._before: dict[str, int] = {}

    def next_measure(self) -> None:
        """A bar line cancels everything but the key."""
        self._before = {step: alter for (step, _), alter in self._measure.items() if alter != self._key[step]}
        self._measure = {}

    def add(self, note: Element, name: Spelling, tied: bool) -> None:
        """Add to `note` the accidental that it needs, if any."""
        place = name.step, name.octave
        earlier = [alter for (step, _), alter in self._measure.items() if step == name.step]
        if tied and not earlier:
            return  # a tie carries its accidental over the bar line, for itself alone
        if name.alter != self._measure.get(place, self._key[name.step]):
            add(note, "accidental", _ACCIDENTALS[name.alter])
        elif place not in self._measure:
            before = self._before.get(name.step, name.alter)
            if before != name.alter or any(alter != name.alter for alter in earlier):
                add(note, "accidental", _ACCIDENTALS[name.alter], cautionary="yes")
        self._measure[place] = name.alter


# ---------------------------------------------------------------------------------------------- chord symbols

# Altered tensions behind a quality are MusicXML's degrees: value and alteration.
_TENSIONS = {"b9": (9, -1), "#9": (9, 1), "#11": (11, 1), "b13": (13, -1)}
_TENSION = re.compile(r"b9|#9|#11|b13")
_QUALITY = re.compile(rf"(.*?\d)((?:{_TENSION.pattern})+)")


def _add_chord(element: Element, change: ChordChange, offset: int) -> None:
    """The chord symbol `change`, `offset` ticks after the note that follows it begins."""
    parts = split(change.symbol)
    if parts is None:
        add_chord(element, Harmony("C", "none", NO_CHORD), offset)
        return
    found = _QUALITY.fullmatch(parts.quality)
    quality, tensions = found.groups() if found else (parts.quality, "")
    # The text is the whole quality but for its degrees, which MuseScore and verovio print behind it.
    degrees = tuple(Degree(*_TENSIONS[tension]) for tension in _TENSION.findall(tensions))
    kind = nearest_kind(parts.root + quality)
    add_chord(element, Harmony(parts.root, kind, with_accidentals(quality), degrees, parts.bass), offset)
