"""Impro-Visor's lead sheets (.ls): parenthesised items, and words that are chords, bar lines and notes.

A sheet has no repeats: it is the form as it stands. Sections have no names in the file; they get letters
here, the same one where half of the bars are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

from jazzgen.charts.reading import (
    HOLD,
    check_bars,
    decode,
    evenly,
    key_of_signature,
    meter_of,
    read_tempo,
    without_alternate,
)
from jazzgen.charts.written import Chart, Entry, WrittenBar
from jazzgen.errors import ProgressionError

# A title is what stands behind the word to the end of its line, whatever parentheses it has, unless more
# items follow on that line.
_TOKEN = re.compile(
    r"""
      (?P<title> ^[ \t]* \( (?:title|composer|show|year|comments) \b
                 (?![^\n]* \) [ \t]* \( (?:composer|meter|key|tempo|style|part|section)) [^\n]* )
    | (?P<open>  \( )
    | (?P<close> \) )
    | (?P<line>  \| | ,(?=\s) )
    | (?P<word>  (?: [^\s()|,]++ | ,(?!\s) ) (?: [^\s()|,]++ | ,(?!\s) | \( [^\s()|]* \) )*+ )
    """,
    re.VERBOSE | re.MULTILINE,
)
MOST_TEXT = 1_000_000  # characters; the longest sheets hold transcriptions of many choruses
MOST_WORDS = 50_000  # of its bars
DEEPEST = 100  # items in each other
_SECTIONS = ("section", "phrase")
_SYMBOL = re.compile(r"([A-G][b#]?)([^/\\]*)(?:([/\\])(.*))?", re.DOTALL)
_BASS = re.compile(r"[A-Ga-g][b#]?")
# Names of Impro-Visor's vocabulary that are its own: CBass is a bass note without a chord, Cm10 a bare tenth.
_QUALITIES = {
    "10": "",
    "67": "7add13",
    "Bass": "5",
    "Blues": "7",
    "Dominant": "7",
    "Note": "5",
    "m+": "m#5",
    "m10": "m",
    "phryg": "7sus4b9",
}


def entries(data: bytes, name: str) -> list[Entry]:
    """The one song of an .ls file; raises `ProgressionError` where it is no text."""
    sheet = _Sheet.of(decode(data, name))
    return [
        Entry(
            partial(_read, sheet),
            title=sheet.title,
            composer=sheet.composer,
            style=sheet.style,
            key=key_of_signature(sheet.signature, ()),
            tempo=sheet.tempo,
        )
    ]


@dataclass
class _Sheet:
    """The items of a sheet, and the words of its chords: (kind, text, line), a section being a kind."""

    title: str = ""
    composer: str = ""
    style: str = ""
    meter: str = "4/4"
    signature: int = 0
    tempo: float | None = None
    words: list[tuple[str, str, int]] = field(default_factory=list)

    @classmethod
    def of(cls, text: str) -> _Sheet:
        if len(text) > MOST_TEXT:
            raise ProgressionError(f"an .ls sheet has {MOST_TEXT} characters at most, not {len(text)}")
        sheet, items = cls(), _Items()
        line, before = 1, 0
        for found in _TOKEN.finditer(text):
            if found.lastgroup == "close" and not items.path:
                continue  # one too many
            if len(sheet.words) > MOST_WORDS:
                raise ProgressionError(f"its bars have more than {MOST_WORDS} words")
            line, before = line + text.count("\n", before, found.start()), found.start()
            kind = found.lastgroup or ""
            if kind == "title":
                if not items.path:
                    item, *words = found[0].strip()[1:].strip().removesuffix(")").split()
                    sheet._take(item, words)
            elif kind in ("open", "close") or items.path:
                items.step(kind, found[0], sheet._take)
                if kind == "close" and items.closed in _SECTIONS:
                    sheet.words.append(("section", "", line))
            elif items.part in ("", "chords"):
                sheet.words.append((kind, found[0], line))
        return sheet

    def _take(self, item: str, words: Sequence[str]) -> None:
        """One item of the sheet itself; the first of each name holds."""
        match item:
            case "title":
                self.title = self.title or " ".join(words)
            case "composer":
                self.composer = self.composer or " ".join(words)
            case "style" if words:
                self.style = self.style or words[0]
            case "tempo" if words:
                self.tempo = read_tempo(words[0])
            case "key" if words and re.fullmatch(r"-?\d", words[0]):
                self.signature = int(words[0])
            case "meter" if len(words) > 1 and all(re.fullmatch(r"\d{1,3}", word) for word in words[:2]):
                self.meter = meter_of(int(words[0]), int(words[1]))


class _Items:
    """Follows the parentheses: `path` is the items that are open, by name; "" before its first word."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.words: list[str] = []  # of the outermost item
        self.part = ""  # the type of the part that was opened last: "chords", "melody"; "" before the first
        self.closed = ""  # the outermost item that was closed last

    def step(self, kind: str, text: str, take: Callable[[str, Sequence[str]], None]) -> None:
        self.closed = ""
        if kind == "open":
            self.path.append("")
            if len(self.path) > DEEPEST:
                raise ProgressionError(f"its items are nested more than {DEEPEST} deep")
        elif kind == "word" and not self.path[-1]:
            self.path[-1] = text
        elif kind == "word" and len(self.path) == 1:
            self.words.append(text)
        elif kind == "word" and self.path == ["part", "type"]:
            self.part = text
        elif kind == "close" and self.path:
            name = self.path.pop()
            if not self.path:
                take(name, self.words)
                self.words, self.closed = [], name


def _read(sheet: _Sheet) -> Chart:
    bars, warnings = _bars(sheet)
    if not bars:
        raise ProgressionError("it has no bars; chords stand behind (part (type chords) ...)")
    symbols = [chord.symbol for bar in bars for chord in bar.chords]
    return Chart(
        tuple(_with_letters(bars)),
        title=sheet.title,
        composer=sheet.composer,
        style=sheet.style,
        key=key_of_signature(sheet.signature, symbols),
        tempo=sheet.tempo,
        warnings=tuple(warnings),
        as_written=True,
    )


def _bars(sheet: _Sheet) -> tuple[list[WrittenBar], list[str]]:
    """The bars, those that begin a section with "?" for its name; and what was read otherwise."""
    bars: list[WrittenBar] = []
    warnings: list[str] = []
    slots: list[str] = []
    section, fresh = "", True  # fresh: a bar line here ends nothing
    for kind, text, line in [*sheet.words, ("end", "", 0)]:
        if kind == "section":
            section, fresh = "?", not slots
        elif kind == "word":
            if text == "/":
                slots.append(HOLD)
            elif not text[0].islower():  # a small letter begins a note
                symbol = _symbol(text)
                if "\\" in text:
                    warnings.append(f"bar {len(bars) + 1}: {text} is read as {symbol}")
                slots.append(symbol)
        elif slots or (kind == "line" and not fresh):
            check_bars(len(bars) + 1)
            meter = "" if bars else sheet.meter
            bars.append(
                WrittenBar(evenly(slots, len(bars) + 1), meter, section, line=line, number=len(bars) + 1)
            )
            slots, section, fresh = [], "", False
    return bars, warnings


def _symbol(word: str) -> str:
    """A chord in the spelling of `music.chords`, with the same tones; what is no chord stays as it is."""
    found = _SYMBOL.fullmatch(without_alternate(word.replace("_", "")))  # a mark for the voicing
    if found is None:
        return word
    root, quality, sign, below = found.groups()
    quality = _QUALITIES.get(quality, quality)
    if not sign:
        return f"{root}{quality}"
    bass = _BASS.match(below)
    if bass is None:
        return f"{root}{quality}{sign}{below}"
    return f"{root}{quality}/{bass[0].capitalize()}"  # a chord below: its root is the bass


def _with_letters(bars: Sequence[WrittenBar]) -> list[WrittenBar]:
    """Sections named A, B, C ... in the order in which their music comes first."""
    starts = [number for number, bar in enumerate(bars) if bar.section]
    named = list(bars)
    known: list[tuple[Sequence[WrittenBar], str]] = []
    for start, end in pairwise([*starts, len(bars)]):
        part = bars[start:end]
        letter = next((letter for other, letter in known if _alike(part, other)), "")
        if not letter:
            letter = chr(ord("A") + len(known)) if len(known) < 26 else str(start + 1)
            if len(known) < 26:
                known.append((part, letter))
        named[start] = replace(bars[start], section=letter)
    return named


def _alike(one: Sequence[WrittenBar], other: Sequence[WrittenBar]) -> bool:
    same = sum(a.chords == b.chords for a, b in zip(one, other, strict=False))
    return len(one) == len(other) and 2 * same >= len(one)
