"""A list of names, chance, and letters as numbers."""

from __future__ import annotations

import numpy as np

from jazzgen.by_hand import recurrent

LIST = ["Anna", "Bert", "Anouk", "Zoë", "Łukasz", "Bertha", "Nana", "Otto"]
CELLS = tuple(recurrent.CELLS)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def indices(name: str, char_to_ix: dict[str, int]) -> tuple[list[int | None], list[int]]:
    letters = [char_to_ix[letter] for letter in name]
    return [None, *letters], [*letters, char_to_ix["\n"]]
