"""text.py: bars, headers, repeats and files; what does not add up is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.charts.find import find_progression, read_chart
from jazzgen.charts.text import parse_progression, read_text_chart
from jazzgen.errors import ChordError, HarmonyError, ProgressionError
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import MAX_BARS, ChordChange
from tests.charts.text import symbols


def changes(text: str) -> list[tuple[int, str]]:
    return [(change.tick, change.symbol) for change in parse_progression(text).chords]


@pytest.mark.parametrize(
    ("text", "expected", "bars"),
    [
        ("| Dm7 | G7 | Cmaj7 | % |", [(0, "Dm7"), (48, "G7"), (96, "Cmaj7")], 4),
        ("Dm7 | G7", [(0, "Dm7"), (48, "G7")], 2),
        ("| Dm7 G7 | C |", [(0, "Dm7"), (24, "G7"), (48, "C")], 2),
        ("| C A7 Dm7 G7 | C", [(0, "C"), (12, "A7"), (24, "Dm7"), (36, "G7"), (48, "C")], 2),
        ("| Dm7 . . G7 | C / / / |", [(0, "Dm7"), (36, "G7"), (48, "C")], 2),
        ("| Dm7 . G7 . | . . C . |", [(0, "Dm7"), (24, "G7"), (72, "C")], 2),
        ("| Dm7 . . G7 | % | C |", [(0, "Dm7"), (36, "G7"), (48, "Dm7"), (84, "G7"), (96, "C")], 3),
        ("|: C | F :| G |", [(0, "C"), (48, "F"), (96, "C"), (144, "F"), (192, "G")], 5),
        ("| C | F :| x3", [(0, "C"), (48, "F"), (96, "C"), (144, "F"), (192, "C"), (240, "F")], 6),
        ("|: C :|: F :|x1 G |", [(0, "C"), (96, "F"), (144, "G")], 4),
        ("||: C :|| F ||", [(0, "C"), (96, "F")], 3),
        ("| C |\n| F |\nG | C", [(0, "C"), (48, "F"), (96, "G"), (144, "C")], 4),
        ("| C | C | F | F |", [(0, "C"), (96, "F")], 4),
        ("| N.C. | F7 (b9) |", [(0, "N.C."), (48, "F7"), (72, "(b9)")], 2),
        ("| C7(b9, #11) | F#m7b5/C |", [(0, "C7(b9, #11)"), (48, "F#m7b5/C")], 2),
        ("# a comment\n\n| C |\n  # another | F |\n| G |", [(0, "C"), (48, "G")], 2),
    ],
)
def test_bars(text: str, expected: list[tuple[int, str]], bars: int) -> None:
    if "(b9) |" in text:
        with pytest.raises(ProgressionError, match=r"bar 2: '\(' does not belong there"):
            parse_progression(text)
        return
    assert changes(text) == expected
    assert parse_progression(text).length == bars * 48


def test_headers_meter_and_sections() -> None:
    progression = parse_progression(
        "title: After | Hours\nmeter: 3/4\nkey: Bb major\n\n"
        "[A] |: Bbmaj7 | Cm7 . F7 :|\n[Bridge] || Eb6 | % ||\n"
    )
    assert progression.title == "After | Hours"
    assert progression.key == "Bb"
    assert progression.style == "waltz"
    assert [meter.beats for meter in progression.meters] == [3]
    assert progression.length == 6 * 36
    assert [(section.tick, section.name) for section in progression.sections] == [
        (0, "A"),
        (72, "A"),
        (144, "Bridge"),
    ]
    assert progression.chords[1:3] == (ChordChange(36, "Cm7"), ChordChange(60, "F7"))


def test_arguments_stand_in_for_headers() -> None:
    progression = parse_progression("style: bossa\n| Cm7 |", title="T", key="C minor", style="swing", beats=4)
    assert (progression.title, progression.key, progression.style) == ("T", "Cm", "bossa")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("| C | D E F | G |", "bar 2: 3 entries do not add up to 4 beats; write 1, 2, 4"),
        ("meter: 3/4\n| C F |", "bar 1: 2 entries do not add up to 3 beats; write 1, 3"),
        ("| C . D |", "bar 1: 3 entries"),
        ("| C C C C C C C C |", "bar 1: 8 entries"),
        ("| % |", "bar 1: % repeats the bar before, but there is none"),
        ("| . C |", "bar 1: . holds the chord before, but there is none"),
        ("| C | % F |", "bar 2: % repeats a whole bar"),
        ("| C | | F |", "bar 2: it is empty"),
        ("|: C | F |", "a repeat |: is never closed"),
        ("|: C |: F :|", "bar 2: a repeat |: inside a repeat"),
        (":| C |", "bar 1: a repeat :| needs bars before it"),
        ("| C :| x0", "bar 2: a repeat :| needs bars before it and a count of 1 or more"),
        ("| C | x3 |", "bar 2: 'x3' does not belong there"),
        ("| C : F |", "bar 1: ':' does not belong there"),
        ("| C [A] F |", "bar 1: section [A] must have a name and stand alone"),
        ("[] | C |", "bar 1: section [] must have a name"),
        ("[A] [B] | C |", "bar 1: section [B] must"),
        ("| C |\n[B]", "section [B] has no bars"),
        ("", "a progression needs at least one bar"),
        ("title: x", "a progression needs at least one bar"),
        ("||", "a progression needs at least one bar"),
        ("album: x\n| C |", "header line 'album: x': known are title, composer, meter, key, style, tempo"),
        ("key: C\nkey: D\n| C |", "header line 'key: D': it stands twice"),
        ("meter: 6/16\n| C |", "meter '6/16' is not supported"),
        ("meter: 0/4\n| C |", "meter '0/4' is not supported"),
        ("key: H\n| C |", "unknown key 'H'"),
        ("style: polka\n| C |", "unknown style 'polka'; known are swing"),
        ("| C :| x4097", f"bar 1: the progression grows beyond {MAX_BARS} bars"),
        ("| C :| x999999", f"bar 1: the progression grows beyond {MAX_BARS} bars"),
        ("| C " * 5000, f"bar {MAX_BARS + 1}: the progression grows beyond {MAX_BARS} bars"),
        ("C" * 2_000_000, "a progression of 2000000 characters is too long"),
    ],
)
def test_what_does_not_add_up_is_named(text: str, message: str) -> None:
    with pytest.raises(ProgressionError, match=re.escape(message)) as error:
        parse_progression(text)
    assert "\n" not in str(error.value)


def test_an_unknown_chord_names_its_bar() -> None:
    with pytest.raises(ChordError, match="unknown chord symbol 'Hm' at bar 3"):
        parse_progression("| C | % | Hm |")


SIGNS = "| || |: :| x2 % . / C Dm7 G7 [A] \n # key: 3/4 ( )"


made_bars = st.lists(st.sampled_from(SIGNS.split(" "))).map(" ".join)


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=120), made_bars))
def test_parse_progression_raises_nothing_but_harmony_errors(text: str) -> None:
    try:
        progression = parse_progression(text)
    except HarmonyError:
        return
    assert progression.length % 48 == 0 or "meter" in text
    assert progression.chords[0].tick == 0


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        ("| Dm7 | N.C. | G7/B |", (2, 2, 7)),
        ("| N.C. | Bb7 | Eb |", (10, 10, 3)),
        ("key: Bb\n| N.C. |", (10,)),
        ("key: F#m\n| N.C. |", (6,)),
        ("| N.C. |", (0,)),
    ],
)
def test_reference_roots(text: str, roots: tuple[int, ...]) -> None:
    progression = parse_progression(text)
    assert reference_roots(progression) == roots
    assert len(roots) == len(progression.chords)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "after hours.txt"
    path.write_bytes("\ufeffkey: Eb\r\n[A] | E♭Δ | Bb7 |\r\n".encode())
    progression = read_chart(path)
    assert (progression.title, progression.key) == ("after hours", "Eb")
    assert symbols(progression) == "E♭Δ Bb7"
    assert find_progression(str(path)) == progression


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfeC\x00\x00", "is not a text file"),
        (b"| C \x00 |", "is not a text file"),
        (b"\x89PNG\r\n\x1a\n", "is not a text file"),
        (b"", "needs at least one bar"),
        (b"| C D E |", "bar 1: 3 entries do not add up"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises(ProgressionError, match=message) as error:
        read_chart(path)
    assert "bad.txt" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("title: Été\n| C | F |".encode(encoding))
    assert read_chart(path).title == "Été"


def test_chords_without_bar_lines_are_said() -> None:
    chart = read_text_chart("title: T\n[A] Dm7 G7 %\nmeter: 3/4\n[B] C (Fine)\nF7 F7(b9)")
    assert [(bar.section, bar.meter, bar.fine, *[c.symbol for c in bar.chords]) for bar in chart.bars] == [
        ("A", "4/4", False, "Dm7"), ("", "4/4", False, "G7"), ("", "4/4", False, "G7"),
        ("B", "3/4", True, "C"), ("", "3/4", False, "F7"), ("", "3/4", False, "F7(b9)"),
    ]  # fmt: skip
    assert chart.warnings == ("there are no bar lines: each chord is read as one bar; write | between bars",)
    chart = read_text_chart("| C | F |\nDm7 G7\n| C |")
    assert (len(chart.bars), chart.warnings) == (4, ("'Dm7 G7' has no bar lines: it is read as one bar",))
    for text in ("C", "Dm7 . . G7", "C F@3", "C\nF", "| C |\nF"):
        assert read_text_chart(text).warnings == ()


def test_a_bad_chord_in_a_file_names_file_and_bar(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("| C | Xm |", encoding="utf-8")
    with pytest.raises(ChordError, match=r"bad\.txt: unknown chord symbol 'Xm' at bar 2"):
        read_chart(path)


# ----------------------------------------------------------------------- endings, jumps, meters, places


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|: C |1. F :|2. G |", "C F C G"),
        ("|: C | 1. F :| 2. G || A |", "C F C G A"),
        ("|: C |1 F :|2 G |", "C F C G"),
        ("|: C |1,2. F :|3. G |", "C F C F C G"),
        ("|: C |1-2. F :|3. G |", "C F C F C G"),
        ("|: C\n1. F :|\n2. G |", "C F C G"),
        ("| C | F |1. G :|2. A |", "C F G C F A"),
        ("[A] | C | F (Fine) | [B] G | A (D.C. al Fine) |", "C F G A C F"),
        ("| C | F Fine | G | A D.C. al Fine |", "C F G A C F"),
        ("| C | F To Coda | G D.C. al Coda | [Coda] A |", "C F G C F A"),
        ("| C | 𝄋 F | G 𝄌 | A D.S. al Coda | 𝄌 Bb |", "C F G A F G Bb"),
        ("| C | (Segno) F | G (To Coda) | A (D.S. al Coda) | (Coda) Bb |", "C F G A F G Bb"),
        ("|: C | [1. F :| [2. G |]", "C F C G"),
        ("C [1 F :| [2 G ||", "C F C G"),
        ("[1. Verse] C | [2. Out] G |", "C G"),
        ("|: C |1. F :|2. G || A (D.C. al 2nd ending) |", "C F C G A C G"),
        ("[Intro] | C | [A] F | G |", "F G"),
        ("(pickup) C | F | G", "F G"),
        ("| C | F (To Coda) | G | [Coda] A |", "C F G"),
        ("form: written\n[Intro] | C | [Coda] F |", "C F"),
    ],
)
def test_order(text: str, expected: str) -> None:
    assert symbols(parse_progression(text)) == expected


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("| C G7@3.5 |", [0, 30]),
        ("| C G7@2+2/3 |", [0, 20]),
        ("| C | G7@2 |", [0, 60]),
        ("| C D@1.5 E@4 |", [0, 6, 36]),
        ("meter: 6/8\n| C . . D . E |", [0, 12, 20]),
        ("meter: 12/8\n| C D E F |", [0, 12, 24, 36]),
        ("| C | (3/4) D . E | F | (4/4) G |", [0, 48, 72, 84, 120]),
        ("| C |\nmeter: 3/4\n| D . E |", [0, 48, 72]),
    ],
)
def test_places_and_meters(text: str, ticks: list[int]) -> None:
    assert [change.tick for change in parse_progression(text).chords] == ticks


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("| C D@5 |", "bar 1: 'D@5' must stand behind the chord before it and within 4 beats"),
        ("| C@2 D@2 |", "bar 1: 'D@2' must stand behind"),
        ("| C@2 D |", "bar 1: 'D' has no place"),
        ("| C D@x |", "bar 1: 'D@x' has no place"),
        ("| C (3/4) D |", "bar 1: '(3/4)' does not belong there"),
        ("| C | (99/4) D |", "meter '99/4' is not supported"),
        ("form: long\n| C |", "form: 'long' is not known"),
        ("tempo: fast\n| C |", "unknown tempo 'fast'"),
    ],
)
def test_what_does_not_add_up_there(text: str, message: str) -> None:
    with pytest.raises(ProgressionError, match=re.escape(message)):
        parse_progression(text)


def test_all_headers() -> None:
    form = parse_progression(
        "title: T\ncomposer: Doe Jane\nmeter: 12/8\nkey: F#\nstyle: Slow Blues\ntempo: 60\n| Gb7 | Cb7 |"
    )
    assert (form.title, form.composer, form.meters[0].signature, form.key) == ("T", "Doe Jane", "12/8", "Gb")
    assert (form.style, form.tempo) == ("slow-blues", 60.0)


# --------------------------------------------------------------------------------------- as people paste it


@pytest.mark.parametrize(
    ("text", "expected", "bars"),
    [
        ("¦ Dm7 │ G7 ┃ C ‖", "Dm7 G7 C", 3),
        ("𝄆 Dm7 | G7 𝄇 C |", "Dm7 G7 Dm7 G7 C", 5),
        ("||: Dm7 | G7 :|| C |]", "Dm7 G7 Dm7 G7 C", 5),
        ("| Dm7 / G7 / | C - - - |", "Dm7 G7 C", 2),
        ("Dm7\t|\tG7\t|\tC", "Dm7 G7 C", 3),
        ("// my tune\n| Dm7 | G7 | // turnaround\n| C |", "Dm7 G7 C", 3),
        ("1 | Dm7 | G7 |\n3 | C | % |", "Dm7 G7 C", 4),
        ("1. | Dm7 | G7 |\n2. | C | % |", "Dm7 G7 C", 4),
        ("1) Dm7 | G7\n2) C | %", "Dm7 G7 C", 4),
        ("Intro: | E |\nA: | Dm7 | G7 |\nBridge:\n| C |", "Dm7 G7 C", 3),
        ("| 1 | 2 | 3 |\n|---|:-:|---|\n| Dm7 | G7 | C |", "Dm7 G7 C", 3),
        ("bar,beat,chord\n1,1,Dm7\n1,3,G7\n2,1,C\n4,2.5,F", "Dm7 G7 C F", 4),
        ("0.046 C\n2.1 F\n4.05 G7", "C F G7", 3),
        ("tempo: 120\n0.046 C\n2.1 F\n3.05 G7", "C F G7", 2),
        ("Dm7 G7\nC", "Dm7 G7 C", 3),
        ("| N.C. | G7 𝄎 |".replace(" 𝄎 ", " . "), "N.C. G7", 2),
    ],
)
def test_pasted_text(text: str, expected: str, bars: int) -> None:
    progression = parse_progression(text)
    assert symbols(progression) == expected
    assert len(progression.bar_ticks) == bars


def test_a_list_of_chords_keeps_its_beats() -> None:
    assert changes("1 1 Dm7\n1 3 G7\n2 1 C") == [(0, "Dm7"), (24, "G7"), (48, "C")]
    assert changes("tempo: 120\n0.0 C\n2.02 F\n3.01 G7") == [(0, "C"), (48, "F"), (72, "G7")]
    with pytest.raises(ProgressionError, match="in the order of their times"):
        parse_progression("2 1 C\n1 1 D")
