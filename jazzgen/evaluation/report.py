"""A report on a set of solos: statistics compared with a reference's, the critics' results, plots.

In: solos, and what to compare them with. Out: a `Report`, as text for a terminal (`as_text`), as a JSON
object (`as_json`) or as a Markdown page with its plots beside it (`write_report`). The same report is the
same bytes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jazzgen.errors import DataError
from jazzgen.evaluation.comparison import Comparison, Reference, compare, corpus_reference, reference_of
from jazzgen.evaluation.critic import Verdict, discriminate
from jazzgen.evaluation.recoding import recoded
from jazzgen.evaluation.statistics import HISTOGRAMS, describe, histograms
from jazzgen.music.note_arrays import FloatArray
from jazzgen.music.score import Solo
from jazzgen.util.files import check_writable, replacing
from jazzgen.util.packages import optional

SHOWN = 20  # features that the critic's table names


@dataclass(frozen=True)
class Report:
    """A set of `solos` with `notes`, called `name`, its `reference`; `verdicts` are those of the critics that
    were asked.
    """

    name: str
    solos: int
    notes: int
    reference: Reference
    rows: tuple[Comparison, ...]
    histograms: Mapping[str, FloatArray]
    verdicts: tuple[Verdict, ...]


def assess(
    solos: Sequence[Solo],
    name: str,
    against: Sequence[Solo] | None = None,
    against_name: str = "",
    critics: Sequence[str] = (),
    seed: int = 0,
    repeats: int = 1,
    jobs: int = 1,
) -> Report:
    """Compare `solos` with others, both encoded and decoded.

    Parameters
    ----------
    solos, name
        The solos to describe and what the report calls them.
    against, against_name
        The solos to compare with and what they are called; None takes the statistics of the corpus.
    critics, seed, repeats, jobs
        The kinds of critic to train as well, and how: see `critic.discriminate`.

    Returns
    -------
    The report.

    Raises
    ------
    DataError
        Where there is no note to describe, or there are no solos for the critic to compare with.
    """
    played = [recoded(solo) for solo in solos if solo.notes]
    if not played:
        raise DataError(
            f"nothing to describe: {len(solos)} solos without a note; give at least one with notes"
        )
    if critics and against is None:
        raise DataError("the critic needs solos to compare with, and what ships is only their statistics")
    others = [recoded(solo) for solo in against or ()]
    reference = corpus_reference() if against is None else reference_of(others, against_name)
    return Report(
        name=name,
        solos=len(played),
        notes=sum(len(solo.notes) for solo in played),
        reference=reference,
        rows=tuple(compare(describe(played), reference)),
        histograms=histograms(played),
        verdicts=tuple(discriminate(others, played, seed, kind, repeats, jobs) for kind in critics),
    )


# ------------------------------------------------------------------------------------------ for programs


def as_json(report: Report) -> dict[str, Any]:
    """The report as a JSON object; what is not a number (nan) is null. The result of one critic is `critic`,
    those of several are `critics`, by kind.
    """
    found: dict[str, Any] = {
        "solos": report.solos,
        "notes": report.notes,
        "reference": report.reference.source,
        "statistics": {row.name: _numbers(row) for row in report.rows},
    }
    if len(report.verdicts) == 1:
        found["critic"] = asdict(report.verdicts[0])
    elif report.verdicts:
        found["critics"] = {verdict.kind: asdict(verdict) for verdict in report.verdicts}
    return found


def _numbers(row: Comparison) -> dict[str, float | bool | None]:
    numbers = {
        "mean": row.found.mean,
        "low": row.found.band[0],
        "high": row.found.band[1],
        "median": row.found.median,
        "sd": row.found.sd,
        "reference_mean": row.reference.mean,
        "reference_low": row.reference.band[0],
        "reference_high": row.reference.band[1],
        "effect": row.effect,
        "overlap": row.overlap,
        "divergence": row.divergence,
    }
    return {name: None if math.isnan(number) else number for name, number in numbers.items()} | {
        "in_band": row.in_band
    }


# ------------------------------------------------------------------------------------------- for people

HEADS = ("statistic", "mean", "10..90 %", "reference", "its 10..90 %", "in band", "overlap", "divergence")


def _cells(row: Comparison) -> tuple[str, ...]:
    return (
        row.label,
        _n(row.found.mean),
        "..".join(map(_n, row.found.band)),
        _n(row.reference.mean),
        "..".join(map(_n, row.reference.band)),
        "yes" if row.in_band else "NO",
        _n(row.overlap),
        _n(row.divergence),
    )


def _n(number: float) -> str:
    """As many digits as one reads, or a dash for what is no number."""
    if math.isnan(number):
        return "-"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.3f}"


def as_text(report: Report) -> str:
    """The report for a terminal: a table, and the critics' results."""
    table = [HEADS, *map(_cells, report.rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        f"{report.solos} solos, {report.notes} notes; reference: {report.reference.solos} "
        f"{report.reference.source}",
        "",
        *("  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table),
    ]
    heads = ("what gives it away", "reference", "these", "distance")
    for verdict in report.verdicts:
        lines += ["", *_verdict(verdict)]
        rows = [heads, *_giveaways(verdict)] if verdict.giveaways else []
        lines += [""] * bool(rows)
        for feature, *numbers in rows:
            lines.append(f"{feature:42}" + "".join(f"{number:>10}" for number in numbers))
    return "\n".join(lines)


def _verdict(verdict: Verdict) -> list[str]:
    low, high = verdict.interval
    others = ", ".join(f"{name} {value:.3f}" for name, value in verdict.by_classifier.items())
    seeds = len(verdict.by_seed)
    mean = f", mean of {seeds} seeds" if seeds > 1 else ""
    return [
        f"critic by {verdict.kind}: AUC {verdict.auc:.3f} ({low:.3f} to {high:.3f}), "
        f"{verdict.stronger}{mean}; 0.5 = cannot tell",
        f"{verdict.human_excerpts} reference and {verdict.generated_excerpts} other excerpts of 16 bars, "
        f"{verdict.tunes} tunes; {others}",
    ]


def _giveaways(verdict: Verdict) -> Iterator[tuple[str, ...]]:
    for row in verdict.giveaways[:SHOWN]:
        yield row.feature, _n(row.human), _n(row.generated), f"{row.distance:+.2f}"


def as_markdown(report: Report, plots: Sequence[tuple[str, str]] = ()) -> str:
    """The report as a page; `plots` are (caption, file name beside the page)."""
    lines = [
        f"# {report.name}",
        "",
        f"{report.solos} solos, {report.notes} notes, beside {report.reference.solos} "
        f"{report.reference.source}.",
        "",
        "Means and bands (10th to 90th percentile) are over solos. Overlap (0..1) and divergence (nats) are "
        "those of MGEval (Yang and Lerch, 2020): distances inside the set against those to the reference. "
        "What each row counts stands in `jazzgen/evaluation/statistics.py`.",
        "",
        *_markdown_table(HEADS, map(_cells, report.rows)),
    ]
    for caption, file in plots:
        lines += ["", f"![{caption}]({file})"]
    heads = ("what gives it away", "reference", "these", "distance in standard deviations")
    for verdict in report.verdicts:
        lines += ["", f"## Critic by {verdict.kind}", "", *_verdict(verdict)]
        if verdict.giveaways:
            cells = ((row[0].replace("\\", "\\\\"), *row[1:]) for row in _giveaways(verdict))
            lines += ["", *_markdown_table(heads, cells)]
    return "\n".join(lines) + "\n"


def _markdown_table(heads: Sequence[str], rows: Iterable[tuple[str, ...]]) -> list[str]:
    first, *rest = (f"| {' | '.join(cells)} |" for cells in (heads, *rows))
    return [first, "|---" * len(heads) + "|", *rest]


# ------------------------------------------------------------------------------------------------ the file


def write_report(report: Report, path: str | os.PathLike[str]) -> list[Path]:
    """Write the page at `path` and its plots, SVG files, beside it; returns all that was written.

    Raises `MissingPackageError` without matplotlib, `OutputError` where nothing can be written.
    """
    path = Path(path)
    check_writable(path)
    drawn = {
        f"{path.stem}-bands.svg": (
            "Each statistic's mean and band against the reference's",
            _draw_bands(report),
        ),
        f"{path.stem}-histograms.svg": ("Histograms over all notes", _draw_histograms(report)),
    }
    for name, (_, figure) in drawn.items():
        with replacing(path.with_name(name)) as file:
            _save(figure, file)
    with replacing(path) as file:
        text = as_markdown(report, [(caption, name) for name, (caption, _) in drawn.items()])
        file.write_text(text, encoding="utf-8", errors="surrogateescape")  # a file's name may be any bytes
    return [path, *(path.with_name(name) for name in drawn)]


THESE, REFERENCE = "#D55E00", "#0072B2"  # vermilion and blue of Okabe and Ito, as in the piano roll


def _figure(width: float, height: float) -> Any:
    """An empty figure of matplotlib's, in inches."""
    return optional("matplotlib.figure", "plot", "a report").Figure((width, height), layout="constrained")


def _save(figure: Any, file: Path) -> None:
    """As SVG with the same bytes each time: no date, and names that do not depend on chance."""
    with optional("matplotlib", "plot", "a report").rc_context({"svg.hashsalt": "jazzgen"}):
        figure.savefig(file, format="svg", metadata={"Date": None})


def _draw_bands(report: Report) -> Any:
    """Each statistic on a line of its own, in units of the reference's band: it spans -1..1, its middle 0."""
    rows = [row for row in report.rows if row.found.values and row.reference.values]
    figure = _figure(8, 0.6 + 0.28 * len(rows))
    axes = figure.add_subplot()
    axes.axvspan(-1, 1, color=REFERENCE, alpha=0.15, label="reference, 10..90 %")
    for y, row in enumerate(rows):
        low, high = row.reference.band
        middle, half = (low + high) / 2, max((high - low) / 2, 1e-9)
        ours = np.clip((np.array([*row.found.band, row.found.mean]) - middle) / half, -4, 4)
        axes.plot(ours[:2], [y, y], color=THESE, linewidth=3, solid_capstyle="butt")
        axes.plot(ours[2], y, "o", color=THESE, label="" if y else "these: mean and 10..90 %")
        axes.plot(
            (row.reference.mean - middle) / half,
            y,
            "|",
            color=REFERENCE,
            markersize=12,
            label="" if y else "reference, mean",
        )
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(-4.2, 4.2), xlabel="in half bands of the reference")
    axes.legend(loc="lower right")
    return figure


def _draw_histograms(report: Report) -> Any:
    """The four histograms, these solos' bars over the reference's outline."""
    figure = _figure(8, 9)
    for axes, (name, (unit, first, last)) in zip(figure.subplots(4), HISTOGRAMS.items(), strict=True):
        bins = np.arange(first, last + 1)
        axes.bar(bins, report.histograms[name], color=THESE, alpha=0.6, label="these")
        axes.step(bins, report.reference.histograms[name], where="mid", color=REFERENCE, label="reference")
        axes.set(title=name, xlabel=unit)
    figure.axes[0].legend()
    return figure
