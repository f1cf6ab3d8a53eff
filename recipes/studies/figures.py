"""Studies reread: the lines in numbers, as a teacher would count, and bar by bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from jazzgen.music.chords import parse_chord
from jazzgen.music.progressions import reference_roots
from jazzgen.music.score import TICKS_PER_BEAT, Note, Progression, Solo
from recipes.studies.notation import Study, read_bars, to_solo

DEGREE_NAMES = ("1", "b9", "9", "b3", "3", "11", "b5", "5", "b13", "13", "b7", "7")
A_FIFTH = 7  # semitones
NAMES = ("c", "db", "d", "eb", "e", "f", "gb", "g", "ab", "a", "bb", "b")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a line is made of; shares are 0..1."""

    bars: int
    notes: int
    strong_chord_tones: float  # of the notes that start on beats 1 and 3 (in 3/4: on 1), chord tones
    chord_tones: float  # of all notes; one that anticipates the next chord may belong to that one
    rests: float  # of the time from the first bar line to the last
    lowest: int
    highest: int
    steps: float  # of the intervals, a whole tone or less
    leaps: float  # of the intervals, more than a fifth
    longest_run: float  # beats without a silence of a beat or more
    same_rhythm: int  # the longest row of bars with one and the same rhythm


def figures(solo: Solo) -> Figures:
    """The figures of a solo."""
    notes, progression = solo.notes, solo.progression
    strong = [note for note in notes if _is_strong(note, progression)]
    intervals = [abs(b.pitch - a.pitch) for a, b in pairwise(notes)]
    pitches = [note.pitch for note in notes]
    return Figures(
        bars=len(progression.bar_ticks),
        notes=len(notes),
        strong_chord_tones=_mean([_is_chord_tone(note, progression) for note in strong]),
        chord_tones=_mean([_is_chord_tone(note, progression) for note in notes]),
        rests=1 - sum(note.duration for note in notes) / progression.length,
        lowest=min(pitches),
        highest=max(pitches),
        steps=_mean([interval <= 2 for interval in intervals]),
        leaps=_mean([interval > A_FIFTH for interval in intervals]),
        longest_run=_longest_run(notes) / TICKS_PER_BEAT,
        same_rhythm=_same_rhythm(solo),
    )


def _mean(facts: Sequence[bool]) -> float:
    return sum(facts) / max(len(facts), 1)


def _is_strong(note: Note, progression: Progression) -> bool:
    place = note.onset - progression.bar_start(note.onset)
    return place == 0 or (place == 2 * TICKS_PER_BEAT and progression.beats_at(note.onset) == 4)


def _is_chord_tone(note: Note, progression: Progression) -> bool:
    # A note tied into the next chord, or a last eighth before it, belongs to that chord.
    ticks = {note.onset, note.end - 1}
    chords = [parse_chord(progression.chord_at(tick).symbol) for tick in ticks]
    return any(chord is not None and note.pitch % 12 in chord.pitch_classes for chord in chords)


def _longest_run(notes: Sequence[Note]) -> int:
    longest, start = 0, notes[0].onset
    for before, after in pairwise(notes):
        if after.onset - before.end >= TICKS_PER_BEAT:
            longest, start = max(longest, before.end - start), after.onset
    return max(longest, notes[-1].end - start)


def _rhythms(solo: Solo) -> list[tuple[int, ...]]:
    rhythms: list[list[int]] = [[] for _ in solo.progression.bar_ticks]
    for note in solo.notes:
        rhythms[solo.progression.bar_at(note.onset)].append(
            note.onset - solo.progression.bar_start(note.onset)
        )
    return [tuple(rhythm) for rhythm in rhythms]


def _same_rhythm(solo: Solo) -> int:
    longest = row = 1
    for before, after in pairwise(_rhythms(solo)):
        row = row + 1 if before == after and after else 1
        longest = max(longest, row)
    return longest


def print_report(studies: Sequence[Study]) -> None:
    """One line a study, in numbers."""
    print(f"{'study':30}bars notes strong tones rests  range  steps leaps   run same")
    for study in studies:
        f = figures(to_solo(study))
        print(
            f"{study.name:30}{f.bars:4}{f.notes:6}{f.strong_chord_tones:7.2f}{f.chord_tones:6.2f}{f.rests:6.2f}"
            f"  {f.lowest}-{f.highest}{f.steps:7.2f}{f.leaps:6.2f}{f.longest_run:6.1f}{f.same_rhythm:5}"
        )


def print_reading(study: Study) -> None:
    """The study bar by bar: each note as pitch and degree, `*` where it is no chord tone."""
    solo = to_solo(study)
    roots = reference_roots(solo.progression)
    lines: list[list[str]] = [[] for _ in solo.progression.bar_ticks]
    for note in solo.notes:
        degree = DEGREE_NAMES[(note.pitch - roots[solo.progression.chord_index(note.onset)]) % 12]
        foreign = "" if _is_chord_tone(note, solo.progression) else "*"
        place = (note.onset - solo.progression.bar_start(note.onset)) / TICKS_PER_BEAT + 1
        name = f"{NAMES[note.pitch % 12]}{note.pitch // 12 - 1}"
        lines[solo.progression.bar_at(note.onset)].append(f"{place:.3g}:{name}={degree}{foreign}")
    print(f"\n{study.title} ({study.name}), {study.instrument}, {study.tempo} BPM")
    for number, (bar, line) in enumerate(zip(read_bars(study.bars), lines, strict=True), start=1):
        print(f"{number:3} {bar.section:2}{' '.join(bar.chords):14}| {'  '.join(line)}")
