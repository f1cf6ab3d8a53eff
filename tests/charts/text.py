"""A progression as text, for the tests of this room."""

from __future__ import annotations

from jazzgen.music.score import Progression


def symbols(progression: Progression) -> str:
    return " ".join(change.symbol for change in progression.chords)
