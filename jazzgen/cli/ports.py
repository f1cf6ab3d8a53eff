"""`jazzgen ports`: the machine's MIDI ports, and how long it takes to hear through them."""

from __future__ import annotations

import argparse
import json
from collections import deque

from jazzgen.cli.common import Parser, adder, plural, refuse_idle
from jazzgen.errors import OptionError

SUMMARY = "List the MIDI ports, or measure by tapping along what --latency is to subtract."
EXAMPLE = "jazzgen ports --tap --in keyboard --out synth"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    add = adder(parser)
    add(
        "--tap",
        "play 20 clicks; tap a key on each, and the median of how late the taps come is printed",
        action="store_true",
    )
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    add("--in", "with --tap: the port of the keys", metavar="PORT", dest="heard")
    add("--out", "with --tap: the port that plays the clicks, on channel 10", metavar="PORT", dest="played")


def run(arguments: argparse.Namespace) -> None:
    """List, or measure."""
    from jazzgen.live.ports import NO_PORTS, SystemPorts, find_port, quiet_libraries

    if not arguments.tap:
        refuse_idle(argparse.Namespace(**{"in": arguments.heard, "out": arguments.played}), ["in", "out"],
                    "without --tap")  # fmt: skip
    if arguments.tap and not (arguments.heard and arguments.played):
        raise OptionError("--tap needs --in and --out; without it jazzgen ports lists them")
    if arguments.tap and arguments.json:
        raise OptionError("--json is for the list; leave it out with --tap")
    with quiet_libraries():
        ports = SystemPorts()
        inputs, outputs = ports.inputs(), ports.outputs()
    if arguments.json:
        print(json.dumps({"inputs": inputs, "outputs": outputs}))
        return
    if not arguments.tap:
        for what, names in (("--in", inputs), ("--out", outputs)):
            for number, name in enumerate(names, 1):
                print(f"{what:6} {number:2}  {name}")
        if not inputs and not outputs:
            print(f"{NO_PORTS}, or play with jazzgen live --virtual")
        return
    heard = find_port(arguments.heard, inputs, "input")
    played = find_port(arguments.played, outputs, "output")
    print(f"tap a key of {heard} on each click of {played}")
    with quiet_libraries():
        _tap(heard, played)


def _tap(heard: str, played: str) -> None:
    from jazzgen.live.clock import SystemClock
    from jazzgen.live.output import Output
    from jazzgen.live.ports import SystemPorts
    from jazzgen.live.tap import measure

    taps: deque[tuple[bytes, float]] = deque()
    inlet = SystemPorts().open_input(heard, lambda message, second: taps.append((message, second)))
    output = Output(played)
    try:
        found = measure(output, taps, SystemClock())
    finally:
        output.close()
        inlet.close()
    print(
        f"{found.median_ms:.0f} ms late, the middle half within {found.spread_ms:.0f} ms of that, by "
        f"{plural(found.taps, 'tap')}: play with --latency {max(found.median_ms, 0):.0f}"
    )
