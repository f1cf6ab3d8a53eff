"""`recurrent.py` against finite differences; `test_recurrent_keras.py` holds it against Keras."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.by_hand import recurrent
from jazzgen.errors import OptionError

GATES = {"rnn": (), "gru": ("u", "r", "c"), "lstm": ("f", "i", "c", "o")}
STATES = {"rnn": ("a",), "gru": ("a",), "lstm": ("a", "c")}
OUTPUT = {"rnn": ("Wya", "by"), "gru": ("Wy", "by"), "lstm": ("Wy", "by")}
CELLS = tuple(GATES)


def random_parameters(cell: str, n_x: int, n_a: int, n_y: int, rng: np.random.Generator) -> dict[str, Any]:
    if cell == "rnn":
        shapes = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "ba": (n_a, 1)}
    else:
        shapes = {f"W{gate}": (n_a, n_a + n_x) for gate in GATES[cell]}
        shapes |= {f"b{gate}": (n_a, 1) for gate in GATES[cell]}
    W, b = OUTPUT[cell]
    return {name: rng.normal(size=shape) for name, shape in {**shapes, W: (n_y, n_a), b: (n_y, 1)}.items()}


def functions(cell: str) -> list[Callable[..., Any]]:
    names = ("cell_forward", "cell_backward", "forward", "backward")
    return [getattr(recurrent, f"{cell}_{name}") for name in names]


H = 1e-3


def numeric_gradient(loss: Callable[[], float], value: np.ndarray) -> np.ndarray:
    """Central differences of fourth order: their error falls with h^4, h = 1e-3 leaves 1e-12 or so."""
    gradient = np.zeros_like(value)
    for index in np.ndindex(value.shape):
        before = value[index]

        def at(step: float, index: tuple[int, ...] = index, before: float = before) -> float:
            value[index] = before + step
            return loss()

        gradient[index] = (8 * (at(H) - at(-H)) - (at(2 * H) - at(-2 * H))) / (12 * H)
        value[index] = before
    return gradient


def assert_true_gradients(
    gradients: dict[str, Any], values: dict[str, Any], loss: Callable[[], float], terms: float
) -> None:
    """Within a relative 1e-6, as the course measures it: the distance of two gradients against their size.

    Central differences are no better than the losses they are taken of. Each is a sum, good to a few units
    in the last place of `terms`, the sum of its terms' sizes; divided by h, that is what a difference may be
    off by where the gradient itself is as good as 0 (a saturated tanh: 1e-10 and less).
    """
    assert gradients.keys() == {f"d{name}" for name in values}
    noise = 8 * np.finfo(np.float64).eps * terms / H
    for name, value in values.items():
        true, found = numeric_gradient(loss, value), gradients[f"d{name}"]
        size = np.linalg.norm(true) + np.linalg.norm(found)
        assert np.linalg.norm(found - true) <= 1e-6 * size + noise * np.sqrt(value.size), name


def check_cell(cell: str, size: tuple[int, ...]) -> None:
    n_x, n_a, n_y, m, _, seed = size
    rng = np.random.default_rng(seed)
    forward, backward, _, _ = functions(cell)
    parameters = random_parameters(cell, n_x, n_a, n_y, rng)
    xt = rng.normal(size=(n_x, m))
    states = [rng.normal(size=(n_a, m)) for _ in STATES[cell]]
    upstream = [rng.normal(size=(n_a, m)) for _ in STATES[cell]]

    def terms() -> list[np.ndarray]:
        after = forward(xt, *states, parameters)
        return [d * value for d, value in zip(upstream, after, strict=False)]

    values = {"xt": xt, **{f"{s}_prev": v for s, v in zip(STATES[cell], states, strict=True)}, **parameters}
    for name in OUTPUT[cell]:
        del values[name]
    gradients = backward(*upstream, forward(xt, *states, parameters)[-1])
    assert_true_gradients(
        gradients, values, lambda: float(np.sum(terms())), float(np.abs(np.array(terms())).sum())
    )


def check_sequence(cell: str, size: tuple[int, ...], steps: int | None = None) -> None:
    """With `steps` the loss ends there."""
    n_x, n_a, n_y, m, T_x, seed = size
    rng = np.random.default_rng(seed)
    _, _, forward, backward = functions(cell)
    parameters = random_parameters(cell, n_x, n_a, n_y, rng)
    x, a0, da = rng.normal(size=(n_x, m, T_x)), rng.normal(size=(n_a, m)), rng.normal(size=(n_a, m, T_x))
    c0 = [rng.normal(size=(n_a, m))] if cell == "lstm" else []
    da = da[:, :, :steps]

    def terms() -> np.ndarray:
        return da * forward(x, a0, parameters, *c0)[0][:, :, : da.shape[2]]

    values = {"x": x, "a0": a0, **parameters}
    for name in OUTPUT[cell]:
        del values[name]
    gradients = backward(da, forward(x, a0, parameters, *c0)[-1])
    assert gradients["dx"].shape == (n_x, m, da.shape[2])
    values["x"] = x[:, :, : da.shape[2]]  # a view: moving it moves x
    assert_true_gradients(gradients, values, lambda: float(terms().sum()), float(np.abs(terms()).sum()))


sizes = st.tuples(*(st.integers(1, 4) for _ in range(5)), st.integers(0, 2**32 - 1))


@pytest.mark.parametrize("cell", CELLS)
@settings(deadline=None, max_examples=10)
@given(size=sizes)
def test_every_gradient_of_a_cell_is_the_true_one(cell: str, size: tuple[int, ...]) -> None:
    check_cell(cell, size)


@pytest.mark.parametrize("cell", CELLS)
@settings(deadline=None, max_examples=10)
@given(size=sizes)
def test_every_gradient_of_a_sequence_is_the_true_one(cell: str, size: tuple[int, ...]) -> None:
    check_sequence(cell, size)


@pytest.mark.parametrize(
    ("cell", "seed"), [("rnn", 3), ("rnn", 324), ("rnn", 537), ("gru", 29), ("gru", 256), ("gru", 329)]
)
def test_gradients_of_saturated_cells_are_told_from_rounding(cell: str, seed: int) -> None:
    check_cell(cell, (4, 1, 1, 1, 1, seed))
    check_sequence(cell, (4, 1, 1, 1, 1, seed))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("steps", [1, 4])
def test_the_loss_may_end_before_the_sequence(cell: str, steps: int) -> None:
    check_sequence(cell, (3, 4, 2, 3, 7, 5), steps)


def test_the_exercises_own_call_of_lstm_backward_is_taken() -> None:
    """Seven steps in, gradients for four: its test does this."""
    rng = np.random.default_rng(1)
    parameters = random_parameters("lstm", 3, 5, 2, rng)
    _, _, _, caches = recurrent.lstm_forward(
        rng.normal(size=(3, 10, 7)), rng.normal(size=(5, 10)), parameters
    )
    gradients = recurrent.lstm_backward(rng.normal(size=(5, 10, 4)), caches)
    assert gradients["dx"].shape == (3, 10, 4)
    assert gradients["da0"].shape == (5, 10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cell", CELLS)
def test_shapes_and_dtypes_come_out_as_they_go_in(cell: str, dtype: type) -> None:
    n_x, n_a, n_y, m, T_x = 3, 5, 2, 10, 4
    rng = np.random.default_rng(1)
    _, _, forward, backward = functions(cell)
    parameters = {k: v.astype(dtype) for k, v in random_parameters(cell, n_x, n_a, n_y, rng).items()}
    x, a0 = rng.normal(size=(n_x, m, T_x)).astype(dtype), rng.normal(size=(n_a, m)).astype(dtype)
    a, y, *c, caches = forward(x, a0, parameters)
    gradients = backward(np.ones_like(a), caches)
    assert [v.shape for v in (a, y, *c)] == [(n_a, m, T_x), (n_y, m, T_x), *[(n_a, m, T_x) for _ in c]]
    assert {v.dtype for v in (a, y, *c, *gradients.values())} == {np.dtype(dtype)}
    assert gradients["dx"].shape == x.shape
    assert gradients["da0"].shape == a0.shape
    assert all(gradients[f"d{k}"].shape == v.shape for k, v in parameters.items() if f"d{k}" in gradients)
    np.testing.assert_allclose(y.sum(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_batch_is_its_examples_side_by_side(cell: str) -> None:
    rng = np.random.default_rng(2)
    _, _, forward, backward = functions(cell)
    parameters = random_parameters(cell, 3, 4, 2, rng)
    x, a0, da = rng.normal(size=(3, 5, 6)), rng.normal(size=(4, 5)), rng.normal(size=(4, 5, 6))
    whole = forward(x, a0, parameters)
    alone = [forward(x[:, [i]], a0[:, [i]], parameters) for i in range(5)]
    np.testing.assert_allclose(whole[0], np.concatenate([one[0] for one in alone], axis=1), rtol=1e-12)
    gradients = [backward(da[:, [i]], one[-1]) for i, one in enumerate(alone)]
    for name, gradient in backward(da, whole[-1]).items():
        parts = [one[name] for one in gradients]
        joined = np.concatenate(parts, axis=1) if name in ("dx", "da0") else sum(parts)
        np.testing.assert_allclose(gradient, joined, rtol=1e-9, atol=1e-12)


def test_the_last_state_of_an_lstm_depends_on_the_first_input() -> None:
    """A circulating solution of the exercise hands no gradient from step to step: dx would be 0 here."""
    rng = np.random.default_rng(3)
    a, _, _, caches = recurrent.lstm_forward(
        rng.normal(size=(2, 1, 8)), np.zeros((3, 1)), random_parameters("lstm", 2, 3, 2, rng)
    )
    da = np.zeros_like(a)
    da[:, :, -1] = 1
    assert np.abs(recurrent.lstm_backward(da, caches)["dx"][:, :, 0]).max() > 1e-6


def test_an_lstm_starts_its_memory_at_zeros_or_where_it_is_told() -> None:
    rng = np.random.default_rng(4)
    parameters, x, a0 = random_parameters("lstm", 2, 3, 2, rng), rng.normal(size=(2, 4, 6)), np.zeros((3, 4))
    a, y, c, _ = recurrent.lstm_forward(x, a0, parameters)
    np.testing.assert_array_equal(a, recurrent.lstm_forward(x, a0, parameters, c0=np.zeros((3, 4)))[0])
    later = recurrent.lstm_forward(x[:, :, 3:], a[:, :, 2], parameters, c0=c[:, :, 2])
    np.testing.assert_allclose(later[1], y[:, :, 3:], rtol=1e-12)


def test_the_rnn_cell_is_its_equation() -> None:
    parameters = {
        "Wax": np.array([[1.0, -1.0]]), "Waa": np.array([[0.5]]), "ba": np.array([[0.1]]),
        "Wya": np.array([[0.0], [1.0]]), "by": np.zeros((2, 1)),
    }  # fmt: skip
    a, y, _ = recurrent.rnn_cell_forward(np.array([[0.3], [0.2]]), np.array([[0.4]]), parameters)
    assert a.item() == pytest.approx(np.tanh(0.3 - 0.2 + 0.2 + 0.1))
    np.testing.assert_allclose(y[:, 0], np.exp([0, a.item()]) / np.exp([0, a.item()]).sum())


def test_the_gates_of_a_gru_write_the_candidate_or_keep_the_state() -> None:
    rng = np.random.default_rng(5)
    parameters = random_parameters("gru", 2, 3, 2, rng)
    xt, a_prev = rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    keep = recurrent.gru_cell_forward(xt, a_prev, {**parameters, "bu": np.full((3, 1), -1e3)})[0]
    np.testing.assert_allclose(keep, a_prev)
    shut = {**parameters, "bu": np.full((3, 1), 1e3), "br": np.full((3, 1), -1e3)}
    written = recurrent.gru_cell_forward(xt, a_prev, shut)[0]
    np.testing.assert_allclose(written, np.tanh(parameters["Wc"][:, 3:] @ xt + parameters["bc"]))


def test_sigmoid_and_softmax_stay_finite_where_exp_would_not() -> None:
    far = np.array([-1e4, -100, 0, 100, 1e4], np.float32)
    np.testing.assert_allclose(recurrent.sigmoid(far), [0, 0, 0.5, 1, 1], atol=1e-7)
    np.testing.assert_allclose(recurrent.softmax(np.array([[1e4], [0.0]])), [[1], [0]])


x34, a52 = np.zeros((4, 10, 7)), np.zeros((5, 10))


@pytest.mark.parametrize(
    ("cell", "change", "message"),
    [
        ("rnn", {"Wax": (5, 3)}, "Wax is (5, 3), but x has 4 features"),
        ("rnn", {"Waa": (6, 5)}, "Waa is (6, 5), but a_prev has 5 units"),
        ("rnn", {"ba": (5,)}, "ba is (5,), expected (5, 1)"),
        ("rnn", {"ba": (5, 2)}, "ba is (5, 2), but a bias is one column"),
        ("rnn", {"Wya": (2, 6)}, "Wya is (2, 6), but a_prev has 5 units"),
        ("rnn", {"Wya": (3, 5)}, "by is (2, 1), but Wya has 3 rows"),
        ("rnn", {"Wax": (20,)}, "Wax is (20,), expected (5, 4)"),
        ("rnn", {"Wya": ()}, "Wya is (), expected (1, 5)"),
        ("gru", {"by": ()}, "by is (), expected (2, 1)"),
        ("lstm", {"by": (2,)}, "by is (2,), expected (2, 1)"),
        ("gru", {"Wr": (5, 8)}, "Wr is (5, 8), but a_prev has 5 units and x 4 features: 9 columns"),
        ("lstm", {"Wo": (5, 4)}, "Wo is (5, 4), but a_prev has 5 units and x 4 features: 9 columns"),
        ("lstm", {"bf": (1, 5)}, "bf is (1, 5), but a_prev has 5 units"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_by_name(
    cell: str, change: dict[str, tuple[int, ...]], message: str
) -> None:
    cell_forward, _, forward, _ = functions(cell)
    parameters = random_parameters(cell, 4, 5, 2, np.random.default_rng(0))
    parameters |= {name: np.zeros(shape) for name, shape in change.items()}
    with pytest.raises(OptionError, match=f"^{re.escape(message)}$"):
        forward(x34, a52, parameters)
    with pytest.raises(OptionError, match=re.escape(message)):
        cell_forward(x34[:, :, 0], *[a52 for _ in STATES[cell]], parameters)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: recurrent.lstm_forward(x34[0], a52, p), "x is (10, 7), but a sequence is"),
        (lambda p: recurrent.lstm_forward(x34[:, :, :0], a52, p), "x is (4, 10, 0), but a sequence is"),
        (lambda p: recurrent.lstm_forward(x34, a52[:, :9], p), "a0 is (5, 9), but x has a batch of 10"),
        (lambda p: recurrent.lstm_forward(x34, a52, p, c0=a52[:4]), "c0 has 4 units, but a0 has 5"),
        (lambda p: recurrent.lstm_cell_forward(x34, a52, a52, p), "xt is (4, 10, 7), but one step is"),
        (lambda p: recurrent.lstm_cell_forward(x34[:, :, 0], a52[:, 0], a52, p), "a_prev is (5,), but x has"),
        (
            lambda p: recurrent.lstm_backward(np.zeros((5, 10, 8)), recurrent.lstm_forward(x34, a52, p)[-1]),
            "da is (5, 10, 8), but a is (5, 10, 7); da may have fewer steps, but one at least",
        ),
        (
            lambda p: recurrent.lstm_backward(np.zeros((5, 10, 0)), recurrent.lstm_forward(x34, a52, p)[-1]),
            "da is (5, 10, 0), but a is",
        ),
        (
            lambda p: recurrent.lstm_backward(np.zeros((5, 9, 7)), recurrent.lstm_forward(x34, a52, p)[-1]),
            "da is (5, 9, 7), but a is",
        ),
        (
            lambda p: recurrent.lstm_cell_backward(
                a52, a52[:, :1], recurrent.lstm_cell_forward(x34[:, :, 0], a52, a52, p)[-1]
            ),
            "dc_next is (5, 1), but c_next is (5, 10)",
        ),
        (
            lambda p: recurrent.lstm_forward(x34, a52, {k: v for k, v in p.items() if k != "Wo"}),
            "parameters lack Wo; there are Wc, Wf, Wi, Wy, bc",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused_by_name(call: Callable[..., Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        call(random_parameters("lstm", 4, 5, 2, np.random.default_rng(0)))
