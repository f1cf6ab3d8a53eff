"""A process that does one thing and then prints, as a last line of JSON, the most memory that it ever held.

    python -m benchmarks.probe prepare DATA -o CORPUS      any jazzgen command
    python -m benchmarks.probe import tensorflow           importing a module
    python -m benchmarks.probe --steps 2000 train CORPUS   a training that is left after so many steps

{"peak_mb": 81.2, "start_s": 7.1, "epochs": [[[20, 0.21, 0.38], ...], ...]}: of a training also the seconds
from its command to its first step, and pieces of each of its epochs: how many steps, how many seconds they
took together, and how many of a core. What the command's own workers hold is not counted.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock


class Enough(BaseException):
    """As many steps as were asked for: no `Exception`, so that nothing on the way takes it for a fault."""


def peak_mb() -> float:
    """The most memory in MB that this process ever held: Linux's VmHWM. Unlike `ru_maxrss` it does not begin
    with what the process that started this one held.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak) / 1024


@contextlib.contextmanager
def stopped_after(steps: int, found: dict[str, Any]) -> Iterator[None]:
    """Inside, a training ends once it has taken so many `steps`, and `found` says how long they took.

    The whole command runs until then: its solos are opened, split and encoded as they always are.
    """
    from jazzgen.training.steps import Stepper

    begin, whole_train = time.perf_counter(), Stepper.train
    found |= {"epochs": []}

    def train(stepper: Stepper, *given: Any, **options: Any) -> Iterator[Any]:
        found.setdefault("start_s", time.perf_counter() - begin)
        found["epochs"].append(pieces := [])
        before = _clocks(stepper)
        for piece in whole_train(stepper, *given, **options):
            now = _clocks(stepper)
            pieces.append([after - since for since, after in zip(before, now, strict=True)])
            if now[0] >= steps:
                raise Enough
            yield piece
            before = _clocks(stepper)

    with mock.patch.object(Stepper, "train", train), contextlib.suppress(Enough):
        yield


def _clocks(stepper: Any) -> tuple[int, float, float]:
    """Steps taken, seconds, and seconds of a core."""
    return stepper.steps_taken, time.perf_counter(), time.process_time()


def main(arguments: Sequence[str]) -> int:
    """Do what the `arguments` say."""
    found: dict[str, Any] = {}
    code = 0
    if arguments[0] == "import":
        importlib.import_module(arguments[1])
    else:
        from jazzgen import cli

        limit: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
        if arguments[0] == "--steps":
            limit, arguments = stopped_after(int(arguments[1]), found), arguments[2:]
        with limit:
            code = cli.main(arguments)
    print(json.dumps({"peak_mb": peak_mb(), **found}), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
