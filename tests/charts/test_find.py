"""find.py, readers.py, tune.py: what a user names becomes a tune."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from jazzgen.charts import read_chart
from jazzgen.charts.find import ChartOptions, find_tune, self_contained
from jazzgen.charts.readers import format_of
from jazzgen.charts.styles import read_style, usual_tempo
from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import make_tune
from jazzgen.charts.written import Chart, WrittenBar, WrittenChord
from jazzgen.errors import ChordError, HarmonyError, OptionError, ProgressionError
from jazzgen.music.progressions import STYLES
from tests.charts.text import symbols

TEXT = "title: T\n[Intro] | E7 |\n[A] | C7 | F7 (To Coda) |\n[B] | G7 | A7 |\n[Coda] | Bb |"


def chart(*symbols: str, **said: object) -> Chart:
    bars = tuple(WrittenBar((WrittenChord(Fraction(0), symbol),) if symbol else ()) for symbol in symbols)
    return Chart(bars, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "played"),
    [
        (ChartOptions(), "C7 F7 G7 A7"),
        (ChartOptions(form="full"), "E7 C7 F7 Bb"),
        (ChartOptions(form="written"), "E7 C7 F7 G7 A7 Bb"),
        (ChartOptions(sections="B,a"), "G7 A7 C7 F7"),
        (ChartOptions(sections="A,A,B,A"), "C7 F7 C7 F7 G7 A7 C7 F7"),
        (ChartOptions(key="G"), "G7 C7 D7 E7"),
    ],
)
def test_options(options: ChartOptions, played: str) -> None:
    assert symbols(find_tune("key: C\n" + TEXT, options).full) == played


def test_sections_of_one_name_are_taken_in_turn() -> None:
    text = "[A] | C | [A] | D | [B] | E | [A] | F |"
    assert symbols(find_tune(text, ChartOptions(sections="A,A,B,A,A")).form) == "C D E F C"
    with pytest.raises(ProgressionError, match="there is no section 'C'; its sections are A, B"):
        find_tune(text, ChartOptions(sections="C"))
    with pytest.raises(ProgressionError, match="there is no section 'A'; it has none"):
        find_tune("| C7 | D7 |", ChartOptions(sections="A"))


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("[A] | C | F To Coda | [B] | G || (Coda) Bb | Eb |", "A1 Coda3"),  # an outro without a name
        ("[A] | C | F To Coda | [B] | G || [End] (Coda) Bb |", "A1 End3"),
        ("[A] | C | (Segno) F | [B] | G | E (D.S. al Fine) || [C] | A (Fine) ||", "A1 B3 A5 B6"),
        ("[A] | C | (Segno) F (Fine) | [B] | G (D.S. al Fine) ||", "A1 B3 A4"),
        ("[A] | C |: F | G :| [B] | A |", "A1 B6"),  # a repeat inside a section does not begin it again
        ("| C | (Segno) F (Fine) | [B] | G (D.S. al Fine) ||", "B3"),
        ("[Intro] | C || F (Fine) | G (D.C. al Fine) ||", "Intro1"),
    ],
)
def test_bars_are_in_the_section_in_which_they_stand(text: str, bars: str) -> None:
    full = find_tune(text, ChartOptions(form="full")).full
    assert " ".join(f"{part.name}{full.bar_at(part.tick) + 1}" for part in full.sections) == bars
    again = find_tune(write_tune(find_tune(text, ChartOptions(form="full"))), ChartOptions(form="full"))
    assert again.full.sections == full.sections


def test_choruses_with_intro_and_coda() -> None:
    tune = find_tune(TEXT, ChartOptions(form="full"))
    assert symbols(tune.played(2)) == "E7 C7 F7 G7 A7 C7 F7 Bb"
    assert tune.starts(2) == (48, 48 + 4 * 48)
    assert [section.name for section in tune.played(2).sections] == ["Intro", "A", "B", "A", "Coda"]
    assert tune.in_style("bossa").played(2).style == "bossa"


def test_a_recipe_holds_the_tune() -> None:
    options = ChartOptions(form="full", key="Eb")
    tune = find_tune(TEXT, options)
    again = find_tune(self_contained(TEXT, options, tune), ChartOptions(form="full"))
    assert (again.form, again.intro, again.last, again.title) == (tune.form, tune.intro, tune.last, "T")
    assert self_contained("blues-f", ChartOptions(), find_tune("blues-f")) == "blues-f"
    assert self_contained("| C |", ChartOptions(), find_tune("| C |")) == "| C |"


@pytest.mark.parametrize(
    ("unknown", "played"), [("hold", "C7 F7"), ("nc", "C7 N.C. F7"), ("triad", "C7 Gm F7")]
)
def test_unknown_symbols(unknown: str, played: str) -> None:
    tune = make_tune(chart("C7", "Gm7quux", "F7"), unknown=unknown)
    assert symbols(tune.form) == played
    assert tune.warnings[0].startswith("bar 2: unknown chord symbol 'Gm7quux' is read as")
    with pytest.raises(ChordError, match=r"^unknown chord symbol .* at bar 2"):
        make_tune(chart("C7", "Gm7quux", "F7"))
    with pytest.raises(OptionError, match="unknown must be one of hold"):
        make_tune(chart("Gm7quux"), unknown="x")


def test_a_form_begins_with_the_chord_that_sounds_there() -> None:
    bars = (
        WrittenBar((WrittenChord(Fraction(1, 2), "G7"),), pickup=True),
        WrittenBar(),
        WrittenBar((WrittenChord(Fraction(0), "C"),)),
    )
    assert symbols(make_tune(Chart(bars)).form) == "G7 C"
    assert symbols(make_tune(chart("", "C")).form) == "N.C. C"


def test_places_become_ticks() -> None:
    places = [Fraction(1, 50), Fraction(1, 40), Fraction(1, 3), Fraction(999, 1000)]
    bar = WrittenBar(
        tuple(WrittenChord(place, f"{root}7") for place, root in zip(places, "ABCD", strict=True))
    )
    form = make_tune(Chart((bar,))).form
    # Closer than a tick the later one counts; what would be the next bar's stays in its bar.
    assert [(c.tick, c.symbol) for c in form.chords] == [(0, "N.C."), (1, "B7"), (16, "C7"), (47, "D7")]


@pytest.mark.parametrize(
    ("key", "chords", "expected"),
    [
        ("F#", ("Gb7", "Cb7"), "Gb"),
        ("F#", ("F#7", "C#7"), "F#"),
        ("D#-", ("Ebm7", "Ab7"), "Ebm"),
        ("Bb", ("C",), "Bb"),
        ("H", ("C",), ""),
    ],
)
def test_keys(key: str, chords: tuple[str, ...], expected: str) -> None:
    assert make_tune(chart(*chords, key=key)).form.key == expected


@pytest.mark.parametrize(
    ("words", "style", "tempo"),
    [
        (("", "Medium Up Swing"), "swing", 180.0),
        (("", "Medium Swing"), "swing", 140.0),
        (("", "Slow Swing"), "swing", 100.0),
        (("", "Up Tempo Swing"), "up-tempo", 240.0),
        (("", "Ballad"), "ballad", 65.0),
        (("", "Bossa Nova"), "bossa", 140.0),
        (("", "Samba"), "samba", 200.0),
        (("", "Shuffle"), "shuffle", 128.0),
        (("", "Samba Bossa"), "samba", 140.0),
        (("", "Waltz"), "waltz", 140.0),
        (("", "Even 8ths"), "straight", 150.0),
        (("Jazz-Bossa Nova", "Medium Swing"), "bossa", 140.0),
        (("", "Cha Cha"), "straight", None),
        (("", "Chameleon"), "", None),
        (("", "polka"), "", None),
    ],
)
def test_styles(words: tuple[str, str], style: str, tempo: float | None) -> None:
    assert read_style(*words) == style
    assert usual_tempo(*words) == tempo


def test_the_programs_own_styles_are_themselves() -> None:
    for style in STYLES:
        tune = make_tune(in_meter("3/4" if style == "waltz" else "4/4", style=style))
        assert (tune.form.style, tune.form.tempo, tune.warnings) == (style, None, ())


def in_meter(meter: str, **said: object) -> Chart:
    return Chart((WrittenBar((WrittenChord(Fraction(0), "C"),), meter),), **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("meter", "words", "style", "warning"),
    [
        ("12/8", ("", "Medium Swing"), "slow-blues", "style 'Medium Swing' in 12/8 is played as slow-blues"),
        ("12/8", ("", "Waltz"), "slow-blues", "style 'Waltz' in 12/8 is played as slow-blues"),
        ("12/8", ("", "Even 8ths"), "slow-blues", "style 'Even 8ths' in 12/8 is played as slow-blues"),
        ("6/8", ("", "Latin"), "afro-cuban", "style 'Latin' in 6/8 is played as afro-cuban"),
        ("6/8", ("Jazz-Swing", ""), "slow-blues", "style 'Jazz-Swing' in 6/8 is played as slow-blues"),
        ("12/8", ("", "Slow Blues"), "slow-blues", ""),
        ("12/8", ("Afro 12/8", "Latin"), "afro-cuban", ""),
        ("12/8", ("", "swing"), "swing", ""),  # the program's own word is as it is meant
        ("12/8", ("", "Polka"), "slow-blues", "style 'Polka' is not known; it is played as slow-blues"),
        ("4/4", ("", "Waltz"), "waltz", "style 'Waltz' over bars of 4 beats: the band swings"),
        ("4/4", ("", "waltz"), "waltz", "style 'waltz' over bars of 4 beats: the band swings"),
        ("3/4", ("", "Waltz"), "waltz", ""),
        ("3/4", ("", ""), "waltz", "it names no style; waltz is taken"),
        ("4/4", ("", ""), "swing", "it names no style; swing is taken"),
    ],
)
def test_an_assumed_style_is_said(meter: str, words: tuple[str, str], style: str, warning: str) -> None:
    tune = make_tune(in_meter(meter, groove=words[0], style=words[1]))
    assert tune.form.style == style
    assert len(tune.warnings) == bool(warning)
    assert "".join(tune.warnings).startswith(warning)


def test_a_tempo_of_quarters_is_none_of_dotted_quarters() -> None:
    """The style's own usual tempo is taken, unless the chart gives one."""
    assert make_tune(in_meter("4/4", style="Medium Swing")).form.tempo == 140
    assert make_tune(in_meter("12/8", style="Medium Swing")).form.tempo is None
    assert make_tune(in_meter("12/8", style="Medium Swing", tempo=70.0)).form.tempo == 70


