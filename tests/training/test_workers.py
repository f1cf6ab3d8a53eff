"""Training on several workers takes the same steps as training on one, and one of them writes."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from jazzgen.corpus.batches import Batch, EpochPlan, WorkerShard, stream
from jazzgen.corpus.loading import load_solos
from jazzgen.errors import OptionError, WorkersError
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import Encoded, encode_solo
from jazzgen.training.workers import Workers, find_workers
from tests.shared import ROOT
from tests.training.training_worker import STEPS, STUDIES, two_epochs

LIMIT_S = 150  # on a busy machine; a run alone takes 15 s


# how a batch is shared


@pytest.fixture(scope="module")
def encoded() -> list[Encoded]:
    return [encode_solo(FeatureSpec(), solo) for solo in load_solos([STUDIES]).solos]


@pytest.mark.parametrize("count", [2, 3, 6])
def test_shares_side_by_side_are_the_batch(encoded: list[Encoded], count: int) -> None:
    m, Tx = 6, 16
    lengths = np.array([len(solo.values) for solo in encoded])
    plan = EpochPlan.draw(len(encoded), Tx, np.random.default_rng(1))
    asked: list[set[int]] = [set() for _ in range(count)]

    def share(rank: int) -> Iterator[Batch]:
        def encode(number: int) -> Encoded:
            asked[rank].add(number)
            return encoded[number]

        lanes = range(rank * m // count, (rank + 1) * m // count)
        return stream(encode, plan, m, Tx, FeatureSpec(), WorkerShard(lanes, lengths))

    whole = list(stream(encoded.__getitem__, plan, m, Tx, FeatureSpec()))
    shares = [list(share(rank)) for rank in range(count)]
    for batch, *parts in zip(whole, *shares, strict=True):
        for name, array in batch._asdict().items():
            np.testing.assert_array_equal(array, np.concatenate([getattr(part, name) for part in parts]))
    # Each solo is encoded by the worker that plays it, and by no other.
    assert sorted(number for numbers in asked for number in numbers) == list(range(len(encoded)))


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    class Three:
        num_replicas_in_sync = 3

    with pytest.raises(OptionError, match="a batch of 32 cannot be shared evenly by 3 replicas"):
        Workers(Three(), 0, 3).lanes(32)
    assert Workers(Three(), 2, 3).lanes(33) == range(22, 33)


# who they are


def test_alone_is_the_default() -> None:
    for name in ("auto", "one"):
        workers = find_workers(name, {})
        assert (workers.rank, workers.count, workers.replicas, workers.is_chief) == (0, 1, 1, True)
    assert find_workers("one", {"TF_CONFIG": "ignored"}).count == 1
    alone = {"cluster": {"worker": ["127.0.0.1:1"]}, "task": {"type": "worker", "index": 0}}
    assert find_workers("multi-worker", {"TF_CONFIG": json.dumps(alone)}).count == 1
    workers.check_agreement({"anything": 1})


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("many", None, "strategy must be one of auto, one, mirrored, multi-worker, received 'many'"),
        ("multi-worker", None, "needs TF_CONFIG in the environment"),
        ("auto", "{", "TF_CONFIG is not a cluster and a task"),
        ("auto", "[]", "TF_CONFIG is not a cluster and a task"),
        ("auto", '{"cluster": {"worker": ["a:1", "b:1"]}}', "TF_CONFIG is not a cluster and a task"),
        (
            "auto",
            '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
            "there is no worker 2",
        ),
        (
            "auto",
            '{"cluster": {"worker": "a:1"}, "task": {"type": "worker", "index": 0}}',
            "a kind of worker has a list of addresses",
        ),
    ],
)
def test_what_cannot_be_is_refused(name: str, config: str | None, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        find_workers(name, {} if config is None else {"TF_CONFIG": config})


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU")
def test_mirroring_needs_something_to_mirror_on() -> None:
    with pytest.raises(OptionError, match="needs a GPU, and there is none"):
        find_workers("mirrored", {})


def test_a_lost_worker_is_one_line() -> None:
    class Two:
        num_replicas_in_sync = 2

    lost = pytest.raises(WorkersError, match="worker 1 of 2 has lost another worker; start all")
    with lost, Workers(Two(), 1, 2).translated_errors():
        raise tf.errors.UnavailableError(None, None, "gone")
    with pytest.raises(tf.errors.UnavailableError), Workers().translated_errors():
        raise tf.errors.UnavailableError(None, None, "no other worker to lose")


# two processes against one


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def start(folder: Path, rank: int, config: dict[str, object] | None) -> subprocess.Popen[bytes]:
    environ = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    if config is not None:
        environ["TF_CONFIG"] = json.dumps(config)
    with (folder / f"{rank}.txt").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.training.training_worker", str(folder)],
            cwd=ROOT,
            env=environ,
            stdout=said,
            stderr=said,
        )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What one process, and what two processes on loopback have written."""
    alone, together = tmp_path_factory.mktemp("alone"), tmp_path_factory.mktemp("together")
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    processes = {(alone, 0): start(alone, 0, None)}
    for rank in (0, 1):
        task = {"type": "worker", "index": rank}
        processes[together, rank] = start(together, rank, {"cluster": cluster, "task": task})
    deadline_s = time.monotonic() + LIMIT_S
    try:
        for (folder, rank), process in processes.items():
            process.wait(deadline_s - time.monotonic())
            assert process.returncode == 0, (folder / f"{rank}.txt").read_text()
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    return alone, together


