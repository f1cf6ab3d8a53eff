"""Plain text as people paste it, brought to the notation of `text.py`: signs, comments, tables, lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from jazzgen.errors import ProgressionError
from jazzgen.music.meters import read_meter

_SIGNS = str.maketrans(
    dict.fromkeys("¦│┃❘∣｜𝄀", "|") | dict.fromkeys("‖║𝄁𝄂", "||")
    | {"𝄆": "|:", "𝄇": ":|", "𝄎": "%", "\u00a0": " ", "\t": " ", "–": "-", "—": "-"}
)  # fmt: skip
_COMMENT = re.compile(r"^\s*(?:#|//).*|(?<=\|)\s*//[^|]*$")
_HEADER = re.compile(r"\s*(?:title|composer)\s*:(?!\|)", re.IGNORECASE)  # any sign may stand in it
# "[1." begins an ending with its bar line, as "|1." does; "[1. Verse]" is a section.
_ENDING = re.compile(
    r"(?P<line>:?\|{1,2}:?)?\s{0,8}\[(?P<numbers>[1-9](?:[,-][1-9])*)(?:\.|(?=\s))(?![^|\[\]]*\])"
)
_RULE = frozenset(" |:+=-")  # the signs below the head of a Markdown table
_NUMBERS = re.compile(r"[\s|]*(?:\d+[\s|]+)+\d*\s*")  # its head, where it counts bars
_LINE_NUMBER = re.compile(r"^\s*\d{1,4}(?:[):]|(?=\s))\s*(?=[|A-GN\[])")
_DOTTED_NUMBER = re.compile(r"^\s*\d{1,4}\.\s*(?=[|A-GN\[])")
_LABEL = re.compile(r"\s*([A-Za-z][A-Za-z0-9 '_.-]{0,30}?)\s*:(?!\|)(.*)")
_BAR_BEAT = re.compile(r"\s*(\d{1,5})\s*[,;\s]\s*(\d{1,2}(?:\.\d{1,4})?)\s*[,;\s]\s*([A-GN][^\s,;|]*)\s*")
_SECONDS = re.compile(
    r"\s*(\d{1,5}\.\d{1,9})\s*[,;\s]\s*(?:\d{1,5}\.\d{1,9}\s*[,;\s]\s*)?([A-GN][^\s,;|]*)\s*"
)
_HEAD = re.compile(r"\s*(?:bar|measure|time|start|seconds)\W.*chord\s*", re.IGNORECASE)


def plain_lines(text: str) -> list[str]:
    """The lines of `text` that say something, with the signs of `text.py`."""
    lines = [line if _HEADER.match(line) else _plain(line) for line in text.splitlines()]
    lines = [line for line in lines if line.strip()]
    # A table that counts its bars has a head of numbers above a rule of dashes.
    rules = {k for k, line in enumerate(lines) if "--" in line and "|" in line and _RULE.issuperset(line)}
    heads = {k - 1 for k in rules if k and _NUMBERS.fullmatch(lines[k - 1])}
    lines = [line for k, line in enumerate(lines) if k not in rules and k not in heads]
    numbered = _LINE_NUMBER
    if not any(":|" in line for line in lines):  # else "1." is an ending
        lines = [_DOTTED_NUMBER.sub("", line) for line in lines]
    return [line if _is_listed(line) else numbered.sub("", line) for line in lines]


def _plain(line: str) -> str:
    """One line of bars, without its comment."""
    line = _COMMENT.sub("", line.translate(_SIGNS)).replace("|]", "||").replace("[|", "||")
    return _ENDING.sub(lambda found: f"{found['line'] or '|'}{found['numbers']}. ", line)


def labels_section(name: str, rest: str) -> bool:
    """Whether `name:` with `rest` behind opens a section: bars follow, or nothing."""
    return "|" in rest or not rest.strip() or len(name) == 1


def labelled(line: str) -> str:
    """`line` with the section that "Intro:" at its start opens written as [Intro]."""
    found = _LABEL.fullmatch(line)
    return f"[{found[1].strip()}] {found[2]}" if found else line


# ------------------------------------------------------------------------------------------- lists of chords


class Listed(NamedTuple):
    """A chord of a list: in seconds, or at a beat (from 1) of a bar (from 1)."""

    symbol: str
    seconds: float = 0.0
    bar: int = 0
    beat: float = 1.0


def _is_listed(line: str) -> bool:
    return bool(_BAR_BEAT.fullmatch(line) or _SECONDS.fullmatch(line))


def chord_list(lines: Sequence[str]) -> list[Listed]:
    """The chords of a list of "bar, beat, chord" or "seconds, chord"; none where `lines` are no list."""
    rows = [line for k, line in enumerate(lines) if k or not _HEAD.fullmatch(line)]
    if not rows or not _is_listed(rows[0]):
        return []
    if all(found := [_SECONDS.fullmatch(row) for row in rows]):
        return [Listed(row[2], seconds=float(row[1])) for row in found if row]
    if all(found := [_BAR_BEAT.fullmatch(row) for row in rows]):
        return [Listed(row[3], bar=int(row[1]), beat=float(row[2])) for row in found if row]
    return []


def lines_of(listed: Sequence[Listed], meter: str, tempo: float | None, warnings: list[str]) -> list[str]:
    """Bars as text, of chords in a list.

    Parameters
    ----------
    listed
        The chords, at least one.
    meter, tempo
        Of the chart; without a tempo each chord of a list in seconds fills a bar.
    warnings
        To which that is added.

    Returns
    -------
    list of str
        A bar each.

    Raises
    ------
    ProgressionError
        For chords that are not in the order of their times, or too late.

    """
    beats = read_meter(meter).beats
    if listed[0].bar:
        at = [(row.bar - 1) * beats + row.beat - 1 for row in listed]
    elif tempo is None:
        warnings.append(
            "the chords are listed by seconds: each is taken as one bar; a line tempo: N places them"
        )
        at = [float(k * beats) for k in range(len(listed))]
    else:
        first = listed[0].seconds
        at = [float(round((row.seconds - first) * tempo / 60)) for row in listed]
    if any(a > b for a, b in pairwise(at)) or at[0] < 0:
        raise ProgressionError("the chords of a list must stand in the order of their times")
    bars: dict[int, dict[int, str]] = {}  # twelfths of a beat: the last chord there counts
    for row, place in zip(listed, at, strict=True):
        bar, beat = divmod(round(place * 12), beats * 12)
        bars.setdefault(bar, {})[beat] = row.symbol
    if max(bars) > 10_000:
        raise ProgressionError(f"the last chord of the list stands in bar {max(bars) + 1}; that is too late")
    return [_bar(bars.get(bar, {}), first=not bar) for bar in range(max(bars) + 1)]


def _bar(chords: dict[int, str], first: bool) -> str:
    """One bar as text, of chords at twelfths of a beat."""
    if not chords:
        return "| N.C. |" if first else "| . |"
    before = ["N.C.@1"] if first and 0 not in chords else []
    return (
        f"| {' '.join([*before, *(f'{name}@{at // 12 + 1}+{at % 12}/12' for at, name in chords.items())])} |"
    )
