"""A MIDI file that grows while a session is played, so that nothing is lost however that ends: `Journal`.

After each flush it is a whole file of format 0: its length is put right and its end follows what was written.
Everything that was played is in it, by channel; the take of a session has it in tracks.
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from jazzgen.errors import OutputError
from jazzgen.midi.bars import microseconds_a_quarter
from jazzgen.music.score import TICKS_PER_BEAT, Progression

PPQ = 480
HEADER = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, PPQ)
TRACK = b"MTrk"
END = b"\x00\xff\x2f\x00"
MARKER, TEMPO, METER = 0x06, 0x51, 0x58


class Journal:
    """The file at `path`, which must not be there yet; `quarters` says where a beat from the count-in on is.

    Raises `OutputError` where it cannot be written, at the start and at each flush.
    """

    def __init__(
        self, path: Path, form: Progression, tempo: float, quarters: Callable[[float], float]
    ) -> None:
        self.path, self._quarters = path, quarters
        self._waiting: list[tuple[int, int, bytes]] = []  # tick, order, event
        self._order, self._now, self._length = 0, 0, 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("x+b", buffering=0)
        except OSError as error:
            if path.is_file():
                raise OutputError(
                    f"{path} is there already, the only recording of a session that was killed; keep it "
                    "under another name, or remove it"
                ) from None
            raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error
        self._write(0, HEADER + TRACK + struct.pack(">I", 0))
        us = microseconds_a_quarter(tempo * form.meters[0].beat_quarters)
        numerator, denominator = form.meters[0].written
        self._put(0, meta(TEMPO, us.to_bytes(3, "big")))
        self._put(0, meta(METER, bytes((numerator, denominator.bit_length() - 1, 24, 8))))
        self.flush(float("-inf"))

    def chords(self, form: Progression, beat: float) -> None:
        """The chords of a chorus that begins at `beat`, as markers."""
        for change in form.chords:
            self.add(beat + change.tick / TICKS_PER_BEAT, meta(MARKER, change.symbol.encode()))

    def add(self, beat: float, event: bytes) -> None:
        """An event at a beat, to be written when that is over."""
        self._put(max(round(self._quarters(beat) * PPQ), 0), event)

    def _put(self, tick: int, event: bytes) -> None:
        self._order += 1
        heapq.heappush(self._waiting, (tick, self._order, event))

    def drop_from(self, beat: float) -> None:
        """Forget what was to come from `beat` on."""
        limit = round(self._quarters(beat) * PPQ)
        self._waiting = [row for row in sorted(self._waiting) if row[0] < limit]

    def flush(self, beat: float) -> None:
        """Write what comes before `beat`."""
        limit = 0 if beat == float("-inf") else round(self._quarters(beat) * PPQ)
        new = bytearray()
        while self._waiting and self._waiting[0][0] <= limit:
            tick, _, event = heapq.heappop(self._waiting)
            new += variable(max(tick - self._now, 0)) + event
            self._now = max(tick, self._now)
        begin = len(HEADER) + 8 + self._length
        self._write(begin, bytes(new) + END)
        self._length += len(new)
        self._write(len(HEADER) + 4, struct.pack(">I", self._length + len(END)))

    def _write(self, place: int, data: bytes) -> None:
        try:
            self._file.seek(place)
            if self._file.write(data) != len(data):
                raise OSError(28, "the disk is full")
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror}; make room") from error

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def remove(self) -> None:
        """The take has all of it."""
        self.close()
        self.path.unlink(missing_ok=True)


def meta(kind: int, data: bytes) -> bytes:
    """A meta event."""
    return bytes((0xFF, kind)) + variable(len(data)) + data


def variable(number: int) -> bytes:
    """A number as MIDI files have it: seven bits a byte, the highest first."""
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))
