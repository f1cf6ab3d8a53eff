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
from operator import eq
from pathlib import Path

import numpy as np

from jazzgen import midi
from jazzgen.band import ensemble as band
from jazzgen.by_hand import names
from jazzgen.by_hand.char_model import NameModel
from jazzgen.charts.find import find_tune, self_contained
from jazzgen.charts.plan import Planned, planned
from jazzgen.errors import OptionError
from jazzgen.improviser.between import Soloist
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import check_controls, placed
from jazzgen.improviser.originality import Index, index_beside, load_index
from jazzgen.midi.layout import AS_USUAL, Layout
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music.score import SOLO, Arrangement, Note, Part, Solo
from jazzgen.performance.performance import Performance
from jazzgen.takes.again import CANDIDATES, Again
from jazzgen.takes.anew import check_edit, play_again
from jazzgen.takes.inputs import Loaded, TakeInputs
from jazzgen.takes.primer import Primer, moved, read_primer
from jazzgen.takes.recipe import Origin, edit_recipe, recipe
from jazzgen.takes.settings import Settings
from jazzgen.takes.stage import head_notes, solos_over


@dataclass(frozen=True, slots=True)
class Take:
    """A `solo` and the band's `parts`, their `performance`, the `settings` that made them and the `recipe`, a
    line that says how to make the same file again.
    """

    settings: Settings
    solo: Solo
    parts: tuple[Part, ...]
    performance: Performance
    recipe: str
    inputs: TakeInputs = field(repr=False, compare=False)
    origin: Origin | None = None
    layout: Layout = AS_USUAL  # how its file is laid out unless `write` is told otherwise
    head: tuple[int, int] = (0, 0)  # notes of the chart's melody before and behind the solo
    improvised_at: float | None = None  # the tempo, where it is played at another

    @property
    def arrangement(self) -> Arrangement:
        """What one MIDI file holds."""
        return Arrangement(self.solo, self.parts, self.recipe)

    @property
    def plan(self) -> Planned | None:
        """What is played where, from the end of a count-in; None in a file from elsewhere."""
        if not self.settings.progression:
            return None
        return planned(self.inputs.tune, self.settings.as_plan, self.settings.ending)

    @property
    def starts(self) -> tuple[int, ...]:
        """The ticks at which its choruses begin; none in a file from elsewhere."""
        plan = self.plan
        if plan is None:
            return ()
        counted = self.solo.progression.bar_ticks[self.settings.count_in]
        return tuple(counted + tick for tick in plan.starts)

    @property
    def primed(self) -> int:
        """How many of the solo's first notes are the primer's."""
        primer = self.inputs.primer
        plan = self.plan
        if primer is None or self.settings.answer or not self.solo.notes or plan is None:
            return 0
        pairs = zip(primer.solo.notes, self.solo.notes[self.head[0] :], strict=False)
        counted = self.solo.progression.bar_ticks[self.settings.count_in]
        begin = counted + plan.windows[0][0]
        same = [(a.onset + begin, a.pitch) == (b.onset, b.pitch) for a, b in pairs]
        return [*same, False].index(False)  # those that were played again are no longer the primer's

    def again(
        self,
        bars: tuple[int, int] | None = None,
        *,
        part: str = "solo",
        seed: int = 0,
        candidates: int = CANDIDATES,
        controls: Controls | None = None,
    ) -> Take:
        """The take with some bars of a part played again; what is kept stays as it is played, to the byte.

        Parameters
        ----------
        bars
            The first and the last, from 1, as a DAW counts the bars of the file: a count-in is bar 1. None:
            all, but the count-in, a primer and the head.
        part
            "solo", "band" or a track of the band.
        seed
            What the new bars are drawn from.
        candidates
            How many are drawn, of which the one is taken that leads best into what follows.
        controls
            How the new bars are improvised; None: as the take.

        Returns
        -------
        Take
            Its settings and its recipe name this edit after those that it had.

        Raises
        ------
        OptionError
            For bars, a part or controls that the take does not have or cannot follow.
        """
        if controls == self.settings.controls:
            controls = None
        return self.edited(Again(bars, part, seed, candidates, controls))

    def edited(self, edit: Again) -> Take:
        """The take after an edit, which its settings and its recipe name; raises as `again`."""
        inputs, usual, opened = self.inputs, self.settings, 0
        _check_copies(edit.controls or usual.controls, inputs.index, Path(usual.model))
        if self.primed:
            free = self.improvised.notes
            opened = free[0].onset if free else self.solo.progression.length
        soloist = Soloist(
            inputs.checkpoint,
            usual.engine,
            usual.controls,
            inputs.index,
            self.starts,
            inputs.primer.solo if inputs.primer is not None and usual.answer else None,
        )
        solo = replace(self.solo, tempo=self.improvised_at or self.solo.tempo)
        arrangement, performance = play_again(
            Arrangement(solo, self.parts), self.performance, edit, usual, soloist, opened, self.plan
        )
        settings = replace(self.settings, again=(*self.settings.again, edit))
        (first, last), old, new = self.head, self.solo.notes, arrangement.solo.notes
        head = _alike(old[:first], new), _alike(old[len(old) - last :][::-1], new[::-1])
        return replace(
            self,
            settings=settings,
            solo=replace(arrangement.solo, tempo=self.solo.tempo),
            parts=arrangement.parts,
            performance=performance,
            recipe=self._recipe(settings),
            head=head,
        )

    def retimed(self, tempo: float) -> Take:
        """The same notes at another tempo, in beats of the first meter a minute; what is played again later
        is improvised as if at the first one. Raises `OptionError` for one that is too slow or too fast.
        """
        settings = replace(self.settings, retime=float(tempo))
        return replace(
            self,
            settings=settings,
            solo=replace(self.solo, tempo=float(tempo)),
            recipe=self._recipe(settings),
            improvised_at=self.improvised_at or self.solo.tempo,
        )

    def _recipe(self, settings: Settings) -> str:
        """What makes this take's file with `settings` that name other edits."""
        if self.origin is not None:
            return edit_recipe(settings, self.origin, self.inputs.checkpoint)
        tune, melody = self.inputs.tune, settings.has_head
        chart = self_contained(settings.progression, settings.chart, tune, melody=melody)
        return recipe(settings, chart, self.improvised_at or self.solo.tempo, self.inputs.checkpoint)

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
        layout: Layout | None = None,
        stems: str | os.PathLike[str] | None = None,
    ) -> None:
        """Write the MIDI file that the recipe promises: the same bytes as the command with these settings.

        `layout` says which tracks, on which channels, at what pitch, with which markers (None: the take's);
        `stems` is a folder
        that besides gets a file a track. Raises `OptionError` for what does not fit into a file, and
        `OutputError` where one cannot be written.
        """
        midi.write_arrangement(
            self.arrangement, path, feel=self.performance, layout=layout or self.layout, stems=stems
        )


