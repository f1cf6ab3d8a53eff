"""Harmony as text: chord symbols and progressions, read into pitch classes and bars, moved and guessed.

In: what musicians type. Out: `Chord` (pitch classes 0..11, 0 = C) and `score.Progression` (ticks, 12 a beat).
Nothing is ever read as something else: what a rule below does not cover is a `ChordError` or a
`ProgressionError` that names the thing and where it stands.

**Chord symbols.** A capital root A..G with `b`, `#`, `bb` or `##`, a quality, and a bass after `/`. ♭ ♯ Δ ø °
− and superscript figures, and parentheses, commas and spaces inside, are fine. Where spellings clash:

* An accidental after the letter belongs to the root: `C#9` is C sharp nine, `C(#9)` a triad with a sharp
  nine. A double one before 5, 9, 11 or 13 (`Bbb5`) is refused, for it could be either.
* `-` after the root is minor (`C-7`), after a figure it is flat (`C7-9`, `Cm7-5`); `+` is augmented and sharp
  likewise.
* `M` is major and `m` minor; `^` and `Δ` are a major seventh, with or without a 7; `h` and `ø` are
  half-diminished.
* `6/9` is no bass, nor is `m/maj7`; `2` is add9; `11` alone is 9sus4, while `7(11)` and `maj11` keep the
  third; `13` has no 11 unless it is minor; `sus` is sus4; `alt` has no natural fifth and takes b9, #9 and
  b13.
* Figures run together after a 6 or 7 are the notation of the Weimar Jazz Database, accidentals behind:
  `79b13` is 7(b9,13), `7911#` is 7(9,#11), `sus7913` is 13sus4. `69#11` is 6/9 with #11; `79#11` could be two
  things: refused.
* Refused because two readings are in use: small roots (`dm7`: a name or a minor chord), `C4`, `C(9)`,
  `Cmaj#11`, `Cmb9`, `Cm+7`, `C+11`, `Cm-7`; the German `H`; `C9b9`, which asks for both ninths.

**Progressions.** Bars between `|`, over as many lines as wanted (a line's end also ends a bar):

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
  start or the last repeat), twice or as often as `x3` behind says; no repeats inside repeats, and `MAX_BARS`
  bars at most.
* `[name]` at the start of a bar opens a section; repeating the bar repeats the section. `||` is a bar line.
* Header lines come first; meters are n/4, keys `Bb` or `Dm`, styles those of `STYLES`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jazzgen.errors import ChordError, ProgressionError
from jazzgen.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression, Section

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
    "transpose_progression",
    "transpose_symbol",
]

NO_CHORD = "N.C."
STYLES = ("swing", "bossa", "ballad", "waltz", "straight")
MAX_BARS = 4096  # 2 hours at 140 BPM; a few nested typing errors must not fill the memory
MAX_SYMBOL = 64  # characters; the longest sensible symbol, C7(b9,#9,#11,b13)/Bb, has 21
MAX_TEXT = 1_000_000  # characters of a progression


# ---------------------------------------------------------------------------------------------- note names

# A note's place on the line of fifths, ... Bb -2, F -1, C 0, G 1 ..., holds its letter and its accidental:
# transposing adds a constant, and the spelling comes out as musicians write it.
_FIFTHS = "FCGDAEB"
_ACCIDENTALS = {
    "": 0, "♮": 0, "b": -1, "♭": -1, "#": 1, "♯": 1,
    "bb": -2, "♭♭": -2, "𝄫": -2, "##": 2, "♯♯": 2, "𝄪": 2,
}  # fmt: skip
_NOTE = r"[A-G](?:bb|♭♭|##|♯♯|[b♭#♯𝄫𝄪♮])?"


def _place(name: str) -> int:
    return _FIFTHS.index(name[0]) - 1 + 7 * _ACCIDENTALS[name[1:]]


def _name(place: int) -> str:
    accidental, letter = divmod(place + 1, 7)
    return _FIFTHS[letter] + ("#" * accidental if accidental > 0 else "b" * -accidental)


def _nearest_place(pitch_class: int, lowest: int) -> int:
    # 7 is its own inverse modulo 12, so the same product leads from places to pitch classes and back.
    return lowest + (7 * pitch_class - lowest) % 12


def note_name(pitch_class: int, minor: bool = False) -> str:
    """How a chord's root 0..11 is usually spelled: Db Eb F# Ab Bb, or C# Eb F# Ab Bb under a minor chord."""
    return _name(_nearest_place(pitch_class, -4 if minor else -5))


# ---------------------------------------------------------------------------------------------- qualities

_DEGREES = (3, 5, 7, 9, 11, 13)
_Tones = dict[int, frozenset[int]]  # degree -> semitones above the root; a sixth stands under 7

