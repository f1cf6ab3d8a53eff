"""The pages as tests see them: their blocks, their links, and what their commands and snippets print.

After a deliberate change `python -m tests.docs.pages` writes what they print and draw now into the pages.
"""

from __future__ import annotations

import code
import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from jazzgen.cli import main
from jazzgen.rendering import soundfonts
from tests.shared import ROOT

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PICTURE = ROOT / "docs" / "take.svg"
GUIDE = [README, *sorted((ROOT / "docs").glob("*.md"))]  # what a user reads
PAGES = [
    *GUIDE,
    CONTRIBUTING,
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    ROOT / "data" / "midi" / "SOURCES.md",
    *sorted((ROOT / "models").glob("*.md")),
]
# What `make solo` runs after it has installed jazzgen, and what it shows first.
SOLO = (
    "jazzgen generate-midi --seed 1 -o take.mid",
    "jazzgen render take.mid -o take.wav",
    "jazzgen plot take.mid -o take.svg",
)
FENCED = re.compile(
    r"^(?P<fence>```+)(?P<kind>[\w-]*)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL
)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)")
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@cache
def read(page: Path) -> str:
    """The text of a file."""
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    """A page's path below the repository's root."""
    return page.relative_to(ROOT).as_posix()


class Block(NamedTuple):
    """One fenced block of a page: its kind ("python"), the rest of its first line, and its text."""

    kind: str
    info: str
    text: str


def blocks_of(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(found["kind"], found["info"], found["text"]) for found in FENCED.finditer(text)]


def prose_of(text: str) -> str:
    """A page without its fenced blocks."""
    return FENCED.sub("", text)


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub and the site give the headings of a page."""
    headings = re.findall(r"^#+ +(.+)$", FENCED.sub("", text), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def printed_by(command: str) -> str:
    """What `command` prints on standard output and error, run in this process in the folder it stands in."""
    if command == "make solo":
        return "".join(f".venv/bin/{line}\n{printed_by(line)}" for line in SOLO)  # make shows each command
    output = io.StringIO()
    small = patch.object(soundfonts, "INSTALLED", ())  # whatever this machine has
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output), small:
        ended = main(shlex.split(command)[1:])
    text = output.getvalue()
    assert ended == (2 if text.startswith("jazzgen: ") else 0), f"{command} ended with {ended}: {text}"
    return text


def typed(snippet: str, session: code.InteractiveConsole) -> str:
    """What `snippet` prints, typed line by line: a block there ends with an empty line, or is not ended."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        for line in [*snippet.splitlines(), ""]:
            waits = session.push(line)
    assert not waits, snippet
    return out.getvalue()


def followed(text: str, report: Callable[[str, str, str], None]) -> str:
    """Do what a page says, in the folder one stands in, and return the page as it would have to read.

    Files with a title are written, `$ jazzgen ...` and `$ make solo` are run, Python is typed into one
    session; `report` is called with each command or snippet, what the page shows and what was printed. A walk
    through a change of the code is passed over.
    """
    session = code.InteractiveConsole()
    printed: str | None = None  # by the snippet just before

    def follow(found: re.Match[str]) -> str:
        nonlocal printed
        body, last, printed = found["text"], printed, None
        if found["kind"] == "python":
            printed = typed(body, session)
            assert "Traceback" not in printed, f"{body}\n{printed}"
        elif named := re.search(r'title="([^"]+)"', found["info"]):
            Path(named[1]).write_text(body, encoding="utf-8")
        elif found["kind"] == "text" and last is not None and follows(found):
            report("the snippet above", body, last)
            body = last
        elif found["kind"] == "console":
            body = _run(body, report)
        return f"{found['fence']}{found['kind']}{found['info']}\n{body}{found['fence']}"

    def follows(found: re.Match[str]) -> bool:
        return found.string[: found.start()].endswith("```\n\n")

    return "".join(part if is_walk(part) else FENCED.sub(follow, part) for part in parts_of(text))


