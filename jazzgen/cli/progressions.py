"""`jazzgen progressions`: the built-in forms."""

from __future__ import annotations

import argparse
import json

from jazzgen.cli.common import Parser, add_json

SUMMARY = "List the built-in chord progressions."
EXAMPLE = "jazzgen progressions"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print one row a form, or with --json the chords of every built-in progression in every key."""
    from jazzgen.music.forms import builtin_names, find_progression

    names = builtin_names()
    if arguments.json:
        found = {name: find_progression(name) for name in names}
        print(json.dumps({name: [change.symbol for change in form.chords] for name, form in found.items()}))
        return
    # A name is a kind and a key: the first of each kind stands for all of its keys.
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.rpartition("-")[0], name)
    for first in firsts.values():
        form = find_progression(first)
        sections = " ".join(section.name for section in form.sections)
        print(
            f"{first:28}{len(form.bar_ticks):3} bars  {form.meters[0].signature:4} {form.style:9}"
            f"{form.title} ({sections})"
        )
    print("Each in all twelve keys: put another at the end, as in blues-bb.")
