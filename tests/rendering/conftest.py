"""A solo with everything that notation has signs for."""

from __future__ import annotations

import pytest

from jazzgen.music.score import Note, Solo
from tests.rendering.lines import FORM


@pytest.fixture
def solo() -> Solo:
    """Eighths, triplets, 16ths, a syncopation, rests, a note over a bar line, one under two chords."""
    rows = [
        (6, 6, 60), (12, 4, 62), (16, 4, 63), (20, 4, 65), (24, 3, 66), (27, 3, 67), (30, 6, 68),
        (42, 12, 69), (54, 12, 66), (66, 6, 65), (90, 30, 62), (144, 48, 61), (288, 36, 64), (324, 4, 66),
        (332, 4, 67), (336, 48, 70),
    ]  # fmt: skip
    return Solo(tuple(Note(*row) for row in rows), FORM, tempo=140, title="Four & More", player="N. N.")
