"""The band's choruses, each composed before it begins: `BandAhead`.

How many there will be is not known. A chorus is taken out of three, where it knows what follows: the first of
them at the beginning, the last, which comes to rest, where the end was asked for, else the one between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from jazzgen.band.ensemble import accompany
from jazzgen.charts.tune import joined
from jazzgen.music.endings import with_ending
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import TICKS_PER_BEAT, Note, Part, Progression, Solo
from jazzgen.performance.feel import Feel
from jazzgen.performance.performance import PPQ

# How a note is kept and sent between processes: its part, on the grid (ticks), and as it is played (beats).
ROW = np.dtype(
    [
        ("part", "u1"), ("tick", "i4"), ("ticks", "i4"), ("pitch", "u1"), ("level", "u1"),
        ("onset", "f8"), ("end", "f8"), ("velocity", "u1"),
    ]
)  # fmt: skip
Rows = npt.NDArray[np.void]
CHORUSES = 3  # that are composed, of which one is played
SEEDS = 4099  # more choruses than a session has


class BandAhead:
    """The band of a session over `form`; every chorus depends on the seed and its number alone.

    Parameters
    ----------
    form
        One chorus.
    tempo
        Beats of the first meter a minute.
    seed
        What all is drawn from.
    comping, bass, humanize
        As `takes.settings.Settings` have them.
    """

    def __init__(
        self, form: Progression, *, tempo: float, seed: int, comping: str, bass: str, humanize: float
    ) -> None:
        self.form, self.tempo, self.seed = form, tempo, seed
        self.comping, self.bass, self.humanize = comping, bass, humanize

    def parts(self) -> list[Part]:
        """The players, without notes, in the order of `ROW`'s parts."""
        return [Part(p.name, p.program, p.channel, (), p.volume, p.pan, p.low, p.high) for p in self._all(0)]

    def _all(self, number: int) -> Sequence[Part]:
        ending = with_ending(self.form)
        solo = Solo((), joined([self.form] * (CHORUSES - 1) + [ending]), tempo=self.tempo)
        rng = np.random.default_rng([self.seed, number])
        return accompany(
            solo, rng, comping=self.comping, bass=self.bass, ending="written", choruses=CHORUSES,
            starts=[k * self.form.length for k in range(CHORUSES)],
        )  # fmt: skip

    def chorus(self, number: int, last: bool) -> Rows:
        """The notes of chorus `number`, from 0, in ticks and beats from the first bar line of the tune."""
        which = CHORUSES - 1 if last else 0 if number == 0 else 1
        begin = which * self.form.length
        ending = with_ending(self.form)
        solo = Solo((), joined([self.form] * (CHORUSES - 1) + [ending]), tempo=self.tempo)
        feel = Feel(self.humanize, self.seed * SEEDS + number)
        later = number * self.form.length - begin
        rows = []
        for at, part in enumerate(self._all(number)):
            inside = [n for n in part.notes if begin <= n.onset < begin + self.form.length]
            notes = Part(part.name, part.program, part.channel, tuple(inside), part.volume, part.pan)
            played = feel.play(notes, solo, PPQ)
            beats = later / TICKS_PER_BEAT
            rows += [
                (
                    at,
                    n.onset + later,
                    n.duration,
                    n.pitch,
                    n.velocity,
                    p.onset + beats,
                    p.end + beats,
                    p.velocity,
                )
                for n, p in zip(inside, played, strict=True)
            ]
        return np.array(sorted(rows, key=lambda row: row[5]), ROW)


def notes_of(rows: Rows) -> Iterator[tuple[int, Note, PlayedNote]]:
    """The part, the note and how it is played, of each row."""
    for part, tick, ticks, pitch, level, onset, end, velocity in rows.tolist():
        yield part, Note(tick, ticks, pitch, level), PlayedNote(onset, end, pitch, velocity)
