"""chords.py: what musicians type, compared with lead sheet practice, music21 and pychord."""

from __future__ import annotations

import re
import sqlite3

import music21
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import ChordError
from jazzgen.music.chords import chord_scale, guide_tones, parse_chord, transpose_symbol
from jazzgen.music.pitch import note_name
from tests.shared import shared_file

# What musicians type for a chord on C, and the semitones above C that it must have: written down
# from lead sheet practice, not from the program.
SPELLINGS = """
0 4 7           | C CM Cma Cmaj CMaj CMAJ Cmajor
0 3 7           | Cm C- C− C– Cmi Cmin Cminor CMI CMin CMIN
0 3 6           | Cdim Co C° Cº Cdiminished Cmb5 Cm(b5) Cm-5
0 4 8           | Caug C+ C(#5) C(♯5) C(+5) Caugmented C+5
0 4 6           | C(b5) C(♭5) C(-5)
0 7             | C5 C(no3) C(omit3) Cno3rd
0 2 7           | Csus2
0 5 7           | Csus Csus4 C(sus4) CSUS
0 2 5 7         | Csus2sus4 Csus24 Csus4add9
0 4 7 9         | C6 CM6 Cmaj6 Cadd6
0 3 7 9         | Cm6 C-6 Cmin6 Cmi6
0 2 4 7 9       | C6/9 C69 C6(9) C6add9 C6(add9) CM69 Cmaj6/9 C⁶⁹
0 2 3 7 9       | Cm6/9 Cm69 C-69 Cmin6/9 Cm6add9
0 4 6 7 9       | C6#11 C6(#11)
0 2 4 6 7 9     | C69#11 C6/9#11 C6911# C6/9(#11)
0 2 4 7         | Cadd9 C(add9) Cadd2 C2 CMadd9 Cmajadd9 CmaADD9
0 2 3 7         | Cmadd9 Cm(add9) C-add9 Cmin(add9) Cm add9 Cmadd2
0 4 5 7         | Cadd11 Cadd4 C(add11)
0 4 6 7         | C(#11) Cadd#11
0 3 7 8         | Cm(b6) C-b6 Cmb6
0 4 7 10        | C7 Cdom7 C⁷
0 4 7 11        | Cmaj7 CM7 CΔ CΔ7 C∆ C∆7 C△ C△7 Cj7 Cma7 CMa7 CMA7 CMaj7 Cmajor7 C^ C^7 C7M Cmaj(7)
0 3 7 10        | Cm7 C-7 C−7 Cmi7 Cmin7 CMI7 Cminor7 Cm⁷
0 3 7 11        | CmM7 Cm(maj7) Cmin(maj7) Cmin/maj7 Cm/maj7 Cmmaj7 CminMaj7 C-Δ C-Δ7 C-^7 C-M7 C-maj7 C-j7
0 3 7 11        | Cmi(ma7) C-(M7) Cm(M7) Cm#7 Cm(#7) CmΔ CmΔ7 CmMaj7 CmiMA7
0 3 6 10        | Cm7b5 Cm7(b5) C-7b5 C-7(b5) Cmin7b5 Cmi7b5 Cø Cø7 CØ Ch Ch7 Cm7-5 C-7-5 Chdim7 Chalfdim7
0 3 6 10        | Cm7♭5 C half-diminished Cø7b5
0 3 6 9         | Cdim7 Co7 C°7 Cdiminished7
0 3 6 11        | CdimM7 Cdimmaj7 Co(maj7) C°M7 CoΔ
0 3 6 9 11      | Co7(maj7) Cdim7(maj7)
0 4 8 10        | C7#5 C+7 C7+ C7+5 Caug7 C7(#5) C7aug C7♯5 C7(+5)
0 4 6 10        | C7b5 C7-5 C7(b5) C7♭5
0 4 6 8 10      | C7b5#5
0 4 8 11        | Cmaj7#5 CM7#5 C+maj7 C+M7 Caugmaj7 CΔ#5 C^7#5 Cmaj7(#5) Cmaj7+5 C+j7 CM7+
0 4 6 11        | Cmaj7b5 CM7b5 CΔ7b5 Cmaj7(b5) Cmaj7-5
0 5 7 10        | C7sus C7sus4 Csus7 C7(sus4) C7/sus4 C7 sus4
0 2 7 10        | C7sus2
0 5 7 11        | Cmaj7sus4 CM7sus CΔsus
0 4 5 7 10      | C7susadd3 C7sus4add3 C7add11 C7(11) C7add4
0 2 5 7 10      | C9sus C9sus4 C11 Csus79 Csus9 C7sus4(9)
0 2 5 7 9 10    | C13sus C13sus4 Csus7913 C13(sus4) Csus13
0 1 5 7 10      | C7sus4b9 C7b9sus C7susb9 C7b9sus4 C7sus(b9) C7sus4(b9)
0 1 5 7 9 10    | C13susb9
0 2 4 7 10      | C9 C79 C7(9) C7/9 C7add9
0 2 4 7 11      | Cmaj9 CM9 CΔ9 C^9 Cma9 Cj79 Cmaj7(9) Cmaj7/9
0 2 3 7 10      | Cm9 C-9 Cmin9 Cmi9 C-79 Cm7(9)
0 2 3 7 11      | Cm(maj9) CmM9 Cmmaj9 C-Δ9 C-^9
0 2 3 6 10      | Cm9b5 Cø9 C-9b5 Cm9(b5) Ch9
0 2 3 5 7 10    | Cm11 C-11 Cmin11 C-7911 Cm7(9,11)
0 3 5 7 10      | Cm7add11 Cm7(11) Cm7add4
0 2 3 5 6 10    | Cø11 Cm11b5
0 2 4 5 7 10    | C7911 C9(11)
0 2 4 5 7 11    | Cmaj11 CM11
0 2 4 7 9 10    | C13 C7913 C9(13)
0 4 7 9 10      | C7(13) C7add13 C7add6 C7/13
0 2 4 7 9 11    | Cmaj13 CM13 CΔ13 C^13
0 2 3 5 7 9 10  | Cm13 C-13 Cmin13
0 2 3 7 9 10    | C-7913
0 2 3 7 9 11    | C-j7913
0 1 4 7 10      | C7b9 C7(b9) C7-9 C7♭9 C7 b9 C79b C7(-9)
0 3 4 7 10      | C7#9 C7(#9) C7+9 C7♯9 C79#
0 4 6 7 10      | C7#11 C7(#11) C7+11 C7#4
0 4 7 8 10      | C7b13 C7(b13) C7-13 C7b6
0 1 3 4 7 10    | C7b9#9 C7(b9,#9)
0 1 4 6 7 10    | C7b9#11 C7(b9,#11) C7(b9 #11) C7(b9)(#11) C7#11b9
0 1 4 7 8 10    | C7b9b13 C7(b9,b13) C79b13b C7(♭9, ♭13)
0 1 4 7 9 10    | C13b9 C7b9(13) C79b13 C7(b9,13) C13(b9) C7b9♮13
0 3 4 7 8 10    | C7#9b13 C7(#9,b13)
0 3 4 6 7 10    | C7#9#11 C79#11#
0 3 4 7 9 10    | C13#9 C79#13
0 1 4 8 10      | C7b9#5 C7#5b9 C+7b9 C+79b C7+5-9
0 3 4 8 10      | C7#9#5 C7#5#9 C+7#9 C+79# C7(#9,#5) C7+9+5
0 1 4 6 10      | C7b5b9 C7b9b5
0 3 4 6 10      | C7b5#9 C7#9b5
0 2 4 8 10      | C9#5 C+9 C9+ Caug9 C+79 C9(#5)
0 2 4 6 10      | C9b5 C9(b5)
0 2 4 6 7 10    | C9#11 C9(#11) C7911# C9♯11
0 2 4 7 8 10    | C9b13 C7913b
0 2 4 6 7 9 10  | C13#11 C13(#11)
0 1 4 6 7 9 10  | C13b9#11
0 2 4 6 8 10    | C+7911# C9#5#11
0 4 6 7 11      | Cmaj7#11 CM7#11 CΔ#11 CΔ7#11 C^7#11 Cmaj7(#11) Cj711#
0 2 4 6 7 11    | Cmaj9#11 Cj7911# C^9#11
0 2 4 6 7 9 11  | Cmaj13#11
0 3 4 7 11      | Cj79#
0 3 4 6 7 11    | Cj79#11#
0 2 3 6 7 11    | C-j7911#
0 1 3 7 10      | C-79b Cm7b9
0 1 3 4 8 10    | Calt C7alt C7(alt) Caltered Calt7 C7altered
0 7 10          | C7(no3) C7no3 C7omit3
0 4 10          | C7(no5) C7omit5
"""
TABLE = [
    (spelling, {int(semitones) for semitones in row.split("|")[0].split()})
    for row in SPELLINGS.strip().splitlines()
    for spelling in re.findall(r"\S+(?: (?![C])\S+)*", row.split("|")[1])
]


