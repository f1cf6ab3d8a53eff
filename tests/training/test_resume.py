"""A training that is cut off loses nothing: it goes on and ends where one that was not ends."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from rich.console import Console

from jazzgen.cli import main
from jazzgen.corpus.loading import load_solos
from jazzgen.errors import CheckpointError, OptionError, OutputError
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.training import files, steps
from jazzgen.training.files import train_files
from jazzgen.training.resume import History, Progress, RunFiles, progress_file, write_log
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.train import TrainingStatus
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"
# A step drops at random and carries states; the weights kept are averages.
SETTINGS = TrainingSettings(
    n_a=6,
    Tx=8,
    graph="fused",
    epochs=3,
    batch_size=4,
    dropout=0.3,
    ema_momentum=0.9,
    learning_rate=0.03,
    seed=4,
)


class PowerCutError(Exception):
    """What no training can catch."""


@pytest.fixture(autouse=True, scope="module")
def short_and_often() -> Iterator[None]:
    """The studies are read once; and an epoch here is some 50 steps, so with fewer at once it can be cut off
    in the middle.
    """
    loaded = load_solos([STUDIES])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "load_solos", lambda *_, **__: loaded)
        patch.setattr(steps, "STEPS_AT_ONCE", 5)
        yield


def train(output: Path, **options: object) -> None:
    train_files(
        [STUDIES],
        output,
        **{"settings": SETTINGS, "save_every_s": 0, "console": Console(file=io.StringIO()), **options},
    )


@contextmanager
def power_cut(monkeypatch: pytest.MonkeyPatch, when: Callable[[TrainingStatus], bool]) -> Iterator[None]:
    """Training ends without a farewell at the first moment of which `when` is true."""
    text = files._status_text

    def show(status: TrainingStatus) -> str:
        if when(status):
            raise PowerCutError
        return text(status)

    with monkeypatch.context() as patch:
        patch.setattr(files, "_status_text", show)
        try:
            yield
        except PowerCutError:
            return
    pytest.fail("the training has ended before")


def middle_of(epoch: int) -> Callable[[TrainingStatus], bool]:
    return lambda status: status.epoch == epoch and status.values_done > status.values / 2


def rows(log: Path) -> list[dict[str, str]]:
    with log.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    train(folder / "model.safetensors", log=folder / "log.csv")
    return folder


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The progress file of a training that was cut off at its first moment."""
    output = tmp_path_factory.mktemp("begun") / "model.safetensors"
    with pytest.MonkeyPatch.context() as patch, power_cut(patch, lambda _: True):
        train(output)
    return progress_file(output).read_bytes()


def same_end(output: Path, folder: Path) -> bool:
    ours, theirs = load_checkpoint(output).arrays, load_checkpoint(folder / "model.safetensors").arrays
    return all(np.array_equal(array, ours[name]) for name, array in theirs.items())


# cut off and resumed


