"""Solos for tests: the reference corpus at its annotated places in the bar, and hypothesis-made ones.

Nothing here goes through MIDI: an onset is counted from `melody.bar/beat/tatum`, an end from `duration /
beatdur`.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any

from hypothesis import strategies as st

from jazzgen.music.grid import PlayedNote, quantize
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, MeterChange, Note, Progression, Solo
from tests.shared import shared_file

Rows = list[tuple[Any, ...]]


# ------------------------------------------------------------------------------------------------- the corpus

BEATS = "SELECT melid, bar, beat, signature, chord FROM beats ORDER BY melid, beatid"
MELODY = """SELECT melid, bar, beat, tatum, division, duration, beatdur, pitch
            FROM melody ORDER BY melid, eventid"""
INFO = "SELECT melid, title, performer, avgtempo, signature FROM solo_info ORDER BY melid"


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
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        beats, melody = _by_solo(db, BEATS), _by_solo(db, MELODY)
        return tuple(_annotated(row, beats[row[0]], melody[row[0]]) for row in db.execute(INFO))


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
    """Every solo of the corpus on the grid, in double time where `quantize` says so."""
    return tuple(on_grid(solo) for solo in annotated_solos())


def on_grid(annotated: Annotated) -> Solo:
    """The solo as a MIDI file of it would be read; a note that rings past the last bar ends there."""
    notes, double_time = quantize(annotated.notes)
    beat = TICKS_PER_BEAT * (2 if double_time else 1)
    chords = [ChordChange(at * beat, symbol) for at, symbol in annotated.chords]
    if not chords or chords[0].tick > 0:
        chords.insert(0, ChordChange(0, "NC"))
    meters: list[MeterChange] = []
    for at, n in annotated.bars:
        # In double time a bar becomes two bars of as many beats.
        if not meters or meters[-1].beats != n:
            meters.append(MeterChange(at * beat, n))
    length = sum(annotated.bars[-1]) * beat
    notes[-1] = replace(notes[-1], duration=min(notes[-1].duration, length - notes[-1].onset))
    progression = Progression(tuple(chords), length, tuple(meters), title=annotated.title)
    return Solo(
        tuple(notes),
        progression,
        tempo=annotated.tempo,
        title=annotated.title,
        player=annotated.performer,
        double_time=double_time,
    )


# ------------------------------------------------------------------------------------------------- made up

# Every set of onsets that `quantize` leaves in a beat: the straight ones, and the triplets that are no swung
# eighths.
BEAT_PATTERNS = [
    *([p for i, p in enumerate((0, 3, 6, 9)) if mask >> i & 1] for mask in range(16)),
    *([4], [0, 4], [4, 8], [0, 4, 8]),
]
SYMBOLS = ["C", "Dm7", "G7", "Bbmaj7", "F#m7b5", "N.C.", "Ab7", "Eb6", "C7/E"]


@st.composite
def quantized_notes(draw: st.DrawFn, beats: int) -> list[Note]:
    """One voice on the grid over `beats` beats: any rhythm, any articulation."""
    patterns = draw(st.lists(st.sampled_from(BEAT_PATTERNS), min_size=1, max_size=beats))
    onsets = [beat * TICKS_PER_BEAT + place for beat, places in enumerate(patterns) for place in places]
    ends = [*onsets[1:], beats * TICKS_PER_BEAT]
    notes = []
    for onset, end in zip(onsets, ends, strict=False):
        duration = draw(st.integers(1, end - onset) | st.just(end - onset))
        notes.append(Note(onset, duration, draw(st.integers(30, 100)), draw(st.integers(1, 127))))
    return notes


@st.composite
def quantized_solos(draw: st.DrawFn) -> Solo:
    """A solo on the grid in any n/4, over chords that may be N.C. and stand on any beat."""
    meter, bars = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    beats = meter * bars
    at = sorted({0, *draw(st.lists(st.integers(0, beats - 1), max_size=6))})
    chords = tuple(ChordChange(beat * TICKS_PER_BEAT, draw(st.sampled_from(SYMBOLS))) for beat in at)
    key = draw(st.sampled_from(["", "Bb", "F#m"]))
    progression = Progression(chords, beats * TICKS_PER_BEAT, (MeterChange(0, meter),), key=key)
    return Solo(tuple(draw(quantized_notes(beats))), progression)
