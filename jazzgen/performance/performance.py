"""A performance: how each note of an arrangement is played, drawn once and kept.

    performance = Performance.of(arrangement, Feel(0.7, seed=1))
    write_arrangement(arrangement, "take.mid", feel=performance)

A `Feel` draws in the order of the notes, and a solo's dynamics are relative to its means: played again after
a change of a few notes, all others would move. A performance keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import SOLO, Arrangement, Part, Solo
from jazzgen.performance.feel import Feel, refitted

PPQ = 480  # ticks a quarter on which a take is played


@dataclass(frozen=True, slots=True)
class Performance:
    """How the parts of an arrangement are played.

    `tracks` are (name, notes), the solo's under `score.SOLO`: one `PlayedNote` for each note of the part, in
    its order, in beats of the file. The solo's lie on ticks, `ppq` a quarter. `ornaments` are what its track
    has besides, in a file from elsewhere: notes that the grid has no place for.
    """

    tracks: tuple[tuple[str, tuple[PlayedNote, ...]], ...]
    ppq: int = PPQ
    ornaments: tuple[PlayedNote, ...] = ()

    @classmethod
    def of(
        cls,
        arrangement: Arrangement,
        feel: Feel,
        kept: Mapping[str, Sequence[PlayedNote | None]] | None = None,
        ppq: int = PPQ,
        ornaments: tuple[PlayedNote, ...] = (),
    ) -> Self:
        """`arrangement` as `feel` plays it.

        Parameters
        ----------
        arrangement, feel
            What is played, and how.
        kept
            By track, for each note how it is played already, or None; a track that is not named is all new.
        ppq, ornaments
            As in the class.

        Returns
        -------
        Performance
            Of all parts.
        """
        solo, kept = arrangement.solo, kept or {}
        tracks = (
            (part.name, tuple(feel.play(part, solo, ppq, kept.get(part.name, ()))))
            for part in tracks_of(arrangement)
        )
        return cls(tuple(tracks), ppq, ornaments)

    def track(self, name: str) -> tuple[PlayedNote, ...]:
        """The notes of the track `name`."""
        return dict(self.tracks)[name]

    def play(self, part: Part, solo: Solo, ppq: int) -> list[PlayedNote]:
        """The notes of `part`, also transposed, as they are played, for a file of `ppq` ticks a quarter.

        Where the ticks are others than those of the performance, the solo's notes are moved to them so that
        each is still read as its place of the grid.
        """
        played = [
            note._replace(pitch=written.pitch)
            for note, written in zip(self.track(part.name), part.notes, strict=True)
        ]
        if part.name != SOLO:
            return played
        if ppq != self.ppq:
            beats = solo.time_scale
            on_grid = [n._replace(onset=n.onset * beats, end=n.end * beats) for n in played]
            fitted = refitted(part.notes, on_grid, solo, ppq)
            played = [n._replace(onset=n.onset / beats, end=n.end / beats) for n in fitted]
        up = played[0].pitch - self.track(SOLO)[0].pitch if played else 0
        return sorted([*played, *(note._replace(pitch=note.pitch + up) for note in self.ornaments)])


def tracks_of(arrangement: Arrangement) -> tuple[Part, ...]:
    """What is played in an arrangement: the solo as a part, and the others."""
    return (Part(SOLO, 0, 0, arrangement.solo.notes), *arrangement.parts)
