"""chordpro.py: directives, grids, margins, and bars among words."""

from __future__ import annotations

import pytest

from jazzgen.charts import chordpro
from jazzgen.charts.written import Jump
from jazzgen.errors import ProgressionError
from tests.charts.sheets import bar_text, chart_in, played, written


def grid(*lines: str) -> str:
    return "\n".join(["{start_of_grid}", *lines, "{end_of_grid}"])


def test_directives_long_and_short() -> None:
    text = """# a comment
{title: The Tune}
{st A subtitle}
{meta: composer Ann Doe}
{key: F#m} {time 3/4}
{key F#m}
{time: 3/4}
{tempo: 96.5}
{capo: 2}
{x_style: Slow Waltz}
{sog: 4x3}
| C . . | F . . |
{eog}
"""
    entry = chordpro.entries(text.encode(), "x.cho")[0]
    assert (entry.title, entry.composer, entry.key, entry.tempo, entry.style) == (
        "The Tune",
        "Ann Doe",
        "F#m",
        96.5,
        "Slow Waltz",
    )
    chart = entry.read()
    assert (chart.title, chart.bars[0].meter, len(chart.bars)) == ("The Tune", "3/4", 2)


@pytest.mark.parametrize(
    ("line", "bars"),
    [
        ("| C . . . | F . G . |", ["C", "F G@1/2"]),
        ("| C / G / | . . . . | . . F . |", ["C G@1/2", "", "F@1/2"]),
        ("| C . F . G . A . |", ["C F@1/4 G@1/2 A@3/4"]),  # whatever the shape says
        ("| C | F G |", ["C", "F G@1/2"]),
        ("| C~G . F . |", ["C G@1/8 F@1/2"]),
        ("| C~F~G . |", ["C F@1/6 G@1/3"]),
        ("| C . . G7 | % . . . | % |", ["C G7@3/4"] * 3),
        ("| C . | F . | %% . | . . |", ["C", "F", "C", "F"]),
        ("| C . | F . | %% |", ["C", "F", "C", "F"]),
        ("| C . | F . | %% | G . |", ["C", "F", "C", "F", "G"]),
        ("| C . . . | . . F . | % |", ["C", "F@1/2", "C F@1/2"]),  # what was held is struck again
        ("| N.C. . . . | NC |", ["N.C.", "NC"]),
        ("| [C] . | [*quietly] F . (2nd time) | C7(b9) |", ["C", "F", "C7(b9)"]),
        ("|C . |F . |", ["C", "F"]),
        ("| C . | F .", ["C", "F"]),  # the end of the line ends a bar
        ("| Cm7(F7) . |", ["Cm7"]),
    ],
)
def test_cells_share_their_bar(line: str, bars: list[str]) -> None:
    assert written(chordpro, grid(line)) == bars


def test_margins_and_strum_lines() -> None:
    text = grid(
        "A | C . | F . |", "    |S d u | d u |", "    |s d u | d u |", "B |: G . | C . :| repeat 3 times"
    )
    assert [bar.section for bar in chart_in(chordpro, text).bars] == ["A", "", "B", ""]
    assert played(chordpro, text) == "C | F | G | C | G | C | G | C"


@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ('{start_of_grid shape="4x4" label="Bridge 1"}', "Bridge 1"),
        ("{start_of_grid label='A'}", "A"),
        ("{start_of_grid: 1+4x4+1 Verse}", "Verse"),
        ("{start_of_grid: 4x8}", ""),
        ("{start_of_grid: C}", "C"),
        ("{sog}", ""),
    ],
)
def test_labels_are_sections(heading: str, label: str) -> None:
    bars = chart_in(chordpro, f"{heading}\n| C . | F . |\n{{eog}}").bars
    assert [bar.section for bar in bars] == [label, ""]


def test_repeats_and_endings() -> None:
    assert played(chordpro, grid("|: C . |1 F . :|2 G . || A . |.")) == "C | F | C | G | A"
    assert played(chordpro, grid("|: C . :|: F . :| G . |")) == "C | % | F | % | G"
    assert played(chordpro, grid("|: C . |1,2> F . :|3 G . |.")) == "C | F | C | F | C | G"


