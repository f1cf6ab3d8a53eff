"""The motif memory: what followed the last time that the latest values occurred in this solo."""

from __future__ import annotations

from typing import NamedTuple

from jazzgen.tokens.features import MATCH, bucket

__all__ = ["MEMORIES", "UNISON", "Memory", "Proposal"]

SHORTEST_MATCH, LONGEST_MATCH = MATCH[0], MATCH[-1]
UNISON = 128  # what a move adds to its interval, so that it is not negative
MEMORIES = 2  # of values, and of intervals with lengths


class Proposal(NamedTuple):
    """A value that continues an idea, the class 0..5 of how many values agree (`MATCH`), and how many
    values ago it was played.
    """

    value: int
    agree: int
    ago: int


class Memory:
    """What followed the last time the latest 2 to 12 tokens occurred: the longest match wins, of equals the
    latest.
    """

    __slots__ = ("followed", "match", "tokens", "where")

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.followed: dict[tuple[int, ...], int] = {}  # the latest n tokens -> where the next one stands
        self.match = 0  # how many of the latest tokens agree
        self.where = 0

    def hear(self, token: int) -> None:
        """Move on by `token`."""
        tokens = self.tokens
        tokens.append(token)
        end = len(tokens)
        self.match = 0
        last = tuple(tokens[-LONGEST_MATCH:])
        for n in range(min(LONGEST_MATCH, end), SHORTEST_MATCH - 1, -1):
            latest = last[-n:]
            if not self.match:
                where = self.followed.get(latest)
                if where is not None:
                    self.match, self.where = n, where
            self.followed[latest] = end

    @property
    def continuation(self) -> int | None:
        """The token that followed then."""
        return self.tokens[self.where] if self.match else None

    def proposal(self, value: int) -> Proposal:
        """The continuation as a value."""
        return Proposal(value, bucket(MATCH, self.match), len(self.tokens) - self.where)
