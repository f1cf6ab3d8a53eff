"""The training graph: fused and unrolled agree, and a step does what it says."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from jazzgen.corpus.batches import Batch, EpochPlan, stream
from jazzgen.model.checkpoint import describe_improviser, improviser_shapes
from jazzgen.model.layers import keras, layer_weights, make_layers, set_layer_weights, tf, unroll
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import encode_solo
from jazzgen.tokens.vocabulary import N_VALUES
from jazzgen.training.fused import fused_forward, multi_hot
from jazzgen.training.steps import Stepper, _with_weights, inputs
from tests.training.solos import ALL, FIRST_REST, QUICK, one_pass_nats, random_solos, tune

# how it is measured


def test_one_pass_in_keras_equals_numpy_whatever_the_windows():
    rng = np.random.default_rng(3)
    shapes = improviser_shapes(describe_improviser(8))
    arrays = {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}
    solos = [random_solos(1, length, seed=length)[0] for length in (7, 12, 1, 33)]
    expected = one_pass_nats(arrays, solos)
    for m, Tx in ((4, 40), (2, 5)):
        layers = make_layers(8)
        own = layer_weights(layers)
        batches = stream(solos.__getitem__, EpochPlan.straight(range(len(solos)), Tx), m, Tx, FeatureSpec())
        losses = Stepper(layers, QUICK, 1).held_out_losses(arrays, batches)
        assert losses.nats == pytest.approx(expected, rel=1e-5)
        assert losses.values == 53
        assert losses.notes == sum(int((solo.values < FIRST_REST).sum()) for solo in solos)
        for name, array in layer_weights(layers).items():
            np.testing.assert_array_equal(array, own[name])


@pytest.mark.parametrize("graph", ["unrolled", "fused"])
def test_windows_start_in_the_state_the_solo_has_reached(graph):
    """Also behind a first window that was shortened: what fills it up was not heard."""
    solos = random_solos(3, 17)
    settings = replace(QUICK, Tx=5, batch_size=3, graph=graph, learning_rate=0.0, weight_decay=0.0)
    layers = make_layers(8)
    stepper = Stepper(layers, settings, 10)
    whole = stepper.held_out_losses(
        layer_weights(layers), stream_of(solos, EpochPlan.straight(range(3), 17), 3, 17)
    )
    cut = stream_of(solos, EpochPlan(np.array([1, 0, 2]), np.array([5, 2, 4])), 3, 5)
    pieces = [losses for losses, _ in stepper.train(cut)]
    assert sum(losses.values for losses in pieces) == 3 * 17
    assert sum(losses.nats for losses in pieces) == pytest.approx(whole.nats, rel=1e-6)


def stream_of(solos, plan, m, Tx):
    return stream(solos.__getitem__, plan, m, Tx, FeatureSpec())


# a model with context features


@pytest.mark.parametrize(
    ("features", "players", "layers", "register_units"),
    [(ALL.features, ALL.players, 2, 5), ((), (), 1, 0), (("chord", "motif"), (), 1, 0)],
)
def test_the_fused_graph_has_the_outputs_and_gradients_of_the_unrolled_one(
    features, players, layers, register_units
):
    Tx, m, n_a = 5, 3, 7
    made = make_layers(n_a, layers=layers, spec=FeatureSpec(features, players), register_units=register_units)
    rng = np.random.default_rng(2)
    arrays = layer_weights(made)
    set_layer_weights(made, {name: rng.normal(0, 0.4, a.shape) for name, a in arrays.items()})
    examples = [encode_solo(made.spec, tune(k), players[0] if players else None) for k in range(m)]
    plan = EpochPlan(np.arange(m), np.array([5, 3, 4]))
    batch = [*stream(examples.__getitem__, plan, m, Tx, made.spec)][2]
    assert not features or (batch.proposed >= 0).any()
    tensors = [tf.constant(array, tf.bool if array.dtype == bool else tf.int32) for array in batch]
    given = inputs(made, Batch(*tensors))
    states = [tf.constant(rng.normal(size=(m, n_a)), tf.float32) for _ in range(2 * layers)]
    masks = [tf.constant(2.0 * (rng.random((m, Tx, n_a)) > 0.5), tf.float32) for _ in range(layers)]
    graph = unroll(Tx, made, masks=True)
    register = [] if graph.register is None else [graph.register]
    unrolled = keras.Model(graph.inputs, [graph.probs, *register, *graph.states])
    names = [name for name in graph.inputs if name.startswith(("a0", "c0"))]
    others = [name for name in graph.inputs if name.startswith("mask")]
    named = given | dict(zip(names, states, strict=True)) | dict(zip(others, masks, strict=True))
    variables = [v.value for layer in _with_weights(made) for v in layer.trainable_variables]
    weights = [tf.constant(rng.normal(size=(m, Tx, k)), tf.float32) for k in (N_VALUES, 5, n_a)]

    def run(fused: bool):
        with tf.GradientTape() as tape:
            tape.watch(states)
            if fused:
                forward = fused_forward(made, **given, states=states, masks=masks)
                log_probs, after = tf.nn.log_softmax(forward.values), forward.states
                octaves = None if forward.register is None else tf.nn.log_softmax(forward.register)
            else:
                probs, *rest = unrolled({name: named[name] for name in graph.inputs})
                octaves = tf.math.log(rest.pop(0)) if register_units else None
                log_probs, after = tf.math.log(probs), rest
            loss = tf.reduce_sum(log_probs * weights[0])
            if octaves is not None:
                loss += tf.reduce_sum(octaves * weights[1])
            loss += sum(tf.reduce_sum(state * weights[2]) for state in after)
        outputs = [log_probs, *([] if octaves is None else [octaves]), *after]
        return outputs, tape.gradient(loss, [*variables, *states])

    (ours, our_gradients), (theirs, their_gradients) = run(True), run(False)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)
    for mine, other in zip(our_gradients, their_gradients, strict=True):
        assert mine is not None
        largest = float(tf.reduce_max(tf.abs(other)))
        assert largest > 0
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5 * largest)


def test_rows_become_a_multi_hot_vector():
    rows = np.array([[[0, 3, 5], [5, 5, 5]]], np.int32)  # 5 is no row
    np.testing.assert_array_equal(multi_hot(tf.constant(rows), 5)[0], [[1, 0, 0, 1, 0], [0, 0, 0, 0, 0]])


def test_dropout_is_drawn_anew_each_step_and_the_same_for_one_seed():
    layers = make_layers(50)
    settings = replace(QUICK, n_a=50, dropout=0.4, batch_size=20)
    masks = []
    for seed, step in ((1, 0), (1, 0), (1, 1), (2, 0)):
        stepper = Stepper(layers, replace(settings, seed=seed), 10)
        stepper.optimizer.step.assign(step)
        masks.append(stepper._masks()[0].numpy())
    np.testing.assert_array_equal(masks[0], masks[1])
    assert set(np.unique(masks[0]).round(5)) == {0, np.float32(1 / 0.6).round(5)}
    for mask in masks:
        assert (mask == 0).mean() == pytest.approx(0.4, abs=0.04)
    for other in masks[2:]:
        assert ((masks[0] == 0) != (other == 0)).mean() == pytest.approx(2 * 0.4 * 0.6, abs=0.05)


def test_the_weights_kept_are_the_moving_average():
    settings = replace(QUICK, n_a=3, Tx=4, batch_size=2, ema_momentum=0.6)
    layers = make_layers(3)
    stepper = Stepper(layers, settings, 20)
    expected = layer_weights(layers)
    batches = [*stream_of(random_solos(2, 40), EpochPlan.straight(range(2), 4), 2, 4)]
    for taken, batch in enumerate(batches, start=1):
        assert len([*stepper.train([batch])]) == 1
        momentum = min(0.6, taken / (taken + 9))
        for name, array in layer_weights(layers).items():
            expected[name] = momentum * expected[name] + (1 - momentum) * array
        for name, array in stepper.arrays().items():
            np.testing.assert_allclose(array, expected[name], atol=1e-6)
    assert any((stepper.arrays()[name] != array).any() for name, array in layer_weights(layers).items())


def test_a_trainer_that_is_dropped_frees_its_graphs():
    stepper = Stepper(make_layers(8), QUICK, 10)
    batches = [*stream_of(random_solos(2, 9), EpochPlan.straight(range(2), 3), 32, 3)]
    assert len([*stepper.train(batches)]) == 1
    assert stepper.held_out_losses(stepper.arrays(), batches).values == 18
    gone = weakref.ref(stepper)
    del stepper
    gc.collect()
    assert gone() is None
