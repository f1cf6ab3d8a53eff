"""The band in 6/8 and 12/8: the Afro-Cuban six-eight and the slow blues, for all instruments.

Patterns are cells for the metric groups of a bar, so that they fill every meter: in 12/8 two groups of two
dotted beats, in 9/8 one of three. A third of a beat is 4 ticks. An onset at 6 is the last third, played early
for what follows: `in_thirds` moves it there, in these styles everywhere and in the others in compound beats,
where their eighths become long and short ones.

Sources: the bell, its two halves and the bass are those of the Afro-Cuban bembé as method books notate it
(Mauleón, Salsa Guidebook, 1993; Uribe, The Essence of Afro-Cuban Percussion and Drum Set, 1996); the slow
blues, with its triplets on the ride, back beat and walking bass, is general practice.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest

import numpy as np

from jazzgen.band.bassist import BASS_HIGH, BASS_LOW, BASS_MIDDLE, ruled_bass
from jazzgen.band.comping import Hit, comp
from jazzgen.band.drummer import alone, notes_of
from jazzgen.band.guitarist import GUITAR
from jazzgen.band.kit import CRASH, KICK, LOW_TOM, MID_TOM, PEDAL, RIDE, SNARE, STICK, Hits
from jazzgen.band.patterns import draw
from jazzgen.band.pianist import PIANO
from jazzgen.band.rhythms import riff_hits
from jazzgen.band.scene import BEAT, OFF, FormBar, Scene, groups
from jazzgen.band.shout import accents
from jazzgen.band.voicings import ChordInstrument
from jazzgen.music.chords import Chord, chord_scale
from jazzgen.music.meters import CompoundBeats, compound_beats_of
from jazzgen.music.score import Note, Progression

AFRO_CUBAN, SLOW_BLUES = "afro-cuban", "slow-blues"
THIRD = BEAT // 3
Rhythm = tuple[tuple[int, int], ...]  # (onset, duration) in a group of beats
COWBELL, HIGH_TOM = 56, 50

# --------------------------------------------------------------------------------------------------- thirds

# Places of quarters' 16ths and eighths in a beat -> thirds, where other styles play in compound beats.
_THIRDS = (0, 0, 4, 4, 4, 4, 8, 8, 8, 8, 8, 8)


def in_thirds(notes: Iterable[Note], form: Progression, style: str) -> list[Note]:
    """A part's notes, with their onsets on thirds of the beat wherever its style or meter has those."""
    compound: CompoundBeats | None = compound_beats_of(form)
    if style not in PLAYERS and compound is None:
        return list(notes)

    def place(tick: int) -> int:
        beat, inside = divmod(tick, BEAT)
        if style in PLAYERS:
            return tick + THIRD // 2 * (inside == OFF)
        return beat * BEAT + _THIRDS[inside] if compound is not None and compound(beat) else tick

    moved: dict[tuple[int, int], Note] = {}
    for note in notes:
        onset = place(note.onset)
        # Two 16ths that meet are one note, the louder.
        one = replace(
            note, onset=onset, duration=max(place(note.end) - onset, min(note.duration, THIRD // 2))
        )
        other = moved.get((onset, note.pitch))
        if other is None or other.velocity < one.velocity:
            moved[onset, note.pitch] = one
    return list(moved.values())


# --------------------------------------------------------------------------------------------------- chords

# By the number of beats in a group; the first rhythm is held, and a slow blues leaves more out than it plays.
COMPING: dict[str, dict[int, tuple[Rhythm, ...]]] = {
    SLOW_BLUES: {
        1: (((0, 11),), ()),
        2: (((0, 22),), (), ((0, 10), (18, 6)), ((12, 10),), ((12, 4), (16, 4), (20, 4)), ((6, 6), (12, 10))),
        3: (((0, 34),), (), ((0, 10), (18, 12)), ((12, 20),), ((24, 4), (28, 4), (32, 4))),
    },
    AFRO_CUBAN: {
        1: (((0, 11),), ((4, 4),)),
        2: (((0, 22),), ((0, 4), (8, 4), (18, 6)), ((4, 4), (12, 4), (18, 6)), ((4, 18),)),
        3: (((0, 34),), ((0, 4), (8, 4), (16, 4), (30, 6)), ((4, 4), (16, 4), (30, 6))),
    },
}  # fmt: skip


def _comping(instrument: ChordInstrument) -> Callable[[Scene, np.random.Generator], list[Note]]:
    def play(scene: Scene, rng: np.random.Generator) -> list[Note]:
        return comp(scene, _hits(scene, rng), instrument, 4 if instrument is PIANO else 3, rng)

    return play


def _hits(scene: Scene, rng: np.random.Generator) -> Iterator[Hit]:
    """Chords bar by bar: a slow blues answers the soloist; an Afro-Cuban section keeps its figure."""
    cells, montuno = COMPING[scene.style], 0
    for bar in scene.bars:
        if scene.ends(bar) or scene.ends_with_break(bar):
            yield from (Hit(span.start, span.duration if bar.last else OFF) for span in bar.spans)
            continue
        if (riff := riff_hits(scene, bar)) is not None:
            yield from riff
            continue
        if bar.opens_section:
            montuno = int(rng.random() < 0.35 + 0.5 * scene.intensity(bar))
        struck: dict[int, int] = {}
        for number, (start, group) in enumerate(_groups(bar)):
            choices = cells[group]
            if scene.style == AFRO_CUBAN:
                half = (number + bar.number * len(groups(bar.beats))) % 2
                chosen = choices[min(1 + half, len(choices) - 1) if montuno else 0]
            else:
                busy = scene.onset_density(bar.start + start, bar.start + start + group * BEAT) > 1.5
                weights = np.array(
                    [3.0, 2.0 + 3.0 * busy, *[0.5 if busy else 1.0] * len(choices)][: len(choices)]
                )
                chosen = choices[int(rng.choice(len(choices), p=weights / weights.sum()))]
            struck |= {bar.start + start + onset: duration for onset, duration in chosen}
        for span in bar.spans:  # every chord is heard from its beginning
            changes = scene.form.chord_at(span.start).tick == span.start
            if changes and not any(onset - OFF <= span.start + OFF < onset + BEAT for onset in struck):
                struck[span.start] = min(span.duration, 2 * BEAT) - 2
        yield from (Hit(onset, struck[onset]) for onset in sorted(struck))


def _groups(bar: FormBar) -> Iterator[tuple[int, int]]:
    """Where the metric groups of a bar begin, in ticks from its start, and their beats."""
    start = 0
    for group in groups(bar.beats):
        yield start, group
        start += group * BEAT


# ----------------------------------------------------------------------------------------------------- bass


def _walking(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """A walk in beats; now and then the last third of one leads on to the next."""
    line = ruled_bass(replace(scene, style="up-tempo"), rng)
    notes: list[Note] = []
    for note, after in zip_longest(line, line[1:]):
        on_beat = note.onset % BEAT == 0 and note.duration == BEAT
        leads = rng.random() < 0.12 + 0.12 * scene.intensity(scene.bars[scene.form.bar_at(note.onset)])
        if not (on_beat and leads and after is not None and abs(after.pitch - note.pitch) > 2):
            notes.append(note)
            continue
        up = 1 if after.pitch > note.pitch else -1
        lead = Note(note.onset + 2 * THIRD, THIRD, after.pitch - up, max(note.velocity - 10, 1))
        notes += [replace(note, duration=2 * THIRD), lead]
    return notes


ROOT, FIFTH, LEAD = "root", "fifth", "lead"
# (length, role) of the notes of a group: the first beat, the fifth, and a lead in the last third.
TUMBAO: dict[int, tuple[tuple[tuple[int, str], ...], ...]] = {
    1: (((8, ROOT), (4, LEAD)),),
    2: (((12, ROOT), (8, FIFTH), (4, LEAD)), ((8, ROOT), (12, FIFTH), (4, LEAD))),
    3: (((12, ROOT), (20, FIFTH), (4, LEAD)), ((20, ROOT), (12, FIFTH), (4, LEAD))),
}


def _tumbao(scene: Scene, rng: np.random.Generator) -> list[Note]:
    """The root, the fifth in dotted quarters or off the beat, and a third that leads to what comes next."""
    notes: list[Note] = []
    cell = 0
    spans = [(bar, span) for bar in scene.bars for span in bar.spans]
    followers = [after for _, after in spans[1:]]
    for (bar, span), after in zip(spans, [*followers, None], strict=False):  # no more than there are spans
        if bar.opens_section:
            cell = int(rng.integers(2))
        root = _near(span.chord.bass, notes[-1].pitch if notes else BASS_MIDDLE)
        known = {ROOT: root, FIFTH: _fifth_of(span.chord, root)}
        slots = list(_tumbao_slots(scene, bar, span.start, span.end, cell))
        for k, (onset, duration, role) in enumerate(slots):
            if role != LEAD:
                pitch = known[role]
            elif k + 1 < len(slots):
                pitch = _lead(known[slots[k + 1][2]], notes[-1].pitch, chord_scale(span.chord), rng)
            else:
                target = root if after is None else _near(after.chord.bass, root)
                pitch = _lead(target, notes[-1].pitch, range(12), rng)
            level = 74 + round(8 * scene.intensity(bar)) + int(rng.integers(-3, 4)) - 6 * (role == LEAD)
            notes.append(Note(onset, duration, pitch, level))
    return notes


def _tumbao_slots(
    scene: Scene, bar: FormBar, start: int, end: int, cell: int
) -> Iterator[tuple[int, int, str]]:
    """(onset, duration, role) of the notes under one chord of a bar."""
    beats, rest = divmod(end - start, BEAT)
    if scene.ends(bar) or scene.ends_with_break(bar) or rest or not beats:
        yield start, (end - start if not scene.ends_with_break(bar) else OFF), ROOT
        return
    onset = start
    for number, group in enumerate(groups(beats)):
        choices = TUMBAO[group]
        for duration, role in choices[cell % len(choices)]:
            # A second group of the same chord begins on the fifth: the root is not repeated.
            yield onset, duration, {ROOT: FIFTH, FIFTH: ROOT}.get(role, role) if number % 2 else role
            onset += duration


def _near(pitch_class: int, pitch: int) -> int:
    octaves = range(BASS_LOW + (pitch_class - BASS_LOW) % 12, BASS_HIGH + 1, 12)
    return min(octaves, key=lambda octave: abs(octave - pitch) + abs(octave - BASS_MIDDLE) / 2)


def _fifth_of(chord: Chord, root: int) -> int:
    """The fifth below or above `root`, of the chord that may stand on another bass."""
    up = next((up for up in (7, 6, 8) if (chord.root + up) % 12 in chord.pitch_classes), 7)
    above = root + (chord.root + up - root) % 12
    if above == root:  # a fifth in the bass already: its root
        above = root + (chord.root - root) % 12 or root + 12
    return above if above <= BASS_MIDDLE + 7 or above - 12 < BASS_LOW else above - 12


def _lead(target: int, before: int, scale: Container[int], rng: np.random.Generator) -> int:
    """A note of the scale a step, a fourth or a fifth from `target`, other than the one before."""
    ways = [target + away for away in (-1, 1, -2, 2, 7, -5) if BASS_LOW <= target + away <= BASS_HIGH]
    ways = [pitch for pitch in ways if pitch != before and pitch % 12 in scale] or ways
    weights = np.array([np.exp(-abs(pitch - before) / 5) for pitch in ways])
    return int(rng.choice(ways, p=weights / weights.sum()))


# ---------------------------------------------------------------------------------------------------- drums

# The bembé bell, x.x.xx. x.x.x in twelve eighths: the halves of two beats, and a bar of three.
BELL_HALVES = ((0, 8, 16, 20), (4, 12, 20))
BELL_OF_THREE = (0, 8, 16, 20, 28)
# What the bass drum and the left hand have in a group of two beats, in thirds: (onset, key, velocity).
BEMBE_KICKS: Mapping[tuple[tuple[int, int], ...], float] = {
    ((0, 52), (20, 44)): 6, ((0, 52),): 3, ((0, 50), (8, 38), (20, 44)): 2, ((20, 48),): 1.5,
    ((0, 50), (12, 40)): 1.5,
}  # fmt: skip
BEMBE_HANDS: Mapping[tuple[tuple[int, int, int], ...], float] = {
    ((12, STICK, 56),): 8, ((12, STICK, 56), (16, HIGH_TOM, 44), (20, MID_TOM, 50)): 5,
    ((4, STICK, 46), (12, STICK, 56), (20, MID_TOM, 50)): 3, ((8, HIGH_TOM, 46), (12, STICK, 56)): 2,
    ((12, STICK, 56), (20, LOW_TOM, 50)): 2, ((8, HIGH_TOM, 44), (12, STICK, 54), (20, LOW_TOM, 52)): 2,
    ((4, HIGH_TOM, 42), (8, MID_TOM, 46), (16, HIGH_TOM, 44), (20, LOW_TOM, 52)): 1.5,
}  # fmt: skip
FILLS: tuple[Hits, ...] = (
    [
        (0, SNARE, 58),
        (4, SNARE, 54),
        (8, SNARE, 60),
        (12, HIGH_TOM, 66),
        (16, MID_TOM, 66),
        (20, LOW_TOM, 72),
    ],
    [(8, SNARE, 60), (12, SNARE, 66), (16, SNARE, 56), (20, LOW_TOM, 72)],
    [(12, SNARE, 58), (16, SNARE, 62), (20, SNARE, 70)],
)


def _drums(pattern: Callable[[Scene, FormBar, np.random.Generator], Hits]) -> Callable[..., list[Note]]:
    def play(scene: Scene, rng: np.random.Generator) -> list[Note]:
        notes: list[Note] = []
        for bar in scene.bars:
            if bar.spans and not scene.alone(bar):
                notes += notes_of(bar, _bar(scene, bar, pattern, rng))
        return notes + alone(scene, rng)

    return play


def _bar(
    scene: Scene,
    bar: FormBar,
    pattern: Callable[[Scene, FormBar, np.random.Generator], Hits],
    rng: np.random.Generator,
) -> Hits:
    """The pattern, a fill where a section ends and a crash where a later chorus begins; or the ending."""
    if scene.ends(bar):
        return [(0, KICK, 68), (0, CRASH, 76)]
    if scene.ends_with_break(bar):
        return [(span.start - bar.start, key, 66) for span in bar.spans for key in (KICK, SNARE)]
    grow = round(8 * scene.intensity(bar)) + 4
    hits = [
        (onset, key, level + grow + int(rng.integers(-2, 3)))
        for onset, key, level in pattern(scene, bar, rng)
    ]
    hits += accents(scene, bar)
    if bar.closes_section and bar.beats > 1:
        fill, start = FILLS[int(rng.integers(len(FILLS)))], (bar.beats - 2) * BEAT
        first = start + fill[0][0]
        hits = [hit for hit in hits if hit[0] < first or hit[1] in (PEDAL, KICK)]
        hits += [(start + onset, key, level + grow - 6) for onset, key, level in fill]
    if bar.opens_chorus and bar.chorus > 0:
        hits += [(0, CRASH, 74), (0, KICK, 62)]
    return hits


def _bembe(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """The bell on the ride, in a bridge on a cowbell; the foot on the beats, rim and toms between."""
    bell = COWBELL if scene.contrasts(bar) else RIDE
    hits: Hits = [(beat * BEAT, PEDAL, 54) for beat in range(bar.beats)]
    for number, (start, group) in enumerate(_groups(bar)):
        half = (number + bar.number * len(groups(bar.beats))) % 2
        places = BELL_OF_THREE if group == 3 else BELL_HALVES[half]
        length = group * BEAT
        hits += [(start + at, bell, 62 if at % BEAT == 0 else 56) for at in places if at < length]
        kicks = next(iter(BEMBE_KICKS)) if bar.number < 2 else draw(BEMBE_KICKS, rng)
        hits += [(start + at, KICK, level - 8 * half * (at == 0)) for at, level in kicks if at < length]
        # More of the toms as it grows; the first bars state the time as it is.
        busier = 2 ** (2 * scene.intensity(bar) - 1)
        words = {word: weight * busier ** (len(word) - 1) for word, weight in BEMBE_HANDS.items()}
        hand = next(iter(BEMBE_HANDS)) if bar.number < 2 else draw(words, rng)
        hits += [(start + at, key, level) for at, key, level in hand if at < length]
    return hits


# What a slow blues has of the middle thirds, and of the last ones, by how full it is: the share of the beats.
MIDDLES, LASTS = (0.15, 0.85), (0.85, 1.0)


def _triplets(scene: Scene, bar: FormBar, rng: np.random.Generator) -> Hits:
    """The ride on the beats and most last thirds, in later choruses on nearly all; back beat, kick on the
    groups.
    """
    full = scene.intensity(bar) > 0.6
    hits: Hits = []
    for beat in range(bar.beats):
        at = beat * BEAT
        hits.append((at, RIDE, 64))
        hits += [(at + 2 * THIRD, RIDE, 52)] if rng.random() < LASTS[full] else []
        hits += [(at + THIRD, RIDE, 42)] if rng.random() < MIDDLES[full] else []
    for start, group in _groups(bar):
        hits.append((start, KICK, 58))
        if group > 1:
            back = start + BEAT
            hits += [(back, SNARE, 74), (back, PEDAL, 60)]
            if rng.random() < 0.35:
                hits.append((back + 2 * THIRD, KICK, 46))
        if rng.random() < 0.2 + 0.2 * scene.intensity(bar):  # a soft answer of the left hand
            hits.append((start + 2 * THIRD, SNARE, 36))
    return hits


Play = Callable[[Scene, np.random.Generator], list[Note]]


_CHORDS = {"Piano": _comping(PIANO), "Guitar": _comping(GUITAR)}
# What the parts, by their names, play in these styles.
PLAYERS: dict[str, Mapping[str, Play]] = {
    AFRO_CUBAN: {**_CHORDS, "Bass": _tumbao, "Drums": _drums(_bembe)},
    SLOW_BLUES: {**_CHORDS, "Bass": _walking, "Drums": _drums(_triplets)},
}
