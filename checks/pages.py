"""Lead sheets on machines with few fonts: every sign in their text is drawn, in the PDF as in a browser.

    python -m checks.pages             with the programs and fonts that are installed
    python -m checks.pages --install   first install those that are missing (Debian), as root or by sudo

For each folder of fonts on this machine, and with no other font, a lead sheet full of ♭, ♮, ♯, 𝄫, 𝄪 and ♩ is
written as PDF and as SVG. pdftoppm makes pixels of the one and Chromium of the other. Around each sign and on
the whole page the ink of each must lie where the other has some. A line a folder is printed; the exit code is
1 where a sign is missing or a page differs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from checks import debian
from jazzgen.charts.text import parse_progression
from jazzgen.midi.layout import Layout
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Solo

PACKAGES = {"chromium": "chromium", "pdftoppm": "poppler-utils"}
FONTS = {"fonts-dejavu-core": "dejavu", "fonts-liberation": "liberation"}  # the second has neither ♭ nor ♯
FONT_FOLDERS = Path("/usr/share/fonts")
BROWSER = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]  # fmt: skip
LIMIT_S = 120  # for one program
SIGN = re.compile(r'<path transform="translate\(([\d.]+) ([\d.]+)\) scale\(([\d.]+) -[\d.]+\)"')
MARGIN = re.compile(r'class="page-margin" transform="translate\((\d+), (\d+)\)"')
PIXELS, UNITS = 4200, 21_000  # of the page's width: a ♭ is 20 pixels wide and 60 high
NEAR = 3  # pixels that the two may lie apart
LEAST = 0.97  # of the ink that must lie near the other's

Ink = npt.NDArray[np.bool_]  # (height, width)


class PageError(Exception):
    """A page is not drawn as it must be; the text is one line."""


class Figures(NamedTuple):
    """What was compared: the number of signs, the worst sign's share of ink in place, and the page's."""

    signs: int
    worst: float
    page: float


def full_of_signs() -> Solo:
    """A solo whose lead sheet has every sign that text can have."""
    form = parse_progression(
        "title: B♭, E♮, F♯, 𝄫 and 𝄪 for ♩\nkey: Eb\n"
        "[A♭] | Cm7b5 | F7b9 . . F7#5 | Bbmaj7/Eb | Db7 . Gbmaj7 . "
        "| [B] Bb6/9 | Am7b5 . D7b9#11 . | Gbm7 . B7#9 . | F#m7/C# | Ebmaj7 | Abm6 | Bbdim7 | C#7alt |"
    )
    notes = tuple(Note(tick, 6, 58 + tick * 7 % 19) for tick in range(0, form.length - 48, 12))
    return Solo(notes, form, tempo=140, title=form.title)


def ink(grey: npt.NDArray[np.uint8]) -> Ink:
    """Which pixels are dark."""
    return grey < 128


def near(dark: Ink) -> Ink:
    """The pixels that lie `NEAR` dark ones."""
    for axis in (0, 1):
        padded = np.pad(dark, [(NEAR, NEAR) if axis == at else (0, 0) for at in (0, 1)])
        views = [padded.take(range(k, k + dark.shape[axis]), axis) for k in range(2 * NEAR + 1)]
        dark = np.any(views, axis=0)
    return dark


def share(dark: Ink, beside: Ink) -> float:
    """How much of what is dark lies in `beside`; nothing of nothing does."""
    return float(beside[dark].mean()) if dark.any() else 0.0


def compare(pdf: Ink, svg: Ink, text: str) -> Figures:
    """How the picture of a PDF agrees with that of the SVG document `text`; raises `PageError`."""
    height = min(len(pdf), len(svg))
    if left := int(pdf[height:].sum()):
        raise PageError(f"the PDF has {left} dark pixels below the end of the SVG")
    pdf, svg = pdf[:height], svg[:height]
    if found := re.search("[\ue000-\uf8ff♭♮♯𝄫𝄪♩]", text):
        raise PageError(f"the text still has {found[0]!r}, which is left to a font")
    near_pdf, near_svg = near(pdf), near(svg)
    worst = 1.0
    signs = list(SIGN.finditer(text))
    ((across, down),) = MARGIN.findall(text)
    for sign in signs:
        x, y, size = int(across) + float(sign[1]), int(down) + float(sign[2]), 1000 * float(sign[3])
        # The tallest sign rises .7 of its size above its line and falls .2 below; all are .15 wide or more.
        left, right, top, bottom = (
            round(place * PIXELS / UNITS) for place in (x, x + 0.15 * size, y - 0.7 * size, y + 0.2 * size)
        )
        at = slice(top, bottom), slice(left, right)
        worst = min(worst, share(pdf[at], near_svg[at]), share(svg[at], near_pdf[at]))
    if not signs:
        raise PageError("the page has no signs")
    page = min(share(pdf, near_svg), share(svg, near_pdf))
    figures = Figures(len(signs), worst, page)
    if min(figures.worst, figures.page) < LEAST:
        raise PageError(f"{describe(figures)}; at least {LEAST:.0%}")
    return figures


def describe(figures: Figures) -> str:
    """The figures in words."""
    return (
        f"{figures.signs} signs, {figures.worst:.1%} of the ink of the worst in place, {figures.page:.1%} of "
        "the page's"
    )


def check(fonts: Path, folder: Path) -> Figures:
    """Write the lead sheet with the fonts below `fonts` only and compare its pictures; `folder` is empty."""
    settings = folder / "fonts.conf"
    settings.write_text(
        f"<fontconfig><dir>{fonts}</dir><cachedir>{folder}/cache</cachedir>"
        '<include ignore_missing="yes">/etc/fonts/conf.d</include></fontconfig>'
    )
    environment = os.environ | {"FONTCONFIG_FILE": str(settings), "HOME": str(folder)}
    take = folder / "take.mid"
    write_arrangement(Arrangement(full_of_signs()), take, layout=Layout())
    for name in ("page.pdf", "page.svg"):
        _run([sys.executable, "-m", "jazzgen", "leadsheet", str(take), "-o", str(folder / name)], environment)
    text = (folder / "page.svg").read_text(encoding="utf-8")
    width, height = (int(size) for size in re.findall(r'<svg width="(\d+)px" height="(\d+)px"', text)[0])
    scale = f"-gray -singlefile -scale-to-x {PIXELS} -scale-to-y -1".split()
    _run(["pdftoppm", *scale, str(folder / "page.pdf"), str(folder / "page")], environment)
    size = [f"--window-size={width},{height}", f"--force-device-scale-factor={PIXELS / width:g}"]
    places = [f"--user-data-dir={folder / 'browser'}", f"--screenshot={folder / 'page.png'}"]
    _run([*BROWSER, *size, *places, (folder / "page.svg").as_uri()], environment)
    pdf, svg = (ink(np.asarray(Image.open(folder / name).convert("L"))) for name in ("page.pgm", "page.png"))
    return compare(pdf, svg, text)


def _run(words: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if done.returncode:
        raise PageError(f"{words[0]} ended with {done.returncode}: {' '.join(done.stderr.split())[-300:]}")


def missing() -> list[str]:
    """The packages whose programs are not there."""
    return [package for command, package in PACKAGES.items() if shutil.which(command) is None]


def font_folders() -> Iterator[Path]:
    """The folders that hold fonts."""
    for kind in sorted(FONT_FOLDERS.glob("*")):
        yield from sorted(folder for folder in kind.glob("*") if any(folder.glob("*.[ot]tf")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check with the fonts of every folder; 1 where a page is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true", help="install what is missing with apt-get first")
    if parser.parse_args(arguments).install:
        have = {folder.name for folder in font_folders()}
        wanted = missing() + [package for package, name in FONTS.items() if name not in have]
        if reason := debian.install(wanted):
            print(f"pages: {reason}; going on with what there is")
    if lacking := missing():
        print(f"pages: skipped, {', '.join(lacking)} is not installed")
        return 0
    failed = 0
    for fonts in font_folders():
        with tempfile.TemporaryDirectory() as folder:
            try:
                said = describe(check(fonts, Path(folder)))
            except PageError as error:
                said, failed = f"FAILED: {error}", failed + 1
        print(f"only {fonts.name:12}{said}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
