"""One step of gradient descent, and one pass over held-out solos, as TensorFlow graphs.

`Stepper` holds what changes from step to step: the weights, Adam's moments, the moving average of the
weights and the recurrent state that each lane of a batch carries to its next window. Everything random in a
step (dropout) is drawn from the seed and the step's number, so a run that was cut off and goes on from a
saved state takes the same steps as one that was not.

Where several workers train together (`workers.py`) each replica computes its lanes of the batch; what is
summed over all of them, and every weight, is the same on each.

Letters: m lanes of a batch, Tx steps, n_a units, F facts of the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from jazzgen.corpus.batches import Batch
from jazzgen.model.checkpoint import FloatArray
from jazzgen.model.layers import Layers, keras, layer_weights, set_layer_weights, tf, unroll
from jazzgen.tokens.vocabulary import N_VALUES
from jazzgen.training.adamw import AdamW
from jazzgen.training.data import as_dataset
from jazzgen.training.fused import drawn, fused_forward, multi_hot, proposals
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.workers import Workers

__all__ = ["Losses", "Stepper"]

TINY = float(np.finfo(np.float32).tiny)
# Windows between two looks at Python: with 1 the interpreter, not the arithmetic, sets the speed of a small
# model.
STEPS_AT_ONCE = 20


class Losses(NamedTuple):
    """Sums over values and notes: nats of the values, of the registers; how many of each; right guesses of
    each.
    """

    nats: float
    register_nats: float
    values: float
    notes: float
    hits: float
    register_hits: float

    def __add__(self, other: tuple[float, ...]) -> Losses:  # type: ignore[override]
        """Both together."""
        return Losses(*(a + b for a, b in zip(self, other, strict=True)))


NOTHING = Losses(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class Stepper:
    """The training graph of `layers` after `settings`, `steps` steps long in all (the rate falls to 0
    there). The layers must have been made in the scope of the workers' strategy.
    """

    def __init__(
        self, layers: Layers, settings: TrainingSettings, steps: int, workers: Workers | None = None
    ) -> None:
        self.layers, self.settings, self.workers = layers, settings, workers or Workers()
        self.strategy = self.workers.strategy
        self.lanes = self.workers.lanes(settings.batch_size)
        self.variables = [
            variable for layer in _with_weights(layers) for variable in layer.trainable_variables
        ]
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if settings.warmup_steps else settings.learning_rate,
            decay_steps=max(steps - settings.warmup_steps, 1),
            warmup_target=settings.learning_rate if settings.warmup_steps else None,
            warmup_steps=settings.warmup_steps,
        )
        self.optimizer = AdamW(
            self.variables,
            rate,
            strategy=self.strategy,
            weight_decay=settings.weight_decay,
            clip_norm=settings.clip_norm,
        )
        shape = (settings.batch_size // self.workers.replicas, layers.n_a)
        with self.strategy.scope():
            # Each replica has its own, of the solos in its lanes.
            self.states = [
                tf.Variable(
                    tf.zeros(shape), trainable=False, synchronization=tf.VariableSynchronization.ON_READ
                )
                for _ in range(2 * settings.layers)
            ]
            self.averages = (
                [tf.Variable(v.numpy(), trainable=False) for v in self.variables]
                if settings.ema_momentum
                else []
            )
            self._unrolled = _unrolled_model(layers, settings) if settings.graph == "unrolled" else None
        self._run = tf.function(self._steps, reduce_retracing=True)
        self._measure = tf.function(self._window_losses, reduce_retracing=True)
        self._gathered_states = tf.function(self._gather_states)
        self._set_states = tf.function(self._share_states)

    # ------------------------------------------------------------------------------------------- training

    def train(
        self, batches: Iterable[Batch], should_save: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Losses, bool]]:
        """Take a step a batch, of which `batches` holds this process's lanes.

        Yields the summed losses of every few steps, and whether any worker's `should_save` was true then: all
        see the same answer at the same step.
        """
        like = Batch.empty(len(self.lanes), self.settings.Tx, self.layers.spec)
        pending = iter(as_dataset(batches, like))
        while True:
            sums, taken, votes = self._run(pending, tf.constant(float(should_save())))
            taken = int(taken)
            if taken:
                yield Losses(*(float(number) for number in sums.numpy())), bool(votes > 0)
            if taken < STEPS_AT_ONCE:
                return

    def _steps(self, pending: Any, vote: Any) -> Any:
        """Up to `STEPS_AT_ONCE` steps: the losses summed, how many steps were taken, votes to save summed."""
        sums = tf.zeros(len(Losses._fields))
        taken = tf.constant(0)
        for _ in tf.range(STEPS_AT_ONCE):
            item = pending.get_next_as_optional()
            if not item.has_value():
                break
            sums += self._step(*item.get_value())
            taken += 1
        return sums, taken, self.workers.first_replica(self.strategy.run(self.workers.summed, args=(vote,)))

    def _step(self, *arrays: Any) -> Any:
        """One step of all replicas together: the losses of the whole batch."""
        gradients, losses = self.strategy.run(self._gradients, args=arrays)
        self.optimizer.apply(gradients)
        # Early on the average of the few steps so far, instead of mostly the random beginning.
        t = tf.cast(self.optimizer.step, tf.float32)
        momentum = tf.minimum(self.settings.ema_momentum, t / (t + 9.0))
        for average, variable in zip(self.averages, self.variables, strict=False):
            self.strategy.extended.update(average, _averaged, args=(momentum, variable.value))
        return self.workers.first_replica(losses)

    def _gradients(self, *arrays: Any) -> Any:
        """On one replica: the gradients and the losses of the whole batch; the states go on."""
        batch = Batch(*(self.workers.own_lanes(array, whole=False) for array in arrays))
        carried = tf.cast(tf.logical_not(batch.begins), tf.float32)[:, None]
        states = [state * carried for state in self.states]
        with tf.GradientTape() as tape:
            log_probs, log_register, after = self._forward(batch, states)
            losses = _losses(log_probs, log_register, batch)
            loss = (losses[0] + losses[1]) / float(self.settings.batch_size * self.settings.Tx)
        gradients = tape.gradient(loss, [variable.value for variable in self.variables])
        for state, value in zip(self.states, _carried(after, batch), strict=True):
            state.assign(value)
        *gradients, sums = self.workers.summed([*gradients, tf.stack(losses)])
        return self.optimizer.clipped(gradients), sums

    def _forward(self, batch: Batch, states: list[Any]) -> tuple[Any, Any, list[Any]]:
        masks = self._masks() if self.settings.dropout else None
        given = self._dropped(inputs(self.layers, batch))
        if self._unrolled is None:
            recurrent_masks = self._recurrent_masks()
            forward = fused_forward(
                self.layers, **given, states=states, masks=masks, recurrent_masks=recurrent_masks
            )
            register = None if forward.register is None else tf.nn.log_softmax(forward.register)
            return tf.nn.log_softmax(forward.values), register, forward.states
        given |= dict(zip(_named(self._unrolled, "a0", "c0"), states, strict=True))
        given |= dict(zip(_named(self._unrolled, "mask"), masks or [], strict=True))
        probs, *rest = self._unrolled({name: given[name] for name in _named(self._unrolled)})
        register = tf.math.log(tf.maximum(rest.pop(0), TINY)) if self.layers.registor is not None else None
        return tf.math.log(tf.maximum(probs, TINY)), register, rest

    def _keep(self, shape: tuple[int, ...], rate: float, number: int) -> Any:
        """Factors 0 or 1 / (1 - rate), drawn from the seed, the step and the `number` of what is dropped.

        For a whole batch, also where a replica needs its lanes only: then every number of replicas drops the
        same.
        """
        step = tf.cast(self.optimizer.step, tf.int32)
        seed = tf.stack([self.settings.seed % 2**31, step * 32 + number])
        return tf.cast(tf.random.stateless_uniform(shape, seed) >= rate, tf.float32) / (1 - rate)

    def _masks(self) -> list[Any]:
        """On what each layer passes upwards."""
        settings = self.settings
        shape = (settings.batch_size, settings.Tx, self.layers.n_a)
        masks = [self._keep(shape, settings.dropout, layer) for layer in range(settings.layers)]
        return [self.workers.own_lanes(mask) for mask in masks]

    def _recurrent_masks(self) -> list[Any] | None:
        """On the recurrent kernels."""
        settings, n_a = self.settings, self.layers.n_a
        if not settings.recurrent_dropout:
            return None
        numbers = range(settings.layers)
        return [self._keep((n_a, 4 * n_a), settings.recurrent_dropout, 8 + layer) for layer in numbers]

    def _dropped(self, given: dict[str, Any]) -> dict[str, Any]:
        """Without some of the context's facts and some of the values heard."""
        settings, m = self.settings, self.settings.batch_size
        if settings.context_dropout and self.layers.spec.width:
            kept = self._keep((m, 1, self.layers.spec.width), settings.context_dropout, 16)
            given["C"] = given["C"] * self.workers.own_lanes(kept)
        if settings.value_dropout:
            kept = self._keep((m, settings.Tx, 1), settings.value_dropout, 17)
            given["X"] = given["X"] * self.workers.own_lanes(kept)
        return given

    # ------------------------------------------------------------------------------------------ measuring

    def held_out_losses(self, arrays: Mapping[str, FloatArray], batches: Iterable[Batch]) -> Losses:
        """The losses of the weights `arrays` over `batches`, each solo in one pass from zero states.

        The layers hold their own weights again afterwards.
        """
        own = layer_weights(self.layers)
        set_layer_weights(self.layers, arrays)
        total, states = NOTHING, None
        for batch in batches:
            if states is None:
                states = [tf.zeros((len(batch.X), self.layers.n_a)) for _ in self.states]
            tensors = [tf.constant(array, tf.bool if array.dtype == bool else tf.int32) for array in batch]
            sums, states = self._measure(tensors, states)
            total += tuple(float(number) for number in sums.numpy())
        set_layer_weights(self.layers, own)
        return total

    def _window_losses(self, arrays: Any, states: Any) -> Any:
        """The losses of one batch without dropout, and the states after it."""
        batch, layers = Batch(*arrays), self.layers
        carried = tf.cast(tf.logical_not(batch.begins), tf.float32)[:, None]
        done = fused_forward(layers, **inputs(layers, batch), states=[state * carried for state in states])
        register = None if done.register is None else tf.nn.log_softmax(done.register)
        losses = tf.stack(_losses(tf.nn.log_softmax(done.values), register, batch))
        return losses, _carried(done.states, batch)

    # ------------------------------------------------------------------------------- what goes in and out

    def forget(self) -> None:
        """Begin an epoch: no lane carries a state."""
        shape = (self.settings.batch_size, self.layers.n_a)
        self._set_states([tf.zeros(shape)] * len(self.states))

    def arrays(self) -> dict[str, FloatArray]:
        """The weights to keep: their moving average, where there is one."""
        arrays = layer_weights(self.layers)
        if self.averages:
            for name, average in zip(arrays, self.averages, strict=True):
                arrays[name] = average.numpy()
        return arrays

    def state(self) -> dict[str, FloatArray]:
        """Everything that the next step depends on, as float32 arrays; steps taken are not among it.

        The carried states are those of the whole batch, gathered from all workers: each must ask.
        """
        arrays = {f"weights/{name}": array for name, array in layer_weights(self.layers).items()}
        for k, moment in enumerate(self.optimizer.moments):
            arrays[f"optimizer/{k}"] = moment.numpy()
        for k, state in enumerate(self._gathered_states()):
            arrays[f"carried/{k}"] = state.numpy()
        for k, average in enumerate(self.averages):
            arrays[f"average/{k}"] = average.numpy()
        return arrays

    def restore(self, arrays: Mapping[str, FloatArray], steps: int) -> None:
        """Go on from `state()` after `steps` steps, of as many workers as there are now."""
        weights = {name[8:]: array for name, array in arrays.items() if name.startswith("weights/")}
        set_layer_weights(self.layers, weights)
        self.optimizer.step.assign(steps)
        for k, moment in enumerate(self.optimizer.moments):
            moment.assign(arrays[f"optimizer/{k}"])
        self._set_states([tf.constant(arrays[f"carried/{k}"]) for k in range(len(self.states))])
        for k, average in enumerate(self.averages):
            average.assign(arrays[f"average/{k}"])

    def _gather_states(self) -> list[Any]:
        """The states of the whole batch, (m, n_a) each."""
        return [self.strategy.gather(self.strategy.run(state.read_value), axis=0) for state in self.states]

    def _share_states(self, whole: list[Any]) -> None:
        """Give each replica its lanes of the states of a whole batch, (m, n_a) each."""

        def assign(arrays: list[Any]) -> None:
            for state, array in zip(self.states, arrays, strict=True):
                state.assign(self.workers.own_lanes(array))

        self.strategy.run(assign, args=(whole,))

    def start_from(self, arrays: Mapping[str, FloatArray]) -> None:
        """Begin with given weights instead of random ones."""
        set_layer_weights(self.layers, arrays)
        for average, variable in zip(self.averages, self.variables, strict=False):
            average.assign(variable.value)

    @property
    def steps_taken(self) -> int:
        """Since the beginning."""
        return int(self.optimizer.step.numpy())


