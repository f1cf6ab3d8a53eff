"""What happens in a session as plain data, for whoever shows it: `jazzgen live --events`, and the studio.

Every event is a dictionary of numbers and text with its name under `event`:

* `form`, once, before the count-in: `title`, `tempo`, `seed`, `trade`, `first`, the `beats` of a chorus, the
  beats on which its `bars` begin, its `chords` as [beat, symbol].
* `beat`, on each: where the tune is, in beats from the first bar line on (below 0 in the count-in), with the
  `bar`, from 1 through all choruses, the `chord`, the `tempo`, and whose `turn` it is, "you" or "jazzgen".
* `you`, for each key: the `beat`, the `pitch`, the `velocity`, which is 0 where it is let go.
* `answer`: the `notes` that will be played, as [beat, end, pitch, velocity].
* `said`: a `text` for people. `end`, last: the `reason`, empty where the tune came to its end; the `file`;
  how many `bars` there were, notes of `yours` and of `jazzgen`; and how `late` the output was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from jazzgen.live.turns import Bars, Trading
from jazzgen.music.grid import PlayedNote
from jazzgen.music.score import TICKS_PER_BEAT

Event = dict[str, Any]
Tell = Callable[[Event], None]
YOU, JAZZGEN = "you", "jazzgen"
PLACES = 3  # of beats


class Outcome(NamedTuple):
    """How a session ended: `reason` is empty where it came to its end as it was asked to; `kept` is the file;
    `bars` were played; `margins` are the seconds by which each answer was ready before its bar line.
    """

    reason: str
    kept: str
    bars: int
    human_notes: int
    machine_notes: int
    report: dict[str, Any]
    margins: list[float]


def to_nobody(_: Event) -> None:
    """Nobody wants to know."""


def form_of(bars: Bars, facts: Event) -> Event:
    """The event `form`, with what else is known of the session."""
    form = bars.form
    return {
        "event": "form", **facts, "beats": bars.beats,
        "bars": [tick // TICKS_PER_BEAT for tick in form.bar_ticks],
        "chords": [[change.tick / TICKS_PER_BEAT, change.symbol] for change in form.chords],
    }  # fmt: skip


class BeatTeller:
    """Tells of each beat once, when it has begun."""

    def __init__(self, trading: Trading, tell: Tell) -> None:
        self._trading, self._tell = trading, tell
        self._last = float("-inf")

    def look(self, beat: float, tempo: float) -> None:
        """The tune is at `beat`, at a tempo in beats a minute."""
        if beat // 1 <= self._last or beat < -self._trading.bars.form.meters[0].beats:
            return
        self._last = beat // 1
        bars = self._trading.bars
        bar = bars.bar_at(max(beat, 0.0))
        inside = max(beat, 0.0) - bars.chorus_of(beat) * bars.beats
        self._tell({
            "event": "beat", "beat": round(beat, PLACES), "bar": bar + 1 if beat >= 0 else 0,
            "chord": bars.form.chord_at(int(inside * TICKS_PER_BEAT)).symbol, "tempo": round(tempo, 2),
            "turn": JAZZGEN if self._trading.machines(bar) else YOU,
        })  # fmt: skip


def key_of(beat: float, pitch: int, velocity: int) -> Event:
    """The event `you`."""
    return {"event": YOU, "beat": round(beat, PLACES), "pitch": pitch, "velocity": velocity}


def answer_of(played: Sequence[PlayedNote]) -> Event:
    """The event `answer`."""
    rows = [[round(n.onset, PLACES), round(n.end, PLACES), n.pitch, n.velocity] for n in played]
    return {"event": "answer", "notes": rows}


def end_of(outcome: Outcome) -> Event:
    """The event `end`."""
    return {
        "event": "end", "reason": outcome.reason, "file": outcome.kept, "bars": outcome.bars,
        "yours": outcome.human_notes, "jazzgen": outcome.machine_notes, "late": outcome.report,
    }  # fmt: skip
