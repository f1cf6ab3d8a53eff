"""grid.py: what is on the grid stays, what is not goes to the nearest place, and swing comes and goes."""

from __future__ import annotations

import random
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import OptionError
from jazzgen.music import grid
from jazzgen.music.grid import PlayedNote, play, quantize, snap_onsets, swing_position
from jazzgen.music.score import Note
from tests.solos import BEAT_PATTERNS, annotated_solos, corpus_solos, quantized_notes

JITTER_BEATS = 0.03
RATIOS = st.floats(1.0, 2.0)


def quantized(played: list[PlayedNote]) -> list[Note]:
    return quantize(played, double_time=False)[0]


def one_voice(
    onsets: list[float], ends: list[float], pitches: list[int], velocities: list[int] | None = None
) -> list[Note]:
    loud = [90] * len(onsets) if velocities is None else velocities
    return quantized(list(map(PlayedNote, onsets, ends, pitches, loud)))


def places(*onsets: float) -> list[int]:
    """The places of these onsets, given in 12ths of a beat."""
    return snap_onsets([onset / 12 for onset in onsets])


# ------------------------------------------------------------------------------------------------- onsets


@pytest.mark.parametrize("pattern", BEAT_PATTERNS, ids=str)
@pytest.mark.parametrize("beat", [0, 1, 1000])
def test_grid_values_are_left_alone(pattern: list[int], beat: int) -> None:
    assert snap_onsets([beat + place / 12 for place in pattern]) == [beat * 12 + place for place in pattern]


@pytest.mark.parametrize(
    ("played", "written"),
    [
        ([0.2, 2.8, 6.3, 9.1], [0, 3, 6, 9]),  # sloppy 16ths
        ([0.2, 3.7, 8.3], [0, 4, 8]),  # sloppy triplet
        ([0.0, 3.5, 7.5], [0, 4, 8]),  # triplet moves it by 1.0, straight by 2.0
        ([0.0, 8.0], [0, 6]),  # swung eighths
        ([8.0], [6]),  # the off-beat alone
        ([8.4], [6]),  # swung hard
        ([8.6], [9]),  # nearer to the last 16th
        ([0.0, 9.0], [0, 9]),  # dotted eighth and 16th
        ([0.0, 0.6, 8.0], [0, 0, 6]),  # an ornament does not hide the swing
        ([4.0, 8.0], [4, 8]),  # a triplet without its first note
        ([0.0, 4.0], [0, 4]),
        (
            [0.0, 2.0, 4.0, 6.0, 8.0, 10.0],
            [0, 3, 3, 6, 9, 9],
        ),  # a sextuplet: straight merges two, triplet three
        ([0.0, 2.4, 4.8, 7.2, 9.6], [0, 3, 6, 6, 9]),  # a quintuplet
    ],
)
def test_a_beat_takes_the_grid_that_merges_and_moves_least(played: list[float], written: list[int]) -> None:
    assert places(*played) == written


def test_the_end_of_a_beat_belongs_to_the_next() -> None:
    assert places(11.6) == [12]
    assert places(10.5) == [9]  # as near to both: the earlier
    assert places(10.6) == [12]
    assert places(11.6, 12 + 4.0, 12 + 8.0) == [12, 16, 20]  # and counts as that beat's 0: a triplet
    assert places(11.6, 12 + 8.0) == [12, 18]  # or swung eighths
    assert places(8.0, 11.9) == [6, 12]  # it is no onset of the beat it was played in


def test_of_two_places_as_near_the_free_one() -> None:
    assert places(0.0, 1.5) == [0, 3]
    assert places(1.5) == [0]
    assert places(6.0, 6.0) == [6, 6]  # a chord stays one, though triplets would have two places for it
    assert places(5.0, 6.0, 6.0) == [4, 8, 8]


def test_an_onset_a_little_early_is_the_first_tick() -> None:
    assert one_voice([-0.03], [0.5], [60]) == [Note(0, 6, 60)]


def test_no_gap_is_left_that_note_lengths_cannot_fill() -> None:
    for first, rest_beats, second in product(BEAT_PATTERNS, (0, 1), BEAT_PATTERNS):
        onsets = [*first, *(12 * (1 + rest_beats) + place for place in second)]
        assert not {b - a for a, b in pairwise([0, *onsets])} & {1, 2, 5}


