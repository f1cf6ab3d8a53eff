"""Charts written as text: the program's own notation, and what people paste.

In: what musicians type. Nothing is guessed: what a rule below does not cover is a `ProgressionError` that
names the bar. Bars stand between `|`, over as many lines as wanted (a line's end also ends a bar):

    # a comment: # as the first sign of a line, or // there or behind the last bar line
    title: After Hours
    composer: A. Nonymous
    meter: 3/4
    key: Bb
    style: waltz
    tempo: 140
    [Intro] | F7 | % |
    [A] |: Bbmaj7 | Gm7 |1. Cm7 . F7 | % :|2. Cm7 F7@3.5 | Bb6 (To Coda) ||
    [B] | Ebm7 | (4/4) Ab7 | (3/4) Dbmaj7 | N.C. (D.C. al Coda) ||
    [Coda] | Bb6 | % ||

* The entries of a bar share it evenly, so their number must divide its beats (or its written ones, six in
  6/8): 1, 2 or 4 in 4/4, 1 or 3 in 3/4. `.`, `/` or `-` as an entry holds the chord before it:
  `| Dm7 . . G7 |` is three beats and one. Elsewhere a chord stands at the beat behind its `@`, counted from
  1: `| Dm7 G7@3.5 |`, `| Dm7 G7@2+2/3 |`; then no entry but the first can be without one.
* Where no line has a bar line and nothing holds, each chord is a bar, with a warning.
* `%` alone in a bar repeats the bar before. `|:` and `:|` repeat what is between (without `|:`, from the
  start or the last repeat), twice, as often as the endings say or as often as `x3` behind says. `|1.` and
  `|2.` begin endings, also `|1,3.` and `[1.`; the last reaches to `||`, a section or the end.
* `[name]` at the start of a bar opens a section, as does `name:` at the start of a line; repeating the bar
  repeats the section. `||` is a double bar line.
* `(D.C. al Fine)`, `(D.S. al Coda)`, `(D.C. al 2nd ending)`, `(Fine)`, `(To Coda)`, `(END)` at the end of a
  bar and `(Segno)`, `(Coda)`, `(Pickup)` at its start are read as players do, with or without parentheses
  and with 𝄋 and 𝄌; `[Coda]` opens the coda and `[Intro]` the intro. `["Coda"]` is a section of that name
  and no more.
* `{G4 A4@2=.5 Bb4@2.5=1+1/2}` behind the chords of a bar are the notes of its melody, each with its beat
  and its length in beats; one beat where none is given.
* `(3/4)` at the start of a bar changes the meter from there on, as a line `meter: 3/4` does.
* Header lines come first; keys are `Bb` or `Dm`, styles those of `STYLES` or words such as "Medium Swing".
  `form: written` says that the bars are to be played as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from jazzgen.charts import pasted
from jazzgen.charts.reading import decode
from jazzgen.charts.styles import read_style
from jazzgen.charts.tune import make_tune
from jazzgen.charts.written import Chart, Entry, Jump, WrittenBar, WrittenChord, WrittenNote
from jazzgen.errors import ProgressionError
from jazzgen.music.keys import key_name, read_key
from jazzgen.music.meters import read_meter
from jazzgen.music.pitch import fold, pitch_class_at, place_of
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import MAX_BARS, Progression

MAX_TEXT = 1_000_000  # characters of a chart
HEADERS = ("title", "composer", "meter", "key", "style", "tempo", "form")

_HEADER = re.compile(r"\s*([A-Za-z]+)\s*:(?!\|)(.*)")
_ENTRY = re.compile(
    r"""
      (?P<label> \[ [^\[\]|]* \] )
    | (?P<line>  :? \|+ :? )
    | (?P<times> [x×] \s* \d{1,6} (?= [\s|] | $ ) )
    | (?P<ending> (?<= \| ) [1-9] (?: [,-] [1-9] )* (?: \. | (?= \s ) )
                | [1-9] (?: [,-] [1-9] )* \. (?= [\s|] | $ ) )
    | (?P<meter> \( \s* \d{1,2} \s* / \s* \d{1,2} \s* \) )
    | (?P<jump>  (?: \( \s* )? (?: D\.\ ?[CS]\.? | D[CS]\.? (?= \s+ al \s ) )
                (?: \s+ al \s+ (?: fine | coda | [1-9](?:st|nd|rd|th)? \s+ end(?:ing)?\.? ) )?
                \s* (?: \) | (?= [\s|] | $ ) ) )
    | (?P<mark>  (?: \( \s* )? (?: fine | to \s+ coda | coda | segno | end | pick-?up | 𝄋 | 𝄌 )
                \s* (?: \) | (?= [\s|] | $ ) ) )
    | (?P<notes> \{ [^{}|]* \} )
    | (?P<chord> [^\s|:()\[\]{}]+ (?: \( [^()|]* \) [^\s|:()\[\]{}]* )* )
    | (?P<other> \S )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_METER_LINE = re.compile(r"\s*meter\s*:(?!\|)(.*)", re.IGNORECASE)
