"""Encoded solos as the batches of an epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import encode_solo
from jazzgen.training.data import TrainingData, as_dataset
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.workers import Workers
from tests.training.solos import ALL, FIRST_REST, FULL, heard, random_solos, tune


@pytest.mark.parametrize("player_dropout", [0.0, 0.5, 1.0])
def test_a_share_of_the_solos_is_played_by_no_one(player_dropout):
    data = TrainingData(heard(40), (), replace(FULL, player_dropout=player_dropout), ALL)
    first = ALL.offsets["player"]
    shares = []
    for epoch in (0, 1):
        batches = [*data.batches(epoch)]
        named = np.concatenate([((b.active >= first) & (b.active < first + 2)).any(axis=2) for b in batches])
        played = np.concatenate([b.Y >= 0 for b in batches])
        shares.append(named.sum() / played.sum())
    if player_dropout in (0.0, 1.0):
        assert shares == [1 - player_dropout] * 2
    else:
        assert all(0.2 < share < 0.8 for share in shares)
        assert shares[0] != shares[1]


def test_without_its_player_a_solo_keeps_every_other_feature():
    """Also those whose rows come after the player's."""
    spec = FeatureSpec(("player", "chord", "beat"), ("Ann", "Bob"))
    solos = [encode_solo(spec, tune(k), "Ann") for k in range(3)]
    settings = TrainingSettings(Tx=7, batch_size=2, player_dropout=0.0)
    every = [*TrainingData(solos, (), settings, spec).batches(0)]
    none = [*TrainingData(solos, (), replace(settings, player_dropout=1.0), spec).batches(0)]
    assert sum((b.active < 2).sum() for b in every) == sum(len(solo.values) for solo in solos)
    for batch, other in zip(every, none, strict=True):
        expected = np.where(batch.active < 2, spec.width, batch.active)
        np.testing.assert_array_equal(other.active, expected)
        assert other.active.dtype == batch.active.dtype


def test_sizes_are_counted_and_decide_whether_a_run_is_validated():
    solos = random_solos(3, 20)
    data = TrainingData(solos, [], TrainingSettings())
    assert data.sizes.tolist() == [[int((solo.values < FIRST_REST).sum()), 20] for solo in solos]
    assert not data.validated
    assert TrainingData(solos, solos[:1]).validated
    assert not TrainingData(solos, random_solos(1, 0)).validated


def test_the_steps_of_all_epochs_are_as_many_as_their_batches():
    data = TrainingData(random_solos(5, 33), (), TrainingSettings(Tx=4, batch_size=2, epochs=3, seed=2))
    assert data.steps() == sum(len([*data.batches(epoch)]) for epoch in range(3))


def test_workers_share_the_held_out_solos():
    solos = random_solos(5, 11)
    parts = []
    for rank in range(2):
        workers = Workers(tf.distribute.get_strategy(), rank, 2)
        data = TrainingData(solos, solos, TrainingSettings(), workers=workers)
        parts.append(np.concatenate([b.Y[b.Y >= 0] for b in data.held_out_batches()]))
    assert [len(part) for part in parts] == [33, 22]
    assert sorted(np.concatenate(parts)) == sorted(np.concatenate([solo.values for solo in solos]))


def test_the_identity_is_of_the_settings_and_the_solos():
    solos = random_solos(2, 9)
    same, again = (TrainingData(solos, solos[:1]).identity() for _ in range(2))
    assert same == again
    others = (
        TrainingData(solos, solos[:1], TrainingSettings(seed=1)),
        TrainingData(random_solos(2, 8), solos[:1]),
        TrainingData(solos, ()),
        TrainingData(solos, solos[:1], spec=FeatureSpec(("player",), ("Ann",))),
    )
    assert all(other.identity() != same for other in others)


def test_a_dataset_gives_the_arrays_of_the_batches():
    data = TrainingData(heard(4), (), FULL, ALL)
    batches = [*data.batches(0)]
    given = [*as_dataset(iter(batches), batches[0])]
    assert len(given) == len(batches)
    for batch, tensors in zip(batches, given, strict=True):
        for array, tensor in zip(batch, tensors, strict=True):
            np.testing.assert_array_equal(tensor.numpy(), array)
