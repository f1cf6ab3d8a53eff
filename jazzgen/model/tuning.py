"""The tuning of a model: the numbers that correct its probabilities at play.

A network that is fed its own values drifts in ways that its loss does not show. Each number moves one
statistic of its takes back to people's; `recipes/tuning.py` fits some of them, and another model may want
others. So they are data and travel in the checkpoint's header. What is corrected context by context has
tables of its own (`model.corrections`), and what a user asks for (`improviser.Controls`) comes on top. Biases
are added to logits, in nats.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from jazzgen.errors import OptionError

LATEST = "edge_cost"  # of the numbers: files of 0.2 lack it


def _number(default: float, neutral: float, low: float, high: float) -> Any:
    """A field in `low`..`high` that corrects nothing at `neutral`."""
    return field(default=default, metadata={"neutral": neutral, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Tuning:
    """The corrections of one model; a file without a tuning gets the defaults.

    What each serves: the statistic of `evaluation.statistics`, or the share, that it moves to people's.

        harmony_prior         lift, chord_tones of a model without context: exponent of the harmony prior
        rhythm_views          even_runs, spread_silence: how much of what the views say of lengths is heard; a
                              model that hears itself makes more of its own habits than people of theirs
        pitch_views           longest_repeat, pitch_entropy: the same of pitches
        degree_temperature    pitch_entropy: degrees drawn with all their spread are evener than people's; the
                              rhythm is drawn as it was learned, because with less spread it is monotonous
        motif_bias            returning_3, returning_4: what the motif memories propose, values or pitches
                              alone, the more the longer the match
        held_dissonance_bias  long_chord_tones: half notes or longer that are outside the scale or a semitone
                              above a chord tone
        pitch_prior_std       range, spread_near: semitones of the Gaussian around the planned height, or
                              without a plan the running tessitura
                              (inf: none; then an arc shapes density and rests alone)
        edge_cost             range: nats that the highest and the lowest pitch of the range cost, which a
                              line that is only stopped there reaches too often
    """

    harmony_prior: float = _number(0.0, 0.0, 0, 10)
    rhythm_views: float = _number(0.75, 1.0, 0, 2)
    pitch_views: float = _number(0.86, 1.0, 0, 2)
    degree_temperature: float = _number(0.94, 1.0, 0.1, 10)
    motif_bias: float = _number(1.1, 0.0, -20, 20)
    held_dissonance_bias: float = _number(-1.0, 0.0, -20, 20)
    pitch_prior_std: float = _number(9.0, math.inf, 1, math.inf)
    edge_cost: float = _number(1.5, 0.0, 0, 20)

    def __post_init__(self) -> None:
        for number in fields(self):
            value, low, high = getattr(self, number.name), number.metadata["low"], number.metadata["high"]
            if type(value) not in (int, float) or not low <= value <= high:
                raise OptionError(
                    f"{number.name} must be a number in {low:g}..{high:g}, received {value!r:.80}"
                )

    @classmethod
    def neutral(cls) -> Self:
        """The network alone: nothing is corrected."""
        return cls(**{number.name: number.metadata["neutral"] for number in fields(cls)})

    @classmethod
    def default(cls, has_context: bool) -> Self:
        """What a model without a tuning of its own gets: one without context has the harmony prior in
        place of the corrections that need to know the chord.
        """
        if has_context:
            return cls()
        return cls(harmony_prior=1.0, degree_temperature=1.0, held_dissonance_bias=0.0)

    def as_json(self) -> dict[str, Any]:
        """The twin of `from_json`: name -> number, or null for inf."""
        return {name: None if value == math.inf else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, described: object) -> Self:
        """The tuning that a header describes; raises `OptionError` where it describes none."""
        names = [number.name for number in fields(cls)]
        if isinstance(described, dict) and set(names) - set(described) == {LATEST}:
            described = {**described, LATEST: 0.0}
        if not isinstance(described, dict) or set(described) != set(names):
            raise OptionError(f"a tuning must have {', '.join(names)}, received {described!r:.80}")
        return cls(**{name: math.inf if described[name] is None else described[name] for name in names})
