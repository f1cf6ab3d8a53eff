"""The rhythm section: bass, piano or guitar, and drums for any progression, in the style that it asks for.

`accompany` sets the `Scene` (form, style, solo, tempo) and asks each player of `BAND` for its notes. A player
is one function from a scene and a generator to notes, so another player is another function and another row.

    style       bass                       piano                        drums
    swing       in two, then walking       off-beats, Charlestons       hi-hat, then ride; hi-hat on 2 and 4
    up-tempo    walking                    three voices, fewer hits     ride, light
    waltz       in one, then walking       off the first beat           one, two-and, three
    ballad      halves                     held                         brushes
    bossa       root and fifth, dotted     syncopated eighths           even eighths, clave on the rim
    straight    an ostinato a section      held and pushed              even eighths on the ride

A guitar in the piano's place strums swing four to the bar (see `guitarist.py`).

Swing at 230 beats a minute or more is played as up-tempo. The first chorus of several is calm, each later one
has more to say, a bridge another color, a section's last bar a fill, and the end is an ending: the last chord
held, after a break or without one; or there is none, and the time goes on to the last bar line. Bars without
a chord are silent. Every meter of n quarters works.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jazzgen.band.bassist import BASS_HIGH, BASS_LOW, bass
from jazzgen.band.drummer import drums
from jazzgen.band.guitarist import GUITAR_HIGH, GUITAR_LOW, guitar
from jazzgen.band.pianist import PIANO_HIGH, PIANO_LOW, piano
from jazzgen.band.scene import BEAT, Scene, choose_style
from jazzgen.errors import OptionError
from jazzgen.music.endings import ENDINGS
from jazzgen.music.score import (
    DRUM_CHANNEL,
    Arrangement,
    ChordChange,
    MeterChange,
    Note,
    Part,
    Progression,
    Section,
    Solo,
)

__all__ = [
    "BAND",
    "COMPING",
    "Chair",
    "Player",
    "Scene",
    "accompany",
    "check_choices",
    "choose_style",
    "count_in",
]

Player = Callable[[Scene, np.random.Generator], list[Note]]


class Chair(NamedTuple):
    """One row of the band: who plays what, where, and between which pitches."""

    name: str
    program: int
    channel: int
    volume: int
    pan: int
    player: Player
    low: int = 0
    high: int = 127


# With the SoundFont that `render` finds the bass is 4 to 7 dB under the solo, the others 8 to 11 (LUFS).
#                           name     program  channel       volume  pan  player  from         to
COMPING = {
    "piano":  Chair("Piano",   0,       1,            98,     48,  piano,  PIANO_LOW,   PIANO_HIGH),
    "guitar": Chair("Guitar",  26,      1,            74,     48,  guitar, GUITAR_LOW,  GUITAR_HIGH),
}  # fmt: skip
BAND = (
    COMPING["piano"],
    Chair("Bass",              32,      2,            92,     64,  bass,   BASS_LOW,    BASS_HIGH),
    Chair("Drums",             0,       DRUM_CHANNEL, 114,    76,  drums),
)  # fmt: skip
BRUSHES = 40  # the drum kit's program for ballads: a brush kit in General MIDI 2, ignored elsewhere


def accompany(
    solo: Solo,
    rng: np.random.Generator,
    style: str | None = None,
    *,
    comping: str = "piano",
    ending: str = ENDINGS[0],
    choruses: int = 0,
) -> tuple[Part, ...]:
    """The band's parts under `solo`; `style` None is the progression's own.

    `comping` is who plays the chords, one of `COMPING`; `ending` one of `endings.ENDINGS`; `choruses` how
    often the form is played (0: found out). Each player draws from a generator of its own, spawned from
    `rng`, so that a new one changes nobody's notes. Raises `OptionError` for what is unknown.
    """
    check_choices(comping, ending)
    together, *own = rng.spawn(1 + len(BAND))
    scene = Scene.of(solo, style, "none" if ending == "none" else "hold", choruses)
    if ending == "written" and scene.style != "ballad" and together.random() < 0.4:
        scene = replace(scene, ending="break")
    stretch = 2 if solo.double_time else 1
    parts = []
    for seat, generator in zip(BAND, own, strict=True):
        chair = COMPING[comping] if seat is COMPING["piano"] else seat
        notes = sorted(chair.player(scene, generator), key=lambda note: (note.onset, note.pitch))
        stretched = [
            replace(note, onset=note.onset * stretch, duration=note.duration * stretch) for note in notes
        ]
        program = BRUSHES if chair.channel == DRUM_CHANNEL and scene.style == "ballad" else chair.program
        place = (chair.volume, chair.pan, chair.low, chair.high)
        parts.append(Part(chair.name, program, chair.channel, tuple(stretched), *place))
    return tuple(parts)


def check_choices(comping: str, ending: str) -> None:
    """Raise `OptionError` where nobody plays `comping`, or there is no such `ending`."""
    for what, choice, known in (("comping", comping, COMPING), ("ending", ending, ENDINGS)):
        if choice not in known:
            raise OptionError(f"{what} must be one of {', '.join(known)}, received {choice!r}")


COUNT = 37  # the side stick


def count_in(arrangement: Arrangement) -> Arrangement:
    """The same with one bar before it, in which the sticks count; everything else moves by that bar."""
    solo = arrangement.solo
    stretch = 2 if solo.double_time else 1
    beats = solo.progression.meters[0].beats
    bar = beats * BEAT * stretch
    clicks = tuple(
        Note(beat * BEAT * stretch, BEAT * stretch // 4, COUNT, 84 if beat == 0 else 72)
        for beat in range(beats)
    )
    parts = []
    for part in arrangement.parts:
        later = tuple(replace(note, onset=note.onset + bar) for note in part.notes)
        parts.append(replace(part, notes=(clicks if part.channel == DRUM_CHANNEL else ()) + later))
    later = tuple(replace(note, onset=note.onset + bar) for note in solo.notes)
    moved = replace(solo, notes=later, progression=_after(solo.progression, bar))
    return replace(arrangement, solo=moved, parts=tuple(parts))


def _after(form: Progression, bar: int) -> Progression:
    """`form` after one more bar without a chord."""
    return replace(
        form,
        chords=(ChordChange(0, "N.C."), *(replace(c, tick=c.tick + bar) for c in form.chords)),
        meters=(
            MeterChange(0, form.meters[0].beats),
            *(replace(m, tick=m.tick + bar) for m in form.meters[1:]),
        ),
        sections=(Section(0, "Count-in"), *(replace(s, tick=s.tick + bar) for s in form.sections)),
        length=form.length + bar,
    )
