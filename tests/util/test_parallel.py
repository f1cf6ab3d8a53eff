"""Work for all cores: in order, no further ahead than asked, and an error where it belongs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing

import pytest

from jazzgen.util.parallel import MAX_FINISHED, QUEUED, TASK_SIZE, in_order


def _slowly(number: int) -> tuple[int, int]:
    time.sleep(0.002 * (number % 3))
    return number, os.getpid()


def _refuse(number: int) -> int:
    if number == 20:
        raise ValueError("20 is refused")
    return number


def _first_waits(number: int) -> int:
    if number < TASK_SIZE:
        time.sleep(0.01)
    return number


def _die(number: int) -> int:
    if os.getpid() != number:
        os._exit(1)
    time.sleep(0.05)
    return number


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    found = list(in_order(_slowly, range(500), workers))
    assert [number for number, _ in found] == list(range(500))
    at_work = {process for _, process in found}
    assert os.getpid() in at_work
    assert len(at_work) <= workers


def test_nothing_to_do_is_nothing() -> None:
    assert list(in_order(_slowly, [], 2)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_function_raises_comes_out_after_the_results_before_it(workers: int) -> None:
    seen: list[int] = []
    with (
        pytest.raises(ValueError, match="20 is refused"),
        closing(in_order(_refuse, range(500), workers)) as found,
    ):
        seen.extend(found)
    assert seen == list(range(20 if workers == 1 else 2 * TASK_SIZE))


def test_it_takes_no_more_items_than_it_may_hold() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while True:
            yield taken
            taken += 1

    with closing(in_order(_first_waits, items(), 2)) as found:
        assert [next(found) for _ in range(40)] == list(range(40))
    assert taken <= 40 + (2 * MAX_FINISHED + QUEUED + 1) * TASK_SIZE


def test_a_killed_worker_is_told() -> None:
    with pytest.raises(BrokenExecutor):
        list(in_order(_die, [os.getpid()] * 1000, 2))
