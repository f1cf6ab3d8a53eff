"""What settings name, found and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from jazzgen.charts.tune import Tune
from jazzgen.improviser.originality import Index
from jazzgen.model.checkpoint import Checkpoint
from jazzgen.takes.primer import Primer

Loaded: TypeAlias = tuple[Checkpoint, Index | None]


@dataclass(frozen=True, slots=True)
class TakeInputs:
    """The same for every seed of a take's settings."""

    tune: Tune  # one chorus, and what comes before and after
    checkpoint: Checkpoint
    index: Index | None  # of what the checkpoint's training solos play
    primer: Primer | None
