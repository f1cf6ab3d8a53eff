"""score.py: forms repeated, shifted and scaled; the beat of a solo in double time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.music.score import ChordChange, MeterChange, Note, Progression, Section, Solo

FORM = parse_progression("[A] | Dm7 G7 | [B] | Cmaj7 |")
TWO_METERS = Progression((ChordChange(0, "C"),), 84, (MeterChange(0, 4), MeterChange(48, 3)))


def test_a_repeated_form_names_its_meters_where_they_change() -> None:
    assert FORM.repeat(2).meters == (MeterChange(0, 4),)
    assert [meter.tick for meter in TWO_METERS.repeat(2).meters] == [0, 48, 84, 132]
    assert [chord.tick for chord in FORM.repeat(2).chords] == [0, 24, 48, 96, 120, 144]
    assert FORM.repeat(1) == FORM


def test_a_shifted_form_begins_without_a_chord() -> None:
    later = FORM.shifted(48)
    assert later.chords == (
        ChordChange(0, "N.C."),
        ChordChange(48, "Dm7"),
        ChordChange(72, "G7"),
        ChordChange(96, "Cmaj7"),
    )
    assert later.meters == (MeterChange(0, 4),)
    assert later.sections == (Section(48, "A"), Section(96, "B"))
    assert later.bar_ticks == (0, 48, 96)
    assert FORM.shifted(24, beats=2).meters == (MeterChange(0, 2), MeterChange(24, 4))


def test_scaling_makes_two_bars_of_one_and_back() -> None:
    double = TWO_METERS.scaled(2)
    assert double.bar_ticks == (0, 48, 96, 132)
    assert double.scaled(0.5) == TWO_METERS
    assert [chord.tick for chord in FORM.scaled(2).chords] == [0, 48, 96]
    assert [section.tick for section in FORM.scaled(2).sections] == [0, 96]


def test_the_beat_of_the_file_on_the_grid() -> None:
    solo = Solo((Note(0, 6, 60),), FORM, tempo=70)
    assert (solo.time_scale, solo.grid_beat, solo.grid_tempo) == (1, 12, 70)
    slow = replace(solo, double_time=True)
    assert (slow.time_scale, slow.grid_beat, slow.grid_tempo) == (2, 24, 140)


def test_a_solo_does_not_reach_past_its_form() -> None:
    with pytest.raises(OptionError, match="the last note ends at 97, after the form at 96"):
        Solo((Note(90, 7, 60),), FORM)
