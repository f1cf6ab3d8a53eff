"""The time from what a person hears to what jazzgen hears of it: `measure`, by tapping along with clicks.

What comes out holds everything on the way: the sound card and the synth that play the click, the person, and
the keyboard and its cable. People tap some 20 ms before a click that they expect, so that it is a few
milliseconds short; a cable from the output to the input instead of a person measures the MIDI alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from jazzgen.errors import PortError
from jazzgen.live.clock import Clock
from jazzgen.live.output import Sink
from jazzgen.live.upcoming import OFF, ON
from jazzgen.music.score import DRUM_CHANNEL

CLICK, VELOCITY = 37, 100  # the side stick
APART_S = 0.6  # between two clicks: 100 beats a minute
LEARNED = 4  # the first clicks, by which a person finds the time
CLICKS = 20
FEWEST = 6  # taps that make a figure
TICK_S = 0.02


class Latency(NamedTuple):
    """Of `taps` the median and the half of the distance between the quartiles, in milliseconds."""

    median_ms: float
    spread_ms: float
    taps: int


def measure(sink: Sink, heard: deque[tuple[bytes, float]], clock: Clock, clicks: int = CLICKS) -> Latency:
    """Play clicks to `sink` and compare the note-ons that come into `heard`, a message and its second each.

    Parameters
    ----------
    sink, heard, clock
        Where clicks go, where taps come from, and what time it is.
    clicks
        How many; the first `LEARNED` do not count.

    Returns
    -------
    Latency
        Of the taps that are nearest to a click.

    Raises
    ------
    PortError
        Where fewer than `FEWEST` came.
    """
    begin = clock.now() + APART_S
    due = [begin + k * APART_S for k in range(clicks)]
    for second in due:
        sink.note(second, bytes((ON | DRUM_CHANNEL, CLICK, VELOCITY)))
        sink.note(second + 0.05, bytes((OFF | DRUM_CHANNEL, CLICK, 0)))
    while clock.now() < due[-1] + APART_S:
        sink.alive(clock.now())
        clock.wait(clock.now() + TICK_S)
    taps = [second for message, second in heard if message[0] & 0xF0 == ON and message[2]]
    late = latencies(due[LEARNED:], taps)
    if len(late) < FEWEST:
        raise PortError(
            f"{len(late)} taps came near a click, {FEWEST} are needed; tap a key of the input on each click"
        )
    quarter = len(late) // 4
    spread = (late[-1 - quarter] - late[quarter]) / 2
    return Latency(1000 * median(late), 1000 * spread, len(late))


def latencies(clicks: Sequence[float], taps: Sequence[float]) -> list[float]:
    """How late the nearest tap to each click is, in seconds, sorted; none where that is half a beat away."""
    nearest = [min((tap - click for tap in taps), key=abs, default=APART_S) for click in clicks]
    return sorted(late for late in nearest if abs(late) < APART_S / 2)
