"""harmony.py: kinds and degrees of MusicXML to symbols and back, against music21 where it is right."""

from __future__ import annotations

from itertools import combinations

import pytest

from jazzgen.charts.harmony import HOLD, Degree, Harmony, read_symbol, write_symbol
from jazzgen.errors import ChordError
from jazzgen.music.chords import parse_chord

D = Degree
# kind, degrees above the root, as the description of the format has them
KINDS = """
major                0 4 7
minor                0 3 7
augmented            0 4 8
diminished           0 3 6
dominant             0 4 7 10
major-seventh        0 4 7 11
minor-seventh        0 3 7 10
diminished-seventh   0 3 6 9
augmented-seventh    0 4 8 10
half-diminished      0 3 6 10
major-minor          0 3 7 11
minor-major          0 3 7 11
major-sixth          0 4 7 9
minor-sixth          0 3 7 9
dominant-ninth       0 2 4 7 10
major-ninth          0 2 4 7 11
minor-ninth          0 2 3 7 10
dominant-11th        0 2 4 5 7 10
major-11th           0 2 4 5 7 11
minor-11th           0 2 3 5 7 10
dominant-13th        0 2 4 7 9 10
major-13th           0 2 4 7 9 11
minor-13th           0 2 3 5 7 9 10
suspended-second     0 2 7
suspended-fourth     0 5 7
power                0 7
"""


def above(symbol: str) -> set[int]:
    """Semitones above the root of what `symbol` says."""
    chord = parse_chord(symbol)
    assert chord is not None
    return {(tone - chord.root) % 12 for tone in chord.pitch_classes}


@pytest.mark.parametrize("row", KINDS.strip().splitlines(), ids=lambda row: row.split()[0])
def test_each_kind_has_its_tones(row: str) -> None:
    kind, *tones = row.split()
    assert above(read_symbol(Harmony("Eb", kind))) == set(map(int, tones))


