"""The `jazzgen` command: a thin skin that parses, makes one library call and says on one line what was
written.

Slow imports sit inside the command that needs them, so that `generate-midi` pays for neither TensorFlow nor
music21. What the user got wrong is one line on standard error and exit code 2; a traceback is a bug.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from jazzgen import __version__
from jazzgen.errors import JazzgenError, MissingPackageError, OptionError

if TYPE_CHECKING:
    from jazzgen.midi import Reading

__all__ = ["main"]

OK, WRONG, INTERRUPTED = 0, 2, 130


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are `JazzgenError`s, so that every wrong input ends in one line
    the same way.
    """

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would have printed together with its usage."""
        raise OptionError(f"{message} (see '{self.prog} --help')")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own by default) and return the exit code: 0 done, 2 wrong
    input.
    """
    try:
        arguments = build_parser().parse_args(argv)
        command: Callable[[argparse.Namespace], None] = arguments.command
        command(arguments)
        print(end="", flush=True)
    except JazzgenError as error:
        print("jazzgen: " + " ".join(str(error).split()), file=sys.stderr)
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
        add_train,
        add_evaluate,
        add_names,
        add_progressions,
    ):
        add(commands)
    return parser


def _add_command(
    commands: Any, name: str, command: Callable[[argparse.Namespace], None], summary: str, example: str
) -> Parser:
    parser: Parser = commands.add_parser(
        name, help=summary, description=summary, epilog=f"Example: {example}", allow_abbrev=False
    )
    parser.set_defaults(command=command)
    return parser


# ---------------------------------------------------------------------------------------------- generate-midi


def add_generate(commands: Any) -> None:
    """`jazzgen generate-midi`: a new solo over a progression."""
    from jazzgen.score import INSTRUMENTS
    from jazzgen.take import Settings

    default = Settings()
    parser = _add_command(
        commands,
        "generate-midi",
        generate,
        "Improvise a solo over a chord progression and write it with its band as MIDI.",
        "jazzgen generate-midi --progression '| Dm7 | G7 | Cmaj7 | % |' --choruses 4 --seed 3 -o take.mid",
    )
    parser.add_argument("-o", "--output", metavar="FILE", default="take.mid", help="default: take.mid")
    parser.add_argument(
        "--progression",
        metavar="NAME|FILE|TEXT",
        default=default.progression,
        help=f"a built-in name, a file, or text in bars (default: {default.progression})",
    )
    parser.add_argument(
        "--choruses", type=int, metavar="N", default=default.choruses, help=f"default: {default.choruses}"
    )
    parser.add_argument(
        "--tempo", type=float, metavar="BPM", help="quarter notes a minute (default: the style's usual tempo)"
    )
    parser.add_argument(
        "--instrument",
        default=default.instrument,
        metavar="NAME",
        help=f"who plays the solo (default: {default.instrument}): {', '.join(INSTRUMENTS)}",
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        default=default.model,
        help=f"a checkpoint (default: the shipped {default.model})",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        default=default.temperature,
        help=f"0 plays the likeliest value each time, 1 as it was learned (default: {default.temperature:g})",
    )
    parser.add_argument(
        "--top-k",
        type=int,
        metavar="K",
        default=default.top_k,
        help="draw from the K likeliest only (0: from all)",
    )
    parser.add_argument(
        "--top-p",
        type=float,
        metavar="P",
        default=default.top_p,
        help=f"draw from the likeliest that together reach P (default: {default.top_p:g}; 1: from all)",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the same seed makes the same file (default: a new one)"
    )
    parser.add_argument(
        "--engine",
        choices=("numpy", "keras"),
        default=default.engine,
        help="numpy plays at once; keras plays the same through the trained graph and needs TensorFlow",
    )
    parser.add_argument("--title", metavar="TEXT", help="the tune's title (default: an invented one)")
    _add_band(parser)
    _add_layout(parser)


