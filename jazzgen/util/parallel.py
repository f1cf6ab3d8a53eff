"""Functions mapped over items by all cores of this machine, the calling process among the workers.

    items ──▶ tasks of eight ──▶ worker processes ──▶ results, in the order of the items
                   └────────────▶ this process ─────────▲

A process pool leaves the process that started it idle until its workers are up, and each of them takes 0.3 s
to import NumPy: a tenth of what reading the whole reference corpus takes. Here this process is one of the
workers. It begins at once, and does a task itself whenever the next result has not arrived.
"""

from __future__ import annotations

import signal
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

import joblib
from joblib.externals.loky import ProcessPoolExecutor

from jazzgen.errors import OptionError
from jazzgen.util.signals import handling

T = TypeVar("T")
R = TypeVar("R")

MAX_WORKERS = 1024
TASK_SIZE = 8  # items: of solos to read 50 ms of work, beside 1 ms of sending the task
QUEUED = 2  # tasks at a worker, so that it has the next one when it is done
MAX_FINISHED = 64  # tasks a worker whose results wait for an earlier one
IDLE_S = 10  # after which a worker without tasks ends: it does not learn that its parent was killed


def cores() -> int:
    """How many cores this process may use."""
    return int(joblib.cpu_count())


def worker_count(jobs: int | None) -> int:
    """How many workers `jobs` means: so many, or one a core for None and -1; raises `OptionError`."""
    if jobs is None or jobs == -1:
        return cores()
    if not 1 <= jobs <= MAX_WORKERS:
        raise OptionError(f"jobs must be in 1..{MAX_WORKERS:,}, or -1 for one a core, received {jobs}")
    return jobs


def in_tasks(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """The items, as many at a time as are worth sending to another process."""
    items = iter(items)
    return iter(lambda: tuple(islice(items, TASK_SIZE)), ())


def in_order(function: Callable[[T], R], items: Iterable[T], workers: int) -> Generator[R]:
    """`function` of every item, in their order, by as many `workers`; this process is one of them.

    The function and what goes through it are pickled. Raises what the function raises, and
    `concurrent.futures.BrokenExecutor` where a worker was killed. Closed early, it takes back what no worker
    has begun.
    """
    if workers == 1:
        yield from map(function, items)
        return
    waiting = in_tasks(items)
    others = ProcessPoolExecutor(workers - 1, timeout=IDLE_S)
    coming: deque[Future[list[R]]] = deque()
    try:
        while True:
            queued = sum(not future.done() for future in coming)
            for task in islice(waiting, max(QUEUED * (workers - 1) - queued, 0)):
                with _ignoring_interrupts():
                    coming.append(others.submit(each, function, task))
            if not coming:
                return
            own = () if coming[0].done() or len(coming) >= MAX_FINISHED * workers else next(waiting, ())
            if own:
                coming.append(_done_here(function, own))
            else:
                yield from coming.popleft().result()
    finally:
        for future in coming:
            future.cancel()
        others.shutdown(wait=False)


def _done_here(function: Callable[[T], R], task: Sequence[T]) -> Future[list[R]]:
    """A task done by this process; what it raises waits for its turn, as what a worker raises does."""
    future: Future[list[R]] = Future()
    try:
        future.set_result(each(function, task))
    except Exception as error:  # raised by `result`
        future.set_exception(error)
    return future


@contextmanager
def _ignoring_interrupts() -> Iterator[None]:
    """Processes started meanwhile ignore Ctrl-C, which a terminal sends to all: this one ends them, and each
    of them would print a traceback.

    They inherit that it is ignored. A mask would not do: loky lifts it before it starts them.
    """
    with handling(signal.SIG_IGN, [signal.SIGINT]):
        yield


def each(function: Callable[[Any], R], task: Sequence[Any]) -> list[R]:
    """`function` of every item of a task: what a worker does."""
    return [function(item) for item in task]


def streamed(function: Callable[[T], R], items: Iterable[T], workers: int) -> Generator[R]:
    """`function` of every item, in their order, by `workers` other processes: joblib has the BLAS of each
    multiply on one core.

    Closed early, it drops what is not done without joblib's warnings.
    """
    with _ignoring_interrupts():
        parallel = joblib.Parallel(return_as="generator", batch_size=1, n_jobs=workers)
        results = parallel(joblib.delayed(function)(item) for item in items)
    try:
        for result in results:  # noqa: UP028 -- `yield from` would close them itself, with the warnings
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.close()
