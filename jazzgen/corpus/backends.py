"""The workers of `jazzgen prepare`: processes of this machine, or a cluster that joblib knows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeAlias

import joblib

from jazzgen.errors import DataError, OptionError, WorkersError
from jazzgen.util.packages import optional
from jazzgen.util.parallel import each, in_order, in_tasks, worker_count

BACKENDS = ("loky", "dask", "ray", "spark")
ROUND = 64  # tasks a worker of a cluster before their results are fetched

TaskRunner: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Generator[Any, None, None]]


@contextmanager
def workers(backend: str, jobs: int) -> Iterator[TaskRunner]:
    """A function that runs another over items by `jobs` workers of `backend`, its results in order."""
    if backend == "loky":
        try:
            yield lambda function, items: in_order(function, items, worker_count(jobs))
        except BrokenExecutor as error:
            raise DataError(
                "a worker process was killed, perhaps for want of memory; prepare again, with fewer --jobs: "
                "what was read is kept"
            ) from error
        return
    with _cluster(backend, jobs), joblib.parallel_config(backend=backend, n_jobs=jobs):
        yield lambda function, items: in_rounds(function, items, ROUND * joblib.effective_n_jobs(jobs))


def in_rounds(function: Callable[[Any], Any], items: Iterable[Any], size: int) -> Generator[Any, None, None]:
    """Results of `size` tasks at a time: joblib gives a list, and one of all would not fit into memory."""
    waiting = in_tasks(items)
    with joblib.Parallel(batch_size=1) as parallel:
        while tasks := list(islice(waiting, size)):
            try:
                done = parallel(joblib.delayed(each)(function, task) for task in tasks)
            except Exception as error:  # each cluster has its own for workers that are gone; ours raise none
                reason = " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(" .")
                raise WorkersError(
                    f"the cluster could not read on ({reason}); see to it and prepare again: "
                    "what was read is kept"
                ) from error
            for results in done:
                yield from results


@contextmanager
def _cluster(backend: str, jobs: int) -> Iterator[None]:
    """Make `backend` known to joblib and connect to its cluster: the one that its own settings name
    (DASK_SCHEDULER_ADDRESS, RAY_ADDRESS, spark.master), or else workers on this machine.
    """
    package = backend_package(backend)
    if backend == "dask":
        with _dask_client(package, jobs):
            yield
        return
    if backend == "ray":
        package.register_ray()
    elif backend == "spark":
        package.register_spark()
    yield


def backend_package(backend: str) -> Any:
    """The package that makes `backend` known to joblib, None for one that joblib knows itself; raises
    `OptionError` for an unknown backend, `MissingPackageError` for one that is not installed.
    """
    if backend not in BACKENDS:
        raise OptionError(f"backend must be one of {', '.join(BACKENDS)}, received {backend!r}")
    purpose = f"the backend {backend}"
    if backend == "dask":
        return optional("distributed", "dask", purpose)
    if backend == "ray":
        return optional("ray.util.joblib", "ray", purpose)
    return optional("joblibspark", "spark", purpose) if backend == "spark" else None


@contextmanager
def _dask_client(distributed: Any, jobs: int) -> Iterator[None]:
    """A client, for joblib to find, of the scheduler that dask's settings name, or of workers here."""
    import dask

    # The loss of a scheduler is reported in one line; dask would show where in its code it noticed.
    for name in [*logging.root.manager.loggerDict, "distributed"]:
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    address = dask.config.get("scheduler-address", None)
    try:
        if address is None:
            count = worker_count(jobs)
            client = distributed.Client(n_workers=count, threads_per_worker=1, dashboard_address=None)
        else:
            # First, because a client that cannot be made hangs the next one when it is collected.
            distributed.comm.resolve_address(address)
            client = distributed.Client(address)
    except (OSError, ValueError) as error:
        raise OptionError(
            f"no dask scheduler answers at {address}: {error}; start it, or name another"
        ) from error
    with client:
        yield
