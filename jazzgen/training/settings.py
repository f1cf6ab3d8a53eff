"""What a training is asked for: all that decides the weights, together with the data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from jazzgen.errors import OptionError
from jazzgen.model.checkpoint import MAX_LAYERS, MAX_UNITS
from jazzgen.tokens.features import FEATURES, FeatureSpec

# How a window is computed: unrolled step by step, as in the course, or in one loop of the backend: the same
# numbers, a graph that is built sooner.
GRAPHS = ("unrolled", "fused")


@dataclass(frozen=True)
class TrainingSettings:
    """The hyperparameters of a model and its training; they stand in the checkpoint's training record.

    The defaults are the classic model's. Raises `OptionError` for a value outside its range.
    """

    n_a: int = 64  # units of an LSTM layer
    layers: int = 1
    features: tuple[str, ...] = ()  # of the context: names from `tokens.features.FEATURES`
    register_units: int = 0  # of the hidden layer that chooses octaves; 0: the model chooses none
    Tx: int = 30  # values in a window
    graph: str = "unrolled"  # or "fused"
    epochs: int = 20  # at most
    batch_size: int = 32  # solos side by side, over all workers together
    learning_rate: float = 1e-2  # Adam's after the warm-up; falls along half a cosine to 0 at the end
    warmup_steps: int = 0  # over which the rate rises from 0
    weight_decay: float = 0.03  # decoupled: the share of each weight, times the rate, taken at a step
    clip_norm: float = 1.0  # of all gradients together
    dropout: float = 0.0  # of an LSTM layer's output (Zaremba et al., 2014)
    recurrent_dropout: float = 0.0  # of recurrent weights, for a step (Merity et al., AWD-LSTM, 2018)
    context_dropout: float = 0.0  # of context features, for a window
    value_dropout: float = 0.0  # of input values
    ema_momentum: float = 0.0  # of the moving average of the weights that is kept; 0: no average
    distillation: float = 0.0  # the teachers' share of the loss, where there are some (Hinton et al., 2015)
    player_dropout: float = 0.5  # of a solo's player, for an epoch: the model also learns to play as no one
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
            ("learning rate", self.learning_rate, 0, 10),
            ("warm-up steps", self.warmup_steps, 0, 10**6),
            ("weight decay", self.weight_decay, 0, 10),
            ("clip norm", self.clip_norm, 1e-6, 1e6),
            ("dropout", self.dropout, 0, 0.95),
            ("recurrent dropout", self.recurrent_dropout, 0, 0.95),
            ("context dropout", self.context_dropout, 0, 0.95),
            ("value dropout", self.value_dropout, 0, 0.95),
            ("EMA momentum", self.ema_momentum, 0, 0.99999),
            ("distillation", self.distillation, 0, 1),
            ("player dropout", self.player_dropout, 0, 1),
            ("patience", self.patience, 1, 10**6),
            ("seed", self.seed, 0, 2**32 - 1),
        )
        for name, value, low, high in ranges:
            if not low <= value <= high:
                raise OptionError(f"{name} must be in {low}..{high}, received {value}")
        if self.graph not in GRAPHS:
            raise OptionError(f"graph must be one of {', '.join(GRAPHS)}, received {self.graph!r}")
        if self.graph == "unrolled" and self.recurrent_dropout:
            raise OptionError("recurrent dropout needs the fused graph")
        FeatureSpec(self.features, ("a player",) * ("player" in self.features))  # checks the names

    def record(self) -> dict[str, Any]:
        """The settings as JSON reads them back."""
        return {**asdict(self), "features": [*self.features]}


# The shipped improviser's, see models/improviser.md.
IMPROVISER = TrainingSettings(
    n_a=384,
    layers=2,
    features=tuple(feature for feature in FEATURES if feature != "texture"),
    register_units=64,
    Tx=64,
    graph="fused",
    epochs=22,
    learning_rate=3e-3,
    warmup_steps=200,
    weight_decay=0.05,
    dropout=0.5,
    recurrent_dropout=0.5,
    context_dropout=0.25,
    value_dropout=0.05,
    ema_momentum=0.995,
    patience=22,
)
