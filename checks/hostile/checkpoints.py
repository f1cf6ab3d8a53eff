"""Absurd checkpoints: headers that lie, and weights that are no numbers."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import numpy as np
from safetensors.numpy import save

from checks.hostile.midi import CHORD, MEGABYTE, NOTE, song
from jazzgen.model.checkpoint_file import METADATA_KEY
from tests.checkpoints import made_of


def safetensors_file(head: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file of this header, whose length may lie."""
    return struct.pack("<Q", len(head) if length is None else length) + head + data


def lying(change: Callable[[dict], object]) -> bytes:
    """A small good checkpoint with its header changed by `change`."""
    good = checkpoint_bytes()
    length = int.from_bytes(good[:8], "little")
    head = json.loads(good[8 : 8 + length])
    change(head)
    return safetensors_file(json.dumps(head).encode(), good[8 + length :])


def checkpoint_bytes() -> bytes:
    """A good checkpoint of two units."""
    made = made_of(2, np.random.default_rng(0))
    return save(dict(made.arrays), metadata={METADATA_KEY: json.dumps(dict(made.description))})


def described(**facts: object) -> bytes:
    """A small good checkpoint that describes itself otherwise."""

    def change(head: dict) -> None:
        text = json.loads(head["__metadata__"][METADATA_KEY])
        head["__metadata__"][METADATA_KEY] = json.dumps({**text, **facts})

    return lying(change)


def entry(**facts: object) -> bytes:
    """A small good checkpoint that lies about its first array."""
    return lying(lambda head: head[next(name for name in head if name != "__metadata__")].update(facts))


def weighing(value: float) -> bytes:
    """A checkpoint whose weights are all `value`."""
    made = made_of(2)
    arrays = {name: np.full_like(array, value) for name, array in made.arrays.items()}
    return save(arrays, metadata={METADATA_KEY: json.dumps(dict(made.description))})


HUGE = "9" * 5000
ABSURD_CHECKPOINTS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "seven bytes": lambda: b"\0" * 7,
    "a header of 2^64 - 1 bytes": lambda: safetensors_file(b"{}", length=2**64 - 1),
    "a header longer than the file": lambda: safetensors_file(b"{}", length=3),
    "a header of a megabyte of blanks": lambda: safetensors_file(b"{" + b" " * 10**6 + b"}"),
    "a header of lists in lists": lambda: safetensors_file(b"[" * 500_000),
    "a header of objects in objects": lambda: safetensors_file(b'{"a":' * 150_000),
    "a header that is a list": lambda: safetensors_file(b"[1, 2]"),
    "a header with a name twice": lambda: safetensors_file(b'{"__metadata__": 1, "__metadata__": {}}'),
    "a header of a huge number": lambda: safetensors_file(b'{"x": ' + HUGE.encode() + b"}"),
    "a header not in UTF-8": lambda: safetensors_file(b'{"\xff": 1}'),
    "15,000 arrays": lambda: lying(
        lambda h: h.update(
            {f"x{i}": {"shape": [0], "dtype": "F32", "data_offsets": [0, 0]} for i in range(15_000)}
        )
    ),
    "metadata that is a number": lambda: lying(lambda h: h.update(__metadata__=5)),
    "a description of lists in lists": lambda: lying(
        lambda h: h["__metadata__"].update({METADATA_KEY: "[" * 400_000})
    ),
    "a description that is a list": lambda: lying(lambda h: h["__metadata__"].update({METADATA_KEY: "[]"})),
    "a description of a huge number": lambda: lying(lambda h: h["__metadata__"].update({METADATA_KEY: HUGE})),
    "a description with a lone surrogate": lambda: lying(
        lambda h: h["__metadata__"].update({METADATA_KEY: '{"kind": "\\ud800"}'})
    ),
    "a kind that is a list": lambda: described(kind=["improviser"]),
    "a kind of control characters": lambda: described(kind="\x1b[2J\n\n"),
    "units of a billion": lambda: described(n_a=10**9),
    "units of 4,096": lambda: described(n_a=4096),
    "units of true": lambda: described(n_a=True),
    "units of 2.0": lambda: described(n_a=2.0),
    "units of infinity": lambda: described(n_a=float("inf")),
    "units of NaN": lambda: described(n_a=float("nan")),
    "units of a thousand digits": lambda: described(n_a=10**1000),
    "minus two units": lambda: described(n_a=-2),
    "a context of nonsense": lambda: described(context=["bar", "\x1b[31m", "../../x", "x" * 10_000]),
    "a context of numbers": lambda: described(context=[1, 2, [3]]),
    "a context that is a text": lambda: described(context="chord"),
    "a context that is an object": lambda: described(context={"chord": 1}),
    "a vocabulary of control characters": lambda: described(vocabulary="\x1b\n\x07" * 1000),
    "values of nonsense": lambda: described(n_values=[78]),
    "a training record of nonsense": lambda: described(training="\x1b[31m" * 1000),
    "names without an alphabet": lambda: described(kind="names", cell="lstm"),
    "names of one letter": lambda: described(
        kind="names", cell="lstm", alphabet="\n", fold=[], known=[], words=[]
    ),
    "names with twins in the alphabet": lambda: described(
        kind="names", cell="gru", alphabet="aa\n", fold=[], known=[], words=[]
    ),
    "a type that does not exist": lambda: entry(dtype="F99"),
    "a type of eight bits": lambda: entry(dtype="F8_E4M3"),
    "a type that is a list": lambda: entry(dtype=["F32"]),
    "a shape of minus one": lambda: entry(shape=[-1, -1]),
    "a shape of 2^63": lambda: entry(shape=[2**63, 2]),
    "a shape of text": lambda: entry(shape="many"),
    "a shape of true": lambda: entry(shape=[True]),
    "a shape of a thousand axes": lambda: entry(shape=[1] * 1000),
    "no offsets": lambda: entry(data_offsets=None),
    "offsets backwards": lambda: entry(data_offsets=[8, 0]),
    "offsets below 0": lambda: entry(data_offsets=[-8, 0]),
    "offsets beyond the file": lambda: entry(data_offsets=[0, 10**12]),
    "offsets that overlap": lambda: entry(data_offsets=[4, 36]),
    "weights that are NaN": lambda: weighing(float("nan")),
    "weights that are infinite": lambda: weighing(float("inf")),
    "weights of 3e38": lambda: weighing(3e38),
    "weights of -3e38": lambda: weighing(-3e38),
    "weights of 1e6": lambda: weighing(1e6),
    "weights of 1e-45": lambda: weighing(1e-45),
    "a megabyte of zeros": lambda: bytes(MEGABYTE),
    "a MIDI file": lambda: song(CHORD + NOTE),
    "a zip archive": lambda: b"PK\3\4" + bytes(1000),
}
