"""`jazzgen live`: trade with a person while the band plays."""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jazzgen.cli.common import (
    WRITES,
    Parser,
    add_chart,
    adder,
    chart_options,
    chart_text,
    fields_given,
    path,
    plural,
    report_warnings,
)
from jazzgen.errors import OptionError

if TYPE_CHECKING:
    from jazzgen.live.events import Outcome
    from jazzgen.live.play import LiveSettings

SUMMARY = "Trade fours with jazzgen over MIDI: it hears you play, and answers over the changes."
EXAMPLE = "jazzgen live --progression rhythm-changes-bb --in keyboard --out synth --tempo 200"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.live.play import CLOCKS, LiveSettings
    from jazzgen.live.turns import MACHINE, ME, TRADES
    from jazzgen.takes.settings import Settings

    usual = {name: LiveSettings.__dataclass_fields__[name].default for name in ("trade", "first", "answer")}
    add = adder(parser, Settings())
    add("--progression", "a built-in name, a chart, bars as text, or -", metavar="NAME|FILE|LINK|TEXT")
    add("--tempo", "beats a minute (default: the chart's, else the style's)", type=float, metavar="BPM")
    add("--trade", "how many bars a turn has", choices=TRADES, default=usual["trade"])
    add("--first", "who begins", choices=(ME, MACHINE), default=usual["first"])
    add(
        "--answer", "from free to close to what you play", type=float, metavar="0..1", default=usual["answer"]
    )
    add("--in", "the port that you play on, by name, part of it, or number", metavar="PORT", dest="heard")
    add("--out", "the port that jazzgen plays", metavar="PORT", dest="played")
    add("--virtual", "make both ports, for others to connect to (not on Windows)", action="store_true")
    add(
        "--record",
        "the take of the session (default: live-DATE-TIME.mid)",
        metavar="FILE.mid",
    )
    add("--latency", "milliseconds that what is heard comes late", type=float, metavar="MS", default=0.0)
    add("--clock", "follow a MIDI clock, from its start on, or send one", choices=CLOCKS)
    add("--end-controller", "this controller ends the tune, as Ctrl-C and Return do", type=int, metavar="N")
    parser.add_argument(
        "--events",
        action="store_true",
        help="print what happens as JSON, a line each; a line on standard input ends the tune, its end stops",
    )
    add("--log", "write all that is sent, and when, as JSON", type=path, metavar="FILE")
    parser.add_argument("--seed", type=int, metavar="N", help="what all is drawn from (default: a new one)")
    add("--model", "a checkpoint, or the name of a shipped one", metavar="FILE")
    add("--instrument", "of jazzgen's solo: its program and its range", metavar="NAME")
    add("--expression", "scoops, falls, vibrato of the solo; 0 sends no bends", type=float, metavar="0..1")
    add("--title", "of the take (default: the chart's, else an invented one)", metavar="TEXT")
    add_chart(parser.add_argument_group("the chart"))
    _add_band(parser)
    _add_solo(parser)


def _add_solo(parser: Parser) -> None:
    from jazzgen.improviser.controls import Controls

    add = adder(parser.add_argument_group("jazzgen's solo, as in generate-midi"), Controls())
    add("--density", "notes a bar of the answers (default: as dense as you play)", type=float, metavar="N")
    add("--rests", "the share of them that is silence", type=float, metavar="0..0.8")
    add("--temperature", "0 plays the likeliest value each time, 1 as learned", type=float, metavar="T")
    add("--top-k", "draw from the K likeliest only, 0 from all", type=int, metavar="K")
    add("--top-p", "draw from the likeliest that together reach P", type=float, metavar="P")
    add("--outside", "towards the chord's tones or away from them", type=float, metavar="-1..1")
    add("--player", "play like a player of the training solos", metavar="NAME")
    add("--motif", "how much earlier ideas come back, varied", type=float, metavar="0..3")
    add("--max-copied", "at most N intervals as in a training solo", type=int, metavar="N")
    add("--range", "lowest and highest pitch, as C3-E5", metavar="LOW-HIGH")


