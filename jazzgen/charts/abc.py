"""ABC tunes: a file is a collection, each tune a head of fields and a body of music (`abc_music.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import islice

from jazzgen.charts.abc_music import Meter, read_field_meter, read_field_unit, read_music
from jazzgen.charts.reading import MOST_SONGS, check_songs, decode, key_of, read_tempo, without_alternate
from jazzgen.charts.written import Chart, Entry, WrittenBar
from jazzgen.errors import ChordError, ProgressionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.meters import read_meter

_FIELD = re.compile(r"([A-Za-z+])[ \t]*:(?![|:])[ \t]*(.*)")
_INLINE_VOICE = re.compile(r"\[V:[ \t]*([^\[\]\s]*)[^\[\]]*\]")
_KEY = re.compile(r"\s*([A-G])([#b]?)\s*(maj|min|mix|dor|phr|lyd|loc|ion|aeo|m)?", re.IGNORECASE)
_MINOR = ("m", "min", "dor", "phr", "aeo", "loc")  # modes with a minor third
_TEMPO = re.compile(r"(?:(\d{1,2})\s*/\s*(\d{1,3})(?:\s+\d/\d+)*\s*=)?\s*(\d{1,4}(?:\.\d+)?)\s*")
_BODY_FIELDS = "MLPV"
_BASS = re.compile(r"/([a-g])([+#b]?)\Z")
_DIALECT = re.compile(r"([A-G][b#]?)([da])(7?)(?=/|\Z)")  # of the Nottingham collection
_DIALECT_NAMES = {"d": "dim", "a": "aug"}
# Texts that begin as a chord does: a word by its first two letters, and no root with a quality's name; an
# abbreviation; a part or an instrument ("B part", "Eb sax").
_WORD = re.compile(
    r"(?![A-H](?:maj|min|dim|aug|sus|dom|add|flat|sharp|m\b))(?:[AE][a-z]|B[aehiloruy]|C[aehiloruyz]|D[aehioruwy]"
    r"|F[aeijloruy]|G[aehilnoruwy]|H[aeiouy])(?:[a-z'’]+|(?=\.|\s+[a-z]))[-.,:!?]*(?=\s|-|\Z)"
    r"|[A-H][A-Z]+[.,:!?]*(?=\s|\Z)|[A-H]\.[A-Za-z]|[A-H][b#]?\s+[a-zA-Z]{2,}"
)
_SMALL_CHORD = re.compile(r"[a-g][#b]?(?:m|min|maj|dim|sus|6|7|9|m7|maj7)")  # "f" alone is how loud it is
_PARTS = re.compile(r"\(|\)\s*(\d*)|([A-Za-z])\s*(\d*)")
MOST_PARTS = 500


def entries(data: bytes, name: str) -> list[Entry]:
    """The tunes of an ABC file; raises `ProgressionError` where there are none."""
    tunes = list(islice(_tunes(decode(data, name)), MOST_SONGS + 1))
    check_songs(len(tunes), name)
    if not tunes:
        raise ProgressionError(
            f"{name}: it has no tune; a tune begins with X:1 and has its key in a line K:C"
        )
    return [
        Entry(
            partial(_read, tune),
            title=tune.said("T"),
            composer=tune.said("C"),
            style=tune.style,
            key=_key(tune.said("K")),
            tempo=tune.tempo,
        )
        for tune in tunes
    ]


@dataclass
class _Tune:
    """The first field of each letter in the head, and the lines of the body: (number, field or "", text)."""

    shared: dict[str, str] = field(default_factory=dict)  # fields of the file
    own: dict[str, str] = field(default_factory=dict)
    body: list[tuple[int, str, str]] = field(default_factory=list)

    def take(self, number: int, letter: str, text: str) -> None:
        """A line; the head ends with its key or with the first music."""
        if letter and "K" not in self.own and not self.body:
            self.own.setdefault(letter, text)
        elif not letter or letter in _BODY_FIELDS:
            self.body.append((number, letter, text))

    def said(self, letter: str, otherwise: str = "") -> str:
        """A field of the head."""
        return self.own.get(letter) or self.shared.get(letter, otherwise)

    @property
    def style(self) -> str:
        """What the tune says of its style: words beside its tempo, or its rhythm."""
        words = re.search(r'"([^"]+)"', self.said("Q"))
        return words[1].strip() if words else self.said("R")

    @property
    def meter(self) -> Meter:
        return read_field_meter(self.said("M", "4/4"))

    @property
    def tempo(self) -> float | None:
        """Beats a minute: those of the field Q, in the beats of the meter."""
        text = self.said("Q")
        found = _TEMPO.fullmatch(re.sub(r'"[^"]*"', "", text).strip()) if text else None
        tempo = read_tempo(found[3]) if found else None
        if found is None or tempo is None or not found[2] or not int(found[2]):
            return tempo
        try:
            beat = read_meter(self.meter.name or "4/4").beat_quarters / 4
        except ProgressionError:
            return None
        return read_tempo(f"{tempo * int(found[1]) / int(found[2]) / float(beat):.3f}")


def _tunes(text: str) -> Iterator[_Tune]:
    """The tunes of a file: each from X: to an empty line. Fields before the first hold for all."""
    shared: dict[str, str] = {}
    tune: _Tune | None = None
    numbered = re.search(r"^X[ \t]*:", text, re.MULTILINE) is not None
    for number, line in _lines(text):
        found = _FIELD.fullmatch(line)
        letter, value = (found[1], found[2]) if found else ("", line)
        if letter == "X" or (not numbered and tune is None and letter):
            if tune:
                yield tune
            tune = _Tune(dict(shared))
        if tune is None:
            if letter and letter in "MLQCR":
                shared.setdefault(letter, value)
        elif line.strip():
            tune.take(number, letter, value)
        elif tune.body:
            yield tune
            tune = None
    if tune:
        yield tune


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The numbered lines without comments, instructions to programs and blocks of text."""
    in_block = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("%%"):
            in_block = line.startswith("%%begin") or (in_block and not line.startswith("%%end"))
        elif not in_block and not line.startswith("%"):
            music = re.sub(r"(?<!\\)%.*", "", line) if "%" in line else line
            yield number, music.rstrip().rstrip("\\")


