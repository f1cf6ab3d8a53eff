"""`jazzgen players`: whom a model can play like."""

from __future__ import annotations

import argparse
import json

from jazzgen.cli.common import Parser, add_json
from jazzgen.errors import OptionError

SUMMARY = "List the players of a model's training solos, as --player takes them."
EXAMPLE = "jazzgen players"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.model.shipped import DEFAULT_MODEL

    parser.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        help=f"a checkpoint, or the name of a shipped one (default: {DEFAULT_MODEL})",
    )
    parser.add_argument("--model", metavar="MODEL", dest="named", help="the same, as other commands take it")
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a name a line, or with --json a list of them."""
    from jazzgen.model.checkpoint import load_checkpoint
    from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint

    if None not in (arguments.model, arguments.named):
        raise OptionError(f"players takes one model, received {arguments.model!r} and {arguments.named!r}")
    model = next((one for one in (arguments.model, arguments.named) if one is not None), DEFAULT_MODEL)
    players = load_checkpoint(find_checkpoint(model)).spec.players
    if arguments.json:
        print(json.dumps({"model": model, "players": list(players)}))
        return
    print("\n".join(players) if players else f"{model} knows no players")
