"""Links of the pages lead somewhere; commands, options, files and names in them exist."""

from __future__ import annotations

import argparse
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Callable
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

import jazzgen
from jazzgen.cli import build_parser
from jazzgen.errors import JazzgenError
from tests.docs.pages import GUIDE, INLINE, LINK, PAGES, README, anchors_of, blocks_of, named, prose_of, read
from tests.shared import ROOT

LIVING = [page for page in PAGES if page.name != "CHANGELOG.md"]  # it names what was, too
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOLDERS = "jazzgen|docs|data|models|tests|scripts|benchmarks|checks|recipes"
PROGRAMS = ("benchmarks", "checks", "recipes")  # python -m ...
SEPARATORS = set(";&<>")


# ------------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link, anchor in LINK.findall(prose_of(read(page))):
        target = page.parent / link if link else page
        assert target.is_file(), f"{link} is no file"
        if anchor:
            assert anchor in anchors_of(read(target)), f"{link}#{anchor}"


def test_anchors_are_those_of_github() -> None:
    text = "# Two words\n\n## `make docs`, and more\n\n```sh\n# no heading\n```\n### [a](b.md) & c\n"
    assert anchors_of(text) == {"two-words", "make-docs-and-more", "a--c"}


def test_the_code_that_a_table_names_is_in_the_file_that_it_links() -> None:
    page = ROOT / "docs" / "how-it-works.md"
    rows = [line for line in read(page).splitlines() if line.startswith("| ") and ".py)" in line]
    checked = 0
    for row in rows:
        code = "".join(read((page.parent / link).resolve()) for link, _ in LINK.findall(row))
        for name in INLINE.findall(row):
            assert re.search(rf"\b{re.escape(name)}\b", code), f"{name} in {row}"
            checked += 1
    assert checked >= 15


# --------------------------------------------------------------------------------------------------- commands