def _run(body: str, report: Callable[[str, str, str], None]) -> str:
    before, *pieces = re.split(r"^\$ ", body, flags=re.MULTILINE)
    done = [before]
    for piece in pieces:
        command, _, shown = piece.partition("\n")
        if command.startswith("jazzgen ") or command == "make solo":
            prints = printed_by(command)
            report(command, shown, prints)
            shown = prints
        done.append(f"$ {command}\n{shown}")
    return "".join(done)


# ------------------------------------------------------------------------------------------------------ walks


def parts_of(text: str) -> list[str]:
    """A page cut before each of its headings."""
    fenced = [found.span() for found in FENCED.finditer(text)]
    headings = [found.start() for found in re.finditer(r"^#+ ", text, re.MULTILINE)]
    cuts = [cut for cut in headings if not any(start < cut < end for start, end in fenced)]
    return [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]


def is_walk(part: str) -> bool:
    """Whether a part of a page walks through a change of the code: it has a diff."""
    return any(block.kind == "diff" for block in blocks_of(part))


def apply(diff: str, root: Path) -> None:
    """Apply a diff of one or several files below `root`; the old lines of a hunk must stand there once."""
    for piece in re.split(r"^--- ", diff, flags=re.MULTILINE)[1:]:
        head, *hunks = re.split(r"^@@.*\n", piece, flags=re.MULTILINE)
        path = root / head.split("+++ ")[1].strip()
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for hunk in hunks:
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] in " -")
            new = "".join(line[1:] for line in lines if line[0] in " +")
            assert text.count(old) == 1 or not text, f"{path.name} has this {text.count(old)} times:\n{old}"
            text = text.replace(old, new) if text else new
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def walked(part: str, root: Path) -> str:
    """Do what a walk says in the copy at `root`, and return the part as it would have to read."""

    def walk(found: re.Match[str]) -> str:
        body = found["text"]
        if found["kind"] == "diff":
            apply(body, root)
        elif found["kind"] == "sh":
            for line in body.splitlines():
                _in_copy(line, root)
        elif found["kind"] == "console":
            _, *commands = re.split(r"^\$ (.*)\n", body, flags=re.MULTILINE)
            body = "".join(f"$ {command}\n{_in_copy(command, root)}" for command in commands[::2])
        return f"{found['fence']}{found['kind']}{found['info']}\n{body}{found['fence']}"

    return FENCED.sub(walk, part)


def _in_copy(command: str, root: Path) -> str:
    """What `command` prints, run in the copy at `root`."""
    words = shlex.split(command, comments=True)
    words[:1] = [sys.executable, *(["-m", "jazzgen"] if words[0] == "jazzgen" else [])]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    ran = subprocess.run(words, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


@contextlib.contextmanager
def a_copy() -> Iterator[Path]:
    """A copy of what a walk may change and needs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("jazzgen", "tests", "checks", "docs"):
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("models", "data"):
            (root / name).symlink_to(ROOT / name)
        shutil.copy(ROOT / "pyproject.toml", root)
        yield root


# ---------------------------------------------------------------------------------------------------- folders


@contextlib.contextmanager
def a_clone() -> Iterator[Path]:
    """Stand for a while in an empty folder that has the clone's data."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copytree(ROOT / "data", "data")
        yield Path(folder)


def rewrite() -> None:
    """Put what commands and snippets print now into the pages, and what `make solo` draws beside them."""
    for page in [*GUIDE, CONTRIBUTING]:
        with a_clone() as folder:
            text = page.read_text(encoding="utf-8")
            changed = followed(text, lambda *_: None)
            if "$ make solo" in text:
                shutil.copy(folder / "take.svg", PICTURE)
        for part in filter(is_walk, parts_of(changed)):
            with a_copy() as root:
                changed = changed.replace(part, walked(part, root))
        if changed != text:
            page.write_text(changed, encoding="utf-8")
            print(os.path.relpath(page, ROOT))  # noqa: T201


if __name__ == "__main__":
    rewrite()
