"""A take: one progression improvised over, with its band, ready to be written.

`make_take` is the whole road from settings to an `Arrangement`; the command line and a Python program call
the same function. The recipe that travels in the file is made here too, from the same settings, so that it
cannot disagree with them.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import jazzgen
from jazzgen import midi
from jazzgen.band import ensemble as band
from jazzgen.by_hand import names
from jazzgen.errors import NoChordsError, OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_all
from jazzgen.improviser.originality import Index, index_beside, load_index
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music import endings, harmony, score
from jazzgen.music.score import Arrangement, Progression, Solo
from jazzgen.performance.feel import Feel

__all__ = [
    "TEMPOS",
    "Prepared",
    "Settings",
    "make_take",
    "make_takes",
    "prepare",
    "recipe",
    "shipped_index",
]

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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What settings name, found, read and checked: the same for every seed."""

    form: Progression  # one chorus
    tempo: float
    checkpoint: Checkpoint
    index: Index | None  # of what the checkpoint's training solos play
    primer: Solo | None


def make_take(settings: Settings) -> Arrangement:
    """Improvise over `settings.progression` and add the band.

    Raises `OptionError`, `ProgressionError`, `ChordError` or `CheckpointError` for what the settings get
    wrong.
    """
    return make_takes(settings, prepare(settings), [settings.seed])[0]


def prepare(settings: Settings) -> Prepared:
    """Find and check what `settings` ask for; raises as `make_take`."""
    score.instrument(settings.instrument)
    form = _in_style(harmony.find_progression(settings.progression), settings.style)
    bars = len(form.bar_ticks) * settings.choruses
    if not 1 <= settings.choruses <= bars <= LONGEST_BARS:
        raise OptionError(
            f"choruses must be at least 1 and make at most {LONGEST_BARS} bars, received {settings.choruses}"
            f" of {len(form.bar_ticks)} bars"
        )
    tempo = TEMPOS.get(form.style, TEMPOS["swing"]) if settings.tempo is None else settings.tempo
    if not SLOWEST <= tempo <= FASTEST:
        raise OptionError(
            f"tempo must be in {SLOWEST:g}..{FASTEST:g} quarter notes a minute, received {tempo:g}"
        )
    if settings.seed < 0:
        raise OptionError(f"seed must be 0 or more, received {settings.seed}")
    _ = settings.feel  # is humanize in its range?
    band.check_choices(settings.comping, settings.ending)
    path = find_checkpoint(settings.model)
    checkpoint = load_checkpoint(path)
    primer = None if settings.primer is None else _read_primer(settings.primer, form)
    return Prepared(form, tempo, checkpoint, shipped_index(path, checkpoint), primer)


def make_takes(settings: Settings, prepared: Prepared, seeds: Sequence[int]) -> list[Arrangement]:
    """The take of each of `seeds`, all else as `settings` have it: the same as each alone, in less time."""
    played = endings.with_ending if settings.ending == "written" else Progression.repeat
    # One generator a job: adding a note to the band must never change the solo of the same seed.
    generators = [np.random.default_rng(seed).spawn(3) for seed in seeds]
    solos = improvise_all(
        prepared.checkpoint,
        played(prepared.form, settings.choruses),
        [solo_rng for solo_rng, _, _ in generators],
        choruses=settings.choruses,
        tempo=prepared.tempo,
        instrument=settings.instrument,
        engine=settings.engine,
        controls=settings.controls,
        index=prepared.index,
        primer=prepared.primer,
        answer=settings.answer,
    )
    takes = []
    for seed, solo, (_, band_rng, title_rng) in zip(seeds, solos, generators, strict=True):
        named = replace(solo, title=settings.title or names.title(title_rng))
        parts = band.accompany(
            named, band_rng, comping=settings.comping, ending=settings.ending, choruses=settings.choruses
        )
        text = recipe(replace(settings, seed=seed), prepared.tempo, prepared.checkpoint)
        take = Arrangement(solo=named, parts=parts, recipe=text)
        takes.append(band.count_in(take) if settings.count_in else take)
    return takes


def shipped_index(path: Path, checkpoint: Checkpoint) -> Index | None:
    """The index of what the checkpoint's training solos play, where one lies beside it."""
    beside = index_beside(path)
    return load_index(beside, checkpoint.sha256) if beside.is_file() else None


def _read_primer(path: str, form: Progression) -> Solo:
    """The phrase in a MIDI file; where the file has no chords, over those of the form."""
    try:
        return midi.read_solo(path)
    except NoChordsError:
        return midi.read_solo(path, progression=form)


def _in_style(form: Progression, style: str | None) -> Progression:
    return form if style is None else replace(form, style=band.choose_style(style, 0))


def recipe(settings: Settings, tempo: float, checkpoint: Checkpoint) -> str:
    """One line that says how to make the same file again: version, checkpoint's hash, the whole command."""
    words = ["jazzgen", "generate-midi", "--progression", harmony.self_contained(settings.progression)]
    words += [
        "--choruses",
        str(settings.choruses),
        "--tempo",
        _exactly(tempo),
        "--instrument",
        settings.instrument,
    ]
    # A model is named, not located: where somebody keeps a file is theirs, and the hash tells which it was.
    words += ["--model", Path(settings.model).name, *_control_words(settings.controls)]
    if settings.primer is not None:
        mode = ["--primer-mode", "answer"] if settings.answer else []
        words += ["--primer", Path(settings.primer).name, *mode]
    words += ["--seed", str(settings.seed), "--engine", settings.engine]
    words += ["--humanize", _exactly(settings.humanize)]
    if settings.style is not None:
        words += ["--style", settings.style]
    for option in ("comping", "ending"):
        if getattr(settings, option) != getattr(Settings(), option):
            words += [f"--{option}", getattr(settings, option)]
    if settings.count_in:
        words.append("--count-in")
    if settings.title:
        words += ["--title", settings.title]
    return f"jazzgen {jazzgen.__version__}; checkpoint sha256 {checkpoint.sha256}; {shlex.join(words)}"


def _control_words(controls: Controls) -> list[str]:
    """The options of `controls` that are not the defaults, and those that a reader looks for."""
    default, words = Controls(), ["--temperature", _exactly(controls.temperature)]
    words += ["--top-k", str(controls.top_k), "--top-p", _exactly(controls.top_p)]
    if (controls.low, controls.high) != (None, None):
        words += ["--range", f"{controls.low}-{controls.high}"]
    for name in ("density", "rests", "outside", "player", "motif", "arc", "max_copied"):
        value = getattr(controls, name)
        if value != getattr(default, name):
            text = _exactly(value) if isinstance(value, float) else str(value)
            words.append(f"--{name.replace('_', '-')}={text}")  # one word: a value may begin with a minus
    return words


def _exactly(number: float) -> str:
    """The shortest text that reads back as `number`: a recipe with rounded figures makes another file."""
    return repr(float(number)).removesuffix(".0")
