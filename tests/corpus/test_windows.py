"""Values to one-hot windows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.corpus.windows import one_hot, windows
from jazzgen.errors import OptionError
from jazzgen.tokens.vocabulary import N_VALUES

VALUES = st.integers(0, N_VALUES - 1)
SOLOS = st.lists(st.lists(VALUES, max_size=40), min_size=1, max_size=5)


def test_one_hot_of_no_value_is_the_zero_vector():
    rows = one_hot([0, 77, -1])
    assert rows.dtype == np.float32
    assert rows.sum(axis=1).tolist() == [1, 1, 0]
    assert rows[1].argmax() == 77


@pytest.mark.parametrize("value", [-2, 78])
def test_one_hot_refuses_what_is_no_value(value):
    with pytest.raises(OptionError, match=f"received .*{value}"):
        one_hot([value])


def test_windows_of_a_short_solo_are_these():
    X, Y, solo, start = windows([[5, 6, 7, 8, 9]], Tx=3)
    assert X.shape == Y.shape == (2, 3, N_VALUES)
    assert solo.tolist() == [0, 0]
    assert start.tolist() == [0, 3]
    assert _values(X) == [[-1, 5, 6], [7, 8, -1]]
    assert _values(Y) == [[5, 6, 7], [8, 9, -1]]


@settings(deadline=None, max_examples=60)
@given(SOLOS, st.integers(1, 12), st.one_of(st.none(), st.integers(0, 99)))
def test_windows_cover_every_value_once_and_y_is_x_moved_left(solos, Tx, seed):
    X, Y, solo, start = windows(solos, Tx, None if seed is None else np.random.default_rng(seed))
    for number, values in enumerate(solos):
        of_solo = [v for row in np.flatnonzero(solo == number) for v in _values(Y[[row]])[0]]
        assert [v for v in of_solo if v >= 0] == values
    for x, y, first in zip(_values(X), _values(Y), start, strict=True):
        length = sum(v >= 0 for v in y)
        assert x[1:length] == y[: length - 1]
        assert (x[0] == -1) == (first == 0)


def test_random_cuts_differ_from_epoch_to_epoch():
    rng = np.random.default_rng(0)
    cuts = {tuple(windows([list(range(60))], 30, rng).start) for _ in range(20)}
    assert len(cuts) > 5


def test_no_solos_give_no_windows():
    assert windows([], 30).X.shape == (0, 30, N_VALUES)


def test_a_window_of_no_steps_is_refused():
    with pytest.raises(OptionError, match="received 0"):
        windows([[1]], 0)


def _values(rows: np.ndarray) -> list[list[int]]:
    """(m, Tx, 78) one-hot or zero -> values, -1 for the zero vector."""
    return np.where(rows.any(axis=-1), rows.argmax(axis=-1), -1).tolist()
