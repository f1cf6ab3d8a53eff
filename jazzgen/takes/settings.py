"""What makes a take, as data."""

from __future__ import annotations

from dataclasses import dataclass, field

from jazzgen.improviser.controls import Controls
from jazzgen.model.shipped import DEFAULT_MODEL
from jazzgen.performance.feel import Feel

__all__ = ["FASTEST", "LONGEST_BARS", "SLOWEST", "TEMPOS", "Settings"]

# Quarter notes a minute at which each style is usually played.
TEMPOS = {
    "swing": 160.0, "up-tempo": 250.0, "waltz": 152.0, "bossa": 140.0, "ballad": 66.0, "straight": 132.0,
}  # fmt: skip
SLOWEST, FASTEST = 20.0, 400.0  # beats a minute; beyond them a file plays, but nobody would call it a tempo
LONGEST_BARS = 4096


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a take. Two takes with equal settings and the same checkpoint are the same bytes.

    `progression` is a built-in name, a file or text as `harmony.find_progression` reads it; `tempo` in
    quarter notes a minute (None: the usual one of the progression's style); `controls` how the solo is
    improvised. `primer` is a MIDI file with a phrase to begin with, or with `answer` to be heard first.
    `style` is one of `harmony.STYLES` (None: the progression's own), `humanize` how freely the file is
    played, from 0, the exact grid, to 1 (see `feel.py`); with `count_in` a bar of sticks comes first.
    `comping` is who plays the chords, one of `band.COMPING`. `ending` "written" lets the last chorus come to
    rest (see `endings.py`); "none" plays the form as it stands and on to its last bar line, to go round in a
    loop.
    """

    progression: str = "blues-f"
    choruses: int = 2
    tempo: float | None = None
    instrument: str = "tenor-sax"
    model: str = DEFAULT_MODEL
    controls: Controls = field(default_factory=Controls)
    primer: str | None = None
    answer: bool = False
    seed: int = 0
    engine: str = "numpy"
    title: str | None = None
    style: str | None = None
    humanize: float = 0.7
    count_in: bool = False
    comping: str = "piano"
    ending: str = "written"

    @property
    def feel(self) -> Feel:
        """How the take is played into its file."""
        return Feel(self.humanize, self.seed)
