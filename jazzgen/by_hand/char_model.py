"""The character-level language model: trained on a list of names letter by letter, it samples new ones.

In: names, in any alphabet. Out: a `NameModel`. `clip`, `sample`, `optimize` and `model` are those of the
exercise "Character level language model - Dinosaurus Island" (deeplearning.ai, Sequence Models), after A.
Karpathy, min-char-rnn: plain gradient descent, one name a step. `minibatch.py` trains the same network as one
would today.

Letters as in `recurrent.py`; n_x = n_y = the size of the alphabet. A network is its `parameters`, and their
names show which cell it is made of: `Wax Waa b Wya by` an RNN, `Wu ...` a GRU, `Wf ...` an LSTM.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jazzgen.by_hand.name_text import (
    END,
    alphabet,
    check_names,
    fingerprints,
    is_made_of,
    name_fingerprint,
    spell,
)
from jazzgen.by_hand.recurrent import CELLS, Array, softmax
from jazzgen.errors import OptionError
from jazzgen.model.checkpoint import MAX_UNITS
from jazzgen.model.checkpoint_file import Shapes

if TYPE_CHECKING:
    from rich.console import Console

Indices = NDArray[np.integer[Any]]
MAX_LENGTH = 50  # letters at which a name is cut off, as in the exercise
MAX_VALUE = 5.0  # where `optimize` clips


# ------------------------------------------------------------------------------------------------------------
# The network: one choice of cell, its parameters, its loss and gradients


def cell_name(parameters: Mapping[str, Array]) -> str:
    """Which cell these parameters belong to."""
    for name, weight in (("rnn", "Wax"), ("gru", "Wu"), ("lstm", "Wf")):
        if weight in parameters:
            return name
    raise OptionError(f"parameters of no known cell: {', '.join(sorted(parameters))}; an RNN's have Wax")


def shapes(cell: str, n_a: int, n_x: int) -> Shapes:
    """Name and shape of every parameter of a network of `n_a` units over an alphabet of `n_x`."""
    if cell not in CELLS:
        raise OptionError(f"unknown cell {cell!r}; known are {', '.join(CELLS)}")
    sizes = {"n_a": n_a, "n_x": n_x, "n_a + n_x": n_a + n_x, "n_y": n_x, "1": 1}
    return {
        # The exercise on names calls `b` what the exercise on networks calls `ba`.
        "b" if name == "ba" else name: (sizes[rows], sizes[columns])
        for name, (rows, columns) in CELLS[cell].shapes.items()
    }


def initialize(
    cell: str, n_a: int, n_x: int, rng: np.random.Generator, scale: float | None = None
) -> dict[str, Array]:
    """Random weights, biases of zero.

    Parameters
    ----------
    cell
        A key of `CELLS`.
    n_a, n_x
        Units of the state and letters of the alphabet.
    rng
        The random generator.
    scale
        The standard deviation of the weights; None takes 1 / sqrt(columns).

    Returns
    -------
    The parameters by name, in the shapes of `shapes`.

    Raises
    ------
    OptionError
        For an unknown cell or a number of units out of range.
    """
    if not 1 <= n_a <= MAX_UNITS:
        raise OptionError(f"a network must have 1..{MAX_UNITS} units, received {n_a}")
    return {
        name: np.zeros(shape) if name.startswith("b")
        else rng.standard_normal(shape) * (scale or 1 / np.sqrt(shape[1]))
        for name, shape in shapes(cell, n_a, n_x).items()
    }  # fmt: skip


def _for_recurrent(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The same under the names of `recurrent.py`."""
    return {"ba" if name == "b" else name: value for name, value in parameters.items()}


def one_hot(indices: Indices, n_x: int, dtype: Any) -> Array:
    """Indices (m, T), -1 for the vector of zeros, to x (n_x, m, T)."""
    x: Array = (np.arange(n_x)[:, None, None] == indices).astype(dtype)
    return x


def predict(X: Indices, a0: Array, parameters: Mapping[str, Array]) -> tuple[Array, Array, Any]:
    """Indices `X` (m, T) to a (n_a, m, T), y (n_y, m, T) and the caches for the way back."""
    cell, by = CELLS[cell_name(parameters)], parameters["by"]
    a, y, *_, caches = cell.forward(one_hot(X, len(by), by.dtype), a0, _for_recurrent(parameters))
    return a, y, caches


def cross_entropy(y: Array, target: Array) -> float:
    """Nats, summed over all letters; `target` is one-hot, or zeros where there is nothing to predict."""
    return -float(np.log(np.maximum(y[target > 0], 1e-30)).sum())


