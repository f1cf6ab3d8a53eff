"""When chords are struck: rhythms of two bars, composed from cells, repeated, varied and answered.

`comping_hits` goes through the piece two bars at a time. For each pair it composes some rhythms of the
style's cells, one for each group of two or three beats, adds phrases that players have ready, and the pair
before: again, displaced by an eighth, thinned out, or with another answer. The one that fits best is taken,
give or take some chance: hits in the soloist's rests, few where the soloist is busy, more where a section
closes.

Onsets are in ticks, 12 to a beat: 6 is the "and" of one, 18 that of two. A hit on a last "and" plays the
chord of the beat that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jazzgen.band.comping import Hit, sounding_tick
from jazzgen.band.scene import BEAT, OFF, FormBar, Scene, groups
from jazzgen.band.shout import shouted

Onsets = tuple[int, ...]
Pair = tuple[Onsets, Onsets]  # the onsets of two bars, from each bar line

# -------------------------------------------------------------------------------------------------- the words

# Cells of one, two and three beats, and how often they are tried.
SWING_CELLS: Mapping[int, Mapping[Onsets, float]] = {
    1: {(): 2, (0,): 1, (6,): 1},
    2: {(): 5, (0,): 2, (6,): 2, (12,): 1, (18,): 4, (0, 18): 2, (6, 18): 1.5, (12, 18): 0.5, (0, 12): 0.4},
    3: {(): 4, (0,): 1, (12,): 1, (18,): 2, (6,): 1, (30,): 1, (12, 24): 1.5, (0, 18): 2, (18, 30): 1,
        (6, 24): 1, (6, 30): 1},
}  # fmt: skip
EVEN_CELLS: Mapping[int, Mapping[Onsets, float]] = {
    1: {(): 1, (0,): 2, (6,): 1},
    2: {(): 3, (0,): 3, (6,): 2, (18,): 2, (0, 18): 2, (6, 18): 1, (0, 12): 0.6},
    3: {(): 2, (0,): 3, (18,): 2, (0, 18): 2, (0, 24): 1, (6, 24): 1, (12, 30): 1},
}  # fmt: skip
BOSSA_CELLS: Mapping[int, Mapping[Onsets, float]] = {
    1: {(): 1, (0,): 1, (6,): 1},
    2: {(0, 18): 3, (12,): 1, (6, 18): 2, (12, 18): 1, (6,): 1, (18,): 1},
    3: {(0, 18): 2, (12, 30): 2, (6, 24): 1, (18, 30): 1},
}  # fmt: skip

# Rhythms of two bars of four that players have ready.
PHRASES: Mapping[str, Sequence[Pair]] = {
    "swing": (
        ((0, 18), (0, 18)), ((0, 18), (0, 18, 42)),  # the Charleston
        ((18, 42), (18, 42)), ((42,), (42,)),  # ahead of every chord, as Red Garland
        ((6, 30), (6, 30)), ((18,), (6, 30)), ((0, 18), (6, 30)), ((6, 18), (0,)), ((30,), (18,)),
        ((), (6, 18, 42)), ((18, 30), ()), ((0,), (18, 42)), ((12, 36), (12, 30)),
        ((0, 18, 36), (6, 24, 42)), ((6, 24, 42), (12, 30)),  # three against four
    ),
    "bossa": (
        ((0, 18, 36), (12, 30)), ((12, 30), (0, 18, 36)),  # the clave, from either side
        ((0, 12, 30), (6, 18, 36)), ((0, 18, 30, 42), (18, 30)), ((12, 18, 36), (6, 18, 36)),
        ((0, 18, 42), (12, 30, 42)), ((0, 12, 18, 36), (6, 24, 42)), ((6, 24, 42), (18, 36)),
    ),
    "samba": (
        ((6, 18, 36), (0, 12, 30)), ((0, 18, 36), (6, 18, 36)), ((6, 18, 30, 42), (18, 36)),
        ((0, 12, 18, 36), (6, 18, 30, 36)), ((6, 12, 30, 42), (6, 18, 36)), ((0, 18, 30, 42), (6, 18, 30)),
        ((0, 12, 24, 36, 42), (6, 18, 30, 36)),  # the tamborim's
    ),
    "shuffle": (
        ((0, 18), (0, 18)), ((6, 18, 30, 42), (6, 18, 30, 42)), ((18, 42), (18, 42)), ((0, 18), (6, 18, 42)),
        ((12, 36), (12, 36)), ((12, 36), (12, 30)), ((0, 18), ()), ((18,), (0, 18)), ((6, 18), (30, 42)),
        ((0, 12, 18), (36, 42)), ((42,), (18, 42)),
    ),
    "straight": (
        ((0,), (18,)), ((0, 18), (0, 18, 42)), ((42,), (30,)), ((0, 18, 36), (6, 24)), ((18,), (18,)),
    ),
    "ballad": (((0,), (0,)), ((0,), (18,)), ((0, 24), (0,)), ((0, 42), ()), ((12,), (0, 24)), ((6,), (0,))),
}  # fmt: skip


class Manner(NamedTuple):
    """How a style comps: its cells and phrases, hits a bar, and the share of short hits."""

    cells: Mapping[int, Mapping[Onsets, float]]
    phrases: str
    room: float
    short: float


MANNERS = {
    "swing": Manner(SWING_CELLS, "swing", 1.8, 0.65),
    "waltz": Manner(SWING_CELLS, "swing", 1.6, 0.4),
    "up-tempo": Manner(SWING_CELLS, "swing", 1.5, 0.7),
    "shuffle": Manner(SWING_CELLS, "shuffle", 2.0, 0.75),
    "samba": Manner(BOSSA_CELLS, "samba", 2.8, 0.7),
    "ballad": Manner(EVEN_CELLS, "ballad", 1.4, 0.0),
    "bossa": Manner(BOSSA_CELLS, "bossa", 2.6, 0.6),
    "straight": Manner(EVEN_CELLS, "straight", 1.7, 0.2),
}
MOST_HITS = 4  # in a bar
TRIED = 7  # composed rhythms for each pair
SHORT = 5  # ticks
SLOW = 90.0  # beats a minute: slower, chords are held, and heard a beat after their start at the latest
USUAL_DENSITY, LEAST_DENSITY = 1.4, 1.0  # onsets a beat of a soloist; fewer leave no more room
YIELDS = 1.5  # hits a bar fewer for each onset a beat that the soloist has more

# ------------------------------------------------------------------------------------------------ the choice


def comping_hits(scene: Scene, rng: np.random.Generator) -> Iterator[Hit]:
    """The hits of the whole piece, each chord at least once unless the soloist is busy."""
    latest = -1  # the index of the chord struck last
    before: Pair | None = None
    left_out = False
    for bars in _pairs(scene):
        chosen: Pair = ((), ())
        if not _is_special(scene, bars[0]):
            chosen = before = _choose(scene, bars, before, rng)
        for bar, onsets in zip(bars, chosen, strict=False):
            if _is_special(scene, bar):
                hits = [Hit(span.start, span.duration if bar.last else OFF) for span in bar.spans]
            elif (riff := riff_hits(scene, bar)) is not None:
                hits = riff
            else:
                hits = _with_lengths(scene, bar, onsets, rng)
                # Under a busy soloist a bar may stay empty, but not two in a row.
                busy = scene.onset_density(bar.start, bar.end) >= 1.5 and scene.tempo >= SLOW
                left_out = not left_out and not hits and busy
                if not left_out:
                    hits = with_every_chord(scene, bar, latest, hits)
            yield from hits
            if hits:
                latest = scene.form.chord_index(sounding_tick(scene, hits[-1].onset))


def riff_hits(scene: Scene, bar: FormBar) -> list[Hit] | None:
    """The chords of a shout chorus's riff in a bar: short, but for the last; None where nobody shouts."""
    riff = shouted(scene, bar)
    if riff is None:
        return None
    ends = [*(struck.onset for struck in riff[1:]), bar.beats * BEAT][: len(riff)]
    return [
        Hit(bar.start + onset, min(end - onset, SHORT + 1 if k + 1 < len(riff) else BEAT), 0.0, 12, below)
        for k, ((onset, below), end) in enumerate(zip(riff, ends, strict=True))
    ]


