"""Intros of the rhythm section: a turnaround in the tune's key, or a vamp over its dominant.

Four bars are a turnaround, in even styles the vamp; eight are the vamp and then a turnaround. Both end on the
dominant, so that the form begins as if it came round. Turnarounds: I VI ii V and iii VI ii V; the vamp has
ii and V over V in the bass, a pedal point. Source: Mark Levine, The Jazz Theory Book, on reharmonization.
"""

from __future__ import annotations

from dataclasses import replace

from jazzgen.music.chords import Chord, is_minor
from jazzgen.music.endings import tonic_of
from jazzgen.music.pitch import fold, name_at, nearest_place
from jazzgen.music.score import TICKS_PER_BEAT, ChordChange, Progression

INTROS = ("none", "4", "8")
VAMPED = ("bossa", "samba", "straight", "afro-cuban")  # styles whose four bars are a vamp
WHOLE = ("up-tempo", "waltz", "bossa", "samba")  # ... and those with a chord a bar

# Degrees as places on the line of fifths above the tonic, and qualities; None: the tonic as the form has it.
Bars = tuple[tuple[tuple[int, str | None], ...], ...]
_I: tuple[int, None] = (0, None)
MAJOR: Bars = ((_I, (3, "7")), ((2, "m7"), (1, "7")), ((4, "m7"), (3, "7")), ((2, "m7"), (1, "7")))
MINOR: Bars = ((_I, (3, "m7b5")), ((2, "m7b5"), (1, "7b9")), (_I, (-4, "7")), ((2, "m7b5"), (1, "7b9")))
SLOW_MAJOR: Bars = ((_I,), ((3, "7"),), ((2, "m7"),), ((1, "7"),))
SLOW_MINOR: Bars = ((_I,), ((-4, "7"),), ((2, "m7b5"),), ((1, "7b9"),))
MAJOR_VAMP: Bars = (((2, "m7"),), ((1, "9sus4"),), ((2, "m7"),), ((1, "13"),))
MINOR_VAMP: Bars = (((2, "m7b5"),), ((1, "7sus4b9"),), ((2, "m7b5"),), ((1, "7b9"),))


def intro_of(form: Progression, bars: int) -> Progression:
    """An intro of `bars` bars, four or eight, for a form; one whose key cannot be told begins on its own
    first chords.
    """
    tonic = tonic_of(form)
    meter = replace(form.meters[0], tick=0)
    length = meter.beats * TICKS_PER_BEAT
    if tonic is None:
        first = form.between(0, form.bar_ticks[min(2, len(form.bar_ticks) - 1)] or form.length)
        return replace(first.repeat(-(-bars // len(first.bar_ticks))), sections=()).between(0, bars * length)
    minor = is_minor(tonic.quality)
    vamp = MINOR_VAMP if minor else MAJOR_VAMP
    halves = meter.beats % 2 == 0 and meter.beats > 2 and form.style not in WHOLE
    around = (MINOR if minor else MAJOR) if halves else (SLOW_MINOR if minor else SLOW_MAJOR)
    last = vamp if form.style in VAMPED else around
    chosen = last if bars == 4 else (*vamp, *(around if last is vamp else last))
    chords = []
    for number, degrees in enumerate(chosen):
        for half, (fifths, quality) in enumerate(degrees):
            symbol = _symbol(tonic, fifths, quality, pedal=number < len(vamp) and chosen[0] is vamp[0])
            chords.append(ChordChange(number * length + half * length // 2, symbol))
    return replace(form, chords=tuple(chords), length=bars * length, meters=(meter,), sections=())


def _symbol(tonic: Chord, fifths: int, quality: str | None, *, pedal: bool) -> str:
    if quality is None:
        return tonic.symbol
    home = nearest_place(tonic.root, -4 if is_minor(tonic.quality) else -5)
    root, bass = (name_at(fold(home + up, -7, 10)) for up in (fifths, 1))
    return f"{root}{quality}" if not pedal or root == bass else f"{root}{quality}/{bass}"
