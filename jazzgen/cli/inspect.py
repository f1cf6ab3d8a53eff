"""`jazzgen inspect`: what a MIDI file is read as."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jazzgen.cli.common import Parser, add_json, add_reading, path, read

if TYPE_CHECKING:
    from jazzgen.midi.reading import Reading
    from jazzgen.music.score import Solo

SUMMARY = "Show what was read from a MIDI file: solo track, chords, notes, values, recipe."
EXAMPLE = "jazzgen inspect take.mid"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    add_reading(parser)
    parser.add_argument(
        "--corpus",
        type=path,
        metavar="DIR",
        help="the solos the model was trained on, as MIDI: says whose run it is that the solo shares",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Print what was read, for a person or as JSON."""
    from jazzgen.charts.plan import passages_in
    from jazzgen.music.units import text_of, units_of
    from jazzgen.tokens.vocabulary import encode

    reading = read(arguments, warn=False)
    solo = reading.solo
    units = units_of(solo)
    form = solo.progression
    found = {
        "file": str(arguments.file),
        "title": solo.title,
        "player": solo.player,
        "instrument": solo.instrument,
        "tempo": round(solo.tempo, 3),
        "key": form.key,
        "meters": [[meter.tick, meter.beats] for meter in form.meters],
        "signatures": [meter.signature for meter in form.meters],
        "double_time": solo.double_time,
        "bars": len(form.bar_ticks),
        "track": reading.track,
        "track_reason": reading.reason,
        "runner_up": reading.runner_up,
        "chord_source": reading.chord_source,
        "sections": [[section.tick, section.name] for section in form.sections],
        "arrangement": [[name, first, last] for name, first, last in passages_in(form)],
        "chords": [[change.tick, change.symbol] for change in form.chords],
        "notes": [[note.onset, note.duration, note.pitch] for note in solo.notes],
        "units": [[unit.start, unit.beats, unit.name, round(unit.height, 1)] for unit in units],
        "values": encode(solo),
        "expression": _expression(arguments, reading),
        "recipe": reading.recipe,
        "warnings": list(reading.warnings),
        "originality": _originality(solo, reading.recipe, arguments.corpus),
    }
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
        return
    shortened = {
        **found,
        "meters": ", ".join(meter.signature for meter in form.meters[:8]),
        "sections": " ".join(section.name for section in form.sections[:24]),
        "arrangement": ", ".join(f"{name} {first}-{last}" for name, first, last in passages_in(form)[:24]),
        "chords": f"{len(form.chords)}: " + " | ".join(change.symbol for change in form.chords[:8]) + " ...",
        "notes": f"{len(solo.notes)}, pitches {_span([note.pitch for note in solo.notes])}",
        "units": text_of(units[:12]) or "none",
        "values": f"{len(found['values'])}, from {found['values'][:12]}",  # type: ignore[arg-type, index]
        "expression": _gestures(found["expression"]),  # type: ignore[arg-type]
        "warnings": "; ".join(reading.warnings),
        "originality": _in_words(found["originality"]),  # type: ignore[arg-type]
    }
    del shortened["signatures"]
    if not reading.warnings:
        del shortened["warnings"]
    for name, value in shortened.items():
        if name in ("runner_up", "arrangement", "warnings") and not value:
            continue
        print(f"{name.replace('_', ' '):14}{value}")


def _span(pitches: list[int]) -> str:
    from jazzgen.music.pitch import pitch_name

    return f"{pitch_name(min(pitches))}..{pitch_name(max(pitches))}" if pitches else "none"


def _expression(arguments: argparse.Namespace, reading: Reading) -> dict[str, int]:
    """How many notes of the solo's track are bent, fall, have vibrato or a swell."""
    from jazzgen.midi.bars import find_bars
    from jazzgen.midi.played import played_notes
    from jazzgen.midi.smf import read_song
    from jazzgen.performance.expression import count_gestures

    file = read_song(arguments.file)
    song = find_bars(file, arguments.pickup).on_beats(file)
    return count_gestures(played_notes(song, song.tracks[reading.track_index - 1]))


def _gestures(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.items() if count) or "none"


def index_of_recipe(recipe: str) -> tuple[Path, str | None] | None:
    """(file, checkpoint's sha256) of the index of what the model in a take's recipe was trained on; without
    a recipe, of the default model. None where that model has no index.

    A name in a file is looked up among the shipped models and never opened as a path.
    """
    from jazzgen.improviser.originality import index_beside
    from jazzgen.model.shipped import DEFAULT_MODEL, shipped_checkpoints

    model = re.search(r" --model (\S+)", recipe)
    sha256 = re.search(r"checkpoint sha256 ([0-9a-f]{64})", recipe)
    checkpoint = shipped_checkpoints().get(model[1] if model else DEFAULT_MODEL)
    if checkpoint is None or not index_beside(checkpoint).is_file():
        return None
    return index_beside(checkpoint), sha256[1] if sha256 else None


def _originality(solo: Solo, recipe: str, corpus: Path | None) -> dict[str, Any] | None:
    """The longest runs of `solo` that stand in the training solos of the model it was played with, or, of a
    file that jazzgen did not write, of the default model; None where that model has no index.
    """
    from jazzgen.improviser.originality import find_source, load_index, longest_run

    index_file = index_of_recipe(recipe)
    solos: Sequence[Solo] = ()
    if corpus is not None:
        from jazzgen.corpus.loading import load_solos

        solos = load_solos([corpus]).solos
    if index_file is None:
        return None
    index = load_index(*index_file)
    found: dict[str, Any] = {"index": index_file[0].name, "training_solos": index.solos}
    for name, rhythm in (("intervals", False), ("with_rhythm", True)):
        run = longest_run(index, solo, rhythm)
        found[name] = asdict(run) if run else None
        if run and corpus is not None:
            source = find_source(solo, run, solos, rhythm)
            found[name]["source"] = source._asdict() if source else None
    return found


def _in_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return "not known: no index of the training solos beside the model"
    words = f"longest run found in {found['training_solos']} training solos: {_run(found['intervals'])}"
    return f"{words}; with rhythm {_run(found['with_rhythm'])}"


def _run(run: dict[str, Any] | None) -> str:
    from jazzgen.improviser.originality import NGRAM

    if run is None:
        return f"fewer than {NGRAM} intervals"
    words = f"{run['length']} intervals from bar {run['bar']}"
    if "source" not in run:
        return words
    source = run["source"]
    if source is None:
        return f"{words} (in no solo of the corpus given)"
    return f"{words} ({source['player'] or 'unknown'}, {source['title']}, bar {source['bar']})"
