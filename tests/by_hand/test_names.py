"""`names.py`: the exercise's functions do what the exercise says, and the shipped models name tunes and
dinosaurs.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from jazzgen.by_hand import char_model, name_text, names
from jazzgen.errors import CheckpointError, DataError, OptionError
from jazzgen.model import checkpoint as weights
from tests.shared import shared_file

LIST = ["Anna", "Bert", "Anouk", "Zoë", "Łukasz", "Bertha", "Nana", "Otto"]
CELLS = tuple(char_model.CELLS)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def indices(name: str, char_to_ix: dict[str, int]) -> tuple[list[int | None], list[int]]:
    letters = [char_to_ix[letter] for letter in name]
    return [None, *letters], [*letters, char_to_ix["\n"]]


# ---- text


def test_a_file_is_its_lines_in_any_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("\ufeffZoe\u0308\r\n\r\n  Łukasz  Blue \n東京\nΑθήνα".encode())
    assert name_text.read_names(path) == ["Zoë", "Łukasz Blue", "東京", "Αθήνα"]
    assert name_text.read_names(path, name_text.FOLDS) == ["zoe", "łukaszblue", "東京", "αθηνα"]
    assert name_text.read_names(path, ["case"]) == ["zoë", "łukasz blue", "東京", "αθήνα"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfeA", "is not UTF-8 (byte 0); save it as UTF-8 text"),
        (b"\n\nOne\n", "holds 1 names; give a text file with two at least"),
        (b"One\n" + b"x" * 201, "line 2 of"),
        (b"One\nTwo\x1b[31m\n", "has the control character U+001B; give plain text, one name a line"),
        ("One\nTwo\u202e".encode(), "has the control character U+202E"),
        (None, "cannot read"),
    ],
)
def test_a_file_without_names_is_refused(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(message)):
        name_text.read_names(path)


def test_joiners_are_spelling() -> None:
    assert name_text.strange_character("می\u200cخواهم") is None


def test_an_unknown_folding_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot fold colour; what can be is accents, case, spaces"):
        name_text.fold_text("a", ["colour"])


def test_the_alphabet_has_every_letter_and_the_line_feed_in_one_order() -> None:
    char_to_ix = name_text.alphabet(["ab", "bc"])
    assert char_to_ix == {"\n": 0, "a": 1, "b": 2, "c": 3}


# ---- the exercise


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
    _, y, *_ = char_model.CELLS[cell].forward(x, np.zeros((5, 1)), weights_)
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


@pytest.mark.parametrize("learn", [char_model.model, char_model.train])
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


# ---- as one would train today


@pytest.mark.parametrize("cell", CELLS)
def test_training_in_batches_learns_and_measures_what_it_held_out(cell: str) -> None:
    data = [("AB" * 20)[start : start + length] for start in (0, 1) for length in range(2, 16)]
    model = char_model.train(
        data, rng(), cell=cell, n_a=12, epochs=40, batch=8, dropout=0.1, learning_rate=0.02
    )
    assert model.record["held_out"] == 3
    assert model.record["held_out_nats_per_character"] < 0.75 < np.log(3)
    assert all(value.dtype == np.float32 for value in model.parameters.values())
    again = char_model.train(data, rng(), cell=cell, n_a=12, epochs=1)
    assert again.record == char_model.train(data, rng(), cell=cell, n_a=12, epochs=1).record


def test_a_batch_counts_what_its_names_count_alone() -> None:
    char_to_ix = name_text.alphabet(LIST)
    parameters = char_model.initialize("lstm", 5, len(char_to_ix), rng(5))
    letters = [len(name) + 1 for name in LIST]
    alone = [char_model.nats_per_character(parameters, [name], char_to_ix) for name in LIST]
    together = char_model.nats_per_character(parameters, LIST, char_to_ix)
    assert together == pytest.approx(np.average(alone, weights=letters))
    one, _, _ = char_model.optimize(*indices("Zoë", char_to_ix), np.zeros((5, 1)), parameters, 0.0)
    assert alone[LIST.index("Zoë")] * 4 == pytest.approx(one)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is out of range, received 0"),
        ({"dropout": 1.0}, "dropout is out of range, received 1.0"),
        ({"crossed": 2}, "crossed must be 0 where no name has two words"),
        ({"held_out": 1.5}, "the part held out must be in 0..1, 1 excluded, received 1.5"),
        ({"cell": "cnn"}, "unknown cell 'cnn'; known are rnn, gru, lstm"),
        ({"n_a": 0}, "a network must have 1..4096 units, received 0"),
        ({"n_a": 99_999_999}, "a network must have 1..4096 units, received 99999999"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        char_model.train(LIST, rng(), **options)


def test_equal_names_are_held_out_together() -> None:
    held, own = char_model.hold_out(["Bix", "Bird", "Bud", "Bix", "Duke", "Bird"] * 5, 0.5, rng())
    assert sorted(held + own) == ["Bird", "Bix", "Bud", "Duke"]
    assert len(held) == 2


@pytest.mark.parametrize(
    ("data", "crossed"),
    [
        (LIST, 0),
        (["Blue Bossa", "So What", "Nardis"], 4),
        (["Blue Bossa", "Solar", "Nardis"], 0),
        ([f"Opus {n}" for n in range(700)], 3),  # 630 to train on
    ],
)
def test_few_names_of_several_words_are_crossed(data: list[str], crossed: int) -> None:
    assert char_model.train(data, rng(), n_a=1, epochs=1, batch=4000).record["crossed"] == crossed


def test_crossed_names_are_heads_and_tails() -> None:
    titles = ["Blues For Alice", "Song For My Father"]
    for seed in range(20):
        words = char_model._cross(titles, rng(seed)).split()
        assert words[0] in ("Blues", "Song")
        assert words[-1] in ("Alice", "Father")


def test_progress_shows_names_on_a_terminal_and_nothing_elsewhere() -> None:
    for terminal in (True, False):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, width=100)
        model = char_model.model(LIST, rng(), n_a=8, num_iterations=40, console=console)
        assert ("loss " in out.getvalue()) is terminal
        quiet = char_model.model(LIST, rng(), n_a=8, num_iterations=40)
        assert model.record == quiet.record  # watching changes nothing


# ---- kept and put to use


@pytest.mark.parametrize("cell", CELLS)
def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "names.safetensors"
    data = ["Blue Bossa", "Zoë", "東京 Blues"]
    model = char_model.train(data, rng(), cell=cell, n_a=7, epochs=1, fold=["accents"])
    names.save_names(model, path)
    back = names.load_names(path)
    assert back.parameters.keys() == model.parameters.keys()
    for name, value in model.parameters.items():
        np.testing.assert_array_equal(back.parameters[name], value)
    assert (back.char_to_ix, back.fold, back.known, back.words) == (
        model.char_to_ix, model.fold, model.known, model.words
    )  # fmt: skip
    assert back.record == model.record
    assert names.invent(back, rng(), 5) == names.invent(model, rng(), 5)
    assert "Bossa" not in path.read_bytes().decode("latin-1")  # the list itself is not in it


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "improviser"}, "it is of kind 'improviser', but 'names' is needed here"),
        ({"cell": "cnn"}, "its cell must be one of rnn, gru, lstm, received 'cnn'"),
        ({"n_a": "7"}, "its units n_a must be in 1..4096, received '7'"),
        ({"n_a": 8}, "the array Waa must have shape (8, 8), received [7, 7]"),
        ({"alphabet": "aab\n"}, "its alphabet must be distinct letters with the line feed among them"),
        ({"alphabet": "ab\x1b\n"}, "its alphabet has the control character U+001B, which is no letter"),
        ({"known": 3}, "its known must be a list of texts"),
        ({"cell": "gru"}, "the array Wu is missing"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    path = tmp_path / "names.safetensors"
    names.save_names(char_model.model(LIST, rng(), n_a=7, num_iterations=0), path)
    checkpoint = weights.load_checkpoint(path, kind="names")
    weights.save_checkpoint(path, checkpoint.arrays, {**checkpoint.description, **change})
    with pytest.raises(CheckpointError, match=re.escape(message)):
        names.load_names(path)


def test_a_model_knows_its_list_and_its_words() -> None:
    titles = ["A Night In Tunisia", "April In Paris", "Dancing In The Dark", "Blue Bossa", "Zoë"]
    model = char_model.train(titles, rng(), n_a=4, epochs=1)
    assert model.knows("blue bossa")
    assert model.knows("ZOE")
    assert not model.knows("Bossa Blue")
    assert model.is_made_of_words("Dancing In Paris")
    assert model.is_made_of_words("A Night In Paris")
    for wrong in ("A Night In", "Night In Tunisia", "Dancing In Rome", "Blue April Paris", "Blue Blue Bossa"):
        assert not model.is_made_of_words(wrong), wrong


def test_folded_names_get_their_capital_back() -> None:
    model = char_model.train(["aba", "bab"], rng(), n_a=4, epochs=1, fold=["case"])
    assert all(name[0].isupper() for name, _ in names.invent(model, rng(), 5))
    with pytest.raises(OptionError, match=r"count must be in 1\.\.1,000,000, received 0"):
        names.invent(model, rng(), 0)


def test_every_word_gets_its_capital_back() -> None:
    data = ["mary lou", "duke of iron"]
    model = char_model.model(data, rng(), n_a=20, num_iterations=600, learning_rate=0.1, fold=["case"])
    assert {name for name, known in names.invent(model, rng(), 50) if known} == {"Mary Lou", "Duke Of Iron"}


def test_points_and_blanks_make_no_name() -> None:
    assert [name_text.count_letters(name) for name in ("P.C.", "A -", "Zoë", "D.B. 2", "हिंदी")] == [
        2,
        1,
        3,
        3,
        5,
    ]
    model = char_model.model(["P.C.", "Monk"], rng(), n_a=20, num_iterations=600, learning_rate=0.1)
    assert not any(name == "P.C." for name, _ in names.invent(model, rng(), 50))


def test_a_choosy_hand_still_ends_when_nothing_new_can_be_had() -> None:
    model = char_model.model(["Bix", "Bix"], rng(), n_a=8, num_iterations=400, learning_rate=0.1)
    assert names.invent(model, rng(), 2, 0, choosy=True) == [("Bix", True), ("Bix", True)]


@pytest.mark.parametrize(("kind", "temperature"), [("dinosaurs", 1.0), ("tunes", 0.8)])
def test_shipped_models_make_new_names_and_no_stumps(kind: str, temperature: float) -> None:
    drawn = names.invent(names.shipped(kind), rng(1), 1000, temperature)
    assert np.mean([known for _, known in drawn]) <= 0.1
    assert min(name_text.count_letters(name) for name, _ in drawn) >= 3


def test_a_title_is_new_and_made_of_words() -> None:
    model = names.shipped("tunes")
    titles = [names.title(rng(seed)) for seed in range(20)]
    assert titles == [names.title(rng(seed), model) for seed in range(20)]
    assert len(set(titles)) > 15
    assert not any(model.knows(title) for title in titles)
    assert all(model.is_made_of_words(title) for title in titles)
    assert all(title.isascii() and title.isprintable() for title in titles)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown kind of names 'cats'; known are tunes, dinosaurs"):
        names.shipped("cats")


def test_the_lists_are_not_shipped() -> None:
    for kind in names.KINDS:
        model = names.shipped(kind)
        assert all(re.fullmatch("[0-9a-f]{16}", mark) for mark in model.known | model.words)
        assert len(json.dumps(dict(model.record))) < 1000
