"""`jazzgen plot`: options that do nothing are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import refused, run


def test_a_model_for_no_plot_of_probabilities_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, study: Path
) -> None:
    words = ["plot", study, "-o", tmp_path / "roll.svg", "--model", "classic-64"]
    assert "--model does nothing without --probabilities" in refused(capsys, *words)
    code, out, _ = run(capsys, *words, "--probabilities")
    assert (code, "values against classic-64" in out) == (0, True)


def test_parts_are_drawn_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    take, picture = tmp_path / "take.mid", tmp_path / "band.svg"
    run(capsys, "generate-midi", "--progression", "| Dm7 | G7 | Cmaj7 | % |", "--choruses", "1", "-o", take)
    code, out, _ = run(capsys, "plot", take, "--parts", "bass", "drums", "-o", picture)
    assert (code, "4 bars, Bass, Drums" in out) == (0, True)
    assert "bass drum" in picture.read_text(encoding="utf-8")
    assert "4 bars, Solo, Piano, Bass, Drums" in run(capsys, "plot", take, "--parts", "-o", picture)[1]
    assert "4 bars, Drums" in run(capsys, "plot", take, "--track", "drums", "-o", picture)[1]
    words = ["plot", take, "-o", picture, "--parts"]
    assert "no track 'oboe'; those with notes are Solo, Piano" in refused(capsys, *words, "oboe")
    assert "--track does nothing with --parts" in refused(capsys, *words, "bass", "--track", "Bass")
