"""MusicXML scores (.musicxml, .xml, .mxl) as charts: the symbols, bars and signs of the part that has chords.

Which part: the one with most `<harmony>`; repeats, endings and words are also looked for in the first. The
melody is that of its first voice. What is written for a transposed part is brought to concert pitch. A score
may be partwise or timewise.

Source: MusicXML 4.0, W3C Music Notation Community Group, 2021; what programs make of it was counted in
1,467 files.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Sequence
from fractions import Fraction

from jazzgen.charts.estimates import Facts, chart_of, is_style
from jazzgen.charts.flow_words import MOST_TIMES, Order
from jazzgen.charts.harmony import Harmony, read_symbol
from jazzgen.charts.measures import (
    Measure,
    MeasureNote,
    add_flow,
    degrees_of,
    ending_numbers,
    meter_name,
    moved_symbol,
)
from jazzgen.charts.written import Chart, Entry, Jump
from jazzgen.charts.xml_files import ZIP, number, open_zip, parse_xml, read_member, text_of
from jazzgen.errors import ProgressionError
from jazzgen.music.keys import key_name
from jazzgen.music.pitch import fold

FORM_FIELD = "jazzgen-form"  # a miscellaneous field of scores that hold a form and nothing else
_SCORES = (".musicxml", ".xml")
MAX_SYMBOLS = 10_000  # in a part
MAX_CREDITS = 500
MAX_DENOMINATOR = 1_000_000
MAX_POSITION = Fraction(10_000)  # quarter notes in a measure

_BEAT_UNITS: dict[str, int | Fraction] = {
    "long": 16, "breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
}  # fmt: skip
_PLACEHOLDERS = {"title", "untitled", "untitled score", "composer", "composer / arranger", "[composer]"}


def entries(data: bytes, name: str) -> list[Entry]:
    """The one song of a MusicXML file; raises `ProgressionError` where it is none."""
    score = _Score(_root(data, name))
    facts = score.facts
    try:
        chart = score.chart()
    except ProgressionError:  # listed all the same; reading it says why
        return [Entry(score.chart, facts.title, facts.composer, facts.style, facts.key, facts.tempo)]
    return [Entry(lambda: chart, chart.title, chart.composer, chart.style, chart.key, chart.tempo)]


# --------------------------------------------------------------------------------------------- the container


def _root(data: bytes, name: str) -> ET.Element:
    if data.startswith(ZIP):
        data = _unzipped(data, name)
    root = parse_xml(data, name)
    if root.tag == "score-timewise":
        return _turned_over(root)
    if root.tag != "score-partwise":
        raise ProgressionError(
            f"{name}: its root element is <{root.tag[:40]}>, not <score-partwise>; export it as MusicXML"
        )
    return root


def _unzipped(data: bytes, name: str) -> bytes:
    """The score in an .mxl: the one that the container names, else the first; some containers are broken."""
    with open_zip(data, name) as archive:
        names = archive.namelist()
        scores = [
            n for n in names if n.lower().endswith(_SCORES) and not n.upper().startswith(("META-INF", "__"))
        ]
        named = _named_by_container(archive, name)
        if named in names:
            scores.insert(0, named)
        if not scores:
            raise ProgressionError(f"{name}: no .musicxml or .xml is in it; export the score as MusicXML")
        return read_member(archive, scores[0], name)


def _named_by_container(archive: zipfile.ZipFile, name: str) -> str:
    """The score that META-INF/container.xml names; "" where it names none."""
    try:
        container = parse_xml(read_member(archive, "META-INF/container.xml", name), name)
    except ProgressionError:  # not there, or with an apostrophe between apostrophes
        return ""
    paths = [file.get("full-path", "") for file in container.iter("rootfile")]
    return next((path for path in paths if path.lower().endswith(_SCORES)), "")


def _turned_over(root: ET.Element) -> ET.Element:
    """A timewise score, measures with parts in them, as a partwise one."""
    parts: dict[str, ET.Element] = {}
    for measure in root.findall("measure"):
        for part in measure.findall("part"):
            own = parts.setdefault(part.get("id", ""), ET.Element("part", part.attrib))
            ET.SubElement(own, "measure", measure.attrib).extend(part)
    turned = ET.Element("score-partwise", root.attrib)
    turned.extend(child for child in root if child.tag != "measure")
    turned.extend(parts.values())
    return turned


# ------------------------------------------------------------------------------------------------- the score


class _Score:
    """A partwise score: what it says of itself, and its chart."""

    def __init__(self, root: ET.Element) -> None:
        self.parts = root.findall("part")
        self.part = max(self.parts, key=lambda part: sum(1 for _ in part.iter("harmony")), default=None)
        self.facts = Facts(
            title=_title(root),
            composer=_composer(root),
            style=_style(root),
            tempo=_tempo(self.parts),
            is_form=any(f.get("name") == FORM_FIELD for f in root.iter("miscellaneous-field")),
        )
        if self.part is not None:
            self.facts = _with_key(self.facts, self.part)

    def chart(self) -> Chart:
        """The chart; raises `ProgressionError` where the score has no chord symbols."""
        count = 0 if self.part is None else sum(1 for _ in self.part.iter("harmony"))
        if self.part is None or not count:
            raise ProgressionError(
                f"none of its {len(self.parts)} parts has chord symbols (<harmony>); write them "
                "above the staff"
            )
        if count > MAX_SYMBOLS:
            raise ProgressionError(f"{count:,} chord symbols; at most {MAX_SYMBOLS:,} are read")
        reader = _PartReader()
        measures = [reader.measure(element, n) for n, element in enumerate(self.part.findall("measure"), 1)]
        if self.part is not self.parts[0]:
            first = _PartReader()
            elements = self.parts[0].findall("measure")
            add_flow(measures, [first.measure(element, n) for n, element in enumerate(elements, 1)])
        return chart_of(measures, self.facts, reader.warnings)


def _title(root: ET.Element) -> str:
    found = (root.findtext("work/work-title"), root.findtext("movement-title"), _credit(root, "title"))
    return next((title for text in found if (title := _said(text))), "") or _largest_credit(root)


def _composer(root: ET.Element) -> str:
    creators = [
        (creator.get("type", ""), _said(text_of(creator)))
        for creator in root.iterfind("identification/creator")
    ]
    for wanted in ("composer", "music", ""):
        if named := next((said for kind, said in creators if kind == wanted and said), ""):
            return named
    return _credit(root, "composer")


def _said(text: str | None) -> str:
    """A text with its blanks put together; "" for what programs put where a person has written nothing."""
    said = " ".join((text or "").split())
    return "" if said.lower() in _PLACEHOLDERS else said


def _credit(root: ET.Element, kind: str) -> str:
    for credit in root.findall("credit")[:MAX_CREDITS]:
        if (credit.findtext("credit-type") or "").strip().lower() == kind:
            return _said(" ".join(text_of(words) for words in credit.findall("credit-words")))
    return ""


def _largest_credit(root: ET.Element) -> str:
    """The text on the first page in the largest letters."""
    some = root.findall("credit")[:MAX_CREDITS]
    first_page = [credit for credit in some if credit.get("page", "1") == "1"]
    sized = [
        (number(words.get("font-size")), -n, _said(text_of(words)))
        for n, words in enumerate(words for credit in first_page for words in credit.findall("credit-words"))
    ]
    return max((found for found in sized if found[2]), default=(0, 0, ""))[2]


def _style(root: ET.Element) -> str:
    """A groove that a program names, else words over the first bars that name a style."""
    for play in root.iter("other-play"):
        if play.get("type") == "groove" and (said := _said(play.text)):
            return said
    for part in root.iterfind("part"):
        for measure in part.findall("measure")[:2]:
            for direction in measure.iterfind("direction"):
                words = _said(" ".join(text_of(text) for text in direction.iter("words")))
                if is_style(words):
                    return words.strip("() ")
    for creator in root.iterfind("identification/creator[@type='lyricist']"):  # where iReal Pro writes it
        software = text_of(root.find("identification/encoding/software"))
        found = re.search(r"\(([^()]+)\)", words := _said(creator.text))
        if is_style(said := found[1] if found else words) and (found or "iReal" in software):
            return said
    swing = next(root.iter("swing"), None)
    return "" if swing is None else "Straight" if swing.find("straight") is not None else "Swing"


def _tempo(parts: Sequence[ET.Element]) -> float | None:
    """Quarter notes a minute where it is first said: what a program plays, else what is printed."""
    for part in parts:
        for measure in part.iterfind("measure"):
            sounds = [number(sound.get("tempo")) for sound in measure.iter("sound")]
            for tempo in (*sounds, *map(_metronome, measure.iter("metronome"))):
                if tempo:
                    return float(tempo)
    return None


def _metronome(element: ET.Element) -> Fraction:
    """Quarter notes a minute of a metronome mark; 0 where it has no number."""
    unit = Fraction(_BEAT_UNITS.get(element.findtext("beat-unit", "").strip(), 0))
    dots = len(element.findall("beat-unit-dot"))
    found = re.search(r"\d+(?:[.,]\d+)?", element.findtext("per-minute", ""))
    return number(found[0]) * unit * (2 - Fraction(1, 2 ** min(dots, 4))) if found else Fraction(0)


def _with_key(facts: Facts, part: ET.Element) -> Facts:
    """`facts` with the first key signature of `part` at concert pitch."""
    attributes = [
        element for measure in part.findall("measure")[:1] for element in measure.iter("attributes")
    ]
    fifths = next((e.findtext("key/fifths") for e in attributes if e.find("key/fifths") is not None), None)
    if fifths is None or abs(signature := int(number(fifths))) > 7:
        return facts
    mode = next((e.findtext("key/mode", "") for e in attributes if e.find("key/fifths") is not None), "")
    move = next((_transposition(e) for e in attributes if e.find("transpose") is not None), 0)
    signature = fold(signature + move, -7, 7)
    minor = {"minor": True, "aeolian": True, "none": None, "": None}.get(mode.strip().lower(), False)
    if minor is None:
        return facts._replace(signature=signature)
    return facts._replace(key=key_name(signature, minor))


def _transposition(attributes: ET.Element) -> int:
    """From the written to the sounding pitch, in places on the line of fifths."""
    chromatic = int(number(attributes.findtext("transpose/chromatic")))
    if attributes.find("transpose/diatonic") is None:
        return fold(7 * chromatic % 12, -5, 6)
    # A step of the scale is two fifths up and an octave down; a semitone on the same step seven fifths.
    diatonic = int(number(attributes.findtext("transpose/diatonic")))
    place = 7 * chromatic - 12 * diatonic
    return place if abs(place) <= 6 else fold(7 * chromatic % 12, -5, 6)


# ------------------------------------------------------------------------------------------------- a part


class _PartReader:
    """Reads the measures of one part in their order: what is said once holds until it is said anew."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.divisions = Fraction(1)  # of a quarter note
        self.meter = "4/4"
        self.move = 0  # from written to sounding, in fifths
        self.copies = 0
        self.sounds_above = 0  # semitones
        self.voice = ""  # of the melody: the first that has a note
        self.position = Fraction(0)

    def measure(self, element: ET.Element, n: int) -> Measure:
        """The `n`-th measure."""
        self.position = Fraction(0)
        measure = Measure(n, implicit=element.get("implicit") == "yes")
        for child in element:
            match child.tag:
                case "attributes":
                    self._attributes(child, n)
                case "note" | "forward" | "backup":
                    if child.tag == "note":
                        self._note(child, measure)
                    self._advance(child)
                    measure.length = max(measure.length, self.position)
                case "harmony":
                    self._harmony(child, measure)
                case "direction":
                    self._direction(child, measure)
                case "sound":
                    _read_sound(child, self._place(child), measure)
                case "barline":
                    _read_barline(child, measure)
        measure.meter = self.meter
        measure.copies = self.copies
        return measure

    def _attributes(self, element: ET.Element, n: int) -> None:
        self.divisions = number(element.findtext("divisions")) or self.divisions
        if (time := element.find("time")) is not None and time.find("beats") is not None:
            self.meter = self._meter(time, n)
        if element.find("transpose") is not None:
            self.move = _transposition(element)
            self.sounds_above = int(number(element.findtext("transpose/chromatic")))
            self.sounds_above += 12 * int(number(element.findtext("transpose/octave-change")))
        for style in element.iter("measure-repeat"):
            starts = style.get("type") != "stop"
            self.copies = max(1, min(int(number(style.text)), 64)) if starts else 0

    def _meter(self, time: ET.Element, n: int) -> str:
        """A meter; 3+2/8 and 3/8+2/8 are 5/8."""
        pairs = list(zip(time.findall("beats"), time.findall("beat-type"), strict=False))
        units = [int(number(unit.text)) for _, unit in pairs]
        counts = [sum(int(number(part)) for part in (beats.text or "").split("+")) for beats, _ in pairs]
        if (
            not pairs
            or not all(0 < unit <= 64 for unit in units)
            or not all(0 < count < 100 for count in counts)
        ):
            raise ProgressionError(f"measure {n} has a meter without numbers; give it one such as 4/4")
        unit = max(units)
        return meter_name(sum(count * unit // own for count, own in zip(counts, units, strict=True)), unit)

    def _advance(self, element: ET.Element) -> None:
        """Move by a note, unless it sounds with the one before or has no time of its own."""
        if element.find("chord") is not None or element.find("grace") is not None:
            return
        length = number(element.findtext("duration")) / self.divisions
        moved = self.position + (-length if element.tag == "backup" else length)
        if moved.denominator > MAX_DENOMINATOR:  # made up: it would grow with every note
            moved = Fraction(round(moved * MAX_DENOMINATOR), MAX_DENOMINATOR)
        self.position = min(max(moved, Fraction(0)), MAX_POSITION)

    def _note(self, element: ET.Element, measure: Measure) -> None:
        """A note of the melody: of the first voice, of a chord the highest."""
        pitch, voice = element.find("pitch"), element.findtext("voice", "1").strip()
        if pitch is None or element.find("grace") is not None or element.find("cue") is not None:
            return
        self.voice = self.voice or voice
        sounding = _midi_pitch(pitch) + self.sounds_above
        if voice != self.voice or not 0 <= sounding <= 127:
            return
        if element.find("chord") is not None:
            if measure.notes and measure.notes[-1].pitch < sounding:
                measure.notes[-1] = measure.notes[-1]._replace(pitch=sounding)
            return
        length = number(element.findtext("duration")) / self.divisions
        tied_on = any(tie.get("type") == "stop" for tie in element.iterfind("tie"))
        if length > 0:
            measure.notes.append(MeasureNote(self.position, length, sounding, tied_on))

    def _place(self, element: ET.Element) -> Fraction:
        return self.position + number(element.findtext("offset")) / self.divisions

    def _harmony(self, element: ET.Element, measure: Measure) -> None:
        if element.get("type") == "alternate":
            return  # printed above the chord that is played
        if len(element.findall("kind")) > 1:
            self.warnings.append(f"bar {measure.number} has chords over chords; the first of them is read")
        symbol = moved_symbol(read_symbol(_read_harmony(element)), self.move)
        measure.symbols.append((self._place(element), symbol))

    def _direction(self, element: ET.Element, measure: Measure) -> None:
        place = self._place(element)
        if words := " ".join(_texts(element)):
            boxed = any(text.get("enclosure") in ("rectangle", "square") for text in element.iter("words"))
            boxed = boxed and re.fullmatch(r"[A-Z]\d?['′]?", words) is not None
            (measure.marks if boxed else measure.words).append((place, words))
        measure.marks += ((place, text_of(m)) for m in element.iterfind("direction-type/rehearsal"))
        for sound in element.iterfind("sound"):
            _read_sound(sound, place, measure)


_SOUNDS = {
    "dacapo": Order("jump", Jump(to_segno=False)),
    "dalsegno": Order("jump", Jump(to_segno=True)),
    "tocoda": Order("to coda"),
    "segno": Order("segno"),
    "coda": Order("coda"),
    "fine": Order("fine"),
}


def _midi_pitch(pitch: ET.Element) -> int:
    """The MIDI number of a written pitch; below 0 for a step that is none."""
    step = "C D EF G A B".find(pitch.findtext("step", "").strip() or "?")
    octave, alter = (int(number(pitch.findtext(tag))) for tag in ("octave", "alter"))
    return 12 * (octave + 1) + step + alter if step >= 0 else -1


def _read_sound(element: ET.Element, place: Fraction, measure: Measure) -> None:
    """What a program is told to play: the same as the words, or in their place."""
    for attribute, order in _SOUNDS.items():
        if element.get(attribute) not in (None, "no"):
            measure.orders.append((place, order))


def _texts(direction: ET.Element) -> Iterator[str]:
    """The words of a direction and, by name, its signs."""
    for kind in direction.iterfind("direction-type"):
        for child in kind:
            if child.tag in ("segno", "coda"):
                yield child.tag
            elif child.tag == "words" and (said := text_of(child)):
                yield said


def _read_harmony(element: ET.Element) -> Harmony:
    kind = element.find("kind")
    root = _note_name(element.find("root"), "root") or text_of(element.find("function"))
    text = "" if kind is None else kind.get("text", "")
    return Harmony(
        root, text_of(kind), text[:80], degrees_of(element), _note_name(element.find("bass"), "bass")
    )


def _note_name(element: ET.Element | None, tag: str) -> str:
    """The note that a root or bass names; "" for none. `<root-step text="">` is printed as nothing."""
    step = "" if element is None else element.findtext(f"{tag}-step", "").strip().upper()
    if element is None or not re.fullmatch("[A-G]", step):
        return ""
    alter = int(number(element.findtext(f"{tag}-alter")))
    return step + ("#" * alter if alter > 0 else "b" * -alter) if abs(alter) <= 2 else ""


def _read_barline(element: ET.Element, measure: Measure) -> None:
    left = element.get("location") == "left"
    style = element.findtext("bar-style", "").strip()
    if style in ("light-light", "light-heavy", "heavy-light", "heavy-heavy", "heavy"):
        measure.double_start, measure.double_end = (
            measure.double_start or left,
            measure.double_end or not left,
        )
    if (repeat := element.find("repeat")) is not None:
        if repeat.get("direction") == "forward":
            measure.opens = True
        elif repeat.get("direction") == "backward":
            measure.closes = True
            measure.times = min(max(int(number(repeat.get("times"))), 0), MOST_TIMES)
    ending = element.find("ending")
    if ending is not None and ending.get("type", "start") == "start":
        measure.endings = ending_numbers(ending.get("number", "")) or ending_numbers(text_of(ending)) or (1,)