def commands() -> dict[str, argparse.ArgumentParser]:
    (actions,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(actions.choices)


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


@cache
def all_options() -> set[str]:
    """Of every command, and of the programs beside the package."""
    sources = [path for folder in PROGRAMS for path in (ROOT / folder).glob("*.py")]
    programs = {option for path in sources for option in re.findall(r'"(--[a-z-]+)"', read(path))}
    return programs.union(*(options_of(parser) for parser in commands().values()))


def shell_commands(page: Path) -> list[list[str]]:
    """The words of every `jazzgen`, `make` and `python -m` in the page's shell blocks."""
    found = []
    for block in blocks_of(read(page)):
        if block.kind not in ("sh", "console"):
            continue
        lines = re.sub(r"\\\n\s*", " ", block.text).splitlines()
        if block.kind == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        matches = [re.search(r"(?:^|[\s/])((jazzgen|make|python -m) .*)", line) for line in lines]
        found += [words_of(match[1]) for match in matches if match]
    return found


def words_of(line: str) -> list[str]:
    """The words of the first command of a line; a variable that may be empty is none."""
    line = line.partition(" #")[0]
    if line.count("'") % 2:
        line = line.rstrip("'")  # the last line of what another shell gets
    words = shlex.shlex(line, posix=True, punctuation_chars=";&<>")
    words.whitespace_split = True
    groups = groupby(words, lambda word: bool(word) and set(word) <= SEPARATORS)
    return [word for word in next(group for _, group in groups) if word != "$resume"]


@pytest.mark.parametrize("page", LIVING, ids=named)
def test_every_command_of_a_shell_block_is_understood(page: Path) -> None:
    for program, *words in shell_commands(page):
        if program == "make":
            check_targets([word for word in words if "=" not in word])
        elif program == "python":
            check_module(words[1], words[2:])
        elif "diff" not in {block.kind for block in blocks_of(read(page))} or words[0] in commands():
            try:
                build_parser().parse_args(words)
            except JazzgenError as error:
                pytest.fail(f"jazzgen {shlex.join(words)}: {error}")


def check_targets(targets: list[str]) -> None:
    """The Makefile has these targets."""
    for target in targets:
        assert f"\n{target}:" in MAKEFILE, f"make {target}"


def check_module(module: str, words: list[str]) -> None:
    """`python -m MODULE WORDS` names a module that there is, and its options."""
    assert importlib.util.find_spec(module) is not None, f"python -m {module}"
    if module.partition(".")[0] in PROGRAMS:
        path = ROOT / module.replace(".", "/")
        source = read(path / "__main__.py" if path.is_dir() else path.with_suffix(".py"))
        unknown = [word for word in words if word.startswith("--") and f'"{word}"' not in source]
        assert not unknown, f"python -m {module} {' '.join(unknown)}"


def check_command(words: list[str]) -> None:
    """`jazzgen COMMAND WORDS` names a command that there is, and its options."""
    assert words[0] in commands(), f"jazzgen {words[0]}"
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert options <= options_of(commands()[words[0]]), f"jazzgen {' '.join(words)}"


def check_importable(name: str) -> None:
    """`jazzgen.music.chords`, or a name in such a module."""
    module, _, attribute = name.rpartition(".")
    try:
        found = importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is no package
        found = False
    assert found or hasattr(importlib.import_module(module), attribute), name


# What stands between backticks, and how to find out whether it exists.
CHECKS: list[tuple[str, Callable[[re.Match[str]], object]]] = [
    (r"jazzgen ([a-z][a-z-]*.*)", lambda found: check_command(found[1].split())),
    (r"make ([a-z][a-z-]*).*", lambda found: check_targets([found[1]])),
    (r"python -m ([\w.]+)(.*)", lambda found: check_module(found[1], found[2].split())),
    (r"(--[a-z][a-z-]*).*", lambda found: found[1] in all_options()),
    (r"jazzgen\[(\w+)\]", lambda found: found[1] in PROJECT["optional-dependencies"]),
    (rf"(?:{FOLDERS})/[\w./-]*", lambda found: (ROOT / found[0]).exists()),
    (r"jazzgen(?:\.\w+)+", lambda found: check_importable(found[0])),
]


@pytest.mark.parametrize("page", LIVING, ids=named)
def test_what_a_page_names_exists(page: Path) -> None:
    for text in INLINE.findall(prose_of(read(page))):
        for pattern, check in CHECKS:
            if found := re.fullmatch(pattern, text):
                assert check(found) in (True, None), text
                break


def test_every_command_is_in_the_guide() -> None:
    text = "".join(read(page) for page in GUIDE)
    assert {"generate-midi", "train", "inspect", "evaluate", "names"} <= set(commands())
    for name in commands():
        assert f"jazzgen {name}" in text, name


def test_every_target_of_make_is_in_its_help() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    for target in set(phony.split()) - {"help", "lint", "types", "tests"}:  # the last three are parts of test
        assert f"'make {target} " in MAKEFILE, target


# ------------------------------------------------------------------------------------------------ the project


def test_the_readme_is_short() -> None:
    assert len(read(README).splitlines()) < 150


def test_one_version_stands_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert PROJECT["version"] == jazzgen.__version__
    assert f"\nversion: {jazzgen.__version__}\n" in citation
    assert re.search(rf"^## {re.escape(jazzgen.__version__)}\b", read(ROOT / "CHANGELOG.md"), re.MULTILINE)


def test_the_workflow_tests_the_versions_that_the_project_names() -> None:
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    (matrix,) = re.findall(r"python: \[(.*)\]", workflow)
    named_versions = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
    assert re.findall(r'"([\d.]+)"', matrix) == named_versions
    assert PROJECT["requires-python"] == f">={named_versions[0]}"


def test_the_pictures_are_of_a_size_to_commit() -> None:
    for name in ("by-hand-gradients.png", "by-hand-gates.png"):
        picture = (ROOT / "docs" / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 100_000
