"""The piano roll: every note where and what it is, bars, chords and sections above."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jazzgen.charts.text import parse_progression
from jazzgen.errors import OptionError
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Note, Solo
from jazzgen.music.units import units_of
from jazzgen.rendering.page import svg
from jazzgen.rendering.piano_roll import RollPage, classify, plot
from tests.rendering.pictures import shapes, tips, words

FORM = parse_progression("title: Four & More\nkey: Bb\n[A] | Cm7 | F7b9 | [B] Bbmaj7 | N.C. . Bb6/D . |")


@pytest.fixture
def solo() -> Solo:
    """Over Cm7 a third, a fourth, a major third; over F7b9 its b9; the first note of Bbmaj7 taken early."""
    rows = [(0, 6, 63), (6, 6, 65), (12, 6, 64), (48, 12, 66), (90, 18, 70), (144, 12, 61), (168, 12, 62)]
    return Solo(tuple(Note(*row) for row in rows), FORM, tempo=140, instrument="trumpet")


def test_a_note_is_read_against_the_chord_it_is_held_into(solo: Solo) -> None:
    kinds = [classify(note, FORM) for note in solo.notes]
    assert kinds == ["chord", "scale", "outside", "chord", "chord", "none", "chord"]
    # The Bb that is tied over the bar line belongs to Bbmaj7; cut at the bar line, it is outside F7b9.
    assert classify(Note(90, 6, 70), FORM) == "outside"


def test_every_note_is_drawn_and_named(solo: Solo) -> None:
    assert tips(svg(RollPage(solo))) == [
        "bar 1, beat 1: E♭4, chord tone",
        "bar 1, beat 1.5: F4, scale tone",
        "bar 1, beat 2: E4, outside tone",
        "bar 2, beat 1: G♭4, chord tone",
        "bar 2, beat 4.5: B♭4, chord tone",
        "bar 4, beat 1: D♭4, no chord",
        "bar 4, beat 3: D4, chord tone",
    ]


def test_time_goes_right_and_pitch_up(solo: Solo) -> None:
    drawn = [shape for shape in shapes(svg(RollPage(solo)), "rect") if len(shape)]
    x = [float(shape.get("x", "nan")) for shape in drawn]
    assert x == sorted(x)
    per_tick = (x[5] - x[0]) / 144
    assert np.allclose([(b - x[0]) / per_tick for b in x], [n.onset for n in solo.notes], atol=0.5)
    order = sorted(range(len(drawn)), key=lambda n: -float(drawn[n].get("y", "nan")))
    assert [solo.notes[n].pitch for n in order] == sorted(note.pitch for note in solo.notes)


def test_the_page_says_what_it_shows(solo: Solo) -> None:
    said = words(svg(RollPage(solo)))
    for text in ("Four & More", "Cm7", "F7(♭9)", "B♭maj7", "N.C.", "B♭6/D", "A", "B", "1", "4", "F4"):
        assert text in said
    assert "trumpet  ·  B♭  ·  4/4  ·  140 BPM  ·  swing" in said
    assert [text for text in said if text.endswith("%")] == [
        "no chord 14 %", "outside tone 14 %", "scale tone 14 %", "chord tone 57 %",
    ]  # fmt: skip


def test_phrases_are_named_where_they_begin(solo: Solo) -> None:
    shown = words(svg(RollPage(solo)))
    assert [unit.name for unit in units_of(solo)] == [name for name in shown if name.startswith("lick_")]


def test_a_note_across_two_rows_is_drawn_on_both(solo: Solo) -> None:
    shown = tips(svg(RollPage(solo, 2)))
    assert shown.count("bar 2, beat 4.5: B♭4, chord tone") == 2
    assert len(shown) == len(solo.notes) + 1


def test_double_time_counts_the_bars_of_the_file(solo: Solo) -> None:
    double = svg(RollPage(replace(solo, double_time=True)))
    assert [tip.partition(":")[0] for tip in tips(double)][3:] == [
        "bar 1, beat 3", "bar 1, beat 4.75", "bar 2, beat 3", "bar 2, beat 4",
    ]  # fmt: skip
    said = words(double)
    assert [text for text in said if text.isdigit()] == ["1", "2"]


def test_a_solo_without_notes_is_a_page_without_notes() -> None:
    assert tips(svg(RollPage(Solo((), FORM)))) == []


@pytest.mark.parametrize("bars", [0, 17])
def test_bars_per_row_has_bounds(solo: Solo, bars: int) -> None:
    with pytest.raises(OptionError, match=rf"1\.\.16 bars, received {bars}"):
        RollPage(solo, bars)


def test_a_solo_a_take_and_its_file_are_one_picture(solo: Solo, tmp_path: Path) -> None:
    write_arrangement(Arrangement(solo), tmp_path / "take.mid")
    for name, source in (("solo", solo), ("take", Arrangement(solo)), ("file", tmp_path / "take.mid")):
        plot(source, tmp_path / f"{name}.svg")
    first, second, third = (tips((tmp_path / f"{n}.svg").read_text()) for n in ("solo", "take", "file"))
    assert first == second == third != []
