"""`jazzgen wjazzd`: the Weimar Jazz Database as MIDI files."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from jazzgen.cli.common import add_command, add_jobs, path, plural, report_skipped
from jazzgen.cli.streams import printable

__all__ = ["add_parser", "run"]


def add_parser(commands: Any) -> None:
    """`jazzgen wjazzd`: one MIDI file a solo of the Weimar Jazz Database."""
    parser = add_command(
        commands,
        "wjazzd",
        run,
        "Turn the Weimar Jazz Database, from jazzomat.hfm-weimar.de, into one MIDI file a solo.",
        "jazzgen wjazzd wjazzd.db corpus/",
    )
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
