"""What a page asks for: settings that are checked, and text that is no path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jazzgen.charts.find import find_tune
from jazzgen.improviser.controls import Controls
from jazzgen.studio.given import GivenError, again_of, checked_tempo, read_file, settings_json, settings_of


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "chart"),
        ({"chart": ""}, "chart"),
        ({"chart": "| Xyz |"}, "chart"),
        ({"chart": 7}, "chart"),
        ({"chart": "blues", "tempo": 19}, "tempo"),
        ({"chart": "blues", "tempo": "160"}, "tempo"),
        ({"chart": "blues", "tempo": float("nan")}, "tempo"),
        ({"chart": "blues", "choruses": 0}, "choruses"),
        ({"chart": "blues", "choruses": 65}, "choruses"),
        ({"chart": "blues", "choruses": 2.0}, "choruses"),
        ({"chart": "blues", "choruses": True}, "choruses"),
        ({"chart": "blues", "instrument": "kazoo"}, "instrument"),
        ({"chart": "blues", "density": 0.1}, "density"),
        ({"chart": "blues", "rests": 1}, "rests"),
        ({"chart": "blues", "outside": 2}, "outside"),
        ({"chart": "blues", "motif": -1}, "motif"),
        ({"chart": "blues", "arc": "up"}, "arc"),
        ({"chart": "blues", "range": "C9-C1"}, "range"),
        ({"chart": "blues", "max_copied": 3}, "max_copied"),
        ({"chart": "blues", "seed": -1}, "seed"),
        ({"chart": "blues", "seed": 2**60}, "seed"),
        ({"chart": "blues", "style": "polka"}, "style"),
        ({"chart": "blues", "key": "H"}, "key"),
        ({"chart": "blues", "form": "x"}, "form"),
        ({"chart": "blues", "comping": "organ"}, "comping"),
        ({"chart": "blues", "ending": "x"}, "ending"),
        ({"chart": "blues", "head": True}, "head"),
        ({"chart": "blues", "count_in": 1}, "count_in"),
        ({"chart": "blues", "model": "/etc/passwd"}, "model"),
        ({"chart": "blues", "primer": "/etc/passwd"}, "primer"),
        ({"chart": "x" * 200_001}, "chart"),
    ],
)
def test_what_cannot_be_used_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(GivenError) as error:
        settings_of(given, "improviser")
    assert error.value.field == field
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["/etc/passwd", "secret.txt", "./secret.txt", "../secret.txt", "secret"])
def test_a_chart_is_never_a_path(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("secret.txt", "secret"):
        (tmp_path / name).write_text("| Dm7 | G7 | Cmaj7 | % |\n")
    with pytest.raises(GivenError) as error:
        settings_of({"chart": path}, "improviser")
    assert path not in str(error.value)


@pytest.mark.parametrize("silence", [{"rests": 0.3}, {"units": "lick:4 rest:2 | line"}])
def test_settings_there_and_back(silence: dict[str, object]) -> None:
    given = silence | {
        "chart": "| Dm7 | G7 | Cmaj7 | % |", "style": "bossa", "tempo": 150.5, "choruses": 3, "seed": 9,
        "instrument": "trumpet", "player": "Chet Baker", "density": 5, "range": "E3-C6",
        "outside": 0.5, "motif": 2, "arc": "arch", "temperature": 1.1, "max_copied": 12, "effort": 1,
        "title": "Mine", "humanize": 0.5, "count_in": True, "comping": "guitar", "bass": "rules",
        "ending": "none", "head": True,
    }  # fmt: skip
    settings = settings_of(given, "improviser")
    shown = settings_json(settings)
    assert {name: shown[name] for name in given} == given
    assert settings_of(shown, "improviser") == settings


def test_a_chart_in_another_key_stands_for_itself() -> None:
    settings = settings_of({"chart": "blues", "key": "Bb"}, "improviser")
    form = find_tune(settings.progression).form
    assert (form.key, form.title) == ("Bb", "Blues in Bb")


def test_a_seed_is_drawn_where_none_is_given() -> None:
    drawn = {settings_of({"chart": "blues"}, "improviser").seed for _ in range(3)}
    assert len(drawn) == 3


def test_what_is_asked_of_an_edit() -> None:
    usual = Controls(density=5)
    edit = again_of({"bars": [3, 4], "seed": 7, "changes": {"density": 8, "range": "C4-C6"}}, usual)
    assert edit.bars == (3, 4)
    assert edit.controls == Controls(density=8, low=60, high=84)
    assert again_of({"part": "piano", "changes": {}}, usual).controls is None
    assert again_of({"part": "drums", "changes": {"style": "bossa"}}, usual).style == "bossa"


@pytest.mark.parametrize(
    "wrong",
    [
        {"bars": "3-4"},
        {"bars": [4, 3]},
        {"bars": [1]},
        {"bars": [True, 2]},
        {"part": 3},
        {"candidates": 65},
        {"changes": {"tempo": 100}},
        {"part": "piano", "changes": {"density": 8}},
        {"part": "piano", "changes": {"style": "polka"}},
        {"part": "solo", "changes": {"style": "bossa"}},
    ],
)
def test_what_cannot_be_asked_of_an_edit(wrong: dict[str, Any]) -> None:
    with pytest.raises(GivenError):
        again_of(wrong, Controls())


@pytest.mark.parametrize("tempo", [None, "100", True, 19.9, 401, float("inf")])
def test_a_tempo_outside_is_refused(tempo: Any) -> None:
    with pytest.raises(GivenError, match="tempo must be in"):
        checked_tempo(tempo)


def test_a_chart_file_becomes_text() -> None:
    found = read_file(
        b"{title: Mine}\n{start_of_grid}\n| Dm7 . . . | G7 . . . |\n{end_of_grid}\n", "a/../x.cho", None
    )
    assert found["title"] == "Mine"
    assert "Dm7" in found["text"]
    assert found["songs"] == []
