"""One step of gradient descent, and one pass over held-out solos, as TensorFlow graphs.

`Stepper` holds what changes from step to step: the weights, Adam's moments, the moving average of the
weights and the recurrent state that each place of a batch carries to its next window. Everything random in a
step (dropout) is drawn from the seed and the step's number, so a run that was cut off and goes on from a
saved state takes the same steps as one that was not.

Letters: m places of a batch, Tx steps, n_a units, F facts of the context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np

from jazzgen.dataset import Batch
from jazzgen.model import Layers, keras, layer_weights, set_layer_weights, tf, unroll
from jazzgen.training.fused import drawn, fused_forward, multi_hot
from jazzgen.training.settings import Settings
from jazzgen.vocabulary import N_VALUES
from jazzgen.weights import FloatArray

__all__ = ["Losses", "Stepper", "held_out_losses"]

TINY = float(np.finfo(np.float32).tiny)
# Windows between two looks at Python: with 1 the interpreter, not the arithmetic, sets the speed of a small
# model.
STEPS_AT_ONCE = 20


class Losses(NamedTuple):
    """Sums over values and notes: nats of the values, of the registers; how many of each; right guesses of each."""

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
    """The training graph of `layers` after `settings`, `steps` steps long in all (the rate falls to 0 there)."""

    def __init__(self, layers: Layers, settings: Settings, steps: int) -> None:
        self.layers, self.settings = layers, settings
        self.variables = [
            variable for layer in _with_weights(layers) for variable in layer.trainable_variables
        ]
        self.optimizer = keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                0.0 if settings.warm_up else settings.learning_rate,
                decay_steps=max(steps - settings.warm_up, 1),
                warmup_target=settings.learning_rate if settings.warm_up else None,
                warmup_steps=settings.warm_up,
            ),
            weight_decay=settings.weight_decay,
            global_clipnorm=settings.clip_norm,
        )
        self.optimizer.exclude_from_weight_decay(var_names=["bias"])
        self.optimizer.build(self.variables)
        shape = (settings.batch_size, layers.n_a)
        self.states = [tf.Variable(tf.zeros(shape)) for _ in range(2 * settings.layers)]
        self.averages = [tf.Variable(v.value) for v in self.variables] if settings.average else []
        self._unrolled = _unrolled_model(layers, settings) if settings.graph == "unrolled" else None
        self._run = tf.function(self._steps, reduce_retracing=True)

    # ------------------------------------------------------------------------------------------- training

    def train(self, batches: Iterable[Batch]) -> Iterator[Losses]:
        """Take a step a batch; yields the summed losses of every few steps."""
        pending = iter(_dataset(batches, self.settings, self.layers.layout.slots))
        while True:
            sums, taken = self._run(pending)
            taken = int(taken)
            if taken:
                yield Losses(*(float(number) for number in sums.numpy()))
            if taken < STEPS_AT_ONCE:
                return

    def _steps(self, pending: Any) -> Any:
        """Up to `STEPS_AT_ONCE` steps: the losses summed, and how many steps were taken."""
        sums = tf.zeros(len(Losses._fields))
        taken = tf.constant(0)
        for _ in tf.range(STEPS_AT_ONCE):
            item = pending.get_next_as_optional()
            if not item.has_value():
                break
            sums += self._step(*item.get_value())
            taken += 1
        return sums, taken

    def _step(self, X: Any, Y: Any, rows: Any, displacement: Any, near: Any, begins: Any) -> Any:
        carried = tf.cast(tf.logical_not(begins), tf.float32)[:, None]
        states = [state * carried for state in self.states]
        with tf.GradientTape() as tape:
            log_probs, log_register, after = self._forward(X, Y, rows, near, states)
            losses = _losses(log_probs, log_register, Y, displacement)
            loss = (losses[0] + losses[1]) / tf.cast(tf.size(Y), tf.float32)
        gradients = tape.gradient(loss, [variable.value for variable in self.variables])
        self.optimizer.apply(gradients)
        for state, value in zip(self.states, after, strict=True):
            state.assign(value)
        for average, variable in zip(self.averages, self.variables, strict=False):
            # Early on the average of the few steps so far, instead of mostly the random beginning.
            t = tf.cast(self.optimizer.iterations.value, tf.float32)
            momentum = tf.minimum(self.settings.average, t / (t + 9.0))
            average.assign(momentum * average + (1 - momentum) * variable.value)
        return tf.stack(losses)

    def _forward(self, X: Any, Y: Any, rows: Any, near: Any, states: list[Any]) -> tuple[Any, Any, list[Any]]:
        masks = self._masks() if self.settings.dropout else None
        C = multi_hot(rows, self.layers.layout.width)
        V = drawn(Y, near)
        if self._unrolled is None:
            forward = fused_forward(self.layers, tf.one_hot(X, N_VALUES), C, V, states, masks)
            register = None if forward.register is None else tf.nn.log_softmax(forward.register)
            return tf.nn.log_softmax(forward.values), register, forward.states
        given = {"X": tf.one_hot(X, N_VALUES), "C": C, "V": V}
        given |= dict(zip(self._state_names, states, strict=True))
        given |= dict(zip(self._mask_names, masks or [], strict=bool(masks)))
        probs, *rest = self._unrolled({name: given[name] for name in self._unrolled.input_names})
        register = tf.math.log(tf.maximum(rest.pop(0), TINY)) if self.layers.registor is not None else None
        return tf.math.log(tf.maximum(probs, TINY)), register, rest

    @property
    def _state_names(self) -> list[str]:
        return [name for name in self._unrolled.input_names if name[:2] in ("a0", "c0")]

    @property
    def _mask_names(self) -> list[str]:
        return [name for name in self._unrolled.input_names if name.startswith("mask")]

    def _masks(self) -> list[Any]:
        """Factors 0 or 1 / (1 - dropout) on what each layer passes upwards, from the seed and the step alone."""
        settings, masks = self.settings, []
        shape = (settings.batch_size, settings.Tx, self.layers.n_a)
        step = tf.cast(self.optimizer.iterations.value, tf.int32)
        for layer in range(settings.layers):
            seed = tf.stack([settings.seed % 2**31, step * settings.layers + layer])
            kept = tf.random.stateless_uniform(shape, seed) >= settings.dropout
            masks.append(tf.cast(kept, tf.float32) / (1 - settings.dropout))
        return masks

    # ------------------------------------------------------------------------------- what goes in and out

    def forget(self) -> None:
        """Begin an epoch: no place carries a state."""
        for state in self.states:
            state.assign(tf.zeros_like(state))

    def arrays(self) -> dict[str, FloatArray]:
        """The weights to keep: their moving average, where there is one."""
        arrays = layer_weights(self.layers)
        if self.averages:
            for name, average in zip(arrays, self.averages, strict=True):
                arrays[name] = average.numpy()
        return arrays

    def state(self) -> dict[str, FloatArray]:
        """Everything that the next step depends on, as float32 arrays; steps taken are not among it."""
        arrays = {f"weights/{name}": array for name, array in layer_weights(self.layers).items()}
        for k, moment in enumerate(self._moments()):
            arrays[f"optimizer/{k}"] = np.array(moment, np.float32)
        for k, state in enumerate(self.states):
            arrays[f"carried/{k}"] = state.numpy()
        for k, average in enumerate(self.averages):
            arrays[f"average/{k}"] = average.numpy()
        return arrays

    def restore(self, arrays: Mapping[str, FloatArray], steps: int) -> None:
        """Go on from `state()` after `steps` steps."""
        weights = {name[8:]: array for name, array in arrays.items() if name.startswith("weights/")}
        set_layer_weights(self.layers, weights)
        self.optimizer.iterations.assign(steps)
        for k, moment in enumerate(self._moments()):
            moment.assign(arrays[f"optimizer/{k}"])
        for k, state in enumerate(self.states):
            state.assign(arrays[f"carried/{k}"])
        for k, average in enumerate(self.averages):
            average.assign(arrays[f"average/{k}"])

    def start_from(self, arrays: Mapping[str, FloatArray]) -> None:
        """Begin with given weights instead of random ones."""
        set_layer_weights(self.layers, arrays)
        for average, variable in zip(self.averages, self.variables, strict=False):
            average.assign(variable.value)

    @property
    def steps_taken(self) -> int:
        """Since the beginning."""
        return int(self.optimizer.iterations.numpy())

    def _moments(self) -> list[Any]:
        """Adam's moving averages; not its counter and its rate, which are whole or follow from it."""
        return [v for v in self.optimizer.variables if v.shape and len(v.shape) > 0]


