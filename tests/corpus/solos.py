"""Small solos, and files of them."""

from __future__ import annotations

from pathlib import Path

from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo


def make_solo(title: str, pitches: range = range(60, 68)) -> Solo:
    notes = tuple(Note(6 * i, 6, pitch) for i, pitch in enumerate(pitches))
    return Solo(notes, Progression((ChordChange(0, "C7"),), 96), title=title)


def write_solos(folder: Path, count: int) -> list[Path]:
    files = [folder / f"{i:02}.mid" for i in range(count)]
    for i, file in enumerate(files):
        write_arrangement(Arrangement(make_solo(f"Tune {i}", range(60 + i % 5, 68 + i % 5))), file)
    return files
