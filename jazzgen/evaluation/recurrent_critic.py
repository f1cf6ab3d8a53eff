"""The critic by ear: a small recurrent network that hears an excerpt note by note.

A GRU takes the notes in their order, each as its interval and its step from the note before, its length,
place in the bar, degree, and whether it is a chord tone; what it makes of them is averaged over the excerpt.
It stops learning when it gets no better on tunes of its own examples that it is not taught.

Letters: m excerpts, T notes, c classes of each note.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from jazzgen.evaluation.evidence import Evidence, Examples, Kind
from jazzgen.improviser.excerpts import Excerpt
from jazzgen.model.backend import import_keras_quietly
from jazzgen.music.note_arrays import FloatArray, IntArray, Mask
from jazzgen.tokens.vocabulary import LENGTHS
from jazzgen.util.packages import optional

WIDEST = 13  # semitones: wider intervals are one
STEPS = (1, 4, 5, 7, 9, 10, 13, 19, 25, 37, 49)  # ticks: the least of each class of steps but the first, 0
LONGEST_BAR = 48  # ticks: later places are one
#          interval        step            length        place        degree  chord tone
CLASSES = (2 * WIDEST + 1, len(STEPS) + 1, len(LENGTHS), LONGEST_BAR, 12, 2)  # fmt: skip
OFFSETS = 1 + np.concatenate([[0], np.cumsum(CLASSES)[:-1]])  # (c,) the first number of each; 0: no note
NOTES = 128  # of an excerpt that are heard

UNITS = 32
EMBEDDED = 8  # numbers that a class becomes
DROPOUT = 0.3
RATE = 0.003
BATCH = 64
AT_ONCE = 128  # excerpts that are scored together
EPOCHS = 40  # at most
PATIENCE = 5  # epochs without getting better
KEPT_BACK = 6  # one in so many of the known tunes says when to stop


def see_notes(excerpts: Sequence[Excerpt]) -> Evidence:
    """(m, T, c) the classes of each note, numbered through; none of them has a name."""
    inputs = np.zeros((len(excerpts), NOTES, len(CLASSES)), np.int16)
    for row, excerpt in enumerate(excerpts):
        heard = _classes(excerpt)[:NOTES]
        inputs[row, : len(heard)] = heard + OFFSETS
    return Evidence(inputs, (), np.zeros((len(excerpts), 0)))


def _classes(e: Excerpt) -> npt.NDArray[np.int_]:
    """(n, c) the class of each note in each respect, from 0."""
    interval = np.clip(np.diff(e.pitch, prepend=e.pitch[:1]), -WIDEST, WIDEST) + WIDEST
    step = np.searchsorted(STEPS, np.diff(e.onset, prepend=e.onset[:1]), side="right")
    length = np.searchsorted(LENGTHS, e.length)
    place = np.minimum(e.place, LONGEST_BAR - 1)
    return np.stack([interval, step, length, place, e.degree, e.in_chord], axis=1)


def _heard(known: Examples, unknown: npt.NDArray[Any], seed: int) -> FloatArray:
    """By the network, after the epoch in which it told best the tunes that it was not taught."""
    network, rng = _network(seed), np.random.default_rng(seed)
    taught, tested = _taught(known, rng)
    best, kept, waited = np.inf, network.get_weights(), 0
    for _ in range(EPOCHS):
        order = rng.permutation(taught)
        for begin in range(0, len(order), BATCH):
            # A batch that is not full would be traced again.
            rows = np.resize(order[begin : begin + BATCH], BATCH)
            network.train_on_batch(known.inputs[rows], known.generated[rows, None])
        loss = _cross_entropy(_scores(network, known.inputs[tested]), known.generated[tested])
        if loss < best:
            best, kept, waited = loss, network.get_weights(), 0
        elif (waited := waited + 1) == PATIENCE:
            break
    network.set_weights(kept)
    return _scores(network, unknown)


def _scores(network: Any, inputs: npt.NDArray[Any]) -> FloatArray:
    """(len(inputs),) how likely each is generated; so many at a time, since each size would be traced."""
    parts = [inputs[begin : begin + AT_ONCE] for begin in range(0, len(inputs), AT_ONCE)]
    filled = [
        np.concatenate([part, np.zeros_like(inputs, shape=(AT_ONCE - len(part), *part.shape[1:]))])
        for part in parts
    ]
    scores: FloatArray = np.concatenate([network.predict_on_batch(part)[:, 0] for part in filled])
    return scores[: len(inputs)].astype(np.float64)


def _cross_entropy(scores: FloatArray, generated: Mask) -> float:
    """The mean loss in nats."""
    return float(-np.log(np.where(generated, scores, 1 - scores) + 1e-9).mean())


def _network(seed: int) -> Any:
    """The network, untrained: (m, T, c) numbers in, (m, 1) the probability that each excerpt is generated."""
    with suppress(ImportError):  # the next lines say which
        import_keras_quietly()
    optional("tensorflow", "train", "the recurrent critic")
    keras = optional("keras", "train", "the recurrent critic")
    init, layers, ops = keras.initializers, keras.layers, keras.ops
    seeds = [(seed + k) % 2**32 for k in range(4)]  # those that Keras can take
    x = keras.Input((NOTES, len(CLASSES)), dtype="int32")
    heard = ops.cast(x[:, :, :1] > 0, "float32")  # (m, T, 1)
    embedding = layers.Embedding(
        int(OFFSETS[-1]) + CLASSES[-1], EMBEDDED, embeddings_initializer=init.RandomUniform(seed=seeds[0])
    )
    notes = layers.Reshape((NOTES, len(CLASSES) * EMBEDDED))(embedding(x))
    states = layers.GRU(
        UNITS,
        return_sequences=True,
        kernel_initializer=init.GlorotUniform(seeds[1]),
        recurrent_initializer=init.Orthogonal(seed=seeds[2]),
    )(notes)  # (m, T, units)
    mean = ops.sum(states * heard, axis=1) / ops.maximum(ops.sum(heard, axis=1), 1.0)  # (m, units)
    dropped = layers.Dropout(DROPOUT, seed=seeds[0])(mean)
    score = layers.Dense(1, "sigmoid", kernel_initializer=init.GlorotUniform(seeds[3]))(dropped)
    network = keras.Model(x, score)
    network.compile(keras.optimizers.Adam(RATE), "binary_crossentropy", jit_compile=False)
    return network


def _taught(known: Examples, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """The rows that the network is taught, and those of other tunes that say when to stop."""
    tunes = rng.permutation(np.unique(known.tune))
    kept_back = np.isin(known.tune, tunes[: -(-len(tunes) // KEPT_BACK)])
    return np.flatnonzero(~kept_back), np.flatnonzero(kept_back)


RECURRENT = Kind(see_notes, {"recurrent network": _heard})
