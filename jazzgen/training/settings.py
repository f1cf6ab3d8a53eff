"""The recipe of a training, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from jazzgen.errors import OptionError
from jazzgen.model.checkpoint import MAX_LAYERS, MAX_UNITS, FloatArray
from jazzgen.tokens.features import FEATURES

__all__ = ["GRAPHS", "IMPROVISER", "Moment", "Settings", "Trained"]

GRAPHS = ("unrolled", "fused")


@dataclass(frozen=True)
class Settings:
    """The recipe: what decides the weights together with the data. It stands in the checkpoint's record.

    The defaults are the classic model's. `graph` is how a window is computed: "unrolled", the model of the
    course, or "fused", the same numbers over the same layers at once, for longer windows.
    """

    n_a: int = 64
    layers: int = 1
    features: tuple[str, ...] = ()  # of the context, see `context.FEATURES`
    register_units: int = 0  # of the hidden layer that chooses octaves; 0: the model chooses none
    Tx: int = 30
    graph: str = "unrolled"
    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 1e-2  # Adam's after the warm-up; it falls along half a cosine to 0 at the end
    warm_up: int = 0  # steps over which the rate rises from 0
    weight_decay: float = 0.03  # Adam's, decoupled: of each weight, times the rate, a step
    clip_norm: float = 1.0  # of all gradients together
    dropout: float = 0.0  # of what an LSTM layer passes upwards (Zaremba et al., 2014)
    recurrent_dropout: float = (
        0.0  # of the recurrent kernel's weights, a step (Merity et al., AWD-LSTM, 2018)
    )
    context_dropout: float = 0.0  # of the context's facts, a window
    value_dropout: float = 0.0  # of the values heard
    average: float = (
        0.0  # momentum of the moving average of the weights that is kept; 0: the weights themselves
    )
    anyone: float = 0.5  # share of solos whose player is not told, so that a model can play as anyone
    patience: int = 10  # epochs without a better held-out loss before training stops
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = (
            ("units", self.n_a, 1, MAX_UNITS),
            ("layers", self.layers, 1, MAX_LAYERS),
            ("register units", self.register_units, 0, MAX_UNITS),
            ("tx", self.Tx, 1, 1024),
            ("epochs", self.epochs, 1, 10**6),
            ("batch size", self.batch_size, 1, 10**6),
            ("warm-up", self.warm_up, 0, 10**6),
            ("dropout", self.dropout, 0, 0.95),
            ("recurrent dropout", self.recurrent_dropout, 0, 0.95),
            ("context dropout", self.context_dropout, 0, 0.95),
            ("value dropout", self.value_dropout, 0, 0.95),
            ("average", self.average, 0, 0.99999),
            ("anyone", self.anyone, 0, 1),
            ("patience", self.patience, 1, 10**6),
            ("seed", self.seed, 0, 2**32 - 1),
        )
        for name, value, low, high in ranges:
            if not low <= value <= high:
                raise OptionError(f"{name} must be in {low}..{high}, received {value}")
        if self.graph == "unrolled" and self.recurrent_dropout:
            raise OptionError("recurrent dropout needs the fused graph")
        if self.graph not in GRAPHS:
            raise OptionError(f"graph must be one of {', '.join(GRAPHS)}, received {self.graph!r}")
        unknown = [name for name in self.features if name not in FEATURES]
        if unknown or len(set(self.features)) < len(self.features):
            raise OptionError(
                f"features must be different ones of {', '.join(FEATURES)}, "
                f"received {', '.join(unknown or self.features)}"
            )


# The recipe of the shipped improviser, see models/improviser.md.
IMPROVISER = Settings(
    n_a=384,
    layers=2,
    features=tuple(feature for feature in FEATURES if feature != "texture"),
    register_units=64,
    Tx=64,
    graph="fused",
    epochs=22,
    learning_rate=3e-3,
    warm_up=200,
    weight_decay=0.05,
    dropout=0.5,
    recurrent_dropout=0.5,
    context_dropout=0.25,
    value_dropout=0.05,
    average=0.995,
    patience=22,
)


@dataclass(frozen=True)
class Moment:
    """Where training stands, for a display. Losses are in nats a value; `held_out` and `best` are nan until
    known.
    """

    epoch: int  # from 1
    epochs: int
    values_done: int  # of this epoch
    values: int  # in an epoch
    loss: float
    held_out: float
    best: float


class Trained(NamedTuple):
    """The best `arrays`, and the `record` of how they came about: a JSON object for the checkpoint."""

    arrays: Mapping[str, FloatArray]
    record: dict[str, Any]