def _is_special(scene: Scene, bar: FormBar) -> bool:
    return scene.ends(bar) or scene.ends_with_break(bar)


def _pairs(scene: Scene) -> Iterator[tuple[FormBar, ...]]:
    """The bars two by two, from where each section begins; endings and odd bars alone."""
    waiting: list[FormBar] = []
    for bar in scene.bars:
        alone = _is_special(scene, bar)
        if waiting and (bar.opens_section or alone or waiting[0].beats != bar.beats):
            yield (waiting.pop(),)
        waiting.append(bar)
        if alone or len(waiting) == 2:
            yield tuple(waiting)
            waiting.clear()
    if waiting:
        yield tuple(waiting)


def _choose(scene: Scene, bars: Sequence[FormBar], before: Pair | None, rng: np.random.Generator) -> Pair:
    """The rhythm with the best fit to the soloist, plus noise."""
    manner = MANNERS[scene.style]
    beats = bars[0].beats
    tried = [(_composed(manner, beats, rng), 0.0) for _ in range(TRIED)]
    if beats == 4:
        ready = PHRASES[manner.phrases]
        tried += [(ready[int(k)], 0.2) for k in rng.choice(len(ready), size=4, replace=False)]
    if before is not None and all(onset < beats * BEAT for onset in (*before[0], *before[1])):
        tried += [(pair, 0.5) for pair in _developed(before, _composed(manner, beats, rng), beats, rng)]
    scores = [
        bonus + sum(_fit(scene, bar, onsets, manner) for bar, onsets in zip(bars, pair, strict=False))
        for pair, bonus in tried
    ]
    return tried[int(np.argmax(np.array(scores) + rng.gumbel(0, 0.45, len(scores))))][0]


