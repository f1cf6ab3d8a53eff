"""`jazzgen prepare`: MIDI files into a prepared corpus."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from jazzgen.cli.common import add_command, add_data, add_json, path, printable

__all__ = ["add_prepare"]

BACKENDS = ("loky", "dask", "ray", "spark")  # importing jazzgen.prepare would cost every command joblib
SHARD_SIZE = 256


def add_prepare(commands: Any) -> None:
    """`jazzgen prepare`: a prepared corpus from MIDI files."""
    parser = add_command(
        commands,
        "prepare",
        prepare,
        "Read MIDI files once, on all cores or a cluster, into a prepared corpus, which train and evaluate "
        "take as DATA. A second run reads only what is new or has changed; a run that was killed goes on.",
        "jazzgen prepare midi/ -o corpus/",
    )
    add_data(parser, "MIDI files, or folders that are searched recursively")
    parser.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="FOLDER",
        required=True,
        help="the corpus to make or bring up to date",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="workers (default: one a core)")
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
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


def prepare(arguments: argparse.Namespace) -> None:
    """Prepare the named files and say what the corpus holds."""
    from rich.console import Console

    from jazzgen.corpus.prepare import prepare as prepare_files
    from jazzgen.corpus.store import MANIFEST_FILE
    from jazzgen.util.progress import bar

    with bar(Console(stderr=True), "preparing", "files") as show:
        done = prepare_files(
            arguments.data,
            arguments.output,
            jobs=arguments.jobs,
            backend=arguments.backend,
            shard_size=arguments.shard_size,
            strict=arguments.strict,
            report=show,
        )
    if done.left_out:
        files = f"{done.left_out} file{'s'[: done.left_out > 1]}"
        manifest = arguments.output / MANIFEST_FILE
        text = f"{files} left out, {manifest} says why; the first: {done.first_reason}"
        print(f"jazzgen: {printable(text, spared='')}", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"corpus": str(arguments.output), **done._asdict()}))
        return
    print(
        f"{arguments.output}: {done.solos:,} solos ({done.notes:,} notes, {done.values:,} values) from "
        f"{done.files:,} files in {done.shards:,} shard{'s' * (done.shards != 1)}; "
        f"{done.read:,} files read, "
        f"{done.duplicates:,} duplicate{'s' * (done.duplicates != 1)}"
    )
