"""Progressions as text: read into chords and bars, moved to other keys, found by name.

In: what musicians type. Out: `score.Progression` (ticks, 12 a beat). Nothing is ever read as something else:
what a rule below does not cover is a `ProgressionError`, and a symbol that `chords.py` refuses is a
`ChordError`; both name the thing and where it stands. What others need of `chords.py` is to be had here too.

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
* Header lines come first; meters are n/4, keys `Bb` or `Dm`, styles those of `STYLES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from jazzgen.errors import ChordError, ProgressionError
from jazzgen.music.chords import (
    NO_CHORD,
    NOTE,
    Chord,
    chord_scale,
    fold,
    guide_tones,
    infer_chord,
    move_symbol,
    name_at,
    nearest_place,
    note_name,
    parse_chord,
    place_of,
    transpose_symbol,
)
from jazzgen.music.forms import FORMS
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression, Section
from jazzgen.util.files import read_bytes

__all__ = [
    "MAX_BARS",
    "NO_CHORD",
    "STYLES",
    "Chord",
    "builtin_names",
    "chord_scale",
    "estimate_key",
    "find_progression",
    "guide_tones",
    "infer_chord",
    "note_name",
    "parse_chord",
    "parse_progression",
    "read_progression",
    "reference_root",
    "reference_roots",
    "self_contained",
    "transpose_progression",
    "transpose_symbol",
]

STYLES = ("swing", "up-tempo", "waltz", "bossa", "ballad", "straight")
MAX_BARS = 4096  # 2 hours at 140 BPM; a few nested typing errors must not fill the memory
MAX_TEXT = 1_000_000  # characters of a progression


# ---------------------------------------------------------------------------------------------- reading

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

    The arguments stand in for header lines that `text` does not have; without a style, three beats a bar make
    a waltz and all else swings. Raises `ProgressionError` or, for an unknown symbol, `ChordError`; a fault
    within the bars is named with its bar.
    """
    if len(text) > MAX_TEXT:
        raise ProgressionError(
            f"a progression of {len(text)} characters is too long; at most {MAX_TEXT} will do"
        )
    headers, lines = _split_headers(text)
    beats = _read_meter(headers["meter"]) if "meter" in headers else beats
    key = _check_key(headers.get("key", key))
    style = headers.get("style", style) or ("waltz" if beats == 3 else "swing")
    if style not in STYLES:
        raise ProgressionError(f"unknown style {style[:60]!r}; known are {', '.join(STYLES)}")
    bars, labels = _Reader(beats).read(lines)
    if not bars:
        raise ProgressionError("a progression needs at least one bar, such as | Dm7 | G7 | Cmaj7 | % |")
    return Progression(
        chords=tuple(_changes(bars)),
        length=len(bars) * beats * TICKS_PER_BEAT,
        meters=(MeterChange(0, beats),),
        sections=tuple(
            Section(bar * beats * TICKS_PER_BEAT, name) for bar, name in enumerate(labels) if name
        ),
        title=headers.get("title", title),
        key=key,
        style=style,
    )


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


def _read_meter(text: str) -> int:
    found = re.fullmatch(r"(\d{1,2})\s*/\s*4", text)
    if not found or not 1 <= int(found[1]) <= 16:
        raise ProgressionError(f"meter {text[:60]!r} is not supported; write 1/4 to 16/4, such as 4/4 or 3/4")
    return int(found[1])


def _check_key(text: str) -> str:
    key = _read_key(text)
    if text and key is None:
        raise ProgressionError(f"unknown key {text[:60]!r}; write it as C, Bb, F#m or D minor")
    return _key_name(fold(key[0], -7, 7), key[1]) if key else ""


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
    text = _read_text(path)
    try:
        return parse_progression(text, title=path.stem)
    except (ProgressionError, ChordError) as error:
        raise type(error)(f"{path}: {error}") from None


def _read_text(path: Path) -> str:
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