def loss_and_gradients(
    X: Indices, Y: Indices, a0: Array, parameters: Mapping[str, Array], dropout: Array | None = None
) -> tuple[float, dict[str, Array], Array]:
    """The loss of a batch of names, and its gradients by backpropagation through time.

    Parameters
    ----------
    X, Y
        Indices (m, T): the input (-1 for zeros) and what should follow (-1 for nothing, past a name's end).
    a0, parameters
        The state to start from, (n_a, m), and the network.
    dropout
        Multiplies the a that reaches the output layer, (n_a, m, T).

    Returns
    -------
    The loss summed over all letters, its gradient for every parameter, and a (n_a, m, T).
    """
    cell = CELLS[cell_name(parameters)]
    W, by = parameters[cell.output], parameters["by"]
    a, y, caches = predict(X, a0, parameters)
    kept = a
    if dropout is not None:
        kept = a * dropout
        y = softmax(np.tensordot(W, kept, axes=1) + by[:, :, None])
    target = one_hot(Y, len(by), by.dtype)  # (n_y, m, T)
    dz = y * (Y >= 0) - target  # through softmax and cross-entropy together
    da = np.tensordot(W.T, dz, axes=1)
    gradients = cell.backward(da if dropout is None else da * dropout, caches)
    gradients[f"d{cell.output}"] = np.tensordot(dz, kept, axes=([1, 2], [1, 2]))
    gradients["dby"] = dz.sum(axis=(1, 2))[:, None]
    by_name = {f"d{name}": gradients["dba" if name == "b" else f"d{name}"] for name in parameters}
    return cross_entropy(y, target), by_name, a


@dataclass(frozen=True)
class NameModel:
    """A trained network, its alphabet, and fingerprints that separate the names of its list from new ones."""

    parameters: dict[str, Array]
    char_to_ix: dict[str, int]
    fold: frozenset[str] = frozenset()  # how its list was folded
    known: frozenset[str] = frozenset()  # fingerprints of the names of its list
    words: frozenset[str] = frozenset()  # of their words and pairs of words; empty where all are one word
    record: Mapping[str, Any] = field(default_factory=dict)  # how it was trained

    @property
    def cell(self) -> str:
        """Which cell it is made of: a key of `CELLS`."""
        return cell_name(self.parameters)

    @property
    def n_a(self) -> int:
        """Units of its state."""
        return int(self.parameters[CELLS[self.cell].output].shape[1])

    def knows(self, name: str) -> bool:
        """Is `name` in the training list, accents, capitals and spaces aside?"""
        return name_fingerprint(name) in self.known

    def is_made_of_words(self, name: str) -> bool:
        """Could the list's words make `name`? See `name_text.is_made_of`."""
        return is_made_of(self.words, name)


@contextmanager
def progress(console: Console | None, total: int) -> Iterator[Callable[..., None]]:
    """A bar of `total` steps with the loss, and 20 fresh names above it; silent without a terminal.

    Yields `show(loss, parameters, char_to_ix)`, to call once a step.
    """
    if console is None or not console.is_terminal:
        yield lambda *_: None
        return
    from jazzgen.util.progress import bar

    steps = itertools.count(1)
    rng = np.random.default_rng(0)  # its own, so that watching changes nothing
    with bar(console, "names", "steps") as update:

        def show(loss: float, parameters: dict[str, Array], char_to_ix: dict[str, int]) -> None:
            done = next(steps)
            update(done, total, f"loss {loss:.3f}")
            if done * 20 // total != (done - 1) * 20 // total:
                fresh = spell(sample(parameters, char_to_ix, rng), char_to_ix)
                console.print(f"{done:>7}  loss {loss:.3f}  {fresh}")

        yield show


# ------------------------------------------------------------------------------------------------------------
# The exercise: clip, sample, optimize, model


def clip(gradients: dict[str, Array], maxValue: float) -> dict[str, Array]:
    """Bring every entry between -maxValue and maxValue, in place; the same dict comes back."""
    for gradient in gradients.values():
        np.clip(gradient, -maxValue, maxValue, out=gradient)
    return gradients


def sample(
    parameters: Mapping[str, Array],
    char_to_ix: Mapping[str, int],
    rng: np.random.Generator,
    temperature: float = 1.0,
    max_length: int = MAX_LENGTH,
    min_length: int = 0,
) -> list[int]:
    """Draw one name. The first input is the vector of zeros, every other the letter just drawn.

    Parameters
    ----------
    parameters, char_to_ix
        The network and its alphabet.
    rng
        The random generator.
    temperature
        1 draws from the network's own probabilities, below 1 from sharper ones, 0 takes the likeliest letter.
    max_length, min_length
        Letters at which a name is ended, and before which it cannot end.

    Returns
    -------
    The indices of its letters and of the line feed that ends it.

    Raises
    ------
    OptionError
        For a temperature below 0.
    """
    if not (math.isfinite(temperature) and temperature >= 0):
        raise OptionError(f"temperature must be 0 (always the likeliest) or above, received {temperature}")
    cell = CELLS[cell_name(parameters)]
    weights = _for_recurrent(parameters)
    n_x, n_a = parameters[cell.output].shape
    x = np.zeros((n_x, 1), weights["by"].dtype)
    states = [np.zeros((n_a, 1), x.dtype) for _ in range(cell.states)]
    indices: list[int] = []
    while len(indices) < max_length:
        *states, y, _ = cell.step(x, *states, weights)
        logits = np.log(y[:, 0].astype(np.float64) + 1e-30)
        if len(indices) < min_length:
            logits[char_to_ix[END]] = -np.inf
        if temperature:
            with np.errstate(over="ignore"):  # the likeliest is 0 now: 1e-310 makes the others -inf, not NaN
                index = int(rng.choice(n_x, p=softmax((logits - logits.max()) / temperature)))
        else:
            index = int(logits.argmax())
        indices.append(index)
        if index == char_to_ix[END]:
            return indices
        x = np.zeros_like(x)
        x[index] = 1
    return [*indices, char_to_ix[END]]