@pytest.mark.parametrize(("spelling", "semitones"), TABLE)
def test_common_spellings(spelling: str, semitones: set[int]) -> None:
    for shift in range(12):
        moved = note_name(shift) + spelling[1:]
        if re.match(r"[A-G][b#]", moved) and re.match(r"[A-G][b#][b#]", moved):
            continue  # Db + b9 would be another root
        chord = parse_chord(moved)
        assert chord is not None
        assert (chord.root, chord.bass) == (shift, shift)
        assert chord.pitch_classes == {(shift + tone) % 12 for tone in semitones}, moved
        assert chord.symbol == moved


def test_the_table_is_large_and_its_qualities_read_back() -> None:
    assert len(TABLE) == len({spelling for spelling, _ in TABLE})
    assert len(TABLE) > 300
    for spelling, _ in TABLE:
        chord = parse_chord(spelling)
        assert chord is not None
        again = parse_chord("C" + chord.quality)
        assert again is not None
        assert (again.pitch_classes, again.quality) == (chord.pitch_classes, chord.quality), spelling


def test_same_tones_by_degree_have_one_quality() -> None:
    for spellings, quality in [
        ("Cmaj7 CΔ Cj7 C^7 CMA7 C7M", "maj7"),
        ("C7b9#11 C7(b9,#11) C7#11b9", "7b9#11"),
        ("Cm7b5 Cø Ch C-7-5", "m7b5"),
        ("C+79# C7#9#5", "7#5#9"),
        ("C11 C9sus Csus79", "9sus4"),
        ("C79b13 C13b9", "7(b9,13)"),
        ("C5 C(no3)", "5"),
        ("C Cmaj CM", ""),
    ]:
        chords = [parse_chord(spelling) for spelling in spellings.split()]
        assert {chord and chord.quality for chord in chords} == {quality}


