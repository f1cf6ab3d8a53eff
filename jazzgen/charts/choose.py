"""Which song of a file is meant: by number, or by a title as people type it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from jazzgen.charts.written import Entry
from jazzgen.errors import ProgressionError

_SHOWN = 5  # titles in a message
_COMPARED = 5000  # titles that are searched for near ones
_LONGEST = 80  # characters of a title that are compared


def choose_song(entries: Sequence[Entry], song: str | None, name: str) -> Entry:
    """The entry that `song` names: a number from 1, a title, or a unique beginning or part of one.

    A number beyond the last song can be a whole title. Accents, case, articles and punctuation do not count.
    Raises `ProgressionError` that offers titles.
    """
    if len(entries) == 1 and (song is None or not entries[0].title):
        return entries[0]  # a text has no title to be asked for
    if song is None:
        raise ProgressionError(
            f"{name}: it holds {len(entries)} songs; choose one with --song TITLE or NUMBER, such as "
            f"{_quoted([entry.title for entry in entries[:_SHOWN]])} (jazzgen progressions FILE lists them)"
        )
    number = song.strip()
    is_number = number.isdecimal() and number.isascii()
    if is_number and len(number) < 9 and 1 <= int(number) <= len(entries):
        return entries[int(number) - 1]
    if number.startswith("-") and number[1:].isdecimal():
        raise ProgressionError(f"{name}: there is no song {number[:60]}; it holds {len(entries)}")
    wanted = plain_title(song)
    titles = [plain_title(entry.title) for entry in entries]
    for fits in (str.__eq__,) if is_number else (str.__eq__, str.startswith, _holds):
        found = [k for k, title in enumerate(titles) if wanted and fits(title, wanted)]
        if len(found) == 1:
            return entries[found[0]]
        if found:
            break
    if is_number and not found:
        raise ProgressionError(f"{name}: there is no song {number[:60]}; it holds {len(entries)}")
    if found:
        raise ProgressionError(
            f"{name}: several titles fit {song[:60]!r}: "
            f"{_quoted([f'{k + 1} {entries[k].title}' for k in found[: 2 * _SHOWN]])}; give its number"
        )
    near = get_close_matches(wanted, list(dict.fromkeys(titles[:_COMPARED])), n=_SHOWN, cutoff=0.5)
    offered = [entries[titles.index(title)].title for title in near] or [e.title for e in entries[:_SHOWN]]
    raise ProgressionError(f"{name}: there is no song {song[:60]!r}; near to it are {_quoted(offered)}")


def _holds(title: str, wanted: str) -> bool:
    return wanted in title


def _quoted(titles: Sequence[str]) -> str:
    return ", ".join(repr(title[:_LONGEST]) for title in titles)


def plain_title(title: str) -> str:
    """A title as it is compared.

    >>> plain_title("Água de Beber"), plain_title("Tune, The") == plain_title("the tune!")
    ('agua de beber', True)
    """
    letters = unicodedata.normalize("NFKD", title[:_LONGEST]).casefold()
    letters = "".join(c for c in letters if not unicodedata.combining(c))
    words = re.findall(r"\w+", letters.replace("'", "").replace("’", ""))
    if words and words[0] in ("the", "a", "an"):
        words = words[1:] or words
    elif len(words) > 1 and words[-1] in ("the", "a", "an"):
        words = words[:-1]
    return " ".join(words)
