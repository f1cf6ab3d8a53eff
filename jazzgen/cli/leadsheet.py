"""`jazzgen leadsheet`: a solo as notation."""

from __future__ import annotations

import argparse

from jazzgen.cli.common import Parser, add_output, add_reading, plural, read, refuse_ending

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
        help="the instrument it is transposed for (default: C, as it sounds; of a take that is transposed "
        "already, the same)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Engrave a solo."""
    refuse_ending("leadsheet", arguments.output, arguments.file)
    from jazzgen.rendering.engrave import lead_sheet
    from jazzgen.rendering.rhythm import write_measures

    reading = read(arguments)
    pages = lead_sheet(reading, arguments.output, key=arguments.key)
    measures = write_measures(reading.solo)
    pickup = measures[0].pickup
    bars = plural(len(measures) - pickup, "bar") + " and a pick-up" * pickup
    said = f"{arguments.output}: {bars} on {plural(pages, 'page')}"
    if reading.transposed:
        said += f", for {arguments.key or reading.transposed} of a take transposed for {reading.transposed}"
    print(said)
