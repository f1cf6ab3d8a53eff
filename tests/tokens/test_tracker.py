"""The context of a line as it goes on: each feature by hand, and what holds for every solo."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jazzgen.errors import OptionError
from jazzgen.music.keys import transpose_progression
from jazzgen.music.score import Note, Solo
from jazzgen.tokens import features
from jazzgen.tokens.features import DISPLACEMENTS, FeatureSpec, near_class
from jazzgen.tokens.tracker import ContextTracker, Encoded, encode_solo
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST, encode, value_of
from tests.solos import quantized_solos
from tests.tokens.tracking import (
    ALL,
    EIGHTH,
    FORM,
    HALF,
    QUARTER,
    SIXTEENTH,
    WHOLE,
    note,
    rest,
    tracking,
)


def test_the_place_moves_on_by_the_lengths_heard_and_stays_at_the_end() -> None:
    tracker = tracking("beat", "chord")
    note(tracker, 62, QUARTER)
    rest(tracker, EIGHTH)
    assert tracker.now == 18
    assert tracker.active_features()[-2:] == [6, 12 + 1]
    for _ in range(6):
        rest(tracker, WHOLE)
    assert tracker.now > FORM.length
    assert tracker.active_features() == tracking("beat", "chord").table.active[-1]
    assert tracker.root == 0


def test_pitches_are_the_last_three_above_the_root_that_sounds_now() -> None:
    tracker = tracking("pitches")
    assert tracker.active_features() == []
    for pitch in (62, 65, 69, 72):
        note(tracker, pitch, QUARTER)
    # Now over G: C, A and F are its fourth, second and seventh.
    assert tracker.active_features() == [5, 12 + 2, 24 + 10]
    rest(tracker, QUARTER)
    assert tracker.active_features() == [5, 12 + 2, 24 + 10]


def test_intervals_are_the_last_two_and_no_more_than_an_octave() -> None:
    tracker = tracking("intervals")
    note(tracker, 60)
    assert tracker.active_features() == []
    note(tracker, 63)
    rest(tracker, QUARTER)
    note(tracker, 62)
    assert tracker.active_features() == [12 - 1, 25 + 12 + 3]
    note(tracker, 82)
    assert tracker.active_features() == [12 + 12, 25 + 12 - 1]


@pytest.mark.parametrize(("pitch", "row"), [(60, 6), (63, 6), (64, 7), (59, 5), (55, 4), (30, 0), (100, 11)])
def test_register_is_the_last_pitch_against_the_middle(pitch: int, row: int) -> None:
    tracker = tracking("register")
    assert tracker.active_features() == []
    note(tracker, pitch)
    rest(tracker, HALF)
    assert tracker.active_features() == [row]


def test_phrase_tells_how_long_it_and_the_silence_have_lasted() -> None:
    tracker = tracking("phrase")
    assert tracker.active_features() == [0, 9]
    note(tracker, 60, EIGHTH)
    assert tracker.active_features() == [1, 9]
    rest(tracker, EIGHTH)  # no breath: the phrase goes on
    assert tracker.active_features() == [2, 9 + 2]
    note(tracker, 62, QUARTER)
    assert tracker.active_features() == [3, 9]  # 24 ticks
    rest(tracker, QUARTER)
    assert tracker.active_features() == [0, 9 + 3]  # a beat of silence ends it
    note(tracker, 64, SIXTEENTH)
    assert tracker.active_features() == [1, 9]


def test_texture_averages_are_shares_that_forget() -> None:
    tracker = tracking("texture")
    buckets = len(features.SHARE)
    assert tracker.active_features() == [k * buckets for k in range(7)]
    for _ in range(40):
        note(tracker, 60, SIXTEENTH)
    # 1 - (31/32) ** 40 = 0.72 of the values were 16ths, and as much of the intervals no wider than a step.
    assert [row % buckets for row in tracker.active_features()] == [5, 0, 0, 0, 0, 5, 0]
    for _ in range(10):
        rest(tracker, QUARTER)
    # 0.72 * (31/32) ** 10 = 0.52 and 1 - (31/32) ** 10 = 0.27; rests say nothing about intervals.
    assert [row % buckets for row in tracker.active_features()] == [4, 0, 0, 0, 2, 5, 0]
    for k in range(8):
        note(tracker, 55 if k % 2 else 65, HALF)
    assert [row % buckets for row in tracker.active_features()] == [3, 0, 0, 2, 2, 4, 2]


def test_the_last_degree_is_seen_from_the_root_that_sounds_now() -> None:
    tracker = tracking("motion")
    assert tracker.last_degree == -1
    note(tracker, 60, HALF)
    assert tracker.last_degree == 10  # C over Dm7
    rest(tracker, HALF)
    assert tracker.last_degree == 5  # over G7
    assert tracker.active_features() == []
    assert (FeatureSpec(("motion",)).motion, FeatureSpec(("beat",)).motion) == (True, False)


def test_a_player_is_one_row_and_anyone_is_none() -> None:
    players = ("Ann", "Bob")
    assert tracking("tempo", "player", players=players).active_features() == [3]
    assert tracking("tempo", "player", players=players, player="bOB").active_features() == [3, 10 + 1]
    with pytest.raises(OptionError, match="unknown player 'Cy'; 'jazzgen players' lists the 2"):
        tracking("player", players=players, player="Cy")
    with pytest.raises(OptionError, match=r"unknown player 'Anne'; did you mean Ann\?"):
        tracking("player", players=players, player="Anne")
    with pytest.raises(OptionError, match="unknown player 'Ann'; this model knows no players"):
        tracking("tempo", player="Ann")


def test_octaves_are_those_of_the_instrument() -> None:
    tracker = tracking()
    note(tracker, 62, QUARTER)
    assert tracker.octaves(value_of(0, EIGHTH)) == (62, [False, True, True, False, False])  # 50 and 62
    assert near_class(64, None) == 6


# --------------------------------------------------------------------------------- what holds for every solo


def rows_without(encoded: Encoded, feature: str) -> list[set[int]]:
    first = ALL.offsets[feature]
    own = range(first, first + ALL.width_of(feature))
    return [set(rows.tolist()) - {*own, ALL.width} for rows in encoded.active]


@given(quantized_solos(), st.integers(1, 11))
@settings(deadline=None, max_examples=60)
def test_transposing_a_solo_with_its_chords_changes_only_its_register(solo: Solo, semitones: int) -> None:
    moved = replace(
        solo,
        notes=tuple(replace(n, pitch=n.pitch + semitones) for n in solo.notes),
        progression=transpose_progression(solo.progression, semitones),
    )
    before, after = encode_solo(ALL, solo, "Ann"), encode_solo(ALL, moved, "Ann")
    np.testing.assert_array_equal(before.values, after.values)
    assert rows_without(before, "register") == rows_without(after, "register")
    np.testing.assert_array_equal(before.proposed, after.proposed)
    np.testing.assert_array_equal(before.match, after.match)
    np.testing.assert_array_equal(before.last_degree, after.last_degree)


@given(quantized_solos(), st.sampled_from([None, "Bob"]))
@settings(deadline=None, max_examples=60)
def test_a_listener_step_by_step_knows_what_encode_solo_writes(solo: Solo, player: str | None) -> None:
    encoded = encode_solo(ALL, solo, player)
    assert encoded.values.tolist() == encode(solo)
    tracker = ContextTracker.over(solo, ALL, player)
    pitches = iter([n.pitch for n in solo.notes])
    for t, value in enumerate(encoded.values.tolist()):
        rows = tracker.active_features()
        assert len(rows) <= ALL.most_active
        assert len(set(rows)) == len(rows)
        assert all(0 <= row < ALL.width for row in rows)
        assert encoded.last_degree[t] == tracker.last_degree
        assert encoded.active[t].tolist() == rows + [ALL.width] * (ALL.most_active - len(rows))
        for memory, proposal in enumerate(tracker.proposals()):
            told = (encoded.proposed[t, memory], encoded.match[t, memory])
            assert told == ((-1, 0) if proposal is None else proposal[:2])
        pitch = None
        if value // len(LENGTHS) == REST:
            assert (encoded.displacement[t], encoded.near[t]) == (-1, 0)
        else:
            pitch, near = next(pitches), tracker.nearest(value)
            assert encoded.near[t] == near_class(near, tracker.last)
            octave = DISPLACEMENTS[encoded.displacement[t]]
            assert octave == max(-2, min(2, (pitch - near) // 12))
            assert (pitch - near) % 12 == 0
        tracker.advance(value, pitch)
    assert next(pitches, None) is None


@given(quantized_solos(), st.randoms())
@settings(deadline=None, max_examples=60)
def test_nothing_of_the_future_is_known(solo: Solo, chance: random.Random) -> None:
    assume(solo.notes)
    k = chance.randrange(len(solo.notes))
    tail = tuple(replace(n, pitch=chance.randint(30, 100)) for n in solo.notes[k:])
    other = replace(solo, notes=solo.notes[:k] + tail)
    before, after = encode_solo(ALL, solo), encode_solo(ALL, other)
    notes = np.flatnonzero(before.values < REST * len(LENGTHS))
    first = notes[k]  # the value of the first note that may differ
    np.testing.assert_array_equal(before.active[: first + 1], after.active[: first + 1])
    np.testing.assert_array_equal(before.proposed[: first + 1], after.proposed[: first + 1])
    np.testing.assert_array_equal(before.last_degree[: first + 1], after.last_degree[: first + 1])
    np.testing.assert_array_equal(before.near[:first], after.near[:first])


def test_a_value_not_yet_heard_moves_nothing() -> None:
    tracker = tracking(*ALL.features, players=ALL.players)
    rng = np.random.default_rng(0)
    for value in rng.integers(0, N_VALUES, 30).tolist():
        known = tracker.active_features(), tracker.proposals(), tracker.shape_proposal()
        if value < REST * len(LENGTHS):
            tracker.octaves(value)
        assert (tracker.active_features(), tracker.proposals(), tracker.shape_proposal()) == known
        tracker.advance(value, None if value >= REST * len(LENGTHS) else tracker.nearest(value))


def test_restarted_a_line_goes_on_in_another_place_with_its_past() -> None:
    there, here = (tracking(*ALL.features, players=ALL.players) for _ in range(2))
    for line in (there, here):
        for pitch in (62, 65, 62, 65, 62):
            note(line, pitch)
    here.restart()
    assert (here.now, here.last, here.silence, here.last_onset, here.phrase_ticks) == (0, 62, 0, 0, 0)
    assert here.proposals()[0] == there.proposals()[0] is not None
    assert here.active_features() != there.active_features()  # another place in the form
    fresh = tracking(*ALL.features, players=ALL.players)
    note(here, 70)
    note(fresh, 70)
    assert (here.now, here.last_onset, here.root) == (fresh.now, fresh.last_onset, fresh.root)
    assert here.active_features() != fresh.active_features()  # another past


def test_a_solo_of_one_note_has_one_step() -> None:
    encoded = encode_solo(ALL, Solo((Note(0, 12, 62),), FORM))
    assert len(encoded.values) == len(encoded.active) == 1
    assert encoded.proposed.tolist() == [[-1, -1]]
