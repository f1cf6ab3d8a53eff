"""Why a note: what else the network thought likely there, and the run of intervals that it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jazzgen.improviser.improvise import expect, with_pitches
from jazzgen.improviser.originality import NGRAM, CopyDetector, Index, Run, find_source
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.engines import make_engine
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import Note, Solo, instrument
from jazzgen.rendering.piano_roll import classify
from jazzgen.rendering.symbols import DEGREE_NAMES, display, note_label
from jazzgen.studio.roll import bar_and_beat
from jazzgen.takes.take import Take
from jazzgen.tokens.vocabulary import IS_REST, REST, parts_of, place_pitch

OTHERS = 8  # values that are named
LENGTHS = ("16th", "triplet", "eighth", "quarter", "half", "whole")


def expected(take: Take) -> FloatArray:
    """(values, 78): what the network of `take` expected at each value of its solo."""
    return expect(make_engine(take.inputs.checkpoint, take.settings.engine), take.solo)


def why(take: Take, number: int, probs: FloatArray, solos: Sequence[Solo] | None) -> dict[str, Any]:
    """About the note `number`, from 0, of the solo.

    Parameters
    ----------
    take, number
        Which note.
    probs
        What `expected` gives.
    solos
        Where a run may come from; None where they are not at hand.

    Returns
    -------
    dict
        For JSON.
    """
    solo, note = take.solo, take.solo.notes[number]
    values = [value for value, _ in with_pitches(solo)]
    step = [k for k, value in enumerate(values) if not IS_REST[value]][number]
    value, row = values[step], probs[step]
    degree, length = parts_of(value)
    bar, beat = bar_and_beat(take, note)
    symbol = solo.progression.chord_at(note.onset).symbol
    run = longest_run_with(take.inputs.index, solo, number)
    source = find_source(solo, run, solos) if run and solos is not None else None
    return {
        "note": number,
        "bar": bar,
        "beat": beat,
        "pitch": note.pitch,
        "name": note_label(note.pitch),
        "length": LENGTHS[length],
        "class": classify(note, solo.progression),
        "chord": display(symbol),
        "degree": DEGREE_NAMES[degree] if parse_chord(symbol) else "",
        "probability": round(float(row[value]), 5),
        "rank": int((row > row[value]).sum()) + 1,
        "given": _given(take, number),
        "others": _others(solo, number, value, row),
        "run": None if run is None else {
            "intervals": run.length,
            "first_note": run.first_note,
            "last_note": run.first_note + run.length,
            "text": f"{run.length} intervals in a row, from bar {run.bar}, stand in a training solo",
        },
        "source": None if source is None else {
            "title": source.title, "player": source.player, "bar": source.bar
        },
        "source_hint": "start with --solos DATA to see in which solo" if run and solos is None else None,
    }  # fmt: skip


def _given(take: Take, number: int) -> str:
    """Who gave a note: the chart's melody, a primer or the network."""
    first, last = take.head
    if number < first or number >= len(take.solo.notes) - last:
        return "head"
    return "primer" if number < first + take.primed else "network"


def _others(solo: Solo, number: int, played: int, row: FloatArray) -> list[dict[str, Any]]:
    """The likeliest other values, each with the pitch nearest to the note before."""
    note = solo.notes[number]
    last = solo.notes[number - 1].pitch if number else None
    chord = parse_chord(solo.progression.chord_at(note.onset).symbol)
    root = chord.root if chord else 0
    horn = instrument(solo.instrument)
    found = []
    for value in map(int, (-row).argsort(kind="stable")):
        if value == played:
            continue
        degree, length = parts_of(value)
        rest = degree == REST
        pitch = None if rest else place_pitch((root + degree) % 12, last, horn)
        found.append(
            {
                "name": "rest" if pitch is None else note_label(pitch),
                "pitch": pitch,
                "degree": "" if rest or chord is None else DEGREE_NAMES[degree],
                "length": LENGTHS[length],
                "probability": round(float(row[value]), 5),
            }
        )
        if len(found) == OTHERS:
            break
    return found


def longest_run_with(index: Index | None, solo: Solo, number: int) -> Run | None:
    """The longest run of intervals that stands in a training solo and that the note `number` is part of."""
    if index is None:
        return None
    best: Run | None = None
    detector = CopyDetector(index)
    for last, note in enumerate(solo.notes):
        length = detector.would_copy(note.pitch)
        detector.push(note.pitch)
        first = last - length
        if length >= NGRAM and first <= number <= last and (best is None or length > best.length):
            best = _run(solo, length, solo.notes[first], first)
    return best


def _run(solo: Solo, length: int, note: Note, first: int) -> Run:
    return Run(length, first, note.onset, solo.progression.bar_at(note.onset) + 1)
