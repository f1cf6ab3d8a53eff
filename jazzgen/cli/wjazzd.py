"""`jazzgen wjazzd`: the Weimar Jazz Database as MIDI files."""

from __future__ import annotations

import argparse
import sys

from jazzgen.cli.common import Parser, add_jobs, path, plural, report_skipped
from jazzgen.cli.streams import printable

SUMMARY = "Turn the Weimar Jazz Database, from jazzomat.hfm-weimar.de, into one MIDI file a solo."
EXAMPLE = "jazzgen wjazzd wjazzd.db corpus/"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    parser.add_argument("database", metavar="DATABASE", type=path, help="wjazzd.db, the SQLite file")
    parser.add_argument(
        "folder", metavar="FOLDER", type=path, help="where the MIDI files go; made if it does not exist"
    )
    parser.add_argument(
        "--timing",
        choices=("metrical", "performed"),
        default="metrical",
        help="notes as annotated (default) or as played",
    )
    add_jobs(parser)


def run(arguments: argparse.Namespace) -> None:
    """Convert the database and say how many solos were written."""
    from rich.console import Console

    from jazzgen.corpus.wjazzd import convert
    from jazzgen.util.progress import bar

    with bar(Console(stderr=True), "writing", "solos") as show:
        done = convert(
            arguments.database, arguments.folder, timing=arguments.timing, jobs=arguments.jobs, report=show
        )
    report_skipped(done.skipped, "solo")
    for code, count in done.unknown.items():
        text = f"instrument {code!r} of {plural(count, 'solo')} is not known; written as tenor-sax"
        print(f"jazzgen: {printable(text, spared='')}", file=sys.stderr)
    print(
        f"{arguments.folder}: {done.written:,} of {plural(done.solos, 'solo')} ({arguments.timing}), "
        f"{plural(done.notes, 'note')}"
    )
