"""MusicXML scores as charts: every habit of programs that the reader knows, each in a small score."""

from __future__ import annotations

import json

import pytest

from jazzgen.charts import musicxml
from jazzgen.charts.tune import make_tune
from jazzgen.errors import ProgressionError
from tests.charts.expected import coded, expected, key_code
from tests.charts.scores import (
    CLOSE,
    OPEN,
    REST,
    TIME,
    bar,
    degree,
    harmony,
    part,
    played,
    read,
    rehearsal,
    rest,
    score,
    shown,
    whole,
    words,
    zipped,
)
from tests.shared import shared_file

CONTAINER = b"<container><rootfiles><rootfile full-path='%s'/></rootfiles></container>"
TWO = score(bar("C"), bar("F"))

# ------------------------------------------------------------------------------------------- the container


@pytest.mark.parametrize("named", [b"lead.xml", b"Tune's.xml", b"elsewhere.xml"])
def test_an_mxl_is_read_even_where_its_container_is_broken(named: bytes) -> None:
    files = (("META-INF/container.xml", CONTAINER % named), ("cover.png", b""), ("lead.xml", TWO))
    assert shown(read(zipped(*files))) == "C | F"


def test_the_score_that_the_container_names_is_read() -> None:
    other = score(bar("G"), bar("G"))
    files = (("a.xml", other), ("META-INF/container.xml", CONTAINER % b"b.musicxml"), ("b.musicxml", TWO))
    assert shown(read(zipped(*files))) == "C | F"


@pytest.mark.parametrize(
    "data",
    [
        b'<?xml version="1.0"?>\n<!DOCTYPE score-partwise PUBLIC "-//R//DTD" "http://x/y.dtd">' + TWO,
        b"\xef\xbb\xbf" + TWO,
        ('<?xml version="1.0" encoding="UTF-16"?>' + TWO.decode()).encode("utf-16"),
        TWO.decode().encode("utf-16-le"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + TWO,
        b'<?xml version="1.0" encoding="UTF-16"?>' + TWO,  # which it is not
        TWO.replace(b"<score-partwise>", b'<score-partwise xmlns="http://www.musicxml.org/x">'),
    ],
)  # fmt: skip
def test_every_encoding_is_read_with_and_without_a_document_type(data: bytes) -> None:
    assert shown(read(data)) == "C | F"


def test_a_letter_in_the_wrong_encoding_costs_nothing_but_itself() -> None:
    data = score(bar("C"), head="<work><work-title>Água</work-title></work>").decode()
    assert read(data.encode("cp1252")).title == "Água"


def test_a_timewise_score_is_turned_over() -> None:
    measure = '<measure number="{}"><part id="P1">{}</part></measure>'
    attributes = f"<attributes><divisions>1</divisions>{TIME}</attributes>"
    bars = measure.format(1, attributes + bar("C")) + measure.format(2, bar("F"))
    assert shown(read(f"<score-timewise>{bars}</score-timewise>".encode())) == "C | F"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<opus/>", "<opus>, not <score-partwise>"),
        (b"not XML", "no well-formed XML"),
        (b"<score-partwise>\0", "null characters"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><score-partwise/>', "defines entities"),
        (b'<!DOCTYPE x [<!ELEMENT a ANY>]><score-partwise/>', "defines entities"),
        (b"PK\x03\x04 and no more", "damaged zip"),
        (zipped(("readme.txt", b"")), "no .musicxml or .xml is in it"),
        (TWO[:-30], "no well-formed XML"),
        (b"<a>" * 700_000, "too large"),
        (zipped(("a.xml", b" " * 25_000_000)), "no score has that"),
    ],
)  # fmt: skip
def test_what_is_no_score_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ProgressionError, match=f"^a file: .*{message}"):
        musicxml.entries(data, "a file")


def test_deep_nesting_is_no_danger() -> None:
    with pytest.raises(ProgressionError, match="not <score-partwise>"):
        musicxml.entries(b"<a>" * 90_000 + b"</a>" * 90_000, "a file")


def test_a_score_without_symbols_is_listed_and_refused_when_it_is_read() -> None:
    (entry,) = musicxml.entries(score(REST, head="<movement-title>Drums</movement-title>"), "a file")
    assert entry.title == "Drums"
    with pytest.raises(ProgressionError, match="none of its 1 parts has chord symbols"):
        entry.read()


# ------------------------------------------------------------------------------------------------- the part


def test_the_part_with_most_symbols_is_read_and_the_flow_of_the_first() -> None:
    first = part(bar(more=OPEN + rehearsal("A")), bar(behind=CLOSE), bar("C"))
    second = part(bar("C"), bar("F"), bar("G"))
    assert played(whole(first, second)) == "C F C F G"


