"""The README is true: its commands run and print what it shows, and every command is documented.

After a deliberate change `python -m tests.test_docs` puts what they print and draw now into the README.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path

import pytest

from jazzgen.cli import build_parser, main
from tests.shared import ROOT

PAGE = ROOT / "README.md"
README = PAGE.read_text(encoding="utf-8")
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PICTURE = ROOT / "docs" / "take.svg"
# What `make solo` runs after it has installed jazzgen, and what it shows first.
SOLO = (
    "jazzgen generate-midi --seed 1 -o take.mid",
    "jazzgen render take.mid -o take.wav",
    "jazzgen plot take.mid -o take.svg",
)


def console_commands() -> list[tuple[str, str]]:
    """(command, output shown) of every `$ jazzgen ...` and of `$ make solo` in the console blocks."""
    pieces = [piece for block in CONSOLE.findall(README) for piece in block.split("$ ")[1:]]
    commands = [(command, output) for command, _, output in (piece.partition("\n") for piece in pieces)]
    return [pair for pair in commands if pair[0].startswith("jazzgen ") or pair[0] == "make solo"]


def printed_by(command: str) -> str:
    """What `command` prints, run in this process in the folder it stands in."""
    if command == "make solo":
        return "".join(f".venv/bin/{line}\n{printed_by(line)}" for line in SOLO)  # make shows each command
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        assert main(shlex.split(command)[1:]) == 0, command
    return output.getvalue()


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the clone's data, to run the README's commands in."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_prints_what_it_shows(clone: Path) -> None:
    commands = console_commands()
    assert len(commands) >= 5
    for command, shown in commands:
        assert printed_by(command) == shown, f"{command}; if that is meant: python -m tests.test_docs"
        if command == "make solo":
            assert (clone / "take.svg").read_bytes() == PICTURE.read_bytes()


def test_make_solo_is_the_command_that_the_readme_tests() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = "".join(f"\t$(BIN)/{line}\n" for line in SOLO).replace("--seed 1", "--seed $(SEED)")
    assert f"\nsolo: $(VENV)/.play\n{recipe}\n" in makefile
    assert re.search(r"^SEED\s+\?= 1$", makefile, re.MULTILINE)


def test_the_python_of_the_readme_runs(clone: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - our own README
    assert (clone / "take.mid").exists()


def test_every_command_is_in_the_readme() -> None:
    names = re.findall(r"^    ([a-z-]+)(?:  |$)", build_parser().format_help(), re.MULTILINE)
    assert {"generate-midi", "train", "inspect", "evaluate", "names"} <= set(names)
    for name in names:
        assert f"jazzgen {name}" in README, name


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:^|\$ |`)make ([a-z-]+)", README, re.MULTILINE))
    assert {"solo", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_relative_link_leads_somewhere() -> None:
    for page in [PAGE, *ROOT.glob("docs/*.md"), *ROOT.glob("models/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def rewrite_readme() -> None:
    """Put what the commands print now into the README."""
    text = README
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "data", Path(folder, "data"))
        os.chdir(folder)
        for command, shown in console_commands():
            text = text.replace(f"$ {command}\n{shown}```", f"$ {command}\n{printed_by(command)}```")
            if command == "make solo":
                shutil.copy("take.svg", PICTURE)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite_readme()