# ---------------------------------------------------------------------------------------------- keys

_KEY = re.compile(rf"({NOTE})\s*(?:(m|-|min|minor)|M|maj|major)?")
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 9, 10, 11)  # with both sixths and both sevenths


def _read_key(text: str) -> tuple[int, bool] | None:
    """A key's place among the signatures (-6 = six flats, 6 = six sharps) and whether it is minor."""
    found = _KEY.fullmatch(text.strip())
    if not found:
        return None
    return place_of(found[1]) - (3 if found[2] else 0), bool(found[2])


def _key_name(signature: int, minor: bool) -> str:
    return name_at(signature + 3) + "m" if minor else name_at(signature)


def estimate_key(progression: Progression) -> str:
    """The key that the chords point to, e.g. "Bb" or "Dm"; "C" where they point nowhere.

    Each chord, weighed by its length, speaks for the keys whose scale holds its tones; a tonic chord counts
    more, most of all as the last or the first, and so does a dominant seventh that resolves to it.
    """
    ends = [change.tick for change in progression.chords[1:]] + [progression.length]
    sounding = [
        (chord, (end - change.tick) / progression.length)
        for change, end in zip(progression.chords, ends, strict=True)
        if (chord := parse_chord(change.symbol))
    ]
    if not sounding:
        return "C"
    # A chord is weighed once for each key, however often it sounds: a file may have 48,000 of them.
    numbers: dict[_Tones, int] = {}
    line = [
        (numbers.setdefault((chord.root, chord.pitch_classes), len(numbers)), share)
        for chord, share in sounding
    ]
    keys = [(tonic, minor) for tonic in range(12) for minor in (False, True)]
    tonic, minor = max(keys, key=lambda key: _key_score(list(numbers), line, *key))
    place = nearest_place(tonic, -3 if minor else -6)
    return name_at(place) + ("m" if minor else "")


_Tones = tuple[int, frozenset[int]]  # a root and all that sounds with it


def _key_score(chords: list[_Tones], line: list[tuple[int, float]], tonic: int, minor: bool) -> float:
    """How well a key goes with `line`: which of `chords` sounds, and for which share of the time."""
    scale = {(tonic + above) % 12 for above in (_MINOR if minor else _MAJOR)}
    third = (tonic + (3 if minor else 4)) % 12
    is_tonic = [root == tonic and third in tones for root, tones in chords]
    is_dominant = [(root - tonic) % 12 == 7 and (root + 4) % 12 in tones for root, tones in chords]
    worth = [
        len(tones & scale) / len(tones) + 0.6 * home - (0.12 if minor else 0)
        for (_, tones), home in zip(chords, is_tonic, strict=True)
    ]
    score, before = 0.0, line[-1][0]
    for number, share in line:
        score += share * worth[number]
        if is_tonic[number] and is_dominant[before]:
            score += 0.3 * share + 0.05
        before = number
    return score + 0.4 * is_tonic[line[-1][0]] + 0.3 * is_tonic[line[0][0]]


def transpose_progression(progression: Progression, semitones: int) -> Progression:
    """`progression` moved by `semitones`: chords and key, each chord spelled as it was in relation to it.

    A key has at most five sharps or six flats. Where none is given, the estimated one decides.
    """
    if semitones % 12 == 0:
        return progression
    known = _read_key(progression.key)
    old, minor = known or _read_key(estimate_key(progression)) or (0, False)
    new = nearest_place((7 * (old + 7 * semitones)) % 12, -6)
    flattest = min(-6, new - 1)  # Cb is the fourth degree of Gb; elsewhere it is B
    chords = tuple(replace(c, symbol=move_symbol(c.symbol, new - old, flattest)) for c in progression.chords)
    # Where no chord has a root the tonic is what values are counted from, so it has to move.
    named = known or not any(parse_chord(change.symbol) for change in chords)
    return replace(progression, chords=chords, key=_key_name(new, minor) if named else "")


