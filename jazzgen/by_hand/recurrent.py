"""Recurrent networks by hand: RNN, GRU and LSTM in NumPy, forwards and backwards, one equation a line.

Names, argument orders, shapes and dictionary keys are those of the exercise "Building your Recurrent Neural
Network, step by step" (deeplearning.ai, Sequence Models). Each network is four functions: a *cell* does one
time step, forwards or backwards; the other two carry it along a whole sequence and back (backpropagation
through time).

Letters, the same everywhere:

    n_x, n_a, n_y   features of the input, units of the state, classes of the output
    m, T_x          examples in the batch, time steps
    x   (n_x, m, T_x)      a, c   (n_a, m, T_x)      y   (n_y, m, T_x), each column a softmax
    dv  the gradient of the loss with respect to v, in the shape of v

The loss enters a backward pass through `da` (n_a, m, T_x): what each hidden state, by its own output alone,
adds to the loss. What reaches it from later steps is the backward pass's own work: through `a`, and in the
LSTM through `c` as well. `da` may have fewer steps than x: the loss then ends there, the steps after it take
no part, and `dx` has the steps of `da`. The output layer (`Wya`, `Wy`, `by`) stands outside of it, as in the
exercise: its gradients are one product, see `char_model.py`.

float32 stays float32 and float64 stays float64. Shapes that do not fit are refused by name with
`OptionError`. `keras_weights.py` converts these `parameters` to and from those of Keras layers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jazzgen.errors import OptionError

Array = NDArray[np.floating[Any]]
Parameters = Mapping[str, Array]
Cache = tuple[Any, ...]  # what a cell's backward step needs of its forward step
Caches = tuple[list[Cache], Array]  # one cache a time step, and x

SymbolicShapes = Mapping[str, tuple[str, str]]

# What the shapes of the parameters are made of; "n_a + n_x" is the state stacked on top of the input.
_GATE, _BIAS, _OUT, _OUT_BIAS = ("n_a", "n_a + n_x"), ("n_a", "1"), ("n_y", "n_a"), ("n_y", "1")
RNN = {"Wax": ("n_a", "n_x"), "Waa": ("n_a", "n_a"), "ba": _BIAS, "Wya": _OUT, "by": _OUT_BIAS}
GRU = {"Wu": _GATE, "bu": _BIAS, "Wr": _GATE, "br": _BIAS, "Wc": _GATE, "bc": _BIAS,
        "Wy": _OUT, "by": _OUT_BIAS}  # fmt: skip
LSTM = {"Wf": _GATE, "bf": _BIAS, "Wi": _GATE, "bi": _BIAS, "Wc": _GATE, "bc": _BIAS,
         "Wo": _GATE, "bo": _BIAS, "Wy": _OUT, "by": _OUT_BIAS}  # fmt: skip


# ------------------------------------------------------------------------------------------------------------
# What all cells share


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), written with tanh because exp overflows in float32 below -88."""
    s: Array = 0.5 * np.tanh(0.5 * z) + 0.5
    return s


def softmax(z: Array) -> Array:
    """Scores `z` (n_y, ...) to probabilities over the first axis."""
    e = np.exp(z - z.max(axis=0))  # less the greatest, so that exp stays finite
    y: Array = e / e.sum(axis=0)
    return y


def _check_states(m: int, **states: Array) -> None:
    """Refuse states that do not fit a batch of `m` or each other."""
    for name, value in states.items():
        if value.ndim != 2 or value.shape[1] != m:
            raise OptionError(f"{name} is {value.shape}, but x has a batch of {m}: it must be (units, {m})")
    (first, n_a), *others = ((name, len(value)) for name, value in states.items())
    for name, units in others:
        if units != n_a:
            raise OptionError(f"{name} has {units} units, but {first} has {n_a}")


