"""pianist.py: piano voicings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from jazzgen.band.pianist import PIANO, playable
from jazzgen.band.voicings import Voicing, Wanted, choose, movement, vocabulary
from jazzgen.charts.find import find_progression
from jazzgen.charts.forms import builtin_names
from jazzgen.music.chords import guide_tones, parse_chord
from jazzgen.music.score import Note
from tests.band.parts import FORMS, TWO_FIVE, chords_of, form_of, play

CHORDS = [
    f"{root}{kind}" for root in ("C", "Db", "E", "Gb", "A") for kind in ("m7", "7", "maj7", "6", "m7b5")
]


def best(symbol: str, before: Voicing = (), voices: int = 4, ceiling: int = 127) -> Voicing:
    chord = parse_chord(symbol)
    assert chord is not None
    return choose(vocabulary(PIANO, chord, voices), before, Wanted(ceiling=ceiling), PIANO)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Dm7", "F A C"),
        ("G7", "B F"),
        ("Cmaj7", "E B"),
        ("C", "C E G"),
        ("G7b9", "B F Ab"),
        ("Em7b5", "G Bb D"),
        ("G7sus4", "C F"),
        ("Fmaj7#11", "A E B"),
        ("C7alt", "E Bb"),
    ],
)
def test_voicings_hold_the_guide_tones(symbol: str, expected: str) -> None:
    names = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
    for voices in (3, 4):
        voiced = {names[pitch % 12] for pitch in best(symbol, voices=voices)}
        assert len(voiced) <= max(voices, 3)
        if voices == 4:
            assert set(expected.split()) <= voiced


def test_every_chord_of_the_built_in_forms_has_a_voicing_above_the_bass() -> None:
    hand: tuple[int, ...] = ()
    for name in builtin_names():
        for change in find_progression(name).chords:
            chord = parse_chord(change.symbol)
            hand = best(change.symbol, hand)
            assert playable(hand)
            assert all(PIANO.low <= pitch <= PIANO.high for pitch in hand)
            assert len(set(hand)) == len(hand) >= 3
            assert guide_tones(chord) <= {pitch % 12 for pitch in hand}


@pytest.mark.parametrize("name", FORMS)
def test_voicings_hold_the_color_and_move_little(name: str) -> None:
    form = find_progression(name).repeat(2)
    voiced = held = voices = 0
    moved = 0.0
    for seed, tempo in enumerate((90.0, 160.0, 260.0)):
        chords = chords_of(play(form, seed, tempo=tempo)["Piano"])
        for onset, pitches in chords.items():
            tick = min(onset + 6, form.length - 1) if onset % 12 == 6 else onset  # pushed
            chord = parse_chord(form.chord_at(tick).symbol)
            voiced += 1
            held += guide_tones(chord) <= {pitch % 12 for pitch in pitches}
            assert all(PIANO.low <= pitch <= PIANO.high for pitch in pitches)
        for before, after in pairwise(chords.values()):
            if before != after:
                moved += movement(before, after)
                voices += len(after)
    assert held >= 0.95 * voiced
    assert moved <= 2.5 * voices


def test_the_piano_makes_room_for_a_low_solo() -> None:
    form = form_of(TWO_FIVE).repeat(6)
    solo = tuple(Note(tick, 6, 55) for tick in range(0, form.length, 12))
    under, alone = (
        np.mean(
            [
                max(chord)
                for seed in range(5)
                for chord in chords_of(play(form, seed, notes=notes)["Piano"]).values()
            ]
        )
        for notes in (solo, ())
    )
    assert under < alone - 1
    for low, high in ((50, 90), (58, 90)):
        tops = [np.mean([best(symbol, ceiling=ceiling)[-1] for symbol in CHORDS]) for ceiling in (low, high)]
        assert tops[0] < tops[1]