# Pitch-class intervals by degree, and the ways to type each quality after `_TOKENS` has folded maj, ma and j
# into M; min, mi and - into m; dim and ° into o; ø into h; aug into +. Sources: lead sheet practice and the
# Weimar Jazz Database; the tests compare them with music21's chords.
_QUALITIES = (
    # name           3  5  7  9   11 13   spelled
    ("",           " 4  7  .  .   .  . ", ("", "M")),
    ("m",          " 3  7  .  .   .  . ", ("m",)),
    ("dim",        " 3  6  .  .   .  . ", ("o",)),
    ("aug",        " 4  8  .  .   .  . ", ("+", "+5")),
    ("5",          " .  7  .  .   .  . ", ("5",)),
    ("add9",       " 4  7  .  2   .  . ", ("2",)),
    ("madd9",      " 3  7  .  2   .  . ", ("m2",)),
    ("6",          " 4  7  9  .   .  . ", ("6", "M6")),
    ("m6",         " 3  7  9  .   .  . ", ("m6",)),
    ("69",         " 4  7  9  2   .  . ", ("69", "M69")),
    ("m69",        " 3  7  9  2   .  . ", ("m69",)),
    ("7",          " 4  7  10 .   .  . ", ("7",)),
    ("m7",         " 3  7  10 .   .  . ", ("m7",)),
    ("m7b5",       " 3  6  10 .   .  . ", ("h", "h7")),
    ("7#5",        " 4  8  10 .   .  . ", ("+7", "7+")),
    ("maj7",       " 4  7  11 .   .  . ", ("M7", "7M")),
    ("mmaj7",      " 3  7  11 .   .  . ", ("mM7", "m7M", "m#7")),
    ("dimmaj7",    " 3  6  11 .   .  . ", ("oM7",)),
    ("maj7#5",     " 4  8  11 .   .  . ", ("+M7", "M7+")),
    ("dim7",       " 3  6  9  .   .  . ", ("o7",)),
    ("dim7(maj7)", " 3  6  9,11 . .  . ", ("o7M7",)),
    ("9",          " 4  7  10 2   .  . ", ("9",)),
    ("m9",         " 3  7  10 2   .  . ", ("m9",)),
    ("m9b5",       " 3  6  10 2   .  . ", ("h9",)),
    ("9#5",        " 4  8  10 2   .  . ", ("+9", "9+")),
    ("maj9",       " 4  7  11 2   .  . ", ("M9",)),
    ("mmaj9",      " 3  7  11 2   .  . ", ("mM9",)),
    ("maj9#5",     " 4  8  11 2   .  . ", ("+M9", "M9+")),
    ("dim9",       " 3  6  9  2   .  . ", ("o9",)),
    ("9sus4",      " 5  7  10 2   .  . ", ("11",)),
    ("m11",        " 3  7  10 2   5  . ", ("m11",)),
    ("m11b5",      " 3  6  10 2   5  . ", ("h11",)),
    ("maj11",      " 4  7  11 2   5  . ", ("M11",)),
    ("mmaj11",     " 3  7  11 2   5  . ", ("mM11",)),
    ("13",         " 4  7  10 2   .  9 ", ("13",)),
    ("m13",        " 3  7  10 2   5  9 ", ("m13",)),
    ("m13b5",      " 3  6  10 2   5  9 ", ("h13",)),
    ("maj13",      " 4  7  11 2   .  9 ", ("M13",)),
    ("mmaj13",     " 3  7  11 2   5  9 ", ("mM13",)),
    ("7alt",       " 4  .  10 1,3 .  8 ", ("alt", "7alt", "alt7")),
)  # fmt: skip

# What may follow a quality: the degree it concerns and the semitones it puts there.
_TENSIONS = {
    "b5": (5, 6), "#5": (5, 8),
    "b9": (9, 1), "9": (9, 2), "#9": (9, 3),
    "11": (11, 5), "#11": (11, 6),
    "b13": (13, 8), "13": (13, 9),
}  # fmt: skip
_ALTERED_TENSIONS = ("b9", "#9", "#11", "b13")
_OTHER_NAMES = {"2": "9", "4": "11", "#4": "#11", "b6": "b13", "6": "13", "b10": "#9"}
_SUSPENSIONS = {"sus2": {2}, "sus4": {5}, "sus24": {2, 5}, "sus4add3": {4, 5}}

# Scales in the order in which they are tried: a chord takes the first that holds all its tones.
_SCALES = {
    "major":              (0, 2, 4, 5, 7, 9, 11),
    "mixolydian":         (0, 2, 4, 5, 7, 9, 10),
    "dorian":             (0, 2, 3, 5, 7, 9, 10),
    "lydian":             (0, 2, 4, 6, 7, 9, 11),
    "melodic minor":      (0, 2, 3, 5, 7, 9, 11),
    "diminished":         (0, 2, 3, 5, 6, 8, 9, 11),
    "locrian":            (0, 1, 3, 5, 6, 8, 10),
    "locrian natural 2":  (0, 2, 3, 5, 6, 8, 10),
    "lydian dominant":    (0, 2, 4, 6, 7, 9, 10),
    "half-whole":         (0, 1, 3, 4, 6, 7, 9, 10),
    "whole tone":         (0, 2, 4, 6, 8, 10),
    "lydian augmented":   (0, 2, 4, 6, 8, 9, 11),
    "altered":            (0, 1, 3, 4, 6, 8, 10),
    "mixolydian b6":      (0, 2, 4, 5, 7, 8, 10),
    "aeolian":            (0, 2, 3, 5, 7, 8, 10),
    "phrygian dominant":  (0, 1, 4, 5, 7, 8, 10),
    "phrygian":           (0, 1, 3, 5, 7, 8, 10),
    "dorian b2":          (0, 1, 3, 5, 7, 9, 10),
    "harmonic minor":     (0, 2, 3, 5, 7, 8, 11),
    "harmonic major":     (0, 2, 4, 5, 7, 8, 11),
}  # fmt: skip


def _tones(columns: str) -> _Tones:
    cells = zip(_DEGREES, columns.split(), strict=True)
    return {
        degree: frozenset(int(semitones) for semitones in cell.split(",") if semitones != ".")
        for degree, cell in cells
    }


_ROWS = {name: _tones(columns) for name, columns, _ in _QUALITIES}
_SPELLED = {spelling: name for name, _, spellings in _QUALITIES for spelling in spellings}


