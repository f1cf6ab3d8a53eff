"""Where the soloist plays in a plan, and what stands around it: `solos_over`, and the melody of heads.

The soloist improvises from the first solo of a plan to the first bar in which it rests: a turn of the drums,
a shout chorus, a head. After that it goes on with what was played in mind, as bars played again do, and comes
to rest at the end of each of its passages. With `interplay` a second pass leaves holes for the band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from jazzgen.band.ensemble import scene_of
from jazzgen.band.holes import holes_for
from jazzgen.charts.plan import HEAD, TAG, Planned
from jazzgen.charts.tune import Tune
from jazzgen.improviser.between import Soloist, improvise_between
from jazzgen.improviser.improvise import improvise_all
from jazzgen.music.endings import TAGGED
from jazzgen.music.pitch import fold
from jazzgen.music.score import Note, Solo, instrument
from jazzgen.takes.inputs import TakeInputs
from jazzgen.takes.settings import Settings


def solos_over(
    plan: Planned, settings: Settings, inputs: TakeInputs, tempo: float, rngs: Sequence[np.random.Generator]
) -> list[Solo]:
    """A solo for each of `rngs`.

    Parameters
    ----------
    plan
        What is played, and where the soloist improvises.
    settings, inputs, tempo
        Those of the takes; beats of the first meter a minute.
    rngs
        What each solo is drawn from.

    Returns
    -------
    list of Solo
        Over the whole form, silent outside `plan.windows`.

    """
    windows = plan.windows
    begin, end = windows[0]
    whole = (begin, end) == (0, plan.form.length)
    solos = improvise_all(
        inputs.checkpoint,
        plan.form if whole else plan.form.between(begin, end),
        rngs,
        tempo=tempo,
        instrument=settings.instrument,
        engine=settings.engine,
        controls=settings.controls,
        index=inputs.index,
        primer=None if inputs.primer is None else inputs.primer.solo,
        answer=settings.answer,
        starts=[tick - begin for tick in plan.starts if begin <= tick < end] or [0],
    )
    found = []
    for first, rng in zip(solos, rngs, strict=True):
        notes = tuple(replace(note, onset=note.onset + begin) for note in first.notes)
        solo = replace(first, notes=notes, progression=plan.form)
        for window in windows[1:]:
            solo = _played(solo, window, (begin, window[1]), plan, settings, inputs, rng.spawn(1))
        found.append(_with_holes(solo, plan, settings, inputs, rng))
    return found


def _played(
    solo: Solo,
    new: tuple[int, int],
    stage: tuple[int, int],
    plan: Planned,
    settings: Settings,
    inputs: TakeInputs,
    rngs: Sequence[np.random.Generator],
) -> Solo:
    """`solo` with other notes in the ticks `new`; what is played of the `stage` around it is heard."""
    begin, end = stage
    soloist = Soloist(
        inputs.checkpoint,
        settings.engine,
        settings.controls,
        inputs.index,
        [tick - begin for tick in plan.starts if begin <= tick < end] or [0],
        inputs.primer.solo if inputs.primer is not None and settings.answer else None,
    )
    heard = tuple(
        replace(note, onset=note.onset - begin, duration=min(note.end, end) - note.onset)
        for note in solo.notes
        if begin <= note.onset < end
    )
    around = replace(solo, notes=heard, progression=solo.progression.between(begin, end))
    notes = improvise_between(soloist, around, new[0] - begin, new[1] - begin, rngs)
    kept = [note for note in solo.notes if not new[0] <= note.onset < new[1]]
    kept += [replace(note, onset=note.onset + begin) for note in notes]
    return replace(solo, notes=tuple(sorted(kept, key=lambda note: note.onset)))


HOLE_CANDIDATES = 3  # lines that are drawn behind a hole, of which the one is taken that joins best
BEFORE, AFTER = 8, 4  # bars that are heard around a hole: more takes long and changes little


def _with_holes(
    solo: Solo, plan: Planned, settings: Settings, inputs: TakeInputs, rng: np.random.Generator
) -> Solo:
    """`solo` with the silences that the band asks for, each with a new way into what follows."""
    if not settings.interplay:
        return solo
    drawn = rng.spawn(1)[0]
    scene = scene_of(solo, drawn.spawn(1)[0], settings.ending, starts=plan.starts, turns=plan.turns)
    kept = 0 if inputs.primer is None or settings.answer else inputs.primer.solo.notes[-1].end
    begin = plan.windows[0][0]
    for hole in holes_for(scene, settings.interplay, drawn):
        window = next((end for start, end in plan.windows if start <= hole.start and hole.until < end), 0)
        if window and hole.start >= begin + kept:
            rest = replace(solo, notes=tuple(n for n in solo.notes if not hole.start <= n.onset < hole.end))
            rngs = drawn.spawn(HOLE_CANDIDATES)
            bars = plan.form.bar_ticks
            first = bars[max(plan.form.bar_at(hole.start) - BEFORE, 0)]
            after = plan.form.bar_at(hole.until) + AFTER
            stage = max(begin, first), min(window, bars[after] if after < len(bars) else window)
            solo = _played(rest, (hole.end, hole.until), stage, plan, settings, inputs, rngs)
    return solo


# ------------------------------------------------------------------------------------------------------ heads


def head_notes(settings: Settings, tune: Tune, plan: Planned) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """The chart's melody in the heads before and behind the solos, by octaves in the range of the instrument;
    in a tag, its end as often as that is played.
    """
    horn = instrument(settings.instrument)
    every = tune.melody + tune.last_melody

    def outside(shift: int) -> tuple[int, int]:
        return sum(not horn.low <= note.pitch + shift <= horn.high for note in every), abs(shift)

    shift = min(range(-36, 37, 12), key=outside)
    begin = plan.windows[0][0]
    choruses = [passage for passage in plan.passages if passage.kind == HEAD]
    tag = next((passage for passage in plan.passages if passage.kind == TAG), None)
    sides: tuple[list[Note], list[Note]] = [], []
    for passage in choruses:
        side = sides[passage.start >= begin]
        notes = tune.last_melody if passage.start == plan.starts[-1] else tune.melody
        side += [_at(note, passage.start, shift, horn.low, horn.high) for note in notes]
        if tag is not None and passage.end == tag.start:
            length = (tag.end - tag.start) // (TAGGED - 1)
            again = [note for note in side if note.onset >= tag.start - length]
            side += [replace(note, onset=note.onset + k * length) for k in range(1, TAGGED) for note in again]
    return tuple(sides[0]), tuple(sides[1])


def _at(note: Note, start: int, shift: int, low: int, high: int) -> Note:
    return replace(note, onset=note.onset + start, pitch=fold(note.pitch + shift, low, high))
