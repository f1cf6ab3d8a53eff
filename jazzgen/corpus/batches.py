"""Encoded solos as batches of windows, in an order that lets the recurrent state be carried from each window
to the next.

In: solos. Out: `Batch`es of m lanes, in each of which one solo after another passes by, Tx values at a time.
At each step the input X is the value before and the target Y the value itself; before a solo's first value
there is none. All randomness comes in as a generator.

Letters: n solos, m lanes of a batch, Tx steps of a window.
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
from jazzgen.tokens.views import CLASSES

KEPT_VALUES = 2**20  # of encoded solos in memory: five times the reference corpus, 300 MB with views


class Batch(NamedTuple):
    """One window of each of m lanes. Behind a solo's end `X` and `Y` are -1 and `active` the spec's width."""

    X: npt.NDArray[np.int32]  # (m, Tx) the value before, -1 before the first
    Y: npt.NDArray[np.int32]  # (m, Tx) the value
    active: npt.NDArray[np.int16]  # (m, Tx, slots) of the context
    proposed: npt.NDArray[np.int16]  # (m, Tx, 2) by the motif memories, -1 for nothing
    match: npt.NDArray[np.int16]  # (m, Tx, 2) class 0..5
    last_degree: npt.NDArray[np.int16]  # (m, Tx) pitch class above the root, -1 for none
    displacement: npt.NDArray[np.int32]  # (m, Tx) class 0..4 of a note, -1 for a rest
    near: npt.NDArray[np.int32]  # (m, Tx) class 0..12
    ratios: npt.NDArray[np.float16]  # (m, Tx, 16, 12) of the views
    taught: npt.NDArray[np.float16]  # (m, Tx, 78 + 5) a teacher's shares; (m, Tx, 0) without one
    begins: npt.NDArray[np.bool_]  # (m,) a new solo: its state is zero, not what the last window left

    @classmethod
    def empty(cls, m: int, Tx: int, spec: FeatureSpec, taught: int = 0) -> Batch:
        """A batch without a value.

        Parameters
        ----------
        m, Tx, spec
            Lanes, steps, and the features.
        taught
            How many shares of a teacher each value has.

        Returns
        -------
        Batch
        """
        return cls(
            X=np.full((m, Tx), -1, np.int32),
            Y=np.full((m, Tx), -1, np.int32),
            active=np.full((m, Tx, spec.most_active), spec.width, np.int16),
            proposed=np.full((m, Tx, MEMORIES), -1, np.int16),
            match=np.zeros((m, Tx, MEMORIES), np.int16),
            last_degree=np.full((m, Tx), -1, np.int16),
            displacement=np.full((m, Tx), -1, np.int32),
            near=np.zeros((m, Tx), np.int32),
            ratios=np.zeros((m, Tx, spec.views, CLASSES), np.float16),
            taught=np.zeros((m, Tx, taught), np.float16),
            begins=np.zeros(m, np.bool_),
        )


class Encodings(Sequence[Encoded]):
    """`solos` encoded with the features of `spec`, each when it is asked for.

    With `players` the encoding has a solo's player, where the spec knows the name. Solos of up to `keep`
    values together stay in memory, at some 300 bytes a value.
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
        """The solo `number`, no slices."""
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


class EpochPlan(NamedTuple):
    """The order of one epoch's solos, and the length of each one's first window.

    First windows are shortened at random, so that the cuts differ from one epoch to the next.
    """

    order: IntArray  # (n,) numbers of solos
    firsts: IntArray  # (n,) 1..Tx values

    @classmethod
    def draw(cls, n: int, Tx: int, rng: np.random.Generator) -> EpochPlan:
        """All of `n` solos in random order."""
        return cls(rng.permutation(n), Tx - rng.integers(Tx, size=n))

    @classmethod
    def straight(cls, numbers: Sequence[int], Tx: int) -> EpochPlan:
        """The solos `numbers` in this order, in whole windows."""
        return cls(np.array(numbers, dtype=np.int64), np.full(len(numbers), Tx))

    def steps(self, lengths: IntArray, m: int, Tx: int) -> int:
        """How many batches `stream` makes of solos of `lengths` (n,) values."""
        free = [0] * m  # when each lane takes its next solo
        for number, first in zip(self.order, self.firsts, strict=True):
            if lengths[number]:
                heapq.heapreplace(free, free[0] + 1 - (-max(int(lengths[number]) - int(first), 0) // Tx))
        return max(free)


class WorkerShard(NamedTuple):
    """One worker's part of every batch, and the lengths by which it follows the other lanes."""

    lanes: range  # of the m
    lengths: IntArray  # (n,) values of each solo


class LaneCursor(NamedTuple):
    """The next window of a lane; `solo` is None where the lane is another worker's."""

    solo: Encoded | None
    length: int  # values of the solo
    start: int
    stop: int


def stream(
    encode: Callable[[int], Encoded],
    plan: EpochPlan,
    m: int,
    Tx: int,
    spec: FeatureSpec,
    shard: WorkerShard | None = None,
    taught: int = 0,
) -> Iterator[Batch]:
    """Batches that hold every value of the planned solos exactly once.

    Each lane goes through its solo to the end and takes the next one, so a state carried from batch to batch
    is that of the same solo unless `begins` says otherwise. Solos are encoded when their turn comes: memory
    does not grow with their number.

    Parameters
    ----------
    encode
        The encoding of the solo of a number.
    plan
        Which solos, in which order.
    m, Tx : int
        Lanes of a batch, over all workers, and values of a window.
    spec
        The features that the solos are encoded with.
    shard
        Restricts the batches to some lanes; solos in other lanes are not encoded. None: all lanes.
    taught : int
        A teacher's shares that each value has.

    Yields
    ------
    Batch
        The next window of each lane.
    """
    own, lengths = shard or (range(m), np.zeros(0, np.int64))
    planned = iter(zip(plan.order.tolist(), plan.firsts.tolist(), strict=True))
    cursors: list[LaneCursor | None] = [None] * m
    while True:
        begins = np.zeros(m, np.bool_)
        for lane in range(m):
            while cursors[lane] is None and (coming := next(planned, None)) is not None:
                number, first = coming
                solo = encode(number) if lane in own else None
                length = len(solo.values) if solo is not None else int(lengths[number])
                begins[lane] = True
                if length:
                    cursors[lane] = LaneCursor(solo, length, 0, min(first, length))
        if not any(cursors):
            return
        here = slice(own.start, own.stop)
        yield _batch(cursors[here], begins[here], Batch.empty(len(own), Tx, spec, taught))
        for lane, cursor in enumerate(cursors):
            if cursor is not None:
                start, stop = cursor.stop, min(cursor.stop + Tx, cursor.length)
                cursors[lane] = cursor._replace(start=start, stop=stop) if start < stop else None


def _batch(cursors: Sequence[LaneCursor | None], begins: npt.NDArray[np.bool_], empty: Batch) -> Batch:
    batch = empty._replace(begins=begins)
    for lane, cursor in enumerate(cursors):
        solo, _, start, stop = cursor or (None, 0, 0, 0)
        if solo is None:
            continue
        n = stop - start
        batch.Y[lane, :n] = solo.values[start:stop]
        first = 1 if start == 0 else 0  # nothing stands before the first value
        batch.X[lane, first:n] = solo.values[start + first - 1 : stop - 1]
        for name in ("active", "proposed", "match", "last_degree", "displacement", "near", "ratios"):
            getattr(batch, name)[lane, :n] = getattr(solo, name)[start:stop]
        if batch.taught.size:
            batch.taught[lane, :n] = solo.taught[start:stop]
    return batch
