"""The whole command line: what the user got wrong is one line on standard error and exit code 2; a traceback
is a bug.

Slow imports sit inside the command that needs them, so that `generate-midi` pays for neither TensorFlow nor
music21.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import NoReturn

from jazzgen.cli import (
    again,
    evaluate,
    generate_midi,
    inspect,
    leadsheet,
    live,
    names,
    players,
    plot,
    ports,
    prepare,
    progressions,
    render,
    studio,
    train,
    wjazzd,
)
from jazzgen.cli.common import Parser, advice
from jazzgen.cli.streams import (
    PlainOutput,
    StandardOutputError,
    open_closed_streams,
    printable,
    silence_stdout,
)
from jazzgen.errors import JazzgenError
from jazzgen.util.signals import ENDING, handling
from jazzgen.util.version import __version__

# As `jazzgen --help` lists them.
COMMANDS = (
    generate_midi,
    again,
    live,
    ports,
    inspect,
    render,
    studio,
    plot,
    leadsheet,
    wjazzd,
    prepare,
    train,
    evaluate,
    names,
    players,
    progressions,
)
OK, WRONG, INTERRUPTED = 0, 2, 130
LONGEST_LINE = 1200  # characters of a message; the list of all players a model knows fits


def build_parser() -> Parser:
    """The whole command line as argparse sees it."""
    parser = Parser(
        prog="jazzgen",
        description="Learn from transcribed jazz solos and improvise new ones over any progression, as MIDI.",
        epilog="Start with: jazzgen generate-midi -o take.mid",
    )
    parser.add_argument("--version", action="version", version=f"jazzgen {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        text, example = module.SUMMARY, f"Example: {module.EXAMPLE}"
        command = commands.add_parser(name, help=text, description=text, epilog=example, allow_abbrev=False)
        command.set_defaults(run=module.run)
        module.add_options(command)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own by default) and return the exit code: 0 done, 2 wrong
    input.
    """
    open_closed_streams()
    # Before NumPy is imported. Its products are small here: BLAS's threads wait for each other longer than
    # they compute, on a busy machine ten times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = argparse.Namespace()
    try:
        with _ended_by_signals(), _without_joblib_notes(), redirect_stdout(PlainOutput(sys.stdout)):
            arguments = build_parser().parse_args(argv)
            arguments.run(arguments)
            print(end="", flush=True)
    except JazzgenError as error:
        return _complain(f"{error}{advice(error, arguments)}")
    except KeyboardInterrupt:
        print("jazzgen: interrupted", file=sys.stderr)
        return INTERRUPTED
    except _Ended as error:
        print("jazzgen: ended by a signal", file=sys.stderr)
        return error.code
    except BrokenPipeError:
        silence_stdout()  # the reader of our output has gone: `jazzgen inspect x.mid | head`
    except StandardOutputError as error:
        silence_stdout()
        return _complain(f"cannot write standard output: {error.strerror}")
    except OSError as error:
        # The machine's refusal, which no code above has put into better words.
        where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return _complain(f"{where}{error.strerror or error}; see to it and try again")
    except MemoryError:
        return _complain("there is not enough memory for this; give less at a time")
    return OK


class _Ended(BaseException):
    """A signal asks the process to end; `code` is what it exits with, as a shell would have it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind as Ctrl-C does, so that no half-written file stays behind; a signal that
    is ignored (nohup) stays ignored.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    thread_hook = threading.excepthook

    def end(number: int, _frame: object) -> NoReturn:
        threading.excepthook = lambda _: None  # joblib's threads would print that their work has gone
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise _Ended(number)

    try:
        with handling(end, [number for number in ENDING if signal.getsignal(number) in usual]):
            yield
    finally:
        threading.excepthook = thread_hook


@contextmanager
def _without_joblib_notes() -> Iterator[None]:
    """Suppress joblib's notes to developers: that it works without semaphores (no /dev/shm), or cannot count
    the cores.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"(joblib|multiprocessing)\.")
        yield


def _complain(text: str) -> int:
    """Print on one line what was wrong, shortened: it may quote what was given, of any length."""
    line = " ".join(text.split())
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE // 2]} ... {line[-LONGEST_LINE // 2 :]}"
    print("jazzgen: " + printable(line), file=sys.stderr)
    return WRONG
