"""What the commands share: the parser whose errors are one line, options that several have, and reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jazzgen.cli.streams import printable
from jazzgen.errors import MissingPackageError, OptionError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from jazzgen.midi.reading import Reading


class Parser(argparse.ArgumentParser):
    """An argument parser that raises its complaints: all wrong input ends in one line the same way."""

    def error(self, message: str) -> NoReturn:
        """Raise `OptionError` with what argparse would have printed together with its usage."""
        raise OptionError(f"{message} (see '{self.prog} --help')")


def path(text: str) -> Path:
    """A path on the command line. An empty one is a variable of the shell that is not set: it must not
    become the current folder.
    """
    if not text:
        raise argparse.ArgumentTypeError("it is empty; name a file or a folder")
    return Path(text)


# ----------------------------------------------------------------------------------------- options


def adder(group: Any, defaults: object = None) -> Callable[..., None]:
    """A function `add(option, text, **more)` for the options of a parser or a group; `more` goes to argparse.

    An option without a default of its own has that of the field of `defaults` with its name, or `dest`. The
    help is `text` and the default.
    """

    def add(option: str, text: str, **more: Any) -> None:
        name = more.get("dest", option.removeprefix("--").replace("-", "_"))
        default = more.pop("default", getattr(defaults, name, None))
        if default is not None and "action" not in more:
            shown = f"default: {default:g}" if isinstance(default, float) else f"default: {default}"
            text = f"{text} ({shown})" if text else shown
        group.add_argument(option, default=default, help=text, **more)

    return add


def fields_given(arguments: argparse.Namespace, settings: type[DataclassInstance]) -> dict[str, Any]:
    """The options that are fields of the dataclass `settings`."""
    given = vars(arguments)
    return {field.name: given[field.name] for field in fields(settings) if field.name in given}


def add_data(
    parser: Parser,
    what: str = "MIDI files, folders that are searched recursively, or one prepared corpus",
    nargs: str = "+",
) -> None:
    """The solos to work on; `what` they can be."""
    parser.add_argument("data", nargs=nargs, type=path, metavar="DATA", help=what)
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
    parser.add_argument(
        "--pickup",
        type=float,
        metavar="BEATS",
        help="the beats before the first bar line, 0 for none (default: as the file says)",
    )


def read(arguments: argparse.Namespace, *, warn: bool = True) -> Reading:
    """The MIDI file that `add_reading` asked for; what is wrong in it is said on standard error."""
    from jazzgen import midi
    from jazzgen.music.forms import find_progression

    form = find_progression(arguments.progression) if arguments.progression else None
    reading = midi.read(arguments.file, arguments.track, form, arguments.pickup)
    if warn:
        for warning in reading.warnings:
            print(f"jazzgen: {printable(f'{arguments.file}: {warning}', spared='')}", file=sys.stderr)
    return reading


def add_output(parser: Parser, names: str) -> None:
    """The file to write, which must be named: its suffix says what it will be."""
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=names)


def add_jobs(parser: Parser) -> None:
    """How many processes share the work."""
    parser.add_argument("--jobs", type=int, metavar="N", help="workers (default: one a core)")


def add_json(parser: Parser) -> None:
    """A command's answer for programs."""
    parser.add_argument(
        "--json", action="store_true", help="one JSON object on standard output and nothing else"
    )


def refuse_idle(arguments: argparse.Namespace, options: Sequence[str], where: str) -> None:
    """Raise `OptionError` for any of `options` that was given: here it would have no effect."""
    for option in options:
        if getattr(arguments, option) is not None:
            raise OptionError(f"--{option.replace('_', '-')} does nothing {where}; leave it out")


# ------------------------------------------------------------------------------------------------ reports


def plural(count: int, noun: str) -> str:
    """A count and its noun.

    >>> plural(1, "file"), plural(2000, "file")
    ('1 file', '2,000 files')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def report_skipped(skipped: Sequence[str], noun: str = "file") -> None:
    """Name each file that was skipped and why, and count them, on standard error."""
    for reason in skipped:
        print(f"jazzgen: skipped {printable(reason, spared='')}", file=sys.stderr)
    if skipped:
        print(f"jazzgen: {plural(len(skipped), noun)} skipped", file=sys.stderr)


def need_tensorflow(what: str) -> None:
    """Import Keras and TensorFlow with a silent log; raise `MissingPackageError` where one is missing."""
    from jazzgen.model.backend import import_keras_quietly

    for package, name in (("tensorflow", "TensorFlow"), ("keras", "Keras")):
        if find_spec(package) is None:  # found, not imported, which takes seconds
            raise MissingPackageError(
                f"{what} needs {name}, which is not installed: pip install 'jazzgen[train]'"
            )
    import_keras_quietly()
