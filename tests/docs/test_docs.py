"""The pages are true: commands and snippets print what is shown, links lead somewhere, what is named exists."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import tomllib
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from jazzgen.cli import build_parser
from jazzgen.errors import JazzgenError
from tests.docs.pages import (
    CONTRIBUTING,
    GUIDE,
    INLINE,
    LINK,
    PAGES,
    PICTURE,
    README,
    SOLO,
    a_clone,
    a_copy,
    anchors_of,
    blocks_of,
    followed,
    is_walk,
    parts_of,
    prose_of,
    walked,
)
from tests.shared import ROOT

LIVING = [page for page in PAGES if page.name != "CHANGELOG.md"]  # it names what was, too
SHELL = ("sh", "console")
PROGRAMS = ("benchmarks", "checks", "recipes")  # python -m ...
FOREIGN = {"--user", "--strict"}  # of pip, mkdocs


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


# -------------------------------------------------------------------------------------------- what is printed


@pytest.mark.parametrize("page", GUIDE, ids=named)
def test_a_page_prints_what_it_shows(page: Path) -> None:
    def compare(what: str, shown: str, printed: str) -> None:
        assert printed == shown, f"{what}; if that is meant: python -m tests.docs.pages"

    with a_clone() as folder:
        assert followed(read(page), compare) == read(page)
        if "$ make solo" in read(page):
            assert (folder / "take.svg").read_bytes() == PICTURE.read_bytes()


WALKS = [(page, part) for page in [*GUIDE, CONTRIBUTING] for part in parts_of(read(page)) if is_walk(part)]


@pytest.mark.parametrize(("page", "part"), WALKS, ids=[part.splitlines()[0] for _, part in WALKS])
def test_a_change_that_is_walked_through_can_be_made(page: Path, part: str) -> None:
    with a_copy() as root:
        assert walked(part, root) == part, f"{named(page)}; if that is meant: python -m tests.docs.pages"


def test_the_first_changes_are_walked_through() -> None:
    titles = {part.splitlines()[0].strip("# ").lower() for _, part in WALKS}
    assert titles >= {"a new chord quality", "a new comping rhythm", "a new command", "add a context feature"}


def test_there_is_something_to_print() -> None:
    kinds = [(page.name, block.kind) for page in GUIDE for block in blocks_of(read(page))]
    assert {name for name, kind in kinds if kind == "python"} >= {"README.md", "by-hand.md", "in-python.md"}
    assert {name for name, kind in kinds if kind == "console"} >= {"README.md", "play.md"}
    assert kinds.count(("by-hand.md", "python")) == kinds.count(("by-hand.md", "text")) >= 8


def test_a_page_that_shows_something_else_is_seen() -> None:
    seen: list[tuple[str, str, str]] = []
    page = '```python\nprint(6 * 7)\n```\n\n```text\n41\n```\n\n```console\n$ jazzgen --version\nold\n```\n'
    pytest.raises(SystemExit, followed, page, lambda *_: None)  # argparse ends the process for --version
    page = page.replace("jazzgen --version", "jazzgen names --count 1 --seed 1")
    assert "\n42\n" in followed(page, lambda *found: seen.append(found))
    assert seen == [
        ("the snippet above", "41\n", "42\n"),
        ("jazzgen names --count 1 --seed 1", "old\n", "Just Love\n"),
    ]


def test_make_solo_is_the_command_that_the_readme_tests() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = "".join(f"\t$(BIN)/{line}\n" for line in SOLO).replace("--seed 1", "--seed $(SEED)")
    assert f"\nsolo: $(VENV)/.play\n{recipe}\n" in makefile
    assert re.search(r"^SEED\s+\?= 1$", makefile, re.MULTILINE)
    assert "$ make solo\n" in read(README)


def test_the_readme_is_short() -> None:
    assert len(read(README).splitlines()) < 150


def test_the_snippets_by_hand_are_a_file_as_well() -> None:
    page = ROOT / "docs" / "by-hand.md"
    snippets = [block.text for block in blocks_of(read(page)) if block.kind == "python"]
    compile("\n".join(snippets), named(page), "exec")


def test_the_pictures_are_of_a_size_to_commit() -> None:
    for name in ("by-hand-gradients.png", "by-hand-gates.png"):
        picture = (ROOT / "docs" / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 100_000


# --------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link, anchor in LINK.findall(prose_of(read(page))):
        target = page.parent / link if link else page
        assert target.is_file(), f"{link} is no file"
        assert link != page.name, f"{link} is this page: link to the anchor alone"
        if anchor:
            assert anchor in anchors_of(read(target)), f"{link}#{anchor}"


def test_anchors_are_those_of_github() -> None:
    text = "# Two words\n\n## `make docs`, and more\n\n```sh\n# no heading\n```\n### [a](b.md) & c\n"
    assert anchors_of(text) == {"two-words", "make-docs-and-more", "a--c"}


# --------------------------------------------------------------------------------------------- what is named


def commands() -> dict[str, argparse.ArgumentParser]:
    (actions,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(actions.choices)


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


@cache
def all_options() -> set[str]:
    """Of every command, of `python -m` programs, and of others that pages mention."""
    sources = [path for folder in PROGRAMS for path in (ROOT / folder).glob("*.py")]
    programs = {option for path in sources for option in re.findall(r'"(--[a-z-]+)"', read(path))}
    return set().union(*(options_of(parser) for parser in commands().values()), programs, FOREIGN)


def shell_lines(page: Path) -> list[list[str]]:
    """The words of every command in the page's shell blocks."""
    lines = []
    for block in blocks_of(read(page)):
        if block.kind not in SHELL:
            continue
        typed = re.sub(r"\\\n\s*", " ", block.text).splitlines()
        if block.kind == "console":
            typed = [line.removeprefix("$ ") for line in typed if line.startswith("$ ")]
        for line in typed:
            if found := re.search(r"(?:^|[\s/])((?:jazzgen|make|python -m) .*)", line.partition(" #")[0]):
                lines.append(words_of(found[1]))
    return lines


