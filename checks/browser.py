"""A studio of its own and a Chromium that looks at it: for the page's tests, its checks and its pictures.

What is needed beyond jazzgen[studio]: the playwright package, which drives, and Debian's Chromium, which
`python -m checks.pages --install` installs; playwright's own download is never used.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

START_S, WAIT_S = 60, 60  # of a busy machine
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")
ARGUMENTS = [
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
READY = "document.body?.dataset.ready === 'true'"
STOPPED = "jazzgenStudio.transport.player.state === 'stopped'"
PLAYING = "jazzgenStudio.transport.player.state === 'playing'"


def missing() -> str:
    """Why no Chromium can look at a studio here; "" where one can."""
    lacking = [name for name in ("playwright", "starlette", "uvicorn") if find_spec(name) is None]
    if shutil.which("chromium") is None:
        lacking.append("chromium (python -m checks.pages --install)")
    return f"needs {', '.join(lacking)}" if lacking else ""


class Server(NamedTuple):
    """A studio that runs: its address with a token that works once, its process, what it prints."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def origin(self) -> str:
        """Its address without the token."""
        found = urlsplit(self.address)
        return f"{found.scheme}://{found.netloc}"


@contextmanager
def studio(folder: Path, *options: str) -> Iterator[Server]:
    """A studio whose favourites and messages lie in `folder`; it is ended behind the block."""
    log = folder / "studio.log"
    words = [sys.executable, "-m", "jazzgen", "studio", "--port", "0", "--no-browser", "--dir"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*words, str(folder / "favourites"), *options],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        yield Server(_address(process, log), process, log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        if found := ADDRESS.search(log.read_text(encoding="utf-8", errors="replace")):
            return found[0]
        time.sleep(0.1)
    raise RuntimeError(
        f"the studio does not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
    )


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, as playwright drives it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page of the studio in a context of its own, and what goes wrong in it.

    `page` is playwright's; `errors` what its console and its scripts complain of, `hosts` whom it asked.
    """

    def __init__(self, browser: Any, server: Server, **context: Any) -> None:
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        self.context = browser.new_context(**context)
        self.context.add_cookies(_cookies(browser, server))
        self.context.set_default_timeout(WAIT_S * 1000)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.errors.append(f"{error.message}\n{error.stack}"))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.origin = server.origin

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    def open(self) -> Any:
        """Load the page and wait until it works."""
        self.page.goto(self.origin, wait_until="commit", timeout=WAIT_S * 1000)
        self.poll(READY)
        return self.page

    def poll(self, expression: str, limit_s: float = WAIT_S) -> Any:
        """Wait until a JavaScript expression is true; its value. The policy forbids `wait_for_function`."""
        end = time.monotonic() + limit_s
        while not (found := self.page.evaluate(expression)):
            if time.monotonic() > end:
                shown = self.page.inner_text("#status")
                raise AssertionError(
                    f"no {expression} in {limit_s:g} s; the page says {shown!r}; {self.errors}"
                )
            time.sleep(0.01)
        return found

    def quiet(self) -> None:
        """Wait until nothing is under way."""
        self.poll("!jazzgenStudio.session._busy && !jazzgenStudio.session._moving")

    def snapshot(self) -> Any:
        """All that undo gives back: the document, the desk, the form as it stands in its fields."""
        return self.page.evaluate(
            "(() => { const { session, chart, settings } = jazzgenStudio;"
            " return { takes: session.takes.map((t) => t.id), current: session.state.current,"
            " desk: session.desk, chart: chart.text, form: settings.read() }; })()"
        )

    def close(self) -> None:
        """End the visit."""
        self.context.close()


_TAKEN: dict[str, list[Any]] = {}  # by server: a token works once, a cookie often


def _cookies(browser: Any, server: Server) -> list[Any]:
    if server.address not in _TAKEN:
        context = browser.new_context()
        page = context.new_page()
        page.goto(server.address)
        _TAKEN[server.address] = context.cookies()
        context.close()
    return _TAKEN[server.address]
