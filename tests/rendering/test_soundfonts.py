"""Which SoundFont is found: the user's, a good one that is installed and can be played, or pretty_midi's."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from jazzgen.errors import OptionError
from jazzgen.rendering import soundfonts
from jazzgen.rendering.soundfonts import find_soundfont

FONT = b"RIFF\0\0\0\0sfbk"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(soundfonts, "FOLDERS", (tmp_path,))
    return tmp_path


def test_the_best_that_is_installed_and_can_be_played(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "MuseScore_General.sf3").write_bytes(FONT)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/fluidsynth")
    assert find_soundfont().name == "MuseScore_General.sf3"
    if find_spec("pretty_midi"):
        assert find_soundfont(engine="midirenderer").name == "TimGM6mb.sf2"
        monkeypatch.setattr(shutil, "which", lambda _: None)
        assert find_soundfont().name == "TimGM6mb.sf2"
    (folder / "FluidR3_GM.sf2").write_bytes(FONT)
    assert find_soundfont().name == "FluidR3_GM.sf2"


def test_what_is_no_font_is_passed_over(folder: Path) -> None:
    (folder / "FluidR3_GM.sf2").mkdir()
    (folder / "MuseScore_General.sf2").write_bytes(b"version https://git-lfs")
    assert list(soundfonts.installed()) == []
    with pytest.raises(OptionError, match=r"MuseScore_General\.sf2 is no SoundFont"):
        find_soundfont(folder / "MuseScore_General.sf2")
    with pytest.raises(OptionError, match=r"no such SoundFont"):
        find_soundfont(folder / "FluidR3_GM.sf2")
