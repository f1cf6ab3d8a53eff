"""Read charts whose right reading is known, and say how many come out right.

    python -m checks.charts                    ../shared/charts: the development charts
    python -m checks.charts FOLDER --show 5    another set; the first five of each folder that differ
    python -m checks.charts --takes            besides, a take of every chart, written and read again

Each folder holds charts and an `expected.json` (file, song, title, key, `form` and `full` as bars and changes
of chord). Rates: read = no error; bars = the right number of them; chords = every bar has the right ones in
the right order; exact = at the right places too, to 1/24 of a bar. Then the round trips of what is written,
and how long a playlist of 1,460 songs takes to list and one of its songs to read. Exit code 1 if a chart that
was read does not come back from its own text.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from checks.takes import violations
from jazzgen.charts.choose import plain_title
from jazzgen.charts.exports import EXPORTS, export
from jazzgen.charts.find import ChartOptions, find_tune, read_entry, songs_in, tune_in
from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import Tune
from jazzgen.errors import JazzgenError
from jazzgen.midi.reading import read
from jazzgen.music.chords import parse_chord
from jazzgen.music.keys import key_tonic, read_key
from jazzgen.music.score import Progression
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take
from tests.shared import SHARED

SONGS = 1460
NEAR = Fraction(1, 24)  # of a bar: places that are the same
SUFFIXES = {"ireal": ".html", "musicxml": ".musicxml", "chordpro": ".cho", "ls": ".ls", "text": ".txt"}


class Change(NamedTuple):
    """A change of chord in normal form: `chord` is root, bass and set of pitch classes."""

    bar: int
    place: Fraction
    chord: str
    other_places: tuple[Fraction, ...] = ()


def normal(progression: Progression) -> tuple[int, list[Change]]:
    """The number of bars and the changes of a progression; equal neighbours are one."""
    ticks = progression.bar_ticks
    ends = [*ticks[1:], progression.length]
    found: list[Change] = []
    for change in progression.chords:
        bar = bisect_right(ticks, change.tick) - 1
        chord = parse_chord(change.symbol)
        mask = sum(1 << p for p in chord.pitch_classes | {chord.root, chord.bass}) if chord else 0
        code = f"{chord.root},{chord.bass},{mask}" if chord else "NC"
        if not found or found[-1].chord != code:
            found.append(Change(bar, Fraction(change.tick - ticks[bar], ends[bar] - ticks[bar]), code))
    return len(ticks), _from_first_chord(found)


def expected(entry: dict[str, Any]) -> tuple[int, list[Change]]:
    """The bars and changes that one form of an entry should have."""
    changes = [
        Change(bar, Fraction(place), chord, tuple(map(Fraction, more[0])) if more else ())
        for bar, place, chord, *more in entry["changes"]
    ]
    return entry["bars"], _from_first_chord(changes)


def _from_first_chord(changes: list[Change]) -> list[Change]:
    """Silence before the first chord is the same whether it is written or not."""
    return changes[1:] if changes and changes[0].chord == "NC" else changes


def compare(found: tuple[int, list[Change]], wanted: tuple[int, list[Change]]) -> set[str]:
    """What is right: "bars", "chords", "exact"."""
    bars, changes = wanted
    lead = changes[0].bar if changes else 0
    if lead and found[0] == bars - lead:  # bars before the first chord may be left out as a lead-in
        bars, changes = found[0], [change._replace(bar=change.bar - lead) for change in changes]
    if found[0] != bars:
        return set()
    if [(c.bar, c.chord) for c in found[1]] != [(c.bar, c.chord) for c in changes]:
        return {"bars"}
    right = (
        any(allowed == -1 or abs(mine.place - allowed) <= NEAR for allowed in (its.place, *its.other_places))
        for mine, its in zip(found[1], changes, strict=True)
    )
    return {"bars", "chords", "exact"} if all(right) else {"bars", "chords"}


def judge(folder: Path, entry: dict[str, Any]) -> tuple[set[str], str]:
    """What is right of one chart, and what is wrong with it."""
    path = str(folder / entry["file"])
    try:
        form = find_tune(path, ChartOptions(entry.get("song"))).form
        full = find_tune(path, ChartOptions(entry.get("song"), form="full")).full
    except JazzgenError as error:
        return set(), str(error)
    right = {"read"} | compare(normal(form), expected(entry["form"]))
    wanted = entry["form"] if entry.get("full", "same") == "same" else entry["full"]
    if "chords" in compare(normal(full), expected(wanted)):
        right.add("full")
    if not entry.get("title") or plain_title(form.title) == plain_title(entry["title"]):
        right.add("title")
    key = entry.get("key")
    found = read_key(form.key)
    if not key or key[1] is None or (found and [key_tonic(*found), found[1]] == key):
        right.add("key")
    return right, f"{len(form.bar_ticks)} bars" if len(right) < 7 else ""


def comes_back(tune: Tune, kind: str) -> bool:
    """Whether a tune that is written is read again as the same."""
    try:
        text, _ = export(tune, kind)
        again = tune_in(text.encode(), f"x{SUFFIXES.get(kind, '.txt')}", ChartOptions(form="full"))
    except JazzgenError:
        return False
    if kind == "text":
        return (again.form, again.intro, again.last) == (tune.form, tune.intro, tune.last)
    return compare(normal(again.full), normal(tune.full)) == {"bars", "chords", "exact"}


def tunes(folder: Path, entries: list[dict[str, Any]]) -> Iterator[Tune]:
    """Every tune of a folder that can be read."""
    for entry in entries:
        try:
            yield find_tune(str(folder / entry["file"]), ChartOptions(entry.get("song"), form="full"))
        except JazzgenError:
            continue


def main(arguments: list[str] | None = None) -> int:
    """Print a row a folder, a row a format that is written, and times; return the exit code."""
    parser = argparse.ArgumentParser(description="Read charts whose right reading is known.")
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED / "charts")
    parser.add_argument("--takes", action="store_true", help="make a take of every chart")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="charts that differ, of each folder")
    options = parser.parse_args(arguments)
    every: list[Tune] = []
    for listed in sorted(options.folder.rglob("expected.json")):
        entries = json.loads(listed.read_text(encoding="utf-8"))
        if "form" not in entries[0]:
            continue
        start, count, shown = time.perf_counter(), Counter[str](), 0
        for entry in entries:
            right, wrong = judge(listed.parent, entry)
            count.update(right)
            if wrong and shown < options.show:
                shown += 1
                print(f"    {entry['file']} {entry.get('song') or ''}: {wrong}; right: {sorted(right)}")
        names = ("read", "bars", "chords", "exact", "full", "title", "key")
        rates = "  ".join(f"{name} {100 * count[name] / len(entries):5.1f} %" for name in names)
        took = time.perf_counter() - start
        print(f"{listed.parent.name:10} {len(entries):4} charts  {rates}  {took:.1f} s", flush=True)
        every += tunes(listed.parent, entries)
    lost = _round_trips(every)
    _listing(options.folder)
    if options.takes:
        lost |= _takes(every)
    return int(lost)


def _takes(every: list[Tune]) -> bool:
    """A take of each tune: its bars, meters, sections and chords in the file, and the rules of its tracks."""
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "take.mid")
        for number, tune in enumerate(every):
            chart = ChartOptions(form="full")
            take = make_take(Settings(progression=write_tune(tune), chart=chart, choruses=1, seed=number))
            take.write(path)
            wanted, found = take.solo.progression, read(path).solo.progression
            differ = [
                what
                for what in ("bar_ticks", "meters", "sections", "chords")
                if getattr(wanted, what) != getattr(found, what)
            ]
            if said := [*differ, *violations(path, take.arrangement)]:
                wrong += 1
                print(f"    take of {tune.title!r}: {said[:3]}")
    print(f"takes of {len(every)} charts: {wrong or 'none'} with other bars or broken rules")
    return wrong > 0


def _round_trips(every: list[Tune]) -> bool:
    """A row a format: how many tunes come back; True where the program's own text loses one."""
    lost = False
    for kind in EXPORTS:
        try:
            back = sum(comes_back(tune, kind) for tune in every)
        except ModuleNotFoundError:
            print(f"written as {kind}: there is no writer")
            continue
        lost |= kind == "text" and back < len(every)
        print(f"written as {kind:9}: {back} of {len(every)} charts come back")
    return lost


def _listing(folder: Path) -> None:
    """How long a playlist of `SONGS` takes to list, and one of its songs to read."""
    links = [path.read_text(encoding="utf-8").strip() for path in sorted(folder.rglob("single-*.txt"))]
    links = [link for link in links if link.startswith("irealb://")]
    if not links:
        return
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "playlist.html")
        path.write_text("\n".join(f'<a href="{links[k % len(links)]}">x</a>' for k in range(SONGS)))
        times = [time.process_time()]
        found = songs_in(str(path))
        for entry in found:
            read_entry(entry, "")
        times.append(time.process_time())
        find_tune(str(path), ChartOptions(str(SONGS)))
        times.append(time.process_time())
    listed, one = times[1] - times[0], times[2] - times[1]
    print(
        f"a playlist of {len(found):,} songs: listed in {listed:.2f} s of computing, one read in {one:.2f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
