"""Checkpoints: written, read back, and everything refused that does not fit."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jazzgen.errors import CheckpointError, OutputError
from jazzgen.model import checkpoint_file
from jazzgen.model.checkpoint import (
    DENSOR,
    EARLIER_FINGERPRINT,
    describe_improviser,
    improviser_shapes,
    load_checkpoint,
    lstm_names,
    save_checkpoint,
)
from jazzgen.model.engine import NumpyEngine
from jazzgen.tokens.vocabulary import FINGERPRINT, N_VALUES
from tests.checkpoints import hearing_all

N_A = 3
LSTM_KERNEL, _, LSTM_BIAS = lstm_names(0)


def make_arrays(n_a: int = N_A) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = improviser_shapes(describe_improviser(n_a))
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def save_raw(path: Path, arrays: dict[str, np.ndarray], description: object) -> Path:
    """A safetensors file that nothing of ours has checked."""
    text = description if isinstance(description, str) else json.dumps(description)
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"jazzgen": text}))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


# there and back


def test_what_is_saved_comes_back(path):
    arrays, description = make_arrays(), describe_improviser(N_A, training={"epochs": 2, "title": "Ø"})
    saved = save_checkpoint(path, arrays, description)
    loaded = load_checkpoint(path)
    assert loaded.description == saved.description == description
    assert loaded.n_a == N_A
    assert loaded.path == path
    assert loaded.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded.arrays[name].dtype == np.float32
        np.testing.assert_array_equal(loaded.arrays[name], array)


def test_the_hash_is_that_of_the_file(path):
    saved = save_checkpoint(path, make_arrays(), describe_improviser(N_A))
    assert load_checkpoint(path).sha256 == saved.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    arrays, description = make_arrays(), describe_improviser(N_A)
    save_checkpoint(path, arrays, description)
    other = tmp_path / "other.safetensors"
    save_checkpoint(other, dict(reversed(arrays.items())), dict(reversed(description.items())))
    assert other.read_bytes() == path.read_bytes()


def test_any_safetensors_reader_can_open_it(path):
    save_checkpoint(path, make_arrays(), describe_improviser(N_A))
    assert safetensors.numpy.load_file(path)[LSTM_KERNEL].shape == (N_VALUES, 4 * N_A)


def test_another_kind_brings_its_own_shapes(path):
    save_checkpoint(path, {"Wax": np.ones((2, 3))}, {"kind": "names", "n": 3})
    loaded = load_checkpoint(path, kind="names", shapes=lambda description: {"Wax": (2, description["n"])})
    assert loaded.arrays["Wax"].tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_weight_that_is_not_finite_is_not_written(path):
    save_checkpoint(path, make_arrays(), describe_improviser(N_A))
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=r"LSTM_cell/bias has 1 weights that are not finite"):
        save_checkpoint(
            path, make_arrays() | {LSTM_BIAS: np.array([np.nan] + [0] * 11)}, describe_improviser(N_A)
        )
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]  # noqa: PTH208


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "no").touch()
    with pytest.raises(OutputError, match="cannot write"):
        save_checkpoint(tmp_path / "no" / "model.safetensors", make_arrays(), describe_improviser(N_A))


# what is refused


def test_a_missing_file(path):
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_checkpoint(path)


def test_a_folder(tmp_path):
    with pytest.raises(CheckpointError, match="not a file"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a safetensors file"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk", "not a safetensors file"),
        (struct.pack("<Q", 2**63) + b"{}", "not a safetensors file"),
        (struct.pack("<Q", 4) + b"\xff\xfe{}", "header is not JSON"),
        (struct.pack("<Q", 100_000) + b"[" * 100_000, "header is not JSON"),
        (struct.pack("<Q", 2) + b"[]", "header is not an object"),
        (struct.pack("<Q", 2) + b"{}", "no description"),
        (struct.pack("<Q", 2**21) + b" " * 2**21, "header has 2,097,152 bytes"),
    ],
    ids=[
        "empty",
        "midi",
        "lying length",
        "not JSON",
        "deep JSON",
        "no object",
        "no description",
        "huge header",
    ],
)
def test_what_is_no_checkpoint(path, content, message):
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


def test_a_file_too_large_is_refused_before_it_is_read(path):
    with path.open("wb") as file:
        file.truncate(checkpoint_file.MAX_FILE_BYTES + 1)  # sparse: takes no room
    with pytest.raises(CheckpointError, match="a jazzgen model has at most"):
        load_checkpoint(path)


def test_a_header_that_claims_more_than_there_is(path):
    shapes = improviser_shapes(describe_improviser(4096))
    header: dict[str, object] = {"__metadata__": {"jazzgen": json.dumps(describe_improviser(4096))}}
    at = 0
    for name, shape in shapes.items():
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * 64)
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


@pytest.mark.parametrize("end", [1, 7, 100, -4, -1])
def test_a_truncated_file(path, end):
    save_checkpoint(path, make_arrays(), describe_improviser(N_A))
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(CheckpointError, match=r"truncated|damaged"):
        load_checkpoint(path)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_is_an_error_of_ours_or_harmless(path, data):
    save_checkpoint(path, make_arrays(1), describe_improviser(1))
    content = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, 900), min_size=1, max_size=4)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    # Whatever else is raised fails the test; a description that was changed within its text may be harmless.
    with contextlib.suppress(CheckpointError):
        loaded = load_checkpoint(path)
        assert {name: a.shape for name, a in loaded.arrays.items()} == improviser_shapes(loaded.description)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "names"}, "of kind 'names', but 'improviser' is needed"),
        ({"vocabulary": "0" * 64}, "another vocabulary"),
        ({"vocabulary": None}, "another vocabulary"),
        ({"n_values": 90}, "has 90 values"),
        ({"n_a": 0}, r"n_a must be in 1\.\.4096, received 0"),
        ({"n_a": "3"}, "n_a must be"),
        ({"n_a": True}, "n_a must be"),
        ({"n_a": 10**9}, "n_a must be"),
        ({"n_a": 4}, r"LSTM_cell/bias must have shape \(16,\), received \[12\]"),
        ({"context": None}, "context must be a list"),
        ({"context": ["bar"]}, r"needs the context features \['bar'\]"),
    ],
)
def test_a_description_that_does_not_fit(path, change, message):
    save_raw(path, make_arrays(), describe_improviser(N_A) | change)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, "{"])
def test_a_description_that_is_none(path, text):
    save_raw(path, make_arrays(), text)
    with pytest.raises(CheckpointError, match=r"description is not JSON|of kind None"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({DENSOR[0]: None}, "densor/kernel is missing"),
        ({"extra": np.zeros(1, np.float32)}, "'extra' is not known"),
        ({LSTM_BIAS: np.zeros(4 * N_A)}, "LSTM_cell/bias must be of type F32"),
        ({LSTM_BIAS: np.zeros((1, 4 * N_A), np.float32)}, "LSTM_cell/bias must have shape"),
        (
            {LSTM_BIAS: np.full(4 * N_A, np.inf, np.float32)},
            "LSTM_cell/bias has 12 weights that are not finite",
        ),
    ],
)
def test_arrays_that_do_not_fit(path, change, message):
    arrays = {name: array for name, array in (make_arrays() | change).items() if array is not None}
    save_raw(path, arrays, describe_improviser(N_A))
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


def test_the_description_names_this_vocabulary():
    assert describe_improviser(64)["vocabulary"] == FINGERPRINT


def test_a_checkpoint_in_half_precision_loads_as_what_was_written_and_plays_nearly_the_same(
    path: Path,
) -> None:
    made = hearing_all(16)
    whole = save_checkpoint(path, made.arrays, made.description)
    size = path.stat().st_size
    half = save_checkpoint(path, made.arrays, made.description, half=True)
    assert path.stat().st_size < 0.6 * size
    loaded = load_checkpoint(path)
    assert (loaded.sha256, loaded.description) == (half.sha256, half.description)
    assert half.description == whole.description
    for name, array in loaded.arrays.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, half.arrays[name])
        np.testing.assert_allclose(array, made.arrays[name], rtol=2**-10, atol=1e-6)
    probs = []
    for checkpoint in (whole, loaded):
        engine = NumpyEngine(checkpoint)
        state = engine.start()
        for value in (None, 3, 40, 75, 3, 40):
            step, state = engine.step(value, state, [0, 30], [], 4, np.ones((16, 12), np.float32))
        probs.append(step)
    np.testing.assert_allclose(*probs, atol=2e-3)
    assert (probs[0] != probs[1]).any()


# files of version 0.1

EARLIER = {
    "interval_head": "motor",
    "motif_bias": "recall",
    "octave_hidden": "register_hidden",
    "octave_head": "registor",
}


def earlier_name(name: str) -> str:
    layer, _, array = name.partition("/")
    return f"{EARLIER.get(layer, layer)}/{array}"


def test_a_file_with_the_earlier_names_is_the_same_checkpoint(path: Path) -> None:
    made = hearing_all(4)
    context = ["habits" if name == "texture" else name for name in made.description["context"]]
    description = {**made.description, "context": context, "context_layout": EARLIER_FINGERPRINT}
    save_raw(path, {earlier_name(name): array for name, array in made.arrays.items()}, description)
    loaded = load_checkpoint(path)
    assert loaded.spec == made.spec
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    for name, array in made.arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], array)
    save_checkpoint(path, loaded.arrays, loaded.description)  # with the present names
    assert load_checkpoint(path).arrays.keys() == safetensors.numpy.load_file(path).keys()


def test_an_array_by_two_names_is_refused(path: Path) -> None:
    made = hearing_all(4)
    both = {**made.arrays, "motor/bias": made.arrays["interval_head/bias"]}
    save_raw(path, both, made.description)
    with pytest.raises(CheckpointError, match="an array twice, by its present and by its earlier name"):
        load_checkpoint(path)
