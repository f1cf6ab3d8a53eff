"""A picture: drawn with a `Pen` as SVG text, and written as that or as the PNG that cairosvg makes of it.

Coordinates are pixels of 1/96 inch from the upper left corner. Also here is what the pictures have in common:
width, margins and colours. The colours are those of Okabe and Ito (2008), which all kinds of colour vision
tell apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape

from jazzgen.charts.musicxml_elements import without_controls
from jazzgen.errors import MissingPackageError, OptionError
from jazzgen.util.files import replacing
from jazzgen.util.packages import optional

WIDTH = 1120
LEFT, RIGHT, TOP = 52, 24, 92  # margins: left for the keyboard, top for title and legend
HEADER = 36  # above each row: bar numbers and sections, then chord symbols
GAP = 16  # below each row
INK, GRAY, PALE = "#1a1a1a", "#8a8a8a", "#dcdcdc"
VERMILION = "#D55E00"

FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
PNG_FONT = "DejaVu Sans"  # cairosvg tries only the first font of a list, and this one has ♭ and ♯
TALLEST_PNG = 32_000  # pixels; a surface of cairo's ends at 32,767


class Pen:
    """Draws the shapes of one picture, each above those before, into SVG text."""

    def __init__(self, title: str, height: float) -> None:
        self._out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" '
            f'height="{height:g}" role="img" font-family="{FONT}">',
            f"<title>{_escape(title)}</title>",
            f'<rect width="{WIDTH:g}" height="{height:g}" fill="#ffffff"/>',
        ]

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str = "none",
        thickness: float = 1.0,
        tip: str = "",
    ) -> None:
        """A rectangle.

        Parameters
        ----------
        x, y, width, height
            Its upper left corner and its size.
        fill, stroke
            The colours of its inside and of its outline.
        thickness
            Of the outline.
        tip
            What a viewer shows where one points at it.
        """
        outline = f' stroke="{stroke}" stroke-width="{thickness:g}"' if stroke != "none" else ""
        end = f"><title>{_escape(tip)}</title></rect>" if tip else "/>"
        self._out.append(
            f'<rect x="{_r(x)}" y="{_r(y)}" width="{_r(width)}" height="{_r(height)}" fill="{fill}"'
            f"{outline}{end}"
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        """A straight line.

        Parameters
        ----------
        x1, y1, x2, y2
            Its ends.
        color, thickness
            How it is drawn.
        """
        self._out.append(
            f'<line x1="{_r(x1)}" y1="{_r(y1)}" x2="{_r(x2)}" y2="{_r(y2)}" stroke="{color}" '
            f'stroke-width="{thickness:g}"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str = INK,
        anchor: str = "start",
        bold: bool = False,
    ) -> None:
        """A line of text.

        Parameters
        ----------
        x, y
            A point of its baseline.
        text
            The words.
        size, color, bold
            How they are set; `size` is the font's, in pixels.
        anchor
            Which part of the text is at `x`: start, middle or end.
        """
        weight = ' font-weight="bold"' if bold else ""
        self._out.append(
            f'<text x="{_r(x)}" y="{_r(y)}" font-size="{_r(size)}" fill="{color}" '
            f'text-anchor="{anchor}"{weight}>{_escape(text)}</text>'
        )

    def cells(self, corners: Iterable[tuple[float, float]], size: tuple[float, float], color: str) -> None:
        """Rectangles of one `size` in one colour, given by their upper left corners."""
        width, height = map(_r, size)
        # One path a colour: a tenth of the bytes of one rectangle a cell.
        path = "".join(f"M{_r(x)} {_r(y)}h{width}v{height}h-{width}z" for x, y in corners)
        self._out.append(f'<path fill="{color}" d="{path}"/>')

    def finish(self) -> str:
        """The whole document."""
        return "\n".join([*self._out, "</svg>", ""])


def _escape(text: str) -> str:
    return escape(without_controls(text))


@lru_cache(maxsize=65_536)  # most stand in a row or under each other
def _r(number: float) -> str:
    """A coordinate to a hundredth of a pixel."""
    return f"{round(number, 2):g}"


# ----------------------------------------------------------------------------------------------------- files


class Page(Protocol):
    """What a picture shows, laid out: its title, its height in pixels and how to draw it."""

    title: str
    height: float

    def draw(self, pen: Pen) -> None:
        """Draw all of it."""


def svg(page: Page) -> str:
    """The page as an SVG document."""
    pen = Pen(page.title, page.height)
    page.draw(pen)
    return pen.finish()


def save(page: Page, path: str | os.PathLike[str]) -> None:
    """Write the page as the suffix of `path` says, .svg or .png, two dots to a pixel where cairo can.

    Raises `OptionError` for another suffix or a page too tall for a PNG, `MissingPackageError` without
    cairosvg.
    """
    path = Path(path)
    match path.suffix.lower():
        case ".svg":
            data = svg(page).encode()
        case ".png":
            data = _png(page)
        case _:
            raise OptionError(f"a picture ends in .svg or .png, received {path.name!r}")
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _png(page: Page) -> bytes:
    if page.height > TALLEST_PNG:
        raise OptionError(
            f"a PNG is at most {TALLEST_PNG:,} pixels high, this would have {page.height:,.0f}; write .svg"
        )
    cairosvg = import_cairosvg("plot", "a PNG picture")
    drawn = svg(page).replace(FONT, PNG_FONT, 1).encode()
    data: bytes = cairosvg.svg2png(bytestring=drawn, scale=min(2, TALLEST_PNG / page.height))
    return data


def import_cairosvg(extra: str, purpose: str) -> Any:
    """The package cairosvg, imported now; `MissingPackageError` where it or the Cairo library is missing."""
    try:
        return optional("cairosvg", extra, purpose)
    except OSError as error:
        raise MissingPackageError(
            f"{purpose} needs the Cairo library beside cairosvg of jazzgen[{extra}]: apt install libcairo2"
        ) from error