def _add_band(parser: Parser) -> None:
    """How the band plays, and how freely everybody does."""
    from jazzgen.harmony import STYLES
    from jazzgen.take import Settings

    group = parser.add_argument_group("the band")
    group.add_argument(
        "--style", metavar="NAME", help=f"{', '.join(STYLES)} (default: the progression's own)"
    )
    group.add_argument(
        "--humanize",
        type=float,
        metavar="0..1",
        default=Settings().humanize,
        help=f"swing, lag, accents; 0 is the exact grid (default: {Settings().humanize:g})",
    )
    group.add_argument("--count-in", action="store_true", help="a bar of sticks before bar 1")


def _add_layout(parser: Parser) -> None:
    """What a producer chooses about the file."""
    from jazzgen.layout import AS_USUAL, MARKERS

    group = parser.add_argument_group("the file in a DAW")
    group.add_argument(
        "--markers", choices=MARKERS, default=AS_USUAL.markers, help="sections, chord symbols (default: both)"
    )
    tracks = group.add_mutually_exclusive_group()
    tracks.add_argument("--tracks", metavar="NAME,...", help="only these, as solo,bass (default: all)")
    tracks.add_argument(
        "--solo-only", dest="tracks", action="store_const", const="solo", help="the same as --tracks solo"
    )
    group.add_argument(
        "--stems", metavar="FOLDER", help="besides, write each track as a file of its own: FOLDER/solo.mid"
    )
    group.add_argument("--channel", metavar="NAME=N,...", help="channels 1..16, as solo=1,bass=3")
    group.add_argument(
        "--transpose",
        metavar="N|Bb|Eb",
        default=str(AS_USUAL.transpose),
        help="everything but the drums by N semitones, or as the players of such instruments read it",
    )
    group.add_argument(
        "--ppq", type=int, metavar="N", default=AS_USUAL.ppq, help=f"ticks a beat (default: {AS_USUAL.ppq})"
    )


def generate(arguments: argparse.Namespace) -> None:
    """Make one take, write it, and say what it is."""
    from jazzgen.layout import Layout
    from jazzgen.midi import write_arrangement
    from jazzgen.take import Settings, make_take

    layout = Layout.parse(
        arguments.markers, arguments.tracks, arguments.channel, arguments.transpose, arguments.ppq
    )
    if arguments.seed is None:
        # The one place where chance enters; the seed is printed and stands in the file.
        arguments.seed = int.from_bytes(os.urandom(4), "little")
    if arguments.engine == "keras":
        _need_tensorflow("--engine keras")
    settings = Settings(**{field.name: getattr(arguments, field.name) for field in fields(Settings)})
    take = make_take(settings)
    write_arrangement(take, arguments.output, feel=settings.feel, layout=layout, stems=arguments.stems)
    form = take.solo.progression
    print(
        f"{arguments.output}: {take.solo.title!r}, {len(form.bar_ticks)} bars at {take.solo.tempo:g} BPM, "
        f"{len(take.solo.notes)} notes for {take.solo.instrument}, seed {arguments.seed}"
    )


# ------------------------------------------------------------------------------------------------------ train


def add_train(commands: Any) -> None:
    """`jazzgen train`: a checkpoint from a folder of solos."""
    parser = _add_command(
        commands,
        "train",
        train,
        "Train the classic model on MIDI solos; the best weights on held-out tunes are kept.",
        "jazzgen train data/midi --seed 1 -o mine.safetensors",
    )
    _add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="model.safetensors", help="default: model.safetensors"
    )
    parser.add_argument(
        "--units", type=int, metavar="N", default=64, help="units of the LSTM cell (default: 64)"
    )
    parser.add_argument(
        "--tx", type=int, metavar="N", default=30, help="values in a training window (default: 30)"
    )
    parser.add_argument("--epochs", type=int, metavar="N", default=20, help="at most so many (default: 20)")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="default: 0")
    parser.add_argument("--resume", action="store_true", help="go on from the weights that -o already holds")


