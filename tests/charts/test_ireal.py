"""ireal.py, ireal_music.py: links, fields, scrambling, cells and beats."""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import quote

import pytest

from jazzgen.charts.find import read_entry, tune_in
from jazzgen.charts.ireal import MAGIC, entries, swap_blocks, unscramble
from jazzgen.charts.ireal_music import read_bars
from jazzgen.charts.order import find_order
from jazzgen.charts.written import Entry, Jump, WrittenBar
from jazzgen.errors import ChordError, ProgressionError
from jazzgen.music.score import NO_CHORD


def link(*songs: str, scheme: str = "irealb", quoted: bool = True) -> str:
    text = "===".join(songs) if scheme == "irealb" else "=".join(songs)
    return f"{scheme}://" + (quote(text, safe="=") if quoted else text)


def song(
    title: str, music: str, *, composer: str = "Doe Jane", key: str = "C", moved: str = "", bpm: str = "0"
) -> str:
    scrambled = swap_blocks(music)
    return f"{title}={composer}==Medium Swing={key}={moved}={MAGIC}{scrambled}=Jazz-Medium Swing={bpm}=3"


def read(text: str) -> list[Entry]:
    return entries(text.encode(), "x.html")


def bars(music: str) -> list[WrittenBar]:
    return read_bars(music, [])


def places(bar: WrittenBar, beats: int = 4) -> str:
    """The symbols of a bar, each with its beat counted from 1."""
    return " ".join(f"{chord.symbol}@{float(chord.place * beats) + 1:g}" for chord in bar.chords)


# ------------------------------------------------------------------------------------------------ the link


def test_a_playlist_in_html() -> None:
    text = link(
        song("Tune, The", "[C^7   |D-7 G7 Z", bpm="140"), song("Second", "[F7   Z", composer=""), "My list"
    )
    found = read(f'<p>list <a href="{text}">My list</a></p>')
    assert [(e.title, e.composer, e.style, e.key, e.tempo) for e in found] == [
        ("The Tune", "Doe Jane", "Medium Swing", "C", 140.0),
        ("Second", "", "Medium Swing", "C", None),
    ]
    assert [len(e.read().bars) for e in found] == [2, 1]


@pytest.mark.parametrize("encode", [
    lambda text: text,
    lambda text: text.replace("=", "%3D"),
    lambda text: f"look: {text} and more",
    lambda text: f"<a href='{text}'>x</a>",
    lambda text: text.replace("irealb://", "IREALB://"),
])  # fmt: skip
def test_a_link_anywhere(encode: object) -> None:
    text = link(song("Rock & Roll", "[C7   |F7   Z"))
    assert callable(encode)
    (entry,) = read(encode(text))
    assert entry.title == "Rock & Roll"
    assert len(entry.read().bars) == 2


def test_a_link_pasted_as_it_reads() -> None:
    (entry,) = read(link(song("My Tune", "[C7   |F7   Z"), quoted=False))
    assert (entry.title, len(entry.read().bars)) == ("My Tune", 2)


def test_several_links_and_the_plain_kind() -> None:
    plain = link("One=Doe Jane=Waltz=Bb-=n=[T34C-7  Z", "Two=X Y=Swing=F=n=[F7   Z", scheme="irealbook")
    found = read(f"{plain}\n{link(song('Three', '[C   Z'))}")
    assert [(e.title, e.key) for e in found] == [("One", "Bb-"), ("Two", "F"), ("Three", "C")]
    assert found[0].read().bars[0].meter == "3/4"


def test_the_owners_key_is_said() -> None:
    (entry,) = read(link(song("X", "[A-7   Z", key="A-", moved="0")))
    chart = entry.read()
    assert chart.transposed_to == "Cm"
    assert any("--key Cm" in warning for warning in read_entry(entry, "x").warnings)
    assert read(link(song("X", "[C   Z", moved="0")))[0].read().transposed_to == ""


def test_scrambling_is_its_own_inverse() -> None:
    for length in (10, 50, 51, 52, 99, 101, 102, 160):
        music = "".join(chr(48 + k % 70) for k in range(length))
        assert swap_blocks(swap_blocks(music)) == music
    assert unscramble("T44CLZDKclEXyQZ") == "T44C |D| xE   Z"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("irealb://nothing", "no song can be read"),
        (link(song("X", "[   Z")), "it has no chords"),
        (link(f"X=Y==Swing=C==={MAGIC}qweijkvy mzzz kvmm=Jazz=0=3"), "does not unscramble"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, message: str) -> None:
    with pytest.raises(ProgressionError, match=message) as error:
        tune_in(text.encode(), "x.html")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("irealbook://" * 20_001, "more than 20000 songs"),
        ("irealbook://" + "a=" * 250_000, "more than 240,000 fields"),
        ("irealb://" + "%3d" * 250_000, "more than 240,000 fields"),
        ("irealbook://" + "T=D=S=C=n=C7|=" * 20_001, "more than 20000 songs"),
        ("irealbook://T=D=S=C=n=" + "%7B" * 100_001, "its music has 100,001 signs"),
    ],
)
def test_hostile_links_are_refused(text: str, message: str) -> None:
    with pytest.raises(ProgressionError, match=message):
        tune_in(text.encode(), "x.html")


