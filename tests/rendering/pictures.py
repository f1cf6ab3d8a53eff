"""What an SVG picture of ours holds: its shapes, what they say when pointed at, its words."""

from __future__ import annotations

import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def shapes(svg: str, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(SVG + tag))  # noqa: S314  # our own text


def tips(svg: str) -> list[str]:
    return [str(title.text) for shape in shapes(svg, "rect") for title in shape.iter(SVG + "title")]


def words(svg: str) -> list[str]:
    return [str(text.text) for text in shapes(svg, "text")]
