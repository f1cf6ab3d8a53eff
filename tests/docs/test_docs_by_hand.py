"""Types the snippets of docs/by-hand.md into one session; what they print must be what the page says."""

from __future__ import annotations

import code
import contextlib
import io
import re

from tests.shared import ROOT

PAGE = ROOT / "docs" / "by-hand.md"
SNIPPET = re.compile(r"```python\n(?P<code>.*?)```\n\n```text\n(?P<output>.*?)```", re.S)


def run(snippet: str, session: code.InteractiveConsole) -> str:
    """What `snippet` prints, typed line by line: a block there ends with an empty line, or is not ended."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        for line in [*snippet.splitlines(), ""]:
            waits = session.push(line)
    assert not waits, snippet
    return out.getvalue()


def test_every_snippet_typed_into_a_session_prints_what_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    snippets = list(SNIPPET.finditer(text))
    assert len(snippets) == text.count("```python") >= 8
    session = code.InteractiveConsole()
    for snippet in snippets:
        assert run(snippet["code"], session) == snippet["output"], snippet["code"]


def test_the_snippets_are_a_file_as_well() -> None:
    text = PAGE.read_text(encoding="utf-8")
    compile("\n".join(snippet["code"] for snippet in SNIPPET.finditer(text)), str(PAGE), "exec")


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
    session = code.InteractiveConsole()
    PAGE.write_text(
        SNIPPET.sub(
            lambda m: f"```python\n{m['code']}```\n\n```text\n{run(m['code'], session)}```",
            PAGE.read_text(encoding="utf-8"),
        ),
        encoding="utf-8",
    )
