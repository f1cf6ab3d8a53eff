"""Values as one-hot windows X and Y (m, Tx, 78): what the classic model trains on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.tokens.vocabulary import N_VALUES

FloatArray: TypeAlias = npt.NDArray[np.float32]
IntArray: TypeAlias = npt.NDArray[np.int64]


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

    Y is X moved one step to the left; the first input of a solo is the zero vector. With `rng` each first
    window is shortened at random, so that the cuts differ from one epoch to the next. Shorter windows are
    filled up with zero vectors at the end: a zero target adds nothing to a cross-entropy loss.
    """
    if Tx < 1:
        raise OptionError(f"Tx, the length of a window, must be 1 or more, received {Tx}")
    rows: list[IntArray] = []  # (2, Tx) the inputs and the targets of a window
    starts: list[tuple[int, int]] = []
    for number, values in enumerate(solos):
        pairs = np.array([[-1, *values][: len(values)], values], np.int64)
        first = Tx - int(rng.integers(Tx)) if rng is not None else Tx
        for start, stop in pairwise(sorted({0, *range(first, len(values), Tx), len(values)})):
            rows.append(np.pad(pairs[:, start:stop], ((0, 0), (0, Tx - stop + start)), constant_values=-1))
            starts.append((number, start))
    inputs, targets = np.array(rows, np.int64).reshape(-1, 2, Tx).transpose(1, 0, 2)
    solo, start_of = np.array(starts, np.int64).reshape(-1, 2).T
    return Windows(one_hot(inputs), one_hot(targets), solo, start_of)
