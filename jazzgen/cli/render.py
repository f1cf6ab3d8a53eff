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
MISSED = 0.5  # LU between the loudness that was asked for and that of the file, from which it is said


def add_options(parser: Parser) -> None:
    """The options of the command."""
    parser.add_argument("file", metavar="FILE.mid")
    add_output(parser, "x.wav|flac|ogg|mp3")
    parser.add_argument(
        "--mix",
        choices=("record", "practice", "dry"),
        default="record",
        help="record (default): parts in balance, in a room, gently limited; practice: the band without "
        "the solo; dry: the file's own levels, no room, no limiter",
    )
    parser.add_argument(
        "--stems", metavar="DIR", help="also a sound file for each part, which add up to the mix"
    )
    parser.add_argument(
        "--soundfont",
        metavar="FILE",
        help="a SoundFont to play with (default: FluidR3 or MuseScore General if installed, or a small one)",
    )
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
        "--loudness", type=float, metavar="LUFS", help="how loud, as far as no sample passes -1 dBFS"
    )


def run(arguments: argparse.Namespace) -> None:
    """Render a file and say how long and how loud it is."""
    refuse_ending("render", arguments.output, arguments.file)
    from jazzgen.rendering.audio import render

    recording = render(
        arguments.file,
        arguments.output,
        mix=arguments.mix,
        soundfont=arguments.soundfont,
        engine=arguments.engine,
        peak_dbfs=arguments.peak,
        loudness_lufs=arguments.loudness,
        stems=arguments.stems,
    )
    asked = arguments.loudness
    missed = asked is not None and abs(recording.loudness_lufs - asked) > MISSED
    print(describe(recording, arguments.output) + (f" ({asked:g} asked for)" if missed else ""))


def describe(recording: Recording, path: str | Path) -> str:
    """How long and how loud the sound in `path` is, on a line."""
    said = (
        f"{path}: {recording.seconds:.1f} s, peak {recording.peak_dbfs:.1f} dBFS, "
        f"{recording.loudness_lufs:.1f} LUFS, {recording.engine} with {recording.soundfont.name}"
    )
    return said if recording.mix == "record" else f"{said}, {recording.mix} mix"
