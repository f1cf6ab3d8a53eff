"""The bass lines of the Weimar Jazz Database: a pitch for each beat, cleaned.

`beats.bass_pitch` is an automatic annotation of the recordings. It is noisy: of the chord changes on a bar's
first beat 46 % have the chord's bass, by recording from 0 to 100 %. `read_bass_lines` cleans it:

* **Octaves.** A note that is more than a fifth away from both neighbours, on the same side, is moved by an
  octave where that brings it nearer to both.
* **Stuck.** A pitch four or more times in a row is unknown: a pedal point cannot be told from a tracker that
  heard another instrument.
* **Missing.** Beats without a pitch are unknown, `UNKNOWN` here. Nothing is put in their place.
* **Recordings** are left out that are not in 4/4, that have fewer than 64 known beats, of whose pairs of
  beats more than 30 % repeat a pitch (the bass is in two or plays an ostinato), or of whose changes on a
  first beat fewer than half have the chord's bass: there the annotation follows something else.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from jazzgen.corpus.wjazzd import (
    BeatMap,
    Transcription,
    file_name,
    open_database,
    read_transcriptions,
    write_midi,
)
from jazzgen.errors import DataError
from jazzgen.midi.reading import read_solo
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import TICKS_PER_BEAT, Progression, Solo

UNKNOWN = 0
LOW, HIGH = 28, 55  # E1 to G3
STUCK = 4  # times in a row
OCTAVE_LEAP = 7  # semitones: a leap wider than a fifth, there and back, is looked at
FEWEST_BEATS = 64
MOST_REPEATED, FEWEST_ROOTS = 0.3, 0.5  # shares


class BassLine(NamedTuple):
    """A `solo` and the `pitches` of the bass under it, one a beat of the file from the first bar line."""

    solo: Solo
    pitches: tuple[int, ...]

    @property
    def form(self) -> Progression:
        """The chords in ticks of the file's beats, also under a solo in double time."""
        return self.solo.progression.scaled(1 / self.solo.time_scale)


def read_bass_lines(database: str | os.PathLike[str]) -> list[BassLine]:
    """The lines of `database` that can be relied on, cleaned; raises `DataError` where it has none."""
    with closing(open_database(database)) as opened, tempfile.TemporaryDirectory() as folder:
        columns = {row[1] for row in opened.execute("PRAGMA table_info(beats)")}
        if "bass_pitch" not in columns:
            raise DataError(f"{database}: beats.bass_pitch is missing; the database of 2017 or later has it")
        heard: defaultdict[int, list[int]] = defaultdict(list)
        for melid, pitch in opened.execute(
            "SELECT melid, bass_pitch FROM beats ORDER BY melid, onset, beatid"
        ):
            heard[melid].append(pitch if isinstance(pitch, int) and LOW <= pitch <= HIGH else UNKNOWN)
        lines = [
            BassLine(solo, clean(pitches))
            for solo, pitches in _with_solos(read_transcriptions(opened), heard, Path(folder))
        ]
    return [line for line in lines if _reliable(line)]


def _with_solos(
    transcriptions: Iterator[Transcription], heard: dict[int, list[int]], folder: Path
) -> Iterator[tuple[Solo, list[int]]]:
    """Each solo as jazzgen reads it, and the bass by beats from its first bar line."""
    for solo in transcriptions:
        if not isinstance(write_midi(solo, folder, "metrical"), int):
            continue
        beats = BeatMap.of(solo.beats)
        pitches = [UNKNOWN] * beats.length
        for row, pitch in zip(solo.beats, heard[solo.melid], strict=True):
            pitches[beats.numbers[row.bar, row.beat]] = pitch
        yield read_solo(folder / file_name(solo)), pitches


def clean(pitches: Sequence[int]) -> tuple[int, ...]:
    """The pitches without stuck ones, and with octave errors mended.

    >>> clean([38, 52, 41, 43, 43, 43, 43])
    (38, 40, 41, 0, 0, 0, 0)
    """
    runs = [list(run) for _, run in groupby(pitches)]
    known = [pitch if len(run) < STUCK else UNKNOWN for run in runs for pitch in run]
    for k in range(1, len(known) - 1):
        before, pitch, after = known[k - 1 : k + 2]
        if UNKNOWN in (before, pitch, after) or not (pitch - before) * (pitch - after) > 0:
            continue
        moved = pitch - 12 if pitch > before else pitch + 12
        far = min(abs(pitch - before), abs(pitch - after)) > OCTAVE_LEAP
        nearer = all(abs(moved - other) < abs(pitch - other) for other in (before, after))
        if far and nearer and LOW <= moved <= HIGH:
            known[k] = moved
    return tuple(known)


def _reliable(line: BassLine) -> bool:
    form = line.form
    known = [pitch for pitch in line.pitches if pitch != UNKNOWN]
    if {meter.beats for meter in form.meters} != {4} or len(known) < FEWEST_BEATS:
        return False
    pairs = [a == b for a, b in pairwise(line.pitches) if UNKNOWN not in (a, b)]
    bars = set(form.bar_ticks)
    roots = [
        line.pitches[change.tick // TICKS_PER_BEAT] % 12 == chord.bass
        for change in form.chords
        if change.tick in bars
        and (chord := parse_chord(change.symbol))
        and line.pitches[change.tick // TICKS_PER_BEAT] != UNKNOWN
    ]
    if not pairs or not roots:
        return False
    return sum(pairs) <= MOST_REPEATED * len(pairs) and sum(roots) >= FEWEST_ROOTS * len(roots)
