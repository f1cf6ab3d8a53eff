"""Names: a character-level language model on the networks of `recurrent.py`, which titles tunes (and
dinosaurs).

In: a text file, one name a line, in any alphabet. Out: new names, letter by letter, each letter drawn from
what the network expects after the letters before it; a line feed ends a name.

`clip`, `sample`, `optimize` and `model` are those of the exercise "Character level language model -
Dinosaurus Island" (deeplearning.ai, Sequence Models), after A. Karpathy, min-char-rnn: plain gradient
descent, one name a step. `train` is the same network trained as one would today: in batches, with Adam,
dropout and names held out to measure it on. What either returns is a `NameModel`; `save_names` and
`load_names` carry it, `invent` and `title` use it.

Letters as in `recurrent.py`; n_x = n_y = the size of the alphabet. A network is its `parameters`, and which
cell it is made of shows in their names: `Wax Waa b Wya by` an RNN, `Wu ...` a GRU, `Wf ...` an LSTM.
"""

from __future__ import annotations

import hashlib
import math
import os
import string
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jazzgen import __version__
from jazzgen.by_hand import recurrent
from jazzgen.by_hand.recurrent import softmax
from jazzgen.errors import CheckpointError, DataError, OptionError
from jazzgen.model.checkpoint import MAX_UNITS, Shapes, load_checkpoint, save_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.util.files import read_bytes

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "CELLS",
    "FOLDS",
    "KINDS",
    "Invented",
    "NameModel",
    "alphabet",
    "clip",
    "fold_text",
    "hold_out",
    "initialize",
    "invent",
    "load_names",
    "model",
    "nats_per_character",
    "optimize",
    "read_names",
    "sample",
    "save_names",
    "shipped",
    "title",
    "train",
]

Array = NDArray[np.floating[Any]]
Indices = NDArray[np.integer[Any]]
Parameters = dict[str, Array]

END = "\n"  # what ends a name
MAX_LENGTH = 50  # letters at which a name is cut off, as in the exercise
MAX_LIST_BYTES = 16 * 2**20  # half a million names
LONGEST_LINE = (
    200  # letters of a training name; a longer line is prose, and a batch is as long as its longest name
)
SHORTEST = 3  # letters that `invent` asks of a name: two are a stump
JOINERS = "\u200c\u200d"  # belong to the spelling of Persian and Indian names, invisible as they are
MAX_VALUE = 5.0  # where `optimize` clips
MAX_MARKS = 40_000  # fingerprints in a checkpoint: 22 bytes each, in a header of 1 MiB at most
MOST_NAMES = 1_000_000  # at once
PATIENCE = 200  # vain draws in a row after which `invent` takes what comes
ENOUGH = 2000  # names, with which a network learns words without `crossed` ones
FOLDS = ("accents", "case", "spaces")
KINDS = ("tunes", "dinosaurs")  # of shipped models


# ------------------------------------------------------------------------------------------------------------
# Text: a file to names, names to an alphabet


def fold_text(text: str, fold: Collection[str] = ()) -> str:
    """`text` on one line, composed (NFC), less what `fold` names: "accents", "case" (to lower), "spaces"."""
    if unknown := set(fold) - set(FOLDS):
        raise OptionError(f"cannot fold {', '.join(sorted(unknown))}; what can be is {', '.join(FOLDS)}")
    if "accents" in fold:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if "case" in fold:
        text = text.lower()
    return unicodedata.normalize("NFC", ("" if "spaces" in fold else " ").join(text.split()))


def read_names(path: str | os.PathLike[str], fold: Collection[str] = ()) -> list[str]:
    """The names of a UTF-8 file, one a line, folded as `fold_text` does; empty lines do not count.

    Raises `DataError` for a file that cannot be read, is not UTF-8, holds fewer than two names, one too long,
    or control characters.
    """
    try:
        text = read_bytes(path, MAX_LIST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; give a text file, one name a line") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8 text") from error
    names = [fold_text(line, fold) for line in text.splitlines()]
    for number, name in enumerate(names, 1):
        if len(name) > LONGEST_LINE:
            raise DataError(
                f"line {number} of {path} has {len(name)} letters; a name has at most {LONGEST_LINE}"
            )
        if strange := _strange(name):
            raise DataError(f"line {number} of {path} has {strange}; give plain text, one name a line")
    names = [name for name in names if name]
    if len(names) < 2:
        raise DataError(f"{path} holds {len(names)} names; give a text file with two at least, one a line")
    return names


