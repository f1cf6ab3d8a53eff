"""Small checkpoints whose behavior is known, made in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jazzgen.model.checkpoint import (
    DENSOR,
    MOTIF_BIAS,
    Checkpoint,
    describe_improviser,
    improviser_shapes,
)
from jazzgen.model.tuning import Tuning
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.vocabulary import N_VALUES


def made_of(
    n_a: int,
    rng: np.random.Generator | None = None,
    scale: float = 0.5,
    *,
    layers: int = 1,
    spec: FeatureSpec | None = None,
    register_units: int = 0,
) -> Checkpoint:
    """A checkpoint of `layers` times `n_a` units with normal weights from `rng`; without one all zeros: every
    value equally likely.
    """
    description = describe_improviser(n_a, layers=layers, spec=spec, register_units=register_units)
    arrays = {
        name: np.zeros(shape, np.float32) if rng is None else rng.normal(0, scale, shape).astype(np.float32)
        for name, shape in improviser_shapes(description).items()
    }
    return Checkpoint(arrays, description, sha256="0" * 64, path=Path("made.safetensors"))


def hearing_all(n_a: int, seed: int = 0, *, layers: int = 2, register_units: int = 6) -> Checkpoint:
    """A checkpoint with random weights that hears every feature of the context, knows two players, chooses
    registers and goes back to its motifs.
    """
    rng = np.random.default_rng(seed)
    spec = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
    # About as large as trained ones: smaller give nearly uniform probabilities, larger make the network
    # chaotic, and then any two orders of summing drift apart.
    made = made_of(n_a, rng, 1.5 / np.sqrt(n_a), layers=layers, spec=spec, register_units=register_units)
    strength = {MOTIF_BIAS[0]: np.abs(made.arrays[MOTIF_BIAS[0]]) * 3}
    return made.extended(strength)


def predicting(probs: np.ndarray, spec: FeatureSpec | None = None) -> Checkpoint:
    """A checkpoint that predicts `probs` (78,) whatever it has heard."""
    assert probs.shape == (N_VALUES,)
    checkpoint = made_of(4, spec=spec)
    bias = np.log(np.maximum(probs, 1e-43)).astype(np.float32)
    return checkpoint.extended({DENSOR[1]: bias})


def tuned(checkpoint: Checkpoint, tuning: Tuning) -> Checkpoint:
    """The same network, corrected by `tuning`."""
    return checkpoint.extended({}, tuning=tuning.as_json())
