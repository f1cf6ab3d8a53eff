"""`jazzgen leadsheet`: a solo as notation."""

from __future__ import annotations

import argparse

from jazzgen.cli.common import Parser, add_output, add_reading, plural, read

SUMMARY = "Write a solo with its chord symbols as a lead sheet: MusicXML, SVG or PDF."
EXAMPLE = "jazzgen leadsheet take.mid -o take.svg --for Bb"


def add_options(parser: Parser) -> None:
    """The options of the command."""
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
    from jazzgen.rendering.engrave import lead_sheet

    solo = read(arguments).solo
    pages = lead_sheet(solo, arguments.output, key=arguments.key)
    print(f"{arguments.output}: {plural(len(solo.progression.bar_ticks), 'bar')} on {plural(pages, 'page')}")