def _strange(text: str) -> str | None:
    """The first character of `text` that is part of no name: it would act on a terminal, not show."""
    for character in text:
        if unicodedata.category(character).startswith("C") and character not in JOINERS:
            return f"the control character U+{ord(character):04X}"
    return None


def _check_names(names: Sequence[str]) -> None:
    """Refuse what cannot be learnt from."""
    if not names:
        raise DataError("there are no names to learn from; give two at least")
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise DataError(f"name {number} is empty; a name has one letter at least")
        if strange := _strange(name):
            raise DataError(f"name {number} has {strange}; a name is plain text on one line")


def _count_letters(name: str) -> int:
    """Letters, with the marks on them, and figures; neither blanks nor points: "P.C." has two."""
    return sum(unicodedata.category(character)[0] in "LMN" for character in name)


def alphabet(names: Collection[str]) -> dict[str, int]:
    """`char_to_ix`: every letter of `names`, and the line feed that ends them, to its index, in code point
    order.
    """
    return {letter: index for index, letter in enumerate(sorted(set(END).union(*names)))}


def _spell(indices: Sequence[int], char_to_ix: Mapping[str, int]) -> str:
    """The twin of looking letters up: indices to text, without the line feed."""
    letters = {index: letter for letter, index in char_to_ix.items()}
    return " ".join("".join(letters[index] for index in indices).split())


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _name_fingerprint(name: str) -> str:
    """What a checkpoint keeps of a training name: enough to know it again, not enough to read it."""
    return _fingerprint(fold_text(name, FOLDS))


def _word_fingerprints(name: str) -> tuple[list[str], list[str]]:
    """Of every word of `name`, the first and the last also as such; and of every pair of neighbours."""
    words = name.split()
    marked = [END + words[0], *words, words[-1] + END]
    pairs = [" ".join(pair) for pair in pairwise(words)]
    return [_fingerprint(word) for word in marked], [_fingerprint(pair) for pair in pairs]


