"""A take: one progression improvised over, with its band, ready to be written.

`make_take` is the whole road from settings to an `Arrangement`; the command line and a Python program call
the same function. The recipe that travels in the file is made here too, from the same settings, so that it
cannot disagree with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from jazzgen import midi
from jazzgen.band import ensemble as band
from jazzgen.by_hand import names
from jazzgen.errors import NoChordsError, OptionError
from jazzgen.improviser.improvise import improvise_all
from jazzgen.improviser.originality import Index, index_beside, load_index
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music import endings, score
from jazzgen.music.forms import find_progression
from jazzgen.music.score import Arrangement, Progression, Solo
from jazzgen.takes.recipe import recipe
from jazzgen.takes.settings import FASTEST, LONGEST_BARS, SLOWEST, TEMPOS, Settings

__all__ = ["Prepared", "make_take", "make_takes", "prepare", "shipped_index"]


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
    form = _in_style(find_progression(settings.progression), settings.style)
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