def _averaged(average: Any, momentum: Any, value: Any) -> None:
    """A step of the moving average, on one replica."""
    average.assign(momentum * average + (1 - momentum) * value)


def _named(model: keras.Model, *beginnings: str) -> list[str]:
    """The inputs whose names begin so; all of them if nothing is said."""
    names = [tensor.name for tensor in model.inputs]
    return [name for name in names if name.startswith(beginnings or "")]


def _with_weights(layers: Layers) -> list[Any]:
    optional = (layers.motor, layers.recall, layers.register_hidden, layers.registor)
    above = [layer for layer in optional if layer is not None]
    return [*layers.cells, layers.densor, *above]


def _unrolled_model(layers: Layers, settings: TrainingSettings) -> keras.Model:
    graph = unroll(settings.Tx, layers, masks=settings.dropout > 0)
    register = [] if graph.register is None else [graph.register]
    return keras.Model(graph.inputs, [graph.probs, *register, *graph.states], name="djmodel")


def inputs(layers: Layers, batch: Batch) -> dict[str, Any]:
    """X, C, P and V of a batch, as `model.unroll` names them."""
    return {
        "X": tf.one_hot(batch.X, N_VALUES),
        "C": multi_hot(batch.rows, layers.spec.width),
        "L": tf.one_hot(batch.last, 12),
        "P": proposals(batch.proposed, batch.agree),
        "V": drawn(batch.Y, batch.near),
    }


