"""Words in a score that say where to go on: "D.C. al Fine", "To Coda", "3x", and the signs for them."""

from __future__ import annotations

import re
from typing import NamedTuple

from jazzgen.charts.written import Jump

MAX_WORDS = 200  # characters that are looked at; longer texts are prose
MOST_TIMES = 99_999  # a larger count is cut to this, which is more bars than any chart may have

# Signs of music fonts and what people type for them.
_SIGNS: dict[str, str | int | None] = {
    "\U0001d10b": " segno ",
    "\ue047": " segno ",
    "\ue04a": " segno ",
    "𝄉": " segno ",
    "§": " segno ",
}
_SIGNS |= dict.fromkeys(("\U0001d10c", "\ue048", "⊕"), " coda ")
_JUMP = re.compile(
    r"(?:go |back )*(?:to )?(?:(?P<dc>d\W*c|da ?capo)|(?P<ds>d\W*s(?:\W*s)?|dal ?segno))"
    r"(?P<rest>|[^a-z].*|al.*)"
)
_AL = re.compile(
    r"(?P<coda>coda)|(?P<fine>fine)"
    r"|(?:(?P<first>1st|first|1)|(?P<second>2nd|second|2)|(?P<third>3rd|third|3))\W*(?:end|volta)"
)
_TO_CODA = re.compile(r"(?:last (?:time|x) )?(?:go )?(?:to|al?|alla|da)\W*(?:the )?coda.*")
_CODA = re.compile(r"(?:the )?coda[\W\d]*(?:coda)?\W*")
_SEGNO = re.compile(r"segno\W*")
_FINE = re.compile(r"(?:fine?|il fine)\W*(?:last (?:time|x|chorus))?\W*")
_TIMES = re.compile(r"(?:play|repeat)?\W*(?:(\d{1,9}) ?(?:x|×|times|volte|mal)|[x×] ?(\d{1,9}))\W*")
_UNFINISHED = re.compile(r"(?:d\W*[cs]|da capo|dal segno)?\W*(?:to|al?|alla|)")
# A jump of which a person decides when: "D.C. on cue", "D.S. for solos".
_FOR_PEOPLE = re.compile(r"\b(?:cue|solos?|fade|ad lib|optional|each|every|vamp)\b")


class Order(NamedTuple):
    """What a text orders: "segno", "coda", "to coda", "fine", "jump" (then `jump` says which) or "times"."""

    what: str
    jump: Jump | None = None
    times: int = 0


def read_order(text: str) -> Order | None:
    """The order in a text; None for words that are for people only."""
    words = _plain(text)
    if not words:
        return None
    if found := _JUMP.fullmatch(words):
        al = _AL.search(found["rest"])
        if al is None and _FOR_PEOPLE.search(found["rest"]):
            return None
        name = next(name for name, said in al.groupdict().items() if said) if al else ""
        numbers = {"first": "1", "second": "2", "third": "3"}
        return Order("jump", Jump(to_segno=found["ds"] is not None, al=numbers.get(name, name)))
    if found := _TIMES.fullmatch(words):
        return Order("times", times=min(int(found[1] or found[2]), MOST_TIMES))
    for what, pattern in (("to coda", _TO_CODA), ("coda", _CODA), ("segno", _SEGNO), ("fine", _FINE)):
        if pattern.fullmatch(words):
            return Order(what)
    return None


def unfinished(text: str) -> bool:
    """Whether a text waits for what stands beside it: "To" before a coda sign, "D.S." before "al Coda"."""
    return _UNFINISHED.fullmatch(_plain(text)) is not None


def _plain(text: str) -> str:
    text = text[:MAX_WORDS].translate(str.maketrans(_SIGNS)).lower()
    return " ".join(text.split()).strip("()[]{}\"' .:;-–")  # a dash
