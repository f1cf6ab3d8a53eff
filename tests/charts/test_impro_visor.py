"""impro_visor.py: items, slots, sections and symbols of .ls sheets."""

from __future__ import annotations

import pytest

from jazzgen.charts import impro_visor
from jazzgen.charts.tune import make_tune
from jazzgen.errors import ProgressionError
from jazzgen.music.chords import parse_chord
from tests.charts.sheets import chart_in, played, written

HEAD = """(title It's (Not) Late)
(composer Ann Doe)
(show What a Show :-))
(meter 3 4)
(key -3)
(tempo 132.0)
(style jazz-waltz
    (swing 0.67)
    (bass-high g-)
)
(part
    (type chords)
    (title )
    (roadmap
      (blocks (brick (name On) (key F) (blocks (chord Fm7 360) )))
    )
)
"""
MELODY = "\n(part\n (type melody)\n (title Chorus 1)\n)\n c4 d8/3 | r2 X7\n(part (type melody))\n g1\n"


def test_a_whole_sheet() -> None:
    text = HEAD + "(section (style waltz))\nCm7 | F7 / Bb7 |\nEbM7 |\n/ |" + MELODY
    entry = impro_visor.entries(text.encode(), "x.ls")[0]
    chart = entry.read()
    assert (chart.title, chart.composer, chart.style) == ("It's (Not) Late", "Ann Doe", "jazz-waltz")
    assert (chart.key, chart.tempo, chart.bars[0].meter) == ("Eb", 132.0, "3/4")
    assert (entry.title, entry.composer, entry.style, entry.tempo) == (
        chart.title,
        chart.composer,
        chart.style,
        chart.tempo,
    )
    assert played(impro_visor, text) == "Cm7 | F7 Bb7@3 | EbM7 | %"
    assert [bar.line for bar in chart.bars] == [19, 19, 20, 21]


@pytest.mark.parametrize(
    ("sheet", "bars"),
    [
        ("C | F | G |", ["C", "F", "G"]),
        ("| C | F", ["C", "F"]),  # a first bar line ends nothing, and the last bar needs none
        ("C , F G , C", ["C", "F G@1/2", "C"]),
        ("C\n\nF | G", ["C F@1/2", "G"]),  # line ends mean nothing
        ("C | | F |", ["C", "", "F"]),  # a bar without entries holds
        ("/ | C / / G | NC |", ["", "C G@3/4", "NC"]),
        ("C F G |", ["C F@1/3 G@2/3"]),
        ("C D E F G |", ["C D@1/5 E@2/5 F@3/5 G@4/5"]),
        ("C c4 d8 r4+8 | e8 F |", ["C", "F"]),  # notes
        ("C7(b9,#9) | F |", ["C7(b9,#9)", "F"]),
    ],
)
def test_slots_share_their_bar(sheet: str, bars: list[str]) -> None:
    assert written(impro_visor, f"(part (type chords))\n{sheet}") == bars


def test_sections_get_letters_by_their_music() -> None:
    mark = "(section (style swing))"
    text = f"(part (type chords)) {mark} C | F | {mark} C | G | (phrase (style)) Dm | G | {mark} C | F |"
    bars = chart_in(impro_visor, text).bars
    assert [(k, bar.section) for k, bar in enumerate(bars) if bar.section] == [
        (0, "A"),
        (2, "A"),
        (4, "B"),
        (6, "A"),
    ]


def test_a_section_begins_with_the_bar_in_progress() -> None:
    bars = chart_in(impro_visor, "(part (type chords)) C | F (section (style x)) G | C |").bars
    assert [bar.section for bar in bars] == ["", "A", ""]


def test_an_intro_by_name_is_no_intro() -> None:
    assert chart_in(impro_visor, "(part (type chords)) C | F |").as_written


