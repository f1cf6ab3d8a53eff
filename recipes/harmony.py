"""Count what chord inference expects: how chords move, and what bass, chords and soloist play under them.

    python -m recipes.harmony wjazzd.db                 writes jazzgen/midi/harmony.json
    python -m recipes.harmony wjazzd.db -o mine.json

Only the training tunes of the Weimar Jazz Database are counted (`corpus.splits`): the others measure what is
made of it (`python -m checks.reading chords`). The database has no comping; so each solo is given the
generated band, in one style after another, and what the band plays is counted under the chords that it plays.
What players of real files do and the band does not, roots and triads in block chords, is in `ROOTED` and
`TRIADS`. Every count has a prior, so that nothing is impossible.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from jazzgen.band.ensemble import accompany
from jazzgen.corpus.splits import split_by_title
from jazzgen.corpus.wjazzd import load
from jazzgen.errors import JazzgenError
from jazzgen.midi.harmony import FAMILIES, HARMONY_FILE, METERS, Floats, family_of
from jazzgen.midi.smf import Song, TimedNote, Track
from jazzgen.midi.solo_track import SoloTrack
from jazzgen.midi.timeline import Timeline
from jazzgen.midi.votes import Votes, count_votes
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import TICKS_PER_BEAT, Note, Solo
from jazzgen.util.files import replacing

ATTRIBUTION = (
    "Counted by recipes/harmony.py in the training tunes of the Weimar Jazz Database (Jazzomat Research "
    "Project, jazzomat.hfm-weimar.de, Open Database License 1.0). Whoever publishes what is made of it names "
    "it."
)
F = len(FAMILIES)
MOVE_PRIOR, TONE_PRIOR, CHANGE_PRIOR = 0.5, 2.0, 30  # counts that are added everywhere, or of all families
BASS_PRIOR = 100  # notes of the bass under any family
TIMES = 2  # bands that are generated for a solo, in as many styles
VOICINGS, ROUNDS = 16, 40  # of a family, and of the estimation
LEAST = 0.004  # a probability of a tone
DRAWN = 200  # chords that are added from each table below; half as many of triads
# How likely players of block chords sound each tone, by semitones above the root.
ROOTED = np.array([
    #  1   b9    9    #9   3    11  #11   5   b13   13  b7    7
    (0.50, 0.02, 0.35, 0.02, 0.90, 0.05, 0.07, 0.55, 0.03, 0.40, 0.02, 0.55),  # maj
    (0.50, 0.12, 0.35, 0.10, 0.88, 0.04, 0.08, 0.40, 0.10, 0.35, 0.90, 0.02),  # 7
    (0.50, 0.02, 0.30, 0.90, 0.02, 0.25, 0.02, 0.60, 0.03, 0.18, 0.75, 0.06),  # m
    (0.50, 0.03, 0.06, 0.88, 0.02, 0.20, 0.88, 0.02, 0.08, 0.03, 0.88, 0.02),  # m7b5
    (0.50, 0.02, 0.06, 0.88, 0.02, 0.06, 0.88, 0.02, 0.06, 0.88, 0.02, 0.06),  # dim7
    (0.50, 0.05, 0.45, 0.02, 0.04, 0.90, 0.02, 0.50, 0.03, 0.30, 0.78, 0.02),  # 7sus4
])  # fmt: skip
# ... and players of triads; a seventh makes their dominants.
TRIADS = np.array([
    (0.95, 0.02, 0.05, 0.02, 0.95, 0.02, 0.02, 0.90, 0.02, 0.05, 0.02, 0.05),
    (0.90, 0.02, 0.04, 0.02, 0.93, 0.02, 0.02, 0.80, 0.02, 0.04, 0.95, 0.02),
    (0.95, 0.02, 0.05, 0.95, 0.02, 0.03, 0.02, 0.90, 0.02, 0.03, 0.08, 0.02),
    (0.90, 0.02, 0.02, 0.93, 0.02, 0.03, 0.93, 0.02, 0.02, 0.02, 0.85, 0.02),
    (0.93, 0.02, 0.02, 0.93, 0.02, 0.02, 0.93, 0.02, 0.02, 0.40, 0.02, 0.02),
    (0.93, 0.02, 0.10, 0.02, 0.02, 0.93, 0.02, 0.88, 0.02, 0.02, 0.15, 0.02),
])  # fmt: skip
WRITTEN_AS_TRIADS = [FAMILIES.index("maj"), FAMILIES.index("m")]  # where the symbol has no seventh


@dataclass
class Heard:
    """What sounds under chords: tones of bass and lines, and the chords struck, by habit and family."""

    bass_first: Floats = field(default_factory=lambda: np.full((F, 12), 0.05))
    bass_bar: Floats = field(default_factory=lambda: np.full((F, 12), 0.05))
    bass_later: Floats = field(default_factory=lambda: np.full((F, 12), 0.05))
    line: Floats = field(default_factory=lambda: np.full((F, 12), TONE_PRIOR))
    #: for sevenths and triads, by family: (tones struck (12,), the lowest (12,))
    chords: list[list[list[tuple[Floats, Floats]]]] = field(
        default_factory=lambda: [[[] for _ in FAMILIES] for _ in range(2)]
    )


def count(solos: list[Solo]) -> dict[str, Any]:
    """The tables of `harmony.json`, as probabilities."""
    moves = np.full((F, 12, F), MOVE_PRIOR)
    families = np.full(F, MOVE_PRIOR)
    changes = {beats: np.zeros((beats, F, 2)) for beats in METERS}
    heard = Heard()
    for number, solo in enumerate(solos):
        _count_moves(solo, moves, families, changes)
        for time in range(TIMES):
            _count_band(solo, number + time * len(solos), heard)
    moves[np.arange(F), 0, np.arange(F)] = 1e-3  # the same chord again is no change
    rng = np.random.default_rng(len(solos))
    return {
        "moves": _shares(moves, (1, 2)),
        "families": _shares(families, 0),
        "line": _shares(heard.line, 1),
        "bass_first": _shares(_with_all(heard.bass_first), 1),
        "bass_bar": _shares(_with_all(heard.bass_bar), 1),
        "bass_later": _shares(_with_all(heard.bass_later), 1),
        "changes": {str(beats): _chances(rows) for beats, rows in changes.items()},
        "sevenths": _voicings(heard.chords[0], (ROOTED, None), rng),
        "triads": _voicings(heard.chords[1], (ROOTED, TRIADS), rng),
        "blocks": _blocks(),
    }


def _shares(counts: Floats, axis: int | tuple[int, ...]) -> Any:
    shares = counts / counts.sum(axis=axis, keepdims=True)
    return np.maximum(shares.round(5), 1e-5).tolist()


def _with_all(counts: Floats) -> Floats:
    """(F, 12) counts, to each row those of a mean family added."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(counts + BASS_PRIOR * shares.mean(axis=0))


