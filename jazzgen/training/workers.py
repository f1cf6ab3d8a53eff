"""Workers: one process, several GPUs of one machine, or several processes that TF_CONFIG names.

A batch is divided by its lanes: with N replicas lane k of m is on replica k // (m / N), for the whole epoch,
so that a carried state stays where its solo is. Losses and gradients are summed over the replicas, so the
batch, and the step, are the same however many there are. Worker 0 is the chief: it writes the files, and
decides for all what depends on a clock (when to save).
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from jazzgen.errors import OptionError, WorkersError
from jazzgen.util.signals import handling

STRATEGIES = ("auto", "one", "mirrored", "multi-worker")
EXAMPLE = '{"cluster": {"worker": ["host1:4000", "host2:4000"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Workers:
    """One process among those that train together, by its `rank`. Without arguments: a process alone."""

    strategy: Any = field(default_factory=tf.distribute.get_strategy)
    rank: int = 0
    count: int = 1  # processes

    @property
    def replicas(self) -> int:
        """Copies of the model, over all processes."""
        return int(self.strategy.num_replicas_in_sync)

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def lanes(self, batch_size: int) -> range:
        """The lanes of a batch that this process fills; raises `OptionError` where they cannot be divided."""
        if batch_size % self.replicas:
            raise OptionError(
                f"a batch of {batch_size} cannot be shared evenly by {self.replicas} replicas; "
                f"take a multiple of {self.replicas}"
            )
        share = batch_size // self.count
        return range(self.rank * share, (self.rank + 1) * share)

    def own_lanes(self, array: Any, whole: bool = True) -> Any:
        """The lanes of this replica along the first axis of `array`, inside `strategy.run`; `array` holds
        those of the `whole` batch, or of this process only.
        """
        parts = self.replicas if whole else self.replicas // self.count
        if parts == 1:
            return array
        share = array.shape[0] // parts
        number = tf.distribute.get_replica_context().replica_id_in_sync_group % parts
        return tf.ensure_shape(array[number * share : (number + 1) * share], [share, *array.shape[1:]])

    def summed(self, tensors: Any) -> Any:
        """Each of `tensors` summed over all replicas, inside `strategy.run`."""
        if self.replicas == 1:
            return tensors
        # The identity puts each tensor on the replica's device, which is where its sum goes.
        here = tf.nest.map_structure(tf.identity, tensors)
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, here)

    def first_replica(self, value: Any) -> Any:
        """What `strategy.run` returned on this process's first replica."""
        return self.strategy.experimental_local_results(value)[0]

    def total(self, numbers: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The numbers of this process summed over all processes; each must call it."""
        numbers = np.asarray(numbers, np.float64)
        if self.count == 1:
            return numbers
        # Each of a process's replicas adds its part of the number.
        part = tf.constant(numbers / (self.replicas // self.count))
        return np.asarray(self._summed_once(part).numpy())

    @cached_property
    def _summed_once(self) -> Any:
        """`summed` as a graph of its own."""
        return tf.function(lambda part: self.first_replica(self.strategy.run(self.summed, args=(part,))))

    def check_agreement(self, what: Mapping[str, Any]) -> None:
        """Raise `WorkersError` on all processes where a value of `what` (JSON) differs from worker 0's."""
        for name, value in what.items():
            digest = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
            mine = np.zeros(self.count)
            mine[self.rank] = int.from_bytes(digest[:6], "big")  # 48 bits are exact in a float64
            numbers = self.total(mine)
            others = np.flatnonzero(numbers != numbers[0])
            if len(others):
                raise WorkersError(
                    f"worker {others[0]} has other {name} than worker 0; give every worker the same command "
                    f"and the same files"
                )

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Raise TensorFlow's errors about a lost process as `WorkersError`."""
        try:
            yield
        except (
            tf.errors.UnavailableError,
            tf.errors.AbortedError,
            tf.errors.CancelledError,
            tf.errors.DeadlineExceededError,
            tf.errors.InternalError,
        ) as error:
            if self.count == 1:
                raise
            raise WorkersError(
                f"worker {self.rank} of {self.count} has lost another worker; "
                f"start all of them again with --resume"
            ) from error


def find_workers(
    name: str = "auto",
    environ: Mapping[str, str] = os.environ,
    report: Callable[[str], object] = lambda _: None,
) -> Workers:
    """The workers of the strategy called `name`, one of `STRATEGIES`.

    "auto": several processes, if TF_CONFIG in `environ` names them; else every GPU, if there are several;
    else one device, for which TensorFlow needs no strategy. With several processes this must be TensorFlow's
    first task: it waits until all are connected, and calls `report` with a line that says so.
    Raises `OptionError` for a strategy that is not possible here, `WorkersError` where the other processes
    cannot be reached.
    """
    if name not in STRATEGIES:
        raise OptionError(f"strategy must be one of {', '.join(STRATEGIES)}, received {name!r}")
    rank, count = _task(environ) if name in ("auto", "multi-worker") else (0, 1)
    if name == "multi-worker" and "TF_CONFIG" not in environ:
        raise OptionError(f"the multi-worker strategy needs TF_CONFIG in the environment, as {EXAMPLE}")
    if count > 1:
        report(f"worker {rank} of {count} waits for the others")
        return Workers(_connected(rank, count), rank, count)
    gpus, cpus = ([device.name for device in tf.config.list_logical_devices(kind)] for kind in ("GPU", "CPU"))
    # A caller may have divided the CPU into several logical devices.
    devices = gpus or (cpus if len(cpus) > 1 else [])
    if name == "mirrored" and not devices:
        raise OptionError("the mirrored strategy needs a GPU, and there is none; leave --strategy out")
    if name == "mirrored" or (name == "auto" and len(devices) > 1):
        return Workers(tf.distribute.MirroredStrategy(devices))
    return Workers()


def _task(environ: Mapping[str, str]) -> tuple[int, int]:
    """(rank, count) of this process by TF_CONFIG; a chief, where there is one, comes first."""
    text = environ.get("TF_CONFIG")
    if not text:
        return 0, 1
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        chiefs, workers = cluster.get("chief", []), cluster.get("worker", [])
        if not (isinstance(chiefs, list) and isinstance(workers, list)):
            raise ValueError("a kind of worker has a list of addresses")
        kind, index = task["type"], int(task["index"])
        if not 0 <= index < len({"chief": chiefs, "worker": workers}[kind]):
            raise ValueError(f"there is no {kind} {index}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OptionError(f"TF_CONFIG is not a cluster and a task, as {EXAMPLE}: {error}") from error
    return index + (len(chiefs) if kind == "worker" else 0), len(chiefs) + len(workers)


def _connected(rank: int, count: int) -> Any:
    """The strategy of several processes, once all are connected."""
    try:
        # While TensorFlow waits no handler of Python's runs, and it takes SIGTERM for itself. Nothing has
        # been written yet: let signals end the process at once.
        with handling(signal.SIG_DFL):
            return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WorkersError(f"worker {rank} of {count} cannot join the others: {reason}") from error
