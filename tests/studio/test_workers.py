"""Worker processes: what is given up, what fails, and what may wait."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from jazzgen.errors import OptionError, WorkersError
from jazzgen.studio import workers
from jazzgen.studio.workers import AHEAD, NOW, BusyError, CancelledJobError, Pool

PATIENCE_S = 60


def _warm() -> None:
    pass


def _wrong() -> None:
    raise OptionError("it does not work here")


def _pid() -> int:
    return os.getpid()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _sleep(seconds: float) -> float:
    time.sleep(seconds)
    return time.monotonic()


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(1, _warm)
    yield made
    made.close()
    assert made.processes() == []


def test_a_job_is_done_in_another_process(pool: Pool) -> None:
    assert pool.submit("pid", _pid).future.result(PATIENCE_S) != os.getpid()


def test_what_is_given_up_ends_with_its_process(pool: Pool) -> None:
    before = pool.submit("pid", _pid).future.result(PATIENCE_S)
    job, waiting = pool.submit("sleep", _sleep, 1000), pool.submit("sleep", _sleep, 1000)
    while job.started is None:
        time.sleep(0.01)
    assert pool.cancel(waiting)
    assert pool.cancel(job)
    for given_up in (job, waiting):
        with pytest.raises(CancelledJobError):
            given_up.future.result(PATIENCE_S)
    assert not pool.cancel(job)
    assert pool.submit("pid", _pid).future.result(PATIENCE_S) != before


def test_what_has_begun_is_not_withdrawn(pool: Pool) -> None:
    job, waiting = pool.submit("sleep", _sleep, 0.2), pool.submit("pid", _pid)
    while job.started is None:
        time.sleep(0.01)
    assert pool.withdraw(waiting)
    assert not pool.withdraw(waiting)
    assert waiting not in [row[2] for row in pool._waiting]  # nor is what it was given kept
    assert not pool.withdraw(job)
    assert job.future.result(PATIENCE_S)
    with pytest.raises(CancelledJobError):
        waiting.future.result(PATIENCE_S)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="processes have no niceness here")
def test_a_pool_may_give_way_to_others(pool: Pool) -> None:
    before = pool.submit("nice", os.nice, 0).future.result(PATIENCE_S)
    kind = Pool(1, _warm, niceness=3)
    assert kind.submit("nice", os.nice, 0).future.result(PATIENCE_S) == before + 3
    kind.close()


def test_a_process_that_dies_is_replaced(pool: Pool) -> None:
    with pytest.raises(WorkersError, match="was killed"):
        pool.submit("end", _end).future.result(PATIENCE_S)
    assert pool.submit("pid", _pid).future.result(PATIENCE_S)


def test_what_takes_too_long_is_ended(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    pool.submit("pid", _pid).future.result(PATIENCE_S)
    monkeypatch.setattr(workers, "LONGEST_S", 0.1)
    with pytest.raises(WorkersError, match="ask for less"):
        pool.submit("sleep", _sleep, 1000).future.result(PATIENCE_S)


def test_so_many_may_wait_and_the_first_is_the_most_wanted(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "QUEUED", 2)
    first = pool.submit("sleep", _sleep, 0.3)
    while first.started is None:
        time.sleep(0.01)
    ahead, later = (pool.submit("ahead", _sleep, 0, priority=AHEAD + k) for k in range(2))
    pool.submit("now", _sleep, 0)
    wanted = pool.submit("now", _sleep, 0)
    with pytest.raises(BusyError, match="2 jobs are waiting"):
        pool.submit("now", _sleep, 0)
    pool.move(later, NOW - 1)
    times = [job.future.result(PATIENCE_S) for job in (first, later, wanted, ahead)]
    assert times == sorted(times)


def test_a_process_that_cannot_start_says_why() -> None:
    pool = Pool(1, _wrong)
    with pytest.raises(OptionError, match="does not work here"):
        pool.submit("pid", _pid).future.result(PATIENCE_S)
    pool.close()
    with pytest.raises(WorkersError, match="ending"):
        pool.submit("pid", _pid)