def _chances(counts: Floats) -> Any:
    """(beats, F) probabilities of a change of (beats, F, 2) counts, families that are rare near the mean."""
    both = counts.sum(axis=1) + 1
    mean = both[:, None, 1] / both.sum(axis=1, keepdims=True)
    return ((counts[..., 1] + CHANGE_PRIOR * mean) / (counts.sum(axis=2) + CHANGE_PRIOR)).round(5).tolist()


def _count_moves(solo: Solo, moves: Floats, families: Floats, changes: dict[int, Floats]) -> None:
    """Changes as the file has them: in double time a beat of it is two of the grid."""
    form = solo.progression
    chords = [(change.tick, parse_chord(change.symbol)) for change in form.chords]
    kept: list[tuple[int, Chord]] = []
    for tick, chord in chords:
        if chord and (
            not kept or (kept[-1][1].root, family_of(kept[-1][1])) != (chord.root, family_of(chord))
        ):
            kept.append((tick, chord))
    for (_, before), (_, after) in pairwise(kept):
        moves[family_of(before), (after.root - before.root) % 12, family_of(after)] += 1
    for _, chord in kept:
        families[family_of(chord)] += 1
    at, beat = {tick for tick, _ in kept}, solo.grid_beat
    for tick in range(beat, form.length, beat):
        beats = form.beats_at(tick)
        if beats in changes:
            place = (tick - _bar_start(solo, tick)) // beat
            chord = parse_chord(form.chord_at(tick - 1).symbol)
            if chord:
                changes[beats][place % beats, family_of(chord), int(tick in at)] += 1


def _bar_start(solo: Solo, tick: int) -> int:
    form = solo.progression
    bar = form.bar_at(tick)
    return form.bar_ticks[bar - bar % solo.time_scale]


