"""A take at another tempo: the same notes, and a file that says how it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.errors import OptionError
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take


@pytest.fixture(scope="module")
def take() -> Take:
    return make_take(Settings("blues-f", choruses=1, seed=3))


def test_notes_and_performance_stay(take: Take) -> None:
    faster = take.retimed(200)
    assert faster.solo.tempo == 200
    assert (faster.solo.notes, faster.parts, faster.performance) == (
        take.solo.notes,
        take.parts,
        take.performance,
    )


def test_bars_played_again_are_the_same_before_and_after(take: Take) -> None:
    before, after = take.again((3, 4), seed=2).retimed(200), take.retimed(200).again((3, 4), seed=2)
    assert before == after
    assert take.retimed(90).retimed(200).again((3, 4), seed=2) == after


def test_a_file_says_it(take: Take, tmp_path: Path) -> None:
    take.again((3, 4), seed=2).retimed(200).write(tmp_path / "take.mid")
    found = read_take(tmp_path / "take.mid")
    assert found.origin is None
    assert (found.settings.retime, found.settings.tempo, found.solo.tempo) == (200, 160, 200)
    found.write(tmp_path / "again.mid")
    assert (tmp_path / "again.mid").read_bytes() == (tmp_path / "take.mid").read_bytes()


def test_the_command_line(take: Take, tmp_path: Path) -> None:
    take.write(tmp_path / "take.mid")
    assert main(["again", str(tmp_path / "take.mid"), "--retime", "200", "-o", str(tmp_path / "b.mid")]) == 0
    take.retimed(200).write(tmp_path / "c.mid")
    assert read_take(tmp_path / "b.mid") == read_take(tmp_path / "c.mid")


@pytest.mark.parametrize("tempo", [0, 19, 401, float("nan")])
def test_a_tempo_outside_is_refused(take: Take, tempo: float) -> None:
    with pytest.raises(OptionError, match=r"retime must be in 20\.\.400"):
        take.retimed(tempo)
