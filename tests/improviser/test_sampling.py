"""The alphabet is the vocabulary here, so that what is drawn reads as a word, as in keras-hub's tests."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import OptionError
from jazzgen.improviser.sampling import keep_top_k, keep_top_p, normalize, sample, temper

ALPHABET = string.ascii_lowercase
WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-30, 1.0)), min_size=1, max_size=30).filter(
    lambda weights: sum(weights) > 0
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def likes(letter: str, others: float = 0.01) -> np.ndarray:
    """Probabilities over the alphabet that favor one letter."""
    probs = np.full(len(ALPHABET), others, np.float32)
    probs[ALPHABET.index(letter)] = 1
    return probs / probs.sum()


def word(letters: str, **options: float) -> str:
    generator = rng()
    return "".join(ALPHABET[sample(likes(letter), generator, **options)] for letter in letters)


def letters(probs: np.ndarray) -> str:
    return "".join(letter for letter, p in zip(ALPHABET, probs, strict=False) if p > 0)


@pytest.mark.parametrize(
    "options",
    [{"temperature": 0}, {"temperature": 1e-3}, {"temperature": 1e-300}, {"top_k": 1}, {"top_p": 0.3}],
)
def test_each_method_at_its_narrowest_spells_the_likeliest_word(options: dict[str, float]) -> None:
    assert word("swing", **options) == "swing"


def test_at_a_high_temperature_the_word_is_lost() -> None:
    assert word("improvisation", temperature=100.0) != "improvisation"


def test_top_k_keeps_the_k_likeliest_and_of_equals_the_first() -> None:
    probs = np.zeros(26)
    probs[[0, 1, 2, 3, 4]] = [0.1, 0.3, 0.2, 0.3, 0.1]
    assert letters(keep_top_k(probs, 2)) == "bd"
    assert letters(keep_top_k(probs, 4)) == "abcd"
    assert letters(keep_top_k(probs, 0)) == letters(keep_top_k(probs, 99)) == "abcde"


def test_top_p_keeps_the_fewest_that_reach_p() -> None:
    probs = np.array([0.125, 0.5, 0.25, 0.125])
    assert letters(keep_top_p(probs, 0.5)) == "b"
    assert letters(keep_top_p(probs, 0.51)) == "bc"
    assert letters(keep_top_p(probs, 0.8)) == "abc"
    assert letters(keep_top_p(probs, 1.0)) == "abcd"
    assert letters(keep_top_p(probs, 1e-9)) == "b"


def test_drawing_follows_the_probabilities() -> None:
    probs, generator = np.array([0.5, 0.0, 0.3, 0.2]), rng()
    counts = np.bincount([sample(probs, generator) for _ in range(20_000)], minlength=4) / 20_000
    np.testing.assert_allclose(counts, probs, atol=0.015)  # four standard deviations


def test_temperature_is_a_power_of_the_probabilities() -> None:
    np.testing.assert_allclose(temper(np.array([0.2, 0.8]), 0.5), [0.04 / 0.68, 0.64 / 0.68])
    np.testing.assert_allclose(temper(np.array([0.2, 0.8, 0.0]), 2.0)[2], 0.0)


@given(WEIGHTS, st.floats(1e-3, 10), st.integers(0, 30), st.floats(0.01, 1.0), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=150)
def test_every_method_gives_probabilities_and_never_leaves_its_set(
    weights: list[float], temperature: float, top_k: int, top_p: float, seed: int
) -> None:
    probs = np.array(weights)
    shares = normalize(probs)
    for kept in (temper(probs, temperature), keep_top_k(shares, top_k), keep_top_p(shares, top_p)):
        assert normalize(kept).sum() == pytest.approx(1.0)
        assert kept.min() >= 0
        assert not kept[probs == 0].any()
        assert kept[np.argmax(shares)] > 0  # of weights that become equal shares the first
    drawn = sample(probs, rng(seed), temperature, top_k, top_p)
    assert probs[drawn] > 0
    assert top_k == 0 or drawn in np.argsort(-probs, kind="stable")[:top_k]


@given(WEIGHTS)
@settings(deadline=None, max_examples=50)
def test_temperature_towards_0_is_argmax(weights: list[float]) -> None:
    probs = np.array(weights)
    if np.sort(probs)[-2:].prod() < 0.99 * probs.max() ** 2:  # a clear winner
        assert sample(probs, rng(), temperature=1e-5) == sample(probs, rng(), temperature=0)


def test_argmax_leaves_the_generator_alone_and_drawing_takes_one_number() -> None:
    generator = rng(7)
    sample(likes("a"), generator, temperature=0)
    assert generator.random() == rng(7).random()
    generator, other = rng(7), rng(7)
    sample(likes("a"), generator)
    other.random()
    assert generator.random() == other.random()


def test_the_same_seed_draws_the_same() -> None:
    flat = np.full(26, 1 / 26)
    assert [sample(flat, rng(3)) for _ in range(5)] == [sample(flat, rng(3)) for _ in range(5)]


class LastDraw(np.random.Generator):
    """A generator that draws the largest number below 1."""

    def random(self, *_: object, **__: object) -> float:  # type: ignore[override]
        return float(np.nextafter(1.0, 0.0))


@pytest.mark.parametrize("probs", [[0.1] * 10, [0.7, 0.3, 0.0, 0.0], np.full(78, 1 / 78, np.float32)])
def test_the_last_draw_still_finds_a_value_with_weight(probs: list[float]) -> None:
    drawn = sample(np.array(probs), LastDraw(np.random.PCG64(0)))
    assert drawn == np.flatnonzero(probs)[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": -0.5}, "temperature must be 0 .* or above, received -0.5"),
        ({"temperature": float("nan")}, "temperature must be .* received nan"),
        ({"temperature": float("inf")}, "temperature must be .* received inf"),
        ({"top_k": -1}, "top_k must be 0 .* received -1"),
        ({"top_p": 0.0}, "top_p must be above 0 .* received 0.0"),
        ({"top_p": 1.5}, "top_p must be .* at most 1 .* received 1.5"),
    ],
)
def test_options_outside_their_range_are_refused(options: dict[str, float], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        word("a", **options)


@pytest.mark.parametrize("probs", [[], [0.0, 0.0], [-0.1, 1.1], [np.nan, 1.0], [np.inf, 1.0]])
def test_weights_that_are_none_are_refused(probs: list[float]) -> None:
    with pytest.raises(OptionError, match="probabilities must be finite"):
        normalize(np.array(probs))


def test_a_batch_is_refused() -> None:
    with pytest.raises(OptionError, match=r"one vector, received an array of shape \(2, 3\)"):
        sample(np.ones((2, 3)), rng())
