from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen import band, harmony
from jazzgen.score import DRUM_CHANNEL, MeterChange, Note, Part, Progression, Solo

TWO_FIVE = "| Dm7 | G7 | Cmaj7 | A7alt |"


def form_of(text: str, **fields: object) -> Progression:
    return harmony.parse_progression(text, **fields)


def play(form: Progression, seed: int = 0, **fields: object) -> dict[str, Part]:
    solo = Solo((), form, **fields)
    return {part.name: part for part in band.accompany(solo, np.random.default_rng(seed))}


def starts(part: Part) -> list[int]:
    return sorted({note.onset for note in part.notes})


def test_the_band_is_a_piano_a_bass_and_drums() -> None:
    parts = play(form_of(TWO_FIVE))
    assert [(part.name, part.program, part.channel) for part in parts.values()] == [
        ("Piano", 0, 1),
        ("Bass", 32, 2),
        ("Drums", 0, DRUM_CHANNEL),
    ]


def test_the_same_seed_is_the_same_band() -> None:
    form = form_of(TWO_FIVE).repeat(4)
    assert play(form, 1) == play(form, 1)
    assert play(form, 1) != play(form, 2)


@given(
    st.sampled_from(
        [TWO_FIVE, "| C | N.C. | F#m7b5 B7b9 | Em |", "| Bb/D Gb7 Bmaj7 D7 | G6 |", "| Asus4 | C+ |"]
    ),
    st.sampled_from(["swing", "bossa", "ballad", "waltz", "straight"]),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=60)
def test_nothing_overlaps_or_reaches_past_the_end(text: str, style: str, seed: int) -> None:
    form = form_of(text, style=style).repeat(3)
    for part in play(form, seed).values():
        by_key: dict[int, list[Note]] = {}
        for note in part.notes:
            assert note.end <= form.length
            by_key.setdefault(note.pitch, []).append(note)
        for notes in by_key.values():
            assert all(before.end <= after.onset for before, after in pairwise(notes))


def test_the_bass_walks_in_quarters_and_lands_on_each_root() -> None:
    form = form_of(TWO_FIVE).repeat(8)
    notes = play(form)["Bass"].notes
    assert [note.onset for note in notes[:-1]] == list(range(0, form.length - 48, 12))
    assert all(28 <= note.pitch <= 55 for note in notes)
    by_onset = {note.onset: note.pitch for note in notes}
    assert all(by_onset[c.tick] % 12 == harmony.parse_chord(c.symbol).bass for c in form.chords)
    pitches = [note.pitch for note in notes]
    assert all(abs(a - b) <= 12 for a, b in pairwise(pitches))
    assert not any(a == b == c for a, b, c in zip(pitches, pitches[1:], pitches[2:], strict=False))


def test_the_bass_plays_the_slash() -> None:
    assert play(form_of("| C/E | F |"))["Bass"].notes[0].pitch % 12 == 4


def test_the_piano_voices_around_middle_c_without_the_root_and_moves_little() -> None:
    form = form_of(TWO_FIVE).repeat(8)
    notes = play(form)["Piano"].notes
    assert all(48 <= note.pitch <= 76 for note in notes)
    chords = [[n.pitch for n in notes if n.onset == onset] for onset in starts(play(form)["Piano"])]
    assert all(3 <= len(chord) <= 4 for chord in chords)
    tops = [max(chord) for chord in chords]
    assert np.mean(np.abs(np.diff(tops))) < 4


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Dm7", "F A C"),
        ("G7", "B D F"),
        ("Cmaj7", "E G B D"),
        ("C", "C E G"),
        ("G7b9", "B D F Ab"),
        ("Em7b5", "G Bb D"),
    ],
)
def test_voicings_hold_the_guide_tones(symbol: str, expected: str) -> None:
    names = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]
    chord = harmony.parse_chord(symbol)
    voiced = {names[pitch % 12] for pitch in band._voicing(chord, ())}
    assert set(expected.split()) <= voiced
    assert len(voiced) <= 4


def test_every_chord_is_heard() -> None:
    form = form_of("| Dm7 G7 | Cmaj7 A7 | Dm7 Db7 | C6 |")
    for seed in range(20):
        onsets = starts(play(form, seed)["Piano"])
        for change, after in pairwise([*form.chords, harmony.parse_progression("| C |").chords[0]]):
            end = after.tick or form.length
            assert any(change.tick - 6 <= onset < end for onset in onsets), (seed, change)


def test_bars_without_a_chord_are_silent() -> None:
    form = form_of("| C7 | N.C. | N.C. | F7 |")
    for seed in range(10):
        for part in play(form, seed).values():
            assert not [note for note in part.notes if 48 <= note.onset < 144 - 6]
            assert not [note for note in part.notes if note.onset < 48 < note.end]


def test_a_band_without_any_chord_is_silent() -> None:
    assert all(not part.notes for part in play(form_of("| N.C. | % |")).values())


def test_the_last_bar_is_held() -> None:
    form = form_of(TWO_FIVE)
    parts = play(form)
    for name in ("Piano", "Bass"):
        assert {(n.onset, n.end) for n in parts[name].notes if n.onset >= 144} == {(144, 192)}
    assert starts(parts["Drums"])[-1] == 144


@pytest.mark.parametrize("beats", [2, 3, 4, 5, 7])
def test_the_drums_keep_time_in_any_meter(beats: int) -> None:
    bar = beats * 12
    form = Progression(form_of("| C7 |").chords, 4 * bar, (MeterChange(0, beats),))
    part = play(form)["Drums"]
    ride = [note.onset for note in part.notes if note.pitch == band.RIDE]
    pedal = [note.onset % bar for note in part.notes if note.pitch == band.PEDAL]
    assert set(range(0, 3 * bar, 12)) <= set(ride)
    assert set(pedal) == set(range(12, bar, 24))


def test_under_a_double_time_solo_the_band_keeps_the_beat_of_the_file() -> None:
    form = form_of("| Dm7 | % | G7 | % | Cmaj7 | % | A7 | % |")  # each bar of the file is two here
    notes = play(form, double_time=True)["Bass"].notes
    assert [note.onset for note in notes] == [*range(0, 288, 24), 288]
    assert notes[0].duration == 24
    assert notes[-1].end == form.length


def test_meters_may_change() -> None:
    form = Progression(form_of("| C7 |").chords, 84, (MeterChange(0, 4), MeterChange(48, 3)))
    assert all(part.notes for part in play(form).values())