@pytest.mark.parametrize(
    ("harmony", "symbol"),
    [
        # degrees
        (Harmony("C", "suspended-fourth", "7sus", (D(7, 0),)), "C7sus"),
        (Harmony("C", "dominant", "7", (D(9, -1),)), "C7b9"),
        (Harmony("C", "dominant", "", (D(5, -1, "alter"), D(9, 1))), "C7b5#9"),
        (Harmony("C", "minor-seventh", "", (D(5, -1, "alter"),)), "Cm7b5"),
        (Harmony("C", "half-diminished", "", (D(5, 1, "alter"),)), "Cm7"),
        (Harmony("C", "dominant", "", (D(9, -1, "alter"),)), "C7b9"),
        (Harmony("C", "dominant-ninth", "", (D(9, -1, "alter"),)), "C7b9"),
        (Harmony("C", "major", "", (D(9, 0),)), "Cadd9"),
        (Harmony("C", "major", "", (D(2, 0),)), "Cadd9"),
        (Harmony("C", "major", "", (D(6, 0),)), "C6"),
        (Harmony("C", "major", "", (D(7, 0),)), "C7"),
        (Harmony("C", "major", "", (D(7, 1),)), "Cmaj7"),
        (Harmony("C", "minor", "", (D(7, 1),)), "Cmmaj7"),
        (Harmony("C", "major-sixth", "6/9", (D(9, 0),), "E"), "C6/9/E"),
        (Harmony("C", "major-sixth", "", (D(6, 0, "subtract"),)), "C"),
        (Harmony("C", "dominant", "", (D(5, 0, "subtract"), D(9, -1), D(9, 1), D(13, -1))), "C7alt"),
        (Harmony("C", "suspended-fourth", "", (D(3, 0),)), "Cadd11"),
        (Harmony("C", "dominant", "", (D(3, 0, "subtract"), D(4, 0))), "C7sus4"),
        # kind and degrees decide against the text
        (Harmony("C", "major-seventh", "7"), "Cmaj7"),
        (Harmony("C", "minor-seventh", "7"), "Cm7"),
        (Harmony("C", "major-sixth", "6M7"), "C6"),
        (Harmony("C", "dominant-11th", "11"), "C9(11)"),
        (Harmony("C", "suspended-fourth", "7sus4"), "Csus4"),
        # a text with the same tones is kept
        (Harmony("C", "augmented-seventh", "7+"), "C7+"),
        (Harmony("C", "minor-seventh", "mi7"), "Cmi7"),
        (Harmony("C", "major-seventh", "^7"), "C^7"),
        (Harmony("C", "minor-ninth", "min9"), "Cmin9"),
        (Harmony("F#", "half-diminished", "-7b5", (), "E"), "F#-7b5/E"),
        (Harmony("C", "dominant", "7♭9", (D(9, -1),)), "C7b9"),
        (Harmony("C", "dominant", "7 (b9)", (D(9, -1),)), "C7(b9)"),
        (Harmony("C", "diminished-seventh", "07"), "C07"),
        # kinds without tones
        (Harmony("C", "other", "7b9"), "C7b9"),
        (Harmony("C", "other", "7", (D(9, -1),)), "C7b9"),
        (Harmony("C", "other", "m7b5", (D(5, -1, "alter"),)), "Cm7b5"),
        (Harmony("C", "other", "", (D(3, 0), D(5, 0), D(9, 0))), "Cadd9"),
        (Harmony("C", "", "m7"), "Cm7"),
        (Harmony("C", "", ""), "C"),
        (Harmony("C", "min7", ""), "Cmin7"),
        (Harmony("C", "none", ""), "N.C."),
        (Harmony("C", "none", "N.C."), "N.C."),
        (Harmony("", "", "NC"), "N.C."),
        (Harmony("C", "", "N.C."), "N.C."),
        (Harmony("C", "none", "%"), HOLD),
        (Harmony("", "", "Dm7/G"), "Dm7/G"),
        # left for the parser to refuse
        (Harmony("C", "Neapolitan", ""), "Cneapolitan"),
        (Harmony("C", "pedal", "pedal"), "Cpedal"),
        (Harmony("C", "other", "Vamp"), "CVamp"),
    ],
)
def test_symbols_of_kind_degrees_and_text(harmony: Harmony, symbol: str) -> None:
    assert read_symbol(harmony) == symbol


def spellings() -> set[str]:
    """A symbol for every set of tones that a kind and up to two degrees can have and a symbol can say."""
    changes = [D(5, -1, "alter"), D(5, 1, "alter"), *(D(n, a) for n in (9, 11, 13) for a in (-1, 0, 1))]
    found = set()
    for kind in KINDS.split()[::1]:
        if kind.isdecimal():
            continue
        for count in range(3):
            for degrees in combinations(changes, count):
                symbol = read_symbol(Harmony("C", kind, "", degrees))
                try:
                    parse_chord(symbol)
                except ChordError:
                    continue
                found.add(symbol)
    return found


def test_what_is_written_is_read_with_the_same_tones_and_text() -> None:
    symbols = spellings()
    assert len(symbols) > 300
    for symbol in symbols:
        back = read_symbol(write_symbol(f"{symbol}/Bb"))
        assert above(back) == above(f"{symbol}/Bb")
        assert back == f"C{parse_chord(symbol).quality}/Bb"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("symbol", "kind", "degrees"),
    [
        ("C9sus4", "suspended-fourth", (D(7, 0), D(9, 0))),
        ("C7b5", "dominant", (D(5, -1, "alter"),)),
        ("Cmaj7#5", "major-seventh", (D(5, 1, "alter"),)),
        ("Cm9b5", "minor-ninth", (D(5, -1, "alter"),)),
        ("C69", "major-sixth", (D(9, 0),)),
        ("C7(b9,#9)", "dominant", (D(9, -1), D(9, 1))),
        ("N.C.", "none", ()),
    ],
)
def test_symbols_are_written_as_programs_write_them(symbol: str, kind: str, degrees: tuple[Degree]) -> None:
    harmony = write_symbol(symbol)
    assert (harmony.kind, set(harmony.degrees)) == (kind, set(degrees))