_JUMP = re.compile(r"d\W*([cs])\W*(?:al\s+(\w+))?", re.IGNORECASE)
_NOTE = re.compile(
    r"(?P<name>[A-G][b#]?)(?P<octave>-?\d)(?:@(?P<beat>\d{1,2})(?P<part>\.\d{1,4}|\+\d{1,2}/\d{1,2})?)?"
    r"(?:=(?P<beats>\d{0,3})(?P<more>\.\d{1,4}|\+\d{1,2}/\d{1,2})?)?"
)
_PLACE = re.compile(r"(?P<symbol>[^@]+)@(?P<beat>\d{1,2})(?P<part>\.\d{1,4}|\+\d{1,2}/\d{1,2})?")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")  # no text has them
HOLDS = (".", "/", "-")


def parse_progression(
    text: str, *, title: str = "", key: str = "", style: str = "", beats: int = 4
) -> Progression:
    """The form of the chart that `text` writes out, by the rules at the top of this file.

    Parameters
    ----------
    text : str
        Bars between `|`, after header lines.
    title, key, style : str
        For header lines that `text` lacks; no style is "waltz" in 3/4, else "swing".
    beats : int
        Quarter notes a bar, unless a header line gives the meter.

    Returns
    -------
    Progression
        The form, once.

    Raises
    ------
    ProgressionError
        A header line or bar that does not add up, named.
    ChordError
        An unknown chord symbol, named with its bar.

    """
    chart = read_text_chart(text, meter=f"{beats}/4")
    if style and style not in STYLES:
        raise ProgressionError(f"unknown style {style[:60]!r}; known are {', '.join(STYLES)}")
    chart = replace(
        chart,
        title=chart.title or title,
        key=chart.key or _check_key(key),
        style=chart.style or style,
    )
    return make_tune(chart).form


def entries(data: bytes, name: str) -> list[Entry]:
    """The one chart of a text file; raises `ProgressionError` where it is no text."""
    text = decode(data, name)
    if _CONTROL.search(text):
        raise ProgressionError(f"{name}: it is not a text file; write bars such as | Dm7 | G7 |")
    headers, _ = _split_headers(pasted.plain_lines(text[:MAX_TEXT]))
    tempo = _check_tempo(headers.get("tempo", ""))
    said = {field: headers.get(field, "") for field in ("title", "composer", "style", "key")}
    return [Entry(partial(read_text_chart, text), **said, tempo=tempo)]


def read_text_chart(text: str, meter: str = "4/4") -> Chart:
    """The chart that `text` writes out; `meter` where no header line gives one."""
    if len(text) > MAX_TEXT:
        raise ProgressionError(
            f"a progression of {len(text)} characters is too long; at most {MAX_TEXT} will do"
        )
    headers, lines = _split_headers(pasted.plain_lines(text))
    tempo = _check_tempo(headers.get("tempo", ""))
    warnings: list[str] = []
    if listed := pasted.chord_list(lines):
        lines = pasted.lines_of(listed, headers.get("meter", meter), tempo, warnings)
    lines = _with_bar_lines(lines, warnings)
    style = headers.get("style", "")
    if style and not read_style("", style):
        raise ProgressionError(f"unknown style {style[:60]!r}; known are {', '.join(STYLES)}")
    if headers.get("form", "written") != "written":
        raise ProgressionError(
            f"form: {headers['form'][:60]!r} is not known; write form: written or leave it out"
        )
    reader = _Reader(headers.get("meter", meter))
    bars = reader.read(lines)
    if not bars:
        raise ProgressionError("a progression needs at least one bar, such as | Dm7 | G7 | Cmaj7 | % |")
    return Chart(
        tuple(bars),
        title=headers.get("title", ""),
        composer=headers.get("composer", ""),
        style=style,
        key=_check_key(headers.get("key", "")),
        tempo=tempo,
        warnings=tuple(warnings),
        melody=tuple(reader.melody),
        as_written="form" in headers,
        usual_style=True,
    )


