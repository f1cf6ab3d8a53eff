"""A solo to read: a lead sheet with chord symbols as MusicXML 4.0, engraved as SVG or PDF.

In: a `Solo`, and whom the page is for: concert pitch, or a B♭ or E♭ instrument. Out: MusicXML, written here
with the standard library, because only so every sign on the page is chosen: how a note is spelled
(`spelling.py`), which values show the beat (`rhythm.py`), four bars to a line, a new line and a boxed letter
for each section. Swung eighths are written as eighths under the word "Swing", which also tells the programs
that play the page. verovio engraves it; cairosvg, or MuseScore where that is missing, makes a PDF of it.

A part is written where its player reads it: for B♭ a major second, for a tenor a ninth above what sounds, for
E♭ a sixth, for a baritone an octave more. At concert pitch low instruments get a treble clef with an 8 below.
Equal solos give equal MusicXML and SVG.

Source: MusicXML 4.0, W3C Music Notation Community Group, Final Community Group Report, 2021.
"""

from __future__ import annotations

import re
import statistics
import xml.etree.ElementTree as ET
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from xml.sax.saxutils import escape

from jazzgen.errors import OptionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import estimate_key, transpose_progression
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, Progression, Section, Solo, instrument
from jazzgen.render.rhythm import Bar, Sign, write_bars
from jazzgen.render.spelling import Spelling, spell
from jazzgen.render.symbols import NO_CHORD, split
from jazzgen.render.symbols import signs as with_signs

__all__ = ["KEYS", "musicxml"]

KEYS = ("C", "Bb", "Eb")
BARS_PER_LINE = 4

