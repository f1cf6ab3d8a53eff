"""The written page: valid MusicXML, the same notes in every reader, and what a musician expects to see."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import MissingPackageError, OptionError
from jazzgen.music.progressions import parse_progression
from jazzgen.music.score import TICKS_PER_BEAT, Note, Solo
from jazzgen.render import engrave, musicxml, optional
from jazzgen.render.rhythm import TYPES, Bar, Sign, write_bars
from jazzgen.render.spelling import spell

needs_music21 = pytest.mark.skipif(find_spec("music21") is None, reason="needs music21")
needs_verovio = pytest.mark.skipif(find_spec("verovio") is None, reason="needs jazzgen[notation]")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LENGTHS = {name: length for name, length, _ in TYPES}
FORM = parse_progression(
    "title: Four & More\nkey: Bb\n"
    "[A] | Cm7 | F7b9 . . F7#5 | Bbmaj7/D | Db7 . Gbmaj7 . | [B] N.C. | Bb6/9 | Am7b5 . D7b9#11 . | Gm7 |"
)


@pytest.fixture
def solo() -> Solo:
    """Eighths, triplets, 16ths, a syncopation, rests, a note over a bar line, one under two chords."""
    rows = [
        (6, 6, 60), (12, 4, 62), (16, 4, 63), (20, 4, 65), (24, 3, 66), (27, 3, 67), (30, 6, 68),
        (42, 12, 69), (54, 12, 66), (66, 6, 65), (90, 30, 62), (144, 48, 61), (288, 36, 64), (324, 4, 66),
        (332, 4, 67), (336, 48, 70),
    ]  # fmt: skip
    return Solo(tuple(Note(*row) for row in rows), FORM, tempo=140, title="Four & More", player="N. N.")


@st.composite
def solos(draw: st.DrawFn) -> Solo:
    """A line on the grid over two to four bars of 3/4, 4/4 or 5/4, each beat straight or in triplets."""
    beats = draw(st.sampled_from([3, 4, 5]))
    bars = draw(st.sampled_from([2, 4]))
    symbols = st.sampled_from(["Cm7", "F7b9", "Db7", "Ebmaj7", "Bdim7", "N.C.", "E7alt", "A7", "Gb6"])
    text = "| " + " | ".join(draw(symbols) for _ in range(bars)) + " |"
    form = parse_progression(f"meter: {beats}/4\n{text}")
    onsets = []
    for beat in range(form.length // TICKS_PER_BEAT):
        places = draw(st.sampled_from([(), (0,), (6,), (0, 6), (0, 3, 6, 9), (4, 8), (0, 8), (3, 9), (0, 4)]))
        onsets += [beat * TICKS_PER_BEAT + place for place in places]
    notes = []
    for onset, following in pairwise([*onsets, form.length]):
        duration = draw(st.integers(1, following - onset))
        notes.append(Note(onset, duration, draw(st.integers(50, 80))))
    return Solo(tuple(notes), form, double_time=draw(st.booleans()))


def quarter_of(solo: Solo) -> int:
    return TICKS_PER_BEAT * (2 if solo.double_time else 1)


# ----------------------------------------------------------------------------------------------------- rhythm


@given(solos())
@settings(deadline=None, max_examples=60)
def test_signs_fill_their_bars_and_keep_every_onset(solo: Solo) -> None:
    bars = write_bars(solo)
    assert sum(bar.ticks for bar in bars) == solo.progression.length
    begun = []
    for bar in bars:
        if bar.signs:
            assert [bar.start, *(sign.end for sign in bar.signs)] == [
                *(sign.start for sign in bar.signs), bar.start + bar.ticks,
            ]  # fmt: skip
        for sign in bar.signs:
            written = LENGTHS[sign.type] * Fraction(3 if sign.dotted else 2, 2)
            assert written * Fraction(2 if sign.triplet else 3, 3) * quarter_of(solo) == sign.ticks
            if sign.note is not None and not sign.tied_from:
                begun.append((sign.note, sign.start))
    assert begun == [(index, note.onset) for index, note in enumerate(solo.notes)]


@given(solos())
@settings(deadline=None, max_examples=40)
def test_ties_join_what_belongs_together(solo: Solo) -> None:
    signs = [
        sign
        for bar in write_bars(solo)
        for sign in (bar.signs or (Sign(bar.start, bar.ticks, None, "whole"),))
    ]
    for sign, following in zip(signs, [*signs[1:], None], strict=True):
        joined = sign.note is not None and following is not None and following.note == sign.note
        assert sign.tied_to == joined
        if following is not None:
            assert following.tied_from == joined


@given(solos())
@settings(deadline=None, max_examples=40)
def test_rests_show_the_beat(solo: Solo) -> None:
    quarter = quarter_of(solo)
    for bar in write_bars(solo):
        for sign in bar.signs:
            if sign.note is None and not sign.triplet:
                assert not sign.dotted
                assert (sign.start - bar.start) % min(sign.ticks, quarter) == 0


@given(solos())
@settings(deadline=None, max_examples=40)
def test_beams_stay_in_their_beat(solo: Solo) -> None:
    for bar in write_bars(solo):
        open_since = None
        for sign in bar.signs:
            first = sign.beams[0] if sign.beams else None
            if first == "begin":
                open_since = (sign.start - bar.start) // quarter_of(solo)
            if first in ("continue", "end"):
                assert (sign.start - bar.start) // quarter_of(solo) == open_since
            assert (open_since is None) or (first is not None)
            open_since = None if first == "end" else open_since
        assert open_since is None


def written(text: str, *rows: tuple[int, int], double_time: bool = False) -> list[list[str]]:
    """The signs of notes (onset, duration) over a form, in short: "8" an eighth, "r4" a quarter rest."""
    notes = tuple(Note(onset, duration, 60) for onset, duration in rows)
    short = {
        "whole": "1",
        "half": "2",
        "quarter": "4",
        "eighth": "8",
        "16th": "16",
        "32nd": "32",
        "64th": "64",
    }
    return [
        [
            ("r" if sign.note is None else "~" if sign.tied_from else "") + short[sign.type]
            + "." * sign.dotted + "t" * sign.triplet
            for sign in bar.signs
        ]
        for bar in write_bars(Solo(notes, parse_progression(text), double_time=double_time))
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "signs"),
    [
        ([(0, 48)], ["1"]),
        ([(0, 36)], ["2.", "r4"]),
        ([(12, 36)], ["r4", "4", "~2"]),
        ([(6, 12), (18, 6), (24, 24)], ["r8", "4", "8", "2"]),  # a syncopation inside half a bar
        ([(6, 18), (24, 24)], ["r8", "4.", "2"]),
        ([(18, 12), (30, 18)], ["r4", "r8", "8", "~8", "4."]),  # never across the middle of the bar
        ([(0, 30)], ["2", "~8", "r8", "r4"]),
        ([(0, 9), (9, 3), (12, 12), (24, 24)], ["8.", "16", "4", "2"]),
        ([(3, 6), (9, 3), (12, 36)], ["r16", "8", "16", "4", "~2"]),
        ([(0, 4), (4, 4), (8, 4), (12, 8), (20, 4), (24, 24)], ["8t", "8t", "8t", "4t", "8t", "2"]),
        ([(8, 16)], ["r4t", "8t", "~4", "r2"]),
        ([(0, 8), (12, 8), (24, 8), (36, 8)], ["4", "4", "4", "4"]),  # a short silence is how it is played
        ([(0, 4), (12, 4), (24, 4), (36, 4)], ["8", "r8"] * 4),  # a longer one is written
        ([], []),
    ],
)
def test_written_values_in_four(rows: list[tuple[int, int]], signs: list[str]) -> None:
    assert written("| C |", *rows) == [signs]


@pytest.mark.parametrize(
    ("rows", "signs"),
    [
        ([(0, 36)], ["2."]),
        ([(0, 18), (18, 18)], ["4.", "4."]),
        ([(12, 24)], ["r4", "2"]),
        ([(6, 24)], ["r8", "8", "~4.", "r8"]),
        ([(0, 6), (6, 12), (18, 18)], ["8", "4", "4."]),  # a syncopation over one beat
        ([(0, 6), (6, 12), (18, 12), (30, 6)], ["8", "4", "4", "8"]),
        ([(0, 6), (6, 15), (21, 3), (24, 12)], ["8", "8", "~8.", "16", "4"]),
        ([(0, 6)], ["8", "r8", "r4", "r4"]),
    ],
)
def test_written_values_in_three(rows: list[tuple[int, int]], signs: list[str]) -> None:
    assert written("meter: 3/4\n| C |", *rows) == [signs]


def test_five_is_three_and_two() -> None:
    assert written("meter: 5/4\n| C |", (0, 60)) == [["2.", "~2"]]
    assert written("meter: 5/4\n| C |", (12, 36)) == [["r4", "2", "~4", "r4"]]


def test_double_time_is_written_in_the_meter_of_the_file() -> None:
    # Two bars of the grid are one bar of the page, and an eighth of the grid is a 16th.
    rows = [(0, 6), (6, 6), (12, 12), (24, 4), (28, 4), (32, 4), (36, 3), (39, 3), (42, 6), (48, 48)]
    assert written("| C | G7 |", *rows, double_time=True) == [
        ["16", "16", "8", "16t", "16t", "16t", "32", "32", "16", "2"],
    ]  # fmt: skip


def test_a_note_over_the_bar_line_is_tied() -> None:
    assert written("| C | C |", (42, 30)) == [["r2", "r4", "r8", "8"], ["~2", "r2"]]


# --------------------------------------------------------------------------------------------------- spelling


def names(pitches: list[int], symbol: str, fifths: int = 0) -> str:
    line = spell(pitches, [symbol] * len(pitches), fifths)
    return " ".join(name.step + {-1: "b", 0: "", 1: "#"}[name.alter] for name in line)


@pytest.mark.parametrize(
    ("pitches", "symbol", "fifths", "line"),
    [
        ([61, 65, 68, 71], "Db7", 0, "Db F Ab Cb"),  # flats, whatever the key
        ([61, 65, 68, 71], "C#7", 5, "C# E# G# B"),
        ([66, 64, 63, 61], "Gb7", -6, "Gb E Eb Db"),  # no Fb
        ([60, 61, 62], "C7", 0, "C C# D"),  # a passing note goes the way of the line
        ([62, 61, 60], "C7", 0, "D Db C"),
        ([59, 62, 65, 68], "Bdim7", 0, "B D F Ab"),
        ([64, 68, 72], "Eaug", 0, "E G# C"),
        ([60, 63, 66, 70], "Cm7b5", -3, "C Eb Gb Bb"),
        ([60, 64, 66, 67], "Cmaj7#11", 0, "C E F# G"),
        ([60, 61, 64, 70], "C7b9", 0, "C Db E Bb"),
        ([64, 62, 61, 59], "E7", 0, "E D C# B"),  # the scale before the direction
        ([66, 67, 69], "N.C.", 1, "F# G A"),
        # D dorian under a signature of D minor: its flats, sharps only to rise by a semitone.
        ([65, 64, 61, 63, 61, 60], "Dm7", -1, "F E C# Eb Db C"),
        ([58, 57, 61, 58, 63, 64, 61], "Dm7", -1, "Bb A C# Bb Eb E C#"),
        ([64, 62, 59, 63, 64, 67], "Dm7", -1, "E D B D# E G"),
    ],
)
def test_notes_are_spelled_as_musicians_write_them(
    pitches: list[int], symbol: str, fifths: int, line: str
) -> None:
    assert names(pitches, symbol, fifths) == line


@given(
    st.lists(st.integers(40, 90), max_size=30),
    st.sampled_from(["Db7", "F#m7", "N.C.", "Abm7"]),
    st.integers(-6, 6),
)
@settings(deadline=None, max_examples=40)
def test_a_name_sounds_as_its_pitch(pitches: list[int], symbol: str, fifths: int) -> None:
    natural = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    line = spell(pitches, [symbol] * len(pitches), fifths)
    assert [12 * (name.octave + 1) + natural[name.step] + name.alter for name in line] == pitches
    assert all(abs(name.alter) <= 1 for name in line)


# --------------------------------------------------------------------------------------------------- MusicXML


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
    validate(musicxml.musicxml(solo, key=key))


@given(solos())
@settings(deadline=None, max_examples=10)
def test_any_solo_is_valid_musicxml(solo: Solo) -> None:
    validate(musicxml.musicxml(solo))


def sounding(solo: Solo, above: int = 0) -> list[tuple[float, int]]:
    return [(note.onset / quarter_of(solo), note.pitch + above) for note in solo.notes]


@needs_music21
@pytest.mark.parametrize(("key", "above"), [("C", 0), ("Bb", 14), ("Eb", 9)])
def test_music21_reads_the_same_notes(solo: Solo, key: str, above: int) -> None:
    music21 = optional("music21", "test", "this test")
    score = music21.converter.parseData(musicxml.musicxml(solo, key=key), format="musicxml").stripTies()
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
    assert toolkit.loadData(musicxml.musicxml(solo))
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


MUSESCORE = next(filter(None, map(shutil.which, engrave.MUSESCORE)), None)


@pytest.mark.skipif(MUSESCORE is None, reason="needs the program MuseScore")
@needs_music21
def test_musescore_reads_the_same_notes(solo: Solo, tmp_path: Path) -> None:
    music21 = optional("music21", "test", "this test")
    engrave.lead_sheet(solo, tmp_path / "in.musicxml")
    surroundings = {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    command = [str(MUSESCORE), "-o", str(tmp_path / "out.musicxml"), str(tmp_path / "in.musicxml")]
    subprocess.run(command, check=True, capture_output=True, env=surroundings, timeout=60)
    score = music21.converter.parse(tmp_path / "out.musicxml").stripTies()
    notes = [note for note in score.flatten().notes if isinstance(note, music21.note.Note)]
    assert [(float(note.offset), note.pitch.midi) for note in notes] == sounding(solo)


def elements(solo: Solo, path: str, **options: str) -> list[ET.Element]:
    return ET.fromstring(musicxml.musicxml(solo, **options)).findall(path)  # noqa: S314


def texts(solo: Solo, path: str, **options: str) -> list[str | None]:
    return [element.text for element in elements(solo, path, **options)]


@given(solos())
@settings(deadline=None, max_examples=30)
def test_who_reads_only_the_printed_accidentals_plays_the_right_notes(solo: Solo) -> None:
    root = ET.fromstring(musicxml.musicxml(solo))  # noqa: S314
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


def test_courtesy_accidentals() -> None:
    # F# in the bar before; then F natural in two octaves, then F# in one of them and F natural in the other.
    rows = [(0, 66), (48, 65), (60, 77), (72, 78), (84, 65)]
    notes = tuple(Note(onset, 12, pitch) for onset, pitch in rows)
    marks = elements(Solo(notes, parse_progression("key: C\n| D7 | % |")), ".//accidental")
    assert [(mark.text, mark.get("cautionary")) for mark in marks] == [
        ("sharp", None), ("natural", "yes"), ("natural", "yes"), ("sharp", None),
    ]  # fmt: skip


def test_an_empty_bar_is_one_rest() -> None:
    assert write_bars(Solo((), parse_progression("| C |"))) == [Bar(0, 48, 4, ())]
    assert [rest.get("measure") for rest in elements(Solo((), parse_progression("| C |")), ".//rest")] == [
        "yes"
    ]


def test_a_title_may_hold_anything(solo: Solo) -> None:
    odd = Solo(solo.notes, FORM, title="<Blues> & \x07 bell")
    validate(musicxml.musicxml(odd))
    assert texts(odd, "work/work-title") == ["<Blues> &  bell"]


# -------------------------------------------------------------------------------------------------- engraving


@needs_verovio
def test_svg_needs_no_music_font(solo: Solo, tmp_path: Path) -> None:
    for name in "ab":
        assert engrave.lead_sheet(solo, tmp_path / f"{name}.svg", key="Bb") == 1
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert svg == (tmp_path / "b.svg").read_text(encoding="utf-8")
    assert "Leipzig" not in svg
    assert re.search("[\ue000-\uf8ff]", svg) is None
    root = ET.fromstring(svg)  # noqa: S314
    classes = [element.get("class") for element in root.iter() if element.get("class")]
    assert classes.count("harm") == len(FORM.chords)
    assert sum("note" in str(name).split() for name in classes) >= len(solo.notes)
    assert classes.count("reh") == 2


@needs_verovio
@pytest.mark.skipif(find_spec("cairosvg") is None, reason="needs jazzgen[notation]")
def test_pdf_has_pages_of_a4(solo: Solo, tmp_path: Path) -> None:
    long = Solo(solo.notes, FORM.repeat(9), title="Long")
    count = engrave.lead_sheet(long, tmp_path / "long.pdf")
    pypdf = optional("pypdf", "notation", "this test")
    pages = pypdf.PdfReader(tmp_path / "long.pdf").pages
    assert len(pages) == count > 1
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [595, 842]
    assert "Long" in pages[0].extract_text()


def test_other_suffixes_and_keys_are_refused(solo: Solo, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.musicxml, \.svg or \.pdf, received 'page\.doc'"):
        engrave.lead_sheet(solo, tmp_path / "page.doc")
    with pytest.raises(OptionError, match="C, Bb, Eb, received 'F'"):
        engrave.lead_sheet(solo, tmp_path / "page.svg", key="F")
    assert list(tmp_path.iterdir()) == []


def test_without_verovio(solo: Solo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verovio", None)
    with pytest.raises(MissingPackageError, match=r"engraving needs verovio.*jazzgen\[notation\]"):
        engrave.lead_sheet(solo, tmp_path / "page.svg")
    engrave.lead_sheet(solo, tmp_path / "page.musicxml")  # MusicXML needs nothing


def test_pdf_without_anything_that_writes_it(
    solo: Solo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    monkeypatch.setattr(engrave.shutil, "which", lambda _: None)
    with pytest.raises(MissingPackageError, match=r"cairosvg.*MuseScore.*svg"):
        engrave.lead_sheet(solo, tmp_path / "page.pdf")
