"""phrases.py: a silence of a beat ends a phrase, a shorter one does not."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.music.phrases import PHRASE_GAP, phrase_starts


@pytest.mark.parametrize(
    ("onsets", "ends", "starts"),
    [
        ([], [], []),
        ([5], [9], [0]),
        ([0, 6, 12], [6, 12, 18], [0]),
        ([0, 17], [6, 20], [0]),  # 11 ticks of silence
        ([0, 18], [6, 20], [0, 1]),  # a beat
        ([0, 6, 40, 100], [6, 12, 46, 101], [0, 2, 3]),
    ],
)
def test_phrase_starts(onsets: list[int], ends: list[int], starts: list[int]) -> None:
    assert phrase_starts(onsets, ends) == starts
    assert phrase_starts(np.array(onsets, np.int64), np.array(ends, np.int64)) == starts
    assert PHRASE_GAP == 12