def check_parameters(parameters: Parameters, shapes: SymbolicShapes, n_a: int, n_x: int, state: str) -> None:
    """Refuse, by name, parameters that are missing or do not fit.

    Parameters
    ----------
    parameters, shapes
        The parameters, and what their shapes are made of.
    n_a, n_x, state
        Units of the state, features of the input, and the state's name in messages.

    Raises
    ------
    OptionError
        For the first that does not fit.
    """
    if missing := shapes.keys() - parameters.keys():
        raise OptionError(
            f"parameters lack {', '.join(sorted(missing))}; there are {', '.join(sorted(parameters))}"
        )
    output = next(name for name, shape in shapes.items() if shape == _OUT)
    n_y = max(parameters[output].shape[:1], default=1)
    sizes = {"n_a": n_a, "n_x": n_x, "n_a + n_x": n_a + n_x, "n_y": n_y, "1": 1}
    reasons = {
        "n_a": f"{state} has {n_a} units",
        "n_x": f"x has {n_x} features",
        "n_a + n_x": f"{state} has {n_a} units and x {n_x} features: {n_a + n_x} columns",
        "n_y": f"{output} has {n_y} rows",
        "1": "a bias is one column",
    }
    for name, (rows, columns) in shapes.items():
        shape, expected = parameters[name].shape, (sizes[rows], sizes[columns])
        if len(shape) != 2:
            raise OptionError(f"{name} is {shape}, expected {expected}")
        if shape != expected:
            wrong = columns if shape[0] == sizes[rows] else rows
            raise OptionError(f"{name} is {shape}, but {reasons[wrong]}")


def _check_step(xt: Array, parameters: Parameters, shapes: SymbolicShapes, **states: Array) -> None:
    """Refuse, by name, whatever does not fit the input `xt`, the states or each other."""
    if xt.ndim != 2:
        raise OptionError(f"xt is {xt.shape}, but one step is (features, batch)")
    n_x, m = xt.shape
    _check_states(m, **states)
    state, n_a = next((name, len(value)) for name, value in states.items())
    check_parameters(parameters, shapes, n_a, n_x, state)


def _check_gradient(name: str, gradient: Array, value_name: str, shape: tuple[int, ...]) -> None:
    """Refuse a gradient of another shape than its value's: broadcasting would hide the mistake."""
    if gradient.shape != shape:
        raise OptionError(f"{name} is {gradient.shape}, but {value_name} is {shape}")


def _along_time(cell_forward: Callable[..., Any], x: Array, parameters: Parameters, **states: Array) -> Any:
    """A cell in a loop: the states of all steps, stacked along time, then y of all steps, then the caches."""
    if x.ndim != 3 or x.shape[2] == 0:
        raise OptionError(f"x is {x.shape}, but a sequence is (features, batch, steps), one step at least")
    _check_states(x.shape[1], **states)  # each step does, too, but under the names of a step
    state = list(states.values())
    steps, caches = [], []
    for xt in np.ascontiguousarray(np.moveaxis(x, 2, 0)):  # (n_x, m), laid out one step after the other
        *state, yt_pred, cache = cell_forward(xt, *state, parameters)
        steps.append((*state, yt_pred))
        caches.append(cache)
    return *(np.stack(values, axis=2) for values in zip(*steps, strict=True)), (caches, x)


def _back_through_time(
    cell_backward: Callable[..., dict[str, Array]], da: Array, caches: Caches, carried: tuple[str, ...]
) -> dict[str, Array]:
    """The loop run backwards: to a step's own `da` comes what the later step hands back, named in `carried`.

    A weight takes part in every time step, so its gradient is the sum of its gradients at all of them.
    """
    steps, x = caches
    a_shape = (*steps[0][0].shape, len(steps))
    if da.ndim != 3 or da.shape[:2] != a_shape[:2] or not 1 <= da.shape[2] <= len(steps):
        raise OptionError(f"da is {da.shape}, but a is {a_shape}; da may have fewer steps, but one at least")
    T = da.shape[2]
    dx = np.empty_like(x[:, :, :T], dtype=np.result_type(x, da))
    gradients: dict[str, Array] = {}
    da_prev, *others = [np.zeros_like(da[:, :, 0]) for _ in carried]
    for t in reversed(range(T)):
        step = cell_backward(da[:, :, t] + da_prev, *others, steps[t])
        dx[:, :, t] = step.pop("dxt")
        da_prev, *others = (step.pop(name) for name in carried)
        for name, gradient in step.items():
            gradients[name] = gradients[name] + gradient if name in gradients else gradient
    return {"dx": dx, "da0": da_prev, **gradients}


