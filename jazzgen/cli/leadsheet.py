"""`jazzgen leadsheet`: a solo as notation."""

from __future__ import annotations

import argparse
from typing import Any

from jazzgen.cli.common import add_command, add_output, add_reading, plural, read

__all__ = ["add_parser", "run"]


def add_parser(commands: Any) -> None:
    """`jazzgen leadsheet`: a solo as notation."""
    parser = add_command(
        commands,
        "leadsheet",
        run,
        "Write a solo with its chord symbols as a lead sheet: MusicXML, SVG or PDF.",
        "jazzgen leadsheet take.mid -o take.svg --for Bb",
    )
    add_reading(parser)
    add_output(parser, "x.musicxml|svg|pdf")
    parser.add_argument(
        "--for",
        dest="key",
        choices=("C", "Bb", "Eb"),
        default="C",
        help="the instrument it is transposed for (default: C, as it sounds)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Engrave a solo."""
    from jazzgen.render.engrave import lead_sheet

    solo = read(arguments).solo
    pages = lead_sheet(solo, arguments.output, key=arguments.key)
    print(f"{arguments.output}: {plural(len(solo.progression.bar_ticks), 'bar')} on {plural(pages, 'page')}")
