"""MIDI files to a checkpoint."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import count

import pytest

pytest.importorskip("tensorflow")

from rich.console import Console

from jazzgen.corpus.splits import title_digest
from jazzgen.errors import CheckpointError, OutputError
from jazzgen.evaluation.likelihood import evaluate
from jazzgen.midi.writing import write_arrangement
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.music.score import Arrangement, ChordChange, Note, Progression, Solo
from jazzgen.training import files
from jazzgen.training import train as module
from jazzgen.training.files import train_files
from jazzgen.training.resume import progress_file
from jazzgen.training.settings import TrainingSettings
from tests.training.solos import ALL, FULL, tune


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
        [tmp_path], output, settings=TrainingSettings(n_a=8, Tx=2, epochs=2, seed=3), console=quiet()
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


def test_a_large_model_is_stored_in_half_the_space(tmp_path, monkeypatch):
    write_tunes(tmp_path, 1)
    sizes = []
    for half_from in (files.HALF_FROM, 1):
        monkeypatch.setattr(files, "HALF_FROM", half_from)
        output = tmp_path / "m.safetensors"
        train_files(tmp_path, output, TrainingSettings(n_a=32, Tx=2, epochs=1), console=quiet())
        sizes.append(sum(array.nbytes for array in load_checkpoint(output).arrays.values()))
        sizes.append(output.stat().st_size)
    assert sizes[0] == sizes[2]  # in memory
    assert sizes[3] < 0.6 * sizes[1]


def test_one_tune_trains_without_validation_and_says_so(tmp_path):
    write_tunes(tmp_path, 1)
    console = quiet()
    result = train_files(
        [tmp_path],
        tmp_path / "m.safetensors",
        settings=TrainingSettings(n_a=4, Tx=2, epochs=1),
        console=console,
    )
    assert console.file.getvalue().startswith("only one tune: none can be held out")
    assert "nats_per_note" not in result.checkpoint.description["training"]


def test_nothing_is_shown_where_there_is_no_terminal(tmp_path):
    write_tunes(tmp_path, 2)
    console = quiet()
    train_files(
        [tmp_path],
        tmp_path / "m.safetensors",
        settings=TrainingSettings(n_a=4, Tx=2, epochs=1),
        console=console,
    )
    assert console.file.getvalue() == ""


def test_a_terminal_sees_epochs_and_a_rate(tmp_path):
    write_tunes(tmp_path, 2)
    console = Console(file=io.StringIO(), force_terminal=True, width=160)
    train_files(
        [tmp_path],
        tmp_path / "m.safetensors",
        settings=TrainingSettings(n_a=4, Tx=2, epochs=3),
        console=console,
    )
    assert "training epoch" in console.file.getvalue()
    assert "values/s" in console.file.getvalue()


def test_a_skipped_file_is_listed(tmp_path):
    write_tunes(tmp_path, 2)
    (tmp_path / "bad.mid").write_bytes(b"nothing")
    result = train_files(
        [tmp_path],
        tmp_path / "m.safetensors",
        settings=TrainingSettings(n_a=4, Tx=2, epochs=1),
        console=quiet(),
    )
    assert len(result.skipped) == 1
    assert "bad.mid" in result.skipped[0]


def test_resuming_goes_on_from_the_file_with_the_same_split(tmp_path):
    write_tunes(tmp_path, 6)
    output = tmp_path / "m.safetensors"
    first = train_files(
        [tmp_path], output, settings=TrainingSettings(n_a=8, Tx=2, epochs=3, seed=1), console=quiet()
    ).checkpoint
    again = train_files(
        [tmp_path],
        output,
        settings=TrainingSettings(n_a=8, Tx=2, epochs=3, seed=2),
        resume=True,
        console=quiet(),
    ).checkpoint
    before, after = (c.description["training"] for c in (first, again))
    assert after["resumed_from"] == first.sha256
    assert after["settings"]["learning_rate"] == pytest.approx(0.3 * before["settings"]["learning_rate"])
    assert after["split"] == before["split"]
    assert after["nats_per_value"] <= before["nats_per_value"]


def test_resuming_without_a_file_or_with_other_units_is_refused(tmp_path):
    write_tunes(tmp_path, 2)
    output = tmp_path / "m.safetensors"
    with pytest.raises(CheckpointError, match="no such file"):
        train_files([tmp_path], output, resume=True, console=quiet())
    train_files([tmp_path], output, settings=TrainingSettings(n_a=4, Tx=2, epochs=1), console=quiet())
    with pytest.raises(
        CheckpointError,
        match="has 4 units, but 5 are asked for; resume with --units 4 --layers 1 --registers 0",
    ):
        train_files([tmp_path], output, settings=TrainingSettings(n_a=5), resume=True, console=quiet())


@pytest.mark.parametrize("name", ["file/folder.safetensors", "."])
def test_an_output_that_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch, name):
    write_tunes(tmp_path, 2)
    (tmp_path / "file").touch()
    monkeypatch.setattr(files, "train", lambda *_, **__: pytest.fail("trained"))
    with pytest.raises(OutputError, match="cannot write"):
        train_files([tmp_path], tmp_path / name, console=quiet())


def test_an_interrupted_run_leaves_its_best_in_the_file(tmp_path, monkeypatch):
    write_tunes(tmp_path, 4)
    calls = count()
    epoch = module._Run.epoch

    def interrupted(*args):
        if next(calls) == 2:
            raise KeyboardInterrupt
        epoch(*args)

    monkeypatch.setattr(module._Run, "epoch", interrupted)
    output = tmp_path / "m.safetensors"
    train_files([tmp_path], output, settings=TrainingSettings(n_a=4, Tx=2, epochs=5), console=quiet())
    assert load_checkpoint(output).description["training"]["stopped"] == "interrupted"
    assert progress_file(output).is_file()


@pytest.mark.parametrize("graph", ["unrolled", "fused"])
def test_a_full_model_is_trained_from_files(tmp_path, graph):
    for k in range(4):
        write_arrangement(Arrangement(tune(k, player="Ann" if k % 2 else "Bob")), tmp_path / f"{k}.mid")
    output = tmp_path / "full.safetensors"
    settings = replace(FULL, register_units=16, epochs=1, graph=graph)
    train_files([tmp_path], output, settings=settings, console=quiet())
    loaded = load_checkpoint(output)
    assert (loaded.layers, loaded.register_units, loaded.spec.features) == (2, 16, ALL.features)
    assert set(loaded.spec.players) <= {"Ann", "Bob"}
    record = loaded.description["training"]
    assert len(record["register_losses"]) == len(record["held_out_register_losses"]) == 1
    figures = evaluate(loaded, [tune(k) for k in range(4) if title_digest(f"Tune {k}") in held(record)])
    assert figures["nats_per_value"] == pytest.approx(record["nats_per_value"], abs=1e-3)
    assert figures["register_nats"] == pytest.approx(record["held_out_register_losses"][0], abs=1e-3)
    assert not progress_file(output).exists()


def held(record):
    return record["split"]["held_out_tunes"]


def test_solos_without_players_make_a_model_without_the_feature(tmp_path):
    write_tunes(tmp_path, 2)
    output = tmp_path / "m.safetensors"
    settings = replace(FULL, layers=1, epochs=1, graph="fused")
    train_files([tmp_path], output, settings=settings, console=quiet())
    spec = load_checkpoint(output).spec
    assert (spec.players, "player" in spec.features, "chord" in spec.features) == ((), False, True)
