"""listening.py: phrases, peaks and energy, and what the band makes of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from jazzgen.band import kit
from jazzgen.band.listening import listen
from jazzgen.band.scene import Scene
from jazzgen.charts.find import find_progression
from jazzgen.music.score import Note, Solo
from tests.band.parts import play

FORM = find_progression("blues-f").repeat(4)
BARS = list(pairwise((*FORM.bar_ticks, FORM.length)))
# Four bars low and sparse, then four high and dense, over and over.
WAVES = tuple(
    Note(tick, 6, 80 if tick // 192 % 2 else 55)
    for tick in range(0, FORM.length, 6)
    if tick // 192 % 2 or tick % 48 == 0
)


def test_no_solo_has_no_energy() -> None:
    heard = listen((), BARS)
    assert heard.phrase_ends == ()
    assert set(heard.energy) == {0.0}
    assert not heard.peaks


def test_an_even_solo_moves_nobody() -> None:
    heard = listen([Note(tick, 6, 60) for tick in range(0, FORM.length, 12)], BARS)
    assert np.abs(heard.energy).max() < 1e-9


def test_energy_is_density_and_height_and_comes_a_little_early() -> None:
    energy = listen(WAVES, BARS).energy
    assert min(energy[5:7]) > 0.8
    assert max(energy[1:2]) < -0.8
    assert energy[3] > energy[1]  # the bar before the wave already grows
    assert listen(WAVES, BARS).peaks


def test_a_phrase_ends_where_room_is_left() -> None:
    notes = [Note(0, 12, 60), Note(12, 6, 62), Note(48, 6, 64), Note(66, 6, 65)]
    assert listen(notes, BARS).phrase_ends == (18, 72)  # a rest of a beat is breath, not room


def test_the_band_is_louder_where_the_solo_is() -> None:
    parts = play(FORM, 1, tempo=160.0, notes=WAVES)
    for part in parts.values():
        loud, soft = (
            np.mean(
                [n.velocity for n in part.notes if n.onset // 48 % 8 in bars and n.onset < FORM.length - 96]
            )
            for bars in ((5, 6), (1, 2))
        )
        assert loud > soft + 3, part.name  # by more than a decibel


def test_snare_and_bass_drum_answer_the_ends_of_phrases() -> None:
    talks = tuple(Note(tick, 6, 66) for tick in range(0, FORM.length, 6) if tick % 96 < 54)
    scene = Scene.of(Solo(talks, FORM, tempo=160.0))
    assert len(scene.phrase_ends) == len(FORM.bar_ticks) / 2
    near = elsewhere = 0
    for seed in range(4):
        for note in play(FORM, seed, tempo=160.0, notes=talks)["Drums"].notes:
            if note.pitch == kit.SNARE:
                near += note.onset % 96 in range(54, 72)
                elsewhere += note.onset % 96 not in range(54, 72)
    assert near / 18 > 1.5 * elsewhere / (96 - 18)
