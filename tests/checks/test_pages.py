"""The check of lead sheets on machines with few fonts: it passes with one font, and it can fail."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from checks import pages

MARGIN = '<g class="page-margin" transform="translate(1000, 1000)">'
PAGE = f'{MARGIN}<path transform="translate(500 2000) scale(1 -1)" d="M0 0"/>'


def drawn(*boxes: tuple[int, int, int, int]) -> pages.Ink:
    """A page with the frames of boxes: left, right, top, bottom in pixels."""
    ink = np.zeros((900, pages.PIXELS), np.bool_)
    for left, right, top, bottom in boxes:
        ink[top:bottom, left:right] = True
        ink[top + 2 : bottom - 2, left + 2 : right - 2] = False
    return ink


@pytest.mark.skipif(bool(pages.missing()), reason="needs Chromium and pdftoppm (make check-pages)")
def test_every_sign_is_drawn_with_one_font(tmp_path: Path) -> None:
    fonts = next(pages.font_folders(), None)
    if fonts is None:
        pytest.skip(f"needs fonts in {pages.FONT_FOLDERS}")
    assert pages.check(fonts, tmp_path).signs == 27


def test_equal_pages_agree() -> None:
    page = drawn((305, 325, 540, 600))
    assert pages.compare(page, page, PAGE) == (1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("pdf", "text", "message"),
    [
        (drawn((200, 280, 540, 600)), PAGE, "1 signs, 0.0% of the ink of the worst in place"),
        (drawn((305, 325, 540, 560)), PAGE, "1 signs"),  # half of it
        (drawn((305, 325, 540, 600), (900, 2000, 100, 400)), PAGE, "% of the page's; at least 97%"),
        (drawn((305, 325, 540, 600)), f"{PAGE}<text>B♭</text>", "still has '♭'"),
        (drawn((305, 325, 540, 600)), MARGIN, "no signs"),
        (np.pad(drawn((305, 325, 540, 600)), [(0, 9), (0, 0)], constant_values=True), PAGE, "below the end"),
    ],
)
def test_what_is_not_drawn_is_found(pdf: pages.Ink, text: str, message: str) -> None:
    with pytest.raises(pages.PageError, match=re.escape(message)):
        pages.compare(pdf, drawn((305, 325, 540, 600)), text)


def test_a_program_that_fails_says_so() -> None:
    with pytest.raises(pages.PageError, match=r"cat ended with 1: .*No such file"):
        pages._run(["cat", "/nowhere"], {"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