def train(arguments: argparse.Namespace) -> None:
    """Train on the named solos and write a checkpoint."""
    _need_tensorflow("training")
    from jazzgen.training import train_files

    result = train_files(
        arguments.data,
        arguments.output,
        units=arguments.units,
        tx=arguments.tx,
        epochs=arguments.epochs,
        seed=arguments.seed,
        resume=arguments.resume,
        strict=arguments.strict,
    )
    _report_skipped(result.skipped)
    print(f"{arguments.output}: {result.summary}")


def _need_tensorflow(what: str) -> None:
    """Quiet TensorFlow's start-up log and say in one line how to install it where it is missing."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from importlib.util import find_spec

    if find_spec("tensorflow") is None:
        raise MissingPackageError(
            f"{what} needs TensorFlow, which is not installed: pip install 'jazzgen[train]'"
        )


# ---------------------------------------------------------------------------------------------------- inspect


def add_inspect(commands: Any) -> None:
    """`jazzgen inspect`: what a MIDI file is read as."""
    parser = _add_command(
        commands,
        "inspect",
        inspect,
        "Show what was read from a MIDI file: solo track, chords, notes, values, recipe.",
        "jazzgen inspect take.mid",
    )
    parser.add_argument("file", metavar="FILE.mid")
    parser.add_argument(
        "--track", metavar="NAME|N", help="the solo track, by name or number (default: found)"
    )
    parser.add_argument("--progression", metavar="NAME|FILE|TEXT", help="the chords, where the file has none")
    _add_json(parser)


def inspect(arguments: argparse.Namespace) -> None:
    """Print what was read, for a person or as JSON."""
    from jazzgen.vocabulary import encode

    reading = _read(arguments)
    solo = reading.solo
    form = solo.progression
    found = {
        "file": str(arguments.file),
        "title": solo.title,
        "player": solo.player,
        "instrument": solo.instrument,
        "tempo": round(solo.tempo, 3),
        "key": form.key,
        "meters": [[meter.tick, meter.beats] for meter in form.meters],
        "double_time": solo.double_time,
        "bars": len(form.bar_ticks),
        "track": reading.track,
        "track_reason": reading.reason,
        "chord_source": reading.chord_source,
        "sections": [[section.tick, section.name] for section in form.sections],
        "chords": [[change.tick, change.symbol] for change in form.chords],
        "notes": [[note.onset, note.duration, note.pitch] for note in solo.notes],
        "values": encode(solo),
        "recipe": reading.recipe,
    }
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    counted = {
        **found,
        "meters": ", ".join(f"{meter.beats}/4" for meter in form.meters[:8]),
        "sections": " ".join(section.name for section in form.sections[:24]),
        "chords": f"{len(form.chords)}: " + " | ".join(change.symbol for change in form.chords[:8]) + " ...",
        "notes": f"{len(solo.notes)}, pitches {_span([note.pitch for note in solo.notes])}",
        "values": f"{len(found['values'])}, from {found['values'][:12]}",  # type: ignore[arg-type, index]
    }
    for name, value in counted.items():
        print(f"{name.replace('_', ' '):14}{value}")


def _span(pitches: list[int]) -> str:
    return f"{min(pitches)}..{max(pitches)}" if pitches else "none"


# --------------------------------------------------------------------------------------------------- evaluate


def add_evaluate(commands: Any) -> None:
    """`jazzgen evaluate`: how well a model predicts solos."""
    parser = _add_command(
        commands,
        "evaluate",
        evaluate,
        "Measure how well a model predicts solos, in nats (lower is better; 5.85 a note is chance).",
        "jazzgen evaluate classic-64 data/midi --json",
    )
    parser.add_argument("model", metavar="MODEL", help="a checkpoint, or the name of a shipped one")
    _add_data(parser)
    _add_json(parser)


def evaluate(arguments: argparse.Namespace) -> None:
    """Print a model's figures over the named solos."""
    from jazzgen.dataset import load_solos
    from jazzgen.evaluation import evaluate as measure
    from jazzgen.shipped import find_checkpoint
    from jazzgen.weights import load_checkpoint

    checkpoint = load_checkpoint(find_checkpoint(arguments.model))
    solos, skipped = load_solos(arguments.data, strict=arguments.strict)
    _report_skipped(skipped)
    figures = measure(checkpoint, solos)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):20}{value if isinstance(value, int) else f'{value:.4f}'}")


