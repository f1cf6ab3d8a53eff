"""What several tests of this room are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.midi.smf import Song
from jazzgen.midi.smf_writing import write_song


@pytest.fixture
def saved(tmp_path: Path):
    def save(what: Song) -> Path:
        path = tmp_path / "file.mid"
        write_song(what, path)
        return path

    return save
