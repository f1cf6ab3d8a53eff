"""The trader: hears a player's turn over the changes as it goes, and answers it.

One line goes on over choruses of the form, the player's turns and its own by turns, so that all that was
played is its past: `beat` lets the network hear what has come in, `opening` plays the first bar of the answer
just before its bar line, and `rest`, just behind it, hears the player's last notes and plays the other bars.
Of several candidates the one is played that answers best (`trader_phrase.Wanted.score`).

Times are beats of the file from the first bar line of the first chorus in what comes in, ticks of the grid
from there in what is on the grid. Nobody knows beforehand how many choruses there will be: the line stands in
a few of them, and is moved on from time to time with the last of its past.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jazzgen.charts.tune import Tune, joined
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.improviser.improvise import LEVEL, MOST_COUNTED, instrument_within, line_of
from jazzgen.improviser.originality import CopyDetector, Index
from jazzgen.improviser.player import play
from jazzgen.live.hearing import Hearing
from jazzgen.live.trader_phrase import WEIGHTS, Phrase, Wanted, breath
from jazzgen.live.trader_player import Answerer
from jazzgen.live.turns import Answer, Turn
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.engines import make_engine
from jazzgen.music.endings import with_ending
from jazzgen.music.grid import PlayedNote, in_halves
from jazzgen.music.meters import compound_beats_of
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import SOLO, TICKS_PER_BEAT, Note, Part, Progression, Solo
from jazzgen.performance.feel import Feel
from jazzgen.performance.performance import PPQ
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import (
    IS_REST,
    OCTAVE,
    REST,
    TICKS,
    UNFILLABLE,
    note_length,
    rest_lengths,
    value_of,
)

Values = list[tuple[int, int | None]]  # each with the pitch of its note, None for a rest

CANDIDATES = 8
CHUNK = 4  # bars that are chosen together
# Seconds that a value of a candidate may take: twice what it takes on a machine with nothing else to do. So
# many candidates are tried as fit, by this, into the time that there is.
VALUE_SECONDS = 0.0012
VALUES_A_BEAT = 2.2
OPENING_SECONDS = 0.05  # for the first bar
REST_LATE, REST_READY = 0.06, 0.1  # seconds behind and before bar lines: between them the rest is made

# What of its past a line is moved on with: values, and ticks at most.
REMEMBERED, REACHING = 400, 48 * 4 * TICKS_PER_BEAT
MOST_REMEMBERED = 1000  # after so many it is
ROOM = 64 * 4 * TICKS_PER_BEAT  # ticks that a line has before it at least when it is moved on
FORGOTTEN = 16 * 4 * TICKS_PER_BEAT  # ticks: a longer gap is skipped
OTHER_TEMPO = 1.06  # a ratio: from here on a tempo is another one for the network
MARKS = 3  # of the latest beats to which hearing can go back

# How many ticks before a turn's end an answer stops at the latest: half a beat to two and a half.
STOPS = (6, 12, 12, 18, 24, 30)
# How many ticks after its bar line it begins at the earliest: where the player has stopped before, and where
# not yet.
STARTS, STARTS_LATER = (0, 0, 0, 6, 6, 12, 18), (0, 6, 6, 12, 12, 18)
ADAPTING = 0.2  # how much of a turn's height is learned as the player's usual one
LOUDER = 0.6  # of the difference between the player's loudness and the usual is answered
USUAL_VELOCITY, SOFTEST, LOUDEST = 85.0, 50, 110
EDGE = 0.02  # beats that a note lasts at least at the end of a turn


@dataclass(slots=True)
class _Mark:
    """The line when so much of a turn had been heard."""

    heard: int
    player: Answerer


class Trader:
    """A machine that trades with a player over choruses of a tune.

    Parameters
    ----------
    checkpoint, engine
        The improviser, and what steps it.
    tune
        Its form is traded over; a last turn also knows its last chorus.
    rng
        All that is drawn is drawn from it.
    tempo
        Beats of the first meter a minute; may be set while it plays.
    instrument, controls
        What is played, and how, as in `improvise_all`.
    answer
        How close the answers come: 0 free, 1 close.
    humanize, expression
        How freely they are played, and how much they bend, see `feel.py`.
    index
        The training solos', from which no long run is taken.
    clock
        Seconds; with one, candidates that take too long are given up. None: the same calls make the same
        answers on every machine.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        tune: Tune,
        rng: np.random.Generator,
        *,
        tempo: float,
        instrument: str = "tenor-sax",
        controls: Controls | None = None,
        answer: float = 0.6,
        humanize: float = 0.7,
        expression: float = 0.0,
        index: Index | None = None,
        engine: str = "numpy",
        clock: Callable[[], float] | None = None,
    ) -> None:
        if not 0 <= answer <= 1:
            raise OptionError(f"answer must be in 0..1 (0: free, 1: close), received {answer:g}")
        if not tempo > 0:
            raise OptionError(f"tempo must be above 0 beats a minute, received {tempo}")
        self.tune, self.tempo, self.answer = tune, tempo, answer
        self._feel = Feel(humanize, expression=expression)
        self.controls, self.instrument = controls or Controls(), instrument
        self._horn = instrument_within(instrument, self.controls, checkpoint)
        self._checkpoint, self._index, self._clock = checkpoint, index, clock
        self._engine = make_engine(checkpoint.at_play(), engine)
        self._seed = int(rng.integers(2**63))
        self._hearing = Hearing(tune.form, tempo)
        self._usual_height = self._horn.middle
        self._turn: Turn | None = None
        self._player = self._fresh(tune.form.repeat(-(-ROOM // tune.form.length) + 1), 0, 0)
        self._marks: list[_Mark] = []
        self._heard: Values = []
        self._opened: tuple[Answerer, Values, Answer] | None = None

    # -------------------------------------------------------------------------------------- what comes in

    def note_on(self, beat: float, pitch: int, velocity: int) -> None:
        """The player begins a note."""
        self._hearing.note_on(beat, pitch, velocity)

    def note_off(self, beat: float, pitch: int) -> None:
        """The player ends a note; one that does not sound is ignored."""
        self._hearing.note_off(beat, pitch)

    def beat(self, number: int, turn: Turn) -> None:
        """It is beat `number` of the player's turn before `turn`: hear what is certain by now, all but what
        was played in the last beat.
        """
        self._enter(turn)
        notes = self._line(turn, number)
        certain = [note for note in notes if note.onset <= (number - 1) * TICKS_PER_BEAT]
        if certain and certain[-1].onset < turn.start * TICKS_PER_BEAT:
            self._hear(certain[:-1], certain[-1].onset)

    # ------------------------------------------------------------------------------------- what is answered

    def opening(self, turn: Turn) -> Answer:
        """The notes of the first bar of `turn`, to what has been played so far."""
        self._enter(turn)
        wanted = self._listen(turn)
        end = min(turn.second, turn.end)
        best = self._best(turn, wanted, [], end, OPENING_SECONDS)
        values, notes = self._new(best)
        answer = self._performed(turn, notes, Answer((), ()), wanted)
        self._opened = best, values, answer
        return answer

    def rest(self, turn: Turn) -> Answer:
        """The other notes of `turn`, to all that was played; its first bar goes on from `opening`'s."""
        if self._opened is None or self._turn is None or turn.start != self._turn.start:
            self.opening(turn)
        assert self._opened is not None  # noqa: S101 - made just now
        best, values, opening = self._opened
        heard, local = list(self._heard), self._local
        self._enter(turn)  # it may have become the last one
        wanted = self._listen(turn)
        if heard == self._heard and local is self._local:
            self._player = best
        else:
            self._player.hear(values)
        notes, at, seconds = list(opening.notes), min(turn.second, turn.end), self._seconds(turn)
        while at < turn.end:
            at = self._bars_on(at, CHUNK, turn.end)
            best = self._best(turn, wanted, notes, at, seconds)
            notes += self._new(best)[1]
            self._player, seconds = best, 0.0
        if wanted.phrase.notes:
            self._usual_height += ADAPTING * (wanted.phrase.height - self._usual_height)
        self._leave(turn)
        whole = self._performed(turn, notes, opening, wanted)
        sent = len(opening.notes)
        return Answer(whole.notes[sent:], whole.played[sent:])

    def close(self) -> None:
        """Nothing is left to do: a trader holds no files and no processes."""

    # ---------------------------------------------------------------------------------------------- the line

    @property
    def _now(self) -> int:
        """The tick, from beat 0, to which the line has come."""
        return self._base + self._player.tracker.now

    def _fresh(self, local: Progression, base: int, now: int) -> Answerer:
        """A player at tick `now` over `local`, which begins at the tick `base`."""
        self._base, self._local, self._local_tempo = base, local, self.tempo
        self._roots = reference_roots(local)
        self._compound = compound_beats_of(local)
        tracker = ContextTracker(
            self._engine.spec, local, tempo=self.tempo, instrument=self._horn, player=self.controls.player,
            most_counted=MOST_COUNTED,
        )  # fmt: skip
        tracker.now = now - base
        return Answerer(
            tracker, self.controls, self._checkpoint.tuning, self._engine, np.random.default_rng(self._seed),
            tempo=self.tempo, starts=range(0, local.length, self.tune.form.length),
            detector=None if self._index is None else CopyDetector(self._index),
            corrections=self._checkpoint.corrections,
        )  # fmt: skip

    def _enter(self, turn: Turn) -> None:
        """Make ready for `turn`, unless it is the present one."""
        if self._turn is not None and turn.start == self._turn.start:
            if turn.last == self._turn.last:
                self._turn = turn
                return
            self._player = self._marks[0].player  # it has become the last one: hear it over other chords
        else:
            self._opened = None
        self._hearing.tempo = self.tempo
        self._turn, self._heard = turn, []
        end, spare = turn.end * TICKS_PER_BEAT, self.tune.form.length * (not turn.last)
        behind = turn.heard_from * TICKS_PER_BEAT - self._now > FORGOTTEN
        tempo = max(self.tempo / self._local_tempo, self._local_tempo / self.tempo)
        full = end + spare > self._base + self._local.length
        if full or behind or turn.last or tempo > OTHER_TEMPO or len(self._player.values) > MOST_REMEMBERED:
            self._move_on(turn, behind)
        self._marks = [_Mark(0, self._player.twin())]

    def _move_on(self, turn: Turn, behind: bool) -> None:
        """Let the line stand in choruses that reach beyond `turn`, with the last of its past."""
        old, form = self._player, self.tune.form.length
        now = turn.heard_from * TICKS_PER_BEAT if behind else self._now
        values = old.values[-REMEMBERED:]
        spans = int(TICKS[values].sum()) if values else 0
        while values and spans > min(now, REACHING):
            spans -= int(TICKS[values.pop(0)])
        base = (now - spans) // form * form
        end = turn.end * TICKS_PER_BEAT
        local = self._last_choruses(base, end) if turn.last else None
        if local is None:
            choruses = -(-(max(end, now + ROOM) - base) // form) + 1
            local = self.tune.form.repeat(choruses)
        player = self._fresh(local, base, now - spans)
        sounding = sum(1 for value in values if not IS_REST[value])
        pitches = iter(old.pitches[len(old.pitches) - sounding :])
        for value in values:
            player.advance_with(value, None if IS_REST[value] else next(pitches))
        player.state = old.state
        self._player = player

    def _last_choruses(self, base: int, end: int) -> Progression | None:
        """The form from the tick `base` to the tune's `end`, where it comes to rest; None where its choruses
        do not end there.
        """
        last = with_ending(self.tune.last or self.tune.form)
        choruses, over = divmod(end - base - last.length, self.tune.form.length)
        return None if over or choruses < 0 else joined([self.tune.form] * choruses + [last])

    def _leave(self, turn: Turn) -> None:
        """The turn is played: rests lead the line to a beat, from where it goes on."""
        player = self._player
        player.answer(None, self._local.length)
        gap = -player.tracker.now % TICKS_PER_BEAT
        player.hear(_rests(gap))
        player.tracker.now += -player.tracker.now % TICKS_PER_BEAT
        if turn.heard_from < turn.start:
            self._hearing.settle(turn.heard_from, turn.start)
        self._turn, self._opened, self._marks = None, None, []

    # ---------------------------------------------------------------------------------------------- hearing

    def _line(self, turn: Turn, now: float) -> tuple[Note, ...]:
        if turn.heard_from >= turn.start:
            return ()
        return self._hearing.line(turn.heard_from, turn.start, now)

    def _listen(self, turn: Turn) -> Wanted:
        """Hear all that has come in, up to the beginning of `turn`; what an answer to it takes up."""
        start, notes = turn.start * TICKS_PER_BEAT, self._line(turn, turn.start)
        self._hear([note for note in notes if note.onset < start], start)
        length = max(turn.start - turn.heard_from, 1) * TICKS_PER_BEAT
        wanted = Wanted(Phrase(notes, length), self._horn, self.tempo, self.answer, self._usual_height)
        if self.controls.density is not None and wanted.density is not None:  # asked for, whatever was heard
            form = self.tune.form
            wanted.density = self.controls.density * len(form.bar_ticks) * TICKS_PER_BEAT / form.length
        return wanted

    def _hear(self, notes: Sequence[Note], end: int) -> None:
        """Let the line go on by `notes` and silence to the tick `end`, from where the turn was entered."""
        begin = self._base + self._marks[0].player.tracker.now
        values = self._spelled(notes, begin, end)
        common = next(
            (k for k, (a, b) in enumerate(zip(self._heard, values, strict=False)) if a != b),
            min(len(self._heard), len(values)),
        )
        if common < len(self._heard):  # what was heard is read in another way by now
            while self._marks[-1].heard > common:
                self._marks.pop()
            self._heard = self._heard[: self._marks[-1].heard]
            self._player = self._marks[-1].player.twin()
        new = values[len(self._heard) :]
        if new:
            self._player.hear(new)
            self._heard = values
            self._marks.append(_Mark(len(values), self._player.twin()))
            del self._marks[1:-MARKS]

    def _spelled(self, notes: Sequence[Note], begin: int, end: int) -> Values:
        """The values of `notes` and silences between the ticks `begin` and `end`; those outside go."""
        base = self._base
        local = [
            replace(note, onset=note.onset - base, duration=max(min(note.end, end) - note.onset, 1))
            for note in notes
            if begin <= note.onset < end
        ]
        if self._compound is not None:  # as the network knows them
            local = in_halves(local, self._compound)
        values: Values = []
        now = begin - base
        following = [note.onset for note in local[1:]] + [end - base]
        for note, after in zip(local, following, strict=False):
            gap = after - note.onset
            degree = (note.pitch - self._roots[self._local.chord_index(note.onset)]) % OCTAVE
            value = value_of(degree, note_length(note.duration, gap))
            values += [*_rests(note.onset - now), (value, note.pitch), *_rests(gap - int(TICKS[value]))]
            now = after
        return values + _rests(end - base - now)

    # -------------------------------------------------------------------------------------------- answering

    def _seconds(self, turn: Turn) -> float:
        """The time that there is for all bars of `turn` but the first."""
        return (turn.second - turn.start) * 60 / self.tempo - REST_LATE - REST_READY

    def _affordable(self, seconds: float, beats: float, wanted: Wanted) -> int:
        """How many candidates of so many beats can be made in so many seconds; one at least."""
        values = max(VALUES_A_BEAT, 1.3 * (wanted.density or 0.0)) * max(beats, 1)
        return int(min(max(seconds / (values * VALUE_SECONDS), 1), CANDIDATES))

    def _bars_on(self, beat: int, bars: int, end: int) -> int:
        """The beat so many bars behind a bar line, `end` at the latest."""
        lines = self._local.bar_ticks
        at = bisect_right(lines, beat * TICKS_PER_BEAT - self._base) - 1 + bars
        tick = lines[at] if at < len(lines) else self._local.length
        return min((tick + self._base) // TICKS_PER_BEAT, end)

    def _best(self, turn: Turn, wanted: Wanted, before: list[Note], to: int, seconds: float) -> Answerer:
        """The candidate that answers best when the line is played on to the beat `to`; `before` are the
        notes that the answer has, and so many seconds there are for all that is left of the turn.
        """
        begun, base = self._player.tracker.now, self._base
        left = turn.end if seconds != OPENING_SECONDS else to
        count = self._affordable(seconds, left - (begun + base) / TICKS_PER_BEAT, wanted)
        end = turn.end * TICKS_PER_BEAT - base
        resting = turn.last and end == self._local.length
        candidates = []
        for rng in np.random.default_rng([self._seed, turn.start, to]).spawn(count):
            candidate = self._player.copy(rng)
            stop = end if resting else max(end - int(rng.choice(STOPS)), begun)
            candidate.answer(wanted, stop, None if resting else stop, len(before))
            if not before and begun + base == turn.start * TICKS_PER_BEAT:
                candidate.hear(
                    _rests(int(rng.choice(STARTS_LATER if self._still_plays(turn, wanted) else STARTS)))
                )
            candidates.append(candidate)
        reached = min(to * TICKS_PER_BEAT - base, end)
        candidates = self._played(candidates, begun, reached, seconds)
        scores = []
        for candidate in candidates:
            notes = [*before, *self._new(candidate)[1]]
            nats = candidate.nats / max(candidate.drawn, 1)
            score = wanted.score(notes, turn.start * TICKS_PER_BEAT, reached + base, nats)
            if to >= turn.end and not resting:
                score += WEIGHTS.breath * breath(notes, turn.end * TICKS_PER_BEAT)
            scores.append(score)
        return candidates[int(np.argmax(scores))]

    def _still_plays(self, turn: Turn, wanted: Wanted) -> bool:
        """Whether the player has played on into the last beat before `turn`."""
        notes = wanted.phrase.notes
        return bool(notes) and notes[-1].end > (turn.start - 1) * TICKS_PER_BEAT

    def _played(self, candidates: list[Answerer], start: int, to: int, seconds: float) -> list[Answerer]:
        """The candidates, played from tick `start` to `to` of the local form; with a clock, after so many
        seconds only the first goes on.
        """
        began = self._clock() if self._clock is not None else 0.0
        for tick in range(start + TICKS_PER_BEAT, to + TICKS_PER_BEAT, TICKS_PER_BEAT):
            play(self._engine, candidates, to=min(tick, to))
            if self._clock is not None and self._clock() - began > seconds:
                candidates = candidates[:1]
        return candidates

    def _new(self, player: Answerer) -> tuple[Values, list[Note]]:
        """What `player` has played since it was copied from the line: its values, its notes in ticks from
        beat 0.
        """
        before = self._player
        values, pitches = player.values[len(before.values) :], player.pitches[len(before.pitches) :]
        sounding = iter(pitches)
        line = line_of(values, pitches, self._compound, before.tracker.now)
        notes = [replace(note, onset=note.onset + self._base) for note in line]
        return [(value, None if IS_REST[value] else next(sounding)) for value in values], notes

    def _performed(self, turn: Turn, notes: Sequence[Note], sent: Answer, wanted: Wanted) -> Answer:
        """Notes of `turn` as they are played; those that are `sent` stay as they were."""
        start, end = turn.start * TICKS_PER_BEAT, turn.end * TICKS_PER_BEAT
        louder = 0.0
        if wanted.phrase.notes:
            louder = LOUDER * self.answer * (wanted.phrase.velocity - USUAL_VELOCITY)
        level = round(min(max(LEVEL + louder, SOFTEST), LOUDEST))
        # Where the masks leave nothing any value is drawn, also one that passes the turn.
        fresh = [
            replace(note, velocity=level, duration=min(note.duration, end - note.onset))
            for note in notes[len(sent.notes) :]
            if note.onset < end
        ]
        line = (*sent.notes, *fresh)
        if not line:
            return Answer((), ())
        moved = tuple(replace(note, onset=note.onset - start) for note in line)
        bars = self._local.between(start - self._base, end - self._base)
        solo = Solo(moved, bars, tempo=self.tempo, instrument=self.instrument)
        kept = [n._replace(onset=n.onset - turn.start, end=n.end - turn.start) for n in sent.played]
        feel = replace(self._feel, seed=self._seed ^ turn.start)
        played = feel.play(Part(SOLO, 0, 0, moved), solo, PPQ, [*kept, *[None] * len(fresh)])
        shifted = [n._replace(onset=n.onset + turn.start, end=n.end + turn.start) for n in played]
        return Answer(line, (*sent.played, *(_within(note, turn) for note in shifted[len(sent.notes) :])))


def _rests(ticks: int) -> Values:
    """The values of a silence; a gap that no rests fill is left out."""
    if ticks <= 0 or ticks in UNFILLABLE:
        return []
    return [(value_of(REST, length), None) for length in rest_lengths(ticks)]


def _within(note: PlayedNote, turn: Turn) -> PlayedNote:
    """A note that begins and ends inside `turn`, however it is played."""
    onset = min(max(note.onset, turn.start), turn.end - 2 * EDGE)
    end = max(min(note.end, turn.end), onset + EDGE)
    controls = tuple(control for control in note.controls if control.after < end - onset)
    return note._replace(onset=onset, end=end, controls=controls)