@given(st.lists(st.floats(0, 12), max_size=40))
@settings(deadline=None, max_examples=200)
def test_any_onsets_come_to_patterns_that_stay(onsets: list[float]) -> None:
    ticks = snap_onsets(sorted(onsets))
    assert ticks == sorted(ticks)
    for beat in range(14):
        assert sorted({tick - 12 * beat for tick in ticks if tick // 12 == beat}) in BEAT_PATTERNS
    assert snap_onsets([tick / 12 for tick in ticks]) == ticks
    assert all(abs(12 * onset - tick) <= 4 for onset, tick in zip(sorted(onsets), ticks, strict=True))


# ------------------------------------------------------------------------------------------------- one voice


def test_of_notes_that_sound_together_the_highest_stays() -> None:
    assert one_voice([0, 0, 0.01], [1, 1, 1], [60, 67, 64]) == [Note(0, 12, 67)]


def test_of_an_ornament_and_its_main_note_the_longer_stays() -> None:
    assert one_voice([0.0, 0.08], [0.08, 1.0], [67, 60]) == [Note(0, 12, 60)]
    assert one_voice([0.0, 0.08], [0.1, 1.0], [67, 60]) == [Note(0, 12, 60)]  # legato, a little over it
    assert one_voice([0.94, 1.0], [1.0, 1.5], [67, 60]) == [Note(12, 6, 60)]  # before the beat


def test_what_is_played_under_a_held_note_is_accompaniment() -> None:
    assert one_voice([0, 1, 2], [4, 2, 4], [72, 60, 55]) == [Note(0, 48, 72)]
    assert one_voice([0, 1], [4, 2], [60, 72]) == [Note(0, 12, 60), Note(12, 12, 72)]  # above it, melody


def test_a_note_is_cut_at_the_next_onset() -> None:
    assert one_voice([0, 1], [1.2, 2], [72, 60]) == [Note(0, 12, 72), Note(12, 12, 60)]


def test_a_note_lasts_a_tick_at_least() -> None:
    assert one_voice([0], [0.01], [60]) == [Note(0, 1, 60)]


def test_notes_may_come_in_any_order_with_their_velocities() -> None:
    assert one_voice([1, 0], [2, 1], [60, 62], [70, 80]) == [Note(0, 12, 62, 80), Note(12, 12, 60, 70)]


def test_nothing_gives_nothing() -> None:
    assert quantize([]) == ([], False)


# ------------------------------------------------------------------------------------------------- swing


def test_ends_go_through_the_warp_of_their_beat() -> None:
    # 2/3 of the beat is its half; so 1/3 is a quarter, and 5/6 three quarters.
    assert one_voice([0, 2 / 3], [1 / 3, 5 / 6], [60, 62]) == [Note(0, 3, 60), Note(6, 3, 62)]
    assert one_voice([0, 2 / 3], [2 / 3, 1], [60, 62]) == [Note(0, 6, 60), Note(6, 6, 62)]


def test_only_beats_of_eighths_are_swung() -> None:
    assert swing_position(6, {0, 6}, 2.0) == pytest.approx(2 / 3)
    assert swing_position(18, {6}, 2.0) == pytest.approx(5 / 3)
    assert swing_position(9, {6}, 2.0) == pytest.approx(5 / 6)  # an end in the off-beat
    assert swing_position(6, {0, 6}, 1.0) == 0.5
    assert swing_position(6, {0, 3, 6}, 2.0) == 0.5
    assert swing_position(8, {0, 4, 8}, 2.0) == pytest.approx(2 / 3)
    assert swing_position(6, {0}, 2.0) == 0.5  # an end with no off-beat beside it
    assert swing_position(24, {0, 6}, 2.0) == 2.0


@given(quantized_notes(8), RATIOS | st.just(grid.MAX_RATIO))
@settings(deadline=None, max_examples=200)
def test_what_is_on_the_grid_stays_exact_or_swung(notes: list[Note], ratio: float) -> None:
    assert quantized(play(notes)) == notes
    assert quantized(play(notes, ratio)) == notes


@given(quantized_notes(8), RATIOS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=200)
def test_a_little_jitter_moves_no_onset(notes: list[Note], ratio: float, rng: random.Random) -> None:
    def shake(beats: float) -> float:
        return beats + rng.uniform(-JITTER_BEATS, JITTER_BEATS)

    shaken = [
        note._replace(onset=(onset := shake(note.onset)), end=max(onset, shake(note.end)))
        for note in play(notes, ratio)
    ]
    assert [(n.onset, n.pitch) for n in quantized(shaken)] == [(n.onset, n.pitch) for n in notes]


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0, 2), st.integers(40, 80)), max_size=30), RATIOS)
@settings(deadline=None, max_examples=200)
def test_quantizing_twice_is_quantizing_once(played: list[tuple[float, float, int]], ratio: float) -> None:
    notes = quantized([PlayedNote(onset, onset + length, pitch) for onset, length, pitch in played])
    assert quantized(play(notes)) == notes
    assert quantized(play(notes, ratio)) == notes