# ---------------------------------------------------------------------------------------------- chord symbols


@dataclass(frozen=True, slots=True)
class Chord:
    """What a chord symbol means.

    `root` and `bass` are pitch classes 0..11, `pitch_classes` all that sound, the bass included. `quality` is
    one spelling for all that mean the same ("maj7", "7b9#11", "" for a major triad), without root and bass,
    and reads back; `symbol` is the text as typed.
    """

    root: int
    bass: int
    pitch_classes: frozenset[int]
    quality: str
    symbol: str


_SYMBOL = re.compile(rf"({_NOTE})(.*?)(?:\s*/\s*({_NOTE}))?", re.DOTALL)
_NONE = re.compile(r"n\.?\s?c\.?|no chord", re.IGNORECASE)
_TWO_ROOTS = re.compile(r"[A-G](?:bb|##|♭♭|♯♯|𝄫|𝄪)(?:5|9|11|13)")
_SIGNS = str.maketrans(
    {"♭": "b", "♯": "#", "𝄫": "bb", "𝄪": "##", "♮": ""}
    | dict.fromkeys("Δ∆△▵", "^")
    | dict.fromkeys("øØ⌀∅", "h")
    | dict.fromkeys("°º˚○∘", "o")
    | dict.fromkeys("−–‐‑", "-")
    | dict(zip("¹²³⁴⁵⁶⁷⁹⁺⁻", "12345679+-", strict=True))
)
_DATABASE = re.compile(r"([^\d(]*)([67])(9[b#]?)?(11#?)?(13b?)?")  # figures run together, accidentals behind
_TOKENS = re.compile(
    r"""
      (?P<gap>    [\s,()]+ )
    | (?P<add>    (?i:add) \s* (?P<added> [b#]? (?:13|11|[23469]) ) )
    | (?P<no>     (?i:no|omit) \s* (?P<omitted> 3|5|9|11 ) (?:rd|th|d)? )
    | (?P<sus>    (?i:sus) (?P<how> 2sus4 | 24 | 2 | 4 )? )
    | (?P<alt>    (?i:altered|alt) )
    | (?P<h>      (?i:half-?diminished|half-?dim|hdim) | h )
    | (?P<o>      (?i:diminished|dim) | o )
    | (?P<aug>    (?i:augmented|aug) | \A \+ | (?<=[79]) \+ (?!\d) )
    | (?P<letter> [Mm] (?=(?i:add)) )
    | (?P<M>      (?i:major|maj) | ma | Ma | MA | M (?![iI]) | j (?=\d) )
    | (?P<delta>  \^ )
    | (?P<m>      (?i:minor|min) | mi | Mi | MI | m | \A - )
    | (?P<dom>    (?i:dom) (?=7|9|1[13]) )
    | (?P<alter>  [b#] (?:13|11|10|[45679]) | [-+] (?:5 | (?<=[\d\s,(].)(?:9|11|13)) )
    | (?P<number> 13|11|[25679] )
    | (?P<slash>  / (?= (?i:sus|add) ) | (?<=\d) / (?=[b#]?\d) | (?<=[mnio+-]) / (?=M|ma|j|\^) )
    """,
    re.VERBOSE,
)


def parse_chord(text: str, where: str = "") -> Chord | None:
    """The chord that `text` spells, or `None` for no chord ("N.C.", "NC").

    `where` ("bar 3") goes into the message of the `ChordError` that anything else raises.
    """
    try:
        if len(text) > MAX_SYMBOL:
            raise ChordError(f"it has {len(text)} characters, at most {MAX_SYMBOL} can be a chord")
        return _parse(text)
    except ChordError as error:
        shown = text if len(text) <= MAX_SYMBOL else text[:24] + "..."
        raise ChordError(f"unknown chord symbol {shown!r}{where and f' at {where}'}: {error}") from None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Chord | None:
    symbol = text.strip()
    if _NONE.fullmatch(symbol):
        return None
    parts = _SYMBOL.fullmatch(symbol)
    if not parts:
        raise ChordError(
            "it must start with a capital root A..G, as in Dm7, Bb7b9, F#m7b5/C; N.C. is no chord"
        )
    if two := _TWO_ROOTS.match(symbol):
        raise ChordError(
            f"{two[0]} can be two chords; put what follows the root in parentheses, as in Ab(b5)"
        )
    root = 7 * _place(parts[1]) % 12
    bass = 7 * _place(parts[3]) % 12 if parts[3] else root
    tones = _read_quality(parts[2].translate(_SIGNS).strip())
    above = {0}.union(*tones.values())
    sounding = frozenset((root + semitones) % 12 for semitones in above) | {bass}
    return Chord(root, bass, sounding, _quality_name(tones), text)


def _read_quality(body: str) -> _Tones:
    """The tones of a symbol without its root and bass: a quality of the table, then what changes it."""
    tokens, sus = _tokenize(_figures_in_front(body))
    head = max(n for n in range(len(tokens) + 1) if "".join(tokens[:n]) in _SPELLED)
    spelling = "".join(tokens[:head])
    tones = dict(_ROWS[_SPELLED[spelling]])
    if sus:
        tones[3] = frozenset(_SUSPENSIONS[sus])
    triad = (spelling or sus) and not tones[7]
    named = {token for token in tokens[:head] if token in _TENSIONS}
    for token in tokens[head:]:
        if triad and token in _ALTERED_TENSIONS and spelling + token != "mb13":
            raise ChordError(
                f"with or without a seventh? Write 7{token}, maj7{token}, m7{token} or add{token}"
            )
        _change(tones, token, named)
    return tones