# What stands over the first bar, and the long to the short eighth that a program should play (None: even).
_STYLES: dict[str, tuple[str, tuple[int, int] | None]] = {
    "swing":    ("Swing", (2, 1)),
    "waltz":    ("Jazz waltz", (2, 1)),
    "ballad":   ("Ballad, swing", (2, 1)),
    "bossa":    ("Bossa nova, even eighths", None),
    "straight": ("Even eighths", None),
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

    @property
    def quarter(self) -> int:
        """The ticks of a written quarter."""
        return TICKS_PER_BEAT * (2 if self.solo.double_time else 1)


def _part(solo: Solo, key: str | None) -> _Part:
    if key not in (None, *KEYS):
        raise OptionError(f"a lead sheet is for {', '.join(KEYS)}, received {key!r}")
    player = instrument(solo.instrument)
    above = _written_above(solo, key or "C")
    form = replace(solo.progression, key=solo.progression.key or estimate_key(solo.progression))
    form = transpose_progression(form, above)
    fifths, minor = _signature(form.key)
    middle = statistics.median([note.pitch + above for note in solo.notes] or [71])
    clef = "treble"
    if above == 0 and player.name not in _TREBLE_PLAYERS:
        clef = "bass" if player.name in _BASS_CLEF_PLAYERS else "treble-8" if middle < 63 else "treble"
    name = player.name.replace("-", " ").capitalize()
    if key in ("Bb", "Eb"):
        name = f"{name} in {with_signs(key)}" if above == player.written_above else f"{with_signs(key)} part"
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


def _signature(key: str) -> tuple[int, bool]:
    """The sharps (negative: flats) of a key such as Bb or F#m, and whether it is minor."""
    found = re.match(r"([A-G])([b#]*)(m?)", key)
    if not found:
        return 0, False
    place = "FCGDAEB".index(found[1]) - 1 + 7 * (found[2].count("#") - found[2].count("b"))
    return (place - 3 if found[3] else place), bool(found[3])


# --------------------------------------------------------------------------------------------------- MusicXML


def musicxml(solo: Solo, *, key: str | None = None) -> str:
    """The lead sheet of `solo` as MusicXML text; `key` is C, Bb or Eb."""
    part = _part(solo, key)
    root = ET.Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", solo.title or solo.progression.title or "Solo")
    about = _add(root, "identification")
    if solo.player:
        _add(about, "creator", solo.player, type="composer")
    _add(_add(about, "encoding"), "software", "jazzgen")
    listed = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(listed, "part-name", part.name)
    _add(_add(listed, "score-instrument", id="P1-I1"), "instrument-name", part.name)
    sound = _add(listed, "midi-instrument", id="P1-I1")
    _add(sound, "midi-channel", 1)
    _add(sound, "midi-program", instrument(solo.instrument).program + 1)

    doctype = (
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">'
    )
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?>', doctype]
    _serialize(root, lines)
    end_of_root = lines.pop()
    lines += ['  <part id="P1">', *_measures(part), "  </part>", end_of_root, ""]
    return "\n".join(lines)


def _measures(part: _Part) -> list[str]:
    """The lines of all measures: each becomes text at once, for a tree of them all takes ten times the
    memory.
    """
    bars = write_bars(part.solo)
    names = _spell_notes(part)
    line_starts = _line_starts(part.form, bars)
    accidentals = _Accidentals(part.fifths)
    lines: list[str] = []
    for number, bar in enumerate(bars, 1):
        measure = ET.Element("measure", number=str(number))
        if number > 1 and bar.start in line_starts:
            _add(measure, "print", **{"new-system": "yes"})
        _write_attributes(measure, part, bar, bars[number - 2] if number > 1 else None)
        _write_directions(measure, part, bar)
        _write_music(measure, part, bar, names, accidentals)
        _write_bar_line(measure, part.form, bar, last=number == len(bars))
        _serialize(measure, lines, "    ")
    return lines


# What XML 1.0 cannot hold at all: a title may come from any file.
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def _add(parent: ET.Element, tag: str, content: object = None, /, **attributes: object) -> ET.Element:
    """A new last child of `parent`."""
    child = ET.SubElement(parent, tag)
    for name, value in attributes.items():
        child.set(name, str(value))
    if content is not None:
        text = str(content)
        child.text = text if text.isprintable() else _NO_XML.sub("", text)
    return child


def _serialize(element: ET.Element, lines: list[str], indent: str = "") -> None:
    """Add `element` to `lines` of XML: what `ET.indent` and `ET.tostring` give, in a third of the time."""
    head = indent + "<" + element.tag
    for name, value in element.items():
        head += f' {name}="{_quoted(value)}"'
    if len(element):
        lines.append(head + ">")
        inner = indent + "  "
        for child in element:
            text = child.text
            if text and not len(child) and not child.keys():  # most are: here, without a call for each
                lines.append(f"{inner}<{child.tag}>{text if text.isalnum() else escape(text)}</{child.tag}>")
            else:
                _serialize(child, lines, inner)
        lines.append(f"{indent}</{element.tag}>")
    elif element.text:
        text = element.text if element.text.isalnum() else escape(element.text)
        lines.append(f"{head}>{text}</{element.tag}>")
    else:
        lines.append(head + " />")


def _quoted(value: str) -> str:
    return value if value.isalnum() else escape(value, _IN_QUOTES)


_IN_QUOTES = {'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#09;"}


def _spell_notes(part: _Part) -> list[Spelling]:
    pitches = [note.pitch + part.above for note in part.solo.notes]
    symbols = [part.form.chord_at(note.onset).symbol for note in part.solo.notes]
    return spell(pitches, symbols, part.fifths)


def _line_starts(form: Progression, bars: Sequence[Bar]) -> set[int]:
    """The bars that open a line: each section's first, and every fourth from there."""
    sections = {section.tick for section in form.sections}
    starts, since = set(), 0
    for bar in bars:
        if since % BARS_PER_LINE == 0 or bar.start in sections:
            starts.add(bar.start)
            since = 0
        since += 1
    return starts


def _write_attributes(measure: ET.Element, part: _Part, bar: Bar, before: Bar | None) -> None:
    if before is not None and before.beats == bar.beats:
        return
    attributes = _add(measure, "attributes")
    if before is None:
        _add(attributes, "divisions", part.quarter)
        key = _add(attributes, "key")
        _add(key, "fifths", part.fifths)
        _add(key, "mode", "minor" if part.minor else "major")
    time = _add(attributes, "time")
    _add(time, "beats", bar.beats)
    _add(time, "beat-type", 4)
    if before is None:
        sign, line, octave, _ = _CLEFS[part.clef]
        clef = _add(attributes, "clef")
        _add(clef, "sign", sign)
        _add(clef, "line", line)
        if octave:
            _add(clef, "clef-octave-change", octave)
        if part.above:
            _write_transposition(attributes, part.above)


def _write_transposition(attributes: ET.Element, above: int) -> None:
    """From the written to the sounding pitch, octaves apart."""
    octaves, semitones = divmod(above, 12)
    transpose = _add(attributes, "transpose")
    _add(transpose, "diatonic", -{0: 0, 2: 1, 9: 5}[semitones])
    _add(transpose, "chromatic", -semitones)
    if octaves:
        _add(transpose, "octave-change", -octaves)


def _tick(section: Section) -> int:
    return section.tick


def _write_directions(measure: ET.Element, part: _Part, bar: Bar) -> None:
    """The section's letter, and over the first bar style and tempo."""
    sections = part.form.sections
    first, after = (bisect_left(sections, tick, key=_tick) for tick in (bar.start, bar.start + bar.ticks))
    for section in sections[first:after]:
        direction = _add(measure, "direction", placement="above")
        _add(_add(direction, "direction-type"), "rehearsal", section.name)
    if bar.start:
        return
    solo = part.solo
    words, ratio = _STYLES.get(part.form.style, ("", None))
    direction = _add(measure, "direction", placement="above")
    if words:
        _add(_add(direction, "direction-type"), "words", f"{words}  ", **{"font-weight": "normal"})
    metronome = _add(_add(direction, "direction-type"), "metronome", parentheses="no")
    _add(metronome, "beat-unit", "quarter")
    _add(metronome, "per-minute", f"{solo.tempo:.0f}")
    sound = _add(direction, "sound", tempo=f"{solo.tempo:g}")
    if words:
        swing = _add(sound, "swing")
        if ratio:
            _add(swing, "first", ratio[0])
            _add(swing, "second", ratio[1])
            _add(swing, "swing-type", "16th" if solo.double_time else "eighth")
        else:
            _add(swing, "straight")


def _write_music(
    measure: ET.Element, part: _Part, bar: Bar, names: Sequence[Spelling], accidentals: _Accidentals
) -> None:
    """The signs of one bar, with the chord symbols where they stand."""
    end = bar.start + bar.ticks
    chords = part.form.chords[part.form.chord_index(bar.start) : part.form.chord_index(end - 1) + 1]
    accidentals.next_bar()
    signs = bar.signs or (Sign(bar.start, bar.ticks, None, "whole"),)
    for index, sign in enumerate(signs):
        for chord in chords:
            if sign.start <= chord.tick < sign.end:
                _write_chord(measure, chord, chord.tick - sign.start)
        element = _add(measure, "note")
        if not bar.signs:
            _add(element, "rest", measure="yes")
            _add(element, "duration", sign.ticks)
            _add(element, "voice", 1)
            continue
        name = None if sign.note is None else names[sign.note]
        _write_sign(element, sign, name, accidentals)
        _write_notations(element, sign, *_triplet_edges(signs, index))


def _write_sign(element: ET.Element, sign: Sign, name: Spelling | None, accidentals: _Accidentals) -> None:
    """What a note or rest is, in the order in which MusicXML wants it."""
    if name is None:
        _add(element, "rest")
    else:
        pitch = _add(element, "pitch")
        _add(pitch, "step", name.step)
        if name.alter:
            _add(pitch, "alter", name.alter)
        _add(pitch, "octave", name.octave)
    _add(element, "duration", sign.ticks)
    for kind in _tie_kinds(sign):
        _add(element, "tie", type=kind)
    _add(element, "voice", 1)
    _add(element, "type", sign.type)
    if sign.dotted:
        _add(element, "dot")
    if name is not None:
        accidentals.write(element, name, sign.tied_from)
    if sign.triplet:
        ratio = _add(element, "time-modification")
        _add(ratio, "actual-notes", 3)
        _add(ratio, "normal-notes", 2)
    for number, beam in enumerate(sign.beams, 1):
        _add(element, "beam", beam, number=number)


def _tie_kinds(sign: Sign) -> list[str]:
    return ["stop"] * sign.tied_from + ["start"] * sign.tied_to


def _triplet_edges(signs: Sequence[Sign], index: int) -> tuple[bool, bool]:
    """Whether the sign opens, and whether it closes, a triplet: the beat of the grid that it stands in."""
    sign = signs[index]
    if not sign.triplet:
        return False, False
    beat = sign.start // TICKS_PER_BEAT
    before = signs[index - 1].start // TICKS_PER_BEAT if index else -1
    after = signs[index + 1].start // TICKS_PER_BEAT if index + 1 < len(signs) else -1
    return before != beat, after != beat


def _write_notations(element: ET.Element, sign: Sign, opens: bool, closes: bool) -> None:
    if not (sign.tied_from or sign.tied_to or opens or closes):
        return
    notations = _add(element, "notations")
    for kind in _tie_kinds(sign):
        _add(notations, "tied", type=kind)
    if opens:
        _add(notations, "tuplet", type="start", bracket="yes")
    if closes:
        _add(notations, "tuplet", type="stop")


def _write_bar_line(measure: ET.Element, form: Progression, bar: Bar, *, last: bool) -> None:
    end = bar.start + bar.ticks
    following = bisect_left(form.sections, end, key=_tick)
    if last or any(section.tick == end for section in form.sections[following : following + 1]):
        barline = _add(measure, "barline", location="right")
        _add(barline, "bar-style", "light-heavy" if last else "light-light")


_ACCIDENTALS = {-1: "flat", 0: "natural", 1: "sharp"}


class _Accidentals:
    """Which accidentals must be printed: what differs from the key or from earlier in the bar, and as a
    courtesy what differed in the bar before or in another octave.
    """

    def __init__(self, fifths: int) -> None:
        order = "FCGDAEB"
        sharps, flats = order[: max(fifths, 0)], order[::-1][: max(-fifths, 0)]
        self._key = {step: (step in sharps) - (step in flats) for step in order}
        self._bar: dict[tuple[str, int], int] = {}
        self._before: dict[str, int] = {}

    def next_bar(self) -> None:
        """A bar line cancels everything but the key."""
        self._before = {step: alter for (step, _), alter in self._bar.items() if alter != self._key[step]}
        self._bar = {}

    def write(self, element: ET.Element, name: Spelling, tied: bool) -> None:
        """Add the accidental that the note `element` needs, if any."""
        place = name.step, name.octave
        heard = [alter for (step, _), alter in self._bar.items() if step == name.step]
        if tied and not heard:
            return  # a tie carries its accidental over the bar line, for itself alone
        if name.alter != self._bar.get(place, self._key[name.step]):
            _add(element, "accidental", _ACCIDENTALS[name.alter])
        elif place not in self._bar:
            before = self._before.get(name.step, name.alter)
            if before != name.alter or any(alter != name.alter for alter in heard):
                _add(element, "accidental", _ACCIDENTALS[name.alter], cautionary="yes")
        self._bar[place] = name.alter


# ---------------------------------------------------------------------------------------------- chord symbols

# MusicXML's kinds by what stands above the root, of equally close ones the first. Source: its `kind-value`.
_KINDS: Mapping[str, frozenset[int]] = {
    "major":              frozenset({0, 4, 7}),
    "minor":              frozenset({0, 3, 7}),
    "dominant":           frozenset({0, 4, 7, 10}),
    "major-seventh":      frozenset({0, 4, 7, 11}),
    "minor-seventh":      frozenset({0, 3, 7, 10}),
    "half-diminished":    frozenset({0, 3, 6, 10}),
    "diminished-seventh": frozenset({0, 3, 6, 9}),
    "diminished":         frozenset({0, 3, 6}),
    "augmented":          frozenset({0, 4, 8}),
    "augmented-seventh":  frozenset({0, 4, 8, 10}),
    "major-minor":        frozenset({0, 3, 7, 11}),
    "major-sixth":        frozenset({0, 4, 7, 9}),
    "minor-sixth":        frozenset({0, 3, 7, 9}),
    "dominant-ninth":     frozenset({0, 2, 4, 7, 10}),
    "major-ninth":        frozenset({0, 2, 4, 7, 11}),
    "minor-ninth":        frozenset({0, 2, 3, 7, 10}),
    "minor-11th":         frozenset({0, 2, 3, 5, 7, 10}),
    "dominant-13th":      frozenset({0, 2, 4, 7, 9, 10}),
    "major-13th":         frozenset({0, 2, 4, 7, 9, 11}),
    "minor-13th":         frozenset({0, 2, 3, 5, 7, 9, 10}),
    "suspended-fourth":   frozenset({0, 5, 7}),
    "suspended-second":   frozenset({0, 2, 7}),
    "power":              frozenset({0, 7}),
}  # fmt: skip
# Altered tensions behind a quality are MusicXML's degrees: value and alteration.
_TENSIONS = {"b9": (9, -1), "#9": (9, 1), "#11": (11, 1), "b13": (13, -1)}
_TENSION = re.compile(r"b9|#9|#11|b13")
_QUALITY = re.compile(rf"(.*?\d)((?:{_TENSION.pattern})+)")


def _write_chord(measure: ET.Element, change: ChordChange, offset: int) -> None:
    """The chord symbol `change`, `offset` ticks after the note that follows it begins."""
    harmony = _add(measure, "harmony")
    parts = split(change.symbol)
    if parts is None:
        # MusicXML asks for a root even where nothing sounds; without text it is not printed.
        _add(_add(harmony, "root"), "root-step", "C", text="")
        _add(harmony, "kind", "none", text=NO_CHORD)
    else:
        _write_root(harmony, "root", parts.root)
        found = _QUALITY.fullmatch(parts.quality)
        quality, tensions = found.groups() if found else (parts.quality, "")
        # The text is the whole quality but for its degrees, which MuseScore and verovio print behind it.
        _add(harmony, "kind", _kind(parts.root + quality), text=with_signs(quality))
        if parts.bass:
            _write_root(harmony, "bass", parts.bass)
        for tension in _TENSION.findall(tensions):
            degree = _add(harmony, "degree")
            value, alter = _TENSIONS[tension]
            _add(degree, "degree-value", value)
            _add(degree, "degree-alter", alter)
            _add(degree, "degree-type", "add")
    if offset:
        _add(harmony, "offset", offset)


def _write_root(harmony: ET.Element, tag: str, name: str) -> None:
    element = _add(harmony, tag)
    _add(element, f"{tag}-step", name[0])
    alter = name.count("#") - name.count("b")
    if alter:  # verovio draws a written 0 as a natural sign
        _add(element, f"{tag}-alter", alter)


@lru_cache(maxsize=1024)
def _kind(symbol: str) -> str:
    """The nearest of MusicXML's kinds for a symbol without bass."""
    chord = parse_chord(symbol)
    tones = {(tone - chord.root) % 12 for tone in chord.pitch_classes} if chord else set()
    return min(_KINDS, key=lambda kind: 2 * len(_KINDS[kind] - tones) + len(tones - _KINDS[kind]))
