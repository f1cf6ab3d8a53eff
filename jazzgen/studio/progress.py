"""What is under way, told to every page that listens: server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from jazzgen.studio.given import GivenError
from jazzgen.studio.workers import BusyError, Job, Pool

TICK_S = 0.25
QUIET_S = 15.0
MOST_LISTENING = 16
MOST_BEHIND = 256  # events that a page has not taken yet; then it is dropped, and asks again
REMEMBERED = 200  # jobs that are done


@dataclass
class Task:
    """A job as a page knows it, by the `id` that it gave."""

    id: str
    what: str
    job: Job
    pool: Pool
    expected: float | None  # seconds
    state: str = "queued"

    def shown(self) -> dict[str, Any]:
        """For JSON."""
        started = self.job.started
        elapsed = 0.0 if started is None else time.monotonic() - started
        if self.state in ("queued", "running"):
            self.state = "queued" if started is None else "running"
        progress = None
        if self.state == "done":
            progress = 1.0
        elif self.expected:
            progress = min(elapsed / self.expected, 0.99)
        return {
            "job": self.id, "what": self.what, "state": self.state, "elapsed": round(elapsed, 2),
            "expected": None if self.expected is None else round(self.expected, 2),
            "progress": None if progress is None else round(progress, 3),
        }  # fmt: skip


@dataclass
class Board:
    """The tasks, and who listens."""

    tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict)
    listeners: set[asyncio.Queue[str | None]] = field(default_factory=set)
    rates: dict[str, float] = field(default_factory=dict)  # seconds a unit, as measured lately
    closed: bool = False

    def begin(self, task: Task) -> None:
        """A task is queued; raises `GivenError` where its name is taken."""
        known = self.tasks.get(task.id)
        if known is not None and known.state in ("queued", "running"):
            raise GivenError("a job of that name is under way", "job")
        self.tasks[task.id] = task
        while len(self.tasks) > REMEMBERED:
            self.tasks.popitem(last=False)
        self.tell("job", task.shown())

    def end(self, task: Task, state: str, units: float) -> None:
        """A task is done, failed or cancelled; how long it took tells how long the next will take."""
        if state == "done" and task.job.started is not None:
            rate = (time.monotonic() - task.job.started) / max(units, 1)
            before = self.rates.get(task.what, rate)
            self.rates[task.what] = 0.7 * before + 0.3 * rate
        task.state = state
        self.tell("job", task.shown())

    def expected(self, what: str, units: float) -> float | None:
        """Seconds that so many units of such work will take; None where nothing is known."""
        rate = self.rates.get(what)
        return None if rate is None else rate * max(units, 1)

    def tell(self, event: str, data: Any) -> None:
        """Send an event to all who listen."""
        text = f"event: {event}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
        for queue in list(self.listeners):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self.listeners.discard(queue)
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(None)

    async def tick(self) -> None:
        """Say for ever how far what is under way has come."""
        while not self.closed:
            await asyncio.sleep(TICK_S)
            for task in list(self.tasks.values()):
                if task.state in ("queued", "running") and self.listeners:
                    self.tell("job", task.shown())

    def close(self) -> None:
        """End all streams."""
        self.closed = True
        for queue in list(self.listeners):
            queue.put_nowait(None)

    async def stream(self, first: dict[str, Any]) -> AsyncIterator[str]:
        """The events from now on."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(MOST_BEHIND)
        self.listeners.add(queue)
        try:
            yield f"event: hello\ndata: {json.dumps(first)}\n\n"
            while not self.closed:
                try:
                    text = await asyncio.wait_for(queue.get(), QUIET_S)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if text is None:
                    return
                yield text
        finally:
            self.listeners.discard(queue)

    def check_room(self) -> None:
        """Raise `BusyError` where enough listen already."""
        if len(self.listeners) >= MOST_LISTENING:
            raise BusyError(f"{MOST_LISTENING} pages listen already; close some")
