"""Meters as they are written, the beats that the program counts in them, and how long those are.

The grid has 12 ticks a beat. A beat is a quarter note in n/4 and in n/2 (2/2 is four quarters), a dotted
quarter in 3/8, 6/8, 9/8, 12/8 (its eighths are the grid's triplets) and an eighth in the other n/8, as far as
those are no whole quarters: 5/8 and 7/8 are five and seven eighths, 4/8 and 8/8 two and four quarters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise

from jazzgen.errors import ProgressionError
from jazzgen.music.score import TICKS_PER_BEAT, MeterChange, Progression, Solo

MOST_BEATS = 16  # in a bar
_METER = re.compile(r"\s*(\d{1,2})\s*/\s*(2|4|8)\s*")


def read_meter(text: str, tick: int = 0) -> MeterChange:
    """The meter that `text` writes, such as 4/4, 2/2 or 12/8; raises `ProgressionError` for any other.

    >>> read_meter("12/8").beats, read_meter("7/8").beats, read_meter("3/2").beats
    (4, 7, 6)
    """
    found = _METER.fullmatch(text)
    beats = beats_a_bar(int(found[1]), int(found[2])) if found else 0
    if found is None or not 1 <= beats <= MOST_BEATS:
        raise ProgressionError(
            f"meter {text.strip()[:60]!r} is not supported; write n/2, n/4 or n/8 of at most {MOST_BEATS} "
            "beats, such as 4/4, 3/4, 2/2 or 12/8"
        )
    return MeterChange(tick, beats, f"{int(found[1])}/{found[2]}")


def beats_a_bar(numerator: int, denominator: int) -> int:
    """How many beats a bar of such a meter has; the denominator is a power of 2."""
    if denominator <= 4:
        return 4 * numerator // denominator
    if numerator % 3 == 0:
        return numerator // 3
    while numerator % 2 == 0 and denominator > 4:
        numerator, denominator = numerator // 2, denominator // 2
    return numerator


CompoundBeats = Callable[[int], bool]


def compound_beats(meters: Iterable[tuple[int, bool]]) -> CompoundBeats | None:
    """Whether a beat, by its number, is one of a compound meter; None where none is.

    `meters` are rising: the beat from which one holds, and whether it is compound.
    """
    starts, kinds = zip(*meters, strict=True)
    if not any(kinds):
        return None

    def is_compound(beat: int) -> bool:
        return bool(kinds[max(bisect_right(starts, beat) - 1, 0)])

    return is_compound


def compound_beats_of(form: Progression) -> CompoundBeats | None:
    """`compound_beats` of a form."""
    return compound_beats((meter.tick // TICKS_PER_BEAT, meter.compound) for meter in form.meters)


class QuarterMap:
    """Where the beats of a solo's grid lie in its file, in quarter notes from the first bar line; and back.

    Beats of one length are one straight line, so that a solo in quarters is mapped without a rounding error.
    """

    def __init__(self, solo: Solo) -> None:
        meters = solo.progression.meters
        self._beats, self._quarters = [0], [Fraction(0)]
        self._lengths = [meters[0].beat_quarters / solo.time_scale]
        for before, meter in pairwise(meters):
            if meter.beat_quarters != before.beat_quarters:
                beat = meter.tick // TICKS_PER_BEAT
                self._quarters.append(self.exact(meter.tick))
                self._beats.append(beat)
                self._lengths.append(meter.beat_quarters / solo.time_scale)
        # The same as floats: notes are played between the ticks.
        self._lines = list(
            zip(self._beats, map(float, self._quarters), map(float, self._lengths), strict=True)
        )
        self._starts = [quarter for _, quarter, _ in self._lines]

    def exact(self, tick: int) -> Fraction:
        """A tick of the grid in quarters."""
        k = max(bisect_right(self._beats, tick // TICKS_PER_BEAT) - 1, 0)
        return self._quarters[k] + (Fraction(tick, TICKS_PER_BEAT) - self._beats[k]) * self._lengths[k]

    def quarters(self, beat: float) -> float:
        """A place in beats of the grid, in quarters."""
        first, quarter, length = self._lines[max(bisect_right(self._beats, beat) - 1, 0)]
        return quarter + (beat - first) * length

    def beats(self, quarter: float) -> float:
        """A place in quarters, in beats of the grid."""
        first, start, length = self._lines[max(bisect_right(self._starts, quarter) - 1, 0)]
        return first + (quarter - start) / length
