"""MuseScore files of versions 2, 3 and 4 as charts, each construct as those versions write it."""

from __future__ import annotations

import pytest

from jazzgen.charts import mscore
from jazzgen.charts.tune import make_tune
from jazzgen.charts.written import Chart
from jazzgen.errors import ProgressionError
from tests.charts.scores import degree, shown, zipped

REST = "<Rest><durationType>measure</durationType><duration>4/4</duration></Rest>"
OLD_REST = '<Rest><durationType>measure</durationType><duration z="4" n="4"/></Rest>'
HALF = "<Rest><durationType>half</durationType></Rest>"
TIME = "<TimeSig><sigN>4</sigN><sigD>4</sigD></TimeSig>"


def chord(root: int, name: str = "", more: str = "") -> str:
    """A chord symbol."""
    return f"<Harmony><root>{root}</root><name>{name}</name>{more}</Harmony>"


def measure(inside: str, before: str = "", attributes: str = "") -> str:
    """A measure of version 3 or 4."""
    return f"<Measure{attributes}>{before}<voice>{inside}</voice></Measure>"


def score(*measures: str, head: str = "", box: str = "", version: str = "3.01") -> bytes:
    """A score of one staff."""
    first, *others = measures
    first = first.replace("<voice>", f"<voice>{TIME}", 1) if "<voice>" in first else first
    staff = f'<Staff id="1"><VBox>{box}</VBox>{first}{"".join(others)}</Staff>'
    return f'<museScore version="{version}"><Score>{head}{staff}</Score></museScore>'.encode()


def read(data: bytes) -> Chart:
    """The chart in a score."""
    (entry,) = mscore.entries(data, "a score")
    return entry.read()


def played(data: bytes) -> str:
    """The symbols with which the bars begin, as they are played."""
    form = make_tune(read(data)).form
    return " ".join(form.chord_at(tick).symbol for tick in form.bar_ticks)


def test_roots_and_basses_are_places_on_the_line_of_fifths() -> None:
    assert shown(read(score(measure(chord(14, "m7") + REST)))) == "Cm7"
    assert shown(read(score(measure(chord(12, "7", "<base>16</base>") + REST)))) == "Bb7/D"
    assert shown(read(score(measure(chord(20) + REST)))) == "F#"


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("07", "Ch7"), ("0", "Ch"), ("t7", "C^7"), ("t", "C^"), ("o7", "Co7"), ("mMaj7", "CmMaj7"),
        ("7no5b9#9b13", "C7no5b9#9b13"), ("N.C.", "N.C."), ("69", "C69"), ("Vamp", "CVamp"),
    ],
)  # fmt: skip
def test_names_as_musescore_has_them(name: str, symbol: str) -> None:
    assert shown(read(score(measure(chord(14, name) + REST)))) == symbol


def test_text_without_a_root_is_read_as_a_whole_symbol() -> None:
    data = score(
        measure("<Harmony><name>Dm7/G</name></Harmony>" + REST), measure("<Harmony><name>%</name></Harmony>")
    )
    assert shown(read(data)) == "Dm7/G | ."


def test_degrees_that_the_name_does_not_say_are_added() -> None:
    assert shown(read(score(measure(chord(14, "7", degree(9, -1)) + REST)))) == "C7b9"


def test_newer_files_have_the_symbol_one_level_down() -> None:
    info = "<Harmony><harmonyInfo><name>m7</name><root>16</root><bass>13</bass></harmonyInfo></Harmony>"
    assert shown(read(score(measure(info + REST), version="4.60"))) == "Dm7/F"


def test_alternates_are_not_played_and_fret_diagrams_may_hold_a_symbol() -> None:
    assert shown(read(score(measure(chord(14) + chord(13, "", "<leftParen/><rightParen/>") + REST)))) == "C"
    assert shown(read(score(measure(f"<FretDiagram>{chord(13)}</FretDiagram>{REST}")))) == "F"


def test_a_location_moves_the_place() -> None:
    back = "<location><fractions>-1/2</fractions></location>"
    assert shown(read(score(measure(chord(14) + REST + back + chord(13))))) == "C F@1/2"


def test_a_tick_of_version_2_moves_the_place() -> None:
    first = f"<Measure>{TIME}{chord(14)}{OLD_REST}</Measure>"
    second = f"<Measure>{OLD_REST}<tick>2880</tick>{chord(13)}</Measure>"
    assert shown(read(score(first, second, version="2.06", head="<Division>480</Division>"))) == "C | F@1/2"


