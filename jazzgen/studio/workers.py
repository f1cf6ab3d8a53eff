"""Worker processes: each does one job after another, and none is left when this process ends in any way.

    pool = Pool(2, warm, "improviser")     # warm(...) is called in each process when it starts
    job = pool.submit("again", play, take, bars)
    job.future.result()
    pool.close()

The processes are spawned, not forked: a fork of a server inherits its sockets and outlives it. A job that is
cancelled while it runs ends with its process, and another one is started. The processes of a pool with a
`niceness` give way to all others, so that what nobody waits for costs those who wait next to nothing.
"""

from __future__ import annotations

import heapq
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from jazzgen.errors import JazzgenError, WorkersError

QUEUED = 64  # jobs that may wait besides those that are rendered ahead
LONGEST_S = 300.0  # of a job; then its process is ended
NOW, AHEAD = 0.0, 1.0  # priorities: someone waits for it; all else


class BusyError(JazzgenError):
    """There is more to do than may wait."""


class CancelledJobError(JazzgenError):
    """A job was given up."""


@dataclass(eq=False)
class Job:
    """A call in another process: `what` it is to a person, its `future`, and when it began."""

    what: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    priority: float = NOW
    future: Future[Any] = field(default_factory=Future)
    queued: float = field(default_factory=time.monotonic)
    started: float | None = None
    cancelled: bool = False


class Pool:
    """Some processes that are ready for work, and what waits for them."""

    def __init__(self, count: int, warm: Callable[..., None], *arguments: Any, niceness: int = 0) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._warm = niceness, warm, arguments
        self._lock = threading.Condition()
        self._waiting: list[tuple[float, int, Job]] = []
        self._number = 0
        self._closed = False
        self._processes: dict[
            Job | int, Any
        ] = {}  # by the job that is done in it, or the number of the idle one
        self._threads = [
            threading.Thread(target=self._run, args=(k,), name=f"worker {k}", daemon=True)
            for k in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, what: str, function: Callable[..., Any], *arguments: Any, priority: float = NOW) -> Job:
        """Have `function`, of a module, called with `arguments` in a process that is free.

        Parameters
        ----------
        what
            The job's name.
        function, arguments
            What is called; both are pickled.
        priority
            The lowest is done first.

        Returns
        -------
        Job
            Its future has what the function returns or raises.

        Raises
        ------
        BusyError
            Where too much waits already.
        """
        job = Job(what, function, arguments, priority)
        with self._lock:
            if self._closed:
                raise WorkersError("the studio is ending")
            if priority < AHEAD and sum(w[0] < AHEAD and _open(w[2]) for w in self._waiting) >= QUEUED:
                raise BusyError(f"{QUEUED} jobs are waiting already; wait until some of them are done")
            self._push(job)
        return job

    def move(self, job: Job, priority: float) -> None:
        """Have a job done earlier or later, if it is still waiting."""
        with self._lock:
            if job.started is None and priority != job.priority and _open(job):
                self._drop(job)
                job.priority = priority
                self._push(job)

    def withdraw(self, job: Job) -> bool:
        """Give a job up unless it has begun; whether it was given up."""
        with self._lock:
            if job.started is not None or not _open(job):
                return False
            self._drop(job)
            job.cancelled = True
        job.future.set_exception(CancelledJobError("cancelled"))
        return True

    def cancel(self, job: Job) -> bool:
        """Give a job up, also while it runs; whether it was not done yet."""
        if self.withdraw(job):
            return True
        with self._lock:
            process = self._processes.get(job)
            if process is None:
                return False  # it was done or given up before
            job.cancelled = True
            process.kill()
            return True

    def close(self) -> None:
        """End all processes; what waits is cancelled."""
        with self._lock:
            self._closed = True
            waiting, self._waiting = self._waiting, []
            processes = list(self._processes.values())
            self._lock.notify_all()
        for process in processes:
            process.kill()
        for _, _, job in waiting:
            if not job.future.done():
                job.future.set_exception(CancelledJobError("cancelled"))
        for thread in self._threads:
            thread.join(5)

    def processes(self) -> list[int]:
        """Their process ids."""
        with self._lock:
            return [process.pid for process in self._processes.values() if process.pid is not None]

    def _push(self, job: Job) -> None:
        self._number += 1
        heapq.heappush(self._waiting, (job.priority, self._number, job))
        self._lock.notify()

    def _drop(self, job: Job) -> None:
        """Strike a job that waits: what it would be given is not kept until its turn would come."""
        self._waiting = [row for row in self._waiting if row[2] is not job]
        heapq.heapify(self._waiting)

    def _next(self) -> Job | None:
        """The next job, waited for; None where the pool is closed."""
        with self._lock:
            while not self._closed:
                while self._waiting:
                    job = heapq.heappop(self._waiting)[2]
                    if _open(job):
                        return job
                self._lock.wait()
        return None

    def _run(self, number: int) -> None:
        """Start a process, and another one where it ends, and give it one job after the other."""
        process, link = self._start(number)
        while (job := self._next()) is not None:
            with self._lock:
                if self._closed or not _open(job) or not job.future.set_running_or_notify_cancel():
                    continue
                job.started = time.monotonic()
                self._processes[job] = self._processes.pop(number)
            done, result, alive = _do(job, process, link)
            with self._lock:  # against `cancel`, which ends the process
                self._processes[number] = self._processes.pop(job)
                alive = alive and not job.cancelled
            with suppress(InvalidStateError):  # where nobody waits any more, or the pool is closed
                if job.cancelled:
                    job.future.set_exception(CancelledJobError("cancelled"))
                elif done:
                    job.future.set_result(result)
                else:
                    job.future.set_exception(result)
            if not alive and not self._closed:
                process.join()
                link.close()
                process, link = self._start(number)
        process.kill()
        process.join()
        link.close()
        with self._lock:
            del self._processes[number]

    def _start(self, number: int) -> tuple[Any, Connection]:
        here, there = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(there, *self._warm), daemon=True)
        process.start()
        there.close()
        with self._lock:
            self._processes[number] = process
        return process, here


def _open(job: Job) -> bool:
    return not (job.cancelled or job.future.done())


def _do(job: Job, process: Any, link: Connection) -> tuple[bool, Any, bool]:
    """Have a job done -> (whether it was, its result or its error, whether its process is alive)."""
    try:
        link.send((job.function, job.arguments))
        if not link.poll(LONGEST_S):
            process.kill()
            text = f"{job.what} took more than {LONGEST_S:.0f} s and was given up; ask for less"
            return False, WorkersError(text), False
        done, result = link.recv()
    except (OSError, EOFError):
        text = f"the process that did {job.what} was killed, perhaps for want of memory; try again"
        return False, WorkersError(text), False
    return done, result, True


# ------------------------------------------------------------------------------------------ in the process


def _serve(link: Connection, niceness: int, warm: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """Do what comes through `link` until it is closed."""
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all; this one's parent ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    fault: Exception | None = None
    try:
        warm(*arguments)
    except Exception as error:  # said to those who want something of this process
        fault = error
    while True:
        try:
            function, given = link.recv()
        except (OSError, EOFError):
            return
        try:
            if fault is not None:
                raise fault
            answer = True, function(*given)
        except Exception as error:  # raised again by who asked
            answer = False, error
        link.send(answer)


def _end_with_parent() -> None:
    """End this process with the one that started it, also where that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
