"""The process that plays: messages wait in a heap and are sent when they are due.

    python -m jazzgen.live.output_process PORT [--virtual] [--no-realtime] [--log FILE] [--recording FILE]

Frames of `FRAME` come on standard input. A note-on that is too late, or past its own limit, is left out; a
note-off never is. What sounds is known, a key that is struck again is let go first, and when the frames end
(the parent has died, however) or stop coming, all that sounds is ended. On a system that allows it the
process runs at real-time priority. It imports nothing heavy: it is there in a tenth of a second.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import heapq
import json
import os
import signal
import struct
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

from jazzgen.errors import JazzgenError
from jazzgen.live.ports import Outlet, SystemPorts, quiet_libraries

FRAME = struct.Struct("<cddB3s3x")  # kind, due, until (seconds), length, message
NOTES, PANIC, ALIVE = b"n", b"p", b"a"
LATEST_S = 0.03  # a note-on that comes later than this after it was due is left out
SILENCE_S = 1.5  # without a sign of life, of which there are six in that time, all that sounds is ended
DRAIN_S = 0.06  # what is sent last needs a period of the audio server before the port closes
PRIORITY = 40  # of 1..99; JACK itself runs at 10, or at 70 to 88 where a user set it up
BINS = 1000  # of the histogram of lateness: tenths of a millisecond
OFF, ON, CONTROL = 0x80, 0x90, 0xB0
START, STOP = 0xFA, 0xFC  # of a MIDI clock
WHEEL = 0xE0
SUSTAIN, ALL_OFF = 64, 123  # controllers
# Of a channel whose wheel was moved: wheel, vibrato and level at rest; and how far the wheel bends, as usual.
AT_REST = ((WHEEL, 0, 64), (CONTROL, 1, 0), (CONTROL, 11, 127))
AS_USUAL = tuple((CONTROL, *row) for row in ((101, 0), (100, 0), (6, 2), (38, 0), (101, 127), (100, 127)))


class Schedule:
    """The heap and what sounds, apart from clock and process; `send` gets the messages.

    `late` counts tenths of a millisecond, `dropped` the notes that were left out.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._heap: list[tuple[float, int, int, float, bytes]] = []  # due, offs first, order, until, message
        self._order = 0
        self.sounding: Counter[tuple[int, int]] = Counter()  # (channel, pitch) -> note-offs to come
        self.channels: set[int] = set()
        self.bent: set[int] = set()  # those whose wheel was moved
        self._ended: set[tuple[int, int]] = set()
        self.late = [0] * BINS
        self.dropped = 0
        self.running = False  # the clock that is sent

    def add(self, due: float, until: float, message: bytes) -> None:
        """Keep a message until it is due; a note-on is left out after `until`."""
        self._order += 1
        heapq.heappush(self._heap, (due, _begins(message), self._order, until, message))

    @property
    def next_due(self) -> float | None:
        """When the next message is due."""
        return self._heap[0][0] if self._heap else None

    def run(self, clock: Callable[[], float]) -> None:
        """Send all that is due."""
        while self._heap and self._heap[0][0] <= (now := clock()):
            due, begins, _, until, message = heapq.heappop(self._heap)
            if begins and now > min(due + LATEST_S, until):
                self.dropped += 1
                continue
            self._play(message)
            late = max(now - due, 0.0)
            self.late[min(int(late * 10_000), BINS - 1)] += 1

    def _play(self, message: bytes) -> None:
        if message[0] >= 0xF0:
            self.running = message[0] != STOP and (self.running or message[0] == START)
            self._send(message)
            return
        kind, channel, key = message[0] & 0xF0, message[0] & 0x0F, (message[0] & 0x0F, message[1])
        self.channels.add(channel)
        if kind == WHEEL:
            self.bent.add(channel)
        if _begins(message):
            if self.sounding[key]:
                self._send(bytes((OFF | channel, message[1], 64)))
            self.sounding[key] += 1
        elif kind in (OFF, ON):
            # Of a note that was left out, or of the first of two on one key: the second's off ends it.
            if self.sounding[key] > 1:
                self.sounding[key] -= 1
                return
            if not self.sounding.pop(key, 0):
                return
        self._send(message)

    def panic(self) -> None:
        """End all that sounds, and forget the rest."""
        self._heap.clear()
        self._ended |= set(self.sounding)
        self.sounding.clear()
        self.silence()
        if self.running:
            self._play(bytes((STOP,)))

    def silence(self) -> None:
        """End what the last panic ended."""
        for channel, pitch in sorted(self._ended):
            self._send(bytes((OFF | channel, pitch, 64)))
        for channel in sorted(self.channels):
            self._send(bytes((CONTROL | channel, SUSTAIN, 0)))
            self._send(bytes((CONTROL | channel, ALL_OFF, 0)))
        self._put_right(AT_REST)

    def leave(self) -> None:
        """Nothing more is played: end what sounds, and leave each wheel as a synth has it by itself."""
        self.panic()
        self._put_right(AS_USUAL)

    def _put_right(self, rows: Sequence[tuple[int, int, int]]) -> None:
        for channel in sorted(self.bent):
            for kind, *data in rows:
                self._send(bytes((kind | channel, *data)))

    def report(self) -> dict[str, float]:
        """How late the messages were, in milliseconds, and how many notes were left out."""
        upto = list(accumulate(self.late))
        sent = upto[-1]
        found = {
            name: (bisect_left(upto, share * sent) + 1) / 10 if sent else 0.0
            for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
        }
        return {"sent": sent, "dropped": self.dropped, **found}


