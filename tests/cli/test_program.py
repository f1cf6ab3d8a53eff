"""The command line as a whole: what several commands do alike, help, and wrong input in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.cli.program import COMMANDS
from tests.cli.commands import refused, run


def test_help_of_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [module.__name__.rpartition(".")[2].replace("_", "-") for module in COMMANDS]
    assert {"generate-midi", "train", "wjazzd"} < set(commands)
    for command in commands:
        with pytest.raises(SystemExit, match="0"):
            main([command, "--help"])
        assert f"Example: jazzgen {command}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "starts"),
    [
        (("plot", "roll.svg"), b"<svg"),
        (("plot", "roll.png"), b"\x89PNG"),
        (("plot", "heat.svg", "--probabilities"), b"<svg"),
        (("leadsheet", "sheet.musicxml"), b"<?xml"),
        (("leadsheet", "sheet.svg", "--for", "Bb"), b"<"),
        (("render", "take.wav"), b"RIFF"),
        (("render", "take.flac", "--loudness", "-20"), b"fLaC"),
    ],
)
def test_a_file_to_hear_see_or_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, words: tuple[str, ...], starts: bytes
) -> None:
    command, name, *options = words
    code, out, err = run(capsys, command, study, "-o", tmp_path / name, *options)
    assert (code, err) == (0, "")
    assert out.startswith(str(tmp_path / name))
    assert (tmp_path / name).read_bytes().startswith(starts)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("command", ["render", "plot", "leadsheet"])
def test_a_file_of_no_known_kind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, command: str
) -> None:
    assert "take.xyz" in refused(capsys, command, study, "-o", tmp_path / "take.xyz")
    assert "nothing.mid" in refused(capsys, command, tmp_path / "nothing.mid", "-o", tmp_path / "take.wav")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("command", "suffix"), [("leadsheet", ".musicxml"), ("inspect", None)])
def test_drums_are_no_solo(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str, suffix: str | None
) -> None:
    take = tmp_path / "take.mid"
    run(capsys, "generate-midi", "-o", take, "--seed", 2, "--choruses", 1)
    words = [command, take, "--track", "Drums"]
    words += ["-o", tmp_path / f"out{suffix}"] if suffix else []
    assert "track 'Drums' is drums" in refused(capsys, *words)
    assert [path.name for path in tmp_path.iterdir()] == ["take.mid"]


@pytest.mark.parametrize("command", ["inspect", "evaluate"])
def test_not_midi_and_truncated(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, command: str
) -> None:
    model = ["classic-64"] if command == "evaluate" else []
    whole = study.read_bytes()
    for name, content in (("text.mid", b"hello"), ("empty.mid", b""), ("head.mid", whole[:20])):
        (tmp_path / name).write_bytes(content)
        strict = ["--strict"] if command == "evaluate" else []
        assert name in refused(capsys, command, *model, tmp_path / name, *strict)
    half = tmp_path / "half.mid"  # is read as far as it goes
    half.write_bytes(whole[: len(whole) // 2])
    code, out, err = run(capsys, command, *model, half)
    assert code == 0
    assert "cut" in out + err or "break" in out + err


def test_a_message_is_one_line_whatever_it_quotes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines.mid"
    assert "two lines.mid" in refused(capsys, "evaluate", odd, odd)
    assert "two lines" in refused(capsys, "generate-midi", "--two\nlines")


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys)
    assert "improvise" in refused(capsys, "improvise")
