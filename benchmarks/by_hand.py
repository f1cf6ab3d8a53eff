"""The recurrent networks in NumPy: their gradients, their speed against Keras, the names they invent."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.epochs import BATCH, N_A, TX
from benchmarks.rows import (
    CORE_SECONDS,
    MILLISECONDS,
    Given,
    Pairs,
    Row,
    row_of_pairs,
    row_of_samples,
    seconds,
    side_by_side,
)
from jazzgen.by_hand import char_model, keras_weights, name_text, names, recurrent
from jazzgen.tokens.vocabulary import N_VALUES

RNN_UNITS = 50  # of the exercise
NAMES_TIMED = 400  # names a repeat, one step each


def gradients(_: Given) -> list[Row]:
    """Every gradient of every whole sequence against central differences, in float64."""
    rng = np.random.default_rng(0)
    gates = {"rnn": (), "gru": ("u", "r", "c"), "lstm": ("f", "i", "c", "o")}
    worst = max(_worst_gradient(cell, names_of_gates, rng) for cell, names_of_gates in gates.items())
    what = "largest relative error of a gradient by hand (RNN, GRU, LSTM)"
    return [Row(what, f"{worst:.1e}", "central differences, float64", worst, "<= 1e-6")]


def _worst_gradient(cell: str, gates: tuple[str, ...], rng: np.random.Generator) -> float:
    """The largest relative error of the gradients of one kind of cell with these gates."""
    n_x, n_a, m, T = 3, 4, 2, 5
    weights = {f"W{gate}": (n_a, n_a + n_x) for gate in gates} or {"Wax": (n_a, n_x), "Waa": (n_a, n_a)}
    biases = {f"b{gate}": (n_a, 1) for gate in gates or ("a",)}
    output = {"Wy": (2, n_a), "by": (2, 1)} if gates else {"Wya": (2, n_a), "by": (2, 1)}
    given = {name: rng.normal(size=size) for name, size in {**weights, **biases, **output}.items()}
    given |= {"x": rng.normal(size=(n_x, m, T)), "a0": rng.normal(size=(n_a, m))}
    da = rng.normal(size=(n_a, m, T))
    forward = getattr(recurrent, f"{cell}_forward")
    *_, caches = forward(given["x"], given["a0"], given)
    found = getattr(recurrent, f"{cell}_backward")(da, caches)
    loss = partial(_weighed_states, forward, given, da)
    worst = 0.0
    for name in {*weights, *biases, "x", "a0"}:
        numeric = _central_differences(loss, given[name])
        apart = np.linalg.norm(found[f"d{name}"] - numeric)
        size = np.linalg.norm(found[f"d{name}"]) + np.linalg.norm(numeric)
        worst = max(worst, float(apart / size))
    return worst


def _weighed_states(forward: Callable[..., Any], given: dict[str, Any], da: Any) -> float:
    return float((da * forward(given["x"], given["a0"], given)[0]).sum())


def _central_differences(loss: Callable[[], float], array: Any, h: float = 1e-5) -> Any:
    slopes = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        before = array[index]
        array[index] = before + h
        above = loss()
        array[index] = before - h
        slopes[index] = (above - loss()) / (2 * h)
        array[index] = before
    return slopes


def lstm(given: Given) -> list[Row]:
    """One training step's forward and backward by hand, against the same step in Keras."""
    import keras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TX, N_VALUES)).astype(np.float32)
    y = np.eye(N_VALUES, dtype=np.float32)[rng.integers(N_VALUES, size=(BATCH, TX))]
    inputs = keras.Input((TX, N_VALUES))
    layer = keras.layers.LSTM(N_A, return_sequences=True)
    dense = keras.layers.Dense(N_VALUES, activation="softmax")
    model = keras.Model(inputs, dense(layer(inputs)))
    model.compile("sgd", "categorical_crossentropy")
    weights = keras_weights.lstm_from_keras(layer.get_weights(), dense.get_weights())
    a0 = np.zeros((N_A, BATCH), np.float32)
    columns, targets = x.transpose(2, 0, 1), y.transpose(2, 0, 1)

    def by_hand() -> tuple[Any, dict[str, Any]]:
        a, y_pred, _, caches = recurrent.lstm_forward(columns, a0, weights)
        dz = (y_pred - targets) / (BATCH * TX)
        return a, recurrent.lstm_backward(np.tensordot(weights["Wy"].T, dz, axes=1), caches)

    difference = np.abs(by_hand()[0] - layer(x).numpy().transpose(2, 0, 1)).max()
    model.train_on_batch(x, y)  # builds the graph
    pairs = side_by_side(by_hand, lambda: model.train_on_batch(x, y), max(given.repeats, 20))
    what = f"LSTM by hand, forward and backward, {N_A} units, batch {BATCH}, Tx {TX}: times Keras's time"
    return [
        Row(
            "largest difference of an LSTM's states by hand",
            f"{difference:.1e}",
            "Keras",
            float(difference),
            "<= 1e-5",
        ),
        row_of_pairs(what, pairs, MILLISECONDS, "train_on_batch", "<= 4", figures=pairs.times_as_long),
    ]