def optimize(
    X: Sequence[int | None],
    Y: Sequence[int],
    a_prev: Array,
    parameters: dict[str, Array],
    learning_rate: float = 0.01,
) -> tuple[float, dict[str, Array], Array]:
    """One step of gradient descent on one name: forwards, backwards, clip at 5, update `parameters` in place.

    Parameters
    ----------
    X, Y
        Indices of letters: `X` with `None` first, for the vector of zeros; `Y` is `X` moved on by one, then
        the line feed.
    a_prev
        The state to start from, (n_a, 1).
    parameters, learning_rate
        The network, and how far it moves along its gradient.

    Returns
    -------
    The loss summed over the letters, the clipped gradients (`dWax`, ... in the shapes of `parameters`) and
    the last state (n_a, 1).

    Raises
    ------
    OptionError
        Where `X` and `Y` do not fit each other or the alphabet.
    """
    if len(X) != len(Y):
        raise OptionError(f"X has {len(X)} letters and Y {len(Y)}; Y is X moved on by one")
    n_x = len(parameters["by"])
    for name, indices in (("X", [0 if index is None else index for index in X]), ("Y", Y)):
        for index in indices:
            if index not in range(n_x):
                raise OptionError(f"{name} has the index {index}, but the alphabet is 0..{n_x - 1}")
    x = np.array([[-1 if index is None else index for index in X]])
    loss, gradients, a = loss_and_gradients(x, np.array([Y]), a_prev, parameters)
    clip(gradients, MAX_VALUE)
    for name in parameters:
        parameters[name] -= learning_rate * gradients[f"d{name}"]
    return loss, gradients, a[:, :, -1]


def model(
    data: Sequence[str],
    rng: np.random.Generator | None = None,
    *,
    cell: str = "rnn",
    n_a: int = 50,
    num_iterations: int = 35_000,
    learning_rate: float = 0.01,
    dino_names: int = 7,
    fold: Collection[str] = (),
    console: Console | None = None,
) -> NameModel:
    """Train as the exercise does: one name a step of `optimize`, shuffled anew every pass.

    Every name starts from a state of zeros, because that is where `sample` starts; the exercise hands the
    last state of one name to the next. The loss is smoothed (0.999 old, 0.001 new).

    Parameters
    ----------
    data, fold
        The names, and how they were folded (`name_text.fold_text`), which the model keeps.
    rng
        The random generator; None is one of seed 0.
    cell, n_a
        A key of `CELLS`, and the units of its state.
    num_iterations, learning_rate
        The number of steps and their size.
    dino_names
        The smoothed loss starts at that of so many letters drawn uniformly, as the exercise defines it.
    console
        A terminal for progress and fresh names.

    Returns
    -------
    The trained model.
    """
    check_names(data)
    (known, words), char_to_ix = fingerprints(data), alphabet(data)
    rng = np.random.default_rng(0) if rng is None else rng
    parameters = initialize(cell, n_a, len(char_to_ix), rng, scale=0.01)
    smoothed = dino_names * np.log(len(char_to_ix))
    with progress(console, num_iterations) as show:
        for name in itertools.islice(_shuffled(data, rng), num_iterations):
            letters = [char_to_ix[letter] for letter in name]
            X, Y = [None, *letters], [*letters, char_to_ix[END]]
            loss, _, _ = optimize(X, Y, np.zeros((n_a, 1)), parameters, learning_rate)
            smoothed = 0.999 * smoothed + 0.001 * loss
            show(smoothed, parameters, char_to_ix)
    record = {
        "how": "gradient descent, one name a step",
        "names": len(data),
        "steps": num_iterations,
        "learning_rate": learning_rate,
        "clip": MAX_VALUE,
        "smoothed_loss": round(float(smoothed), 3),
    }
    return NameModel(as_float32(parameters), char_to_ix, frozenset(fold), known, words, record)


def _shuffled(names: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """The names in a new order every pass, without end."""
    while True:
        for index in reversed(rng.permutation(len(names)).tolist()):
            yield names[index]


def as_float32(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """What checkpoints hold."""
    return {name: value.astype(np.float32) for name, value in parameters.items()}
