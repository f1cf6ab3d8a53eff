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
