"""A session: count-in, band, turns of a person and the machine, and an ending when it is asked for.

`Session.run` is one loop. Each time round it takes what was played, hands it to the trader, sends what is
due within `HORIZON_S` to the process that plays, and looks whether all is well. All that composes is
elsewhere (`worker.py`) and is asked ahead: the answer `FREEZE_S` before its bar line, and once more
`REREAD_S` after it, with what was played in the last beat and over the bar line. Under a `VirtualClock` the
same loop plays an hour in a minute.

How it ends is data, too: `Session.finish` lets the tune end with this chorus, `Session.stop` ends it at once;
both only leave word, so that a signal's handler may call them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from jazzgen.errors import JazzgenError, WorkersError
from jazzgen.live import events
from jazzgen.live.band_ahead import notes_of
from jazzgen.live.clock import CONTINUE, PULSE, PULSES, START, STOP, Clock, ClockFollower, Timeline
from jazzgen.live.output import Sink
from jazzgen.live.recording import SOLO_CHANNEL, Recording
from jazzgen.live.turns import Answer, Trading, Turn
from jazzgen.live.upcoming import CONTROL, OFF, ON, PROGRAM, Upcoming, is_whole
from jazzgen.live.wheel import Wheel
from jazzgen.live.worker import Asked, Worker
from jazzgen.midi.smf import PAN, VOLUME
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import DRUM_CHANNEL, MAX_BARS, Part

LEAD_S = 0.5  # before the count-in
HORIZON_S = 0.25  # notes are sent so long before they are due
FOLLOWING_S = 0.06  # ... where another clock sets the tempo: what is sent cannot follow it any more
FREEZE_S, REREAD_S = 0.15, 0.06  # before and after the bar line of an answer
TICK_S = 0.02  # between two looks
WATCH_S = 0.5  # between two looks at the ports
WRITE_S = 0.5  # between two writings of the recording
SPLICE_S = 0.1  # that an ending is ready before its first bar
CLOCK_GONE_S = 2.0  # without a pulse of the clock that is followed
READY_S = 60.0  # that composing may take to begin
CLICK, CLICKS = 37, (84, 72)  # the side stick of the count-in, its velocities on 1 and after
STOPPED = "stopped"  # the reason of a session whose player wanted that
PRESSED = 64  # from which value on a controller is pressed


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played: `tempo` in beats of the first meter a minute, `latency` in seconds of what is heard,
    `clock` "in", "out" or "" for none, `end_controller` the one that asks for the end. `parts` are the band,
    `program` is the soloist's.
    """

    trading: Trading
    tempo: float
    parts: tuple[Part, ...]
    program: int = 66
    latency: float = 0.0
    clock: str = ""
    end_controller: int | None = None
    expression: float = 0.0  # that the solo has: without any, its wheel stays alone


@dataclass(slots=True)
class Stage:
    """Who and what plays: `watch` looks for the ports, `say` tells a person something, `tell` whoever shows
    what happens (`events.py`).
    """

    clock: Clock
    sink: Sink
    trader: Worker
    band: Worker
    recording: Recording
    watch: Worker
    say: Callable[[str], None] = lambda _: None
    tell: events.Tell = events.to_nobody


@dataclass(slots=True)
class _Trade:
    """The machine's next turn, and how far it is."""

    turn: Turn
    beat: int  # the next one to be told
    opening: Asked | None = None
    rest: Asked | None = None
    taken: bool = False  # the opening
    margin: float | None = None


@dataclass(slots=True)
class _Chorus:
    """A chorus that the band was asked for; `last` where it comes to rest."""

    number: int
    last: bool
    asked: Asked


