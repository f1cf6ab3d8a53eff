"""holes.py: where the soloist is asked for room."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from jazzgen.band.holes import APART, ROOM, holes_for
from jazzgen.band.scene import Scene
from jazzgen.charts.find import find_progression
from jazzgen.music.score import Note, Solo

FORM = find_progression("rhythm-changes-bb").repeat(2)
# Phrases of 21 eighths, and a rest of three behind each.
LINE = tuple(
    Note(bar * 48 + k * 6, 6, 60 + k % 7) for bar in range(0, 63, 3) for k in range(21)
)  # fmt: skip


def holes(share: float, seed: int = 0) -> list[tuple[int, int, int]]:
    return holes_for(Scene.of(Solo(LINE, FORM)), share, np.random.default_rng(seed))


def test_holes_lie_behind_phrases_and_apart() -> None:
    ends = {a.end for a, b in pairwise(LINE) if b.onset > a.end}
    found = holes(1.0)
    assert len(found) >= 5
    for start, end, until in found:
        assert start in ends
        assert end - start >= ROOM
        assert end % 12 == 0
        assert until % 48 == 0
        assert until >= end + 48
    assert all(b[0] // 48 - a[0] // 48 >= APART for a, b in pairwise(found))
    assert found[-1][2] < FORM.length


@pytest.mark.parametrize("seed", range(3))
def test_the_share_says_how_many(seed: int) -> None:
    assert not holes(0.0, seed)
    counts = [np.mean([len(holes(share, seed + 10 * k)) for k in range(8)]) for share in (0.3, 1.0)]
    assert counts[0] < counts[1]


def test_without_a_solo_there_are_none() -> None:
    assert holes_for(Scene.of(Solo((), FORM)), 1.0, np.random.default_rng(0)) == []