# ------------------------------------------------------------------------------------------------------ names


def add_names(commands: Any) -> None:
    """`jazzgen names`: titles for tunes, and dinosaurs."""
    from jazzgen.names import CELLS, FOLDS, KINDS

    parser = _add_command(
        commands,
        "names",
        invent_names,
        "Invent names letter by letter, or learn to from a list of your own.",
        "jazzgen names --kind dinosaurs --count 5 --seed 1",
    )
    # No defaults here: an option that does nothing where it is given is refused, see `_refuse_idle`.
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same names")
    inventing = parser.add_argument_group("inventing")
    inventing.add_argument("--kind", choices=KINDS, help=f"what to name (default: {KINDS[0]})")
    inventing.add_argument("--model", metavar="FILE", help="a model of your own instead, from --train")
    inventing.add_argument("--count", type=int, metavar="N", help="how many (default: 10)")
    inventing.add_argument(
        "--temperature", type=float, metavar="T", help="lower is more usual (default: 0.8)"
    )
    learning = parser.add_argument_group("learning from a list")
    learning.add_argument("--train", metavar="FILE", help="a UTF-8 text file, one name a line")
    learning.add_argument("-o", "--output", metavar="FILE", help="default: names.safetensors")
    learning.add_argument("--cell", choices=CELLS, help="default: lstm")
    learning.add_argument("--units", type=int, metavar="N", help="default: 96")
    learning.add_argument("--epochs", type=int, metavar="N", help="default: 30")
    learning.add_argument(
        "--fold", choices=FOLDS, action="append", help="treat as one; may be given several times"
    )


def invent_names(arguments: argparse.Namespace) -> None:
    """Print new names, those that stand in the training list marked; or train a model on a list."""
    if arguments.seed is not None and arguments.seed < 0:
        raise OptionError(f"seed must be 0 or more, received {arguments.seed}")
    for option in ("train", "model", "output"):
        if getattr(arguments, option) == "":
            raise OptionError(f"--{option} is empty; name a file")
    if arguments.train is not None:
        _refuse_idle(arguments, ("kind", "model", "count", "temperature"), "together with --train")
        _learn_names(arguments)
        return
    _refuse_idle(arguments, ("output", "cell", "units", "epochs", "fold"), "without --train")
    if arguments.model is not None:
        _refuse_idle(arguments, ("kind",), "together with --model")
    import numpy as np

    from jazzgen import names
    from jazzgen.shipped import find_checkpoint

    if arguments.model is not None:
        model = names.load_names(find_checkpoint(arguments.model))
    else:
        model = names.shipped(arguments.kind or names.KINDS[0])
    rng = np.random.default_rng(arguments.seed)
    count = 10 if arguments.count is None else arguments.count
    temperature = 0.8 if arguments.temperature is None else arguments.temperature
    for name, known in names.invent(model, rng, count, temperature, choosy=True):
        print(f"{name} (in the training list)" if known else name)


def _refuse_idle(arguments: argparse.Namespace, options: Sequence[str], where: str) -> None:
    """Refuse what was given of `options`: here it would do nothing."""
    for option in options:
        if getattr(arguments, option) is not None:
            raise OptionError(f"--{option} does nothing {where}; leave it out")


