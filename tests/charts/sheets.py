"""What the tests of readers look at: the bars of a song in short."""

from __future__ import annotations

from typing import Protocol

from jazzgen.charts.tune import make_tune
from jazzgen.charts.written import Chart, Entry, WrittenBar
from jazzgen.music.score import TICKS_PER_BEAT, Progression


class Reader(Protocol):
    """A module of a format."""

    def entries(self, data: bytes, name: str) -> list[Entry]: ...


def chart_in(reader: Reader, text: str, number: int = 0) -> Chart:
    return reader.entries(text.encode(), "x")[number].read()


def bar_text(bar: WrittenBar) -> str:
    """The chords of a bar, each with its place unless that is 0: "Dm7 G7@1/2"."""
    return " ".join(f"{symbol}@{place}" if place else symbol for place, symbol in bar.chords)


def written(reader: Reader, text: str) -> list[str]:
    """The written bars of the first song."""
    return [bar_text(bar) for bar in chart_in(reader, text).bars]


def played(reader: Reader, text: str, form: str = "form") -> str:
    """The first song in playing order, a symbol a bar, with beats of the others: "C F@3 | G"."""
    tune = make_tune(chart_in(reader, text), form=form)
    progression = tune.full if form == "full" else tune.form
    return " | ".join(_played_bars(progression))


def _played_bars(progression: Progression) -> list[str]:
    bars = [""] * len(progression.bar_ticks)
    for change in progression.chords:
        bar = progression.bar_at(change.tick)
        beat = 1 + (change.tick - progression.bar_ticks[bar]) / TICKS_PER_BEAT
        bars[bar] += f" {change.symbol}" + (f"@{beat:g}" if beat > 1 else "")
    return [bar.strip() or "%" for bar in bars]
