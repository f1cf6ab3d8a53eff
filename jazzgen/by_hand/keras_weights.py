"""The `parameters` of `recurrent.py` to and from the weights of Keras layers.

In and out: what `get_weights()` of a `SimpleRNN`, `GRU` or `LSTM` and of the softmax `Dense` after it gives.
All arrays are copies.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jazzgen.by_hand.recurrent import (
    GRU,
    LSTM,
    RNN,
    Array,
    Parameters,
    SymbolicShapes,
    check_parameters,
)
from jazzgen.errors import OptionError

KerasWeights = Sequence[Array]  # kernel (n_x, gates * n_a), recurrent_kernel (n_a, gates * n_a), bias


def _check_keras(layer: str, weights: KerasWeights, dense: KerasWeights, gates: int) -> None:
    """Refuse, by name, arrays that `layer` and the Dense after it cannot have, as one or with each other."""
    if len(weights) != 3 or len(dense) != 2:
        raise OptionError(
            f"{layer} has 3 arrays with its bias and Dense 2, received {len(weights)} and {len(dense)}"
        )
    kernel, recurrent, bias, dense_kernel, dense_bias = (array.shape for array in (*weights, *dense))
    n_a = max(recurrent[:1], default=1)
    columns = gates * n_a
    n_x: int | str = kernel[0] if len(kernel) == 2 else "n_x"
    n_y: int | str = dense_kernel[1] if len(dense_kernel) == 2 else "n_y"
    two_biases = layer == "GRU" and bias[:-1] == (2,)  # reset_after=True has one for each matrix
    for name, shape, expected in (
        (f"{layer}'s recurrent_kernel", recurrent, (n_a, columns)),
        (f"{layer}'s kernel", kernel, (n_x, columns)),
        (f"{layer}'s bias", bias, (2, columns) if two_biases else (columns,)),
        ("Dense's kernel", dense_kernel, (n_a, n_y)),
        ("Dense's bias", dense_bias, (n_y,)),
    ):
        if shape != expected:
            raise OptionError(f"{name} is {shape}, expected {str(expected).replace(chr(39), '')}")


def _check_for_keras(parameters: Parameters, shapes: SymbolicShapes) -> None:
    """Refuse, by name, parameters that are missing or do not fit each other; the first one sets the sizes."""
    first, (_, over) = next(iter(shapes.items()))
    shape = parameters[first].shape if first in parameters else ()
    rows, columns = shape if len(shape) == 2 else (1, 1)
    n_x = columns if over == "n_x" else max(columns - rows, 1)
    check_parameters(parameters, shapes, rows, n_x, first)


def _check_same_reset(U: Array, b: Array, remedy: str) -> None:
    """Refuse a candidate's recurrent kernel `U` and bias `b` with which it matters when the gate resets."""
    if np.any(np.diag(np.diag(U)) != U) or np.any(b):
        raise OptionError(
            "GRU(reset_after=True) resets after the matrix product, gru_forward before it: they coincide "
            f"only if the candidate's recurrent kernel is diagonal and its recurrent bias zero; {remedy}"
        )


def _gate_from_keras(weights: KerasWeights, index: int) -> tuple[Array, Array]:
    """Gate number `index` of a Keras layer: its weight over the state stacked on the input, and its bias."""
    kernel, recurrent, bias = weights
    n_a = len(recurrent)
    columns = slice(index * n_a, (index + 1) * n_a)
    return np.concatenate([recurrent[:, columns], kernel[:, columns]]).T, bias[columns, None].copy()


def _gates_to_keras(gates: Sequence[tuple[Array, Array]]) -> list[Array]:
    """The inverse: gates' (W, b), in Keras's order, to its kernel, recurrent_kernel and bias."""
    n_a = len(gates[0][0])
    kernel = np.concatenate([W[:, n_a:].T for W, _ in gates], axis=1)
    recurrent = np.concatenate([W[:, :n_a].T for W, _ in gates], axis=1)
    return [kernel, recurrent, np.concatenate([b[:, 0] for _, b in gates])]


def _dense_from_keras(dense: KerasWeights) -> tuple[Array, Array]:
    """`Wy` and `by`."""
    return dense[0].T.copy(), dense[1][:, None].copy()


def _dense_to_keras(Wy: Array, by: Array) -> list[Array]:
    """The inverse: a Dense's kernel and bias."""
    return [Wy.T.copy(), by[:, 0].copy()]