def _composed(manner: Manner, beats: int, rng: np.random.Generator) -> Pair:
    """Two bars, cell by cell."""
    bars = []
    for _ in range(2):
        onsets: list[int] = []
        start = 0
        for group in groups(beats):
            cells = manner.cells[group]
            shares = np.array(list(cells.values()))
            cell = list(cells)[int(rng.choice(len(cells), p=shares / shares.sum()))]
            onsets += [start + onset for onset in cell]
            start += group * BEAT
        bars.append(tuple(onsets[:MOST_HITS]))
    return bars[0], bars[1]


def _developed(before: Pair, fresh: Pair, beats: int, rng: np.random.Generator) -> Iterator[Pair]:
    """What becomes of a rhythm that was just played: again, answered, displaced, thinned out."""
    first, second = before
    yield first, second
    yield first, fresh[1]  # the same question, another answer
    yield second, first
    shift = OFF if rng.random() < 0.5 else -OFF
    yield _parted(sorted((onset + shift) % (2 * beats * BEAT) for onset in _joined(before, beats)), beats)
    if joined := _joined(before, beats):
        dropped = int(rng.integers(len(joined)))
        yield _parted(joined[:dropped] + joined[dropped + 1 :], beats)


def _joined(pair: Pair, beats: int) -> list[int]:
    return [*pair[0], *(beats * BEAT + onset for onset in pair[1])]


def _parted(onsets: Sequence[int], beats: int) -> Pair:
    bar = beats * BEAT
    return tuple(o for o in onsets if o < bar), tuple(o - bar for o in onsets if o >= bar)


def _fit(scene: Scene, bar: FormBar, onsets: Onsets, manner: Manner) -> float:
    """How a bar fits: hits in rests answer, hits under a busy line disturb, ahead of a chord they push."""
    score = 0.0
    for onset in onsets:
        tick = bar.start + onset
        if scene.solo and scene.rests_at(tick):
            score += 0.8
        else:
            score -= 0.3 * scene.onset_density(tick - OFF, tick + BEAT + OFF) - 0.35
        if onset % BEAT == OFF and tick + OFF in scene.changes:
            score += 0.2
    density = scene.onset_density(bar.start, bar.end)
    room = manner.room - 0.4 + 0.9 * scene.intensity(bar) - 0.7 * scene.in_two(bar) + 0.5 * bar.closes_section
    room = max(room - YIELDS * (max(density, LEAST_DENSITY) - USUAL_DENSITY), 0.2) * bar.beats / 4
    return score - 0.35 * (len(onsets) - room) ** 2


# ------------------------------------------------------------------------------------------------- the hits


def _with_lengths(scene: Scene, bar: FormBar, onsets: Onsets, rng: np.random.Generator) -> list[Hit]:
    """The hits of a bar: short, or held until the next one at most; a push may be held over the bar line."""
    short = MANNERS[scene.style].short * min(max((scene.tempo - 45) / 75, 0.1), 1)
    ends = [*onsets[1:], bar.beats * BEAT]
    if onsets and bar.beats * BEAT - onsets[-1] == OFF and not bar.last:
        pushed = scene.bars[bar.number + 1].spans[:1]
        ends[-1] = max([span.end - bar.start for span in pushed if span.start == bar.end], default=ends[-1])
    hits = []
    for onset, end in zip(onsets, ends, strict=False):
        longest = end - onset
        if rng.random() < short:
            duration = SHORT + int(rng.integers(0, 3))
        else:
            duration = int(rng.integers(BEAT, 3 * BEAT)) if scene.tempo >= SLOW and short else longest
        hits.append(Hit(bar.start + onset, min(duration, longest)))
    return hits


def with_every_chord(scene: Scene, bar: FormBar, latest: int, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, and one more for each chord of the bar that would not be struck, or late at a slow tempo.

    Parameters
    ----------
    scene, bar
        What is played over, and which bar.
    latest
        The index of the chord struck last; -1 for none.
    hits
        Those of the bar.

    Returns
    -------
    list of Hit
        By onset.

    """
    found = {hit.onset: hit for hit in hits}
    slow = scene.tempo < SLOW
    for span in bar.spans:
        index = scene.form.chord_index(span.start)
        patience = span.start + (BEAT if slow else span.duration)
        struck = {
            scene.form.chord_index(sounding_tick(scene, hit.onset)) for hit in hits if hit.onset <= patience
        }
        if index not in struck | {latest}:
            duration = span.duration if slow else min(span.duration, BEAT)
            found.setdefault(span.start, Hit(span.start, duration))
    return [found[onset] for onset in sorted(found)]
