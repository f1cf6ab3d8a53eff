"""What `again` does to a take: what it keeps, how new bars join, how they sit on the chords, what they cost.

    python -m checks.again              100 takes, a few minutes
    python -m checks.again --takes 20

Each take of a built-in form has eight bars of its solo played again, and then eight of each part of the band.
The files before and after are compared note by note: what does not begin in the new bars, nor sounds into
them, must be the same in pitch, time, length and velocity. The leap at a join is that from the last note
before it to the first one after it. The exit code is 1 if a row misses its target.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from jazzgen.midi.smf import read_song
from jazzgen.music.chords import parse_chord
from jazzgen.music.score import SOLO, Note, Solo
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, load_inputs, make_takes

FORMS = (
    Settings("rhythm-changes-bb", choruses=1),
    Settings("blues-f", choruses=3, count_in=True),
    Settings("waltz-bb", choruses=2),
    Settings("rhythm-changes-bb", choruses=1, style="ballad"),
    Settings("minor-blues-c", choruses=3, style="bossa", comping="guitar"),
)
BARS = 8
LEAP, SHARE = 4.0, 0.03  # the targets: semitones, and the difference of two shares


@dataclass
class Found:
    """What the takes have shown so far."""

    kept: Counter[str] = field(default_factory=Counter)  # notes by track, and those that are not identical
    changed: Counter[str] = field(default_factory=Counter)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    naive: list[int] = field(default_factory=list)
    fresh: list[int] = field(default_factory=list)
    new_tones: list[bool] = field(default_factory=list)
    fresh_tones: list[bool] = field(default_factory=list)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)  # of the processor


def look(take: Take, number: int, folder: Path, found: Found) -> None:
    """Play bars of each part of `take` again and compare."""
    bars = [*take.solo.progression.bar_ticks, take.solo.progression.length]
    first = 2 + number * 3 % (len(bars) - 1 - BARS - 2)  # there is something before and after
    window = bars[first], bars[first + BARS]
    for part in ("solo", *(part.name for part in take.parts)):
        start = time.process_time()
        new = take.again((first + 1, first + BARS), part=part, seed=number)
        took = found.milliseconds.setdefault(part, [])
        took.append(1000 * (time.process_time() - start))
        compare(take, new, part, window, folder, found)
        if part == "solo":
            naive = take.again((first + 1, first + BARS), seed=number, candidates=1)
            _judge(take.solo, new.solo, naive.solo, window, found)


def compare(take: Take, new: Take, part: str, window: tuple[int, int], folder: Path, found: Found) -> None:
    """Count the notes outside the new bars in both files, and those that are not the same.

    Parameters
    ----------
    take, new
        Before and after `part` was played again in the ticks of `window`.
    part, window
        What is new.
    folder, found
        For the files; and to be added to.
    """
    files = []
    for one, name in ((take, "before.mid"), (new, "after.mid")):
        one.write(folder / name)
        files.append(read_song(folder / name))
    grid = {SOLO: take.solo.notes} | {p.name: p.notes for p in take.parts}
    for before, after in zip(files[0].tracks, files[1].tracks, strict=True):
        rows = zip(before.notes, _in_file_order(take, before.name, grid[before.name]), strict=True)
        anew = before.name.casefold() == part.casefold()
        kept = Counter(played for played, note in rows if not (anew and _in_or_into(note, window)))
        found.kept[before.name] += kept.total()
        found.changed[before.name] += (kept - Counter(after.notes)).total()


def _in_file_order(take: Take, name: str, notes: Sequence[Note]) -> list[Note]:
    """The notes of the grid in the order in which the file has them: by their start and pitch."""
    ppq = take.performance.ppq
    played = take.performance.track(name)
    rows = sorted(zip(played, notes, strict=True), key=lambda row: (round(row[0].onset * ppq), row[0].pitch))
    return [note for _, note in rows]


def _in_or_into(note: Note, window: tuple[int, int]) -> bool:
    return window[0] <= note.onset < window[1] or note.onset < window[0] < note.end


def _judge(old: Solo, new: Solo, naive: Solo, window: tuple[int, int], found: Found) -> None:
    found.starts += _leaps(new, window[:1])
    found.ends += _leaps(new, window[1:])
    found.naive += _leaps(naive, window[1:])
    found.fresh += _leaps(old, window)
    found.new_tones += _chord_tones(new, window)
    found.fresh_tones += _chord_tones(old, window)


def _leaps(solo: Solo, edges: Iterable[int]) -> Iterator[int]:
    """The semitones from the last note before each edge to the first after it."""
    for edge in edges:
        for one, other in pairwise(solo.notes):
            if one.onset < edge <= other.onset:
                yield abs(other.pitch - one.pitch)


def _chord_tones(solo: Solo, window: tuple[int, int]) -> Iterator[bool]:
    for note in solo.notes:
        chord = parse_chord(solo.progression.chord_at(note.onset).symbol)
        if chord is not None and window[0] <= note.onset < window[1]:
            yield note.pitch % 12 in chord.pitch_classes


def rows(found: Found) -> Iterator[tuple[str, str, str, bool]]:
    """What was found: its name, the figure, the target, and whether it is reached."""
    kept, changed = found.kept.total(), found.changed.total()
    yield "notes kept, identical", f"{kept - changed:,} of {kept:,}", "all", not changed
    for name, leaps in (("start", found.starts), ("end", found.ends)):
        middle = median(leaps)
        yield f"leap at the {name}, median", f"{middle:g} semitones", f"<= {LEAP:g}", middle <= LEAP
    yield "the same at the end with one candidate", f"{median(found.naive):g} semitones", "", True
    yield "the same in fresh takes", f"{median(found.fresh):g} semitones", "", True
    new, fresh = (sum(tones) / len(tones) for tones in (found.new_tones, found.fresh_tones))
    near = abs(new - fresh) <= SHARE
    yield "chord tones in new bars, in fresh ones", f"{new:.3f}, {fresh:.3f}", f"within {SHARE:g}", near
    for part, took in found.milliseconds.items():
        yield f"processor time of {BARS} bars, {part.casefold()}", f"{median(took):.0f} ms", "", True


def main(argv: Sequence[str] | None = None) -> int:
    """Print the rows; 1 where one misses its target."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--takes", type=int, default=100, metavar="N")
    count = parser.parse_args(argv).takes
    found, met = Found(), True
    with tempfile.TemporaryDirectory() as folder:
        for k, settings in enumerate(FORMS):
            seeds = range(k, count, len(FORMS))
            for seed, take in zip(seeds, make_takes(settings, load_inputs(settings), seeds), strict=True):
                look(take, seed, Path(folder), found)
    for name, figure, target, reached in rows(found):
        verdict = ("yes" if reached else "NO") if target else ""
        print(f"{name:45} {figure:22} {target:12} {verdict}".rstrip())
        met = met and reached
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
