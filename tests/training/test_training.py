"""The training graph: fused and unrolled agree, and a step does what it says."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from jazzgen.corpus.batches import EpochPlan, stream
from jazzgen.model.checkpoint import describe_improviser, improviser_shapes
from jazzgen.model.network import make_network, network_weights, set_network_weights
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import encode_solo
from jazzgen.training.steps import Stepper
from tests.training.solos import ALL, FIRST_REST, QUICK, one_pass_nats, random_solos, tune

# how it is measured


def test_one_pass_in_keras_equals_numpy_whatever_the_windows():
    rng = np.random.default_rng(3)
    shapes = improviser_shapes(describe_improviser(8))
    arrays = {name: rng.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}
    solos = [random_solos(1, length, seed=length)[0] for length in (7, 12, 1, 33)]
    expected = one_pass_nats(arrays, solos)
    for m, Tx in ((4, 40), (2, 5)):
        network = make_network(8)
        own = network_weights(network)
        batches = stream(solos.__getitem__, EpochPlan.straight(range(len(solos)), Tx), m, Tx, FeatureSpec())
        losses = Stepper(network, QUICK, 1).held_out_losses(arrays, batches)
        assert losses.nats == pytest.approx(expected, rel=1e-5)
        assert losses.values == 53
        assert losses.notes == sum(int((solo.values < FIRST_REST).sum()) for solo in solos)
        for name, array in network_weights(network).items():
            np.testing.assert_array_equal(array, own[name])


@pytest.mark.parametrize("graph", ["unrolled", "fused"])
def test_windows_start_in_the_state_the_solo_has_reached(graph):
    """Also behind a first window that was shortened: what fills it up was not heard."""
    solos = random_solos(3, 17)
    settings = replace(QUICK, Tx=5, batch_size=3, graph=graph, learning_rate=0.0, weight_decay=0.0)
    network = make_network(8)
    stepper = Stepper(network, settings, 10)
    whole = stepper.held_out_losses(
        network_weights(network), stream_of(solos, EpochPlan.straight(range(3), 17), 3, 17)
    )
    cut = stream_of(solos, EpochPlan(np.array([1, 0, 2]), np.array([5, 2, 4])), 3, 5)
    pieces = [losses for losses, _ in stepper.train(cut)]
    assert sum(losses.values for losses in pieces) == 3 * 17
    assert sum(losses.nats for losses in pieces) == pytest.approx(whole.nats, rel=1e-6)


def stream_of(solos, plan, m, Tx):
    return stream(solos.__getitem__, plan, m, Tx, FeatureSpec())


# a model with context features


@pytest.mark.parametrize(
    ("features", "players", "layers", "register_units", "dropped"),
    [
        (ALL.features, ALL.players, 2, 5, {}),
        (ALL.features, ALL.players, 2, 5, {"dropout": 0.4, "context_dropout": 0.2, "value_dropout": 0.1}),
        ((), (), 1, 0, {}),
        (("chord", "motif"), (), 1, 0, {}),
    ],
)
def test_the_fused_graph_has_the_losses_and_gradients_of_the_unrolled_one(
    features, players, layers, register_units, dropped
):
    Tx, m, n_a = 5, 3, 7
    network = make_network(
        n_a, layers=layers, spec=FeatureSpec(features, players), register_units=register_units
    )
    rng = np.random.default_rng(2)
    arrays = network_weights(network)
    set_network_weights(network, {name: rng.normal(0, 0.4, a.shape) for name, a in arrays.items()})
    examples = [encode_solo(network.spec, tune(k), players[0] if players else None) for k in range(m)]
    plan = EpochPlan(np.arange(m), np.array([5, 3, 4]))
    batch = [*stream(examples.__getitem__, plan, m, Tx, network.spec)][2]
    assert not features or (batch.proposed >= 0).any()
    batch.Y[1, 3:] = batch.displacement[1, 3:] = -1  # one place's window is filled up behind
    tensors = [tf.constant(array, tf.bool if array.dtype == bool else tf.int32) for array in batch]
    states = [tf.constant(rng.normal(size=(m, n_a)), tf.float32) for _ in range(2 * layers)]
    variables = Stepper(network, QUICK, 1).variables

    def run(graph: str):
        settings = replace(QUICK, n_a=n_a, layers=layers, Tx=Tx, batch_size=m, graph=graph, **dropped)
        stepper = Stepper(network, settings, 10)
        with tf.GradientTape() as tape:
            tape.watch(states)
            losses, after, _ = stepper._losses(tensors, states, train=True)
            loss = losses[0] + losses[1] + sum(tf.reduce_sum(state**2) for state in after)
        return [losses, *after], tape.gradient(loss, [*[v.value for v in variables], *states])

    (ours, our_gradients), (theirs, their_gradients) = run("fused"), run("unrolled")
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)
    for mine, other in zip(our_gradients, their_gradients, strict=True):
        assert mine is not None
        largest = float(tf.reduce_max(tf.abs(other)))
        assert largest > 0
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5 * largest)


def test_a_step_is_adamw_with_clipped_gradients_and_biases_that_do_not_decay():
    # Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, the first two steps in NumPy.
    spec = FeatureSpec(("motif",))
    settings = replace(QUICK, n_a=3, Tx=4, batch_size=2, features=spec.features, weight_decay=0.3)
    settings = replace(settings, learning_rate=0.05, clip_norm=0.1)
    network = make_network(3, spec=spec)
    stepper = Stepper(network, settings, 2)
    examples = [encode_solo(spec, tune(k)) for k in range(2)]
    expected = network_weights(network)
    m, v = ({name: np.zeros_like(array) for name, array in expected.items()} for _ in range(2))
    batches = [*stream(examples.__getitem__, EpochPlan.straight(range(2), 4), 2, 4, spec)]
    for step, batch in enumerate(batches[:2], start=1):
        tensors = [tf.constant(array, tf.bool if array.dtype == bool else tf.int32) for array in batch]
        with tf.GradientTape() as tape:
            losses, _, _ = stepper._losses(tensors, stepper.states, train=True)
            loss = losses[0] / 8
        gradients = [g.numpy() for g in tape.gradient(loss, [v.value for v in stepper.variables])]
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        assert norm > settings.clip_norm
        rate = 0.05 * (1 + np.cos(np.pi * (step - 1) / 2)) / 2
        for (name, weight), gradient in zip(expected.items(), gradients, strict=True):
            g = gradient * settings.clip_norm / norm
            m[name], v[name] = 0.9 * m[name] + 0.1 * g, 0.999 * v[name] + 0.001 * g**2
            decay = 0 if name.endswith(("bias", "strength")) else 0.3 * rate * weight
            corrected = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            expected[name] = weight - decay - corrected * m[name] / (np.sqrt(v[name]) + 1e-7)
        assert len([*stepper.train([batch])]) == 1
        for name, array in network_weights(network).items():
            np.testing.assert_allclose(array, expected[name], atol=1e-6, err_msg=name)
    assert stepper.steps_taken == 2


def test_a_gradient_that_is_no_number_stays_one():
    network = make_network(3)
    set_network_weights(network, {**network_weights(network), "densor/bias": np.full(78, np.nan, np.float32)})
    stepper = Stepper(network, replace(QUICK, n_a=3, Tx=4, batch_size=2), 2)
    assert len([*stepper.train([*stream_of(random_solos(2, 4), EpochPlan.straight(range(2), 4), 2, 4)])]) == 1
    assert all(np.isnan(array).any() for array in network_weights(network).values())


def test_dropout_is_drawn_anew_each_step_and_the_same_for_one_seed():
    network = make_network(50)
    settings = replace(QUICK, n_a=50, dropout=0.4, batch_size=20)
    masks = []
    for seed, step in ((1, 0), (1, 0), (1, 1), (2, 0)):
        stepper = Stepper(network, replace(settings, seed=seed), 10)
        stepper.optimizer.iterations.assign(step)
        masks.append(stepper._masks()[0].numpy())
    np.testing.assert_array_equal(masks[0], masks[1])
    assert set(np.unique(masks[0]).round(5)) == {0, np.float32(1 / 0.6).round(5)}
    for mask in masks:
        assert (mask == 0).mean() == pytest.approx(0.4, abs=0.04)
    for other in masks[2:]:
        assert ((masks[0] == 0) != (other == 0)).mean() == pytest.approx(2 * 0.4 * 0.6, abs=0.05)


def test_the_weights_kept_are_the_moving_average():
    settings = replace(QUICK, n_a=3, Tx=4, batch_size=2, ema_momentum=0.6)
    network = make_network(3)
    stepper = Stepper(network, settings, 20)
    expected = network_weights(network)
    batches = [*stream_of(random_solos(2, 40), EpochPlan.straight(range(2), 4), 2, 4)]
    for taken, batch in enumerate(batches, start=1):
        assert len([*stepper.train([batch])]) == 1
        momentum = min(0.6, taken / (taken + 9))
        for name, array in network_weights(network).items():
            expected[name] = momentum * expected[name] + (1 - momentum) * array
        for name, array in stepper.arrays().items():
            np.testing.assert_allclose(array, expected[name], atol=1e-6)
    assert any((stepper.arrays()[name] != array).any() for name, array in network_weights(network).items())


def test_a_trainer_that_is_dropped_frees_its_graphs():
    stepper = Stepper(make_network(8), QUICK, 10)
    batches = [*stream_of(random_solos(2, 9), EpochPlan.straight(range(2), 3), 32, 3)]
    assert len([*stepper.train(batches)]) == 1
    assert stepper.held_out_losses(stepper.arrays(), batches).values == 18
    gone = weakref.ref(stepper)
    del stepper
    gc.collect()
    assert gone() is None
