"""`jazzgen players`."""

from __future__ import annotations

import json

import pytest

from tests.cli.commands import refused, run


def test_a_name_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "players")
    assert code == 0
    assert "Chet Baker" in out.splitlines()
    assert out.splitlines() == sorted(out.splitlines())


def test_the_same_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "players")
    _, listed, _ = run(capsys, "players", "improviser", "--json")
    assert json.loads(listed) == {"model": "improviser", "players": out.splitlines()}


def test_a_model_without_players_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "players", "classic-64")[1] == "classic-64 knows no players\n"
    assert run(capsys, "players", "--model", "classic-64")[1] == "classic-64 knows no players\n"
    assert "no-such" in refused(capsys, "players", "no-such")
    assert "one model" in refused(capsys, "players", "improviser", "--model", "classic-64")


def test_near_names_are_offered(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "generate-midi", "--player", "Jon Coltrain")
    assert "did you mean John Coltrane? 'jazzgen players' lists the" in said
    assert "Chet Baker" in refused(capsys, "generate-midi", "--player", "chet")
