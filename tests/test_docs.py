"""The README is true: its commands run and print what it shows, and every command is documented."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from jazzgen.cli import build_parser, main
from tests.corpus import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def console_commands() -> list[tuple[str, str]]:
    """(command, output shown) of every `$ jazzgen ...` in the README's console blocks."""
    found = []
    for block in CONSOLE.findall(README):
        for piece in block.split("$ ")[1:]:
            command, _, output = piece.partition("\n")
            if command.startswith("jazzgen "):
                found.append((command, output.strip()))
    return found


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the clone's data, to run the README's commands in."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_prints_what_it_shows(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = console_commands()
    assert len(commands) >= 4
    for command, shown in commands:
        assert main(shlex.split(command)[1:]) == 0
        printed = capsys.readouterr().out.strip()
        if shown.endswith("..."):
            assert printed.startswith(shown.removesuffix("...").strip()), command
        else:
            assert printed == shown, command


def test_every_command_is_in_the_readme() -> None:
    usage = build_parser().format_help()
    names = re.findall(r"^    ([a-z-]+)  ", usage, re.MULTILINE)
    assert {"generate-midi", "train", "inspect", "evaluate"} <= set(names)
    for name in names:
        assert f"jazzgen {name}" in README, name


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_relative_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
