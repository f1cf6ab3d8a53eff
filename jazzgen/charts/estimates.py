"""What a score does not say in so many words: which of two keys its signature means, what its style is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from jazzgen.charts.measures import Measure
from jazzgen.charts.score_bars import written_bars
from jazzgen.charts.written import Chart, WrittenBar
from jazzgen.errors import ChordError
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import estimate_key
from jazzgen.music.meters import read_meter
from jazzgen.music.score import NO_CHORD, ChordChange, Progression

TEMPI = (10, 1000)  # beats a minute; others are slips
BAR = 48  # ticks of a bar for the key, whatever its meter
_STYLES = re.compile(
    r"\b(?:swing|bossa|samba|ballad|bolero|waltz|latin|afro|cha|son|tango|calypso|funk|rock|pop|soul|blues"
    r"|shuffle|bebop|bop|even|straight|up ?tempo|country|reggae|folk|hymn|dixieland|gypsy|jazz|r&b|rnb|mambo"
    r"|rumba|beguine|march|ragtime|disco|gospel|new orleans|second line|brazil\w*)\b",
    re.IGNORECASE,
)


class Facts(NamedTuple):
    """What a score says of itself. `tempo` is in quarter notes a minute; `signature` is set where it does not
    say whether it means major or minor, and `is_form` where all of it is the form.
    """

    title: str = ""
    composer: str = ""
    style: str = ""
    key: str = ""
    tempo: float | None = None
    signature: int | None = None
    is_form: bool = False


def chart_of(measures: list[Measure], facts: Facts, warnings: Sequence[str] = ()) -> Chart:
    """The chart of a score: of the measures of the part with the chords, and what the score says of itself.

    `warnings` are what was assumed in reading them. The measures are changed. The chart's tempo is in beats a
    minute, and it has a key if the score has a signature. Raises `ProgressionError` for a bar that cannot be
    read.
    """
    bars, melody, assumed = written_bars(measures, facts.is_form)
    key = facts.key if facts.signature is None else estimate_key(_rough(bars), facts.signature)
    # A score that jumps says itself what is played when; chart programs read no more into its headings.
    has_intro = any(bar.section.lower().startswith("intro") for bar in bars)
    keeps_intro = has_intro and any(bar.jump for bar in bars)
    if keeps_intro:
        assumed += ("the score jumps by D.C. or D.S. and has an intro, which is taken as part of the form",)
    return Chart(
        bars=bars,
        title=facts.title,
        composer=facts.composer,
        style=facts.style,
        key=key,
        tempo=_beats_a_minute(facts.tempo, bars),
        warnings=(*dict.fromkeys(warnings), *assumed),
        melody=melody,
        keeps_intro=keeps_intro or facts.is_form,
    )


def is_style(words: str) -> bool:
    """Whether words over the first bar name a style."""
    return 0 < len(words) <= 60 and _STYLES.search(words) is not None


def _beats_a_minute(quarters: float | None, bars: Sequence[WrittenBar]) -> float | None:
    meter = next((bar.meter for bar in bars if bar.meter and not bar.pickup), "4/4")
    tempo = None if quarters is None else round(quarters / float(read_meter(meter).beat_quarters), 3)
    return tempo if tempo is not None and TEMPI[0] <= tempo <= TEMPI[1] else None


def _rough(bars: Sequence[WrittenBar]) -> Progression:
    """The bars as they are written, once, without symbols that are none."""
    changes: list[ChordChange] = []
    for n, bar in enumerate(bars):
        for place, symbol in bar.chords:
            tick = int((n + min(place, Fraction(BAR - 1, BAR))) * BAR)
            if _is_chord(symbol) and (not changes or changes[-1].tick < tick):
                changes.append(ChordChange(tick, symbol))
    if not changes or changes[0].tick:
        changes.insert(0, ChordChange(0, NO_CHORD))
    return Progression(tuple(changes), BAR * len(bars))


def _is_chord(symbol: str) -> bool:
    try:
        return parse_chord(symbol) is not None
    except ChordError:
        return False
