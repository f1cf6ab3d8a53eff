"""The band's parts for a form, and figures of them, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial

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


class Parts(Mapping[str, Part]):
    """The parts of a band by name, each of them played when it is first asked for."""

    def __init__(self, players: Mapping[str, Callable[[], Part]]) -> None:
        self._players = {name: cache(player) for name, player in players.items()}

    def __getitem__(self, name: str) -> Part:
        return self._players[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._players)

    def __len__(self) -> int:
        return len(self._players)


def accompanied(form: Progression, seed: int = 0, style: str = "", **fields: object) -> dict[str, Part]:
    """The whole band."""
    bass = str(fields.pop("bass", "learned"))
    solo = _solo(form, style, **fields)
    return {part.name: part for part in band.accompany(solo, np.random.default_rng(seed), bass=bass)}


def play(form: Progression, seed: int = 0, style: str = "", **fields: object) -> Parts:
    """The same, without the players that a test does not ask for: each has a generator of its own."""
    bass = band.BASS[str(fields.pop("bass", "learned"))]
    together, *own = np.random.default_rng(seed).spawn(1 + len(band.BAND))
    solo = _solo(form, style, **fields)
    scene = band.scene_of(solo, together, band.ENDINGS[0])
    rows = [bass if row.name == bass.name else row for row in band.BAND]
    players = {
        row.name: partial(band.play_part, row, scene, rng, solo.time_scale)
        for row, rng in zip(rows, own, strict=True)
    }
    return Parts(players)


def _solo(form: Progression, style: str, **fields: object) -> Solo:
    return Solo(fields.pop("notes", ()), replace(form, style=style or form.style), **fields)


def starts(part: Part) -> list[int]:
    return sorted({note.onset for note in part.notes})


def chords_of(part: Part) -> dict[int, list[int]]:
    """Onset -> the pitches struck there, rising."""
    return {onset: sorted(n.pitch for n in part.notes if n.onset == onset) for onset in starts(part)}
