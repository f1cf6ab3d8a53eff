"""The character-level model does what the exercise says."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from jazzgen.by_hand import char_model, minibatch, name_text, names, recurrent
from jazzgen.errors import DataError, OptionError
from tests.by_hand.lists import CELLS, LIST, indices, rng
from tests.shared import shared_file


def test_clip_changes_the_callers_arrays_and_returns_the_same_dict() -> None:
    gradients = {name: rng(1).normal(scale=10, size=(4, 3)) for name in ("dWaa", "dWax", "dWya", "db", "dby")}
    arrays, before = dict(gradients), {name: value.copy() for name, value in gradients.items()}
    assert char_model.clip(gradients, 5) is gradients
    for name, array in arrays.items():
        assert gradients[name] is array
        np.testing.assert_array_equal(array, np.clip(before[name], -5, 5))
        assert np.abs(before[name]).max() > 5


@pytest.mark.parametrize("cell", CELLS)
def test_sampling_draws_with_choice_over_the_softmax_and_feeds_back(cell: str) -> None:
    class Scripted:
        """A generator that plays given letters and notes what it was asked."""

        def __init__(self, play: list[int]) -> None:
            self.play, self.asked = play, []

        def choice(self, a: int, p: np.ndarray) -> int:
            assert len(p) == a
            assert p.sum() == pytest.approx(1)
            self.asked.append(p)
            return self.play[len(self.asked) - 1]

    char_to_ix = name_text.alphabet(["abc"])
    parameters = char_model.initialize(cell, 5, 4, rng(2))
    scripted = Scripted([1, 3, 2, 0])
    assert char_model.sample(parameters, char_to_ix, scripted) == [1, 3, 2, 0]  # type: ignore[arg-type]
    # What it asked for is what the whole network, run forwards over these letters, expects.
    x = np.zeros((4, 1, 4))
    x[1, 0, 1] = x[3, 0, 2] = x[2, 0, 3] = 1
    weights_ = {"ba" if name == "b" else name: value for name, value in parameters.items()}
    _, y, *_ = recurrent.CELLS[cell].forward(x, np.zeros((5, 1)), weights_)
    np.testing.assert_allclose(np.stack(scripted.asked, axis=1), y[:, 0], rtol=1e-9)


def test_sampling_stops_at_the_limit_and_ends_with_a_line_feed() -> None:
    char_to_ix = name_text.alphabet(["abc"])
    parameters = char_model.initialize("rnn", 5, 4, rng(2))
    parameters["by"][0] = -50.0  # it never wants to end
    drawn = char_model.sample(parameters, char_to_ix, rng(), max_length=12)
    assert len(drawn) == 13
    assert drawn[-1] == 0
    assert 0 not in drawn[:-1]
    parameters["by"][0] = 50.0  # it always does
    assert char_model.sample(parameters, char_to_ix, rng()) == [0]
    assert len(char_model.sample(parameters, char_to_ix, rng(), min_length=3)) == 4


def test_temperature_zero_is_the_likeliest_letter_and_a_seed_is_a_name() -> None:
    char_to_ix = name_text.alphabet(["abc"])
    parameters = char_model.initialize("gru", 5, 4, rng(3), scale=2)
    assert char_model.sample(parameters, char_to_ix, rng(1), 0) == char_model.sample(
        parameters, char_to_ix, rng(2), 0
    )
    assert char_model.sample(parameters, char_to_ix, rng(1)) == char_model.sample(
        parameters, char_to_ix, rng(1)
    )
    parameters["by"] += rng(4).normal(size=(4, 1))  # no two letters equally likely
    for tiny in (1e-310, 5e-324, 1e-5):
        assert char_model.sample(parameters, char_to_ix, rng(1), tiny) == char_model.sample(
            parameters, char_to_ix, rng(1), 0
        )
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(OptionError, match="temperature must be 0"):
            char_model.sample(parameters, char_to_ix, rng(), wrong)


@pytest.mark.parametrize("cell", CELLS)
def test_optimize_takes_one_clipped_step_in_place(cell: str) -> None:
    char_to_ix = name_text.alphabet(LIST)
    n_a, n_x = 6, len(char_to_ix)
    parameters = char_model.initialize(cell, n_a, n_x, rng(4))
    X, Y = indices("Anouk", char_to_ix)
    arrays, before = dict(parameters), {name: value.copy() for name, value in parameters.items()}
    loss, gradients, a_last = char_model.optimize(X, Y, np.zeros((n_a, 1)), parameters)
    assert a_last.shape == (n_a, 1)
    assert gradients.keys() == {f"d{name}" for name in parameters}
    for name, value in parameters.items():
        assert value is arrays[name]
        np.testing.assert_allclose(value, before[name] - 0.01 * gradients[f"d{name}"], atol=1e-15)
    after, _, _ = char_model.optimize(X, Y, np.zeros((n_a, 1)), parameters)
    assert after < loss


@pytest.mark.parametrize("cell", CELLS)
@settings(deadline=None, max_examples=5)
@given(name=st.text("abc", min_size=1, max_size=6), seed=st.integers(0, 1000))
@example(name="abbb", seed=256)  # a gradient of the GRU is -6.2
def test_the_gradients_of_the_loss_are_the_true_ones(cell: str, name: str, seed: int) -> None:
    char_to_ix = name_text.alphabet(["abc"])
    parameters = char_model.initialize(cell, 3, 4, rng(seed))
    X, Y = indices(name, char_to_ix)
    a0 = rng(seed).normal(size=(3, 1))

    def loss() -> float:
        return char_model.optimize(X, Y, a0, {k: v.copy() for k, v in parameters.items()}, 0.0)[0]

    gradients = char_model.optimize(X, Y, a0, {k: v.copy() for k, v in parameters.items()}, 0.0)[1]
    for key, value in parameters.items():
        numeric = np.zeros_like(value)
        for index in np.ndindex(value.shape):
            before = value[index]
            value[index] = before + 1e-5
            up = loss()
            value[index] = before - 1e-5
            numeric[index] = (up - loss()) / 2e-5
            value[index] = before
        clipped = np.clip(numeric, -char_model.MAX_VALUE, char_model.MAX_VALUE)  # as `optimize` does
        np.testing.assert_allclose(gradients[f"d{key}"], clipped, rtol=1e-5, atol=1e-8)


def test_the_loss_is_summed_over_the_letters() -> None:
    char_to_ix = name_text.alphabet(["abc"])
    parameters = {
        name: np.zeros(shape.shape) for name, shape in char_model.initialize("rnn", 3, 4, rng()).items()
    }
    loss, _, _ = char_model.optimize(*indices("abca", char_to_ix), np.zeros((3, 1)), parameters)
    assert loss == pytest.approx(5 * np.log(4))
    with pytest.raises(OptionError, match="X has 2 letters and Y 1; Y is X moved on by one"):
        char_model.optimize([None, 1], [1], np.zeros((3, 1)), parameters)
    for X, Y, message in (
        ([None, 4], [1, 0], "X has the index 4, but the alphabet is 0..3"),
        ([None, -1], [1, 0], "X has the index -1"),
        ([None, 1], [1, 99], "Y has the index 99"),
        ([None, 1], [1, None], "Y has the index None"),
    ):
        with pytest.raises(OptionError, match=re.escape(message)):
            char_model.optimize(X, Y, np.zeros((3, 1)), parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("learn", [char_model.model, minibatch.train])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "there are no names to learn from"),
        (["", ""], "name 1 is empty"),
        (["ab", " "], "name 2 is empty; a name has one letter at least"),
        (["ab", "c\nd"], "name 2 has the control character U+000A; a name is plain text on one line"),
        ([f"{n} {n}" for n in range(10_001)], "names, words and pairs of words to remember, at most 40,000"),
    ],
)
def test_names_that_cannot_be_learnt_are_refused(learn: Any, data: list[str], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        learn(data, rng())


def test_the_longest_list_let_through_can_be_loaded_again(tmp_path: Path) -> None:
    data = [f"{n:05d}" for n in range(name_text.MAX_MARKS)]
    names.save_names(char_model.model(data, rng(), n_a=1, num_iterations=0), tmp_path / "many.safetensors")
    assert len(names.load_names(tmp_path / "many.safetensors").known) == name_text.MAX_MARKS


@pytest.mark.parametrize("cell", CELLS)
def test_the_loop_learns_two_names_by_heart(cell: str) -> None:
    rate = 0.1 if cell == "rnn" else 0.5
    model = char_model.model(
        ["Bix", "Ornette"], rng(), cell=cell, n_a=20, num_iterations=600, learning_rate=rate
    )
    drawn = names.invent(model, rng(), 50)
    assert np.mean([known for _, known in drawn]) > 0.9
    assert {name for name, known in drawn if known} == {"Bix", "Ornette"}
    assert model.cell == cell
    assert model.n_a == 20


def test_dinosaurs_as_in_the_exercise() -> None:
    """The first 3,000 of its 35,000 steps, in which the loss climbs; the whole run is in the model's card."""
    data = name_text.read_names(shared_file("names", "dinos.txt"), ["case"])
    assert len(data) == 1536
    assert len(name_text.alphabet(data)) == 27
    losses = [
        char_model.model(data, rng(), num_iterations=n).record["smoothed_loss"] for n in (0, 1000, 3000)
    ]
    assert losses[0] == pytest.approx(23.07, abs=0.005)
    assert 26 < losses[1] < 29
    assert losses[2] < losses[1]


def test_progress_shows_names_on_a_terminal_and_nothing_elsewhere() -> None:
    for terminal in (True, False):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=100)
        model = char_model.model(LIST, rng(), n_a=8, num_iterations=40, console=console)
        assert ("loss " in out.getvalue()) is terminal
        quiet = char_model.model(LIST, rng(), n_a=8, num_iterations=40)
        assert model.record == quiet.record  # watching changes nothing
