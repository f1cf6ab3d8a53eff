"""Commands and snippets of the pages print what is shown, and the changes walked through can be made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import (
    CONTRIBUTING,
    GUIDE,
    PICTURE,
    README,
    SOLO,
    a_clone,
    a_copy,
    apply,
    blocks_of,
    followed,
    is_walk,
    named,
    parts_of,
    read,
    walked,
)
from tests.shared import ROOT

WALKS = [(page, part) for page in [*GUIDE, CONTRIBUTING] for part in parts_of(read(page)) if is_walk(part)]
MEANT = "if that is meant: python -m tests.docs.pages"


@pytest.mark.parametrize("page", GUIDE, ids=named)
def test_a_page_prints_what_it_shows(page: Path) -> None:
    def compare(what: str, shown: str, printed: str) -> None:
        assert printed == shown, f"{what}; {MEANT}"

    with a_clone() as folder:
        assert followed(read(page), compare) == read(page)
        if "$ make solo" in read(page):
            assert (folder / "take.svg").read_bytes() == PICTURE.read_bytes()


def test_there_is_something_to_print() -> None:
    kinds = [(page.name, block.kind) for page in GUIDE for block in blocks_of(read(page))]
    assert {name for name, kind in kinds if kind == "python"} >= {"README.md", "by-hand.md", "in-python.md"}
    assert {name for name, kind in kinds if kind == "console"} >= {"README.md", "play.md"}
    assert kinds.count(("by-hand.md", "python")) == kinds.count(("by-hand.md", "text")) >= 8


def test_a_page_that_shows_something_else_is_seen() -> None:
    seen: list[tuple[str, str, str]] = []
    page = (
        "```python\nprint(6 * 7)\n```\n\n```text\n41\n```\n\n"
        "```console\n$ jazzgen names --count 1 --seed 1\nold\n```\n"
    )
    assert "\n42\n" in followed(page, lambda *found: seen.append(found))
    assert seen == [
        ("the snippet above", "41\n", "42\n"),
        ("jazzgen names --count 1 --seed 1", "old\n", "Just Love\n"),
    ]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        followed("```python\n1 / 0\n```\n", lambda *_: None)


@pytest.mark.parametrize(("page", "part"), WALKS, ids=[part.splitlines()[0] for _, part in WALKS])
def test_a_change_that_is_walked_through_can_be_made(page: Path, part: str) -> None:
    with a_copy() as root:
        assert walked(part, root) == part, f"{named(page)}; {MEANT}"


def test_the_first_changes_are_walked_through() -> None:
    titles = {part.splitlines()[0].strip("# ").lower() for _, part in WALKS}
    assert titles >= {"a new chord quality", "a new comping rhythm", "a new command", "add a context feature"}


def test_a_diff_that_does_not_fit_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one\ntwo\nthree\n", encoding="utf-8")
    apply("--- a.py\n+++ a.py\n@@\n one\n-two\n+2\n+and\n", tmp_path)
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "one\n2\nand\nthree\n"
    with pytest.raises(AssertionError, match=r"a.py has this 0 times"):
        apply("--- a.py\n+++ a.py\n@@\n one\n-two\n+2\n", tmp_path)


def test_make_solo_is_the_command_that_the_readme_tests() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = "".join(f"\t$(BIN)/{line}\n" for line in SOLO).replace("--seed 1", "--seed $(SEED)")
    assert f"\nsolo: $(VENV)/.play\n{recipe}\n" in makefile
    assert re.search(r"^SEED\s+\?= 1$", makefile, re.MULTILINE)
    assert "$ make solo\n" in read(README)


def test_the_snippets_by_hand_are_a_file_as_well() -> None:
    page = ROOT / "docs" / "by-hand.md"
    snippets = [block.text for block in blocks_of(read(page)) if block.kind == "python"]
    compile("\n".join(snippets), named(page), "exec")
