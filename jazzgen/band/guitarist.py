"""The guitar in the piano's place: playable shapes, strummed four to the bar or in comping rhythms.

Swing and up-tempo are strummed on every beat, short and with 2 and 4 shorter still, as a rhythm guitarist of
the Basie band did; bossa and samba have a figure of two bars that stays for a section, the thumb's notes left
to the bass; first choruses in two, bridges and all other styles take comping rhythms. A shape is three
or four notes, one a string, within the reach of four fingers; the strings between are damped, so none is
open. It is rootless where the chord has a third and seventh, and below E3 it never doubles the bass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import permutations

import numpy as np

from jazzgen.band.comping import Hit, comp
from jazzgen.band.patterns import draw
from jazzgen.band.rhythms import SHORT, Pair, comping_hits, with_every_chord
from jazzgen.band.scene import BEAT, FormBar, Scene
from jazzgen.band.shout import shouted
from jazzgen.band.voicings import CHORD_REGISTER, ChordInstrument, Voicing
from jazzgen.music.score import Note

STRINGS = (40, 45, 50, 55, 59, 64)  # E2 A2 D3 G3 B3 E4, the sixth string to the first
FRETS = range(1, 13)
CLEAR = CHORD_REGISTER - 4  # C3, below which intervals are muddy
REACH = 3  # frets from the lowest to the highest finger: four fingers, a fret each
# Which strings sound together, numbered from 0, the lowest; a damped one may lie between.
GRIPS = {
    4: ((0, 2, 3, 4), (1, 2, 3, 4), (2, 3, 4, 5)),
    3: ((0, 2, 3), (1, 2, 3), (1, 3, 4), (2, 3, 4), (3, 4, 5)),
    2: ((1, 2), (2, 3), (3, 4)),
    1: ((2,), (3,)),
}
FOUR_TO_THE_BAR = ("swing", "up-tempo")
# Figures of two bars: those of the fingers in a batida, as João Gilberto plays it and from its other side,
# and of a samba's guitar, of which partido alto is the first.
BATIDAS: Mapping[str, Mapping[Pair, float]] = {
    "bossa": {
        ((0, 12, 30), (6, 18, 36)): 4, ((0, 18, 36), (12, 30)): 3, ((12, 30), (0, 18, 36)): 2,
        ((0, 18, 30, 42), (18, 30, 42)): 2, ((6, 18, 36), (0, 12, 30)): 2,
    },
    "samba": {
        ((6, 18, 36), (0, 12, 30)): 4, ((0, 12, 30), (6, 18, 36)): 3, ((6, 18, 30, 42), (0, 18, 36)): 2,
        ((0, 18, 30, 42), (6, 18, 30)): 2, ((0, 12, 18, 36), (6, 18, 30, 42)): 2,
    },
}  # fmt: skip
SHORT_STROKES = 0.6  # of them; the others are held up to the next
TURNED = 0.18  # of the pairs of bars that take another figure, besides those that close a section


def guitar(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """A comping part from E2 to E5."""
    strummed = {bar.number for bar in scene.bars if _is_strummed(scene, bar)}
    figured = {bar.number: hits for bar, hits in _batida(scene, rng)}
    own = strummed | figured.keys()
    hits = [hit for hit in comping_hits(scene, rng) if scene.form.bar_at(hit.onset) not in own]
    for number in strummed:
        hits += _strokes(scene.bars[number])
    for found in figured.values():
        hits += found
    return comp(scene, sorted(hits), GUITAR, 3 if scene.style in FOUR_TO_THE_BAR else 4, rng)


def _is_strummed(scene: Scene, bar: FormBar) -> bool:
    """Whether `bar` is played four to the bar: not in two, in a bridge or at the end."""
    if scene.style not in FOUR_TO_THE_BAR or scene.in_two(bar) or scene.contrasts(bar):
        return False
    return not scene.ends(bar) and not scene.ends_with_break(bar) and shouted(scene, bar) is None


def _batida(scene: Scene, rng: np.random.Generator) -> Iterator[tuple[FormBar, list[Hit]]]:
    """The bars of four of a bossa or samba with their hits: a figure a section, turned now and then."""
    words = BATIDAS.get(scene.style)
    usual: Pair = ((), ())
    figure, place = usual, 0
    for bar in scene.bars if words else ():
        if bar.opens_section or not any(usual):
            usual = figure = draw(words or {usual: 1.0}, rng)
            place = 0
        elif place % 2 == 0:
            after = scene.bars[min(bar.number + 1, len(scene.bars) - 1)]
            turned = after.closes_section or rng.random() < TURNED
            figure = draw(words or {usual: 1.0}, rng) if turned else usual
        onsets, place = figure[place % 2], place + 1
        ending = scene.ends(bar) or scene.ends_with_break(bar)
        if bar.beats == 4 and bar.spans and not ending and shouted(scene, bar) is None:
            ends = [*onsets[1:], bar.beats * BEAT]
            hits = []
            for on, end in zip(onsets, ends, strict=True):
                length = SHORT + 1 if rng.random() < SHORT_STROKES else end - on
                hits.append(Hit(bar.start + on, min(length, end - on), 0.6, 3 * (on % BEAT > 0)))
            yield bar, with_every_chord(scene, bar, -1, hits)


def _strokes(bar: FormBar) -> Iterator[Hit]:
    """A stroke on each beat that has a chord, those on 2 and 4 shorter and louder, with the same shape."""
    for beat in range(bar.beats):
        tick = bar.start + beat * BEAT
        if any(span.start <= tick < span.end for span in bar.spans):
            short = beat % 2
            again = 1.0 if short else 0.75 if beat else 0.4
            yield Hit(tick, BEAT // 2 if short else 2 * BEAT // 3, again, 4 * short)


@lru_cache(maxsize=1024)
def shapes(classes: tuple[int, ...], bass: int) -> tuple[tuple[Voicing, float], ...]:
    """Every way to stop the pitch classes on the strings of a grip, one each, within reach."""
    found: dict[Voicing, float] = {}
    for grip in GRIPS.get(len(classes), ()):
        for order in permutations(classes):
            # The frets 1 to 12 of a string hold each pitch class once.
            frets = [(tone - STRINGS[string] - 1) % 12 + 1 for string, tone in zip(grip, order, strict=True)]
            pitches = [STRINGS[string] + fret for string, fret in zip(grip, frets, strict=True)]
            doubled = any(pitch < CHORD_REGISTER and pitch % 12 == bass for pitch in pitches)
            if max(frets) - min(frets) <= REACH and pitches == sorted(pitches) and not doubled:
                found[tuple(pitches)] = sum(max(0, CLEAR - pitch) for pitch in pitches)
    return tuple(sorted(found.items()))


GUITAR = ChordInstrument(STRINGS[0], STRINGS[-1] + FRETS[-1], 57, shapes)
