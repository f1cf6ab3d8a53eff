"""MIDI files read and prepared, against music21 as the reader and against one worker."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.corpus import write_corpus
from benchmarks.rows import (
    MILLISECONDS,
    ROOT,
    SECONDS,
    Given,
    Row,
    row_of_pairs,
    side_by_side,
)
from jazzgen.corpus import prepare as prepare_module
from jazzgen.corpus.prepare import prepare
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import read_solo
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.grid import quantize
from jazzgen.music.score import Arrangement, ChordChange, MeterChange, Note, Progression, Solo
from jazzgen.performance.feel import Feel


def reading(given: Given) -> list[Row]:
    """A MIDI file of 2,000 notes, as a solo, against music21's parser."""
    import music21

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "solo.mid"
        write_arrangement(Arrangement(_long_solo(2000)), path, feel=Feel(0.7))
        if len(read_solo(path).notes) != 2000:
            raise SystemExit("the benchmark's own file does not read back whole")
        # forceSource: music21 would else answer from its cache.
        theirs = partial(music21.converter.parse, path, forceSource=True)
        pairs = side_by_side(partial(read_solo, path), theirs, max(given.repeats, 5))
    what = "reading a MIDI file of 2,000 notes"
    headline = f"{what}: times faster"
    return [row_of_pairs(what, pairs, MILLISECONDS, "music21", ">= 40", headline=headline)]


def _long_solo(notes: int) -> Solo:
    """The study solos in 4/4 one after the other, rests and all, until there are `notes` notes."""
    studies = [read_solo(path) for path in midi_files([ROOT / "data" / "midi"])]
    studies = [solo for solo in studies if solo.progression.meters == (MeterChange(0, 4),)]
    played: list[Note] = []
    chords: list[ChordChange] = []
    start = 0
    for solo in itertools.cycle(studies):
        played += [replace(note, onset=note.onset + start) for note in solo.notes]
        chords += [replace(change, tick=change.tick + start) for change in solo.progression.chords]
        start += solo.progression.length
        if len(played) >= notes:
            return Solo(tuple(played[:notes]), Progression(tuple(chords), start))
    raise AssertionError("there are no study solos")


def preparing(given: Given) -> list[Row]:
    """The corpus prepared by two workers against one, and by one against music21; all from nothing.

    This process, which is up already in both, is one of the workers; the other has to be started.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(given.corpus, folder / "midi")
        files = midi_files([folder / "midi"])
        numbers = itertools.count()

        def ours(files: Sequence[Path], jobs: int) -> None:
            prepare(files, folder / f"corpus-{next(numbers)}", jobs=jobs)

        def theirs() -> None:
            with mock.patch.object(prepare_module, "read_or_refusal", _read_with_music21):
                ours(sample, 1)

        workers = side_by_side(partial(ours, files, 2), partial(ours, files, 1), max(given.repeats, 5))
        sample = files[::20]
        # On one core in this process: its own time does not count what else the machine does.
        readers = side_by_side(
            partial(ours, sample, 1), theirs, max(given.repeats, 5), clock=time.process_time
        )
    what = f"preparing the {len(files)} solos of the corpus"
    return [
        row_of_pairs(
            f"{what} with 2 workers",
            workers,
            SECONDS,
            "with 1",
            ">= 1.6",
            note=", starting the second included",
            headline=f"{what} with two workers: times faster",
        ),
        row_of_pairs(
            f"preparing {len(sample)} of them with 1 worker",
            readers,
            SECONDS,
            "with music21 as the reader",
            ">= 30",
            note=" of a core",
            headline=f"preparing {len(sample)} of them with one: times faster",
        ),
    ]


def _read_with_music21(file: Path) -> Solo:
    """What `midi.read_solo` does as far as music21 goes, which passes over markers: the notes on our grid."""
    import music21

    score = music21.converter.parse(file, forceSource=True)
    played: list[Any] = [
        (float(note.offset), float(note.offset + note.quarterLength), note.pitch.midi, note.volume.velocity)
        for note in score.flatten().notes
        if isinstance(note, music21.note.Note)
    ]
    notes, double_time = quantize(played)
    bars = -(-notes[-1].end // 48)
    return Solo(
        tuple(notes),
        Progression((ChordChange(0, "N.C."),), 48 * bars),
        title=file.stem,
        double_time=double_time,
    )


MEASUREMENTS = {"reading": reading, "preparing": preparing}
