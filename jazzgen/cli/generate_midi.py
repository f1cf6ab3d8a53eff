"""`jazzgen generate-midi`: a take."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jazzgen.cli import render
from jazzgen.cli.common import (
    Parser,
    add_chart,
    adder,
    chart_options,
    chart_text,
    fields_given,
    need_tensorflow,
    refuse_ending,
    refuse_idle,
    report_skipped,
    report_warnings,
)
from jazzgen.errors import OptionError

if TYPE_CHECKING:
    from jazzgen.midi.layout import Layout
    from jazzgen.music.score import Progression
    from jazzgen.rendering.audio import Recording
    from jazzgen.takes.many import Written
    from jazzgen.takes.settings import Settings

SUMMARY = "Improvise a solo over a chord progression and write it with its band as MIDI."
EXAMPLE = "jazzgen generate-midi --progression '| Dm7 | G7 | Cmaj7 | % |' --choruses 4 --seed 3 -o take.mid"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.midi.layout import AS_USUAL
    from jazzgen.music.score import INSTRUMENTS
    from jazzgen.takes.settings import HEAD_CHORUSES, Settings

    parser.add_argument(
        "-o", "--output", metavar="FILE", default="take.mid", help="default: take.mid; FOLDER/ puts it there"
    )
    add = adder(parser, Settings())
    add(
        "--progression",
        "a built-in name, a chart (iReal Pro, MusicXML, ABC ...), bars as text, or - for standard input",
        metavar="NAME|FILE|LINK|TEXT",
    )
    usual = f"default: {Settings().choruses}, with --head {HEAD_CHORUSES}, with --trade one more"
    add("--choruses", f"how often the form is played ({usual})", type=int, metavar="N", default=None)
    add(
        "--tempo",
        "beats a minute, dotted quarters in 6/8 or 12/8 (default: the chart's, else the style's usual tempo)",
        type=float,
        metavar="BPM",
    )
    add("--instrument", f"of the solo: {', '.join(INSTRUMENTS)}", metavar="NAME")
    add("--model", "a checkpoint, or the name of a shipped one", metavar="FILE")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the same seed makes the same file (default: a new one)"
    )
    add("--takes", "write N takes on all cores: take-001.mid, take-002.mid ...", type=int, metavar="N")
    add("--first", "with --takes: number them from K on (default: 1)", type=int, metavar="K")
    add(
        "--engine",
        "numpy plays at once; keras plays the same through the trained graph and needs TensorFlow",
        choices=("numpy", "keras"),
    )
    add("--title", "the tune's title (default: the chart's, else an invented one)", metavar="TEXT")
    parser.add_argument(
        "--again",
        metavar="'BARS NAME=VALUE ...'",
        action="append",
        help="play bars again, as in a recipe: '9-16 part=solo seed=7'; see jazzgen again",
    )
    add_retime(parser)
    _add_chart(parser)
    _add_controls(parser)
    _add_band(parser)
    _add_form(parser)
    add_layout(parser, AS_USUAL)
    _add_sound(parser)


def add_retime(parser: Parser) -> None:
    """The tempo at which notes are played that were improvised at another."""
    adder(parser)("--retime", "then play all of it at this tempo, note for note", type=float, metavar="BPM")


def _add_chart(parser: Parser) -> None:
    """How a chart is read and played."""
    from jazzgen.takes.settings import Settings

    group = parser.add_argument_group("the chart")
    add_chart(group)
    add = adder(group, Settings())
    add(
        "--head",
        "leave the first and the last chorus to the band, or to the chart's melody",
        action="store_true",
    )
    group.add_argument(
        "--all-songs", action="store_true", help="a take of every song of a playlist into the folder of -o"
    )
    group.add_argument(
        "--strict", action="store_true", help="with --all-songs: a song that cannot be played is an error"
    )


def _add_controls(parser: Parser) -> None:
    """How the solo is improvised."""
    from jazzgen.improviser.controls import PRIMERS, Controls

    group = parser.add_argument_group("the solo")
    add_wishes(group, Controls())
    add = adder(group)
    add(
        "--primer",
        "a phrase of yours that the solo begins with, as you played it and in its bars: --range and "
        "--max-copied hold for what follows",
        metavar="FILE.mid",
    )
    add(
        "--primer-mode",
        "go on from it (default), or answer it: the model reads it, then plays",
        choices=PRIMERS,
    )


def add_wishes(group: Any, defaults: object) -> None:
    """The options that are fields of `Controls`, and the range."""
    from jazzgen.improviser.controls import ARCS, USUAL_EFFORT

    add = adder(group, defaults)
    add(
        "--temperature",
        "0 plays the likeliest value each time, 1 as it was learned, 20 at most",
        type=float,
        metavar="T",
    )
    add("--top-k", "draw from the K likeliest only, 0 from all", type=int, metavar="K")
    add("--top-p", "draw from the likeliest that together reach P", type=float, metavar="P")
    add("--density", "about so many notes a bar (default: as learned)", type=float, metavar="N")
    add("--rests", "about such a share of silence, as 0.3 (default: as learned)", type=float, metavar="SHARE")
    add("--outside", "towards the chord's tones (-1) or away from them (1)", type=float, metavar="-1..1")
    add(
        "--player",
        "play like a player of the training solos, as 'Chet Baker'; jazzgen players lists them",
        metavar="NAME",
    )
    add("--motif", "how much earlier ideas come back, varied", type=float, metavar="0..3")
    add("--max-copied", "at most N intervals in a row as in a training solo", type=int, metavar="N")
    add(
        "--effort",
        "play N candidates for each four bars, 16 at most, and keep one by what tells people from the model "
        f"(default: {USUAL_EFFORT}, or 1 where the model has not learned to choose)",
        type=int,
        metavar="N",
    )
    add("--arc", "how the choruses grow in notes and height", choices=ARCS)
    add(
        "--units",
        "the phrases in order, again and again, as 'lick line_a:6 rest:4 lick#1', with | from chorus to "
        "chorus (default: drawn)",
        metavar="TEXT",
    )
    add("--range", "lowest and highest pitch, as C3-E5 (C4 is middle C) or 48-76", metavar="LOW-HIGH")


def _add_band(parser: Parser) -> None:
    """How the band plays, and how freely all players do."""
    from jazzgen.band.ensemble import BASS, COMPING
    from jazzgen.music.endings import ENDINGS
    from jazzgen.music.progressions import STYLES
    from jazzgen.takes.settings import Settings

    add = adder(parser.add_argument_group("the band"), Settings())
    add("--style", f"{', '.join(STYLES)} (default: the progression's own)", metavar="NAME")
    add("--humanize", "swing, lag, accents; 0 is the exact grid", type=float, metavar="0..1")
    add(
        "--expression",
        "scoops, falls, vibrato, ghosted notes of a horn; 0 writes no bends",
        type=float,
        metavar="0..1",
    )
    add("--comping", "the instrument that plays the chords", choices=tuple(COMPING))
    add("--bass", "who walks: a network that learnt from people, or the rules", choices=tuple(BASS))
    add(
        "--ending",
        "written: the last chorus comes to rest on the tonic; tag: so does the third time of its last bars; "
        "none: the form as it stands, to loop",
        choices=ENDINGS,
    )
    add("--count-in", "a bar of sticks before bar 1", action="store_true")
    add(
        "--interplay",
        "how often the soloist leaves the band room for an answer or a fill",
        type=float,
        metavar="0..1",
    )


def _add_form(parser: Parser) -> None:
    """The shape of the arrangement."""
    from jazzgen.charts.plan import TRADES
    from jazzgen.music.intros import INTROS
    from jazzgen.takes.settings import Settings

    add = adder(parser.add_argument_group("the form"), Settings())
    add("--intro", "bars of the rhythm section before the form", choices=INTROS)
    add(
        "--trade",
        "soloist and drums play so many bars in turns, in the chorus before the last",
        choices=TRADES,
    )
    add(
        "--plan",
        "in place of --choruses, --head, --intro and --trade, all of it in words: "
        "'intro:4 head solo*2 trade:4 shout head tag'; also drums, a chorus of their own",
        metavar="WORDS",
    )


def add_layout(parser: Parser, defaults: Layout | None) -> None:
    """What a producer chooses about the file."""
    from jazzgen.midi.layout import MARKERS

    group = parser.add_argument_group("the file in a DAW")
    add = adder(group, defaults)
    add("--markers", "sections, chord symbols", choices=MARKERS)
    tracks = group.add_mutually_exclusive_group()
    tracks.add_argument("--tracks", metavar="NAME,...", help="only these, as solo,bass (default: all)")
    tracks.add_argument(
        "--solo-only", dest="tracks", action="store_const", const="solo", help="the same as --tracks solo"
    )
    add("--stems", "besides, write each track as a file of its own: FOLDER/solo.mid", metavar="FOLDER")
    group.add_argument(
        "--channel", metavar="NAME=N,...", help="channels 1..16, as solo=1,bass=3; drums keep 10"
    )
    group.add_argument(
        "--transpose",
        metavar="N|Bb|Eb",
        default=str(defaults.transpose) if defaults else None,
        help="everything but the drums by N semitones, or as the players of such instruments read it",
    )
    add("--ppq", "ticks a beat", type=int, metavar="N")


def _add_sound(parser: Parser) -> None:
    """The same take to hear."""
    add = adder(parser.add_argument_group("its sound (needs the extra jazzgen[audio])"))
    add(
        "--wav",
        "write the sound too: .wav, .flac, .ogg or .mp3 (without FILE: a .wav beside the MIDI file)",
        metavar="FILE",
        nargs="?",
        const="",
    )
    add("--soundfont", "a SoundFont to play with (default: as render)", metavar="FILE")


def run(arguments: argparse.Namespace) -> None:
    """Make one take or many, write them, and say what they are."""
    if not arguments.all_songs and _is_folder(arguments.output):
        arguments.output = str(Path(arguments.output, "take.mid"))
    refuse_ending("generate-midi", arguments.output)
    from jazzgen.charts.find import find_tune
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
    if arguments.strict and not arguments.all_songs:
        raise OptionError("--strict does nothing without --all-songs; leave it out")
    if arguments.all_songs:
        refuse_idle(arguments, ["takes", "first", "song", "title", "stems", "wav"], "with --all-songs")
        _generate_songs(arguments, settings, layout)
        return
    tune = find_tune(settings.progression, settings.chart)
    report_warnings(tune)
    _warn_of_style(settings, tune.form)
    if arguments.takes is None:
        refuse_idle(arguments, ["first"], "without --takes")
        _generate_one(arguments, settings, layout)
    else:
        refuse_idle(arguments, ["stems", "wav", "soundfont"], "with --takes")
        _generate_many(arguments, settings, layout)


def _is_folder(output: str) -> bool:
    """Whether a name ends as those of folders do, which is not the root."""
    return output.endswith(("/", os.sep)) and bool(Path(output).name or not Path(output).anchor)


def _warn_of_style(settings: Settings, form: Progression) -> None:
    """Say on standard error what the band makes of a waltz in bars that are none."""
    if settings.style != "waltz":
        return
    beats = {meter.beats for meter in form.meters}
    if 3 not in beats:
        bars = " and ".join(map(str, sorted(beats)))
        print(
            f"jazzgen: --style waltz over bars of {bars} beats: the band swings as it does in such bars; a "
            "progression with 'meter: 3/4' is a waltz",
            file=sys.stderr,
        )


def _generate_many(arguments: argparse.Namespace, settings: Settings, layout: Layout) -> None:
    """Write numbered takes, and describe each as soon as it and those before it are written."""
    from jazzgen.takes.many import write_takes

    first = 1 if arguments.first is None else arguments.first
    for written in write_takes(
        settings, arguments.output, range(first, first + arguments.takes), layout=layout
    ):
        print(line(written), flush=True)


def _generate_songs(arguments: argparse.Namespace, settings: Settings, layout: Layout) -> None:
    """Write a take of every song of a playlist, and name those that are skipped."""
    from jazzgen.takes.songs import write_songs

    skipped = []
    for written in write_songs(settings, arguments.output, layout=layout, strict=arguments.strict):
        if isinstance(written, str):
            skipped.append(written)
        else:
            print(line(written), flush=True)
    report_skipped(skipped, "song")
    if arguments.unknown is None and any("unknown chord symbol" in reason for reason in skipped):
        print("jazzgen: --unknown hold, nc or triad plays songs with unknown chord symbols", file=sys.stderr)


def line(written: Written) -> str:
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
    else:
        said.append("copies not counted or limited: no index of the training solos beside the model")
    return ", ".join(said)


def _generate_one(arguments: argparse.Namespace, settings: Settings, layout: Layout) -> None:
    from jazzgen.takes.many import Written
    from jazzgen.takes.take import check_files, make_takes

    sound = _sound(arguments)
    inputs = check_files(settings, arguments.output, layout=layout, stems=arguments.stems)
    take = make_takes(settings, inputs, [settings.seed])[0]
    if sound is None:
        take.write(arguments.output, layout=layout, stems=arguments.stems)
    else:
        recording = _write_with_sound(partial(take.write, layout=layout), arguments, sound)
    print(line(Written.of(arguments.output, take)))
    if sound is not None:
        print(render.describe(recording, sound))


def _settings(arguments: argparse.Namespace) -> Settings:
    """The settings that the options give."""
    from jazzgen.improviser.controls import Controls, parse_range
    from jazzgen.takes.again import Again
    from jazzgen.takes.settings import HEAD_CHORUSES, Settings

    if arguments.plan is not None:
        refuse_idle(arguments, ["choruses"], "with --plan, which has them")
    if arguments.choruses is None:
        arguments.choruses = HEAD_CHORUSES if arguments.head else Settings().choruses
        arguments.choruses += arguments.trade != Settings().trade
    if arguments.primer is None:
        refuse_idle(arguments, ["primer_mode"], "without --primer")
    low, high = parse_range(arguments.range) if arguments.range is not None else (None, None)
    controls = Controls(**fields_given(arguments, Controls), low=low, high=high)
    answer = arguments.primer_mode == "answer"
    edits = tuple(Again.parse(text, controls) for text in arguments.again or ())
    arguments.progression = chart_text(arguments.progression)
    given = fields_given(arguments, Settings) | {"again": edits, "chart": chart_options(arguments)}
    return Settings(**given, controls=controls, answer=answer)


def _sound(arguments: argparse.Namespace) -> Path | None:
    """Where the sound goes, checked before any work to be writable; None without --wav."""
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
