"""Lines over a short form, for the tests of the context."""

from __future__ import annotations

from jazzgen.charts.text import parse_progression
from jazzgen.music.score import Instrument, Progression
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.tracker import ContextTracker
from jazzgen.tokens.vocabulary import REST, value_of

FORM = parse_progression("| Dm7 | G7 | Cmaj7 | % |")
HORN = Instrument("a horn", 66, 48, 72)  # its middle is C4, 60
ALL = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
SIXTEENTH, TRIPLET, EIGHTH, QUARTER, HALF, WHOLE = range(6)  # places in LENGTHS


def tracking(
    *features: str, form: Progression = FORM, players: tuple[str, ...] = (), **options: object
) -> ContextTracker:
    return ContextTracker(
        FeatureSpec(features, players), form, **{"tempo": 160, "instrument": HORN, **options}
    )


def note(tracker: ContextTracker, pitch: int, length: int = EIGHTH) -> None:
    """Let `tracker` hear `pitch`, as the value it is over the chord that sounds."""
    tracker.advance(value_of((pitch - tracker.root) % 12, length), pitch)


def rest(tracker: ContextTracker, length: int) -> None:
    tracker.advance(value_of(REST, length), None)
