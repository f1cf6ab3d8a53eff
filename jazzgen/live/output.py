"""Notes sent ahead to the process that plays them: `Output`, the session's end of `output_process`.

A `Sink` is what a session sends to; `MemorySink` plays at once into ports in memory, in a test's own time.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from typing import IO, Any, Protocol

from jazzgen.errors import PortError
from jazzgen.live.output_process import ALIVE, FRAME, NOTES, PANIC, SILENCE_S, Schedule
from jazzgen.live.ports import Outlet

NEVER = float("inf")
BEAT_S = SILENCE_S / 6  # between two signs of life
END_S = 3.0  # that the process has to end in


class Sink(Protocol):
    """What plays."""

    def note(self, due: float, message: bytes, until: float = NEVER) -> None:
        """Play `message` at the second `due`; a note-on not after `until`."""

    def panic(self) -> None:
        """End all that sounds, now."""

    def alive(self, now: float) -> None:
        """Say that the session lives; raises `PortError` where nobody hears it."""

    def close(self) -> dict[str, Any]:
        """End all that sounds and stop; how late the messages were, in ms (`Schedule.report`)."""


class Output:
    """The process that plays the port `name`; raises `PortError` where it cannot open it.

    `recording` is the file that it names where the session is killed. `log` gets, as JSON, all that was
    "sent": [second, message], and how "late": how often by each tenth of a millisecond.
    """

    def __init__(
        self, name: str, *, virtual: bool = False, realtime: bool = True, recording: str = "", log: str = ""
    ) -> None:
        words = [sys.executable, "-m", "jazzgen.live.output_process", name, "--recording", recording]
        words += ["--virtual"] * virtual + ["--no-realtime"] * (not realtime) + ["--log", log] * bool(log)
        errors: IO[str] | None = sys.stderr
        try:
            sys.stderr.fileno()
        except (io.UnsupportedOperation, AttributeError, ValueError):
            errors = None
        self._process = subprocess.Popen(  # noqa: S603 - our own module; a session of its own: no Ctrl-C
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
        ready = self._heard()
        if "error" in ready or not ready:
            self._process.wait()
            raise PortError(str(ready.get("error", "the process that plays did not start; try again")))
        self.realtime = bool(ready.get("realtime"))
        self._last = 0.0

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - for the type checker
        line = self._process.stdout.readline()
        found = json.loads(line) if line else {}
        return found if isinstance(found, dict) else {}

    def _frame(self, kind: bytes, due: float = 0.0, until: float = NEVER, message: bytes = b"") -> None:
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        try:
            self._process.stdin.write(FRAME.pack(kind, due, until, len(message), message))
            self._process.stdin.flush()
        except (OSError, ValueError):
            raise PortError("the process that plays has ended; start the session again") from None

    def note(self, due: float, message: bytes, until: float = NEVER) -> None:
        """As `Sink`."""
        self._frame(NOTES, due, until, message)

    def panic(self) -> None:
        """As `Sink`."""
        with contextlib.suppress(PortError):  # it ended all that sounded when it ended
            self._frame(PANIC)

    def alive(self, now: float) -> None:
        """Four times a second or less often, whenever it is called."""
        if now - self._last >= BEAT_S:
            self._last = now
            self._frame(ALIVE)

    def close(self) -> dict[str, Any]:
        """Empty where the process was killed."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        report = self._heard()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return report


class MemorySink:
    """A sink without a process: `run` plays what is due."""

    def __init__(self, port: Outlet, clock: Callable[[], float]) -> None:
        self.schedule = Schedule(port.send)
        self._clock = clock

    def note(self, due: float, message: bytes, until: float = NEVER) -> None:
        """As `Sink`."""
        self.schedule.add(due, until, message)

    def panic(self) -> None:
        """As `Sink`."""
        self.schedule.panic()

    def alive(self, now: float) -> None:  # noqa: ARG002 - the process needs it
        """Play what is due."""
        self.schedule.run(self._clock)

    @property
    def next_due(self) -> float | None:
        """When the next message is due."""
        return self.schedule.next_due

    def close(self) -> dict[str, Any]:
        """As `Sink`."""
        self.schedule.leave()
        return self.schedule.report()