def _figures_in_front(body: str) -> str:
    """The database's `7911#` as `7(9,#11)`; any other text as it is."""
    found = _DATABASE.fullmatch(body)
    figures = [figure for figure in found.groups()[2:] if figure] if found else []
    if not found or not any(figure[-1] in "b#" for figure in figures):
        return body
    if figures[0] in ("9b", "9#"):
        if found[2] == "6":
            return body  # 69#11: no one flattens or sharpens the ninth of a sixth chord
        if "11" in figures:
            raise ChordError("the accidental can belong to the 9 or to the 11; write 7#9#11 or 9#11")
    moved = (figure[-1] + figure[:-1] if figure[-1] in "b#" else figure for figure in figures)
    return f"{found[1]}{found[2]}({','.join(moved)})"


def _tokenize(body: str) -> tuple[list[str], str]:
    """The quality's tokens, each in one spelling, and the suspension wherever it stands ("" without one)."""
    outside = re.sub(r"\([^()]+\)", "", body)
    if "(" in outside or ")" in outside or re.search(r"[(,]\s*[,)]|^,|,$", body):
        raise ChordError("its parentheses or commas do not match")
    tokens: list[str] = []
    sus = ""
    at = 0
    while at < len(body):
        found = _TOKENS.match(body, at)
        if not found:
            raise ChordError(f"{body[at:]!r} is not understood")
        token = _spell_token(found)
        if sus and token.startswith("sus"):
            raise ChordError("it is suspended twice")
        if token.startswith("sus"):
            sus = token
        else:
            tokens += token.split()
        at = found.end()
    return tokens, sus


def _spell_token(found: re.Match[str]) -> str:
    """One match of `_TOKENS` in the spelling of the tables; empty where it only separates."""
    text, before, after = found[0], found.string[: found.start()], found.string[found.end() :]
    match next(kind for kind, matched in found.groupdict().items() if matched is not None):
        case "gap" | "slash" | "dom":
            return ""
        case "add":
            return "add" + _OTHER_NAMES.get(found["added"], found["added"])
        case "no":
            return "no" + found["omitted"]
        case "sus":
            return "sus" + (found["how"] or "4").replace("sus", "")
        case "delta":  # Δ and Δ7 are one; Δ9 is maj9
            return "M" if re.match(r"[\s(]*(7|9|11|13)", after) else "M 7"
        case "letter":
            return text
        case "aug":
            return "+"
        case "alter":
            altered = text.replace("-", "b").replace("+", "#")
            return _OTHER_NAMES.get(altered, altered)
        case "number":  # marked in parentheses, so that C(9), either C9 or Cadd9, is not read as C9
            return f"({text}" if text in _TENSIONS and before.endswith("(") else text
        case kind:
            return kind


def _change(tones: _Tones, change: str, named: set[str]) -> None:
    """Alter, add or leave out one tone; `named` holds the tensions that the symbol has named so far."""
    if change.startswith("no"):
        degree = int(change[2:])
        tones[degree] -= {3, 4} if degree == 3 else tones[degree]  # a suspension has no third to lose
    elif change == "add3" and tones[3] == {5}:
        tones[3] = frozenset(_SUSPENSIONS["sus4add3"])
    elif change == "add13" and not tones[7]:
        tones[7] = frozenset({9})  # on a triad it is the sixth
    elif change.strip("(ad") in _TENSIONS:
        _add_tension(tones, change, named)
    else:
        raise ChordError(f"{change!r} is not understood there")


def _add_tension(tones: _Tones, change: str, named: set[str]) -> None:
    figure = change.strip("(ad")
    degree, semitones = _TENSIONS[figure]
    altered = figure[0] in "b#"
    if not (altered or change.startswith("add") or tones[7]):
        raise ChordError(f"its {figure} has no seventh below it; write add{figure} or 7({figure})")
    if named & ({figure, str(degree)} if altered else {figure, f"b{degree}", f"#{degree}"}):
        raise ChordError(f"it names its {degree}th twice")
    if degree == 5 and not named & {"b5", "#5"} and not tones[5] <= {7, semitones}:
        raise ChordError("its fifth is altered twice")
    natural = {5: 7, 9: 2, 11: 5, 13: 9}[degree] if altered else semitones
    tones[degree] = tones[degree] - {natural} | {semitones}
    named.add(figure)


def _quality_name(tones: _Tones) -> str:
    """The one spelling of these tones: the row of the table that covers most of them, then what it lacks."""
    name = max((name for name in _ROWS if _covers(name, tones)), key=lambda name: _coverage(name, tones))
    row = _ROWS[name]
    if tones[3] != row[3]:
        name += next((sus for sus, third in _SUSPENSIONS.items() if third == tones[3]), "no3")
    fifth = "".join(("b5", "", "#5")[tone - 6] for tone in sorted(tones[5])) or "no5"
    fifth = "" if tones[5] == row[5] else fifth
    missing = [
        t for t, (degree, tone) in _TENSIONS.items() if degree > 5 and tone in tones[degree] - row[degree]
    ]
    if not tones[7]:
        added = "".join(f"add{t}" for t in missing)
        return f"({fifth}){added}" if fifth and not name else name + fifth + added
    if set(missing) <= set(_ALTERED_TENSIONS):
        return name + fifth + "".join(missing)
    return f"{name}{fifth}({','.join(missing)})"


