"""Measure what jazzgen promises, each figure beside its baseline in the same run.

    python -m benchmarks                        everything, as a table (a quarter of an hour)
    python -m benchmarks --only chords engines  some of it
    python -m benchmarks --scale                time and memory against size instead (forty minutes)
    python -m benchmarks --record               and write it down: docs/figures.json, docs/figures.md; figures
                                                that are not measured now stay
    python -m benchmarks --pages                measure nothing, write the page from the JSON file
    python -m benchmarks --json FILE --markdown FILE

Medians of repeats, with the least and the most (`benchmarks/rows.py`). Figures about the reference corpus
need its database (--corpus); without it they are skipped, and a line says so. On a busy machine figures are
worth little: a warning comes first. The exit code is 1 if a figure misses its target.

What is measured stands in `benchmarks/`, a file for each subject.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from benchmarks import by_hand, corpus, files, machine, model, picture, playing, report, scaling
from benchmarks.report import Kept
from benchmarks.rows import ROOT, Given, Row, SkippedError
from jazzgen.errors import JazzgenError
from jazzgen.util.files import check_writable
from jazzgen.util.packages import optional

Measurement = Callable[[Given], list[Row]]

CORPUS = ROOT.parent / "shared" / "wjazzd" / "wjazzd.db"
DINOSAURS = ROOT.parent / "shared" / "names" / "dinos.txt"
SUBJECTS: Mapping[str, Mapping[str, Measurement]] = {
    "The corpus, and models on it": corpus.MEASUREMENTS,
    "The model and its training": model.MEASUREMENTS,
    "Reading and preparing MIDI files": files.MEASUREMENTS,
    "Playing": playing.MEASUREMENTS,
    "Recurrent networks by hand, and names": by_hand.MEASUREMENTS,
}
MEASUREMENTS = {name: measure for subject in SUBJECTS.values() for name, measure in subject.items()}
ORDER = [*MEASUREMENTS, *(report.SCALE + stage for stage in scaling.STAGES)]
BUSY = 0.5  # processes that want a core besides this one
LEAST_STEPS = 100  # of a training: the first twenty compile


def main(arguments: Sequence[str] | None = None, clock: Callable[[], datetime] | None = None) -> int:
    """Measure, print, write; 1 if a target is missed."""
    given = _arguments(arguments)
    try:
        if given.pages or given.record:
            optional("matplotlib", "plot", "drawing time and memory against size")
        if given.pages:
            _write_pages()
            return 0
        # What cannot be read or written is found out now, not after the measuring.
        stored = {path: report.read(path) for path in _json_files(given)}
        for path in [*stored, *([given.markdown] if given.markdown else [])]:
            check_writable(path)
        kept: list[Kept] = []
        for found in measured(given, clock or partial(datetime.now, UTC)):
            kept += found
            for path, before in stored.items():  # each time: a run that is cut off keeps what it has
                report.write(path, report.updated(before, kept, ORDER))
        table = report.page(kept, SUBJECTS)
        print(table, end="")
        if given.markdown:
            report.write_text(given.markdown, table)
        if given.record:
            _write_pages()
    except JazzgenError as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 2
    return int(not all(row.reached for row in report.rows_of(kept)))


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Measure what jazzgen promises, each figure beside its baseline."
    )
    parser.add_argument("--corpus", metavar="DB", type=Path, default=CORPUS, help="wjazzd.db")
    parser.add_argument("--names", metavar="FILE", type=Path, default=DINOSAURS, help="dinos.txt")
    parser.add_argument("--repeats", metavar="N", type=int, default=3, help="of each timed pair (default: 3)")
    parser.add_argument("--only", metavar="NAME", nargs="+", help="some measurements (default: all)")
    parser.add_argument("--scale", action="store_true", help="time and memory against size instead")
    parser.add_argument("--at-most", metavar="N", type=int, help="with --scale: no sizes above N")
    parser.add_argument(
        "--steps",
        metavar="N",
        type=int,
        default=scaling.STEPS,
        help=f"with --scale: leave each training after so many steps (default: {scaling.STEPS})",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="put the figures into a JSON file too")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the page to a file too")
    writing = parser.add_mutually_exclusive_group()
    writing.add_argument(
        "--record", action="store_true", help="put the figures into docs/, beside those there"
    )
    writing.add_argument("--pages", action="store_true", help="write docs/figures.md, measure nothing")
    given = parser.parse_args(arguments)
    if (fault := _fault(given)) is not None:
        parser.error(fault)
    return given


def _fault(given: argparse.Namespace) -> str | None:
    """What is wrong with the options, as far as the parser does not see it."""
    names = [*(scaling.STAGES if given.scale else MEASUREMENTS)]
    for name in given.only or ():
        if name not in names:
            return f"--only must be among {', '.join(names)}, received {name}"
    if given.repeats < 1:
        return f"--repeats must be 1 or more, received {given.repeats}"
    if given.steps < LEAST_STEPS:
        return f"--steps must be {LEAST_STEPS} or more, received {given.steps}"
    all_sizes = given.at_most is None and given.steps == scaling.STEPS
    if not given.scale and not all_sizes:
        return "--at-most and --steps are for --scale"
    if given.scale and given.record and not (all_sizes and given.corpus.is_file()):
        return (
            "--record --scale wants all sizes: leave --at-most and --steps out, and name wjazzd.db with "
            f"--corpus, received {given.corpus}"
        )
    return None


def _json_files(given: argparse.Namespace) -> list[Path]:
    return [*([given.json] if given.json else []), *([report.FIGURES] if given.record else [])]


def measured(given: argparse.Namespace, clock: Callable[[], datetime]) -> Iterator[list[Kept]]:
    """What is asked for, a measurement after the other, each with the time at which it was done."""
    where = machine.describe()
    if (load := machine.load()) > BUSY:
        print(f"the machine is busy already (load {load:.1f}): its figures will be so, too", file=sys.stderr)

    def keep(name: str, found: Sequence[Row | scaling.Point]) -> list[Kept]:
        return [Kept(name, f"{clock():%Y-%m-%d %H:%M} UTC", where, each) for each in found]

    options = Given(given.repeats, given.corpus, given.names)
    if given.scale:
        for points in scaling.measure(options, given.only or [*scaling.STAGES], given.at_most, given.steps):
            for stage in dict.fromkeys(point.stage for point in points):
                of_stage = [point for point in points if point.stage == stage]
                yield keep(report.SCALE + stage, [*of_stage, *scaling.rows(of_stage)])
        return
    for name in dict.fromkeys(given.only or MEASUREMENTS):
        print(f"{name} ...", file=sys.stderr)
        try:
            yield keep(name, MEASUREMENTS[name](options))
        except SkippedError as skipped:
            print(f"{name}: skipped, {skipped}", file=sys.stderr)


def _write_pages() -> None:
    kept = report.read(report.FIGURES)
    if points := report.points_of(kept):
        picture.draw(points, report.PICTURE)
    report.write_page(kept, SUBJECTS)


if __name__ == "__main__":
    sys.exit(main())
