"""The `jazzgen` command: a thin skin that parses, makes one library call and says on one line what was
written.

Slow imports sit inside the command that needs them, so that `generate-midi` pays for neither TensorFlow nor
music21. What the user got wrong is one line on standard error and exit code 2; a traceback is a bug.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

from jazzgen import __version__
from jazzgen.cli.common import Parser, PlainOutput, printable
from jazzgen.cli.learning import add_train
from jazzgen.cli.looking import add_inspect, add_progressions
from jazzgen.cli.measuring import add_evaluate
from jazzgen.cli.naming import add_names
from jazzgen.cli.playing import add_generate
from jazzgen.cli.preparing import add_prepare
from jazzgen.cli.rendering import add_leadsheet, add_plot, add_render
from jazzgen.errors import JazzgenError

__all__ = ["main"]

OK, WRONG, INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own by default) and return the exit code: 0 done, 2 wrong
    input.
    """
    try:
        with redirect_stdout(PlainOutput(sys.stdout)):
            arguments = build_parser().parse_args(argv)
            command: Callable[[argparse.Namespace], None] = arguments.command
            command(arguments)
            print(end="", flush=True)
    except JazzgenError as error:
        print("jazzgen: " + printable(" ".join(str(error).split())), file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("jazzgen: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()  # the reader of our output has gone: `jazzgen inspect x.mid | head`
    except OSError as error:
        if error.filename is not None:  # not of standard output, which has no name here: a bug
            raise
        _silence_stdout()
        print(f"jazzgen: cannot write standard output: {error.strerror}", file=sys.stderr)
        return WRONG
    return OK


def _silence_stdout() -> None:
    """Python flushes what is left while closing, and would complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def build_parser() -> Parser:
    """The whole command line as argparse sees it."""
    parser = Parser(
        prog="jazzgen",
        description="Learn from transcribed jazz solos and improvise new ones over any progression, as MIDI.",
        epilog="Start with: jazzgen generate-midi -o take.mid",
    )
    parser.add_argument("--version", action="version", version=f"jazzgen {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for add in (
        add_generate,
        add_inspect,
        add_render,
        add_plot,
        add_leadsheet,
        add_prepare,
        add_train,
        add_evaluate,
        add_names,
        add_progressions,
    ):
        add(commands)
    return parser