# ------------------------------------------------------------------------------------------------------------
# RNN: the state is a tanh of the input and the last state


def rnn_cell_forward(xt: Array, a_prev: Array, parameters: Parameters) -> tuple[Array, Array, Cache]:
    """One step: `xt` (n_x, m) and `a_prev` (n_a, m) to `a_next` (n_a, m) and `yt_pred` (n_y, m).

    `parameters`: `Wax` (n_a, n_x), `Waa` (n_a, n_a), `ba` (n_a, 1), `Wya` (n_y, n_a), `by` (n_y, 1). Source:
    J. Elman, Finding Structure in Time, 1990.
    """
    _check_step(xt, parameters, RNN, a_prev=a_prev)
    Wax, Waa, ba, Wya, by = (parameters[name] for name in RNN)
    a_next = np.tanh(Wax @ xt + Waa @ a_prev + ba)
    yt_pred = softmax(Wya @ a_next + by)
    return a_next, yt_pred, (a_next, a_prev, xt, parameters)


def rnn_forward(x: Array, a0: Array, parameters: Parameters) -> tuple[Array, Array, Caches]:
    """A whole sequence `x` (n_x, m, T_x) from the state `a0` (n_a, m): `a` (n_a, m, T_x), `y_pred`, caches.

    `y_pred` is (n_y, m, T_x).
    """
    a, y_pred, caches = _along_time(rnn_cell_forward, x, parameters, a0=a0)
    return a, y_pred, caches


def rnn_cell_backward(da_next: Array, cache: Cache) -> dict[str, Array]:
    """One step back: `da_next` (n_a, m) to `dxt`, `da_prev`, `dWax`, `dWaa`, `dba`."""
    a_next, a_prev, xt, parameters = cache
    _check_gradient("da_next", da_next, "a_next", a_next.shape)
    dz = da_next * (1 - a_next**2)  # through tanh, to the sum inside it
    return {
        "dxt": parameters["Wax"].T @ dz,
        "da_prev": parameters["Waa"].T @ dz,
        "dWax": dz @ xt.T,
        "dWaa": dz @ a_prev.T,
        "dba": dz.sum(axis=1, keepdims=True),
    }


def rnn_backward(da: Array, caches: Caches) -> dict[str, Array]:
    """Backpropagation through time: `da` (n_a, m, T_x or fewer) to `dx`, `da0`, `dWax`, `dWaa`, `dba`.

    `dx` (n_x, m, steps of `da`): see the top of this file.
    """
    return _back_through_time(rnn_cell_backward, da, caches, ("da_prev",))


# ------------------------------------------------------------------------------------------------------------
# GRU: a gate decides how much of the state is written anew


def gru_cell_forward(xt: Array, a_prev: Array, parameters: Parameters) -> tuple[Array, Array, Cache]:
    """One step: `xt` (n_x, m) and `a_prev` (n_a, m) to `a_next` (n_a, m) and `yt_pred` (n_y, m).

    The memory c of the course is a itself. Gates in the order update, relevance, candidate. `parameters`:
    `Wu`, `Wr`, `Wc` (n_a, n_a + n_x) over `a_prev` stacked on `xt`, `bu`, `br`, `bc` (n_a, 1), `Wy` (n_y,
    n_a), `by` (n_y, 1). Source: K. Cho et al., arXiv 1406.1078, with the update gate counted as the course
    counts it: 1 writes the candidate, 0 keeps the state.
    """
    _check_step(xt, parameters, GRU, a_prev=a_prev)
    Wu, bu, Wr, br, Wc, bc, Wy, by = (parameters[name] for name in GRU)
    concat = np.concatenate([a_prev, xt])  # (n_a + n_x, m)
    ut = sigmoid(Wu @ concat + bu)
    rt = sigmoid(Wr @ concat + br)
    cct = np.tanh(Wc @ np.concatenate([rt * a_prev, xt]) + bc)
    a_next = ut * cct + (1 - ut) * a_prev
    yt_pred = softmax(Wy @ a_next + by)
    return a_next, yt_pred, (a_next, a_prev, ut, rt, cct, xt, parameters)


