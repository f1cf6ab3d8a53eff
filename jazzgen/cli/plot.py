"""`jazzgen plot`: a solo, or all parts, as a picture."""

from __future__ import annotations

import argparse
from dataclasses import replace

from jazzgen.cli.common import Parser, add_output, add_reading, read, refuse_ending, refuse_idle
from jazzgen.errors import OptionError

SUMMARY = "Draw a solo against its chords, the parts of a band, or what a model expected of the solo."
EXAMPLE = "jazzgen plot take.mid -o take.svg"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.model.shipped import DEFAULT_MODEL

    add_reading(parser)
    add_output(parser, "x.svg|png")
    parser.add_argument("--parts", nargs="*", metavar="NAME", help="all tracks under one another, or these")
    parser.add_argument("--probabilities", action="store_true", help="what a model expected at each step")
    parser.add_argument("--model", metavar="FILE", help=f"for --probabilities (default: {DEFAULT_MODEL})")


def run(arguments: argparse.Namespace) -> None:
    """Draw a piano roll, with --parts of the tracks, or with --probabilities a heat map."""
    refuse_ending("plot", arguments.output, arguments.file)
    if arguments.probabilities:
        refuse_idle(arguments, ["parts"], "with --probabilities")
        _plot_probabilities(arguments)
        return
    refuse_idle(arguments, ["model"], "without --probabilities")
    if arguments.parts is None and arguments.track is not None and _names_drums(arguments):
        arguments.parts, arguments.track = [arguments.track], None
    if arguments.parts is not None:
        refuse_idle(arguments, ["track"], "with --parts, which takes names")
        _plot_parts(arguments)
        return
    from jazzgen.rendering import piano_roll

    solo = read(arguments).solo
    piano_roll.plot(solo, arguments.output)
    print(f"{arguments.output}: {len(solo.progression.bar_ticks)} bars, {len(solo.notes)} notes")


def _names_drums(arguments: argparse.Namespace) -> bool:
    """Whether `--track` names a track of drums, which is no line that could be read as a solo."""
    from jazzgen.midi.tracks import read_parts
    from jazzgen.music.score import DRUM_CHANNEL

    parts = read_parts(arguments.file, arguments.pickup)
    drums = {part.name.casefold() for part in parts if part.channel == DRUM_CHANNEL}
    return arguments.track.casefold() in drums


def _plot_parts(arguments: argparse.Namespace) -> None:
    from jazzgen.midi.tracks import read_parts
    from jazzgen.rendering.band_roll import plot_band

    found = read_parts(arguments.file, arguments.pickup)
    wanted = [name.casefold() for name in arguments.parts]
    missing = [
        name for name in arguments.parts if not any(name.casefold() in p.name.casefold() for p in found)
    ]
    if missing:
        known = ", ".join(part.name for part in found[:16])
        raise OptionError(f"no track {missing[0]!r}; those with notes are {known}")
    parts = [part for part in found if not wanted or any(name in part.name.casefold() for name in wanted)]
    solo = read(arguments).solo
    form = solo.progression.scaled(1 / solo.time_scale)
    plot_band(replace(solo, notes=(), progression=form, double_time=False), parts, arguments.output)
    names = ", ".join(part.name for part in parts)
    print(f"{arguments.output}: {len(form.bar_ticks)} bars, {names}")


def _plot_probabilities(arguments: argparse.Namespace) -> None:
    from jazzgen.improviser.improvise import expect
    from jazzgen.model.engine import NumpyEngine
    from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
    from jazzgen.rendering.heat_map import plot_probabilities

    model = DEFAULT_MODEL if arguments.model is None else arguments.model
    solo = read(arguments).solo
    probs = expect(NumpyEngine.load(find_checkpoint(model)), solo)
    plot_probabilities(solo, probs, arguments.output)
    print(f"{arguments.output}: {len(probs)} values against {model}")
