"""What a model chooses by, when it plays several candidates: how much likelier a person played an excerpt.

A generalized additive model of the features of an excerpt (`improviser/excerpts.py`): each feature falls into
one of 32 bins, and each bin has a number. Their sum is the log-odds, in nats, that a person played the
excerpt and not the model itself; it is learned from training tunes by `recipes/choosing.py`.

    edges   (features, 31)   of each feature's bins, rising; those beyond the last that is used are `UNUSED`
    levels  (features, 32)   what each bin adds
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from jazzgen.errors import CheckpointError

FEATURES = 321  # of an excerpt
# Of their names, a line each: the beginning of the SHA-256. Levels mean nothing for other features.
FINGERPRINT = "267ec30c4c3bdcda"
BINS = 32
UNUSED = 60000.0  # above any feature, and a float16


class Choosing(NamedTuple):
    """The two tables, float32."""

    edges: npt.NDArray[np.float32]
    levels: npt.NDArray[np.float32]

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[np.float32]]) -> Self:
        """Those among the arrays of a checkpoint."""
        return cls(**{name: arrays[PREFIX + name] for name in SHAPES})

    def score(self, features: npt.NDArray[np.float64]) -> float:
        """The log-odds of an excerpt with these `features` (f,)."""
        bins = (features[:, None] > self.edges).sum(axis=1)  # (f,)
        return float(np.take_along_axis(self.levels, bins[:, None], axis=1).sum(dtype=np.float64))


SHAPES = {"edges": (FEATURES, BINS - 1), "levels": (FEATURES, BINS)}
PREFIX = "choosing/"  # of the names of the arrays in a checkpoint


def shapes_in(description: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The arrays that a checkpoint so described has; raises `CheckpointError` for those of other features."""
    found = description.get("choosing")
    if found not in (None, FINGERPRINT):
        raise CheckpointError(
            f"it chooses by other features than ours, {FINGERPRINT}: received {found!r:.40}; "
            "fit it again with recipes/choosing.py"
        )
    return {PREFIX + name: shape for name, shape in SHAPES.items()} if found else {}
