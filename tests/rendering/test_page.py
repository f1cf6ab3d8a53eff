"""Pictures as files: a PNG with the shapes of the SVG, the same bytes each time; too tall ones."""

from __future__ import annotations

import io
import struct
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jazzgen.errors import MissingPackageError, OptionError
from jazzgen.rendering.page import INK, TALLEST_PNG, VERMILION, WIDTH, Pen, save, svg
from jazzgen.util.packages import optional
from tests.rendering.pictures import words

needs_cairosvg = pytest.mark.skipif(find_spec("cairosvg") is None, reason="needs jazzgen[plot]")


class Sample:
    """A box, text with accidentals, and two cells."""

    title = "Four & <More>"

    def __init__(self, height: float = 120) -> None:
        self.height = height

    def draw(self, pen: Pen) -> None:
        pen.rect(10, 20, 30, 40, VERMILION, tip="a <box>")
        pen.text(100, 60, "B♭7 F♯m7", 24, INK)
        pen.cells([(200, 20), (210, 30)], (10, 10), INK)


@needs_cairosvg
def test_a_png_shows_the_shapes_of_the_svg(tmp_path: Path) -> None:
    for name in "ab":
        save(Sample(), tmp_path / f"{name}.png")
    png = (tmp_path / "a.png").read_bytes()
    assert png == (tmp_path / "b.png").read_bytes()
    shown = np.asarray(optional("PIL.Image", "plot", "this test").open(io.BytesIO(png)).convert("RGB"))
    assert shown.shape == (2 * 120, 2 * WIDTH, 3)  # two dots to a pixel
    assert shown[80, 50].tobytes().hex() == VERMILION[1:].lower()
    assert shown[50, 410].tobytes().hex() == INK[1:]
    assert (shown[5, 5] == 255).all()
    assert (shown[70:130, 200:480, 0] < 128).any()  # the words


@needs_cairosvg
def test_the_accidentals_are_drawn(tmp_path: Path) -> None:
    """Cairo takes one font for a text and draws a box for what that lacks: ♭ and ♯ must be no boxes."""

    class Letter(Sample):
        def __init__(self, text: str) -> None:
            super().__init__(40)
            self.text = text

        def draw(self, pen: Pen) -> None:
            pen.text(10, 30, self.text, 24)

    drawn = []
    for text in ("♭", "♯", "\ue123"):  # the last is in no text font
        save(Letter(text), tmp_path / "letter.png")
        drawn.append((tmp_path / "letter.png").read_bytes())
    assert len(set(drawn)) == 3


@needs_cairosvg
def test_a_tall_page_has_fewer_dots_and_a_taller_one_is_refused(tmp_path: Path) -> None:
    save(Sample(20_000), tmp_path / "tall.png")
    header = (tmp_path / "tall.png").read_bytes()[16:24]
    assert struct.unpack(">II", header) == (int(WIDTH * 1.6), TALLEST_PNG)
    with pytest.raises(OptionError, match=r"at most 32,000 pixels high, this would have 32,001; write \.svg"):
        save(Sample(32_001), tmp_path / "taller.png")
    save(Sample(32_001), tmp_path / "taller.svg")


def test_the_svg_is_the_file(tmp_path: Path) -> None:
    save(Sample(), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text == svg(Sample())
    assert words(text) == ["B♭7 F♯m7"]
    assert "<title>Four &amp; &lt;More&gt;</title>" in text


@needs_cairosvg
def test_a_title_may_hold_what_xml_cannot(tmp_path: Path) -> None:
    odd = Sample()
    odd.title = "bell \x07 and half a pair \ud800"
    for suffix in ("svg", "png"):
        save(odd, tmp_path / f"odd.{suffix}")
    assert "<title>bell  and half a pair </title>" in (tmp_path / "odd.svg").read_text(encoding="utf-8")


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.svg or \.png, received 'roll\.jpg'"):
        save(Sample(), tmp_path / "roll.jpg")


def test_png_without_cairosvg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(MissingPackageError, match=r"^a PNG picture needs cairosvg.*jazzgen\[plot\]'$"):
        save(Sample(), tmp_path / "roll.png")
    assert list(tmp_path.iterdir()) == []


def test_png_without_the_cairo_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: str) -> None:
        raise OSError('no library called "cairo-2" was found')

    monkeypatch.setattr("jazzgen.rendering.page.optional", absent)
    with pytest.raises(MissingPackageError, match=r"^a PNG picture needs the Cairo library.*libcairo2$"):
        save(Sample(), tmp_path / "roll.png")
