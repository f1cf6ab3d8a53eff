"""Training: it learns, keeps the best, starts again, stops when told, and never damages a file."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from rich.console import Console

from jazzgen import training
from jazzgen.dataset import title_digest, windows
from jazzgen.errors import CheckpointError, DataError, OptionError, OutputError
from jazzgen.midi import write_arrangement
from jazzgen.model import djmodel, layer_weights, make_layers, set_layer_weights
from jazzgen.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.training import Settings, Trained, one_pass_nats, train, train_files
from jazzgen.vocabulary import N_VALUES
from jazzgen.weights import load_checkpoint

RIFF = [3, 27, 45, 3, 57, 75, 9, 39]
PHRASE = RIFF * 8
QUICK = Settings(n_a=8, Tx=3, epochs=2, seed=1)


def random_solos(count: int, length: int, seed: int = 0) -> list[list[int]]:
    return np.random.default_rng(seed).integers(0, N_VALUES, (count, length)).tolist()


# what it learns


LEARNER = Settings(n_a=16, Tx=6, epochs=20, batch_size=4, learning_rate=0.03)


@pytest.fixture(scope="module")
def learned() -> Trained:
    return train([PHRASE] * 4, settings=LEARNER)


def test_a_small_model_learns_one_phrase_by_heart(learned):
    arrays, record = learned
    assert one_pass_nats(arrays, [PHRASE]) / len(PHRASE) < 0.1
    assert record["losses"][0] > 3
    assert record["losses"][-1] < 0.1


def test_one_seed_gives_one_set_of_weights():
    first, second = (train([PHRASE], settings=QUICK).arrays for _ in range(2))
    other = train([PHRASE], settings=replace(QUICK, seed=2)).arrays
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert any((first[name] != other[name]).any() for name in first)


def test_the_record_says_how_the_weights_came_about():
    held_out = random_solos(1, 30, seed=5)
    trained = train([PHRASE, RIFF], held_out, QUICK)
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
    again = train([PHRASE], [PHRASE], replace(LEARNER, epochs=1, learning_rate=1e-5), start=learned.arrays)
    assert one_pass_nats(again.arrays, [PHRASE]) <= one_pass_nats(learned.arrays, [PHRASE])


# which weights it keeps, and when it stops


def test_the_best_weights_on_the_held_out_solos_are_kept():
    # Learning noise by heart makes everything else worse, so the best epoch is an early one.
    held_out = random_solos(4, 40, seed=9)
    kept = []
    settings = Settings(n_a=16, Tx=4, epochs=25, learning_rate=0.05, patience=2)
    trained = train(random_solos(4, 40), held_out, settings, keep=kept.append)
    losses = trained.record["held_out_losses"]
    assert trained.record["best_epoch"] == int(np.argmin(losses)) + 1
    assert one_pass_nats(trained.arrays, held_out) / 160 == pytest.approx(min(losses), abs=1e-4)
    assert trained.record["stopped"] == "no gain for 2 epochs"
    assert len(losses) == trained.record["best_epoch"] + 2
    assert len(kept) < len(losses)


def test_an_interrupt_keeps_the_best_so_far():
    def interrupt_in_the_third_epoch(moment):
        if moment.epoch == 3:
            raise KeyboardInterrupt

    trained = train([PHRASE], settings=replace(QUICK, epochs=9), report=interrupt_in_the_third_epoch)
    assert trained.record["stopped"] == "interrupted"
    assert trained.record["epochs"] == 2
    assert one_pass_nats(trained.arrays, [PHRASE]) > 0


def test_an_interrupt_before_the_first_epoch_is_passed_on():
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train([PHRASE], settings=QUICK, report=interrupt)


def test_progress_is_reported_to_the_last_value():
    moments = []
    train([PHRASE], [RIFF], QUICK, report=moments.append)
    last = {moment.epoch: moment for moment in moments}
    assert last.keys() == {1, 2}
    for moment in last.values():
        assert moment.values_done == moment.values == len(PHRASE)
        assert moment.loss > 0
    assert np.isnan(last[1].held_out)
    assert last[2].held_out == last[2].best > 0


def test_a_training_that_diverges_is_an_error(monkeypatch):
    monkeypatch.setattr(training, "_fit_epoch", lambda *_: float("nan"))
    with pytest.raises(DataError, match="not a number after 2 epochs"):
        train([PHRASE], settings=QUICK)


# how it is measured


def keras_nats(layers, solo: list[int]) -> float:
    X, Y, _, _ = windows([solo], len(solo))
    zeros = np.zeros((1, layers.n_a), np.float32)
    probs = keras.ops.convert_to_numpy(djmodel(len(solo), layers)([X, zeros, zeros]))
    return float(-np.log((probs * Y).sum(axis=-1)).sum())


def test_one_pass_in_numpy_equals_keras():
    layers = make_layers(8)
    rng = np.random.default_rng(3)
    arrays = {
        name: rng.normal(0, 0.6, a.shape).astype(np.float32) for name, a in layer_weights(layers).items()
    }
    set_layer_weights(layers, arrays)
    solos = [random_solos(1, length, seed=length)[0] for length in (7, 12, 1)]
    assert one_pass_nats(arrays, solos) == pytest.approx(
        sum(keras_nats(layers, solo) for solo in solos), rel=1e-5
    )


def test_windows_start_in_the_state_the_solo_has_reached():
    layers, solos = make_layers(8), random_solos(3, 17)
    zeros = np.zeros((3, 8), np.float32)
    whole = keras.ops.convert_to_numpy(djmodel(17, layers)([windows(solos, 17).X, zeros, zeros]))
    cuts = windows(solos, 5, np.random.default_rng(0))
    states = training._states_at(layer_weights(layers), solos, cuts)
    pieces = keras.ops.convert_to_numpy(djmodel(5, layers)([cuts.X, *states]))
    for piece, Y, solo, start in zip(pieces, cuts.Y, cuts.solo, cuts.start, strict=True):
        length = int(Y.sum())
        np.testing.assert_allclose(piece[:length], whole[solo, start : start + length], atol=1e-6)


def test_no_values_at_all_are_refused():
    with pytest.raises(DataError, match="nothing to train on"):
        train([[]])


@pytest.mark.parametrize(
    ("name", "value"), [("n_a", 0), ("Tx", 0), ("epochs", 0), ("seed", -1), ("batch_size", 0)]
)
def test_settings_outside_their_range_are_refused(name, value):
    with pytest.raises(OptionError, match=f"received {value}"):
        Settings(**{name: value})


# files


def write_tunes(folder, count):
    for i in range(count):
        notes = tuple(Note(6 * k, 6, 60 + (k * (i + 2)) % 12) for k in range(32))
        solo = Solo(notes, Progression((ChordChange(0, "C7"),), 192), title=f"Tune {i}")
        write_arrangement(Arrangement(solo), folder / f"{i}.mid")


def quiet() -> Console:
    return Console(file=io.StringIO())


def test_files_become_a_checkpoint_that_loads(tmp_path):
    write_tunes(tmp_path, 4)
    output = tmp_path / "model.safetensors"
    result = train_files([tmp_path], output, units=8, tx=2, epochs=2, seed=3, console=quiet())
    loaded = load_checkpoint(output)
    assert loaded.sha256 == result.checkpoint.sha256
    assert loaded.n_a == 8
    record = loaded.description["training"]
    assert record["data"]["solos"] == 3
    assert record["held_out"]["solos"] == 1
    assert record["split"]["seed"] == 3
    (tune,) = record["split"]["held_out_tunes"]
    assert tune in {title_digest(f"TUNE {i}") for i in range(4)}
    assert "8 units, 3 solos" in result.summary
    assert "nats a note" in result.summary


def test_one_tune_trains_without_validation_and_says_so(tmp_path):
    write_tunes(tmp_path, 1)
    console = quiet()
    result = train_files([tmp_path], tmp_path / "m.safetensors", units=4, tx=2, epochs=1, console=console)
    assert console.file.getvalue().startswith("only one tune: none can be held out")
    assert "nats_per_note" not in result.checkpoint.description["training"]


def test_nothing_is_shown_where_there_is_no_terminal(tmp_path):
    write_tunes(tmp_path, 2)
    console = quiet()
    train_files([tmp_path], tmp_path / "m.safetensors", units=4, tx=2, epochs=1, console=console)
    assert console.file.getvalue() == ""


def test_a_terminal_sees_epochs_and_a_rate(tmp_path):
    write_tunes(tmp_path, 2)
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    train_files([tmp_path], tmp_path / "m.safetensors", units=4, tx=2, epochs=3, console=console)
    assert "training epoch" in console.file.getvalue()
    assert "values/s" in console.file.getvalue()


def test_a_skipped_file_is_listed(tmp_path):
    write_tunes(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    result = train_files([tmp_path], tmp_path / "m.safetensors", units=4, tx=2, epochs=1, console=quiet())
    assert len(result.skipped) == 1
    assert "bad.mid" in result.skipped[0]


def test_resuming_goes_on_from_the_file_with_the_same_split(tmp_path):
    write_tunes(tmp_path, 6)
    output = tmp_path / "m.safetensors"
    first = train_files([tmp_path], output, units=8, tx=2, epochs=3, seed=1, console=quiet()).checkpoint
    again = train_files(
        [tmp_path], output, units=8, tx=2, epochs=3, seed=2, resume=True, console=quiet()
    ).checkpoint
    before, after = (c.description["training"] for c in (first, again))
    assert after["resumed_from"] == first.sha256
    assert after["split"] == before["split"]
    assert after["nats_per_value"] <= before["nats_per_value"]


def test_resuming_without_a_file_or_with_other_units_is_refused(tmp_path):
    write_tunes(tmp_path, 2)
    output = tmp_path / "m.safetensors"
    with pytest.raises(CheckpointError, match="no such file"):
        train_files([tmp_path], output, resume=True, console=quiet())
    train_files([tmp_path], output, units=4, tx=2, epochs=1, console=quiet())
    with pytest.raises(CheckpointError, match="has 4 units, but 5 are asked for; resume with --units 4"):
        train_files([tmp_path], output, units=5, resume=True, console=quiet())


@pytest.mark.parametrize("name", ["no/such/folder.safetensors", "."])
def test_an_output_that_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch, name):
    write_tunes(tmp_path, 2)
    monkeypatch.setattr(training, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(OutputError, match="cannot write"):
        train_files([tmp_path], tmp_path / name, console=quiet())


def test_an_interrupted_run_leaves_its_best_in_the_file(tmp_path, monkeypatch):
    write_tunes(tmp_path, 4)
    calls = count()
    fit_epoch = training._fit_epoch

    def interrupted(*args):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return fit_epoch(*args)

    monkeypatch.setattr(training, "_fit_epoch", interrupted)
    output = tmp_path / "m.safetensors"
    train_files([tmp_path], output, units=4, tx=2, epochs=5, console=quiet())
    assert load_checkpoint(output).description["training"]["stopped"] == "interrupted"
