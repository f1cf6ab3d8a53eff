"""Compound and odd meters on the page: values that fill the bars, no tuplets, beams by the dotted beat."""

from __future__ import annotations

from fractions import Fraction

import pytest

from jazzgen.music.score import Note, Solo
from jazzgen.rendering.musicxml import musicxml
from jazzgen.rendering.rhythm import TYPES, write_measures
from tests.midi.test_meters import METERS, form_of, solo_over

QUARTERS = {name: length for name, length, _ in TYPES}


@pytest.mark.parametrize("signatures", METERS)
def test_values_fill_the_bars_of_every_meter(signatures: str) -> None:
    for seed in range(5):
        solo = solo_over(form_of(signatures), seed)
        measures = write_measures(solo)
        assert [m.start for m in measures] == list(solo.progression.bar_ticks)
        struck = []
        for measure in measures:
            now = measure.start
            for one in measure.content:
                assert one.start == now
                written = QUARTERS[one.type] * (Fraction(3, 2) if one.dotted else 1)
                written *= Fraction(2, 3) if one.triplet else 1
                assert written * measure.quarter == one.ticks
                now = one.end
                struck += [(one.start, one.note)] if one.note is not None and not one.tied_from else []
            assert now == measure.end
        assert struck == [(note.onset, k) for k, note in enumerate(solo.notes)]


def test_a_compound_beat_has_no_tuplets_and_its_own_beam() -> None:
    notes = (*tuple(Note(4 * k, 4, 60 + k % 5) for k in range(6)), Note(24, 8, 60), Note(32, 16, 62))
    (first, second) = write_measures(Solo(notes, form_of("12/8"), tempo=60.0))
    assert [one.type for one in first.content[:6]] == ["eighth"] * 6
    assert [one.beams for one in first.content[:6]] == [("begin",), ("continue",), ("end",)] * 2
    assert [(one.type, one.dotted, one.note) for one in first.content[6:]] == [
        ("quarter", False, 6), ("eighth", False, 7), ("quarter", True, 7),
    ]  # fmt: skip
    assert not any(one.triplet for one in first.content)
    assert second.content == ()


def test_a_rest_of_two_dotted_beats_is_one() -> None:
    solo = Solo((Note(0, 12, 60), Note(36, 12, 62)), form_of("12/8"), tempo=60.0)
    content = write_measures(solo)[0].content
    assert [(one.start, one.ticks, one.dotted) for one in content] == [
        (0, 12, True), (12, 12, True), (24, 12, True), (36, 12, True),
    ]  # fmt: skip


def test_the_page_says_the_meter_and_the_beat() -> None:
    text = "".join(musicxml(solo_over(form_of("12/8 4/4"), 1)).split())
    assert "<beats>12</beats><beat-type>8</beat-type>" in text
    assert "<beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>100" in text
    assert '<soundtempo="150">' in text
    assert text.count("<divisions>8</divisions>") == text.count("<divisions>12</divisions>") == 1
    assert '<soundtempo="50">' in "".join(musicxml(solo_over(form_of("7/8"), 1)).split())
