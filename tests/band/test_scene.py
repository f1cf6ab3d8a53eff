"""scene.py: choruses, metric groups and styles."""

from __future__ import annotations

from jazzgen.band.scene import Scene, choose_style, groups
from jazzgen.charts.find import find_progression
from jazzgen.music.endings import with_ending
from jazzgen.music.score import Solo
from tests.band.parts import TWO_FIVE, form_of, play


def test_swing_becomes_up_tempo_when_it_is_fast() -> None:
    assert choose_style("swing", 160) == "swing"
    assert choose_style("swing", 260) == "up-tempo"
    assert choose_style("bossa", 260) == "bossa"
    form = form_of(TWO_FIVE).repeat(8)
    assert play(form, tempo=260.0) == play(form, style="up-tempo", tempo=260.0)
    assert play(form, tempo=160.0) != play(form, style="up-tempo", tempo=160.0)


def test_the_form_is_found_again_in_its_repetitions() -> None:
    for name in ("blues-f", "rhythm-changes-bb", "five-four-ebm", "modal-aaba-dm"):
        form = find_progression(name)
        scene = Scene.of(Solo((), form.repeat(3)))
        assert scene.choruses == 3, name
        assert [bar.number for bar in scene.bars if bar.opens_chorus] == [
            k * len(form.bar_ticks) for k in range(3)
        ]


def test_groups_add_up() -> None:
    assert groups(4) == [2, 2]
    assert groups(5) == [3, 2]
    assert groups(7) == [2, 2, 3]
    assert all(sum(groups(beats)) == beats and max(groups(beats)) <= 3 for beats in range(1, 17))


def test_a_chorus_with_an_ending_is_a_chorus_still() -> None:
    form = with_ending(find_progression("blues-f"), 3)
    scene = Scene.of(Solo((), form), choruses=3)
    assert [bar.number for bar in scene.bars if bar.opens_chorus] == [0, 12, 24]