def test_tuplets_dots_and_grace_notes_are_counted() -> None:
    triplet = "<Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes></Tuplet>"
    quarter = "<Chord><durationType>quarter</durationType></Chord>"
    grace = "<Chord><acciaccatura/><durationType>eighth</durationType></Chord>"
    dotted = "<Chord><dots>1</dots><durationType>quarter</durationType></Chord>"
    row = triplet + quarter * 2 + chord(13) + quarter + "<endTuplet/>" + grace + dotted + chord(15) + quarter
    assert shown(read(score(measure(chord(14) + row)))) == "C F@1/3 G@7/8"
    old = '<Tuplet id="1"><normalNotes>2</normalNotes><actualNotes>3</actualNotes></Tuplet>'
    third = "<Chord><Tuplet>1</Tuplet><durationType>quarter</durationType></Chord>"
    data = score(
        f"<Measure>{TIME}{chord(14)}{old}{third}{chord(13)}{third * 2}{HALF}</Measure>", version="2.06"
    )
    assert shown(read(data)) == "C F@1/6"


def test_senseless_dots_are_none() -> None:
    half = "<Rest><dots>-3</dots><durationType>half</durationType></Rest>"
    assert shown(read(score(measure(chord(14) + half + chord(13) + half)))) == "C F@1/2"


def test_every_voice_begins_at_the_bar_line() -> None:
    two = f"<Measure><voice>{REST}</voice><voice>{chord(14)}{HALF}{chord(13)}{HALF}</voice></Measure>"
    assert shown(read(score(two))) == "C F@1/2"


def test_a_short_measure_says_its_length() -> None:
    data = score(measure(HALF, attributes=' len="2/4"'), measure(chord(14) + REST))
    assert shown(read(data)) == "~ | C"


VOLTA = (
    "<Spanner type='Volta'><Volta><beginText>{0}.</beginText><endings>{0}</endings></Volta><next/></Spanner>"
)
OLD_VOLTA = "<Volta id='{0}'><beginText><text>{0}.</text></beginText><endings>{0}</endings></Volta>"


@pytest.mark.parametrize("volta", [VOLTA, OLD_VOLTA])
def test_repeats_and_endings(volta: str) -> None:
    data = score(
        measure(chord(14) + REST, "<startRepeat/>"),
        measure(volta.format("1, 2") + chord(13) + REST, "<endRepeat>3</endRepeat>"),
        measure("<Spanner type='Volta'><prev/></Spanner>" + volta.format(3) + chord(15) + REST),
        measure(chord(16) + REST + "<BarLine><subtype>end</subtype></BarLine>"),
    )
    assert played(data) == "C F C F C G D"


def marker(label: str) -> str:
    """A marker as it stands in front of the voices."""
    return f"<Marker><text><sym>{label}</sym></text><label>{label}</label></Marker>"


JUMP = "<Jump><text>{}</text><jumpTo>{}</jumpTo><playUntil>{}</playUntil><continueAt>{}</continueAt></Jump>"
DOUBLE = "<BarLine><subtype>double</subtype></BarLine>"


def test_jumps_and_markers() -> None:
    data = score(
        measure(chord(14) + REST),
        measure(chord(13) + REST, marker("segno")),
        measure(chord(15) + REST, marker("coda")),
        measure(chord(16) + REST + DOUBLE, JUMP.format("D.S. al Coda", "segno", "coda", "codab")),
        measure(chord(17) + REST, marker("codab")),
    )
    assert played(data) == "C F G D F G A"
    fine = score(
        measure(chord(14) + REST + DOUBLE, marker("fine")),
        measure(chord(13) + REST + DOUBLE, JUMP.format("D.C. al Fine", "start", "fine", "")),
    )
    assert played(fine) == "C F C"
    by_text = fine.replace(b"<jumpTo>start</jumpTo><playUntil>fine</playUntil>", b"")
    assert played(by_text) == "C F C"


def test_repeated_measures_are_copied() -> None:
    first = measure(chord(14) + HALF + chord(13) + HALF)
    old = measure("<RepeatMeasure><durationType>measure</durationType></RepeatMeasure>")
    new = measure(
        "<MeasureRepeat><subtype>1</subtype></MeasureRepeat>", "<measureRepeatCount>1</measureRepeatCount>"
    )
    assert shown(read(score(first, old, new))) == "C F@1/2 | C F@1/2 | C F@1/2"
    two = [measure(chord(15) + REST), measure(REST, "<measureRepeatCount>1</measureRepeatCount>")]
    two += [
        measure(
            "<MeasureRepeat><subtype>2</subtype></MeasureRepeat>",
            "<measureRepeatCount>2</measureRepeatCount>",
        )
    ]
    assert shown(read(score(measure(chord(14) + REST), *two))) == "C | G | C | G"


