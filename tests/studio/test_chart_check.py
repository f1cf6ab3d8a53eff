"""A chart while it is typed: what is wrong, and where it stands."""

from __future__ import annotations

import pytest

from jazzgen.studio.chart_check import check_chart


@pytest.mark.parametrize(
    ("chart", "places"),
    [
        ("title: A\n[A] | Dm7 | Xm7 G7 |\n[B] | H7 | Xm7 |", {(2, 13, 3), (3, 7, 2), (3, 12, 3)}),
        ("# Xm7\ntitle: Xm7\n[Xm7] | Dm7 |\n| Xm7 |", {(4, 3, 3)}),
        ("| C7 |\n| Dm7 G7 C |\n| F |", {(2, 3, 8)}),
        ("| C |\n  | D |  | E |", {(2, 10, 1)}),
        ("| C |\n[A]", {(2, 1, 3)}),
        ("[A] | C | % |\n| G7 (foo) | C |", {(2, 6, 1)}),
        ("title: x\nkey: Zb\n| C |", {(2, 6, 2)}),
        ("| C |\n  | . | D@9 |", {(2, 9, 3)}),
        ("blu", {(1, 1, 3)}),
    ],
)
def test_errors_stand_where_they_are(chart: str, places: set[tuple[int, int, int]]) -> None:
    found = check_chart({"chart": chart})
    assert not found["ok"]
    assert {(error["line"], error["column"], error["length"]) for error in found["errors"]} == places


def test_a_chart_that_is_right() -> None:
    found = check_chart({"chart": "title: Mine\nkey: F\n[A] | F7 | % |\n[B] | Bb7 | C7 |", "key": "G"})
    assert (found["ok"], found["title"], found["bars"], found["key"]) == (True, "Mine", 4, "G")
    assert found["sections"] == [{"name": "A", "bar": 1}, {"name": "B", "bar": 3}]
    assert check_chart({"chart": "rhythm-changes"})["bars"] == 32


def test_an_empty_chart_and_one_that_is_too_long() -> None:
    assert not check_chart({"chart": "  "})["ok"]
    found = check_chart({"chart": "|: C :|x600"})
    assert "at most 512" in found["errors"][0]["error"]


def test_a_path_is_no_chart() -> None:
    found = check_chart({"chart": "/etc/passwd"})
    assert not found["ok"]
    assert "passwd" not in str(found)
