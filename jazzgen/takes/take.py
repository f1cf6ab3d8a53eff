"""A take: one progression improvised over, with its band, ready to be written.

`make_take` is the whole road from `Settings` to a `Take`; the command line and a Python program call the same
function. The recipe that travels in the file is made here too, from the same settings, so that it cannot
disagree with them, and `Take.write` plays what it says.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from jazzgen import midi
from jazzgen.band import ensemble as band
from jazzgen.by_hand import names
from jazzgen.by_hand.char_model import NameModel
from jazzgen.charts.find import find_tune, self_contained
from jazzgen.charts.tune import Tune
from jazzgen.errors import NoChordsError, OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_all
from jazzgen.improviser.originality import Index, index_beside, load_index
from jazzgen.midi.layout import AS_USUAL, Layout
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.pitch import fold
from jazzgen.music.score import Arrangement, Note, Part, Progression, Solo, instrument
from jazzgen.takes.recipe import recipe
from jazzgen.takes.settings import Settings


@dataclass(frozen=True, slots=True)
class TakeInputs:
    """What settings name, found and read: the same for every seed."""

    tune: Tune  # one chorus, and what comes before and after
    checkpoint: Checkpoint
    index: Index | None  # of what the checkpoint's training solos play
    primer: Solo | None


@dataclass(frozen=True, slots=True)
class Take:
    """A `solo`, the band's `parts`, the `settings` that made them and the `recipe`, a line that says how to
    make the same file again.
    """

    settings: Settings
    solo: Solo
    parts: tuple[Part, ...]
    recipe: str
    inputs: TakeInputs = field(repr=False, compare=False)
    head: tuple[int, int] = (0, 0)  # notes of the chart's melody before and behind the solo

    @property
    def arrangement(self) -> Arrangement:
        """What one MIDI file holds."""
        return Arrangement(self.solo, self.parts, self.recipe)

    @property
    def primed(self) -> int:
        """How many of the solo's first notes are the primer's."""
        primer = self.inputs.primer
        return 0 if primer is None or self.settings.answer else len(primer.notes)

    @property
    def improvised(self) -> Solo:
        """The solo without the notes that a primer or the chart's melody gave."""
        first, last = self.head
        notes = self.solo.notes
        return replace(self.solo, notes=notes[first + self.primed : len(notes) - last])

    def write(
        self,
        path: str | os.PathLike[str],
        *,
        layout: Layout = AS_USUAL,
        stems: str | os.PathLike[str] | None = None,
    ) -> None:
        """Write the MIDI file that the recipe promises: the same bytes as the command with these settings.

        `layout` says which tracks, on which channels, at what pitch, with which markers; `stems` is a folder
        that besides gets a file a track. Raises `OptionError` for what does not fit into a file, and
        `OutputError` where one cannot be written.
        """
        midi.write_arrangement(self.arrangement, path, feel=self.settings.feel, layout=layout, stems=stems)


def make_take(settings: Settings) -> Take:
    """Improvise over `settings.progression` and add the band.

    Raises `OptionError`, `ProgressionError`, `ChordError`, `MidiError` or `CheckpointError` for what the
    settings name and cannot be used.
    """
    return make_takes(settings, load_inputs(settings), [settings.seed])[0]


def load_inputs(settings: Settings) -> TakeInputs:
    """Find and read what `settings` name; raises as `make_take`."""
    tune = find_tune(settings.progression, settings.chart)
    if settings.style is not None:
        tune = tune.in_style(settings.style)
    settings.check_length(len(tune.form.bar_ticks))
    path = find_checkpoint(settings.model)
    checkpoint = load_checkpoint(path)
    primer = None if settings.primer is None else _read_primer(settings.primer, tune.form)
    index = shipped_index(path, checkpoint)
    if index is None and settings.controls.max_copied not in (0, Controls().max_copied):
        raise OptionError(
            f"max-copied {settings.controls.max_copied} cannot be kept with {path.name}: beside it lies no "
            f"{index_beside(path).name}, the index of its training solos; leave it out"
        )
    return TakeInputs(tune, checkpoint, index, primer)


def make_takes(settings: Settings, inputs: TakeInputs, seeds: Sequence[int]) -> list[Take]:
    """The take of each of `seeds`, all else as `settings` have it: the same as each alone, in less time."""
    tune = inputs.tune
    form = tune.played(settings.choruses, ending=settings.ending == "written")
    starts = tune.starts(settings.choruses)
    # The head is the band's: the solo is played over what is between.
    begin, end = (starts[1], starts[-1]) if settings.head else (0, form.length)
    tempo = settings.tempo_of(tune.form)
    # One generator a job: adding a note to the band must never change the solo of the same seed.
    generators = [np.random.default_rng(seed).spawn(3) for seed in seeds]
    solos = improvise_all(
        inputs.checkpoint,
        form.between(begin, end) if settings.head else form,
        [solo_rng for solo_rng, _, _ in generators],
        tempo=tempo,
        instrument=settings.instrument,
        engine=settings.engine,
        controls=settings.controls,
        index=inputs.index,
        primer=inputs.primer,
        answer=settings.answer,
        starts=[tick - begin for tick in starts if begin <= tick < end] or [0],
    )
    takes = []
    chart = self_contained(settings.progression, settings.chart, tune, melody=settings.head)
    first, last = _head_notes(settings, tune, starts)
    for seed, solo, (_, band_rng, title_rng) in zip(seeds, solos, generators, strict=True):
        title = settings.title or tune.title or names.title(title_rng, _tune_names())
        notes = tuple(replace(note, onset=note.onset + begin) for note in solo.notes)
        named = replace(solo, notes=(*first, *notes, *last), progression=form, title=title)
        parts = band.accompany(
            named,
            band_rng,
            comping=settings.comping,
            bass=settings.bass,
            ending=settings.ending,
            starts=starts,
        )
        arrangement = Arrangement(named, parts)
        if settings.count_in:
            arrangement = band.count_in(arrangement)
        alone = replace(settings, seed=seed)
        text = recipe(alone, chart, tempo, inputs.checkpoint)
        takes.append(Take(alone, arrangement.solo, arrangement.parts, text, inputs, (len(first), len(last))))
    return takes


def _head_notes(
    settings: Settings, tune: Tune, starts: Sequence[int]
) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """The chart's melody in the first and the last chorus, by octaves in the range of the instrument."""
    if not settings.head:
        return (), ()
    horn = instrument(settings.instrument)
    every = tune.melody + tune.last_melody

    def outside(shift: int) -> tuple[int, int]:
        return sum(not horn.low <= note.pitch + shift <= horn.high for note in every), abs(shift)

    shift = min(range(-36, 37, 12), key=outside)
    first, last = (
        tuple(
            replace(note, onset=note.onset + start, pitch=fold(note.pitch + shift, horn.low, horn.high))
            for note in notes
        )
        for notes, start in ((tune.melody, starts[0]), (tune.last_melody, starts[-1]))
    )
    return first, last


@cache
def _tune_names() -> NameModel:
    """The network that invents titles: loading it takes as long as many titles."""
    return names.shipped("tunes")


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
