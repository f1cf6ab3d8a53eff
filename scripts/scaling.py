"""Measure time and peak memory against size: what `benchmark.py --scale` prints.

    python scripts/scaling.py                    preparing 1, 10 and 100 times the study corpus, and 400 and
                                                 40,000 files of the reference corpus (15 minutes and more)
    python scripts/scaling.py --files 400 4000   another size

A corpus is made larger by copies of its files with every note transposed, so that none repeats another.
Chords stay where they are: this is for measuring, not for music. Each size is prepared by a process of its
own, whose peak memory is its own and not that of its workers; sizes are measured in turns, and the median of
the repeats counts.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jazzgen.midi import midi_files

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "wjazzd" / "wjazzd.db"
STUDIES = ROOT / "data" / "midi"
SIZES = (400, 40_000)  # files of the reference corpus
TRANSPOSITIONS = sorted(range(-24, 25), key=abs)  # the corpus lies within MIDI notes 36..97
SOFTER = (0, 1, 2)  # off every velocity: three times as many
# Prints the most memory that the process itself ever held, in MB, after its command.
PROBE = """
import sys
from jazzgen.cli import main
code = main(sys.argv[1:])
peak = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak[0]) / 1024, file=sys.stdout)
sys.exit(code)
"""


class Measured(NamedTuple):
    """A stage at a size: how many `files`, `seconds` from start to end, `cpu_s` of the parent and its
    workers together, `peak_mb` of the parent.
    """

    stage: str
    files: int
    seconds: float
    cpu_s: float
    peak_mb: float

    @property
    def ms_a_file(self) -> float:
        """Milliseconds a file, from start to end."""
        return 1000 * self.seconds / self.files

    @property
    def cpu_ms_a_file(self) -> float:
        """Milliseconds of a core a file: what a busy machine leaves comparable."""
        return 1000 * self.cpu_s / self.files


# ------------------------------------------------------------------------------------------- larger corpora


def grow(sources: Sequence[Path], folder: Path, count: int) -> None:
    """Write `count` files into `folder`, 1,000 a subfolder: the sources, transposed as often as it takes."""
    variants = ((path, step, softer) for softer in SOFTER for step in TRANSPOSITIONS for path in sources)
    places: dict[Path, tuple[bytes, list[int]]] = {}
    for number, (path, step, softer) in enumerate(itertools.islice(variants, count)):
        if path not in places:
            data = path.read_bytes()
            places[path] = data, list(note_places(data))
        target = folder / f"{number // 1000:03}" / f"{path.stem}-{step:+}-{softer}.mid"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_moved(*places[path], step, softer))
    if number + 1 < count:
        raise SystemExit(f"{len(sources)} files give at most {number + 1} transposed ones, not {count}")


def _moved(data: bytes, places: Sequence[int], step: int, softer: int) -> bytes:
    moved = bytearray(data)
    for place in places:
        moved[place] += step
        moved[place + 1] = max(moved[place + 1] - softer, min(moved[place + 1], 1))  # 0 is a note's end
    return bytes(moved)


def note_places(data: bytes) -> Iterator[int]:
    """Where the pitches of a MIDI file's note events stand in its bytes; their velocities follow."""
    at = 14
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        at, status = at + 8, 0
        while at < end:
            _, at = _variable(data, at)
            if data[at] >= 0x80:
                status, at = data[at], at + 1
            if status in (0xFF, 0xF0, 0xF7):
                length, at = _variable(data, at + (status == 0xFF))
                at += length
            else:
                if status & 0xE0 == 0x80:  # note off, note on
                    yield at
                at += 1 if status & 0xE0 == 0xC0 else 2  # program and channel pressure have one byte


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length at `at`, and where it ends."""
    number = 0
    while True:
        number, byte, at = number << 7 | data[at] & 0x7F, data[at], at + 1
        if byte < 0x80:
            return number, at


# ------------------------------------------------------------------------------------------------- measuring


def preparing(sources: Sequence[Path], counts: Sequence[int], repeats: int) -> list[Measured]:
    """`jazzgen prepare` over so many files each, from nothing; sizes in turns, the largest once."""
    found: dict[int, list[Measured]] = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as name:
        for count in counts:
            grow(sources, Path(name, str(count)), count)
        for turn in range(repeats):
            for count in counts:
                if turn == 0 or count < max(counts) or count <= 1000:
                    measured = _prepare(Path(name, str(count)), Path(name, f"out-{turn}-{count}"), count)
                    print(f"{measured}", file=sys.stderr, flush=True)
                    found[count].append(measured)
        # The smallest once more after the largest: a machine that became busier meanwhile shows here.
        smallest = min(counts)
        found[smallest].append(_prepare(Path(name, str(smallest)), Path(name, "out-last"), smallest))
    return [_median(rows) for rows in found.values()]


def _prepare(data: Path, output: Path, count: int) -> Measured:
    command = [sys.executable, "-c", PROBE, "prepare", str(data), "-o", str(output), "--json"]
    begin, cpu_before = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, cpu_s = time.perf_counter() - begin, _cpu_of_children() - cpu_before
    counts, peak_mb = done.splitlines()
    if json.loads(counts)["solos"] != count:
        raise SystemExit(f"prepared {counts} instead of {count} solos")
    return Measured("prepare", count, seconds, cpu_s, float(peak_mb))


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _median(rows: Sequence[Measured]) -> Measured:
    return rows[0]._replace(
        seconds=statistics.median(row.seconds for row in rows),
        cpu_s=statistics.median(row.cpu_s for row in rows),
        peak_mb=max(row.peak_mb for row in rows),
    )


def studies(repeats: int) -> list[Measured]:
    """1, 10 and 100 times the study corpus."""
    sources = midi_files([STUDIES])
    return preparing(sources, [len(sources) * times for times in (1, 10, 100)], repeats)


def reference(corpus: Path, counts: Sequence[int], repeats: int) -> list[Measured]:
    """So many files each of the reference corpus."""
    with tempfile.TemporaryDirectory() as folder:
        script = ROOT / "scripts" / "wjazzd_to_midi.py"
        subprocess.run([sys.executable, script, corpus, folder], check=True, stdout=subprocess.DEVNULL)
        return preparing(midi_files([folder]), counts, repeats)


def to_markdown(rows: Sequence[Measured]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| stage | files | seconds | ms a file | ms of a core a file | peak MB of the parent |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.stage} | {row.files:,} | {row.seconds:.1f} | {row.ms_a_file:.1f} "
        f"| {row.cpu_ms_a_file:.1f} | {row.peak_mb:.0f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time and peak memory of preparing, against size.")
    parser.add_argument("--corpus", metavar="DB", type=Path, default=CORPUS, help="wjazzd.db")
    parser.add_argument("--files", metavar="N", type=int, nargs="+", default=list(SIZES), help="sizes")
    parser.add_argument("--repeats", metavar="N", type=int, default=3, help="of each size (default: 3)")
    given = parser.parse_args(arguments)
    rows = studies(given.repeats)
    if given.corpus.is_file():
        rows += reference(given.corpus.resolve(), given.files, given.repeats)
    else:
        print(f"the reference corpus is left out, there is no {given.corpus}", file=sys.stderr)
    print(to_markdown(rows), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
