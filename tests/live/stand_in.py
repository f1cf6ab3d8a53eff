"""A session in memory: a trader that answers plainly, ports without hardware, a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jazzgen.charts.find import find_tune
from jazzgen.live.band_ahead import BandAhead
from jazzgen.live.clock import VirtualClock
from jazzgen.live.output import MemorySink
from jazzgen.live.ports import MemoryPorts, Watch
from jazzgen.live.recording import Facts, Recording
from jazzgen.live.session import Outcome, Plan, Session, Stage
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
        self.heard.append(("on", beat, pitch))

    def note_off(self, beat: float, pitch: int) -> None:
        self.heard.append(("off", beat, pitch))

    def beat(self, number: int, _turn: Turn) -> None:
        self.beats.append(number)

    def opening(self, turn: Turn) -> Answer:
        self.openings.append((turn, len(self.heard)))
        return on_beats(turn.start, min(turn.second, turn.end))

    def rest(self, turn: Turn) -> Answer:
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
    trader: PlainTrader = field(default_factory=PlainTrader)

    def __post_init__(self) -> None:
        tune = find_tune(self.form)
        self.bars = Bars(tune.form)
        self.time = VirtualClock()
        self.ports = MemoryPorts(self.time.now)
        self.sink = MemorySink(self.ports, self.time.now)
        band = BandAhead(
            tune.form, tempo=self.tempo, seed=1, comping="piano", bass="rules", humanize=0.7
        )  # fmt: skip
        parts = tuple(band.parts())
        facts = Facts(self.tempo, "tenor-sax", "A Session", "")
        self.recording = Recording(self.path, self.bars, facts, parts)
        self.said: list[str] = []
        plan = Plan(
            Trading(self.bars, self.trade, self.first), self.tempo, parts, latency=self.latency,
            clock=self.clock, end_controller=self.end_controller,
        )  # fmt: skip
        stage = Stage(
            self.time, self.sink, Inline(self.trader), Inline(band), self.recording,
            Inline(Watch(self.ports, self.ports, "keys", "synth")), say=self.said.append,
        )  # fmt: skip
        self.session = Session(plan, stage)
        self.ports.open_input("keys", self.session.receive)
        self._wait, self._due = self.time.wait, sorted(self.person, key=lambda row: row[0])
        self.time.wait = self.wait  # type: ignore[method-assign]
        self.events: list[tuple[float, Callable[[], None]]] = []

    def at(self, second: float, act: Callable[[], None]) -> None:
        """Do something so many seconds after the first bar line."""
        self.events.append((second, act))

    @property
    def first_bar(self) -> float:
        """The second of the first bar line, once the session has begun."""
        line = self.session._line
        return float("inf") if line is None else line.seconds(0.0)

    def wait(self, until_s: float) -> None:
        """Let the person and the machine play while the session waits, each thing at its second."""
        rows = [(self.first_bar + second, lambda m=m: self.ports.play(m)) for second, m in self._due]
        rows += [(self.first_bar + second, act) for second, act in self.events]
        while True:
            due = [(when, k) for k, (when, _) in enumerate(rows) if when <= until_s]
            sounding = self.sink.next_due
            if sounding is not None and sounding <= until_s and (not due or sounding <= min(due)[0]):
                self._wait(sounding)
                self.sink.alive(self.time.now())
                continue
            if not due:
                break
            when, k = min(due)
            self._wait(when)
            rows.pop(k)[1]()
        self._due = [row for row in self._due if self.first_bar + row[0] > until_s]
        self.events = [row for row in self.events if self.first_bar + row[0] > until_s]
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


def hanging(messages: object) -> set[tuple[int, int]]:
    """The notes, (channel, pitch), that no note-off follows; one that is struck twice counts, too."""
    sounding: set[tuple[int, int]] = set()
    twice: set[tuple[int, int]] = set()
    for message in messages:  # type: ignore[attr-defined]
        if message[0] & 0xF0 == 0x90 and message[2]:
            key = message[0] & 0x0F, message[1]
            twice |= {key} & sounding
            sounding.add(key)
        elif message[0] & 0xF0 in (0x80, 0x90):
            sounding.discard((message[0] & 0x0F, message[1]))
    return sounding | twice
