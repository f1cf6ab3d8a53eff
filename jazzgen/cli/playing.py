"""`jazzgen generate-midi`: a take."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jazzgen.cli.common import Parser, add_command, need_tensorflow, refuse_idle
from jazzgen.cli.rendering import report
from jazzgen.errors import OptionError

if TYPE_CHECKING:
    from jazzgen.midi.layout import Layout
    from jazzgen.rendering.audio import Recording
    from jazzgen.takes.many import Written
    from jazzgen.takes.settings import Settings

__all__ = ["add_generate"]


def add_generate(commands: Any) -> None:
    """`jazzgen generate-midi`: a new solo over a progression."""
    from jazzgen.music.score import INSTRUMENTS
    from jazzgen.takes.settings import Settings

    default = Settings()
    parser = add_command(
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
        "--seed", type=int, metavar="N", help="the same seed makes the same file (default: a new one)"
    )
    parser.add_argument(
        "--takes", type=int, metavar="N", help="write N takes on all cores: take-001.mid, take-002.mid ..."
    )
    parser.add_argument(
        "--first", type=int, metavar="K", help="with --takes: number them from K on (default: 1)"
    )
    parser.add_argument(
        "--engine",
        choices=("numpy", "keras"),
        default=default.engine,
        help="numpy plays at once; keras plays the same through the trained graph and needs TensorFlow",
    )
    parser.add_argument("--title", metavar="TEXT", help="the tune's title (default: an invented one)")
    _add_controls(parser)
    _add_band(parser)
    _add_layout(parser)
    _add_sound(parser)


def _add_controls(parser: Parser) -> None:
    """How the solo is improvised."""
    from jazzgen.improviser.controls import ARCS, PRIMERS, Controls

    default = Controls()
    group = parser.add_argument_group("the solo")

    def add(option: str, kind: type, metavar: str, text: str) -> None:
        known = getattr(default, option[2:].replace("-", "_"))
        group.add_argument(option, type=kind, metavar=metavar, default=known, help=text)

    add(
        "--temperature",
        float,
        "T",
        "0 plays the likeliest value each time, 1 as it was learned, 20 at most (default: 1)",
    )
    add("--top-k", int, "K", "draw from the K likeliest only (0: from all)")
    add("--top-p", float, "P", f"draw from the likeliest that together reach P (default: {default.top_p:g})")
    add("--density", float, "N", "about so many notes a bar (default: as learned)")
    add("--rests", float, "SHARE", "about such a share of silence, as 0.3 (default: as learned)")
    add("--outside", float, "-1..1", "towards the chord's tones (-1) or away from them (1)")
    add("--player", str, "NAME", "play like a player of the training solos, as 'Chet Baker'")
    add("--motif", float, "0..3", f"how much earlier ideas come back, varied (default: {default.motif:g})")
    add(
        "--max-copied",
        int,
        "N",
        f"at most N intervals in a row as in a training solo (default: {default.max_copied})",
    )
    group.add_argument(
        "--arc", choices=ARCS, default=default.arc, help="how the choruses grow in notes and height"
    )
    group.add_argument("--range", metavar="LOW-HIGH", help="lowest and highest pitch, as C3-E5 or 48-76")
    group.add_argument(
        "--primer",
        metavar="FILE.mid",
        help="a phrase of yours that the solo begins with, as you played it: --range and --max-copied hold "
        "for what follows",
    )
    group.add_argument(
        "--primer-mode",
        choices=PRIMERS,
        help="go on from it (default), or answer it: hear it first, then play",
    )


def _add_band(parser: Parser) -> None:
    """How the band plays, and how freely everybody does."""
    from jazzgen.band.ensemble import COMPING
    from jazzgen.music.endings import ENDINGS
    from jazzgen.music.progressions import STYLES
    from jazzgen.takes.settings import Settings

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
    group.add_argument(
        "--comping",
        choices=tuple(COMPING),
        default=Settings().comping,
        help="who plays the chords (default: piano)",
    )
    group.add_argument(
        "--ending",
        choices=ENDINGS,
        default=Settings().ending,
        help="written: the last chorus comes to rest on the tonic; none: the form as it stands, to loop",
    )
    group.add_argument("--count-in", action="store_true", help="a bar of sticks before bar 1")


def _add_layout(parser: Parser) -> None:
    """What a producer chooses about the file."""
    from jazzgen.midi.layout import AS_USUAL, MARKERS

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
    group.add_argument(
        "--channel", metavar="NAME=N,...", help="channels 1..16, as solo=1,bass=3; drums keep 10"
    )
    group.add_argument(
        "--transpose",
        metavar="N|Bb|Eb",
        default=str(AS_USUAL.transpose),
        help="everything but the drums by N semitones, or as the players of such instruments read it",
    )
    group.add_argument(
        "--ppq", type=int, metavar="N", default=AS_USUAL.ppq, help=f"ticks a beat (default: {AS_USUAL.ppq})"
    )


def _add_sound(parser: Parser) -> None:
    """The same take to hear."""
    group = parser.add_argument_group("its sound (needs the extra jazzgen[audio])")
    group.add_argument(
        "--wav",
        metavar="FILE",
        nargs="?",
        const="",
        help="write the sound too: .wav, .flac, .ogg or .mp3 (without FILE: a .wav beside the MIDI file)",
    )
    group.add_argument("--soundfont", metavar="FILE", help="a SoundFont to play with (default: a small one)")


def generate(arguments: argparse.Namespace) -> None:
    """Make one take or many, write them, and say what they are."""
    from jazzgen.midi.layout import Layout

    layout = Layout.parse(
        arguments.markers, arguments.tracks, arguments.channel, arguments.transpose, arguments.ppq
    )
    if arguments.seed is None:
        # The one place where chance enters; the seed is printed and stands in the file.
        arguments.seed = int.from_bytes(os.urandom(4), "little")
    if arguments.engine == "keras":
        need_tensorflow("--engine keras")
    settings = _settings(arguments)
    if arguments.takes is None:
        refuse_idle(arguments, ["first"], "without --takes")
        _generate_one(arguments, settings, layout)
    else:
        refuse_idle(arguments, ["stems", "wav", "soundfont"], "with --takes")
        _generate_many(arguments, settings, layout)


def _generate_many(arguments: argparse.Namespace, settings: Settings, layout: Layout) -> None:
    """Write numbered takes, and say of each what it is as soon as it and those before it are there."""
    from jazzgen.takes.many import write_takes

    first = 1 if arguments.first is None else arguments.first
    for written in write_takes(
        settings, arguments.output, range(first, first + arguments.takes), layout=layout
    ):
        print(_line(written), flush=True)


def _line(written: Written) -> str:
    """One line about a file."""
    from jazzgen.improviser.originality import NGRAM

    said = [
        f"{written.path}: {written.title!r}",
        f"{written.bars} bars at {written.tempo:g} BPM",
        f"{written.notes} notes for {written.instrument}",
        f"seed {written.seed}",
    ]
    if written.primed:
        said[2] += f", the first {written.primed} of them yours"
    if written.compared:
        most = f"at most {written.copied.length} intervals in a row" if written.copied else ""
        copies = f"copies {most or f'fewer than {NGRAM} intervals'}"
        said.append(copies + " after those" * bool(written.primed))
    return ", ".join(said)


def _generate_one(arguments: argparse.Namespace, settings: Settings, layout: Layout) -> None:
    from jazzgen.takes.many import Written
    from jazzgen.takes.take import make_take

    sound = _sound(arguments)
    take = make_take(settings)
    if sound is None:
        take.write(arguments.output, layout=layout, stems=arguments.stems)
    else:
        recording = _write_with_sound(partial(take.write, layout=layout), arguments, sound)
    print(_line(Written.of(arguments.output, take)))
    if sound is not None:
        print(report(recording, sound))


def _settings(arguments: argparse.Namespace) -> Settings:
    """What the options say."""
    from jazzgen.improviser.controls import Controls, parse_range
    from jazzgen.takes.settings import Settings

    if arguments.primer is None:
        refuse_idle(arguments, ["primer_mode"], "without --primer")
    given = vars(arguments)
    low, high = parse_range(arguments.range) if arguments.range is not None else (None, None)
    chosen = {field.name: given[field.name] for field in fields(Controls) if field.name in given}
    controls = Controls(**chosen, low=low, high=high)
    answer = arguments.primer_mode == "answer"
    named = {field.name: given[field.name] for field in fields(Settings) if field.name in given}
    return Settings(**named, controls=controls, answer=answer)


def _sound(arguments: argparse.Namespace) -> Path | None:
    """Where the sound goes; before any work, that it can be made and written there. None: nobody wants it."""
    if arguments.wav is None:
        refuse_idle(arguments, ["soundfont"], "without --wav")
        return None
    from jazzgen.rendering.audio import check
    from jazzgen.util.files import check_writable, same_place

    midi = Path(arguments.output)
    if not (arguments.wav or midi.name):
        raise OptionError(f"--wav has no name to put .wav behind in -o {midi}; name a file")
    sound = Path(arguments.wav) if arguments.wav else midi.with_suffix(".wav")
    if same_place(sound, midi):
        raise OptionError(f"{sound} cannot be the sound and the MIDI file; name another with --wav")
    check(sound, arguments.soundfont)
    for path in (midi, sound):
        check_writable(path)
    return sound


def _write_with_sound(write: Callable[..., None], arguments: argparse.Namespace, sound: Path) -> Recording:
    """Write the MIDI file, its stems and its sound: all, or where one fails none."""
    from jazzgen.rendering.audio import render
    from jazzgen.util.files import replacing

    with replacing(sound) as temporary, tempfile.TemporaryDirectory() as folder:
        played = Path(folder, Path(arguments.output).name)
        write(played)
        recording = render(played, temporary, soundfont=arguments.soundfont)
        write(arguments.output, stems=arguments.stems)
    return recording
