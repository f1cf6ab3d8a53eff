"""What a model chooses by, when it plays several candidates: how much likelier a person played an excerpt.

A generalized additive model of the features of an excerpt (`improviser/excerpts.py`): each feature falls into
one of 32 bins, and each bin has a number. Their sum is the log-odds, in nats, that a person played the
excerpt and not the model itself; it is learned from training tunes by `recipes/choosing.py`.

    edges   (features, 31)   of each feature's bins, rising; those beyond the last that is used are `UNUSED`
    levels  (features, 32)   what each bin adds
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FEATURES = 321  # of an excerpt
# What they are, in which order (`improviser.choosing.fingerprint`): levels mean nothing for others.
FINGERPRINT = "267ec30c4c3bdcda"
BINS = 32
UNUSED = 60000.0  # above any feature, and a float16


class Choosing(NamedTuple):
    """The two tables, float32."""

    edges: npt.NDArray[np.float32]
    levels: npt.NDArray[np.float32]

    def score(self, features: npt.NDArray[np.float64]) -> float:
        """The log-odds of an excerpt with these `features` (f,)."""
        bins = (features[:, None] > self.edges).sum(axis=1)  # (f,)
        return float(np.take_along_axis(self.levels, bins[:, None], axis=1).sum(dtype=np.float64))


SHAPES = {"edges": (FEATURES, BINS - 1), "levels": (FEATURES, BINS)}