def _begins(message: bytes) -> bool:
    """Whether it is a note-on, and none of velocity 0."""
    return message[0] & 0xF0 == ON and message[2] > 0


class _Reader(threading.Thread):
    """Frames of standard input, put into the schedule; at their end `ended` is set."""

    def __init__(self, stream: BinaryIO, schedule: Schedule) -> None:
        super().__init__(daemon=True)
        self.stream, self.schedule = stream, schedule
        self.changed = threading.Condition()
        self.ended, self.heard = False, float("inf")  # until the first sign of life

    def run(self) -> None:
        rest = b""
        while data := os.read(self.stream.fileno(), 1 << 16):
            data = rest + data
            whole = len(data) - len(data) % FRAME.size
            rest = data[whole:]
            with self.changed:
                for kind, due, until, length, message in FRAME.iter_unpack(data[:whole]):
                    self._take(kind, due, until, message[:length])
                self.changed.notify()
        self.end()

    def end(self) -> None:
        """No more frames; also called by a signal's handler, for the lock can be taken twice."""
        with self.changed:
            self.ended = True
            self.changed.notify()

    def _take(self, kind: bytes, due: float, until: float, message: bytes) -> None:
        if kind == NOTES and message:
            self.schedule.add(due, until, message)
        elif kind == PANIC:
            self.schedule.panic()
        elif kind == ALIVE:
            self.heard = time.monotonic()


def _play_all(reader: _Reader, schedule: Schedule) -> None:
    """Play until the frames end: the parent has closed the pipe, or died. While it says nothing, nothing
    sounds.
    """
    with reader.changed:
        while not reader.ended:
            schedule.run(time.monotonic)
            now = time.monotonic()
            if now - reader.heard > SILENCE_S:
                schedule.panic()
                reader.heard = float("inf")  # until it lives again
            due = schedule.next_due
            reader.changed.wait(min(0.25, 0.25 if due is None else max(due - now, 0.0)))


def _take_priority(wanted: bool) -> bool:
    """Run first, where the system has such a thing and allows it."""
    if not wanted or not hasattr(os, "sched_setscheduler"):
        return False
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError:
        return False
    return True


def _say(**facts: object) -> None:
    """A line of JSON to the parent, if it is there."""
    with contextlib.suppress(OSError, ValueError):
        os.write(sys.stdout.fileno(), (json.dumps(facts) + "\n").encode())


def _guarded(port: Outlet, log: list[tuple[float, str]] | None) -> Callable[[bytes], None]:
    """Send, and go on where the port has gone: the session looks for it."""

    def send(message: bytes) -> None:
        with contextlib.suppress(Exception):  # each binding has errors of its own
            port.send(message)
        if log is not None:
            log.append((time.monotonic(), message.hex()))

    return send


def main(arguments: list[str] | None = None) -> int:
    """Play what comes on standard input; 0, or 2 where the port cannot be opened."""
    with quiet_libraries():
        return _main(arguments)


def _main(arguments: list[str] | None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("--virtual", action="store_true")
    parser.add_argument("--no-realtime", dest="realtime", action="store_false")
    parser.add_argument("--log")
    parser.add_argument("--recording", default="")
    given = parser.parse_args(arguments)
    # Ctrl-C and a closed terminal reach the whole group; this process ends when the session does.
    for name in ("SIGINT", "SIGHUP", "SIGPIPE"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        port = SystemPorts().open_output(given.port, virtual=given.virtual)
    except JazzgenError as error:
        _say(error=str(error))
        return 2
    log: list[tuple[float, str]] | None = [] if given.log else None
    schedule = Schedule(_guarded(port, log))
    parent = os.getppid()
    realtime = _take_priority(given.realtime)
    gc.collect()
    gc.freeze()
    reader = _Reader(sys.stdin.buffer, schedule)
    signal.signal(signal.SIGTERM, lambda *_: reader.end())
    reader.start()
    _say(ready=True, realtime=realtime)
    _play_all(reader, schedule)
    schedule.leave()
    time.sleep(DRAIN_S / 2)
    schedule.silence()  # once more: an audio server that is overrun loses a period
    _say(**schedule.report())
    if os.getppid() != parent:
        kept = f"; what was played is in {given.recording}" if given.recording else ""
        text = f"jazzgen: the session was killed; all notes are off{kept}\n"
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
    time.sleep(DRAIN_S)
    port.close()
    if log is not None:
        try:
            Path(given.log).write_text(json.dumps({"sent": log, "late": schedule.late}), encoding="ascii")
        except OSError as error:
            sys.stderr.write(f"jazzgen: cannot write {given.log}: {error.strerror}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
