"""Progressions for iReal Pro: a page with a link `irealb://`, the link, or the older plain `irealbook://`.

A bar has four cells, sixteen a row, as far as its chords stand on beats; a bar as the one before is an `x`.
More chords than beats share a bar evenly, so that chords between beats are written by repeating those around
them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from html import escape
from itertools import pairwise
from urllib.parse import quote

from jazzgen.charts.ireal import MAGIC, swap_blocks
from jazzgen.charts.played_bars import PlayedBar, played_bars, spelled
from jazzgen.charts.styles import style_word
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import estimate_key
from jazzgen.music.score import Progression

CELLS = 4  # of a bar
MOST_SHARES = 16  # chords in a bar, a row of cells
_METERS = {"12/8": "12"} | {
    f"{two[0]}/{two[1]}": two
    for two in ["24", "34", "44", "54", "64", "74", "22", "32", "38", "58", "68", "78", "98"]
}
# iReal Pro's qualities, the commonest first; of two with the same tones the first is written.
_QUALITIES = (
    *("7", "-7", "^7", "6", "7b9", "h7", "", "o7", "-", "-6", "7sus", "7#11", "7#9", "7#5", "7b13", "^7#11"),
    *(
        "13",
        "9",
        "-9",
        "-^7",
        "-11",
        "7alt",
        "69",
        "^9",
        "h",
        "7#9#5",
        "9sus",
        "7b5",
        "^",
        "13b9",
        "o",
        "9#11",
    ),
    *(
        "-b6",
        "+",
        "7b9#5",
        "add9",
        "sus",
        "^7#5",
        "13sus",
        "13#11",
        "7b9sus",
        "7b9b5",
        "9#5",
        "7b9b13",
        "-69",
    ),
    *("7b9#11", "9b5", "7#9b5", "7#9#11", "-#5", "^9#11", "h9", "7b9#9", "-^", "7susadd3", "2", "o^7", "^13"),
    *("13#9", "7b13sus", "-^9", "-7b5", "11", "5"),
)
_STYLES = {
    "swing": "Medium Swing",
    "up-tempo": "Up Tempo Swing",
    "waltz": "Waltz",
    "shuffle": "Shuffle",
    "bossa": "Bossa Nova",
    "samba": "Samba",
    "ballad": "Ballad",
    "straight": "Even 8ths",
}
_ARTICLE = re.compile(r"(The|A|An|Les|La|Le|L')\s+(\S.*)", re.DOTALL)


def text(
    progression: Progression, *, title: str = "", composer: str = "", style: str = ""
) -> tuple[str, list[str]]:
    """A page with the link, and what could not be written, a sentence each.

    Parameters
    ----------
    progression, title, composer, style
        As `link` takes them.

    Returns
    -------
    tuple of str and list
        HTML, and the warnings.

    """
    written, warnings = link(progression, title=title, composer=composer, style=style)
    name = escape(_field(title or progression.title) or "Untitled")
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{name}</title></head>\n'
        f'<body><p><a href="{written.strip()}">{name}</a></p></body>\n</html>\n'
    )
    return page, warnings


def plain_link(
    progression: Progression, *, title: str = "", composer: str = "", style: str = ""
) -> tuple[str, list[str]]:
    """The older form of the link, whose music is not scrambled and which has no tempo (see `link`).

    Parameters
    ----------
    progression, title, composer, style
        As `link` takes them.

    Returns
    -------
    tuple of str and list
        The link, and the warnings.

    """
    return link(progression, title=title, composer=composer, style=style, scrambled=False)


def link(
    progression: Progression, *, title: str = "", composer: str = "", style: str = "", scrambled: bool = True
) -> tuple[str, list[str]]:
    """The link alone, and what could not be written, a sentence each.

    Parameters
    ----------
    progression
        As it is played once through.
    title, composer, style
        As they are to stand there; empty: the progression's own.
    scrambled
        Whether it is an `irealb://` link, which has the tempo, or `irealbook://`.

    Returns
    -------
    tuple of str and list of str
        One line of text.

    """
    warnings: list[str] = []
    name = _field(title or progression.title) or "Untitled"
    if article := _ARTICLE.fullmatch(name):
        name = f"{article[2]}, {article[1]}"
    words = style or style_word(progression, _STYLES)
    key = progression.key or estimate_key(progression)
    fields = [name, _field(composer or progression.composer), _field(words)]
    sign = f"{key[:-1]}-" if key.endswith("m") else key
    music = _music(list(played_bars(progression)), warnings)
    if not scrambled:
        return f"irealbook://{quote('='.join([*fields, sign, 'n', music]), safe='')}\n", warnings
    beats = round(progression.tempo or 0)
    if progression.tempo and beats != progression.tempo:
        warnings.append(f"the tempo is written as {beats}: iReal Pro has whole beats a minute")
    song = [*fields[:2], "", fields[2], sign, "", MAGIC + scramble(music), "", str(beats), "0"]
    return f"irealb://{quote('='.join(song), safe='')}\n", warnings


def scramble(music: str) -> str:
    """`music` as it stands in an `irealb` link, without `MAGIC`; the inverse of `ireal.unscramble`."""
    return swap_blocks(music.replace("   ", "XyQ").replace("| x", "Kcl").replace(" |", "LZ"))


def _field(value: str) -> str:
    """A text without the sign that parts the fields of a link."""
    return " ".join(value.replace("=", "-").split())


# --------------------------------------------------------------------------------------------------- music


def _music(bars: Sequence[PlayedBar], warnings: list[str]) -> str:
    letters = _letters([bar.section for bar in bars if bar.section], warnings)
    signs: list[str] = []
    meter = ""
    written: list[str] = []
    for number, bar in enumerate(bars):
        code, beats = _meter(bar)
        if code != meter and code != _METERS.get(bar.meter):
            warnings.append(
                f"bar {number + 1}: iReal Pro has no {bar.meter}; it is written as {code[0]}/{code[1]}"
            )
        cells = _cells(bar, beats, number, warnings)
        again = number > 0 and cells == written[-1] and code == meter and not bar.section
        written.append(cells)
        left = "|" if number and not bar.section else "["
        mark = f"*{letters[bar.section]}" if bar.section else ""
        closing = "]" if number and bar.section else ""
        signs.append(f"{closing}{mark}{left}{f'T{code}' * (code != meter)}{' x  ' if again else cells}")
        meter = code
    return f"{''.join(signs)}Z"


def _meter(bar: PlayedBar) -> tuple[str, int]:
    """The sign of a bar's meter and the beats that iReal Pro counts in it."""
    if bar.meter in _METERS:
        return _METERS[bar.meter], bar.beats
    return (f"{bar.beats}4", bar.beats) if 2 <= bar.beats <= 7 else ("44", 4)


