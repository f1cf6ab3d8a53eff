"""Lay out the pages of the documentation site, for a builder of sites to turn into HTML.

    python -m recipes.site build/pages      then: mkdocs build --strict, as `make docs` does

What stands in docs/ is copied, and added to it is

* README.md as the front page, and CHANGELOG.md and their like as pages;
* every file of the repository that a page links to, as a page under source/: pages are written to be read
  beside the source (`../jazzgen/music/chords.py`), and here the link leads to the copy;
* commands.md, what `jazzgen COMMAND --help` prints, and api/ROOM.md, for a room's docstrings to be filled in.

Nothing here knows which builder comes next.
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from jazzgen.cli import build_parser
from jazzgen.errors import DataError, JazzgenError

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGE = ROOT / "jazzgen"
PAGES = {
    ROOT / "README.md": "index.md",
    ROOT / "CHANGELOG.md": "changelog.md",
    ROOT / "CONTRIBUTING.md": "contributing.md",
    ROOT / "SECURITY.md": "security.md",
}
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")  # ](file) or ](file#anchor), none of the web
LANGUAGES = {".py": "python", ".js": "javascript", ".json": "json", ".toml": "toml"}
UNSEARCHED = "---\nsearch: {exclude: true}\n---\n\n"
COLUMNS = 100  # of a command's help


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages."""
    parser = argparse.ArgumentParser(description="Lay out the pages of the documentation site.")
    parser.add_argument("output", metavar="FOLDER", type=Path, help="is emptied first")
    try:
        lay_out(parser.parse_args(arguments).output)
    except JazzgenError as error:
        print(f"site: {error}", file=sys.stderr)
        return 2
    return 0


def lay_out(folder: Path) -> None:
    """Write all pages into `folder`, which is emptied; raises `DataError` for a link that leads nowhere."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(DOCS, folder)
    pages = {"commands.md": commands_page()} | {f"api/{room}.md": room_page(room) for room in rooms()}
    for path in linked_files():
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".md":
            pages[place_of(path)] = with_links_turned(text, path)
        elif not path.is_relative_to(DOCS):
            pages[place_of(path)] = _source_page(path, text)
    for place, text in pages.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")


def linked_files() -> list[Path]:
    """The pages, and every file of the repository that a link leads to from there."""
    found = [*sorted(DOCS.glob("*.md")), *PAGES]
    for path in found:  # grows meanwhile
        if path.suffix == ".md":
            targets = [target_of(link, path) for link in LINK.finditer(path.read_text(encoding="utf-8"))]
            found += [target for target in dict.fromkeys(targets) if target not in found]
    return [path for path in found if path.suffix not in (".svg", ".png")]


def target_of(link: re.Match[str], origin: Path) -> Path:
    """The file that a link on the page `origin` leads to."""
    target = (origin.parent / link[1]).resolve()
    if not target.is_file():
        raise DataError(f"{origin.relative_to(ROOT)} links to {link[1]}, which is no file")
    return target


def place_of(path: Path) -> str:
    """Where the site has the file at `path`."""
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS).as_posix()
    if path in PAGES:
        return PAGES[path]
    place = f"source/{path.relative_to(ROOT).as_posix()}"
    return place if path.suffix == ".md" else f"{place}.md"


def with_links_turned(text: str, origin: Path) -> str:
    """The `text` of the page `origin` with its relative links as the site needs them."""
    here = posixpath.dirname(place_of(origin))

    def turned(link: re.Match[str]) -> str:
        return f"]({posixpath.relpath(place_of(target_of(link, origin)), here)}{link[2] or ''})"

    return LINK.sub(turned, text)


def _source_page(path: Path, text: str) -> str:
    """A page that shows a file."""
    language = LANGUAGES.get(path.suffix, "text")
    return f"{UNSEARCHED}# {path.relative_to(ROOT).as_posix()}\n\n`````{language}\n{text}`````\n"


def commands_page() -> str:
    """Every command with the help that it prints."""
    os.environ["COLUMNS"] = str(COLUMNS)  # argparse asks for it
    parser = build_parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    parts = [f"# Commands\n\n```text\n{parser.format_help()}```\n"]
    for name, command in commands.choices.items():
        parts.append(f"## jazzgen {name}\n\n```text\n{command.format_help()}```\n")
    return "\n".join(parts)


def rooms() -> list[str]:
    """The packages of jazzgen, and `errors`, which is a file."""
    return ["errors", *sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))]


def room_page(room: str) -> str:
    """A page that has the docstrings of a room's files filled in by mkdocstrings."""
    files = [path.stem for path in sorted((PACKAGE / room).glob("*.py")) if path.stem != "__init__"]
    names = [f"jazzgen.{room}", *(f"jazzgen.{room}.{file}" for file in files)]
    return f"# {room}\n\n" + "\n".join(f"::: {name}\n" for name in names)


if __name__ == "__main__":
    sys.exit(main())
