"""One step of gradient descent, and one pass over held-out solos, as TensorFlow graphs.

`Stepper` holds what changes from step to step: the weights, Adam's moments, the moving average of the
weights and the recurrent state that each lane of a batch carries to its next window. Everything random in a
step (dropout) is drawn from the seed and the step's number, so a run that was cut off and goes on from a
saved state takes the same steps as one that was not.

Where several workers train together (`workers.py`) each replica computes its lanes of the batch; what is
summed over all of them, and every weight, is the same on each.

Letters: m lanes of a batch, Tx steps, n_a units, F features of the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from jazzgen.corpus.batches import Batch
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.network import (
    Inputs,
    Network,
    drawn_input,
    encode_inputs,
    network_weights,
    octave_logits,
    recur,
    set_network_weights,
    value_logits,
    with_weights,
)
from jazzgen.tokens.tracker import N_TAUGHT
from jazzgen.tokens.vocabulary import N_VALUES
from jazzgen.training.data import as_dataset, tensor_type
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.workers import Workers

# Windows between two looks at Python: with 1 the interpreter, not the arithmetic, sets the speed of a small
# model.
STEPS_AT_ONCE = 20
NOT_DECAYED = ["bias", "strength"]  # parts of the names of weights that do not decay


class Losses(NamedTuple):
    """Sums over values and notes: nats of the values, of the octaves; how many of each; right guesses of
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
    """The training graph of a network.

    Parameters
    ----------
    network
        Made in the scope of the workers' strategy.
    settings
        The recipe.
    steps
        In all: there the learning rate has fallen to 0.
    workers
        Those that train together; None for this process alone.
    """

    def __init__(
        self, network: Network, settings: TrainingSettings, steps: int, workers: Workers | None = None
    ) -> None:
        self.network, self.settings, self.workers = network, settings, workers or Workers()
        self.strategy = self.workers.strategy
        self.lanes = self.workers.lanes(settings.batch_size)
        self.variables = [v for _, layer in with_weights(network) for v in layer.trainable_variables]
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if settings.warmup_steps else settings.learning_rate,
            decay_steps=max(steps - settings.warmup_steps, 1),
            warmup_target=settings.learning_rate if settings.warmup_steps else None,
            warmup_steps=settings.warmup_steps,
        )
        shape = (settings.batch_size // self.workers.replicas, network.n_a)
        with self.strategy.scope():
            self.optimizer = keras.optimizers.AdamW(rate, settings.weight_decay)
            self.optimizer.exclude_from_weight_decay(var_names=NOT_DECAYED)
            self.optimizer.build(self.variables)
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
        self._run = tf.function(self._steps, reduce_retracing=True)
        self._measured = tf.function(self._losses, reduce_retracing=True)
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
        taught = N_TAUGHT if self.settings.distillation else 0
        like = Batch.empty(len(self.lanes), self.settings.Tx, self.network.spec, taught)
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
        losses = self.strategy.run(self._descend, args=arrays)
        # Early on the average of the few steps so far, instead of mostly the random beginning.
        t = tf.cast(self.optimizer.iterations.value, tf.float32)
        momentum = tf.minimum(self.settings.ema_momentum, t / (t + 9.0))
        for average, variable in zip(self.averages, self.variables, strict=False):
            self.strategy.extended.update(average, _averaged, args=(momentum, variable.value))
        return self.workers.first_replica(losses)

    def _descend(self, *arrays: Any) -> Any:
        """On one replica: a step along the gradients of the whole batch; the states go on.

        Keras clips the gradients of each replica before it sums them, so that two workers would take other
        steps than one: here they are summed and clipped before, and Keras is given each replica's share.
        """
        replicas = self.workers.replicas
        parts = [self.workers.own_lanes(array, whole=False) for array in arrays]
        with tf.GradientTape() as tape:
            losses, after, objective = self._losses(parts, self.states, train=True)
            loss = objective / float(self.settings.batch_size * self.settings.Tx)
        gradients = tape.gradient(loss, [variable.value for variable in self.variables])
        for state, value in zip(self.states, after, strict=True):
            state.assign(value)
        *gradients, losses = self.workers.summed([*gradients, losses])
        gradients, _ = tf.clip_by_global_norm(gradients, self.settings.clip_norm)
        self.optimizer.apply([gradient / replicas for gradient in gradients], self.variables)
        return losses

    def _losses(self, arrays: Any, states: Any, train: bool = False) -> tuple[Any, list[Any], Any]:
        """The sums of `Losses` over a batch, the states after each lane's last value, and the nats to make
        small: those of the values and octaves, and, with a teacher, those of its shares.
        """
        batch = Batch(*arrays)
        carried = tf.cast(tf.logical_not(batch.begins), tf.float32)[:, None]
        given = encode_inputs(
            self.network.spec.width,
            batch.X,
            batch.active,
            batch.last_degree,
            batch.proposed,
            batch.match,
            batch.ratios,
        )
        if train:
            given = self._dropped(given)
        top, after = recur(
            self.network,
            tf.concat([given.X, given.C], axis=-1),
            [state * carried for state in states],
            valid=batch.Y >= 0,  # a window that is shorter is filled up behind
            masks=self._masks() if train else None,
            recurrent_masks=self._recurrent_masks() if train else None,
            unrolled=train and self.settings.graph == "unrolled",
        )
        logits = value_logits(self.network, top, given.C, given.L, given.P, given.R)
        nats, values, hits = _summed(logits, batch.Y)
        learns = train and self.settings.distillation > 0
        taught = _cross_entropy(logits, batch.taught[..., :N_VALUES]) if learns else 0.0
        if self.network.octave_head is None:
            notes = tf.reduce_sum(tf.cast(batch.displacement >= 0, tf.float32))
            octave_nats = octave_hits = tf.constant(0.0)
        else:
            logits = octave_logits(self.network, top, given.C, drawn_input(batch.Y, batch.near))
            octave_nats, notes, octave_hits = _summed(logits, batch.displacement)
            if learns:
                taught += _cross_entropy(logits, batch.taught[..., N_VALUES:])
        sums = tf.stack([nats, octave_nats, values, notes, hits, octave_hits])
        share = self.settings.distillation if learns else 0.0
        return sums, after, (1 - share) * (nats + octave_nats) + share * taught

    def _keep(self, shape: tuple[int, ...], rate: float, number: int) -> Any:
        """Factors 0 or 1 / (1 - rate), drawn from the seed, the step and the `number` of what is dropped.

        For a whole batch, also where a replica needs its lanes only: then every number of replicas drops the
        same.
        """
        step = tf.cast(self.optimizer.iterations.value, tf.int32)
        seed = tf.stack([self.settings.seed % 2**31, step * 32 + number])
        return tf.cast(tf.random.stateless_uniform(shape, seed) >= rate, tf.float32) / (1 - rate)

    def _masks(self) -> list[Any] | None:
        """On what each layer passes upwards."""
        settings = self.settings
        if not settings.dropout:
            return None
        shape = (settings.batch_size, settings.Tx, self.network.n_a)
        masks = [self._keep(shape, settings.dropout, layer) for layer in range(settings.layers)]
        return [self.workers.own_lanes(mask) for mask in masks]

    def _recurrent_masks(self) -> list[Any] | None:
        """On the recurrent kernels."""
        settings, n_a = self.settings, self.network.n_a
        if not settings.recurrent_dropout:
            return None
        numbers = range(settings.layers)
        return [self._keep((n_a, 4 * n_a), settings.recurrent_dropout, 8 + layer) for layer in numbers]

    def _dropped(self, given: Inputs) -> Inputs:
        """Without some of the context's features, for a whole window, and some of the values before."""
        settings, m = self.settings, self.settings.batch_size
        if settings.context_dropout and self.network.spec.width:
            kept = self._keep((m, 1, self.network.spec.width), settings.context_dropout, 16)
            given = given._replace(C=given.C * self.workers.own_lanes(kept))
        if settings.value_dropout:
            kept = self._keep((m, settings.Tx, 1), settings.value_dropout, 17)
            given = given._replace(X=given.X * self.workers.own_lanes(kept))
        return given

    # --------------------------------------------------------------------------------------------- held out

    def held_out_losses(self, arrays: Mapping[str, FloatArray], batches: Iterable[Batch]) -> Losses:
        """The losses of the weights `arrays` over `batches`, each solo in one pass from zero states.

        The network holds its own weights again afterwards.
        """
        own = network_weights(self.network)
        set_network_weights(self.network, arrays)
        total, states = NOTHING, None
        for batch in batches:
            if states is None:
                states = [tf.zeros((len(batch.X), self.network.n_a)) for _ in self.states]
            tensors = [tf.constant(array, tensor_type(array)) for array in batch]
            sums, states, _ = self._measured(tensors, states)
            total += tuple(float(number) for number in sums.numpy())
        set_network_weights(self.network, own)
        return total

    # ------------------------------------------------------------------------------- what goes in and out

    def forget(self) -> None:
        """Begin an epoch: no lane carries a state."""
        shape = (self.settings.batch_size, self.network.n_a)
        self._set_states([tf.zeros(shape)] * len(self.states))

    def arrays(self) -> dict[str, FloatArray]:
        """The weights to keep: their moving average, where there is one."""
        arrays = network_weights(self.network)
        if self.averages:
            for name, average in zip(arrays, self.averages, strict=True):
                arrays[name] = average.numpy()
        return arrays

    def state(self) -> dict[str, FloatArray]:
        """Everything that the next step depends on, as float32 arrays; steps taken are not among it.

        The carried states are those of the whole batch, gathered from all workers: each must ask.
        """
        arrays = {f"weights/{name}": array for name, array in network_weights(self.network).items()}
        for k, moment in enumerate(self._moments):
            arrays[f"optimizer/{k}"] = moment.numpy()
        for k, state in enumerate(self._gathered_states()):
            arrays[f"carried/{k}"] = state.numpy()
        for k, average in enumerate(self.averages):
            arrays[f"average/{k}"] = average.numpy()
        return arrays

    def restore(self, arrays: Mapping[str, FloatArray], steps: int) -> None:
        """Go on from `state()` after `steps` steps, of as many workers as there are now."""
        weights = {name[8:]: array for name, array in arrays.items() if name.startswith("weights/")}
        set_network_weights(self.network, weights)
        self.optimizer.iterations.assign(steps)
        for k, moment in enumerate(self._moments):
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
        set_network_weights(self.network, arrays)
        for average, variable in zip(self.averages, self.variables, strict=False):
            average.assign(variable.value)

    @property
    def steps_taken(self) -> int:
        """Since the beginning."""
        return int(self.optimizer.iterations.numpy())

    @property
    def _moments(self) -> list[Any]:
        """The optimizer's moving averages of the gradients and of their squares."""
        return [v for v in self.optimizer.variables if v is not self.optimizer.iterations]


def _averaged(average: Any, momentum: Any, value: Any) -> None:
    """A step of the moving average, on one replica."""
    average.assign(momentum * average + (1 - momentum) * value)


def _summed(logits: Any, targets: Any) -> tuple[Any, Any, Any]:
    """Nats, how many targets there are (-1 is none), and how many are the likeliest."""
    is_target = tf.cast(targets >= 0, tf.float32)
    chosen = tf.gather(tf.nn.log_softmax(logits), tf.maximum(targets, 0), batch_dims=2)
    likeliest = tf.argmax(logits, axis=-1, output_type=tf.int32)
    hits = tf.reduce_sum(tf.cast(likeliest == targets, tf.float32))
    return -tf.reduce_sum(chosen * is_target), tf.reduce_sum(is_target), hits


def _cross_entropy(logits: Any, shares: Any) -> Any:
    """Nats, summed, of a teacher's `shares`; where they are all 0 there is nothing to learn."""
    return -tf.reduce_sum(shares * tf.nn.log_softmax(logits))
