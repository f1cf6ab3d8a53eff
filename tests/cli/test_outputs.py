"""Where the commands write: endings that another command writes, folders that are not there, warnings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jazzgen.model.shipped import find_checkpoint
from tests.cli.commands import refused, run
from tests.shared import ROOT

STUDY = ROOT / "data/midi/01-blues-in-f.mid"
TAKE = ("generate-midi", "--choruses", 1, "--progression", "ii-v-i", "--seed", 1)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["generate-midi", "-o", "a/x.wav"], "type jazzgen generate-midi -o a/x.mid --wav a/x.wav"),
        (["generate-midi", "-o", "x.SVG"], "-o x.mid and then jazzgen plot x.mid -o x.SVG"),
        (["generate-midi", "-o", "x.pdf"], "and then jazzgen leadsheet x.mid -o x.pdf"),
        (["generate-midi", "-o", "x.safetensors"], "name it x.mid"),
        (["leadsheet", "STUDY", "-o", "x.mid"], "leadsheet writes .pdf, .musicxml, .xml, .svg, and x.mid is"),
        (["leadsheet", "STUDY", "-o", "x.png"], "type jazzgen plot STUDY -o x.png"),
        (["render", "STUDY", "-o", "x.mid"], "generate-midi writes; name it x.wav"),
        (["render", "STUDY", "-o", "x.pdf"], "type jazzgen leadsheet STUDY -o x.pdf"),
        (["plot", "STUDY", "-o", "x.wav"], "type jazzgen render STUDY -o x.wav"),
        (["generate-midi", "-o", "x.chords"], "x.chords is no name for that; name it x.mid"),
        (["generate-midi", "-o", "a/x.JSON"], "name it a/x.mid"),
        (["again", "STUDY", "--bars", "1", "-o", "x.abc"], "again writes .mid, .midi"),
        (["train", "STUDY", "-o", "x.mid"], "name it x.safetensors"),
    ],
)
def test_an_ending_that_another_command_writes_is_refused(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    advice: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, *(word.replace("STUDY", str(STUDY)) for word in words))
    assert advice.replace("STUDY", str(STUDY)) in said
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for words in (
        (*TAKE, "-o", tmp_path / "a" / "b" / "take.mid"),
        (*TAKE, "--takes", 2, "-o", tmp_path / "c" / "take.mid"),
        (*TAKE, "-o", f"{tmp_path}/f/"),
        (*TAKE, "--takes", 2, "-o", f"{tmp_path}/f/"),
        ("plot", STUDY, "-o", tmp_path / "d" / "x.svg"),
        ("leadsheet", STUDY, "-o", tmp_path / "e" / "x.musicxml"),
    ):
        assert run(capsys, *words)[0] == 0
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "a/b/take.mid", "c/take-001.mid", "c/take-002.mid", "d/x.svg", "e/x.musicxml",
        "f/take-001.mid", "f/take-002.mid", "f/take.mid",
    ]  # fmt: skip


def test_a_waltz_in_four_says_what_is_played(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, *TAKE, "--style", "waltz", "-o", tmp_path / "x.mid")
    assert code == 0
    assert err.startswith("jazzgen: --style waltz over bars of 4 beats: the band swings")
    words = ("generate-midi", "--progression", "waltz-bb", "--choruses", 1, "--style", "waltz", "--seed", 1)
    assert run(capsys, *words, "-o", tmp_path / "x.mid")[2] == ""


def test_max_copied_needs_an_index(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    shutil.copy(find_checkpoint("classic-64"), tmp_path / "mine.safetensors")
    words = (*TAKE, "--model", tmp_path / "mine.safetensors", "-o", tmp_path / "x.mid")
    said = refused(capsys, *words, "--max-copied", 9)
    assert "max-copied 9 cannot be kept with mine.safetensors" in said
    assert "mine.originality.safetensors" in said
    assert run(capsys, *words, "--max-copied", 0)[0] == 0
    code, out, _ = run(capsys, *words, "--max-copied", 16)
    assert code == 0
    assert "copies not counted or limited: no index" in out


def test_a_density_that_cannot_be_had_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = refused(capsys, *TAKE, "--density", 12, "--rests", 0.5, "-o", tmp_path / "x.mid")
    assert "density can be 0.7..6.8 notes a bar" in said


def test_a_transposed_take_is_for_whom_it_was_transposed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    take, sheet = tmp_path / "x.mid", tmp_path / "x.musicxml"
    assert run(capsys, *TAKE, "--transpose", "Bb", "-o", take)[0] == 0
    said = run(capsys, "leadsheet", take, "-o", sheet)[1]
    assert said.endswith("on 1 page, for Bb of a take transposed for Bb\n")
    engraved = sheet.read_bytes()
    assert run(capsys, *TAKE, "-o", take)[0] == 0
    assert run(capsys, "leadsheet", take, "-o", sheet, "--for", "Bb")[1].endswith("on 1 page\n")
    assert sheet.read_bytes() == engraved
