"""Bends, vibrato and level of the solo, as messages among its notes: `Wheel`, the twin in time of
`midi/controllers.py`. The process that plays puts all of it to rest, however a session ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jazzgen.midi import controllers
from jazzgen.midi.controllers import TimedControl
from jazzgen.music.grid import PlayedNote
from jazzgen.performance.expression import AT_REST, BEND_RANGE

FINE = 960  # ticks a beat on which they are counted
TAIL = (
    1 / 12
)  # beats before the end of an answer's last note in which it is steady: what follows may begin early


class Wheel:
    """The controllers of `channel`, from one answer to the next."""

    def __init__(self, channel: int) -> None:
        self.channel = channel
        self._away: dict[str, float] = {}  # what the last answer left where it does not rest

    def begin(self) -> list[bytes]:
        """How far the wheel bends, and all at rest."""
        return _bytes(controllers.at_rest(0, self.channel, BEND_RANGE))

    def among(self, played: Sequence[PlayedNote], end: float) -> Iterator[tuple[float, bytes]]:
        """(beat, message) of what the notes do, in the order in which it is sent, before the beat `end`."""
        if not played:
            return
        begin, last = played[0].onset, played[-1]
        steady = last.end - TAIL - last.onset
        controls = tuple(control for control in last.controls if control.after < steady)
        found = controllers.of_notes([*played[:-1], last._replace(controls=controls)], _tick)
        rest = [TimedControl(_tick(begin), kind, AT_REST[kind]) for kind in self._away]
        for control in (*rest, *found):
            self._away[control.kind] = control.value
        self._away = {kind: value for kind, value in self._away.items() if value != AT_REST[kind]}
        for control in (*rest, *found):
            if control.tick / FINE < end:
                for message in _bytes(controllers.written([control], self.channel)):
                    yield max(control.tick / FINE, begin), message


def _tick(beat: float) -> int:
    return round(beat * FINE)


def _bytes(messages: Iterable[tuple[int, Any]]) -> list[bytes]:
    return [bytes(message.bytes()) for _, message in messages]