def make_take(settings: Settings, loaded: Loaded | None = None) -> Take:
    """Improvise over `settings.progression` and add the band; `loaded` is the model, where that is at hand.

    Raises `OptionError`, `ProgressionError`, `ChordError`, `MidiError` or `CheckpointError` for what the
    settings name and cannot be used.
    """
    return make_takes(settings, load_inputs(settings, loaded), [settings.seed])[0]


def load_inputs(settings: Settings, loaded: Loaded | None = None) -> TakeInputs:
    """Find and read what `settings` name, but for a model that is `loaded`; raises as `make_take`."""
    tune = find_tune(settings.progression, settings.chart)
    if settings.style is not None:
        tune = tune.in_style(settings.style)
    settings.check_length(len(tune.form.bar_ticks))
    path = find_checkpoint(settings.model)
    checkpoint, index = loaded or _load(path)
    _check_copies(settings.controls, index, path)
    primer = None if settings.primer is None else read_primer(settings.primer, tune.form)
    inputs = TakeInputs(tune, checkpoint, index, primer)
    plan = planned(tune, settings.as_plan, settings.ending)
    stage = plan.form.between(*plan.windows[0])
    check_controls(settings.controls, checkpoint, settings.instrument, stage)
    if primer is not None:
        placed(primer.solo, stage, settings.answer)
    for edit in settings.again:
        _check_copies(edit.controls or settings.controls, index, path)
        check_edit(_unplayed(settings, inputs), edit, inputs, plan)
    return inputs


def check_files(
    settings: Settings,
    path: str | os.PathLike[str],
    *,
    layout: Layout = AS_USUAL,
    stems: str | os.PathLike[str] | None = None,
    loaded: Loaded | None = None,
) -> TakeInputs:
    """Raise now what making a take and writing it would raise for settings, layout and places.

    Parameters
    ----------
    settings, loaded
        As for `load_inputs`.
    path, layout, stems
        As for `Take.write`.

    Returns
    -------
    TakeInputs
        What the settings name, for `make_takes`.

    Raises
    ------
    JazzgenError
        As `make_take` and `Take.write`.
    """
    inputs = load_inputs(settings, loaded)
    midi.check_files(_unplayed(settings, inputs), path, layout=layout, stems=stems)
    return inputs