# ------------------------------------------------------------------------------------------------ double time


def test_a_solo_of_32nds_is_read_in_double_time() -> None:
    played = [(i / 8, (i + 1) / 8, 60 + i % 12, 90) for i in range(16)]
    notes, double_time = quantize(played)
    assert double_time
    assert [(note.onset, note.duration) for note in notes] == [(3 * i, 3) for i in range(16)]


def test_a_solo_of_16ths_is_not() -> None:
    played = [(i / 4, (i + 1) / 4, 60 + i % 12, 90) for i in range(16)]
    assert quantize(played)[1] is False


def test_double_time_can_be_asked_for_and_refused() -> None:
    assert quantize([(1.0, 2.0, 60, 90)], double_time=True) == ([Note(24, 24, 60)], True)
    assert len(quantize([(i / 8, (i + 1) / 8, 60, 90) for i in range(16)], double_time=False)[0]) == 9


def test_chords_do_not_count_as_lost_notes() -> None:
    assert quantize([(float(i // 3), i // 3 + 1.0, 60 + i % 3, 90) for i in range(48)])[1] is False


# ------------------------------------------------------------------------------------------------- the corpus


@pytest.mark.no_cover  # the whole corpus
def test_96_percent_of_the_corpus_survives_the_grid() -> None:
    pairs = [(a, s) for a, s in zip(annotated_solos(), corpus_solos(), strict=True) if a.signature == "4/4"]
    played = sum(len(annotated.notes) for annotated, _ in pairs)
    assert sum(len(solo.notes) for _, solo in pairs) / played >= 0.96  # measured: 0.972


def test_double_time_is_for_slow_tunes() -> None:
    solos = corpus_solos()
    slow = [solo for solo in solos if solo.double_time]
    assert 20 <= len(slow) <= 45  # measured: 30
    assert sum(solo.tempo < 80 for solo in slow) >= 0.85 * len(slow)
    assert max(solo.tempo for solo in slow) < 120


@pytest.mark.no_cover  # the whole corpus
def test_the_corpus_stays_on_the_grid_swung_or_not_and_in_its_time() -> None:
    for i, solo in enumerate(corpus_solos()):
        notes, beats = list(solo.notes), 2 if solo.double_time else 1
        played = [
            (n.onset / beats, n.end / beats, n.pitch, n.velocity) for n in play(notes, 1.0 + (i % 5) / 4)
        ]
        assert quantize(played) == (notes, solo.double_time), (solo.title, solo.player)


# ------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("end", [0.5, float("nan"), float("inf")])
def test_a_note_that_does_not_end_is_refused(end: float) -> None:
    with pytest.raises(OptionError, match=r"a note must end after it begins, received 1\.0 to"):
        one_voice([1.0], [end], [60])


def test_a_note_before_the_first_bar_is_refused() -> None:
    with pytest.raises(OptionError, match=r"begins 1\.5 beats before the first bar"):
        one_voice([-1.5], [1.0], [60])


@pytest.mark.parametrize("ratio", [0.5, 3.0])
def test_a_ratio_that_could_not_be_read_back_is_refused(ratio: float) -> None:
    with pytest.raises(OptionError, match=rf"must be in 1.0..2.4 \(long to short\), received {ratio}"):
        play([Note(6, 6, 60)], ratio)
