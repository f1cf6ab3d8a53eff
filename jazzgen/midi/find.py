"""The MIDI files among files and folders that a user names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from jazzgen.errors import DataError, MidiError
from jazzgen.util.files import kind_of

MIDI_SUFFIXES = (".mid", ".midi", ".kar")


def midi_files(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The MIDI files that `paths` name, sorted: files as they are, folders searched for .mid, .midi and .kar.

    Hidden files are not taken from folders; a folder that links lead back to is searched once. Raises
    `MidiError` for a path that does not exist and `DataError` for a folder without a MIDI file.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if (kind := kind_of(path)) != "folder":
            if not kind:
                raise MidiError(f"{path}: no such file or folder; check the name")
            found.append(path)
            continue
        inside = list(_search(path))
        if not inside:
            raise DataError(f"{path}: no MIDI file (.mid, .midi, .kar) in this folder or below it")
        found += inside
    if not found:
        raise DataError("no MIDI files were named; give files or folders")
    return sorted(set(found))


def _search(folder: Path) -> Iterator[Path]:
    seen: set[Path] = set()

    def refuse(error: OSError) -> None:
        # os.walk would skip the folder in silence, and its solos would be missing.
        raise DataError(
            f"cannot read the folder {os.fsdecode(error.filename)}: {error.strerror}; "
            "make it readable, or name the files and folders beside it"
        )

    for root, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        real = Path(root).resolve()
        if real in seen:
            folders.clear()  # links led back here: do not go round
            continue
        seen.add(real)
        for name in names:
            path = Path(root, name)
            if path.suffix.lower() in MIDI_SUFFIXES and not name.startswith(".") and path.is_file():
                yield path
