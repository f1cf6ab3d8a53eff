"""`jazzgen evaluate`: how well a model predicts solos, or what a set of solos is like."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jazzgen.cli.common import (
    Parser,
    add_data,
    add_json,
    given,
    need_tensorflow,
    path,
    refuse_idle,
    report_charts,
    report_skipped,
    report_warned,
)
from jazzgen.errors import OptionError

if TYPE_CHECKING:
    from jazzgen.music.score import Solo

SUMMARY = (
    "Measure how well a model predicts solos, in nats (lower is better; 4.36 a value is chance); or, with "
    "--solos, describe solos in numbers beside people's."
)
CRITICS = ("features", "ngrams", "recurrent")  # those of `evaluation.critic`, which takes long to import
EXAMPLE = "jazzgen evaluate classic-64 data/midi --json; jazzgen evaluate --solos takes/ --report takes.md"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", help="a checkpoint, or the name of a shipped one"
    )
    add_data(parser, nargs="*")
    parser.add_argument(
        "--solos", metavar="DIR", type=path, nargs="+", help="instead of MODEL DATA: solos to describe"
    )
    parser.add_argument(
        "--against",
        metavar="DIR",
        type=path,
        nargs="+",
        help="compare them with these (default: statistics of the Weimar Jazz Database)",
    )
    parser.add_argument(
        "--critic",
        nargs="?",
        const="features",
        choices=(*CRITICS, "all"),
        help="train a classifier to tell them from those of --against, and say by what it can: by some 300 "
        "features (the default), by n-grams of intervals and steps, by a recurrent network that hears the "
        "notes (it needs jazzgen[train]), or by all three",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="the critic's (default: 0)")
    parser.add_argument(
        "--repeats",
        type=int,
        metavar="N",
        help="ask the critic with so many seeds, for the mean (default: 1)",
    )
    parser.add_argument("--report", metavar="FILE.md", help="write a page with plots beside it")
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a model's figures over solos, or those of the solos themselves."""
    if arguments.solos is None:
        refuse_idle(arguments, ("against", "critic", "seed", "repeats", "report"), "without --solos")
        if arguments.model is None or not arguments.data:
            raise OptionError("evaluate needs MODEL and DATA, or --solos DIR")
        _predict(arguments)
        return
    if arguments.model is not None:
        raise OptionError(f"evaluate takes MODEL DATA or --solos, not both: received {arguments.model!r} too")
    if arguments.against is None:
        refuse_idle(arguments, ("critic",), "without --against: it needs solos to compare with")
    if arguments.critic is None:
        refuse_idle(arguments, ("seed", "repeats"), "without --critic")
    _describe(arguments)


def _predict(arguments: argparse.Namespace) -> None:
    from jazzgen.evaluation.likelihood import evaluate
    from jazzgen.model.checkpoint import load_checkpoint
    from jazzgen.model.shipped import find_checkpoint

    checkpoint = load_checkpoint(find_checkpoint(arguments.model))
    figures = evaluate(checkpoint, _load(arguments.data, arguments))
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):20}{value if isinstance(value, int) else f'{value:.4f}'}")


def _describe(arguments: argparse.Namespace) -> None:
    from jazzgen.evaluation.report import as_json, as_text, assess, write_report
    from jazzgen.util.files import check_writable
    from jazzgen.util.parallel import cores

    critics = CRITICS if arguments.critic == "all" else (arguments.critic,) if arguments.critic else ()
    if "recurrent" in critics:
        need_tensorflow("the recurrent critic")
    if arguments.report is not None:
        check_writable(arguments.report)
    report = assess(
        _load(arguments.solos, arguments),
        _names(arguments.solos),
        None if arguments.against is None else _load(arguments.against, arguments),
        f"solos of {_names(arguments.against or [])}",
        critics=critics,
        seed=arguments.seed or 0,
        repeats=1 if arguments.repeats is None else arguments.repeats,
        jobs=cores() if critics else 1,
    )
    written = [] if arguments.report is None else write_report(report, arguments.report)
    if arguments.json:
        print(json.dumps(as_json(report)))
        return
    print(as_text(report))
    if written:
        print(
            f"{written[0]}: {report.solos} solos described, plots in {', '.join(p.name for p in written[1:])}"
        )


def _load(paths: list[Path], arguments: argparse.Namespace) -> Sequence[Solo]:
    from jazzgen.corpus.loading import load_solos

    asked = given(arguments)
    warned: list[str] = []
    solos, skipped = load_solos(paths, arguments.strict, given=asked, warn=warned.append)
    report_warned(warned)
    report_skipped(skipped)
    report_charts(paths, asked)
    return solos


def _names(folders: list[Path]) -> str:
    return ", ".join(folder.name or str(folder) for folder in folders)
