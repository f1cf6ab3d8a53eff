"""Band-in-a-Box songs as text, as its clipboard holds them: `[Chords] |:a) Dm7 G7| Cmaj7:3X| [ChordsEnd]`.

The text has no title, key or meter: bars are 4/4, and `3X` is a number of choruses, no part of the form.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import PurePath

from jazzgen.charts.reading import HOLD, check_bars, check_music, decode, evenly, without_alternate
from jazzgen.charts.written import Chart, Entry, WrittenBar
from jazzgen.errors import ProgressionError

_BLOCK = re.compile(r"\[Chords\](.*?)(?:\[ChordsEnd\]|\Z)", re.DOTALL | re.IGNORECASE)
_PART = re.compile(r"\s*([a-z])\)", re.IGNORECASE)
_TIMES = re.compile(r":\s*(?:\d+\s*)?X?\Z", re.IGNORECASE)
_QUALITIES = (  # as the program spells them -> as `music.chords` does
    (re.compile(r"(\A[A-G][b#]?)5b"), r"\1(b5)"),
    (re.compile(r"(\A[A-G][b#]?)5#"), r"\1(#5)"),
)
BEATS = 4


def entries(data: bytes, name: str) -> list[Entry]:
    """The songs of a text, one for each block of chords; raises `ProgressionError` where there is none."""
    blocks = list(_BLOCK.finditer(text := decode(data, name)))
    if not blocks:
        raise ProgressionError(f"{name}: it has no [Chords]; copy the song in Band-in-a-Box as text")
    title = PurePath(name).stem  # the text has none
    line, at, found = 1, 0, []
    for block in blocks:
        line, at = line + text.count("\n", at, block.start(1)), block.start(1)
        found.append(Entry(partial(_read, block[1], line), title))
    return found


def _read(text: str, line: int) -> Chart:
    check_music(len(text))
    bars: list[WrittenBar] = []
    for row, written in enumerate(text.split("\n"), line):
        cells = written.split("|")
        for number, cell in enumerate(cells):
            # What ends with a bar line is a bar; the line's end ends one that has chords.
            content = _TIMES.sub("", cell.strip()).strip().removeprefix(":").strip()
            part = _PART.match(content)
            content = content[part.end() :] if part else content
            inside = bool(bars) and number < len(cells) - 1 and (number > 0 or bool(content))
            if not (content or part or inside):
                continue
            check_bars(len(bars) + 1)
            chords = evenly([_symbol(entry) for entry in _slots(content)], len(bars) + 1)
            section = part[1].upper() if part else ""
            bars.append(WrittenBar(chords, "" if bars else "4/4", section, line=row, number=len(bars) + 1))
    if not bars:
        raise ProgressionError("there are no bars in [Chords]; write them as | Dm7 | G7 |")
    return Chart(tuple(bars))


def _slots(content: str) -> list[str]:
    """The chords of a bar on its beats: behind a comma the next beat, behind a blank the next half."""
    groups = [group for group in re.split(r"\s+", content.replace("^", " ").strip()) if group]
    if not any("," in group for group in groups):
        return groups if len(groups) != 3 else [*groups, HOLD]
    length = max(BEATS // len(groups), 1)  # in beats
    slots: list[str] = []
    for group in groups:
        beats = group.split(",")
        slots += beats + [HOLD] * (length - len(beats))
    return slots + [HOLD] * (-len(slots) % BEATS)


def _symbol(entry: str) -> str:
    """A chord without the marks for a rest (`C.`) and for a held chord (`C..`)."""
    symbol = without_alternate(entry.rstrip(".")) or HOLD
    for pattern, spelled in _QUALITIES:
        symbol = pattern.sub(spelled, symbol)
    return symbol