class Session:
    """One session; raises what its workers or its ports raise before the count-in, and nothing after it."""

    def __init__(self, plan: Plan, stage: Stage) -> None:
        self.plan, self.stage = plan, stage
        self.heard: deque[tuple[bytes, float]] = deque()  # filled by the input's thread
        self._bars, self._count = plan.trading.bars, plan.trading.bars.form.meters[0].beats
        self._line: Timeline | None = None
        self._wheel = Wheel(SOLO_CHANNEL)
        self._upcoming, self._follower = Upcoming(), ClockFollower()
        self._finish_asked, self._stopped = False, ""
        self._trade: _Trade | None = None
        self._chorus: _Chorus | None = None
        self._composed = -1  # the last chorus of the band that is there
        self._end_bar: int | None = None
        self._pulse, self._told, self._quarter = 0, plan.tempo, -1
        self._turn_said: int | None = None
        self._next_watch = self._next_write = self._last_pulse = 0.0
        self._margins: list[float] = []
        self._looked: Asked | None = None  # at the ports
        self._beats = events.BeatTeller(plan.trading, stage.tell)

    # ------------------------------------------------------------------------------- what others may call

    def receive(self, message: bytes, second: float) -> None:
        """A message of the person's port, in the port's thread."""
        self.heard.append((message, second))
        self.stage.clock.wake()

    def finish(self) -> None:
        """Let the tune end with this chorus, or with the next where this one has no room for an ending."""
        self._finish_asked = True

    def stop(self, reason: str) -> None:
        """End at once; `reason` says what happened."""
        self._stopped = self._stopped or reason

    def end(self) -> None:
        """Asked once, finish; asked again, or before the count-in, stop."""
        if self._finish_asked or self._line is None:
            self.stop(STOPPED)
        self.finish()

    def abandon(self) -> None:
        """Give up what was begun for a session that will not run."""
        stage = self.stage
        stage.sink.close()
        stage.trader.close()
        stage.band.close()
        stage.watch.close()
        stage.recording.discard()

    # --------------------------------------------------------------------------------------------- the loop

    def run(self) -> events.Outcome:
        """Play until the end; whatever happens, all notes are off and what was played is kept."""
        stage, beat = self.stage, float("-inf")
        try:
            self._ask_chorus(0, last=False)
            self._await(lambda: self._composed == 0 and stage.trader.made.ready)
            self._begin()
            while not self._stopped and not self._over():
                self._look()
                self._wait()
        except JazzgenError as error:
            if self._line is None:
                raise
            self.stop(str(error))
        finally:
            stage.sink.panic()
            if self._line is not None:
                beat = self._beat(stage.clock.now())
            report = stage.sink.close()
            stage.trader.close()
            stage.band.close()
            stage.watch.close()
            end_beat = None if self._end_bar is None else self._bars.beat_of(self._end_bar)
            last = None
            if end_beat is not None and beat >= end_beat:
                beat, last = end_beat, self._bars.chorus_of(end_beat - 1)
            kept = stage.recording.write(beat, last)
        bars = max(self._bars.bar_at(beat), 0) if beat > 0 else 0
        kept_notes = stage.recording.human_notes, stage.recording.machine_notes(beat)
        return events.Outcome(self._stopped, kept, bars, *kept_notes, report, self._margins)

    def _look(self) -> None:
        """Once round."""
        now = self.stage.clock.now()
        self._hear()
        if self._line is None:
            self._follow(now)
        else:
            if self.plan.clock == "in":
                self._follow(now)
            self._compose_band(now)
            self._trade_turns(now)
            self._send(now)
            self._finish(now)
            self._beats.look(self._beat(now), self._tempo(self._line))
        self._keep(now)
        self.stage.sink.alive(now)

    def _wait(self) -> None:
        now = self.stage.clock.now()
        self.stage.clock.wait(min(now + TICK_S, max(self._next_deadline(), now)))

    def _await(self, ready: Callable[[], bool]) -> None:
        """Wait for a worker, before the count-in."""
        clock = self.stage.clock
        limit = clock.now() + READY_S
        while not ready() and not self._stopped:
            self.stage.sink.alive(clock.now())
            self._collect()
            if self._chorus is not None and self._chorus.asked.ready:
                self._take_chorus(clock.now())
            if clock.now() > limit:
                raise WorkersError(f"composing did not begin within {READY_S:g} s; try again")
            clock.wait(clock.now() + TICK_S)

    def _collect(self) -> None:
        self.stage.trader.collect()
        self.stage.band.collect()

    def _begin(self) -> None:
        """Set the sounds, and the moment of the count-in; where a clock is followed it sets that."""
        now = self.stage.clock.now()
        sounds = [(SOLO_CHANNEL, self.plan.program, 100, 64)]
        sounds += [(p.channel, p.program, p.volume, p.pan) for p in self.plan.parts]
        messages = [
            bytes((message[0] | channel, *message[1:]))
            for channel, program, volume, pan in sounds
            for message in ((PROGRAM, program), (CONTROL, VOLUME, volume), (CONTROL, PAN, pan))
        ]
        for data in [*messages, *(self._wheel.begin() if self.plan.expression else ())]:
            self.stage.sink.note(now, data)
            self.stage.recording.sent(-float(self._count), data)
        drums = next(part.channel for part in self.plan.parts if part.channel == DRUM_CHANNEL)
        for beat in range(-self._count, 0):
            velocity = CLICKS[beat > -self._count]
            self._upcoming.add(drums, PlayedNote(beat, beat + 0.25, CLICK, velocity))
        self._next_trade(0)
        if self.plan.clock == "in":
            self.stage.say("waiting for the start of the MIDI clock")
            return
        pace = 60 / self.plan.tempo / float(self._bars.form.meters[0].beat_quarters)
        self._line = Timeline(self._bars.quarters(-self._count), now + LEAD_S, pace)

    def _over(self) -> bool:
        if self._end_bar is None or self._line is None:
            return False
        return self._beat(self.stage.clock.now()) >= self._bars.beat_of(self._end_bar)

    def _beat(self, second: float) -> float:
        """Where the tune is at a second."""
        assert self._line is not None  # noqa: S101 - asked once it has begun
        return self._bars.beats_at(self._line.quarters(second))

    def _tempo(self, line: Timeline) -> float:
        return 60 / line.pace / float(self._bars.form.meters[0].beat_quarters)

    def _second(self, beat: float) -> float:
        assert self._line is not None  # noqa: S101 - asked once it has begun
        return self._line.seconds(self._bars.quarters(beat))

    def _next_deadline(self) -> float:
        """When the trader is to be called next, but for beats."""
        if self._trade is None or self._line is None:
            return float("inf")
        start = self._second(self._trade.turn.start)
        if self._trade.opening is None:
            return start - FREEZE_S
        return start + REREAD_S if self._trade.rest is None else float("inf")

    # ------------------------------------------------------------------------------------------ what is heard

    def _hear(self) -> None:
        """Take what the person has played."""
        while self.heard:
            message, second = self.heard.popleft()
            status = message[0] if message else 0
            if status >= PULSE:
                if self.plan.clock == "in" and status in (PULSE, START, CONTINUE, STOP):
                    self._follower.hear(status, second)
                    self._last_pulse = second
            elif self._line is not None and is_whole(message):
                self._hear_player(message, second - self.plan.latency)

    def _hear_player(self, message: bytes, second: float) -> None:
        kind, beat = message[0] & 0xF0, self._beat(second)
        if (kind, message[1]) == (CONTROL, self.plan.end_controller):
            if message[2] >= PRESSED:
                self.finish()
            return
        self.stage.recording.human(beat, message)
        if kind not in (ON, OFF):
            return
        velocity = message[2] if kind == ON else 0
        self.stage.tell(events.key_of(beat, message[1], velocity))
        if velocity:
            self.stage.trader.tell("note_on", beat, message[1], velocity)
        else:
            self.stage.trader.tell("note_off", beat, message[1])

    def _follow(self, now: float) -> None:
        """Follow the MIDI clock that is heard."""
        line = self._follower.line()
        if line is not None:
            offset = self._bars.quarters(-self._count)
            self._line = replace(line, quarter=line.quarter + offset)
            if (quarter := int(line.quarters(now))) > self._quarter:
                self._quarter = quarter
                self.stage.recording.followed(quarter, line.seconds(quarter), line.pace)
            tempo = self._tempo(line)
            if abs(tempo / self._told - 1) > 0.01:
                self._told = tempo
                self.stage.trader.tell("__setattr__", "tempo", tempo)
        if self._line is None:
            return
        if self._follower.stopped:
            self.stop("the MIDI clock has stopped")
        elif now - self._last_pulse > CLOCK_GONE_S:
            self.stop("the MIDI clock has gone")

    # --------------------------------------------------------------------------------------------- the trader

    def _next_trade(self, bar: int) -> None:
        turn = self.plan.trading.turn_from(bar, self._end_bar)
        self._trade = None if turn is None else _Trade(turn, turn.heard_from + 1)

    def _trade_turns(self, now: float) -> None:
        """Tell the trader the beats of the person's turn, ask for its answer, and take it."""
        self._collect()
        self._say_turn(now)
        trade = self._trade
        if trade is None:
            return
        beat, trader = self._beat(now), self.stage.trader
        while trade.beat <= min(beat, trade.turn.start - 1):
            trader.tell("beat", trade.beat, trade.turn)
            trade.beat += 1
        start = self._second(trade.turn.start)
        if trade.opening is None and now >= start - FREEZE_S:
            trade.opening = trader.ask("opening", trade.turn)
        if trade.opening is not None and trade.opening.ready and not trade.taken:
            trade.taken = True
            self._margins.append(start - self.stage.clock.now())
            self._take(trade.opening.value, trade.turn)
        if trade.opening is not None and trade.rest is None and now >= start + REREAD_S:
            trade.rest = trader.ask("rest", trade.turn)
        if trade.rest is not None and trade.rest.ready:
            self._take(trade.rest.value, trade.turn)
            self._next_trade(self._bars.bar_at(trade.turn.end))

    def _take(self, answer: Answer, turn: Turn) -> None:
        """Let an answer be played: nothing of it sounds in the person's bars."""
        rows = [
            (note, played._replace(end=min(played.end, turn.end)))
            for note, played in zip(answer.notes, answer.played, strict=True)
            if played.onset < turn.end
        ]
        for _, played in rows:
            self._upcoming.add(SOLO_CHANNEL, played, turn.end)
        if self.plan.expression:
            for beat, message in self._wheel.among([played for _, played in rows], turn.end):
                self._upcoming.add_message(beat, message)
        notes, played_notes = tuple(note for note, _ in rows), tuple(played for _, played in rows)
        self.stage.recording.machine(Answer(notes, played_notes))
        self.stage.tell(events.answer_of(played_notes))

    def _say_turn(self, now: float) -> None:
        """Whose bars these are, where that changes."""
        trading, bar = self.plan.trading, self._bars.bar_at(max(self._beat(now), 0.0))
        begin = bar - bar % trading.length
        if begin == self._turn_said or self._beat(now) < 0:
            return
        self._turn_said = begin
        who = "jazzgen" if trading.machines(bar) else "you"
        self.stage.say(f"bars {begin + 1} to {begin + trading.length}: {who}")

    # ----------------------------------------------------------------------------------------------- the band

    def _ask_chorus(self, number: int, last: bool) -> None:
        self._chorus = _Chorus(number, last, self.stage.band.ask("chorus", number, last))

    def _compose_band(self, now: float) -> None:
        """Take the chorus that was asked for, and ask for the next as soon as one begins."""
        self._collect()
        if self._chorus is not None:
            if self._chorus.asked.ready:
                self._take_chorus(now)
            return
        if self._end_bar is not None:
            return
        if self._composed <= self._bars.chorus_of(self._beat(now)):
            number = self._composed + 1
            if (number + 2) * len(self._bars) > MAX_BARS:
                self.finish()
            self._ask_chorus(number, last=False)

    def _take_chorus(self, now: float) -> None:
        chorus, self._chorus = self._chorus, None
        assert chorus is not None  # noqa: S101 - the callers look
        rows, since = chorus.asked.value, float("-inf")
        if chorus.number <= self._composed:  # an ending in place of what was to be played
            since = max(self._bar_line_after(now), chorus.number * self._bars.beats)
            self._upcoming.drop({part.channel for part in self.plan.parts}, since)
            rows = rows[rows["onset"] >= since]
        self.stage.recording.chorus(chorus.number, chorus.asked.value, since)
        for part, _, played in notes_of(rows):
            self._upcoming.add(self.plan.parts[part].channel, played)
        self._composed = max(self._composed, chorus.number)

    def _bar_line_after(self, now: float) -> int:
        """The beat of the first bar line before which there is time to change what is played."""
        beat = self._beat(now + HORIZON_S + SPLICE_S)
        return self._bars.beat_of(self._bars.bar_at(beat) + 1) if beat >= 0 else 0

    def _finish(self, now: float) -> None:
        """Set the end, once that was asked for: with this chorus, where two bars of it are left to end in."""
        if not self._finish_asked or self._end_bar is not None or self._chorus is not None:
            return
        bars, chorus = len(self._bars), self._bars.chorus_of(self._beat(now))
        if self._bars.bar_at(self._bar_line_after(now)) > (chorus + 1) * bars - 2:
            chorus += 1
        self._end_bar = (chorus + 1) * bars
        self.stage.say(f"the last chorus: it ends with bar {self._end_bar}")
        if chorus <= self._composed:
            for later in range(chorus + 1, self._composed + 1):
                self._upcoming.drop({p.channel for p in self.plan.parts}, later * self._bars.beats)
        self._ask_chorus(chorus, last=True)
        trade = self._trade
        if trade is not None:
            first = self._bars.bar_at(trade.turn.start)
            turn = self.plan.trading.turn_from(first, self._end_bar)
            if turn is None and trade.opening is None:
                self._trade = None
            elif turn is not None:
                trade.turn = turn

    # ---------------------------------------------------------------------------------- what is sent and kept

    def _send(self, now: float) -> None:
        """Send what is due soon."""
        horizon = FOLLOWING_S if self.plan.clock == "in" else HORIZON_S
        until = self._beat(now + horizon)
        sink, recording = self.stage.sink, self.stage.recording
        if self._end_bar is not None:
            until = min(until, self._bars.beat_of(self._end_bar))
        if self.plan.clock == "out":
            self._send_clock(until)
        for event in self._upcoming.take(until):
            limit = float("inf") if event.until == float("inf") else self._second(event.until)
            sink.note(self._second(event.beat), event.message, limit)
            recording.sent(event.beat, event.message)

    def _send_clock(self, until: float) -> None:
        """The pulses up to a beat, 24 a quarter, from the count-in on."""
        assert self._line is not None  # noqa: S101 - it has begun
        first, last = self._bars.quarters(-self._count), self._bars.quarters(until)
        while (quarter := first + self._pulse / PULSES) <= last:
            if not self._pulse:
                self.stage.sink.note(self._line.seconds(quarter), bytes((START,)))
            self.stage.sink.note(self._line.seconds(quarter), bytes((PULSE,)))
            self._pulse += 1

    def _keep(self, now: float) -> None:
        """Write the recording, and look for the ports, from time to time."""
        if now >= self._next_write and self._line is not None:
            self._next_write = now + WRITE_S
            self.stage.recording.flush(self._beat(now) - 0.1)
        self.stage.watch.collect()
        if self._looked is not None and self._looked.ready:
            gone, self._looked = self._looked.value, None
            if gone:
                self.stop(gone)
        if now >= self._next_watch and self._looked is None:
            self._next_watch = now + WATCH_S
            self._looked = self.stage.watch.ask("look")
