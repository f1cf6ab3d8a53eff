"""New names and titles, and their models as files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jazzgen.by_hand import char_model, minibatch, name_text, names
from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model import checkpoint as weights
from tests.by_hand.lists import CELLS, LIST, rng


@pytest.mark.parametrize("cell", CELLS)
def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "names.safetensors"
    data = ["Blue Bossa", "Zoë", "東京 Blues"]
    model = minibatch.train(data, rng(), cell=cell, n_a=7, epochs=1, fold=["accents"])
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
    model = minibatch.train(titles, rng(), n_a=4, epochs=1)
    assert model.knows("blue bossa")
    assert model.knows("ZOE")
    assert not model.knows("Bossa Blue")
    assert model.is_made_of_words("Dancing In Paris")
    assert model.is_made_of_words("A Night In Paris")
    for wrong in ("A Night In", "Night In Tunisia", "Dancing In Rome", "Blue April Paris", "Blue Blue Bossa"):
        assert not model.is_made_of_words(wrong), wrong


def test_folded_names_get_their_capital_back() -> None:
    model = minibatch.train(["aba", "bab"], rng(), n_a=4, epochs=1, fold=["case"])
    assert all(name[0].isupper() for name, _ in names.invent(model, rng(), 5))
    with pytest.raises(OptionError, match=r"count must be in 1\.\.1,000,000, received 0"):
        names.invent(model, rng(), 0)


def test_every_word_gets_its_capital_back() -> None:
    data = ["mary lou", "duke of iron"]
    model = char_model.model(data, rng(), n_a=20, num_iterations=600, learning_rate=0.1, fold=["case"])
    assert {name for name, known in names.invent(model, rng(), 50) if known} == {"Mary Lou", "Duke Of Iron"}


def test_only_new_names_still_end_when_nothing_new_can_be_had() -> None:
    model = char_model.model(["Bix", "Bix"], rng(), n_a=8, num_iterations=400, learning_rate=0.1)
    assert names.invent(model, rng(), 2, 0, only_new=True) == [("Bix", True), ("Bix", True)]


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
