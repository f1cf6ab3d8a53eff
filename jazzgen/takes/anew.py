"""An arrangement with some of its bars played again: `play_again`.

All that is kept stays as it is played, to the byte in the file; only a note that sounds into the new bars is
cut where they begin. Times are ticks of the solo's grid, from the first bar line of the file.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

import numpy as np

from jazzgen.band.ensemble import BandPart, has_count_in, play_part, player_of, scene_of
from jazzgen.band.scene import Scene
from jazzgen.band.voicings import movement
from jazzgen.charts.plan import Planned
from jazzgen.errors import OptionError
from jazzgen.improviser.between import Soloist, improvise_between
from jazzgen.improviser.improvise import check_controls
from jazzgen.music.grid import PlayedNote
from jazzgen.music.meters import QuarterMap
from jazzgen.music.score import (
    DRUM_CHANNEL,
    SOLO,
    Arrangement,
    Note,
    Part,
    Solo,
)
from jazzgen.performance.file_ticks import FileTicks
from jazzgen.performance.performance import Performance, tracks_of
from jazzgen.takes.again import BAND, Again
from jazzgen.takes.inputs import TakeInputs
from jazzgen.takes.settings import Settings

REPEATED = 2.0  # semitones: a join on one pitch is no better than a step


class Window(NamedTuple):
    """The new bars, the count-in before the form (0 without one), what a solo is played over, from the first
    passage of the soloist to the last; and `soloed`, the parts of the new bars in which a solo is new.
    """

    start: int
    end: int
    count_in: int
    stage: tuple[int, int]
    soloed: tuple[tuple[int, int], ...]


def play_again(
    arrangement: Arrangement,
    performance: Performance,
    edit: Again,
    settings: Settings,
    soloist: Soloist,
    opened: int = 0,
    plan: Planned | None = None,
) -> tuple[Arrangement, Performance]:
    """An arrangement and its performance with what `edit` names played anew.

    Parameters
    ----------
    arrangement, performance
        What there is.
    edit
        Which bars of which part.
    settings
        Those of the take: its seed, head, ending and feel.
    soloist
        Who plays a solo, as the take has it; its `starts` in the solo's ticks, none where they are not known.
    opened
        The tick from which another whole solo is new, behind a primer.
    plan
        Of the take; None where it is not known.

    Returns
    -------
    arrangement, performance
        All that is kept is as it was.

    Raises
    ------
    OptionError
        For bars or a part that there are not, and for controls that cannot be followed.
    """
    starts = soloist.starts
    window = _window(arrangement.solo, edit, opened, plan)
    named = edit.part.casefold()
    if named == SOLO.casefold():
        wished = replace(soloist, controls=edit.controls or soloist.controls)
        if not starts:
            form = arrangement.solo.progression
            length = (form.length - window.count_in) // settings.choruses
            starts = [window.count_in + k * length for k in range(settings.choruses)]
        begin, end = window.stage
        wished = replace(wished, starts=[tick - begin for tick in starts if begin <= tick < end] or [0])
        new = replace(arrangement, solo=_new_solo(arrangement.solo, edit, window, wished))
    else:
        chosen = _chosen(arrangement, named)
        scene = _scene(_in_style(arrangement.solo, edit), settings, window.count_in, starts, plan)
        scale = arrangement.solo.time_scale
        parts = tuple(
            _new_part(player_of(part, settings.bass), part, edit, window, scene, scale)
            if part in chosen
            else part
            for part in arrangement.parts
        )
        new = replace(arrangement, parts=parts)
    return new, _performed(arrangement, performance, new, edit, settings, window)


def check_edit(arrangement: Arrangement, edit: Again, inputs: TakeInputs, plan: Planned) -> None:
    """Raise now what `play_again` would raise, before anything is played.

    Parameters
    ----------
    arrangement
        With the form and the parts of the take; they may be empty.
    edit
        Which bars of which part.
    inputs, plan
        Those of the take.

    Raises
    ------
    OptionError
        As `play_again`.
    """
    solo, window = arrangement.solo, _window(arrangement.solo, edit, 0, plan)
    if edit.part.casefold() != SOLO.casefold():
        _chosen(arrangement, edit.part.casefold())
    elif edit.controls is not None:
        form = solo.progression.between(*window.stage)
        check_controls(edit.controls, inputs.checkpoint, solo.instrument, form)


def _in_style(solo: Solo, edit: Again) -> Solo:
    """What the band looks at: the solo, over its form in the style that is asked for."""
    return replace(solo, progression=replace(solo.progression, style=edit.style)) if edit.style else solo


def _chosen(arrangement: Arrangement, named: str) -> list[Part]:
    """The parts of the band that `named` means."""
    chosen = [part for part in arrangement.parts if named in (BAND, part.name.casefold())]
    if not chosen:
        known = ", ".join(part.name.casefold() for part in arrangement.parts)
        raise OptionError(f"no part {named!r} in this take; it has solo, {known}; band is all but solo")
    return chosen


def _window(solo: Solo, edit: Again, opened: int, plan: Planned | None) -> Window:
    """The ticks of the bars."""
    form, scale = solo.progression, solo.time_scale
    edges = [tick * scale for tick in form.scaled(1 / scale).bar_ticks] + [form.length]
    bars, counted = len(edges) - 1, has_count_in(form)
    first, last = edit.bars or (1 + counted, bars)
    if last > bars or first <= counted:
        said = "; bar 1 is the count-in, which stays" if counted else ""
        raise OptionError(
            f"bars must be in {1 + counted}..{bars}, as this take has them, received {first}-{last}{said}"
        )
    start, end, count_in = edges[first - 1], edges[last], edges[1] if counted else 0
    played = [(a + count_in, b + count_in) for a, b in plan.windows] if plan else [(count_in, form.length)]
    stage = (played[0][0], played[-1][1])
    if edit.bars is None and edit.part.casefold() == SOLO.casefold():
        start, end = max(stage[0], opened), stage[1]
    elif not stage[0] <= start < end <= stage[1]:
        stage = (count_in, form.length)  # bars of an intro or a head
    if start >= end:
        raise OptionError("the primer leaves nothing to play again; name the bars")
    # Where the soloist rests it goes on resting, unless nothing else is asked for.
    soloed = tuple((max(a, start), min(b, end)) for a, b in played if a < end and start < b)
    return Window(start, end, count_in, stage, soloed or ((start, end),))


def _generator(edit: Again, part: str) -> np.random.Generator:
    return np.random.default_rng([edit.seed, zlib.crc32(part.casefold().encode())])


# ------------------------------------------------------------------------------------------------------- solo


def _new_solo(solo: Solo, edit: Again, window: Window, soloist: Soloist) -> Solo:
    """`solo` with the window's bars played again."""
    begin = window.stage[0]
    drawn = _generator(edit, SOLO)
    for start, end in window.soloed:
        rngs = drawn.spawn(edit.candidates)
        new = improvise_between(soloist, _between(solo, *window.stage), start - begin, end - begin, rngs)
        line = [*_kept(solo.notes, window._replace(start=start, end=end)), *_moved(new, begin)]
        solo = replace(solo, notes=tuple(sorted(line, key=lambda note: note.onset)))
    return solo


