"""Runs the snippets of docs/by-hand.md in one session; what they print must be what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

from tests.corpus import ROOT

PAGE = ROOT / "docs" / "by-hand.md"
SNIPPET = re.compile(r"```python\n(?P<code>.*?)```\n\n```text\n(?P<output>.*?)```", re.S)


def run(code: str, session: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, str(PAGE), "exec"), session)  # noqa: S102 - the page is ours
    return out.getvalue()


def test_every_snippet_prints_what_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    snippets = list(SNIPPET.finditer(text))
    assert len(snippets) == text.count("```python") >= 8
    session: dict[str, Any] = {}
    for snippet in snippets:
        assert run(snippet["code"], session) == snippet["output"], snippet["code"]


def test_every_link_of_the_page_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(links) >= 8
    for link in links:
        assert (PAGE.parent / link).is_file(), link


def test_the_pictures_are_of_a_size_to_commit() -> None:
    for name in ("by-hand-gradients.png", "by-hand-gates.png"):
        picture = (PAGE.parent / name).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 100_000


if __name__ == "__main__":  # writes what the snippets print into the page, after it was changed on purpose
    session: dict[str, Any] = {}
    PAGE.write_text(
        SNIPPET.sub(
            lambda m: f"```python\n{m['code']}```\n\n```text\n{run(m['code'], session)}```",
            PAGE.read_text(encoding="utf-8"),
        ),
        encoding="utf-8",
    )
