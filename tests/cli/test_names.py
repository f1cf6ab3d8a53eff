"""`jazzgen names`: names by seed, a model of a list, and one line for every wrong option."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import refused, run


def test_names_are_new_and_repeatable(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("tunes", "dinosaurs"):
        code, out, err = run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 3)
        assert (code, err) == (0, "")
        assert len(out.splitlines()) == 6
        assert "training list" not in out
        assert run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 3)[1] == out
        assert run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 4)[1] != out
        assert (
            run(capsys, "names", "--kind", kind, "--count", 6, "--seed", 3, "--temperature", "0.2")[1] != out
        )


def test_names_learn_a_list_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rivers = [
        "Rhône",
        "Loire",
        "Seine",
        "Garonne",
        "Dordogne",
        "Meuse",
        "Moselle",
        "Charente",
        "Vienne",
        "Aude",
    ]
    (tmp_path / "rivers.txt").write_text("\n".join(rivers), encoding="utf-8")
    model = tmp_path / "rivers.safetensors"
    learn = ["names", "--train", tmp_path / "rivers.txt", "-o", model, "--units", 12, "--epochs", 3]
    code, out, err = run(capsys, *learn, "--cell", "gru", "--fold", "case")
    assert (code, err) == (0, "")
    assert str(model) in out
    assert len(run(capsys, "names", "--model", model, "--count", 3, "--seed", 1)[1].splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--count", "0"], "0"),
        (["--kind", "cats"], "cats"),
        (["--temperature", "-1"], "-1"),
        (["--seed", "-1"], "-1"),
        (["--train", "no-such-list.txt"], "no-such-list.txt"),
        (["--model", "classic-64"], "classic-64"),
        (["--train", ""], "--train: it is empty; name a file"),
        (["--model", ""], "--model: it is empty; name a file"),
        (["--cell", "gru"], "--cell does nothing without --train"),
        (["-o", "x"], "--output does nothing without --train"),
        (["--train", "LIST", "--count", "3"], "--count does nothing together with --train"),
        (["--model", "LIST", "--kind", "tunes"], "--kind does nothing together with --model"),
        (["--train", "LIST", "-o", "LIST"], "is the list itself; name another file for the model"),
        (["--train", "LIST", "-o", "FOLDER"], "it is a folder; name a file"),
        (["--train", "LIST", "-o", "/dev/full"], "it is a device; name a file"),
        (["--train", "LIST", "-o", "LIST/x"], "Not a directory"),
        (["--train", "LIST", "-o", "FOLDER/x", "--units", "99999999"], "1..4096 units, received 99999999"),
    ],
)
def test_names_refuse(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], named: str
) -> None:
    (tmp_path / "list.txt").write_text("Anna\nBob\nCara\n", encoding="utf-8")
    places = {"LIST": str(tmp_path / "list.txt"), "FOLDER": str(tmp_path)}
    for name, place in places.items():
        words = [word.replace(name, place) for word in words]
    assert named in refused(capsys, "names", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["list.txt"]
    assert (tmp_path / "list.txt").read_text(encoding="utf-8") == "Anna\nBob\nCara\n"