def test_sections_titles_and_what_is_said_besides() -> None:
    marks = (
        "<RehearsalMark><text><b></b>A</text></RehearsalMark><StaffText><text>Medium Swing</text></StaffText>"
    )
    marks += (
        "<KeySig><accidental>-2</accidental><mode>minor</mode></KeySig><Tempo><tempo>2.33333</tempo></Tempo>"
    )
    text = "<Text><style>{}</style><text>{}</text></Text>"
    box = text.format("Title", "My Tune") + text.format("composer", "Composer / arranger")
    head = '<metaTag name="workTitle">Other</metaTag><metaTag name="composer">Ann Lee</metaTag>'
    chart = read(score(measure(marks + chord(14) + REST), head=head, box=box))
    assert (chart.title, chart.composer, chart.style) == ("My Tune", "Ann Lee", "Medium Swing")
    assert (chart.key, chart.tempo, chart.bars[0].section) == ("Gm", 140, "A")
    without = read(
        score(measure("<KeySig><concertKey>1</concertKey></KeySig>" + chord(15) + REST), head=head)
    )
    assert (without.title, without.key) == ("Other", "G")


def test_a_transposed_staff_sounds_elsewhere_unless_the_score_shows_concert_pitch() -> None:
    tenor = (
        '<Part><Staff id="1"/><Instrument><transposeChromatic>-14</transposeChromatic></Instrument></Part>'
    )
    key = "<KeySig><accidental>0</accidental><mode>major</mode></KeySig>"
    chart = read(score(measure(key + chord(14) + REST), head=tenor))
    assert (shown(chart), chart.key) == ("Bb", "Bb")
    concert = tenor + "<Style><concertPitch>1</concertPitch></Style>"
    assert shown(read(score(measure(key + chord(14) + REST), head=concert))) == "C"


@pytest.mark.parametrize("accidental", ["-1000000000", "99999999999999999999", "x"])
def test_senseless_key_signatures_take_no_time(accidental: str) -> None:
    key = f"<KeySig><accidental>{accidental}</accidental></KeySig>"
    assert read(score(measure(key + chord(14) + REST))).key


def test_an_mscz_holds_the_score_among_other_files() -> None:
    data = score(measure(chord(14) + REST))
    part = score(measure(chord(13) + REST))
    files = (("Excerpts/a.mscx", part), ("META-INF/container.xml", b""), ("tune.mscx", data))
    assert shown(read(zipped(*files))) == "C"
    tenor = '<Part><Staff id="1"/><Instrument><transposeChromatic>-2</transposeChromatic></Instrument></Part>'
    styled = (
        ("tune.mscx", score(measure(chord(14) + REST), head=tenor)),
        ("score_style.mss", b"<concertPitch>1</"),
    )
    assert shown(read(zipped(*styled))) == "C"


def test_chords_of_a_lower_staff_take_the_flow_of_the_first() -> None:
    first = measure(REST, "<startRepeat/><endRepeat>2</endRepeat>") + measure(REST)
    second = measure(chord(14) + REST) + measure(chord(13) + REST)
    staffs = f'<Staff id="1">{first}</Staff><Staff id="2">{second}</Staff>'
    data = f'<museScore version="3.01"><Score>{staffs}</Score></museScore>'.encode()
    assert played(data) == "C C F"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<score-partwise/>", "no score of MuseScore"),
        (b"<museScore version='1.14'><Part/></museScore>", "no score of MuseScore"),
        (zipped(("a.txt", b"")), "no .mscx is in it"),
        (b"<museScore>", "no well-formed XML"),
    ],
)
def test_what_is_no_score_is_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(ProgressionError, match=f"^a file: .*{message}"):
        mscore.entries(data, "a file")


def test_a_score_without_symbols_is_listed_and_refused_when_it_is_read() -> None:
    (entry,) = mscore.entries(score(measure(REST), head='<metaTag name="workTitle">T</metaTag>'), "a file")
    assert entry.title == "T"
    with pytest.raises(ProgressionError, match="no chord symbols"):
        entry.read()
