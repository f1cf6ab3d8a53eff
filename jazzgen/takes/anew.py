"""A take with some of its bars played again: `play_again`.

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

from jazzgen.band.comping import movement
from jazzgen.band.ensemble import COUNT_IN, play_part, player_of, scene_of
from jazzgen.band.scene import Scene
from jazzgen.errors import OptionError
from jazzgen.improviser.between import Soloist, improvise_between
from jazzgen.improviser.improvise import phrase_to_answer
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import DRUM_CHANNEL, NO_CHORD, SOLO, ChordChange, Note, Part, Progression, Solo
from jazzgen.performance.feel import Feel
from jazzgen.performance.performance import Performance
from jazzgen.takes.again import BAND, Again
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take

REPEATED = 2.0  # semitones: a join on one pitch is no better than a step


class Window(NamedTuple):
    """The new bars, and the count-in before the form (0 without one)."""

    start: int
    end: int
    count_in: int


def play_again(take: Take, edit: Again) -> Take:
    """`take` with what `edit` names played anew; its settings and recipe are for the caller to say.

    Raises `OptionError` for bars or a part that the take does not have, and for controls that cannot be
    followed.
    """
    window = _window(take, edit)
    named = edit.part.casefold()
    if named == SOLO.casefold():
        solo, parts = _new_solo(take, edit, window), take.parts
    else:
        chosen = [part for part in take.parts if named in (BAND, part.name.casefold())]
        if not chosen:
            known = ", ".join(part.name.casefold() for part in take.parts)
            raise OptionError(f"no part {edit.part!r} in this take; it has solo, {known}; band is all of these")
        solo, parts = take.solo, tuple(
            _new_part(take, part, edit, window) if part in chosen else part for part in take.parts
        )
    return _performed(take, solo, parts, edit, window)


def _window(take: Take, edit: Again) -> Window:
    """The ticks of the bars."""
    form, scale = take.solo.progression, take.solo.time_scale
    bars = [tick * scale for tick in form.scaled(1 / scale).bar_ticks]
    edges = [*bars, form.length]
    counted = bool(form.sections) and form.sections[0].name == COUNT_IN and form.chords[0].symbol == NO_CHORD
    first, last = edit.bars or (1 + counted, len(bars))
    if last > len(bars) or first <= counted:
        said = "; bar 1 is the count-in, which stays" if counted else ""
        raise OptionError(
            f"bars must be in {1 + counted}..{len(bars)}, as this take has them, received {first}-{last}{said}"
        )
    start = edges[first - 1]
    if edit.bars is None and edit.part.casefold() == SOLO.casefold() and take.primed:
        # Another solo begins with the same primer.
        start = take.solo.notes[take.primed].onset if take.primed < len(take.solo.notes) else form.length
    return Window(start, edges[last], edges[1] if counted else 0)


def _generator(edit: Again, part: str) -> np.random.Generator:
    return np.random.default_rng([edit.seed, zlib.crc32(part.casefold().encode())])


# ------------------------------------------------------------------------------------------------------- solo


def _new_solo(take: Take, edit: Again, window: Window) -> Solo:
    settings, inputs = take.settings, take.inputs
    form = _without(take.solo.progression, window.count_in)
    notes = _moved(take.solo.notes, -window.count_in)
    start, end = window.start - window.count_in, window.end - window.count_in
    if start >= end:
        raise OptionError("the primer leaves no bars to play again; name some with bars")
    soloist = Soloist(
        inputs.checkpoint,
        settings.engine,
        edit.controls or settings.controls,
        inputs.index,
        settings.choruses,
        phrase_to_answer(inputs.primer.solo, form) if inputs.primer and settings.answer else (),
    )
    rngs = _generator(edit, SOLO).spawn(edit.candidates)
    new = improvise_between(soloist, replace(take.solo, notes=notes, progression=form), start, end, rngs)
    kept = [note for note in _cut(take.solo.notes, window) if not window.start <= note.onset < window.end]
    line = sorted([*kept, *_moved(new, window.count_in)], key=lambda note: note.onset)
    return replace(take.solo, notes=tuple(line))


def _without(form: Progression, count_in: int) -> Progression:
    """`form` after a count-in."""
    if not count_in:
        return form
    later = {
        what: tuple(
            replace(event, tick=event.tick - count_in) for event in getattr(form, what) if event.tick >= count_in
        )
        for what in ("chords", "meters", "sections")
    }
    if not later["meters"] or later["meters"][0].tick:
        later["meters"] = (replace(form.meters[0], tick=0), *later["meters"])
    if later["chords"][:1] and later["chords"][0].tick:
        later["chords"] = (ChordChange(0, NO_CHORD), *later["chords"])
    return replace(form, length=form.length - count_in, **later)


def _moved(notes: Sequence[Note], ticks: int) -> tuple[Note, ...]:
    if not ticks:
        return tuple(notes)
    return tuple(replace(note, onset=note.onset + ticks) for note in notes if note.onset + ticks >= 0)


def _cut(notes: Sequence[Note], window: Window) -> list[Note]:
    """`notes`, of which those that sound into the window end where it begins."""
    return [
        replace(note, duration=window.start - note.onset) if note.onset < window.start < note.end else note
        for note in notes
    ]


# ------------------------------------------------------------------------------------------------------- band


def _new_part(take: Take, part: Part, edit: Again, window: Window) -> Part:
    """`part` with the window's bars played again: of several tries the one that joins best."""
    row = player_of(part)
    if row is None:
        raise OptionError(f"the band has nobody who plays {part.name}; it can play piano, guitar, bass and drums")
    scale, count_in = take.solo.time_scale, window.count_in
    scene = _scene(take, take.settings, count_in)
    kept = [note for note in _cut(part.notes, window) if not window.start <= note.onset < window.end]
    tries = edit.candidates if part.channel != DRUM_CHANNEL else 1
    drawn = [
        [
            replace(note, duration=min(note.duration, window.end - note.onset))
            for note in _moved(play_part(row, scene, rng, scale).notes, count_in)
            if window.start <= note.onset < window.end
        ]
        for rng in _generator(edit, part.name).spawn(tries)
    ]
    best = min(drawn, key=lambda new: _join_cost(kept, new, window)) if tries > 1 else drawn[0]
    return replace(part, notes=tuple(sorted([*kept, *best], key=lambda note: (note.onset, note.pitch))))


