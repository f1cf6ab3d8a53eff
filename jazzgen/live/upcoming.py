"""Messages, and what is still to be sent, in beats: a tempo that changes moves it until it is sent."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

from jazzgen.music.grid import PlayedNote

OFF, ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0  # status bytes without their channel
NEVER = float("inf")


class Event(NamedTuple):
    """A `message` at a `beat`; a note-on (`begins`) is of no use after the beat `until`."""

    beat: float
    begins: bool
    order: int
    message: bytes
    until: float

    @property
    def channel(self) -> int:
        """From 0."""
        return self.message[0] & 0x0F


class Upcoming:
    """Events in the order of their beats, note-offs before note-ons."""

    def __init__(self) -> None:
        self._heap: list[Event] = []
        self._order = 0

    def add(self, channel: int, note: PlayedNote, until: float = NEVER) -> None:
        """A note, both its ends."""
        begin = bytes((ON | channel, note.pitch, note.velocity))
        end = bytes((OFF | channel, note.pitch, 64))
        for beat, begins, message in ((note.onset, True, begin), (note.end, False, end)):
            self._order += 1
            heapq.heappush(self._heap, Event(beat, begins, self._order, message, until))

    def add_message(self, beat: float, message: bytes) -> None:
        """A message that is no note; it is sent before the notes that begin on its beat."""
        self._order += 1
        heapq.heappush(self._heap, Event(beat, False, self._order, message, NEVER))

    def take(self, beat: float) -> Iterator[Event]:
        """The events up to `beat`, which leave."""
        while self._heap and self._heap[0].beat <= beat:
            yield heapq.heappop(self._heap)

    def drop(self, channels: set[int], since: float) -> None:
        """Leave out the notes of some channels that begin at the beat `since` or later."""
        kept, gone = [], set()
        for event in sorted(self._heap):
            key = event.message[:2][-1], event.channel
            if event.begins and event.channel in channels and event.beat >= since:
                gone.add(key)
            elif event.begins or key not in gone:
                kept.append(event)
            else:
                gone.discard(key)
        self._heap = kept

    def __len__(self) -> int:
        return len(self._heap)


def is_whole(message: bytes) -> bool:
    """Whether it is a message of a channel, with all its data; another program may send what is none."""
    length = 2 if message and message[0] & 0xE0 == PROGRAM else 3
    return len(message) == length and message[0] >= OFF and max(message[1:]) < OFF
