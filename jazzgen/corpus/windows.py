"""Values to one-hot windows X and Y (m, Tx, 78), as the classic model trains on them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.tokens.vocabulary import N_VALUES

__all__ = ["IntArray", "Windows", "one_hot", "windows"]

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]


# ---------------------------------------------------------------------------------------------------- windows


class Windows(NamedTuple):
    """Windows over solos: arrays for the model, and where each window starts."""

    X: FloatArray  # (m, Tx, 78)
    Y: FloatArray  # (m, Tx, 78)
    solo: IntArray  # (m,) which solo
    start: IntArray  # (m,) which of its values Y[:, 0] is


def one_hot(values: npt.ArrayLike) -> FloatArray:
    """Values (...) -> one-hot vectors (..., 78); -1, which is no value, becomes the zero vector."""
    indices = np.asarray(values, dtype=np.int64)
    if indices.size and (indices.min() < -1 or indices.max() >= N_VALUES):
        raise OptionError(f"values must be in -1..{N_VALUES - 1}, received {indices.min()}..{indices.max()}")
    return _ROWS[indices]


# Row -1 is the last one: the zero vector.
_ROWS = np.eye(N_VALUES + 1, N_VALUES, dtype=np.float32)


def windows(solos: Sequence[Sequence[int]], Tx: int, rng: np.random.Generator | None = None) -> Windows:
    """Cut solos, each a sequence of values, into windows of `Tx` steps that cover every value exactly once.

    The first window of a solo starts at its first value, with the zero vector as input. With `rng` that
    window is shortened by a random number of steps, so that from one epoch to the next the cuts fall
    elsewhere. Windows shorter than Tx are filled up with zero vectors at the end; a zero target adds nothing
    to a cross-entropy loss.
    """
    if Tx < 1:
        raise OptionError(f"Tx, the length of a window, must be 1 or more, received {Tx}")
    inputs, targets, solo_of, starts = [], [], [], []
    for number, values in enumerate(solos):
        targets_of_solo = np.asarray(values, dtype=np.int64)
        inputs_of_solo = np.concatenate([[-1], targets_of_solo[:-1]])
        first = Tx - int(rng.integers(Tx)) if rng is not None else Tx
        for start, stop in _cuts(len(targets_of_solo), first, Tx):
            inputs.append(_padded(inputs_of_solo[start:stop], Tx))
            targets.append(_padded(targets_of_solo[start:stop], Tx))
            solo_of.append(number)
            starts.append(start)
    return Windows(
        one_hot(np.array(inputs, dtype=np.int64).reshape(-1, Tx)),
        one_hot(np.array(targets, dtype=np.int64).reshape(-1, Tx)),
        np.array(solo_of, dtype=np.int64),
        np.array(starts, dtype=np.int64),
    )


def _cuts(length: int, first: int, Tx: int) -> list[tuple[int, int]]:
    """(start, stop) of windows over `length` values: the first of `first` values, the others of `Tx`."""
    edges = [0, *range(first, length, Tx), length]
    return [(start, stop) for start, stop in pairwise(edges) if start < stop]


def _padded(values: IntArray, Tx: int) -> IntArray:
    return np.pad(values, (0, Tx - len(values)), constant_values=-1)