def dinosaurs(given: Given) -> list[Row]:
    """The exercise's RNN on its list: 35,000 steps of one name, and a step against the same one in Keras."""
    data = name_text.read_names(given.names, ["case"])
    models: list[char_model.NameModel] = []
    whole = lambda: models.append(char_model.model(data, np.random.default_rng(0)))  # noqa: E731
    took_s = [seconds(whole, time.process_time) for _ in range(given.repeats)]
    loss = models[0].record["smoothed_loss"]
    return [
        Row(
            "dinosaur RNN, smoothed loss after 35,000 steps", f"{loss}", "23.07 at the start", loss, "<= 22.9"
        ),
        row_of_samples("dinosaur RNN, seconds in all", took_s, CORE_SECONDS, "60 s", "<= 60"),
        row_of_pairs(
            "dinosaur RNN, a step: times faster",
            _name_steps(data, given.repeats),
            MILLISECONDS,
            "train_on_batch",
            ">= 1",
        ),
    ]


def _name_steps(data: list[str], repeats: int) -> Pairs:
    """Seconds of a step of one name by hand and in Keras, over as many names each time."""
    import keras

    char_to_ix = name_text.alphabet(data)
    n_x = len(char_to_ix)
    inputs = keras.Input((None, n_x))
    hidden = keras.layers.SimpleRNN(RNN_UNITS, return_sequences=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(n_x, activation="softmax")(hidden))
    model.compile(keras.optimizers.SGD(0.01, clipvalue=5.0), "sparse_categorical_crossentropy")
    letters = [[char_to_ix[letter] for letter in name] for name in data[:NAMES_TIMED]]
    pairs = [([None, *name], [*name, char_to_ix[name_text.END]]) for name in letters]
    batches = [
        (np.stack([np.zeros(n_x), *np.eye(n_x)[name]])[None].astype(np.float32), np.array([Y]))
        for name, (_, Y) in zip(letters, pairs, strict=True)
    ]
    for X, Y in batches:  # each length of a name is a graph of its own: none is built on the clock
        model.train_on_batch(X, Y)
    parameters = char_model.initialize("rnn", RNN_UNITS, n_x, np.random.default_rng(0), scale=0.01)
    a0 = np.zeros((RNN_UNITS, 1))
    found = side_by_side(
        lambda: [char_model.optimize(X, Y, a0, parameters, 0.01) for X, Y in pairs],
        lambda: [model.train_on_batch(X, Y) for X, Y in batches],
        repeats,
    )
    return Pairs(*(tuple(s / len(pairs) for s in times) for times in found))


def invented(_: Given) -> list[Row]:
    """How many of 1,000 names drawn from the shipped networks are new."""
    rows = []
    for kind, temperature in (("dinosaurs", 1.0), ("tunes", 0.8)):
        drawn = names.invent(names.shipped(kind), np.random.default_rng(0), 1000, temperature)
        new = sum(not name.known for name in drawn) / 10
        stumps = sum(len(name.name) < 3 for name in drawn)
        at = f"of 1,000 {kind} drawn at {temperature:g}"
        rows.append(Row(f"% {at}: not in the list", f"{new:.1f} %", "the training list", new, ">= 90"))
        rows.append(Row(f"{at}: stumps of two letters or fewer", f"{stumps}", "0", stumps, "== 0"))
    return rows


MEASUREMENTS = {"gradients": gradients, "lstm": lstm, "dinosaurs": dinosaurs, "names": invented}
