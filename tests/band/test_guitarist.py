"""guitarist.py: shapes that can be played, strummed or comped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from checks import takes as checker
from jazzgen.band import ensemble as band
from jazzgen.band.guitarist import GUITAR
from jazzgen.band.pianist import PIANO
from jazzgen.band.voicings import Wanted, choose, colors, vocabulary
from jazzgen.charts.find import find_progression
from jazzgen.music.chords import guide_tones, parse_chord, transpose_symbol
from jazzgen.music.score import ChordChange, Note, Progression, Solo
from tests.band.parts import TWO_FIVE, chords_of, form_of

SYMBOLS = (
    "C", "Cm", "C5", "C+", "Cdim", "C6", "Cm6", "C69", "Cmaj7", "Cmaj9", "Cmaj7#11", "Cm7", "Cm9",
    "Cm11", "CmMaj7", "Cm7b5", "Cdim7", "C7", "C9", "C13", "C7b9", "C7#9", "C7#11", "C7alt", "C+7",
    "C7sus4", "C13sus4", "Csus2", "Cadd9", "C/E", "Cm7/G", "C7/Bb",
)  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("voices", [3, 4])
def test_a_hand_can_stop_every_shape(symbol: str, voices: int) -> None:
    for semitones in range(12):
        chord = parse_chord(transpose_symbol(symbol, semitones))
        assert chord is not None
        known = vocabulary(GUITAR, chord, voices)
        assert {len(pitches) for pitches in known.voicings} <= {voices - 1, voices, 2}
        pitches = choose(known, (), Wanted(), GUITAR)
        assert checker.guitar_figures(
            Progression((ChordChange(0, chord.symbol),), 48), [Note(0, 12, pitch) for pitch in pitches]
        ) == {"shapes": 1, "unplayable": 0, "doubled": 0}
        assert 2 <= len(pitches) <= voices
        said = {tone for count in (2, 3, 4) for color in colors(chord, count) for tone in color.tones}
        assert {(pitch - chord.root) % 12 for pitch in pitches} <= said
        assert guide_tones(chord) <= {pitch % 12 for pitch in pitches}


def test_what_no_hand_can_stop_is_found_out() -> None:
    form = Progression((ChordChange(0, "C7"),), 48)
    for pitches in ([41, 46, 76], [57, 58, 59], [40, 52, 64]):  # too wide, too close, an open string
        found = checker.guitar_figures(form, [Note(0, 12, pitch) for pitch in pitches])
        assert found["unplayable"] == 1, pitches
    assert checker.guitar_figures(form, [Note(0, 12, 48)])["doubled"] == 1


def test_the_guitar_strums_four_to_the_bar_when_the_piece_has_warmed_up() -> None:
    form = form_of(TWO_FIVE).repeat(6)
    parts = band.accompany(
        Solo((), form, tempo=160.0), np.random.default_rng(1), comping="guitar", choruses=3
    )
    assert [part.name for part in parts] == ["Guitar", "Bass", "Drums"]
    struck = chords_of(parts[0])
    later = range(8, 22)  # neither the calm chorus nor the ending
    assert all({48 * bar + 12 * beat for beat in range(4)} <= set(struck) for bar in later)
    assert len([onset for onset in struck if onset < 8 * 48]) < 20
    short = {note.onset % 24: note.duration for note in parts[0].notes if 8 * 48 <= note.onset < 22 * 48}
    assert short == {0: 8, 12: 6}


def test_a_guitarist_changes_nobody_elses_notes() -> None:
    solo = Solo((), form_of(TWO_FIVE).repeat(4))
    piano = band.accompany(solo, np.random.default_rng(1))
    guitar = band.accompany(solo, np.random.default_rng(1), comping="guitar")
    assert piano[1:] == guitar[1:]


def test_the_guitar_makes_room_below_the_pianos_lowest_key() -> None:
    """The ceiling is bounded by an octave of the guitar, not of the piano."""
    chord = parse_chord("Dm7")
    assert chord is not None
    known = vocabulary(GUITAR, chord, 4)
    tops = [choose(known, (), Wanted(ceiling=ceiling), GUITAR)[-1] for ceiling in (52, 58, 64)]
    assert tops[0] < tops[2]
    assert tops == sorted(tops)
    assert min(min(pitches) for pitches in vocabulary(PIANO, chord, 4).voicings) >= PIANO.low > GUITAR.low


@pytest.mark.parametrize("style", ["bossa", "samba"])
def test_a_batida_stays_for_a_section_and_is_turned_now_and_then(style: str) -> None:
    form = find_progression("bossa-f").repeat(3)
    solo = Solo((), replace(form, style=style), tempo=150.0)
    parts = band.accompany(solo, np.random.default_rng(3), comping="guitar")
    guitar = next(part for part in parts if part.name == "Guitar")
    onsets = {note.onset for note in guitar.notes}
    pairs = Counter(
        tuple(tick - start for tick in sorted(onsets) if start <= tick < start + 96)
        for start in range(0, form.length - 96, 96)
    )
    assert len(pairs) >= 5
    assert pairs.most_common(1)[0][1] >= 6
