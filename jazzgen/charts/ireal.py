"""iReal Pro: links `irealb://` and `irealbook://`, in HTML, in text, or pasted; one song or a playlist.

A link holds the fields of its songs; the music of an `irealb` link is scrambled. Fields are split at once,
music is read for a song that is asked for (`ireal_music.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from html import unescape
from itertools import islice

from jazzgen.charts.ireal_music import check_length, read_bars
from jazzgen.charts.reading import MOST_SONGS, check_songs
from jazzgen.charts.written import Chart, Entry
from jazzgen.errors import ProgressionError
from jazzgen.music.keys import key_tonic, read_key
from jazzgen.music.pitch import note_name

MAGIC = "1r34LbKcu7"  # what scrambled music begins with
MOST_FIELDS = 12 * MOST_SONGS  # of a link: a song has ten
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})++")
_LINK = re.compile(r"(?P<quote>[\"']?)(?P<scheme>irealb|irealbook)://", re.IGNORECASE)
_ARTICLE = re.compile(r"(.*\S)\s*,\s*(The|A|An|Les|La|Le|L')", re.DOTALL)


def entries(data: bytes, name: str) -> list[Entry]:
    """The songs of all links in `data`; raises `ProgressionError` where there are none."""
    text = data.decode("utf-8-sig", "replace")
    links = list(islice(_LINK.finditer(text), MOST_SONGS + 1))
    check_songs(len(links), name)
    if sum(map(text.count, ("=", "%3D", "%3d"))) > MOST_FIELDS:
        raise ProgressionError(f"{name}: its links have more than {MOST_FIELDS:,} fields; split it")
    songs = (entry for scheme, link in _links(text, links) for entry in _songs(scheme, link))
    found = list(islice(songs, MOST_SONGS + 1))
    check_songs(len(found), name)
    if not found:
        raise ProgressionError(
            f"{name}: an iReal Pro link is there but no song can be read from it; links that pass through a "
            "shell or a mail are cut and lose their % signs: save the link in a file, or export the playlist "
            "as HTML"
        )
    return found


def _links(text: str, starts: Sequence[re.Match[str]]) -> Iterator[tuple[str, str]]:
    """The link at each of `starts`: its scheme, and what follows it, decoded."""
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends, strict=True):
        rest = text[start.end() : end]
        if start["quote"]:
            link = rest.partition(start["quote"])[0]
        else:
            link = re.split(r"[\s<>\"]", rest, maxsplit=1)[0]
            if "%" not in link:  # pasted as it reads, or cut into lines
                link = re.split(r"\n\s*\n|\"|</a", rest, maxsplit=1)[0].replace("\r", "").replace("\n", "")
        yield start["scheme"].lower(), _ESCAPES.sub(_unescaped, unescape(link))


def _unescaped(found: re.Match[str]) -> str:
    """A run of percent signs as text; `urllib` keeps every sign of a link in memory at once."""
    return _run(found[0]) if len(found[0]) < 10 else _run.__wrapped__(found[0])


@lru_cache(maxsize=1024)
def _run(escapes: str) -> str:
    return bytes.fromhex(escapes.replace("%", "")).decode("utf-8", "replace")


def _songs(scheme: str, link: str) -> Iterator[Entry]:
    fields = link.split("=")
    if scheme == "irealb":
        # Not split at "===": a song without a composer has it inside.
        for at, music in enumerate(fields):
            if music.startswith(MAGIC) and at >= 6:
                title, composer, _, style, key, moved = fields[at - 6 : at]
                groove, tempo, *_ = [*fields[at + 1 : at + 3], "", ""]
                yield _entry(title, composer, style, key, music, groove=groove, tempo=tempo, moved=moved)
        return
    for at in range(0, len(fields) - 5, 6):
        title, composer, style, key, _, music = fields[at : at + 6]
        yield _entry(title, composer, style, key, music)


def _entry(
    title: str,
    composer: str,
    style: str,
    key: str,
    music: str,
    *,
    groove: str = "",
    tempo: str = "",
    moved: str = "",
) -> Entry:
    """One song; its title with the article in front.

    Parameters
    ----------
    title, composer, style, key, music, groove, tempo, moved
        The fields as they stand; `moved` is the pitch class of the key in which the owner plays it.

    Returns
    -------
    Entry
        Its bars are read when they are asked for.

    """
    if article := _ARTICLE.fullmatch(title):
        title = f"{article[2]} {article[1]}"
    beats = float(tempo) if tempo.isascii() and tempo.isdigit() and len(tempo) < 4 and int(tempo) else None
    said = {"title": title.strip(), "composer": composer.strip(), "style": style.strip(), "key": key.strip()}
    read = partial(_chart, music, said, groove.strip(), beats, moved.strip())
    return Entry(read, **said, tempo=beats)


def _chart(music: str, said: dict[str, str], groove: str, tempo: float | None, moved: str) -> Chart:
    """The chart of one song."""
    check_length(music)
    if music.startswith(MAGIC):
        music = unscramble(music[len(MAGIC) :])
    warnings: list[str] = []
    bars = read_bars(music, warnings)
    return Chart(
        tuple(bars),
        title=said["title"],
        composer=said["composer"],
        style=said["style"],
        key=said["key"],
        tempo=tempo,
        groove=groove,
        transposed_to=_moved_to(moved, said["key"]),
        warnings=tuple(warnings),
    )


def _moved_to(moved: str, key: str) -> str:
    """The key in which the owner plays the song, where that is another than the written one."""
    written = read_key(key)
    if not (moved.isascii() and moved.isdigit()) or written is None or len(moved) > 2 or int(moved) > 11:
        return ""
    signature, minor = written
    if key_tonic(signature, minor) == int(moved):
        return ""
    return note_name(int(moved), minor) + "m" * minor


def unscramble(music: str) -> str:
    """Music as it is written, from what follows `MAGIC` in a link; the same twice scrambles it again, but for
    the three abbreviations.
    """
    return swap_blocks(music).replace("Kcl", "| x").replace("LZ", " |").replace("XyQ", "   ")


def swap_blocks(music: str) -> str:
    """`music` with places exchanged in each block of 50, which is its own inverse."""
    blocks = []
    while len(music) > 50:
        block, music = music[:50], music[50:]
        if len(music) >= 2:
            signs = list(block)
            for a in (*range(5), *range(10, 24)):
                signs[a], signs[49 - a] = signs[49 - a], signs[a]
            block = "".join(signs)
        blocks.append(block)
    return "".join(blocks) + music
