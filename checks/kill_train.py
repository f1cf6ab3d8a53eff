"""Kill `jazzgen train` at random moments, resume it, and compare where it ends with an undisturbed run.

    python -m checks.kill_train data/midi --kills 20 --seed 1

Each kill is a SIGKILL to a training of its own in a folder of its own. Of four, one strikes at any time from
the start of the process on, three while the training proper runs. The training is then started again as its
user would: with `--resume` where its progress file is there, from the beginning where nothing is there, not
at all where it had ended. Weights are compared bit for bit, the log's losses digit for digit. The exit code
is 1 unless all agree.

The trainings are processes forked from a server that has imported TensorFlow and done nothing with it:
importing it 40 times would take longer than all the rest.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.training.resume import progress_file

POLL_S = 0.005
FORKS = multiprocessing.get_context("forkserver")


def command(words: list[str]) -> None:
    """The command `jazzgen WORDS`, in a process of its own."""
    from jazzgen.cli import main

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(main(words))


@dataclass(frozen=True)
class Training:
    """One training in a folder of its own: the `options` are those of `jazzgen train`."""

    folder: Path
    data: Path
    options: tuple[str, ...]

    @property
    def output(self) -> Path:
        """The checkpoint."""
        return self.folder / "model.safetensors"

    @property
    def log(self) -> Path:
        """The losses."""
        return self.folder / "log.csv"

    def start(self, *more: str) -> BaseProcess:
        """The process."""
        files = ["-o", str(self.output), "--log", str(self.log)]
        words = ["train", str(self.data), *files, *self.options, *more]
        process = FORKS.Process(target=command, args=(words,))
        process.start()
        return process

    def finish(self, process: BaseProcess) -> None:
        """Wait for the end of a process that must do well."""
        process.join()
        if process.exitcode != 0:
            raise SystemExit(f"kill_train: jazzgen train ended with {process.exitcode} in {self.folder}")

    def wait_for_progress(self, process: BaseProcess) -> None:
        """Until the training proper has begun, or the process has ended."""
        while not progress_file(self.output).exists() and process.is_alive():
            time.sleep(POLL_S)

    def go_on(self) -> str:
        """Bring a killed training to its end; where it stood: "before", "training" or "done"."""
        if progress_file(self.output).exists():
            self.finish(self.start("--resume"))
            return "training"
        if self.output.exists():
            return "done"
        self.finish(self.start())
        return "before"


def undisturbed(training: Training) -> tuple[float, float]:
    """Run `training` to its end; the seconds before and after it began to learn."""
    begin = time.monotonic()
    process = training.start()
    training.wait_for_progress(process)
    begun = time.monotonic()
    training.finish(process)
    return begun - begin, time.monotonic() - begun


def killed(training: Training, after_s: float, since_progress: bool) -> str:
    """Kill `training` so long after its start, or after it began to learn, and bring it to its end."""
    process = training.start()
    if since_progress:
        training.wait_for_progress(process)
    process.join(after_s)
    process.kill()
    process.join()
    return training.go_on()


def same(one: Training, other: Training) -> bool:
    """Whether both have ended in the same weights, by the same losses."""
    weights = [load_checkpoint(training.output).arrays for training in (one, other)]
    if weights[0].keys() != weights[1].keys():
        return False
    equal = all(np.array_equal(array, weights[1][name]) for name, array in weights[0].items())
    return equal and losses(one.log) == losses(other.log)


def losses(log: Path) -> list[list[str]]:
    """The rows of a log without the seconds, which no two runs share."""
    with log.open(newline="", encoding="utf-8") as file:
        return [row[:-1] for row in csv.reader(file)]


def main(argv: Sequence[str] | None = None) -> int:
    """Kill, resume, compare; print a row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder of MIDI solos")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    parser.add_argument("--skip-start", action="store_true", help="kill while training proper only")
    parser.add_argument(
        "--options",
        default="--units 16 --tx 8 --graph fused --epochs 20 --dropout 0.2 --save-every 0.1",
        help="of `jazzgen train`",
    )
    arguments = parser.parse_args(argv)
    FORKS.set_forkserver_preload(["jazzgen.training.files"])
    rng = np.random.default_rng(arguments.seed)
    stood: Counter[str] = Counter()
    agree = 0
    with tempfile.TemporaryDirectory() as scratch:

        def training(name: str) -> Training:
            folder = Path(scratch, name)
            folder.mkdir()
            return Training(folder, arguments.data, tuple(arguments.options.split()))

        whole = training("undisturbed")
        before_s, learning_s = undisturbed(whole)
        for kill in range(arguments.kills):
            one = training(f"kill {kill}")
            since_progress = arguments.skip_start or kill % 4 != 0
            after_s = float(rng.uniform(0, learning_s if since_progress else before_s + learning_s))
            where = killed(one, after_s, since_progress)
            stood[where] += 1
            agree += same(whole, one)
            print(f"kill {kill + 1}: {where}, {agree} of {kill + 1} end as the undisturbed run", flush=True)
    places = ", ".join(f"{stood[name]} {name}" for name in ("before", "training", "done"))
    print(f"| kill -9 of train at {arguments.kills} random moments ({places}) | {agree}/{arguments.kills} |")
    return 0 if agree == arguments.kills else 1


if __name__ == "__main__":
    sys.exit(main())
