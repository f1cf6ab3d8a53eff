"""The bars of a progression one by one, as the writers of chart formats need them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from jazzgen.charts.tune import merged
from jazzgen.music.chords import parse_chord
from jazzgen.music.pitch import NOTE, note_name
from jazzgen.music.score import Progression

_NOTE = re.compile(rf"\s*({NOTE})")


@dataclass(frozen=True, slots=True)
class PlayedBar:
    """One bar: its meter, the section that begins there, and (place, symbol) of its chords, places as
    fractions of the bar. The first chord stands at 0; `held` where it goes on from the bar before.
    """

    meter: str
    beats: int
    section: str
    chords: tuple[tuple[Fraction, str], ...]
    held: bool

    def fits(self, shares: int) -> bool:
        """Whether every chord begins at one of so many even shares of the bar."""
        return all((place * shares).denominator == 1 for place, _ in self.chords)

    def entries(self, shares: int, hold: str) -> list[str]:
        """The bar cut into even shares: a symbol where it begins, `hold` elsewhere."""
        entries = [hold] * shares
        for place, symbol in self.chords[self.held :]:
            entries[int(place * shares)] = symbol
        return entries


def played_bars(progression: Progression) -> Iterator[PlayedBar]:
    """The bars of `progression` in their order; symbols have no blanks."""
    changes = [(change.tick, "".join(change.symbol.split())) for change in merged(progression.chords)]
    names = {progression.bar_at(section.tick): section.name for section in progression.sections}
    meters = {meter.tick: meter for meter in progression.meters}
    meter, sounding, k = progression.meters[0], changes[0][1], 0
    for number, (start, end) in enumerate(pairwise([*progression.bar_ticks, progression.length])):
        meter = meters.get(start, meter)
        chords: list[tuple[Fraction, str]] = []
        while k < len(changes) and changes[k][0] < end:
            chords.append((Fraction(changes[k][0] - start, end - start), changes[k][1]))
            k += 1
        held = not chords or chords[0][0] > 0
        if held:
            chords.insert(0, (Fraction(0), sounding))
        sounding = chords[-1][1]
        name = " ".join(names.get(number, "").split())
        yield PlayedBar(meter.signature, meter.beats, name, tuple(chords), held)


def fewest_shares(bar: PlayedBar, tried: Iterable[int]) -> int:
    """The first of the numbers `tried` of even shares that fits; else the fewest that do."""
    exact = next((shares for shares in tried if bar.fits(shares)), 0)
    return exact or next(shares for shares in range(1, 12 * bar.beats + 1) if bar.fits(shares))


def spelled(symbol: str) -> tuple[str, str, str]:
    """The root of a chord, its quality in this program's own spelling, and its bass ("" for the root).

    ("", "", "") for no chord. Roots have one accidental at most.
    """
    chord = parse_chord(symbol)
    if chord is None:
        return "", "", ""
    root = _NOTE.match(symbol)
    bass = _NOTE.match(symbol.rpartition("/")[2]) if chord.bass != chord.root else None
    names = [
        note_name(tone) if found is None or len(found[1]) > 2 else found[1]
        for tone, found in ((chord.root, root), (chord.bass, bass))
    ]
    return names[0], chord.quality, names[1] if chord.bass != chord.root else ""