def test_cut_off_twice_it_ends_where_an_undisturbed_run_ends(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, log = tmp_path / "model.safetensors", tmp_path / "log.csv"
    with power_cut(monkeypatch, middle_of(1)):
        train(output, log=log)
    assert not output.exists()  # no epoch has ended
    with power_cut(monkeypatch, middle_of(3)):
        train(output, log=log, resume=True)
    assert [row["epoch"] for row in rows(log)] == ["1", "2"]
    train(output, log=log, resume=True)
    assert same_end(output, undisturbed)
    assert not progress_file(output).exists()
    losses = [[{**row, "seconds": ""} for row in rows(path)] for path in (log, undisturbed / "log.csv")]
    assert losses[0] == losses[1]
    assert [row["epoch"] for row in rows(log)] == ["1", "2", "3"]


def test_a_run_from_finished_weights_can_be_cut_off_too(
    tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = []
    for name, cut in (("whole", False), ("cut", True)):
        output = tmp_path / f"{name}.safetensors"
        output.write_bytes((undisturbed / "model.safetensors").read_bytes())
        settings = replace(SETTINGS, seed=5, epochs=2)  # another seed; the split stays that of the weights
        if cut:
            with power_cut(monkeypatch, middle_of(2)):
                train(output, settings=settings, resume=True)
        train(output, settings=settings, resume=True)
        ends.append(load_checkpoint(output))
    for name, array in ends[0].arrays.items():
        np.testing.assert_array_equal(ends[1].arrays[name], array, err_msg=name)
    records = [end.description["training"] for end in ends]
    assert records[0]["split"] == records[1]["split"]
    assert records[1]["split"]["seed"] == SETTINGS.seed
    first = load_checkpoint(undisturbed / "model.safetensors").sha256
    assert records[0]["resumed_from"] == records[1]["resumed_from"] == first


def test_the_progress_of_another_run_is_refused(tmp_path: Path, begun: bytes) -> None:
    output = tmp_path / "model.safetensors"
    progress_file(output).write_bytes(begun)
    with pytest.raises(CheckpointError, match="of a training with other settings or other solos"):
        train(output, settings=replace(SETTINGS, seed=5), resume=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("history", {"loss": []}),
        ("history", 3),
        ("run", {}),
        ("origin", None),
        ("steps", "many"),
        ("state", {}),
    ],
)
def test_a_progress_file_that_was_meddled_with_is_refused(
    tmp_path: Path, begun: bytes, monkeypatch: pytest.MonkeyPatch, key: str, value: object
) -> None:
    output = tmp_path / "model.safetensors"
    progress_file(output).write_bytes(begun)
    saved = Progress.load(progress_file(output))
    object.__setattr__(saved, key, value)
    if key == "history":
        monkeypatch.setattr("jazzgen.training.resume.asdict", lambda history: history)
    saved.save(progress_file(output))
    with pytest.raises(CheckpointError, match=r"is not a training that can go on"):
        train(output, resume=True)


def test_there_must_be_a_file_to_go_on_from() -> None:
    with pytest.raises(OptionError, match="resume needs a progress file"):
        RunFiles(resume=True)


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e9])
def test_intervals_outside_their_range_are_refused(tmp_path: Path, seconds: float) -> None:
    with pytest.raises(OptionError, match="save every must be 0"):
        train(tmp_path / "model.safetensors", save_every_s=seconds)


def test_kill_9_at_random_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from checks import kills

    options = "--units 4 --tx 8 --graph fused --epochs 6 --save-every 0"
    assert kills.main(["train", str(STUDIES), "--kills", "2", "--skip-start", "--options", options]) == 0


# files


def test_a_full_disk_is_one_line_and_the_last_good_files_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        output = disk / "model.safetensors"
        with power_cut(monkeypatch, middle_of(2)):
            train(output)
        before = {path.name: path.read_bytes() for path in disk.iterdir()}
        assert before.keys() == {"model.safetensors", "model.safetensors.progress"}
        free = 128 * 1024 - sum(-(-len(data) // 4096) * 4096 for data in before.values())
        (disk / "something else").write_bytes(bytes(max(free - 4096, 0)))
        with pytest.raises(OutputError, match=r"^cannot write .*: No space left on device; choose"):
            train(output, resume=True)
        (disk / "something else").unlink()
        assert {path.name: path.read_bytes() for path in disk.iterdir()} == before
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_log_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "train",
        str(STUDIES),
        "-o",
        str(tmp_path / "m.safetensors"),
        "--log",
        str(tmp_path / "no" / "log"),
    ]
    (tmp_path / "no").touch()
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"jazzgen: cannot write {tmp_path}/no/log: Not a directory")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "no"]


def test_what_is_not_known_is_an_empty_field(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv", History([2.5], held_out_losses=[3.0], times=[7.0]))
    assert (tmp_path / "log.csv").read_text() == (
        "epoch,loss,register_loss,held_out_loss,held_out_register_loss,seconds\n"
        "1,2.500000,,3.000000,,7.000000\n"
    )


def test_the_command_line_passes_everything_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: dict[str, object] = {}

    def train_files(data: object, output: object, **options: object) -> object:
        asked.update(options)
        raise OptionError("enough")

    monkeypatch.setattr("jazzgen.training.files.train_files", train_files)
    words = "--save-every 5 --log x.csv --strategy one --batch-size 12"
    assert main(["train", str(STUDIES), *words.split()]) == 2
    assert asked["save_every_s"] == 5
    assert asked["log"] == "x.csv"
    assert asked["workers"].count == 1
    assert asked["settings"].batch_size == 12
    monkeypatch.setenv("TF_CONFIG", "nonsense")
    assert main(["train", str(STUDIES), "--strategy", "multi-worker"]) == 2
    assert "TF_CONFIG is not a cluster and a task" in capsys.readouterr().err
