"""The accompaniment of a solo: `accompany` writes the parts of the band, `count_in` a bar before them.

Each row of `BAND` has a function from a `Scene` (form, style, solo, tempo) and a random generator to notes: a
new instrument is a new function and a new row.

    style       bass                       piano                        drums
    swing       in two, then walking       off-beats, Charlestons       hi-hat, then ride; hi-hat on 2 and 4
    up-tempo    walking                    three voices, fewer hits     ride, light
    waltz       in one, then walking       off the first beat           one, two-and, three
    ballad      halves                     held                         brushes
    shuffle     walking, beats doubled     Charlestons, off-beats       long and short on the ride, back beat
    bossa       root and fifth, dotted     syncopated eighths           even eighths, clave on the rim
    samba       the same, heavy on three   the tamborim's rhythms       running eighths, tamborim, surdo
    straight    an ostinato a section      held and pushed              even eighths on the ride
    afro-cuban  root, fifth, a lead        a figure a section, or held  the bembé bell in 6/8 or 12/8
    slow-blues  walking, led on in thirds  held, few triplets           triplets on the ride, back beat

A guitar in the piano's place strums swing four to the bar, and has a batida in bossa and samba (see
`guitarist.py`). A plan (`charts/plan.py`) says where heads are played in two, the drums alone, or a riff.

Swing at 230 beats a minute or more is played as up-tempo. The intensity rises from chorus to chorus; a bridge
contrasts, a section's last bar has a fill, and the last chord is held, after a break or without one, unless
there is no ending and the time goes on to the last bar line. Bars without a chord are silent. Every style
works in every meter: in compound beats eighths are long and short ones, and in other beats the last two
styles play triplets (`compound.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jazzgen.band.bassist import BASS_HIGH, BASS_LOW, bass, below, ruled_bass
from jazzgen.band.compound import PLAYERS, in_thirds
from jazzgen.band.drummer import drums
from jazzgen.band.guitarist import GUITAR, guitar
from jazzgen.band.pianist import PIANO, piano
from jazzgen.band.scene import Scene
from jazzgen.charts.plan import DRUMS, Passage
from jazzgen.errors import OptionError
from jazzgen.music.endings import ENDINGS
from jazzgen.music.score import DRUM_CHANNEL, Arrangement, Note, Part, Progression, Section, Solo
from jazzgen.performance.model import STEPS_A_DECIBEL


class BandPart(NamedTuple):
    """One instrument of the band: its MIDI track, its range in pitches, and the function that plays it."""

    name: str
    program: int
    channel: int
    volume: int
    pan: int
    play: Callable[[Scene, np.random.Generator], list[Note]]
    low: int = 0
    high: int = 127
    room: int = 40


# Volumes for programs that take a file as it is (`python -m checks.mix`); `render` measures. Pans and
# rooms as on a trio's record: bass in the middle and near, piano to the left, drums to the right.
#                      name      program  channel       volume  pan  play    from         to           room
COMPING = {
    "piano":  BandPart("Piano",  0,       1,            95,     46,  piano,  PIANO.low,   PIANO.high,  36),
    "guitar": BandPart("Guitar", 26,      1,            77,     46,  guitar, GUITAR.low,  GUITAR.high, 36),
}  # fmt: skip
BASS = {
    "learned": BandPart("Bass",  32,      2,            81,     64,  bass,   BASS_LOW,    BASS_HIGH,   14),
    "rules":   BandPart("Bass",  32,      2,            81,     64,  ruled_bass, BASS_LOW, BASS_HIGH,  14),
}  # fmt: skip
BAND = (
    COMPING["piano"],
    BASS["learned"],
    BandPart("Drums",            0,       DRUM_CHANNEL, 127,    74,  drums,  room=28),
)  # fmt: skip
SOFTEST, LOUDEST = 20, 118  # velocities
BRUSHES = 40  # the drum kit's program for ballads: a brush kit in General MIDI 2, ignored elsewhere


def accompany(
    solo: Solo,
    rng: np.random.Generator,
    *,
    comping: str = "piano",
    bass: str = "learned",
    ending: str = ENDINGS[0],
    choruses: int = 0,
    starts: Sequence[int] = (),
    turns: Sequence[Passage] = (),
) -> tuple[Part, ...]:
    """The band's parts under a solo, in the style of its progression.

    Parameters
    ----------
    solo : Solo
        Its notes may be empty.
    rng : Generator
        Each part draws from its own generator, spawned from this one: a new part changes no other.
    comping : str
        The chord instrument, one of `COMPING`.
    bass : str
        How the bass walks, one of `BASS`.
    ending : str
        One of `endings.ENDINGS`.
    choruses : int
        How often the form is played; 0 finds it out.
    starts : sequence of int
        The ticks at which the choruses begin, where they are not equally long or an intro comes before.
    turns : sequence of Passage
        What the plan of an arrangement has where (`charts.plan.Planned.turns`).

    Returns
    -------
    tuple of Part
        One for each row of `BAND`; `OptionError` for an unknown choice.

    """
    check_choices(comping, ending, bass)
    together, *own = rng.spawn(1 + len(BAND))
    scene = scene_of(solo, together, ending, choruses, starts, turns)
    players = zip(players_of(comping, bass), own, strict=True)
    return tuple(play_part(row, scene, rng, solo.time_scale) for row, rng in players)


def players_of(comping: str, bass: str) -> list[BandPart]:
    """Who plays, with the chosen rows of `COMPING` and `BASS`."""
    chosen = {"Piano": COMPING[comping], "Bass": BASS[bass]}
    return [chosen.get(row.name, row) for row in BAND]


def scene_of(
    solo: Solo,
    rng: np.random.Generator,
    ending: str,
    choruses: int = 0,
    starts: Sequence[int] = (),
    turns: Sequence[Passage] = (),
) -> Scene:
    """What the players look at; some takes end with a break.

    Parameters
    ----------
    solo
        Its notes may be empty.
    rng
        Decides whether there is a break, and which riff a shout chorus has.
    ending, choruses, starts, turns
        As in `accompany`.

    Returns
    -------
    Scene
        The same for all of them.
    """
    scene = Scene.of(solo, "none" if ending == "none" else "hold", choruses, starts, turns)
    broken = ending != "none" and scene.style != "ballad" and rng.random() < 0.4
    riff = int(rng.integers(2**16)) if turns else 0
    return replace(scene, ending="break", riff=riff) if broken else replace(scene, riff=riff)


def play_part(row: BandPart, scene: Scene, rng: np.random.Generator, scale: int = 1) -> Part:
    """The part of one player.

    Parameters
    ----------
    row, scene, rng
        Who plays, what is looked at, and what is drawn from.
    scale
        What the ticks are multiplied with: 2 under a solo in double time.

    Returns
    -------
    Part
        Over the whole form.
    """
    play = PLAYERS.get(scene.style, {}).get(row.name, row.play)
    notes = play(scene, rng)
    if scene.turns and row.channel != DRUM_CHANNEL:
        notes = _tacet(scene, notes)
    notes = in_thirds(notes, scene.form, scene.style)
    if row.name == "Bass":
        notes = [below(scene, note) for note in notes]
    notes.sort(key=lambda note: (note.onset, note.pitch))
    notes = [_followed(scene, note, scale) for note in notes]
    program = BRUSHES if row.channel == DRUM_CHANNEL and scene.style == "ballad" else row.program
    return Part(
        row.name, program, row.channel, tuple(notes), row.volume, row.pan, row.low, row.high, row.room
    )


def _tacet(scene: Scene, notes: Sequence[Note]) -> list[Note]:
    """The notes of a part but for those where the drums play alone, and none that sounds into there."""
    alone = [turn.start for turn in scene.turns if turn.kind == DRUMS]
    kept = [note for note in notes if not scene.alone(scene.bars[scene.form.bar_at(note.onset)])]
    return [
        replace(note, duration=min([note.end, *(tick for tick in alone if tick > note.onset)]) - note.onset)
        for note in kept
    ]


def player_of(part: Part, bass: str = "learned") -> BandPart | None:
    """Who of the band plays a part of this name, the bass as `BASS` has it; None where nobody does."""
    known = {row.name.casefold(): row for row in (*COMPING.values(), *BAND, BASS[bass])}
    return known.get(part.name.casefold())


def _followed(scene: Scene, note: Note, scale: int) -> Note:
    """The note as loud as the soloist makes the band play, in ticks of a grid of `scale` beats a beat."""
    level = note.velocity + round(STEPS_A_DECIBEL * scene.lift(note.onset))
    level = min(max(level, min(SOFTEST, note.velocity)), LOUDEST)
    return replace(note, onset=note.onset * scale, duration=note.duration * scale, velocity=level)


def check_choices(comping: str, ending: str, bass: str = "learned") -> None:
    """Raise `OptionError` for an unknown `comping`, `ending` or `bass`."""
    choices = (("comping", comping, COMPING), ("ending", ending, ENDINGS), ("bass", bass, BASS))
    for what, choice, known in choices:
        if choice not in known:
            raise OptionError(f"{what} must be one of {', '.join(known)}, received {choice!r}")


COUNT = 37  # the side stick
COUNT_IN = "Count-in"  # the section of its bar


def has_count_in(form: Progression) -> bool:
    """Whether a form begins with the bar of `count_in`."""
    return bool(form.sections) and form.sections[0] == Section(0, COUNT_IN) and len(form.bar_ticks) > 1


def count_in(arrangement: Arrangement) -> Arrangement:
    """The arrangement after a bar of side-stick clicks without a chord."""
    solo = arrangement.solo
    beats, beat = solo.progression.meters[0].beats, solo.grid_beat
    bar = beats * beat
    clicks = [Note(k * beat, beat // 4, COUNT, 72 if k else 84) for k in range(beats)]

    def later(notes: tuple[Note, ...]) -> list[Note]:
        return [replace(note, onset=note.onset + bar) for note in notes]

    form = solo.progression.shifted(bar)
    form = replace(form, sections=(Section(0, COUNT_IN), *form.sections))
    parts = tuple(
        replace(part, notes=(*clicks * (part.channel == DRUM_CHANNEL), *later(part.notes)))
        for part in arrangement.parts
    )
    moved = replace(solo, notes=tuple(later(solo.notes)), progression=form)
    return replace(arrangement, solo=moved, parts=parts)
