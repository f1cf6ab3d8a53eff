"""AdamW under a distribution strategy: Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

Keras's own optimizer clips the gradients of each replica before it sums them, so that two workers take other
steps than one, and `fit` fails under `MultiWorkerMirroredStrategy` in Keras 3.15. Here the gradients come in
summed. The equations and their order are Keras's, and a test compares the weights of both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from jazzgen.model.layers import tf

__all__ = ["AdamW"]

BETA_1, BETA_2 = 0.9, 0.999  # momenta of the gradient's and the squared gradient's moving averages
EPSILON = 1e-7


class AdamW:
    """Adam over `variables`, which belong to `strategy`; `rate` gives the learning rate of a step, from 0.

    `weight_decay` is taken of each weight, times the rate, a step, but not of variables whose names match
    `undecayed`. `clip_norm` is that of all gradients together. Its own variables are `step`, the steps taken,
    and `moments`, two for each variable: the moving averages of its gradient and of the gradient's square.
    """

    def __init__(
        self,
        variables: Sequence[Any],
        rate: Callable[[Any], Any],
        *,
        strategy: Any,
        weight_decay: float,
        clip_norm: float,
        undecayed: str = "bias|strength",
    ) -> None:
        self.rate, self.weight_decay, self.clip_norm, self.strategy = rate, weight_decay, clip_norm, strategy
        self._targets = [variable.value for variable in variables]
        self._decays = [not re.search(undecayed, variable.name) for variable in variables]
        with strategy.scope():
            self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
            self.moments = [
                tf.Variable(tf.zeros(variable.shape), trainable=False)
                for variable in variables
                for _ in ("gradient", "square")
            ]

    def clipped(self, gradients: Sequence[Any]) -> list[Any]:
        """The gradients, shorter together where their norm is above `clip_norm`; for one replica."""
        norm = tf.sqrt(tf.reduce_sum(tf.stack([tf.reduce_sum(tf.square(g)) for g in gradients])))
        scale = self.clip_norm * tf.minimum(1 / norm, 1 / self.clip_norm)
        return [g * (scale + (norm - norm)) for g in gradients]  # a norm that is no number stays none

    def apply(self, gradients: Sequence[Any]) -> None:
        """Take a step along gradients that are the same on every replica; outside `strategy.run`."""
        rate = tf.cast(self.rate(self.step), tf.float32)
        count = tf.cast(self.step + 1, tf.float32)
        alpha = rate * tf.sqrt(1 - tf.pow(BETA_2, count)) / (1 - tf.pow(BETA_1, count))
        moments = zip(self.moments[::2], self.moments[1::2], strict=True)
        for target, (m, v), gradient, decays in zip(
            self._targets, moments, gradients, self._decays, strict=True
        ):
            decay = self.weight_decay if decays else 0.0
            self.strategy.extended.update(target, _update, args=(m, v, gradient, alpha, rate, decay))
        self.step.assign_add(1)


def _update(variable: Any, m: Any, v: Any, gradient: Any, alpha: Any, rate: Any, decay: float) -> None:
    """The equations, on one replica."""
    if decay:
        variable.assign(variable - variable * decay * rate)
    m.assign_add((gradient - m) * (1 - BETA_1))
    v.assign_add((tf.square(gradient) - v) * (1 - BETA_2))
    variable.assign_sub(m * alpha / (tf.sqrt(v) + EPSILON))
