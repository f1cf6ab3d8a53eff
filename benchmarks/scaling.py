"""Time and memory against size: preparing, a training step, and generating.

preparing   `jazzgen prepare` over 1, 10 and 100 times the study corpus, and 400 and 40,000 files of the
            reference corpus, from nothing
training    `jazzgen train` with the whole context on each of the corpora so prepared, left after some
            thousand steps: an epoch of the largest would take most of an hour
generating  `jazzgen generate-midi --takes` for as many takes as the study corpus has solos, 10 and 100 times
            as many

Larger corpora are transposed copies (`growth.py`). Each size is a process of its own (`probe.py`), whose peak
memory is its own and not that of its workers; sizes are measured in turns.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.corpus import write_corpus
from benchmarks.growth import grow
from benchmarks.playing import FORM
from benchmarks.rows import PLAIN, ROOT, Given, Row, SkippedError
from jazzgen.midi.find import midi_files

STUDIES = ROOT / "data" / "midi"
TIMES = (1, 10, 100)  # the study corpus, and as many takes
REFERENCE_SIZES = (400, 40_000)  # files of the reference corpus
RECIPE = ("--context", "all", "--graph", "fused")  # the unrolled graph takes ten seconds to build
STEPS = 2000  # a training is left after: by then more values were read than memory keeps (KEPT_VALUES)


class Stage(NamedTuple):
    """What a stage counts, what one of it is, and what memory may come to at its largest size: so many MB, or
    else so many times that of the smallest.
    """

    noun: str
    item: str
    most_mb: float | None = None
    most_times: float = 1.2


STAGES = {
    "preparing": Stage("files", "file", most_mb=500),
    # Besides the graph, memory has the solos that are kept encoded, and the shards that are mapped.
    "training": Stage("solos", "step", most_times=1.5),
    "generating": Stage("takes", "take"),
}


class Run(NamedTuple):
    """One process: `seconds` from start to end, `core_s` of it and its workers together, its `peak_mb`; of a
    training also the seconds before its first step, milliseconds a step and of a core a step in its first
    epoch, where every solo is encoded, and a step later on, where those that memory keeps are not (0: no such
    step was measured).
    """

    seconds: float
    core_s: float
    peak_mb: float
    start_s: float = 0.0
    step_ms: float = 0.0
    step_core_ms: float = 0.0
    later_ms: float = 0.0


@dataclass(frozen=True)
class Point:
    """A stage at a size: so many files, solos or takes, of the studies or the reference corpus."""

    stage: str
    of: str
    size: int
    runs: tuple[Run, ...]

    def samples(self, figure: Callable[[Run], float]) -> list[float]:
        """A figure of each run."""
        return [figure(run) for run in self.runs]

    @property
    def item_ms(self) -> list[float]:
        """Milliseconds a file or a take, from start to end, of each run; of a training a step of its first
        epoch, when warm.
        """
        if self.stage == "training":
            return self.samples(lambda run: run.step_ms)
        return self.samples(lambda run: 1000 * run.seconds / self.size)

    @property
    def item_core_ms(self) -> list[float]:
        """The same in milliseconds of a core: what a busy machine leaves comparable."""
        if self.stage == "training":
            return self.samples(lambda run: run.step_core_ms)
        return self.samples(lambda run: 1000 * run.core_s / self.size)

    @property
    def peak_mb(self) -> list[float]:
        """The most memory that the process held, of each run."""
        return self.samples(lambda run: run.peak_mb)

    def to_json(self) -> dict[str, Any]:
        """As JSON has it: the twin of `from_json`."""
        return asdict(self) | {"runs": [run._asdict() for run in self.runs]}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Point:
        """The point that `to_json` wrote."""
        return cls(**{**found, "runs": tuple(Run(**run) for run in found["runs"])})


# ------------------------------------------------------------------------------------------------- measuring


def measure(given: Given, stages: Sequence[str], at_most: int | None, steps: int) -> Iterator[list[Point]]:
    """The points of these `stages`, as soon as some are whole; without sizes above `at_most`, and without the
    reference corpus where its database does not exist.
    """
    if not Path("/proc/self/status").is_file():
        raise SkippedError("peak memory is read from /proc/self/status, which Linux has")
    studies = midi_files([STUDIES])
    sizes = [len(studies) * times for times in TIMES]
    if {"preparing", "training"} & {*stages}:
        yield [
            *_corpora("studies", studies, _small(sizes, at_most), given.repeats, stages, steps),
            *_reference(given, at_most, stages, steps),
        ]
    if "generating" in stages:
        yield _generating(_small(sizes, at_most), given.repeats)


def _small(sizes: Sequence[int], at_most: int | None) -> list[int]:
    return [size for size in sizes if at_most is None or size <= at_most]


def _reference(given: Given, at_most: int | None, stages: Sequence[str], steps: int) -> list[Point]:
    sizes = _small(REFERENCE_SIZES, at_most)
    if not sizes:
        return []
    try:
        database = given.corpus
    except SkippedError as skipped:
        print(f"the reference corpus is skipped, {skipped}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(database, Path(folder))
        return _corpora("reference corpus", midi_files([folder]), sizes, given.repeats, stages, steps)


def _corpora(
    of: str, sources: Sequence[Path], sizes: Sequence[int], repeats: int, stages: Sequence[str], steps: int
) -> list[Point]:
    """Preparing and training on so many transposed `sources`; sizes in turns."""
    found: dict[tuple[str, int], list[Run]] = {}
    with tempfile.TemporaryDirectory() as name:
        for size in sizes:
            grow(sources, Path(name, f"midi-{size}"), size)
        for size in [*sizes] * repeats:
            corpus, weights = Path(name, "corpus"), Path(name, "model.safetensors")
            shutil.rmtree(corpus, ignore_errors=True)
            prepared = _prepare(Path(name, f"midi-{size}"), corpus, size)
            if "preparing" in stages:
                _note(found, "preparing", size, prepared)
            if "training" in stages:
                command = ["train", str(corpus), *RECIPE, "-o", str(weights)]
                run, _ = _probe("--steps", str(steps), *command)
                _note(found, "training", size, run)
    return [Point(stage, of, size, tuple(runs)) for (stage, size), runs in found.items()]


def _prepare(data: Path, output: Path, size: int) -> Run:
    run, printed = _probe("prepare", str(data), "-o", str(output), "--json")
    if json.loads(printed[0])["solos"] != size:
        raise SystemExit(f"prepared {printed[0]} instead of {size} solos")
    return run


def _generating(sizes: Sequence[int], repeats: int) -> list[Point]:
    """Takes of 32 bars with the whole band; sizes in turns."""
    found: dict[tuple[str, int], list[Run]] = {}
    for size in [*sizes] * repeats:
        with tempfile.TemporaryDirectory() as folder:
            command = ["generate-midi", "--progression", FORM, "--choruses", "1", "--seed", "1"]
            run, _ = _probe(*command, "--takes", str(size), "-o", str(Path(folder, "take.mid")))
            if len([*Path(folder).glob("take-*.mid")]) != size:
                raise SystemExit(f"not all of {size} takes were written")
        _note(found, "generating", size, run)
    return [Point(stage, "takes of 32 bars", size, tuple(runs)) for (stage, size), runs in found.items()]


def _note(found: dict[tuple[str, int], list[Run]], stage: str, size: int, run: Run) -> None:
    found.setdefault((stage, size), []).append(run)
    print(f"{stage} {size:,}: {run}", file=sys.stderr, flush=True)


def _probe(*arguments: str) -> tuple[Run, list[str]]:
    """A jazzgen command in a process of its own: what it needed, and the lines it printed."""
    begin, core_before = time.perf_counter(), _core_s_of_children()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.probe", *arguments],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    took_s, core_s = time.perf_counter() - begin, _core_s_of_children() - core_before
    *printed, last = done.stdout.splitlines()
    found = json.loads(last)
    return Run(took_s, core_s, found["peak_mb"], found.get("start_s", 0.0), *_warm_ms(found)), printed


def _warm_ms(found: dict[str, Any]) -> tuple[float, float, float]:
    """Milliseconds a step and of a core a step in a training's first epoch, without its first piece, which
    compiles; and a step later on.
    """
    first, *later = found.get("epochs", [[]])
    step_ms, step_core_ms = _mean_ms(first[1:])
    return step_ms, step_core_ms, _mean_ms([piece for pieces in later for piece in pieces])[0]


def _mean_ms(pieces: Sequence[Sequence[float]]) -> tuple[float, float]:
    steps = sum(piece[0] for piece in pieces)
    took_s, core_s = (sum(piece[k] for piece in pieces) for k in (1, 2))
    return (1000 * took_s / steps, 1000 * core_s / steps) if steps else (0.0, 0.0)


def _core_s_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# ---------------------------------------------------------------------------------------------------- report


def rows(points: Sequence[Point]) -> list[Row]:
    """What has a target of the points of one stage: the largest size beside the smallest of the same data."""
    ends = _ends(points)
    return [*_rows_of(*ends)] if ends is not None else []


def _ends(points: Sequence[Point]) -> tuple[Point, Point] | None:
    """The smallest and the largest point of the data that reaches furthest; None where there are not two."""
    if not points:
        return None
    furthest = max(points, key=lambda point: point.size)
    ends = [point for point in points if point.of == furthest.of and all(point.item_ms)]
    return (ends[0], ends[-1]) if len(ends) > 1 else None


def _rows_of(small: Point, large: Point) -> Iterator[Row]:
    """Time and memory of a `large` point beside a `small` one."""
    stage = STAGES[large.stage]
    what = f"{large.stage} {'on ' if large.stage == 'training' else ''}{large.size:,} {stage.noun}"
    beside = f"of {small.size:,}"
    ratios = _pair_by_pair(small.item_ms, large.item_ms)
    yield Row(
        f"{what}, ms a {stage.item}",
        PLAIN.text(large.item_ms),
        f"{PLAIN.text(small.item_ms)} {beside}",
        statistics.median(ratios),
        "<= 1.2",
        f"{what}: times as long a {stage.item} as {beside}",
        {"measured": large.item_ms, "baseline": small.item_ms, "figure": ratios},
    )
    peaks = large.peak_mb if stage.most_mb else _pair_by_pair(small.peak_mb, large.peak_mb)
    whose = "the process" if large.stage == "training" else "the parent"
    yield Row(
        f"{what}, peak MB of {whose}",
        PLAIN.text(large.peak_mb),
        f"{PLAIN.text(small.peak_mb)} {beside}",
        max(peaks),  # the worst counts: memory does not come and go with the load of the machine
        f"<= {stage.most_mb or stage.most_times:g}",
        f"{what}: peak memory of {whose}, {'MB' if stage.most_mb else f'times that {beside}'}",
        {"measured": large.peak_mb, "baseline": small.peak_mb, "figure": peaks},
    )


def _pair_by_pair(small: Sequence[float], large: Sequence[float]) -> list[float]:
    return [b / a for a, b in zip(small, large, strict=True)]


TITLES = {
    "preparing": ("files", "seconds", "ms a file", "ms of a core a file", "peak MB of the parent"),
    "training": (
        "solos",
        "seconds before the first step",
        "ms a step, first epoch",
        "ms of a core",
        "ms a step, later",
        "peak MB of the process",
    ),
    "generating": ("takes", "seconds", "ms a take", "ms of a core a take", "peak MB of the parent"),
}


def table(stage: str, points: Sequence[Point], notes: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Titles and lines of a table of one stage's `points`, each with its note at the end."""
    titles = [stage, *TITLES[stage], "where"]
    return titles, [[*_cells(point), note] for point, note in zip(points, notes, strict=True)]


def _cells(point: Point) -> list[str]:
    training = point.stage == "training"
    seconds = point.samples(lambda run: run.start_s if training else run.seconds)
    later = [point.samples(lambda run: run.later_ms)] if training else []
    figures = [seconds, point.item_ms, point.item_core_ms, *later, point.peak_mb]
    return [point.of, f"{point.size:,}", *(PLAIN.text(found) if any(found) else "–" for found in figures)]
