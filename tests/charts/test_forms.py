"""forms.py: the built-in progressions in all keys, and how they are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jazzgen.charts.find import find_progression, read_chart
from jazzgen.charts.forms import FORMS, builtin_names
from jazzgen.errors import ProgressionError
from jazzgen.music.chords import parse_chord
from jazzgen.music.progressions import STYLES, reference_roots
from tests.charts.text import symbols


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ProgressionError, match="Give a file that exists"):
        read_chart(tmp_path / "none.txt")
    with pytest.raises(ProgressionError, match="directory"):
        find_progression(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blusf", "unknown progression 'blusf': did you mean blues-f, "),
        ("rythm-changes-bb", "did you mean rhythm-changes-bb"),
        ("blues-fm", "unknown progression 'blues-fm'"),
        ("Dm7 G7", r"bars such as '\| Dm7 \| G7"),
        ("", "unknown progression ''"),
        ("a\0b", r"unknown progression 'a\\x00b'"),
        ("x" * 100_000, "unknown progression 'xxx"),
        ("no/such/file.txt", "Give a file that exists"),
    ],
)
def test_unknown_progressions(text: str, message: str) -> None:
    with pytest.raises(ProgressionError, match=message) as error:
        find_progression(text)
    assert "\n" not in str(error.value)
    assert "rhythm-changes" in str(error.value)


def test_built_ins() -> None:
    names = builtin_names()
    assert len(names) == len(set(names)) == 12 * len(FORMS) == 240
    for name in names:
        progression = find_progression(name)
        assert progression.title
        assert progression.key
        assert progression.sections[0].tick == 0
        assert all(parse_chord(change.symbol) for change in progression.chords)
        assert not re.search(r"[A-G](bb|##)", symbols(progression)), name
    styles = {find_progression(name).style for name in names}
    # Those for 6/8 and 12/8 have no form of their own, nor have shuffle and samba.
    assert styles == {*STYLES} - {"afro-cuban", "slow-blues", "shuffle", "samba"}
    assert {find_progression(name).meters[0].beats for name in names} == {3, 4, 5}


def test_the_built_ins_that_everyone_asks_for() -> None:
    for name, bars in [
        ("blues-f", 12), ("blues-bb", 12), ("blues-c", 12), ("jazz-blues-bb", 12), ("blues-descending-f", 12),
        ("minor-blues-c", 12), ("rhythm-changes-bb", 32), ("modal-aaba-dm", 32), ("bossa-f", 32),
        ("waltz-bb", 32), ("ballad-eb", 32), ("turnaround-c", 8),
        ("circle-of-thirds-c", 16), ("circle-of-fifths-c", 16),
    ]:  # fmt: skip
        assert len(find_progression(name).bar_ticks) == bars, name
    for key in ("c", "db", "d", "eb", "e", "f", "gb", "g", "ab", "a", "bb", "b"):
        assert f"ii-v-i-{key}" in builtin_names()
        root = parse_chord(key.capitalize())
        assert root is not None
        assert reference_roots(find_progression(f"ii-v-i-{key}"))[-1] == root.root


def test_names_are_forgiving() -> None:
    assert find_progression("blues") == find_progression("Blues-F") == find_progression(" blues-f ")
    assert find_progression("minor-blues-cm") == find_progression("minor-blues-c")
    assert find_progression("ii-v-i-f#") == find_progression("ii-v-i-gb")
    assert find_progression("modal-aaba-d") == find_progression("modal-aaba-dm")


def test_titles_say_the_key_once() -> None:
    assert find_progression("blues-bb").title == "Blues in Bb"
    assert find_progression("minor-blues-c").title == "Minor blues in C"
    assert find_progression("modal-aaba-dm").title == "Modal AABA in D minor"
