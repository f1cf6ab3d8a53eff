"""Feed every reader hostile files by the thousand: each must end in a result or in one clear refusal.

    python -m checks.fuzz                          the weekly run: 10,000 MIDI files, 1,000 checkpoints,
                                                    10,000 progressions, 10,000 charts
    python -m checks.fuzz --midi 500 --seed 7      another seed, another number
    python -m checks.fuzz --only midi:1234         one case again

Cases are made by kind, seed and number (`checks/hostile/cases.py`). Processes of their own try them: each may
take 2 s of computing and 500 MB a file; one that hangs is ended and replaced. What failed is kept under its
number, and the line that repeats it is printed. Exit code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import takewhile, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COUNTS = {"midi": 10_000, "checkpoint": 1_000, "progression": 10_000, "chart": 10_000}
SUFFIXES = {"midi": ".mid", "checkpoint": ".safetensors", "chart": ".chart"}
HANG_S = 20.0  # of computing without an answer: ten times what a reader may take
BLOCKED_S = 300.0  # of waiting without an answer, however busy the machine: it waits for what never comes


class Task(NamedTuple):
    """One case: what kind, and its number."""

    kind: str
    number: int


@dataclass
class Tally:
    """What became of the cases of one kind."""

    cases: int = 0
    refused: int = 0  # cases that at least one reader refused
    faults: int = 0
    hangs: int = 0
    seconds: float = 0.0  # the slowest reader of all, in computing time
    slowest: str = "none"
    grown: int = 0  # bytes of memory

    def line(self, kind: str) -> str:
        """The summary of one kind."""
        return (
            f"{kind}: {self.cases:,} cases, {self.refused:,} refused by a reader, {self.faults} faults, "
            f"{self.hangs} hangs, slowest {self.seconds:.2f} s ({self.slowest}), "
            f"memory +{self.grown / 2**20:.0f} MB"
        )


class Worker:
    """A process that tries cases, one at a time, and is replaced when it hangs or dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "checks.hostile", str(self.folder)]
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )

    def attempt(self, task: Task, seed: int) -> dict[str, Any]:
        """The worker's answer, or what is to be said where none comes."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("a worker is started with pipes")
        print(task.kind, seed, task.number, file=stdin, flush=True)
        start, computed = time.monotonic(), self._computed()
        while not select.select([stdout], [], [], 0.5)[0]:
            busy = self._computed() - computed
            if busy > HANG_S or time.monotonic() - start > BLOCKED_S:
                self.restart()
                return {"hang": f"no answer after {busy:.0f} s of computing"}
        answer = stdout.readline()
        if not answer:
            code = self.process.wait()
            self.restart()
            return {"fault": f"the process died with code {code}"}
        result: dict[str, Any] = json.loads(answer)
        return result

    def _computed(self) -> float:
        """Seconds of computing of the process so far; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def restart(self) -> None:
        """End the process and start another."""
        self.close()
        self.process = self._start()

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


class Run:
    """Tasks shared out among workers, and the tally."""

    def __init__(self, tasks: Iterator[Task], seed: int, keep: Path) -> None:
        self.tasks, self.seed, self.keep = tasks, seed, keep
        self.tallies: dict[str, Tally] = {}
        self.lock = threading.Lock()

    def work(self, folder: Path) -> None:
        """Try tasks until there are none left."""
        worker = Worker(folder)
        try:
            while (task := self._next()) is not None:
                answer = worker.attempt(task, self.seed)
                with self.lock:
                    self._count(task, answer, folder)
        finally:
            worker.close()

    def _next(self) -> Task | None:
        with self.lock:
            return next(self.tasks, None)

    def _count(self, task: Task, answer: dict[str, Any], folder: Path) -> None:
        tally = self.tallies.setdefault(task.kind, Tally())
        tally.cases += 1
        tally.refused += answer.get("refused", 0) > 0
        tally.hangs += "hang" in answer
        tally.grown = max(tally.grown, answer.get("grown", 0))
        if answer.get("seconds", 0) > tally.seconds:
            tally.seconds, tally.slowest = answer["seconds"], f"{answer['slowest']}, case {task.number}"
        if fault := answer.get("fault") or answer.get("hang"):
            tally.faults += "fault" in answer
            self._report(task, fault, folder)
        if tally.cases % 500 == 0:
            print(tally.line(task.kind), file=sys.stderr, flush=True)

    def _report(self, task: Task, fault: str, folder: Path) -> None:
        """Keep the file that failed and say how to try it again."""
        self.keep.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("case.*"):
            if file.suffix == {"midi": ".mid", "checkpoint": ".safetensors", "chart": ".chart"}.get(
                task.kind, ".txt"
            ):
                shutil.copy(file, self.keep / f"{task.kind}-{self.seed}-{task.number}{file.suffix}")
        print(f"FAILED {task.kind}:{task.number} {fault}", flush=True)
        print(f"again: python -m checks.fuzz --seed {self.seed} --only {task.kind}:{task.number}", flush=True)


def until(tasks: Iterator[Task], end: float) -> Iterator[Task]:
    """`tasks` as long as the clock of `time.monotonic` is before `end`."""
    return takewhile(lambda _: time.monotonic() < end, tasks)


def shuffle_in(counts: dict[str, int]) -> Iterator[Task]:
    """The tasks of all kinds in turn, so that a run cut short has tried some of each."""
    rows = zip_longest(*([Task(kind, n) for n in range(count)] for kind, count in counts.items()))
    return (task for row in rows for task in row if task is not None)


def whole(text: str, least: int = 0) -> int:
    """A count from the command line."""
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} on, received {text!r}")
    return int(text)


def one_case(text: str) -> Task:
    """A case as a failure was reported: midi:47."""
    kind, _, number = text.partition(":")
    if kind not in COUNTS:
        raise argparse.ArgumentTypeError(f"must be {'|'.join(COUNTS)}:NUMBER, received {text!r}")
    return Task(kind, whole(number))


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Feed every reader hostile files.", allow_abbrev=False)
    for kind, count in COUNTS.items():
        parser.add_argument(f"--{kind}", type=whole, default=count, metavar="N", help=f"default: {count:,}")
    parser.add_argument("--seed", type=whole, default=1, help="default: 1")
    parser.add_argument(
        "--only", type=one_case, metavar="KIND:NUMBER", help="one case, as a failure was reported"
    )
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="begin no case after so long (default: all)"
    )
    parser.add_argument(
        "--workers",
        type=partial(whole, least=1),
        metavar="N",
        default=os.cpu_count() or 1,
        help="default: one a core",
    )
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="where failures are kept")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run, print the tally, and return the exit code."""
    options = parse(arguments)
    tasks = shuffle_in({kind: getattr(options, kind) for kind in COUNTS})
    if options.only:
        tasks = iter([options.only])
    start = time.monotonic()
    if options.seconds is not None:
        tasks = until(tasks, start + options.seconds)
    run = Run(tasks, options.seed, options.keep)
    workers = 1 if options.only else options.workers
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        folders = [Path(folder, str(n)) for n in range(workers)]
        for own in folders:
            own.mkdir()
        list(pool.map(run.work, folders))  # a list, so that what goes wrong here is raised
    for kind, tally in run.tallies.items():
        print(tally.line(kind))
    failed = sum(tally.faults + tally.hangs for tally in run.tallies.values())
    print(f"seed {options.seed}, {time.monotonic() - start:.0f} s: {failed or 'none'} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
