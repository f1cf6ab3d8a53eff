"""The Keras model: the same values as NumPy, the right size, and an epoch against the classic way."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks.corpus import PLAIN_MODEL
from benchmarks.epochs import BATCH, EPOCH_STEPS, N_A, TX
from benchmarks.rows import ROOT, SECONDS, Given, Pairs, Row, a_second, row_of_pairs
from jazzgen.corpus.windows import one_hot
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import find_checkpoint
from jazzgen.tokens.vocabulary import N_VALUES

LATER_EPOCHS = 5  # at least


def engines(_: Given) -> list[Row]:
    """Keras and NumPy play the same values from the shipped weights, after silence and after each of the 78
    values.
    """
    from jazzgen.model.classic import make_layers, music_inference_model
    from jazzgen.model.engine import NumpyEngine

    n = 200
    checkpoint = load_checkpoint(find_checkpoint(PLAIN_MODEL))
    layers = make_layers(checkpoint.n_a, checkpoint.arrays)
    firsts = [*range(N_VALUES), None]
    x0 = one_hot([-1 if first is None else first for first in firsts])[:, None, :]  # (m, 1, 78)
    zeros = np.zeros((len(firsts), checkpoint.n_a), np.float32)
    expected = np.asarray(music_inference_model(n, layers)([x0, zeros, zeros]))  # (m, n, 78)
    played = np.array([_play(NumpyEngine(checkpoint), first, n) for first in firsts])  # (m, n, 78)
    same = int((played.argmax(axis=2) == expected.argmax(axis=2)).sum())
    difference = float(np.abs(played - expected).max())
    m = len(firsts)
    return [
        Row(
            f"{m} x {n} values by argmax, the same in NumPy and Keras",
            f"{same:,}",
            f"{m * n:,}",
            same,
            f"== {m * n}",
        ),
        Row("largest difference of their probabilities", f"{difference:.1e}", "0", difference, "<= 1e-5"),
    ]


def _play(engine: Any, value: int | None, n: int) -> Any:
    """The probabilities (n, 78) of `n` steps that hear `value` first, then the likeliest value each time."""
    state, probs = engine.start(), []
    for _ in range(n):
        stepped, state = engine.step(value, state)
        probs.append(stepped)
        value = int(stepped.argmax())
    return probs


def parameters(_: Given) -> list[Row]:
    """The number of weights of `djmodel(30)`."""
    from jazzgen.model.classic import djmodel, make_layers

    count = djmodel(TX, make_layers(N_A)).count_params()
    formula = 4 * N_A * (N_VALUES + N_A + 1) + N_VALUES * (N_A + 1)
    return [Row(f"weights of djmodel({TX})", f"{count:,}", f"{formula:,}", count, f"== {formula}")]


def training(given: Given) -> list[Row]:
    """An epoch of `djmodel` against the classic way of writing it: 57,600 values of noise, 60 batches of 32.

    Each in a process of its own, because they set TensorFlow up in different ways; epochs in
    turns. The first epoch of a process compiles; every repeat of it needs two fresh ones.
    """
    values = EPOCH_STEPS * BATCH * TX
    first: list[tuple[float, float]] = []
    later: list[tuple[float, float]] = []
    for _ in range(given.repeats):
        with Epochs("ours") as ours, Epochs("classic") as classic:
            first.append((ours.next(), classic.next()))
            later += [(ours.next(), classic.next()) for _ in range(max(1, -(-LATER_EPOCHS // given.repeats)))]
    return [
        row_of_pairs(
            f"first epoch of {values:,} values, compiling included",
            _pairs(first),
            SECONDS,
            "written the classic way",
            ">= 3",
            headline="the first epoch of the course's model, compiling included: times faster",
        ),
        row_of_pairs(
            "then values a second",
            _pairs(later),
            a_second(values),
            "written the classic way",
            ">= 6",
            headline="then, values a second: times as many",
        ),
    ]


def _pairs(times: list[tuple[float, float]]) -> Pairs:
    return Pairs(tuple(ours for ours, _ in times), tuple(theirs for _, theirs in times))


class Epochs:
    """A process (`epochs.py`) that trains one epoch each time it is asked, and says how many seconds that
    took.
    """

    def __init__(self, way: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.epochs", way],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Epochs:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def next(self) -> float:
        """One more epoch: its seconds."""
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        print(file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


MEASUREMENTS = {"engines": engines, "parameters": parameters, "training": training}