def _covers(name: str, tones: _Tones) -> bool:
    """Whether the row has nothing that `tones` lack, apart from a suspended third and an altered fifth."""
    row = _ROWS[name]
    return (
        (row[3] == tones[3] or (row[3] == {4} and not tones[3] & {3} and tones[3] != {4}))
        and (row[5] == tones[5] or row[5] == {7})
        and row[7] == tones[7]
        and all(row[degree] <= tones[degree] for degree in (9, 11, 13))
    )


def _coverage(name: str, tones: _Tones) -> tuple[int, bool, bool]:
    row = _ROWS[name]
    return (
        sum(len(row[degree] & tones[degree]) for degree in _DEGREES),
        row[3] == tones[3],
        row[5] == tones[5],
    )


def chord_scale(chord: Chord) -> frozenset[int]:
    """The pitch classes of the scale that goes with `chord`: the first of `_SCALES` that holds all its tones.

    Where none does (Db/D), the scale that holds most of them, and the tones it lacks.
    """
    above = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    best = max(_SCALES.values(), key=lambda scale: len(above & set(scale)))  # the first of the best
    return frozenset((chord.root + semitones) % 12 for semitones in above.union(best))


def guide_tones(chord: Chord) -> frozenset[int]:
    """The pitch classes that tell `chord` from its neighbours: third (or suspension), and seventh or sixth.

    A triad that is neither major nor minor also gives its altered fifth, a power chord its fifth.
    """
    above = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    third = next({tone} for tone in (4, 3, 5, 2, 7, 0) if tone in above)
    seventh = next(({tone} for tone in (11, 10, 9) if tone in above), set())
    fifth = above & {6, 8} if not seventh and 7 not in above else set()
    return frozenset((chord.root + tone) % 12 for tone in third | seventh | fifth)


# ---------------------------------------------------------------------------------------------- other keys

_KEY = re.compile(rf"({_NOTE})\s*(?:(m|-|min|minor)|M|maj|major)?")
_RAW_SYMBOL = re.compile(rf"(\s*)({_NOTE})(.*?)(?:(\s*/\s*)({_NOTE}))?(\s*)", re.DOTALL)


def transpose_symbol(symbol: str, semitones: int) -> str:
    """`symbol` moved up by `semitones` (down if negative), its quality as typed; its root in the usual
    spelling.

    Moved by whole octaves it stays as it is. Raises `ChordError` for what `parse_chord` refuses.
    """
    chord = parse_chord(symbol)
    if chord is None or semitones % 12 == 0:
        return symbol
    target = note_name((chord.root + semitones) % 12, _is_minor(chord.quality))
    return _move_symbol(symbol, _place(target) - _place(_split_symbol(symbol)[1]))


def _is_minor(quality: str) -> bool:
    return quality.startswith(("m", "dim")) and not quality.startswith("maj")


def _split_symbol(symbol: str) -> tuple[str, str, str, str, str, str]:
    parts = _RAW_SYMBOL.fullmatch(symbol)
    if parts is None:
        raise ChordError(f"unknown chord symbol {symbol!r}: it must start with a capital root A..G")
    before, root, quality, slash, bass, after = parts.groups(default="")
    return before, root, quality, slash, bass, after


def _move_symbol(symbol: str, fifths: int, flattest: int = -7) -> str:
    """`symbol` moved along the line of fifths; roots beyond `flattest` or G# (A# in minor) are respelled."""
    chord = parse_chord(symbol)
    if chord is None:
        return symbol
    before, root, quality, slash, bass, after = _split_symbol(symbol)
    sharpest = 10 if _is_minor(chord.quality) else 8
    root = _name(_fold(_place(root) + fifths, flattest, sharpest))
    bass = _name(_fold(_place(bass) + fifths, flattest, 10)) if bass else ""
    return before + root + quality + slash + bass + after


def _fold(place: int, low: int, high: int) -> int:
    """The enharmonic equal of `place` within low..high, which spans at least twelve places."""
    while place < low:
        place += 12
    while place > high:
        place -= 12
    return place


def _read_key(text: str) -> tuple[int, bool] | None:
    """A key's place among the signatures (-6 = six flats, 6 = six sharps) and whether it is minor."""
    found = _KEY.fullmatch(text.strip())
    if not found:
        return None
    return _place(found[1]) - (3 if found[2] else 0), bool(found[2])


def _key_name(signature: int, minor: bool) -> str:
    return _name(signature + 3) + "m" if minor else _name(signature)


def transpose_progression(progression: Progression, semitones: int) -> Progression:
    """`progression` moved by `semitones`: chords and key, each chord spelled as it was in relation to the
    key.

    Flats are preferred: a key has at most five sharps or six flats. Without a key, the estimated one
    decides.
    """
    if semitones % 12 == 0:
        return progression
    known = _read_key(progression.key)
    old, minor = known or _read_key(estimate_key(progression)) or (0, False)
    new = _nearest_place((7 * (old + 7 * semitones)) % 12, -6)
    flattest = min(-6, new - 1)  # Cb is the fourth degree of Gb; elsewhere it is B
    chords = tuple(replace(c, symbol=_move_symbol(c.symbol, new - old, flattest)) for c in progression.chords)
    # Where no chord has a root the tonic is what values are counted from, so it has to move.
    named = known or not any(parse_chord(change.symbol) for change in chords)
    return replace(progression, chords=chords, key=_key_name(new, minor) if named else "")


# ---------------------------------------------------------------------------------------------- what sounds


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