def _carried(after: list[Any], batch: Batch) -> list[Any]:
    """The states (m, n_a) after each lane's last value, of those after each step: a window that is shorter
    is filled up behind, and the network must not have heard that.
    """
    values = tf.reduce_sum(tf.cast(batch.Y >= 0, tf.int32), axis=1)  # (m,)
    return [tf.gather(states, tf.maximum(values - 1, 0), axis=1, batch_dims=1) for states in after]


def _losses(log_probs: Any, log_register: Any, batch: Batch) -> list[Any]:
    """The sums of `Losses`, of a batch."""
    Y, displacement = batch.Y, batch.displacement
    nats, values, hits = _summed(log_probs, Y)
    if log_register is None:
        none = tf.constant(0.0)
        return [nats, none, values, tf.reduce_sum(tf.cast(displacement >= 0, tf.float32)), hits, none]
    register_nats, notes, register_hits = _summed(log_register, displacement)
    return [nats, register_nats, values, notes, hits, register_hits]


def _summed(log_probs: Any, targets: Any) -> tuple[Any, Any, Any]:
    """Nats, how many targets there are (-1 is none), and how many are the likeliest."""
    there = tf.cast(targets >= 0, tf.float32)
    chosen = tf.gather(log_probs, tf.maximum(targets, 0), batch_dims=2)
    likeliest = tf.argmax(log_probs, axis=-1, output_type=tf.int32)
    hits = tf.reduce_sum(tf.cast(likeliest == targets, tf.float32))
    return -tf.reduce_sum(chosen * there), tf.reduce_sum(there), hits