@pytest.mark.parametrize(
    ("word", "symbol"),
    [
        ("CM7", "Cmaj7"), ("Co7", "Cdim7"), ("C7+", "C7#5"), ("CM7#11", "Cmaj7#11"), ("Cm+", "Cm#5"),
        ("C13_", "C13"), ("C7#11_", "C7#11"), ("Cm10", "Cm"), ("C10", "C"), ("CBass", "C5"),
        ("C7#5#9", "C7#5#9"),
        ("Cphryg", "C7sus4b9"), ("CBlues", "C7"), ("C67", "C7add13"), ("Fm7/Bb7", "Fm7/Bb"),
        ("Eb7/B6", "Eb7/B"),
        ("Dm7/bb", "Dm7/Bb"), ("Dm7/a", "Dm7/A"), (r"Bb\A", "Bb/A"), (r"Bb\Am7", "Bb/A"), ("Cm7(F7)", "Cm7"),
        ("F#m7b5/E", "F#m7b5/E"), ("C69", "C69"),
    ],
)  # fmt: skip
def test_its_own_symbols(word: str, symbol: str) -> None:
    chart = chart_in(impro_visor, f"(part (type chords)) {word} |")
    found, wanted = parse_chord(chart.bars[0].chords[0].symbol), parse_chord(symbol)
    assert found is not None
    assert wanted is not None
    assert (found.pitch_classes, found.root, found.bass) == (wanted.pitch_classes, wanted.root, wanted.bass)


def test_a_polychord_is_said() -> None:
    assert chart_in(impro_visor, r"(part (type chords)) C | Bb\A |").warnings == (
        r"bar 2: Bb\A is read as Bb/A",
    )


@pytest.mark.parametrize(
    ("signature", "sheet", "key"),
    [("0", "C | Dm7 | G7 | C |", "C"), ("0", "Am | E7 | Am |", "Am"), ("-2", "Gm6 | D7 | Gm7 |", "Gm"),
     ("2", "A7 | D6 |", "D"), ("99", "C |", "C"), ("8", "C |", "")],
)  # fmt: skip
def test_the_mode_follows_from_the_chords(signature: str, sheet: str, key: str) -> None:
    assert chart_in(impro_visor, f"(key {signature})\n(part (type chords)) {sheet}").key == key


@pytest.mark.parametrize(
    ("meter", "name"), [("6 8", "6/8"), ("12 8", "12/8"), ("11 4", "11/4"), ("6 16", "6/8"), ("x", "4/4")]
)
def test_meters(meter: str, name: str) -> None:
    chart = chart_in(impro_visor, f"(meter {meter})\n(part (type chords)) C |")
    assert chart.bars[0].meter == name
    assert len(make_tune(chart).form.bar_ticks) == 1


@pytest.mark.parametrize("data", [HEAD.encode(), b"", b"(part (type melody)) c4 d4"])
def test_a_sheet_without_bars(data: bytes) -> None:
    with pytest.raises(ProgressionError, match="it has no bars"):
        impro_visor.entries(data, "x.ls")[0].read()


@pytest.mark.parametrize("word", ["Hello", "C7x9", "1"])
def test_what_is_no_chord_stays_for_the_message(word: str) -> None:
    assert chart_in(impro_visor, f"(part (type chords)) C {word} |").bars[0].chords[1].symbol == word


def test_line_ends_and_encodings() -> None:
    text = "(title Déjà)\n(part\n (type chords)\n)\nC | F |\n"
    for data in (text.replace("\n", "\r\n").encode(), text.encode("utf-16"), text.encode("latin-1")):
        entry = impro_visor.entries(data, "x.ls")[0]
        assert (entry.title, len(entry.read().bars)) == ("Déjà", 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(part (type chords)) " + "C " * 200, "bar 1: it has 200 entries"),
        ("(part (type chords)) " + "C | " * 5000, "more than 4096 bars"),
        ("(part (type chords)) " + "c " * 60_000, "more than 50000 words"),
        ("(" * 200, "nested more than 100 deep"),
        ("x" * 1_000_001, "has 1000000 characters at most"),
        ("C |\0", "it is not a text file"),
        ("\n" * 250_001, "more than 250000 lines"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ProgressionError) as error:
        chart_in(impro_visor, text)
    assert message in str(error.value)


def test_more_parentheses_than_fit() -> None:
    text = "(title Why :))\n)(part (type chords)\n (title :()\n)\nC | F |"
    chart = chart_in(impro_visor, text)
    assert (chart.title, len(chart.bars)) == ("Why :)", 2)


def test_items_on_one_line() -> None:
    chart = chart_in(impro_visor, "(title One)(composer Doe)(meter 3 4)(part (type chords)) C | F |")
    assert (chart.title, chart.composer, chart.bars[0].meter, len(chart.bars)) == ("One", "Doe", "3/4", 2)
