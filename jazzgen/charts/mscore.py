"""MuseScore scores (.mscz, .mscx) of versions 2, 3 and 4 as charts.

Which staff: the one with most chord symbols; repeats, endings and words are also looked for in the first.
Roots and basses are places on the line of fifths (14 is C). In version 2 a `<tick>` in a measure says from
when on its elements stand, later a `<location>` moves on or back by a part of a whole note.

Source: files that MuseScore 2.3.2 and 3.2.3 write, and what 4 writes otherwise.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from jazzgen.charts.estimates import Facts, chart_of, is_style
from jazzgen.charts.flow_words import MOST_TIMES, Order, read_order
from jazzgen.charts.harmony import Harmony, read_symbol
from jazzgen.charts.measures import (
    Measure,
    add_flow,
    degrees_of,
    ending_numbers,
    meter_name,
    meter_quarters,
    moved_symbol,
)
from jazzgen.charts.written import Chart, Entry, Jump
from jazzgen.charts.xml_files import ZIP, number, open_zip, parse_xml, read_member, text_of
from jazzgen.errors import ProgressionError
from jazzgen.music.keys import key_name
from jazzgen.music.pitch import fold, name_at

C = 14  # where the line of fifths has C in these files
MAX_DENOMINATOR = 1_000_000
MAX_SYMBOLS = 10_000
_VALUES: dict[str, int | Fraction] = {
    "long": 16, "breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4), "32nd": Fraction(1, 8), "64th": Fraction(1, 16), "128th": Fraction(1, 32),
}  # fmt: skip
_GRACE = re.compile(r"acciaccatura|appoggiatura|grace\d+(?:after)?")
_MARKERS = {
    "segno": "segno", "varsegno": "segno", "codab": "coda", "varcoda": "coda", "codetta": "coda",
    "coda": "to coda", "tocoda": "to coda", "tocodasym": "to coda", "fine": "fine",
}  # fmt: skip
_WORDS = ("StaffText", "SystemText", "Text")


def entries(data: bytes, name: str) -> list[Entry]:
    """The one song of a MuseScore file; raises `ProgressionError` where it is none."""
    score = _Score(data, name)
    facts = score.facts
    try:
        chart = score.chart()
    except ProgressionError:  # listed all the same; reading it says why
        return [Entry(score.chart, facts.title, facts.composer, facts.style, facts.key, facts.tempo)]
    return [Entry(lambda: chart, chart.title, chart.composer, chart.style, chart.key, chart.tempo)]


def _unzipped(data: bytes, name: str) -> tuple[bytes, bool]:
    """The score in an .mscz, not one of the parts made of it; and whether its style shows concert pitch."""
    with open_zip(data, name) as archive:
        names = archive.namelist()
        scores = [n for n in names if n.lower().endswith(".mscx") and not n.startswith(("Excerpts/", "__"))]
        if not scores:
            raise ProgressionError(f"{name}: no .mscx is in it; save it anew with MuseScore")
        styles = [read_member(archive, n, name) for n in names if n == "score_style.mss"]
        return read_member(archive, scores[0], name), any(b"<concertPitch>1<" in style for style in styles)


class _Score:
    """What a score says of itself, and its chart."""

    def __init__(self, data: bytes, name: str) -> None:
        concert = False
        if data.startswith(ZIP):
            data, concert = _unzipped(data, name)
        root = parse_xml(data, name)
        score = root.find("Score")
        if root.tag != "museScore" or score is None:
            raise ProgressionError(f"{name}: it is no score of MuseScore 2, 3 or 4; export it as MusicXML")
        self.concert = concert or score.findtext("Style/concertPitch") == "1"
        self.score, self.staffs = score, score.findall("Staff")
        self.staff = max(self.staffs, key=lambda staff: sum(1 for _ in staff.iter("Harmony")), default=None)
        self.facts = Facts(
            title=_frame_text(score, "title") or _tag(score, "workTitle") or _tag(score, "movementTitle"),
            composer=_frame_text(score, "composer") or _tag(score, "composer"),
            style=_style(score, self.staffs),
            tempo=_tempo(self.staffs),
        )
        if self.staff is not None:
            self.facts = _with_key(self.facts, self.staff, self._move())

    def chart(self) -> Chart:
        """The chart; raises `ProgressionError` where the score has no chord symbols."""
        count = 0 if self.staff is None else sum(1 for _ in self.staff.iter("Harmony"))
        if self.staff is None or not count:
            raise ProgressionError("it has no chord symbols; write them above the staff (Ctrl+K)")
        if count > MAX_SYMBOLS:
            raise ProgressionError(f"{count:,} chord symbols; at most {MAX_SYMBOLS:,} are read")
        division = number(self.score.findtext("Division"), Fraction(480)) or Fraction(480)
        measures = list(_StaffReader(division, self._move()).measures(self.staff))
        _set_copies(measures, self.staff)
        if self.staff is not self.staffs[0]:
            add_flow(measures, list(_StaffReader(division, 0).measures(self.staffs[0])))
        return chart_of(measures, self.facts)

    def _move(self) -> int:
        """From the written to the sounding pitch of the staff with the chords, in fifths."""
        wanted = "" if self.staff is None else self.staff.get("id", "")
        for part in self.score.findall("Part"):
            if any(staff.get("id") == wanted for staff in part.findall("Staff")) and not self.concert:
                chromatic = int(number(part.findtext("Instrument/transposeChromatic")))
                return fold(7 * chromatic % 12, -5, 6)
        return 0


# ----------------------------------------------------------------------------- what a score says of itself


def _tag(score: ET.Element, name: str) -> str:
    found = next((tag for tag in score.findall("metaTag") if tag.get("name") == name), None)
    return _said(text_of(found))


def _frame_text(score: ET.Element, style: str) -> str:
    """The text of a style in the first frame, where title and composer stand."""
    for text in score.iterfind("Staff/VBox/Text"):
        if text.findtext("style", "").strip().lower() == style:
            return _said(text_of(text.find("text")))
    return ""


def _said(text: str) -> str:
    """A text; "" for what MuseScore puts where a person has written nothing."""
    return "" if text.lower() in ("title", "untitled score", "composer / arranger", "composer") else text


def _style(score: ET.Element, staffs: Sequence[ET.Element]) -> str:
    first = [
        text for staff in staffs[:1] for measure in staff.findall("Measure")[:2] for text in measure.iter()
    ]
    texts = [text for text in first if text.tag in (*_WORDS, "Tempo")]
    for text in (*texts, *score.iterfind("Staff/VBox/Text")):
        words = text_of(text.find("text"))
        title = text.findtext("style", "").strip().lower() in ("title", "composer")
        if not title and is_style(words) and read_order(words) is None:
            return re.sub(r"[^\w)&'. -].*", "", words).strip("() ") or words
    return ""


def _tempo(staffs: Sequence[ET.Element]) -> float | None:
    """Quarter notes a minute; the files have them a second, to five places."""
    tempi = (number(tempo.findtext("tempo")) for staff in staffs for tempo in staff.iter("Tempo"))
    return next((round(float(60 * tempo), 1) for tempo in tempi if tempo > 0), None)


def _with_key(facts: Facts, staff: ET.Element, move: int) -> Facts:
    """`facts` with the first key signature at concert pitch; MuseScore 2 and 3 write the printed one."""
    signs = next((sign for measure in staff.findall("Measure")[:1] for sign in measure.iter("KeySig")), None)
    if signs is None:
        return facts._replace(signature=fold(move, -7, 7))
    if signs.find("concertKey") is not None:
        signature = int(number(signs.findtext("concertKey")))
    else:
        signature = int(number(signs.findtext("accidental"))) + move
    signature, mode = fold(signature, -7, 7), signs.findtext("mode", "").strip()
    if mode in ("", "unknown", "none"):
        return facts._replace(signature=signature)
    return facts._replace(key=key_name(signature, mode in ("minor", "aeolian")))


# --------------------------------------------------------------------------------------------------- a staff


class _StaffReader:
    """Reads the measures of one staff in their order."""

    def __init__(self, division: Fraction, move: int) -> None:
        self.division = division  # ticks of a quarter note in version 2
        self.move = move
        self.meter = "4/4"
        self.start = Fraction(0)  # of the measure, in quarter notes from the beginning
        self.position = Fraction(0)  # in the measure
        self.tuplets: list[Fraction] = []  # ratios of the tuplets in progress
        self.by_id: dict[str, Fraction] = {}  # in version 2 tuplets have numbers

    def measures(self, staff: ET.Element) -> Iterator[Measure]:
        """Every measure of the staff."""
        for n, element in enumerate(staff.findall("Measure"), 1):
            measure = Measure(n, implicit=element.find("irregular") is not None)
            self.position = Fraction(0)
            self._elements(element, measure)
            for voice in element.findall("voice"):
                self.position, self.tuplets = Fraction(0), []
                self._elements(voice, measure)
            measure.meter = self.meter
            measure.length = _length(element.get("len")) or meter_quarters(self.meter)
            self.start += measure.length
            yield measure

    def _elements(self, parent: ET.Element, measure: Measure) -> None:
        for child in parent:
            match child.tag:
                case "TimeSig":
                    beats, unit = (int(number(child.findtext(tag))) for tag in ("sigN", "sigD"))
                    if 0 < beats < 100 and 0 < unit <= 64:
                        self.meter = meter_name(beats, unit)
                case "Harmony":
                    self._harmony(child, measure)
                case "FretDiagram":  # may have the symbol with it
                    for harmony in child.findall("Harmony"):
                        self._harmony(harmony, measure)
                case "Tuplet" | "endTuplet":
                    self._tuplet(child)
                case "tick" | "location" | "Chord" | "Rest" | "RepeatMeasure" | "MeasureRepeat":
                    self._advance(child)
                case _:
                    _read_bar_sign(child, measure)
                    _read_text(child, self.position, measure)

    def _harmony(self, element: ET.Element, measure: Measure) -> None:
        taken = any(place == self.position for place, _ in measure.symbols)
        if taken and element.find("leftParen") is not None:
            return  # an alternate, printed beside the chord that is played
        symbol = moved_symbol(read_symbol(_read_harmony(element)), self.move)
        measure.symbols.append((self.position, symbol))

    def _advance(self, element: ET.Element) -> None:
        """Move to where the next element stands."""
        if element.tag == "tick":
            moved = number(element.text) / self.division - self.start
        elif element.tag == "location":
            moved = self.position + _length(element.findtext("fractions"))
        else:
            moved = self.position + self._duration(element)
        if moved.denominator > MAX_DENOMINATOR:  # made up: it would grow with every note
            moved = Fraction(round(moved * MAX_DENOMINATOR), MAX_DENOMINATOR)
        self.position = max(moved, Fraction(0))

    def _tuplet(self, element: ET.Element) -> None:
        """The tuplet that begins or ends; in version 2 its notes name it."""
        if element.tag == "endTuplet":
            del self.tuplets[-1:]
            return
        normal, actual = (number(element.findtext(tag)) for tag in ("normalNotes", "actualNotes"))
        ratio = normal / actual if actual else Fraction(1)
        if "id" in element.attrib:
            self.by_id[element.get("id", "")] = ratio
        else:
            self.tuplets.append(ratio)

    def _duration(self, element: ET.Element) -> Fraction:
        """The length of a chord or rest in quarter notes; grace notes have none."""
        if any(_GRACE.fullmatch(child.tag) for child in element):
            return Fraction(0)
        kind = element.findtext("durationType", "measure").strip()
        if kind == "measure":
            given = element.find("duration")
            text = None if given is None else given.text or f"{given.get('z')}/{given.get('n')}"
            return _length(text) or meter_quarters(self.meter)
        dots = min(max(int(number(element.findtext("dots"))), 0), 4)
        length = Fraction(_VALUES.get(kind, 0)) * (2 - Fraction(1, 2**dots))
        ratios = [self.by_id.get(element.findtext("Tuplet", ""), Fraction(1)), *self.tuplets[:4]]
        for ratio in ratios:
            length *= ratio
        return length


def _read_bar_sign(element: ET.Element, measure: Measure) -> None:
    """Repeats, endings and bar lines."""
    match element.tag:
        case "startRepeat":
            measure.opens = True
        case "endRepeat":
            measure.closes = True
            times = int(number(element.text))
            measure.times = min(times, MOST_TIMES) if times != 2 else 0  # 2 is written at three endings, too
        case "Volta" | "Spanner":
            for volta in element.iter("Volta"):
                said = (volta.findtext("endings", ""), text_of(volta.find("beginText")))
                measure.endings = next((found for text in said if (found := ending_numbers(text))), ())
        case "BarLine":
            if element.findtext("subtype", "").strip() in ("double", "end", "heavy", "double-heavy"):
                measure.double_end = True


def _read_text(element: ET.Element, place: Fraction, measure: Measure) -> None:
    """Jumps, markers, rehearsal marks and words."""
    text = text_of(element.find("text"))
    match element.tag:
        case "Marker":
            what = _MARKERS.get(element.findtext("label", "").strip().lower(), "")
            order = Order(what) if what else read_order(text)
            if order is not None:  # they stand in front of the voices: "To Coda" and "Fine" at the bar's end
                at_end = order.what not in ("segno", "coda")
                measure.orders.append((meter_quarters("16/1") if at_end else Fraction(0), order))
        case "Jump":
            measure.orders.append((place, _read_jump(element)))
        case "RehearsalMark":
            measure.marks.append((place, text))
        case "StaffText" | "SystemText" | "Text" if text:
            measure.words.append((place, text))


def _set_copies(measures: Sequence[Measure], staff: ET.Element) -> None:
    """Measures that repeat those before: a sign of one measure, or several that are counted from 1."""
    size = 0
    for measure, element in reversed(list(zip(measures, staff.findall("Measure"), strict=True))):
        signs = any(True for tag in ("RepeatMeasure", "MeasureRepeat") for _ in element.iter(tag))
        count = int(number(element.findtext("measureRepeatCount"))) or int(signs)
        size = max(size, count) if count else 0
        measure.copies = min(size, 64)
        size = 0 if count == 1 else size


def _length(text: str | None) -> Fraction:
    """A fraction of a whole note such as 3/4 in quarter notes; 0 for anything else."""
    found = re.fullmatch(r"\s*(-?\d{1,6})/(\d{1,6})\s*", text or "")
    return Fraction(4 * int(found[1]), int(found[2])) if found and int(found[2]) else Fraction(0)


def _read_jump(element: ET.Element) -> Order:
    """A jump, by where it leads and how far it goes; by its text where that is not said."""
    to, until = (element.findtext(tag, "").strip().lower() for tag in ("jumpTo", "playUntil"))
    said = read_order(text_of(element.find("text")))
    if not to:
        return said if said and said.what == "jump" else Order("jump", Jump(to_segno=False))
    al = "coda" if "coda" in until else "fine" if until == "fine" else ""
    if not al and said and said.jump:  # "D.C. al 2nd ending" plays to the end for MuseScore
        al = said.jump.al
    return Order("jump", Jump(to_segno=to != "start", al=al))


def _read_harmony(element: ET.Element) -> Harmony:
    """A chord symbol; in newer files root, bass and name stand in a `<harmonyInfo>`."""
    said = element if element.find("harmonyInfo") is None else element.find("harmonyInfo")
    fields: Mapping[str, str] = {child.tag: text_of(child) for child in (said if said is not None else ())}
    quality = re.sub(r"^\(?0(?=\D|7|9|$)", "h", fields.get("name", ""))  # 0 is printed as ø, t as a triangle
    quality = re.sub(r"^t(?=\d|$)", "^", quality)
    root, bass = (_note_name(fields.get(tag, "")) for tag in ("root", "base" if "base" in fields else "bass"))
    return Harmony(root, "", quality[:80], degrees_of(element), bass)


def _note_name(place: str) -> str:
    """The note at a place on the line of fifths; "" for none, which older files write as -2."""
    return name_at(int(place) - C) if re.fullmatch(r"\d\d?", place) and 0 <= int(place) <= 32 else ""
