"""The lead sheet of a take as pages, and where on them each bar stands."""

from __future__ import annotations

import re
from typing import NamedTuple

from jazzgen.music.score import Solo
from jazzgen.rendering.engrave import engrave
from jazzgen.rendering.musicxml import musicxml
from jazzgen.rendering.rhythm import write_measures

_SIZE = re.compile(r'<svg[^>]*?width="([\d.]+)px"[^>]*?height="([\d.]+)px"')
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_MARGIN = re.compile(r'class="page-margin" transform="translate\((-?[\d.]+), (-?[\d.]+)\)"')
_MEASURE = re.compile(r'class="measure"')
_LINE = re.compile(r'<path d="M(-?[\d.]+) (-?[\d.]+) L(-?[\d.]+) (-?[\d.]+)"')
STAFF_LINES = 5
ROOM = 1.2  # heights of a staff above and below it that belong to the bar


class Page(NamedTuple):
    """An SVG document and its size in pixels."""

    svg: str
    width: float
    height: float


class Place(NamedTuple):
    """Where a bar is: its page, from 0, and a box in fractions of the page."""

    bar: int
    page: int
    x: float
    y: float
    width: float
    height: float


def sheet_of(solo: Solo, key: str) -> tuple[list[Page], list[Place]]:
    """The pages of `solo` for an instrument in `key`, and the places of its bars."""
    pages, places = [], []
    bar = 0 if write_measures(solo)[0].pickup else 1
    for number, svg in enumerate(engrave(musicxml(solo, key))):
        size = _SIZE.search(svg)
        width, height = (float(size[1]), float(size[2])) if size else (0.0, 0.0)
        pages.append(Page(svg, width, height))
        for x, y, wide, high in _boxes(svg):
            places.append(Place(bar, number, x, y, wide, high))
            bar += 1
    return pages, places


def _boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """The box of each measure on a page: its staff, with some room."""
    view, margin = _VIEW.search(svg), _MARGIN.search(svg)
    if view is None:
        return []
    width, height = float(view[1]), float(view[2])
    left, top = (float(margin[1]), float(margin[2])) if margin else (0.0, 0.0)
    boxes = []
    starts = [found.end() for found in _MEASURE.finditer(svg)]
    for start, end in zip(starts, [*starts[1:], len(svg)], strict=True):
        lines = list(_LINE.finditer(svg, start, end))[:STAFF_LINES]
        if not lines:
            continue
        x, y, right, bottom = (float(text) for text in (lines[0][1], lines[0][2], lines[0][3], lines[-1][2]))
        room = ROOM * (bottom - y)
        box = (
            (left + x) / width,
            (top + y - room) / height,
            (right - x) / width,
            (bottom - y + 2 * room) / height,
        )
        boxes.append((round(box[0], 5), round(box[1], 5), round(box[2], 5), round(box[3], 5)))
    return boxes
