"""The lead sheet as MusicXML: valid, the same notes in every reader, and what a musician expects to see."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from jazzgen.charts.text import parse_progression
from jazzgen.midi.reading import read_solo
from jazzgen.music.score import Note, Solo
from jazzgen.rendering.musicxml import musicxml
from jazzgen.util.packages import optional
from tests.rendering.lines import FORM, solos, sounding
from tests.shared import shared_file

needs_music21 = pytest.mark.skipif(find_spec("music21") is None, reason="needs music21")
needs_verovio = pytest.mark.skipif(find_spec("verovio") is None, reason="needs jazzgen[notation]")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@cache
def schema() -> Any:
    """The official MusicXML 4.0 schema, which the package `musicxml` carries."""
    package = find_spec("musicxml")
    if package is None or find_spec("xmlschema") is None:
        pytest.skip("needs the packages musicxml (for its schema) and xmlschema")
    folder = Path(str(package.origin)).parent / "generate_classes"
    xmlschema = optional("xmlschema", "test", "this test")
    known = Path(str(xmlschema.__file__)).parent / "schemas"
    places = {
        "http://www.w3.org/XML/1998/namespace": str(next(known.rglob("xml.xsd"))),
        "http://www.w3.org/1999/xlink": str(next(known.rglob("xlink.xsd"))),
    }
    return xmlschema.XMLSchema(str(folder / "musicxml_4_0.xsd"), locations=places, allow="local")


def validate(text: str) -> None:
    schema().validate(ET.fromstring(text))  # noqa: S314  # our own text


@pytest.mark.parametrize("key", ["C", "Bb", "Eb"])
def test_musicxml_is_valid(solo: Solo, key: str) -> None:
    validate(musicxml(solo, key=key))


@given(solos())
@settings(deadline=None, max_examples=10)
def test_any_solo_is_valid_musicxml(solo: Solo) -> None:
    validate(musicxml(solo))


@needs_music21
@pytest.mark.parametrize(("key", "above"), [("C", 0), ("Bb", 14), ("Eb", 9)])
def test_music21_reads_the_same_notes(solo: Solo, key: str, above: int) -> None:
    music21 = optional("music21", "test", "this test")
    score = music21.converter.parseData(musicxml(solo, key=key), format="musicxml").stripTies()
    notes = [note for note in score.flatten().notes if isinstance(note, music21.note.Note)]
    assert [(float(note.offset), note.pitch.midi) for note in notes] == sounding(solo, above)
    concert = score.toSoundingPitch().flatten().notes
    assert [n.pitch.midi for n in concert if isinstance(n, music21.note.Note)] == [
        n.pitch for n in solo.notes
    ]
    chords = list(score.recurse().getElementsByClass(music21.harmony.Harmony))
    assert [float(chord.getOffsetInHierarchy(score)) for chord in chords] == [
        c.tick / 12 for c in FORM.chords
    ]


@needs_verovio
@pytest.mark.parametrize("double_time", [False, True])
def test_verovio_reads_the_same_notes(solo: Solo, double_time: bool) -> None:
    solo = Solo(solo.notes, solo.progression, double_time=double_time)
    verovio = optional("verovio", "notation", "this test")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(musicxml(solo))
    toolkit.renderToMIDI()
    continued = set(re.findall(r'<tie [^>]*endid="#([^"]+)"', toolkit.getMEI()))
    heard = [
        (moment["qstamp"], toolkit.getMIDIValuesForElement(note)["pitch"])
        for moment in toolkit.renderToTimemap()
        for note in moment.get("on", [])
        if note not in continued
    ]
    expected = sounding(solo)
    assert [pitch for _, pitch in heard] == [pitch for _, pitch in expected]
    assert [time for time, _ in heard] == pytest.approx([time for time, _ in expected], abs=0.01)


def elements(solo: Solo, path: str, **options: str) -> list[ET.Element]:
    return ET.fromstring(musicxml(solo, **options)).findall(path)  # noqa: S314


def texts(solo: Solo, path: str, **options: str) -> list[str | None]:
    return [element.text for element in elements(solo, path, **options)]


@given(solos())
@settings(deadline=None, max_examples=30)
def test_who_reads_only_the_printed_accidentals_plays_the_right_notes(solo: Solo) -> None:
    root = ET.fromstring(musicxml(solo))  # noqa: S314
    fifths = int(str(root.findtext(".//fifths")))
    key = dict.fromkeys("FCGDAEB"[: max(fifths, 0)], 1) | dict.fromkeys("BEADGCF"[: max(-fifths, 0)], -1)
    for measure in root.iter("measure"):
        bar: dict[tuple[str, str], int] = {}
        for note in measure.iter("note"):
            if note.find("pitch") is None:
                continue
            place = str(note.findtext("pitch/step")), str(note.findtext("pitch/octave"))
            printed = note.findtext("accidental")
            tied_over = any(tie.get("type") == "stop" for tie in note.iter("tie"))
            alter = int(note.findtext("pitch/alter") or 0)
            if printed:
                bar[place] = {"flat": -1, "natural": 0, "sharp": 1}[printed]
            if not tied_over or place in bar:
                assert bar.get(place, key.get(place[0], 0)) == alter


def test_the_heading(solo: Solo) -> None:
    assert texts(solo, "work/work-title") == ["Four & More"]
    assert texts(solo, "identification/creator") == ["N. N."]
    assert texts(solo, ".//words") == ["Swing  "]
    assert texts(solo, ".//per-minute") == ["140"]
    assert texts(solo, ".//swing/first") + texts(solo, ".//swing/second") == ["2", "1"]
    assert texts(solo, ".//rehearsal") == ["A", "B"]


def test_even_styles_say_so(solo: Solo) -> None:
    bossa = Solo(solo.notes, parse_progression("style: bossa\n" + "| Cm7 | F7 | Bb6 | % " * 2 + "|"))
    assert texts(bossa, ".//words") == ["Bossa nova, even eighths  "]
    assert len(elements(bossa, ".//swing/straight")) == 1


@pytest.mark.parametrize(
    ("key", "player", "fifths", "transpose", "name"),
    [
        ("C", "tenor-sax", -2, [], "Tenor sax"),
        ("Bb", "tenor-sax", 0, ["-1", "-2", "-1"], "Tenor sax in B♭"),
        ("Bb", "trumpet", 0, ["-1", "-2"], "Trumpet in B♭"),
        ("Eb", "alto-sax", 1, ["-5", "-9"], "Alto sax in E♭"),
        ("Eb", "baritone-sax", 1, ["-5", "-9", "-1"], "Baritone sax in E♭"),
        ("Eb", "tenor-sax", 1, ["-5", "-9"], "E♭ part"),
    ],
)
def test_parts_for_transposing_instruments(
    solo: Solo, key: str, player: str, fifths: int, transpose: list[str], name: str
) -> None:
    solo = Solo(solo.notes, FORM, instrument=player)
    assert texts(solo, ".//key/fifths", key=key) == [str(fifths)]
    assert texts(solo, ".//transpose/*", key=key) == transpose
    assert texts(solo, ".//part-name", key=key) == [name]


def test_chords_move_with_their_part(solo: Solo) -> None:
    assert texts(solo, ".//root-step")[:4] == ["C", "F", "F", "B"]
    assert texts(solo, ".//root-step", key="Bb")[:4] == ["D", "G", "G", "C"]
    assert texts(solo, ".//bass-step", key="Bb") == ["E"]
    assert "0" not in texts(solo, ".//root-alter")


def test_chord_symbols(solo: Solo) -> None:
    kinds = [(kind.text, kind.get("text")) for kind in elements(solo, ".//harmony/kind")]
    assert kinds == [
        ("minor-seventh", "m7"),
        ("dominant", "7"),
        ("augmented-seventh", "7♯5"),
        ("major-seventh", "maj7"),
        ("dominant", "7"),
        ("major-seventh", "maj7"),
        ("none", "N.C."),
        ("major-sixth", "69"),
        ("half-diminished", "m7♭5"),
        ("dominant", "7"),
        ("minor-seventh", "m7"),
    ]
    degrees = ["".join(str(part.text) for part in degree) for degree in elements(solo, ".//harmony/degree")]
    assert degrees == ["9-1add", "9-1add", "111add"]


def test_a_chord_inside_a_held_note_stands_at_its_beat(solo: Solo) -> None:
    # The bar of Db7 and Gbmaj7 holds one whole note.
    fourth = elements(solo, ".//measure")[3]
    assert [harmony.findtext("offset") for harmony in fourth.iter("harmony")] == [None, "24"]


def test_lines_of_four_bars_and_a_new_one_for_each_section(solo: Solo) -> None:
    form = parse_progression("[A] " + "| C " * 6 + "| [B] " + "| F " * 2 + "|")
    broken = [m.get("number") for m in elements(Solo((), form), ".//measure") if m.find("print") is not None]
    assert broken == ["5", "7"]
    styles = [m.findtext("barline/bar-style") for m in elements(Solo((), form), ".//measure")]
    assert styles == [None, None, None, None, None, "light-light", None, "light-heavy"]


def test_a_pickup_has_no_number_and_stands_before_its_section() -> None:
    form = parse_progression("[A] " + "| C " * 4 + "| [B] | F |").shifted(12, 1)
    solo = Solo((Note(0, 6, 60), Note(6, 6, 62)), form)
    validate(musicxml(solo))
    measures = elements(solo, ".//measure")
    assert [(m.get("number"), m.get("implicit")) for m in measures[:2]] == [("0", "yes"), ("1", None)]
    assert [m.get("number") for m in measures if m.find("print") is not None] == ["5"]
    assert texts(solo, ".//time/beats") == ["4"]
    assert [m.findtext("barline/bar-style") for m in measures[:2]] == [None, None]


def test_the_pickup_of_a_file_has_no_number() -> None:
    file = shared_file("cases", "33-leadsheet-of-a-pickup.mid")
    solo = read_solo(file, progression=parse_progression("| Dm7 | G7 | Cmaj7 | % |"))
    measures = elements(solo, ".//measure")
    assert [m.get("number") for m in measures] == [str(number) for number in range(9)]
    assert [m.get("implicit") for m in measures] == ["yes", *[None] * 8]
    assert [m.findtext("attributes/time/beats") for m in measures] == ["4", *[None] * 8]


def test_crowded_lines_are_split() -> None:
    form = parse_progression("| C | % | % | % | F | % | % | % |")
    runs = tuple(Note(tick, 3, 60 + tick % 9) for tick in range(0, 96, 3))  # 16ths in two bars
    broken = [
        m.get("number") for m in elements(Solo(runs, form), ".//measure") if m.find("print") is not None
    ]
    assert broken == ["5"]  # 32 notes have room in a line
    runs = tuple(Note(tick, 3, 60 + tick % 9) for tick in range(0, 192, 3))
    broken = [
        m.get("number") for m in elements(Solo(runs, form), ".//measure") if m.find("print") is not None
    ]
    assert broken == ["3", "5"]


def test_double_time_says_so(solo: Solo) -> None:
    solo = Solo(solo.notes, FORM, tempo=66, double_time=True)
    assert texts(solo, ".//words") == ["Swing, double time  "]
    assert texts(solo, ".//per-minute") == ["132"]


def test_courtesy_accidentals() -> None:
    # F# in the bar before; then F natural in two octaves, then F# in one of them and F natural in the other.
    rows = [(0, 66), (48, 65), (60, 77), (72, 78), (84, 65)]
    notes = tuple(Note(onset, 12, pitch) for onset, pitch in rows)
    marks = elements(Solo(notes, parse_progression("key: C\n| D7 | % |")), ".//accidental")
    assert [(mark.text, mark.get("cautionary")) for mark in marks] == [
        ("sharp", None), ("natural", "yes"), ("natural", "yes"), ("sharp", None),
    ]  # fmt: skip


def test_an_empty_bar_is_one_rest() -> None:
    assert [rest.get("measure") for rest in elements(Solo((), parse_progression("| C |")), ".//rest")] == [
        "yes"
    ]


def test_a_title_may_hold_anything(solo: Solo) -> None:
    odd = Solo(solo.notes, FORM, title="<Blues> & \x07 bell")
    validate(musicxml(odd))
    assert texts(odd, "work/work-title") == ["<Blues> &  bell"]
