"""What several trained models together expect of each value: the targets of one that learns from them.

The geometric mean of the teachers' shares is what the sum of their logits gives: an ensemble, of which one
student of the same size keeps most (Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network",
2015; Furlanello et al., "Born-again neural networks", 2018).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jazzgen.errors import CheckpointError
from jazzgen.model.cells import softmax
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.model.engine import LogLikelihoods, NumpyEngine
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import N_TAUGHT, Encoded, Halves
from jazzgen.tokens.vocabulary import N_VALUES

SIDE_BY_SIDE = 64  # solos that a teacher hears together


def taught_by(teachers: Sequence[Checkpoint], solos: Sequence[Encoded], spec: FeatureSpec) -> list[Encoded]:
    """The solos with the teachers' shares of each value and octave (`Encoded.taught`).

    Parameters
    ----------
    teachers
        Models with the features `spec` and an octave head.
    solos, spec
        Encoded with the features `spec`.

    Returns
    -------
    list of Encoded

    Raises
    ------
    CheckpointError
        A teacher has other features or no octave head.
    """
    for teacher in teachers:
        if teacher.spec != spec or not teacher.register_units:
            raise CheckpointError("a teacher must have the student's features and an octave head")
    engines = [NumpyEngine(teacher) for teacher in teachers]
    taught = []
    for first in range(0, len(solos), SIDE_BY_SIDE):
        group = [solos[k] for k in range(first, min(first + SIDE_BY_SIDE, len(solos)))]
        heard = [engine.log_likelihoods(group) for engine in engines]
        for solo, *of_each in zip(group, *heard, strict=True):
            taught.append(solo._replace(taught=_shares(solo, of_each)))
    return taught


def _shares(solo: Encoded, teachers: Sequence[LogLikelihoods]) -> Halves:
    """(T, 78 + 5) The geometric mean; of rests the octaves are all 0."""
    shares = np.zeros((len(solo.values), N_TAUGHT), np.float16)
    shares[:, :N_VALUES] = softmax(np.mean([heard.values for heard in teachers], axis=0))
    octaves = [heard.octaves for heard in teachers if heard.octaves is not None]  # all of them have some
    shares[solo.displacement >= 0, N_VALUES:] = softmax(np.mean(octaves, axis=0))
    return shares
