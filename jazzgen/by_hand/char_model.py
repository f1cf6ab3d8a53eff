"""A character-level language model on `recurrent.py`: it learns names letter by letter."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jazzgen.by_hand import recurrent
from jazzgen.by_hand.name_text import (
    END,
    alphabet,
    check_names,
    fingerprints,
    name_fingerprint,
    spell,
    word_fingerprints,
)
from jazzgen.by_hand.recurrent import softmax
from jazzgen.errors import DataError, OptionError
from jazzgen.model.checkpoint import MAX_UNITS, Shapes

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "CELLS",
    "NameModel",
    "clip",
    "hold_out",
    "initialize",
    "model",
    "nats_per_character",
    "optimize",
    "sample",
    "shapes",
    "train",
]

Array = NDArray[np.floating[Any]]
Indices = NDArray[np.integer[Any]]
Parameters = dict[str, Array]
MAX_LENGTH = 50  # letters at which a name is cut off, as in the exercise
MAX_VALUE = 5.0  # where `optimize` clips
ENOUGH = 2000  # names, with which a network learns words without `crossed` ones


# ------------------------------------------------------------------------------------------------------------
# The network: one choice of cell, its parameters, its loss and gradients


class Cell(NamedTuple):
    """One kind of network: its functions in `recurrent.py`, how many states it carries, its parameters'
    names.
    """

    step: Callable[..., Any]
    forward: Callable[..., Any]
    backward: Callable[..., dict[str, Array]]
    states: int
    gates: str  # the letters of the gates, "" for an RNN
    output: str  # the weight of the output layer


CELLS = {
    "rnn": Cell(recurrent.rnn_cell_forward, recurrent.rnn_forward, recurrent.rnn_backward, 1, "", "Wya"),
    "gru": Cell(recurrent.gru_cell_forward, recurrent.gru_forward, recurrent.gru_backward, 1, "urc", "Wy"),
    "lstm": Cell(
        recurrent.lstm_cell_forward, recurrent.lstm_forward, recurrent.lstm_backward, 2, "fico", "Wy"
    ),
}


def _cell(name: str) -> Cell:
    if name not in CELLS:
        raise OptionError(f"unknown cell {name!r}; known are {', '.join(CELLS)}")
    return CELLS[name]


def _cell_name(parameters: Mapping[str, Array]) -> str:
    """Which cell these parameters belong to."""
    for name, weight in (("rnn", "Wax"), ("gru", "Wu"), ("lstm", "Wf")):
        if weight in parameters:
            return name
    raise OptionError(f"parameters of no known cell: {', '.join(sorted(parameters))}; an RNN's have Wax")


def shapes(cell: str, n_a: int, n_x: int) -> Shapes:
    """Name and shape of every parameter of a network of `n_a` units over an alphabet of `n_x`."""
    kind = _cell(cell)
    shapes: Shapes = {f"W{gate}": (n_a, n_a + n_x) for gate in kind.gates}
    shapes |= {f"b{gate}": (n_a, 1) for gate in kind.gates}
    if cell == "rnn":
        shapes = {"Wax": (n_a, n_x), "Waa": (n_a, n_a), "b": (n_a, 1)}
    return {**shapes, kind.output: (n_x, n_a), "by": (n_x, 1)}


def initialize(
    cell: str, n_a: int, n_x: int, rng: np.random.Generator, scale: float | None = None
) -> Parameters:
    """Random weights, biases of zero. `scale` is their standard deviation; without it 1 / sqrt(columns)."""
    if not 1 <= n_a <= MAX_UNITS:
        raise OptionError(f"a network must have 1..{MAX_UNITS} units, received {n_a}")
    return {
        name: np.zeros(shape) if name.startswith("b")
        else rng.standard_normal(shape) * (scale or 1 / np.sqrt(shape[1]))
        for name, shape in shapes(cell, n_a, n_x).items()
    }  # fmt: skip


def _for_recurrent(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """The exercise on names calls `b` what the exercise on networks calls `ba`."""
    return {"ba" if name == "b" else name: value for name, value in parameters.items()}


def _one_hot(indices: Indices, n_x: int, dtype: Any) -> Array:
    """Indices (m, T), -1 for the vector of zeros, to x (n_x, m, T)."""
    x: Array = (np.arange(n_x)[:, None, None] == indices).astype(dtype)
    return x


def _predict(X: Indices, a0: Array, parameters: Mapping[str, Array]) -> tuple[Array, Array, Any]:
    """Indices `X` (m, T) to a (n_a, m, T), y (n_y, m, T) and the caches for the way back."""
    cell, by = CELLS[_cell_name(parameters)], parameters["by"]
    a, y, *_, caches = cell.forward(_one_hot(X, len(by), by.dtype), a0, _for_recurrent(parameters))
    return a, y, caches


def _cross_entropy(y: Array, target: Array) -> float:
    """Nats, summed over all letters; `target` is one-hot, or zeros where there is nothing to predict."""
    return -float(np.log(np.maximum(y[target > 0], 1e-30)).sum())


def _loss_and_gradients(
    X: Indices, Y: Indices, a0: Array, parameters: Mapping[str, Array], kept: Array | None = None
) -> tuple[float, dict[str, Array], Array]:
    """The loss summed over all letters, its gradient for every parameter, and a (n_a, m, T).

    `X` and `Y` are indices (m, T): what goes in (-1 for zeros) and what should come out (-1 for nothing, past
    the end of a name). `kept` (n_a, m, T), if given, multiplies what the output layer sees of a: dropout.
    """
    cell = CELLS[_cell_name(parameters)]
    W, by = parameters[cell.output], parameters["by"]
    a, y, caches = _predict(X, a0, parameters)
    seen = a
    if kept is not None:
        seen = a * kept
        y = softmax(np.tensordot(W, seen, axes=1) + by[:, :, None])
    target = _one_hot(Y, len(by), by.dtype)  # (n_y, m, T)
    dz = y * (Y >= 0) - target  # through softmax and cross-entropy together
    da = np.tensordot(W.T, dz, axes=1)
    gradients = cell.backward(da if kept is None else da * kept, caches)
    gradients[f"d{cell.output}"] = np.tensordot(dz, seen, axes=([1, 2], [1, 2]))
    gradients["dby"] = dz.sum(axis=(1, 2))[:, None]
    by_name = {f"d{name}": gradients["dba" if name == "b" else f"d{name}"] for name in parameters}
    return _cross_entropy(y, target), by_name, a


@dataclass(frozen=True)
class NameModel:
    """A trained network, its alphabet, and what it needs to tell the names of its list from new ones."""

    parameters: Parameters
    char_to_ix: dict[str, int]
    fold: frozenset[str] = frozenset()  # how its list was folded
    known: frozenset[str] = frozenset()  # fingerprints of the names of its list
    words: frozenset[str] = frozenset()  # of their words and pairs of words; empty where all are one word
    record: Mapping[str, Any] = field(default_factory=dict)  # how it was trained

    @property
    def cell(self) -> str:
        """Which cell it is made of: a key of `CELLS`."""
        return _cell_name(self.parameters)

    @property
    def n_a(self) -> int:
        """Units of its state."""
        return int(self.parameters[CELLS[self.cell].output].shape[1])

    def knows(self, name: str) -> bool:
        """Does `name` stand in the training list, accents, capitals and spaces aside?"""
        return name_fingerprint(name) in self.known

    def is_made_of_words(self, name: str) -> bool:
        """Could the list's words make `name`?

        Every word is one of the list's and none comes twice, the first has begun and the last has ended a
        name, and at most one pair of neighbours never stood together: "Dancing In Paris", but neither "A
        Night In" nor "High A In".
        """
        words, pairs = word_fingerprints(name)
        own = name.split()
        strangers = [pair for pair in pairs if pair not in self.words]
        return self.words.issuperset(words) and len(set(own)) == len(own) and len(strangers) <= 1


def _name_model(
    parameters: Parameters,
    char_to_ix: dict[str, int],
    fold: Collection[str],
    marks: tuple[frozenset[str], frozenset[str]],
    record: Mapping[str, Any],
) -> NameModel:
    """A `NameModel` as both trainings return it, float32 as checkpoints are."""
    stored = {name: value.astype(np.float32) for name, value in parameters.items()}
    return NameModel(stored, char_to_ix, frozenset(fold), *marks, record)


@contextmanager
def _progress(
    console: Console | None, total: int
) -> Iterator[Callable[[str, Parameters, dict[str, int]], None]]:
    """A bar of `total` steps with the loss, and 20 fresh names above it; silent without a terminal."""
    if console is None or not console.is_terminal:
        yield lambda _loss, _parameters, _char_to_ix: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("names", total=total, loss="")
        rng = np.random.default_rng(0)  # its own, so that watching changes nothing

        def show(loss: str, parameters: Parameters, char_to_ix: dict[str, int]) -> None:
            progress.update(task, advance=1, loss=loss)
            done = int(progress.tasks[0].completed)
            if done * 20 // total != (done - 1) * 20 // total:
                console.print(f"{done:>7}  {loss}  {spell(sample(parameters, char_to_ix, rng), char_to_ix)}")

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
    """Draw one name: the indices of its letters and of the line feed that ends it.

    The first input is the vector of zeros, every other the letter just drawn. At `max_length` letters the
    name is ended; with fewer than `min_length` it cannot end. `temperature` 1 draws as the network expects,
    below 1 more surely, 0 always the likeliest letter.
    """
    if not (math.isfinite(temperature) and temperature >= 0):
        raise OptionError(f"temperature must be 0 (always the likeliest) or above, received {temperature}")
    cell = CELLS[_cell_name(parameters)]
    weights = _for_recurrent(parameters)
    n_x, n_a = parameters["by"].shape[0], parameters[cell.output].shape[1]
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
    parameters: Parameters,
    learning_rate: float = 0.01,
) -> tuple[float, dict[str, Array], Array]:
    """One step of gradient descent on one name: forwards, backwards, clip at 5, update `parameters` in place.

    `X` are indices with `None` first, for the vector of zeros; `Y` is `X` moved on by one, and the line feed.
    `a_prev` is the state to start from (n_a, 1). Returns the loss summed over the letters, the clipped
    gradients (`dWax`, ... in the shapes of `parameters`) and the last state (n_a, 1).
    """
    if len(X) != len(Y):
        raise OptionError(f"X has {len(X)} letters and Y {len(Y)}; Y is X moved on by one")
    n_x = len(parameters["by"])
    for name, indices in (("X", [0 if index is None else index for index in X]), ("Y", Y)):
        for index in indices:
            if index not in range(n_x):
                raise OptionError(f"{name} has the index {index}, but the alphabet is 0..{n_x - 1}")
    x = np.array([[-1 if index is None else index for index in X]])
    loss, gradients, a = _loss_and_gradients(x, np.array([Y]), a_prev, parameters)
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
    """Train as the exercise does: `num_iterations` steps of `optimize`, one name each, shuffled anew every
    pass.

    Every name starts from a state of zeros, because that is where `sample` starts; the exercise hands the
    last state of one name to the next. The smoothed loss (0.999 old, 0.001 new) starts at that of
    `dino_names` letters drawn blindly, as the exercise defines it. With a `console` that is a terminal, a
    progress bar shows it and a fresh name at intervals. Without `rng` the seed is 0.
    """
    check_names(data)
    marks = fingerprints(data)
    rng = np.random.default_rng(0) if rng is None else rng
    char_to_ix = alphabet(data)
    parameters = initialize(cell, n_a, len(char_to_ix), rng, scale=0.01)
    a0 = np.zeros((n_a, 1))
    smoothed = dino_names * np.log(len(char_to_ix))
    order: list[int] = []
    with _progress(console, num_iterations) as show:
        for _ in range(num_iterations):
            order = order or rng.permutation(len(data)).tolist()
            letters = [char_to_ix[letter] for letter in data[order.pop()]]
            X, Y = [None, *letters], [*letters, char_to_ix[END]]
            loss, _, _ = optimize(X, Y, a0, parameters, learning_rate)
            smoothed = 0.999 * smoothed + 0.001 * loss
            show(f"loss {smoothed:.2f}", parameters, char_to_ix)
    record = {
        "how": "gradient descent, one name a step",
        "names": len(data),
        "steps": num_iterations,
        "learning_rate": learning_rate,
        "clip": MAX_VALUE,
        "smoothed_loss": round(float(smoothed), 3),
    }
    return _name_model(parameters, char_to_ix, fold, marks, record)


# ------------------------------------------------------------------------------------------------------------
# As one would train today: batches, Adam, dropout, a part of the names held out


def _batch(names: Sequence[str], char_to_ix: Mapping[str, int]) -> tuple[Indices, Indices]:
    """Names to X and Y (m, T), as long as the longest; -1 fills the rest."""
    T = max(map(len, names)) + 1
    X, Y = np.full((len(names), T), -1), np.full((len(names), T), -1)
    for row, name in enumerate(names):
        Y[row, : len(name) + 1] = [*(char_to_ix[letter] for letter in name), char_to_ix[END]]
        X[row, 1 : len(name) + 1] = Y[row, : len(name)]
    return X, Y


def nats_per_character(
    parameters: Mapping[str, Array], names: Sequence[str], char_to_ix: Mapping[str, int]
) -> float:
    """The mean loss a letter over whole names, the line feed that ends each counted as one."""
    total = 0.0
    n_y, n_a = parameters[CELLS[_cell_name(parameters)].output].shape
    for start in range(0, len(names), 256):
        X, Y = _batch(names[start : start + 256], char_to_ix)
        _, y, _ = _predict(X, np.zeros((n_a, len(X)), parameters["by"].dtype), parameters)
        total += _cross_entropy(y, _one_hot(Y, n_y, y.dtype))
    return total / sum(len(name) + 1 for name in names)


@dataclass
class _Adam:
    """Adam: what it remembers of the gradients. Source: D. Kingma, J. Ba, arXiv 1412.6980, algorithm 1."""

    mean: Parameters = field(default_factory=dict)
    square: Parameters = field(default_factory=dict)
    step: int = 0

    def descend(self, parameters: Parameters, gradients: Mapping[str, Array], learning_rate: float) -> None:
        """One step, in place."""
        self.step += 1
        for name in parameters:
            g = gradients[f"d{name}"]
            self.mean[name] = 0.9 * self.mean.get(name, 0) + 0.1 * g
            self.square[name] = 0.999 * self.square.get(name, 0) + 0.001 * g**2
            mean, square = self.mean[name] / (1 - 0.9**self.step), self.square[name] / (1 - 0.999**self.step)
            parameters[name] -= learning_rate * mean / (np.sqrt(square) + 1e-8)


def _cross(names: Sequence[str], rng: np.random.Generator) -> str:
    """The head of one name and the tail of another, each cut between two words: "Blues On" + "Avenue"."""
    head, tail = (names[index].split() for index in rng.integers(len(names), size=2))
    return " ".join([*head[: rng.integers(1, len(head))], *tail[rng.integers(1, len(tail)) :]])


def hold_out(names: Sequence[str], part: float, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Shuffle `names` and lay a `part` of them aside: those held out, and those to train on.

    A name that comes several times counts once: it would otherwise be learnt and then asked.
    """
    if not 0 <= part < 1:
        raise OptionError(f"the part held out must be in 0..1, 1 excluded, received {part}")
    distinct = list(dict.fromkeys(names))
    shuffled = [distinct[index] for index in rng.permutation(len(distinct))]
    aside = round(part * len(distinct))
    if aside == len(distinct):
        raise DataError(f"all of the {len(distinct)} names are held out and none is left; give more names")
    return shuffled[:aside], shuffled[aside:]