def test_a_repeat_that_does_not_open_begins_with_its_grid() -> None:
    text = grid("| C . |") + '\n{start_of_grid label="B"}\n| F . | G . :|\n{eog}'
    assert played(chordpro, text) == "C | F | G | F | G"


@pytest.mark.parametrize("margin", ["repeat 4 times", "4x", "(x4)", "4"])
def test_a_count_in_the_margin_is_of_the_repeat_in_its_line(margin: str) -> None:
    text = grid(f"|: C . | F . :| G . | {margin}")
    assert played(chordpro, text) == "C | F | C | F | C | F | C | F | G"
    text = grid("| A . |", f"| C . | F . | {margin}")
    assert played(chordpro, text) == "A | C | F"
    assert chart_in(chordpro, text).warnings == (
        f"line 3: it says {margin.strip('()')!r}, but no repeat closes there",
    )
    assert played(chordpro, grid("4x |: C . :|")) == "C | % | % | %"
    assert played(chordpro, grid("1 |: C . :|")) == "C | %"


def test_jumps_in_margins() -> None:
    text = grid("| C . | F . | Fine", "| G . | A . || D.C. al Fine")
    bars = chart_in(chordpro, text).bars
    assert (bars[1].fine, bars[3].jump) == (True, Jump(to_segno=False, al="fine"))
    assert played(chordpro, text) == "C | F | G | A | C | F"
    text = grid("| C . | F . | To Coda", "| G . || D.C. al Coda", "Coda | A . |.")
    assert played(chordpro, text) == "C | F | G | C | F | A"


def test_meter_and_transposition_change_between_grids() -> None:
    text = f"{{key: C}}\n{grid('| C . |')}\n{{time: 6/8}}\n{{transpose: 2}}\n{grid('| C . | Bx |')}\n"
    text += f"{{transpose}}\n{grid('| F |')}"
    chart = chart_in(chordpro, text)
    assert [bar.meter for bar in chart.bars] == ["4/4", "6/8", "", ""]
    assert [bar_text(bar) for bar in chart.bars] == ["C", "D", "Bx", "F"]
    assert chart.key == "D"


def test_songs_of_a_file() -> None:
    text = f"{{t: One}}\n{grid('| C |')}\n{{new_song}}\n{{t: Two}}\n{grid('| F |', '| G |')}\n{{ns}}\n"
    found = chordpro.entries(text.encode(), "x.cho")
    assert [(entry.title, len(entry.read().bars)) for entry in found] == [("One", 1), ("Two", 2)]


def test_words_without_bars_are_refused_or_counted() -> None:
    text = "{t: Song}\n[Am]Hello [F]world, [*slow]\ngood[C]bye\n"
    with pytest.raises(ProgressionError, match=r"write them in a grid, such as \{start_of_grid\} \| Dm7"):
        chart_in(chordpro, text)
    chart = chordpro.entries(text.encode(), "x.cho", bars_per_chord=2)[0].read()
    assert [bar_text(bar) for bar in chart.bars] == ["Am", "", "F", "", "C", ""]


def test_bars_among_words() -> None:
    assert written(chordpro, "{t: x}\n| [Am] Hello | [F] big [G] world |\n[C]end | % |") == [
        "Am",
        "F G@1/2",
        "C",
        "C",
    ]


@pytest.mark.parametrize(("text", "message"), [
    (grid("| % |"), "bar 1: % repeats the bar before, but there is none"),
    (grid("| C | %% |"), "bar 2: %% repeats two bars before"),
    (grid("A B C"), "its grids hold no bars"),
    ("", "write them in a grid"),
    (grid("| C " * 5000), "more than 4096 bars"),
    (grid("| C " * 60_000), "more than 200000 characters"),
])  # fmt: skip
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(ProgressionError) as error:
        chart_in(chordpro, text)
    assert message in str(error.value)