def _learn_names(arguments: argparse.Namespace) -> None:
    """`--train`: a model of the names in a file."""
    import numpy as np
    from rich.console import Console

    from jazzgen import names
    from jazzgen.files import check_writable

    output = Path(arguments.output or "names.safetensors")
    fold = arguments.fold or []
    data = names.read_names(arguments.train, fold)
    check_writable(output)
    if output.exists() and output.samefile(arguments.train):
        raise OptionError(f"-o {output} is the list itself; name another file for the model")
    chosen = {"cell": arguments.cell, "n_a": arguments.units, "epochs": arguments.epochs}
    model = names.train(
        data,
        np.random.default_rng(arguments.seed or 0),
        **{name: value for name, value in chosen.items() if value is not None},
        fold=fold,
        console=Console(stderr=True),
    )
    names.save_names(model, output)
    held_out = model.record.get("held_out_nats_per_character", model.record["nats_per_character"])
    print(f"{output}: {model.record['names']} names learned, {held_out:.3f} nats a character")


# ----------------------------------------------------------------------------------- hear it, see it, read it


def add_render(commands: Any) -> None:
    """`jazzgen render`: a MIDI file as sound."""
    parser = _add_command(
        commands,
        "render",
        render,
        "Play a MIDI file into a sound file: WAV, FLAC, Ogg Vorbis or MP3.",
        "jazzgen render take.mid -o take.wav",
    )
    parser.add_argument("file", metavar="FILE.mid")
    _add_output(parser, "x.wav|flac|ogg|mp3")
    parser.add_argument("--soundfont", metavar="FILE", help="a SoundFont to play with (default: a small one)")
    parser.add_argument("--engine", choices=("auto", "midirenderer", "fluidsynth"), default="auto")
    level = parser.add_mutually_exclusive_group()
    level.add_argument(
        "--peak", type=float, metavar="DBFS", default=-1.0, help="the highest sample (default: -1 dBFS)"
    )
    level.add_argument(
        "--loudness", type=float, metavar="LUFS", help="how loud, as far as no sample passes -1"
    )


def render(arguments: argparse.Namespace) -> None:
    """Render a file and say how long and how loud it is."""
    from jazzgen.render.audio import render as play

    done = play(
        arguments.file,
        arguments.output,
        soundfont=arguments.soundfont,
        engine=arguments.engine,
        peak_dbfs=arguments.peak,
        loudness_lufs=arguments.loudness,
    )
    print(
        f"{arguments.output}: {done.seconds:.1f} s, peak {done.peak_dbfs:.1f} dBFS, "
        f"{done.loudness_lufs:.1f} LUFS, {done.engine} with {done.soundfont.name}"
    )


def add_plot(commands: Any) -> None:
    """`jazzgen plot`: a solo as a picture."""
    from jazzgen.shipped import DEFAULT_MODEL

    parser = _add_command(
        commands,
        "plot",
        plot,
        "Draw a solo against its chords, or what a model expected of it.",
        "jazzgen plot take.mid -o take.svg",
    )
    _add_reading(parser)
    _add_output(parser, "x.svg|png")
    parser.add_argument(
        "--probabilities",
        action="store_true",
        help="what a model expected at each step",
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        default=DEFAULT_MODEL,
        help=f"for --probabilities (default: {DEFAULT_MODEL})",
    )


def plot(arguments: argparse.Namespace) -> None:
    """Draw a piano roll, or with --probabilities a heat map."""
    from jazzgen.render.piano_roll import probabilities_plot, roll

    solo = _read(arguments).solo
    if not arguments.probabilities:
        roll(solo, arguments.output)
        print(f"{arguments.output}: {len(solo.progression.bar_ticks)} bars, {len(solo.notes)} notes")
        return
    from jazzgen.improviser import Improviser
    from jazzgen.shipped import find_checkpoint
    from jazzgen.vocabulary import encode

    values = encode(solo)
    probs = Improviser.load(find_checkpoint(arguments.model)).expect(values)
    probabilities_plot(probs, values, arguments.output, progression=solo.progression, title=solo.title)
    print(f"{arguments.output}: {len(values)} values against {arguments.model}")


