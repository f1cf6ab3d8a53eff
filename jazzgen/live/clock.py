"""What time it is, and where in the tune that is: seconds of `time.monotonic` against quarter notes.

`Timeline` is the straight line between them that holds now. `ClockFollower` finds it in the pulses of a MIDI
clock, 24 a quarter; `tempo_changes` makes few lines of many that were followed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

PULSES = 24  # of a MIDI clock, a quarter
PULSE, START, CONTINUE, STOP = 0xF8, 0xFA, 0xFB, 0xFC  # status bytes


class Clock(Protocol):
    """Seconds, and waiting."""

    def now(self) -> float:
        """The second."""

    def wait(self, until_s: float) -> None:
        """Wait until the second `until_s`, or less where something has happened."""

    def wake(self) -> None:
        """End a wait of another thread."""


class SystemClock:
    """The machine's clock, the same in all of its processes."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, until_s: float) -> None:
        """Wait, or less where `wake` is called."""
        self._event.wait(max(until_s - time.monotonic(), 0.0))
        self._event.clear()

    def wake(self) -> None:
        """To be called by other threads, and not by a signal's handler, which may come inside `wait`."""
        self._event.set()


class VirtualClock:
    """A clock that jumps to where it is told to wait for: hours in seconds."""

    def __init__(self, now_s: float = 1000.0) -> None:
        self.now_s = now_s

    def now(self) -> float:
        """The second that was last waited for."""
        return self.now_s

    def wait(self, until_s: float) -> None:
        """Jump there."""
        self.now_s = max(self.now_s, until_s)

    def wake(self) -> None:
        """Nothing waits."""


@dataclass(slots=True)
class Timeline:
    """The line through (`quarter`, `second`) with `pace` seconds a quarter; a tempo that changes moves it."""

    quarter: float
    second: float
    pace: float

    def seconds(self, quarter: float) -> float:
        """When `quarter` is."""
        return self.second + (quarter - self.quarter) * self.pace

    def quarters(self, second: float) -> float:
        """Where the tune is at `second`."""
        return self.quarter + (second - self.second) / self.pace


class ClockFollower:
    """A MIDI clock that is heard: whether it runs, and the line that its last `WINDOW` pulses lie on.

    The line is the least-squares fit, so that pulses that jitter by 1 ms give a tempo within .2 %, and a new
    tempo is known a quarter after it began. Pulses before the start, which many programs send, are counted
    too, for their tempo.
    """

    WINDOW = PULSES + 1
    LONGEST = 60 / 15 / PULSES  # seconds between two pulses: slower is a clock that has paused

    def __init__(self) -> None:
        self.running = self.stopped = False
        self._count = 0  # pulses since the start
        self._times: deque[float] = deque(maxlen=self.WINDOW)

    def hear(self, status: int, second: float) -> None:
        """A status byte of a clock, and when it came."""
        if status == PULSE:
            if self._times and not 0 < second - self._times[-1] < self.LONGEST:
                self._times.clear()
            self._times.append(second)
            self._count += self.running
        elif status in (START, CONTINUE):
            self.running, self.stopped = True, False
            self._count = self._count if status == CONTINUE else 0
        elif status == STOP:
            self.stopped, self.running = self.running or self.stopped, False

    def line(self) -> Timeline | None:
        """Quarters since the first pulse of the start against seconds; None until it has begun to run and two
        pulses have come.
        """
        n = len(self._times)
        if not self.running or not self._count or n < 2:
            return None
        middle, mean = (n - 1) / 2, sum(self._times) / n
        spread = sum((k - middle) ** 2 for k in range(n))
        slope = sum((k - middle) * (second - mean) for k, second in enumerate(self._times)) / spread
        if not slope > 0:
            return None
        return Timeline((self._count - 1) / PULSES, mean + (n - 1 - middle) * slope, slope * PULSES)


NEAR_S = 0.003  # by which a tempo map may be beside what was followed


def tempo_changes(followed: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The tempo map through (quarter, second), rising: (quarter, seconds a quarter from there on).

    Each tempo holds as long as every point lies within `NEAR_S` of it, so that a steady clock that jitters is
    one tempo, and nothing drifts. Raises `ValueError` for fewer than two points.
    """
    if len(followed) < 2:
        raise ValueError(f"a tempo needs two points, received {len(followed)}")
    found: list[tuple[float, float]] = []
    quarter, second = followed[0]
    low, high = 0.0, float("inf")  # the paces that hold all points since
    for (before, earlier), (here, then) in pairwise(followed):
        least, most = (then - NEAR_S - second) / (here - quarter), (then + NEAR_S - second) / (here - quarter)
        if max(low, least) > min(high, most):
            pace = min(max((earlier - second) / (before - quarter), low), high)
            found.append((quarter, pace))
            quarter, second = before, second + pace * (before - quarter)
            low, high = (
                (then - NEAR_S - second) / (here - quarter),
                (then + NEAR_S - second) / (here - quarter),
            )
        else:
            low, high = max(low, least), min(high, most)
    return [*found, (quarter, min(max((then - second) / (here - quarter), low), high))]
