"""The `jazzgen` command: a thin skin that parses, makes one library call and says on one line what was
written.

Slow imports sit inside the command that needs them, so that `generate-midi` pays for neither TensorFlow nor
music21. What the user got wrong is one line on standard error and exit code 2; a traceback is a bug.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import NoReturn

from jazzgen import __version__
from jazzgen.cli.common import Parser, PlainOutput, StandardOutputError, printable
from jazzgen.cli.learning import add_train
from jazzgen.cli.looking import add_inspect, add_progressions
from jazzgen.cli.measuring import add_evaluate
from jazzgen.cli.naming import add_names
from jazzgen.cli.playing import add_generate
from jazzgen.cli.preparing import add_prepare
from jazzgen.cli.rendering import add_leadsheet, add_plot, add_render
from jazzgen.errors import JazzgenError
from jazzgen.util.signals import ENDING, handling

__all__ = ["main"]

OK, WRONG, INTERRUPTED = 0, 2, 130
LONGEST_LINE = 1200  # characters of a message; the list of all players a model knows fits


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own by default) and return the exit code: 0 done, 2 wrong
    input.
    """
    _open_closed_streams()
    try:
        with _ended_by_signals(), _without_joblib_notes(), redirect_stdout(PlainOutput(sys.stdout)):
            arguments = build_parser().parse_args(argv)
            command: Callable[[argparse.Namespace], None] = arguments.command
            command(arguments)
            print(end="", flush=True)
    except JazzgenError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print("jazzgen: interrupted", file=sys.stderr)
        return INTERRUPTED
    except _Ended as error:
        print("jazzgen: ended by a signal", file=sys.stderr)
        return error.code
    except BrokenPipeError:
        _silence_stdout()  # the reader of our output has gone: `jazzgen inspect x.mid | head`
    except StandardOutputError as error:
        _silence_stdout()
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
    """Let SIGTERM and SIGHUP unwind as Ctrl-C does, so that no half-written file is left behind; a signal
    that is ignored (nohup) stays so.
    """
    usual = (signal.SIG_DFL, signal.default_int_handler)
    complain = threading.excepthook

    def end(number: int, _frame: object) -> NoReturn:
        threading.excepthook = _say_nothing  # joblib's threads find their work gone
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise _Ended(number)

    try:
        with handling(end, [number for number in ENDING if signal.getsignal(number) in usual]):
            yield
    finally:
        threading.excepthook = complain


@contextmanager
def _without_joblib_notes() -> Iterator[None]:
    """What joblib tells developers: that it works without semaphores (no /dev/shm), or knows no cores."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"(joblib|multiprocessing)\.")
        yield


def _say_nothing(_failure: object) -> None:
    pass


def _open_closed_streams() -> None:
    """Give what the caller has closed (`jazzgen ... >&-`) to nobody: a file opened later would get its
    number, and what is printed would go there.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            nobody = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open to the end
            os.set_inheritable(nobody.fileno(), True)  # and to the processes started from here
            setattr(sys, name, nobody)


def _complain(text: str) -> int:
    """Say on one line what was wrong; what somebody gave may stand in it and be of any length."""
    line = " ".join(text.split())
    if len(line) > LONGEST_LINE:
        line = f"{line[: LONGEST_LINE // 2]} ... {line[-LONGEST_LINE // 2 :]}"
    print("jazzgen: " + printable(line), file=sys.stderr)
    return WRONG


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
