"""Solos to batches of windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jazzgen.corpus import batches
from jazzgen.corpus.batches import Encodings, EpochPlan, stream
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.tokens.tracker import Encoded, encode_solo
from jazzgen.tokens.vocabulary import N_VALUES, encode
from tests.corpus.solos import make_solo

SPEC = FeatureSpec(("intervals",))  # 2 features of 50 at once
NO_ROW = SPEC.width


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
        ratios=np.zeros((length, 0, 12), np.float16),
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
    plan = (
        EpochPlan.straight(range(n), Tx)
        if seed is None
        else EpochPlan.draw(n, Tx, np.random.default_rng(seed))
    )
    assert sorted(plan.order.tolist()) == list(range(n))
    assert all(1 <= first <= Tx for first in plan.firsts)
    firsts = dict(zip(plan.order.tolist(), plan.firsts.tolist(), strict=True))
    seen: dict[int, list[int]] = {number: [] for number in range(n)}
    playing: list[int | None] = [None] * m
    steps = 0
    for batch in stream(examples.__getitem__, plan, m, Tx, SPEC):
        steps += 1
        assert batch.X.shape == batch.Y.shape == batch.displacement.shape == batch.near.shape == (m, Tx)
        assert batch.active.shape == batch.proposed.shape == batch.match.shape == (m, Tx, 2)
        for lane in range(m):
            count = int((batch.Y[lane] >= 0).sum())
            assert (batch.Y[lane, count:] == -1).all()
            assert (batch.X[lane, count:] == -1).all()
            assert (batch.active[lane, count:] == NO_ROW).all()
            assert (batch.proposed[lane, count:] == -1).all()
            assert (batch.last_degree[lane, count:] == -1).all()
            assert (batch.displacement[lane, count:] == -1).all()
            if not count:
                continue
            (number,) = set(batch.active[lane, :count, 0].tolist())
            assert batch.begins[lane] == (not seen[number])
            if batch.begins[lane]:
                assert count == min(firsts[number], lengths[number])
            else:
                assert playing[lane] == number  # the state carried is this solo's
                assert count == min(Tx, lengths[number] - len(seen[number]))
            start, solo = len(seen[number]), examples[number]
            span = slice(start, start + count)
            seen[number] += batch.active[lane, :count, 1].tolist()
            before = [-1, *solo.values[:-1].tolist()] if len(solo.values) else []
            assert batch.X[lane, :count].tolist() == before[span]
            for got, given_ in (
                (batch.Y, solo.values),
                (batch.proposed, solo.proposed),
                (batch.match, solo.match),
                (batch.last_degree, solo.last_degree),
                (batch.displacement, solo.displacement),
                (batch.near, solo.near),
            ):
                np.testing.assert_array_equal(got[lane, :count], given_[span])
            playing[lane] = number
    assert seen == {number: list(range(length)) for number, length in enumerate(lengths)}
    assert steps == plan.steps(np.array(lengths), m, Tx)


def test_a_plan_is_another_one_each_epoch_and_the_same_for_one_generator() -> None:
    plans = [EpochPlan.draw(20, 30, np.random.default_rng([7, epoch])) for epoch in (0, 1, 0)]
    np.testing.assert_array_equal(plans[0].order, plans[2].order)
    np.testing.assert_array_equal(plans[0].firsts, plans[2].firsts)
    assert (plans[0].order != plans[1].order).any()
    assert (plans[0].firsts != plans[1].firsts).any()


def test_solos_are_encoded_when_they_are_asked_for_and_once(monkeypatch) -> None:
    calls = []

    def counted(spec, solo, player=None):
        calls.append((solo.title, player))
        return encode_solo(spec, solo, player)

    monkeypatch.setattr(batches, "encode_solo", counted)
    spec = FeatureSpec(tuple(FEATURES), ("Ann",))
    solos = [replace(make_solo(title), player=player) for title, player in (("A", "Ann"), ("B", "Cy"))]
    known, unknown = Encodings(solos, spec, players=True), Encodings(solos, spec)
    assert len(known) == 2
    assert known.sizes().tolist() == [[len(solo.notes), len(encode(solo))] for solo in solos]
    assert calls == []
    first = known[1]
    assert calls == [("B", None)]  # a player the spec does not know is no player
    assert known[1] is first
    assert len(calls) == 1
    row = spec.offsets["player"]
    assert (known[0].active == row).any(axis=1).all()
    assert not (unknown[0].active == row).any()
    for mine, other in zip(first, encode_solo(spec, solos[1]), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_no_more_values_are_kept_than_there_is_room_for() -> None:
    solos = [make_solo(title) for title in "ABC"]
    encodings = Encodings(solos, FeatureSpec(("beat",)), keep=len(encode(solos[0])))
    assert encodings[0] is encodings[0]
    assert encodings[2] is not encodings[2]
    np.testing.assert_array_equal(encodings[2].active, encodings[2].active)
