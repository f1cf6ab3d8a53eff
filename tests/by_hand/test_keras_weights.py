"""Parameters to Keras weights and back; what does not fit is refused by name."""

from __future__ import annotations

import re

import numpy as np
import pytest

from jazzgen.by_hand import keras_weights
from jazzgen.errors import OptionError
from tests.by_hand.test_recurrent import CELLS, random_parameters


@pytest.mark.parametrize("cell", CELLS)
def test_parameters_go_to_keras_and_back_unchanged(cell: str) -> None:
    parameters = random_parameters(cell, 3, 4, 2, np.random.default_rng(6))
    weights, dense = getattr(keras_weights, f"{cell}_to_keras")(parameters)
    back = getattr(keras_weights, f"{cell}_from_keras")(weights, dense)
    assert back.keys() == parameters.keys()
    for name, value in parameters.items():
        np.testing.assert_array_equal(back[name], value)


def test_a_gru_that_keras_cannot_compute_is_refused() -> None:
    parameters = random_parameters("gru", 3, 4, 2, np.random.default_rng(7))
    with pytest.raises(OptionError, match=r"reset_after=True.*diagonal.*; use reset_after=False"):
        keras_weights.gru_to_keras(parameters, reset_after=True)
    (kernel, recurrent_kernel, bias), dense = keras_weights.gru_to_keras(parameters)
    with pytest.raises(OptionError, match=r"reset_after=True.*make the layer with reset_after=False"):
        keras_weights.gru_from_keras([kernel, recurrent_kernel, np.stack([bias, bias])], dense)


@pytest.mark.parametrize("cell", CELLS)
def test_what_goes_to_and_from_keras_is_a_copy(cell: str) -> None:
    parameters = random_parameters(cell, 3, 4, 2, np.random.default_rng(6))
    weights, dense = getattr(keras_weights, f"{cell}_to_keras")(parameters)
    back = getattr(keras_weights, f"{cell}_from_keras")(weights, dense)
    for array in (*weights, *dense):
        assert not any(np.shares_memory(array, other) for other in (*parameters.values(), *back.values()))


@pytest.mark.parametrize(
    ("cell", "place", "shape", "message"),
    [
        ("gru", 0, (3, 16), "GRU's kernel is (3, 16), expected (3, 12)"),
        ("lstm", 0, (16,), "LSTM's kernel is (16,), expected (n_x, 16)"),
        ("lstm", 1, (4, 15), "LSTM's recurrent_kernel is (4, 15), expected (4, 16)"),
        ("rnn", 1, (), "SimpleRNN's recurrent_kernel is (), expected (1, 1)"),
        ("lstm", 2, (2, 16), "LSTM's bias is (2, 16), expected (16,)"),
        ("rnn", 2, (2, 4), "SimpleRNN's bias is (2, 4), expected (4,)"),
        ("gru", 2, (3, 12), "GRU's bias is (3, 12), expected (12,)"),
        ("gru", 2, (2, 11), "GRU's bias is (2, 11), expected (2, 12)"),
        ("lstm", 3, (5, 2), "Dense's kernel is (5, 2), expected (4, 2)"),
        ("lstm", 3, (8,), "Dense's kernel is (8,), expected (4, n_y)"),
        ("rnn", 4, (3,), "Dense's bias is (3,), expected (2,)"),
    ],
)
def test_keras_weights_that_do_not_fit_are_refused_by_name(
    cell: str, place: int, shape: tuple[int, ...], message: str
) -> None:
    weights, dense = getattr(keras_weights, f"{cell}_to_keras")(
        random_parameters(cell, 3, 4, 2, np.random.default_rng(8))
    )
    arrays = [*weights, *dense]
    arrays[place] = np.zeros(shape)
    with pytest.raises(OptionError, match=f"^{re.escape(message)}$"):
        getattr(keras_weights, f"{cell}_from_keras")(arrays[:3], arrays[3:])


def test_keras_weights_without_a_bias_are_refused() -> None:
    weights, dense = keras_weights.lstm_to_keras(random_parameters("lstm", 3, 4, 2, np.random.default_rng(8)))
    with pytest.raises(OptionError, match="LSTM has 3 arrays with its bias and Dense 2, received 2 and 2"):
        keras_weights.lstm_from_keras(weights[:2], dense)


@pytest.mark.parametrize(
    ("cell", "change", "message"),
    [
        ("lstm", {"bo": None}, "parameters lack bo; there are Wc, Wf"),
        ("lstm", {"Wf": None}, "parameters lack Wf; there are Wc, Wi"),
        ("lstm", {"Wo": (4, 6)}, "Wo is (4, 6), but Wf has 4 units and x 3 features: 7 columns"),
        ("lstm", {"Wf": (28,)}, "Wf is (28,), expected"),
        ("rnn", {"Waa": (4, 5)}, "Waa is (4, 5), but Wax has 4 units"),
        ("gru", {"br": (4,)}, "br is (4,), expected (4, 1)"),
        ("gru", {"by": (3, 1)}, "by is (3, 1), but Wy has 2 rows"),
    ],
)
def test_parameters_that_keras_cannot_take_are_refused_by_name(
    cell: str, change: dict[str, tuple[int, ...] | None], message: str
) -> None:
    parameters = random_parameters(cell, 3, 4, 2, np.random.default_rng(9))
    for name, shape in change.items():
        if shape is None:
            del parameters[name]
        else:
            parameters[name] = np.zeros(shape)
    with pytest.raises(OptionError, match=f"^{re.escape(message)}"):
        getattr(keras_weights, f"{cell}_to_keras")(parameters)
