"""A checkpoint and a progression in, a solo out.

`improvise` plays one solo, `improvise_all` many at once; `expect` says what a network expected of a solo that
is there already. Times are ticks, 12 to a beat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from jazzgen.errors import OptionError
from jazzgen.improviser.choosing import effort_of, play_candidates
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.originality import CopyDetector, Index
from jazzgen.improviser.pacing import check_reachable
from jazzgen.improviser.player import Player, step_request
from jazzgen.improviser.unit_bias import UnitBias
from jazzgen.improviser.unit_plan import draw_units, parse_units
from jazzgen.model.checkpoint import Checkpoint, as_checkpoint
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.engine import Engine
from jazzgen.model.engines import make_engine
from jazzgen.music import score
from jazzgen.music.grid import in_thirds
from jazzgen.music.meters import CompoundBeats
from jazzgen.music.score import TICKS_PER_BEAT, Instrument, Note, Progression, Solo
from jazzgen.music.units import Unit, units_of
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import IS_REST, LENGTHS, TICKS, encode

BREATH = 12.0  # seconds that a phrase of a wind instrument is planned to last at most
# Of what a take did in a context, as its views count it. Without a bound one of 25 excerpts of long takes
# stays on two or three pitches, of people's one in 360; with 15 too little comes back.
MOST_COUNTED = 20
LEVEL = 80  # every note's velocity; accents and phrases are a matter of feel, see feel.py


def expect(engine: Engine, solo: Solo) -> FloatArray:
    """The probabilities (T, 78) that `engine` gave the T values of `solo`, each after those before it."""
    tracker = ContextTracker.over(solo, engine.spec)
    expected = []
    value, state = None, engine.start()
    for following, pitch in with_pitches(solo):
        probs, state = engine.step(*step_request(tracker, value, state))
        expected.append(probs)
        tracker.advance(following, pitch)
        value = following
    return np.array(expected, np.float32).reshape(-1, len(IS_REST))


def with_pitches(solo: Solo) -> list[tuple[int, int | None]]:
    """The values of `solo`, each with the pitch of its note; None for a rest."""
    pitches = iter([note.pitch for note in solo.notes])
    return [(value, None if IS_REST[value] else next(pitches)) for value in encode(solo)]


def improvise(
    checkpoint: Checkpoint | str,
    progression: Progression,
    rng: np.random.Generator,
    *,
    choruses: int = 1,
    **options: Any,
) -> Solo:
    """One solo over a progression, played so many times.

    Parameters
    ----------
    checkpoint
        The improviser, or the name of a shipped one.
    progression
        One chorus.
    rng
        What the solo is drawn from.
    choruses
        How many times the progression is played.
    **options
        The others of `improvise_all`.

    Returns
    -------
    Solo
        Its progression is that of all choruses.
    """
    form = progression.repeat(choruses)
    return improvise_all(as_checkpoint(checkpoint), form, [rng], choruses=choruses, **options)[0]


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
    starts: Sequence[int] = (),
) -> list[Solo]:
    """A solo for each of `rngs`, each the same as alone, whichever engine steps: the network steps all of
    them together, which takes less time than one after the other.

    Parameters
    ----------
    checkpoint, engine
        The improviser, and which of `model.engines.ENGINES` steps it.
    form, choruses, starts
        What is played over, how many choruses it has, and their first ticks where they are not equally long.
    rngs
        What each solo is drawn from.
    tempo, instrument
        Beats of the first meter a minute, and one of `score.INSTRUMENTS`.
    controls, index
        How to improvise (None: the defaults), and the training solos' index, from which no run longer than
        `controls.max_copied` is taken.
    primer, answer
        A phrase that opens the solo, in its own bars, after rests if it does not begin in the first; or with
        `answer` only precedes it.

    Returns
    -------
    list of Solo
        Over `form`. No note passes its end, and the line comes to rest on a chord tone in the last bar.

    Raises
    ------
    OptionError
        For an option outside its range.
    """
    _check_tempo(tempo)
    check_reachable(controls := controls or Controls(), form)
    effort = effort_of(controls, checkpoint)
    starts, network = starts or _even(form, choruses), make_engine(checkpoint.at_play(), engine)
    heard = Solo((), form) if primer is None else placed(primer, form, answer)
    phrase, kept = _phrase(heard), () if answer else heard.notes
    stage, begin = Solo(kept, form, tempo=tempo, instrument=instrument), kept[-1].end if kept else 0
    players = [
        make_player(checkpoint, network, stage, controls, rng, starts=starts, index=index, begin=begin)
        for rng in rngs
    ]
    for player in players:
        player.prime(phrase, answer)
    players = play_candidates(network, players, checkpoint.choosing, effort)
    return [_solo(player, instrument, tempo, kept) for player in players]


def improvise_over(
    checkpoint: Checkpoint, solos: Sequence[Solo], seed: int, controls: Controls | None = None
) -> list[Solo]:
    """A take over the progression of each of `solos`, with its title, tempo and instrument: what is compared
    with people.

    Parameters
    ----------
    checkpoint
        The improviser.
    solos
        What is played over; the network steps all takes together.
    seed
        Take number k is drawn from (`seed`, k).
    controls
        How to improvise; None for the defaults.

    Returns
    -------
    list of Solo
        One for each of `solos`.
    """
    controls = controls or Controls()
    network = make_engine(checkpoint.at_play(), "numpy")
    rngs = (np.random.default_rng([seed, k]) for k in range(len(solos)))
    players = [
        make_player(checkpoint, network, solo, controls, rng) for solo, rng in zip(solos, rngs, strict=False)
    ]
    players = play_candidates(network, players, checkpoint.choosing, effort_of(controls, checkpoint))
    return [
        replace(_solo(player, solo.instrument, solo.grid_tempo, ()), title=solo.title)
        for player, solo in zip(players, solos, strict=True)
    ]


def make_player(
    checkpoint: Checkpoint,
    network: Engine,
    stage: Solo,
    controls: Controls,
    rng: np.random.Generator,
    *,
    starts: Sequence[int] = (0,),
    index: Index | None = None,
    begin: int = 0,
) -> Player:
    """A player over the progression of a solo, at its tempo and on its instrument.

    Parameters
    ----------
    checkpoint, network
        Its model, and what steps it.
    stage, begin
        The solo, and the tick from which the player is to play: a plan goes on from the notes before.
    controls, rng
        How to improvise, and what everything is drawn with, the plan first.
    starts
        The first ticks of the choruses.
    index
        The training solos' index; None: copies are not counted.

    Returns
    -------
    Player
        At the beginning of the form.
    """
    horn = instrument_within(stage.instrument, controls, checkpoint)
    tracker = ContextTracker(
        network.spec,
        stage.progression,
        tempo=stage.grid_tempo,
        instrument=horn,
        double_time=stage.double_time,
        player=controls.player,
        most_counted=MOST_COUNTED,
    )
    player = Player(
        tracker, controls, checkpoint.tuning, network, rng,
        tempo=stage.grid_tempo, starts=starts, corrections=checkpoint.corrections,
        detector=None if index is None else CopyDetector(index),
    )  # fmt: skip
    if controls.temperature:
        _plan(player, checkpoint, stage, horn.blown, begin)
    return player


def _plan(player: Player, checkpoint: Checkpoint, stage: Solo, blown: bool, begin: int) -> None:
    """Let `player`, from the tick `begin` on, follow a plan, given or drawn, where its model can."""
    planner, tables = checkpoint.planner, checkpoint.unit_tables
    if planner is None or tables is None:
        return
    preferences, given = player.preferences, player.controls.units
    breath = BREATH * stage.grid_tempo / 60 if blown else math.inf  # beats
    before = tuple(note for note in stage.notes if note.onset < begin)
    units = draw_units(
        planner, player.form, player.rng,
        tempo=stage.grid_tempo, starts=preferences.starts,
        wanted=None if given is None else parse_units(given),
        earlier=units_of(replace(stage, notes=before)), begin=begin // TICKS_PER_BEAT,
        longest=int(breath) if blown else None,
    )  # fmt: skip
    preferences.plan = UnitBias(
        tables, units, player.tracker, given=given is not None, breath=TICKS_PER_BEAT * breath
    )
    if given is not None:
        silent = 1 - sum(unit.beats for unit in units) * TICKS_PER_BEAT / player.form.length
        preferences.pacing.hold_plan(max(silent, 0.0))
    longest = _longest_rest(units, player.form, begin)
    player.masks.longest_silence = max(player.masks.longest_silence, longest)


def _longest_rest(units: Sequence[Unit], form: Progression, begin: int) -> int:
    """Ticks of the longest silence from the tick `begin` on that a plan asks for, and the beat by which a
    line may miss its ends.
    """
    ends = [max(end, begin // TICKS_PER_BEAT) for end in (0, *(unit.end for unit in units))]
    starts = [*(unit.start for unit in units), form.bar_ticks[-1] // TICKS_PER_BEAT]
    rests = [start - end for start, end in zip(starts, ends, strict=True)]
    return TICKS_PER_BEAT * (2 + max(rests, default=0))


def _check_tempo(tempo: float) -> None:
    if not tempo > 0:
        raise OptionError(f"tempo must be above 0 beats a minute, received {tempo}")


def _even(form: Progression, choruses: int) -> list[int]:
    """The first ticks of equally long choruses."""
    return [k * (form.length // choruses) for k in range(choruses)]


def check_controls(controls: Controls, checkpoint: Checkpoint, instrument: str, form: Progression) -> None:
    """Raise now what `improvise_all` would raise for its controls.

    Parameters
    ----------
    controls, checkpoint
        What is asked for, and of which model.
    instrument, form
        One of `score.INSTRUMENTS`, and what is played over.

    Raises
    ------
    OptionError
        For controls that the model or the instrument cannot follow.
    """
    check_reachable(controls, form)
    effort_of(controls, checkpoint)
    instrument_within(instrument, controls, checkpoint)
    checkpoint.spec.player_index(controls.player)


def instrument_within(name: str, controls: Controls, checkpoint: Checkpoint) -> Instrument:
    """The instrument `name` within the bounds of `controls`, which `checkpoint` must be able to follow."""
    if controls.units is not None and checkpoint.planner is None:
        raise OptionError("units do nothing with a model that has no planner; leave them out")
    if controls.motif != Controls().motif and not checkpoint.spec.motif:
        raise OptionError(
            f"motif {controls.motif:g} does nothing with a model that has no motif memory; leave it out"
        )
    horn = score.instrument(name)
    low, high = controls.bounds(horn)
    return replace(horn, low=low, high=high)


def placed(primer: Solo, form: Progression, answer: bool) -> Solo:
    """The notes of a primer over the chords of `form`, where they are; one to be answered from the first bar
    in which it plays. Raises `OptionError` where they do not fit.
    """
    start = primer.progression.bar_start(primer.notes[0].onset) if primer.notes and answer else 0
    notes = tuple(replace(note, onset=note.onset - start) for note in primer.notes)
    room = form.bar_ticks[-1]
    if not notes or notes[-1].end > room:
        ends = f" and ends in bar {primer.progression.bar_at(notes[-1].end - 1) + 1}" if notes else ""
        raise OptionError(
            "a primer must have notes and end before the last bar of the form: it has "
            f"{len(notes)} notes{ends}, and the form has {len(form.bar_ticks)} bars; give a shorter or "
            "earlier phrase or more choruses"
        )
    return Solo(notes, form)


def phrase_to_answer(primer: Solo, form: Progression) -> list[tuple[int, int | None]]:
    """The values and pitches of a primer over `form` that a solo answers."""
    return _phrase(placed(primer, form, answer=True))


def _phrase(primer: Solo) -> list[tuple[int, int | None]]:
    """The values of a primer, each with its pitch, up to the first place after its end where a note may
    begin: nothing that follows cuts its last note.
    """
    if not primer.notes:
        return []
    last = primer.notes[-1]
    step = LENGTHS[0] if last.onset % LENGTHS[0] == 0 else TICKS_PER_BEAT  # triplets lead to the next beat
    after = Note(-(-last.end // step) * step, 1, last.pitch)
    return with_pitches(replace(primer, notes=(*primer.notes, after)))[:-1]


def _solo(player: Player, instrument: str, tempo: float, kept: Sequence[Note]) -> Solo:
    """What `player` played; its first notes are those of the primer, `kept`."""
    notes = line_of(player.values, player.pitches, player.masks.compound)
    return Solo((*kept, *notes[len(kept) :]), player.form, tempo=tempo, instrument=instrument)


def line_of(
    values: Sequence[int], pitches: Sequence[int], compound: CompoundBeats | None, start: int = 0
) -> list[Note]:
    """The notes of a line.

    Parameters
    ----------
    values, pitches
        What is played, and what its notes sound at.
    compound
        Which beats are compound: their eighths become thirds.
    start
        The tick at which it begins.

    Returns
    -------
    list of Note
        One for each of `pitches`.
    """
    notes, now = [], start
    sounding = iter(pitches)
    for value in values:
        ticks = int(TICKS[value])
        if not IS_REST[value]:
            notes.append(Note(now, ticks, next(sounding), LEVEL))
        now += ticks
    return notes if compound is None else in_thirds(notes, compound)
