"""The measuring of mixes, and `make sound`: what is printed, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from checks import mix, sound
from checks.mix import Measured, true_peak
from jazzgen.charts.text import parse_progression
from jazzgen.rendering import soundfonts
from jazzgen.rendering.mixing import BALANCE

STATED = {role: BALANCE[role] for role in mix.PARTS}
GOOD = Measured(STATED, STATED, -1.0, -0.8, 2)


def test_the_waltz_is_in_three() -> None:
    assert {meter.beats for meter in parse_progression(mix.WALTZ).meters} == {3}


def test_a_peak_between_samples_is_found() -> None:
    sine = np.sin(2 * np.pi * np.arange(9_600) / 4 + np.pi / 4).astype(np.float32) / 2
    samples = np.stack([sine, 0.1 * sine], axis=1)
    assert np.abs(samples).max() < 0.36
    assert true_peak(samples) == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"parts": STATED | {"bass": -4.6}},
        {"parts": STATED | {"comping": -3.4}},
        {"highest": -0.9},
        {"error": 9},
    ],
)
def test_a_row_that_misses_its_target_is_seen(
    capsys: pytest.CaptureFixture[str], change: dict[str, object]
) -> None:
    assert mix.row("swing", Path("font.sf2"), [GOOD, GOOD])
    assert not mix.row("swing", Path("font.sf2"), [GOOD, GOOD._replace(**change)])
    assert capsys.readouterr().out.count("swing     font") == 2


def test_fonts_that_cannot_be_installed_are_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pretty_midi")
    monkeypatch.setattr("sys.argv", ["checks.sound"])  # whatever pytest was given
    monkeypatch.setattr(soundfonts, "INSTALLED", ())
    monkeypatch.setattr(sound.debian, "install", lambda packages: f"no apt for {' '.join(packages)}")
    assert sound.main() == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith(
        "no apt for fluid-soundfont-gm musescore-general-soundfont fluidsynth; jazzgen plays"
    )
    assert said.out.count("\n") == 1
