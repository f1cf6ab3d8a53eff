"""`jazzgen render`: mixes and stems from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Part, Solo
from tests.cli.commands import refused, run

pytest.importorskip("midirenderer")


@pytest.fixture
def take(tmp_path: Path) -> Path:
    solo = Solo((Note(0, 24, 60),), parse_progression("| C |"))
    band = (Part("Bass", 32, 2, (Note(0, 48, 36),)), Part("Drums", 0, 9, (Note(12, 3, 38),)))
    write_arrangement(Arrangement(solo, band), tmp_path / "take.mid")
    return tmp_path / "take.mid"


@pytest.mark.parametrize(
    ("mix", "names"),
    [
        ("record", ["bass", "drums", "solo"]),
        ("practice", ["bass", "drums"]),
        ("dry", ["bass", "drums", "solo"]),
    ],
)
def test_a_mix_and_its_stems(
    capsys: pytest.CaptureFixture[str], take: Path, tmp_path: Path, mix: str, names: list[str]
) -> None:
    words = ["--mix", mix, "--stems", tmp_path / "stems"]
    code, out, err = run(capsys, "render", take, "-o", tmp_path / "take.wav", *words)
    assert (code, err) == (0, "")
    assert out.endswith(f", {mix} mix\n" if mix != "record" else ".sf2\n")
    assert [path.stem for path in sorted((tmp_path / "stems").iterdir())] == names


def test_what_cannot_be_mixed(
    capsys: pytest.CaptureFixture[str], study: Path, take: Path, tmp_path: Path
) -> None:
    output = ["-o", tmp_path / "x.wav"]
    assert "has no track called Solo beside" in refused(capsys, "render", study, *output, "--mix", "practice")
    assert "invalid choice: 'wet'" in refused(capsys, "render", take, *output, "--mix", "wet")
    assert "stems need a folder" in refused(capsys, "render", take, *output, "--stems", "")
    (tmp_path / "file").touch()
    assert "cannot make the folder" in refused(capsys, "render", take, *output, "--stems", tmp_path / "file")
    assert not (tmp_path / "x.wav").exists()
