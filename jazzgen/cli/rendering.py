"""`jazzgen render`, `plot` and `leadsheet`: hear it, see it, read it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jazzgen.cli.common import add_command, add_output, add_reading, read, refuse_idle

if TYPE_CHECKING:
    from jazzgen.rendering.audio import Recording

__all__ = ["add_leadsheet", "add_plot", "add_render", "report"]


def add_render(commands: Any) -> None:
    """`jazzgen render`: a MIDI file as sound."""
    parser = add_command(
        commands,
        "render",
        render,
        "Play a MIDI file into a sound file: WAV, FLAC, Ogg Vorbis or MP3.",
        "jazzgen render take.mid -o take.wav",
    )
    parser.add_argument("file", metavar="FILE.mid")
    add_output(parser, "x.wav|flac|ogg|mp3")
    parser.add_argument("--soundfont", metavar="FILE", help="a SoundFont to play with (default: a small one)")
    parser.add_argument("--engine", choices=("auto", "midirenderer", "fluidsynth"), default="auto")
    level = parser.add_mutually_exclusive_group()
    level.add_argument(
        "--peak",
        type=float,
        metavar="DBFS",
        default=-1.0,
        help="the highest sample when it is played (default: -1 dBFS)",
    )
    level.add_argument(
        "--loudness", type=float, metavar="LUFS", help="how loud, as far as no sample passes -1"
    )


def render(arguments: argparse.Namespace) -> None:
    """Render a file and say how long and how loud it is."""
    from jazzgen.rendering.audio import render as play

    done = play(
        arguments.file,
        arguments.output,
        soundfont=arguments.soundfont,
        engine=arguments.engine,
        peak_dbfs=arguments.peak,
        loudness_lufs=arguments.loudness,
    )
    print(report(done, arguments.output))


def report(done: Recording, path: str | Path) -> str:
    """How long and how loud the sound in `path` is."""
    return (
        f"{path}: {done.seconds:.1f} s, peak {done.peak_dbfs:.1f} dBFS, "
        f"{done.loudness_lufs:.1f} LUFS, {done.engine} with {done.soundfont.name}"
    )


def add_plot(commands: Any) -> None:
    """`jazzgen plot`: a solo as a picture."""
    from jazzgen.model.shipped import DEFAULT_MODEL

    parser = add_command(
        commands,
        "plot",
        plot,
        "Draw a solo against its chords, or what a model expected of it.",
        "jazzgen plot take.mid -o take.svg",
    )
    add_reading(parser)
    add_output(parser, "x.svg|png")
    parser.add_argument(
        "--probabilities",
        action="store_true",
        help="what a model expected at each step",
    )
    parser.add_argument(
        "--model",
        metavar="FILE",
        help=f"for --probabilities (default: {DEFAULT_MODEL})",
    )


def plot(arguments: argparse.Namespace) -> None:
    """Draw a piano roll, or with --probabilities a heat map."""
    from jazzgen.rendering import piano_roll
    from jazzgen.rendering.heat_map import plot_probabilities

    if not arguments.probabilities:
        refuse_idle(arguments, ["model"], "without --probabilities")
    solo = read(arguments).solo
    if not arguments.probabilities:
        piano_roll.plot(solo, arguments.output)
        print(f"{arguments.output}: {len(solo.progression.bar_ticks)} bars, {len(solo.notes)} notes")
        return
    from jazzgen.improviser.improvise import expect
    from jazzgen.model.engine import NumpyEngine
    from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint

    model = DEFAULT_MODEL if arguments.model is None else arguments.model
    probs = expect(NumpyEngine.load(find_checkpoint(model)), solo)
    plot_probabilities(solo, probs, arguments.output)
    print(f"{arguments.output}: {len(probs)} values against {model}")


def add_leadsheet(commands: Any) -> None:
    """`jazzgen leadsheet`: a solo as notation."""
    parser = add_command(
        commands,
        "leadsheet",
        leadsheet,
        "Write a solo with its chord symbols as a lead sheet: MusicXML, SVG or PDF.",
        "jazzgen leadsheet take.mid -o take.svg --for Bb",
    )
    add_reading(parser)
    add_output(parser, "x.musicxml|svg|pdf")
    parser.add_argument(
        "--for",
        dest="key",
        choices=("C", "Bb", "Eb"),
        default="C",
        help="whose part (default: C, as it sounds)",
    )


def leadsheet(arguments: argparse.Namespace) -> None:
    """Engrave a solo."""
    from jazzgen.rendering.engrave import lead_sheet

    solo = read(arguments).solo
    pages = lead_sheet(solo, arguments.output, key=arguments.key)
    print(f"{arguments.output}: {len(solo.progression.bar_ticks)} bars on {pages} page{'s'[: pages > 1]}")
