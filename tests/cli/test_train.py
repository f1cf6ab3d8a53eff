"""`jazzgen train`: the checkpoint that was asked for, and one line for every wrong option."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.model.checkpoint import load_checkpoint
from tests.cli.commands import refused, run


def test_train_makes_the_model_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path
) -> None:
    pytest.importorskip("tensorflow")
    output = tmp_path / "full.safetensors"
    words = ["train", study, "-o", output, "--context", "chord, motif", "--layers", 2, "--registers", 3]
    words += ["--units", 6, "--dropout", 0.1, "--tx", 4, "--graph", "fused", "--epochs", 2, "--seed", 9]
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert out.startswith(f"{output}: 6 units")
    made = load_checkpoint(output)
    assert (made.n_a, made.layers, made.register_units) == (6, 2, 3)
    assert made.spec.features == ("chord", "motif")
    settings = made.description["training"]["settings"]
    asked = {"dropout": 0.1, "Tx": 4, "graph": "fused", "epochs": 2, "seed": 9}
    assert {name: settings[name] for name in asked} == asked
    assert [path.name for path in tmp_path.iterdir()] == ["full.safetensors"]
    assert run(capsys, "evaluate", output, study)[0] == 0
    assert "resume with --context chord,motif" in refused(capsys, *words, "--resume", "--context", "none")
    assert "resume with --units 6" in refused(capsys, *words, "--resume", "--layers", 1)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--units", "0"], "units must be in 1..4096, received 0"),
        (["--layers", "9"], "layers must be in 1..8, received 9"),
        (["--registers", "-1"], "register units must be in 0..4096, received -1"),
        (["--dropout", "1"], "dropout must be in 0..0.95, received 1"),
        (["--tx", "0"], "tx must be in 1..1024, received 0"),
        (["--epochs", "0"], "epochs must be in"),
        (["--seed", "-1"], "seed must be in"),
        (["--graph", "folded"], "folded"),
        (["--context", "chord,weather"], "weather"),
        (["--context", "chord,chord"], "received chord, chord"),
        (["--context", ""], "features must be"),
        (["--resume"], "no such file"),
    ],
)
def test_train_refuses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path, words: list[str], named: str
) -> None:
    pytest.importorskip("tensorflow")
    assert named in refused(capsys, "train", study, "-o", tmp_path / "m.safetensors", *words)
    assert list(tmp_path.iterdir()) == []
