"""JJazzLab songs (.sng) as charts: the song parts, one behind the other, as the structure lists them.

The file is XML of objects. A chord lead sheet has sections (name, meter, first bar) and chords at
"[bar:beat]", both from 0; beats are those that the program counts, dotted quarters in 12/8. What equals an
object before may be a `reference` to it, a path from the element that has it. Numbers may have a comma.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from jazzgen.charts.written import Chart, Entry, WrittenBar, WrittenChord
from jazzgen.charts.xml_files import number, parse_xml, text_of
from jazzgen.errors import ProgressionError
from jazzgen.music.meters import read_meter
from jazzgen.music.score import MAX_BARS, TICKS_PER_BEAT

_NUMBERS = {
    "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5, "SIX": 6, "SEVEN": 7, "EIGHT": 8, "NINE": 9, "TEN": 10,
    "ELEVEN": 11, "TWELVE": 12,
}  # fmt: skip
_POSITION = re.compile(r"\[?\s*(\d{1,6})\s*[:;]\s*(\d{1,3}(?:[.,]\d{1,12})?)\s*\]?")
_STEP = re.compile(r"(\.\.)|([\w.$-]+)(?:\[(\d{1,6})\])?")
MAX_STEPS = 64  # of a reference
MAX_CHORDS = 10_000


class _Section(NamedTuple):
    name: str
    meter: str
    start: int  # its first bar in the lead sheet, from 0


def entries(data: bytes, name: str) -> list[Entry]:
    """The song of a JJazzLab file; raises `ProgressionError` where it is none."""
    root = parse_xml(data, name)
    if root.find(".//spChordLeadSheet") is None:
        raise ProgressionError(f"{name}: it has no chord lead sheet, so it is no song of JJazzLab")
    song = _Song(root)
    return [Entry(song.chart, song.title, tempo=song.tempo, style=song.style)]


class _Song:
    """A song's objects, found by their names wherever they stand."""

    def __init__(self, root: ET.Element) -> None:
        self.root = root
        self.named: dict[tuple[ET.Element, str], list[ET.Element]] = {}  # children by their tag
        self.parents = {child: parent for parent in root.iter() for child in parent}
        self.title = " ".join(_field(root, "spName").split())
        self.tempo = float(tempo) if 10 <= (tempo := number(_field(root, "spTempo"))) <= 1000 else None
        rhythms = (_field(part, "spRhythmName") for part in root.iter())
        self.style = re.sub(r"\.S\d+\b.*|\.\w{3}$", "", next(filter(None, rhythms), "")).strip()

    def chart(self) -> Chart:
        """The bars of the song parts in their order, else those of the lead sheet."""
        sheet = self._resolved(next(self.root.iter("spChordLeadSheet")))
        items = self._resolved(found if (found := sheet.find("spItems")) is not None else sheet)
        sections, chords = self._sections(items), self._chords(items)
        last = max([*(bar for bar, _ in chords), *(section.start for section in sections)], default=0)
        size = int(number(_field(sheet, "spSize"))) or last + 1
        if not chords:
            raise ProgressionError("it has no chord symbols; write some in JJazzLab")
        if size > MAX_BARS:
            raise ProgressionError(f"{size:,} bars; at most {MAX_BARS:,} are read")
        sheet_bars = _bars(sections, chords, size)
        bars: list[WrittenBar] = []
        for start, end, section in self._parts(sections, size):
            first, *others = sheet_bars[start:end]
            bars += (replace(first, section=section), *others)
            if len(bars) > MAX_BARS:
                raise ProgressionError(f"its song parts have more than {MAX_BARS:,} bars")
        return Chart(tuple(bars), self.title, style=self.style, tempo=self.tempo, as_written=True)

    def _resolved(self, element: ET.Element) -> ET.Element:
        """The element itself, or the one that it refers to, perhaps over others."""
        path = ""
        for _ in range(8):
            if "reference" not in element.attrib:
                return element
            path = element.get("reference", "")
            element = self._at(element, path)
        raise ProgressionError(f"the reference {path[:80]!r} leads in a circle")

    def _at(self, element: ET.Element, path: str) -> ET.Element:
        """The element at a path such as ../../CLI__ChordSymbolImpl[4]/spChord from `element`."""
        at: ET.Element | None = self.root if path.startswith("/") else element
        steps = [step for step in path.split("/") if step not in ("", ".")]
        for step in steps[1 if path.startswith("/") else 0 : MAX_STEPS]:
            found = _STEP.fullmatch(step)
            if at is None or found is None:
                at = None
            elif found[1]:
                at = self.parents.get(at)
            else:
                place = int(found[3] or 1) - 1
                if (at, found[2]) not in self.named:  # a thousand references count the same children
                    self.named[at, found[2]] = [child for child in at if child.tag == found[2]]
                named = self.named[at, found[2]]
                at = named[place] if 0 <= place < len(named) else None
        if at is None:
            raise ProgressionError(f"the reference {path[:80]!r} leads to nothing")
        return at

    def _sections(self, items: ET.Element) -> list[_Section]:
        sections = []
        for item in items:
            if "Section" in item.tag:
                section = self._resolved(item)
                start = int(number(_field(section, "spBarIndex")))
                sections.append(_Section(_field(section, "spName"), self._meter(section), start))
        sections.sort(key=lambda section: section.start)
        if not sections or sections[0].start:
            sections.insert(0, _Section("", "4/4", 0))
        return sections

    def _meter(self, section: ET.Element) -> str:
        said = _field(section, "spTs")
        upper, _, lower = said.partition("_")
        if upper in _NUMBERS and lower in _NUMBERS:
            return read_meter(f"{_NUMBERS[upper]}/{_NUMBERS[lower]}").signature
        if re.fullmatch(r"\d+/\d+", said):
            return read_meter(said).signature
        raise ProgressionError(f"section {_field(section, 'spName')!r} has no known meter: {said[:40]!r}")

    def _chords(self, items: ET.Element) -> list[tuple[int, tuple[Fraction, str]]]:
        """(bar, (beat, symbol)) of each chord, in their order."""
        chords = []
        for item in (self._resolved(item) for item in items if "ChordSymbol" in item.tag):
            chord, position = item.find("spChord"), item.find("spPos")
            if chord is None or position is None:
                continue
            chord, position = self._resolved(chord), self._resolved(position)
            found = _POSITION.fullmatch(_field(position, "spPos") or text_of(position))
            symbol = _field(chord, "spOriginalName") or _field(chord, "spName")
            if found is None or not symbol:
                raise ProgressionError(f"chord {symbol[:40]!r} has no place such as [3:2.5]")
            chords.append((int(found[1]), (number(found[2]), "".join(symbol.split()))))
        if len(chords) > MAX_CHORDS:
            raise ProgressionError(f"{len(chords):,} chords; at most {MAX_CHORDS:,} are read")
        return sorted(chords, key=lambda entry: (entry[0], entry[1][0]))

    def _parts(self, sections: Sequence[_Section], size: int) -> list[tuple[int, int, str]]:
        """Start and end in the lead sheet and the name of each song part, else of each section."""
        structure = next(self.root.iter("spSongStructure"), None)
        parts = []
        for part in () if structure is None else structure.iter():
            owned = part.find("spParentSection")
            if owned is not None and "SongPart" in part.tag:
                section = self._resolved(owned)
                start = int(number(_field(section, "spBarIndex")))
                end = _end_of(sections, start, size)
                count = int(number(_field(part, "spNbBars"))) or end
                parts.append((start, min(start + count, end), _field(section, "spName")))
        parts = parts or [(s.start, _end_of(sections, s.start, size), s.name) for s in sections]
        return [part for part in parts if 0 <= part[0] < part[1]]


