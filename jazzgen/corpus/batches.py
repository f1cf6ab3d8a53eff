"""MIDI files to arrays: solos, split by tune, as one-hot windows and as streams of windows.

In: files or folders of MIDI solos, or a prepared corpus. Out: `X (m, Tx, 78)` and `Y (m, Tx, 78)`, float32,
where Y is X moved one step to the left: at each step the input is the value before and the target the value
itself. A solo's very first input is the zero vector, because nothing has been played yet. `stream` gives the
same as numbers with their context, in an order in which the recurrent state can be carried from one window to
the next.

Solos are split by title, so that two takes of one tune never stand on both sides. All randomness comes in as
a generator or a seed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.splits import Selection
from jazzgen.corpus.windows import IntArray
from jazzgen.music.score import Solo
from jazzgen.tokens.features import MEMORIES, FeatureSpec
from jazzgen.tokens.tracker import Encoded, encode_solo

__all__ = ["Batch", "Encodings", "Plan", "Share", "stream"]

KEPT_VALUES = 2**20  # of encoded solos in memory: five times the reference corpus, 100 MB


# ---------------------------------------------------------------------------------------------------- streams


class Batch(NamedTuple):
    """The next window of m solos, side by side. Where a solo has ended, `X` and `Y` are -1 and `rows` no
    row.
    """

    X: npt.NDArray[np.int32]  # (m, Tx) the value before, -1 before the first
    Y: npt.NDArray[np.int32]  # (m, Tx) the value
    rows: npt.NDArray[np.int16]  # (m, Tx, slots) of the context
    proposed: npt.NDArray[np.int16]  # (m, Tx, 2) by the motif memories, -1 for nothing
    agree: npt.NDArray[np.int16]  # (m, Tx, 2) class 0..5
    last: npt.NDArray[np.int16]  # (m, Tx) pitch class above the root, -1 for none
    displacement: npt.NDArray[np.int32]  # (m, Tx) class 0..4 of a note, -1 for a rest
    near: npt.NDArray[np.int32]  # (m, Tx) class 0..12
    begins: npt.NDArray[np.bool_]  # (m,) a new solo: its state is zero, not what the last window left


class Encodings(Sequence[Encoded]):
    """Solos as a model with the context of `spec` learns them, each encoded when it is asked for.

    With `players` a solo's player is told, where the spec knows the name. Solos of up to `keep` values
    stay in memory together, at some 100 bytes a value.
    """

    def __init__(
        self, solos: Sequence[Solo], spec: FeatureSpec, players: bool = False, keep: int = KEPT_VALUES
    ) -> None:
        self.solos, self.spec, self.players = Selection.of(solos), spec, players
        self._room = keep
        self._kept: dict[int, Encoded] = {}

    def __len__(self) -> int:
        return len(self.solos)

    def __getitem__(self, number: Any) -> Any:
        """The solo `number`; slices are not needed by anyone."""
        if number in self._kept:
            return self._kept[number]
        solo = self.solos[number]
        known = self.players and solo.player in self.spec.players
        encoded = encode_solo(self.spec, solo, solo.player if known else None)
        if len(encoded.values) <= self._room:
            self._room -= len(encoded.values)
            self._kept[number] = encoded
        return encoded

    def sizes(self) -> IntArray:
        """(n, 2) How many notes and how many values each solo has."""
        return self.solos.sizes()


class Plan(NamedTuple):
    """One epoch: the numbers of the solos in the order they are played, and how long each one's first
    window is.

    The first window is shortened at random, so that from one epoch to the next the cuts fall elsewhere.
    """

    order: IntArray  # (n,)
    firsts: IntArray  # (n,) 1..Tx

    @classmethod
    def draw(cls, n: int, Tx: int, rng: np.random.Generator) -> Plan:
        """All of `n` solos in random order."""
        return cls(rng.permutation(n), Tx - rng.integers(Tx, size=n))

    @classmethod
    def straight(cls, n: int, Tx: int) -> Plan:
        """All of `n` solos as they come, in whole windows."""
        return cls(np.arange(n), np.full(n, Tx))

    def steps(self, lengths: IntArray, m: int, Tx: int) -> int:
        """How many batches `stream` makes of solos of `lengths` (n,) values."""
        free = [0] * m  # when each place takes its next solo
        for number, first in zip(self.order, self.firsts, strict=True):
            if lengths[number]:
                heapq.heapreplace(free, free[0] + 1 - (-max(int(lengths[number]) - int(first), 0) // Tx))
        return max(free)


class Share(NamedTuple):
    """What one worker of several takes of each batch, and what it must know of the solos of the others."""

    places: range  # of the m
    lengths: IntArray  # (n,) values of each solo
    slots: int  # of the context


def stream(
    encode: Callable[[int], Encoded], plan: Plan, m: int, Tx: int, no_row: int, share: Share | None = None
) -> Iterator[Batch]:
    """Every value of the planned solos exactly once, `m` solos side by side, Tx values at a time.

    Each of the m places plays its solo to the end and takes the next one, so a state carried from batch to
    batch is that of the same solo unless `begins` says otherwise. Solos are encoded when their turn comes:
    memory does not grow with their number. With a `share`, a batch has only its places, and solos in other
    places are not encoded.
    """
    own, lengths = (share.places, share.lengths) if share is not None else (range(m), np.zeros(0, np.int64))
    waiting = iter(zip(plan.order, plan.firsts, strict=True))
    playing: list[_Turn | None] = [None] * m
    while True:
        begins = np.zeros(m, np.bool_)
        for place in range(m):
            while playing[place] is None and (coming := next(waiting, None)) is not None:
                number = int(coming[0])
                solo = encode(number) if place in own else None
                length = len(solo.values) if solo is not None else int(lengths[number])
                begins[place] = True
                if length:
                    playing[place] = _Turn(solo, length, 0, int(coming[1]))
        if not any(turn is not None for turn in playing):
            return
        here = slice(own.start, own.stop)
        slots = share.slots if share is not None else _slots(playing)
        yield _batch([_window(turn) for turn in playing[here]], Tx, no_row, slots, begins[here])
        for place, turn in enumerate(playing):
            if turn is not None:
                stop = turn.start + turn.window
                playing[place] = turn._replace(start=stop, window=Tx) if stop < turn.length else None


class _Turn(NamedTuple):
    """A solo that a place plays; none where the place is another worker's."""

    solo: Encoded | None
    length: int
    start: int  # the next value
    window: int  # values