def test_escapes_are_letters_of_any_language() -> None:
    assert read("irealbook://%c3%89t%C3%A9%20%zz%f%FF=D=S=C=n=C7|")[0].title == "Été %zz%f\ufffd"


@pytest.mark.parametrize("symbol", ["H7", "Cmajj7", "C7k", "Gfoo", "C/H", "k7", "C7fsd", "Cø7q", "7"])
@pytest.mark.parametrize("scheme", ["irealb", "irealbook"])
def test_a_symbol_that_is_unknown_is_an_error_with_its_bar(scheme: str, symbol: str) -> None:
    music = f"[C^7   |{symbol}   |G7   Z"
    text = link(song("X", music) if scheme == "irealb" else f"X=Y=Swing=C=n={music}", scheme=scheme)
    with pytest.raises(ChordError, match=r"'X': unknown chord symbol '.*' at bar 2"):
        tune_in(text.encode(), "x.html")


def test_symbols_in_other_spellings_are_read() -> None:
    music = "[Cm7b5   |Cmaj7sD7Cmin7p|Cmaj7 Q|CM7   |Cø7,C7(b9,#5)S,Cdim|C7no3,Caug/Gb,(A7)CmMaj7Z"
    assert [[chord.symbol for chord in bar.chords] for bar in bars(music)] == [
        ["Cm7b5"], ["Cmaj7", "D7", "Cmin7"], ["Cmaj7"], ["CM7"], ["Cø7", "C7(b9,#5)", "Cdim"],
        ["C7no3", "Caug/Gb", "CmMaj7"],
    ]  # fmt: skip


def test_signs_that_are_unknown_are_reported() -> None:
    tune = tune_in(link(song("X", "[*AC7   |C7 ! |C7   |D-7   |G7   |F7   Z")).encode(), "x.html")
    assert any("1 unknown sign in the music" in warning for warning in tune.warnings)


# ------------------------------------------------------------------------------------------- cells to beats


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("C7   ", "C7@1"),
        (" C7  ", "C7@1"),  # cells before the first chord count nothing
        ("C7 F7 ", "C7@1 F7@3"),
        ("C7,F7,", "C7@1 F7@3"),
        ("C7,F7,G7,", "C7@1 F7@3 G7@4"),
        ("A-7  sD7,", "A-7@1 D7@4"),
        ("F,A7,D7,p", "F@1 A7@2 D7@3"),
        ("sA-7,D7,", "A-7@1 D7@3"),  # all small: as large ones
        ("lC7  F7  G7 ", "C7@1 F7@2 G7@4"),  # too much: taken from the first on
        ("C,D,E,F,", "C@1 D@2 E@3 F@4"),
        ("C,D,E,F,G,", "C@1 D@1.8 E@2.6 F@3.4 G@4.2"),
        ("C7 n ", f"C7@1 {NO_CHORD}@3"),
        ("p,p,F7,p", "F7@3"),  # the last chord goes on
        ("E13(B7)   ", "E13@1"),
        ("C7,(F7),(G7),A7,", "C7@1 A7@4"),  # alternates alone in a cell are empty
    ],
)
def test_beats(cells: str, expected: str) -> None:
    first, bar = bars(f"[T44A   |{cells}Z")
    assert places(bar) == expected
    assert first.meter == bar.meter == "4/4"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("C,D,E,", "C@1 D@2 E@3"),
        ("C,D  ", "C@1 D@2"),
        ("C D", "C@1 D@3"),
        ("C  D", "C@1 D@3"),
        ("C D ", "C@1 D@2.5"),
        ("C,p,D,", "C@1 D@3"),
        ("C   ", "C@1"),
    ],
)
def test_beats_in_three(cells: str, expected: str) -> None:
    assert places(bars(f"[T34{cells}Z")[0], 3) == expected


def test_other_meters() -> None:
    found = bars("[T12C7 F7 |T64A-7   D7 |T22C   Z")
    assert [bar.meter for bar in found] == ["12/8", "6/4", "2/2"]
    assert places(found[0]) == "C7@1 F7@3"
    assert places(found[1], 6) == "A-7@1 D7@5"


