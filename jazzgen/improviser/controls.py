"""Controls: the options of a solo that a musician can choose, checked."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, replace
from typing import Any

from jazzgen.errors import OptionError
from jazzgen.improviser.sampling import check_options
from jazzgen.improviser.unit_plan import parse_units
from jazzgen.music.pitch import pitch_name, place_of
from jazzgen.music.score import Instrument

ARCS = ("flat", "rising", "arch")
PRIMERS = ("continue", "answer")
HOTTEST = 20  # all values are as good as equally likely; from 50 on the preferences overflow
OF_THE_DRAW = {"top-k", "top-p", "density", "rests", "outside", "motif", "arc", "units", "effort"}
# Candidates; the usual effort is that of a model that can choose, where none is asked for.
USUAL_EFFORT, MOST_EFFORT = 4, 16
NARROWEST = 12  # semitones of a range: every pitch class must have its place


@dataclass(frozen=True, slots=True)
class Controls:
    """How to improvise. The defaults are what sounds best with the shipped improviser.

    `temperature`, `top_k`, `top_p` are those of `sampling.sample`. `density` asks for so many notes a bar,
    `rests` for such a share of silence (None: as learned). `low` and `high` bound the pitches (None: the
    instrument's). `outside` moves degrees away from the chord (1), or to its tones (-1). `player` is one of
    those that the model knows. `motif` is how much earlier ideas come back: 0 never on purpose, 1 about as
    people do, more for more. `arc` shapes density, silence and height over the choruses. `max_copied` is the
    longest run of intervals of a training solo that may be played (0: no limit). `units` is a plan of phrases
    as `unit_plan.parse_units` reads it (None: one is drawn), `effort` how many candidates are played for each
    four bars, of which one is chosen (None: as is best with the model). The notes of a primer stay as they
    are: bounds and limit hold for what follows.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    density: float | None = None
    rests: float | None = None
    low: int | None = None
    high: int | None = None
    outside: float = 0.0
    player: str | None = None
    motif: float = 1.0
    arc: str = "flat"
    max_copied: int = 16
    units: str | None = None
    effort: int | None = None

    def __post_init__(self) -> None:
        check_options(self.temperature, self.top_k, self.top_p)
        _check_between("temperature", self.temperature, 0, HOTTEST, "(1: as learned)")
        _check_between("density", self.density, 0.5, 12, "notes a bar")
        _check_between("rests", self.rests, 0, 0.8, "of the time")
        _check_between("outside", self.outside, -1, 1, "(0: as learned)")
        _check_between("motif", self.motif, 0, 3, "(1: about as people do)")
        if self.arc not in ARCS:
            raise OptionError(f"arc must be one of {', '.join(ARCS)}, received {self.arc!r}")
        if self.max_copied and not 8 <= self.max_copied <= 1000:
            raise OptionError(
                f"max-copied must be in 8..1000 intervals, or 0 for no limit, received {self.max_copied}"
            )
        if self.units is not None:
            parse_units(self.units)
            if self.rests is not None:
                raise OptionError(
                    f"units say where silence is, and rests how much, received both: {self.units[:40]!r} and "
                    f"{self.rests:g}; leave one of them out"
                )
        _check_between("effort", self.effort, 1, MOST_EFFORT, "candidates")
        if self.player is not None and not self.player.strip():
            raise OptionError("player is empty; give a name, or leave it out for none")
        self._refuse_idle()

    def _refuse_idle(self) -> None:
        """At temperature 0 nothing is drawn: refuse what would change the draw."""
        given = [f.name.replace("_", "-") for f in fields(self) if getattr(self, f.name) != f.default]
        changing = [name for name in given if name in OF_THE_DRAW]
        if changing and self.temperature == 0:
            raise OptionError(
                f"{changing[0]} changes what is drawn, but at temperature 0 nothing is drawn; "
                "give a temperature above 0"
            )

    def changed(self, **asked: Any) -> Controls:
        """These with what is asked for. Units take the place of rests, and rests that of units."""
        for one, other in (("units", "rests"), ("rests", "units")):
            if asked.get(one) is not None:
                asked.setdefault(other, None)
        return replace(self, **asked)

    def bounds(self, instrument: Instrument) -> tuple[int, int]:
        """The lowest and highest pitch: the instrument's, or narrower."""
        low = instrument.low if self.low is None else self.low
        high = instrument.high if self.high is None else self.high
        if not instrument.low <= low <= high - NARROWEST <= instrument.high - NARROWEST:
            whole = f"{pitch_name(instrument.low)}-{pitch_name(instrument.high)}"
            asked = f"{pitch_name(low)}-{pitch_name(high)}"
            raise OptionError(
                f"range must be an octave or more within the {instrument.name}'s {whole}, received {asked}"
            )
        return low, high


def _check_between(name: str, value: float | None, low: float, high: float, unit: str) -> None:
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise OptionError(f"{name} must be in {low:g}..{high:g} {unit}, received {value:g}")


_PITCH = re.compile(r"([A-Ga-g])([b#♭♯]?)(-?\d)|(\d{1,3})")


def parse_range(text: str) -> tuple[int, int]:
    """Two pitches, "C3-G5" or "48-79" (middle C is C4 and 60); raises `OptionError`.

    >>> parse_range("Bb2-G5")
    (46, 79)
    """
    match = re.fullmatch(rf"\s*({_PITCH.pattern})\s*(?:-|\.\.)\s*({_PITCH.pattern})\s*", text)
    pitches = [_pitch(match.group(1)), _pitch(match.group(6))] if match else []
    if len(pitches) != 2 or not 0 <= pitches[0] < pitches[1] <= 127:
        raise OptionError(f"range must be two rising pitches like C3-G5 or 48-79, received {text[:40]!r}")
    return pitches[0], pitches[1]


def _pitch(text: str) -> int:
    match = _PITCH.fullmatch(text)
    if match is None:
        return -1
    if match.group(4):
        return int(match.group(4))
    step, sign, octave = match.group(1).upper(), match.group(2), int(match.group(3))
    return 12 * (octave + 1) + 7 * place_of(step) % 12 + {"": 0, "b": -1, "♭": -1, "#": 1, "♯": 1}[sign]


def arc_level(arc: str, chorus: int, choruses: int) -> float:
    """How far up a chorus is, -1..1: the curve of density, silence and height over a solo; flat is 0."""
    if arc == "flat" or choruses == 1:
        return 0.0
    place = chorus / (choruses - 1)  # 0 the first, 1 the last
    if arc == "rising":
        return 2 * place - 1
    return 1 - 2 * abs(2 * place - 1)  # an arch: up to the middle and down again
