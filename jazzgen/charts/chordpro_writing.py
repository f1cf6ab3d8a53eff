"""Progressions as ChordPro: one grid a section, four bars a line, a cell a beat."""

from __future__ import annotations

from collections.abc import Iterator

from jazzgen.charts.played_bars import PlayedBar, fewest_shares, played_bars
from jazzgen.music.score import Progression

BARS_A_LINE = 4


def text(
    progression: Progression, *, title: str = "", composer: str = "", style: str = ""
) -> tuple[str, list[str]]:
    """The file, and what could not be written, a sentence each.

    Parameters
    ----------
    progression
        As it is played once through.
    title, composer, style
        As they are to stand there; empty: the progression's own.

    Returns
    -------
    tuple of str and list of str
        Read again, it is the same progression.

    """
    tempo = progression.tempo
    said = {
        "title": title or progression.title,
        "composer": composer or progression.composer,
        "key": progression.key,
        "time": progression.meters[0].signature,
        "tempo": "" if tempo is None else repr(float(tempo)).removesuffix(".0"),
        "x_style": style or progression.style,  # ChordPro has no word for it; x_ marks one's own
    }
    head = [f"{{{name}: {line}}}" for name, value in said.items() if (line := " ".join(value.split()))]
    warnings: list[str] = []
    return "\n".join([*head, *_grids(list(played_bars(progression)), warnings)]) + "\n", warnings


def _grids(bars: list[PlayedBar], warnings: list[str]) -> Iterator[str]:
    """The lines of the grids; a new meter needs a new one."""
    starts = [k for k, bar in enumerate(bars) if not k or bar.section or bar.meter != bars[k - 1].meter]
    for start, end in zip(starts, [*starts[1:], len(bars)], strict=True):
        first = bars[start]
        yield ""
        if start and first.meter != bars[start - 1].meter:
            yield f"{{time: {first.meter}}}"
        label = _quoted(first.section, warnings)
        yield f'{{start_of_grid shape="{BARS_A_LINE}x{first.beats}"{label}}}'
        for at in range(start, end, BARS_A_LINE):
            line = bars[at : min(at + BARS_A_LINE, end)]
            closing = "|." if at + BARS_A_LINE >= len(bars) else "||" if at + BARS_A_LINE >= end else "|"
            yield f"| {' | '.join(map(_cells, line))} {closing}"
        yield "{end_of_grid}"


def _quoted(name: str, warnings: list[str]) -> str:
    if not name:
        return ""
    if '"' in name and "'" in name:
        warnings.append(f"the section {name!r} is written without its quotation marks")
        name = name.replace('"', "")
    quote = "'" if '"' in name else '"'
    return f" label={quote}{name}{quote}"


def _cells(bar: PlayedBar) -> str:
    """A cell a beat, two chords in it as C~D; or as many cells as the places need."""
    halves = 2 * bar.beats
    if not bar.fits(bar.beats) and bar.fits(halves):
        entries = bar.entries(halves, ".")
        cells, sounding = [], bar.chords[0][1]
        for first, second in zip(entries[::2], entries[1::2], strict=True):
            sounding = sounding if first == "." else first
            cells.append(first if second == "." else f"{sounding}~{second}")
            sounding = sounding if second == "." else second
        return " ".join(cells)
    return " ".join(bar.entries(fewest_shares(bar, (bar.beats,)), "."))