def gru_forward(x: Array, a0: Array, parameters: Parameters) -> tuple[Array, Array, Caches]:
    """A whole sequence `x` (n_x, m, T_x) from the state `a0` (n_a, m): `a` (n_a, m, T_x), `y_pred`, caches.

    `y_pred` is (n_y, m, T_x).
    """
    a, y_pred, caches = _along_time(gru_cell_forward, x, parameters, a0=a0)
    return a, y_pred, caches


def gru_cell_backward(da_next: Array, cache: Cache) -> dict[str, Array]:
    """One step back: `da_next` (n_a, m) to `dxt`, `da_prev`, `dWu`, `dbu`, `dWr`, `dbr`, `dWc`, `dbc`.

    Inside, `dut`, `drt` and `dcct` are taken before the gate's sigmoid or tanh.
    """
    a_next, a_prev, ut, rt, cct, xt, parameters = cache
    _check_gradient("da_next", da_next, "a_next", a_next.shape)
    n_a = len(a_next)
    concat, concat_r = np.concatenate([a_prev, xt]), np.concatenate([rt * a_prev, xt])
    dut = da_next * (cct - a_prev) * ut * (1 - ut)
    dcct = da_next * ut * (1 - cct**2)
    dconcat_r = parameters["Wc"].T @ dcct
    drt = dconcat_r[:n_a] * a_prev * rt * (1 - rt)
    dconcat = parameters["Wu"].T @ dut + parameters["Wr"].T @ drt
    return {
        "dxt": dconcat[n_a:] + dconcat_r[n_a:],
        "da_prev": dconcat[:n_a] + dconcat_r[:n_a] * rt + da_next * (1 - ut),
        "dWu": dut @ concat.T,
        "dbu": dut.sum(axis=1, keepdims=True),
        "dWr": drt @ concat.T,
        "dbr": drt.sum(axis=1, keepdims=True),
        "dWc": dcct @ concat_r.T,
        "dbc": dcct.sum(axis=1, keepdims=True),
    }


def gru_backward(da: Array, caches: Caches) -> dict[str, Array]:
    """Backpropagation through time: `da` (n_a, m, T_x or fewer) to `dx`, `da0` and `dW*`, `db*` of u, r, c.

    `dx` (n_x, m, steps of `da`): see the top of this file.
    """
    return _back_through_time(gru_cell_backward, da, caches, ("da_prev",))


# ------------------------------------------------------------------------------------------------------------
# LSTM: a second state, c, that gates forget, write and read


def lstm_cell_forward(
    xt: Array, a_prev: Array, c_prev: Array, parameters: Parameters
) -> tuple[Array, Array, Array, Cache]:
    """One step, gates in the order forget, input, candidate, output. Source: S. Hochreiter, J. Schmidhuber,
    Long Short-Term Memory, 1997, with the forget gate of F. Gers et al., Learning to Forget, 2000.

    Parameters
    ----------
    xt
        The input, (n_x, m).
    a_prev, c_prev
        The last states, (n_a, m).
    parameters
        `Wf`, `Wi`, `Wc`, `Wo` (n_a, n_a + n_x) over `a_prev` stacked on `xt`, `bf`, `bi`, `bc`, `bo`
        (n_a, 1), `Wy` (n_y, n_a), `by` (n_y, 1).

    Returns
    -------
    `a_next`, `c_next` (n_a, m), `yt_pred` (n_y, m) and the cache for the way back.
    """
    _check_step(xt, parameters, LSTM, a_prev=a_prev, c_prev=c_prev)
    Wf, bf, Wi, bi, Wc, bc, Wo, bo, Wy, by = (parameters[name] for name in LSTM)
    concat = np.concatenate([a_prev, xt])  # (n_a + n_x, m)
    ft = sigmoid(Wf @ concat + bf)
    it = sigmoid(Wi @ concat + bi)
    cct = np.tanh(Wc @ concat + bc)
    c_next = ft * c_prev + it * cct
    ot = sigmoid(Wo @ concat + bo)
    a_next = ot * np.tanh(c_next)
    yt_pred = softmax(Wy @ a_next + by)
    return a_next, c_next, yt_pred, (a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters)