def _with_weights(layers: Layers) -> list[Any]:
    above = [layer for layer in (layers.register_hidden, layers.registor) if layer is not None]
    return [*layers.cells, layers.densor, *above]


def _unrolled_model(layers: Layers, settings: Settings) -> keras.Model:
    graph = unroll(settings.Tx, layers, masks=settings.dropout > 0)
    register = [] if graph.register is None else [graph.register]
    return keras.Model(graph.inputs, [graph.probs, *register, *graph.states], name="djmodel")


def _losses(log_probs: Any, log_register: Any, Y: Any, displacement: Any) -> list[Any]:
    """The sums of `Losses`, of a batch."""
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


def _dataset(batches: Iterable[Batch], settings: Settings, slots: int) -> Any:
    m, Tx = settings.batch_size, settings.Tx
    shapes = Batch((m, Tx), (m, Tx), (m, Tx, slots), (m, Tx), (m, Tx), (m,))  # type: ignore[arg-type]
    types = Batch(tf.int32, tf.int32, tf.int32, tf.int32, tf.int32, tf.bool)  # type: ignore[arg-type]
    signature = tuple(tf.TensorSpec(*pair) for pair in zip(shapes, types, strict=True))
    return tf.data.Dataset.from_generator(lambda: batches, output_signature=signature).prefetch(4)