def _field(element: ET.Element, name: str) -> str:
    """A value of an object, written as an attribute or as a child."""
    value = element.get(name)
    return (element.findtext(name, "") if value is None else value).strip()


def _end_of(sections: Sequence[_Section], start: int, size: int) -> int:
    """The bar behind the section that begins at bar `start`."""
    return min((section.start for section in sections if section.start > start), default=size)


def _bars(
    sections: Sequence[_Section], chords: Sequence[tuple[int, tuple[Fraction, str]]], size: int
) -> list[WrittenBar]:
    """The bars of the lead sheet, each with its meter; a chord between ticks goes to the nearest."""
    by_bar: dict[int, dict[Fraction, str]] = {}
    meters = {}
    for section in sections:
        meters[section.start] = section.meter
    bars = []
    for bar, chord in chords:
        by_bar.setdefault(bar, {})[chord[0]] = chord[1]
    meter = "4/4"
    for n in range(size):
        meter = meters.get(n, meter)
        ticks = read_meter(meter).beats * TICKS_PER_BEAT
        placed = {
            Fraction(min(round(beat * TICKS_PER_BEAT), ticks - 1), ticks): symbol
            for beat, symbol in by_bar.get(n, {}).items()
        }
        written = tuple(WrittenChord(place, symbol) for place, symbol in placed.items())
        bars.append(WrittenBar(chords=written, meter=meter, number=n + 1))
    return bars
