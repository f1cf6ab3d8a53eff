"""compound.py: the styles for 6/8 and 12/8, and thirds of a beat in all others."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.band.bassist import BASS_HIGH, BASS_LOW
from jazzgen.band.compound import AFRO_CUBAN, SLOW_BLUES, in_thirds
from jazzgen.band.ensemble import accompany
from jazzgen.charts.text import parse_progression
from jazzgen.music.chords import parse_chord
from jazzgen.music.progressions import STYLES
from jazzgen.music.score import Note, Part, Progression, Solo

CHORDS = "[A] | F7 | Bb7 | F7 | Cm7 F7 | [B] | Bb7 | Bdim7 | F7 | Gm7 C7 |"


def band(meter: str, style: str, seed: int = 1, choruses: int = 2) -> tuple[Progression, dict[str, Part]]:
    form = parse_progression(f"meter: {meter}\nstyle: {style}\n{CHORDS}").repeat(choruses)
    parts = accompany(Solo((), form, tempo=70.0), np.random.default_rng(seed), choruses=choruses)
    return form, {part.name: part for part in parts}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("meter", ["6/8", "12/8"])
def test_a_compound_beat_is_played_in_thirds(style: str, meter: str) -> None:
    _, parts = band(meter, style)
    for part in parts.values():
        assert {note.onset % 12 for note in part.notes} <= {0, 4, 8}, part.name


@pytest.mark.parametrize("style", [AFRO_CUBAN, SLOW_BLUES])
@pytest.mark.parametrize("meter", ["2/4", "4/4", "7/4", "9/8", "12/8", "5/8"])
def test_both_styles_play_in_every_meter(style: str, meter: str) -> None:
    if meter in ("7/4", "9/8", "5/8"):
        form = parse_progression(f"meter: {meter}\nstyle: {style}\n| F7 | Bb7 | C7 | F7 |").repeat(2)
    else:
        form, _ = band(meter, style)
    for seed in range(3):
        parts = accompany(Solo((), form, tempo=70.0), np.random.default_rng(seed))
        for part in parts:
            assert part.notes, part.name
            assert all(note.end <= form.length for note in part.notes)
        bass = {note.onset: note.pitch for note in parts[1].notes}
        roots = [bass.get(change.tick, -1) % 12 == parse_chord(change.symbol).bass for change in form.chords]
        assert all(roots)
        assert all(BASS_LOW <= pitch <= BASS_HIGH for pitch in bass.values())


def test_the_ride_plays_the_bell() -> None:
    _, parts = band("12/8", AFRO_CUBAN)
    first = [note.onset // 4 for note in parts["Drums"].notes if note.pitch == 51 and note.onset < 48]
    assert first == [0, 2, 4, 5, 7, 9, 11]  # x.x.xx.x.x.x


def test_a_slow_blues_has_a_back_beat_and_walks() -> None:
    form, parts = band("12/8", SLOW_BLUES)
    loud = {note.onset % 48 for note in parts["Drums"].notes if note.pitch == 38 and note.velocity > 70}
    assert {12, 36} <= loud
    bar = [note for note in parts["Bass"].notes if note.onset < 48]
    assert {note.onset for note in bar} >= {0, 12, 24, 36}
    leads = [note for note in parts["Bass"].notes if note.onset % 12 == 8]
    assert 0 < len(leads) < form.length // 12 // 3


def test_other_beats_keep_their_eighths() -> None:
    form = parse_progression("| F7 |")
    notes = [Note(3, 3, 60), Note(6, 6, 60)]
    assert in_thirds(notes, form, "swing") == notes
    assert [note.onset for note in in_thirds(notes, form, SLOW_BLUES)] == [3, 8]
    compound = parse_progression("meter: 12/8\n| F7 |")
    assert [(n.onset, n.duration) for n in in_thirds(notes, compound, "bossa")] == [(4, 4), (8, 4)]
