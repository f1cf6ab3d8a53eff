"""A process for `model.py`: trains one epoch for each line of standard input, and prints its seconds.

    python -m benchmarks.epochs ours|classic

An epoch is 57,600 values of noise in 60 batches of 32 windows of 30. `classic` is the model as the course's
notebook writes it, as far as Keras 3 runs that at all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.rows import seconds
from jazzgen.corpus.windows import windows
from jazzgen.tokens.vocabulary import N_VALUES

N_A, TX, BATCH = 64, 30, 32
EPOCH_STEPS = 60


def our_epoch(values: Any) -> Callable[[], object]:
    """One epoch of `jazzgen train` over `values` (solos, TX), without the held-out solos."""
    from jazzgen.model.backend import import_keras_quietly

    import_keras_quietly()
    from jazzgen.corpus.batches import EpochPlan, stream
    from jazzgen.model.network import make_network
    from jazzgen.tokens.features import MEMORIES, FeatureSpec
    from jazzgen.tokens.tracker import Encoded
    from jazzgen.training.settings import TrainingSettings
    from jazzgen.training.steps import Stepper

    nothing = np.zeros((TX, MEMORIES), np.int16)
    none = (np.zeros((TX, 0), np.int16), nothing - 1, nothing, nothing[:, 0] - 1)
    ratios = np.zeros((TX, 0, 12), np.float16)
    solos = [Encoded(row, *none, row * 0, row * 0, ratios) for row in values]
    stepper = Stepper(make_network(N_A), TrainingSettings(n_a=N_A, Tx=TX, batch_size=BATCH), 10_000)
    plan = EpochPlan.straight(range(len(solos)), TX)
    return lambda: [*stepper.train(stream(solos.__getitem__, plan, BATCH, TX, FeatureSpec()))]


def classic_epoch(values: Any) -> Callable[[], object]:
    """One epoch of `fit` over `values` (solos, TX)."""
    X, Y, _, _ = windows(values.tolist(), TX)
    zeros = np.zeros((len(X), N_A), np.float32)
    targets = [Y[:, t] for t in range(TX)]
    return partial(classic_model().fit, [X, zeros, zeros], targets, batch_size=BATCH, verbose=0)


def classic_model() -> Any:
    """The course's notebook: a default LSTM, a list of Tx outputs with a loss and an accuracy each."""
    import keras

    reshapor = keras.layers.Reshape((1, N_VALUES))
    LSTM_cell = keras.layers.LSTM(N_A, return_state=True)
    densor = keras.layers.Dense(N_VALUES, activation="softmax")
    X = keras.Input((TX, N_VALUES))
    a0, c0 = keras.Input((N_A,)), keras.Input((N_A,))
    a, c = a0, c0
    outputs = []
    for t in range(TX):
        # t=t: the notebook's own lambda closes over the loop variable, which Keras 3 does not run.
        x = keras.layers.Lambda(lambda X, t=t: X[:, t, :], output_shape=(N_VALUES,))(X)
        a, _, c = LSTM_cell(reshapor(x), initial_state=[a, c])
        outputs.append(densor(a))
    model = keras.Model([X, a0, c0], outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=["categorical_crossentropy"] * TX,
        metrics=["accuracy"] * TX,
    )
    return model


def main(way: str) -> None:
    """An epoch a line of standard input."""
    noise = np.random.default_rng(0).integers(0, N_VALUES, (EPOCH_STEPS * BATCH, TX))
    epoch = {"ours": our_epoch, "classic": classic_epoch}[way](noise)
    for _ in sys.stdin:
        print(seconds(epoch), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
