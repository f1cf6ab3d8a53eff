"""The check of bars played again finds what has moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from checks.again import Found, compare, look, rows
from jazzgen.performance.feel import Feel
from jazzgen.performance.performance import Performance
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take


def test_what_is_kept_and_what_has_moved_are_told_apart(tmp_path: Path) -> None:
    take = make_take(Settings("blues-f", choruses=4, seed=1))
    found = Found()
    look(take, 1, tmp_path, found)
    verdicts = {name: reached for name, _, _, reached in rows(found)}
    assert verdicts["notes kept, identical"]
    assert len(found.milliseconds) == 4
    # All drawn again, as a take without a stored performance would be.
    bars = take.solo.progression.bar_ticks
    new = take.again((5, 12), seed=1)
    again = replace(new, performance=Performance.of(new.arrangement, Feel(0.7, 1)))
    compare(take, again, "solo", (bars[4], bars[12]), tmp_path, found)
    assert not {name: reached for name, _, _, reached in rows(found)}["notes kept, identical"]
    assert found.changed["Solo"] > 50
    assert found.changed["Bass"] == 0