# -------------------------------------------------------------------------------------------- reference roots


def reference_roots(progression: Progression) -> tuple[int, ...]:
    """The root 0..11 that values are counted from, one for each chord change.

    For no chord it is the root of the last chord before that has one, else of the next, else the tonic of
    `progression.key`, else 0.
    """
    chords = [parse_chord(change.symbol) for change in progression.chords]
    key = _read_key(progression.key)
    tonic = 7 * (key[0] + (3 if key[1] else 0)) % 12 if key else 0
    root = next((chord.root for chord in chords if chord), tonic)
    roots = []
    for chord in chords:
        root = chord.root if chord else root
        roots.append(root)
    return tuple(roots)


def reference_root(progression: Progression, tick: int) -> int:
    """The entry of `reference_roots` for the chord at `tick`."""
    return reference_roots(progression)[progression.chord_index(tick)]


# -------------------------------------------------------------------------------------- built-in progressions


def builtin_names() -> tuple[str, ...]:
    """Every built-in progression, each kind in twelve keys from its usual one up: blues-f, blues-gb, ..."""
    return tuple(_builtin_name(kind, semitones) for kind in FORMS for semitones in range(12))


@cache
def _builtin(kind: str, semitones: int) -> Progression:
    """The built-in progression of this kind, `semitones` above its usual key."""
    progression = transpose_progression(parse_progression(FORMS[kind]), semitones)
    key = progression.key.removesuffix("m")
    mode = "" if key == progression.key or "minor" in kind else " minor"  # minor-blues says it already
    return replace(progression, title=f"{progression.title} in {key}{mode}")


def _builtin_name(kind: str, semitones: int) -> str:
    key = _builtin(kind, semitones).key.lower()
    return f"{kind}-{key.removesuffix('m') if 'minor' in kind else key}"


def _find_builtin(text: str) -> Progression | None:
    name = text.strip().lower()
    if name in FORMS:
        return _builtin(name, 0)
    kind, _, key = name.rpartition("-")
    if kind in FORMS and (found := _find_key(kind, key)) is not None:
        return _builtin(kind, found)
    return None


def self_contained(text: str) -> str:
    """What `find_progression` reads as the same progression where no file is beside it: a file's own text."""
    if _find_builtin(text) or "|" in text:
        return text
    written = _read_text(Path(text))
    return written if "|" in written else f"{written.rstrip()} |"


def find_progression(text: str) -> Progression:
    """The progression meant by `text`: a built-in name, bars written out (with a `|`), or a file's path.

    A kind without a key ("blues") is taken in its usual key, and enharmonic names ("blues-f#") and a minor
    key with or without its m ("minor-blues-cm") are one.
    """
    if builtin := _find_builtin(text):
        return builtin
    if "|" in text:
        return parse_progression(text)
    try:
        is_there = bool(text.strip()) and Path(text).exists()
    except (OSError, ValueError):  # longer than a name can be, or with a null character
        is_there = False
    if is_there:
        return read_progression(text)
    close = get_close_matches(text.strip().lower()[:80], [*FORMS, *builtin_names()], n=3)
    hint = f"did you mean {', '.join(close)}? " if close else ""
    raise ProgressionError(
        f"unknown progression {text[:80]!r}: {hint}"
        "Give a file that exists, bars such as '| Dm7 | G7 | Cmaj7 | % |', or a built-in kind, with a key "
        f"(blues-f) or without: {', '.join(FORMS)}"
    )


def _find_key(kind: str, key: str) -> int | None:
    """How far `key` ("bb", "f#", "cm") lies above the usual key of `kind`; None if it is not one."""
    wanted = _read_key(key[:1].upper() + key[1:])
    signature, minor = _read_key(_builtin(kind, 0).key) or (0, False)
    if wanted is None or (wanted[1] and not minor):
        return None
    place = wanted[0] + (3 if wanted[1] else 0)
    return 7 * (place - signature - (3 if minor else 0)) % 12