def _slots(playing: Sequence[_Turn | None]) -> int:
    return next(
        int(turn.solo.active.shape[1]) for turn in playing if turn is not None and turn.solo is not None
    )


def _window(turn: _Turn | None) -> tuple[Encoded, int, int] | None:
    """The solo and where its window starts and stops."""
    if turn is None or turn.solo is None:
        return None
    return turn.solo, turn.start, min(turn.start + turn.window, turn.length)


def _batch(
    windows_now: Sequence[tuple[Encoded, int, int] | None],
    Tx: int,
    no_row: int,
    slots: int,
    begins: npt.NDArray[np.bool_],
) -> Batch:
    m = len(windows_now)
    batch = Batch(
        X=np.full((m, Tx), -1, np.int32),
        Y=np.full((m, Tx), -1, np.int32),
        rows=np.full((m, Tx, slots), no_row, np.int16),
        proposed=np.full((m, Tx, MEMORIES), -1, np.int16),
        agree=np.zeros((m, Tx, MEMORIES), np.int16),
        last=np.full((m, Tx), -1, np.int16),
        displacement=np.full((m, Tx), -1, np.int32),
        near=np.zeros((m, Tx), np.int32),
        begins=begins,
    )
    for place, window in enumerate(windows_now):
        if window is None:
            continue
        solo, start, stop = window
        n = stop - start
        batch.Y[place, :n] = solo.values[start:stop]
        first = 1 if start == 0 else 0  # nothing stands before the first value
        batch.X[place, first:n] = solo.values[start + first - 1 : stop - 1]
        batch.rows[place, :n] = solo.active[start:stop]
        batch.proposed[place, :n] = solo.proposed[start:stop]
        batch.agree[place, :n] = solo.match[start:stop]
        batch.last[place, :n] = solo.last_degree[start:stop]
        batch.displacement[place, :n] = solo.displacement[start:stop]
        batch.near[place, :n] = solo.near[start:stop]
    return batch