def _scene(take: Take, settings: Settings, count_in: int) -> Scene:
    """What the band looked at when the take was made, under the solo that is now."""
    _, band_rng, _ = np.random.default_rng(settings.seed).spawn(3)
    solo = replace(
        take.solo,
        notes=_moved(take.solo.notes, -count_in),
        progression=_without(take.solo.progression, count_in),
    )
    choruses = settings.choruses if take.origin is None else 0
    return scene_of(solo, band_rng.spawn(1)[0], settings.ending, choruses)


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


def _performed(take: Take, solo: Solo, parts: tuple[Part, ...], edit: Again, window: Window) -> Take:
    """The take of a changed solo or band: new notes are played with its feel, the others as they were."""
    before, beat = take.performance, solo.grid_beat
    edges = window.start / beat, window.end / beat
    feel = Feel(take.settings.humanize, edit.seed)
    old = {SOLO: take.solo.notes} | {part.name: part.notes for part in take.parts}
    tracks = []
    for part in (Part(SOLO, 0, 0, solo.notes), *parts):
        played = before.track(part.name)
        if part.notes != old[part.name]:
            kept = _kept(part.notes, old[part.name], played, edges[0], window)
            played = tuple(feel.play(part, solo, before.ppq, kept))
        tracks.append((part.name, played))
    ornaments = before.ornaments
    if solo.notes != take.solo.notes:
        ornaments = tuple(note for note in ornaments if not edges[0] <= note.onset < edges[1])
    performance = Performance(tuple(tracks), before.ppq, ornaments)
    return replace(take, solo=solo, parts=parts, performance=performance)


def _kept(
    notes: Sequence[Note], old: Sequence[Note], played: Sequence[PlayedNote], edge: float, window: Window
) -> list[PlayedNote | None]:
    """For each of `notes` how it was played among the `old` ones; None for those of the window, which are
    new. What was cut at the `edge`, in beats, ends there.
    """
    outside = iter(
        how._replace(end=min(how.end, max(edge, how.onset + 1 / 480))) if note.onset < window.start < note.end
        else how
        for note, how in zip(old, played, strict=True)
        if not window.start <= note.onset < window.end
    )  # fmt: skip
    return [None if window.start <= note.onset < window.end else next(outside) for note in notes]