def words_of(line: str) -> list[str]:
    """The words of the first command of a line; a variable that may be empty is none."""
    if line.count("'") % 2:
        line = line.rstrip("'")  # the last line of what another shell gets
    words = shlex.shlex(line, posix=True, punctuation_chars=";&<>")
    words.whitespace_split = True
    groups = groupby(words, lambda word: bool(word) and set(word) <= set(";&<>"))
    return [word for word in next(group for _, group in groups) if word != "$resume"]


@pytest.mark.parametrize("page", LIVING, ids=named)
def test_every_command_of_a_shell_block_is_understood(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for program, *words in shell_lines(page):
        if program == "jazzgen":
            try:
                build_parser().parse_args(words)
            except JazzgenError as error:
                pytest.fail(f"jazzgen {shlex.join(words)}: {error}")
        elif program == "make":
            targets = [word for word in words if "=" not in word and not word.startswith("-")]
            missing = [target for target in targets if f"\n{target}:" not in makefile]
            assert not missing, f"make {' '.join(missing)}"
        else:
            check_module(words[1], words[2:])


def check_module(module: str, words: list[str]) -> None:
    """`python -m MODULE WORDS` names a module that there is, and its options."""
    assert importlib.util.find_spec(module) is not None, f"python -m {module}"
    if module.partition(".")[0] in PROGRAMS:
        path = ROOT / module.replace(".", "/")
        source = read(path / "__main__.py" if path.is_dir() else path.with_suffix(".py"))
        unknown = [word for word in words if word.startswith("--") and f'"{word}"' not in source]
        assert not unknown, f"python -m {module} {' '.join(unknown)}"


@pytest.mark.parametrize("page", LIVING, ids=named)
def test_what_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    known = commands()
    for text in INLINE.findall(prose_of(read(page))):
        if found := re.match(r"(?:jazzgen) ([a-z][a-z-]*)(.*)", text):
            assert found[1] in known, text
            assert set(re.findall(r"(--[a-z-]+)", found[2])) <= options_of(known[found[1]]), text
        elif found := re.match(r"make ([a-z][a-z-]*)", text):
            assert f"\n{found[1]}:" in makefile, text
        elif found := re.match(r"python -m ([\w.]+)(.*)", text):
            check_module(found[1], found[2].split())
        elif found := re.match(r"(--[a-z][a-z-]*)", text):
            assert found[1] in all_options(), text
        elif found := re.fullmatch(r"jazzgen\[(\w+)\]", text):
            assert found[1] in extras["optional-dependencies"], text
        elif re.fullmatch(r"(jazzgen|docs|data|models|tests|scripts|benchmarks|checks|recipes)/[\w./-]*", text):
            assert (ROOT / text).exists(), text
        elif found := re.fullmatch(r"(jazzgen(?:\.\w+)+)", text):
            assert_importable(found[1])


def assert_importable(name: str) -> None:
    """`jazzgen.music.chords`, or a name in such a module."""
    module, _, attribute = name.rpartition(".")
    try:
        is_module = importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is no package
        is_module = False
    assert is_module or hasattr(importlib.import_module(module), attribute), name


def test_every_command_is_in_the_guide() -> None:
    text = "".join(read(page) for page in GUIDE)
    assert {"generate-midi", "train", "inspect", "evaluate", "names"} <= set(commands())
    for name in commands():
        assert f"jazzgen {name}" in text, name


def test_every_target_of_make_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    for target in set(phony.split()) - {"help", "lint", "types", "tests"}:  # the last three are parts of test
        assert f"'make {target} " in makefile, target
