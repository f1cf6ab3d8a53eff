"""The studio's page while a session is played live, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checks import browser as driver
from checks.rig import Rig, why_not
from jazzgen.live.ports import quiet_libraries

LACKING = driver.missing() or why_not()
pytestmark = pytest.mark.skipif(bool(LACKING), reason=LACKING or "all there")
ROLL = "jazzgenStudio.live._view._notes"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with quiet_libraries(), Rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def visit(rig: Rig, tmp_path: Path) -> Iterator[driver.Visit]:
    with driver.studio(tmp_path) as server, driver.chromium() as chromium:
        seen = driver.Visit(chromium, server, viewport={"width": 1280, "height": 900})
        page = seen.open()
        page.fill("#chart", "| Dm7 | G7 | Cmaj7 | % | Dm7 | G7 | Cmaj7 | % |")
        page.fill("#set-tempo", "240")
        page.click("#live summary")
        yield seen
        seen.close()
        assert seen.errors == []
        log = server.log.read_text(encoding="utf-8")
        assert "Traceback" not in log


def test_a_session_is_started_seen_and_becomes_a_take(visit: driver.Visit, rig: Rig) -> None:
    page: Any = visit.page
    visit.poll("document.querySelectorAll('#live-in option').length > 0")
    page.locator("#live-in option", has_text="keys").first.wait_for(state="attached")
    visit.poll("!document.querySelector('#live-start').disabled")
    page.select_option("#live-trade", "2")
    page.click("#live-start")
    visit.poll("document.querySelector('#live-place').textContent.startsWith('bar 1.')")
    assert page.inner_text("#live-turn") == "your turn"
    assert "chorus 1: Dm7, then G7" in page.inner_text("#live-place")
    rig.press(61, 0.3)
    visit.poll(f"{ROLL}.some((note) => note[2] === 61 && note[1] > note[0])")
    visit.poll("document.querySelector('#live-turn').textContent === \"jazzgen's turn\"")
    visit.poll(f"{ROLL}.length > 3")
    assert page.evaluate("jazzgenStudio.live._view._roll.sections.map((it) => it.name)") == [
        "you", "jazzgen", "you", "jazzgen"
    ]  # fmt: skip
    page.reload()  # a page that comes later sees it, too
    visit.poll(driver.READY)
    visit.poll("document.querySelector('#live-place').textContent.startsWith('bar ')")
    page.click("#live-finish")
    visit.poll("jazzgenStudio.session.takes.length === 1")
    visit.poll("!document.body.hasAttribute('data-live')")
    assert page.evaluate("jazzgenStudio.session.take.parts.includes('you')")
    assert page.is_visible("#view-roll")


def test_without_a_midi_server_a_line_says_so(visit: driver.Visit, rig: Rig) -> None:
    visit.poll("!document.querySelector('#live-start').disabled")
    rig.server.terminate()
    rig.server.wait()
    visit.page.click("#live-look")
    visit.poll("document.querySelector('#live-ports').textContent.includes('cannot be reached')")
    assert visit.page.is_disabled("#live-start")
    assert visit.page.is_disabled("#live-virtual")
