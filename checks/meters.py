"""Make a take in every meter and style, and hold each against the rules of its file and its bars.

    python -m checks.meters                    every meter and style, some minutes
    python -m checks.meters --styles waltz     the meters in one style

Meters are 2/2, 3/2, 2/4 to 7/4, 6/8, 9/8, 12/8, 5/8, 7/8 and mixtures. Beside the rules of `checks.takes`,
which mido looks up in the bytes: the time signatures as written and at the ticks of their bar lines; bars,
meters, chords and sections as jazzgen reads them back; a solo in compound beats on eighths alone; and a band
of which every part plays. Every violation is printed, then a row a meter; the exit
code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path

import mido
import numpy as np

from checks.takes import violations
from jazzgen.band import ensemble as band
from jazzgen.improviser.improvise import improvise
from jazzgen.midi.reading import read
from jazzgen.midi.writing import write_arrangement
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.model.shipped import DEFAULT_MODEL, find_checkpoint
from jazzgen.music import endings
from jazzgen.music.meters import compound_beats_of, read_meter
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Arrangement, ChordChange, Progression, Section
from jazzgen.performance.feel import Feel
from jazzgen.takes.settings import Settings
from jazzgen.tokens.vocabulary import encode

METERS = (
    "2/2", "3/2", "2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "6/8", "9/8", "12/8", "5/8", "7/8",
    "4/4 4/4 2/4 4/4", "12/8 6/8", "4/4 7/8 6/8 3/4",
)  # fmt: skip
CHORDS = ("Cm7", "F7", "Bbmaj7", "Ebmaj7", "Am7b5", "D7b9", "Gm6", "G7alt")


def form_of(signatures: str, style: str) -> Progression:
    """Eight bars in two sections, whose meters go round; every fourth bar has two chords."""
    meters, chords, tick = [], [], 0
    sections = []
    cycle = signatures.split()
    for bar in range(8):
        meter = read_meter(cycle[bar % len(cycle)], tick)
        if not meters or (meters[-1].beats, meters[-1].signature) != (meter.beats, meter.signature):
            meters.append(meter)
        chords.append(ChordChange(tick, CHORDS[bar]))
        if bar % 4 == 3:
            chords.append(ChordChange(tick + 12 * (meter.beats // 2), "A7"))
        if bar % 4 == 0:
            sections.append(Section(tick, "AB"[bar // 4]))
        tick += 12 * meter.beats
    return Progression(tuple(chords), tick, tuple(meters), tuple(sections), key="Gm", style=style)


def make(form: Progression, number: int, checkpoint: Checkpoint) -> tuple[Arrangement, Feel]:
    """Take `number` over a form, twice: with either comping, with a count-in and without."""
    solo_rng, band_rng = np.random.default_rng(number).spawn(2)
    solo = improvise(
        checkpoint, endings.with_ending(form, 2), solo_rng, choruses=1, tempo=Settings().tempo_of(form)
    )
    parts = band.accompany(solo, band_rng, comping=("piano", "guitar")[number % 2], choruses=2)
    take = Arrangement(solo, parts, f"take {number}")
    return band.count_in(take) if number % 3 == 2 else take, Feel((0.7, 0.0, 1.0)[number % 3], number)


def wrong(take: Arrangement, feel: Feel, path: Path) -> Iterator[str]:
    """What is wrong with a take of `make` and its file."""
    form = take.solo.progression
    write_arrangement(take, path, feel=feel)
    yield from violations(path, take)
    yield from _bars(path, form)
    again = read(path, track="Solo")
    if encode(again.solo) != encode(take.solo):
        yield "other values are read back"
    for name in ("chords", "meters", "sections", "length"):
        if getattr(again.solo.progression, name) != getattr(form, name):
            yield f"other {name} are read back"
    if again.solo.tempo != take.solo.tempo or again.warnings:
        yield f"read back at {again.solo.tempo:g} BPM, {again.warnings}"
    compound = compound_beats_of(form)
    if compound is not None:
        places = Counter(note.onset % 12 for note in take.solo.notes if compound(note.onset // 12))
        if all(meter.compound for meter in form.meters) and set(places) - {0, 4, 8}:
            yield f"the solo plays beside the eighths: {dict(places)}"
    for part in take.parts:
        if not part.notes or any(note.end > form.length for note in part.notes):
            yield f"{part.name} has {len(part.notes)} notes, or plays past the end"


def _bars(path: Path, form: Progression) -> Iterator[str]:
    """The time signatures of a file, each on its bar line, and its end."""
    file = mido.MidiFile(path, charset="utf-8")
    found, now = [], 0
    for message in file.tracks[0]:
        now += message.time
        if message.type == "time_signature":
            found.append((now, message.numerator, message.denominator))
    wanted, quarters = [], Fraction(0)
    ends = [*(meter.tick for meter in form.meters[1:]), form.length]
    for meter, end in zip(form.meters, ends, strict=True):
        wanted.append((int(quarters * file.ticks_per_beat), *map(int, meter.signature.split("/"))))
        quarters += Fraction(end - meter.tick, 12) * meter.beat_quarters
    if found != wanted:
        yield f"time signatures are {found}, not {wanted}"
    if now != quarters * file.ticks_per_beat:
        yield f"the file ends at {now}, not at {quarters * file.ticks_per_beat}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check every meter in every style; 0 if nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--styles", nargs="+", choices=STYLES, default=STYLES, help="default: all")
    parser.add_argument("--meters", nargs="+", metavar="N/N", default=METERS, help="default: all")
    given = parser.parse_args(arguments)
    checkpoint, found = load_checkpoint(find_checkpoint(DEFAULT_MODEL)), 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (signatures, style) in enumerate(product(given.meters, given.styles)):
            take, feel = make(form_of(signatures, style), number, checkpoint)
            said = list(wrong(take, feel, Path(folder, "take.mid")))
            for problem in said:
                print(f"{signatures} {style}: {problem}")
            found += len(said)
            solo = take.solo
            parts = ", ".join(f"{part.name} {len(part.notes)}" for part in take.parts)
            print(
                f"{signatures:16}{style:11}{solo.tempo:5g} BPM  solo {len(solo.notes):3}, {parts}", flush=True
            )
    print(f"{found} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
