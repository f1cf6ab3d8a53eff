"""How the solo in a file is played: the notes of its track as they are, for each note on the grid."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from jazzgen.midi.reading import Reading
from jazzgen.midi.smf import Song
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
    for start, end, pitch, velocity in song.tracks[reading.track_index - 1].notes:
        left[pitch].append(PlayedNote(start / song.ppq, end / song.ppq, pitch, velocity))
    notes = []
    for note in solo.notes:
        place = note.onset / solo.grid_beat
        nearest = min(left[note.pitch], key=lambda other: abs(other.onset - place))
        left[note.pitch].remove(nearest)
        notes.append(nearest)
    return Played(tuple(notes), tuple(sorted(note for others in left.values() for note in others)))
