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
from jazzgen.errors import (
    ChordError,
    JazzgenError,
    MissingPackageError,
    NoBarsError,
    OptionError,
    ProgressionError,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from jazzgen.charts.find import ChartOptions
    from jazzgen.charts.tune import Tune
    from jazzgen.corpus.given import Given
    from jazzgen.midi.reading import Reading


MOST_WARNED = 8  # files whose warnings are shown


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
    _add_given(
        parser, "the chords of all files (default: a chart beside each, name.chords or .txt; else its own)"
    )


def _add_given(parser: Parser, chords: str) -> None:
    parser.add_argument(
        "--track", metavar="NAME|N", help="the solo track, by name or number (default: found)"
    )
    parser.add_argument("--progression", metavar="NAME|FILE|TEXT", help=chords)


def add_reading(parser: Parser) -> None:
    """One MIDI file, and how to read it."""
    parser.add_argument("file", type=path, metavar="FILE.mid")
    _add_given(parser, "the chords, where the file has none")
    parser.add_argument(
        "--pickup",
        type=float,
        metavar="BEATS",
        help="the beats before the first bar line, 0 for none (default: as the file says)",
    )


def add_chart(group: Any) -> None:
    """How a chart is read; see `chart_options`."""
    from jazzgen.charts.tune import FORMS, UNKNOWN

    group.add_argument(
        "--song",
        metavar="TITLE|N",
        help="of several: by its title, the beginning or a part of it, or by number",
    )
    group.add_argument(
        "--form",
        choices=FORMS,
        help="form: what is soloed over (default); full: besides the intro before it and the outro coda; "
        "written: the bars as they stand",
    )
    group.add_argument("--sections", metavar="A,B,A", help="only these sections, in this order")
    group.add_argument("--key", metavar="KEY", help="move the chart to this key, as Bb or F#m")
    group.add_argument(
        "--unknown",
        choices=UNKNOWN,
        help="read a symbol that is no chord as: the chord before, no chord, the triad on its root "
        "(default: an error)",
    )
    group.add_argument(
        "--bars-per-chord",
        type=int,
        metavar="N",
        help="of a song in ChordPro with chords above words and no grid: bars for each of them",
    )


def advice(error: JazzgenError, arguments: argparse.Namespace) -> str:
    """What option of the command reads the chart for which it raised `error`; empty where it has none."""
    if isinstance(error, ChordError) and getattr(arguments, "unknown", "") is None:
        from jazzgen.charts.tune import UNKNOWN

        return f"; or read such symbols with --unknown {'|'.join(UNKNOWN)}"
    if isinstance(error, NoBarsError) and getattr(arguments, "bars_per_chord", 0) is None:
        return "; or take each chord for a bar with --bars-per-chord 1"
    return ""


def chart_options(arguments: argparse.Namespace) -> ChartOptions:
    """How `add_chart` was asked to read a chart."""
    from jazzgen.charts.find import ChartOptions

    given = fields_given(arguments, ChartOptions)
    return ChartOptions(**{name: value for name, value in given.items() if value is not None})


def chart_text(text: str) -> str:
    """The chart that an option names; of `-` what comes from standard input."""
    if text != "-":
        return text
    from jazzgen.charts.readers import MOST_BYTES

    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ProgressionError(f"standard input has more than {MOST_BYTES:,} bytes; give one chart at a time")
    try:
        return data.decode("utf-8-sig") + "\n"
    except UnicodeDecodeError:
        raise ProgressionError("standard input is no text; give a chart of that kind as a file") from None


def report_warnings(tune: Tune) -> None:
    """Say what was assumed of a chart, a line each, on standard error."""
    for warning in tune.warnings:
        title = f"{tune.title}: " if tune.title else ""
        print(f"jazzgen: {printable(f'{title}{warning}', spared='')}", file=sys.stderr)


def read(arguments: argparse.Namespace, *, warn: bool = True) -> Reading:
    """The MIDI file that `add_reading` asked for; what is wrong in it is said on standard error."""
    from jazzgen import midi

    asked = given(arguments)
    file = Path(arguments.file)
    reading = midi.read(file, asked.track, asked.chords_of(file), arguments.pickup)
    report_charts([file], asked)
    for warning in reading.warnings if warn else ():
        print(f"jazzgen: {printable(f'{arguments.file}: {warning}', spared='')}", file=sys.stderr)
    return reading


def given(arguments: argparse.Namespace) -> Given:
    """The track and the chords that options name."""
    from jazzgen.charts.find import find_progression
    from jazzgen.corpus.given import Given

    text = arguments.progression
    return Given(arguments.track, None if text is None else find_progression(chart_text(text)))


def add_output(parser: Parser, names: str) -> None:
    """The file to write, which must be named: its suffix says what it will be."""
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=names)