# What an accompaniment's sounds are compared with, the plainer first where two fit equally well.
_TEMPLATES = (
    "", "m", "7", "maj7", "m7", "m7b5", "dim7", "6", "m6", "dim", "aug", "sus4", "7sus4", "mmaj7", "7#5",
    "maj7#5", "9", "maj9", "m9", "9sus4", "69", "13", "7b9", "7#9", "7#11", "maj7#11", "7b13", "7alt",
)  # fmt: skip


@cache
def _template_masks() -> NDArray[np.float64]:
    """Which pitch classes each of `_TEMPLATES` has over each root."""
    chords = [parse_chord(note_name(root) + name) for name in _TEMPLATES for root in range(12)]
    return np.array(
        [[float(chord is not None and pc in chord.pitch_classes) for pc in range(12)] for chord in chords]
    )


def infer_chord(weights: Sequence[float], bass: int | None = None) -> str:
    """The symbol of the common chord that explains what sounds best; "N.C." when nothing does.

    `weights` are 12 numbers >= 0, how much each pitch class sounds (C first); `bass` is the lowest one, if
    known. What sounds outside a chord speaks against it, so does a tone of it that is missing (a fifth
    hardly); the bass speaks for its root. A bass that is another tone of the chord goes behind a slash.
    """
    sounding = np.asarray(weights, dtype=np.float64)  # (12,)
    if not sounding.sum() > 0:
        return NO_CHORD
    shares = sounding / sounding.sum()
    masks = _template_masks()  # (12 K, 12), the roots of one template after another
    roots = np.tile(np.arange(12), len(_TEMPLATES))
    fifths = np.arange(12) == (roots[:, None] + 7) % 12
    # A tone counts as there from a tenth of the sound on: less is a passing note.
    missing = masks * np.where(fifths, 0.03, 0.12) * np.maximum(0, 1 - 10 * shares)
    scores = masks @ shares - missing.sum(axis=1) - 0.005 * masks.sum(axis=1) + 0.2 * (roots == bass)
    best = int(np.argmax(scores.round(9)))  # rounded, so that ties go to the plainer chord everywhere
    name, root = _TEMPLATES[best // 12], best % 12
    symbol = note_name(root, _is_minor(name)) + name
    if bass is None or bass == root or not sounding[bass] > 0:
        return symbol
    return f"{symbol}/{note_name(bass, _is_minor(name))}"


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
    keys = [(tonic, minor) for tonic in range(12) for minor in (False, True)]
    tonic, minor = max(keys, key=lambda key: _key_score(sounding, *key))
    place = _nearest_place(tonic, -3 if minor else -6)
    return _name(place) + ("m" if minor else "")


def _key_score(sounding: list[tuple[Chord, float]], tonic: int, minor: bool) -> float:
    scale = {(tonic + above) % 12 for above in ((0, 2, 3, 5, 7, 8, 9, 10, 11) if minor else _SCALES["major"])}
    third = 3 if minor else 4

    def is_tonic(chord: Chord) -> bool:
        return chord.root == tonic and (tonic + third) % 12 in chord.pitch_classes

    score = 0.0
    for i, (chord, share) in enumerate(sounding):
        inside = len(chord.pitch_classes & scale) / len(chord.pitch_classes)
        score += share * (inside + 0.6 * is_tonic(chord) - (0.12 if minor else 0))
        before = sounding[i - 1][0]
        if (
            is_tonic(chord)
            and (before.root - tonic) % 12 == 7
            and (before.root + 4) % 12 in before.pitch_classes
        ):
            score += 0.3 * share + 0.05
    return score + 0.4 * is_tonic(sounding[-1][0]) + 0.3 * is_tonic(sounding[0][0])


# ---------------------------------------------------------------------------------------------- progressions

_HEADER = re.compile(r"\s*([A-Za-z]+)\s*:(?!\|)\s*(.*?)\s*")
_HEADERS = ("title", "meter", "key", "style")
_ENTRY = re.compile(
    r"""
      (?P<label> \[ [^\]|]* \] )
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
    a waltz and all else swings. Raises `ProgressionError`, or `ChordError` for an unknown symbol; both name
    the bar.
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
        raise ProgressionError(f"unknown style {style!r}; known are {', '.join(STYLES)}")
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
        headers[name] = found[2]
    return headers, []


def _read_meter(text: str) -> int:
    found = re.fullmatch(r"(\d{1,2})\s*/\s*4", text)
    if not found or not 1 <= int(found[1]) <= 16:
        raise ProgressionError(f"meter {text!r} is not supported; write 1/4 to 16/4, such as 4/4 or 3/4")
    return int(found[1])


def _check_key(text: str) -> str:
    key = _read_key(text)
    if text and key is None:
        raise ProgressionError(f"unknown key {text!r}; write it as C, Bb, F#m or D minor")
    return _key_name(_fold(key[0], -7, 7), key[1]) if key else ""


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
                        raise self._error(f"{sign!r} does not belong there")
            self._end_bar()
        if self.label:
            raise ProgressionError(f"section [{self.label}] has no bars")
        if self.repeat_open:
            raise ProgressionError("a repeat |: is never closed; write :| where it ends")
        return self.bars, self.labels

    def _error(self, message: str) -> ProgressionError:
        return ProgressionError(f"bar {self.written + 1}: {message}")

    def _open_section(self, sign: str) -> None:
        if self.entries or self.label or not sign[1:-1].strip():
            raise self._error(f"section {sign} must have a name and stand alone at the start of a bar")
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
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_TEXT + 1)
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
    try:
        return parse_progression(text, title=path.stem)
    except (ProgressionError, ChordError) as error:
        raise type(error)(f"{path}: {error}") from None


def builtin_names() -> tuple[str, ...]:
    """Every built-in progression, each kind in twelve keys from its usual one up: blues-f, blues-gb, ..."""
    return tuple(_builtin_name(kind, semitones) for kind in _builtin_texts() for semitones in range(12))


@cache
def _builtin(kind: str, semitones: int) -> Progression:
    """The built-in progression of this kind, `semitones` above its usual key."""
    progression = transpose_progression(parse_progression(_builtin_texts()[kind]), semitones)
    key = progression.key.removesuffix("m")
    mode = "" if key == progression.key or "minor" in kind else " minor"  # minor-blues says it already
    return replace(progression, title=f"{progression.title} in {key}{mode}")


def _builtin_name(kind: str, semitones: int) -> str:
    key = _builtin(kind, semitones).key.lower()
    return f"{kind}-{key.removesuffix('m') if 'minor' in kind else key}"


def find_progression(text: str) -> Progression:
    """The progression meant by `text`: a built-in name, bars written out (with a `|`), or a file's path.

    A kind without a key ("blues") is taken in its usual key, and enharmonic names ("blues-f#") and a minor
    key with or without its m ("minor-blues-cm") are one.
    """
    name = text.strip().lower()
    if name in _builtin_texts():
        return _builtin(name, 0)
    kind, _, key = name.rpartition("-")
    if kind in _builtin_texts() and (found := _find_key(kind, key)) is not None:
        return _builtin(kind, found)
    if "|" in text:
        return parse_progression(text)
    try:
        is_there = bool(text.strip()) and Path(text).exists()
    except (OSError, ValueError):  # longer than a name can be, or with a null character
        is_there = False
    if is_there:
        return read_progression(text)
    close = get_close_matches(name[:80], [*_builtin_texts(), *builtin_names()], n=3)
    hint = f"did you mean {', '.join(close)}? " if close else ""
    raise ProgressionError(
        f"unknown progression {text[:80]!r}: {hint}"
        "Give a file that exists, bars such as '| Dm7 | G7 | Cmaj7 | % |', or a built-in kind, with a key "
        f"(blues-f) or without: {', '.join(_builtin_texts())}"
    )


def _find_key(kind: str, key: str) -> int | None:
    """How far `key` ("bb", "f#", "cm") lies above the usual key of `kind`; None if it is not one."""
    wanted = _read_key(key[:1].upper() + key[1:])
    signature, minor = _read_key(_builtin(kind, 0).key) or (0, False)
    if wanted is None or (wanted[1] and not minor):
        return None
    place = wanted[0] + (3 if wanted[1] else 0)
    return 7 * (place - signature - (3 if minor else 0)) % 12


@cache
def _builtin_texts() -> dict[str, str]:
    """Kind -> text, in the order of `_BUILTINS`."""
    kinds = re.split(r"^== (.+)\n", _BUILTINS, flags=re.MULTILINE)[1:]
    return dict(zip(kinds[::2], kinds[1::2], strict=True))


# Forms that belong to everybody, in the notation above, each in its usual key. No melodies, and no one's
# tune.
_BUILTINS = """
== blues
title: Blues
key: F
[A] | F7  | Bb7 | F7  | %   |
[B] | Bb7 | %   | F7  | %   |
[C] | C7  | Bb7 | F7  | C7  |

== jazz-blues
title: Jazz blues
key: Bb
[A] | Bb7  | Eb7   | Bb7      | Fm7 Bb7   |
[B] | Eb7  | Edim7 | Bb7      | Dm7b5 G7b9 |
[C] | Cm7  | F7    | Bb7 G7b9 | Cm7 F7    |

== blues-descending
title: Blues of many cadences
key: F
[A] | Fmaj7 | Em7b5 A7b9 | Dm7 G7 | Cm7 F7  |
[B] | Bb7   | Bbm7 Eb7   | Am7 D7 | Abm7 Db7 |
[C] | Gm7   | C7         | Am7 D7 | Gm7 C7  |

== minor-blues
title: Minor blues
key: Cm
[A] | Cm7     | Fm7   | Cm7 | C7alt       |
[B] | Fm7     | %     | Cm7 | %           |
[C] | Ab7     | G7alt | Cm7 | Dm7b5 G7alt |

== waltz-blues
title: Waltz blues
key: G
meter: 3/4
style: waltz
[A] | G7  | C7 | G7 | Dm7 . G7 |
[B] | C7  | %  | G7 | E7b9     |
[C] | Am7 | D7 | G7 | D7       |

== rhythm-changes
title: Rhythm changes
key: Bb
[A] | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Ebmaj7 Ab7 | Dm7 G7  | Cm7 F7 |
[A] | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Ebmaj7 Ab7 | Cm7 F7 | Bb6    |
[B] | D7        | %      | G7     | %      | C7      | %         | F7     | %      |
[A] | Bbmaj7 G7 | Cm7 F7 | Dm7 G7 | Cm7 F7 | Fm7 Bb7 | Ebmaj7 Ab7 | Cm7 F7 | Bb6    |

== ii-v-i
title: ii-V-I
key: C
[A] | Dm7 | G7 | Cmaj7 | % |

== minor-ii-v-i
title: Minor ii-V-i
key: Cm
[A] | Dm7b5 | G7alt | Cm6 | % |

== turnaround
title: Turnaround
key: C
[A] | Cmaj7 A7b9 | Dm7 G7 | Em7 A7alt | Dm7 G7 |
[B] | Cmaj7 Eb7  | Abmaj7 Db7 | Cmaj7 A7alt | Dm7 G7 |

== modal-aaba
title: Modal AABA
key: Dm
[A] |: Dm7  | % | % | % | % | % | % | % :|
[B] |  Ebm7 | % | % | % | % | % | % | % |
[A] |  Dm7  | % | % | % | % | % | % | % |

== modal-vamps
title: Four modes
key: Dm
style: straight
[A] | Dm11       | % | % | % | % | % | % | % |
[B] | Fmaj7#11   | % | % | % | % | % | % | % |
[C] | Ab13sus4   | % | % | % | % | % | % | % |
[D] | G7sus4b9   | % | % | % | A7sus4b9 | % | A7alt | % |

== bossa
title: Bossa
key: F
style: bossa
[A] | Fmaj7 | %     | G7#11 | %   | Gm7    | C7   | Fmaj7 | Gm7 C7 |
[A] | Fmaj7 | %     | G7#11 | %   | Gm7    | C7   | Fmaj7 | %      |
[B] | Bbmaj7 | Bbm6 | Am7   | Abdim7 | Gm7 | A7b9 | Dm7  | G9     |
[A] | Fmaj7 | %     | G7#11 | %   | Gm7    | Gb7#11 | F69 | Gm7 C7b9 |

== minor-bossa
title: Minor bossa
key: Cm
style: bossa
[A] | Cm7   | %   | Fm7    | %  | Dm7b5 | G7b9 | Cm7 | Cm6         |
[B] | Ebm7  | Ab7 | Dbmaj7 | %  | Dm7b5 | G7b9 | Cm69 | Dm7b5 G7alt |

== waltz
title: Waltz
key: Bb
meter: 3/4
style: waltz
[A] | Bbmaj7 | %    | Am7b5 | D7b9 | Gm7    | %    | Fm7   | Bb7  |
[B] | Ebmaj7 | Ebm6 | Dm7   | G7b9 | Cm7    | F7   | Bbmaj7 | F7sus4 |
[A] | Bbmaj7 | %    | Am7b5 | D7b9 | Gm7    | %    | Fm7   | Bb7  |
[C] | Ebmaj7 | Edim7 | Bbmaj7/F | G7 | C9   | F7b9 | Bb69  | %    |

== ballad
title: Ballad
key: Eb
style: ballad
[A] | Ebmaj7 Cm7 | Fm7 Bb7 | Gm7 C7b9  | Fm7 Abm6  | Gm7 Gbdim7 | Fm7 Bb7 | Gm7 C7b9 | Fm7 Bb7 |
[A] | Ebmaj7 Cm7 | Fm7 Bb7 | Gm7 C7b9  | Fm7 Abm6  | Gm7 Gbdim7 | Fm7 Bb7 | Eb69     | Bbm7 Eb7 |
[B] | Abmaj7     | Abm7 Db7 | Gbmaj7   | Gbm7 B7   | Emaj7      | F9      | Fm7      | Bb13 Bb7b9 |
[A] | Ebmaj7 Cm7 | Fm7 Bb7 | Gm7 C7b9  | Fm7 Abm6  | Gm7 Gbdim7 | Fm7 Bb7 | Eb69     | Fm7 Bb7 |

== standard-abac
title: Standard ABAC
key: G
[A] | Gmaj7 | E7   | Am7   | %      | D7    | %    | Gmaj7 | Bm7b5 E7 |
[B] | Am7   | Cm6  | Bm7   | E7     | A7    | %    | Am7   | D7       |
[A] | Gmaj7 | E7   | Am7   | %      | D7    | %    | Gmaj7 | Bm7b5 E7 |
[C] | Am7   | Cm7 F7 | Bm7 | Bbdim7 | Am7   | D7   | G6    | Am7 D7   |

== minor-aaba
title: Minor AABA
key: Am
[A] |: Am6  | E7b9 | Am6   | A7b9 | Dm7 | Bm7b5 E7b9 | Am6 | Bm7b5 E7b9 :|
[B] |  Gm7  | C7   | Fmaj7 | %    | Fm7 | Bb7       | E7sus4 | E7b9 |
[A] |  Am6  | E7b9 | Am6   | A7b9 | Dm7 | Bm7b5 E7b9 | Am6 | % |

== circle-of-fifths
title: Circle of fifths
key: C
[A] | B7  | E7  | A7  | D7  | G7  | C7  | F7  | Bb7 |
[B] | Eb7 | Ab7 | Db7 | Gb7 | Fm7 Bb7 | Em7 A7 | Dm7 G7 | Cmaj7 |

== circle-of-thirds
title: Circle of major thirds
key: C
[A] | Cmaj7 Eb7  | Abmaj7 B7 | Emaj7 G7 | Cmaj7 | F#m7 B7 | Emaj7 G7 | Cmaj7 Eb7 | Abmaj7 |
[B] | Dm7 G7     | Cmaj7     | Bbm7 Eb7 | Abmaj7 | F#m7 B7 | Emaj7   | Dm7      | G7     |

== five-four
title: Minor vamp in five
key: Ebm
meter: 5/4
style: straight
[A] |: Ebm7 . . Bbm7 . | % | % | % :|
[B] |  Cbmaj7 . . Abm7 . | Bbm7 . . Ebm7 . | Abm7 . . Db7 . | Gbmaj7 |
    |  Cbmaj7 . . Abm7 . | Bbm7 . . Ebm7 . | Fm7b5 | Bb7alt |
[A] |  Ebm7 . . Bbm7 . | % | % | % |
"""
