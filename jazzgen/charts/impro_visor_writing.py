"""Progressions as Impro-Visor lead sheets (.ls): chords without a melody, in its own spelling."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from jazzgen.charts.played_bars import PlayedBar, fewest_shares, played_bars, spelled
from jazzgen.charts.styles import style_word
from jazzgen.errors import ChordError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import read_key
from jazzgen.music.score import Progression

BARS_A_LINE = 4
_SPELLINGS = (("maj", "M"), ("dim", "o"), ("aug", "+"))


def text(
    progression: Progression, *, title: str = "", composer: str = "", style: str = ""
) -> tuple[str, list[str]]:
    """The file, and what could not be written, a sentence each.

    Parameters
    ----------
    progression
        As it is played once through.
    title, composer
        As they are to stand there; empty: the progression's own.
    style
        The chart's own word for it, which becomes a comment.

    Returns
    -------
    tuple of str and list of str
        Read again, it has the same bars, chords and places. The names of sections and the mode of the key are
        not in such a file.

    """
    bars = list(played_bars(progression))
    meter = bars[0].meter
    warnings = [
        f"an .ls sheet has one meter: bars {run[0] + 1} to {run[-1] + 1} in {bars[run[0]].meter} are written "
        f"as bars of {meter}"
        for other, run in (
            (key, list(group)) for key, group in groupby(range(len(bars)), lambda k: bars[k].meter)
        )
        if other != meter
    ]
    name = style_word(progression, {"straight": "latin"})
    key = read_key(progression.key)
    lines = [
        f"(title {_line(title or progression.title)})",
        f"(composer {_line(composer or progression.composer)})",
        f"(comments {_line(style)})",
        f"(meter {meter.replace('/', ' ')})",
        f"(key {key[0] if key else 0})",
        f"(tempo {progression.tempo or 160.0:.6g})",
        f"(style {name})",
        "(part\n    (type chords)\n)",
    ]
    for number, bar in enumerate(bars):
        if bar.section or not number:
            lines.append(f"(section (style {name}))")
            line = 0
        if line % BARS_A_LINE == 0:
            lines.append("")
        lines[-1] += f"{' '.join(_slots(bar))} | "
        line += 1
    return "\n".join(line.rstrip() for line in lines) + "\n(part\n    (type melody)\n)\n", warnings


def _line(value: str) -> str:
    return " ".join(value.split())


def _slots(bar: PlayedBar) -> list[str]:
    """The entries of a bar, one that goes on as `/`."""
    entries = bar.entries(fewest_shares(bar, (1, 2, bar.beats)), "/")
    return [entry if entry == "/" else _symbol(entry) for entry in entries]


@lru_cache(maxsize=4096)
def _symbol(symbol: str) -> str:
    """A chord as Impro-Visor spells it: CM7, Co7, C+, with the same tones."""
    root, quality, bass = spelled(symbol)
    if not root:
        return "NC"
    behind = f"/{bass}" if bass else ""
    short = quality
    for ours, theirs in _SPELLINGS:
        short = short.replace(ours, theirs)
    wanted = parse_chord(f"{root}{quality}")
    try:
        found = parse_chord(f"{root}{short}")
    except ChordError:
        found = None
    same = wanted is not None and found is not None and found.pitch_classes == wanted.pitch_classes
    return f"{root}{short if same else quality}{behind}"
