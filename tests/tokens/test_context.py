"""What a player knows before the next value: each feature by hand, and what holds for every solo."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model.checkpoint import load_checkpoint, save_checkpoint
from jazzgen.music.keys import transpose_progression
from jazzgen.music.progressions import parse_progression
from jazzgen.music.score import (
    INSTRUMENTS,
    ChordChange,
    Instrument,
    MeterChange,
    Note,
    Progression,
    Section,
    Solo,
)
from jazzgen.tokens import features, tracker
from jazzgen.tokens import features as context
from jazzgen.tokens.features import (
    DISPLACEMENTS,
    FEATURES,
    FEATURES_FINGERPRINT,
    MATCH,
    FeatureSpec,
    form_table,
    near_class,
    nearest_to,
)
from jazzgen.tokens.motif import Proposal
from jazzgen.tokens.tracker import ContextTracker, encode_solo
from jazzgen.tokens.vocabulary import LENGTHS, N_VALUES, REST, encode, value_of
from tests.checkpoints import hearing_all
from tests.solos import quantized_solos

FORM = parse_progression("| Dm7 | G7 | Cmaj7 | % |")
HORN = Instrument("a horn", 66, 48, 72)  # its middle is C4, 60
ALL = FeatureSpec(tuple(FEATURES), ("Ann", "Bob"))
SIXTEENTH, TRIPLET, EIGHTH, QUARTER, HALF, WHOLE = range(6)  # places in LENGTHS


def listening(
    *features: str, form: Progression = FORM, players: tuple[str, ...] = (), **options: object
) -> ContextTracker:
    return ContextTracker(
        FeatureSpec(features, players), form, **{"tempo": 160, "instrument": HORN, **options}
    )


def note(tracker: ContextTracker, pitch: int, length: int = EIGHTH) -> None:
    """Let `tracker` hear `pitch`, as the value it is over the chord that sounds."""
    tracker.advance(value_of((pitch - tracker.root) % 12, length), pitch)


def rest(tracker: ContextTracker, length: int) -> None:
    tracker.advance(value_of(REST, length), None)


# ----------------------------------------------------------------------------------------- told by the place


def test_beat_is_the_place_in_the_beat_and_the_beat_of_the_bar() -> None:
    rows = form_table(FeatureSpec(("beat",)), FORM, 160).rows
    assert [rows[tick] for tick in (0, 3, 12, 46, 48)] == [[0, 12], [3, 12], [0, 13], [10, 15], [0, 12]]
    nine = Progression((ChordChange(0, "C"),), 108, (MeterChange(0, 9),))
    assert form_table(FeatureSpec(("beat",)), nine, 160).rows[96] == [
        0,
        12 + 7,
    ]  # the ninth beat counts as 8th


@pytest.mark.parametrize(
    ("symbol", "rows"),
    [
        ("Dm7", {0, 3, 7, 10, 12}),
        ("C7/E", {0, 4, 7, 10, 12 + 4}),
        ("F#o7", {0, 3, 6, 9, 12}),
        ("N.C.", {24}),
    ],
)
def test_chord_is_its_tones_above_the_root_and_its_bass(symbol: str, rows: set[int]) -> None:
    form = Progression((ChordChange(0, symbol),), 48)
    assert set(form_table(FeatureSpec(("chord",)), form, 160).rows[0]) == rows


def test_next_is_the_chord_to_come_above_this_root_and_the_ticks_until_it() -> None:
    table = form_table(FeatureSpec(("next",)), FORM, 160)
    g7 = {5, 12 + 5, 12 + 9, 12 + 0, 12 + 3}  # seen from D
    assert set(table.rows[0]) == g7 | {24 + 5}  # 48 ticks: 37 to 48
    assert set(table.rows[47]) == g7 | {24 + 0}
    assert set(table.rows[48 + 36]) == {5, 12 + 5, 12 + 9, 12 + 0, 12 + 4} | {24 + 2}  # Cmaj7 from G
    assert table.rows[96] == []
    assert [table.roots[tick] for tick in (0, 47, 48, 96, 191)] == [2, 2, 7, 0, 0]


def test_form_counts_bars_since_the_section_until_its_end_and_until_the_solo_ends() -> None:
    form = replace(FORM.repeat(3), sections=(Section(0, "A"), Section(96, "B")))
    rows = form_table(FeatureSpec(("form",)), form, 160).rows
    assert rows[0] == [0, 8 + 1, 16 + 5]  # bar 1 of an A of two bars; 11 more bars count as 5
    assert rows[48] == [1, 8 + 0, 16 + 5]
    assert rows[96] == [0, 8 + 7, 16 + 5]  # nine more bars of the B count as 7
    assert rows[48 * 11] == [7, 8 + 0, 16 + 0]


@pytest.mark.parametrize(
    ("tempo", "double_time", "rows"),
    [(60, False, [0]), (80, False, [1]), (160, False, [3]), (160, True, [3, 9]), (390, False, [8])],
)
def test_tempo_is_a_bucket_and_whether_it_is_double_time(
    tempo: float, double_time: bool, rows: list[int]
) -> None:
    assert listening("tempo", tempo=tempo, double_time=double_time).rows() == rows


def test_the_place_moves_on_by_the_lengths_heard_and_stays_at_the_end() -> None:
    tracker = listening("beat", "chord")
    note(tracker, 62, QUARTER)
    rest(tracker, EIGHTH)
    assert tracker.now == 18
    assert tracker.rows()[-2:] == [6, 12 + 1]
    for _ in range(6):
        rest(tracker, WHOLE)
    assert tracker.now > FORM.length
    assert tracker.rows() == listening("beat", "chord").table.rows[-1]
    assert tracker.root == 0


# ------------------------------------------------------------------------------------ told by what was heard


def test_pitches_are_the_last_three_above_the_root_that_sounds_now() -> None:
    tracker = listening("pitches")
    assert tracker.rows() == []
    for pitch in (62, 65, 69, 72):
        note(tracker, pitch, QUARTER)
    # Now over G: C, A and F are its fourth, second and seventh.
    assert tracker.rows() == [5, 12 + 2, 24 + 10]
    rest(tracker, QUARTER)
    assert tracker.rows() == [5, 12 + 2, 24 + 10]


def test_intervals_are_the_last_two_and_no_more_than_an_octave() -> None:
    tracker = listening("intervals")
    note(tracker, 60)
    assert tracker.rows() == []
    note(tracker, 63)
    rest(tracker, QUARTER)
    note(tracker, 62)
    assert tracker.rows() == [12 - 1, 25 + 12 + 3]
    note(tracker, 82)
    assert tracker.rows() == [12 + 12, 25 + 12 - 1]


@pytest.mark.parametrize(("pitch", "row"), [(60, 6), (63, 6), (64, 7), (59, 5), (55, 4), (30, 0), (100, 11)])
def test_register_is_the_last_pitch_against_the_middle(pitch: int, row: int) -> None:
    tracker = listening("register")
    assert tracker.rows() == []
    note(tracker, pitch)
    rest(tracker, HALF)
    assert tracker.rows() == [row]


def test_phrase_tells_how_long_it_and_the_silence_have_lasted() -> None:
    tracker = listening("phrase")
    assert tracker.rows() == [0, 9]
    note(tracker, 60, EIGHTH)
    assert tracker.rows() == [1, 9]
    rest(tracker, EIGHTH)  # no breath: the phrase goes on
    assert tracker.rows() == [2, 9 + 2]
    note(tracker, 62, QUARTER)
    assert tracker.rows() == [3, 9]  # 24 ticks
    rest(tracker, QUARTER)
    assert tracker.rows() == [0, 9 + 3]  # a beat of silence ends it
    note(tracker, 64, SIXTEENTH)
    assert tracker.rows() == [1, 9]


def test_habits_are_shares_that_forget() -> None:
    tracker = listening("habits")
    buckets = len(features.SHARE)
    assert tracker.rows() == [k * buckets for k in range(7)]
    for _ in range(40):
        note(tracker, 60, SIXTEENTH)
    # 1 - (31/32) ** 40 = 0.72 of the values were 16ths, and as much of the intervals no wider than a step.
    assert [row % buckets for row in tracker.rows()] == [5, 0, 0, 0, 0, 5, 0]
    for _ in range(10):
        rest(tracker, QUARTER)
    # 0.72 * (31/32) ** 10 = 0.52 and 1 - (31/32) ** 10 = 0.27; rests say nothing about intervals.
    assert [row % buckets for row in tracker.rows()] == [4, 0, 0, 0, 2, 5, 0]
    for k in range(8):
        note(tracker, 55 if k % 2 else 65, HALF)
    assert [row % buckets for row in tracker.rows()] == [3, 0, 0, 2, 2, 4, 2]


def test_the_last_degree_is_seen_from_the_root_that_sounds_now() -> None:
    tracker = listening("motion")
    assert tracker.last_degree == -1
    note(tracker, 60, HALF)
    assert tracker.last_degree == 10  # C over Dm7
    rest(tracker, HALF)
    assert tracker.last_degree == 5  # over G7
    assert tracker.rows() == []
    assert (FeatureSpec(("motion",)).motion, FeatureSpec(("beat",)).motion) == (True, False)


def test_a_player_is_one_row_and_anyone_is_none() -> None:
    players = ("Ann", "Bob")
    assert listening("tempo", "player", players=players).rows() == [3]
    assert listening("tempo", "player", players=players, player="bOB").rows() == [3, 10 + 1]
    with pytest.raises(OptionError, match="unknown player 'Cy'; this model knows Ann, Bob"):
        listening("player", players=players, player="Cy")
    with pytest.raises(OptionError, match="unknown player 'Ann'; this model knows no players"):
        listening("tempo", player="Ann")


# ---------------------------------------------------------------------------------------------------- spec


def test_features_follow_each_other() -> None:
    spec = FeatureSpec(("tempo", "player", "register", "motif"), ("Ann", "Bob"))
    assert spec.offsets == {"tempo": 0, "player": 10, "register": 12, "motif": 24}
    assert (spec.width, spec.slots, spec.motif) == (24, 4, True)
    assert (FeatureSpec().width, FeatureSpec().slots, FeatureSpec().motif) == (0, 0, False)


@pytest.mark.parametrize(
    ("features", "players", "message"),
    [
        (("beat", "weather"), (), "received beat, weather"),
        (("beat", "beat"), (), "received beat, beat"),
        (("player",), (), "if and only if"),
        (("beat",), ("Ann",), "if and only if"),
    ],
)
def test_a_layout_that_makes_no_sense_is_refused(
    features: tuple[str, ...], players: tuple[str, ...], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        FeatureSpec(features, players)


def test_the_layout_travels_with_a_checkpoint_and_another_meaning_is_refused(tmp_path) -> None:
    made = hearing_all(4)
    assert made.description["context_layout"] == FEATURES_FINGERPRINT
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, made.arrays, made.description)
    assert load_checkpoint(path).spec == made.spec
    save_checkpoint(path, made.arrays, {**made.description, "context_layout": "0" * 16})
    with pytest.raises(CheckpointError, match="laid out otherwise than ours; train it again"):
        load_checkpoint(path)


def test_the_fingerprint_tells_buckets_and_rows_apart(monkeypatch) -> None:
    for name, other in (("UNTIL", (0, 5)), ("FEATURES", {}), ("BREATH", 24), ("MATCH", (2,))):
        with monkeypatch.context() as patch:
            patch.setattr(context, name, other)
            assert features._fingerprint() != FEATURES_FINGERPRINT, name


# --------------------------------------------------------------------------------------------------- octaves


@pytest.mark.parametrize(
    ("pitch_class", "last", "middle", "pitch"),
    [
        (0, 60, 60.0, 60),
        (5, 60, 60.0, 65),
        (7, 60, 60.0, 55),
        (6, 60, 60.0, 66),  # as far either way: towards the middle
        (6, 61, 70.0, 66),
        (0, 66, 60.0, 60),
        (0, 66, 70.0, 72),
        (4, None, 60.0, 64),
        (7, None, 60.0, 55),
        (6, None, 60.5, 66),
    ],
)
def test_the_nearest_pitch(pitch_class: int, last: int | None, middle: float, pitch: int) -> None:
    assert nearest_to(pitch_class, last, middle) == pitch


@given(st.integers(0, 11), st.integers(30, 100), st.integers(60, 150))
def test_no_pitch_of_the_class_is_nearer(pitch_class: int, last: int, twice_middle: int) -> None:
    near, middle = nearest_to(pitch_class, last, twice_middle / 2), twice_middle / 2
    others = [pitch for pitch in range(128) if pitch % 12 == pitch_class]
    assert near % 12 == pitch_class
    assert abs(near - last) == min(abs(pitch - last) for pitch in others)
    equals = [pitch for pitch in others if abs(pitch - last) == abs(near - last)]
    assert abs(near - middle) == min(abs(pitch - middle) for pitch in equals)
    assert 0 <= near_class(near, last) == near - last + 6 <= 12


def test_octaves_are_those_of_the_instrument() -> None:
    tracker = listening()
    note(tracker, 62, QUARTER)
    assert tracker.octaves(value_of(0, EIGHTH)) == (62, [False, True, True, False, False])  # 50 and 62
    assert near_class(64, None) == 6


# --------------------------------------------------------------------------------------------- motif memories

FEW = st.lists(st.sampled_from([0, 1, 2, 3, 4, 5]), max_size=60)
#         pitch from the root, length; None is a rest
TOKENS = [(0, EIGHTH), (2, EIGHTH), (7, EIGHTH), (0, QUARTER), (None, EIGHTH), (None, QUARTER)]


def longest_match(tokens: list[object]) -> tuple[int, int] | None:
    """(where the continuation stands, how many agree): of the longest matches of 2 to 12 the latest."""
    for n in range(12, 1, -1):
        for end in range(len(tokens) - 1, n - 1, -1):
            if n <= len(tokens) and tokens[end - n : end] == tokens[-n:]:
                return end, n
    return None


def expected(found: tuple[int, int], value: int, heard: int) -> Proposal:
    where, agree = found
    return Proposal(value, max(k for k, begin in enumerate(MATCH) if begin <= agree), heard - where)


@given(FEW)
@settings(deadline=None, max_examples=150)
def test_the_memories_continue_the_longest_match_and_of_equals_the_latest(choices: list[int]) -> None:
    form = parse_progression("| Dm7 | G7 | N.C. | Ab7 |").repeat(8)
    tracker = listening("motif", form=form)
    values: list[int] = []
    moves: list[tuple[int | None, int]] = []
    last = None
    for choice in choices:
        degree, length = TOKENS[choice]
        pitch = None if degree is None else 60 + (degree + tracker.root) % 12
        values.append(value_of(REST if degree is None else degree, length))
        moves.append((None if pitch is None else pitch - (last if last is not None else pitch), length))
        last = last if pitch is None else pitch
        tracker.advance(values[-1], pitch)

        by_value, by_move = tracker.proposals()
        found = longest_match(values)
        assert by_value == (None if found is None else expected(found, values[found[0]], len(values)))
        found = longest_match(moves)
        if found is None:
            assert by_move is None
        else:
            interval, length = moves[found[0]]
            degree = REST if interval is None else ((last or 0) + interval - tracker.root) % 12
            assert by_move == expected(found, value_of(degree, length), len(moves))


def test_a_shape_comes_back_in_another_rhythm() -> None:
    tracker = listening("motif", form=FORM.repeat(8))
    for pitch in (60, 64, 67, 69, 60):
        note(tracker, pitch, EIGHTH)
    for pitch in (64, 67):
        note(tracker, pitch, QUARTER)
    # C, E, G went on to A, the fifth of the Dm7 that sounds.
    assert tracker.shape() == Proposal((69 - tracker.root) % 12, 1, 4)
    assert tracker.proposals()[1] is None


def test_a_model_without_the_memory_proposes_nothing() -> None:
    tracker = listening("beat")
    for _ in range(9):
        note(tracker, 60)
    assert tracker.proposals() == [None, None]


# --------------------------------------------------------------------------------- what holds for every solo


def rows_without(encoded: tracker.Encoded, feature: str) -> list[set[int]]:
    first = ALL.offsets[feature]
    own = range(first, first + ALL.rows_of(feature))
    return [set(rows.tolist()) - {*own, ALL.width} for rows in encoded.rows]


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
    np.testing.assert_array_equal(before.agree, after.agree)
    np.testing.assert_array_equal(before.last, after.last)


@given(quantized_solos(), st.sampled_from([None, "Bob"]))
@settings(deadline=None, max_examples=60)
def test_a_listener_step_by_step_knows_what_encode_solo_writes(solo: Solo, player: str | None) -> None:
    encoded = encode_solo(ALL, solo, player)
    assert encoded.values.tolist() == encode(solo)
    tracker = ContextTracker(
        ALL,
        solo.progression,
        tempo=solo.grid_tempo,
        instrument=INSTRUMENTS[solo.instrument],
        player=player,
    )
    pitches = iter([n.pitch for n in solo.notes])
    for t, value in enumerate(encoded.values.tolist()):
        rows = tracker.rows()
        assert len(rows) <= ALL.slots
        assert len(set(rows)) == len(rows)
        assert all(0 <= row < ALL.width for row in rows)
        assert encoded.last[t] == tracker.last_degree
        assert encoded.rows[t].tolist() == rows + [ALL.width] * (ALL.slots - len(rows))
        for memory, proposal in enumerate(tracker.proposals()):
            told = (encoded.proposed[t, memory], encoded.agree[t, memory])
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
    np.testing.assert_array_equal(before.rows[: first + 1], after.rows[: first + 1])
    np.testing.assert_array_equal(before.proposed[: first + 1], after.proposed[: first + 1])
    np.testing.assert_array_equal(before.last[: first + 1], after.last[: first + 1])
    np.testing.assert_array_equal(before.near[:first], after.near[:first])


def test_a_value_not_yet_heard_moves_nothing() -> None:
    tracker = listening(*ALL.features, players=ALL.players)
    rng = np.random.default_rng(0)
    for value in rng.integers(0, N_VALUES, 30).tolist():
        known = tracker.rows(), tracker.proposals(), tracker.shape()
        if value < REST * len(LENGTHS):
            tracker.octaves(value)
        assert (tracker.rows(), tracker.proposals(), tracker.shape()) == known
        tracker.advance(value, None if value >= REST * len(LENGTHS) else tracker.nearest(value))


def test_restarted_a_line_goes_on_in_another_place_with_its_past() -> None:
    there, here = (listening(*ALL.features, players=ALL.players) for _ in range(2))
    for line in (there, here):
        for pitch in (62, 65, 62, 65, 62):
            note(line, pitch)
    here.restart()
    assert (here.now, here.last, here.silence) == (0, 62, 0)
    assert here.proposals()[0] == there.proposals()[0] is not None
    assert here.rows() != there.rows()  # another place in the form
    fresh = listening(*ALL.features, players=ALL.players)
    note(here, 70)
    note(fresh, 70)
    assert (here.now, here.last_onset, here.root) == (fresh.now, fresh.last_onset, fresh.root)
    assert here.rows() != fresh.rows()  # another past


def test_a_solo_of_one_note_has_one_step() -> None:
    encoded = encode_solo(ALL, Solo((Note(0, 12, 62),), FORM))
    assert len(encoded.values) == len(encoded.rows) == 1
    assert encoded.proposed.tolist() == [[-1, -1]]
