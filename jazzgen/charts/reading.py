"""What the readers of text formats share: bytes as text, meters and keys as this program names them, the
entries of a bar, and a limit on bars.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from jazzgen.charts.written import WrittenChord
from jazzgen.errors import ChordError, ProgressionError
from jazzgen.music.chords import is_minor, parse_chord
from jazzgen.music.keys import key_name, key_tonic, read_key
from jazzgen.music.pitch import fold
from jazzgen.music.score import MAX_BARS

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ALTERNATE = re.compile(r"\s*\((?!(?i:add|alt|aug|dim))[A-G][^()]*\)|\s*\[[A-G][^\[\]]*\]\Z")
MOST_ENTRIES = 192  # of a bar: the ticks of the longest
MOST_LINES = 250_000  # of a file
MOST_SONGS = 20_000  # of a file
MOST_MUSIC = 200_000  # characters of a song's bars: 50 for each of 4,000
SLOWEST, FASTEST = 10, 1000  # beats a minute that are believed

HOLD = ""  # an entry of a bar in which the chord before goes on


def decode(data: bytes, name: str) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, else Western European; lines end with LF.

    Raises `ProgressionError`, which calls the file `name`, where it is no text.
    """
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0" if encoding != "utf-8" else data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise ProgressionError(f"{name}: it is not a text file")
    if max(text.count("\n"), text.count("\r")) > MOST_LINES:
        raise ProgressionError(f"{name}: it has more than {MOST_LINES} lines; split it")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_songs(count: int, name: str) -> None:
    """Raise `ProgressionError` for more songs than a file called `name` can have."""
    if count > MOST_SONGS:
        raise ProgressionError(f"{name}: it has more than {MOST_SONGS} songs; split it")


def check_music(characters: int) -> None:
    """Raise `ProgressionError` for more text than the bars of one song can have."""
    if characters > MOST_MUSIC:
        raise ProgressionError(f"its bars take more than {MOST_MUSIC} characters")


def check_bars(count: int) -> None:
    """Raise `ProgressionError` for more bars than a chart can have, before they fill the memory."""
    if count > MAX_BARS:
        raise ProgressionError(f"it has more than {MAX_BARS} bars")


def evenly(entries: Sequence[str], bar: int) -> tuple[WrittenChord, ...]:
    """The chords of bar number `bar`, whose `entries` share it evenly; `HOLD` prolongs the one before."""
    if len(entries) > MOST_ENTRIES:
        raise ProgressionError(
            f"bar {bar}: it has {len(entries)} entries; at most {MOST_ENTRIES} can be played"
        )
    return tuple(
        WrittenChord(Fraction(number, len(entries)), symbol)
        for number, symbol in enumerate(entries)
        if symbol != HOLD
    )


def without_alternate(symbol: str) -> str:
    """A symbol without the other chord that stands in parentheses in or behind it; empty for `(A7)` alone."""
    return _ALTERNATE.sub("", symbol).strip()


def read_tempo(text: str) -> float | None:
    """A number of beats a minute; None for what is none or cannot be played."""
    found = re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,6})?)\s*", text)
    return float(found[1]) if found and SLOWEST <= float(found[1]) <= FASTEST else None


def meter_of(numerator: int, denominator: int) -> str:
    """The name of a meter for `music.meters.read_meter`, which knows halves, quarters and eighths.

    Bars are compared by fractions, so that 6/16 is 6/8 and 4/1 is 8/2.
    """
    if denominator == 1:
        return f"{2 * numerator}/2"
    return f"{numerator}/{8 if denominator in (16, 32, 64) else denominator}"


def key_of(text: str) -> str:
    """The key that a file names, as MIDI names it; empty where `text` is none."""
    key = read_key(text.replace("♯", "#").replace("♭", "b"))
    return key_name(fold(key[0], -7, 7), key[1]) if key else ""


def key_of_signature(signature: int, symbols: Iterable[str]) -> str:
    """The key of a signature without a mode: of the two relative keys the one whose tonic chord is met more.

    The last chord counts four times, the first twice; at a tie it is the major key. `signature` counts
    sharps, flats negative; beyond seven it is no key and the answer empty.
    """
    if abs(signature) > 7:
        return ""
    weights = {False: 0, True: 0}
    chords = list(symbols)
    for number, symbol in enumerate(chords):
        weight = 4 if number == len(chords) - 1 else 2 if number == 0 else 1
        try:
            chord = parse_chord(symbol)
        except ChordError:
            continue
        for minor in weights:
            if chord and chord.root == key_tonic(signature, minor) and is_minor(chord.quality) is minor:
                weights[minor] += weight
    return key_name(signature, weights[True] > weights[False])
