"""What the commands share: the parser that complains in one line, options that several have, and reports."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from jazzgen.errors import MissingPackageError, OptionError

if TYPE_CHECKING:
    from jazzgen.midi.reading import Reading

__all__ = [
    "Parser",
    "PlainOutput",
    "StandardOutputError",
    "add_command",
    "add_data",
    "add_json",
    "add_output",
    "add_reading",
    "index_of_recipe",
    "need_tensorflow",
    "path",
    "printable",
    "read",
    "refuse_idle",
    "report_skipped",
]


def printable(text: str, spared: str = "\n") -> str:
    """`text` with every character that does not show written as JSON escapes it, but for those `spared`.

    A title or a name may come from any file: sent to a terminal as it is, it could clear the screen.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in spared else json.dumps(c)[1:-1] for c in text)


class StandardOutputError(OSError):
    """Standard output cannot be written: the disk behind it is full."""


@contextmanager
def _of_standard_output() -> Iterator[None]:
    """Tell a failure to print from all others; that its reader has gone is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StandardOutputError(error.errno, error.strerror) from error


class PlainOutput(io.TextIOBase):
    """A text stream in front of `stream` that passes on only what shows and what its encoding can write.

    What is escaped stays valid JSON: in an object printed by `--json` such characters stand inside strings.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # TextIOBase has an attribute of the same name
        """How the stream behind writes text."""
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write `text`, escaped where it has to be."""
        shown = printable(text)
        try:
            shown.encode(self.encoding)
        except UnicodeEncodeError:  # standard output is ASCII or a code page
            shown = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in shown)
        with _of_standard_output():
            self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Flush the stream behind."""
        with _of_standard_output():
            self._stream.flush()

    def fileno(self) -> int:
        """The file descriptor of the stream behind."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._stream.isatty()


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are `JazzgenError`s, so that every wrong input ends in one line
    the same way.
    """

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed together with its usage."""
        raise OptionError(f"{message} (see '{self.prog} --help')")


def add_command(
    commands: Any, name: str, command: Callable[[argparse.Namespace], None], summary: str, example: str
) -> Parser:
    """The parser of the command `name`, with its summary and an example below its help."""
    parser: Parser = commands.add_parser(
        name, help=summary, description=summary, epilog=f"Example: {example}", allow_abbrev=False
    )
    parser.set_defaults(command=command)
    return parser


def path(text: str) -> Path:
    """A path on the command line. An empty one is a variable of the shell that is not set: it must not
    become the folder one stands in.
    """
    if not text:
        raise argparse.ArgumentTypeError("it is empty; name a file or a folder")
    return Path(text)


def add_data(
    parser: Parser,
    what: str = "MIDI files, folders that are searched recursively, or one prepared corpus",
    nargs: str = "+",
) -> None:
    """The solos to work on; `what` they can be."""
    parser.add_argument(
        "data",
        nargs=nargs,
        type=path,
        metavar="DATA",
        help=what,
    )
    parser.add_argument(
        "--strict", action="store_true", help="a file that cannot be read is an error, not skipped"
    )


def add_reading(parser: Parser) -> None:
    """One MIDI file, and how to read it."""
    parser.add_argument("file", metavar="FILE.mid")
    parser.add_argument(
        "--track", metavar="NAME|N", help="the solo track, by name or number (default: found)"
    )
    parser.add_argument("--progression", metavar="NAME|FILE|TEXT", help="the chords, where the file has none")


def read(arguments: argparse.Namespace) -> Reading:
    """The MIDI file that `add_reading` asked for."""
    from jazzgen import midi
    from jazzgen.music.forms import find_progression

    form = find_progression(arguments.progression) if arguments.progression else None
    return midi.read(arguments.file, track=arguments.track, progression=form)


def index_of_recipe(recipe: str) -> tuple[Path, str | None] | None:
    """(file, checkpoint's sha256) of the index of what the model in a take's recipe was trained on; without
    a recipe, of the default model. None where there is none.

    A name in a file is looked up among the shipped models and never opened as a path.
    """
    from jazzgen.improviser.originality import index_beside
    from jazzgen.model.shipped import DEFAULT_MODEL, shipped_checkpoints

    model = re.search(r" --model (\S+)", recipe)
    sha256 = re.search(r"checkpoint sha256 ([0-9a-f]{64})", recipe)
    checkpoint = shipped_checkpoints().get(model[1] if model else DEFAULT_MODEL)
    if checkpoint is None or not index_beside(checkpoint).is_file():
        return None
    return index_beside(checkpoint), sha256[1] if sha256 else None


def add_output(parser: Parser, names: str) -> None:
    """The file to write, which must be named: its suffix says what it will be."""
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=names)


def add_json(parser: Parser) -> None:
    """A command's answer for programs."""
    parser.add_argument(
        "--json", action="store_true", help="one JSON object on standard output and nothing else"
    )


def report_skipped(skipped: Sequence[Any]) -> None:
    """Name each file that was left out, and count them, on standard error."""
    for reason in skipped:
        print(f"jazzgen: skipped {printable(str(reason), spared='')}", file=sys.stderr)
    if skipped:
        print(f"jazzgen: {len(skipped)} file{'s'[: len(skipped) > 1]} skipped", file=sys.stderr)


def need_tensorflow(what: str) -> None:
    """Import Keras and TensorFlow quietly, or say in one line how to install what is missing."""
    from importlib.util import find_spec

    from jazzgen.model.backend import import_keras_quietly

    for package, name in (("tensorflow", "TensorFlow"), ("keras", "Keras")):
        if find_spec(package) is None:
            raise MissingPackageError(
                f"{what} needs {name}, which is not installed: pip install 'jazzgen[train]'"
            )
    import_keras_quietly()


def refuse_idle(arguments: argparse.Namespace, options: Sequence[str], where: str) -> None:
    """Refuse what was given of `options`: here it would do nothing."""
    for option in options:
        if getattr(arguments, option) is not None:
            raise OptionError(f"--{option.replace('_', '-')} does nothing {where}; leave it out")
