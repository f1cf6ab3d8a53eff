"""The network's feedback and nothing else: no grid, no end of a form, no preferences. The classic argmax."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jazzgen.improviser.player import octave_request, step_request
from jazzgen.improviser.sampling import sample
from jazzgen.model.engine import Engine
from jazzgen.tokens.features import DISPLACEMENTS
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import IS_REST


class Played(NamedTuple):
    """Values, and the pitch of each: None for a rest."""

    values: list[int]
    pitches: list[int | None]


def generate_line(engine: Engine, tracker: ContextTracker, n: int) -> Played:
    """`n` values with their pitches, each the likeliest and fed back to give the next."""
    played = Played([], [])
    value, state = None, engine.start()
    for _ in range(n):
        probs, state = engine.step(*step_request(tracker, value, state))
        value = int(np.argmax(probs))
        pitch = None
        if not IS_REST[value]:
            near, in_range = tracker.octaves(value)
            register = engine.octaves(*octave_request(tracker, value, state))
            octave = np.argmax(np.where(in_range, register, 0.0) + 1e-12 * np.array(in_range))
            pitch = near + 12 * DISPLACEMENTS[octave]
        tracker.advance(value, pitch)
        played.values.append(value)
        played.pitches.append(pitch)
    return played


def generate_values(
    engine: Engine, n: int, rng: np.random.Generator | None = None, temperature: float = 0.0
) -> list[int]:
    """`n` values of an engine that hears no context; temperature 0 is the classic model's argmax."""
    rng = rng or np.random.default_rng(0)
    values: list[int] = []
    value, state = None, engine.start()
    for _ in range(n):
        probs, state = engine.step(value, state)
        value = sample(probs, rng, temperature)
        values.append(value)
    return values
