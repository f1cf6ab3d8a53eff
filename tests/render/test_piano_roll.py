"""The pictures: every note where and what it is, the same shapes in SVG and PNG, the same bytes each time."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jazzgen.errors import ChordError, MissingPackageError, OptionError
from jazzgen.music.progressions import parse_progression
from jazzgen.music.score import Note, Solo
from jazzgen.render.heat_map import probabilities_plot, probabilities_svg
from jazzgen.render.piano_roll import classify, roll, roll_svg
from jazzgen.render.symbols import display, split
from jazzgen.tokens.vocabulary import N_VALUES, REST, encode, value_of

needs_matplotlib = pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs jazzgen[plot]")
SVG = "{http://www.w3.org/2000/svg}"
FORM = parse_progression("title: Four & More\nkey: Bb\n[A] | Cm7 | F7b9 | [B] Bbmaj7 | N.C. . Bb6/D . |")


@pytest.fixture
def solo() -> Solo:
    """Over Cm7 a third, a fourth, a major third; over F7b9 its b9; the first note of Bbmaj7 taken early."""
    rows = [(0, 6, 63), (6, 6, 65), (12, 6, 64), (48, 12, 66), (90, 18, 70), (144, 12, 61), (168, 12, 62)]
    return Solo(tuple(Note(*row) for row in rows), FORM, tempo=140, instrument="trumpet")


def shapes(svg: str, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(SVG + tag))  # noqa: S314  # our own text


def tips(svg: str) -> list[str]:
    return [str(title.text) for shape in shapes(svg, "rect") for title in shape.iter(SVG + "title")]


def words(svg: str) -> list[str]:
    return [str(text.text) for text in shapes(svg, "text")]


def test_a_note_is_read_against_the_chord_it_is_held_into(solo: Solo) -> None:
    kinds = [classify(note, FORM) for note in solo.notes]
    assert kinds == ["chord", "scale", "outside", "chord", "chord", "none", "chord"]
    # The Bb that is tied over the bar line belongs to Bbmaj7; cut at the bar line, it is outside F7b9.
    assert classify(Note(90, 6, 70), FORM) == "outside"


def test_every_note_is_drawn_and_named(solo: Solo) -> None:
    svg = roll_svg(solo)
    assert tips(svg) == [
        "bar 1, beat 1: E♭4, chord tone",
        "bar 1, beat 1.5: F4, scale tone",
        "bar 1, beat 2: E4, outside tone",
        "bar 2, beat 1: G♭4, chord tone",
        "bar 2, beat 4.5: B♭4, chord tone",
        "bar 4, beat 1: D♭4, no chord",
        "bar 4, beat 3: D4, chord tone",
    ]


def test_time_goes_right_and_pitch_up(solo: Solo) -> None:
    drawn = [shape for shape in shapes(roll_svg(solo), "rect") if len(shape)]
    x = [float(shape.get("x", "nan")) for shape in drawn]
    assert x == sorted(x)
    per_tick = (x[5] - x[0]) / 144
    assert np.allclose([(b - x[0]) / per_tick for b in x], [n.onset for n in solo.notes], atol=0.5)
    order = sorted(range(len(drawn)), key=lambda n: -float(drawn[n].get("y", "nan")))
    assert [solo.notes[n].pitch for n in order] == sorted(note.pitch for note in solo.notes)


def test_the_page_says_what_it_shows(solo: Solo) -> None:
    said = words(roll_svg(solo))
    for text in ("Four & More", "Cm7", "F7(♭9)", "B♭maj7", "N.C.", "B♭6/D", "A", "B", "1", "4", "F4"):
        assert text in said
    assert "trumpet  ·  B♭  ·  4/4  ·  140 BPM  ·  swing" in said
    assert [text for text in said if text.endswith("%")] == [
        "no chord 14 %", "outside tone 14 %", "scale tone 14 %", "chord tone 57 %",
    ]  # fmt: skip


def test_a_note_across_two_rows_is_drawn_on_both(solo: Solo) -> None:
    svg = roll_svg(solo, bars_per_row=2)
    assert tips(svg).count("bar 2, beat 4.5: B♭4, chord tone") == 2
    assert len(tips(svg)) == len(solo.notes) + 1


def test_double_time_counts_the_bars_of_the_file(solo: Solo) -> None:
    said = words(roll_svg(replace(solo, double_time=True)))
    assert [text for text in said if text.isdigit()] == ["1", "2"]


def test_a_solo_without_notes_is_a_page_without_notes() -> None:
    assert tips(roll_svg(Solo((), FORM))) == []


def test_equal_solos_give_equal_pictures(solo: Solo, tmp_path: Path) -> None:
    roll(solo, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == roll_svg(solo)


@needs_matplotlib
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_png_shows_the_same_shapes(solo: Solo, tmp_path: Path) -> None:
    for name in "ab":
        roll(solo, tmp_path / f"{name}.png")
    data = (tmp_path / "a.png").read_bytes()
    assert data == (tmp_path / "b.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    svg = ET.fromstring(roll_svg(solo))  # noqa: S314
    assert (width, height) == (2 * int(svg.get("width", "")), 2 * int(svg.get("height", "")))


@needs_matplotlib
def test_a_page_too_tall_for_png_is_refused(solo: Solo, tmp_path: Path) -> None:
    long = replace(solo, progression=FORM.repeat(400))
    with pytest.raises(OptionError, match=r"at most 32,000 pixels high.*write \.svg"):
        roll(long, tmp_path / "long.png")
    roll(long, tmp_path / "long.svg")


@pytest.mark.parametrize("bars", [0, 17])
def test_bars_per_row_has_bounds(solo: Solo, bars: int) -> None:
    with pytest.raises(OptionError, match=rf"1\.\.16 bars, received {bars}"):
        roll_svg(solo, bars_per_row=bars)


def test_other_suffixes_are_refused(solo: Solo, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.svg or \.png, received 'roll\.jpg'"):
        roll(solo, tmp_path / "roll.jpg")


def test_png_without_matplotlib(solo: Solo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match=r"jazzgen\[plot\]"):
        roll(solo, tmp_path / "roll.png")
    assert list(tmp_path.iterdir()) == []


# --------------------------------------------------------------------------------------------- probabilities


@pytest.fixture
def played(solo: Solo) -> tuple[np.ndarray, list[int]]:
    values = encode(solo)
    probs = np.full((len(values), N_VALUES), 0.5 / (N_VALUES - 1))
    probs[np.arange(len(values)), values] = 0.5
    return probs, values


def test_played_values_are_marked_where_they_stand(played: tuple[np.ndarray, list[int]]) -> None:
    probs, values = played
    svg = probabilities_svg(probs, values, progression=FORM)
    assert len(tips(svg)) == len(values)
    assert tips(svg)[0] == "step 1: ♭3, eighth, p = 0.500"
    assert "Cm7" in words(svg)
    assert (
        f"{len(values)} values  ·  0.69 nats a value  ·  the likeliest was played 100 % of the time"
        in words(svg)
    )


def test_a_higher_degree_and_a_longer_note_stand_higher() -> None:
    values = [value_of(REST, 0), value_of(0, 0), value_of(0, 5), value_of(11, 5)]
    svg = probabilities_svg(np.eye(N_VALUES)[values], values)
    y = [float(shape.get("y", "nan")) for shape in shapes(svg, "rect") if len(shape)]
    assert y == sorted(y, reverse=True)


def test_many_steps_make_more_rows() -> None:
    values = [0] * 250
    svg = probabilities_svg(np.eye(N_VALUES)[values], values)
    assert [word for word in words(svg) if word.startswith("step")] == ["step 1", "step 105", "step 209"]


@needs_matplotlib
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_probabilities_as_files(played: tuple[np.ndarray, list[int]], tmp_path: Path) -> None:
    for suffix in ("svg", "png"):
        probabilities_plot(*played, tmp_path / f"heat.{suffix}", progression=FORM)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["heat.png", "heat.svg"]


@pytest.mark.parametrize(
    ("probs", "values", "message"),
    [
        (np.zeros((2, 77)), [0, 0], r"shape \(n, 78\), received \(2, 77\)"),
        (np.zeros((2, 78)), [0], r"2 steps need as many values of 0\.\.77, received 1"),
        (np.zeros((1, 78)), [78], r"values of 0\.\.77"),
        (np.full((1, 78), 3.0), [0], "after the softmax"),
        (np.full((1, 78), np.nan), [0], "after the softmax"),
    ],
)
def test_sizes_must_fit(probs: np.ndarray, values: list[int], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        probabilities_svg(probs, values)


# -------------------------------------------------------------------------------------------------- symbols


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Bbj7", "B♭maj7"), ("F-7b5", "Fm7♭5"), ("C79b", "C7(♭9)"), ("F#7911#", "F♯7(9,♯11)"), ("NC", "N.C."),
        ("Db6/9", "D♭69"), ("Ebmaj7/G", "E♭maj7/G"), ("Ab/Bb", "A♭/B♭"), ("Bdim7", "Bdim7"), ("B♭7", "B♭7"),
    ],
)  # fmt: skip
def test_symbols_are_printed_as_musicians_write_them(typed: str, printed: str) -> None:
    if typed == "F#7911#":
        assert display(typed).startswith("F♯9")  # jazzgen's one spelling of 7(9,#11)
    else:
        assert display(typed) == printed


def test_a_symbol_falls_into_its_parts() -> None:
    assert split("Bb-7/Eb") == ("Bb", "m7", "Eb")
    assert split("N.C.") is None
    with pytest.raises(ChordError):
        split("H7")
