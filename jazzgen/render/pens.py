"""What a picture is drawn with: one pen writes SVG, one PNG."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol
from xml.sax.saxutils import escape

from jazzgen.errors import OptionError
from jazzgen.render import optional
from jazzgen.util.files import replacing

__all__ = [
    "GAP",
    "GRAY",
    "HEADER",
    "INK",
    "LEFT",
    "PALE",
    "RIGHT",
    "TOP",
    "VERMILION",
    "WIDTH",
    "Pen",
    "save",
    "svg",
]

WIDTH = 1120
LEFT, RIGHT, TOP = 52, 24, 92  # margins: the keyboard stands in the left one, title and legend in the top one
HEADER = 36  # above each row: bar numbers and sections, then chord symbols
GAP = 16  # below each row
FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif"

INK, GRAY, PALE = "#1a1a1a", "#8a8a8a", "#dcdcdc"
VERMILION = "#D55E00"


# ------------------------------------------------------------------------------------------------------ pens


Cells = Sequence[tuple[int, int]]  # (row, column)


class Pen(Protocol):
    """What a page is drawn with. Coordinates in pixels from the upper left corner; text stands on its `y`."""

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
        """A rectangle; `tip` is what an SVG viewer says about it when pointed at."""

    def column(self, x: float, tops: Sequence[float], width: float, height: float, fill: str) -> None:
        """Equal rectangles under each other, their upper edges at `tops`."""

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        """A straight line."""

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
        """Text whose start, middle or end (`anchor`) is at `x`."""

    def cells(self, x: float, y: float, size: tuple[float, float], cells: Cells, color: str) -> None:
        """Equal cells of `size` at (row, column) counted from `x`, `y`, all in one colour."""


class _SvgPen:
    """Draws into SVG text."""

    def __init__(self, title: str, height: float) -> None:
        size = f"{WIDTH:g} {height:g}"
        self._out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{WIDTH:g}" '
            f'height="{height:g}" role="img" font-family="{FONT}">',
            f"<title>{escape(title)}</title>",
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
        place = f'<rect x="{_r(x)}" y="{_r(y)}" width="{_r(width)}" height="{_r(height)}" fill="{fill}"'
        if stroke == "none" and not tip:  # nearly all of them
            self._out.append(place + "/>")
            return
        outline = f' stroke="{stroke}" stroke-width="{thickness:g}"' if stroke != "none" else ""
        end = f"><title>{escape(tip)}</title></rect>" if tip else "/>"
        self._out.append(place + outline + end)

    def column(self, x: float, tops: Sequence[float], width: float, height: float, fill: str) -> None:
        before, after = (
            f'<rect x="{_r(x)}" y="',
            f'" width="{_r(width)}" height="{_r(height)}" fill="{fill}"/>',
        )
        self._out += [before + _r(top) + after for top in tops]

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
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
        weight = ' font-weight="bold"' if bold else ""
        self._out.append(
            f'<text x="{_r(x)}" y="{_r(y)}" font-size="{_r(size)}" fill="{color}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def cells(self, x: float, y: float, size: tuple[float, float], cells: Cells, color: str) -> None:
        width, height = size
        # One path a colour: a tenth of the bytes of one rectangle a cell.
        path = "".join(
            f"M{_r(x + column * width)} {_r(y + row * height)}h{_r(width)}v{_r(height)}h-{_r(width)}z"
            for row, column in cells
        )
        self._out.append(f'<path fill="{color}" d="{path}"/>')

    def finish(self) -> str:
        """The whole document."""
        return "\n".join([*self._out, "</svg>", ""])


@lru_cache(maxsize=65_536)  # most stand in a row or under each other
def _r(number: float) -> str:
    """A coordinate without digits that nobody sees."""
    return f"{round(number, 2):g}"


_TALLEST_PNG = 32_000  # of our pixels; matplotlib stops at 65,535 dots


class _PngPen:
    """Draws the same shapes with matplotlib, two dots to a pixel."""

    def __init__(self, height: float) -> None:
        if height > _TALLEST_PNG:
            raise OptionError(
                f"a PNG is at most {_TALLEST_PNG:,} pixels high, this would have {height:,.0f}; write .svg"
            )
        figure = optional("matplotlib.figure", "plot", "a PNG picture")
        self._patches = optional("matplotlib.patches", "plot", "a PNG picture")
        self._collections = optional("matplotlib.collections", "plot", "a PNG picture")
        self._figure: Any = figure.Figure(figsize=(WIDTH / 96, height / 96), dpi=192)
        self._axes: Any = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        self._axes.axis("off")
        self._order = 0

    def _next(self) -> int:
        """What is drawn later lies above."""
        self._order += 1
        return self._order

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        stroke: str = "none",
        thickness: float = 1.0,
        tip: str = "",  # noqa: ARG002  # a PNG cannot speak
    ) -> None:
        shape = self._patches.Rectangle(
            (x, y), width, height, fc=fill, ec=stroke, lw=thickness * 0.75, zorder=self._next()
        )
        self._axes.add_patch(shape)

    def column(self, x: float, tops: Sequence[float], width: float, height: float, fill: str) -> None:
        for top in tops:
            self.rect(x, top, width, height, fill)

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str, thickness: float = 1.0) -> None:
        self._axes.plot([x1, x2], [y1, y2], color=color, lw=thickness * 0.75, zorder=self._next())

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
        self._axes.text(
            x,
            y,
            text.replace("$", r"\$"),  # a dollar would start a formula
            fontsize=size * 0.75,  # pixels to points
            color=color,
            ha={"start": "left", "middle": "center", "end": "right"}[anchor],
            va="baseline",
            weight="bold" if bold else "normal",
            zorder=self._next(),
        )

    def cells(self, x: float, y: float, size: tuple[float, float], cells: Cells, color: str) -> None:
        width, height = size
        corners = [
            [
                (x + column * width + dx * width, y + row * height + dy * height)
                for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))
            ]
            for row, column in cells
        ]
        self._axes.add_collection(
            self._collections.PolyCollection(corners, facecolors=color, lw=0, zorder=self._next())
        )

    def finish(self) -> bytes:
        """The picture's bytes, the same for the same picture (no version, no date)."""
        out = io.BytesIO()
        self._figure.savefig(out, format="png", metadata={"Software": None})
        return out.getvalue()


# ----------------------------------------------------------------------------------------------------- files


class Page(Protocol):
    """A picture: so many pixels high, and drawn with any pen."""

    title: str
    height: float

    def draw(self, pen: Pen) -> None:
        """Draw all of it."""


def svg(page: Page) -> str:
    """The page as an SVG document."""
    pen = _SvgPen(page.title, page.height)
    page.draw(pen)
    return pen.finish()


def save(path: str | os.PathLike[str], page: Page) -> None:
    """Write the page as its suffix says, .svg or .png; raises `OptionError` for another."""
    path = Path(path)
    match path.suffix.lower():
        case ".svg":
            data = svg(page).encode()
        case ".png":
            pen = _PngPen(page.height)
            page.draw(pen)
            data = pen.finish()
        case _:
            raise OptionError(f"a picture ends in .svg or .png, received {path.name!r}")
    with replacing(path) as temporary:
        temporary.write_bytes(data)
