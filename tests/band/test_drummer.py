"""drummer.py: time patterns of the styles."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from jazzgen.band import drummer as kit
from jazzgen.charts.find import find_progression
from jazzgen.music.score import DRUM_CHANNEL, MeterChange, Progression
from tests.band.parts import TWO_FIVE, form_of, play


def test_the_band_is_a_piano_a_bass_and_drums() -> None:
    parts = play(form_of(TWO_FIVE))
    assert [(part.name, part.program, part.channel) for part in parts.values()] == [
        ("Piano", 0, 1),
        ("Bass", 32, 2),
        ("Drums", 0, DRUM_CHANNEL),
    ]


@pytest.mark.parametrize(("beats", "feet"), [(2, [12]), (3, [12]), (4, [12, 36]), (5, [12, 48])])
def test_the_drums_keep_time_in_any_meter(beats: int, feet: list[int]) -> None:
    bar = beats * 12
    form = Progression(form_of("| C7 |").chords, 8 * bar, (MeterChange(0, beats),))
    part = play(form, tempo=160.0)["Drums"]
    ride = [note.onset for note in part.notes if note.pitch == kit.RIDE]
    pedal = {note.onset % bar for note in part.notes if note.pitch == kit.PEDAL}
    assert set(range(0, 6 * bar, 12)) <= set(ride)
    assert set(feet) <= pedal
    assert all(onset % 12 in (0, 6) for onset in ride)


def test_a_ballad_has_brushes() -> None:
    part = play(find_progression("ballad-eb"), tempo=60.0)["Drums"]
    assert part.program == 40
    keys = Counter(note.pitch for note in part.notes)
    assert keys[kit.SWIRL] > 100
    assert keys[kit.SNARE] > 40
    assert np.mean([note.velocity for note in part.notes]) < 64


def test_a_bossa_has_the_clave_on_the_rim() -> None:
    part = play(find_progression("bossa-f"))["Drums"]
    rim = {note.onset for note in part.notes if note.pitch == kit.STICK and note.onset < 192}
    assert {0, 18, 36, 60, 78} <= rim


def test_the_kick_is_feathered() -> None:
    form = find_progression("blues-f").repeat(2)
    part = play(form, tempo=160.0)["Drums"]
    quarters = [n for n in part.notes if n.pitch == kit.KICK and n.onset % 12 == 0 and n.onset % 576]
    assert len(quarters) > 60
    assert np.median([note.velocity for note in quarters]) < 45
