"""pitch.py: names, places on the line of fifths and pitch classes agree."""

from __future__ import annotations

import pytest

from jazzgen.music.pitch import LETTERS, fold, name_at, nearest_place, note_name, pitch_class_at, place_of

NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize(("sign", "up"), [("", 0), ("b", -1), ("#", 1), ("bb", -2), ("##", 2)])
def test_a_name_its_place_and_its_pitch_class(letter: str, sign: str, up: int) -> None:
    place = place_of(letter + sign)
    assert name_at(place) == letter + sign
    assert pitch_class_at(place) == (NATURAL[letter] + up) % 12


def test_places_of_a_pitch_class() -> None:
    for pitch_class in range(12):
        for lowest in (-6, -5, 0):
            place = nearest_place(pitch_class, lowest)
            assert lowest <= place < lowest + 12
            assert pitch_class_at(place) == pitch_class
    assert [place_of(name) for name in ("Bb", "F", "C", "G")] == [-2, -1, 0, 1]
    assert (fold(8, -6, 5), fold(-9, -6, 5)) == (-4, 3)


def test_roots_as_they_are_usually_spelled() -> None:
    assert [note_name(root) for root in (1, 3, 6, 8, 10)] == ["Db", "Eb", "F#", "Ab", "Bb"]
    assert [note_name(root, minor=True) for root in (1, 3, 6, 8, 10)] == ["C#", "Eb", "F#", "Ab", "Bb"]
