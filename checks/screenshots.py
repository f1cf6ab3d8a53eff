"""Take the pictures of docs/studio.md: the studio on a desk, its lead sheet in the dark, and on a phone.

    python -m checks.screenshots docs

Needs jazzgen[studio,audio,notation], playwright and Chromium (`python -m checks.pages --install`).
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from checks import browser as driver

COLOURS = 256
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
FORM, SEED = "rhythm-changes", 5


def save(visit: driver.Visit, path: Path) -> None:
    """A picture of what is seen, as a PNG of so many colours, which is a third as large."""
    visit.page.evaluate("document.getElementById('status').textContent = ''")
    picture = Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
    few = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path}: {picture.width} x {picture.height}, {path.stat().st_size / 1e3:.0f} kB")


def play_at(visit: driver.Visit, bar: int) -> None:
    """Let it play from `bar` until something of that is seen."""
    visit.page.evaluate(
        f"jazzgenStudio.transport.place(jazzgenStudio.session.roll.timeline.tickOf({bar - 1}))"
    )
    if visit.page.evaluate(driver.STOPPED):
        visit.page.click("#play")
    visit.poll(f"{driver.PLAYING} && jazzgenStudio.transport.bar > {bar}")


def on_a_desk(visit: driver.Visit, path: Path) -> None:
    """A new take with some of its bars played again, which play."""
    page = visit.open()
    page.select_option("#form", FORM)
    page.fill("#set-choruses", "1")
    page.fill("#set-seed", str(SEED))
    page.click("#make")
    visit.poll(driver.PLAYING)
    page.evaluate("jazzgenStudio.session.chooseBars([9, 12])")
    page.click("#again-go")
    visit.poll("jazzgenStudio.session.takes.length === 2")
    visit.quiet()
    page.mouse.move(5, 5)
    page.evaluate("window.scrollTo(0, 0)")
    play_at(visit, 10)
    page.wait_for_timeout(600)
    save(visit, path)
    page.click("#play")


def lead_sheet(visit: driver.Visit, path: Path) -> None:
    """The lead sheet in the dark, with what is said about a note."""
    page = visit.open()
    page.click("#tab-sheet")
    visit.poll("document.querySelectorAll('#view-sheet img').length > 0")
    play_at(visit, 5)
    page.keyboard.press("w")
    visit.poll("document.querySelector('#why ul') !== null")
    save(visit, path)
    page.click("#play")


def on_a_phone(visit: driver.Visit, path: Path) -> None:
    """The same take on a phone."""
    visit.open()
    play_at(visit, 1)
    save(visit, path)


def main() -> int:
    """Write the pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if reason := driver.missing():
        print(f"screenshots: {reason}")
        return 2
    with (
        tempfile.TemporaryDirectory() as own,
        driver.studio(Path(own)) as server,
        driver.chromium() as browser,
    ):
        for name, take, context in (
            ("studio-desk", on_a_desk, {"viewport": DESK, "color_scheme": "light"}),
            ("studio-sheet", lead_sheet, {"viewport": DESK, "color_scheme": "dark"}),
            ("studio-phone", on_a_phone, {"viewport": PHONE, "has_touch": True, "is_mobile": True}),
        ):
            visit = driver.Visit(browser, server, **context)
            take(visit, folder / f"{name}.png")
            if visit.errors:
                print(f"{name}: {visit.errors}")
            visit.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
