"""`jazzgen plot`: a solo as a picture."""

from __future__ import annotations

import argparse

from jazzgen.cli.common import Parser, add_output, add_reading, read, refuse_ending, refuse_idle

SUMMARY = "Draw a solo against its chords, or what a model expected of it."
EXAMPLE = "jazzgen plot take.mid -o take.svg"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.model.shipped import DEFAULT_MODEL

    add_reading(parser)
    add_output(parser, "x.svg|png")
    parser.add_argument("--probabilities", action="store_true", help="what a model expected at each step")
    parser.add_argument("--model", metavar="FILE", help=f"for --probabilities (default: {DEFAULT_MODEL})")


def run(arguments: argparse.Namespace) -> None:
    """Draw a piano roll, or with --probabilities a heat map."""
    refuse_ending("plot", arguments.output, arguments.file)
    if not arguments.probabilities:
        from jazzgen.rendering import piano_roll

        refuse_idle(arguments, ["model"], "without --probabilities")
        solo = read(arguments).solo
        piano_roll.plot(solo, arguments.output)
        print(f"{arguments.output}: {len(solo.progression.bar_ticks)} bars, {len(solo.notes)} notes")
        return
    from jazzgen.improviser.improvise import expect
    from jazzgen.model.engine import NumpyEngine
    from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
    from jazzgen.rendering.heat_map import plot_probabilities

    model = DEFAULT_MODEL if arguments.model is None else arguments.model
    solo = read(arguments).solo
    probs = expect(NumpyEngine.load(find_checkpoint(model)), solo)
    plot_probabilities(solo, probs, arguments.output)
    print(f"{arguments.output}: {len(probs)} values against {model}")