@pytest.mark.parametrize(
    ("transpose", "symbols"),
    [
        ("<diatonic>-1</diatonic><chromatic>-2</chromatic>", "Bb | Eb"),
        ("<chromatic>-2</chromatic><octave-change>-1</octave-change>", "Bb | Eb"),
        ("<diatonic>-5</diatonic><chromatic>-9</chromatic>", "Eb | Ab"),
        ("<chromatic>0</chromatic><octave-change>-1</octave-change>", "C | F"),
    ],
)
def test_the_harmony_of_a_transposed_part_sounds_elsewhere(transpose: str, symbols: str) -> None:
    key = "<key><fifths>0</fifths><mode>major</mode></key>"
    data = score(bar("C"), bar("F"), attributes=f"{key}{TIME}<transpose>{transpose}</transpose>")
    chart = read(data)
    assert shown(chart) == symbols
    assert chart.key == symbols.split()[0]


# -------------------------------------------------------------------------------------------- when they sound


def test_a_symbol_stands_where_the_notes_before_it_end() -> None:
    chord = "<note><chord/><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration></note>"
    grace = "<note><grace/><pitch><step>C</step><octave>4</octave></pitch></note>"
    assert shown(read(score(harmony("C") + rest(2) + chord + grace + harmony("F") + rest(2)))) == "C F@1/2"


def test_backup_forward_and_divisions_move_the_place() -> None:
    voices = REST + "<backup><duration>4</duration></backup>" + harmony("C")
    voices += "<attributes><divisions>2</divisions></attributes>"
    voices += "<forward><duration>6</duration></forward>" + harmony("F")
    assert shown(read(score(voices))) == "C F@3/4"


def test_an_offset_is_counted_and_may_lead_into_the_bar_before() -> None:
    late = harmony("C") + harmony("F", offset="2") + harmony("G", offset="-1") + REST
    assert shown(read(score(bar("D"), late))) == "D G@3/4 | C F@1/2"


def test_several_symbols_at_one_place_share_the_time_to_the_next() -> None:
    assert shown(read(score(harmony("C") + harmony("F") + REST))) == "C F@1/2"
    assert (
        shown(read(score(harmony("C") + harmony("F") + rest(2) + harmony("G") + rest(2)))) == "C F@1/4 G@1/2"
    )
    assert shown(read(score(harmony("C") + harmony("C") + REST))) == "C"  # written for both staves


def test_a_symbol_at_the_bars_end_belongs_to_the_next() -> None:
    assert shown(read(score(bar("C", behind=harmony("F")), bar()))) == "C | F"
    assert shown(read(score(bar("C", behind=harmony("F")), bar("G")))) == "C | G"


def test_a_bar_without_notes_has_its_meters_length() -> None:
    assert shown(read(score(harmony("C") + harmony("F", offset="2"), harmony("G")))) == "C F@1/2 | G"


def test_alternate_symbols_are_not_played() -> None:
    alternate = harmony("D").replace("<harmony>", '<harmony type="alternate">')
    assert shown(read(score(alternate + harmony("C") + REST))) == "C"


def test_a_repeat_sign_typed_as_a_chord_holds_the_one_before() -> None:
    assert shown(read(score(bar("C"), harmony("C", "none", "%") + REST))) == "C | ."


def test_no_chord_is_a_symbol() -> None:
    assert shown(read(score(bar("C"), harmony("C", "none", "N.C.") + REST))) == "C | N.C."


# ----------------------------------------------------------------------------------------- what is said of it

TITLED = "<work><work-title>{}</work-title></work><movement-title>{}</movement-title>{}"
CREDIT = '<credit page="1">{}<credit-words font-size="{}">{}</credit-words></credit>'


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (TITLED.format("Work", "Movement", ""), "Work"),
        (TITLED.format(" ", "Movement", ""), "Movement"),
        (TITLED.format("", "", CREDIT.format("<credit-type>title</credit-type>", 9, "Credit")), "Credit"),
        (TITLED.format("", "", CREDIT.format("", 9, "Small") + CREDIT.format("", 22, "A  Large")), "A Large"),
        (TITLED.format("Untitled score", "", ""), ""),
    ],
)
def test_the_title_is_taken_where_programs_put_it(head: str, title: str) -> None:
    assert read(score(bar("C"), head=head)).title == title


