"""The NumPy engine: the textbook's equations, many solos with the bits of each, and likelihoods by step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jazzgen.errors import OptionError
from jazzgen.model.checkpoint import (
    DENSOR,
    Checkpoint,
    describe_improviser,
    improviser_shapes,
    lstm_names,
    save_checkpoint,
)
from jazzgen.model.engine import (
    NumpyEngine,
    OctaveInput,
    Product,
    StepInput,
    lstm_cell,
    softmax,
)
from jazzgen.model.engines import make_engine
from jazzgen.music.score import ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.tracker import encode_solo
from jazzgen.tokens.vocabulary import N_VALUES
from tests.checkpoints import hearing_all, made_of
from tests.feedback import generate_values


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# ------------------------------------------------------------------------------------------------ one solo


def test_a_step_is_the_textbook_equations() -> None:
    n_a, generator = 5, rng(3)
    x, a, c = generator.normal(size=4 * n_a), generator.normal(size=n_a), generator.normal(size=n_a)
    recurrent = generator.normal(size=(n_a, 4 * n_a))
    z_i, z_f, z_c, z_o = np.split(x + a @ recurrent, 4)

    def sigmoid(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    c_next = sigmoid(z_f) * c + sigmoid(z_i) * np.tanh(z_c)
    a_next = sigmoid(z_o) * np.tanh(c_next)
    got_a, got_c = lstm_cell(x + a @ recurrent, c)
    np.testing.assert_allclose(got_c, c_next, rtol=1e-12)
    np.testing.assert_allclose(got_a, a_next, rtol=1e-12)


def test_a_value_enters_as_its_one_hot_vector_and_none_as_the_zero_vector() -> None:
    checkpoint = made_of(12, rng())
    engine, W = NumpyEngine(checkpoint), checkpoint.arrays
    kernel, recurrent, bias = lstm_names(0)
    for value, one_hot in ((None, np.zeros(N_VALUES)), (17, np.eye(N_VALUES)[17])):
        x = (one_hot @ W[kernel] + W[bias]).astype(np.float32)
        ((a_before, c_before),) = engine.start().pairs
        a, _ = lstm_cell(x + a_before @ W[recurrent], c_before)
        probs, state = engine.step(value, engine.start())
        ((a_after, c_after),) = state.pairs
        np.testing.assert_allclose(a_after, a, atol=1e-6)
        np.testing.assert_allclose(probs, softmax(a @ W[DENSOR[0]] + W[DENSOR[1]]), atol=1e-6)
        assert probs.dtype == a_after.dtype == c_after.dtype == np.float32


def test_huge_weights_saturate_without_a_warning() -> None:
    engine = NumpyEngine(made_of(8, rng(1), scale=1e4))
    probs, _ = engine.step(0, engine.start())
    assert np.isfinite(probs).all()
    assert probs.sum() == pytest.approx(1)


def test_an_engine_loads_from_its_file(tmp_path) -> None:
    checkpoint = made_of(12, rng())
    save_checkpoint(tmp_path / "small.safetensors", checkpoint.arrays, describe_improviser(12))
    loaded = NumpyEngine.load(tmp_path / "small.safetensors")
    assert generate_values(loaded, 20) == generate_values(NumpyEngine(checkpoint), 20)


def test_engines_have_names() -> None:
    assert isinstance(make_engine(made_of(12, rng())), NumpyEngine)
    with pytest.raises(OptionError, match="engine must be one of numpy, keras, received 'torch'"):
        make_engine(made_of(12, rng()), "torch")


# ---------------------------------------------------------------------------------------------- many solos


@pytest.fixture(scope="module")
def hearing() -> Checkpoint:
    """Random weights that hear every feature: two layers, motion, memories and registers."""
    spec = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
    description = describe_improviser(96, layers=2, spec=spec, register_units=16)
    generator = rng(1)
    arrays = {
        name: generator.normal(0, 0.3, shape).astype(np.float32)
        for name, shape in improviser_shapes(description).items()
    }
    return Checkpoint(arrays, description, sha256="0" * 64, path=Path("made.safetensors"))


@pytest.mark.parametrize(("inputs", "columns"), [(12, 5), (64, 256), (384, 1536), (768, 1536)])
def test_a_product_gives_each_row_the_same_bits_however_many(inputs: int, columns: int) -> None:
    kernel = rng(2).standard_normal((inputs, columns), np.float32)
    product, x = Product(kernel), rng(3).standard_normal((33, inputs), np.float32)
    alone = np.vstack([product(row[None]) for row in x])
    np.testing.assert_allclose(alone, x.astype(np.float64) @ kernel, rtol=0, atol=1e-3)
    for m in (2, 3, 4, 7, 16, 33):
        np.testing.assert_array_equal(product(x[:m]), alone[:m])
    np.testing.assert_array_equal(product(x[::-1]), alone[::-1])


def test_a_blas_that_mixes_rows_is_found_out_and_done_without() -> None:
    product = Product(rng(2).standard_normal((8, 8), np.float32))
    true_blocks = product._in_blocks

    def another_order_in_fours(x: np.ndarray, rows: int) -> np.ndarray:
        return true_blocks(x, rows) * np.float32(1 if rows == 2 else 1 + 1e-6)

    product._in_blocks = another_order_in_fours
    x = rng(3).standard_normal((6, 8), np.float32)
    np.testing.assert_array_equal(product(x), np.vstack([product(row[None]) for row in x]))
    assert not product.keeps_rows_apart


def test_a_step_of_many_is_the_step_of_each(hearing: Checkpoint) -> None:
    engine, generator = NumpyEngine(hearing), rng(4)
    asked = [StepInput(None, engine.start()) for _ in range(9)]
    for _ in range(5):
        answers = engine.step_all(asked)
        notes = [
            OctaveInput(state, int(generator.integers(72)), int(generator.integers(13)))
            for _, state in answers
        ]
        for given, (probs, state) in zip(asked, answers, strict=True):
            alone, state_alone = engine.step(*given)
            np.testing.assert_array_equal(probs, alone)
            np.testing.assert_array_equal(np.ravel(state.pairs), np.ravel(state_alone.pairs))
        for note, octaves in zip(notes, engine.octaves_all(notes), strict=True):
            np.testing.assert_array_equal(octaves, engine.octaves(*note))
        asked = [_next(generator, state, engine.spec.width) for _, state in answers]


def _next(generator: np.random.Generator, state: object, width: int) -> StepInput:
    active = sorted(generator.choice(width, 20, replace=False).tolist())
    proposals = [Proposal(int(generator.integers(N_VALUES)), int(generator.integers(6)), 30), None]
    return StepInput(
        int(generator.integers(N_VALUES)),
        state,
        active,
        proposals,
        int(generator.integers(-1, 12)),
        generator.normal(size=(16, 12)).astype(np.float32),
    )


# --------------------------------------------------------------------------------------------- likelihoods


@pytest.mark.parametrize("checkpoint", [hearing_all(10), made_of(7, rng(2))], ids=["all", "plain"])
def test_likelihoods_are_those_of_the_steps(checkpoint: Checkpoint) -> None:
    form = Progression((ChordChange(0, "Dm7"), ChordChange(48, "G7"), ChordChange(96, "Cmaj7")), 192)
    riff = Solo(tuple(Note(6 * k, 6, (62, 65, 69, 77)[k % 4]) for k in range(24)), form)
    short = Solo((Note(24, 12, 67), Note(36, 6, 69)), form)
    engine = NumpyEngine(checkpoint)
    solos = [encode_solo(engine.spec, solo) for solo in (short, Solo((), form), riff)]
    assert not engine.spec.motif or (solos[2].proposed >= 0).any()
    for solo, (values, octaves) in zip(solos, engine.log_likelihoods(solos), strict=True):
        value, state, of_notes = None, engine.start(), []
        for t, target in enumerate(solo.values.tolist()):
            proposals = [
                Proposal(int(value), int(match), 1) if value >= 0 else None
                for value, match in zip(solo.proposed[t], solo.match[t], strict=True)
            ]
            active = [index for index in solo.active[t].tolist() if index < engine.spec.width]
            ratios = solo.ratios[t].astype(np.float32)
            probs, state = engine.step(value, state, active, proposals, int(solo.last_degree[t]), ratios)
            np.testing.assert_allclose(values[t], np.log(probs), atol=1e-4)
            if engine.has_octaves and solo.displacement[t] >= 0:
                of_notes.append(np.log(engine.octaves(state, target, int(solo.near[t]))))
            value = target
        assert len(values) == len(solo.values)
        assert (octaves is None) == (not engine.has_octaves)
        if octaves is not None:
            assert octaves.shape == ((solo.displacement >= 0).sum(), 5)
            np.testing.assert_allclose(octaves, np.array(of_notes).reshape(-1, 5), atol=1e-4)


def test_nothing_to_judge_has_no_likelihoods() -> None:
    assert NumpyEngine(made_of(4)).log_likelihoods([]) == []