def add_leadsheet(commands: Any) -> None:
    """`jazzgen leadsheet`: a solo as notation."""
    parser = _add_command(
        commands,
        "leadsheet",
        leadsheet,
        "Write a solo with its chord symbols as a lead sheet: MusicXML, SVG or PDF.",
        "jazzgen leadsheet take.mid -o take.svg --for Bb",
    )
    _add_reading(parser)
    _add_output(parser, "x.musicxml|svg|pdf")
    parser.add_argument(
        "--for",
        dest="key",
        choices=("C", "Bb", "Eb"),
        default="C",
        help="whose part (default: C, as it sounds)",
    )


def leadsheet(arguments: argparse.Namespace) -> None:
    """Engrave a solo."""
    from jazzgen.render.lead_sheet import lead_sheet

    solo = _read(arguments).solo
    pages = lead_sheet(solo, arguments.output, key=arguments.key)
    print(f"{arguments.output}: {len(solo.progression.bar_ticks)} bars on {pages} page{'s'[: pages > 1]}")


# ----------------------------------------------------------------------------------------------- progressions


def add_progressions(commands: Any) -> None:
    """`jazzgen progressions`: the built-in forms."""
    parser = _add_command(
        commands,
        "progressions",
        progressions,
        "List the built-in chord progressions.",
        "jazzgen progressions",
    )
    _add_json(parser)


def progressions(arguments: argparse.Namespace) -> None:
    """Print one row a form, or with --json the chords of every built-in progression in every key."""
    from jazzgen import harmony

    names = harmony.builtin_names()
    if arguments.json:
        forms = {name: harmony.find_progression(name) for name in names}
        print(json.dumps({name: [change.symbol for change in form.chords] for name, form in forms.items()}))
        return
    # A name is a kind and a key; the kinds are what there is to choose from.
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.rpartition("-")[0], name)
    for first in firsts.values():
        form = harmony.find_progression(first)
        sections = " ".join(section.name for section in form.sections)
        print(
            f"{first:28}{len(form.bar_ticks):3} bars  {form.meters[0].beats}/4  {form.style:9}"
            f"{form.title} ({sections})"
        )
    print("Each in all twelve keys: put another at the end, as in blues-bb.")


# ---------------------------------------------------------------------------------------------- shared pieces


def _add_data(parser: Parser) -> None:
    parser.add_argument(
        "data",
        nargs="+",
        type=Path,
        metavar="DATA",
        help="MIDI files, or folders that are searched recursively",
    )
    parser.add_argument(
        "--strict", action="store_true", help="a file that cannot be read is an error, not skipped"
    )


def _add_reading(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE.mid")
    parser.add_argument(
        "--track", metavar="NAME|N", help="the solo track, by name or number (default: found)"
    )
    parser.add_argument("--progression", metavar="NAME|FILE|TEXT", help="the chords, where the file has none")


def _read(arguments: argparse.Namespace) -> Reading:
    """The MIDI file that `_add_reading` asked for."""
    from jazzgen import harmony, midi

    form = harmony.find_progression(arguments.progression) if arguments.progression else None
    return midi.read(arguments.file, track=arguments.track, progression=form)


def _add_output(parser: Parser, names: str) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=names)


def _add_json(parser: Parser) -> None:
    parser.add_argument(
        "--json", action="store_true", help="one JSON object on standard output and nothing else"
    )


def _report_skipped(skipped: Sequence[Any]) -> None:
    """Name each file that was left out, and count them, on standard error."""
    for reason in skipped:
        print(f"jazzgen: skipped {reason}", file=sys.stderr)
    if skipped:
        print(f"jazzgen: {len(skipped)} file{'s'[: len(skipped) > 1]} skipped", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
