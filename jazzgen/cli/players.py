"""`jazzgen players`: whom a model can play like."""

from __future__ import annotations

import argparse
import json

from jazzgen.cli.common import Parser, add_json

SUMMARY = "List the players of a model's training solos, as --player takes them."
EXAMPLE = "jazzgen players"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.model.shipped import DEFAULT_MODEL

    parser.add_argument(
        "model",
        metavar="MODEL",
        nargs="?",
        default=DEFAULT_MODEL,
        help=f"a checkpoint, or the name of a shipped one (default: {DEFAULT_MODEL})",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print a name a line, or with --json a list of them."""
    from jazzgen.model.checkpoint import load_checkpoint
    from jazzgen.model.shipped import find_checkpoint

    players = load_checkpoint(find_checkpoint(arguments.model)).spec.players
    if arguments.json:
        print(json.dumps({"model": arguments.model, "players": list(players)}))
        return
    print("\n".join(players) if players else f"{arguments.model} knows no players")
