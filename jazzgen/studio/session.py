"""The document of a studio: takes side by side, one of them current, with undo and redo without end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jazzgen.improviser.controls import Controls
from jazzgen.studio.composing import Composed, Source
from jazzgen.studio.given import GivenError

MOST_TAKES = 64  # side by side; undo keeps more


@dataclass(frozen=True, slots=True)
class Entry:
    """A take that the server knows: what makes it and what is said of it."""

    id: str
    source: Source
    facts: dict[str, Any]
    roll: bytes
    what: str
    parent: str | None
    controls: Controls


class Document(NamedTuple):
    """The takes by their ids, oldest first, and the one that is played and edited."""

    takes: tuple[str, ...] = ()
    current: str | None = None


class Step(NamedTuple):
    """A document and what made it."""

    document: Document
    what: str


@dataclass
class Session:
    """The document now, those before and after it, and every take that any of them names."""

    past: list[Step] = field(default_factory=list)
    now: Step = field(default=Step(Document(), ""))
    future: list[Step] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    version: int = 0

    def entry(self, identity: str) -> Entry:
        """The take called so; raises `KeyError`."""
        return self.entries[identity]

    def add(
        self, composed: Composed, source: Source, what: str, parent: str | None = None, beside: bool = True
    ) -> Entry:
        """A step: a new take behind the others, or with `beside` false in the place of its parent.

        Parameters
        ----------
        composed, source
            The take, and what makes it.
        what
            What was done, in a few words.
        parent
            The take that it was made from.
        beside
            Whether the parent stays.

        Returns
        -------
        Entry
            The take, which is now current.

        Raises
        ------
        GivenError
            Where there are too many.
        """
        document = self.now.document
        entry = Entry(
            composed.id, source, composed.facts, composed.roll, what, parent, composed.controls
        )  # fmt: skip
        entry = self.entries.setdefault(entry.id, entry)
        takes = [take for take in document.takes if take != entry.id]
        if not beside and parent in takes:
            takes[takes.index(parent)] = entry.id
        else:
            takes.append(entry.id)
        if len(takes) > MOST_TAKES:
            raise GivenError(f"{MOST_TAKES} takes stand side by side already; remove some", "takes")
        self._step(Document(tuple(takes), entry.id), what)
        return entry

    def choose(self, identity: str) -> None:
        """A step: another take is current."""
        document = self.now.document
        self._check_here(identity)
        if document.current != identity:
            self._step(document._replace(current=identity), f"choose {self.entries[identity].facts['title']}")

    def remove(self, identity: str) -> None:
        """A step: a take less; its neighbour becomes current."""
        document = self.now.document
        place = self._check_here(identity)
        takes = tuple(take for take in document.takes if take != identity)
        current = document.current
        if current == identity:
            current = takes[min(place, len(takes) - 1)] if takes else None
        self._step(Document(takes, current), f"remove {self.entries[identity].facts['title']}")

    def undo(self) -> None:
        """Back to the document before."""
        if not self.past:
            raise GivenError("there is nothing to undo", "undo")
        self.future.append(self.now)
        self.now = self.past.pop()
        self.version += 1

    def redo(self) -> None:
        """What was undone again."""
        if not self.future:
            raise GivenError("there is nothing to redo", "redo")
        self.past.append(self.now)
        self.now = self.future.pop()
        self.version += 1

    def _step(self, document: Document, what: str) -> None:
        self.past.append(self.now)
        self.now = Step(document, what)
        dropped, self.future = self.future, []
        self.version += 1
        if dropped:  # takes that only they named are forgotten
            named = {take for step in (*self.past, self.now) for take in step.document.takes}
            self.entries = {name: entry for name, entry in self.entries.items() if name in named}

    def _check_here(self, identity: str) -> int:
        takes = self.now.document.takes
        if identity not in takes:
            raise GivenError("that take is not among those side by side", "id")
        return takes.index(identity)

    def state(self, favourites: list[dict[str, Any]], kept: Callable[[str], str | None]) -> dict[str, Any]:
        """All that a page shows of it; `kept` gives the favourite that a take is."""
        document = self.now.document
        return {
            "takes": [self.shown(name, kept(name)) for name in document.takes],
            "current": document.current,
            "undo": len(self.past),
            "redo": len(self.future),
            "undo_what": self.now.what if self.past else None,
            "redo_what": self.future[-1].what if self.future else None,
            "favourites": favourites,
            "version": self.version,
        }

    def shown(self, identity: str, favourite: str | None) -> dict[str, Any]:
        """What a page shows of a take."""
        entry = self.entries[identity]
        return {
            "id": identity, "what": entry.what, "parent": entry.parent, "favourite": favourite
        } | entry.facts  # fmt: skip
