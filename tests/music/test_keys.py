"""keys.py: the key is estimated, and transposing spells by it."""

from __future__ import annotations

import re

import pytest

from jazzgen.charts.find import find_progression
from jazzgen.charts.forms import builtin_names
from jazzgen.charts.text import parse_progression
from jazzgen.music.keys import estimate_key, key_name, key_tonic, read_key, transpose_progression
from tests.music.text import symbols


def test_estimate_key_knows_the_built_in_forms() -> None:
    for name in builtin_names():
        progression = find_progression(name)
        assert estimate_key(progression) == progression.key, name


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("| Dm7 | G7 | Cmaj7 | % |", "C"),
        ("| Bm7b5 | E7b9 | Am7 | % |", "Am"),
        ("| Cm7 | F7 | Bb | % |", "Bb"),
        ("| Dm7 | % | % | % |", "Dm"),
        ("| N.C. |", "C"),
    ],
)
def test_estimate_key(text: str, key: str) -> None:
    assert estimate_key(parse_progression(text)) == key


@pytest.mark.parametrize(
    ("semitones", "key", "moved"),
    [
        (0, "C", "Dm7 G7 Ebdim7 N.C. C/E"),
        (1, "Db", "Ebm7 Ab7 Edim7 N.C. Db/F"),
        (3, "Eb", "Fm7 Bb7 Gbdim7 N.C. Eb/G"),
        (4, "E", "F#m7 B7 Gdim7 N.C. E/G#"),
        (6, "Gb", "Abm7 Db7 Adim7 N.C. Gb/Bb"),
        (-1, "B", "C#m7 F#7 Ddim7 N.C. B/D#"),
        (24, "C", "Dm7 G7 Ebdim7 N.C. C/E"),
    ],
)
def test_transpose_progression_spells_by_the_key(semitones: int, key: str, moved: str) -> None:
    progression = parse_progression("key: C\n[A] | Dm7 | G7 Ebdim7 | N.C. | C/E |")
    result = transpose_progression(progression, semitones)
    assert result.key == key
    assert symbols(result) == moved
    assert (result.length, result.sections) == (progression.length, progression.sections)


def test_a_progression_without_key_stays_without() -> None:
    moved = transpose_progression(parse_progression("| Dm7 | G7 | Cmaj7 | % |"), 3)
    assert moved.key == ""
    assert symbols(moved) == "Fm7 Bb7 Ebmaj7"


def test_flats_in_flat_keys_everywhere() -> None:
    flat_keys = ("f", "bb", "eb", "ab", "db", "gb")
    for key in flat_keys:
        assert "#" not in symbols(find_progression(f"ii-v-i-{key}"))
    for key in ("g", "d", "a", "e", "b"):
        assert not re.search("[A-G]b", symbols(find_progression(f"ii-v-i-{key}")))


@pytest.mark.parametrize(
    ("name", "signature", "minor", "tonic"),
    [
        ("C", 0, False, 0),
        ("Bb", -2, False, 10),
        ("Gm", -2, True, 7),
        ("F#m", 3, True, 6),
        ("Gb", -6, False, 6),
    ],
)
def test_a_key_by_name_signature_and_tonic(name: str, signature: int, minor: bool, tonic: int) -> None:
    assert read_key(name) == (signature, minor)
    assert key_name(signature, minor) == name
    assert key_tonic(signature, minor) == tonic
