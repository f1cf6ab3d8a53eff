"""Settings: what makes a take, as data, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType

from jazzgen.band.ensemble import check_choices
from jazzgen.band.scene import choose_style
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.model.engines import ENGINES
from jazzgen.model.shipped import DEFAULT_MODEL
from jazzgen.music.score import Progression, instrument
from jazzgen.performance.feel import Feel
from jazzgen.takes.again import Again

# Quarter notes a minute at which each style is usually played.
TEMPOS = {
    "swing": 160.0, "up-tempo": 250.0, "waltz": 152.0, "bossa": 140.0, "ballad": 66.0, "straight": 132.0,
}  # fmt: skip
SLOWEST, FASTEST = 20.0, 400.0  # quarter notes a minute: slower or faster a file plays, but as no tempo
LONGEST_BARS = 4096
MOST_EDITS = 1000


CHECKED_TYPES = (
    ("choruses", int, "a whole number"),
    ("seed", int, "a whole number"),
    ("tempo", (int, float, NoneType), "a number"),
    ("humanize", (int, float), "a number"),
    ("controls", Controls, "Controls"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a take. Two takes with equal settings and the same checkpoint are the same bytes.

    `progression` is a built-in name, a file or text as `forms.find_progression` reads it; `tempo` in quarter
    notes a minute (None: the usual one of the progression's style); `controls` how the solo is improvised.
    `primer` is a MIDI file with a phrase to begin with, or with `answer` one that only precedes the solo.
    `style` is one of `progressions.STYLES` (None: the progression's own), `humanize` how freely the file is
    played, from 0, the exact grid, to 1 (see `feel.py`); with `count_in` a bar of sticks comes first.
    `comping` is who plays the chords, one of `ensemble.COMPING`. `ending` "written" lets the last chorus come
    to rest (see `endings.py`); "none" plays the form as it stands and on to its last bar line, to go round in
    a loop. `again` are bars that are played again when the take is made, one edit after the other. Raises
    `OptionError` for a value outside its range.
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
    again: tuple[Again, ...] = ()

    def __post_init__(self) -> None:
        for name, kinds, what in CHECKED_TYPES:
            if not isinstance(value := getattr(self, name), kinds):
                raise OptionError(f"{name} must be {what}, received {value!r}")
        self.controls.bounds(instrument(self.instrument))
        if self.choruses < 1:
            raise OptionError(f"choruses must be at least 1, received {self.choruses}")
        if self.tempo is not None and not SLOWEST <= self.tempo <= FASTEST:
            raise OptionError(
                f"tempo must be in {SLOWEST:g}..{FASTEST:g} quarter notes a minute, received {self.tempo:g}"
            )
        if self.seed < 0:
            raise OptionError(f"seed must be 0 or more, received {self.seed}")
        if self.engine not in ENGINES:
            raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {self.engine!r}")
        if self.answer and self.primer is None:
            raise OptionError("answer does nothing without a primer; leave it out")
        if len(self.again) > MOST_EDITS:
            raise OptionError(f"a take can be changed {MOST_EDITS} times, received {len(self.again)} edits")
        if self.style is not None:
            choose_style(self.style, 0)
        _ = self.feel  # is humanize in its range?
        check_choices(self.comping, self.ending)

    @property
    def feel(self) -> Feel:
        """How the take is played into its file."""
        return Feel(self.humanize, self.seed)

    def tempo_of(self, form: Progression) -> float:
        """Quarter notes a minute over `form`."""
        return TEMPOS.get(form.style, TEMPOS["swing"]) if self.tempo is None else self.tempo

    def check_length(self, bars: int) -> None:
        """Raise `OptionError` where the choruses of `bars` bars are too long for a take."""
        if self.choruses * bars > LONGEST_BARS:
            raise OptionError(
                f"choruses must make at most {LONGEST_BARS} bars, received {self.choruses} of {bars} "
                f"bar{'s'[: bars > 1]}"
            )
