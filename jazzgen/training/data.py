"""Training data: encoded solos as the batches of an epoch, and as a `tf.data.Dataset`.

Carrying the recurrent state from window to window is what makes a model trained on windows of 30 good at
playing a solo of 500 values without a break: begun from zero instead, every window teaches it to forget
(0.012 nats a note). So an epoch's batches come from `corpus.batches.stream`, each epoch in another order and
with other cuts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from jazzgen.corpus.batches import Batch, Encodings, EpochPlan, WorkerShard, stream
from jazzgen.corpus.windows import IntArray
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import N_TAUGHT, Encoded
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.workers import Workers

Examples: TypeAlias = Sequence[Encoded]

HELD_OUT_TX = 128  # values in a window of the held-out solos
HELD_OUT_LANES = 64  # at most


class TrainingData:
    """What a model is trained on, as one of the `workers` reads it: solos to learn from, and solos held out.

    `settings` are the classic model's unless given, `spec` those of the features unless players have names.
    `sizes` and `held_out_sizes` (n, 2) are how many notes and how many values each solo has.
    """

    def __init__(
        self,
        examples: Examples,
        held_out: Examples = (),
        settings: TrainingSettings | None = None,
        spec: FeatureSpec | None = None,
        workers: Workers | None = None,
    ) -> None:
        self.examples, self.held_out, self.workers = examples, held_out, workers or Workers()
        settings = settings or TrainingSettings()
        self.spec = spec or FeatureSpec(settings.features)
        self.settings = replace(settings, features=self.spec.features)
        self.sizes, self.held_out_sizes = _sizes(examples), _sizes(held_out)
        self.lengths = self.sizes[:, 1]
        self._shard = WorkerShard(self.workers.lanes(settings.batch_size), self.lengths)
        self._held_out_numbers = range(self.workers.rank, len(held_out), self.workers.count)

    @property
    def validated(self) -> bool:
        """Whether any value is held out."""
        return bool(self.held_out_sizes.sum())

    def plan(self, epoch: int) -> EpochPlan:
        """The order and the cuts of an epoch, numbered from 0."""
        rng = np.random.default_rng([self.settings.seed, epoch])
        return EpochPlan.draw(len(self.examples), self.settings.Tx, rng)

    def steps(self) -> int:
        """How many batches all epochs together have."""
        settings = self.settings
        plans = map(self.plan, range(settings.epochs))
        return sum(plan.steps(self.lengths, settings.batch_size, settings.Tx) for plan in plans)

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch, with the worker's own lanes; each epoch drops other solos' players."""
        settings, spec = self.settings, self.spec
        first = spec.offsets.get("player", 0)  # of the players' features
        rng = np.random.default_rng([settings.seed, epoch, 1])
        dropped = rng.random(len(self.examples)) < settings.player_dropout

        def encode(number: int) -> Encoded:
            example: Encoded = self.examples[number]
            if not dropped[number] or not spec.players:
                return example
            of_player = (example.active >= first) & (example.active < first + len(spec.players))
            return example._replace(active=np.where(of_player, np.int16(spec.width), example.active))

        taught = N_TAUGHT if settings.distillation else 0
        plan = self.plan(epoch)
        return stream(encode, plan, settings.batch_size, settings.Tx, spec, self._shard, taught)

    def held_out_batches(self) -> Iterator[Batch]:
        """The worker's share of the held-out solos, in whole windows: of N workers, every Nth solo."""
        m = max(min(len(self._held_out_numbers), HELD_OUT_LANES), 1)
        plan = EpochPlan.straight(self._held_out_numbers, HELD_OUT_TX)
        return stream(self.held_out.__getitem__, plan, m, HELD_OUT_TX, self.spec)

    def identity(self) -> dict[str, Any]:
        """The settings and the solos, as JSON: what must be the same to go on. It names no solo."""
        return {
            "settings": self.settings.record(),
            "players": [*self.spec.players],
            "solos": _checksum(self.lengths),
            "held-out solos": _checksum(self.held_out_sizes[:, 1]),
        }


def _sizes(examples: Examples) -> IntArray:
    """(n, 2) How many notes and how many values each example has."""
    if isinstance(examples, Encodings):
        return examples.sizes()
    sizes = [((example.displacement >= 0).sum(), len(example.values)) for example in examples]
    return np.array(sizes, dtype=np.int64).reshape(-1, 2)


def _checksum(lengths: IntArray) -> list[int]:
    """Count, sum and weighted sum."""
    return [len(lengths), int(lengths.sum()), int((lengths * np.arange(1, len(lengths) + 1)).sum())]


def tensor_type(array: npt.NDArray[Any]) -> Any:
    """What TensorFlow computes an array of a `Batch` with."""
    return {"b": tf.bool, "f": tf.float32}.get(array.dtype.kind, tf.int32)


def as_dataset(batches: Iterable[Batch], like: Batch) -> Any:
    """Batches with the shapes of `like` as a prefetching `tf.data.Dataset` of their arrays."""
    signature = tuple(tf.TensorSpec(array.shape, tensor_type(array)) for array in like)
    return tf.data.Dataset.from_generator(lambda: batches, output_signature=signature).prefetch(4)
