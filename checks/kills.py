"""Kill a long command at random moments, run it again as its user would, and compare where it ends.

    python -m checks.kills prepare DATA [--kills 20] [--seed 1] [--jobs 2]
    python -m checks.kills train DATA [--kills 20] [--seed 1] [--skip-start] [--options ...]

Each kill is a SIGKILL in a folder of its own, at a moment drawn over the length of an undisturbed run.

prepare: the whole process group is killed. A corpus is begun from nothing, or, every other time, brought up
to date after some of its files were missing. The folder must then be, byte for byte, the undisturbed one,
with nothing else in it.

train: of four kills, one strikes at any time from the start of the process on, three while the training
proper runs. The training is started again with `--resume` where its progress file exists, from the beginning
where nothing does, not at all where it had ended. Weights are compared bit for bit, the log's losses digit
for digit. The trainings are processes forked from a server that has imported TensorFlow and done nothing with
it: importing it 40 times would take longer than all the rest.

The exit code is 1 unless all runs end as the undisturbed one.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from jazzgen.midi.find import midi_files
from jazzgen.model.checkpoint import load_checkpoint

POLL_S = 0.005
FORKS = multiprocessing.get_context("forkserver")


# -------------------------------------------------------------------------------------------- jazzgen prepare


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, hidden ones too, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def prepare(data: Path, output: Path, jobs: int) -> list[str]:
    """The command line under test; small shards, so that a kill falls between two of them."""
    words = ["prepare", data, "-o", output, "--jobs", jobs, "--shard-size", 8]
    return [sys.executable, "-m", "jazzgen", *map(str, words)]


def run_killed(words: Sequence[str], after_s: float) -> bool:
    """Run, and kill the process group after so many seconds; whether it was still at work."""
    process = subprocess.Popen(
        words, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(after_s)
    killed = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return killed


def kill_prepare(data: Path, kills: int, rng: random.Random, jobs: int) -> Iterator[tuple[str, bool]]:
    """For each kill, what was killed and whether the next run ends as an undisturbed one."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        begin = time.perf_counter()
        subprocess.run(prepare(data, work / "undisturbed", jobs), check=True, stdout=subprocess.DEVNULL)
        lasts_s = time.perf_counter() - begin
        expected = snapshot(work / "undisturbed")
        for number in range(kills):
            output = work / f"{number}"
            if number % 2:
                _prepare_some(data, work, output, jobs, rng)
            after_s = rng.uniform(0, lasts_s)
            killed = run_killed(prepare(data, output, jobs), after_s)
            left = len(snapshot(output)) if output.exists() else 0
            subprocess.run(prepare(data, output, jobs), check=True, stdout=subprocess.DEVNULL)
            how = f"killed after {after_s:.2f} s with {left} files" if killed else "had ended before"
            yield how, snapshot(output) == expected
            shutil.rmtree(output)


def _prepare_some(data: Path, work: Path, output: Path, jobs: int, rng: random.Random) -> None:
    """A corpus of two thirds of the files under the same paths, as it stood before the others came."""
    some = work / "some"
    files = midi_files([data])
    for path in rng.sample(files, max(2 * len(files) // 3, 1)):
        target = some / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    subprocess.run(prepare(some, output, jobs), check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(some)


# ---------------------------------------------------------------------------------------------- jazzgen train


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

    @property
    def progress(self) -> Path:
        """The file that `--resume` goes on from."""
        from jazzgen.training.resume import progress_file

        return progress_file(self.output)

    def start(self, *more: str) -> BaseProcess:
        """The process."""
        self.folder.mkdir(exist_ok=True)
        files = ["-o", str(self.output), "--log", str(self.log)]
        words = ["train", str(self.data), *files, *self.options, *more]
        process = FORKS.Process(target=command, args=(words,))
        process.start()
        return process

    def finish(self, process: BaseProcess) -> None:
        """Wait for the end of a process that must succeed."""
        process.join()
        if process.exitcode != 0:
            raise SystemExit(f"kills: jazzgen train ended with {process.exitcode} in {self.folder}")

    def wait_for_progress(self, process: BaseProcess) -> None:
        """Until the training proper has begun, or the process has ended."""
        while not self.progress.exists() and process.is_alive():
            time.sleep(POLL_S)

    def go_on(self) -> str:
        """Bring a killed training to its end; where it stood: "before", "training" or "done"."""
        if self.progress.exists():
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


def kill_train(
    data: Path, kills: int, rng: random.Random, options: str, skip_start: bool
) -> Iterator[tuple[str, bool]]:
    """For each kill, where the training stood and whether it ends as an undisturbed one."""
    FORKS.set_forkserver_preload(["jazzgen.training.files"])
    with tempfile.TemporaryDirectory() as scratch:
        whole = Training(Path(scratch, "undisturbed"), data, tuple(options.split()))
        before_s, learning_s = undisturbed(whole)
        for number in range(kills):
            one = Training(Path(scratch, f"{number}"), data, whole.options)
            since_progress = skip_start or number % 4 != 0
            after_s = rng.uniform(0, learning_s if since_progress else before_s + learning_s)
            yield killed(one, after_s, since_progress), same(whole, one)


# ------------------------------------------------------------------------------------------- the command line


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill so many times, a line each; 1 if a result differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("prepare", "train"))
    parser.add_argument("data", metavar="DATA", type=Path, help="a folder of MIDI files")
    parser.add_argument("--kills", metavar="N", type=int, default=20, help="default: 20")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--jobs", metavar="N", type=int, default=2, help="prepare's workers (default: 2)")
    parser.add_argument("--skip-start", action="store_true", help="kill while training proper only")
    parser.add_argument(
        "--options",
        default="--units 16 --tx 8 --graph fused --epochs 20 --dropout 0.2 --save-every 0.1",
        help="of `jazzgen train`",
    )
    given = parser.parse_args(arguments)
    data, rng = given.data.resolve(), random.Random(given.seed)  # noqa: S311
    if given.command == "prepare":
        results = kill_prepare(data, given.kills, rng, given.jobs)
    else:
        results = kill_train(data, given.kills, rng, given.options, given.skip_start)
    good = 0
    for number, (how, as_undisturbed) in enumerate(results, start=1):
        good += as_undisturbed
        print(f"{number:3} {how}: {'as undisturbed' if as_undisturbed else 'DIFFERENT'}", flush=True)
    print(f"{good}/{given.kills} end as the undisturbed run of {given.command}")
    return int(good < given.kills)


if __name__ == "__main__":
    sys.exit(main())
