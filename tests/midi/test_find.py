"""find.py: MIDI files in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.errors import DataError, MidiError
from jazzgen.midi.find import midi_files


def test_midi_files_are_found_in_folders(tmp_path: Path) -> None:
    for name in ("b.mid", "a.MID", "sub/c.midi", "sub/d.KAR", "sub/.hidden.mid", "sub/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "sub" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "sub" / "gone.mid").symlink_to(tmp_path / "nowhere")
    found = [tmp_path / name for name in ("a.MID", "b.mid", "sub/c.midi", "sub/d.KAR")]
    assert midi_files([tmp_path]) == found
    assert midi_files([tmp_path / "b.mid", str(tmp_path)]) == found
    assert midi_files([tmp_path / "sub" / "notes.txt"]) == [tmp_path / "sub" / "notes.txt"]  # named, so taken


def test_folders_without_midi_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no MIDI file"):
        midi_files([tmp_path])
    with pytest.raises(MidiError, match="no such file or folder"):
        midi_files([tmp_path / "none"])
    with pytest.raises(DataError, match="no MIDI files were named"):
        midi_files([])
