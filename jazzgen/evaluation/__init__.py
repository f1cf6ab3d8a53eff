"""How good a model, or a set of solos, is: in numbers.

likelihood   how likely a model finds solos that people played
line         a solo as arrays, for the next two
statistics   what solos are like: chord tones, leaps, rests, recurring ideas ...
"""

from __future__ import annotations

from jazzgen.evaluation.likelihood import evaluate
from jazzgen.evaluation.statistics import Summary, describe, measure

__all__ = ["Summary", "describe", "evaluate", "measure"]
