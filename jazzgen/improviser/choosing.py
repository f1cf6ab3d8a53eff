"""Playing with effort: of several candidates for each few bars the one is kept that a person may have played.

Every `EVERY` bars so many copies of a player go on from where it is, each by itself, and one of them is drawn
with a chance proportional to exp(score): the log-odds "a person, not the model" of the last 16 bars, which
the checkpoint has learned (`model/choosing.py`). The candidates are drawn from the network, so that how
likely they are is in already: a residual energy model (Deng et al., "Residual Energy-Based Models for Text
Generation", ICLR 2020), drawn from by importance resampling. The network steps all candidates of all players
together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.improviser.controls import USUAL_EFFORT, Controls
from jazzgen.improviser.excerpts import BARS, Excerpt, excerpt_of, features
from jazzgen.improviser.player import Player, answer_all, play
from jazzgen.improviser.sampling import sample
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.choosing import Choosing
from jazzgen.model.engine import Engine
from jazzgen.music.note_arrays import FormArrays, NoteArrays
from jazzgen.music.score import Note, Solo
from jazzgen.tokens.vocabulary import IS_REST, TICKS

EVERY = 4  # bars
FEWEST = 8  # notes: with fewer there is nothing to judge by


def effort_of(controls: Controls, checkpoint: Checkpoint) -> int:
    """How many candidates are played; raises `OptionError` where the model cannot choose among several."""
    if controls.effort is None:
        return 1 if checkpoint.choosing is None or not controls.temperature else USUAL_EFFORT
    if controls.effort > 1 and checkpoint.choosing is None:
        raise OptionError(
            f"effort {controls.effort} plays several candidates, and this model has not learned to choose "
            "among them; leave it out, or give 1"
        )
    return controls.effort


def as_numbers(excerpt: Excerpt) -> npt.NDArray[np.float64]:
    """The features (f,) of an excerpt."""
    return np.array([*features(excerpt).values()], np.float64)


def play_candidates(
    engine: Engine, players: Sequence[Player], choosing: Choosing | None, effort: int, to: int | None = None
) -> list[Player]:
    """Let all `players` play to their ends, each what it would play alone, and choose on the way.

    Parameters
    ----------
    engine
        What steps them all together.
    players
        Wherever they are, each over its own form.
    choosing
        What is chosen by; None with effort 1 alone.
    effort
        How many candidates are played for each four bars.
    to
        The tick that they play on to; None for their ends.

    Returns
    -------
    list of Player
        Who has played, in place of each of those given.
    """
    if effort == 1 or choosing is None:
        play(engine, players, to)
        return [*players]
    jury = {id(player.form): FormArrays(player.form) for player in players}
    stops = [_stops(player, to) for player in players]
    playing = [*players]
    for stage in range(max(map(len, stops), default=0)):
        going = [k for k, player in enumerate(playing) if stage < len(stops[k]) and not player.finished]
        # The seeds come from the player, who goes on with its own generator whichever copy is chosen.
        groups = {
            k: [
                playing[k].copy(np.random.default_rng(seed))
                for seed in playing[k].rng.integers(2**63, size=effort)
            ]
            for k in going
        }
        answer_all(engine, [one.line(stops[k][stage]) for k in going for one in groups[k]])
        for k in going:
            stop, rng = stops[k][stage], playing[k].rng
            scores = np.array([_score(one, choosing, jury[id(one.form)], stop) for one in groups[k]])
            playing[k] = groups[k][sample(np.exp(scores - scores.max()), rng)]
            playing[k].rng = rng
    return playing


def _stops(player: Player, to: int | None) -> list[int | None]:
    """The ticks at which it is chosen, every four bars, and at last `to`."""
    now, last = player.tracker.now, player.form.length if to is None else to
    return [*(tick for tick in player.form.bar_ticks[EVERY::EVERY] if now < tick < last), to]


def _score(player: Player, choosing: Choosing, form: FormArrays, stop: int | None) -> float:
    """The log-odds of the last 16 bars before `stop`; as far as there are fewer, they count less."""
    end = int(np.searchsorted(form.bars, form.length if stop is None else stop))  # bars
    first = max(end - BARS, 0)
    excerpt = excerpt_of(
        NoteArrays(_last_notes(player, int(form.bars[first])), form), first, player.tracker.middle
    )
    if len(excerpt.onset) < FEWEST:
        return 0.0
    return choosing.score(as_numbers(excerpt)) * (end - first) / BARS


def _last_notes(player: Player, since: int) -> Solo:
    """What `player` has played since a tick."""
    now, notes, pitches = player.tracker.now, list[Note](), reversed(player.pitches)
    for value in reversed(player.values):
        now -= int(TICKS[value])
        if now < since:
            break
        if not IS_REST[value]:
            notes.append(Note(now, int(TICKS[value]), next(pitches)))
    return Solo(tuple(reversed(notes)), player.form)
