"""chord_inference.py, harmony.py and repetition.py: chords from what sounds."""

from __future__ import annotations

import numpy as np
import pytest

from jazzgen.midi.harmony import FAMILIES, chordal_likelihood, decode, family_of, load_harmony, state_of
from jazzgen.midi.reading import read
from jazzgen.midi.repetition import find_alike, pooled
from jazzgen.midi.smf import TimedNote, Track
from jazzgen.music.chords import parse_chord, transpose_symbol
from tests.midi.songs import SCALE, chord, line, song

CYCLE = [0, 5, 10, 3, 8, 1, 6, 11, 4, 9, 2, 7]  # falling fifths


def found(path) -> list[tuple[int, str]]:
    form = read(path, track="Solo").solo.progression
    return [(change.tick, change.symbol) for change in form.chords]


def test_chords_are_inferred_from_the_band_on_the_beats_where_they_change(saved) -> None:
    piano = chord((53, 57, 60, 62), (53, 59, 62, 67), (52, 55, 59, 60), ())
    bass = line(38, 45, 43, 50, 36, 43, name="Bass", program=32, channel=2, every=960)
    drums = line(*[51] * 16, channel=9, every=480)
    assert found(saved(song(line(*SCALE), piano, bass, drums))) == [(0, "Dm7"), (48, "G7"), (96, "Cmaj7")]


def test_a_bass_alone_tells_roots(saved) -> None:
    bass = line(38, 45, 43, 50, 36, 43, name="Bass", program=32, channel=2, every=960)
    symbols = [parse_chord(symbol) for _, symbol in found(saved(song(line(*SCALE), bass)))]
    assert [chord and chord.root for chord in symbols] == [2, 7, 0]


COMMON = "C Cm C7 Cmaj7 Cm7 Cm7b5 Cdim7 C6 Cm6 Caug C7sus4 Csus4 Cmmaj7 C7b9 C7alt"


@pytest.mark.parametrize("symbol", COMMON.split())
def test_what_was_played_is_found_in_every_key(saved, symbol: str) -> None:
    symbols = [transpose_symbol(symbol, semitones) for semitones in CYCLE]
    voicings, roots = [], []
    for name in symbols:
        played = parse_chord(name)
        assert played is not None
        voicings.append(tuple(60 + tone for tone in sorted(played.pitch_classes)))
        roots.append(36 + played.root)
    bass = Track(
        "Bass", 32, 2, tuple(TimedNote(k * 1920, k * 1920 + 1900, p, 80) for k, p in enumerate(roots))
    )
    solo = line(*(root + 36 for root in roots for _ in range(2)), every=960)
    heard = [parse_chord(name) for _, name in found(saved(song(solo, chord(*voicings), bass, end=12 * 1920)))]
    wanted = [parse_chord(name) for name in symbols]
    assert [(c and c.root, c and c.quality) for c in heard] == [
        (c and c.root, c and c.quality) for c in wanted
    ]


def test_a_bass_note_that_stays_goes_behind_a_slash(saved) -> None:
    piano = chord(*[(60, 64, 67)] * 2, *[(60, 65, 69)] * 2)
    bass = line(40, 40, 41, 41, name="Bass", program=32, channel=2, every=1920)
    assert found(saved(song(line(*SCALE), piano, bass))) == [(0, "C/E"), (96, "F")]


def test_a_chord_struck_before_the_beat_is_meant_for_it(saved) -> None:
    notes = [
        TimedNote(max(bar * 1920 - 240, 0), bar * 1920 + 960, pitch, 70)
        for bar, pitches in enumerate(((53, 57, 60, 62), (53, 59, 62, 67), (52, 55, 59, 60)))
        for pitch in pitches
    ]
    bass = line(38, 43, 36, name="Bass", program=32, channel=2, every=1920)
    piano = Track("Piano", 0, 1, tuple(sorted(notes)))
    assert [tick for tick, _ in found(saved(song(line(*SCALE), piano, bass, end=3 * 1920)))] == [0, 48, 96]


def test_silence_keeps_the_chord_and_nothing_before_the_band_has_one(saved) -> None:
    piano = chord((), (), (53, 57, 60, 62), (), (52, 55, 59, 60))
    bass = Track("Bass", 32, 2, (TimedNote(3840, 5700, 38, 80), TimedNote(7680, 9500, 36, 80)))
    tune = song(line(*SCALE * 2), piano, bass, end=5 * 1920)
    assert found(saved(tune)) == [(0, "N.C."), (96, "Dm7"), (192, "Cmaj7")]