@pytest.mark.parametrize(
    ("symbol", "root", "bass", "pitch_classes"),
    [
        ("C/E", 0, 4, {0, 4, 7}),
        ("C/Bb", 0, 10, {0, 4, 7, 10}),  # the bass sounds too
        ("Db/D", 1, 2, {1, 2, 5, 8}),
        ("F#m7b5/C", 6, 0, {6, 9, 0, 4}),
        ("C6/9/E", 0, 4, {0, 2, 4, 7, 9}),
        ("Bb7 (b9, #11) / Ab", 10, 8, {10, 2, 5, 8, 11, 4}),
        ("E♭Δ/B♭", 3, 10, {3, 7, 10, 2}),
        ("Gsus/A", 7, 9, {7, 0, 2, 9}),
        ("Cm/maj7/G", 0, 7, {0, 3, 7, 11}),
        ("  Dm7 ", 2, 2, {2, 5, 9, 0}),
        ("Cb7", 11, 11, {11, 3, 6, 9}),
        ("E#m", 5, 5, {5, 8, 0}),
        ("Bbb7", 9, 9, {9, 1, 4, 7}),
        ("F##dim", 7, 7, {7, 10, 1}),
        ("C#9", 1, 1, {1, 5, 8, 11, 3}),  # the sharp is the root's
        ("Bb5", 10, 10, {10, 5}),
        ("Ab13", 8, 8, {8, 0, 3, 6, 10, 5}),
        ("Db^7#11", 1, 1, {1, 5, 8, 0, 7}),
        ("Dbma7", 1, 1, {1, 5, 8, 0}),
        ("DMI7", 2, 2, {2, 5, 9, 0}),
        ("Abo7", 8, 8, {8, 11, 2, 5}),
    ],
)
def test_roots_and_basses(symbol: str, root: int, bass: int, pitch_classes: set[int]) -> None:
    chord = parse_chord(symbol)
    assert chord is not None
    assert (chord.root, chord.bass) == (root, bass)
    assert chord.pitch_classes == pitch_classes


@pytest.mark.parametrize("text", ["N.C.", "NC", "n.c.", "N.C", " NC ", "No Chord"])
def test_no_chord(text: str) -> None:
    assert parse_chord(text) is None


def test_major_and_minor_letters_and_signs_differ() -> None:
    def tones(symbol: str) -> frozenset[int]:
        chord = parse_chord(symbol)
        assert chord is not None
        return chord.pitch_classes

    assert tones("CM7") != tones("Cm7")
    assert tones("C-7") == tones("Cm7")
    assert tones("C7-9") == tones("C7b9")
    assert tones("C11") == tones("C9sus4")
    assert 7 not in tones("C7alt")


