"""vocabulary.py: the table, the twins, the octaves, and the walks that stay on the grid."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.errors import OptionError
from jazzgen.music.grid import play, quantize
from jazzgen.music.keys import transpose_progression
from jazzgen.music.score import INSTRUMENTS, ChordChange, Instrument, Note, Progression, Solo
from jazzgen.tokens.vocabulary import (
    ALLOWED,
    DEGREE,
    FINGERPRINT,
    IS_REST,
    LENGTHS,
    N_VALUES,
    REST,
    TICKS,
    decode,
    encode,
    note_length,
    parts_of,
    place_pitch,
    rest_lengths,
    value_of,
)
from tests.solos import annotated_solos, corpus_solos, quantized_solos

GAPS = [gap for gap in range(1, 400) if gap not in (1, 2, 5)]
TWO_FIVE_ONE = Progression(
    (ChordChange(0, "Dm7"), ChordChange(48, "G7"), ChordChange(96, "Cmaj7"), ChordChange(144, "N.C.")), 192
)
VALUES = st.lists(st.integers(0, N_VALUES - 1), max_size=60)
TENOR = INSTRUMENTS["tenor-sax"]


def solo_of(*notes: tuple[int, int, int], progression: Progression = TWO_FIVE_ONE) -> Solo:
    """A solo of (onset, duration, pitch)."""
    return Solo(tuple(Note(*note) for note in notes), progression)


def parts(values: list[int]) -> list[tuple[int | str, int]]:
    """Values as (degree or "rest", ticks)."""
    return [
        ("rest" if degree == REST else degree, LENGTHS[length]) for degree, length in map(parts_of, values)
    ]


# ---------------------------------------------------------------------------------------- the table


def test_a_value_is_six_times_the_degree_plus_the_length() -> None:
    assert N_VALUES == 78
    assert [value_of(*parts_of(value)) for value in range(78)] == list(range(78))
    assert value_of(0, 0) == 0  # the root, a 16th
    assert value_of(4, 2) == 26  # the major third, an eighth
    assert value_of(REST, 5) == 77  # a whole rest
    assert parts_of(np.int64(26)) == (4, 2)


def test_the_arrays_say_what_each_value_is() -> None:
    assert [parts_of(value)[0] for value in range(N_VALUES)] == DEGREE.tolist()
    assert [LENGTHS[parts_of(value)[1]] for value in range(N_VALUES)] == TICKS.tolist()
    assert np.flatnonzero(IS_REST).tolist() == list(range(72, 78))


def test_the_fingerprint_is_of_the_table_and_stands_in_every_checkpoint() -> None:
    table = "".join(f"\n{value} {value // 6} {(3, 4, 6, 12, 24, 48)[value % 6]}" for value in range(78))
    assert hashlib.sha256(f"12 ticks a beat{table}".encode()).hexdigest() == FINGERPRINT


@pytest.mark.parametrize("value", [-1, 78])
def test_a_value_outside_the_table_is_refused(value: int) -> None:
    with pytest.raises(OptionError, match=rf"a value must be in 0\.\.77, received {value}"):
        parts_of(value)


@pytest.mark.parametrize(("degree", "length"), [(13, 0), (-1, 0), (0, 6)])
def test_parts_outside_the_table_are_refused(degree: int, length: int) -> None:
    with pytest.raises(OptionError, match=f"received {degree} and {length}"):
        value_of(degree, length)


# ---------------------------------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("ticks", "lengths"),
    [
        (0, ()),
        (3, (3,)),
        (7, (4, 3)),
        (8, (4, 4)),
        (9, (6, 3)),
        (11, (4, 4, 3)),
        (13, (6, 4, 3)),
        (60, (48, 12)),
        (97, (48, 24, 12, 6, 4, 3)),
    ],
)
def test_rests_are_the_longest_first_that_fill_exactly(ticks: int, lengths: tuple[int, ...]) -> None:
    assert tuple(LENGTHS[i] for i in rest_lengths(ticks)) == lengths


def test_lengths_fill_every_gap_but_1_2_and_5() -> None:
    for gap in GAPS:
        assert sum(LENGTHS[i] for i in rest_lengths(gap)) == gap
    for gap in (1, 2, 5):
        with pytest.raises(OptionError, match=f"a gap of {gap} ticks cannot be written"):
            rest_lengths(gap)


@pytest.mark.parametrize(
    ("duration", "gap", "length"),
    [
        (6, 6, 6),
        (4, 6, 6),  # two ticks of silence are articulation
        (3, 6, 3),  # three are a rest
        (1, 6, 3),
        (7, 7, 4),  # 6 would leave 1
        (6, 7, 4),
        (5, 12, 6),  # as near to 4: the longer
        (9, 12, 12),  # as near to 6, and a 16th of silence is a rest: still the longer
        (8, 12, 6),
        (18, 18, 12),
        (47, 48, 48),
        (40, 96, 48),
        (8, 8, 4),
        (2, 20, 3),
    ],
)
def test_a_note_has_the_length_it_sounds(duration: int, gap: int, length: int) -> None:
    assert LENGTHS[note_length(duration, gap)] == length


def test_every_note_leaves_what_rests_can_fill() -> None:
    for gap in range(3, 130):
        if gap == 5:
            continue
        for duration in range(1, gap + 1):
            length = LENGTHS[note_length(duration, gap)]
            assert gap - length not in (1, 2, 5)
            assert note_length(length, gap) == note_length(duration, gap)  # reading it again


# ---------------------------------------------------------------------------------------- encode


def test_degrees_are_counted_from_the_root_of_the_chord_at_the_onset() -> None:
    solo = solo_of((0, 12, 62), (12, 12, 65), (24, 24, 72), (48, 48, 59), (96, 48, 59), (144, 48, 62))
    assert parts(encode(solo)) == [(0, 12), (3, 12), (10, 24), (4, 48), (11, 48), (2, 48)]


def test_rests_before_the_first_note_and_none_after_the_last() -> None:
    assert parts(encode(solo_of((60, 6, 67)))) == [("rest", 48), ("rest", 12), (0, 6)]


def test_the_last_note_stays_inside_the_progression() -> None:
    assert parts(encode(solo_of((183, 9, 60))))[-1] == (0, 6)  # 12 would be as near and pass the end
    assert parts(encode(solo_of((180, 9, 60))))[-1] == (0, 12)
    assert parts(encode(solo_of((180, 1, 60))))[-1] == (0, 3)


def test_a_solo_without_notes_has_no_values() -> None:
    assert encode(solo_of()) == []


def test_an_onset_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(OptionError, match="a gap of 5 ticks cannot be written in note lengths"):
        encode(solo_of((0, 5, 60), (5, 4, 60)))


# ---------------------------------------------------------------------------------------- decode


def test_the_progression_repeats_as_often_as_the_values_need() -> None:
    whole = value_of(0, 5)
    assert decode([], TWO_FIVE_ONE).progression == TWO_FIVE_ONE
    assert decode([whole] * 4, TWO_FIVE_ONE).progression == TWO_FIVE_ONE
    twice = decode([whole] * 5, TWO_FIVE_ONE)
    assert twice.progression == TWO_FIVE_ONE.repeat(2)
    assert [note.pitch % 12 for note in twice.notes] == [2, 7, 0, 0, 2]


def test_decode_tells_the_solo_what_it_was_told() -> None:
    solo = decode([0], TWO_FIVE_ONE, instrument="flute", tempo=90, title="A", player="B", velocity=70)
    assert (solo.instrument, solo.tempo, solo.title, solo.player) == ("flute", 90, "A", "B")
    assert solo.notes[0].velocity == 70
    assert not solo.double_time


def test_a_value_that_is_none_is_refused_by_decode() -> None:
    with pytest.raises(OptionError, match="received 78"):
        decode([0, 78], TWO_FIVE_ONE)


def test_an_unknown_instrument_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown instrument 'kazoo'"):
        decode([0], TWO_FIVE_ONE, instrument="kazoo")


# ---------------------------------------------------------------------------------------- octaves


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_no_pitch_leaves_the_instrument(name: str) -> None:
    horn = INSTRUMENTS[name]
    for last in (None, *range(horn.low, horn.high + 1)):
        for pitch_class in range(12):
            pitch = place_pitch(pitch_class, last, horn)
            assert pitch % 12 == pitch_class
            assert horn.low <= pitch <= horn.high


def test_a_line_begins_in_the_middle_and_moves_to_the_nearest_pitch() -> None:
    assert place_pitch(0, None, TENOR) == 60  # the middle is 60
    assert place_pitch(2, 60, TENOR) == 62
    assert place_pitch(11, 60, TENOR) == 59
    assert place_pitch(5, 72, TENOR) == 65  # 77 would be nearer, and is out of the range


def test_the_middle_pulls() -> None:
    horn = Instrument("test", 0, 36, 84)  # the middle is 60
    assert place_pitch(6, 60 + 12, horn) == 66  # a tritone: towards the middle
    assert place_pitch(6, 60 - 12, horn) == 54
    assert place_pitch(5, 72, horn) == 65  # a fourth up is nearer, and a fifth down nearer to the middle
    assert place_pitch(5, 60, horn) == 65


# ---------------------------------------------------------------------------------------- the invariants


def assert_round_trip(solo: Solo) -> None:
    values = encode(solo)
    again = decode(values, solo.progression)
    assert [note.onset for note in again.notes] == [note.onset for note in solo.notes]
    assert [note.pitch % 12 for note in again.notes] == [note.pitch % 12 for note in solo.notes]
    assert encode(again) == values


def assert_same_in_another_key(solo: Solo, semitones: int) -> None:
    moved = replace(
        solo,
        progression=transpose_progression(solo.progression, semitones),
        notes=tuple(replace(note, pitch=note.pitch + semitones) for note in solo.notes),
    )
    assert encode(moved) == encode(solo)


@given(quantized_solos())
@settings(deadline=None, max_examples=150)
def test_any_solo_on_the_grid_comes_back(solo: Solo) -> None:
    assert_round_trip(solo)


@given(quantized_solos(), st.integers(-11, 11))
@settings(deadline=None, max_examples=100)
def test_transposing_a_solo_with_its_chords_changes_no_value(solo: Solo, semitones: int) -> None:
    assert_same_in_another_key(solo, semitones)


@given(VALUES, quantized_solos())
@settings(deadline=None, max_examples=100)
def test_any_values_are_a_solo_that_encodes_to_itself(values: list[int], form: Solo) -> None:
    solo = decode(values, form.progression)
    assert_round_trip(solo)
    lengths = [LENGTHS[parts_of(value)[1]] for value in values]
    starts = accumulate(lengths, initial=0)
    onsets = [tick for tick, value in zip(starts, values, strict=False) if parts_of(value)[0] != REST]
    assert [note.onset for note in solo.notes] == onsets


@pytest.mark.no_cover  # the whole corpus
def test_every_solo_of_the_corpus_comes_back() -> None:
    for solo in corpus_solos():
        assert_round_trip(solo)


@pytest.mark.no_cover  # the whole corpus
def test_every_solo_of_the_corpus_has_the_same_values_in_another_key() -> None:
    for i, solo in enumerate(corpus_solos()):
        assert_same_in_another_key(solo, (i % 11) - 5 or 6)


@pytest.mark.no_cover  # the whole corpus
def test_the_corpus_uses_every_value_in_the_known_shares() -> None:
    solos = [s for a, s in zip(annotated_solos(), corpus_solos(), strict=True) if a.signature == "4/4"]
    values = [value for solo in solos for value in encode(solo)]
    shares = Counter(LENGTHS[parts_of(value)[1]] for value in values)
    n_notes = sum(len(solo.notes) for solo in solos)
    assert len(set(values)) == N_VALUES
    assert len(values) / n_notes == pytest.approx(1.34, abs=0.02)
    assert 1 - n_notes / len(values) == pytest.approx(0.25, abs=0.015)  # rests
    for length, share in {3: 0.32, 4: 0.13, 6: 0.43, 12: 0.08, 24: 0.03, 48: 0.01}.items():
        assert shares[length] / len(values) == pytest.approx(share, abs=0.015)


# ------------------------------------------------------------------------------------- what stays on the grid


def test_what_is_allowed_in_examples() -> None:
    def lengths(place: int, degree: int) -> list[int]:
        return [length for i, length in enumerate(LENGTHS) if ALLOWED[place, value_of(degree, i)]]

    assert ALLOWED.shape == (12, 78)
    assert lengths(0, 0) == lengths(0, REST) == [3, 4, 6, 12, 24, 48]
    assert lengths(3, 0) == lengths(3, REST) == [3, 6, 12, 24, 48]
    assert lengths(4, 0) == [4, 12, 24, 48]
    assert lengths(4, REST) == [12, 24, 48]  # a rest of 4 would leave {8} or {0, 8}
    assert lengths(8, 0) == lengths(8, REST) == [4]
    assert lengths(9, 0) == [3, 6, 12, 24, 48]
    assert lengths(1, 0) == []  # nothing begins between the grids
    assert ALLOWED.any(axis=1).all()  # and no place is a dead end
    assert not ALLOWED.flags.writeable


@given(st.integers(0, 2**32 - 1), st.floats(1.0, 2.0), quantized_solos())
@settings(deadline=None, max_examples=150)
def test_any_allowed_walk_stays_on_the_grid(seed: int, ratio: float, form: Solo) -> None:
    rng = np.random.default_rng(seed)
    values, place = [], 0
    for _ in range(80):
        value = int(rng.choice(np.flatnonzero(ALLOWED[place])))
        values.append(value)
        place = (place + LENGTHS[parts_of(value)[1]]) % 12
        assert place in (0, 3, 4, 6, 8, 9)
    solo = decode(values, form.progression)
    assert_round_trip(solo)
    for played in (play(solo.notes), play(solo.notes, ratio)):
        assert tuple(quantize(played, double_time=False)[0]) == solo.notes


@pytest.mark.parametrize("place", [1, 2, 5, 7, 10, 11])
def test_from_between_the_grids_rests_lead_back(place: int) -> None:
    on_grid = {0, 3, 4, 6, 9}  # not 8, where a note would need one at 4

    def landings(at: int) -> set[int]:
        values = [int(value) for value in np.flatnonzero(ALLOWED[at])]
        assert all(parts_of(value)[0] == REST for value in values)
        return {(at + LENGTHS[parts_of(value)[1]]) % 12 for value in values}

    off_grid = landings(place) - on_grid
    assert off_grid <= {1, 2}
    assert all(landings(at) & on_grid for at in off_grid or {place})