def _marks(names: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The fingerprints of `names`, and those of their words where any has several."""
    known = frozenset(map(_name_fingerprint, names))
    words: frozenset[str] = frozenset()
    if any(" " in name for name in names):
        words = frozenset(mark for name in names for kind in _word_fingerprints(name) for mark in kind)
    if len(known) + len(words) > MAX_MARKS:
        raise DataError(
            f"the list has {len(known) + len(words):,} names, words and pairs of words to remember, at most "
            f"{MAX_MARKS:,}; give a shorter one"
        )
    return known, words


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


def _shapes(cell: str, n_a: int, n_x: int) -> Shapes:
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
        for name, shape in _shapes(cell, n_a, n_x).items()
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
        return _name_fingerprint(name) in self.known

    def is_made_of_words(self, name: str) -> bool:
        """Could the list's words make `name`?

        Every word is one of the list's and none comes twice, the first has begun and the last has ended a
        name, and at most one pair of neighbours never stood together: "Dancing In Paris", but neither "A
        Night In" nor "High A In".
        """
        words, pairs = _word_fingerprints(name)
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
                console.print(f"{done:>7}  {loss}  {_spell(sample(parameters, char_to_ix, rng), char_to_ix)}")

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
    _check_names(data)
    marks = _marks(data)
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
    _check_names(names)
    marks, char_to_ix = _marks(names), alphabet(names)
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


# ------------------------------------------------------------------------------------------------------------
# Kept and put to use


def save_names(model: NameModel, path: str | os.PathLike[str]) -> None:
    """Write `model` as a checkpoint: parameters, alphabet, record, and fingerprints in place of its list."""
    letters = sorted(model.char_to_ix, key=lambda letter: model.char_to_ix[letter])
    description = {
        "kind": "names",
        "cell": model.cell,
        "n_a": model.n_a,
        "alphabet": "".join(letters),
        "fold": sorted(model.fold),
        "known": sorted(model.known),
        "words": sorted(model.words),
        "training": dict(model.record),
        "jazzgen": __version__,
    }
    save_checkpoint(path, model.parameters, description)


def _described_shapes(description: Mapping[str, Any]) -> Shapes:
    """What `load_checkpoint` holds a file of names against."""
    cell, n_a, letters = (description.get(key) for key in ("cell", "n_a", "alphabet"))
    if not isinstance(cell, str) or cell not in CELLS:
        raise CheckpointError(f"its cell must be one of {', '.join(CELLS)}, received {str(cell)[:40]!r}")
    if type(n_a) is not int or not 1 <= n_a <= MAX_UNITS:
        raise CheckpointError(f"its units n_a must be in 1..{MAX_UNITS}, received {str(n_a)[:40]!r}")
    if not isinstance(letters, str) or END not in letters or len(set(letters)) != len(letters):
        raise CheckpointError("its alphabet must be distinct letters with the line feed among them")
    if strange := _strange(letters.replace(END, "")):
        raise CheckpointError(f"its alphabet has {strange}, which is no letter")
    for key in ("fold", "known", "words"):
        entries = description.get(key)
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise CheckpointError(f"its {key} must be a list of texts")
    return _shapes(cell, n_a, len(letters))


def load_names(path: str | os.PathLike[str]) -> NameModel:
    """The twin of `save_names`; raises `CheckpointError` that names the file and the fault."""
    checkpoint = load_checkpoint(path, kind="names", shapes=_described_shapes)
    description = checkpoint.description
    fold, known, words = (frozenset(description[key]) for key in ("fold", "known", "words"))
    char_to_ix = {letter: index for index, letter in enumerate(description["alphabet"])}
    return NameModel(dict(checkpoint.arrays), char_to_ix, fold, known, words, description.get("training", {}))


class Invented(NamedTuple):
    """A new name, and whether it stands in the list that its model learnt from."""

    name: str
    known: bool


def invent(
    model: NameModel,
    rng: np.random.Generator,
    count: int = 1,
    temperature: float = 1.0,
    *,
    choosy: bool = False,
) -> list[Invented]:
    """Draw `count` names of three letters or more. A list folded to lower case gives words with a capital.

    A `choosy` hand draws again for a name it knows, has given already, or, where the list has names of
    several words, for one that is not made of its words; after 200 vain draws in a row it takes what comes.
    """
    if not 1 <= count <= MOST_NAMES:
        raise OptionError(f"count must be in 1..{MOST_NAMES:,}, received {count}")
    names: list[Invented] = []
    given: set[str] = set()
    vain = 0
    while len(names) < count:
        indices = sample(model.parameters, model.char_to_ix, rng, temperature, min_length=SHORTEST)
        name = _spell(indices, model.char_to_ix)
        known = model.knows(name)
        if _count_letters(name) < SHORTEST and vain < PATIENCE:
            vain += 1
            continue
        if choosy and vain < PATIENCE:
            twice = _name_fingerprint(name) in given
            if known or twice or (model.words and not model.is_made_of_words(name)):
                vain += 1
                continue
        vain = 0
        names.append(Invented(string.capwords(name) if "case" in model.fold else name, known))
        given.add(_name_fingerprint(names[-1].name))
    return names


def title(rng: np.random.Generator, model: NameModel | None = None, temperature: float = 0.8) -> str:
    """A title for a tune that is not in the training list, from `model` or else the shipped `names-tunes`."""
    model = shipped("tunes") if model is None else model
    return invent(model, rng, temperature=temperature, choosy=True)[0].name


def shipped(kind: str) -> NameModel:
    """The shipped model of `kind` "tunes" or "dinosaurs"."""
    if kind not in KINDS:
        raise OptionError(f"unknown kind of names {kind!r}; known are {', '.join(KINDS)}")
    return load_names(find_checkpoint(f"names-{kind}"))
