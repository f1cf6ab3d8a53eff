"""Meters as they are written, and the beats that the program counts in them.

The grid has 12 ticks a beat. A beat is a quarter note in n/4 and in n/2 (2/2 is four quarters), a dotted
quarter in 3/8, 6/8, 9/8, 12/8 (its eighths are the grid's triplets) and an eighth in the other n/8.
"""

from __future__ import annotations

import re

from jazzgen.errors import ProgressionError
from jazzgen.music.score import MeterChange

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
    """How many beats a bar of such a meter has."""
    if denominator == 2:
        return 2 * numerator
    if denominator == 8 and numerator % 3 == 0:
        return numerator // 3
    return numerator
