"""Chord symbols: parsed into pitch classes (`parse_chord`), their scales, and transposed.

In: what musicians type. Out: `Chord` (pitch classes 0..11, 0 = C), or a symbol again. No symbol is guessed:
what a rule below does not cover is a `ChordError` that names the symbol and where it stands.

A symbol is a capital root A..G with `b`, `#`, `bb` or `##`, a quality, and a bass after `/`. ♭ ♯ Δ ø ° − and
superscript figures, and parentheses, commas and spaces inside, are fine. Where spellings clash:

* An accidental after the letter belongs to the root: `C#9` is C sharp nine, `C(#9)` a triad with a sharp
  nine. A double one before 5, 9, 11 or 13 (`Bbb5`) is refused, for it could be either.
* `-` is minor after the root (`C-7`) and flat after a figure (`C7-9`, `Cm7-5`); so `+` is augmented or sharp.
* `M` is major, `m` minor; `^`, `Δ` and `J` are a major seventh, with or without a 7; `h`, `ø`
  half-diminished; `0` alone or before a 7 is `o`.
* `6/9` is no bass, nor is `m/maj7`; `2` is add9; `11` alone is 9sus4, while `7(11)` and `maj11` keep the
  third; `13` has no 11 unless it is minor; `sus` is sus4; `alt` has b9, #9 and b13 and no natural fifth.
* Figures run together after a 6 or 7 are the notation of the Weimar Jazz Database, accidentals behind:
  `79b13` is 7(b9,13), `7911#` is 7(9,#11), `sus7913` is 13sus4, but `69#11` is 6/9 with #11.
* Refused because two readings are in use: small roots (`dm7`: a name or a minor chord), `C4`, `C(9)`,
  `C79#11`, `Cmaj#11`, `Cmb9`, `Cm+7`, `C+11`, `Cm-7`; the German `H`; `C9b9`, which names both ninths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jazzgen.errors import ChordError
from jazzgen.music.pitch import NOTE, fold, name_at, note_name, pitch_class_at, place_of

MAX_SYMBOL = 64  # characters; the longest sensible symbol, C7(b9,#9,#11,b13)/Bb, has 21


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
# Whole qualities that charts have and the tokens below would not read.
_READINGS = {
    "0": "o", "07": "o7",  # the figure for the letter
    "m+": "m#5", "-+": "m#5", "mi+": "m#5", "min+": "m#5", "maug": "m#5", "minaug": "m#5", "-aug": "m#5",
    "+4": "add#11",  # iReal Pro's: a lydian triad, not an augmented one
    "67": "7add13", "/6": "6", "m/6": "m6", "-/6": "m6",
    "susb9": "7susb9", "sus4b9": "7susb9", "sus(b9)": "7susb9",
    "9M": "M9", "13M": "M13",
}  # fmt: skip
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
    """A parsed chord symbol.

    `root` and `bass` are pitch classes 0..11, `pitch_classes` all that sound, the bass included. `quality` is
    one spelling for all that mean the same ("maj7", "7b9#11", "" for a major triad), without root and bass,
    and parses again; `symbol` is the text as typed.
    """

    root: int
    bass: int
    pitch_classes: frozenset[int]
    quality: str
    symbol: str


# What stands before the root, root, quality, slash, bass, what stands behind.
_SYMBOL = re.compile(rf"(\s*)({NOTE})(.*?)(?:(\s*/\s*)({NOTE}))?(\s*)", re.DOTALL)
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
    | (?P<delta>  \^ | J )
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
    if _NONE.fullmatch(text.strip()):
        return None
    parts = _SYMBOL.fullmatch(text)
    if not parts:
        raise ChordError(
            "it must start with a capital root A..G, as in Dm7, Bb7b9, F#m7b5/C; N.C. is no chord"
        )
    if two := _TWO_ROOTS.match(text.strip()):
        raise ChordError(
            f"{two[0]} can be two chords; put what follows the root in parentheses, as in Ab(b5)"
        )
    root = pitch_class_at(place_of(parts[2]))
    bass = pitch_class_at(place_of(parts[5])) if parts[5] else root
    tones = _parse_quality(parts[3].translate(_SIGNS).strip())
    above = {0}.union(*tones.values())
    sounding = frozenset((root + semitones) % 12 for semitones in above) | {bass}
    return Chord(root, bass, sounding, quality_name(tones), text)


def _parse_quality(body: str) -> _Tones:
    """The tones of a symbol without its root and bass: a quality of the table, then what changes it."""
    tokens, sus = _tokenize(_figures_in_front(_READINGS.get(body, body)))
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
            return body  # 69#11: the ninth of a sixth chord is never altered
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


def quality_name(tones: dict[int, frozenset[int]]) -> str:
    """The one spelling of these tones: the row of the table that covers most of them, then what it lacks.

    `tones` are semitones above the root under the degrees 3, 5, 7, 9, 11, 13; `ValueError` where no row has
    such a third or seventh.
    """
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
    return _scale(chord.root, chord.pitch_classes)


@lru_cache(maxsize=4096)
def _scale(root: int, pitch_classes: frozenset[int]) -> frozenset[int]:
    above = {(tone - root) % 12 for tone in pitch_classes}
    best = max(_SCALES.values(), key=lambda scale: len(above & set(scale)))  # the first of the best
    return frozenset((root + semitones) % 12 for semitones in above.union(best))


def guide_tones(chord: Chord) -> frozenset[int]:
    """The guide tones of `chord` as pitch classes: third (or suspension), and seventh or sixth.

    A triad that is neither major nor minor also gives its altered fifth, a power chord its fifth.
    """
    above = {(tone - chord.root) % 12 for tone in chord.pitch_classes}
    third = next({tone} for tone in (4, 3, 5, 2, 7, 0) if tone in above)
    seventh = next(({tone} for tone in (11, 10, 9) if tone in above), set())
    fifth = above & {6, 8} if not seventh and 7 not in above else set()
    return frozenset((chord.root + tone) % 12 for tone in third | seventh | fifth)


# ---------------------------------------------------------------------------------------------- transposing


def transpose_symbol(symbol: str, semitones: int) -> str:
    """`symbol` transposed by `semitones`, its root as usually spelled, its quality as typed.

    Moved by whole octaves it stays as it is. Raises `ChordError` for what `parse_chord` refuses.
    """
    chord = parse_chord(symbol)
    parts = _SYMBOL.fullmatch(symbol)
    if chord is None or parts is None or semitones % 12 == 0:
        return symbol
    target = note_name((chord.root + semitones) % 12, is_minor(chord.quality))
    return move_symbol(symbol, place_of(target) - place_of(parts[2]))


def is_minor(quality: str) -> bool:
    """Whether a `Chord.quality` names a minor or diminished chord."""
    return quality.startswith(("m", "dim")) and not quality.startswith("maj")


def move_symbol(symbol: str, fifths: int, flattest: int = -7) -> str:
    """`symbol` moved along the line of fifths; roots beyond `flattest` or G# (A# in minor) are respelled."""
    chord = parse_chord(symbol)
    parts = _SYMBOL.fullmatch(symbol)
    if chord is None or parts is None:
        return symbol
    before, root, quality, slash, bass, after = parts.groups(default="")
    sharpest = 10 if is_minor(chord.quality) else 8
    root = name_at(fold(place_of(root) + fifths, flattest, sharpest))
    bass = name_at(fold(place_of(bass) + fifths, flattest, 10)) if bass else ""
    return before + root + quality + slash + bass + after
