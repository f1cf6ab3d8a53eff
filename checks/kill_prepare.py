"""Kill `jazzgen prepare` at random moments and see whether the next run ends as an undisturbed one.

    python -m checks.kill_prepare DATA [--times 20] [--seed 0] [--jobs 2]

Each time a corpus is begun from nothing (or, every other time, brought up to date after some of its files
were missing), the whole process group is killed with SIGKILL at a moment drawn over the length of an
undisturbed run, and `prepare` is run once more. The folder must then be, byte for byte, the undisturbed one,
with nothing else in it. The exit code is 1 if one is not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from jazzgen.midi.find import midi_files


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, hidden ones too, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def command(data: Path, output: Path, jobs: int) -> list[str]:
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


def kill(data: Path, times: int, rng: random.Random, jobs: int) -> int:
    """How many of `times` runs end as an undisturbed run; says so on a line each."""
    good = 0
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        begin = time.perf_counter()
        subprocess.run(command(data, work / "undisturbed", jobs), check=True, stdout=subprocess.DEVNULL)
        lasts_s = time.perf_counter() - begin
        expected = snapshot(work / "undisturbed")
        for number in range(times):
            output = work / f"{number}"
            if number % 2:
                _prepare_some(data, work, output, jobs, rng)
            after_s = rng.uniform(0, lasts_s)
            killed = run_killed(command(data, output, jobs), after_s)
            left = len(snapshot(output)) if output.exists() else 0
            subprocess.run(command(data, output, jobs), check=True, stdout=subprocess.DEVNULL)
            same = snapshot(output) == expected
            good += same
            how = f"killed after {after_s:.2f} s with {left} files" if killed else "had ended before"
            print(f"{number + 1:3} {how}: {'as undisturbed' if same else 'DIFFERENT'}", flush=True)
            shutil.rmtree(output)
    return good


def _prepare_some(data: Path, work: Path, output: Path, jobs: int, rng: random.Random) -> None:
    """A corpus of two thirds of the files under the same paths, as it stood before the others came."""
    some = work / "some"
    files = midi_files([data])
    for path in rng.sample(files, max(2 * len(files) // 3, 1)):
        target = some / path.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    subprocess.run(command(some, output, jobs), check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(some)


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill so many times; 1 if a result differs."""
    parser = argparse.ArgumentParser(
        description="Kill jazzgen prepare at random moments; compare the results."
    )
    parser.add_argument("data", metavar="DATA", type=Path, help="a folder of MIDI files")
    parser.add_argument("--times", metavar="N", type=int, default=20, help="default: 20")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the moments (default: 0)")
    parser.add_argument("--jobs", metavar="N", type=int, default=2, help="workers (default: 2)")
    given = parser.parse_args(arguments)
    good = kill(given.data.resolve(), given.times, random.Random(given.seed), given.jobs)  # noqa: S311
    print(f"{good}/{given.times} end as the undisturbed run")
    return int(good < given.times)


if __name__ == "__main__":
    sys.exit(main())
