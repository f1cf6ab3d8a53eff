"""A session in memory, in its own time: ports without hardware, a clock that jumps, a person who plays what
is written, and a trader that answers plainly.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from checks.rig import hanging
from jazzgen.charts.find import find_tune
from jazzgen.live.band_ahead import BandAhead
from jazzgen.live.clock import VirtualClock
from jazzgen.live.events import Outcome
from jazzgen.live.output import MemorySink
from jazzgen.live.ports import MemoryPorts, Watch
from jazzgen.live.recording import Facts, Recording
from jazzgen.live.session import Plan, Session, Stage
from jazzgen.live.turns import Answer, Bars, Trading, Turn
from jazzgen.live.worker import Inline
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import Note

ANSWERED = 72  # the pitch of every note of the stand-in


class PlainTrader:
    """Answers a note on each beat, and keeps what it was told."""

    def __init__(self) -> None:
        self.tempo = 0.0
        self.heard: list[tuple[str, float, int]] = []
        self.beats: list[int] = []
        self.openings: list[tuple[Turn, int]] = []  # and how much had been heard
        self.rests: list[tuple[Turn, int]] = []

    def note_on(self, beat: float, pitch: int, _velocity: int) -> None:
        """Keep it."""
        self.heard.append(("on", beat, pitch))

    def note_off(self, beat: float, pitch: int) -> None:
        """Keep it."""
        self.heard.append(("off", beat, pitch))

    def beat(self, number: int, _turn: Turn) -> None:
        """Keep it."""
        self.beats.append(number)

    def opening(self, turn: Turn) -> Answer:
        """Notes on the beats of the first bar."""
        self.openings.append((turn, len(self.heard)))
        return on_beats(turn.start, min(turn.second, turn.end))

    def rest(self, turn: Turn) -> Answer:
        """And on those of the others."""
        self.rests.append((turn, len(self.heard)))
        return on_beats(turn.second, turn.end)


def on_beats(start: int, end: int) -> Answer:
    """A note on each beat, each as long as one and a little."""
    beats = range(start, end)
    return Answer(
        tuple(Note(12 * beat, 12, ANSWERED) for beat in beats),
        tuple(PlayedNote(beat, beat + 1.2, ANSWERED, 80) for beat in beats),
    )


@dataclass
class Room:
    """A session over a form, in memory; `person` are (second after the first bar line, message)."""

    form: str = "blues-f"
    tempo: float = 120.0
    trade: str = "4"
    first: str = "me"
    clock: str = ""
    path: Path | None = None
    end_controller: int | None = None
    latency: float = 0.0
    person: Sequence[tuple[float, bytes]] = ()
    trader: Any = field(default_factory=PlainTrader)
    bass: str = "rules"
    expression: float = 0.0
    heard: Callable[[float, bytes], None] | None = None  # gets what is played, in place of `ports.played`

    def __post_init__(self) -> None:
        tune = find_tune(self.form)
        self.bars = Bars(tune.form)
        self.time = VirtualClock()
        self.ports = MemoryPorts(self.time.now)
        if self.heard is not None:
            self.ports.send = self._hand_on  # type: ignore[method-assign]
        self.sink = MemorySink(self.ports, self.time.now)
        band = BandAhead(
            tune.form, tempo=self.tempo, seed=1, comping="piano", bass=self.bass, humanize=0.7
        )  # fmt: skip
        parts = tuple(band.parts())
        facts = Facts(self.tempo, "tenor-sax", "A Session", "")
        self.recording = Recording(self.path, self.bars, facts, parts)
        self.answers = Inline(self.trader)
        self.said: list[str] = []
        plan = Plan(
            Trading(self.bars, self.trade, self.first), self.tempo, parts, latency=self.latency,
            clock=self.clock, end_controller=self.end_controller, expression=self.expression,
        )  # fmt: skip
        stage = Stage(
            self.time, self.sink, self.answers, Inline(band), self.recording,
            Inline(Watch(self.ports, self.ports, "keys", "synth")), say=self.said.append,
        )  # fmt: skip
        self.session = Session(plan, stage)
        self.ports.open_input("keys", self.session.receive)
        self._wait = self.time.wait
        self.time.wait = self.wait  # type: ignore[method-assign]
        self._later: list[tuple[float, int, Callable[[], None]]] = []  # after the first bar line
        self._ever: list[tuple[float, int, Callable[[], None]]] = []  # at seconds of the clock
        self._order = 0
        for second, message in self.person:
            self.at(second, partial(self.ports.play, message))

    def _hand_on(self, message: bytes) -> None:
        assert self.heard is not None
        self.heard(self.time.now(), message)

    def at(self, second: float, act: Callable[[], None], absolute: bool = False) -> None:
        """Do something so many seconds after the first bar line, or at that second of the clock."""
        self._order += 1
        heapq.heappush(self._ever if absolute else self._later, (second, self._order, act))

    @property
    def first_bar(self) -> float:
        """The second of the first bar line, once the session has begun."""
        line = self.session._line
        return float("inf") if line is None else line.seconds(0.0)

    def wait(self, until_s: float) -> None:
        """Let the person and the machine play while the session waits, each thing at its second."""
        while True:
            first = self.first_bar
            due = [(heap[0][0] + offset, k) for k, (heap, offset) in enumerate(
                ((self._later, first), (self._ever, 0.0))) if heap]  # fmt: skip
            if self.sink.next_due is not None:
                due.append((self.sink.next_due, -1))
            when, kind = min(due, default=(float("inf"), 0))
            if when > until_s:
                break
            self._wait(when)
            if kind < 0:
                self.sink.alive(self.time.now())
            else:
                heapq.heappop(self._ever if kind else self._later)[2]()
        self._wait(until_s)

    def run(self) -> Outcome:
        """Play the session to its end."""
        return self.session.run()

    def played(self, channel: int) -> list[tuple[float, int, int]]:
        """The note-ons of a channel: seconds from the first bar line, pitch, velocity."""
        return [
            (second - self.first_bar, message[1], message[2])
            for second, message in self.ports.played
            if message[0] == 0x90 | channel and message[2]
        ]

    def hanging(self) -> int:
        """How many notes were left sounding."""
        return len(hanging(message for _, message in self.ports.played))
