"""The tracks of a MIDI file as parts: all of their notes where they are played, on the grid of a form."""

from __future__ import annotations

import os

from jazzgen.midi.bars import find_bars
from jazzgen.midi.parts import is_drums
from jazzgen.midi.smf import TimedNote, naming, read_song
from jazzgen.music.score import DRUM_CHANNEL, TICKS_PER_BEAT, Note, Part


def read_parts(path: str | os.PathLike[str], pickup: float | None = None) -> tuple[Part, ...]:
    """The tracks with notes, in ticks of the file's beats; drums have the channel of drums.

    `pickup` as `read` takes it. Raises `MidiError` where the file is none or is broken, or has no notes.
    """
    file = read_song(path)
    with naming(path):
        song = find_bars(file, pickup).on_beats(file)
    return tuple(
        Part(
            track.name or f"Track {number}",
            track.program,
            DRUM_CHANNEL if is_drums(track) else track.channel,
            tuple(_on_grid(note, song.ppq) for note in track.notes if note.start >= 0),
        )
        for number, track in enumerate(song.tracks, 1)
    )


def _on_grid(note: TimedNote, ppq: int) -> Note:
    onset, end = (round(tick * TICKS_PER_BEAT / ppq) for tick in (note.start, note.end))
    return Note(onset, max(end - onset, 1), note.pitch, note.velocity)
