"""checks/reading.py: arrangements with a known solo, and the comparison of forms."""

from __future__ import annotations

import pytest

from checks import reading as check
from checks.reading import STUDIES, check_solos, compare
from jazzgen.charts.text import parse_progression
from jazzgen.corpus.loading import load_solos


def test_the_solo_is_found_in_an_arrangement_of_every_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_solos(load_solos([STUDIES / "01-blues-in-f.mid"]).solos, each=1)
    assert f"{len(check.KINDS)} of {len(check.KINDS)} solos found: 100.0 %" in capsys.readouterr().out


def test_a_solo_that_is_not_found_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "LINE_RIGHT", 1.01)
    assert not check_solos(load_solos([STUDIES / "01-blues-in-f.mid"]).solos, each=1)
    assert "% of the line's notes" in capsys.readouterr().out


def test_forms_are_compared_by_half_bars() -> None:
    truth = parse_progression("| Dm7 G7 | Cmaj7 | N.C. | A7 |")
    assert compare(truth, truth) == (6, 6, 6)
    assert compare(parse_progression("| Dm9 G13 | C6 | C7 | Am7 |"), truth) == (6, 6, 4)
    assert compare(parse_progression("| Dm7 | G7 | C | Em7 |"), truth) == (6, 1, 1)
    assert compare(None, truth) == (6, 0, 0)
