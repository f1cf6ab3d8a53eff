"""Files to solos, solos to a split by tune, solos to windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.corpus import batches as dataset
from jazzgen.corpus import loading
from jazzgen.corpus.batches import Encodings, Plan, stream
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.prepare import prepare
from jazzgen.corpus.splits import split_by_title, title_key
from jazzgen.corpus.store import Shard
from jazzgen.corpus.windows import one_hot, windows
from jazzgen.errors import DataError, JazzgenError, MidiError, OptionError
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.tracker import Encoded, encode_solo
from jazzgen.tokens.vocabulary import N_VALUES, encode
from tests.shared import ROOT

VALUES = st.integers(0, N_VALUES - 1)
STUDIES = ROOT / "data" / "midi"
SOLOS = st.lists(st.lists(VALUES, min_size=1, max_size=40), min_size=1, max_size=5)


def make_solo(title: str, pitches: range = range(60, 68)) -> Solo:
    notes = tuple(Note(6 * i, 6, pitch) for i, pitch in enumerate(pitches))
    return Solo(notes, Progression((ChordChange(0, "C7"),), 96), title=title)


def write_solos(folder: Path, count: int) -> list[Path]:
    files = [folder / f"{i:02}.mid" for i in range(count)]
    for i, file in enumerate(files):
        write_arrangement(Arrangement(make_solo(f"Tune {i}", range(60 + i % 5, 68 + i % 5))), file)
    return files


# files


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    write_solos(tmp_path, 3)
    solos, skipped = load_solos([tmp_path])
    assert [solo.title for solo in solos] == ["Tune 0", "Tune 1", "Tune 2"]
    assert skipped == ()


def test_reading_in_parallel_gives_the_same_solos(tmp_path, monkeypatch):
    files = write_solos(tmp_path, 4)
    one_by_one = load_solos(files)
    monkeypatch.setattr(loading, "MIN_PARALLEL_FILES", 2)
    assert load_solos(files) == one_by_one


def test_a_bad_file_is_named_and_skipped(tmp_path):
    write_solos(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    solos, skipped = load_solos([tmp_path])
    assert len(solos) == 2
    (line,) = skipped
    assert "bad.mid" in line
    assert "\n" not in line


def test_strict_makes_a_bad_file_an_error(tmp_path):
    write_solos(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    with pytest.raises(MidiError, match=r"bad\.mid"):
        load_solos([tmp_path], strict=True)


def test_nothing_readable_is_an_error_that_names_the_first_reason(tmp_path):
    (tmp_path / "bad.mid").write_bytes(b"not MIDI at all")
    with pytest.raises(DataError, match=r"none of 1 MIDI file.*bad\.mid"):
        load_solos([tmp_path])


def test_a_folder_without_midi_is_an_error(tmp_path):
    with pytest.raises(JazzgenError, match="MIDI"):
        load_solos([tmp_path])


def test_reading_reports_each_file(tmp_path):
    files = write_solos(tmp_path, 3)
    seen = []
    load_solos(files, report=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


# split


def test_takes_of_one_tune_stay_together_however_its_title_is_written():
    takes = ["Oleo", "OLEO", " oleo ", "Dickie's Dream", "Dickies  dream"]
    for seed in range(20):
        solos = [make_solo(title) for title in [*takes, *"ABCDEFGH"]]
        train, held_out = split_by_title(solos, 0.4, seed)
        assert not {title_key(s.title) for s in train} & {title_key(s.title) for s in held_out}


def test_a_split_loses_nothing_and_holds_out_the_fraction():
    solos = [make_solo(f"Tune {i}") for i in range(50)]
    train, held_out = split_by_title(solos, 0.1)
    assert len(held_out) == 5
    assert sorted(s.title for s in [*train, *held_out]) == sorted(s.title for s in solos)


def test_the_split_does_not_depend_on_the_order_of_files():
    solos = [make_solo(f"Tune {i}") for i in range(30)]
    titles = {solo.title for solo in split_by_title(solos, 0.2, seed=3).held_out}
    assert {solo.title for solo in split_by_title(solos[::-1], 0.2, seed=3).held_out} == titles
    assert {solo.title for solo in split_by_title(solos, 0.2, seed=4).held_out} != titles


@pytest.mark.parametrize(("tunes", "held"), [(1, 0), (2, 1), (8, 1), (30, 3)])
def test_small_sets_hold_out_one_tune_and_a_single_tune_none(tunes, held):
    assert len(split_by_title([make_solo(f"Tune {i}") for i in range(tunes)], 0.1).held_out) == held


def test_untitled_solos_are_a_tune_each():
    assert len(split_by_title([make_solo("")] * 10, 0.2).held_out) == 2


def test_titles_of_any_script_keep_apart():
    assert title_key("枯葉") != title_key("酒とバラの日々")
    assert title_key("???") == "???"


def test_a_fraction_outside_its_range_is_refused():
    with pytest.raises(OptionError, match=r"received 1\.5"):
        split_by_title([make_solo("A")], 1.5)


# windows


def test_one_hot_of_no_value_is_the_zero_vector():
    rows = one_hot([0, 77, -1])
    assert rows.dtype == np.float32
    assert rows.sum(axis=1).tolist() == [1, 1, 0]
    assert rows[1].argmax() == 77


@pytest.mark.parametrize("value", [-2, 78])
def test_one_hot_refuses_what_is_no_value(value):
    with pytest.raises(OptionError, match=f"received .*{value}"):
        one_hot([value])


def test_windows_of_a_short_solo_are_these():
    X, Y, solo, start = windows([[5, 6, 7, 8, 9]], Tx=3)
    assert X.shape == Y.shape == (2, 3, N_VALUES)
    assert solo.tolist() == [0, 0]
    assert start.tolist() == [0, 3]
    assert _values(X) == [[-1, 5, 6], [7, 8, -1]]
    assert _values(Y) == [[5, 6, 7], [8, 9, -1]]


@settings(deadline=None, max_examples=60)
@given(SOLOS, st.integers(1, 12), st.one_of(st.none(), st.integers(0, 99)))
def test_windows_cover_every_value_once_and_y_is_x_moved_left(solos, Tx, seed):
    X, Y, solo, start = windows(solos, Tx, None if seed is None else np.random.default_rng(seed))
    for number, values in enumerate(solos):
        of_solo = [v for row in np.flatnonzero(solo == number) for v in _values(Y[[row]])[0]]
        assert [v for v in of_solo if v >= 0] == values
    for x, y, first in zip(_values(X), _values(Y), start, strict=True):
        length = sum(v >= 0 for v in y)
        assert x[1:length] == y[: length - 1]
        assert (x[0] == -1) == (first == 0)


def test_random_cuts_differ_from_epoch_to_epoch():
    rng = np.random.default_rng(0)
    cuts = {tuple(windows([list(range(60))], 30, rng).start) for _ in range(20)}
    assert len(cuts) > 5


def test_no_solos_give_no_windows():
    assert windows([], 30).X.shape == (0, 30, N_VALUES)


def test_a_window_of_no_steps_is_refused():
    with pytest.raises(OptionError, match="received 0"):
        windows([[1]], 0)


# streams

NO_ROW = 50


def example(number: int, length: int) -> Encoded:
    """`length` steps whose every entry says which solo and which step it is of."""
    steps = np.arange(length)
    return Encoded(
        values=(number + steps) % N_VALUES,
        active=np.stack([np.full(length, number), steps], axis=1).astype(np.int16),
        proposed=np.stack([steps % N_VALUES, steps % N_VALUES - 1], axis=1).astype(np.int16),
        match=np.stack([steps % 6, np.full(length, number % 6)], axis=1).astype(np.int16),
        last_degree=(steps % 13 - 1).astype(np.int16),
        displacement=steps % 6 - 1,
        near=steps % 13,
    )


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=9),
    st.integers(1, 5),
    st.integers(1, 11),
    st.one_of(st.none(), st.integers(0, 99)),
)
def test_a_stream_gives_every_value_once_in_order_and_carries_no_state_into_a_new_solo(
    lengths: list[int], m: int, Tx: int, seed: int | None
) -> None:
    examples = [example(number, length) for number, length in enumerate(lengths)]
    n = len(examples)
    plan = Plan.straight(n, Tx) if seed is None else Plan.draw(n, Tx, np.random.default_rng(seed))
    assert sorted(plan.order.tolist()) == list(range(n))
    assert all(1 <= first <= Tx for first in plan.firsts)
    firsts = dict(zip(plan.order.tolist(), plan.firsts.tolist(), strict=True))
    seen: dict[int, list[int]] = {number: [] for number in range(n)}
    playing: list[int | None] = [None] * m
    steps = 0
    for batch in stream(examples.__getitem__, plan, m, Tx, NO_ROW):
        steps += 1
        assert batch.X.shape == batch.Y.shape == batch.displacement.shape == batch.near.shape == (m, Tx)
        assert batch.rows.shape == batch.proposed.shape == batch.agree.shape == (m, Tx, 2)
        for place in range(m):
            count = int((batch.Y[place] >= 0).sum())
            assert (batch.Y[place, count:] == -1).all()
            assert (batch.X[place, count:] == -1).all()
            assert (batch.rows[place, count:] == NO_ROW).all()
            assert (batch.proposed[place, count:] == -1).all()
            assert (batch.last[place, count:] == -1).all()
            assert (batch.displacement[place, count:] == -1).all()
            if not count:
                continue
            (number,) = set(batch.rows[place, :count, 0].tolist())
            assert batch.begins[place] == (not seen[number])
            if batch.begins[place]:
                assert count == min(firsts[number], lengths[number])
            else:
                assert playing[place] == number  # the state carried is this solo's
                assert count == min(Tx, lengths[number] - len(seen[number]))
            start, solo = len(seen[number]), examples[number]
            span = slice(start, start + count)
            seen[number] += batch.rows[place, :count, 1].tolist()
            before = [-1, *solo.values[:-1].tolist()] if len(solo.values) else []
            assert batch.X[place, :count].tolist() == before[span]
            for got, given_ in (
                (batch.Y, solo.values),
                (batch.proposed, solo.proposed),
                (batch.agree, solo.match),
                (batch.last, solo.last_degree),
                (batch.displacement, solo.displacement),
                (batch.near, solo.near),
            ):
                np.testing.assert_array_equal(got[place, :count], given_[span])
            playing[place] = number
    assert seen == {number: list(range(length)) for number, length in enumerate(lengths)}
    assert steps == plan.steps(np.array(lengths), m, Tx)


def test_a_plan_is_another_one_each_epoch_and_the_same_for_one_generator() -> None:
    plans = [Plan.draw(20, 30, np.random.default_rng([7, epoch])) for epoch in (0, 1, 0)]
    np.testing.assert_array_equal(plans[0].order, plans[2].order)
    np.testing.assert_array_equal(plans[0].firsts, plans[2].firsts)
    assert (plans[0].order != plans[1].order).any()
    assert (plans[0].firsts != plans[1].firsts).any()


def test_solos_are_encoded_when_they_are_asked_for_and_once(monkeypatch) -> None:
    calls = []

    def counted(spec, solo, player=None):
        calls.append((solo.title, player))
        return encode_solo(spec, solo, player)

    monkeypatch.setattr(dataset, "encode_solo", counted)
    spec = FeatureSpec(tuple(FEATURES), ("Ann",))
    solos = [replace(make_solo(title), player=player) for title, player in (("A", "Ann"), ("B", "Cy"))]
    told, anyone = Encodings(solos, spec, players=True), Encodings(solos, spec)
    assert len(told) == 2
    assert told.sizes().tolist() == [[len(solo.notes), len(encode(solo))] for solo in solos]
    assert calls == []
    first = told[1]
    assert calls == [("B", None)]  # a player the spec does not know is anyone
    assert told[1] is first
    assert len(calls) == 1
    row = spec.offsets["player"]
    assert (told[0].active == row).any(axis=1).all()
    assert not (anyone[0].active == row).any()
    for mine, other in zip(first, encode_solo(spec, solos[1]), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_no_more_values_are_kept_than_there_is_room_for() -> None:
    solos = [make_solo(title) for title in "ABC"]
    encodings = Encodings(solos, FeatureSpec(("beat",)), keep=len(encode(solos[0])))
    assert encodings[0] is encodings[0]
    assert encodings[2] is not encodings[2]
    np.testing.assert_array_equal(encodings[2].active, encodings[2].active)


def test_splitting_a_prepared_corpus_reads_none_of_its_solos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare([STUDIES], tmp_path / "corpus", shard_size=2)
    files, corpus = load_solos([STUDIES]).solos, load_solos([tmp_path / "corpus"]).solos
    monkeypatch.setattr(Shard, "solo", None)
    expected, found = split_by_title(files, 0.3), split_by_title(corpus, 0.3)
    for part, other in zip(expected, found, strict=True):
        assert other.titles() == part.titles() == [solo.title for solo in part]
        assert other.players() == part.players()
        assert (
            other.sizes().tolist()
            == Encodings(other, FeatureSpec()).sizes().tolist()
            == part.sizes().tolist()
        )
        again = split_by_title(other, 0.5, seed=1).train
        assert again.titles() == split_by_title(part, 0.5, seed=1).train.titles()
    monkeypatch.undo()
    assert list(found.held_out) == list(expected.held_out)
    assert list(found.train[1:3]) == list(expected.train)[1:3]


def _values(rows: np.ndarray) -> list[list[int]]:
    """(m, Tx, 78) one-hot or zero -> values, -1 for the zero vector."""
    return np.where(rows.any(axis=-1), rows.argmax(axis=-1), -1).tolist()