def _between(solo: Solo, start: int, end: int) -> Solo:
    """The part of `solo` between two bar lines."""
    notes = tuple(
        replace(note, onset=note.onset - start, duration=min(note.end, end) - note.onset)
        for note in solo.notes
        if start <= note.onset < end
    )
    return replace(solo, notes=notes, progression=solo.progression.between(start, end))


def _moved(notes: Sequence[Note], ticks: int) -> tuple[Note, ...]:
    if not ticks:
        return tuple(notes)
    return tuple(replace(note, onset=note.onset + ticks) for note in notes if note.onset + ticks >= 0)


def _kept(notes: Sequence[Note], window: Window) -> list[Note]:
    """The notes outside the window; those that sound into it end where it begins."""
    return [
        replace(note, duration=min(note.duration, window.start - note.onset))
        if note.onset < window.start
        else note
        for note in notes
        if not window.start <= note.onset < window.end
    ]


# ------------------------------------------------------------------------------------------------------- band


def _new_part(
    row: BandPart | None, part: Part, edit: Again, window: Window, scene: Scene, scale: int
) -> Part:
    """`part` with the window's bars played again by `row`: of several tries the one that joins best."""
    if row is None:
        raise OptionError(f"the band has nobody for {part.name}; it plays piano, guitar, bass and drums")
    kept = _kept(part.notes, window)
    tries = edit.candidates if part.channel != DRUM_CHANNEL else 1
    drawn = [
        [
            replace(note, duration=min(note.duration, window.end - note.onset))
            for note in _moved(play_part(row, scene, rng, scale).notes, window.count_in)
            if window.start <= note.onset < window.end
        ]
        for rng in _generator(edit, part.name).spawn(tries)
    ]
    best = min(drawn, key=lambda new: _join_cost(kept, new, window)) if tries > 1 else drawn[0]
    return replace(part, notes=tuple(sorted([*kept, *best], key=lambda note: (note.onset, note.pitch))))


