"""Takes with a plan: what the solo does where, what stands in the file, and that the file is read back."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from jazzgen.band.holes import ROOM
from jazzgen.charts.plan import passages_in
from jazzgen.cli import main
from jazzgen.errors import OptionError
from jazzgen.improviser.controls import Controls
from jazzgen.midi.reading import read
from jazzgen.music.phrases import phrase_starts
from jazzgen.takes.restore import read_take
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, load_inputs, make_take, make_takes

TUNE = "[A] | F6 | Gm7 C7 | F6 | % | Bb6 | Bdim7 | Gm7 | C7 |"
SOON = Controls(effort=1)  # where it does not matter which candidate is chosen
PLAN = "intro:4 head solo*2 trade:2 shout head tag:2"


@pytest.fixture(scope="module")
def take() -> Take:
    return make_take(Settings(progression=TUNE, plan=PLAN, seed=4, controls=SOON, count_in=True))


def bars_of_solo(take: Take) -> set[int]:
    """The bars, from 1, in which a note of the solo begins."""
    return {take.solo.progression.bar_at(note.onset) + 1 for note in take.solo.notes}


def test_the_soloist_plays_where_the_plan_has_it(take: Take) -> None:
    # A bar of sticks, 4 of intro, 8 of head, 16 of solo, turns of two; shout, head and tag are the band's.
    solos = {*range(14, 30), 30, 31, 34, 35}
    assert bars_of_solo(take) <= solos
    assert len(bars_of_solo(take)) > 14
    assert bars_of_solo(take) & {30, 31}
    assert bars_of_solo(take) & {34, 35}


def test_bars_and_choruses_stand_in_the_file(take: Take, tmp_path: Path) -> None:
    take.write(tmp_path / "take.mid")
    form = read(tmp_path / "take.mid").solo.progression
    ours = take.solo.progression
    assert (form.chords, form.sections, form.meters) == (ours.chords, ours.sections, ours.meters)
    assert passages_in(form) == [
        ("Intro", 2, 5), ("Head", 6, 13), ("Solo", 14, 21), ("Solo", 22, 29), ("Trade 2", 30, 37),
        ("Shout", 38, 45), ("Head", 46, 53), ("Tag", 54, 57),
    ]  # fmt: skip
    assert len(form.bar_ticks) == 57


def test_the_file_makes_the_take_again(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "take.mid"
    take.write(path)
    words = shlex.split(read(path).recipe.split("; ")[-1])
    assert words[words.index("--plan") + 1] == PLAN
    assert "--choruses" not in words
    assert main([*words[1:], "-o", str(tmp_path / "same.mid")]) == 0
    assert (tmp_path / "same.mid").read_bytes() == path.read_bytes()
    restored = read_take(path)
    assert replace(restored, settings=take.settings) == take
    assert restored.settings.as_plan.text == PLAN


def test_bars_are_played_again_inside_a_plan(take: Take, tmp_path: Path) -> None:
    path = tmp_path / "take.mid"
    take.again((14, 17), seed=3, candidates=2).write(path)
    new = read_take(path)
    assert new.origin is None
    window = range(14, 18)
    form = take.solo.progression
    old = [note for note in take.solo.notes if form.bar_at(note.onset) + 1 not in window]
    assert [note for note in new.solo.notes if form.bar_at(note.onset) + 1 not in window][2:] == old[2:]
    whole = take.again(seed=5, candidates=2)  # the whole solo: the drums' turns stay theirs
    assert bars_of_solo(whole) <= {*range(14, 32), 34, 35}
    assert whole.solo.notes != take.solo.notes
    band = take.again((30, 37), part="band", seed=2)
    for part in band.parts:
        if part.name != "Drums":
            assert not [n for n in part.notes if form.bar_at(n.onset) + 1 in (32, 33, 36, 37)], part.name


def test_takes_of_a_plan_are_the_same_alone_and_together(take: Take) -> None:
    both = make_takes(take.settings, load_inputs(take.settings), [9, 4])
    assert both[1] == take


def test_options_are_a_plan() -> None:
    options = Settings(progression=TUNE, choruses=4, controls=SOON, head=True, intro="8", trade="2")
    assert options.as_plan.text == "intro:8 head solo trade:2 head"
    words = replace(options, choruses=1, head=False, intro="none", trade="none", plan=options.as_plan.text)
    one, other = make_take(options), make_take(words)
    assert (one.solo, one.parts) == (other.solo, other.parts)
    assert words.choruses == 4


def test_a_plain_take_has_no_plan_in_its_file() -> None:
    take = make_take(Settings(progression=TUNE, choruses=2, seed=1))
    assert [section.name for section in take.solo.progression.sections] == ["A", "A"]
    assert passages_in(take.solo.progression) == []


def test_the_melody_of_a_head_is_repeated_in_the_tag() -> None:
    tune = "X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\n" + '"C"CDEF|"G7"GABc|' * 3 + '"Dm7"d2f2|"G7"g2f2|"C"e4|"C"c4|\n'
    take = make_take(Settings(progression=tune, plan="head solo head tag:2", seed=1))
    form = take.solo.progression
    bars = len(form.bar_ticks)
    by_bar = [
        [note.pitch % 12 for note in take.solo.notes if form.bar_at(note.onset) == bar]
        for bar in range(bars - 6, bars)
    ]
    assert by_bar[0] == by_bar[2] == by_bar[4]
    assert by_bar[1] == by_bar[3] == by_bar[5]
    assert take.head[0] + take.head[1] == len(take.solo.notes) - len(take.improvised.notes)


def test_interplay_leaves_the_band_room() -> None:
    plain = Settings(progression="rhythm-changes-bb", seed=2, controls=SOON)
    silences = []
    for share in (0.0, 1.0):
        take = make_take(replace(plain, interplay=share))
        solo = take.solo
        starts = phrase_starts([n.onset for n in solo.notes], [n.end for n in solo.notes])[1:]
        silences.append(sum(solo.notes[k].onset - solo.notes[k - 1].end >= ROOM for k in starts))
    assert silences[1] >= silences[0] + 4
    assert "--interplay 1" in take.recipe


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"plan": "polka"}, "a plan has no 'polka'"),
        ({"plan": 3}, "plan must be words as text, received 3"),
        ({"plan": "solo", "head": True, "choruses": 3}, "a plan says itself what has head, intro and trade"),
        ({"plan": "solo", "intro": "4"}, "a plan says itself"),
        ({"plan": "solo tag", "ending": "none"}, "a tag is an ending, and the ending is none"),
        ({"intro": "6"}, "intro must be one of none, 4, 8, received '6'"),
        ({"trade": "3"}, "trade must be one of none, 2, 4, 8, received '3'"),
        ({"trade": "4", "choruses": 1}, "choruses must be 2 or more, received 1"),
        ({"interplay": 1.5}, r"interplay must be in 0\.\.1, received 1\.5"),
        ({"interplay": float("nan")}, "interplay must be in"),
        ({"interplay": "much"}, "interplay must be a number"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Settings(**wrong)


def test_the_command_shows_a_plan_and_refuses_half_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "take.mid")
    words = ["generate-midi", "--progression", TUNE, "--seed", "1", "-o", path]
    assert main([*words, "--intro", "4", "--trade", "4", "--ending", "tag"]) == 0
    assert "32 bars at" not in capsys.readouterr().out  # 4 + 3 choruses of 8 + 8 of the tag
    assert main(["inspect", path]) == 0
    shown = capsys.readouterr().out
    assert "arrangement   Intro 1-4, Solo 5-12, Trade 4 13-20, Solo 21-28, Tag 29-36" in shown
    assert main(["inspect", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["arrangement"][2] == ["Trade 4", 13, 20]
    assert main([*words, "--plan", "solo head solo"]) == 2
    assert main([*words, "--plan", "solo", "--choruses", "2"]) == 2
    assert main([*words, "--plan", "trade:8 solo"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[1] == "jazzgen: --choruses does nothing with --plan, which has them; leave it out"
    assert lines[2].startswith("jazzgen: trade:8 needs a form of more than 8 bars; this one has 8")
