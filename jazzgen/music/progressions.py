"""Chord progressions written as text: parsed into bars and chord changes.

In: what musicians type. Out: `score.Progression` (ticks, 12 a beat). Nothing is guessed: what a rule below
does not cover is a `ProgressionError`, and a symbol that `chords.py` refuses is a `ChordError`; both name
the thing and where it stands. Built-in progressions are in `forms.py`.

A progression is bars between `|`, over as many lines as wanted (a line's end also ends a bar):

    # a comment: # as the first sign of a line
    title: After Hours
    meter: 3/4
    key: Bb
    style: waltz
    [A] |: Bbmaj7 | Gm7 | Cm7 . F7 | % :| x3
    [B] || Ebm7 | Ab7 | Dbmaj7 | N.C. ||

* The entries of a bar share its beats evenly, so their number must divide them: 1, 2 or 4 in 4/4, 1 or 3 in
  3/4. `.` or `/` as an entry holds the chord before it: `| Dm7 . . G7 |` is three beats and one.
* `%` alone in a bar repeats the bar before. `|:` and `:|` repeat what is between (without `|:`, from the
  start or the last repeat), twice or as often as `x3` behind says. No repeats inside repeats; at most
  `MAX_BARS` bars in all.
* `[name]` at the start of a bar opens a section; repeating the bar repeats the section. `||` is a bar line.
* Header lines come first; meters are n/2, n/4 or n/8 with the beats of `meters.py`: a bar of 12/8 has four,
  of 6/8 two; keys `Bb` or `Dm`, styles those of `STYLES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jazzgen.errors import ChordError, ProgressionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import key_name, key_tonic, read_key
from jazzgen.music.meters import read_meter
from jazzgen.music.pitch import fold
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression, Section
from jazzgen.util.files import read_bytes

STYLES = ("swing", "up-tempo", "waltz", "bossa", "ballad", "straight", "afro-cuban", "slow-blues")
MAX_BARS = 4096  # 2 hours at 140 BPM; a few nested typing errors must not fill the memory
MAX_TEXT = 1_000_000  # characters of a progression


_HEADER = re.compile(r"\s*([A-Za-z]+)\s*:(?!\|)(.*)")
_HEADERS = ("title", "meter", "key", "style")
_ENTRY = re.compile(
    r"""
      (?P<label> \[ [^\[\]|]* \] )
    | (?P<line>  :? \|+ :? )
    | (?P<times> [x×] \s* \d{1,6} (?= [\s|] | $ ) )
    | (?P<chord> [^\s|:()\[\]]+ (?: \( [^()|]* \) [^\s|:()\[\]]* )* )
    | (?P<other> \S )
    """,
    re.VERBOSE,
)
_Bar = list[tuple[str, int]]  # symbols and their lengths in ticks; "" holds the chord before


def parse_progression(
    text: str, *, title: str = "", key: str = "", style: str = "", beats: int = 4
) -> Progression:
    """The progression that `text` writes out, by the rules at the top of this file.

    Parameters
    ----------
    text : str
        Bars between `|`, after header lines.
    title, key, style : str
        For header lines that `text` lacks; no style is the `usual_style` of the meter.
    beats : int
        Quarters a bar, unless a header line gives the meter.

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
    if len(text) > MAX_TEXT:
        raise ProgressionError(
            f"a progression of {len(text)} characters is too long; at most {MAX_TEXT} will do"
        )
    headers, lines = _split_headers(text)
    meter = read_meter(headers["meter"]) if "meter" in headers else MeterChange(0, beats)
    beats = meter.beats
    key = _check_key(headers.get("key", key))
    style = headers.get("style", style) or usual_style(meter)
    if style not in STYLES:
        raise ProgressionError(f"unknown style {style[:60]!r}; known are {', '.join(STYLES)}")
    bars, labels = _Reader(beats).read(lines)
    if not bars:
        raise ProgressionError("a progression needs at least one bar, such as | Dm7 | G7 | Cmaj7 | % |")
    return Progression(
        chords=tuple(_changes(bars)),
        length=len(bars) * beats * TICKS_PER_BEAT,
        meters=(meter,),
        sections=tuple(
            Section(bar * beats * TICKS_PER_BEAT, name) for bar, name in enumerate(labels) if name
        ),
        title=headers.get("title", title),
        key=key,
        style=style,
    )


def usual_style(meter: MeterChange) -> str:
    """The style of a tune that names none."""
    if meter.compound:
        return "slow-blues" if meter.beats == 4 else "afro-cuban"
    return "waltz" if meter.beats == 3 else "swing"


