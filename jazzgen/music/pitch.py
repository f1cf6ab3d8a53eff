"""Note names, pitch classes and the line of fifths.

A note's place on the line of fifths, ... Bb -2, F -1, C 0, G 1 ..., holds its letter and its accidental:
transposing adds a constant, and the spelling comes out as musicians write it. Key signatures count on the
same line (-2 = two flats = Bb major). Pitch classes are 0..11 with C = 0.
"""

from __future__ import annotations

LETTERS = "FCGDAEB"  # at -1..5 on the line of fifths; also the order of the sharps in a key signature
_ACCIDENTALS = {
    "": 0, "♮": 0, "b": -1, "♭": -1, "#": 1, "♯": 1,
    "bb": -2, "♭♭": -2, "𝄫": -2, "##": 2, "♯♯": 2, "𝄪": 2,
}  # fmt: skip
NOTE = r"[A-G](?:bb|♭♭|##|♯♯|[b♭#♯𝄫𝄪♮])?"  # the pattern of the names that `place_of` takes


def place_of(name: str) -> int:
    """The place of a note name such as "Bb" on the line of fifths."""
    return LETTERS.index(name[0]) - 1 + 7 * _ACCIDENTALS[name[1:]]


def name_at(place: int) -> str:
    """The note name at a place on the line of fifths."""
    accidental, letter = divmod(place + 1, 7)
    return LETTERS[letter] + ("#" * accidental if accidental > 0 else "b" * -accidental)


def pitch_class_at(place: int) -> int:
    """The pitch class at a place on the line of fifths."""
    return 7 * place % 12


def nearest_place(pitch_class: int, lowest: int) -> int:
    """The place of a pitch class among the twelve from `lowest` up."""
    # 7 is its own inverse modulo 12: the same product leads from places to pitch classes and back.
    return lowest + (7 * pitch_class - lowest) % 12


def fold(place: int, low: int, high: int) -> int:
    """The enharmonic equal of `place` within low..high, which spans at least twelve places; or of pitches in
    semitones, the nearest one that is whole octaves away.
    """
    if place < low:
        return low + (place - low) % 12
    if place > high:
        return high - (high - place) % 12
    return place


def pitch_name(pitch: int) -> str:
    """The name of a MIDI pitch with its octave: 60 is C4, 70 Bb4."""
    return f"{name_at(nearest_place(pitch % 12, -6))}{pitch // 12 - 1}"


def note_name(pitch_class: int, minor: bool = False) -> str:
    """The usual spelling of a chord's root 0..11: Db Eb F# Ab Bb, or C# Eb F# Ab Bb of a minor chord."""
    return name_at(nearest_place(pitch_class, -4 if minor else -5))
