"""Phrases: the runs of notes between silences of a beat or more. The one definition for the whole package."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jazzgen.music.score import TICKS_PER_BEAT

PHRASE_GAP = TICKS_PER_BEAT  # ticks: a silence this long ends a phrase


def phrase_starts(onsets: npt.ArrayLike, ends: npt.ArrayLike) -> list[int]:
    """The index of each phrase's first note: 0, and every note after a silence of `PHRASE_GAP` ticks.

    `onsets` and `ends` are in ticks, (n,) each, of a monophonic line; without notes there is no phrase.
    """
    onsets, ends = np.asarray(onsets), np.asarray(ends)
    after_silence = np.flatnonzero(onsets[1:] - ends[:-1] >= PHRASE_GAP) + 1
    return [0, *after_silence.tolist()] if len(onsets) else []
