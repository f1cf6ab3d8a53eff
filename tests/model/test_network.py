"""The network in Keras: one wiring for a step, a window and a whole solo, and what each head adds."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("keras")

import keras

from jazzgen.corpus.windows import one_hot
from jazzgen.model.checkpoint import describe_improviser, improviser_shapes
from jazzgen.model.network import (
    as_degrees,
    drawn_input,
    encode_inputs,
    make_network,
    network_of,
    network_weights,
    octave_logits,
    recur,
    set_network_weights,
    value_logits,
)
from jazzgen.tokens.features import FEATURES, MATCH, MEMORIES, NEAR, FeatureSpec
from jazzgen.tokens.vocabulary import N_VALUES
from tests.checkpoints import hearing_all

ALL = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
N_A, TX, M, HIDDEN = 8, 5, 3, 6


@pytest.fixture(scope="module")
def network():
    return network_of(hearing_all(N_A, register_units=HIDDEN))


@pytest.fixture
def inputs():
    rng = np.random.default_rng(1)
    L = np.eye(12, dtype=np.float32)[rng.integers(0, 12, (M, TX))]
    L[0, 0] = 0  # before the first note
    P = np.zeros((M, TX, MEMORIES, N_VALUES + len(MATCH)), np.float32)
    P[:, 1:, 0] = one_hot(rng.integers(0, N_VALUES, (M, TX - 1))) @ np.eye(N_VALUES, P.shape[-1])
    P[:, 1:, 0, N_VALUES + 2] = 1
    V = np.concatenate(
        [one_hot(rng.integers(0, 72, (M, TX))), np.eye(NEAR)[rng.integers(0, NEAR, (M, TX))]], axis=-1
    )
    return {
        "X": one_hot(rng.integers(0, N_VALUES, (M, TX))),
        "C": (rng.random((M, TX, ALL.width)) < 0.1).astype(np.float32),
        **{name: rng.normal(size=(M, N_A)).astype(np.float32) for name in ("a0", "c0", "a0_2", "c0_2")},
        "L": L,
        "P": P,
        "R": rng.normal(size=(M, TX, 16, 12)).astype(np.float32),
        "V": V.astype(np.float32),
    }


def outputs(network, arrays):
    """The logits of values and octaves."""
    x = np.concatenate([arrays["X"], arrays["C"]], axis=-1)
    top, _ = recur(network, x, [arrays[name] for name in ("a0", "c0", "a0_2", "c0_2")])
    logits = value_logits(network, top, *(arrays[name] for name in "CLPR"))
    octaves = octave_logits(network, top, arrays["C"], arrays["V"])
    return [keras.ops.convert_to_numpy(x) for x in (logits, octaves)]


def test_logits_have_the_documented_shapes(network, inputs):
    logits, octaves = outputs(network, inputs)
    assert (logits.shape, octaves.shape) == ((M, TX, N_VALUES), (M, TX, 5))


def test_weights_are_counted_by_hand(network):
    F, n, h = ALL.width, N_A, HIDDEN
    expected = 4 * n * (N_VALUES + F + n + 1) + 4 * n * (n + n + 1)  # two LSTM layers
    expected += (N_VALUES + 72) * (n + F + 1)  # densor and interval head
    expected += 2 * 6 + 2 * n  # motif bias
    expected += 16 + 16 * n  # view bias
    expected += h * (n + F + N_VALUES + 13 + 1) + 5 * (h + 1)  # octave head
    arrays = network_weights(network)
    assert sum(array.size for array in arrays.values()) == expected
    description = describe_improviser(n, layers=2, spec=ALL, register_units=h)
    assert {name: array.shape for name, array in arrays.items()} == improviser_shapes(description)


def test_what_is_read_at_a_step_changes_it_and_none_before(network, inputs):
    before, octaves = outputs(network, inputs)
    for name in ("C", "L", "P", "R", "V"):
        for t in (0, TX - 1):
            changed = inputs[name].copy()
            changed[:, t] = changed[:, t, ..., ::-1]
            after, other_octaves = outputs(network, {**inputs, name: changed})
            np.testing.assert_array_equal(after[:, :t], before[:, :t])
            np.testing.assert_array_equal(other_octaves[:, :t], octaves[:, :t])
            moved = np.abs(after[:, t] - before[:, t]).max() > 1e-6
            assert moved == (name in ("C", "L", "R") or (name == "P" and t > 0))
            if name in ("C", "V"):
                assert np.abs(other_octaves[:, t] - octaves[:, t]).max() > 1e-6


def test_view_bias_adds_each_views_ratios_to_the_values_of_their_class(network):
    rng = np.random.default_rng(5)
    a = rng.normal(size=(2, N_A)).astype(np.float32)
    R = rng.normal(size=(2, 16, 12)).astype(np.float32)
    strength, gate = network.view_bias.get_weights()
    weights = strength + a @ gate
    expected = np.zeros((2, N_VALUES))
    for value in range(N_VALUES):
        degree, length = divmod(value, 6)
        classes = [length + 6 * (degree == 12)] * 6 + ([degree] * 10 if degree < 12 else [])
        for view, of_view in enumerate(classes):
            expected[:, value] += weights[:, view] * R[:, view, of_view]
    got = keras.ops.convert_to_numpy(network.view_bias(a, R))
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_motif_bias_raises_the_logit_of_what_is_proposed(network):
    rng = np.random.default_rng(4)
    a = rng.normal(size=(2, N_A)).astype(np.float32)
    P = np.zeros((2, MEMORIES, N_VALUES + len(MATCH)), np.float32)
    P[0, 0, [17, N_VALUES + 3]] = 1
    P[0, 1, [17, N_VALUES + 5]] = 1  # both memories propose the same: twice as strongly
    strength, gate = network.motif_bias.get_weights()
    expected = np.zeros((2, N_VALUES))
    expected[0, 17] = strength[0, 3] + strength[1, 5] + a[0] @ gate[:, 0] + a[0] @ gate[:, 1]
    got = keras.ops.convert_to_numpy(network.motif_bias(a, P))
    np.testing.assert_allclose(got, expected, rtol=1e-5)
    assert not got[1].any()


def test_intervals_are_added_to_the_degrees_they_lead_to():
    intervals = np.random.default_rng(4).normal(size=(2, 72)).astype(np.float32)
    L = np.zeros((2, 12), np.float32)
    L[0, 7] = 1  # the last pitch is the fifth of the chord that sounds
    expected = np.zeros((2, N_VALUES))
    for degree in range(12):
        for length in range(6):
            expected[0, 6 * degree + length] = intervals[0].reshape(12, 6)[(degree - 7) % 12, length]
    got = keras.ops.convert_to_numpy(as_degrees(intervals, L))
    np.testing.assert_array_equal(got, expected.astype(np.float32))  # before the first note nothing is added


def test_the_heads_add_to_logits(network, inputs):
    rng = np.random.default_rng(6)
    top = rng.normal(size=(M, TX, N_A)).astype(np.float32)
    given = [inputs[name] for name in "CLPR"]
    features = np.concatenate([top, inputs["C"]], axis=-1)
    expected = network.densor(features) + as_degrees(network.interval_head(features), inputs["L"])
    expected = expected + network.motif_bias(top, inputs["P"]) + network.view_bias(top, inputs["R"])
    window = keras.ops.convert_to_numpy(value_logits(network, top, *given))
    np.testing.assert_allclose(window, keras.ops.convert_to_numpy(expected), atol=1e-6)
    step = value_logits(network, top[:, 1], *(array[:, 1] for array in given))  # on the last axis alone
    np.testing.assert_allclose(keras.ops.convert_to_numpy(step), window[:, 1], atol=1e-6)
    octaves = keras.ops.convert_to_numpy(octave_logits(network, top, inputs["C"], inputs["V"]))
    step = octave_logits(network, top[:, 1], inputs["C"][:, 1], inputs["V"][:, 1])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(step), octaves[:, 1], atol=1e-6)


@pytest.mark.parametrize("dropped", [False, True])
def test_the_loop_gives_what_the_unrolled_network_gives(network, dropped):
    rng = np.random.default_rng(7)

    def noise(*shape):
        return rng.normal(size=shape).astype(np.float32)

    x, states = noise(M, TX, N_VALUES + ALL.width), [noise(M, N_A) for _ in range(4)]
    lengths = [TX, 2, 0]
    options = {"valid": np.arange(TX) < np.array(lengths)[:, None]}
    if dropped:
        options["masks"] = [2.0 * (noise(M, TX, N_A) > 0) for _ in range(2)]
        options["recurrent_masks"] = [2.0 * (noise(N_A, 4 * N_A) > 0) for _ in range(2)]
    before = network_weights(network)
    found = [recur(network, x, states, **options, unrolled=unrolled) for unrolled in (False, True)]
    (top, after), (other_top, other_after) = found
    for m, length in enumerate(lengths):
        np.testing.assert_allclose(top[m, :length], other_top[m, :length], atol=1e-6)
    for one, other in zip(after, other_after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    # What fills a window up was not read.
    for one, state in zip(after, states, strict=True):
        np.testing.assert_array_equal(one[2], state[2])
    _, short = recur(
        network,
        x[:, :2],
        states,
        **{
            name: [array[:, :2] for array in value] if name == "masks" else value
            for name, value in options.items()
            if name != "valid"
        },
    )
    for one, state in zip(after, short, strict=True):
        np.testing.assert_allclose(one[1], state[1], atol=1e-6)
    for name, array in network_weights(network).items():
        np.testing.assert_array_equal(array, before[name])


def test_numbers_become_one_hot_and_multi_hot():
    active = np.array([[[0, 3, 5], [5, 5, 5]]])  # 5 is none
    X, C, L, P, R = encode_inputs(
        5, np.array([[-1, 7]]), active, np.array([[-1, 2]]),
        np.array([[[-1, 4], [9, -1]]]), np.array([[[0, 3], [5, 0]]]), np.full((1, 2, 8, 12), 0.5, np.float16),
    )  # fmt: skip
    np.testing.assert_array_equal(C[0], [[1, 0, 0, 1, 0], [0, 0, 0, 0, 0]])
    np.testing.assert_array_equal(X, one_hot([[-1, 7]]))
    np.testing.assert_array_equal(L[0], [np.zeros(12), np.eye(12)[2]])
    expected = np.zeros((1, 2, 2, 84))
    expected[0, 0, 1, [4, 78 + 3]] = expected[0, 1, 0, [9, 78 + 5]] = 1
    np.testing.assert_array_equal(P, expected)
    np.testing.assert_array_equal(R, np.full((1, 2, 8, 12), 0.5, np.float32))
    V = drawn_input(np.array([[-1, 7]]), np.array([[0, 12]]))
    np.testing.assert_array_equal(V[..., :78], one_hot([[-1, 7]]))
    np.testing.assert_array_equal(V[0, :, 78:], np.eye(13)[[0, 12]])
    nothing = np.zeros((2, 3), int)
    pairs, no_ratios = np.zeros((2, 3, 2), int), np.zeros((2, 3, 0, 12))
    none = encode_inputs(0, nothing, np.zeros((2, 3, 0), int), nothing, pairs, pairs, no_ratios)
    assert none.C.shape == (2, 3, 0)


def test_weights_can_be_taken_out_and_put_into_a_new_network(network):
    other = make_network(N_A, layers=2, spec=ALL, register_units=HIDDEN)
    set_network_weights(other, network_weights(network))
    for name, array in network_weights(other).items():
        np.testing.assert_array_equal(array, network_weights(network)[name])
