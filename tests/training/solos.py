"""Encoded solos, small settings and a short way to `train` for the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jazzgen.model.checkpoint import Checkpoint, describe_improviser
from jazzgen.model.engine import NumpyEngine
from jazzgen.music.score import ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.tracker import Encoded, encode_solo
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST
from jazzgen.training.data import Examples, TrainingData
from jazzgen.training.resume import RunFiles
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.train import TrainingResult, train

RIFF = [3, 27, 45, 3, 57, 75, 9, 39]
PHRASE = RIFF * 8
QUICK = TrainingSettings(n_a=8, Tx=3, epochs=2, seed=1)
FIRST_REST = REST * len(LENGTHS)


def plain(values: Sequence[int]) -> Encoded:
    """The values of a solo as a model without a context learns them."""
    steps = len(values)
    pairs = np.zeros((steps, 2), np.int16)
    octaves = np.where(np.array(values, np.int64) < FIRST_REST, 2, -1)
    return Encoded(
        values=np.array(values, np.int64),
        active=np.zeros((steps, 0), np.int16),
        proposed=pairs - 1,
        match=pairs,
        last_degree=np.full(steps, -1, np.int16),
        displacement=octaves,
        near=np.zeros(steps, np.int64),
        ratios=np.zeros((steps, 0, 12), np.float16),
    )


def random_solos(count: int, length: int, seed: int = 0) -> list[Encoded]:
    values = np.random.default_rng(seed).integers(0, N_VALUES, (count, length)).tolist()
    return [plain(row) for row in values]


def one_pass_nats(arrays: Mapping[str, np.ndarray], solos: Sequence[Encoded]) -> float:
    """What a plain model loses over whole solos, each stepped by the NumPy engine from its beginning."""
    n_a = len(arrays["densor/kernel"])
    engine = NumpyEngine(Checkpoint(arrays, describe_improviser(n_a), "", Path("none")))
    nats = 0.0
    for solo in solos:
        value, state = None, engine.start()
        for target in solo.values.tolist():
            probs, state = engine.step(value, state)
            nats -= float(np.log(probs[target]))
            value = target
    return nats


def tune(k: int, player: str = "", bars: int = 4) -> Solo:
    """A solo with leaps, rests and an idea that comes back."""
    form = Progression((ChordChange(0, "Dm7"), ChordChange(48, "G7"), ChordChange(96, "Cmaj7")), 48 * bars)
    notes = [
        Note(6 * i, 6, 55 + (7 * i * (k + 1)) % 19 + (12 if i % 11 == 5 else 0))
        for i in range(8 * bars)
        if i % 7 != 3
    ]
    return Solo(tuple(notes), form, title=f"Tune {k}", player=player)


ALL = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
FULL = TrainingSettings(
    n_a=6, layers=2, features=ALL.features, register_units=4, Tx=2, batch_size=3, epochs=3, seed=5
)


def heard(count: int) -> list[Encoded]:
    return [encode_solo(ALL, tune(k, bars=3 + k % 3), ALL.players[k % 2]) for k in range(count)]


def fit(
    examples: Examples,
    held_out: Examples = (),
    settings: TrainingSettings | None = None,
    players: Sequence[str] = (),
    files: Mapping[str, Any] | None = None,
    **callbacks: Any,
) -> TrainingResult:
    """`train` on these; `files` are the arguments of `RunFiles`."""
    spec = FeatureSpec(settings.features, tuple(players)) if settings is not None and players else None
    return train(TrainingData(examples, held_out, settings, spec), RunFiles(**files or {}), **callbacks)
