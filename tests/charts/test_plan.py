"""plan.py: a plan as words, and laid out over a tune."""

from __future__ import annotations

import pytest

from jazzgen.charts.find import find_tune
from jazzgen.charts.plan import Plan, own_name, passages_in, planned
from jazzgen.errors import OptionError

WHOLE = "intro:4 head solo*2 trade:4 shout drums head tag:2"


@pytest.mark.parametrize("text", [WHOLE, "solo", "trade:8", "intro:8 solo*3 tag", "head*2 solo head"])
def test_a_plan_is_read_as_it_is_written(text: str) -> None:
    assert Plan.parse(text).text == text


def test_numbers_have_defaults_and_words_may_be_large() -> None:
    assert Plan.parse("Intro HEAD solo solo Trade").text == "intro:4 head solo*2 trade:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "without solo or trade there is nothing to improvise"),
        ("head shout head", "without solo or trade"),
        ("intro:4 fugue", "a plan has no 'fugue'; it is made of intro, head, solo, trade, drums, shout, tag"),
        ("solo intro", "intro comes first, and once"),
        ("tag solo", "tag comes last, and once"),
        ("solo tag tag", "tag comes last, and once"),
        ("solo head solo", "head comes before or behind the other choruses, not between them"),
        ("solo trade:3", "trade takes 2 or 4 or 8, received 'trade:3'"),
        ("intro:0 solo", "intro takes 4 or 8, received 'intro:0'"),
        ("solo:4", "solo takes no number"),
        ("solo*0", "solo cannot be played 0 times"),
        ("solo*100000", "solo cannot be played 100000 times"),
        ("intro*2 solo", "intro cannot be played 2 times"),
        ("solo*4096 solo*4096", "a plan has at most 4096 choruses"),
        ("solo\x00", "a plan has no 'solo"),
    ],
)
def test_what_cannot_be_played_is_one_line(text: str, message: str) -> None:
    with pytest.raises(OptionError) as raised:
        Plan.parse(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_every_bar_of_a_plan_is_somebodys() -> None:
    tune = find_tune("blues-f")
    plan = planned(tune, Plan.parse(WHOLE), "written")
    bars = [4, 12, 12, 12, 12, 12, 12, 12, 4]
    assert [(p.end - p.start) // 48 for p in plan.passages] == bars
    assert len(plan.form.bar_ticks) == sum(bars)
    assert all(a.end == b.start for a, b in zip(plan.passages, plan.passages[1:], strict=False))
    assert plan.starts == tuple(48 * (4 + 12 * k) for k in range(7))
    assert passages_in(plan.sectioned) == [
        ("Intro", 1, 4), ("Head", 5, 16), ("Solo", 17, 28), ("Solo", 29, 40), ("Trade 4", 41, 52),
        ("Shout", 53, 64), ("Drums", 65, 76), ("Head", 77, 88), ("Tag", 89, 92),
    ]  # fmt: skip
    # The soloist: two choruses and the first turn in one go, then the third turn.
    assert [(a // 48 + 1, b // 48) for a, b in plan.windows] == [(17, 44), (49, 52)]


def test_choruses_of_trading_in_a_row_go_on_in_turns() -> None:
    plan = planned(find_tune("blues-f"), Plan.parse("solo trade:4*2 solo"))
    turns = [(turn.kind, (turn.end - turn.start) // 48) for turn in plan.turns]
    assert turns == [("solo", 12), *[("solo", 4), ("drums", 4)] * 3, ("solo", 12)]
    cut = planned(find_tune("blues-f"), Plan.parse("trade:8 solo"))
    assert [(turn.kind, (turn.end - turn.start) // 48) for turn in cut.turns] == [
        ("solo", 8), ("drums", 4), ("solo", 12),
    ]  # fmt: skip


def test_a_tag_plays_the_end_three_times_and_leads_back_twice() -> None:
    plan = planned(find_tune("jazz-blues-bb"), Plan.parse("solo tag"), "written")
    last = plan.form.between(8 * 48, plan.form.length)
    assert [change.symbol for change in last.chords] == [
        *["Cm7", "F7", "Bb7", "G7b9"] * 2, "Cm7", "F7", "Bb7",
    ]  # fmt: skip
    assert planned(find_tune("jazz-blues-bb"), Plan.parse("solo"), "tag").form == plan.form


def test_turns_and_tags_are_shorter_than_the_form() -> None:
    vamp = find_tune("| Dm7 | G7 |")
    for text in ("trade:2 solo", "solo tag:4"):
        with pytest.raises(OptionError, match="2"):
            planned(vamp, Plan.parse(text))
    assert len(planned(vamp, Plan.parse("solo tag")).form.bar_ticks) == 6


def test_names_of_sections_are_the_forms_own_again() -> None:
    plan = planned(find_tune("rhythm-changes-bb"), Plan.parse("head solo trade:4 head"))
    assert [section.name for section in plan.sectioned.sections[:6]] == [
        "Head: A", "A", "B", "A", "Solo: A", "A",
    ]  # fmt: skip
    assert [own_name(section.name) for section in plan.sectioned.sections] == ["A", "A", "B", "A"] * 4
    assert own_name("Trade 4") == ""
    assert own_name("Headline") == "Headline"
