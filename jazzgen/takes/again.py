"""Which bars of a take are played again, by whom, and with what other wishes: `Again`, and its text.

    '9-16 seed=7'                        bars 9 to 16 of the solo
    'part=band seed=2'                   another band under the same solo
    '5 seed=1 density=6 range=C3-E5'     one bar, denser, and in another range

`parse` and `text` are twins: a recipe names every edit of a take, each by its text.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, fields
from typing import Any

from jazzgen.band.scene import choose_style
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls, parse_range

BAND = "band"  # the part that stands for all but the solo
SOLO = "solo"
MOST_CANDIDATES = 64
CANDIDATES = 8
_BARS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
# The controls by their names in a text, and what their values are; `range` is two of them.
_CONTROLS = {field.name.replace("_", "-"): field.name for field in fields(Controls)}
_OWN = ("part", "seed", "candidates", "style")
_WHOLE = ("top_k", "max_copied", "effort")
_TEXTS = ("player", "arc", "units")


@dataclass(frozen=True, slots=True)
class Again:
    """Bars of a take that are played again; checked when made (`OptionError`).

    `bars` are the first and the last, as a DAW counts those of the file, from 1, a count-in among them; None
    is all of them. `part` is "solo", "band" or the name of a track of the band, in any case. The new bars are
    drawn from `seed`, and of so many `candidates` the one is taken that leads best into what is kept. They
    are played as `controls` ask; None: as the take's. Those of the band are in `style`, one of
    `progressions.STYLES`; empty: the take's.
    """

    bars: tuple[int, int] | None = None
    part: str = SOLO
    seed: int = 0
    candidates: int = CANDIDATES
    controls: Controls | None = None
    style: str = ""

    def __post_init__(self) -> None:
        if self.bars is not None and not 1 <= self.bars[0] <= self.bars[1]:
            raise OptionError(
                f"bars must be the first and the last from 1, as 9-16, received {self.bars[0]}-{self.bars[1]}"
            )
        if self.seed < 0:
            raise OptionError(f"seed must be 0 or more, received {self.seed}")
        if not 1 <= self.candidates <= MOST_CANDIDATES:
            raise OptionError(f"candidates must be in 1..{MOST_CANDIDATES}, received {self.candidates}")
        if self.controls is not None and self.part.casefold() != SOLO:
            raise OptionError(
                f"density, range and the like are asked of the solo, not of {self.part}; leave them out"
            )

        if self.style:
            choose_style(self.style, 0)
            if self.part.casefold() == SOLO:
                raise OptionError("style is asked of the band, not of the solo; leave it out")

    @classmethod
    def parse(cls, text: str, usual: Controls) -> Again:
        """The edit that `text` describes, of a take whose controls are `usual`; raises `OptionError`."""
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise OptionError(f"what to play again must be words, as '9-16 seed=7': {error}") from None
        bars = parse_bars(words.pop(0)) if words and "=" not in words[0] else None
        given: dict[str, str] = {}
        for word in words:
            name, sign, value = word.partition("=")
            if not sign or name in given or name not in (*_OWN, "range", *_CONTROLS):
                known = ", ".join((*_OWN, "range", *sorted(set(_CONTROLS) - {"low", "high"})))
                raise OptionError(f"what to play again has no {word!r}; give each of {known} once, as seed=7")
            given[name] = value
        own = {name: given.pop(name) for name in _OWN if name in given}
        return cls(
            bars,
            own.get("part", SOLO),
            int(_number("seed", own.get("seed", "0"), int)),
            int(_number("candidates", own.get("candidates", str(CANDIDATES)), int)),
            _controls(given, usual) if given else None,
            own.get("style", ""),
        )

    def text(self, usual: Controls) -> str:
        """What `parse` reads this from."""
        words = [] if self.bars is None else [f"{self.bars[0]}-{self.bars[1]}"]
        words += [f"part={self.part}", f"seed={self.seed}"]
        if self.candidates != CANDIDATES:
            words.append(f"candidates={self.candidates}")
        if self.style:
            words.append(f"style={self.style}")
        if self.controls is not None:
            if (self.controls.low, self.controls.high) != (usual.low, usual.high):
                low, high = self.controls.low, self.controls.high
                words.append("range=" if low is None else f"range={low}-{high}")
            for name, field in _CONTROLS.items():
                value = getattr(self.controls, field)
                if value != getattr(usual, field) and field not in ("low", "high"):
                    words.append(f"{name}={'' if value is None else _exactly(value)}")
        return shlex.join(words)


def parse_bars(text: str) -> tuple[int, int]:
    """Two bars, "9-16", or one, "9"; raises `OptionError`.

    >>> parse_bars("9-16")
    (9, 16)
    """
    match = _BARS.fullmatch(text.strip())
    if match is None:
        raise OptionError(f"bars must be two numbers, as 9-16, or one, received {text[:40]!r}")
    return int(match[1]), int(match[2] or match[1])


def _exactly(value: float | str) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _number(name: str, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        return kind(text)
    except ValueError:
        raise OptionError(f"{name} must be a number, received {text[:40]!r}") from None


def _controls(given: dict[str, str], usual: Controls) -> Controls:
    """`usual` with what is `given`, an empty value for none."""
    changed: dict[str, Any] = {}
    for name, text in given.items():
        if name == "range":
            changed["low"], changed["high"] = parse_range(text) if text else (None, None)
            continue
        field = _CONTROLS[name]
        kind = int if field in _WHOLE else float
        changed[field] = None if not text else text if field in _TEXTS else _number(name, text, kind)
    return usual.changed(**changed)
