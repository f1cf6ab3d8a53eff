"""The picture of all parts: every note of each, and drums by instrument."""

from __future__ import annotations

from pathlib import Path

from jazzgen.charts.text import parse_progression
from jazzgen.midi.tracks import read_parts
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import DRUM_CHANNEL, Arrangement, Note, Part, Solo
from jazzgen.rendering.band_roll import BandPage
from jazzgen.rendering.page import svg
from tests.rendering.pictures import shapes, tips, words

FORM = parse_progression("[A] | Cm7 | F7 |")
SOLO = Solo((Note(0, 12, 63), Note(48, 24, 65)), FORM, tempo=120)
PIANO = Part("Piano", 0, 1, (Note(0, 24, 63), Note(0, 24, 70), Note(66, 12, 64)))
DRUMS = Part("Drums", 0, DRUM_CHANNEL, (Note(0, 3, 51, 100), Note(0, 3, 36, 40), Note(20, 3, 51, 60)))


def test_notes_that_sound_together_are_all_drawn() -> None:
    assert tips(svg(BandPage(SOLO, [PIANO]))) == [
        "bar 1, beat 1: E♭4, chord tone",
        "bar 1, beat 1: B♭4, chord tone",
        "bar 2, beat 2.5: E4, outside tone",
    ]


def test_drums_stand_by_instrument_the_soft_ones_pale() -> None:
    picture = svg(BandPage(SOLO, [DRUMS]))
    assert tips(picture) == [
        "bar 1, beat 1: ride, 100", "bar 1, beat 1: bass drum, 40", "bar 1, beat 2.67: ride, 60"
    ]  # fmt: skip
    ride, kick, soft = (shape for shape in shapes(picture, "rect") if len(shape))
    assert float(kick.get("y", "")) > float(ride.get("y", "")) == float(soft.get("y", ""))
    assert len({shape.get("fill") for shape in (ride, kick, soft)}) == 3
    assert {"ride", "bass drum", "Drums", "Cm7", "F7", "1", "2"} <= set(words(picture))


def test_the_parts_of_a_file_come_back(tmp_path: Path) -> None:
    write_arrangement(Arrangement(SOLO, (PIANO, DRUMS)), tmp_path / "take.mid")
    solo, piano, drums = read_parts(tmp_path / "take.mid")
    assert [part.name for part in (solo, piano, drums)] == ["Solo", "Piano", "Drums"]
    assert (drums.channel, len(piano.notes), len(drums.notes)) == (DRUM_CHANNEL, 3, 3)
    assert {note.pitch for note in piano.notes} == {63, 64, 70}
