"""A checkpoint and a progression in, a solo out.

    engine.py    one step of the network: a value in, the probabilities of the next one out. `NumpyEngine`
                 is the one that plays; `KerasEngine` steps the training layers; their probabilities agree
    controls.py  what a musician can ask for
    player.py    a line on its way: laws of the grid and the form, and wishes
    hand.py      what a player knows whose model hears no context

`generate_line` is the network's feedback and nothing else; `improvise` plays a solo. Times are ticks, 12 to
a beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from jazzgen.errors import OptionError
from jazzgen.improviser.controls import ARCS, PRIMERS, Controls, arc_level, parse_range
from jazzgen.improviser.originality import Copying, Index
from jazzgen.improviser.player import Player, play
from jazzgen.improviser.sampling import sample
from jazzgen.model.checkpoint import Checkpoint, FloatArray
from jazzgen.model.engine import ENGINES, Engine, make_engine
from jazzgen.music import score
from jazzgen.music.score import Note, Progression, Solo
from jazzgen.tokens.features import DISPLACEMENTS, near_class
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import IS_REST, TICKS, encode

__all__ = [
    "ARCS",
    "ENGINES",
    "PRIMERS",
    "Controls",
    "Engine",
    "Line",
    "Player",
    "arc_level",
    "expect",
    "generate_line",
    "generate_values",
    "improvise",
    "improvise_all",
    "improvise_over",
    "make_engine",
    "parse_range",
]

LEVEL = 80  # every note's velocity; accents and phrases are a matter of feel, see feel.py


class Line(NamedTuple):
    """Values, and the pitch of each: None for a rest."""

    values: list[int]
    pitches: list[int | None]


def _generator(rng: np.random.Generator | None, temperature: float) -> np.random.Generator:
    """`rng`; where none is given one that nothing draws from, which temperature 0 alone can do with."""
    if rng is None and temperature != 0:
        raise OptionError(f"a temperature of {temperature} needs a generator to draw with; give rng")
    return rng or np.random.default_rng(0)


def generate_line(
    engine: Engine,
    tracker: ContextTracker,
    n: int,
    rng: np.random.Generator | None = None,
    *,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> Line:
    """`n` values with their pitches, each fed back to give the next, and nothing else: no grid, no end, no
    wishes.

    Temperature 0 is the classic argmax feedback, which `music_inference_model` plays too; it needs no `rng`.
    """
    rng = _generator(rng, temperature)
    line = Line([], [])
    value, state = None, engine.start()
    for _ in range(n):
        probs, state = engine.step(
            value, state, tracker.active_features(), tracker.proposals(), tracker.last_degree
        )
        value = sample(probs, rng, temperature, top_k, top_p)
        pitch = None
        if not IS_REST[value]:
            near, there = tracker.octaves(value)
            register = engine.octaves(state, value, near_class(near, tracker.last))
            octave = sample(np.where(there, register, 0.0) + 1e-12 * np.array(there), rng, temperature)
            pitch = near + 12 * DISPLACEMENTS[octave]
        tracker.advance(value, pitch)
        line.values.append(value)
        line.pitches.append(pitch)
    return line


def generate_values(
    engine: Engine,
    n: int,
    rng: np.random.Generator | None = None,
    *,
    temperature: float = 0.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> list[int]:
    """`n` values of an engine that hears no context, as the classic model feeds them back."""
    rng = _generator(rng, temperature)
    values: list[int] = []
    value, state = None, engine.start()
    for _ in range(n):
        probs, state = engine.step(value, state)
        value = sample(probs, rng, temperature, top_k, top_p)
        values.append(value)
    return values


def expect(engine: Engine, solo: Solo, player: str | None = None) -> FloatArray:
    """What `engine` expected at each value of `solo`, having heard those before: (T, 78)."""
    tracker = listen(engine, solo.progression, solo.instrument, solo.grid_tempo, solo.double_time, player)
    expected = []
    value, state = None, engine.start()
    for following, pitch in _with_pitches(solo):
        probs, state = engine.step(
            value, state, tracker.active_features(), tracker.proposals(), tracker.last_degree
        )
        expected.append(probs)
        tracker.advance(following, pitch)
        value = following
    return np.array(expected, np.float32).reshape(-1, len(IS_REST))


def _with_pitches(solo: Solo) -> list[tuple[int, int | None]]:
    """The values of `solo`, each with the pitch of its note; None for a rest."""
    pitches = iter([note.pitch for note in solo.notes])
    return [(value, None if IS_REST[value] else next(pitches)) for value in encode(solo)]


def listen(
    engine: Engine,
    form: Progression,
    instrument: str,
    tempo: float,
    double_time: bool = False,
    player: str | None = None,
) -> ContextTracker:
    """A tracker for what `engine` hears; `tempo` in beats of the grid a minute."""
    horn = score.instrument(instrument)
    return ContextTracker(
        engine.spec, form, tempo=tempo, instrument=horn, double_time=double_time, player=player
    )


# ------------------------------------------------------------------------------------------------- the solo


def improvise(
    checkpoint: Checkpoint,
    progression: Progression,
    rng: np.random.Generator,
    *,
    choruses: int = 1,
    **options: Any,
) -> Solo:
    """Improvise `choruses` times over `progression`; the rest as `improvise_over` has it."""
    return improvise_over(checkpoint, progression.repeat(choruses), rng, choruses=choruses, **options)


def improvise_over(
    checkpoint: Checkpoint, form: Progression, rng: np.random.Generator, **options: Any
) -> Solo:
    """One solo over the whole of `form`; see `improvise_all`."""
    return improvise_all(checkpoint, form, [rng], **options)[0]


def improvise_all(
    checkpoint: Checkpoint,
    form: Progression,
    rngs: Sequence[np.random.Generator],
    *,
    choruses: int = 1,
    tempo: float = 160.0,
    instrument: str = "tenor-sax",
    engine: str = "numpy",
    controls: Controls | None = None,
    index: Index | None = None,
    primer: Solo | None = None,
    answer: bool = False,
) -> list[Solo]:
    """A solo for each of `rngs` over all of `form`, which is `choruses` long; `tempo` in quarters a minute.

    A solo's progression is `form`, exactly; no note passes its end, and the line comes to rest on a chord
    tone in its last bar. With `index` no run longer than `controls.max_copied` is taken from the training
    solos. `primer` is a phrase to go on from: its notes open the solo, or with `answer` they are only heard
    before it. The same arguments and the same state of a generator give the same solo, whichever engine steps
    and whichever solos are improvised beside it: the network steps all of them together, which takes less
    time than one after the other.

    Raises `OptionError` for an option outside its range, `CheckpointError` for a checkpoint that this
    version cannot play.
    """
    controls = controls or Controls()
    if not tempo > 0:
        raise OptionError(f"tempo must be above 0 quarter notes a minute, received {tempo}")
    horn = score.instrument(instrument)
    low, high = controls.bounds(horn)
    if controls.motif != Controls().motif and not checkpoint.spec.motif:
        raise OptionError(
            f"motif {controls.motif:g} does nothing with a model that has no motif memory; leave it out"
        )
    network = make_engine(checkpoint, engine)
    players = []
    for rng in rngs:
        tracker = ContextTracker(
            network.spec,
            form,
            tempo=tempo,
            instrument=replace(horn, low=low, high=high),
            player=controls.player,
        )
        copying = Copying(index) if index is not None else None
        player = Player(tracker, controls, network, rng, tempo=tempo, choruses=choruses, copying=copying)
        if primer is not None:
            _prime(player, primer, answer)
        players.append(player)
    play(network, players)
    return [_solo(player, instrument, tempo) for player in players]


def _prime(player: Player, primer: Solo, answer: bool) -> None:
    """Let the player hear a phrase: its notes as they are, over the chords of the form."""
    form = player.form
    start = primer.progression.bar_start(primer.notes[0].onset) if primer.notes else 0
    notes = tuple(replace(note, onset=note.onset - start) for note in primer.notes)
    room = form.bar_ticks[-1]
    if not notes or notes[-1].end > room:
        raise OptionError(
            f"a primer must have notes and end before the last bar of the form: it has {len(notes)} notes "
            f"and the form {len(form.bar_ticks)} bars; give a shorter phrase or more choruses"
        )
    player.prime(_with_pitches(Solo(notes, form)), answer)


def _solo(player: Player, instrument: str, tempo: float) -> Solo:
    notes, now = [], 0
    pitches = iter(player.pitches)
    for value in player.values:
        ticks = int(TICKS[value])
        if not IS_REST[value]:
            notes.append(Note(now, ticks, next(pitches), LEVEL))
        now += ticks
    return Solo(tuple(notes), player.form, tempo=tempo, instrument=instrument)