def report(folder: Path, rank: int) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / str(rank) / "report.json").read_text())
    return loaded


def test_two_workers_lose_what_one_loses(runs: tuple[Path, Path]) -> None:
    one, first, second = report(runs[0], 0), report(runs[1], 0), report(runs[1], 1)
    assert (one["replicas"], first["replicas"], second["replicas"]) == (1, 2, 2)
    assert len(one["losses"]) == STEPS
    assert first["losses"] == second["losses"]
    np.testing.assert_allclose(first["losses"], one["losses"], rtol=1e-4)


def test_the_weights_of_both_workers_are_identical(runs: tuple[Path, Path]) -> None:
    alone, together = runs
    one, first, second = (
        np.load(folder / str(rank) / "state.npz")
        for folder, rank in ((alone, 0), (together, 0), (together, 1))
    )
    kinds = {name.split("/")[0] for name in first.files}
    assert kinds == {"weights", "optimizer", "carried", "average"}
    for name in first.files:
        # Also the carried states: those of the whole batch, gathered from both.
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
        np.testing.assert_allclose(first[name], one[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_what_two_workers_began_one_ends(runs: tuple[Path, Path], tmp_path: Path) -> None:
    undisturbed = two_epochs(tmp_path / "whole.progress", Workers())
    # What one began is the same to the last bit; two sum in another order, which Adam makes larger.
    for folder, atol in zip(runs, (0, 3e-4), strict=True):
        resumed = two_epochs(folder / "cut-off.progress", Workers(), resume=True)
        assert resumed.record["epochs"] == 2
        np.testing.assert_allclose(resumed.record["losses"], undisturbed.record["losses"], rtol=10 * atol)
        for name, array in undisturbed.arrays.items():
            np.testing.assert_allclose(resumed.arrays[name], array, rtol=10 * atol, atol=atol, err_msg=name)


def test_only_the_first_worker_writes(runs: tuple[Path, Path]) -> None:
    together = runs[1]
    assert report(together, 0)["files"] == ["log.csv", "model.safetensors", "state.npz"]
    assert report(together, 1)["files"] == ["state.npz"]
    assert report(together, 1)["summary"] == "worker 1 of 2 done; worker 0 writes the checkpoint"
    one, both = (load_checkpoint(folder / "0" / "model.safetensors") for folder in runs)
    for name, array in one.arrays.items():
        np.testing.assert_allclose(both.arrays[name], array, rtol=1e-3, atol=1e-4, err_msg=name)
    assert both.description["training"]["epochs"] == 2
    logs = [list(csv.DictReader((folder / "0" / "log.csv").read_text().splitlines())) for folder in runs]
    for row, other in zip(*logs, strict=True):
        # Each worker has judged half of the held-out solos.
        assert float(row["held_out_loss"]) == pytest.approx(float(other["held_out_loss"]), rel=1e-4)


def test_workers_that_do_not_agree_are_told(runs: tuple[Path, Path]) -> None:
    for rank in (0, 1):
        assert "worker 1 has other shoes than worker 0" in str(report(runs[1], rank)["refusal"])