def _count_band(solo: Solo, number: int, heard: Heard) -> None:
    """What the band plays for a solo, with the bass and without it."""
    styled = replace(solo, progression=replace(solo.progression, style=STYLES[number % len(STYLES)]))
    parts = accompany(styled, np.random.default_rng(number), comping="guitar" if number % 4 == 3 else "piano")
    tracks = [Track(part.name, part.program, part.channel, _timed(part.notes)) for part in parts]
    line = Track("Solo", 65, 15, _timed(solo.notes))
    rng = np.random.default_rng([number, 1])
    for playing in (tracks, [track for track in tracks if track.name != "Bass"]):
        song = Song(TICKS_PER_BEAT, styled.progression.length, (line, *(t for t in playing if t.notes)))
        form = styled.progression
        timeline = Timeline(
            tuple(range(0, form.length + 1, TICKS_PER_BEAT)),
            tuple(tick // TICKS_PER_BEAT for tick in form.bar_ticks),
            (*form.bar_ticks, form.length),
        )
        votes = count_votes(song, SoloTrack(1, "", "", line.notes, ()), timeline)
        _count_votes(votes, styled, set(timeline.bars), heard, rng)


def _timed(notes: Iterable[Note]) -> tuple[TimedNote, ...]:
    return tuple(sorted(TimedNote(note.onset, note.end, note.pitch, note.velocity) for note in notes))


def _count_votes(votes: Votes, solo: Solo, bars: set[int], heard: Heard, rng: np.random.Generator) -> None:
    before: Chord | None = None
    struck: dict[bytes, int] = {}
    for beat, row in enumerate(votes.chordal):
        chord = parse_chord(solo.progression.chord_at(beat * TICKS_PER_BEAT).symbol)
        if chord and votes.has_bass:
            _count_beat(votes, beat, chord, bars, chord == before, heard)
        elif chord and row.max() >= 0.5:
            tones = np.roll(row >= 0.5, -chord.root).astype(np.float64)
            lowest = np.roll(votes.lowest[beat], -chord.root)
            times = struck[row.tobytes()] = struck.get(row.tobytes(), 0) + 1
            family = family_of(chord)
            triad = len(chord.pitch_classes) == 3
            if rng.random() < 1 / times:  # what a vamp repeats is one voicing
                for habit in (int(triad),) if family in WRITTEN_AS_TRIADS else (0, 1):
                    heard.chords[habit][family].append((tones, lowest))
        if chord != before:
            struck = {}
        before = chord


def _count_beat(votes: Votes, beat: int, chord: Chord, bars: set[int], goes_on: bool, heard: Heard) -> None:
    """The bass and the line of one beat."""
    family = family_of(chord)
    if goes_on and beat not in bars:
        bass, table = np.where(votes.bass[beat] > 0.5, votes.bass[beat], 0), heard.bass_later
    else:
        bass, table = votes.bass_onset[beat], heard.bass_bar if goes_on else heard.bass_first
    table[family] += np.roll(bass, -chord.root)
    heard.line[family] += np.roll(votes.line[beat], -chord.root)


def _voicings(
    chords: list[list[tuple[Floats, Floats]]],
    tables: tuple[Floats, Floats | None],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """A mixture for each family, of what was struck and of what is drawn from tables of (F, 12) tones."""
    found = []
    for family, rows in enumerate(chords):
        played = rows
        for table, size in zip(tables, (DRAWN, DRAWN // 2), strict=True):
            if table is not None:
                drawn = (rng.random((size, 12)) < table[family]).astype(np.float64)
                played = [*played, *((tones, np.zeros(12)) for tones in drawn if tones.sum() > 1)]
        tones, lowest = (np.array(column) for column in zip(*played, strict=True))
        found.append(_mixture(tones, lowest, rng))
    return {
        name: [table.round(3).tolist() for table in tables]
        for name, tables in zip(("shares", "tones", "lowest"), zip(*found, strict=True), strict=True)
    }


def _blocks() -> dict[str, Any]:
    """The mixture of players who hold the root in every chord, which is none that could be counted."""
    rooted = ROOTED.copy()
    rooted[:, 0] = 0.95
    sixths = rooted.copy()
    sixths[WRITTEN_AS_TRIADS, 9:] = (0.9, 0.04, 0.04)
    tones = np.stack([rooted, TRIADS, sixths], axis=1)
    lowest = np.full(tones.shape, 0.02)
    lowest[:, :, 0] = 0.78
    return {"shares": [[0.5, 0.3, 0.2]] * F, "tones": tones.tolist(), "lowest": lowest.tolist()}


def _mixture(tones: Floats, lowest: Floats, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """(K,) shares, (K, 12) tones and lowest tones that make (N, 12) likeliest: expectation-maximization."""
    k = VOICINGS
    mean = tones.mean(axis=0)
    sounds = 0.7 * tones[rng.integers(0, len(tones), k)] + 0.05 + 0.15 * rng.random((k, 12))
    shares, bottoms = np.full(k, 1 / k), np.full((k, 12), 1 / 12)
    for _ in range(ROUNDS):
        likely = tones @ np.log(sounds).T + (1 - tones) @ np.log(1 - sounds).T + lowest @ np.log(bottoms).T
        likely += np.log(shares)
        belongs = np.exp(likely - np.logaddexp.reduce(likely, axis=1, keepdims=True))  # (N, K)
        size = belongs.sum(axis=0)
        sounds = (belongs.T @ tones + mean + 0.1) / (size[:, None] + 1.2)
        sounds = np.clip(sounds, LEAST, 1 - LEAST)
        shares = (size + 1) / (len(tones) + k)
        counts = belongs.T @ lowest + 0.5
        bottoms = counts / counts.sum(axis=1, keepdims=True)
    return np.maximum(shares, 1e-3), sounds, np.maximum(bottoms, 1e-3)


def main(arguments: list[str] | None = None) -> int:
    """Count, and write the tables."""
    parser = argparse.ArgumentParser(description="Count how chords move in a corpus.", allow_abbrev=False)
    parser.add_argument("database", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=HARMONY_FILE)
    options = parser.parse_args(arguments)
    try:
        train = split_by_title(load(options.database)).train
        tables = count(list(train))
    except JazzgenError as error:
        print(f"recipes.harmony: {error}", file=sys.stderr)
        return 2
    with replacing(options.output) as temporary:
        temporary.write_text(json.dumps({"source": ATTRIBUTION, **tables}) + "\n", encoding="utf-8")
    print(f"{options.output}: from {len(train)} solos")
    return 0


if __name__ == "__main__":
    sys.exit(main())