def _read(tune: _Tune) -> Chart:
    unit = read_field_unit(tune.said("L"))
    bars = read_music(_voice(tune.body), tune.meter, unit, _symbol)
    if not any(bar.chords for bar in bars):
        raise ProgressionError(
            'it has no chords; they stand in quotation marks before the notes, as in "Dm7"z4'
        )
    return Chart(
        tuple(_in_order(bars, tune.said("P"))),
        title=tune.said("T"),
        composer=tune.said("C"),
        style=tune.style,
        key=_key(tune.said("K")),
        tempo=tune.tempo,
    )


def _voice(body: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """The lines of the first voice that has chords; fields belong to the music that follows them."""
    voices: dict[str, list[tuple[int, str, str]]] = {}
    name, waiting = "", list[tuple[int, str, str]]()
    for number, letter, text in body:
        if letter == "V":
            name = text.split()[0] if text.split() else ""
        elif letter:
            waiting.append((number, letter, text))
        else:
            parts = _INLINE_VOICE.split(text)
            for k in range(0, len(parts), 2):
                name = parts[k - 1] if k else name
                if parts[k].strip():
                    voices.setdefault(name, []).extend([*waiting, (number, "", parts[k])])
                    waiting = []
    with_chords = (lines for lines in voices.values() if any('"' in text for _, _, text in lines))
    return next(with_chords, next(iter(voices.values()), []))


def _key(text: str) -> str:
    """The key of a field K; a mode counts as major or minor by its third."""
    found = _KEY.match(text)
    if not found or text.strip()[:2].upper() == "HP" or text.strip().lower().startswith(("none", "clef")):
        return ""
    minor = (found[3] or "").lower() in _MINOR and found[3] != "M"
    return key_of(f"{found[1].upper()}{found[2].lower()}{'m' * minor}")


@lru_cache(maxsize=4096)
def _symbol(text: str) -> str:
    """The chord symbol in a quoted text, the first of several; empty for words and alternatives."""
    symbol = re.split(r";|\\n|\n", text[:200], maxsplit=1)[0].strip()
    symbol = without_alternate(symbol)
    if not re.match(r"[A-H]|N\.?C", symbol):
        return symbol if _SMALL_CHORD.fullmatch(symbol) else ""
    symbol = _BASS.sub(lambda bass: f"/{bass[1].upper()}{bass[2].replace('+', '#')}", symbol)
    symbol = _DIALECT.sub(lambda found: f"{found[1]}{_DIALECT_NAMES[found[2]]}{found[3]}", symbol, count=1)
    try:
        parse_chord(symbol)
    except ChordError:
        return "" if _WORD.match(symbol) else symbol
    return symbol


def _in_order(bars: list[WrittenBar], order: str) -> list[WrittenBar]:
    """`bars` in the order of parts that the head gives ("AABA"), where the body marks just these parts."""
    starts = [k for k, bar in enumerate(bars) if bar.section]
    names = [bars[k].section for k in starts]
    wanted = _expanded(order)
    if len(set(names)) < len(names) or not set(wanted) >= set(names) >= set(wanted) or starts[:1] != [0]:
        return bars
    parts = {
        name: bars[start:end]
        for name, start, end in zip(names, starts, [*starts[1:], len(bars)], strict=True)
    }
    result: list[WrittenBar] = []
    for k, name in enumerate(wanted):
        repeats = any(bar.closes_repeat for bar in parts[name])
        if not (repeats and k and wanted[k - 1] == name):  # A A with a repeat in A is one
            part = parts[name]
            result += [replace(part[0], double_start=True), *part[1:]]
            result[-1] = replace(result[-1], double_end=True)
    return result


def _expanded(order: str) -> list[str]:
    """The parts of a field P one by one: "A(BC)2" is A B C B C."""
    levels: list[list[str]] = [[]]
    for found in _PARTS.finditer(order[:200]):
        if found[0] == "(":
            levels.append([])
        elif found[2]:
            levels[-1] += [found[2]] * min(int(found[3][:3] or 1), MOST_PARTS)
        elif len(levels) > 1:
            group = levels.pop()
            levels[-1] += group * min(int(found[1][:3] or 1), MOST_PARTS)
        if len(levels[-1]) > MOST_PARTS:
            return []
    return levels[0] if len(levels) == 1 else []