def _letters(names: Sequence[str], warnings: list[str]) -> dict[str, str]:
    """The mark of each section: one letter, `i` for an intro, `v` for a verse."""
    letters = {name: name for name in names if re.fullmatch(r"[A-Z]", name)}
    letters |= {name: name[0].lower() for name in names if name in ("Intro", "Verse")}
    for name in dict.fromkeys(names):
        if name not in letters:
            free = [letter for letter in "ABCD" if letter not in letters.values()]
            first = name[0].upper() if name[0].upper() in "ABCD" else ""
            letters[name] = first if first and not (free and first not in free) else (free or ["D"])[0]
            warnings.append(f"the section {name!r} is marked {letters[name]}: iReal Pro has letters only")
    return letters


def _cells(bar: PlayedBar, beats: int, number: int, warnings: list[str]) -> str:
    """The chords of a bar in cells, so that the rules for beats give their places."""
    chords = [(place, _symbol(symbol)) for place, symbol in bar.chords]
    for _, symbol in bar.chords:
        if what := _otherwise(symbol):
            warnings.append(f"bar {number + 1}: {what}")
    if len(chords) == 1:
        return chords[0][1] + " " * (CELLS - 1)
    shares = next((n for n in range(beats, MOST_SHARES + 1) if bar.fits(n)), 0)
    if not shares:
        warnings.append(f"bar {number + 1}: its chords are moved to beats; iReal Pro has none so close")
        shares = max(beats, len(chords))
    moved = _moved(chords, shares)
    if shares > beats:
        row: list[str] = []
        for share in range(shares):
            row.append(moved.get(share, row[-1] if row else ""))
        return ",".join(row)
    starts = sorted(moved)
    lengths = [end - start for start, end in pairwise([*starts, beats])]
    widths = _widths(lengths, beats)
    parts = [moved[start] + " " * (width - 1) for start, width in zip(starts, widths, strict=True)]
    return "".join(f"{part}," if not part.endswith(" ") and part is not parts[-1] else part for part in parts)


