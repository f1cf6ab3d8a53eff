"""Small checkpoints whose behavior is known, made in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jazzgen.vocabulary import N_VALUES
from jazzgen.weights import DENSOR_BIAS, Checkpoint, describe_improviser, improviser_shapes


def made_of(n_a: int, rng: np.random.Generator | None = None, scale: float = 0.5) -> Checkpoint:
    """A checkpoint of `n_a` units with normal weights from `rng`; without one all zeros: every value
    equally likely.
    """
    description = describe_improviser(n_a)
    arrays = {
        name: np.zeros(shape, np.float32) if rng is None else rng.normal(0, scale, shape).astype(np.float32)
        for name, shape in improviser_shapes(description).items()
    }
    return Checkpoint(arrays, description, sha256="0" * 64, path=Path("made.safetensors"))


def predicting(probs: np.ndarray) -> Checkpoint:
    """A checkpoint that predicts `probs` (78,) whatever it has heard."""
    assert probs.shape == (N_VALUES,)
    checkpoint = made_of(4)
    bias = np.log(np.maximum(probs, 1e-43)).astype(np.float32)
    return Checkpoint(
        {**checkpoint.arrays, DENSOR_BIAS: bias}, checkpoint.description, checkpoint.sha256, checkpoint.path
    )
