"""Lists of names: read in any alphabet, folded, divided and crossed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jazzgen.by_hand import name_text
from jazzgen.errors import DataError, OptionError
from tests.by_hand.lists import rng


def test_a_file_is_its_lines_in_any_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeffZoe\u0308\r\n\r\n  Łukasz  Blue \n東京\nΑθήνα".encode())
    assert name_text.read_names(path) == ["Zoë", "Łukasz Blue", "東京", "Αθήνα"]
    assert name_text.read_names(path, name_text.FOLDS) == ["zoe", "łukaszblue", "東京", "αθηνα"]
    assert name_text.read_names(path, ["case"]) == ["zoë", "łukasz blue", "東京", "αθήνα"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfeA", "is not UTF-8 (byte 0); save it as UTF-8 text"),
        (b"\n\nOne\n", "holds 1 names; give a text file with two at least"),
        (b"One\n" + b"x" * 201, "line 2 of"),
        (b"One\nTwo\x1b[31m\n", "has the control character U+001B; give plain text, one name a line"),
        ("One\nTwo\u202e".encode(), "has the control character U+202E"),
        (None, "cannot read"),
    ],
)
def test_a_file_without_names_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)):
        name_text.read_names(path)


def test_joiners_are_spelling() -> None:
    assert name_text.strange_character("می\u200cخواهم") is None


def test_an_unknown_folding_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot fold colour; what can be is accents, case, spaces"):
        name_text.fold_text("a", ["colour"])


def test_the_alphabet_has_every_letter_and_the_line_feed_in_one_order() -> None:
    char_to_ix = name_text.alphabet(["ab", "bc"])
    assert char_to_ix == {"\n": 0, "a": 1, "b": 2, "c": 3}


def test_equal_names_are_held_out_together() -> None:
    held, own = name_text.hold_out(["Bix", "Bird", "Bud", "Bix", "Duke", "Bird"] * 5, 0.5, rng())
    assert sorted(held + own) == ["Bird", "Bix", "Bud", "Duke"]
    assert len(held) == 2


def test_crossed_names_are_heads_and_tails() -> None:
    titles = ["Blues For Alice", "Song For My Father"]
    for seed in range(20):
        words = name_text.cross(titles, rng(seed)).split()
        assert words[0] in ("Blues", "Song")
        assert words[-1] in ("Alice", "Father")
