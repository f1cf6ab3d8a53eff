"""The text of an engraved page: musical signs in it as outlines, and words as wide as they were measured.

verovio sets ♭, ♯ and ♩ inside text in its own music font, which nearly no viewer finds, and measures words in
Times, which few machines have. So each sign is drawn as the outline that verovio's font has for it, at its
place in the line, and each stretch of words is set to the width that it was given: by `textLength`, which
browsers follow, or, for a program that does not, by the scale that `measure` asks for.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

# Signs that words may hold, and the same in the music font: its accidentals for text and metronome notes.
_SIGNS = {
    "♭": "\uea64", "♮": "\uea65", "♯": "\uea66", "𝄫": "\uea63", "𝄪": "\uea67", "♩": "\ueca5", "♪": "\ueca7",
}  # fmt: skip
_MUSIC_FONT, _MUSIC_EM = "Leipzig", 720 / 405  # how much larger its signs are than the words around them
# Where Times is not installed the next fonts are as wide; the last is wider and is set closer.
FAMILY = "Times, 'Times New Roman', 'Liberation Serif', 'Nimbus Roman', 'DejaVu Serif', serif"
_BOLD, _ITALIC = {"tempo", "reh", "ending", "fing"}, {"mNum", "dir", "dynam"}  # as in verovio's style sheet
_ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}

# How wide a text of so many pixels is set, bold or not, italic or not.
Measure = Callable[[str, float, bool, bool], float]

_PART = re.compile(r'<g [^>]*class="([^" ]*)|<text [^>]*/>|<text.*?</text>', re.DOTALL)


class _Style(NamedTuple):
    size: float = 0.0
    bold: bool = False
    italic: bool = False
    music: bool = False  # in the music font


@dataclass(slots=True)
class _Line:
    """Text from one place on: `pieces` are the words and the signs, each in a style."""

    x: float
    y: float
    anchor: str
    pieces: list[tuple[str, _Style]] = field(default_factory=list)


def lettered(svg: str, resources: str | Path, measure: Measure | None = None) -> str:
    """A page of verovio's, its text as this module sets it.

    `resources` is verovio's folder of fonts. With `measure` words are scaled from the width that it gives,
    for a program that does not know `textLength`.
    """
    kind = ""

    def set_text(found: re.Match[str]) -> str:
        nonlocal kind
        if found[1] is not None:
            kind = found[1]
            return found[0]
        style = _Style(bold=kind in _BOLD, italic=kind in _ITALIC)
        lines = _lines(ET.fromstring(found[0]), style)  # noqa: S314  # verovio's own
        return "".join(element for line in lines for element in _elements(line, Path(resources), measure))

    return _PART.sub(set_text, svg).replace('font-family="Times, serif"', f'font-family="{FAMILY}"')


def _lines(text: ET.Element, style: _Style) -> list[_Line]:
    """The lines of a text element: a new one wherever a place is given."""
    lines: list[_Line] = []

    def walk(element: ET.Element, style: _Style, anchor: str) -> None:
        given = element.attrib
        anchor = given.get("text-anchor", anchor)
        if "x" in given or "y" in given or not lines:
            lines.append(_Line(float(given.get("x", 0)), float(given.get("y", 0)), anchor))
        weight, slant = given.get("font-weight"), given.get("font-style")
        style = _Style(
            float(given["font-size"].removesuffix("px")) if "font-size" in given else style.size,
            style.bold if weight is None else weight == "bold",
            style.italic if slant is None else slant == "italic",
            given.get("font-family", "") == _MUSIC_FONT or style.music,
        )
        for at, part in enumerate((element.text, *(child.tail for child in element))):
            if at and element[at - 1].tag == "tspan":
                walk(element[at - 1], style, anchor)
            if part and style.size:
                lines[-1].pieces += _pieces(part, style)

    walk(text, style, "start")
    return lines


def _pieces(text: str, style: _Style) -> Iterator[tuple[str, _Style]]:
    """`text` cut into words and signs."""
    for is_sign, letters in groupby(text.replace("\xa0", " "), _SIGNS.__contains__):
        piece = "".join(letters)
        if is_sign:
            yield (
                "".join(map(_SIGNS.__getitem__, piece)),
                style._replace(size=style.size * _MUSIC_EM, music=True),
            )
        else:
            yield piece, style


def _elements(line: _Line, resources: Path, measure: Measure | None) -> Iterator[str]:
    """The SVG elements of a line."""
    pieces = [
        ("".join(text for text, _ in together), style)
        for style, together in groupby(line.pieces, lambda piece: piece[1])
    ]
    widths = [_width(text, style, resources) for text, style in pieces]
    x = line.x - _ANCHORS[line.anchor] * sum(widths)
    for (text, style), width in zip(pieces, widths, strict=True):
        if style.music:
            scale = style.size / 1000
            at = x
            for sign in text:
                yield (
                    f'<path transform="translate({at:.0f} {line.y:g}) scale({scale:g} {-scale:g})" '
                    f'd="{_outline(sign, resources)}"/>'
                )
                at += _width(sign, style, resources)
        elif words := text.strip():
            before = _width(text[: len(text) - len(text.lstrip())], style, resources)
            yield _words(words, x + before, line.y, style, _width(words, style, resources), measure)
        x += width


def _words(text: str, x: float, y: float, style: _Style, width: float, measure: Measure | None) -> str:
    """Words, set as wide as `width`."""
    given = f'font-size="{style.size:g}px" font-weight="{"bold" if style.bold else "normal"}"'
    given += ' font-style="italic"' * style.italic
    if measure is None:
        given += f' textLength="{width:.0f}" lengthAdjust="spacingAndGlyphs"'
        return f'<text x="{x:.0f}" y="{y:g}" {given}>{escape(text)}</text>'
    scale = width / (measure(text, style.size, style.bold, style.italic) or width)
    return f'<text transform="translate({x:.0f} {y:g}) scale({scale:.4f} 1)" {given}>{escape(text)}</text>'


# ---------------------------------------------------------------------------------------- verovio's own fonts


def _width(text: str, style: _Style, resources: Path) -> float:
    """How wide verovio takes a text to be; of letters that it does not know, about how wide they are."""
    advances = _advances(resources, style.bold, style.italic, style.music)
    return style.size * sum(advances.get(letter) or _usual_advance(letter) for letter in text)


def _usual_advance(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.5


@lru_cache(maxsize=8)
def _advances(resources: Path, bold: bool, italic: bool, music: bool) -> dict[str, float]:
    """How far each letter of a font moves on, in its size."""
    name = _MUSIC_FONT if music else "text/Times" + "-bold" * bold + "-italic" * italic
    root = ET.parse(resources / f"{name}.xml").getroot()  # noqa: S314  # verovio's own
    em, usual = float(root.get("units-per-em", 1000)), 1024 if italic else 1479  # where a letter has none
    return {
        chr(int(code, 16)) if music else bytes.fromhex(code).decode(): float(g.get("h-a-x", usual)) / em
        for g in root.iter("g")
        if (code := g.get("c"))
    }


@lru_cache(maxsize=32)
def _outline(sign: str, resources: Path) -> str:
    """The outline of a sign of the music font as SVG path data, a thousand units to its size, upwards."""
    root = ET.parse(resources / _MUSIC_FONT / f"{ord(sign):04X}.xml").getroot()  # noqa: S314  # verovio's own
    return " ".join(str(path.get("d")) for path in root.iter("path"))
