"""The band's parts for a form, and figures of them, for the tests of this room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jazzgen.band import ensemble as band
from jazzgen.charts.text import parse_progression
from jazzgen.music.score import Part, Progression, Solo

TWO_FIVE = "| Dm7 | G7 | Cmaj7 | A7alt |"


FORMS = (
    "blues-f", "jazz-blues-bb", "blues-descending-f", "minor-blues-c", "waltz-blues-g", "rhythm-changes-bb",
    "turnaround-c", "modal-aaba-dm", "modal-vamps-dm", "bossa-f", "waltz-bb", "ballad-eb", "minor-aaba-am",
    "circle-of-thirds-c", "five-four-ebm",
)  # fmt: skip


def form_of(text: str, **fields: object) -> Progression:
    return parse_progression(text, **fields)


def play(form: Progression, seed: int = 0, style: str = "", **fields: object) -> dict[str, Part]:
    solo = Solo(fields.pop("notes", ()), replace(form, style=style or form.style), **fields)
    return {part.name: part for part in band.accompany(solo, np.random.default_rng(seed))}


def starts(part: Part) -> list[int]:
    return sorted({note.onset for note in part.notes})


def chords_of(part: Part) -> dict[int, list[int]]:
    """Onset -> the pitches struck there, rising."""
    return {onset: sorted(n.pitch for n in part.notes if n.onset == onset) for onset in starts(part)}
