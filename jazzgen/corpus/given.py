"""What a user says about MIDI files that do not say it: the solo's track, and the chords.

Chords come from an option, for all files alike, or from a chart of the same name beside the file:
`name.chords` or, where it reads as a chart and the file itself has no chords, `name.txt`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from jazzgen.charts.find import read_chart
from jazzgen.charts.readers import MOST_BYTES
from jazzgen.errors import HarmonyError
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
        found = None if self.progression else _beside(file)
        if found is None:
            return self.progression
        if isinstance(found[1], HarmonyError):
            raise found[1]
        return found[1]

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
    found = _beside(file)
    return found and found[0]


def charts_beside(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The charts beside the MIDI files among `paths` that can be read."""
    found = [beside for beside in map(_beside, midi_files(paths)) if beside is not None]
    return [chart for chart, read in found if isinstance(read, Progression)]


def _beside(file: Path) -> tuple[Path, Progression | HarmonyError] | None:
    """The chart with a MIDI file's name, and what it says or why that cannot be read."""
    for suffix in CHART_SUFFIXES if file.name else ():  # "." has no name to put another ending to
        chart = file.with_suffix(suffix)
        try:
            if not chart.is_file():
                continue
            if suffix == ".txt" and (not _has_bars(read_bytes(chart, MOST_BYTES)) or has_chords(file)):
                continue
            return chart, read_chart(chart)
        except HarmonyError as error:
            if suffix != ".txt":
                return chart, error
        except (OSError, ValueError):
            continue
    return None


def _has_bars(text: bytes) -> bool:
    return b"\0" not in text and (b"|" in text or b"irealb" in text)