def lstm_forward(
    x: Array, a0: Array, parameters: Parameters, c0: Array | None = None
) -> tuple[Array, Array, Array, Caches]:
    """A whole sequence.

    Parameters
    ----------
    x
        The inputs, (n_x, m, T_x).
    a0, c0
        The first states, (n_a, m); without `c0`, c starts at zeros.
    parameters
        Those of `lstm_cell_forward`.

    Returns
    -------
    `a` (n_a, m, T_x), `y` (n_y, m, T_x), `c` (n_a, m, T_x) and the caches for the way back.
    """
    c0 = np.zeros_like(a0) if c0 is None else c0
    a, c, y, caches = _along_time(lstm_cell_forward, x, parameters, a0=a0, c0=c0)
    return a, y, c, caches


def lstm_cell_backward(da_next: Array, dc_next: Array, cache: Cache) -> dict[str, Array]:
    """One step back: `da_next`, `dc_next` (n_a, m) to `dxt`, `da_prev`, `dc_prev`, `dW*`, `db*` of the gates.

    `dc_next` is what reaches c from the next step alone; the way through `a_next` is added here. Inside,
    `dft`, `dit`, `dcct` and `dot` are taken before the gate's sigmoid or tanh.
    """
    a_next, c_next, a_prev, c_prev, ft, it, cct, ot, xt, parameters = cache
    _check_gradient("da_next", da_next, "a_next", a_next.shape)
    _check_gradient("dc_next", dc_next, "c_next", c_next.shape)
    n_a = len(a_next)
    concat = np.concatenate([a_prev, xt])
    tanh_c = np.tanh(c_next)
    dc = dc_next + da_next * ot * (1 - tanh_c**2)
    dft = dc * c_prev * ft * (1 - ft)
    dit = dc * cct * it * (1 - it)
    dcct = dc * it * (1 - cct**2)
    dot = da_next * tanh_c * ot * (1 - ot)
    Wf, Wi, Wc, Wo = (parameters[name] for name in ("Wf", "Wi", "Wc", "Wo"))
    dconcat = Wf.T @ dft + Wi.T @ dit + Wc.T @ dcct + Wo.T @ dot
    return {
        "dxt": dconcat[n_a:],
        "da_prev": dconcat[:n_a],
        "dc_prev": dc * ft,
        "dWf": dft @ concat.T,
        "dbf": dft.sum(axis=1, keepdims=True),
        "dWi": dit @ concat.T,
        "dbi": dit.sum(axis=1, keepdims=True),
        "dWc": dcct @ concat.T,
        "dbc": dcct.sum(axis=1, keepdims=True),
        "dWo": dot @ concat.T,
        "dbo": dot.sum(axis=1, keepdims=True),
    }


def lstm_backward(da: Array, caches: Caches) -> dict[str, Array]:
    """Backpropagation through time, by a and c: `da` (n_a, m, T_x or fewer) to `dx`, `da0`, `dW*`, `db*`.

    `dx` (n_x, m, steps of `da`): see the top of this file.
    """
    return _back_through_time(lstm_cell_backward, da, caches, ("da_prev", "dc_prev"))


# ------------------------------------------------------------------------------------------------------------
# For code that works with any of them


class Cell(NamedTuple):
    """One kind of network: its functions and the shapes of its parameters."""

    step: Callable[..., Any]
    forward: Callable[..., Any]
    backward: Callable[..., dict[str, Array]]
    shapes: SymbolicShapes
    output: str  # the weight of the output layer
    states: int  # 2 for an LSTM: a and c


CELLS = {
    "rnn": Cell(rnn_cell_forward, rnn_forward, rnn_backward, RNN, "Wya", 1),
    "gru": Cell(gru_cell_forward, gru_forward, gru_backward, GRU, "Wy", 1),
    "lstm": Cell(lstm_cell_forward, lstm_forward, lstm_backward, LSTM, "Wy", 2),
}
