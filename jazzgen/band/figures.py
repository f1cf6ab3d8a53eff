"""What drums say on top of the time: comments of snare and bass drum, fills, and what prepares a peak.

A comment is a figure of a bar. One that lies in the silence after a phrase's end answers it; under a line
comments are few and soft. A fill is composed beat by beat, grows louder, and leads down the kit or into the
bass drum; the more weighty the place, the longer it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jazzgen.band.kit import CRASH, FEET, HIGH_TOM, KICK, LOW_TOM, MID_TOM, SNARE, Hits
from jazzgen.band.patterns import draw
from jazzgen.band.scene import BEAT, EVEN_STYLES, OFF, FormBar, Scene

Figure = tuple[tuple[int, int], ...]  # (onset in ticks, key)

# Figures of a bar of four: the left hand's and the foot's off-beats, some set up the next bar.
FIGURES: Mapping[Figure, float] = {
    ((18, SNARE),): 8, ((42, SNARE),): 8, ((6, SNARE),): 5, ((30, SNARE),): 5,
    ((18, SNARE), (42, KICK)): 5, ((6, SNARE), (18, SNARE)): 3, ((18, SNARE), (30, KICK)): 4,
    ((30, SNARE), (42, SNARE)): 4, ((30, KICK),): 3, ((18, KICK), (42, SNARE)): 3,
    ((6, SNARE), (30, SNARE)): 3, ((6, KICK), (24, SNARE), (42, KICK)): 2, ((12, SNARE), (30, SNARE)): 2,
    ((18, SNARE), (24, SNARE), (42, KICK)): 2, ((36, SNARE), (42, KICK)): 2,
}  # fmt: skip
UNDER, RESTING, CALM = 0.22, 0.5, 0.6  # figures a bar: under a line, in silence; times this in two
SETS_UP = 0.6  # of the bars before a peak: a figure that leads into it
LEADS: Mapping[Figure, float] = {
    ((30, SNARE), (36, KICK), (42, SNARE)): 3, ((24, SNARE), (30, SNARE), (36, SNARE), (42, KICK)): 2,
    ((36, SNARE), (42, KICK)): 3, ((30, KICK), (42, SNARE)): 2, ((42, KICK),): 1,
}  # fmt: skip
QUIET = ("bossa", "ballad", "samba")  # styles whose left hand has its part already


def comments(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Comments on the soloist's bar: few under a line, more in rests, most where a phrase has just ended."""
    if scene.style in QUIET:
        return []
    length = bar.beats * BEAT
    figure: Figure = ()
    if scene.prepares_peak(bar) and bar.beats == 4 and rng.random() < SETS_UP:
        figure = draw(LEADS, rng)
    else:
        rests = scene.rests_at(bar.start + length // 2)
        likely = (RESTING if rests and scene.solo else UNDER) + 0.2 * scene.intensity(bar)
        if rng.random() < likely * (CALM if scene.in_two(bar) else 1.0):
            figure = draw(FIGURES, rng)
    hits: Hits = []
    for onset, key in figure:
        if onset < length:
            answers = scene.rests_at(bar.start + onset)
            # Under a dense line a figure is thinned out.
            if not answers and scene.onset_density(bar.start + onset - BEAT, bar.start + onset + BEAT) > 2.2:
                continue
            hits.append((onset, key, int(rng.integers(34, 46)) + 12 * answers + 8 * (key == KICK)))
    return hits + _answer(scene, bar, rng)


# Off-beats after a phrase's end, counted from it: a word or two.
ANSWERS: Mapping[tuple[int, ...], float] = {(): 3, (0,): 5, (0, 1): 3, (1,): 2}


def _answer(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """Off-beats right after each phrase that ends in the bar and leaves room."""
    hits: Hits = []
    for end in scene.phrase_ends:
        first = max(end - bar.start, 0)
        if bar.start - OFF <= end < bar.end:
            places = [tick for tick in range(OFF, bar.beats * BEAT, BEAT) if first <= tick < first + 2 * BEAT]
            for k in draw(ANSWERS, rng):
                if k < len(places):
                    key = KICK if rng.random() < 0.35 else SNARE
                    hits.append((places[k], key, int(rng.integers(50, 62))))
    return hits


# ---------------------------------------------------------------------------------------------------- fills

# How a beat of a fill is divided, and how often: swung styles in eighths and triplets.
SWUNG: Mapping[tuple[int, ...], float] = {(0, 4, 8): 4, (0, 6): 4, (6,): 3, (0,): 2, (4, 8): 2}
EVEN: Mapping[tuple[int, ...], float] = {
    (0, 6): 4,
    (0, 3, 6, 9): 2,
    (6,): 3,
    (0, 6, 9): 2,
    (0, 3, 6): 2,
    (0,): 1,
}
SOFT: Mapping[tuple[int, ...], float] = {(0, 6): 2, (0, 4, 8): 2, (6,): 3}
# Where a fill goes on the kit: down it, or around the snare.
PATHS: Mapping[tuple[int, ...], float] = {
    (SNARE, HIGH_TOM, MID_TOM, LOW_TOM): 4, (SNARE, SNARE, HIGH_TOM, LOW_TOM): 3, (SNARE,): 4,
    (HIGH_TOM, SNARE, LOW_TOM): 2, (SNARE, MID_TOM, SNARE, LOW_TOM): 2, (MID_TOM, SNARE): 1,
}  # fmt: skip


def fill(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """A fill at the end of the bar, one beat to all four, that grows; into a chorus it is longest."""
    cells = SOFT if scene.style == "ballad" else EVEN if scene.style in EVEN_STYLES else SWUNG
    path = (SNARE,) if scene.style == "ballad" else draw(PATHS, rng)
    weight = scene.intensity(bar) + 0.4 * scene.closes_chorus(bar)
    beats = 2 + (bar.beats > 3 and rng.random() < weight - 0.4) * (bar.beats - 2)
    beats = min(beats, bar.beats)
    onsets: list[int] = []
    while len(onsets) < 2 * beats - 1:  # a fill that stutters is drawn again
        onsets = [k * BEAT + place for k in range(beats) for place in draw(cells, rng)]
    start = (bar.beats - beats) * BEAT
    hits: Hits = []
    for k, onset in enumerate(onsets):
        key = path[k * len(path) // len(onsets)]
        hits.append((start + onset, key, 54 + round(16 * k / len(onsets)) - 6 * (onset % BEAT > 0)))
    last = hits[-1][0]
    if rng.random() < 0.4 and scene.style != "ballad":
        hits.append((last, KICK, 62))
    return hits


def filled(scene: Scene, bar: FormBar, time: Hits, rng: np.random.Generator) -> Hits:
    """The bar's time with a fill in place of the hands' notes from where it begins.

    Parameters
    ----------
    scene, bar, rng
        What is played over, which bar, and what the fill is drawn from.
    time
        The pattern of the bar.

    Returns
    -------
    list of (onset, key, velocity)
        Ticks from the bar line.
    """
    played = fill(scene, bar, rng)
    first = played[0][0]
    grow = round(8 * scene.intensity(bar)) - 4
    kept = [hit for hit in time if hit[0] < first or hit[1] in FEET or scene.style == "ballad"]
    return kept + [(onset, key, level + grow) for onset, key, level in played]


def arrival(scene: Scene, bar: FormBar, before: FormBar | None, rng: np.random.Generator) -> Hits:
    """What marks the first beat: a crash and the bass drum on a later chorus, behind a turn of the drums, on
    a section, or a peak.

    Parameters
    ----------
    scene, bar, before
        What is played over, the bar, and the one before (None: it is the first).
    rng
        What is drawn from.

    Returns
    -------
    list of (onset, key, velocity)
        Ticks from the bar line; none where nothing marks it.
    """
    soft = 16 if scene.style == "ballad" else 0
    if (bar.opens_chorus and bar.chorus > 0) or (before is not None and scene.alone(before)):
        return [(0, CRASH, 78 - soft), (0, KICK, 62)]
    likely = 0.35 * bar.opens_section * (bar.number > 0)
    if before is not None and scene.prepares_peak(before):
        likely = 0.6
    if rng.random() < likely * (0.4 + scene.intensity(bar)):
        return [(0, CRASH, 68 - soft), (0, KICK, 56)]
    return []


def break_hits(bar: FormBar, rng: np.random.Generator) -> Hits:
    """The band's break: one hit on each chord, and a fill into the last bar."""
    hits: Hits = []
    for span in bar.spans:
        onset = span.start - bar.start
        hits += [(onset, KICK, 70), (onset, SNARE, 60)]
    if bar.beats > 3 and len(bar.spans) == 1:
        path = draw(PATHS, rng)
        places = [k * BEAT + place for k in range(2) for place in draw(SWUNG, rng)]
        start = (bar.beats - 2) * BEAT
        hits += [
            (start + onset, path[k * len(path) // len(places)], 58 + 2 * k) for k, onset in enumerate(places)
        ]
    return hits
