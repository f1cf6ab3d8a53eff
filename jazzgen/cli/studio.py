"""`jazzgen studio`: takes made, changed and heard on a page in the browser."""

from __future__ import annotations

import argparse

from jazzgen.cli.common import Parser, adder, path

SUMMARY = "Make takes, change and hear them on a page in the browser."
EXAMPLE = "jazzgen studio"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.model.shipped import DEFAULT_MODEL

    add = adder(parser)
    add("--port", "the port on this machine; 0 takes a free one", type=int, metavar="N", default=8765)
    parser.add_argument("--lan", action="store_true", help="let in devices of this network, with a token")
    parser.add_argument("--no-browser", action="store_true", help="only print the link")
    add("--model", "a checkpoint, or the name of a shipped one", metavar="FILE", default=DEFAULT_MODEL)
    parser.add_argument(
        "--dir",
        type=path,
        metavar="FOLDER",
        help="where favourites are kept (default: jazzgen/favourites in your data folder)",
    )
    parser.add_argument(
        "--solos",
        type=path,
        metavar="DATA",
        help="MIDI files or a corpus in which the page looks up where a run of intervals comes from",
    )


def run(arguments: argparse.Namespace) -> None:
    """Serve the page until Ctrl-C."""
    from jazzgen.studio.serve import serve

    serve(
        port=arguments.port,
        lan=arguments.lan,
        browser=not arguments.no_browser,
        model=arguments.model,
        folder=arguments.dir,
        solos=None if arguments.solos is None else str(arguments.solos),
        say=lambda text: print(text, flush=True),
    )
