"""Training and held-out solos, split by title so that takes of one tune stay together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple, overload

import numpy as np

from jazzgen.corpus.store import Corpus
from jazzgen.corpus.windows import IntArray
from jazzgen.errors import OptionError
from jazzgen.music.score import Solo
from jazzgen.tokens.vocabulary import encode


class Selection(Sequence[Solo]):
    """A subset of `solos`, by their numbers. The solos of a prepared corpus are read one by one when asked
    for; their titles, players and sizes come from its index.
    """

    def __init__(self, solos: Sequence[Solo], numbers: Sequence[int]) -> None:
        self.solos: Sequence[Solo] = solos
        self.numbers: Sequence[int] = numbers
        if isinstance(solos, Selection):
            self.solos, self.numbers = solos.solos, [solos.numbers[number] for number in numbers]

    @classmethod
    def of(cls, solos: Sequence[Solo]) -> Selection:
        """All of `solos`."""
        return solos if isinstance(solos, cls) else cls(solos, range(len(solos)))

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Solo: ...
    @overload
    def __getitem__(self, index: slice) -> Selection: ...
    def __getitem__(self, index: int | slice) -> Solo | Selection:
        if isinstance(index, slice):
            return Selection(self.solos, self.numbers[index])
        return self.solos[self.numbers[index]]

    def titles(self) -> list[str]:
        """The title of each."""
        if isinstance(self.solos, Corpus):
            return [self.solos.title(number) for number in self.numbers]
        return [solo.title for solo in self]

    def players(self) -> list[str]:
        """The player of each."""
        if isinstance(self.solos, Corpus):
            return [self.solos.player(number) for number in self.numbers]
        return [solo.player for solo in self]

    def sizes(self) -> IntArray:
        """(n, 2) How many notes and how many values each has."""
        if isinstance(self.solos, Corpus):
            sizes = [(self.solos.n_notes(number), self.solos.n_values(number)) for number in self.numbers]
        else:
            sizes = [(len(solo.notes), len(encode(solo))) for solo in self]
        return np.array(sizes, dtype=np.int64).reshape(-1, 2)


class Split(NamedTuple):
    """Solos to train on and solos held out, each in the order they came in."""

    train: Selection
    held_out: Selection


def title_key(title: str) -> str:
    """A title's letters and digits in lower case, the same for every spelling of it.

    >>> title_key("Dickie's  Dream") == title_key("DICKIES DREAM")
    True
    """
    return "".join(letter for letter in title.casefold() if letter.isalnum()) or title.strip()


def title_digest(title: str) -> str:
    """A hash of a title, 16 hex digits: identifies a held-out tune in a record without naming it.

    >>> title_digest("So What") == title_digest("so  what")
    True
    """
    return hashlib.sha256(title_key(title).encode()).hexdigest()[:16]


def split_by_title(solos: Sequence[Solo], fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold out about `fraction` of the tunes, each with all its takes.

    Tunes are drawn by a hash of seed and title: the order of the solos does not matter, and in a folder that
    grows almost every tune stays on its side. An untitled solo is a tune of its own. With `fraction` above 0
    at least one tune is held out and one kept; a single tune is never held out.
    """
    if not 0 <= fraction < 1:
        raise OptionError(f"the held-out fraction must be 0 or more and below 1, received {fraction}")
    titles = Selection.of(solos).titles()
    keys = [title_key(title) or f"untitled {i}" for i, title in enumerate(titles)]
    tunes = sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed}:{key}".encode()).digest())
    count = min(max(round(fraction * len(tunes)), 1), len(tunes) - 1) if fraction > 0 and tunes else 0
    held = set(tunes[:count])
    return Split(
        train=Selection(solos, [i for i, key in enumerate(keys) if key not in held]),
        held_out=Selection(solos, [i for i, key in enumerate(keys) if key in held]),
    )