# What each command writes: the endings of its files.
WRITES = {
    "generate-midi": (".mid", ".midi"),
    "again": (".mid", ".midi"),
    "render": (".wav", ".flac", ".ogg", ".mp3"),
    "plot": (".svg", ".png"),
    "leadsheet": (".pdf", ".musicxml", ".xml", ".svg"),
    "train": (".safetensors",),
}


def refuse_ending(command: str, output: str | Path, source: str = "") -> None:
    """Raise `OptionError` where `output` ends as what another command writes, with what to type instead;
    `source` is the MIDI file that is read, if one is.
    """
    output = Path(output)
    ending = output.suffix.lower()
    if ".mid" in WRITES[command]:
        from jazzgen.charts.readers import is_ending

        if is_ending(ending) and not any(ending in endings for endings in WRITES.values()):
            raise OptionError(
                f"{command} writes {', '.join(WRITES[command])}, and {output.name} is no name for that; "
                f"name it {output.with_suffix('.mid')}"
            )
    other = next((name for name, endings in WRITES.items() if ending in endings), command)
    if ending in WRITES[command] or other == command:
        return
    own = output.with_suffix(WRITES[command][0])
    advice = f"name it {own}"
    if command == "generate-midi" and other != "train":
        and_then = f"--wav {output}" if other == "render" else f"and then jazzgen {other} {own} -o {output}"
        advice = f"type jazzgen generate-midi -o {own} {and_then}"
    elif source and other not in ("train", "generate-midi"):
        advice = f"type jazzgen {other} {source} -o {output}"
    raise OptionError(
        f"{command} writes {', '.join(WRITES[command])}, and {output.name} is what {other} writes; {advice}"
    )


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


def report_warned(warned: Sequence[str]) -> None:
    """What could not be read as it stands, a line for each of the first files, on standard error."""
    for line in warned[:MOST_WARNED]:
        print(f"jazzgen: {printable(line, spared='')}", file=sys.stderr)
    if len(warned) > MOST_WARNED:
        print(
            f"jazzgen: {plural(len(warned), 'file')} read with such warnings; inspect shows each",
            file=sys.stderr,
        )


def report_charts(data: Sequence[Path], asked: Given) -> None:
    """Name the charts beside MIDI files whose chords are used, on standard error."""
    from jazzgen.corpus.given import charts_beside
    from jazzgen.corpus.store import is_corpus

    if asked.progression is None and not any(map(is_corpus, data)) and (charts := charts_beside(data)):
        names = ", ".join(chart.name for chart in charts[:4]) + ", ..." * (len(charts) > 4)
        text = f"{plural(len(charts), 'file')} with the chords of a chart beside: {names}"
        print(f"jazzgen: {printable(text, spared='')}", file=sys.stderr)


def need_tensorflow(what: str) -> None:
    """Import Keras and TensorFlow with a silent log; raise `MissingPackageError` where one is missing."""
    from jazzgen.model.backend import import_keras_quietly

    for package, name in (("tensorflow", "TensorFlow"), ("keras", "Keras")):
        if find_spec(package) is None:  # found, not imported, which takes seconds
            raise MissingPackageError(
                f"{what} needs {name}, which is not installed: pip install 'jazzgen[train]'"
            )
    import_keras_quietly()
