"""Takes to measure the band by: solos made once and kept in a file, and the band's parts under each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jazzgen.band import ensemble as band
from jazzgen.band.scene import Scene
from jazzgen.charts.find import find_progression
from jazzgen.improviser.improvise import improvise_all
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music import endings
from jazzgen.music.score import Note, Part, Solo
from jazzgen.util.files import replacing

# Forms of swing in 4/4, and how many choruses of each make about 48 to 96 bars.
FORMS = (
    ("blues-f", 4), ("jazz-blues-bb", 4), ("blues-descending-f", 4), ("minor-blues-c", 4),
    ("rhythm-changes-bb", 3), ("minor-aaba-a", 3), ("standard-abac-g", 3), ("circle-of-fifths-c", 3),
    ("modal-aaba-d", 3), ("circle-of-thirds-c", 4),
)  # fmt: skip
TEMPI = (120.0, 140.0, 160.0, 180.0, 200.0, 220.0)
BATCHES = len(FORMS) * 3  # so many different pairs of a form and a tempo


class BandTake(NamedTuple):
    """A solo, what the band saw of it, and the parts by name; `number` counts the takes from 0."""

    number: int
    solo: Solo
    scene: Scene
    parts: dict[str, Part]


def make_takes(count: int, kept: Path, **choices: Any) -> list[BandTake]:
    """The band under `count` solos, which the file `kept` holds or will hold; `choices` as of `accompany`."""
    takes = []
    for number, solo in enumerate(_solos(count, kept)):
        choruses = FORMS[number % len(FORMS)][1]
        parts = band.accompany(solo, np.random.default_rng(number), choruses=choruses, **choices)
        scene = Scene.of(solo, choruses=choruses)
        takes.append(BandTake(number, solo, scene, {part.name: part for part in parts}))
    return takes


def _solos(count: int, kept: Path) -> list[Solo]:
    """The solos in `kept`; where it has fewer, or another model's, they are improvised and it is written."""
    checkpoint = load_checkpoint(find_checkpoint(DEFAULT_MODEL))
    found = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    rows = found.get("solos", []) if found.get("model") == checkpoint.sha256 else []
    if len(rows) < count:
        made: dict[int, Solo] = {}
        for first in range(min(count, BATCHES)):  # the takes of one form and tempo are played side by side
            numbers = range(first, count, BATCHES)
            made.update(zip(numbers, _improvise(checkpoint, numbers), strict=True))
        rows = [[[n.onset, n.duration, n.pitch] for n in made[number].notes] for number in range(count)]
        kept.parent.mkdir(parents=True, exist_ok=True)
        with replacing(kept) as temporary:
            temporary.write_text(json.dumps({"model": checkpoint.sha256, "solos": rows}), encoding="utf-8")
    return [_solo(number, rows[number]) for number in range(count)]


def _improvise(checkpoint: Any, numbers: Sequence[int]) -> list[Solo]:
    """The solos over one form at one tempo."""
    solo = _solo(numbers[0], ())
    rngs = [np.random.default_rng(number) for number in numbers]
    choruses = FORMS[numbers[0] % len(FORMS)][1]
    return improvise_all(checkpoint, solo.progression, rngs, choruses=choruses, tempo=solo.tempo)


def _solo(number: int, rows: Sequence[Sequence[int]]) -> Solo:
    name, choruses = FORMS[number % len(FORMS)]
    played = endings.with_ending(find_progression(name), choruses)
    tempo = TEMPI[number % BATCHES % len(TEMPI)]
    notes = tuple(Note(onset, duration, pitch) for onset, duration, pitch in rows)
    return Solo(notes, played, tempo=tempo)
