"""What a user says about MIDI files that do not say it: the solo's track, and the chords.

Chords come from an option, for all files alike, or from a chart of the same name beside the file:
`name.chords` or, where it has bars in it and the file itself no chords, `name.txt`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from jazzgen.charts.find import read_chart
from jazzgen.charts.readers import MOST_BYTES
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import has_chords
from jazzgen.music.score import Progression
from jazzgen.util.files import read_bytes

CHART_SUFFIXES = (".chords", ".txt")


class Given(NamedTuple):
    """The solo's `track`, by name or number, and the `progression` of all files; None: as each has it."""

    track: str | int | None = None
    progression: Progression | None = None

    def chords_of(self, file: Path) -> Progression | None:
        """The chords given for a file: the progression, else those of the chart beside it; raises
        `ProgressionError` or `ChordError` where that cannot be read.
        """
        chart = None if self.progression else chart_beside(file)
        return self.progression if chart is None else read_chart(chart)

    def digest(self, file: Path) -> bytes:
        """A hash of all that is given for a file; empty where that is nothing."""
        chart = None if self.progression else chart_beside(file)
        if chart is None and self == NOTHING:
            return b""
        try:
            content = b"" if chart is None else chart.read_bytes()
        except OSError:
            content = b"?"
        return hashlib.sha256(repr(tuple(self)).encode("utf-8", "surrogatepass") + b"\0" + content).digest()


NOTHING = Given()


def chart_beside(file: Path) -> Path | None:
    """The chart with a MIDI file's name, if there is one. Many a text beside a file has no chords in it, and
    one beside a file with chords may be what a take was made of: only `.chords` is taken before them.
    """
    for suffix in CHART_SUFFIXES:
        chart = file.with_suffix(suffix)
        try:
            if not chart.is_file():
                continue
            if suffix != ".txt" or (_has_bars(read_bytes(chart, MOST_BYTES)) and not has_chords(file)):
                return chart
        except OSError:
            continue
    return None


def charts_beside(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The charts beside the MIDI files among `paths`."""
    found = (chart_beside(file) for file in midi_files(paths))
    return [chart for chart in found if chart is not None]


def _has_bars(text: bytes) -> bool:
    return b"\0" not in text and (b"|" in text or b"irealb" in text)
