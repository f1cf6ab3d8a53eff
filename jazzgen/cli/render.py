"""`jazzgen render`: a MIDI file as sound."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from jazzgen.cli.common import Parser, add_output, refuse_ending

if TYPE_CHECKING:
    from jazzgen.rendering.audio import Recording

SUMMARY = "Play a MIDI file into a sound file: WAV, FLAC, Ogg Vorbis or MP3."
EXAMPLE = "jazzgen render take.mid -o take.wav"


def add_options(parser: Parser) -> None:
    """The options of the command."""
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


def run(arguments: argparse.Namespace) -> None:
    """Render a file and say how long and how loud it is."""
    refuse_ending("render", arguments.output, arguments.file)
    from jazzgen.rendering.audio import render

    recording = render(
        arguments.file,
        arguments.output,
        soundfont=arguments.soundfont,
        engine=arguments.engine,
        peak_dbfs=arguments.peak,
        loudness_lufs=arguments.loudness,
    )
    print(describe(recording, arguments.output))


def describe(recording: Recording, path: str | Path) -> str:
    """How long and how loud the sound in `path` is, on a line."""
    return (
        f"{path}: {recording.seconds:.1f} s, peak {recording.peak_dbfs:.1f} dBFS, "
        f"{recording.loudness_lufs:.1f} LUFS, {recording.engine} with {recording.soundfont.name}"
    )
