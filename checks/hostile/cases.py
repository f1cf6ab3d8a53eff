"""Every hostile case by its kind, a seed and its number: first the absurd ones, then chance.

midi         absurd files, then study solos mutated and spliced, and streams of random events
checkpoint   shipped checkpoints with lying headers, then with bits flipped, cut off, spliced
progression  texts that no person would type, then built-in forms mutated, and random signs of the notation
chart        charts of every format: absurd ones, then good ones mutated and spliced
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np

from checks.hostile.charts import ABSURD_CHARTS, good_charts
from checks.hostile.checkpoints import ABSURD_CHECKPOINTS, checkpoint_bytes, safetensors_file
from checks.hostile.midi import ABSURD_MIDI, random_midi
from checks.hostile.progressions import ABSURD_PROGRESSIONS, random_progression
from jazzgen.charts.forms import FORMS
from tests.shared import ROOT

ABSURD: dict[str, Mapping[str, Callable[[], bytes | str]]] = {
    "midi": ABSURD_MIDI,
    "checkpoint": ABSURD_CHECKPOINTS,
    "progression": ABSURD_PROGRESSIONS,
    "chart": ABSURD_CHARTS,
}
SUFFIXES = {"midi": ".mid", "checkpoint": ".safetensors", "progression": ".txt", "chart": ".chart"}


@cache
def good_files(kind: str) -> list[bytes]:
    """The files that are mutated: our own of that kind."""
    if kind == "midi":
        return [path.read_bytes() for path in sorted((ROOT / "data/midi").glob("*.mid"))]
    if kind == "checkpoint":
        shipped = sorted((ROOT / "models").glob("*.safetensors"))
        return [checkpoint_bytes(), *(path.read_bytes() for path in shipped)]
    if kind == "chart":
        return good_charts()
    return [text.encode() for text in FORMS.values()]


def mutate(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """`data` after one to four accidents; `other` is what it is spliced with."""
    hurt = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not hurt:
            break
        at = int(rng.integers(len(hurt)))
        match int(rng.integers(8)):
            case 0 | 1:
                hurt[at] ^= 1 << int(rng.integers(8))
            case 2:
                hurt[at] = int(rng.choice([0, 0x7F, 0x80, 0xFF, int(rng.integers(256))]))
            case 3:
                del hurt[at:]
            case 4:
                del hurt[at : at + int(rng.integers(1, 64))]
            case 5:
                hurt[at:at] = rng.bytes(int(rng.integers(1, 16)))
            case 6:
                there = int(rng.integers(len(other)))
                hurt[at : at + int(rng.integers(64))] = other[there : there + int(rng.integers(512))]
            case 7:
                hurt[at : at + 4] = struct.pack(">L", int(rng.choice([0, 2**31, 2**32 - 1, 0x0FFFFFFF])))
    return bytes(hurt)


def mutate_header(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """A checkpoint hurt in its header alone half of the time: most of its bytes are weights."""
    end = 8 + min(int.from_bytes(data[:8], "little"), len(data) - 8)
    if rng.random() < 0.5:
        return mutate(data, other, rng)
    head = mutate(data[8:end], other[8:2000], rng)
    return safetensors_file(head, data[end:]) if rng.random() < 0.8 else data[:8] + head + data[end:]


class Case(NamedTuple):
    """One hostile file: what it is called and what it holds."""

    name: str
    data: bytes


def make_case(kind: str, seed: int, count: int) -> Case:
    """Case `count` of one of the kinds above: first the absurd ones, then chance."""
    absurd = ABSURD[kind]
    if count < len(absurd):
        name = list(absurd)[count]
        made = absurd[name]()
        return Case(name, made.encode("utf-8", "surrogateescape") if isinstance(made, str) else made)
    rng = np.random.default_rng([seed, count])
    good = good_files(kind)
    first, second = (good[int(rng.integers(len(good)))] for _ in range(2))
    if kind == "checkpoint":
        return Case("mutated", mutate_header(first, second, rng))
    if kind == "chart" or rng.random() < 0.7:
        return Case("mutated", mutate(first, second, rng))
    return Case("random", random_midi(rng) if kind == "midi" else random_progression(rng).encode())