def test_the_composer_is_the_creator_of_that_type() -> None:
    creators = '<creator type="lyricist">L</creator><creator type="composer">Ann  Lee</creator>'
    assert read(score(bar("C"), head=f"<identification>{creators}</identification>")).composer == "Ann Lee"
    credit = CREDIT.format("<credit-type>composer</credit-type>", 9, "B")
    assert read(score(bar("C"), head=credit)).composer == "B"


METRONOME = (
    "<direction><direction-type><metronome><beat-unit>{}</beat-unit>{}<per-minute>{}</per-minute>"
    "</metronome></direction-type></direction>"
)


@pytest.mark.parametrize(
    ("more", "tempo"),
    [
        ('<sound tempo="132.5"/>', 132.5),
        (METRONOME.format("quarter", "", "c. 120") + '<sound tempo="132"/>', 132),
        (METRONOME.format("quarter", "", "c. 120"), 120),
        (METRONOME.format("half", "", "80"), 160),
        (METRONOME.format("quarter", "<beat-unit-dot/>", "80"), 120),
        (METRONOME.format("quarter", "", "fast"), None),
        ('<sound tempo="999999"/>', None),
    ],
)
def test_the_tempo_is_what_is_played_else_what_is_printed(more: str, tempo: float | None) -> None:
    assert read(score(bar("C", more=more))).tempo == tempo


def test_the_tempo_of_compound_meters_is_of_dotted_quarters() -> None:
    time = "<time><beats>6</beats><beat-type>8</beat-type></time>"
    assert read(score('<sound tempo="180"/>' + harmony("C") + rest(3), attributes=time)).tempo == 120


@pytest.mark.parametrize(
    ("fifths", "mode", "last", "key"),
    [
        (-2, "<mode>major</mode>", "G", "Bb"),
        (-2, "<mode>minor</mode>", "Bb", "Gm"),
        (-2, "", "Gm", "Gm"),
        (-2, "", "Bb", "Bb"),
        (-2, "<mode>none</mode>", "Gm", "Gm"),
        (1, "<mode>mixolydian</mode>", "D", "G"),
        (9, "", "C", ""),
    ],
)
def test_the_key_is_of_signature_and_mode_and_without_mode_of_the_chords(
    fifths: int, mode: str, last: str, key: str
) -> None:
    tonic = harmony(last.rstrip("m"), "minor" if last.endswith("m") else "major") + REST
    dominant = harmony("D" if last == "Gm" else "F", "dominant") + REST
    attributes = f"<key><fifths>{fifths}</fifths>{mode}</key>{TIME}"
    assert read(score(tonic, dominant, tonic, attributes=attributes)).key == key


@pytest.mark.parametrize(
    ("more", "style"),
    [
        (words("Medium Swing"), "Medium Swing"),
        (words("(Bossa Nova)"), "Bossa Nova"),
        (words("Play it softly"), ""),
        (
            '<sound><play><other-play type="groove">Jazz-Even 8ths</other-play></play></sound>',
            "Jazz-Even 8ths",
        ),
        ("<sound><swing><straight/></swing></sound>", "Straight"),
        ("<sound><swing><first>2</first><second>1</second></swing></sound>", "Swing"),
    ],
)
def test_the_style_is_of_words_grooves_and_swing(more: str, style: str) -> None:
    assert read(score(bar("C", more=more))).style == style


@pytest.mark.parametrize(
    ("lyricist", "software", "style"),
    [
        ("(Medium Swing)", "", "Medium Swing"),
        ("Ann Lee (Slow Swing)", "", "Slow Swing"),
        ("Up Tempo Swing", "iReal Pro (Android)", "Up Tempo Swing"),
        ("Johnny Swing", "Finale", ""),
    ],
)
def test_ireal_pro_writes_the_style_as_lyricist(lyricist: str, software: str, style: str) -> None:
    about = (
        f'<creator type="lyricist">{lyricist}</creator><encoding><software>{software}</software></encoding>'
    )
    assert read(score(bar("C"), head=f"<identification>{about}</identification>")).style == style


# ------------------------------------------------------------------------------------------------- all of it


def test_the_development_charts_are_read_as_expected() -> None:
    for entry in json.loads(shared_file("charts", "musicxml", "expected.json").read_text()):
        path = shared_file("charts", "musicxml", entry["file"])
        (listed,) = musicxml.entries(path.read_bytes(), entry["file"])
        assert listed.title == entry["title"]
        assert key_code(listed.key) == tuple(entry["key"])
        assert coded(make_tune(listed.read()).form) == expected(entry["form"]), entry["file"]


def test_degrees_and_basses_are_read() -> None:
    symbol = harmony("Bb/D", "dominant", "7", degree(9, -1) + degree(5, 1, "alter"))
    assert shown(read(score(symbol + REST))) == "Bb7#5b9/D"