def test_the_tables_are_probabilities() -> None:
    harmony = load_harmony()
    for table in (harmony.bass_first, harmony.bass_bar, harmony.bass_later, harmony.line):
        assert np.allclose(np.exp(table).sum(axis=1), 1, atol=0.01)
    assert np.allclose(np.exp(harmony.moves).sum(axis=1), 1, atol=0.02)
    dominant, major = 12 * FAMILIES.index("7") + 7, 12 * FAMILIES.index("maj")
    assert harmony.moves[dominant].argmax() in (major, 12 * FAMILIES.index("m"))
    for voicings in harmony.voicings:
        assert np.allclose(np.exp(voicings.shares).sum(axis=1), 1, atol=0.01)
        assert np.allclose(np.exp(voicings.lowest).sum(axis=2), 1, atol=0.02)
        assert np.allclose(np.exp(voicings.sounds) + np.exp(voicings.silent), 1)
    assert (harmony.change(0, 4) > harmony.change(2, 4)).all()
    assert (harmony.change(2, 4) > harmony.change(1, 4)).all()
    assert (harmony.change(3, 5) > harmony.change(1, 5)).all()


def test_decoding_prefers_a_course_that_chords_take() -> None:
    """A bar that could be anything, between a ii and a I."""
    harmony = load_harmony()
    sound = np.full((12, 72), -8.0)
    sound[:4, 12 * FAMILIES.index("m") + 2] = 0
    sound[4:8] = -1.0
    sound[8:, 12 * FAMILIES.index("maj")] = 0
    chances = np.array([harmony.change(beat % 4, 4) for beat in range(12)]).clip(1e-4, 0.98)
    _, states = decode(sound, sound, chances, harmony)
    assert states[0] == 12 * FAMILIES.index("m") + 2
    assert states[-1] == 12 * FAMILIES.index("maj")
    assert set(states[4:8]) <= {states[0], states[-1], 12 * FAMILIES.index("7") + 7}


@pytest.mark.parametrize(
    ("symbol", "family"),
    [("C69", "maj"), ("C13", "7"), ("C7alt", "7"), ("Cm6", "m"), ("Cm11b5", "m7b5"), ("Co7", "dim7"),
     ("C9sus4", "7sus4")],
)  # fmt: skip
def test_families(symbol: str, family: str) -> None:
    parsed = parse_chord(symbol)
    assert parsed is not None
    assert FAMILIES[family_of(parsed)] == family


def test_a_course_that_comes_again_is_likelier() -> None:
    harmony = load_harmony()
    here, there = 12 * FAMILIES.index("maj"), 12 * FAMILIES.index("maj") + 6
    adapted = harmony.adapted([here, here, there] * 3)
    assert adapted.moves[here, there] > harmony.moves[here, there]
    assert np.allclose(np.exp(adapted.moves).sum(axis=1), np.exp(harmony.moves).sum(axis=1), atol=0.01)


@pytest.mark.parametrize(
    ("tones", "habit", "symbol"),
    [((9, 0, 4), 1, "Am"), ((4, 7, 11, 2), 0, "Cmaj7"), ((4, 10, 9, 2), 0, "C7"), ((0, 4, 7), 1, "C")],
)
def test_voicings_without_roots_and_triads(tones: tuple[int, ...], habit: int, symbol: str) -> None:
    """For players of triads a triad is the chord of its root; what has lost its root is found, too."""
    struck, lowest = np.zeros((2, 1, 12))
    struck[0, list(tones)] = lowest[0, tones[0]] = 1
    (found,) = chordal_likelihood(struck, lowest, [np.where(np.arange(3) == habit, 0.98, 0.01).tolist()])
    wanted = parse_chord(symbol)
    assert wanted is not None
    assert state_of(wanted) in np.argsort(found[0])[-3:]


def test_bars_that_are_alike() -> None:
    rng = np.random.default_rng(1)
    form = rng.random((48, 12)) ** 30  # 12 bars
    votes = np.concatenate([form] * 3)
    bars = list(range(0, 144, 4))
    weights = find_alike(votes, bars)
    assert weights[14].argmax() in (2, 26)
    assert weights[14, 2] > 0.5 > weights[14, 6]
    assert not weights.diagonal().any()
    assert find_alike(rng.random((144, 12)) ** 30, bars).max() < 0.1
    silent = votes.copy()
    silent[60] = 0
    assert pooled(silent, bars, weights)[60].sum() > 0
    assert np.array_equal(pooled(votes, bars, np.zeros_like(weights)), votes)