def _with_bar_lines(lines: Sequence[str], warnings: list[str]) -> list[str]:
    """`lines` where none has a bar line, and nothing else says how long chords are: each chord is a bar."""
    counts = [
        sum(found.lastgroup == "chord" for found in _ENTRY.finditer(pasted.labelled(line)))
        if "|" not in line and not _METER_LINE.fullmatch(line)
        else 0
        for line in lines
    ]
    several = [number for number, count in enumerate(counts) if count > 1]
    words = {word for number in several for word in lines[number].split()}
    if not several or words & set(HOLDS) or any("@" in word or "{" in word for word in words):
        return list(lines)
    if any("|" in line for line in lines):
        warnings.append(f"{lines[several[0]].strip()[:60]!r} has no bar lines: it is read as one bar")
        return list(lines)
    warnings.append("there are no bar lines: each chord is read as one bar; write | between bars")
    return [
        _ENTRY.sub(
            lambda found: f"{found[0]} |" if found.lastgroup == "chord" else found[0], pasted.labelled(line)
        )
        if count
        else line
        for line, count in zip(lines, counts, strict=True)
    ]


def _split_headers(lines: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    headers: dict[str, str] = {}
    for number, line in enumerate(lines):
        found = _HEADER.fullmatch(line)
        name = found[1].lower() if found else ""
        if not found or (name not in HEADERS and pasted.labels_section(found[1], found[2])):
            return headers, list(lines[number:])
        if name not in HEADERS or name in headers:
            known = "it stands twice" if name in headers else f"known are {', '.join(HEADERS)}"
            raise ProgressionError(f"header line {line.strip()[:60]!r}: {known}")
        headers[name] = found[2].strip()
    return headers, []


def _check_key(text: str) -> str:
    key = read_key(text)
    if text and key is None:
        raise ProgressionError(f"unknown key {text[:60]!r}; write it as C, Bb, F#m or D minor")
    return key_name(fold(key[0], -7, 7), key[1]) if key else ""


def _check_tempo(text: str) -> float | None:
    """Beats a minute; None where none are given."""
    found = re.fullmatch(r"(?:♩|1/4)?\s*=?\s*(\d{1,4}(?:\.\d{1,17})?)\s*(?:bpm)?", text, re.IGNORECASE)
    if text and not found:
        raise ProgressionError(f"unknown tempo {text[:60]!r}; write beats a minute, such as tempo: 140")
    return float(found[1]) if found else None


# ------------------------------------------------------------------------------------------------- bars


class _Sign(NamedTuple):
    kind: str
    text: str


@dataclass
class _Reader:
    """Reads lines of bars; what is said of the bar in progress stands in `entries` and `said`."""

    meter: str
    bars: list[WrittenBar] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    said: dict[str, object] = field(default_factory=dict)
    repeat_from: int = 0
    repeat_open: bool = False
    line: int = 0
    melody: list[WrittenNote] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.beats = _check_meter(self.meter)

    def read(self, lines: Sequence[str]) -> list[WrittenBar]:
        """The bars of `lines`."""
        for self.line, line in enumerate(lines, 1):
            if found := _METER_LINE.fullmatch(line):
                self._change_meter(found[1])
                continue
            signs = [
                _Sign(found.lastgroup or "", found[0]) for found in _ENTRY.finditer(pasted.labelled(line))
            ]
            for k, sign in enumerate(signs):
                self._take(sign, signs[k - 1] if k else _Sign("", ""), signs[k + 1 : k + 2])
            self._end_bar()
        if "section" in self.said:
            raise ProgressionError(f"section [{str(self.said['section'])[:60]}] has no bars")
        if self.repeat_open:
            raise ProgressionError("a repeat |: is never closed; write :| where it ends")
        return self.bars

    def _take(self, sign: _Sign, before: _Sign, following: Sequence[_Sign]) -> None:
        match sign.kind:
            case "chord":
                self.entries.append(sign.text)
            case "label":
                self._open_section(sign.text)
            case "line":
                self._end_bar(empty_is_wrong=sign.text == "|" and before == ("line", "|"))
                self._line(sign.text, following)
            case "times" if before.kind == "line" and before.text.startswith(":"):
                pass  # read with its bar line
            case "ending" if not self.entries:
                self.said["endings"] = self._numbers(sign.text)
            case "meter" if not self.entries:
                self._change_meter(sign.text.strip("() "))
            case "notes" if self.entries:
                self._notes(sign.text)
            case "jump":
                self._jump(sign.text)
            case "mark":
                self._mark(" ".join(sign.text.strip("() ").lower().replace("-", "").split()))
            case _:
                raise self._error(f"{sign.text[:60]!r} does not belong there")

    def _error(self, message: str) -> ProgressionError:
        return ProgressionError(f"bar {len(self.bars) + 1}: {message}")

    def _change_meter(self, text: str) -> None:
        if self.entries:
            raise self._error(f"the meter {text[:60]} must stand at the start of a bar")
        self.beats, self.meter = _check_meter(text), text.strip()

    def _notes(self, sign: str) -> None:
        """The notes of the melody that begin in the bar in progress."""
        for word in sign[1:-1].split():
            found = _NOTE.fullmatch(word)
            pitch = pitch_class_at(place_of(found["name"])) + 12 * (int(found["octave"]) + 1) if found else -1
            beats = _beats(found["beats"] or "0", found["more"]) if found and "=" in word else Fraction(1)
            place = _beats(found["beat"] or "1", found["part"]) - 1 if found else Fraction(-1)
            if not (0 <= pitch <= 127 and 0 <= place < self.beats and beats > 0):
                raise self._error(
                    f"{word[:60]!r} is no note there; write name and octave, as in G4, Bb4@2.5 or C5@4=1+1/3"
                )
            self.melody.append(WrittenNote(len(self.bars), place / self.beats, beats / self.beats, pitch))

    def _open_section(self, sign: str) -> None:
        name = " ".join(sign[1:-1].split())
        if self.entries or "section" in self.said or not name:
            raise self._error(f"section {sign[:60]} must have a name and stand alone at the start of a bar")
        quoted = len(name) > 2 and name[0] == name[-1] == '"'  # a section of that name and no more
        self.said["section"] = name[1:-1] if quoted else name
        if name.lower() == "coda":
            self.said["coda"] = True
        if self.bars:
            self.bars[-1] = replace(self.bars[-1], double_end=True)

    def _numbers(self, text: str) -> tuple[int, ...]:
        """The numbers of an ending: "1.", "1,3." or "1-3."."""
        numbers: list[int] = []
        for part in text.rstrip(".").split(","):
            first, _, last = part.partition("-")
            numbers += range(int(first), int(last or first) + 1)
        return tuple(numbers)

    def _jump(self, text: str) -> None:
        found = _JUMP.search(text)
        word = (found[2] or "").lower() if found else ""
        al = word[:1] if word[:1].isdigit() else word
        self._of_bar(jump=Jump(bool(found and found[1] in "sS"), al), double_end=True)

    def _mark(self, name: str) -> None:
        match name:
            case "fine":
                self._of_bar(fine=True)
            case "end":
                self._of_bar(end=True)
            case "to coda":
                self._of_bar(to_coda=True)
            case "coda" | "𝄌":
                self.said["to_coda" if self.entries else "coda"] = True
            case "pickup":
                self.said["pickup"] = True
            case _:
                self.said["segno"] = True

    def _of_bar(self, **said: object) -> None:
        """What is said of the bar in progress, or between bars of the one before."""
        if self.entries or not self.bars:
            self.said.update(said)
        else:
            self.bars[-1] = replace(self.bars[-1], **said)  # type: ignore[arg-type]

    def _end_bar(self, empty_is_wrong: bool = False) -> None:
        if not self.entries:
            if empty_is_wrong:
                raise self._error("it is empty; write % to repeat the bar before, N.C. for no chord")
            return
        if len(self.bars) == MAX_BARS:
            raise self._error(
                f"the progression grows beyond {MAX_BARS} bars; write it shorter or repeat less"
            )
        chords = self._chords()
        bar = WrittenBar(chords, meter=self.meter, line=self.line, number=len(self.bars) + 1)
        self.bars.append(replace(bar, **self.said))  # type: ignore[arg-type]
        self.entries, self.said = [], {}

    def _line(self, sign: str, following: Sequence[_Sign]) -> None:
        """A bar line: a double one ends a section, colons repeat."""
        if "||" in sign and self.bars:
            self.bars[-1] = replace(self.bars[-1], double_end=True)
        if sign.startswith(":"):
            times = int(following[0].text[1:]) if following and following[0].kind == "times" else 0
            counted = bool(following) and following[0].kind == "times"
            if (counted and times < 1) or self.repeat_from >= len(self.bars):
                raise self._error("a repeat :| needs bars before it and a count of 1 or more")
            start = self.repeat_from
            self.bars[start] = replace(self.bars[start], opens_repeat=True)
            self.bars[-1] = replace(self.bars[-1], closes_repeat=True, times=times)
            continues = len(following) > counted and following[counted].kind == "ending"
            if not continues:
                self.repeat_from, self.repeat_open = len(self.bars), False
            self.repeat_open = False
        if sign.endswith(":"):
            if self.repeat_open:
                raise self._error("a repeat |: inside a repeat; close the first with :| before it")
            self.repeat_from, self.repeat_open = len(self.bars), True

    # ------------------------------------------------------------------------------------ entries to places

    def _chords(self) -> tuple[WrittenChord, ...]:
        """The chords of the bar in progress at their places."""
        if self.entries == ["%"]:
            if not self.bars:
                raise self._error("% repeats the bar before, but there is none")
            return self.bars[-1].chords
        if any("@" in entry for entry in self.entries):
            return self._placed()
        count = len(self.entries)
        written = int(self.meter.split("/")[0])
        if self.beats % count and written % count:
            fitting = ", ".join(str(n) for n in range(1, self.beats + 1) if self.beats % n == 0)
            raise self._error(
                f"{count} entries do not add up to {self.beats} beats; write {fitting} (chords, or . to hold)"
            )
        chords: list[WrittenChord] = []
        for k, entry in enumerate(self.entries):
            if entry in HOLDS:
                if not chords and not self.bars:
                    raise self._error(f"{entry} holds the chord before, but there is none")
            elif entry == "%":
                raise self._error("% repeats a whole bar and must stand alone in it")
            else:
                chords.append(WrittenChord(Fraction(k, count), entry))
        return tuple(chords)

    def _placed(self) -> tuple[WrittenChord, ...]:
        """The chords of a bar in which beats are given."""
        chords: list[WrittenChord] = []
        for k, entry in enumerate(self.entries):
            found = _PLACE.fullmatch(entry if k or "@" in entry else f"{entry}@1")
            if not found:
                raise self._error(
                    f"{entry[:60]!r} has no place; write the beat behind @, as in G7@3.5 or G7@2+1/3"
                )
            place = (_beats(found["beat"], found["part"]) - 1) / self.beats
            if not 0 <= place < 1 or (chords and place <= chords[-1].place):
                raise self._error(
                    f"{entry[:60]!r} must stand behind the chord before it and within {self.beats} beats"
                )
            if found["symbol"] not in HOLDS:
                chords.append(WrittenChord(place, found["symbol"]))
        return tuple(chords)


def _beats(whole: str, part: str | None) -> Fraction:
    """So many beats, with the part that ".5" or "+1/3" stands for."""
    if part and part.startswith("+"):
        above, below = map(int, part[1:].split("/"))
        return int(whole) + Fraction(above, max(below, 1))
    return Fraction(f"{whole}{part or ''}")


def _check_meter(text: str) -> int:
    """The beats of a bar in the meter that `text` writes."""
    return read_meter(text).beats