def _unplayed(settings: Settings, inputs: TakeInputs) -> Arrangement:
    """The tracks of a take before a note of it is played, but for those of a primer."""
    form = planned(inputs.tune, settings.as_plan, settings.ending).sectioned
    notes = inputs.primer.solo.notes if inputs.primer is not None and not settings.answer else ()
    rows = band.players_of(settings.comping, settings.bass)
    parts = tuple(Part(row.name, row.program, row.channel, (), low=row.low, high=row.high) for row in rows)
    arrangement = Arrangement(Solo(notes, form, instrument=settings.instrument), parts)
    return band.count_in(arrangement) if settings.count_in else arrangement


def _check_copies(controls: Controls, index: Index | None, path: Path) -> None:
    """Raise `OptionError` where copies cannot be counted: without the `index` of the model at `path`."""
    if index is None and controls.max_copied not in (0, Controls().max_copied):
        raise OptionError(
            f"max-copied {controls.max_copied} cannot be kept with {path.name}: beside it lies no "
            f"{index_beside(path).name}, the index of its training solos; leave it out"
        )


def make_takes(settings: Settings, inputs: TakeInputs, seeds: Sequence[int]) -> list[Take]:
    """The take of each of `seeds`, all else as `settings` have it: the same as each alone, in less time."""
    tune = inputs.tune
    plan = planned(tune, settings.as_plan, settings.ending)
    tempo = settings.tempo_of(tune.form)
    # One generator a job: adding a note to the band must never change the solo of the same seed.
    generators = [np.random.default_rng(seed).spawn(3) for seed in seeds]
    solos = solos_over(plan, settings, inputs, tempo, [solo_rng for solo_rng, _, _ in generators])
    takes: list[Take] = []
    chart = self_contained(settings.progression, settings.chart, tune, melody=settings.has_head)
    first, last = head_notes(settings, tune, plan)
    form, turns = plan.sectioned, plan.turns
    for seed, solo, (_, band_rng, title_rng) in zip(seeds, solos, generators, strict=True):
        title = settings.title or tune.title or names.title(title_rng, _tune_names())
        named = replace(solo, notes=(*first, *solo.notes, *last), progression=form, title=title)
        parts = band.accompany(
            named,
            band_rng,
            comping=settings.comping,
            bass=settings.bass,
            ending=settings.ending,
            starts=plan.starts,
            turns=turns,
        )
        arrangement = Arrangement(named, parts)
        if settings.count_in:
            arrangement = band.count_in(arrangement)
        alone = replace(settings, seed=seed, again=(), retime=None)
        text = recipe(alone, chart, tempo, inputs.checkpoint)
        performance = _perform(arrangement, alone, inputs.primer, len(first))
        parts, head = arrangement.parts, (len(first), len(last))
        take = Take(alone, arrangement.solo, parts, performance, text, inputs, head=head)
        for edit in settings.again:
            take = take.edited(edit)
        takes.append(take if settings.retime is None else take.retimed(settings.retime))
    return takes


def _perform(arrangement: Arrangement, settings: Settings, primer: Primer | None, before: int) -> Performance:
    """How a take is played: by its feel, and its primer, behind so many notes `before`, as it was played."""
    if primer is None or settings.answer:
        return Performance.of(arrangement, settings.feel)
    solo = arrangement.solo
    later = (solo.notes[before].onset - primer.solo.notes[0].onset) / solo.grid_beat  # beats
    played = moved(primer.played.notes, later)
    after = len(solo.notes) - before - len(played)
    kept = {SOLO: [*[None] * before, *played, *[None] * after]}
    ornaments = moved(primer.played.ornaments, later)
    return Performance.of(arrangement, settings.feel, kept, ornaments=ornaments)


def _alike(before: Sequence[Note], after: Sequence[Note]) -> int:
    """How many of the first notes are the same."""
    return [*map(eq, before, after), False].index(False)


@cache
def _tune_names() -> NameModel:
    """The network that invents titles: loading it takes as long as many titles."""
    return names.shipped("tunes")


def _load(path: Path) -> Loaded:
    checkpoint = load_checkpoint(path)
    return checkpoint, shipped_index(path, checkpoint)


def shipped_index(path: Path, checkpoint: Checkpoint) -> Index | None:
    """The index of what the checkpoint's training solos play, where one lies beside it."""
    beside = index_beside(path)
    return load_index(beside, checkpoint.sha256) if beside.is_file() else None