@pytest.mark.parametrize(
    ("symbol", "same"),
    [
        ("C07", "Cdim7"), ("C0", "Cdim"), ("Bb0", "Bbdim"), ("Cm+", "Cm(#5)"), ("Cmaug", "Cm(#5)"),
        ("C+4", "Cadd#11"), ("CJ", "Cmaj7"), ("CJ7", "Cmaj7"), ("CmJ7", "Cmmaj7"), ("C67", "C7add13"),
        ("C/6", "C6"), ("Csusb9", "C7sus4b9"), ("C9M", "Cmaj9"), ("C7M#11", "Cmaj7#11"),
    ],
)  # fmt: skip
def test_symbols_of_charts(symbol: str, same: str) -> None:
    one, other = parse_chord(symbol), parse_chord(same)
    assert one is not None
    assert other is not None
    assert (one.root, one.pitch_classes, one.quality) == (other.root, other.pitch_classes, other.quality)


REFUSED = """
H7 dm7 c am7 b Q 7 m /C C/ C/H C/e C/E/G Dm7/G7 Cfoo C7b C7# C7x C7b8 C77 C99 Cmaj77 C4 C(9) C(13) Cmaj(9)
Cmaj#11 CM(#11) Cm#11 Cmb9 C+#11 Cm+7 Cm7+ C+11 C+13 Cm-7 C-5 Cm5 C--7 C7--9 C79#11 C79b11 Bbb5 Ebb9
C##11 C9b9 C11#11 C13b13 C7b9b9 C79b9 Cm7b5b5 Cø#5 C+b5 Caugb5 C7(b9 C7b9) C7() C7((b9)) C7(,b9) C7, C,7
(C7) C^6 Cj CmM Cmm CMm7 Cmajmaj7 C+aug C7sus4sus2 Csussus Cno Cadd Cadd3 Caddb5 C7no7 C13b C9# C75b C7b13#
C7b11 C7#13 C7#6 Cb7b7 C7alt9b9 CΔΔ C7.5 C7! C% C♭♭♭7 Cbb# N.C./C NCC Coda Bridge Verse Fine Chorus
"""


@pytest.mark.parametrize("symbol", REFUSED.split())
def test_what_could_be_something_else_is_refused(symbol: str) -> None:
    with pytest.raises(ChordError, match="unknown chord symbol") as error:
        parse_chord(symbol, "bar 3")
    assert repr(symbol) in str(error.value)
    assert "bar 3" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", " ", "\n", "\0", "C\n\0", "C" * 65, "🎷"])
def test_what_is_no_text_for_a_chord_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ChordError) as error:
        parse_chord(text)
    assert "\n" not in str(error.value)


def test_ten_megabytes_are_refused_by_their_length() -> None:
    text = "C7" + "(b9)" * 2_500_000
    with pytest.raises(ChordError, match="10000002 characters, at most 64"):
        parse_chord(text)


PIECES = """
C F# Bb m M maj - + o ø Δ ^ 7 9 11 13 6 69 b5 #5 b9 #9 #11 b13 sus4 add9 no3 alt ( ) , / h j b #
"""
made_symbols = st.lists(st.sampled_from(PIECES.split())).map("".join)


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.text(max_size=80), made_symbols))
def test_parse_raises_nothing_but_chord_errors(text: str) -> None:
    try:
        chord = parse_chord(text)
    except ChordError:
        return
    if chord is None:
        return
    assert {chord.root, chord.bass} <= chord.pitch_classes <= set(range(12))
    again = parse_chord(note_name(chord.root) + chord.quality)
    assert again is not None
    assert again.quality == chord.quality
    assert again.pitch_classes | {chord.bass} == chord.pitch_classes
    assert chord.pitch_classes <= chord_scale(chord)
    assert guide_tones(chord)
    assert guide_tones(chord) <= chord.pitch_classes


def test_every_chord_of_the_corpus_parses() -> None:
    with sqlite3.connect(shared_file("wjazzd", "wjazzd.db")) as database:
        symbols = [row[0] for row in database.execute("SELECT DISTINCT chord FROM beats") if row[0]]
    database.close()
    assert len(symbols) == 407
    assert [symbol for symbol in symbols if parse_chord(symbol) is None] == ["NC"]


# ---------------------------------------------------------------------------------------------- second source

