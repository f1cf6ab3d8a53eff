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
from jazzgen.improviser.between import Soloist
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import improvise_all
from jazzgen.improviser.originality import Index, index_beside, load_index
from jazzgen.midi.layout import AS_USUAL, Layout
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.music import endings
from jazzgen.music.forms import find_progression
from jazzgen.music.score import SOLO, Arrangement, Part, Progression, Solo
from jazzgen.performance.performance import Performance
from jazzgen.takes.again import CANDIDATES, Again
from jazzgen.takes.anew import play_again
from jazzgen.takes.primer import Primer, moved, read_primer
from jazzgen.takes.recipe import Origin, edit_recipe, recipe
from jazzgen.takes.settings import Settings


@dataclass(frozen=True, slots=True)
class TakeInputs:
    """What settings name, found and read: the same for every seed."""

    form: Progression  # one chorus
    checkpoint: Checkpoint
    index: Index | None  # of what the checkpoint's training solos play
    primer: Primer | None


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

    @property
    def arrangement(self) -> Arrangement:
        """What one MIDI file holds."""
        return Arrangement(self.solo, self.parts, self.recipe)

    @property
    def primed(self) -> int:
        """How many of the solo's first notes are the primer's."""
        primer = self.inputs.primer
        if primer is None or self.settings.answer or not self.solo.notes:
            return 0
        pairs = zip(primer.solo.notes, self.solo.notes, strict=False)
        count_in = self.solo.progression.bar_ticks[self.settings.count_in]
        same = [(a.onset + count_in, a.pitch) == (b.onset, b.pitch) for a, b in pairs]
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
            all, but the count-in and a primer.
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
        inputs, usual = self.inputs, self.settings
        soloist = Soloist(
            inputs.checkpoint,
            usual.engine,
            usual.controls,
            inputs.index,
            usual.choruses,
            inputs.primer.solo if inputs.primer is not None and usual.answer else None,
        )
        arrangement, performance = play_again(
            self.arrangement, self.performance, edit, usual, soloist, self.primed
        )
        settings = replace(self.settings, again=(*self.settings.again, edit))
        if self.origin is None:
            text = recipe(settings, self.solo.tempo, self.inputs.checkpoint)
        else:
            text = edit_recipe(settings, self.origin, self.inputs.checkpoint)
        return replace(
            self,
            settings=settings,
            solo=arrangement.solo,
            parts=arrangement.parts,
            performance=performance,
            recipe=text,
        )

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


def make_take(settings: Settings) -> Take:
    """Improvise over `settings.progression` and add the band.

    Raises `OptionError`, `ProgressionError`, `ChordError`, `MidiError` or `CheckpointError` for what the
    settings name and cannot be used.
    """
    return make_takes(settings, load_inputs(settings), [settings.seed])[0]


def load_inputs(settings: Settings) -> TakeInputs:
    """Find and read what `settings` name; raises as `make_take`."""
    form = find_progression(settings.progression)
    if settings.style is not None:
        form = replace(form, style=settings.style)
    settings.check_length(len(form.bar_ticks))
    path = find_checkpoint(settings.model)
    checkpoint = load_checkpoint(path)
    primer = None if settings.primer is None else read_primer(settings.primer, form)
    return TakeInputs(form, checkpoint, shipped_index(path, checkpoint), primer)


def make_takes(settings: Settings, inputs: TakeInputs, seeds: Sequence[int]) -> list[Take]:
    """The take of each of `seeds`, all else as `settings` have it: the same as each alone, in less time."""
    played = endings.with_ending if settings.ending == "written" else Progression.repeat
    tempo = settings.tempo_of(inputs.form)
    # One generator a job: adding a note to the band must never change the solo of the same seed.
    generators = [np.random.default_rng(seed).spawn(3) for seed in seeds]
    solos = improvise_all(
        inputs.checkpoint,
        played(inputs.form, settings.choruses),
        [solo_rng for solo_rng, _, _ in generators],
        choruses=settings.choruses,
        tempo=tempo,
        instrument=settings.instrument,
        engine=settings.engine,
        controls=settings.controls,
        index=inputs.index,
        primer=None if inputs.primer is None else inputs.primer.solo,
        answer=settings.answer,
    )
    takes: list[Take] = []
    for seed, solo, (_, band_rng, title_rng) in zip(seeds, solos, generators, strict=True):
        named = replace(solo, title=settings.title or names.title(title_rng, _tune_names()))
        parts = band.accompany(
            named, band_rng, comping=settings.comping, ending=settings.ending, choruses=settings.choruses
        )
        arrangement = Arrangement(named, parts)
        if settings.count_in:
            arrangement = band.count_in(arrangement)
        alone = replace(settings, seed=seed)
        performance = _perform(arrangement, alone, inputs.primer)
        first = replace(alone, again=())
        text = recipe(first, tempo, inputs.checkpoint)
        take = Take(first, arrangement.solo, arrangement.parts, performance, text, inputs)
        for edit in settings.again:
            take = take.edited(edit)
        takes.append(take)
    return takes


def _perform(arrangement: Arrangement, settings: Settings, primer: Primer | None) -> Performance:
    """How a take is played: by its feel, and its primer as it was played."""
    if primer is None or settings.answer:
        return Performance.of(arrangement, settings.feel)
    solo = arrangement.solo
    count_in = (solo.notes[0].onset - primer.solo.notes[0].onset) / solo.grid_beat  # beats
    played = moved(primer.played.notes, count_in)
    kept = {SOLO: [*played, *[None] * (len(solo.notes) - len(played))]}
    ornaments = moved(primer.played.ornaments, count_in)
    return Performance.of(arrangement, settings.feel, kept, ornaments=ornaments)


@cache
def _tune_names() -> NameModel:
    """The network that invents titles: loading it takes as long as many titles."""
    return names.shipped("tunes")


def shipped_index(path: Path, checkpoint: Checkpoint) -> Index | None:
    """The index of what the checkpoint's training solos play, where one lies beside it."""
    beside = index_beside(path)
    return load_index(beside, checkpoint.sha256) if beside.is_file() else None