def _moved(chords: Sequence[tuple[Fraction, str]], shares: int) -> dict[int, str]:
    """The chords of a bar by the nearest of its even `shares`, each one of its own."""
    moved: dict[int, str] = {}
    for k, (place, symbol) in enumerate(chords):
        latest = shares - (len(chords) - k)
        moved[min(max(round(place * shares), max(moved, default=-1) + 1), latest)] = symbol
    return moved


def _widths(lengths: Sequence[int], beats: int) -> list[int]:
    """The cells of each chord of some beats; four together where that comes out as those beats."""
    if len(lengths) == 1:
        return [CELLS]
    widths = list(lengths)
    if beats < CELLS:
        # What is too much is taken from the chord that has empty cells.
        longest = max(range(len(widths)), key=lambda k: (widths[k], k))
        widths[longest] += CELLS - beats
    elif len(lengths) <= CELLS:
        # What is missing is given to the chords in turn.
        given = [(beats - CELLS - k + len(lengths) - 1) // len(lengths) for k in range(len(lengths))]
        if all(width > more for width, more in zip(widths, given, strict=True)):
            widths = [width - more for width, more in zip(widths, given, strict=True)]
    return widths


# ------------------------------------------------------------------------------------------------- symbols


@lru_cache(maxsize=1)
def _table() -> dict[frozenset[int], str]:
    """The qualities of iReal Pro by their tones above the root."""
    table: dict[frozenset[int], str] = {}
    for quality in _QUALITIES:
        table.setdefault(_tones(quality), quality)
    return table


@lru_cache(maxsize=1024)
def _tones(quality: str) -> frozenset[int]:
    chord = parse_chord(f"C{quality}")
    return chord.pitch_classes if chord else frozenset()


@lru_cache(maxsize=4096)
def _symbol(symbol: str) -> str:
    """A chord with the quality of iReal Pro that is nearest to its own."""
    root, quality, bass = spelled(symbol)
    if not root:
        return "n"
    return f"{root}{_nearest(quality)}{f'/{bass}' if bass else ''}"


@lru_cache(maxsize=1024)
def _nearest(quality: str) -> str:
    tones = _tones(quality)
    if tones in _table():
        return _table()[tones]

    # Thirds and sevenths make a chord what it is; a wrong tone is worse than one that is left out.
    def distance(found: frozenset[int]) -> tuple[int, int, int, int]:
        guides = len((tones ^ found) & {3, 4, 9, 10, 11}) + len((tones ^ found) & {5}) * (not tones & {3, 4})
        return guides, len((tones ^ found) & {9, 10, 11}), len(found - tones), len(tones - found)

    return _table()[min(_table(), key=distance)]


@lru_cache(maxsize=4096)
def _otherwise(symbol: str) -> str:
    """What is to be said of a chord that is written as another."""
    root, quality, _ = spelled(symbol)
    if not root or _tones(quality) in _table():
        return ""
    return f"{symbol} is written as {_symbol(symbol)}, the nearest that iReal Pro has"