# ------------------------------------------------------------------------------------------- bars and signs


def test_bars_again() -> None:
    found = bars("[C7   |F7 Bb7 | x  |r|    |n   |W/G   Z")
    assert [places(bar) for bar in found] == [
        "C7@1", "F7@1 Bb7@3", "F7@1 Bb7@3", "F7@1 Bb7@3", "F7@1 Bb7@3", f"{NO_CHORD}@1", "Bb7/G@1",
    ]  # fmt: skip


def test_bars_without_a_chord_and_layout() -> None:
    assert [places(bar) for bar in bars("[C7   |    |F7   |    Z")] == ["C7@1", "", "F7@1", ""]
    assert [places(bar) for bar in bars("[C7   |F7   ]        [*BG7   Z")] == ["C7@1", "F7@1", "G7@1"]
    found = bars("[C7   |F7   ]   Q *B     [G7   Z")
    assert (found[2].section, found[2].coda) == ("B", True)


def test_signs() -> None:
    found = bars("[*iT44C7   ]{*ASD-7   |N1G7   }|N2G7   U]*B[F7   Q|<D.S. al Coda>E7   ][QA7   Z")
    first, second, one, two, bridge, jump, coda = found
    assert (first.section, first.double_end) == ("Intro", True)
    assert (second.section, second.segno, second.opens_repeat) == ("A", True, True)
    assert (one.endings, one.closes_repeat, two.endings, two.end) == ((1,), True, (2,), True)
    assert (bridge.section, bridge.to_coda) == ("B", True)
    assert jump.jump == Jump(True, "coda")
    assert (coda.coda, coda.to_coda) == (True, False)
    assert len(find_order(found).form) == 2 + 2 + 2 + 3 + 1


@pytest.mark.parametrize(
    ("text", "jump"),
    [
        ("D.C. al Fine", Jump(False, "fine")),
        ("D.C. al 2nd End.", Jump(False, "2")),
        ("*66D.S. al coda", Jump(True, "coda")),
        ("D.C. al 3rd ending", Jump(False, "3")),
        ("D.C. on cue", None),
        ("Solos on AABA", None),
    ],
)
def test_texts_that_are_orders(text: str, jump: Jump | None) -> None:
    warnings: list[str] = []
    (bar,) = read_bars(f"[C7   <{text}>Z", warnings)
    assert bar.jump == jump
    assert bool(warnings) == (jump is None)


@pytest.mark.parametrize("text", ["3x", "x3", "Repeat 3x", "(3x)", "3 times"])
def test_counts(text: str) -> None:
    assert bars(f"{{<{text}>C7   |F7   }}")[1].times == 3


def test_endings_without_a_number() -> None:
    assert [bar.endings for bar in bars("{C7   |N1F7   }|N0G7   ]")] == [(), (1,), (2,)]
    assert [bar.endings for bar in bars("{C7   |N0F7   }|N0G7   ]")] == [(), (1,), (2,)]


def test_one_coda_sign_at_the_end_takes_no_bar_from_the_form() -> None:
    tune = tune_in(link(song("X", "[C7   |F7   |E7   Q]")).encode(), "x.html")
    assert len(tune.form.bar_ticks) == 3
    assert tune.last is None
    assert "bar 3: nothing stands behind the coda mark; it is left out" in tune.warnings


def test_one_coda_sign_begins_the_coda() -> None:
    found = bars("[C7   |F7   ][QG7   Z")
    assert [(bar.to_coda, bar.coda) for bar in found] == [(False, False), (False, False), (False, True)]
    assert find_order(found).last == (0, 1, 2)


def test_free_text_qualities() -> None:
    warnings: list[str] = []
    found = read_bars("[C*m7 - Vamp*   |D*b5*   |E*AT HITS*   |F*x2*   Z", warnings)
    assert [places(bar) for bar in found] == ["Cm7@1", "D(b5)@1", "", ""]
    assert len(warnings) == 4


def test_an_unknown_symbol_names_file_song_and_bar() -> None:
    text = link(song("My Tune", "[C7   |C*13sus4b9b9*   |C7sussus   Z"))
    with pytest.raises(ChordError, match=r"x\.html: 'My Tune': unknown chord symbol 'C7sussus' at bar 3"):
        tune_in(text.encode(), "x.html")


def test_places_are_fractions_of_the_bar() -> None:
    (bar,) = bars("[T54A-7   D7  Z")
    assert [chord.place for chord in bar.chords] == [Fraction(0), Fraction(3, 5)]
