"""The motif memory: what followed the last time that the latest tokens occurred in this solo.

It is the longest-match predictor of PPM's family: Cleary and Witten, "Data compression using adaptive coding
and partial string matching", 1984.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from jazzgen.tokens.features import MATCH, bucket

SHORTEST_MATCH, LONGEST_MATCH = MATCH[0], MATCH[-1]


class Proposal(NamedTuple):
    """A value that continues an earlier passage, the class 0..5 of how many tokens match it (`MATCH`), and
    its age: how many tokens ago it was played.
    """

    value: int
    match: int
    age: int


class MotifMemory:
    """What followed the last time the latest 2 to 12 tokens occurred: the longest match wins, of equals the
    latest.
    """

    __slots__ = ("_next", "index", "matched", "tokens")

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self._next: dict[tuple[int, ...], int] = {}  # the latest n tokens -> index of the token after them
        self.matched = 0  # how many of the latest tokens match
        self.index = 0  # of the token that followed then

    def copy(self) -> MotifMemory:
        """The same memory, to go on by itself."""
        other = copy(self)
        other.tokens, other._next = self.tokens.copy(), self._next.copy()
        return other

    def append(self, token: int) -> None:
        """Move on by `token`."""
        self.tokens.append(token)
        end = len(self.tokens)
        self.matched = 0
        latest = tuple(self.tokens[-LONGEST_MATCH:])
        for n in range(len(latest), SHORTEST_MATCH - 1, -1):
            passage = latest[-n:]
            if not self.matched and passage in self._next:
                self.matched, self.index = n, self._next[passage]
            self._next[passage] = end

    @property
    def continuation(self) -> int | None:
        """The token that followed then."""
        return self.tokens[self.index] if self.matched else None

    def proposal(self, value: int) -> Proposal:
        """The continuation, which is `value` at the present place."""
        return Proposal(value, bucket(MATCH, self.matched), len(self.tokens) - self.index)