def _split_headers(text: str) -> tuple[dict[str, str], list[str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    headers: dict[str, str] = {}
    for number, line in enumerate(lines):
        found = _HEADER.fullmatch(line)
        if not found:
            return headers, lines[number:]
        name = found[1].lower()
        if name not in _HEADERS or name in headers:
            known = "it stands twice" if name in headers else f"known are {', '.join(_HEADERS)}"
            raise ProgressionError(f"header line {line.strip()[:60]!r}: {known}")
        headers[name] = found[2].strip()
    return headers, []


def _check_key(text: str) -> str:
    key = read_key(text)
    if text and key is None:
        raise ProgressionError(f"unknown key {text[:60]!r}; write it as C, Bb, F#m or D minor")
    return key_name(fold(key[0], -7, 7), key[1]) if key else ""


class _Reader:
    """Reads lines of bars: `bars` and `labels` grow by one entry a bar, in playing order."""

    def __init__(self, beats: int) -> None:
        self.beats = beats
        self.bars: list[_Bar] = []
        self.labels: list[str] = []
        self.written = 0  # bars so far as the text counts them, for messages
        self.entries: list[str] = []
        self.label = ""
        self.repeat_from = 0
        self.repeat_open = False

    def read(self, lines: list[str]) -> tuple[list[_Bar], list[str]]:
        for line in lines:
            signs = [(found.lastgroup or "", found[0]) for found in _ENTRY.finditer(line)]
            for i, (kind, sign) in enumerate(signs):
                before = signs[i - 1] if i else ("", "")
                match kind:
                    case "chord":
                        self.entries.append(sign)
                    case "label":
                        self._open_section(sign)
                    case "line":
                        self._end_bar(empty_is_wrong=sign == "|" and before == ("line", "|"))
                        self._repeat(sign, signs[i + 1 : i + 2])
                    case "times" if before[1].startswith(":"):
                        pass  # read with its bar line
                    case _:
                        raise self._error(f"{sign[:60]!r} does not belong there")
            self._end_bar()
        if self.label:
            raise ProgressionError(f"section [{self.label[:60]}] has no bars")
        if self.repeat_open:
            raise ProgressionError("a repeat |: is never closed; write :| where it ends")
        return self.bars, self.labels

    def _error(self, message: str) -> ProgressionError:
        return ProgressionError(f"bar {self.written + 1}: {message}")

    def _open_section(self, sign: str) -> None:
        if self.entries or self.label or not sign[1:-1].strip():
            raise self._error(f"section {sign[:60]} must have a name and stand alone at the start of a bar")
        self.label = sign[1:-1].strip()

    def _end_bar(self, empty_is_wrong: bool = False) -> None:
        if not self.entries:
            if empty_is_wrong:
                raise self._error("it is empty; write % to repeat the bar before, N.C. for no chord")
            return
        self._add([self._read_bar()], [self.label])
        self.written += 1
        self.entries, self.label = [], ""

    def _add(self, bars: list[_Bar], labels: list[str], times: int = 1) -> None:
        if len(self.bars) + len(bars) * times > MAX_BARS:
            raise self._error(
                f"the progression grows beyond {MAX_BARS} bars; write it shorter or repeat less"
            )
        self.bars += bars * times
        self.labels += labels * times

    def _read_bar(self) -> _Bar:
        if self.entries == ["%"]:
            if not self.bars:
                raise self._error("% repeats the bar before, but there is none")
            return self.bars[-1]
        count = len(self.entries)
        if self.beats % count:
            fitting = ", ".join(str(n) for n in range(1, self.beats + 1) if self.beats % n == 0)
            raise self._error(
                f"{count} entries do not add up to {self.beats} beats; write {fitting} (chords, or . to hold)"
            )
        bar: _Bar = []
        for entry in self.entries:
            if entry in (".", "/"):
                if not bar and not self.bars:
                    raise self._error(f"{entry} holds the chord before, but there is none")
                bar.append(("", self.beats // count))
            elif entry == "%":
                raise self._error("% repeats a whole bar and must stand alone in it")
            else:
                parse_chord(entry, f"bar {self.written + 1}")
                bar.append((entry, self.beats // count))
        return bar

    def _repeat(self, sign: str, following: list[tuple[str, str]]) -> None:
        if sign.startswith(":"):
            times = int(following[0][1][1:]) if following and following[0][0] == "times" else 2
            block = slice(self.repeat_from, len(self.bars))
            if times < 1 or not self.bars[block]:
                raise self._error("a repeat :| needs bars before it and a count of 1 or more")
            self._add(self.bars[block], self.labels[block], times - 1)
            self.repeat_from, self.repeat_open = len(self.bars), False
        if sign.endswith(":"):
            if self.repeat_open:
                raise self._error("a repeat |: inside a repeat; close the first with :| before it")
            self.repeat_from, self.repeat_open = len(self.bars), True


def _changes(bars: list[_Bar]) -> Iterator[ChordChange]:
    """The chords of `bars` where they change."""
    tick, last = 0, ""
    for bar in bars:
        for symbol, beats in bar:
            if symbol and symbol != last:
                yield ChordChange(tick, symbol)
                last = symbol
            tick += beats * TICKS_PER_BEAT


def read_progression(path: str | Path) -> Progression:
    """The progression in the UTF-8 text file at `path`; its title is the file's name where it gives none."""
    path = Path(path)
    text = read_text(path)
    try:
        return parse_progression(text, title=path.stem)
    except (ProgressionError, ChordError) as error:
        raise type(error)(f"{path}: {error}") from None


def read_text(path: Path) -> str:
    """The text of a progression file; raises `ProgressionError` where it is none."""
    try:
        raw = read_bytes(path, 4 * MAX_TEXT)  # a character has up to four bytes
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ProgressionError(
            f"progression {str(path)[:200]!r} cannot be read: {reason}; give a text file"
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ProgressionError(
            f"progression {str(path)!r} is not a text file; write bars such as | Dm7 | G7 |"
        )
    return text


def reference_roots(progression: Progression) -> tuple[int, ...]:
    """The root 0..11 from which the tokens' degrees are counted, one for each chord change.

    For "N.C." it is the root of the last chord before, else of the next, else the tonic of
    `progression.key`, else 0.
    """
    chords = [parse_chord(change.symbol) for change in progression.chords]
    key = read_key(progression.key)
    root = next((chord.root for chord in chords if chord), key_tonic(*key) if key else 0)
    roots = []
    for chord in chords:
        root = chord.root if chord else root
        roots.append(root)
    return tuple(roots)
