"""New bars inside a solo: they begin where the line is, and lead into what follows.

`improvise_between` lets a player go on from the notes before the bars, from whom several others part in the
last three of them. None passes their end, and the one is taken after whom the notes that follow are likeliest
under the network. Times are ticks of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jazzgen.improviser.choosing import effort_of, play_candidates
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import line_of, make_player, phrase_to_answer, with_pitches
from jazzgen.improviser.originality import Index
from jazzgen.improviser.pacing import check_reachable
from jazzgen.improviser.player import Player, octave_request, play
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.engine import Engine
from jazzgen.model.engines import make_engine
from jazzgen.music.grid import in_halves
from jazzgen.music.meters import compound_beats_of
from jazzgen.music.score import Note, Solo
from jazzgen.tokens.features import DISPLACEMENTS
from jazzgen.tokens.vocabulary import OCTAVE, REST, rest_lengths, value_of

Line = Sequence[tuple[int, int | None]]  # values, each with the pitch of its note, None for a rest
PARTING = 3  # bars before the end where the candidates part: earlier ones hardly matter for the join
FOLLOWED = 8  # values of what follows that are judged: further on they hardly depend on the new bars
NEVER = 1e-9  # the least probability that counts
COPYING = 1000.0  # nats that a candidate loses which would make a run that is longer than may be copied


@dataclass(frozen=True, slots=True)
class Soloist:
    """Who plays: the model, how it is stepped, what is asked of it, and the index of its training solos;
    `starts` are the ticks at which choruses begin, and `answered` a phrase that the solo answers.
    """

    checkpoint: Checkpoint
    engine: str
    controls: Controls
    index: Index | None
    starts: Sequence[int] = (0,)
    answered: Solo | None = None


def improvise_between(
    soloist: Soloist, solo: Solo, start: int, end: int, rngs: Sequence[np.random.Generator]
) -> list[Note]:
    """New notes from `start` to `end` of `solo`, whose notes there do not count.

    Parameters
    ----------
    soloist
        Who plays them.
    solo
        What is kept before and after. A note that sounds into `start` is heard up to there.
    start, end
        Ticks on beats; up to the end of the form the line comes to rest, as a solo does.
    rngs
        A candidate is drawn from each.

    Returns
    -------
    list of Note
        None of them begins before `start` or ends after `end`.

    Raises
    ------
    OptionError
        For controls that the instrument or the model cannot follow.
    """
    check_reachable(soloist.controls, solo.progression)
    network = make_engine(soloist.checkpoint.at_play(), soloist.engine)
    compound = compound_beats_of(solo.progression)
    if compound is not None:  # as the network knows them
        solo = replace(solo, notes=tuple(in_halves(solo.notes, compound)))
    first = make_player(
        soloist.checkpoint, network, solo, soloist.controls, rngs[0],
        starts=soloist.starts, index=soloist.index, begin=start,
    )  # fmt: skip
    if soloist.answered is not None:
        first.prime(phrase_to_answer(soloist.answered, solo.progression), answer=True)
    first.prime(_values_before(solo, start), answer=False)
    played = len(first.values), len(first.pitches)
    following = _values_from(solo, end)
    first.until = end
    if following:
        last = solo.progression.bar_at(end - 1)
        parting = solo.progression.bar_ticks[max(last + 1 - PARTING, 0)]
        checkpoint = soloist.checkpoint
        effort = effort_of(soloist.controls, checkpoint)
        [first] = play_candidates(network, [first], checkpoint.choosing, effort, parting)
    players = [first, *(first.copy(rng) for rng in rngs[1:])] if following else [first]
    play(network, players)
    lines = [(player.values[played[0] :], player.pitches[played[1] :]) for player in players]
    best = int(_follow(network, players, following).argmax())
    return line_of(*lines[best], compound, start)


def _values_before(solo: Solo, start: int) -> Line:
    """What is played up to `start`: the last note is cut there."""
    if not start:
        return ()
    before = [note for note in solo.notes if note.onset < start]
    if before and before[-1].end > start:
        before[-1] = replace(before[-1], duration=start - before[-1].onset)
    # A note at `start` makes the line reach to there; it is taken away again.
    return with_pitches(replace(solo, notes=(*before, Note(start, 1, 60))))[:-1]


def _values_from(solo: Solo, end: int) -> Line:
    """What is played from `end` on; nothing where no note follows."""
    after = tuple(note for note in solo.notes if note.onset >= end)
    if not after:
        return ()
    silence: list[tuple[int, int | None]] = [
        (value_of(REST, length), None) for length in rest_lengths(after[0].onset - end)
    ]
    return silence + with_pitches(replace(solo, notes=after))[len(rest_lengths(after[0].onset)) :]


def _follow(network: Engine, players: Sequence[Player], following: Line) -> npt.NDArray[np.float64]:
    """The log-likelihood (m,) of what follows after each of `players`, who play it."""
    score = np.zeros(len(players))
    for value, pitch in following[:FOLLOWED]:
        answers = network.step_all([player.request() for player in players])
        for player, (_, state) in zip(players, answers, strict=True):
            player.state = state
        score += np.log([max(float(probs[value]), NEVER) for probs, _ in answers])
        if pitch is not None:
            score += np.log(_octave_chances(network, players, value, pitch))
        for k, player in enumerate(players):
            score[k] -= COPYING * (pitch is not None and player.copies_too_much(pitch))
            player.advance_with(value, pitch)
    _judge_copies(score, players, following[FOLLOWED:])
    return score


def _octave_chances(
    network: Engine, players: Sequence[Player], value: int, pitch: int
) -> npt.NDArray[np.float64]:
    """How likely each player was to play a note `value` in the octave of `pitch`, (m,)."""
    near = [player.tracker.nearest(value) for player in players]
    answers = network.octaves_all([octave_request(player.tracker, value, player.state) for player in players])
    chances = []
    for place, probs in zip(near, answers, strict=True):
        octaves = (pitch - place) // OCTAVE
        known = octaves in DISPLACEMENTS
        chances.append(max(float(probs[DISPLACEMENTS.index(octaves)]) if known else 0.0, NEVER))
    return np.array(chances)


def _judge_copies(score: npt.NDArray[np.float64], players: Sequence[Player], following: Line) -> None:
    """Take `COPYING` from the score (m,) of each player whose copied run goes on too long in what follows."""
    pitches = [pitch for _, pitch in following if pitch is not None]
    for k, player in enumerate(players):
        for pitch in pitches[: player.controls.max_copied]:
            if player.detector is None or player.copies_too_much(pitch):
                score[k] -= COPYING * (player.detector is not None)
                break
            player.detector.push(pitch)
