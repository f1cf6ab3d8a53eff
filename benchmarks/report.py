"""Figures to JSON, and JSON to Markdown: docs/figures.json and docs/figures.md.

The page is made of nothing but the JSON file, in which every figure says when and on what machine it was
measured; so one measurement can be made again without the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine, scaling
from benchmarks.rows import ROOT, Row, number, spread
from jazzgen.errors import DataError
from jazzgen.util.files import replacing

FIGURES = ROOT / "docs" / "figures.json"
PAGE = ROOT / "docs" / "figures.md"
PICTURE = ROOT / "docs" / "scaling.svg"
SCALE = "scale:"  # how the names of measurements against size begin

INTRODUCTION = """\
# Figures

What jazzgen promises, measured by `make benchmark` and `make scale`, which wrote this page from
[figures.json](figures.json). A speed stands beside its baseline in the same run, measured in turns: the ratio
counts, not the machine. Of repeats the median is given and, in brackets, the least and the most; the figure
is the median of the ratios pair by pair.
"""
AGAINST_SIZE = """\
`make scale` runs each command over ever more data, each size in a process of its own, sizes in turns. Larger
corpora are copies of the study solos ([data/midi](../data/midi/SOURCES.md)) or of the Weimar Jazz Database,
with every note transposed so that no solo repeats another. Preparing starts from nothing. Training is
`jazzgen train CORPUS {recipe}` on the corpus so prepared, left after {steps:,} steps or at its end: what
the end of an epoch needs is in the figures of the small corpora only. A step's time is the mean, without the
first twenty, which compile. In the first epoch every solo is encoded; later on those are not that memory has
kept, of which there is a limit. Its memory counts the shards that are mapped and were read, which the system
may drop. Takes have 32 bars and the whole band.
"""


@dataclass(frozen=True)
class Kept:
    """A row, or a point of `scaling`, as it is stored: which measurement gave it, when, on what machine."""

    measurement: str
    when: str  # 2026-11-24 18:05 UTC
    machine: machine.Machine
    found: Row | scaling.Point

    @property
    def subject(self) -> str:
        """What the measurement is about, as far as its name tells."""
        return self.measurement.removeprefix(SCALE)


def rows_of(kept: Iterable[Kept]) -> list[Row]:
    """The rows alone."""
    return [each.found for each in kept if isinstance(each.found, Row)]


def points_of(kept: Iterable[Kept]) -> list[scaling.Point]:
    """The points alone."""
    return [each.found for each in kept if isinstance(each.found, scaling.Point)]


def updated(stored: Iterable[Kept], new: Sequence[Kept], order: Sequence[str]) -> list[Kept]:
    """What is stored, with all that these measurements gave before replaced by what they gave now.

    In the `order` of measurements; what a measurement gave that is none any more is dropped.
    """
    again = {each.measurement for each in new}
    kept = [*(each for each in stored if each.measurement not in again), *new]
    known = [each for each in kept if each.measurement in order]
    return sorted(known, key=lambda each: order.index(each.measurement))


# ------------------------------------------------------------------------------------------------------ JSON


def write(path: Path, kept: Sequence[Kept]) -> None:
    """Store what `read` reads."""
    machines: list[machine.Machine] = []
    for each in kept:
        if each.machine not in machines:
            machines.append(each.machine)

    def as_json(each: Kept) -> dict[str, Any]:
        where = {"measurement": each.measurement, "when": each.when, "machine": machines.index(each.machine)}
        found = each.found
        if isinstance(found, scaling.Point):
            return where | found.to_json()
        figures = found.samples.get("figure", [found.figure])
        return where | asdict(found) | {
            "least": min(figures),
            "most": max(figures),
            "reached": found.reached,
        }  # fmt: skip

    stored: dict[str, list[Any]] = {
        "machines": machines,
        "rows": [as_json(each) for each in kept if isinstance(each.found, Row)],
        "points": [as_json(each) for each in kept if isinstance(each.found, scaling.Point)],
    }
    # A line each: what has changed since the last time is what a diff shows.
    lists = [f"{json.dumps(name)}: [\n{_lines(found)}\n]" for name, found in stored.items()]
    write_text(path, "{" + ",\n".join(lists) + "}\n")


def _lines(found: Iterable[Any]) -> str:
    return ",\n".join(json.dumps(_rounded(each), ensure_ascii=False) for each in found)


def _rounded(found: Any) -> Any:
    """Floats to six digits: no clock is better, and the file is read by people."""
    if isinstance(found, float):
        return float(f"{found:.6g}")
    if isinstance(found, Mapping):
        return {name: _rounded(value) for name, value in found.items()}
    return [_rounded(value) for value in found] if isinstance(found, list | tuple) else found


def read(path: Path) -> list[Kept]:
    """What is stored at `path`, nothing where there is no file; raises `DataError` for another file."""
    if not path.exists():
        return []
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        machines = stored["machines"]
        return [
            *(_kept(found, machines, _row) for found in stored["rows"]),
            *(_kept(found, machines, scaling.Point.from_json) for found in stored["points"]),
        ]
    except (OSError, ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        raise DataError(
            f"{path} does not hold figures of this benchmark ({error!r}); remove it or name another file"
        ) from error


def _kept(found: dict[str, Any], machines: Sequence[machine.Machine], make: Any) -> Kept:
    about = {name: found.pop(name) for name in ("measurement", "when", "machine")}
    return Kept(about["measurement"], about["when"], machines[about["machine"]], make(found))


def _row(found: dict[str, Any]) -> Row:
    derived = ("least", "most", "reached")
    return Row(**{name: value for name, value in found.items() if name not in derived})


# -------------------------------------------------------------------------------------------------- Markdown


def figure_text(row: Row) -> str:
    """The figure and its spread: "119 (112 to 131)"."""
    figures = row.samples.get("figure", [])
    text = number(row.figure)
    return f"{text} ({spread(figures)})" if len(set(figures)) > 1 else text


def to_markdown(rows: Sequence[Row], notes: Sequence[str]) -> str:
    """The rows as a Markdown table, each with its note at the end."""
    titles = ["what", "measured", "baseline", "figure", "to reach", "met", "where"]
    lines = []
    for row, note in zip(rows, notes, strict=True):
        met = "yes" if row.reached else "**no**"
        lines.append([row.what, row.measured, row.baseline, figure_text(row), row.target, met, note])
    return _table(titles, lines)


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    cells = [titles, ["---"] * len(titles), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


class Places:
    """When and where figures were measured, numbered as they come up."""

    def __init__(self) -> None:
        self._found: list[tuple[str, machine.Machine]] = []

    def number(self, each: Kept) -> str:
        """The number of the day and the machine of `each`."""
        place = (each.when.split()[0], each.machine)
        if place not in self._found:
            self._found.append(place)
        return str(self._found.index(place) + 1)

    def lines(self) -> list[str]:
        """Each in a line: the day, and the machine."""
        return [f"{day}: {machine.text(where)}." for day, where in self._found]


def page(kept: Sequence[Kept], subjects: Mapping[str, Sequence[str]], *, picture: bool = False) -> str:
    """docs/figures.md: headlines, a table for each of the `subjects` (a title, names of measurements), the
    tables of `scaling` with their picture, and where it was all measured.
    """
    places = Places()
    parts = [part for part in (INTRODUCTION, _in_short(kept)) if part]
    for title, names in subjects.items():
        of_subject = [each for each in kept if each.measurement in names and isinstance(each.found, Row)]
        if of_subject:
            notes = [places.number(each) for each in of_subject]
            parts.append(f"## {title}\n\n{to_markdown(rows_of(of_subject), notes)}")
    against_size = [each for each in kept if each.measurement.startswith(SCALE)]
    if against_size:
        parts.append(_against_size(against_size, places, picture))
    lines = [f"{number}. {line}" for number, line in enumerate(places.lines(), start=1)]
    parts.append("## Where and when\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _against_size(kept: Sequence[Kept], places: Places, picture: bool) -> str:
    parts = ["## Against size\n", AGAINST_SIZE.format(steps=scaling.STEPS, recipe=" ".join(scaling.RECIPE))]
    if picture:
        parts.append("![Time and peak memory against size, both axes logarithmic](scaling.svg)\n")
    for stage in scaling.STAGES:
        of_stage = [each for each in kept if each.subject == stage]
        points = [each for each in of_stage if isinstance(each.found, scaling.Point)]
        if points:
            notes = [places.number(each) for each in points]
            parts.append(_table(*scaling.table(stage, points_of(points), notes)))
    rows = [each for each in kept if isinstance(each.found, Row)]
    if rows:  # two sizes at least
        parts.append(to_markdown(rows_of(rows), [places.number(each) for each in rows]))
    return "\n".join(parts)


def _in_short(kept: Sequence[Kept]) -> str:
    """The rows with a headline as a table of their own."""
    titles = ["what", "measured", "baseline", "figure", "to reach"]
    lines = []
    for row in rows_of(kept):
        if row.headline:
            target = row.target if row.reached else f"{row.target} (**missed**)"
            lines.append([row.headline, row.measured, row.baseline, figure_text(row), target])
    return f"## In short\n\n{_table(titles, lines)}" if lines else ""


def write_page(kept: Sequence[Kept], subjects: Mapping[str, Sequence[str]]) -> None:
    """docs/figures.md, from what is stored."""
    write_text(PAGE, page(kept, subjects, picture=PICTURE.exists()))


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
