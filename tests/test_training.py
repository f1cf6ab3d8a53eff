"""Training: it learns, keeps the best, starts again, stops when told, and never damages a file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from rich.console import Console

from jazzgen.context import Encoded
from jazzgen.dataset import Plan, stream, title_digest
from jazzgen.errors import CheckpointError, DataError, OptionError, OutputError
from jazzgen.improviser import Improviser
from jazzgen.midi import write_arrangement
from jazzgen.model import layer_weights, make_layers
from jazzgen.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.training import Settings, Trained, files, loop, progress_file, train, train_files
from jazzgen.training.steps import NOTHING, Losses, Stepper, held_out_losses
from jazzgen.vocabulary import LENGTHS, N_VALUES, REST
from jazzgen.weights import Checkpoint, describe_improviser, load_checkpoint

RIFF = [3, 27, 45, 3, 57, 75, 9, 39]
PHRASE = RIFF * 8
QUICK = Settings(n_a=8, Tx=3, epochs=2, seed=1)
FIRST_REST = REST * len(LENGTHS)


def plain(values: Sequence[int]) -> Encoded:
    """The values of a solo as a model without a context learns them."""
    steps = len(values)
    pairs = np.zeros((steps, 2), np.int16)
    octaves = np.where(np.array(values, np.int64) < FIRST_REST, 2, -1)
    return Encoded(
        values=np.array(values, np.int64),
        rows=np.zeros((steps, 0), np.int16),
        proposed=pairs - 1,
        agree=pairs,
        displacement=octaves,
        near=np.zeros(steps, np.int64),
    )


def random_solos(count: int, length: int, seed: int = 0) -> list[Encoded]:
    values = np.random.default_rng(seed).integers(0, N_VALUES, (count, length)).tolist()
    return [plain(row) for row in values]


def one_pass_nats(arrays: Mapping[str, np.ndarray], solos: Sequence[Encoded]) -> float:
    """What a plain model loses over whole solos, each stepped by the NumPy engine from its beginning."""
    n_a = len(arrays["densor/kernel"])
    engine = Improviser(Checkpoint(arrays, describe_improviser(n_a), "", Path("none")))
    nats = 0.0
    for solo in solos:
        value, state = None, engine.start()
        for target in solo.values.tolist():
            probs, state = engine.step(value, state)
            nats -= float(np.log(probs[target]))
            value = target
    return nats


# what it learns


LEARNER = Settings(n_a=16, Tx=6, epochs=20, batch_size=4, learning_rate=0.03)


@pytest.fixture(scope="module")
def learned() -> Trained:
    return train([plain(PHRASE)] * 4, settings=LEARNER)


def test_a_small_model_learns_one_phrase_by_heart(learned):
    arrays, record = learned
    assert one_pass_nats(arrays, [plain(PHRASE)]) / len(PHRASE) < 0.1
    assert record["losses"][0] > 3
    assert record["losses"][-1] < 0.1


def test_one_seed_gives_one_set_of_weights():
    first, second = (train([plain(PHRASE)], settings=QUICK).arrays for _ in range(2))
    other = train([plain(PHRASE)], settings=replace(QUICK, seed=2)).arrays
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])
    assert any((first[name] != other[name]).any() for name in first)


def test_the_record_says_how_the_weights_came_about():
    held_out = random_solos(1, 30, seed=5)
    trained = train([plain(PHRASE), plain(RIFF)], held_out, QUICK)
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
    again = train(
        [plain(PHRASE)], [plain(PHRASE)], replace(LEARNER, epochs=1, learning_rate=1e-5), start=learned.arrays
    )
    assert one_pass_nats(again.arrays, [plain(PHRASE)]) <= one_pass_nats(learned.arrays, [plain(PHRASE)])


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

    trained = train([plain(PHRASE)], settings=replace(QUICK, epochs=9), report=interrupt_in_the_third_epoch)
    assert trained.record["stopped"] == "interrupted"
    assert trained.record["epochs"] == 2
    assert one_pass_nats(trained.arrays, [plain(PHRASE)]) > 0


def test_an_interrupt_before_the_first_epoch_is_passed_on():
    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train([plain(PHRASE)], settings=QUICK, report=interrupt)


def test_progress_is_reported_to_the_last_value():
    moments = []
    train([plain(PHRASE)], [plain(RIFF)], QUICK, report=moments.append)
    last = {moment.epoch: moment for moment in moments}
    assert last.keys() == {1, 2}
    for moment in last.values():
        assert moment.values_done == moment.values == len(PHRASE)
        assert moment.loss > 0
    assert np.isnan(last[1].held_out)
    assert last[2].held_out == last[2].best > 0


def test_a_training_that_diverges_is_an_error(monkeypatch):
    losses = iter([NOTHING._replace(nats=9.0, values=3.0), NOTHING._replace(nats=np.nan, values=3.0)])
    monkeypatch.setattr(loop.Stepper, "train", lambda *_: iter([next(losses)]))
    with pytest.raises(DataError, match="not a number in epoch 2: the training diverged"):
        train([plain(PHRASE)], settings=QUICK)


# how it is measured


def test_one_pass_in_keras_equals_numpy_whatever_the_windows():
    layers = make_layers(8)
    rng = np.random.default_rng(3)
    own = layer_weights(layers)
    arrays = {name: rng.normal(0, 0.6, a.shape).astype(np.float32) for name, a in own.items()}
    solos = [random_solos(1, length, seed=length)[0] for length in (7, 12, 1, 33)]
    expected = one_pass_nats(arrays, solos)
    for m, Tx in ((4, 40), (2, 5), (1, 1)):
        batches = stream(solos.__getitem__, Plan.straight(len(solos), Tx), m, Tx, 0)
        losses = held_out_losses(layers, arrays, batches)
        assert losses.nats == pytest.approx(expected, rel=1e-5)
        assert losses.values == 53
        assert losses.notes == sum(int((solo.values < FIRST_REST).sum()) for solo in solos)
    for name, array in layer_weights(layers).items():
        np.testing.assert_array_equal(array, own[name])


@pytest.mark.parametrize("graph", ["unrolled", "fused"])
def test_windows_start_in_the_state_the_solo_has_reached(graph):
    """Also behind a first window that was shortened: what fills it up was not heard."""
    solos = random_solos(3, 17)
    settings = replace(QUICK, Tx=5, batch_size=3, graph=graph, learning_rate=0.0, weight_decay=0.0)
    layers = make_layers(8)
    stepper = Stepper(layers, settings, 10)
    whole = held_out_losses(layers, layer_weights(layers), stream_of(solos, Plan.straight(3, 17), 3, 17))
    cut = stream_of(solos, Plan(np.array([1, 0, 2]), np.array([5, 2, 4])), 3, 5)
    pieces = [Losses(*losses) for losses in stepper.train(cut)]
    assert sum(losses.values for losses in pieces) == 3 * 17
    assert sum(losses.nats for losses in pieces) == pytest.approx(whole.nats, rel=1e-6)


def stream_of(solos, plan, m, Tx):
    return stream(solos.__getitem__, plan, m, Tx, solos[0].rows.shape[1])


def test_no_values_at_all_are_refused():
    with pytest.raises(DataError, match="nothing to train on"):
        train([plain([])])


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
    result = train_files(
        [tmp_path], output, settings=Settings(n_a=8, Tx=2, epochs=2, seed=3), console=quiet()
    )
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
    result = train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=1), console=console
    )
    assert console.file.getvalue().startswith("only one tune: none can be held out")
    assert "nats_per_note" not in result.checkpoint.description["training"]


def test_nothing_is_shown_where_there_is_no_terminal(tmp_path):
    write_tunes(tmp_path, 2)
    console = quiet()
    train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=1), console=console
    )
    assert console.file.getvalue() == ""


def test_a_terminal_sees_epochs_and_a_rate(tmp_path):
    write_tunes(tmp_path, 2)
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=3), console=console
    )
    assert "training epoch" in console.file.getvalue()
    assert "values/s" in console.file.getvalue()


def test_a_skipped_file_is_listed(tmp_path):
    write_tunes(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    result = train_files(
        [tmp_path], tmp_path / "m.safetensors", settings=Settings(n_a=4, Tx=2, epochs=1), console=quiet()
    )
    assert len(result.skipped) == 1
    assert "bad.mid" in result.skipped[0]


def test_resuming_goes_on_from_the_file_with_the_same_split(tmp_path):
    write_tunes(tmp_path, 6)
    output = tmp_path / "m.safetensors"
    first = train_files(
        [tmp_path], output, settings=Settings(n_a=8, Tx=2, epochs=3, seed=1), console=quiet()
    ).checkpoint
    again = train_files(
        [tmp_path], output, settings=Settings(n_a=8, Tx=2, epochs=3, seed=2), resume=True, console=quiet()
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
    train_files([tmp_path], output, settings=Settings(n_a=4, Tx=2, epochs=1), console=quiet())
    with pytest.raises(
        CheckpointError, match="has 4 units, but 5 are asked for; resume with --units 4 --layers 1"
    ):
        train_files([tmp_path], output, settings=Settings(n_a=5), resume=True, console=quiet())


@pytest.mark.parametrize("name", ["no/such/folder.safetensors", "."])
def test_an_output_that_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch, name):
    write_tunes(tmp_path, 2)
    monkeypatch.setattr(files, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(OutputError, match="cannot write"):
        train_files([tmp_path], tmp_path / name, console=quiet())


def test_an_interrupted_run_leaves_its_best_in_the_file(tmp_path, monkeypatch):
    write_tunes(tmp_path, 4)
    calls = count()
    epoch = loop._Run.epoch

    def interrupted(*args):
        if next(calls) == 2:
            raise KeyboardInterrupt
        epoch(*args)

    monkeypatch.setattr(loop._Run, "epoch", interrupted)
    output = tmp_path / "m.safetensors"
    train_files([tmp_path], output, settings=Settings(n_a=4, Tx=2, epochs=5), console=quiet())
    assert load_checkpoint(output).description["training"]["stopped"] == "interrupted"
    assert progress_file(output).is_file()