def _scene(
    solo: Solo, settings: Settings, count_in: int, starts: Sequence[int], plan: Planned | None
) -> Scene:
    """What the band looked at when the take was made, under the solo that is now."""
    _, band_rng, _ = np.random.default_rng(settings.seed).spawn(3)
    formed = _between(solo, count_in, solo.progression.length)
    tops = [tick - count_in for tick in starts]
    turns = plan.turns if plan else ()
    return scene_of(formed, band_rng.spawn(1)[0], settings.ending, starts=tops, turns=turns)


def _join_cost(kept: Sequence[Note], new: Sequence[Note], window: Window) -> float:
    """The semitones that the voices move where the new bars begin and end."""
    before = _chord([note for note in kept if note.onset < window.start], -1)
    after = _chord([note for note in kept if note.onset >= window.end], 0)
    cost = 0.0
    for one, other in ((before, _chord(new, 0)), (_chord(new, -1), after)):
        if one and other:
            cost += REPEATED if one == other and len(one) == 1 else movement(one, other) / len(other)
    return cost


def _chord(notes: Sequence[Note], which: int) -> list[int]:
    """The pitches of the first (0) or last (-1) notes that are struck together."""
    together = [[note.pitch for note in group] for _, group in groupby(notes, lambda note: note.onset)]
    return together[which] if together else []


# ------------------------------------------------------------------------------------------------ performance


def _performed(
    old: Arrangement,
    before: Performance,
    new: Arrangement,
    edit: Again,
    settings: Settings,
    window: Window,
) -> Performance:
    """How a changed arrangement is played: new notes with the feel of the edit, the others as they were."""
    solo, tracks, feel = new.solo, [], replace(settings.feel, seed=edit.seed)
    start, end = window.start / solo.grid_beat, window.end / solo.grid_beat  # beats
    for part, was in zip(tracks_of(new), tracks_of(old), strict=True):
        played = before.track(part.name)
        if part.notes != was.notes:
            kept = _as_played(part.notes, was.notes, played, window, solo, before.ppq)
            played = tuple(feel.play(part, _in_style(solo, edit), before.ppq, kept))
        tracks.append((part.name, played))
    ornaments = before.ornaments
    if solo.notes != old.solo.notes:
        ornaments = tuple(note for note in ornaments if not start <= note.onset < end)
    return Performance(tuple(tracks), before.ppq, ornaments)


def _as_played(
    notes: Sequence[Note],
    old: Sequence[Note],
    played: Sequence[PlayedNote],
    window: Window,
    solo: Solo,
    ppq: int,
) -> list[PlayedNote | None]:
    """For each of `notes` how it was played among the `old` ones, up to the window where it sounds into it;
    None for those in the window, which are new.
    """
    file, scale = FileTicks(QuarterMap(solo), ppq), solo.time_scale
    start = window.start / solo.grid_beat  # beats
    outside = iter(
        how._replace(end=min(how.end, max(start, file.after(how.onset * scale) / scale)))
        if note.onset < window.start < note.end
        else how
        for note, how in zip(old, played, strict=True)
        if not window.start <= note.onset < window.end
    )
    return [None if window.start <= note.onset < window.end else next(outside) for note in notes]
