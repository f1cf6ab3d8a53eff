"""Real solos for tests: the reference corpus read from its database, at its annotated places in the bar.

Nothing here goes through MIDI: a tick is counted from `melody.bar/beat/tatum`, an end from `duration / beatdur`.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from jazzgen.grid import PlayedNote, read_notes
from jazzgen.score import TICKS_PER_BEAT, ChordChange, MeterChange, Progression, Solo
from tests.corpus import shared_file

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Annotated:
    """One solo of the corpus before it meets the grid; `notes` are in beats from the first bar line."""

    melid: int
    title: str
    performer: str
    tempo: float
    signature: str
    notes: tuple[PlayedNote, ...]
    chords: tuple[tuple[int, str], ...]  # beat, symbol
    bars: tuple[tuple[int, int], ...]  # first beat, number of beats


@cache
def annotated_solos() -> tuple[Annotated, ...]:
    """Every solo of the corpus; all of them are in n/4."""
    path = shared_file("wjazzd", "wjazzd.db")
    with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True) as db:
        beats = _by_solo(db, "SELECT melid, bar, beat, signature, chord FROM beats ORDER BY melid, beatid")
        notes = _by_solo(
            db,
            "SELECT melid, bar, beat, tatum, division, duration, beatdur, pitch FROM melody ORDER BY melid, eventid",
        )
        rows = list(
            db.execute("SELECT melid, title, performer, avgtempo, signature FROM solo_info ORDER BY melid")
        )
    db.close()
    return tuple(_annotated(row, beats[row[0]], notes[row[0]]) for row in rows)


def _by_solo(db: sqlite3.Connection, query: str) -> dict[int, Rows]:
    rows: dict[int, Rows] = defaultdict(list)
    for melid, *row in db.execute(query):
        rows[melid].append(tuple(row))
    return rows


def _annotated(info: tuple[Any, ...], beats: Rows, melody: Rows) -> Annotated:
    bars: dict[int, tuple[int, int]] = {}  # bar -> first beat, number of beats
    count = 0
    for bar, rows in groupby(beats, key=lambda row: row[0]):
        n = int(next(rows)[2].split("/")[0])
        bars[bar] = (count, n)
        count += n
    notes = []
    for bar, beat, tatum, division, duration, beatdur, pitch in melody:
        onset = bars[bar][0] + beat - 1 + (tatum - 1) / division
        notes.append(PlayedNote(onset, onset + duration / beatdur, int(pitch)))
    chords = [(bars[bar][0] + beat - 1, chord) for bar, beat, _, chord in beats if chord]
    return Annotated(*info, tuple(notes), tuple(chords), tuple(bars.values()))


@cache
def corpus_solos() -> tuple[Solo, ...]:
    """Every solo of the corpus on the grid, in double time where `read_notes` says so."""
    return tuple(on_grid(solo) for solo in annotated_solos())


def on_grid(annotated: Annotated) -> Solo:
    """The solo as a MIDI file of it would be read; a note that rings past the last bar ends there."""
    notes, double_time = read_notes(annotated.notes)
    beat = TICKS_PER_BEAT * (2 if double_time else 1)
    chords = [ChordChange(at * beat, symbol) for at, symbol in annotated.chords]
    if not chords or chords[0].tick > 0:
        chords.insert(0, ChordChange(0, "NC"))
    meters: list[MeterChange] = []
    for at, n in annotated.bars:
        if not meters or meters[-1].beats != n:
            meters.append(MeterChange(at * beat, n))
    length = sum(annotated.bars[-1]) * beat
    if notes[-1].end > length:
        notes[-1] = type(notes[-1])(notes[-1].onset, length - notes[-1].onset, notes[-1].pitch)
    progression = Progression(tuple(chords), length, tuple(meters), title=annotated.title)
    return Solo(
        tuple(notes),
        progression,
        tempo=annotated.tempo,
        title=annotated.title,
        player=annotated.performer,
        double_time=double_time,
    )