def held_out_losses(layers: Layers, arrays: Mapping[str, FloatArray], batches: Iterable[Batch]) -> Losses:
    """The losses of `arrays` over `batches`, each solo in one pass from zero states.

    The layers hold their own weights again afterwards.
    """
    own = layer_weights(layers)
    set_layer_weights(layers, arrays)
    total, states = NOTHING, None
    forward = _evaluator(layers)
    for batch in batches:
        if states is None:
            states = [tf.zeros((len(batch.X), layers.n_a)) for _ in range(2 * len(layers.cells))]
        sums, states = forward(*(tf.convert_to_tensor(array) for array in batch), states)
        total += tuple(float(number) for number in sums.numpy())
    set_layer_weights(layers, own)
    return total


_EVALUATORS: dict[int, Any] = {}


def _evaluator(layers: Layers) -> Any:
    """One graph for each set of layers: tracing takes longer than running."""

    def forward(X: Any, Y: Any, rows: Any, displacement: Any, near: Any, begins: Any, states: Any) -> Any:
        carried = tf.cast(tf.logical_not(begins), tf.float32)[:, None]
        done = fused_forward(
            layers,
            tf.one_hot(X, N_VALUES),
            multi_hot(tf.cast(rows, tf.int32), layers.layout.width),
            drawn(Y, near),
            [state * carried for state in states],
        )
        register = None if done.register is None else tf.nn.log_softmax(done.register)
        return tf.stack(_losses(tf.nn.log_softmax(done.values), register, Y, displacement)), done.states

    key = id(layers.LSTM_cell)
    return _EVALUATORS.setdefault(key, tf.function(forward, reduce_retracing=True))


def recipe(settings: Settings) -> dict[str, Any]:
    """The settings for a record, as JSON has them."""
    return {**asdict(settings), "features": [*settings.features]}