def test_no_style_is_documented_for_text_and_built_ins() -> None:
    for text in ("| C | F |", "meter: 12/8\n| C | F |", "blues-f"):
        assert find_tune(text).warnings == ()


def test_what_is_not_known_is_said() -> None:
    tune = make_tune(chart("C", style="Polka", tempo=1000.0))
    assert tune.form.style == "swing"
    assert len(tune.warnings) == 2


@pytest.mark.parametrize(
    ("name", "data", "module"),
    [
        ("x.ls", b"", "impro_visor"),
        ("x.MXL", b"PK", "musicxml"),
        ("x", b"PK\3\4...META-INF/container.xml", "musicxml"),
        ("x", b"PK\3\4...a.mscx", "mscore"),
        ("x.xml", b"<?xml?><score-partwise>", "musicxml"),
        ("x.html", b'<a href="irealb://x">', "ireal"),
        ("x.txt", b"irealbook://x", "ireal"),
        ("x.txt", b"intro\nX:1\nK:C\n", "abc"),
        ("x.txt", b"\n{start_of_grid}\n", "chordpro"),
        ("x.txt", b"[Chords]\n| C |", "biab"),
        ("x.txt", b"(title A)\n C |", "impro_visor"),
        ("x.txt", b"title: irealb\n| C |", "text"),
        ("x", b"| C |", "text"),
    ],
)
def test_formats_are_told_apart(name: str, data: bytes, module: str) -> None:
    assert format_of(data, name) == module


@pytest.mark.parametrize("name", ["x.sgu", "x.MGU", "x.sib", "x.musx", "x.pdf", "x.gp5", "x.mid", "x.docx"])
def test_what_no_reader_reads_says_what_would_do(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ProgressionError, match=r"it is a .*(export|copy|give|text)"):
        read_chart(tmp_path / name)


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    for text in ("meter: 9\n| C |", "| C | Xm |", "| C D E |"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(HarmonyError, match=r"mine\.txt: "):
            read_chart(path)
