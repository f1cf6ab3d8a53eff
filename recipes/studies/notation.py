"""A study as text, one line a bar (the chord symbols, a bar line, the melody), and what it says as a `Solo`.

    Cm7 F7b9    | 8 ~ d4 eb4 g4 bb4 a4 gb4 eb4

Chords share the bar evenly (two in a bar of three beats: two beats and one); `%` goes on with the last one.
In the melody a number sets the length of what follows: 1 2 4 8 16 as in whole note to sixteenth, a dot
lengthens by half, `8t` is an eighth triplet. `-` is a rest, `~` holds the last note, also over the bar line,
and all else are pitches by name and octave (c4 is middle C). A line such as `[B]` starts a section. Swing is
not written out: eighths are even here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jazzgen.errors import ProgressionError
from jazzgen.music.score import (
    TICKS_PER_BEAT,
    ChordChange,
    MeterChange,
    Note,
    Progression,
    Section,
    Solo,
    instrument,
)

LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
ACCIDENTALS = {"": 0, "#": 1, "b": -1}
LENGTHS = {"1": 48, "2": 24, "4": 12, "8": 6, "16": 3, "2.": 36, "4.": 18, "8.": 9, "8t": 4}  # in ticks
HOLD, REST = "~", "-"
PITCH = re.compile(r"([a-g])([#b]?)(\d)")
STRAIGHT, TRIPLET = frozenset({0, 3, 6, 9}), frozenset({0, 4, 8})
# A reader takes onsets at the start and at 2/3 of a beat for swung eighths; a study writes even eighths.
READ_AS_SWING = (frozenset({8}), frozenset({0, 8}))


@dataclass(frozen=True, slots=True)
class Study:
    """One study as composed: what stands over the music, and the music (`bars`, in the notation above)."""

    name: str  # of the file, without .mid
    title: str
    form: str
    key: str
    tempo: int  # quarter notes a minute
    instrument: str
    practises: str
    bars: str
    style: str = "swing"
    beats: int = 4  # in a bar


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a study: `section` if one starts here, chord symbols, melody tokens."""

    section: str
    chords: tuple[str, ...]
    melody: tuple[str, ...]


def read_bars(text: str) -> Iterator[Bar]:
    """The bars of a study's text."""
    section = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        chords, _, melody = line.partition("|")
        yield Bar(section, tuple(chords.split()), tuple(melody.split()))
        section = ""


def chord_changes(bars: Sequence[Bar], beats: int) -> Iterator[ChordChange]:
    """Where the harmony changes, `beats` beats a bar; a chord that goes on is not said again."""
    last = ""
    for number, bar in enumerate(bars):
        for index, symbol in enumerate(bar.chords):
            # Two chords over three beats take two and one: rounding up gives the first the longer half.
            beat = -(-index * beats // len(bar.chords))
            if symbol not in ("%", last):
                yield ChordChange((number * beats + beat) * TICKS_PER_BEAT, symbol)
                last = symbol


def melody_spans(bars: Sequence[Bar], beats: int, where: str) -> Iterator[tuple[int, int, int]]:
    """(onset, duration, pitch) of every note, in ticks; a wrong bar raises `ProgressionError` naming it."""
    sounding: tuple[int, int, int] | None = None
    bar_ticks = beats * TICKS_PER_BEAT
    for number, bar in enumerate(bars):
        place, tick, length = f"{where}, bar {number + 1}", number * bar_ticks, 0
        for word in bar.melody:
            if word in LENGTHS:
                length = LENGTHS[word]
                continue
            if word == HOLD and sounding is not None:
                sounding = (sounding[0], sounding[1] + length, sounding[2])
            else:
                if sounding is not None:
                    yield sounding
                sounding = None if word == REST else (tick, length, _pitch(word, place))
            tick += length
        if (lasts := tick - number * bar_ticks) != bar_ticks:
            raise ProgressionError(f"{place}: it lasts {lasts} ticks; a bar of {beats} beats has {bar_ticks}")
    if sounding is not None:
        yield sounding


def _pitch(word: str, where: str) -> int:
    match = PITCH.fullmatch(word)
    if match is None:
        raise ProgressionError(
            f"{where}: {word!r} is neither a length ({' '.join(LENGTHS)}), a pitch such as bb4, "
            f"a rest ({REST}) nor a note held on ({HOLD})"
        )
    letter, accidental, octave = match.groups()
    return 12 * (int(octave) + 1) + LETTERS[letter] + ACCIDENTALS[accidental]


def shaped(spans: Sequence[tuple[int, int, int]]) -> Iterator[Note]:
    """The spans with velocities: higher is louder, off-beats are leaned on, a phrase dies away at its end."""
    middle = sum(pitch for _, _, pitch in spans) / len(spans)
    for span, following in zip(spans, [*spans[1:], None], strict=True):
        onset, duration, pitch = span
        velocity = 84 + round(pitch - middle)
        velocity += 7 if onset % TICKS_PER_BEAT else 0
        if following is None or following[0] - onset - duration >= TICKS_PER_BEAT:
            velocity -= 12
        yield Note(onset, duration, pitch, min(max(velocity, 40), 120))


def to_solo(study: Study) -> Solo:
    """The study as a `Solo`; raises `ProgressionError` for a bar that does not add up, a note out of the
    instrument's range or a beat that does not lie on the grid.
    """
    bars = list(read_bars(study.bars))
    bar_ticks = study.beats * TICKS_PER_BEAT
    progression = Progression(
        chords=tuple(chord_changes(bars, study.beats)),
        length=len(bars) * bar_ticks,
        meters=(MeterChange(0, study.beats),),
        sections=tuple(Section(n * bar_ticks, bar.section) for n, bar in enumerate(bars) if bar.section),
        title=study.title,
        key=study.key,
        style=study.style,
    )
    solo = Solo(
        notes=tuple(shaped(list(melody_spans(bars, study.beats, study.name)))),
        progression=progression,
        tempo=study.tempo,
        title=study.title,
        player="jazzgen",
        instrument=study.instrument,
    )
    _check_playable(solo, study.name)
    return solo


def _check_playable(solo: Solo, where: str) -> None:
    horn = instrument(solo.instrument)
    beats: dict[int, set[int]] = {}
    for note in solo.notes:
        bar = solo.progression.bar_at(note.onset) + 1
        if not horn.low <= note.pitch <= horn.high:
            raise ProgressionError(
                f"{where}, bar {bar}: pitch {note.pitch} is outside the {horn.name}'s {horn.low}..{horn.high}"
            )
        beats.setdefault(note.onset // TICKS_PER_BEAT, set()).add(note.onset % TICKS_PER_BEAT)
    for beat, onsets in beats.items():
        if not (onsets <= STRAIGHT or onsets <= TRIPLET) or onsets in READ_AS_SWING:
            bar = solo.progression.bar_at(beat * TICKS_PER_BEAT) + 1
            raise ProgressionError(
                f"{where}, bar {bar}: onsets at ticks {sorted(onsets)} of one beat; "
                "use some of 0 3 6 9 or of 0 4 8, and 0 6 for swung eighths"
            )
