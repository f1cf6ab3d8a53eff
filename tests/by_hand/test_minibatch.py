"""Training in batches: it learns, measures what it held out, and refuses what cannot be trained."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from jazzgen.by_hand import char_model, minibatch, name_text
from jazzgen.errors import OptionError
from tests.by_hand.lists import CELLS, LIST, indices, rng


@pytest.mark.parametrize("cell", CELLS)
def test_training_in_batches_learns_and_measures_what_it_held_out(cell: str) -> None:
    data = [("AB" * 20)[start : start + length] for start in (0, 1) for length in range(2, 16)]
    model = minibatch.train(
        data, rng(), cell=cell, n_a=12, epochs=40, batch=8, dropout=0.1, learning_rate=0.02
    )
    assert model.record["held_out"] == 3
    assert model.record["held_out_nats_per_character"] < 0.75 < np.log(3)
    assert all(value.dtype == np.float32 for value in model.parameters.values())
    again = minibatch.train(data, rng(), cell=cell, n_a=12, epochs=1)
    assert again.record == minibatch.train(data, rng(), cell=cell, n_a=12, epochs=1).record


def test_a_batch_counts_what_its_names_count_alone() -> None:
    char_to_ix = name_text.alphabet(LIST)
    parameters = char_model.initialize("lstm", 5, len(char_to_ix), rng(5))
    letters = [len(name) + 1 for name in LIST]
    alone = [minibatch.nats_per_character(parameters, [name], char_to_ix) for name in LIST]
    together = minibatch.nats_per_character(parameters, LIST, char_to_ix)
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
        minibatch.train(LIST, rng(), **options)


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
    assert minibatch.train(data, rng(), n_a=1, epochs=1, batch=4000).record["crossed"] == crossed
