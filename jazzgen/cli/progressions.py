"""`jazzgen progressions`: the built-in forms, and the songs of chart files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jazzgen.cli.common import (
    WRITES,
    Parser,
    add_chart,
    add_json,
    chart_options,
    chart_text,
    path,
    refuse_idle,
    report_warnings,
)
from jazzgen.errors import OptionError

if TYPE_CHECKING:
    from jazzgen.charts.find import ChartOptions
    from jazzgen.charts.tune import Tune

SUMMARY = (
    "List the built-in chord progressions or the songs of a chart file, show one, or write it as another."
)
EXAMPLE = "jazzgen progressions playlist.html --song 17 --show"
LISTED = ("title", "composer", "style", "key", "tempo")
MOST_READ = 4500  # songs whose bars are counted in a list: about a second


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.charts.exports import EXPORTS

    parser.add_argument(
        "chart",
        nargs="?",
        metavar="NAME|FILE|LINK|TEXT|-",
        help="what to list: an iReal Pro playlist, MusicXML, ABC, ... (default: the built-in ones)",
    )
    add_chart(parser)
    parser.add_argument("--show", action="store_true", help="print the chart as text that jazzgen reads")
    parser.add_argument("--export", choices=tuple(EXPORTS), help="print the chart in another format")
    parser.add_argument("-o", "--output", type=path, metavar="FILE", help="with --export: write it to a file")
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """List, show or export."""
    options = chart_options(arguments)
    if arguments.export is None:
        refuse_idle(arguments, ["output"], "without --export")
    elif arguments.output is not None:
        _refuse_ending(arguments.export, arguments.output)
    if arguments.chart is None:
        if arguments.show:
            raise OptionError("--show does nothing without a chart; name one")
        idle = ["song", "form", "sections", "key", "unknown", "bars_per_chord", "export"]
        refuse_idle(arguments, idle, "without a chart")
        _list_builtin(arguments.json)
        return
    from jazzgen.charts.find import find_tune

    text = chart_text(arguments.chart)
    if not (arguments.show or arguments.export):
        _list_songs(text, options, arguments)
        return
    tune = find_tune(text, options)
    report_warnings(tune)
    if arguments.export:
        _export(tune, arguments)
    elif arguments.json:
        print(json.dumps(_said(tune) | {"text": _text(tune), "warnings": tune.warnings}))
    else:
        print(_text(tune), end="")


def _text(tune: Tune) -> str:
    from jazzgen.charts.text_writing import write_tune

    return write_tune(tune.without_melody())


def _refuse_ending(kind: str, output: Path) -> None:
    """Raise `OptionError` where `output` ends as what another format or another command writes."""
    from jazzgen.charts.exports import EXPORTS
    from jazzgen.charts.readers import KNOWN_ENDINGS

    own, ending = EXPORTS[kind], output.suffix.lower()
    if ending not in own and ending in KNOWN_ENDINGS.union(*WRITES.values(), *EXPORTS.values()):
        raise OptionError(
            f"--export {kind} writes {', '.join(own)}, and {output.name} is of another kind; name it "
            f"{output.with_suffix(own[0])}"
        )


def _export(tune: Tune, arguments: argparse.Namespace) -> None:
    from jazzgen.charts.exports import export
    from jazzgen.util.files import replacing

    text, warnings = export(tune, arguments.export)
    for warning in warnings:
        print(f"jazzgen: {warning}", file=sys.stderr)
    if arguments.output is None:
        print(text, end="" if text.endswith("\n") else "\n")
        return
    with replacing(arguments.output) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"{arguments.output}: {tune.title or 'the progression'!r}")


def _said(tune: Tune) -> dict[str, object]:
    """What a list says of a tune that was read."""
    form = tune.form
    return {
        "title": tune.title or form.title,
        "composer": form.composer,
        "style": tune.style or form.style,
        "key": form.key,
        "meter": form.meters[0].signature,
        "bars": len(form.bar_ticks),
        "tempo": form.tempo,
    }


def _list_songs(text: str, options: ChartOptions, arguments: argparse.Namespace) -> None:
    """One row a song; what cannot be played says why, and is the error where nothing can."""
    from jazzgen.charts.find import find_tune
    from jazzgen.charts.forms import find_builtin

    if find_builtin(text):
        rows: list[dict[str, object]] = [{"number": 1} | _said(find_tune(text, options))]
    else:
        rows = _song_rows(text, options)
    if arguments.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(_row(row))


def _song_rows(text: str, options: ChartOptions) -> list[dict[str, object]]:
    """What a list says of each song in the file, link or bars that `text` is."""
    from jazzgen.charts.choose import choose_song
    from jazzgen.charts.find import GIVEN, is_written_out, read_entry, songs_in
    from jazzgen.errors import HarmonyError, ProgressionError

    entries = songs_in(text, options)
    file = "" if is_written_out(text) else text
    chosen = entries if options.song is None else [choose_song(entries, options.song, file or GIVEN)]
    if len(chosen) > MOST_READ:
        print(f"jazzgen: the bars of more than {MOST_READ:,} songs are not counted", file=sys.stderr)
    rows = []
    for number, entry in enumerate(entries, 1):
        if len(chosen) == 1 and entry is not chosen[0]:
            continue
        said: dict[str, object] = {name: getattr(entry, name) for name in LISTED}
        if len(chosen) <= MOST_READ:
            try:
                said = _said(read_entry(entry, file if len(chosen) == 1 else "", options))
            except HarmonyError as error:
                if len(chosen) == 1:
                    raise
                said["error"] = str(error)
        rows.append({"number": number} | said)
    if all("error" in row for row in rows):
        first = f"{rows[0]['title']!r}: {rows[0]['error']}"
        raise ProgressionError(
            f"{file or GIVEN}: none of its {len(rows)} songs can be played; the first, {first}"
        )
    return rows


def _row(row: dict[str, object]) -> str:
    """One song on one line."""
    title, composer, style = (str(row.get(name, "")) for name in ("title", "composer", "style"))
    line = (
        f"{row['number']:>5}  {title[:34]:34}  {composer[:22]:22}  {style[:18]:18}  {row.get('key') or '':4}"
    )
    if "error" in row:
        return f"{line}  {row['error']}"
    bars = f"{row['meter']:5}{row['bars']:>4} bars" if "bars" in row else ""
    tempo = f"{row['tempo']:g} BPM" if row["tempo"] else ""
    return f"{line}  {bars}  {tempo}".rstrip()


def _list_builtin(as_json: bool) -> None:
    """One row a form, or with --json the chords of every built-in progression in every key."""
    from jazzgen.charts.find import find_progression
    from jazzgen.charts.forms import builtin_names

    names = builtin_names()
    if as_json:
        found = {name: find_progression(name) for name in names}
        print(json.dumps({name: [change.symbol for change in form.chords] for name, form in found.items()}))
        return
    # A name is a kind and a key: the first of each kind stands for all of its keys.
    firsts: dict[str, str] = {}
    for name in names:
        firsts.setdefault(name.rpartition("-")[0], name)
    for first in firsts.values():
        form = find_progression(first)
        sections = " ".join(section.name for section in form.sections)
        print(
            f"{first:28}{len(form.bar_ticks):3} bars  {form.meters[0].signature:4} {form.style:9}"
            f"{form.title} ({sections})"
        )
    print("Each in all twelve keys: put another at the end, as in blues-bb.")
