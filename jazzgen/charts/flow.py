"""Words that are orders: "D.C. al Fine", "To Coda", "Fine", "3x", as people write them beside bars."""

from __future__ import annotations

import re
from typing import NamedTuple

from jazzgen.charts.written import Jump

_JUMP = re.compile(
    r"""\b(?: d\.?\s?(?P<kind>[cs])(?![a-z]{3}) | (?P<word> da\s*capo | dal\s*segno ) )\b?\.?
        (?: \W* a[ls]? \b? \W* (?: (?P<number>[1-3])(?:st|nd|rd)? | (?P<al> fine | coda ) ) )?""",
    re.VERBOSE | re.IGNORECASE,
)
_TO_CODA = re.compile(r"\b(?:to\s*(?:the\s+)?coda|dacoda)\b|\bto\s*[⊕𝄌]", re.IGNORECASE)
_TIMES = re.compile(r"\b[x×]\s?(\d{1,3})\b|\b(\d{1,3})\s?(?:[x×]|times)\b", re.IGNORECASE)


class Flow(NamedTuple):
    """What a text orders; all empty for one that is for people only."""

    jump: Jump | None = None
    to_coda: bool = False
    coda: bool = False
    segno: bool = False
    fine: bool = False
    times: int = 0


def read_flow(text: str) -> Flow:
    """The order in a text of at most a line."""
    text = text[:200]
    times = next((int(found[1] or found[2]) for found in [_TIMES.search(text)] if found), 0)
    if found := _JUMP.search(text):
        to_segno = (found["kind"] or found["word"] or "").lower().startswith(("s", "dal"))
        return Flow(Jump(to_segno, (found["number"] or found["al"] or "").lower()), times=times)
    if _TO_CODA.search(text):
        return Flow(to_coda=True, times=times)
    word = re.sub(r"[^a-z⊕𝄌𝄋]", "", text.lower())
    return Flow(
        coda=word in ("coda", "⊕", "𝄌"),
        segno=word in ("segno", "𝄋"),
        fine=word == "fine",
        times=times,
    )
