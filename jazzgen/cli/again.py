"""`jazzgen again`: bars of a take played again, the rest kept."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jazzgen.cli.common import Parser, add_output, adder, fields_given, refuse_ending
from jazzgen.cli.generate_midi import add_layout, add_retime, add_wishes, line

if TYPE_CHECKING:
    from jazzgen.improviser.controls import Controls
    from jazzgen.takes.again import Again

SUMMARY = "Play bars of a take again and keep the rest as it is."
EXAMPLE = "jazzgen again take.mid --bars 9-16 --part solo --seed 7 -o new.mid"
LAYOUT = ("markers", "tracks", "channel", "transpose", "ppq")


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.music.progressions import STYLES
    from jazzgen.takes.again import CANDIDATES

    parser.add_argument("file", metavar="TAKE.mid", help="of jazzgen, or any with a solo and chords")
    add_output(parser, "the new file; the old one's name replaces it")
    add = adder(parser)
    add("--bars", "the first and the last, as your DAW counts them: 9-16 (default: all)", metavar="A-B")
    add("--part", "solo (default), band, or one of its tracks: piano, guitar, bass, drums", metavar="NAME")
    add("--seed", "the same seed plays the same bars (default: a new one)", type=int, metavar="N")
    add(
        "--candidates",
        f"of so many the one is taken that leads best into what follows (default: {CANDIDATES})",
        type=int,
        metavar="N",
    )
    parser.add_argument(
        "--again",
        metavar="'BARS NAME=VALUE ...'",
        action="append",
        help="an edit as a recipe names it, before the one of the other options",
    )
    add_retime(parser)
    add("--style", f"of new bars of the band: {', '.join(STYLES)} (default: the take's)", metavar="NAME")
    add("--model", "the checkpoint, where the recipe names none that ships", metavar="FILE")
    add("--primer", "the primer that the recipe names, if it does", metavar="FILE.mid")
    add_wishes(parser.add_argument_group("the new bars of a solo (default: as the take)"), None)
    add_layout(parser, None)


def run(arguments: argparse.Namespace) -> None:
    """Read the take, change it, write it, and say what it is."""
    refuse_ending("again", arguments.output, arguments.file)
    from jazzgen import midi
    from jazzgen.improviser.controls import Controls
    from jazzgen.takes.many import Written
    from jazzgen.takes.restore import read_take
    from jazzgen.takes.settings import Settings
    from jazzgen.util.files import check_writable

    _edits(arguments, Controls())  # what is wrong in any take is found before this one is made again
    Settings(retime=arguments.retime)
    asked = _layout(arguments)
    check_writable(arguments.output)
    take = read_take(arguments.file, model=arguments.model, primer=arguments.primer)
    layout = replace(take.layout, **asked)
    midi.check_files(take.arrangement, arguments.output, layout=layout, stems=arguments.stems)
    usual = take.settings.controls
    edits = _edits(arguments, usual)
    for edit in edits:
        take = take.edited(edit)
    if arguments.retime is not None:
        take = take.retimed(arguments.retime)
    take.write(arguments.output, layout=layout, stems=arguments.stems)
    print(line(Written.of(arguments.output, take)))
    for edit in edits:
        print(f"{arguments.output}: again {edit.text(usual)}")
    if take.origin is not None:
        print(f"{arguments.output}: kept as {take.origin.name} has it, which its recipe does not make")


def _edits(arguments: argparse.Namespace, usual: Controls) -> list[Again]:
    """All that is asked for, of a take with these controls."""
    from jazzgen.takes.again import Again

    edits = [Again.parse(text, usual) for text in arguments.again or ()]
    last = _edit(arguments, usual)
    return edits if last is None else [*edits, last]


def _edit(arguments: argparse.Namespace, usual: Controls) -> Again | None:
    """The edit that the options ask for; None where all are in --again."""
    from jazzgen.improviser.controls import Controls, parse_range
    from jazzgen.takes.again import CANDIDATES, SOLO, Again, parse_bars

    asked = {name: value for name, value in fields_given(arguments, Controls).items() if value is not None}
    if arguments.range is not None:
        asked["low"], asked["high"] = parse_range(arguments.range)
    own = (arguments.bars, arguments.part, arguments.seed, arguments.candidates, arguments.style)
    if (arguments.again or arguments.retime) and not asked and own == (None,) * 5:
        return None
    seed = arguments.seed
    if seed is None:
        seed = int.from_bytes(os.urandom(4), "little")  # chance; the seed is printed and stands in the file
    return Again(
        parse_bars(arguments.bars) if arguments.bars is not None else None,
        SOLO if arguments.part is None else arguments.part,
        seed,
        CANDIDATES if arguments.candidates is None else arguments.candidates,
        usual.changed(**asked) if asked else None,
        arguments.style or "",
    )


def _layout(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of a layout that the options ask for."""
    from jazzgen.midi.layout import Layout

    given = {name: getattr(arguments, name) for name in LAYOUT if getattr(arguments, name) is not None}
    if "channel" in given:
        given["channels"] = given.pop("channel")
    asked = Layout.parse(**given)
    return {name: getattr(asked, name) for name in given}