# music21 stacks all thirds below a 13 and an 11; a jazz 13 leaves the 11 out, and 11 alone is 9sus4.
INTENDED_DIFFERENCES = {"11", "dom11", "13", "dom13", "M13", "Maj13"}
# Names of classical chords and pedals are not lead sheet spellings; 11 and 13 on an altered triad, and a
# flat nine on a diminished one, are refused because the seventh is left open.
NO_LEAD_SHEET_SPELLINGS = """
N6 It It+6 Fr Fr+6 Gr+6 Ger pedal power tristan dom7dim5
ob9 dimb9 +M11 augmaj11 +11 aug11 o11 dim11 +M13 augmaj13 +13 aug13
"""


def music21_tones(figure: str) -> set[int]:
    return {pitch.pitchClass for pitch in music21.harmony.ChordSymbol(figure).pitches}


def test_music21s_own_abbreviations() -> None:
    abbreviations = [a for _, names in music21.harmony.CHORD_TYPES.values() for a in names]
    compared = 0
    for abbreviation in abbreviations:
        if abbreviation in NO_LEAD_SHEET_SPELLINGS.split():
            with pytest.raises(ChordError):
                parse_chord("C" + abbreviation)
            continue
        chord = parse_chord("C" + abbreviation)
        assert chord is not None
        same = chord.pitch_classes == music21_tones("C" + abbreviation)
        assert same == (abbreviation not in INTENDED_DIFFERENCES), abbreviation
        compared += same
    assert compared >= 60


@pytest.mark.parametrize(
    ("ours", "theirs"),  # the spelling translated for music21, whose flat root is "-"
    [
        ("C-7", "Cm7"), ("Bb7", "B-7"), ("Eb-7", "E-m7"), ("Abj7", "A-maj7"), ("F#m7b5", "F#m7b5"),
        ("Dbo7", "D-o7"), ("G7-9", "G7b9"), ("C7b9#9", "C7b9#9"), ("C+79#", "C7#5#9"), ("C9#11", "C9#11"),
        ("C7b9b13", "C7b9b13"),
        ("C7#11", "C7#11"), ("C7b13", "C7b13"), ("C-j7", "CmM7"), ("C/E", "C/E"), ("Cmaj7#11", "Cmaj7#11"),
        ("Cadd9", "Cadd9"), ("C2", "Cadd9"), ("C7b5", "C7b5"), ("Cmaj7#5", "Cmaj7#5"), ("C/Bb", "C/B-"),
    ],
)  # fmt: skip
def test_music21_reads_the_translated_spelling_alike(ours: str, theirs: str) -> None:
    chord = parse_chord(ours)
    assert chord is not None
    symbol = music21.harmony.ChordSymbol(theirs)
    assert chord.pitch_classes == {pitch.pitchClass for pitch in symbol.pitches}
    assert (chord.root, chord.bass) == (symbol.root().pitchClass, symbol.bass().pitchClass)


# pychord stacks all thirds below a 13, adds the 11 to b9b13, and keeps the third of an 11.
PYCHORD_DIFFERENCES = {"11", "7b9b13", "13", "13-9", "13b9", "13+9", "13#9", "maj13", "M13"}


def pychord_tones(symbol: str) -> set[int]:
    """The pitch classes by pychord, which raises `ValueError` for what it does not know."""
    pychord = pytest.importorskip("pychord", reason="needs pychord, which the test extra brings")
    return {pitch % 12 for pitch in pychord.Chord(symbol).components(visible=False)}


def test_pychord_reads_its_own_qualities_alike() -> None:
    qualities = pytest.importorskip("pychord.constants.qualities", reason="needs pychord")
    names = [name for name, _ in qualities.DEFAULT_QUALITIES]
    with pytest.raises(ChordError):  # a fourth, or a sus4: two readings are in use
        parse_chord("C4")
    alike = {
        name: parse_chord("C" + name).pitch_classes == pychord_tones("C" + name)
        for name in names
        if name != "4"
    }
    assert {name for name, same in alike.items() if not same} <= PYCHORD_DIFFERENCES
    assert sum(alike.values()) >= 90


def test_pychord_reads_the_corpus_alike() -> None:
    with sqlite3.connect(shared_file("wjazzd", "wjazzd.db")) as database:
        symbols = [row[0] for row in database.execute("SELECT DISTINCT chord FROM beats") if row[0]]
    database.close()
    compared = 0
    for symbol in symbols:
        chord = parse_chord(symbol)
        try:
            theirs = pychord_tones(symbol)
        except ValueError:
            continue  # the database's own spellings
        assert chord is not None
        assert chord.pitch_classes == theirs, symbol
        compared += 1
    assert compared >= 130  # 139 with pychord 1.4