def train(
    names: Sequence[str],
    rng: np.random.Generator,
    *,
    cell: str = "lstm",
    n_a: int = 96,
    epochs: int = 30,
    batch: int = 16,
    learning_rate: float = 0.005,
    dropout: float = 0.6,
    crossed: int | None = None,
    held_out: float = 0.1,
    fold: Collection[str] = (),
    console: Console | None = None,
) -> NameModel:
    """Train in batches with Adam, the learning rate falling along a cosine, dropout before the output layer.

    `held_out` is the part of the names kept aside; the record has its nats a letter, measured once, at the
    end. `crossed` adds so many names for each of the list, anew every epoch, the head of one and the tail of
    another: of a few hundred titles alone a network learns the titles before it learns the words. Without it,
    4 for such a list, fewer the longer it is, none for 2,000 names or where most are a single word. Raises
    `DataError` and `OptionError` for names and options that leave nothing to train.
    """
    for option, value, allowed in (
        ("epochs", epochs, epochs >= 1),
        ("batch", batch, batch >= 1),
        ("learning_rate", learning_rate, learning_rate > 0),
        ("dropout", dropout, 0 <= dropout < 1),
        ("crossed", crossed, crossed is None or crossed >= 0),
    ):
        if not allowed:
            raise OptionError(f"{option} is out of range, received {value}")
    check_names(names)
    marks, char_to_ix = fingerprints(names), alphabet(names)
    held, own = hold_out(names, held_out, rng)
    several = [name for name in own if " " in name]
    if crossed is None:
        crossed = min(4, ENOUGH // len(own)) if 2 * len(several) > len(own) else 0
    if crossed and not several:
        raise OptionError("crossed must be 0 where no name has two words")
    parameters = {k: v.astype(np.float32) for k, v in initialize(cell, n_a, len(char_to_ix), rng).items()}
    adam, steps = _Adam(), epochs * -(-len(own) * (1 + crossed) // batch)
    with _progress(console, steps) as show:
        for _ in range(epochs):
            epoch = [*own, *(_cross(several, rng) for _ in range(crossed * len(own)))]
            order = rng.permutation(len(epoch))
            for start in range(0, len(epoch), batch):
                X, Y = _batch([epoch[index] for index in order[start : start + batch]], char_to_ix)
                a0 = np.zeros((n_a, len(X)), np.float32)
                kept = (rng.random((n_a, *X.shape), np.float32) >= dropout) / np.float32(1 - dropout)
                loss, gradients, _ = _loss_and_gradients(X, Y, a0, parameters, kept)
                adam.descend(
                    parameters, gradients, learning_rate * (1 + np.cos(np.pi * adam.step / steps)) / 2
                )
                show(f"loss {loss / (Y >= 0).sum():.3f}", parameters, char_to_ix)
    record: dict[str, Any] = {
        "how": "Adam, in batches",
        "names": len(own),
        "epochs": epochs,
        "batch": batch,
        "learning_rate": learning_rate,
        "dropout": dropout,
        "crossed": crossed,
        "nats_per_character": round(nats_per_character(parameters, own, char_to_ix), 4),
    }
    if held:
        record["held_out"] = len(held)
        record["held_out_nats_per_character"] = round(nats_per_character(parameters, held, char_to_ix), 4)
    return _name_model(parameters, char_to_ix, fold, marks, record)
