"""How the solo in a file is played: the notes of its track as they are, for each note on the grid."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from jazzgen.midi.controllers import by_note
from jazzgen.midi.reading import Reading
from jazzgen.midi.smf import Song, Track
from jazzgen.music.grid import PlayedNote


class Played(NamedTuple):
    """`notes` are those of a solo, one for each in its order, `ornaments` the others of its track: what the
    grid has no place for. In beats of the file, exact to its ticks.
    """

    notes: tuple[PlayedNote, ...]
    ornaments: tuple[PlayedNote, ...]


def played_solo(song: Song, reading: Reading) -> Played:
    """How the solo that `reading` found in `song`, counted in beats (`Bars.on_beats`), is played there."""
    solo = reading.solo
    left: dict[int, list[PlayedNote]] = defaultdict(list)
    for note in played_notes(song, song.tracks[reading.track_index - 1]):
        left[note.pitch].append(note)
    notes = []
    for written in solo.notes:
        place = written.onset / solo.grid_beat
        nearest = min(left[written.pitch], key=lambda other: abs(other.onset - place))
        left[written.pitch].remove(nearest)
        notes.append(nearest)
    return Played(tuple(notes), tuple(sorted(note for others in left.values() for note in others)))


def played_notes(song: Song, track: Track) -> list[PlayedNote]:
    """The notes of a track of `song`, counted in beats, as they are played there, by their onset."""
    ppq = song.ppq
    controls = by_note([note.start for note in track.notes], track.controls, ppq, song.end)
    return [
        PlayedNote(note.start / ppq, note.end / ppq, note.pitch, note.velocity, own)
        for note, own in zip(track.notes, controls, strict=True)
    ]
