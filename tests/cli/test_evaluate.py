"""`jazzgen evaluate`: a model's figures over solos, and files that cannot be read among them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import refused, run


def test_evaluate_prints_one_json_object(capsys: pytest.CaptureFixture[str], study: Path) -> None:
    code, out, _ = run(capsys, "evaluate", "classic-64", study, "--json")
    assert code == 0
    figures = json.loads(out)
    assert {"solos", "notes", "values", "nats_per_value", "nats_per_note", "accuracy"} <= set(figures)
    assert figures["solos"] == 1
    assert 0 < figures["nats_per_value"] < figures["nats_per_note"]
    assert "nats per note" in run(capsys, "evaluate", "classic-64", study)[1]


def test_a_bad_file_among_many_is_named_skipped_and_counted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path
) -> None:
    (tmp_path / "good.mid").write_bytes(study.read_bytes())
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    code, out, err = run(capsys, "evaluate", "classic-64", tmp_path, "--json")
    assert code == 0
    assert json.loads(out)["solos"] == 1
    assert "bad.mid" in err
    assert err.splitlines()[-1] == "jazzgen: 1 file skipped"
    assert "bad.mid" in refused(capsys, "evaluate", "classic-64", tmp_path, "--strict")


def test_folder_with_no_midi(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert str(tmp_path) in refused(capsys, "evaluate", "classic-64", tmp_path)
