"""A primer: a phrase in a MIDI file that a solo begins with or answers, and how it is played there."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from jazzgen.errors import NoChordsError
from jazzgen.midi import reading
from jazzgen.midi.bars import find_bars
from jazzgen.midi.played import Played, played_solo
from jazzgen.midi.smf import read_song
from jazzgen.music import grid
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import Progression, Solo


class Primer(NamedTuple):
    """A phrase on the grid, and how it is played: exactly so it opens a take."""

    solo: Solo
    played: Played


def read_primer(path: str, form: Progression) -> Primer:
    """The phrase in a MIDI file; where the file has no chords, over those of the form."""
    try:
        found = reading.read(path)
    except NoChordsError:
        found = reading.read(path, progression=form)
    file, solo = read_song(path), found.solo
    song = find_bars(file).on_beats(file)
    if solo.double_time:  # a take keeps the time of the file
        notes, _ = grid.quantize((note[:4] for note in played_solo(song, found).notes), double_time=False)
        halved = solo.progression.scaled(0.5)
        if notes[-1].end > halved.length:  # the coarser grid may move the last note onto the final bar line
            halved = halved.repeat(2)
        solo = replace(solo, notes=tuple(notes), progression=halved, double_time=False)
    return Primer(solo, played_solo(song, replace(found, solo=solo)))


def moved(notes: tuple[PlayedNote, ...], beats: float) -> tuple[PlayedNote, ...]:
    """Notes so many beats later."""
    return tuple(note._replace(onset=note.onset + beats, end=note.end + beats) for note in notes)
