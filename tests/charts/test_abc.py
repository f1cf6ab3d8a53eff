"""abc.py, abc_music.py: collections, fields, lengths of notes, repeats and pickups, chord symbols."""

from __future__ import annotations

import pytest

from jazzgen.charts import abc
from jazzgen.charts.tune import make_tune
from jazzgen.errors import ChordError, ProgressionError
from tests.charts.sheets import chart_in, played, written


def tune(music: str, head: str = "M:4/4\nL:1/4") -> str:
    return f"X:1\nT:x\n{head}\nK:C\n{music}\n"


def test_a_collection() -> None:
    text = """% a file
R:reel

X:1
T:The First
T:Its other name
C:Ann Doe
M:6/8
L:1/8
Q:3/8=100
K:Gm % minor
"Gm"G6|"D7"D6|]

Free text between tunes.

X:2
T:Second
Q:"Swing" 1/4=120
K:D mix
"D"z8|
X:3
K:none
"C"z8|
"""
    found = abc.entries(text.encode(), "x.abc")
    assert [(e.title, e.composer, e.style, e.key, e.tempo) for e in found] == [
        ("The First", "Ann Doe", "reel", "Gm", 100.0),
        ("Second", "", "Swing", "D", 120.0),
        ("", "", "reel", "", None),
    ]
    assert [[bar.meter for bar in entry.read().bars] for entry in found] == [["6/8", "6/8"], ["4/4"], ["4/4"]]


@pytest.mark.parametrize(
    ("field", "key"),
    [("G", "G"), ("Gm", "Gm"), ("G minor", "Gm"), ("Amin", "Am"), ("Bb", "Bb"), ("F# m", "F#m"),
     ("Ddor", "Dm"), ("E Phr", "Em"), ("Gmix", "G"), ("C lydian", "C"), ("Am clef=bass", "Am"), ("none", ""),
     ("HP", ""), ("", "")],
)  # fmt: skip
def test_keys(field: str, key: str) -> None:
    assert abc.entries(f"X:1\nK:{field}\nz|".encode(), "x")[0].key == key


@pytest.mark.parametrize(
    ("field", "tempo"),
    [("1/4=120", 120.0), ("1/8=240", 120.0), ("120", 120.0), ('"Fast" 1/2=90', 180.0), ("1/4=0", None),
     ("x", None), ("1/4=9999999", None)],
)  # fmt: skip
def test_tempos(field: str, tempo: float | None) -> None:
    assert abc.entries(f"X:1\nQ:{field}\nK:C\nz|".encode(), "x")[0].tempo == tempo


@pytest.mark.parametrize(
    ("field", "meter"),
    [("C", "4/4"), ("C|", "2/2"), ("6/8", "6/8"), ("2+3/8", "5/8"), ("(3+2)/4", "5/4"), ("12/16", "12/8")],
)
def test_meters(field: str, meter: str) -> None:
    assert chart_in(abc, f'X:1\nM:{field}\nK:C\n"C"z4|z4|').bars[0].meter == meter


@pytest.mark.parametrize(
    ("music", "bar"),
    [
        ('"C"A2 "F"A2', "C F@1/2"),
        ('"C"A "F"A3', "C F@1/4"),
        ('"C"A/ A/ "F"A/2A//A/4 A2', "C F@1/4"),
        ('"C"A3/2 "F"A/ A2', "C F@3/8"),
        ('"C"A>"F"B c2', "C F@3/8"),
        ('"C"A<"F"B c2', "C F@1/8"),
        ('"C"A>>"F"B c2', "C F@7/16"),
        ('"C"(3A"F"Bc d2', "C F@1/6"),
        ('"C"(3:2:2 A2"F"B d2', "C F@1/3"),
        ('"C"[CEG]2 "F"[F2A2] A', "C F@2/5"),  # five quarters
        ('["C"CEG]2 "F"[FA]2', "C F@1/2"),
        ('"C"{gab}A2 "F"z2', "C F@1/2"),
        ('"C"A2 & "G"A4 |', "C"),  # a second voice in the bar
        ('"C"!trill!~A2 .u"F"^^f,2', "C F@1/2"),
        ('"C"x2y"F"z2', "C F@1/2"),
        ('z2 "F"z2', "F@1/2"),
        ('"C""Em"A2 "F"z2', "C F@1/2"),  # the first of two
        ('"C"A-A "F"(AA)', "C F@1/2"),
        ('[M:2/4]"C"A "F"A', "C F@1/2"),
        ('[L:1/8]"C"A4 "F"A4', "C F@1/2"),
        ('"C"A2 "^slow""F"A2', "C F@1/2"),
    ],
)
def test_a_chord_stands_where_the_next_note_begins(music: str, bar: str) -> None:
    assert written(abc, tune(f'"G"z4 | {music} |'))[1] == bar


