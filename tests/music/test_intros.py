"""intros.py: turnarounds and vamps in the key of the form, in every meter."""

from __future__ import annotations

import pytest

from jazzgen.charts.find import find_progression
from jazzgen.music.chords import parse_chord
from jazzgen.music.intros import intro_of


@pytest.mark.parametrize(
    ("name", "bars", "symbols"),
    [
        ("blues-f", 4, "F7 D7 Gm7 C7 Am7 D7 Gm7 C7"),
        ("minor-blues-c", 4, "Cm7 Am7b5 Dm7b5 G7b9 Cm7 Ab7 Dm7b5 G7b9"),
        ("waltz-bb", 4, "Bb69 G7 Cm7 F7"),
        ("bossa-f", 4, "Gm7/C C9sus4 Gm7/C C13"),
        ("blues-f", 8, "Gm7/C C9sus4 Gm7/C C13 F7 D7 Gm7 C7 Am7 D7 Gm7 C7"),
        ("bossa-f", 8, "Gm7/C C9sus4 Gm7/C C13 F69 D7 Gm7 C7"),
    ],
)
def test_intros_are_in_the_key(name: str, bars: int, symbols: str) -> None:
    form = find_progression(name)
    intro = intro_of(form, bars)
    assert " ".join(change.symbol for change in intro.chords) == symbols
    assert len(intro.bar_ticks) == bars
    assert intro.meters == form.meters
    assert intro.sections == ()


@pytest.mark.parametrize("key", ["db", "gb", "b", "f#"])
def test_far_keys_are_spelled(key: str) -> None:
    for change in intro_of(find_progression(f"jazz-blues-{key}"), 8).chords:
        assert parse_chord(change.symbol)
        assert "##" not in change.symbol
        assert "bbb" not in change.symbol


@pytest.mark.parametrize("text", ["| Dm7 | G7 |", "| C7 |", "| N.C. | % |", "meter: 7/8\n| Am7 | D7 |"])
def test_a_vamp_begins_as_it_goes_on(text: str) -> None:
    form = find_progression(text)
    for bars in (4, 8):
        intro = intro_of(form, bars)
        assert len(intro.bar_ticks) == bars
        assert intro.chords[0] == form.chords[0]
