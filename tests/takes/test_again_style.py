"""New bars of the band in another style."""

from __future__ import annotations

from pathlib import Path

import pytest

from jazzgen.cli import main
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.takes.again import Again
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import make_take


def test_an_edit_names_its_style() -> None:
    edit = Again((5, 8), "band", seed=2, style="bossa")
    assert edit.text(Controls()) == "5-8 part=band seed=2 style=bossa"
    assert Again.parse(edit.text(Controls()), Controls()) == edit
    for part, style in (("solo", "bossa"), ("band", "polka")):
        with pytest.raises(OptionError, match="style"):
            Again(None, part, style=style)


def test_only_the_new_bars_are_in_it(tmp_path: Path) -> None:
    take = make_take(Settings("blues-f", choruses=1, seed=3))
    take.write(tmp_path / "take.mid")
    words = ["--bars", "5-8", "--part", "drums", "--seed", "2", "--style", "bossa"]
    assert main(["again", str(tmp_path / "take.mid"), *words, "-o", str(tmp_path / "new.mid")]) == 0
    new = read_take(tmp_path / "new.mid")
    assert new.origin is None
    assert new.solo == take.solo
    swung = take.again((5, 8), part="drums", seed=2)
    window = take.solo.progression.bar_ticks[4], take.solo.progression.bar_ticks[8]

    def drums(parts: object, inside: bool) -> list[object]:
        notes = next(part for part in parts if part.name == "Drums").notes  # type: ignore[attr-defined]
        return [note for note in notes if (window[0] <= note.onset < window[1]) == inside]

    assert drums(new.parts, inside=False) == drums(take.parts, inside=False)
    assert drums(new.parts, inside=True) != drums(swung.parts, inside=True)
    # A bossa has straight eighths: off the beat, none is as late as in swing.
    played = new.performance.track("Drums")
    offs = [n.onset % 1 for n in played if 16 <= n.onset < 32 and 0.3 < n.onset % 1 < 0.8]
    assert offs
    assert not [off for off in offs if 0.57 < off < 0.71]