@pytest.mark.parametrize(("head", "bar"), [("M:2/4", "C F@1/2"), ("M:4/4", "C F@1/2"), ("L:1/16", "C F@1/2")])
def test_the_unit_of_lengths(head: str, bar: str) -> None:
    half = {"M:2/4": 4, "M:4/4": 4, "L:1/16": 8}[head]
    assert written(abc, f'X:1\n{head}\nK:C\n"C"A{half}"F"A{half}|') == [bar]


def test_rests_of_bars_and_chords_alone() -> None:
    assert written(abc, tune('"C"z4|Z2|"F"Z|')) == ["C", "", "", "F"]
    assert written(abc, tune('"C"|"F" "G"|"C"|]')) == ["C", "F G@1/2", "C"]


def test_without_a_meter_bars_are_as_long_as_most() -> None:
    text = tune('"C"z3|"F"z3|"G"z3|', "M:none\nL:1/4")
    assert [bar.meter for bar in chart_in(abc, text).bars] == ["3/4"] * 3


def test_comments_lyrics_and_continued_lines() -> None:
    text = tune(
        '"C"z4|\\\n% "G"z4\nw: la la "F"\nN: "F"z4\n"F"z4 % "A"z4|\n%%begintext\n"D"z4|\n%%endtext\n|'
    )
    assert written(abc, text) == ["C", "F"]


@pytest.mark.parametrize(
    ("music", "order"),
    [
        ('|:"C"z4|"F"z4:|"G"z4|', "C | F | C | F | G"),
        ('"C"z4|"F"z4::"G"z4:|', "C | F | C | F | G | %"),
        ('|:"C"z4|1"F"z4:|2"G"z4|]', "C | F | C | G"),
        ('|:"C"z4|[1"F"z4:|[2"G"z4|]', "C | F | C | G"),
        ('|:"C"z4|[1,3 "F"z4:|[2 "G"z4:|]', "C | F | C | G | C | F"),
        ('|:"C"z4|[1-2 "F"z4:|[3 "G"z4|]', "C | F | C | F | C | G"),
        ('|::"C"z4|"F"z4::|"G"z4|', "C | F | C | F | C | F | G"),
        ('|::"C"z4|"F"z4:|"G"z4|]', "C | F | C | F | C | F | G"),
        ('"C"z4||"F"z4|"G"z4:|', "C | F | G | F | G"),  # behind the last double bar
        ('"C"z4|"F"z4|[1"G"z4:|[2"A"z4|"D"z4|"E"z4:|', "C | F | G | C | F | A | D | E | D | E"),
        ('|:"C"z4|"F"z4:|]', "C | F | C | F"),
    ],
)
def test_repeats(music: str, order: str) -> None:
    assert played(abc, tune(music)) == order


@pytest.mark.parametrize(
    ("music", "order"),
    [
        ('z|"C"z4|"F"z4|', "C | F"),
        ('"G7"z|"C"z4|"F"z4|', "C | F"),
        ('"G7"z|z4|"F"z4|', "G7 | F"),  # nothing else at its start
        ('|:z|"C"z4|"F"z3:|"G"z4|', "C | F | C | F | G"),
        ('z|"C"z4|"F"z3:|z|"G"z4|"A"z3:|', "C | F | C | F | G | A | G | A"),
        ('z|"C"z4|"F"z3:|"E"z|"G"z4|', "C | F E@4 | C | F E@4 | G"),
        ('"C"z4|"F"z2|"G"z2|"A"z4|', "C | F G@3 | A"),
        ('|:E|"C"z4|[1"F"z3:|[2"G"z4|', "C | F | C | G"),
        ('"C"z4|"F"z4||z|"G"z4|', "C | F | G"),  # a pickup for which the bar before left no room
        ('z4|:"C"z4|"F"z4:|', "C | F | C | F"),  # a full bar that only leads in
        ('"C"z4|"F"z6|"G"z4|', "C | F | G"),
    ],
)
def test_pickups_and_split_bars(music: str, order: str) -> None:
    assert played(abc, tune(music)) == order


