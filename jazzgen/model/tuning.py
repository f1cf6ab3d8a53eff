"""The tuning of a model: the constants that correct its probabilities at play.

A network that is fed its own values drifts in ways that its loss does not show. Each constant moves one
statistic of its takes back to people's; they were chosen by looking at takes beside the reference corpus, and
another model may want others. So they are data and travel in the checkpoint's header. What a user asks for
(`improviser.Controls`) comes on top. Biases are added to logits, in nats; ticks are 12 to a beat.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from jazzgen.errors import OptionError
from jazzgen.tokens.features import MATCH

_BY_MATCH = (0.0,) * len(MATCH)


def _constant(default: Any, neutral: Any, low: float, high: float) -> Any:
    """A field in `low`..`high` (each place of a tuple) that corrects nothing at `neutral`."""
    return field(default=default, metadata={"neutral": neutral, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Tuning:
    """The corrections of one model; the defaults are those of the shipped improviser.

    What each serves: the statistic of `evaluation.statistics`, or the share, that it moves to people's.

        harmony_prior         lift, chord_tones of a model without context: exponent of the harmony prior
        degree_temperature    pitch_entropy: degrees drawn with all their spread are evener than people's; the
                              rhythm is drawn as it was learned, because with less spread it is monotonous
        long_note_bias        notes_per_bar, rests: quarters and longer, and eighth rests, are too few
        outside_on_beat_bias  chord_tones_strong, in_scale: too many tones outside the scale on the beat
        held_dissonance_bias  half notes or longer that are outside the scale or a semitone above a chord
                              tone: 15 % of what people hold, 20 % without this
        repeated_pitch_bias   longest_repeat: one more of a pitch that was played four times in a row
        pitch_prior_std       range, range_near: semitones of the Gaussian around the running tessitura
                              (inf: none; then an arc shapes density and rests alone)
        pitch_prior_offset    range: semitones of its center above the middle of the instrument's range
        pitch_prior_notes     spread_near: notes over which the running tessitura follows the line
        motif_biases          returning_4, unique_shapes: what the motif memory proposes, by how many values
                              agree (`MATCH`); after twelve it is a loop and no idea coming back
        shape_biases          returning_3: the same for pitches alone, which come back in another rhythm
        motif_reference_ticks returning_3 in short solos (.093 without the schedule, people .135) and after 96
        motif_exponent        bars (.197, people .145): both are multiplied by (reference_ticks / now) **
        motif_min_gain        exponent, but by no less and
        motif_max_gain        no more than these
        motif_min_age         returning_4: values ago below which a proposal is no return
        shape_min_age         returning_3: the same of a shape
    """

    harmony_prior: float = _constant(0.0, 0.0, 0, 10)
    degree_temperature: float = _constant(1 / 1.08, 1.0, 0.1, 10)
    long_note_bias: float = _constant(0.2, 0.0, -20, 20)
    outside_on_beat_bias: float = _constant(-0.3, 0.0, -20, 20)
    held_dissonance_bias: float = _constant(-1.0, 0.0, -20, 20)
    repeated_pitch_bias: float = _constant(-1.5, 0.0, -20, 20)
    pitch_prior_std: float = _constant(15.0, math.inf, 1, math.inf)
    pitch_prior_offset: float = _constant(2.5, 0.0, -48, 48)
    pitch_prior_notes: float = _constant(48.0, 48.0, 1, 10_000)
    motif_biases: tuple[float, ...] = _constant((0.1, 0.4, 0.8, 1.3, 1.3, -1.5), _BY_MATCH, -20, 20)
    shape_biases: tuple[float, ...] = _constant((0.7, 1.2, 1.5, 1.6, 1.5, -1.0), _BY_MATCH, -20, 20)
    motif_reference_ticks: float = _constant(52.0 * 4 * 12, 52.0 * 4 * 12, 1, 1e6)  # 52 bars
    motif_exponent: float = _constant(0.35, 0.0, 0, 10)
    motif_min_gain: float = _constant(0.65, 1.0, 0, 10)
    motif_max_gain: float = _constant(1.6, 1.0, 0, 10)
    motif_min_age: float = _constant(16.0, 1.0, 1, 10_000)
    shape_min_age: float = _constant(4.0, 1.0, 1, 10_000)

    def __post_init__(self) -> None:
        for constant in fields(self):
            value, low, high = (
                getattr(self, constant.name),
                constant.metadata["low"],
                constant.metadata["high"],
            )
            places = len(constant.default) if isinstance(constant.default, tuple) else None
            numbers = (value,) if places is None else value
            if (
                not isinstance(numbers, tuple)
                or len(numbers) != (places or 1)
                or not all(type(n) in (int, float) and low <= n <= high for n in numbers)
            ):
                what = f"{places} numbers" if places else "a number"
                raise OptionError(
                    f"{constant.name} must be {what} in {low:g}..{high:g}, received {value!r:.80}"
                )
        if self.motif_min_gain > self.motif_max_gain:
            raise OptionError(
                f"motif_min_gain must be at most motif_max_gain, {self.motif_max_gain:g}, "
                f"received {self.motif_min_gain:g}"
            )

    @classmethod
    def neutral(cls) -> Self:
        """The network alone: nothing is corrected."""
        return cls(**{constant.name: constant.metadata["neutral"] for constant in fields(cls)})

    @classmethod
    def default(cls, has_context: bool) -> Self:
        """What a model without a tuning of its own gets: one without context has the harmony prior in
        place of the corrections that need to know the chord.
        """
        if has_context:
            return cls()
        return cls(
            harmony_prior=1.0,
            degree_temperature=1.0,
            long_note_bias=0.0,
            outside_on_beat_bias=0.0,
            held_dissonance_bias=0.0,
        )

    def as_json(self) -> dict[str, Any]:
        """The twin of `from_json`: name -> number, list of numbers, or null for inf."""
        return {name: _to_plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, described: object) -> Self:
        """The tuning that a header describes; raises `OptionError` where it describes none."""
        names = [constant.name for constant in fields(cls)]
        if not isinstance(described, dict) or set(described) != set(names):
            raise OptionError(f"a tuning must have {', '.join(names)}, received {described!r:.80}")
        return cls(**{name: _from_plain(described[name]) for name in names})


def _to_plain(value: float | tuple[float, ...]) -> object:
    if isinstance(value, tuple):
        return list(value)
    return None if value == math.inf else value


def _from_plain(value: Any) -> Any:
    """The twin of `_to_plain`; what is no number is left for the constructor to refuse."""
    if isinstance(value, list):
        return tuple(value)
    return math.inf if value is None else value
