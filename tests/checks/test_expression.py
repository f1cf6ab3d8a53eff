"""The check of expression: it counts, it hears, and it sees what is wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from checks import expression as program
from jazzgen.music.grid import Control
from jazzgen.music.score import SOLO
from jazzgen.performance.performance import Performance
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take


@pytest.fixture(scope="module")
def take() -> Take:
    return make_take(Settings("ballad-eb", 1, seed=2, instrument="trombone", expression=1.0))


def test_a_take_is_whole(take: Take, tmp_path: Path) -> None:
    files = program.Files([], [], [], Counter())
    program.look(take, tmp_path, files)
    assert (files.broken, files.unread, files.moved) == ([], [], [])
    assert min(files.counts[name] for name in ("notes", "controls", "kept")) > 50
    row = program.per_hundred(program.gestures(take))
    assert min(row["into"], row["vibrato"], row["tongued"]) > 0


def test_what_is_not_read_back_is_seen(take: Take, tmp_path: Path) -> None:
    """A bend between two steps of the wheel."""
    lead = list(take.performance.track(SOLO))
    lead[5] = lead[5]._replace(controls=(Control(0.0, "bend", -33.3),))
    rest = [(name, notes) for name, notes in take.performance.tracks if name != SOLO]
    bent = replace(take, performance=Performance(((SOLO, tuple(lead)), *rest)))
    files = program.Files([], [], [], Counter())
    program.look(bent, tmp_path, files)
    assert files.unread == ["trombone, ballad-eb, seed 2"]


def test_the_pitch_of_a_glide_is_heard() -> None:
    seconds = np.arange(program.RATE) / program.RATE
    hertz = 220 * 2 ** (np.linspace(0, 3, program.RATE) / 12)
    tone = np.sin(2 * np.pi * np.cumsum(hertz) / program.RATE) + 0.5 * np.sin(
        4 * np.pi * np.cumsum(hertz) / program.RATE
    )
    heard = program.pitch_track(np.where(seconds < 0.9, tone, 0.0))
    assert 12 * np.log2(heard[50] / 220) == pytest.approx(3 * (50 * 0.01 + 0.025), abs=0.05)
    assert np.isnan(heard[-3:]).all()


def test_the_command_prints_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--takes", "1", "--instrument", "flute", "--no-sound"]) == 0
    said = capsys.readouterr().out
    assert "file rules broken                            0 in 1 takes (0)" in said
    assert "\nflute " in said