def test_signs_and_words_for_jumps() -> None:
    assert played(abc, tune('"C"z4|!fine!"F"z4|"G"z4!D.C.alfine!||')) == "C | F | G | C | F"
    assert played(abc, tune('"C"z4|"F"z4"^To Coda"|"G"z4|"A"z4"D.C. al Coda"||!coda!"D"z4|]')) == (
        "C | F | G | A | C | F | D"
    )
    assert played(abc, tune('"C"z4|S"F"z4!coda!|"G"z4"^D.S. al Coda"||!coda!"D"z4|]')) == "C | F | G | F | D"
    music = '"C"z4|!segno!"F"z4|"G"z4 !dacoda!|"A"z4 !D.S.alcoda!|!coda!"Bb"z4|]'
    assert played(abc, tune(music)) == "C | F | G | A | F | G | Bb"
    music = '!segno!"C"z4|"F"z4!coda!|"G"z4|"A"z4!D.S.!|!coda!"Bb"z4|]'
    assert played(abc, tune(music)) == "C | F | G | A | C | F | Bb"
    assert played(abc, tune('"C"z4|"F"z4 !fine!||"G"z4 !D.C.!|]')) == "C | F | G | C | F"


def test_parts_and_their_order() -> None:
    text = tune('P:A\n"C"z4|"F"z4|\nP:B\n"G"z4|')
    assert [bar.section for bar in chart_in(abc, text).bars] == ["A", "", "B"]
    assert played(abc, text.replace("T:x", "T:x\nP:A(BA)2")) == "C | F | G | C | F | G | C | F"
    repeated = tune('P:A\n|:"C"z4|"F"z4:|\nP:B\n"G"z4|').replace("T:x", "T:x\nP:AAB")
    assert played(abc, repeated) == "C | F | C | F | G"
    assert played(abc, text.replace("T:x", "T:x\nP:ABX")) == "C | F | G"


def test_the_first_voice_with_chords() -> None:
    text = tune('V:1\nz4|z4|\nV:2\n"C"z4|"F"z4|\nV:1\nz4|\nV:2\n"G"z4|\nV:3\n"D"z4|')
    assert written(abc, text) == ["C", "F", "G"]
    assert written(abc, tune('[V:a] z4|\n[V:b] "C"z4|\n[V:a] z4|\n[V:b] "F"z4|')) == ["C", "F"]


@pytest.mark.parametrize(
    ("quoted", "symbol"),
    [
        ("Dm7(b5)", "Dm7(b5)"), ("G/B", "G/B"), ("D/f+", "D/F#"), ("A7/c+", "A7/C#"), ("Dm7/bb", "Dm7/Bb"),
        ("G/b", "G/B"), ("Gd", "Gdim"), ("Ca", "Caug"), ("F#d7", "F#dim7"), ("Bbd/f", "Bbdim/F"),
        ("C;Am", "C"), ("C\\nAm", "C"), ("Cm7(F7)", "Cm7"), (" Em ", "Em"), ("N.C.", "N.C."),
        ("Dadd9", "Dadd9"), ("Am", "Am"),
    ],
)  # fmt: skip
def test_symbols(quoted: str, symbol: str) -> None:
    assert written(abc, tune(f'"{quoted}"z4|')) == [symbol]


@pytest.mark.parametrize(
    "words",
    ["(E7)", "^up", "_x", "<(", ">)", "@1,2 x", "", " ", "Bis", "End", "DANCE", "f", "Go on", "allegro", "1.",
     "[F7]", "Fine 2", "Swing", "Bridge", "Half-time", "D.S. on cue", "B part", "Eb sax", "Fl.", "Head:",
     "Chorus 1", "Ad lib"],
)  # fmt: skip
def test_words_are_no_chords(words: str) -> None:
    assert written(abc, tune(f'"C"z4|"{words}"z4|')) == ["C", ""]


@pytest.mark.parametrize(
    "unknown", ["C7x9", "dm7", "Cmajj7", "Amajj", "Gfoo", "H7", "H", "G7 vamp", "Am vamp"]
)
def test_unknown_symbols_are_named(unknown: str) -> None:
    with pytest.raises(ChordError, match=f"'{unknown}' at bar 2"):
        make_tune(chart_in(abc, tune(f'"C"z4|"{unknown}"z4|')))


@pytest.mark.parametrize(("text", "message"), [
    ("no tune\n", "it has no tune"),
    (tune("z4|A4|"), "it has no chords"),
    (tune('"C"z4|' * 4097), "more than 4096 bars"),
    (tune('"C"' + "A" * 300), "bar 1: it is longer than 64 whole notes"),
    (tune('"C"' + "A" * 300_000), "more than 200000 characters"),
    (tune('"C"z4|', "M:3/7"), "meter '3/7' is not understood"),
    (tune('"C"Z99999|'), "more than 4096 bars"),
])  # fmt: skip
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ProgressionError) as error:
        chart_in(abc, text)
    assert message in str(error.value)


def test_a_tune_without_a_number() -> None:
    assert written(abc, 'T:x\nM:4/4\nL:1/4\nK:C\n"C"z4|"F"z4|\n') == ["C", "F"]
