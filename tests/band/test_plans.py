"""The band in an arrangement: intro, heads in two, the drums' turns, a shout chorus."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from jazzgen.band import ensemble as band
from jazzgen.band import kit
from jazzgen.band.scene import Scene
from jazzgen.band.shout import shouted
from jazzgen.charts.find import find_tune
from jazzgen.charts.plan import Plan, Planned, planned
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Part, Solo

TEXT = "intro:4 head solo trade:4 shout head tag"


def planned_band(
    name: str, text: str, style: str = "", seed: int = 0, comping: str = "piano"
) -> tuple[Planned, dict[str, Part], Scene]:
    tune = find_tune(name)
    plan = planned(tune.in_style(style) if style else tune, Plan.parse(text), "written")
    solo = Solo((), plan.sectioned, tempo=150.0)
    parts = band.accompany(
        solo, np.random.default_rng(seed), comping=comping, starts=plan.starts, turns=plan.turns
    )
    scene = Scene.of(solo, starts=plan.starts, turns=plan.turns)
    return plan, {part.name: part for part in parts}, scene


def inside(part: Part, start: int, end: int) -> list[int]:
    return [note.onset for note in part.notes if start <= note.onset < end]


@pytest.mark.parametrize(("style", "comping"), list(product(STYLES, ("piano", "guitar"))))
def test_where_the_drums_trade_they_are_alone(style: str, comping: str) -> None:
    plan, parts, _ = planned_band("blues-f", "solo trade:4*2 solo", style, comping=comping)
    alone = [turn for turn in plan.turns if turn.kind == "drums"]
    assert len(alone) == 3
    for turn in alone:
        for name in (comping.capitalize(), "Bass"):
            assert not inside(parts[name], turn.start, turn.end)
            assert all(not n.onset < turn.start < n.end for n in parts[name].notes)
        bars = range(turn.start, turn.end, 48)
        assert all(len(inside(parts["Drums"], bar, bar + 48)) >= 4 for bar in bars)
    together = [turn for turn in plan.turns if turn.kind == "solo"]
    assert all(inside(parts["Bass"], turn.start, turn.end) for turn in together)


@pytest.mark.parametrize("turn", [2, 4])
def test_behind_the_drums_the_walk_begins_on_the_chords_bass(turn: int) -> None:
    for seed in range(6):
        plan, parts, scene = planned_band("rhythm-changes-bb", f"solo trade:{turn}*2 solo", seed=seed)
        for alone in (turn for turn in plan.turns if turn.kind == "drums"):
            if alone.end >= scene.form.length:
                continue
            first = next(note for note in parts["Bass"].notes if note.onset >= alone.end)
            chord = scene.chord_at(first.onset)
            assert chord is not None
            assert first.pitch % 12 == chord.bass


def test_the_turns_of_the_drums_are_solos_and_differ() -> None:
    played = set()
    for seed in range(6):
        plan, parts, _ = planned_band("blues-f", "solo trade:4 solo", seed=seed)
        turn = next(turn for turn in plan.turns if turn.kind == "drums")
        hands = {n.pitch for n in parts["Drums"].notes if turn.start <= n.onset < turn.end}
        assert len(hands & {kit.SNARE, kit.HIGH_TOM, kit.MID_TOM, kit.LOW_TOM}) >= 2
        assert kit.PEDAL in hands
        played.add(tuple(inside(parts["Drums"], turn.start, turn.end)))
    assert len(played) == 6


def test_heads_are_in_two_and_solos_in_four() -> None:
    plan, parts, scene = planned_band("rhythm-changes-bb", "intro:4 head solo*2 head")
    notes = {p.kind + str(k): inside(parts["Bass"], p.start, p.end) for k, p in enumerate(plan.passages)}
    bars = {name: len(onsets) / 32 for name, onsets in notes.items()}
    assert max(bars["head1"], bars["head4"]) < 3.4 < 3.8 < min(bars["solo2"], bars["solo3"])
    assert scene.in_two(scene.bars[0])  # the intro as the head


def test_without_a_head_the_first_chorus_is_in_two() -> None:
    plan, _, scene = planned_band("blues-f", "intro:4 solo*2 trade:4 solo")
    two = [bar.number for bar in scene.bars if scene.in_two(bar)]
    assert two == list(range(4 + 12))
    assert plan.starts[0] == 4 * 48


def test_a_shout_is_one_riff_of_all_and_loud() -> None:
    plan, parts, scene = planned_band("blues-f", TEXT, seed=5)
    shout = next(passage for passage in plan.passages if passage.kind == "shout")
    drawn = np.random.default_rng(5).spawn(4)[0]
    known = band.scene_of(
        Solo((), plan.sectioned, tempo=150.0), drawn, "written", starts=plan.starts, turns=plan.turns
    )
    for bar in known.bars:
        riff = shouted(known, bar)
        if riff is None:
            assert not shout.start <= bar.start < shout.end
            continue
        struck = {tick - bar.start for tick in inside(parts["Piano"], bar.start, bar.end)}
        assert struck == {chord.onset for chord in riff}
        if not bar.closes_section:
            snare = {n.onset for n in parts["Drums"].notes if n.pitch == kit.SNARE}
            assert {bar.start + chord.onset for chord in riff} <= snare
    levels = [n.velocity for n in parts["Piano"].notes if shout.start <= n.onset < shout.end]
    head = plan.passages[1]
    assert np.mean(levels) > 12 + np.mean(
        [n.velocity for n in parts["Piano"].notes if head.start <= n.onset < head.end]
    )
    assert scene.intensity(scene.bars[scene.form.bar_at(shout.start)]) >= 0.8


def test_names_of_passages_are_no_bridges() -> None:
    _, _, scene = planned_band("rhythm-changes-bb", "intro:4 head solo head")
    bridges = {bar.number for bar in scene.bars if scene.contrasts(bar)}
    assert bridges == {4 + 32 * chorus + bar for chorus in range(3) for bar in range(16, 24)}
    _, _, blues = planned_band("| F7 | % | Bb7 | % | F7 | % | C7 | F7 |", "head solo head tag")
    assert not any(blues.contrasts(bar) for bar in blues.bars)


def test_a_pedal_point_is_held_by_the_bass() -> None:
    for seed in range(4):
        _, parts, _ = planned_band("blues-f", "intro:8 solo*2", seed=seed)
        pitches = {n.pitch % 12 for n in parts["Bass"].notes if n.onset < 4 * 48}
        assert pitches == {0}


@pytest.mark.parametrize("last", ["trade:8", "drums"])
def test_all_end_together_though_the_drums_have_the_last_word(last: str) -> None:
    plan, parts, _ = planned_band("blues-f", f"solo {last}")
    final = plan.form.bar_ticks[-1]
    assert inside(parts["Bass"], final, plan.form.length) == [final]
    assert inside(parts["Piano"], final, plan.form.length)


def test_riffs_may_leave_a_bar_out() -> None:
    for seed in range(12):
        for style in ("swing", "bossa", "afro-cuban"):
            _, parts, _ = planned_band("waltz-bb" if seed % 3 == 2 else "blues-f", "solo shout", style, seed)
            assert parts["Piano"].notes
