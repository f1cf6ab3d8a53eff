"""How well a model predicts: it is asked how likely it finds each next value of solos that people played.

Units are nats (natural logarithms): 0 is certainty, log 78 = 4.357 the ignorance of a uniform guess.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jazzgen.errors import DataError
from jazzgen.improviser import IS_REST, Improviser, lstm_step, softmax
from jazzgen.score import Solo
from jazzgen.vocabulary import N_VALUES, encode
from jazzgen.weights import Checkpoint

__all__ = ["evaluate"]


def evaluate(checkpoint: Checkpoint, solos: Sequence[Solo]) -> dict[str, float | int]:
    """How well the model predicts `solos`, each run from its first value to its last in one pass from the
    zero state.

    Keys: `solos`, `notes` (values that are notes) and `values`, counted; `nats_per_value`; `nats_per_note`,
    the loss summed over all values divided by `notes`; `accuracy`, the share of values that the model finds
    likeliest. Raises `DataError` if there is no note to predict.
    """
    sequences = [values for solo in solos if (values := encode(solo))]
    notes = sum(int((~IS_REST[values]).sum()) for values in sequences)
    if not notes:
        raise DataError(
            f"nothing to evaluate: {len(solos)} solos without a note; give at least one with notes"
        )
    nats, hits = _losses(Improviser(checkpoint), sequences)
    total = sum(map(len, sequences))
    return {
        "solos": len(sequences),
        "notes": notes,
        "values": total,
        "nats_per_value": nats / total,
        "nats_per_note": nats / notes,
        "accuracy": hits / total,
    }


def _losses(model: Improviser, sequences: Sequence[Sequence[int]]) -> tuple[float, int]:
    """Summed loss in nats and the number of right guesses; all sequences side by side, one step at a time."""
    # Longest first, so that those still running are always the first m rows: nothing is padded or masked.
    by_length = sorted(sequences, key=len, reverse=True)
    heard = np.full(
        len(by_length), N_VALUES
    )  # (m,): the last value of each; row 78 of the drives is the zero input
    a = c = np.zeros((len(by_length), model.n_a), np.float32)  # (m, n_a)
    nats, hits = 0.0, 0
    for t in range(len(by_length[0])):
        target = np.array([values[t] for values in by_length if t < len(values)])  # (m,), m shrinks
        m = len(target)
        a, c = lstm_step(model.drives[heard[:m]], a[:m], c[:m], model.recurrent)
        probs = softmax(a @ model.out_kernel + model.out_bias)  # (m, 78)
        # A probability that underflows to 0 counts as the smallest float32: a finite, very bad mark.
        drawn = np.maximum(probs[np.arange(m), target], np.finfo(np.float32).tiny)
        nats -= float(np.log(drawn, dtype=np.float64).sum())
        hits += int((probs.argmax(axis=1) == target).sum())
        heard = target
    return nats, hits