# --------------------------------------------------------------------------------------------- scales, guides


@pytest.mark.parametrize(
    ("symbol", "scale", "guides"),
    [
        ("C", "C D E F G A B", "E"),
        ("Cmaj7", "C D E F G A B", "E B"),
        ("Dm7", "C D E F G A B", "F C"),
        ("G7", "C D E F G A B", "B F"),
        ("C6", "C D E F G A B", "E A"),
        ("Cm6", "C D Eb F G A Bb", "Eb A"),
        ("CmM7", "C D Eb F G A B", "Eb B"),
        ("Bm7b5", "C D E F G A B", "D A"),
        ("C7#11", "C D E Gb G A Bb", "E Bb"),
        ("Cmaj7#11", "C D E Gb G A B", "E B"),
        ("C7alt", "C Db Eb E Gb Ab Bb", "E Bb"),
        ("C7b9", "C Db Eb E Gb G A Bb", "E Bb"),
        ("C7b9b13", "C Db E F G Ab Bb", "E Bb"),
        ("C7#5", "C D E Gb Ab Bb", "E Bb"),
        ("Cdim7", "C D Eb F Gb Ab A B", "Eb A"),
        ("C7sus4", "C D E F G A Bb", "F Bb"),
        ("Caug", "C D E Gb Ab Bb", "E Ab"),
        ("Cdim", "C D Eb F Gb Ab A B", "Eb Gb"),
        ("C5", "C D E F G A B", "G"),
        ("C7#9", "C Db Eb E Gb G A Bb", "E Bb"),
        ("C/Bb", "C D E F G A Bb", "E Bb"),
    ],
)
def test_chord_scale_and_guide_tones(symbol: str, scale: str, guides: str) -> None:
    chord = parse_chord(symbol)
    assert chord is not None
    names = {note_name(pitch_class): pitch_class for pitch_class in range(12)} | {"Gb": 6}
    assert chord_scale(chord) == {names[name] for name in scale.split()}
    assert guide_tones(chord) == {names[name] for name in guides.split()}


# ------------------------------------------------------------------------------------------------ transposing


@pytest.mark.parametrize(
    ("symbol", "semitones", "moved"),
    [
        ("Cm7", 3, "Ebm7"),
        ("Cmaj7", 1, "Dbmaj7"),
        ("Cm7", 1, "C#m7"),
        ("F#7b9", -1, "F7b9"),
        ("Bb/D", 2, "C/E"),
        ("C/E", 6, "F#/A#"),
        ("C/E", 3, "Eb/G"),
        ("E♭Δ/B♭", 2, "FΔ/C"),
        ("C7 (b9, #11) / Bb", 5, "F7 (b9, #11) / Eb"),
        ("N.C.", 5, "N.C."),
        ("F#m7", 12, "F#m7"),
        ("C6/9", 2, "D6/9"),
        ("Cm/maj7", 2, "Dm/maj7"),
        ("Cb7", 1, "C7"),
    ],
)
def test_transpose_symbol(symbol: str, semitones: int, moved: str) -> None:
    assert transpose_symbol(symbol, semitones) == moved


def test_transpose_refuses_an_unknown_symbol() -> None:
    with pytest.raises(ChordError, match="'Hm'"):
        transpose_symbol("Hm", 2)


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([spelling for spelling, _ in TABLE]),
    st.integers(-30, 30),
    st.sampled_from(["", "/Bb", "/F#"]),
)
def test_transposing_moves_every_tone(spelling: str, semitones: int, bass: str) -> None:
    chord, moved = parse_chord(spelling + bass), parse_chord(transpose_symbol(spelling + bass, semitones))
    assert chord is not None
    assert moved is not None
    assert moved.pitch_classes == {(tone + semitones) % 12 for tone in chord.pitch_classes}
    assert (moved.root, moved.bass) == ((chord.root + semitones) % 12, (chord.bass + semitones) % 12)
    assert moved.quality == chord.quality


def test_twelve_steps_lead_home() -> None:
    for start in ["C7", "F#m7b5/C", "Bbmaj7", "Dbdim7", "G#7alt"]:
        symbol = start
        for _ in range(12):
            symbol = transpose_symbol(symbol, 1)
        home, again = parse_chord(start), parse_chord(symbol)
        assert home is not None
        assert again is not None
        assert (home.root, home.bass, home.pitch_classes) == (again.root, again.bass, again.pitch_classes)
