"""Fit how much an improviser hears of a soloist's habits of octaves, over the judging tunes.

    python -m recipes.octave_views improviser.safetensors wjazzd.db -o hearing.safetensors

The weights of the views (`jazzgen/model/octave_views.py`) are those under which the octaves of the judging
tunes are likeliest. (With `--all` the network was trained on these as well; over test tunes the weights do as
well as over them.) Logits are linear in them, so that Newton's method finds the one maximum in a few steps.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from jazzgen.corpus.splits import split_by_title
from jazzgen.model.checkpoint import OCTAVE_VIEWS, Checkpoint
from jazzgen.model.engine import NumpyEngine
from jazzgen.model.octave_views import log_ratios, mixed
from jazzgen.music.score import Solo
from jazzgen.tokens.tracker import encode_solo
from recipes.improviser import JUDGE, JUDGE_SEED
from recipes.refitting import parser_of, refit, say

STEPS = 8
STIFFNESS = 1e-4  # nats a note on half a weight's square: few solos do not make a view certain


def with_strength(checkpoint: Checkpoint, strength: npt.NDArray[np.float64]) -> Checkpoint:
    """The model whose views of octaves have these weights (4,)."""
    return checkpoint.extended({OCTAVE_VIEWS[0]: strength.astype(np.float32)}, octave_views=True)


def fit(checkpoint: Checkpoint, solos: Sequence[Solo]) -> Checkpoint:
    """The model with the weights under which the octaves of `solos` are likeliest."""
    own = {name: array for name, array in checkpoint.arrays.items() if name != OCTAVE_VIEWS[0]}
    engine = NumpyEngine(replace(checkpoint, arrays=own))
    encoded = [encode_solo(engine.spec, solo) for solo in solos]
    heard = [likelihoods.octaves for likelihoods in engine.log_likelihoods(encoded)]
    probs = np.exp(np.concatenate([octaves for octaves in heard if octaves is not None]))  # (n, 5)
    counts = np.concatenate([solo.octaves for solo in encoded])
    played = np.concatenate([solo.displacement[solo.displacement >= 0] for solo in encoded])
    says, n = log_ratios(probs, counts), np.arange(len(played))  # (n, 4, 5)
    strength = np.zeros(says.shape[1])
    for step in range(STEPS):
        log_probs = mixed(probs, counts, strength)
        say(f"step {step}: {-log_probs[n, played].mean():.4f} nats a note with {np.round(strength, 3)}")
        expected = np.einsum("nc,nkc->nk", np.exp(log_probs), says)  # (n, 4)
        apart = says - expected[:, :, None]
        slope = (says[n, :, played] - expected).mean(axis=0)
        curve = np.einsum("nc,nkc,nlc->kl", np.exp(log_probs), apart, apart) / len(n)
        stiff = STIFFNESS * np.eye(len(curve))
        strength = strength + np.linalg.solve(curve + stiff, slope - stiff @ strength)
    return with_strength(checkpoint, strength)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, and write the checkpoint with its weights."""
    given = parser_of(__doc__).parse_args(arguments)
    return refit(
        "octave_views",
        given,
        lambda model, known: fit(model, list(split_by_title(known, JUDGE, JUDGE_SEED)[1])),
    )


if __name__ == "__main__":
    sys.exit(main())
