"""A checkpoint's file, checked part by part before anything in it is used: size, header, shapes, weights.

The file may hold anything. The first thing that does not fit is named in a `CheckpointError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from jazzgen.errors import CheckpointError
from jazzgen.util.files import kind_of

FloatArray: TypeAlias = npt.NDArray[np.float32]
Shapes: TypeAlias = dict[str, tuple[int, ...]]

# What files of version 0.1 call the same layers.
EARLIER_LAYERS = {
    "motor": "interval_head",
    "recall": "motif_bias",
    "register_hidden": "octave_hidden",
    "registor": "octave_head",
}

METADATA_KEY = "jazzgen"
# A model of 4,096 units has 300 MB of weights and ours have less than one; a larger claim is an error, not
# work.
MAX_FILE_BYTES = 512 * 2**20
MAX_HEADER_BYTES = 2**20
# Trained weights stay below a hundred; far beyond, sums overflow float32 and every probability is NaN.
MAX_WEIGHT = 1e6


def renamed(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Entries by the present names of their arrays."""
    parts = (name.partition("/") for name in arrays)
    names = [EARLIER_LAYERS.get(layer, layer) + slash + rest for layer, slash, rest in parts]
    if len({*names}) < len(names):
        raise CheckpointError("it has an array twice, by its present and by its earlier name")
    return dict(zip(names, arrays.values(), strict=True))


def bytes_of(path: Path) -> bytes:
    """The file's bytes, refused before reading if it is no file or larger than any model of ours."""
    kind = kind_of(path)
    if not kind:
        raise CheckpointError("there is no such file; give a .safetensors file or a shipped name")
    if kind != "file":
        raise CheckpointError("it is not a file; give a .safetensors file")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise CheckpointError(
                f"it has {size:,} bytes, and a jazzgen model has at most {MAX_FILE_BYTES:,}"
            )
        return path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"it cannot be read: {error.strerror}") from error


def header_of(data: bytes) -> dict[str, Any]:
    """The JSON header: array name -> {dtype, shape, data_offsets}, and `__metadata__`."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise CheckpointError(
            "it is not a safetensors file, or it is truncated; give a file that jazzgen train wrote"
        )
    if length > MAX_HEADER_BYTES:
        raise CheckpointError(f"its header has {length:,} bytes, and ours have at most {MAX_HEADER_BYTES:,}")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError) as error:
        raise CheckpointError("it is not a safetensors file: its header is not JSON") from error
    if not isinstance(header, dict):
        raise CheckpointError("it is not a safetensors file: its header is not an object")
    return header


def described_in(header: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The description in a header, of a model of this kind."""
    metadata = header.get("__metadata__")
    text = metadata.get(METADATA_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise CheckpointError("it is a safetensors file, but not of jazzgen: it has no description of itself")
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError("its description is not JSON") from error
    found = description.get("kind") if isinstance(description, dict) else None
    if not isinstance(description, dict) or found != kind:
        raise CheckpointError(f"it is of kind {short(found)}, but {kind!r} is needed here")
    return description


def check_shapes(header: Mapping[str, Any], expected: Shapes) -> None:
    """Names, shapes and types, from the header alone: nothing is allocated for an array that does not fit."""
    found = {name: entry for name, entry in header.items() if name != "__metadata__"}
    for name in expected:
        if name not in found:
            raise CheckpointError(f"the array {name} is missing; it has {short(sorted(found))}")
    for name, entry in found.items():
        if name not in expected:
            raise CheckpointError(f"the array {short(name)} is not known; expected are {', '.join(expected)}")
        shape, dtype = (entry.get("shape"), entry.get("dtype")) if isinstance(entry, dict) else (None, None)
        if shape != list(expected[name]):
            raise CheckpointError(
                f"the array {name} must have shape {expected[name]}, received {short(shape)}"
            )
        if dtype not in ("F32", "F16"):
            raise CheckpointError(
                f"the array {name} must be of type F32 (float32) or F16 (float16), received {short(dtype)}"
            )


def arrays_in(data: bytes) -> dict[str, FloatArray]:
    """The arrays, as float32."""
    try:
        arrays: dict[str, FloatArray] = safetensors.numpy.load(data)
    # The library's own error, and what its tables of types and NumPy raise for entries that contradict each
    # other.
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"it is damaged: {short(str(error))}") from error
    for name, array in arrays.items():
        if array.dtype not in (np.float32, np.float16):
            raise CheckpointError(f"the array {short(name)} must be of type float32, received {array.dtype}")
    return {name: array.astype(np.float32, copy=False) for name, array in arrays.items()}


def check_finite(arrays: Mapping[str, FloatArray]) -> None:
    """Raise `CheckpointError` for weights that are no finite numbers, or larger than trained ones are."""
    for name, array in arrays.items():
        wrong = array.size - int(np.isfinite(array).sum())
        if wrong:
            raise CheckpointError(f"the array {name} has {wrong} weights that are not finite numbers")
        largest = float(np.abs(array).max(initial=0))
        if largest > MAX_WEIGHT:
            raise CheckpointError(
                f"the array {name} has a weight of size {largest:g}; a trained one has at most {MAX_WEIGHT:g}"
            )


def short(value: object) -> str:
    """What was received, on one line and not longer than a line: the file may hold anything."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