def rnn_from_keras(weights: KerasWeights, dense: KerasWeights) -> dict[str, Array]:
    """`SimpleRNN` and the softmax `Dense` after it as `parameters`; the two formulations coincide."""
    _check_keras("SimpleRNN", weights, dense, gates=1)
    kernel, recurrent, bias = weights
    Wya, by = _dense_from_keras(dense)
    return {
        "Wax": kernel.T.copy(),
        "Waa": recurrent.T.copy(),
        "ba": bias[:, None].copy(),
        "Wya": Wya,
        "by": by,
    }


def rnn_to_keras(parameters: Parameters) -> tuple[list[Array], list[Array]]:
    """The inverse of `rnn_from_keras`: what `set_weights` of a `SimpleRNN` and a `Dense` take."""
    _check_for_keras(parameters, RNN)
    Wax, Waa, ba, Wya, by = (parameters[name] for name in RNN)
    return [Wax.T.copy(), Waa.T.copy(), ba[:, 0].copy()], _dense_to_keras(Wya, by)


def gru_from_keras(weights: KerasWeights, dense: KerasWeights) -> dict[str, Array]:
    """`GRU` and the softmax `Dense` after it as `parameters`; `OptionError` where the formulations differ.

    Keras's gates are z, r, h. Its z keeps the state where the course's update gate writes it: z = 1 - ut, so
    `Wu` and `bu` are Keras's with the sign turned. `GRU(reset_after=False)`, bias (3 n_a,), is then the same
    cell. `GRU(reset_after=True)`, Keras's default, bias (2, 3 n_a), resets after the matrix product: r * (U a
    + b) in place of U (r * a). That is the same only if the candidate's recurrent kernel U is diagonal and
    its recurrent bias b zero, which trained weights are not.
    """
    _check_keras("GRU", weights, dense, gates=3)
    kernel, recurrent, bias = weights
    if bias.ndim == 2:
        candidate = slice(2 * len(recurrent), None)
        _check_same_reset(
            recurrent[:, candidate], bias[1, candidate], "make the layer with reset_after=False"
        )
        bias = bias.sum(axis=0)
    (Wz, bz), (Wr, br), (Wc, bc) = (_gate_from_keras((kernel, recurrent, bias), gate) for gate in range(3))
    Wy, by = _dense_from_keras(dense)
    return {"Wu": -Wz, "bu": -bz, "Wr": Wr, "br": br, "Wc": Wc, "bc": bc, "Wy": Wy, "by": by}


def gru_to_keras(parameters: Parameters, reset_after: bool = False) -> tuple[list[Array], list[Array]]:
    """The inverse of `gru_from_keras`: what `set_weights` of such a `GRU` and a `Dense` take.

    With `reset_after=True` an `OptionError` unless the state's part of `Wc`, the candidate's recurrent
    kernel, is diagonal: there is no such layer otherwise.
    """
    _check_for_keras(parameters, GRU)
    Wu, bu, Wr, br, Wc, bc, Wy, by = (parameters[name] for name in GRU)
    kernel, recurrent, bias = _gates_to_keras([(-Wu, -bu), (Wr, br), (Wc, bc)])
    if reset_after:
        no_bias = np.zeros_like(bias)
        _check_same_reset(Wc[:, : len(Wc)], no_bias, "use reset_after=False")
        bias = np.stack([bias, no_bias])
    return [kernel, recurrent, bias], _dense_to_keras(Wy, by)


def lstm_from_keras(weights: KerasWeights, dense: KerasWeights) -> dict[str, Array]:
    """`LSTM` (gates i, f, c, o) and the softmax `Dense` after it as `parameters`; the two coincide."""
    _check_keras("LSTM", weights, dense, gates=4)
    (Wi, bi), (Wf, bf), (Wc, bc), (Wo, bo) = (_gate_from_keras(weights, gate) for gate in range(4))
    Wy, by = _dense_from_keras(dense)
    return {
        "Wf": Wf, "bf": bf, "Wi": Wi, "bi": bi, "Wc": Wc, "bc": bc, "Wo": Wo, "bo": bo, "Wy": Wy, "by": by,
    }  # fmt: skip


def lstm_to_keras(parameters: Parameters) -> tuple[list[Array], list[Array]]:
    """The inverse of `lstm_from_keras`: what `set_weights` of an `LSTM` and a `Dense` take."""
    _check_for_keras(parameters, LSTM)
    Wf, bf, Wi, bi, Wc, bc, Wo, bo, Wy, by = (parameters[name] for name in LSTM)
    return _gates_to_keras([(Wi, bi), (Wf, bf), (Wc, bc), (Wo, bo)]), _dense_to_keras(Wy, by)
