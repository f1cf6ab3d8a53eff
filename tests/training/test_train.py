"""Training: it learns, keeps the best, starts again, stops when told, and goes on where it was cut off."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from jazzgen.errors import CheckpointError, DataError
from jazzgen.training import steps
from jazzgen.training import train as module
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.steps import NOTHING
from jazzgen.training.train import TrainingResult
from tests.training.solos import (
    ALL,
    FULL,
    PHRASE,
    QUICK,
    RIFF,
    fit,
    heard,
    one_pass_nats,
    plain,
    random_solos,
)

# what it learns


LEARNER = TrainingSettings(n_a=16, Tx=6, epochs=20, batch_size=4, learning_rate=0.03)


@pytest.fixture(scope="module")
def learned() -> TrainingResult:
    return fit([plain(PHRASE)] * 4, settings=LEARNER)


def test_a_small_model_learns_one_phrase_by_heart(learned):
    arrays, record = learned
    assert one_pass_nats(arrays, [plain(PHRASE)]) / len(PHRASE) < 0.1
    assert record["losses"][0] > 3
    assert record["losses"][-1] < 0.1


def test_one_seed_gives_one_set_of_weights():
    first, second = (fit([plain(PHRASE)], settings=QUICK).arrays for _ in range(2))
    other = fit([plain(PHRASE)], settings=replace(QUICK, seed=2)).arrays
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert any((first[name] != other[name]).any() for name in first)


def test_the_record_says_how_the_weights_came_about():
    held_out = random_solos(1, 30, seed=5)
    trained = fit([plain(PHRASE), plain(RIFF)], held_out, QUICK)
    record = trained.record
    assert record["settings"]["n_a"] == 8
    assert record["settings"]["seed"] == 1
    assert record["data"] == {"solos": 2, "values": 72, "notes": 63}
    assert record["held_out"]["values"] == 30
    assert record["epochs"] == len(record["losses"]) == len(record["held_out_losses"]) == 2
    assert record["nats_per_value"] == min(record["held_out_losses"])
    nats = one_pass_nats(trained.arrays, held_out)
    assert record["nats_per_note"] == pytest.approx(nats / record["held_out"]["notes"], abs=1e-4)


def test_weights_to_start_from_are_used(learned):
    again = fit(
        [plain(PHRASE)], [plain(PHRASE)], replace(LEARNER, epochs=1, learning_rate=1e-5), start=learned.arrays
    )
    assert one_pass_nats(again.arrays, [plain(PHRASE)]) <= one_pass_nats(learned.arrays, [plain(PHRASE)])


# which weights it keeps, and when it stops


def test_the_best_weights_on_the_held_out_solos_are_kept():
    # Learning noise by heart makes everything else worse, so the best epoch is an early one.
    held_out = random_solos(4, 40, seed=9)
    kept = []
    settings = TrainingSettings(n_a=16, Tx=4, epochs=25, learning_rate=0.05, patience=2)
    trained = fit(random_solos(4, 40), held_out, settings, keep=kept.append)
    losses = trained.record["held_out_losses"]
    assert trained.record["best_epoch"] == int(np.argmin(losses)) + 1
    assert one_pass_nats(trained.arrays, held_out) / 160 == pytest.approx(min(losses), abs=1e-4)
    assert trained.record["stopped"] == "no gain for 2 epochs"
    assert len(losses) == trained.record["best_epoch"] + 2
    assert len(kept) < len(losses)


@pytest.mark.parametrize(("ema_momentum", "best"), [(0.0, 1), (0.5, 3)])
def test_without_held_out_solos_averaged_weights_are_kept_from_the_last_epoch(
    monkeypatch, ema_momentum, best
):
    losses = iter(NOTHING._replace(nats=nats, values=3.0) for nats in (9.0, 12.0, 10.0))
    monkeypatch.setattr(module.Stepper, "train", lambda *_: iter([(next(losses), False)]))
    trained = fit([plain(PHRASE)], settings=replace(QUICK, epochs=3, ema_momentum=ema_momentum))
    assert trained.record["losses"] == [3.0, 4.0, 3.3333]
    assert trained.record["best_epoch"] == best


def test_weights_kept_on_the_way_say_that_the_training_is_not_finished():
    kept = []
    fit([plain(PHRASE)], settings=replace(QUICK, epochs=2), keep=kept.append)
    assert [result.record["stopped"] for result in kept] == ["not finished", "all epochs done"]
    assert [result.record["epochs"] for result in kept] == [1, 2]


def test_an_interrupt_keeps_the_best_so_far():
    def interrupt_in_the_third_epoch(moment):
        if moment.epoch == 3:
            raise KeyboardInterrupt

    trained = fit([plain(PHRASE)], settings=replace(QUICK, epochs=9), report=interrupt_in_the_third_epoch)
    assert trained.record["stopped"] == "interrupted"
    assert trained.record["epochs"] == 2
    assert one_pass_nats(trained.arrays, [plain(PHRASE)]) > 0


def test_an_interrupt_before_the_first_epoch_is_passed_on():
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit([plain(PHRASE)], settings=QUICK, report=interrupt)


def test_progress_is_reported_to_the_last_value():
    moments = []
    fit([plain(PHRASE)], [plain(RIFF)], QUICK, report=moments.append)
    last = {moment.epoch: moment for moment in moments}
    assert last.keys() == {1, 2}
    for moment in last.values():
        assert moment.values_done == moment.values == len(PHRASE)
        assert moment.loss > 0
    assert np.isnan(last[1].held_out)
    assert last[2].held_out == last[2].best > 0


def test_a_training_that_diverges_is_an_error(monkeypatch):
    losses = iter([NOTHING._replace(nats=9.0, values=3.0), NOTHING._replace(nats=np.nan, values=3.0)])
    monkeypatch.setattr(module.Stepper, "train", lambda *_: iter([(next(losses), False)]))
    with pytest.raises(DataError, match="not a number in epoch 2: the training diverged"):
        fit([plain(PHRASE)], settings=QUICK)


def test_no_values_at_all_are_refused():
    with pytest.raises(DataError, match="nothing to train on"):
        fit([plain([])])


FREE = {"dropout": 0.4, "context_dropout": 0.2, "value_dropout": 0.1}


@pytest.mark.parametrize(
    ("settings", "cut_at"),
    [
        (replace(FULL, graph="fused", recurrent_dropout=0.3, ema_momentum=0.9, warmup_steps=5, **FREE), 5),
        (replace(FULL, layers=1, dropout=0.3, patience=2), 1),
    ],
)
def test_a_run_that_was_cut_off_ends_with_the_same_weights(tmp_path, monkeypatch, settings, cut_at):
    monkeypatch.setattr(steps, "STEPS_AT_ONCE", 4)
    examples, held_out = heard(6), heard(2)
    whole = fit(examples, held_out, settings, ALL.players)
    calls = count()
    files = {"progress": tmp_path / "run.progress", "save_every_s": 0}

    def cut(moment):
        # In an epoch's middle: so many steps after its beginning, in the second epoch or the first.
        if moment.epoch == (2 if cut_at > 1 else 1) and moment.values_done and next(calls) == cut_at:
            raise KeyboardInterrupt

    if cut_at > 1:
        cut_off = fit(examples, held_out, settings, ALL.players, files, report=cut)
        assert cut_off.record["stopped"] == "interrupted"
    else:
        with pytest.raises(KeyboardInterrupt):
            fit(examples, held_out, settings, ALL.players, files, report=cut)
    begun = []
    resumed = fit(examples, held_out, settings, ALL.players, files | {"resume": True}, report=begun.append)
    assert begun[0].values_done > 0  # it did not begin anew
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(array, resumed.arrays[name])
    for key in ("losses", "held_out_losses", "best_epoch", "epochs", "nats_per_note", "stopped"):
        assert resumed.record[key] == whole.record[key]


def test_a_progress_file_of_another_run_is_refused(tmp_path):
    progress = tmp_path / "run.progress"
    settings = replace(QUICK, epochs=1)
    fit([plain(PHRASE)], settings=settings, files={"progress": progress})
    for other, solos in ((replace(settings, dropout=0.1), [PHRASE]), (settings, [PHRASE, RIFF])):
        with pytest.raises(CheckpointError, match="other settings or other solos"):
            fit([plain(s) for s in solos], settings=other, files={"progress": progress, "resume": True})
