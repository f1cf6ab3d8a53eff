"""Settings: what makes a take, as data, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import NoneType

from jazzgen.band.ensemble import check_choices
from jazzgen.band.scene import choose_style
from jazzgen.charts.find import AS_WRITTEN, ChartOptions
from jazzgen.charts.plan import HEAD, TAG, TRADES, Plan
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.model.engines import ENGINES
from jazzgen.model.shipped import DEFAULT_MODEL
from jazzgen.music.intros import INTROS
from jazzgen.music.score import MAX_BARS, Progression, instrument
from jazzgen.performance.feel import Feel
from jazzgen.takes.again import Again

# Beats a minute, quarters or dotted quarters, at which each style is usually played.
TEMPOS = {
    "swing": 160.0, "up-tempo": 250.0, "waltz": 152.0, "bossa": 140.0, "ballad": 66.0, "straight": 132.0,
    "shuffle": 128.0, "samba": 200.0, "afro-cuban": 112.0, "slow-blues": 60.0,
}  # fmt: skip
SLOWEST, FASTEST = 20.0, 400.0  # beats a minute: slower or faster a file plays, but as no tempo
HEAD_CHORUSES = 3  # the fewest with a solo between the first and the last
MOST_EDITS = 1000


CHECKED_TYPES = (
    ("choruses", int, "a whole number"),
    ("seed", int, "a whole number"),
    ("tempo", (int, float, NoneType), "a number"),
    ("retime", (int, float, NoneType), "a number"),
    ("humanize", (int, float), "a number"),
    ("expression", (int, float), "a number"),
    ("interplay", (int, float), "a number"),
    ("plan", (str, NoneType), "words as text"),
    ("controls", Controls, "Controls"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What makes a take. Two takes with equal settings and the same checkpoint are the same bytes.

    `progression` is a built-in name, a file or text as `charts.find.find_tune` reads it; `tempo` in beats of
    the first meter a minute (None: the chart's own, else its style's usual one); `controls` how the solo is
    improvised. `primer` is a MIDI file with a phrase to begin with, or with `answer` one that only precedes
    the solo. `style` is one of `progressions.STYLES` (None: the progression's own), `humanize` how freely the
    file is played, from 0, the exact grid, to 1 (see `feel.py`), `expression` how much a soloist bends,
    ghosts and swells who can, from 0 to 1 (see `expression.py`); with `count_in` a bar of sticks comes first.
    `comping` is who plays the chords, one of `ensemble.COMPING`, `bass` how the bass
    walks, one of `ensemble.BASS`. `ending` "written" lets the last chorus come
    to rest (see `endings.py`); "none" plays the form as it stands and on to its last bar line, to go round in
    a loop. `chart` says how a chart is read: which song of several, with or without intro and coda. With
    `head` the first and the last chorus are the band's, with the chart's melody where it has one. `intro` is
    one of `intros.INTROS`, bars of the rhythm section before the form; `trade` one of `plan.TRADES`, the bars
    of a turn of soloist and drums in the chorus before the last. Or `plan` says all of it in words (see
    `charts/plan.py`): then choruses are the plan's. With `interplay`, 0 to 1, the soloist leaves the band
    room in a second pass. `again` are bars that are played again when the take is made, one edit after the
    other; `retime` is the tempo at which all of it is then played, note for note. Raises `OptionError` for a
    value outside its range.
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
    expression: float = 0.7
    count_in: bool = False
    comping: str = "piano"
    bass: str = "learned"
    ending: str = "written"
    chart: ChartOptions = AS_WRITTEN
    head: bool = False
    intro: str = "none"
    trade: str = "none"
    plan: str | None = None
    interplay: float = 0.0
    again: tuple[Again, ...] = ()
    retime: float | None = None

    def __post_init__(self) -> None:
        for name, kinds, what in CHECKED_TYPES:
            if not isinstance(value := getattr(self, name), kinds):
                raise OptionError(f"{name} must be {what}, received {value!r}")
        self._check_form()
        self.controls.bounds(instrument(self.instrument))
        if self.choruses < 1:
            raise OptionError(f"choruses must be at least 1, received {self.choruses}")
        for name, tempo in (("tempo", self.tempo), ("retime", self.retime)):
            if tempo is not None and not SLOWEST <= tempo <= FASTEST:
                raise OptionError(
                    f"{name} must be in {SLOWEST:g}..{FASTEST:g} beats a minute, received {tempo:g}"
                )
        if self.seed < 0:
            raise OptionError(f"seed must be 0 or more, received {self.seed}")
        if self.engine not in ENGINES:
            raise OptionError(f"engine must be one of {', '.join(ENGINES)}, received {self.engine!r}")
        if self.style is not None:
            choose_style(self.style, 0)
        self._check_together()
        _ = self.feel  # are humanize and expression in their ranges?
        check_choices(self.comping, self.ending, self.bass)

    def _check_form(self) -> None:
        """Raise `OptionError` for an unknown choice, or for what a plan says already."""
        if self.plan is not None:
            self._take_plan(Plan.parse(self.plan))
        for name, choice, known in (("intro", self.intro, INTROS), ("trade", self.trade, TRADES)):
            if choice not in known:
                raise OptionError(f"{name} must be one of {', '.join(known)}, received {choice!r}")
        if not 0 <= self.interplay <= 1:
            raise OptionError(f"interplay must be in 0..1, received {self.interplay:g}")

    def _take_plan(self, plan: Plan) -> None:
        """Take choruses and head from a plan, and refuse what it says already."""
        if self.head or self.intro != "none" or self.trade != "none":
            raise OptionError("a plan says itself what has head, intro and trade; leave those out")
        if self.ending == "none" and plan.words[-1].kind == TAG:
            raise OptionError("a tag is an ending, and the ending is none; leave one of them out")
        # The dataclass is frozen, and these two follow from the plan.
        object.__setattr__(self, "choruses", len(plan.choruses))
        object.__setattr__(self, "plan", plan.text)

    @property
    def as_plan(self) -> Plan:
        """What is played after what."""
        if self.plan is not None:
            return Plan.parse(self.plan)
        return Plan.of(self.choruses, head=self.head, intro=self.intro, trade=self.trade)

    @property
    def has_head(self) -> bool:
        """Whether the chart's melody is played."""
        return any(word.kind == HEAD for word in self.as_plan.words)

    def _check_together(self) -> None:
        """Raise `OptionError` for what cannot be asked together."""
        if self.head and self.choruses < HEAD_CHORUSES:
            raise OptionError(
                "head leaves the first and the last chorus to the band: choruses must be "
                f"{HEAD_CHORUSES} or more, received {self.choruses}"
            )
        if self.trade != "none" and self.choruses < 2 + self.head:
            raise OptionError(
                f"trade is for the chorus before the last: choruses must be {2 + self.head} or more, "
                f"received {self.choruses}"
            )
        if self.answer and self.primer is None:
            raise OptionError("answer does nothing without a primer; leave it out")
        if len(self.again) > MOST_EDITS:
            raise OptionError(f"a take can be changed {MOST_EDITS} times, received {len(self.again)} edits")

    @property
    def feel(self) -> Feel:
        """How the take is played into its file."""
        return Feel(self.humanize, self.seed, self.expression)

    def tempo_of(self, form: Progression) -> float:
        """Beats of the first meter a minute over `form`; of eighths, as in 7/8, twice as many as usual."""
        if self.tempo or form.tempo:
            return self.tempo or form.tempo or 0.0
        faster = 2 if form.meters[0].beat_quarters < 1 and not form.meters[0].compound else 1
        return min(TEMPOS.get(form.style, TEMPOS["swing"]) * faster, FASTEST)

    def check_length(self, bars: int) -> None:
        """Raise `OptionError` where the choruses of `bars` bars are too long for a take."""
        if self.choruses * bars > MAX_BARS:
            raise OptionError(
                f"choruses must make at most {MAX_BARS} bars, received {self.choruses} of {bars} "
                f"bar{'s'[: bars > 1]}"
            )
