"""The character-level model trained as one would today: in batches, with Adam, dropout and names held out.

In: names. Out: a `NameModel` whose record has its nats a character on the names held out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from jazzgen.by_hand.char_model import (
    Indices,
    NameModel,
    as_float32,
    cell_name,
    cross_entropy,
    initialize,
    loss_and_gradients,
    one_hot,
    predict,
    progress,
)
from jazzgen.by_hand.name_text import END, alphabet, check_names, cross, fingerprints, hold_out
from jazzgen.by_hand.recurrent import CELLS, Array
from jazzgen.errors import OptionError

if TYPE_CHECKING:
    from rich.console import Console

ENOUGH = 2000  # names from which a network learns words without `crossed` ones


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

    Parameters
    ----------
    names, fold
        The names, and how they were folded (`name_text.fold_text`), which the model keeps.
    rng, console
        The random generator, and a terminal for progress and fresh names.
    cell, n_a
        A key of `CELLS`, and the units of its state.
    epochs, batch, learning_rate, dropout
        Passes over the names, names a step, the rate of the first step, the part of `a` that is dropped.
    crossed
        How many names `name_text.cross` adds for each of the list, anew every epoch; None: `_choose_crossed`.
    held_out
        The part of the names kept aside; the record has its nats a character, measured at the end.

    Returns
    -------
    The trained model.
    """
    _check_options(epochs=epochs, batch=batch, learning_rate=learning_rate, dropout=dropout, crossed=crossed)
    check_names(names)
    (known, words), char_to_ix = fingerprints(names), alphabet(names)
    held, own = hold_out(names, held_out, rng)
    crossed = _choose_crossed(own, crossed)
    parameters = as_float32(initialize(cell, n_a, len(char_to_ix), rng))
    adam, steps = _Adam(), epochs * -(-len(own) * (1 + crossed) // batch)
    with progress(console, steps) as show:
        for chosen in _batches(own, crossed, epochs, batch, rng):
            X, Y = _to_indices(chosen, char_to_ix)
            kept = (rng.random((n_a, *X.shape), np.float32) >= dropout) / np.float32(1 - dropout)
            a0 = np.zeros((n_a, len(X)), np.float32)
            loss, gradients, _ = loss_and_gradients(X, Y, a0, parameters, kept)
            adam.descend(parameters, gradients, learning_rate * (1 + np.cos(np.pi * adam.step / steps)) / 2)
            show(loss / (Y >= 0).sum(), parameters, char_to_ix)
    options = {"epochs": epochs, "batch": batch, "learning_rate": learning_rate, "dropout": dropout}
    record = {"how": "Adam, in batches", "names": len(own), **options, "crossed": crossed}
    record["nats_per_character"] = round(nats_per_character(parameters, own, char_to_ix), 4)
    if held:
        record["held_out"] = len(held)
        record["held_out_nats_per_character"] = round(nats_per_character(parameters, held, char_to_ix), 4)
    return NameModel(parameters, char_to_ix, frozenset(fold), known, words, record)


def _check_options(**options: Any) -> None:
    allowed: dict[str, Callable[[Any], bool]] = {
        "epochs": lambda number: number >= 1,
        "batch": lambda number: number >= 1,
        "learning_rate": lambda number: number > 0,
        "dropout": lambda number: 0 <= number < 1,
        "crossed": lambda number: number is None or number >= 0,
    }
    for name, value in options.items():
        if not allowed[name](value):
            raise OptionError(f"{name} is out of range, received {value}")


def _choose_crossed(names: Sequence[str], crossed: int | None) -> int:
    """Crossed names for each of `names`. From a few hundred titles alone a network learns the titles before
    it learns the words: 4 for such a list, fewer the longer it is, none where most are a single word.
    """
    several = sum(" " in name for name in names)
    if crossed is None:
        return min(4, ENOUGH // len(names)) if 2 * several > len(names) else 0
    if crossed and not several:
        raise OptionError("crossed must be 0 where no name has two words")
    return crossed


def _batches(
    names: Sequence[str], crossed: int, epochs: int, batch: int, rng: np.random.Generator
) -> Iterator[list[str]]:
    """The names of each step, in a new order every epoch."""
    several = [name for name in names if " " in name]
    for _ in range(epochs):
        epoch = [*names, *(cross(several, rng) for _ in range(crossed * len(names)))]
        order = rng.permutation(len(epoch))
        for start in range(0, len(epoch), batch):
            yield [epoch[index] for index in order[start : start + batch]]


def _to_indices(names: Sequence[str], char_to_ix: Mapping[str, int]) -> tuple[Indices, Indices]:
    """Names to X and Y (m, T), as long as the longest; -1 fills the rest."""
    T = max(map(len, names)) + 1
    X, Y = np.full((len(names), T), -1), np.full((len(names), T), -1)
    for row, name in enumerate(names):
        Y[row, : len(name) + 1] = [*(char_to_ix[letter] for letter in name), char_to_ix[END]]
        X[row, 1 : len(name) + 1] = Y[row, : len(name)]
    return X, Y


@dataclass
class _Adam:
    """Adam and its moments of the gradients. Source: D. Kingma, J. Ba, arXiv 1412.6980, algorithm 1."""

    mean: dict[str, Array] = field(default_factory=dict)
    square: dict[str, Array] = field(default_factory=dict)
    step: int = 0

    def descend(
        self, parameters: dict[str, Array], gradients: Mapping[str, Array], learning_rate: float
    ) -> None:
        """One step, in place."""
        self.step += 1
        for name in parameters:
            g = gradients[f"d{name}"]
            self.mean[name] = 0.9 * self.mean.get(name, 0) + 0.1 * g
            self.square[name] = 0.999 * self.square.get(name, 0) + 0.001 * g**2
            mean, square = self.mean[name] / (1 - 0.9**self.step), self.square[name] / (1 - 0.999**self.step)
            parameters[name] -= learning_rate * mean / (np.sqrt(square) + 1e-8)


def nats_per_character(
    parameters: Mapping[str, Array], names: Sequence[str], char_to_ix: Mapping[str, int]
) -> float:
    """The mean loss a character over whole names, the line feed that ends each counted as one."""
    total = 0.0
    n_y, n_a = parameters[CELLS[cell_name(parameters)].output].shape
    for start in range(0, len(names), 256):
        X, Y = _to_indices(names[start : start + 256], char_to_ix)
        _, y, _ = predict(X, np.zeros((n_a, len(X)), parameters["by"].dtype), parameters)
        total += cross_entropy(y, one_hot(Y, n_y, y.dtype))
    return total / sum(len(name) + 1 for name in names)
