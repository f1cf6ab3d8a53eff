"""`jazzgen inspect` and `jazzgen progressions`: what was read, and what there is to play on."""

from __future__ import annotations

import argparse
import json
from typing import Any

from jazzgen.cli.common import add_command, add_json, read

__all__ = ["add_inspect", "add_progressions"]


def add_inspect(commands: Any) -> None:
    """`jazzgen inspect`: what a MIDI file is read as."""
    parser = add_command(
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
    add_json(parser)


def inspect(arguments: argparse.Namespace) -> None:
    """Print what was read, for a person or as JSON."""
    from jazzgen.vocabulary import encode

    reading = read(arguments)
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


def add_progressions(commands: Any) -> None:
    """`jazzgen progressions`: the built-in forms."""
    parser = add_command(
        commands,
        "progressions",
        progressions,
        "List the built-in chord progressions.",
        "jazzgen progressions",
    )
    add_json(parser)


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
