"""`jazzgen prepare`: MIDI files into a prepared corpus."""

from __future__ import annotations

import argparse
import json
import sys

from jazzgen.cli.common import (
    Parser,
    add_data,
    add_jobs,
    add_json,
    given,
    path,
    plural,
    report_charts,
    report_warned,
)
from jazzgen.cli.streams import printable

SUMMARY = (
    "Read MIDI files once, on all cores or a cluster, into a prepared corpus, which train and evaluate "
    "take as DATA. A second run reads only what is new or has changed; a run that was killed goes on."
)
EXAMPLE = "jazzgen prepare midi/ -o corpus/"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.corpus.store import SHARD_SIZE

    add_data(parser, "MIDI files, or folders that are searched recursively")
    parser.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="FOLDER",
        required=True,
        help="the corpus to make or bring up to date",
    )
    add_jobs(parser)
    parser.add_argument(
        "--backend",
        metavar="NAME",
        default="loky",
        help="who runs the workers: this machine (loky, the default) or the cluster that dask, ray or spark "
        "are set up for",
    )
    parser.add_argument(
        "--shard-size",
        type=int,
        metavar="N",
        default=SHARD_SIZE,
        help=f"files a shard on average, at most four times as many (default: {SHARD_SIZE})",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Prepare the named files and say what the corpus holds."""
    from rich.console import Console

    from jazzgen.corpus.prepare import prepare
    from jazzgen.corpus.store import MANIFEST_FILE, as_stored
    from jazzgen.util.progress import bar

    asked = given(arguments)
    warned: list[str] = []
    with bar(Console(stderr=True), "preparing", "files") as show:
        done = prepare(
            arguments.data,
            arguments.output,
            jobs=arguments.jobs,
            backend=arguments.backend,
            shard_size=arguments.shard_size,
            strict=arguments.strict,
            report=show,
            given=asked,
            warn=warned.append,
        )
    report_warned(warned)
    report_charts(arguments.data, asked)
    if done.skipped:
        manifest = arguments.output / MANIFEST_FILE
        text = f"{plural(done.skipped, 'file')} skipped, {manifest} says why; the first: {done.first_reason}"
        print(f"jazzgen: {printable(text, spared='')}", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"corpus": str(arguments.output), **as_stored(done._asdict())}))
        return
    print(
        f"{arguments.output}: {plural(done.solos, 'solo')} ({plural(done.notes, 'note')}, "
        f"{plural(done.values, 'value')}) from {plural(done.files, 'file')} "
        f"in {plural(done.shards, 'shard')}; {plural(done.read, 'file')} read, "
        f"{plural(done.duplicates, 'duplicate')}"
    )
