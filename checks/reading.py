"""Measure how foreign MIDI files are read: the solo's track, and the chords that nothing but the band tells.

    python -m checks.reading solo wjazzd.db       files with a known answer, of the kinds in `arrangements.py`
    python -m checks.reading chords wjazzd.db     held-out solos with a generated band in every style, without
                                                  chord events: with all of it, without bass, the bass alone
    python -m checks.reading walking wjazzd.db    held-out solos over the bass lines of the database

Solos are those of the database (a folder of its files will do) and the study solos in data/midi. A half bar
has the right chord where the root that sounds longest in it is right, and the right quality where the family
is, too: major, dominant, minor, half-diminished, diminished, suspended. Exit code 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from checks.arrangements import KINDS, Arranged, write_arranged
from jazzgen.band.ensemble import accompany
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.splits import split_by_title, title_key
from jazzgen.corpus.wjazzd import PPQ, BeatMap, load, open_database, read_transcriptions, to_song
from jazzgen.errors import DataError, JazzgenError, NoChordsError
from jazzgen.midi.harmony import family_of
from jazzgen.midi.layout import Layout
from jazzgen.midi.reading import read
from jazzgen.midi.smf import TimedNote, Track
from jazzgen.midi.smf_writing import write_song
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.chords import Chord, parse_chord
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Arrangement, Progression, Solo

STUDIES = Path(__file__).resolve().parent.parent / "data" / "midi"
SOLO_RIGHT = 0.98
LINE_RIGHT = 0.9  # share of the solo's notes that must be in the line that is read
#        what is left out  root, quality
TARGETS = {
    "the whole band": ((), 0.95, 0.88),
    "without bass": (("bass",), 0.85, 0.75),
    "bass and solo": (("piano", "guitar"), 0.0, 0.0),
}


# ------------------------------------------------------------------------------------------------ solo tracks


def check_solos(solos: Sequence[Solo], each: int) -> bool:
    """Write `each` solos in every kind of arrangement, read them, and say how many solos were found."""
    right, wrong = Counter[str](), []
    count = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for number, (kind, arrange) in enumerate(KINDS.items()):
            for k in range(each):
                solo = solos[(number * each + k) % len(solos)]
                arranged = arrange(solo, np.random.default_rng([number, k]))
                path = Path(folder, f"{number:02d}-{k:02d}.mid")
                write_arranged(arranged, path)
                said = _judge(arranged, path)
                count[kind] += 1
                right[kind] += not said
                if said:
                    wrong.append(f"  {kind}, {solo.title!r}: {said}")
    for kind in KINDS:
        print(f"{kind:44}{right[kind]:4} of {count[kind]}")
    print(*wrong[:40], sep="\n")
    share = right.total() / count.total()
    found = f"{right.total()} of {count.total()} solos found"
    print(f"{found}: {100 * share:.1f} % (target {100 * SOLO_RIGHT:.0f} %)")
    return share >= SOLO_RIGHT


def _judge(arranged: Arranged, path: Path) -> str:
    """What is wrong with the reading of a file; empty where nothing is."""
    try:
        reading = read(path)
    except NoChordsError:
        reading = read(path, progression=arranged.form)
    except JazzgenError as error:
        return str(error)
    if reading.track_index != arranged.number:
        return f"took {reading.track!r} ({reading.reason}); second {reading.runner_up}"
    notes = {(note.onset, note.pitch) for note in reading.solo.notes}
    wanted = {(note.onset, note.pitch) for note in arranged.line}
    both = len(notes & wanted) / max(len(notes | wanted), 1)
    return "" if both >= LINE_RIGHT else f"{100 * both:.0f} % of the line's notes"


# ----------------------------------------------------------------------------------------------------- chords


def check_chords(solos: Sequence[Solo]) -> bool:
    """Give each solo a band in every style, and compare what is inferred with its chords."""
    scores: dict[str, dict[str, list[tuple[int, int, int]]]] = {name: defaultdict(list) for name in TARGETS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.mid")
        for k, solo in enumerate(solos):
            for n, style in enumerate(STYLES):
                styled = replace(solo, progression=replace(solo.progression, style=style))
                comping = "guitar" if (k + n) % 4 == 3 else "piano"
                parts = accompany(styled, np.random.default_rng([k, n]), comping=comping)
                names = ["solo", *(part.name.casefold() for part in parts)]
                for what, (left_out, _, _) in TARGETS.items():
                    tracks = tuple(name for name in names if name not in left_out)
                    layout = Layout(markers="none", tracks=tracks)
                    write_arrangement(Arrangement(styled, parts), path, layout=layout)
                    scores[what][style].append(compare(_form_of(path), styled.progression))
    reached = True
    for what, (_, root, quality) in TARGETS.items():
        reached &= _report(what, scores[what], root, quality)
    return reached


def check_walking(database: Path, titles: set[str]) -> bool:
    """Held-out solos with nothing but the bass line that was transcribed beside them."""
    scores: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    with closing(open_database(database)) as opened, tempfile.TemporaryDirectory() as folder:
        bass: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for melid, bar, beat, pitch in opened.execute(
            "SELECT melid, bar, beat, bass_pitch FROM beats WHERE bass_pitch > 0 ORDER BY beatid"
        ):
            bass[melid].append((bar, beat, int(pitch)))
        for solo in read_transcriptions(opened):
            if title_key(solo.title) not in titles:
                continue
            try:
                song, beats = to_song(solo), BeatMap.of(solo.beats)
            except DataError:
                continue
            places = [(beats.numbers[bar, beat] * PPQ, pitch) for bar, beat, pitch in bass[solo.melid]]
            notes = tuple(TimedNote(tick, tick + PPQ, pitch, 80) for tick, pitch in places)
            path = Path(folder, "file.mid")
            write_song(song, path)
            truth = read(path).solo.progression
            write_song(replace(song, markers=(), tracks=(*song.tracks, Track("Bass", 32, 1, notes))), path)
            scores["all"].append(compare(_form_of(path), truth))
    return _report("the database's bass lines", scores, 0, 0)


def _form_of(path: Path) -> Progression | None:
    try:
        return read(path, track="Solo").solo.progression
    except NoChordsError:
        return None


def compare(found: Progression | None, truth: Progression) -> tuple[int, int, int]:
    """(half bars with a chord, those with its root, those with root and family) of two forms."""
    half_bars = roots = families = 0
    for start, end in _half_bars(truth):
        wanted = _longest(truth, start, end)
        if wanted is None:
            continue
        chord = _longest(found, start, end) if found else None
        half_bars += 1
        if chord is not None and chord.root == wanted.root:
            roots += 1
            families += family_of(chord) == family_of(wanted)
    return half_bars, roots, families


def _half_bars(form: Progression) -> Iterator[tuple[int, int]]:
    """4/4 is 2 + 2 beats, 5/4 is 3 + 2; up to three beats are not divided."""
    for start, end in pairwise([*form.bar_ticks, form.length]):
        beats = form.beats_at(start)
        middle = start + (end - start) // beats * ((beats + 1) // 2)
        yield from ((start, middle), (middle, end)) if beats > 3 else ((start, end),)


def _longest(form: Progression, start: int, end: int) -> Chord | None:
    """The chord that sounds longest between two ticks."""
    first, last = form.chord_index(start), form.chord_index(end - 1)
    edges = [start, *(change.tick for change in form.chords[first + 1 : last + 1]), end]
    spans = [(b - a, -k) for k, (a, b) in enumerate(pairwise(edges))]
    return parse_chord(form.chords[first - max(spans)[1]].symbol)


def _report(what: str, scores: dict[str, list[tuple[int, int, int]]], root: float, quality: float) -> bool:
    rows = {**scores, "all": [score for each in scores.values() for score in each]}
    for name, each in rows.items():
        total, roots, families = (sum(column) for column in zip(*each, strict=True))
        print(
            f"{what:28}{name:10}{total:8,} half bars  root {100 * roots / total:5.1f} %  "
            f"root and quality {100 * families / total:5.1f} %"
        )
    reached = roots >= root * total and families >= quality * total
    print(
        f"{what:28}targets {100 * root:.0f} % and {100 * quality:.0f} %: {'reached' if reached else 'MISSED'}"
    )
    return reached


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Measure how foreign MIDI files are read.", allow_abbrev=False
    )
    parser.add_argument("what", choices=("solo", "chords", "walking"))
    parser.add_argument("corpus", type=Path, help="wjazzd.db, or for solo and chords a folder of MIDI solos")
    parser.add_argument("--each", type=int, default=20, help="solo: files of each kind (default: 20)")
    options = parser.parse_args(arguments)
    try:
        split = split_by_title(load(options.corpus))
        if options.what == "solo":
            studies = load_solos([STUDIES]).solos
            return int(not check_solos([*studies, *split.held_out], options.each))
        if options.what == "walking":
            return int(
                not check_walking(options.corpus, {title_key(title) for title in split.held_out.titles()})
            )
        return int(not check_chords(split.held_out))
    except JazzgenError as error:
        print(f"checks.reading: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
