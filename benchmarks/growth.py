"""A corpus made larger by copies of its files with every note transposed, so that none repeats another.

Chords stay where they are: this is for measuring, not for music.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

TRANSPOSITIONS = sorted(range(-24, 25), key=abs)  # the corpus lies within MIDI notes 36..97
SOFTER = (0, 1, 2)  # off every velocity: three times as many


def grow(sources: Sequence[Path], folder: Path, count: int) -> None:
    """Write `count` files into `folder`, 1,000 a subfolder: the sources, transposed as often as it takes."""
    variants = ((path, step, softer) for softer in SOFTER for step in TRANSPOSITIONS for path in sources)
    places: dict[Path, tuple[bytes, list[int]]] = {}
    for number, (path, step, softer) in enumerate(itertools.islice(variants, count)):
        if path not in places:
            data = path.read_bytes()
            places[path] = data, list(note_places(data))
        target = folder / f"{number // 1000:03}" / f"{path.stem}-{step:+}-{softer}.mid"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_moved(*places[path], step, softer))
    if number + 1 < count:
        raise SystemExit(f"{len(sources)} files give at most {number + 1} transposed ones, not {count}")


def _moved(data: bytes, places: Sequence[int], step: int, softer: int) -> bytes:
    moved = bytearray(data)
    for place in places:
        moved[place] += step
        moved[place + 1] = max(moved[place + 1] - softer, min(moved[place + 1], 1))  # 0 is a note's end
    return bytes(moved)


def note_places(data: bytes) -> Iterator[int]:
    """Where the pitches of a MIDI file's note events stand in its bytes; their velocities follow."""
    at = 14
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        at, status = at + 8, 0
        while at < end:
            _, at = _variable(data, at)
            if data[at] >= 0x80:
                status, at = data[at], at + 1
            if status in (0xFF, 0xF0, 0xF7):
                length, at = _variable(data, at + (status == 0xFF))
                at += length
            else:
                if status & 0xE0 == 0x80:  # note off, note on
                    yield at
                at += 1 if status & 0xE0 == 0xC0 else 2  # program and channel pressure have one byte


def _variable(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable length at `at`, and where it ends."""
    number = 0
    while True:
        number, byte, at = number << 7 | data[at] & 0x7F, data[at], at + 1
        if byte < 0x80:
            return number, at