def _add_band(parser: Parser) -> None:
    from jazzgen.band.ensemble import BASS, COMPING
    from jazzgen.takes.settings import Settings

    add = adder(parser.add_argument_group("the band"), Settings())
    add("--style", "one of those of generate-midi (default: the progression's own)", metavar="NAME")
    add("--humanize", "swing, lag, accents; 0 is the exact grid", type=float, metavar="0..1")
    add("--comping", "the instrument that plays the chords", choices=tuple(COMPING))
    add("--bass", "who walks", choices=tuple(BASS))


def run(arguments: argparse.Namespace) -> None:
    """Play, and say how it went."""
    from jazzgen.charts.find import find_tune
    from jazzgen.errors import PortError
    from jazzgen.live.events import end_of, to_nobody
    from jazzgen.live.play import hear_keys, play
    from jazzgen.live.ports import SystemPorts, quiet_libraries
    from jazzgen.live.session import STOPPED

    live, events = _settings(arguments), arguments.events
    if Path(live.record or "").suffix.lower() not in WRITES["generate-midi"]:
        raise OptionError(
            f"a session is recorded as .mid, received {live.record}; jazzgen render makes sound of that"
        )
    report_warnings(find_tune(live.take.progression, live.take.chart))

    def say(text: str) -> None:
        print(json.dumps({"event": "said", "text": text}) if events else text, flush=True)

    def tell(event: dict[str, Any]) -> None:
        print(json.dumps(event), flush=True)

    with quiet_libraries():
        heard = tell if events else to_nobody
        outcome, number = play(live, SystemPorts(), say, heard, lambda it: hear_keys(it, stops=events))
    if events:
        tell(end_of(outcome))
    else:
        print(_line(outcome, live))
    if number is not None:
        signal.raise_signal(number)  # ends the program as the signal would have
    if outcome.reason not in ("", STOPPED):
        kept = f"; what was played is in {outcome.kept}" if outcome.kept else ""
        raise PortError(f"{outcome.reason}; all notes are off{kept}")


def _settings(arguments: argparse.Namespace) -> LiveSettings:
    from jazzgen.improviser.controls import Controls, parse_range
    from jazzgen.live.play import LiveSettings
    from jazzgen.takes.settings import Settings

    if arguments.form == "full":
        raise OptionError("live goes round in the form; leave --form full out, or play it with generate-midi")
    if arguments.events and arguments.progression == "-":
        raise OptionError("with --events standard input ends the session; give the chart as a file or text")
    arguments.progression = chart_text(arguments.progression)
    if arguments.seed is None:
        arguments.seed = int.from_bytes(os.urandom(4), "little")  # chance; the seed is printed
    low, high = parse_range(arguments.range) if arguments.range is not None else (None, None)
    controls = Controls(**fields_given(arguments, Controls), low=low, high=high)
    given = fields_given(arguments, Settings)
    given["answer"] = False  # a primer's; that of a session is another
    take = Settings(**{**given, "controls": controls, "chart": chart_options(arguments)})
    record = arguments.record
    if record is None:
        record = time.strftime("live-%Y%m%d-%H%M%S.mid")
    return LiveSettings(
        take, arguments.heard, arguments.played, bool(arguments.virtual), arguments.trade, arguments.first,
        arguments.answer, arguments.latency, arguments.clock, record, arguments.end_controller,
        str(arguments.log or ""),
    )  # fmt: skip


def _line(outcome: Outcome, live: LiveSettings) -> str:
    """What was played, and how exactly."""
    report = outcome.report
    how = ""
    if report.get("sent"):
        how = f"; 99 in 100 messages at most {report['p99']:g} ms late, {report['dropped']} notes left out"
    notes = f"{plural(outcome.human_notes, 'note')} of yours, {outcome.machine_notes:,} of jazzgen"
    where = outcome.kept or "not recorded"
    return f"{where}: {plural(outcome.bars, 'bar')}, {notes}, seed {live.take.seed}{how}"
