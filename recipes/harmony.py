"""Count what chord inference expects: how chords move, and what bass and soloist play under them.

    python -m recipes.harmony wjazzd.db                 writes jazzgen/midi/harmony.json
    python -m recipes.harmony wjazzd.db -o mine.json

Only the training tunes of the Weimar Jazz Database are counted (`corpus.splits`): the others measure what is
made of it (`python -m checks.reading chords`). Every count has a prior, so that nothing is impossible.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from jazzgen.corpus.splits import split_by_title, title_key
from jazzgen.corpus.wjazzd import load, open_database
from jazzgen.errors import HarmonyError, JazzgenError
from jazzgen.midi.harmony import FAMILIES, HARMONY_FILE, METERS, Floats, family_of
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.score import TICKS_PER_BEAT, Solo
from jazzgen.util.files import replacing

ATTRIBUTION = (
    "Counted by recipes/harmony.py in the training tunes of the Weimar Jazz Database (Jazzomat Research "
    "Project, jazzomat.hfm-weimar.de, Open Database License 1.0). Whoever publishes what is made of it names "
    "it."
)
F = len(FAMILIES)
MOVE_PRIOR, TONE_PRIOR, CHANGE_PRIOR = 0.5, 2.0, 1.0  # counts that are added everywhere


def count(solos: list[Solo], titles: set[str], database: sqlite3.Connection) -> dict[str, Any]:
    """The tables of `harmony.json`, as probabilities."""
    moves = np.full((F, 12, F), MOVE_PRIOR)
    families = np.full(F, MOVE_PRIOR)
    line = np.full((F, 12), TONE_PRIOR)
    changes = {beats: np.full((beats, 2), CHANGE_PRIOR) for beats in METERS}
    for solo in solos:
        _count_moves(solo, moves, families, changes)
        _count_line(solo, line)
    first, later = _count_bass(database, titles)
    moves[np.arange(F), 0, np.arange(F)] = 1e-3  # the same chord again is no change
    return {
        "moves": _shares(moves, (1, 2)),
        "families": _shares(families, 0),
        "line": _shares(line, 1),
        "bass_first": _shares(first, 1),
        "bass_later": _shares(later, 1),
        "changes": {str(beats): _shares(rows, 1, 1) for beats, rows in changes.items()},
    }


def _shares(counts: Floats, axis: int | tuple[int, ...], column: int | None = None) -> Any:
    shares = counts / counts.sum(axis=axis, keepdims=True)
    rounded = np.maximum(shares.round(5), 1e-5)
    return (rounded if column is None else rounded[:, column]).tolist()


def _count_moves(solo: Solo, moves: Floats, families: Floats, changes: dict[int, Floats]) -> None:
    """Changes as the file has them: in double time a beat of it is two of the grid."""
    form = solo.progression
    chords = [(change.tick, parse_chord(change.symbol)) for change in form.chords]
    kept: list[tuple[int, Chord]] = []
    for tick, chord in chords:
        if chord and (
            not kept or (kept[-1][1].root, family_of(kept[-1][1])) != (chord.root, family_of(chord))
        ):
            kept.append((tick, chord))
    for (_, before), (_, after) in pairwise(kept):
        moves[family_of(before), (after.root - before.root) % 12, family_of(after)] += 1
    for _, chord in kept:
        families[family_of(chord)] += 1
    at, beat = {tick for tick, _ in kept}, solo.grid_beat
    for tick in range(beat, form.length, beat):
        beats = form.beats_at(tick)
        if beats in changes:
            place = (tick - _bar_start(solo, tick)) // beat
            changes[beats][place % beats, int(tick in at)] += 1


def _bar_start(solo: Solo, tick: int) -> int:
    form = solo.progression
    bar = form.bar_at(tick)
    return form.bar_ticks[bar - bar % solo.time_scale]


def _count_line(solo: Solo, line: Floats) -> None:
    for note in solo.notes:
        chord = parse_chord(solo.progression.chord_at(note.onset).symbol)
        if chord:
            weight = (
                min(note.duration, TICKS_PER_BEAT)
                / TICKS_PER_BEAT
                * (2 if note.onset % TICKS_PER_BEAT == 0 else 1)
            )
            line[family_of(chord), (note.pitch - chord.root) % 12] += weight


def _count_bass(database: sqlite3.Connection, titles: set[str]) -> tuple[Floats, Floats]:
    """(F, 12) tones of the transcribed bass lines: on the beat of a change, and later."""
    first, later = np.full((F, 12), TONE_PRIOR), np.full((F, 12), TONE_PRIOR)
    rows = database.execute(
        "SELECT b.melid, s.title, b.chord, b.bass_pitch FROM beats b JOIN solo_info s ON s.melid = b.melid "
        "ORDER BY b.melid, b.onset"
    )
    solo, chord = None, None
    for melid, title, symbol, pitch in rows:
        solo, chord = melid, chord if melid == solo else None
        if symbol:
            try:
                chord = parse_chord(symbol)
            except HarmonyError:
                chord = None
        if chord and pitch and title_key(title) in titles:
            table = first if symbol else later
            table[family_of(chord), (int(pitch) - chord.root) % 12] += 1
    return first, later


def main(arguments: list[str] | None = None) -> int:
    """Count, and write the tables."""
    parser = argparse.ArgumentParser(description="Count how chords move in a corpus.", allow_abbrev=False)
    parser.add_argument("database", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=HARMONY_FILE)
    options = parser.parse_args(arguments)
    try:
        train = split_by_title(load(options.database)).train
        with closing(open_database(options.database)) as database:
            tables = count(list(train), {title_key(title) for title in train.titles()}, database)
    except JazzgenError as error:
        print(f"recipes.harmony: {error}", file=sys.stderr)
        return 2
    with replacing(options.output) as temporary:
        temporary.write_text(json.dumps({"source": ATTRIBUTION, **tables}) + "\n", encoding="utf-8")
    print(f"{options.output}: from {len(train)} solos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
