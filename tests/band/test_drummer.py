"""drummer.py: time patterns of the styles."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from jazzgen.band import kit
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
    assert len(quarters) > 45
    assert np.median([note.velocity for note in quarters]) < 45


def test_the_ride_has_many_words() -> None:
    form = find_progression("blues-f").repeat(6)
    ride = Counter()
    for seed in range(3):
        bars: dict[int, tuple[int, ...]] = {}
        for note in play(form, seed, tempo=180.0)["Drums"].notes:
            if note.pitch in (kit.RIDE, kit.CLOSED):
                number, place = divmod(note.onset, 48)
                bars[number] = (*bars.get(number, ()), place)
        ride.update(bars.values())
    assert ride.most_common(1)[0][1] <= 0.35 * ride.total()
    assert len(ride) >= 8


def test_fills_grow_and_are_not_all_the_same() -> None:
    form = find_progression("rhythm-changes-bb").repeat(2)
    fills = set()
    for seed in range(8):
        drums = play(form, seed, tempo=160.0)["Drums"].notes
        bar = next(section.tick for section in form.sections if section.tick) - 48
        hands = [n for n in drums if bar + 24 <= n.onset < bar + 48 and n.pitch in (38, 41, 45, 48)]
        fills.add(tuple((n.onset - bar, n.pitch) for n in hands))
        assert len(hands) >= 2
        assert hands[-1].velocity >= hands[0].velocity - 8
    assert len(fills) >= 5


def test_brushes_sweep() -> None:
    part = play(find_progression("ballad-eb"), tempo=60.0)["Drums"]
    assert {note.duration for note in part.notes if note.pitch == kit.SWIRL} == {11}


@pytest.mark.parametrize("style", ["samba", "shuffle", "bossa", "waltz", "straight", "afro-cuban"])
def test_every_style_has_words(style: str) -> None:
    name = "waltz-bb" if style == "waltz" else "blues-f"
    form = find_progression(name).repeat(6)
    bar = form.meters[0].beats * 12
    bars = Counter()
    played: dict[int, list[tuple[int, int]]] = {}
    for note in play(form, 3, style=style, tempo=150.0)["Drums"].notes:
        number, place = divmod(note.onset, bar)
        played.setdefault(number, []).append((place, note.pitch))
    bars.update(tuple(hits) for hits in played.values())
    assert len(bars) >= 20
    assert bars.most_common(1)[0][1] <= 0.35 * bars.total()


def test_a_samba_has_the_surdo_on_three_and_the_tamborim() -> None:
    drums = play(find_progression("bossa-f").repeat(2), style="samba", tempo=200.0)["Drums"].notes
    kicks = [note for note in drums if note.pitch == kit.KICK]
    heavy, light = (
        np.mean([note.velocity for note in kicks if note.onset % 48 == place]) for place in (24, 0)
    )
    assert heavy > light + 5
    rim = {note.onset for note in drums if note.pitch == kit.STICK and note.onset < 96}
    assert rim == {0, 12, 24, 36, 42, 54, 66, 78, 84}


def test_a_shuffle_has_a_back_beat_on_long_and_short() -> None:
    drums = play(find_progression("blues-f").repeat(3), style="shuffle", tempo=128.0)["Drums"].notes
    back = {n.onset for n in drums if n.pitch in (kit.SNARE, kit.STICK) and n.onset % 48 in (12, 36)}
    assert len(back) > 1.6 * 36 * 0.9
    ride = [n for n in drums if n.pitch in (kit.RIDE, kit.CLOSED)]
    short = [n for n in ride if n.onset % 12]
    assert 0.5 < len(short) / (len(ride) - len(short)) <= 1
