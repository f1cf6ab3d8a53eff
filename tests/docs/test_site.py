"""The pages of the documentation site, before a builder makes HTML of them (`make docs` does, strictly)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jazzgen.errors import DataError
from recipes import site
from tests.docs.pages import LINK, anchors_of, prose_of
from tests.shared import ROOT


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "pages"
    assert site.main([str(folder)]) == 0
    return folder


def test_every_link_stays_inside(pages: Path) -> None:
    checked = 0
    for page in pages.rglob("*.md"):
        for link, anchor in LINK.findall(prose_of(page.read_text(encoding="utf-8"))):
            target = page.parent / link if link else page
            assert target.is_file(), f"{page}: {link}"
            assert target.resolve().is_relative_to(pages), f"{page}: {link}"
            if anchor:
                assert anchor in anchors_of(target.read_text(encoding="utf-8")), f"{page}: {link}#{anchor}"
            checked += 1
    assert checked > 100


def test_source_that_is_linked_is_shown(pages: Path) -> None:
    shown = (pages / "source" / "jazzgen" / "music" / "chords.py.md").read_text(encoding="utf-8")
    assert (ROOT / "jazzgen" / "music" / "chords.py").read_text(encoding="utf-8") in shown
    page = (pages / "how-it-works.md").read_text(encoding="utf-8")
    assert "[music/chords.py](source/jazzgen/music/chords.py.md)" in page


def test_commands_and_rooms_have_their_pages(pages: Path) -> None:
    commands = (pages / "commands.md").read_text(encoding="utf-8")
    assert "## jazzgen generate-midi\n" in commands
    assert "--progression NAME|FILE|TEXT" in commands
    music = (pages / "api" / "music.md").read_text(encoding="utf-8")
    assert music.startswith("# music\n\n::: jazzgen.music\n")
    assert "::: jazzgen.music.chords\n" in music


def test_the_navigation_has_every_page(pages: Path) -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    in_navigation = set(re.findall(r"(?:: |- )([\w/-]+\.md)", config))
    made = {page.relative_to(pages).as_posix() for page in pages.rglob("*.md")}
    assert in_navigation == {page for page in made if not page.startswith("source/")}


def test_a_link_that_leads_nowhere_is_refused() -> None:
    (link,) = site.LINK.finditer("see [that](../jazzgen/no_such.py)")
    with pytest.raises(DataError, match=r"docs/play.md links to ../jazzgen/no_such.py, which is no file"):
        site.target_of(link, ROOT / "docs" / "play.md")
