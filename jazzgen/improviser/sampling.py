"""Probabilities and a generator in, a value out: argmax, temperature, top-k and top-p.

Conventions: `probs` is a vector of V weights that are finite, not negative and not all zero; what counts is
each weight's share of their sum, so a float32 softmax or a masked one need not sum to exactly 1. Each method
is one function from such a vector to a new float64 vector; `sample` applies them in the order temperature,
top-k, top-p and draws. One method a function is the habit of keras-hub's samplers; top-p ("nucleus") sampling
is Holtzman et al., "The Curious Case of Neural Text Degeneration", 2019.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError

Probs = npt.NDArray[np.floating]
Weights = npt.NDArray[np.float64]


def check_options(temperature: float, top_k: int, top_p: float) -> None:
    """Raise `OptionError` unless `temperature` >= 0, `top_k` >= 0 (0 keeps all) and 0 < `top_p` <= 1."""
    if not (math.isfinite(temperature) and temperature >= 0):
        raise OptionError(f"temperature must be 0 (always the likeliest) or above, received {temperature}")
    if top_k < 0:
        raise OptionError(f"top_k must be 0 (keep all) or above, received {top_k}")
    if not 0 < top_p <= 1:
        raise OptionError(f"top_p must be above 0 and at most 1 (keep all), received {top_p}")


def normalize(probs: Probs) -> Weights:
    """`probs` as shares of their sum; raises `OptionError` if they are no weights at all."""
    weights = np.asarray(probs, dtype=np.float64)  # (V,)
    if weights.ndim != 1:
        raise OptionError(f"probabilities must be one vector, received an array of shape {weights.shape}")
    total = weights.sum()
    # A sum is finite exactly if all terms are; min() of no weights would fail, and their sum is 0.
    if not (math.isfinite(total) and total > 0 and weights.min() >= 0):
        raise OptionError(
            "probabilities must be finite, not negative and not all 0, "
            f"received {weights.size} of them with sum {total}"
        )
    shares: Weights = weights / total
    return shares


def temper(probs: Probs, temperature: float) -> Weights:
    """`probs ** (1 / temperature)`: below 1 sharper, above 1 flatter; towards 0 only the likeliest remain."""
    with np.errstate(divide="ignore", over="ignore"):  # log(0) is -inf, which comes back as exactly 0
        logits = np.log(normalize(probs))
        # The largest is taken off before dividing, so that a temperature of 1e-300 cannot give inf - inf.
        return normalize(np.exp((logits - logits.max()) / temperature))


def keep_top_k(weights: Weights, k: int) -> Weights:
    """Only the `k` largest (0 keeps all). Of equals the first counts as larger, as in argmax."""
    kept = weights.copy()
    kept[_largest_first(weights)[k or weights.size :]] = 0.0
    return kept


def keep_top_p(weights: Weights, p: float) -> Weights:
    """Only the largest whose sum first reaches `p`, at least one, of weights that sum to 1; 1 keeps all."""
    order = _largest_first(weights)
    largest = weights[order]
    before = largest.cumsum() - largest  # the mass of everything larger
    kept = weights.copy()
    # The first one always stays: cumsum's first entry minus itself is exactly 0.
    kept[order[before >= p]] = 0.0
    return kept


def _largest_first(weights: Weights) -> npt.NDArray[np.intp]:
    return (-weights).argsort(kind="stable")


def sample(
    probs: Probs,
    rng: np.random.Generator,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> int:
    """Draw an index of `probs`.

    Temperature 0 is argmax and leaves `rng` untouched; otherwise exactly one number is drawn from it. An
    index whose weight is 0 is never returned.

    Parameters
    ----------
    probs : (V,)
        Weights of the indices; they need not sum to 1.
    rng
        What the draw comes from.
    temperature
        0 the likeliest, 1 as the weights have it, above 1 flatter.
    top_k
        Only the k likeliest; 0 for all.
    top_p
        Only the likeliest that together reach this share; 1 for all.

    Returns
    -------
    int
        0..V - 1.

    Raises
    ------
    OptionError
        For an option outside its range, and for weights that are none.

    >>> sample(np.array([0.1, 0.7, 0.2]), np.random.default_rng(0), temperature=0)
    1
    """
    check_options(temperature, top_k, top_p)
    weights = normalize(probs)
    if temperature == 0:
        return int(weights.argmax())
    # Each step that would change nothing is left out: this is called twice for every note.
    if temperature != 1:
        weights = temper(weights, temperature)
    if top_k:
        weights = normalize(keep_top_k(weights, top_k))
    if top_p < 1:
        weights = keep_top_p(weights, top_p)
    cumulative = weights.cumsum()
    # Scaled so that it ends in exactly 1: random() is below 1, hence something is always found. side="right"
    # finds the first entry above the draw, and an entry that rises above the one before has weight.
    cumulative /= cumulative[-1]
    return int(cumulative.searchsorted(rng.random(), side="right"))
