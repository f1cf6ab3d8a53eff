"""The ticks of a file under the beats of a solo's grid."""

from __future__ import annotations

from typing import NamedTuple

from jazzgen.music.meters import QuarterMap


class FileTicks(NamedTuple):
    """The ticks of the file, `ppq` to a quarter."""

    map: QuarterMap
    ppq: int

    def nearest(self, beat: float) -> float:
        """The tick nearest to a place, from 0 on; both in beats of the grid."""
        return self.map.beats(max(round(self.map.quarters(beat) * self.ppq), 0) / self.ppq)

    def after(self, beat: float) -> float:
        """The tick after that at `beat`."""
        return self.map.beats(self.map.quarters(beat) + 1 / self.ppq)
