"""The epochs of a training, and the weights that predict held-out solos best.

In: encoded solos. Out: weights and the record of how they came about. Losses are mean negative
log-likelihoods, in nats a value. One seed gives one set of weights on one machine, also where the run was cut
off (`resume.py`). Several workers (`workers.py`) take the same steps as one; a run can be cut off with some
and go on with others.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

import keras
import tensorflow as tf

from jazzgen.corpus.batches import Batch
from jazzgen.corpus.windows import IntArray
from jazzgen.errors import CheckpointError, DataError
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.model.network import make_network
from jazzgen.training.data import TrainingData
from jazzgen.training.resume import History, Progress, RunFiles, write_log
from jazzgen.training.steps import NOTHING, Losses, Stepper

Arrays: TypeAlias = Mapping[str, FloatArray]


@dataclass(frozen=True)
class TrainingStatus:
    """Where a training stands, for a display. Losses are in nats a value, nan until known."""

    epoch: int  # from 1
    epochs: int
    values_done: int  # of this epoch
    values: int  # in an epoch
    loss: float  # of this epoch so far
    held_out: float  # of the last epoch
    best: float  # of all epochs


class TrainingResult(NamedTuple):
    """The best `arrays`, and the `record` of how they came about: a JSON object for the checkpoint."""

    arrays: Arrays
    record: dict[str, Any]


def _ignore(_: object) -> None:
    pass


def train(
    data: TrainingData,
    files: RunFiles | None = None,
    *,
    start: Arrays | None = None,
    report: Callable[[TrainingStatus], object] = _ignore,
    keep: Callable[[TrainingResult], object] = _ignore,
) -> TrainingResult:
    """Fit a model to encoded solos. Seeds the random generators of Python, NumPy and TensorFlow.

    Several workers all call this with the same arguments; only the chief writes files and calls `keep`.

    Parameters
    ----------
    data
        The settings and the solos. With none held out, the last epoch's weights are kept if the settings
        average, else those of the lowest training loss.
    files
        Where the run's progress and log are written, and whether it goes on from there; default: nowhere.
    start
        Weights to start from instead of random ones. The result is no worse on the held-out solos.
    report, keep
        Called a few times a second, and after each epoch whose weights are better than all before.

    Returns
    -------
    TrainingResult
        The best weights; after a `KeyboardInterrupt`, which ends the training early, the best so far. Before
        the first epoch has ended there are none, and the interrupt is passed on.

    Raises
    ------
    DataError
        There is nothing to learn, or the loss is not a number.
    CheckpointError
        The progress file is of another run.
    OutputError
        A file cannot be written; what was written before stays.
    WorkersError
        Workers do not agree, or one is lost.
    """
    if not data.sizes.sum():
        raise DataError("there is nothing to train on: no solo has a note")
    keras.utils.set_random_seed(data.settings.seed)
    tf.config.experimental.enable_op_determinism()
    with data.workers.translated_errors():
        run = _Run(data, files or RunFiles())
        run.begin(start)
        try:
            while not run.stopped:
                run.epoch(report)
                if run.finish_epoch() and data.workers.is_chief:
                    keep(run.result())
        except KeyboardInterrupt:
            if run.best is None:
                raise
            run.interrupted = True
        return run.result()


class _Run:
    """A training on its way."""

    def __init__(self, data: TrainingData, files: RunFiles) -> None:
        self.data, self.files, self.settings, self.workers = data, files, data.settings, data.workers
        settings = self.settings
        with self.workers.strategy.scope():
            network = make_network(
                settings.n_a, layers=settings.layers, spec=data.spec, register_units=settings.register_units
            )
        self.stepper = Stepper(network, settings, data.steps(), self.workers)
        self.history = History(sums=[*NOTHING])
        self.best: Arrays | None = None
        self.interrupted = False
        self._began_s = time.monotonic()

    @property
    def stopped(self) -> str:
        """Why the run has ended; empty while it goes on."""
        epochs, patience = len(self.history.losses), self.settings.patience
        if self.interrupted:
            return "interrupted"
        if epochs >= self.settings.epochs:
            return "all epochs done"
        return f"no gain for {patience} epochs" if epochs - self.history.best_epoch >= patience else ""

    def begin(self, start: Arrays | None) -> None:
        """Take the weights to start from or the state to go on from; check that all workers have the same."""
        if start is not None:
            self.stepper.start_from(start)
            self.best = dict(start)  # which the result must not fall behind
            data = self.data
            losses = self._measured(start, data.held_out_batches() if data.validated else data.batches(0))
            self.history.best_loss = losses.nats / losses.values
        if self.files.resume and self.files.progress is not None:
            self.restore(self.files.progress)
        progress = [self.stepper.steps_taken, self.history.losses]
        self.workers.check_agreement({**self.data.identity(), "progress": progress})
        if not self.files.resume:
            self.save()

    def epoch(self, report: Callable[[TrainingStatus], object]) -> None:
        """One pass over all solos, from where the run stands."""
        history = self.history
        taken = self.stepper.steps_taken - history.steps
        if not taken:
            self.stepper.forget()
            history.sums = [*NOTHING]
        report(self._status())
        saved_s = time.monotonic()

        def should_save() -> bool:
            """Whether it is time to save: the chief's clock decides for all workers."""
            return self.workers.is_chief and time.monotonic() - saved_s >= self.files.save_every_s

        batches = islice(self.data.batches(len(history.losses)), taken, None)
        for losses, save_now in self.stepper.train(batches, should_save):
            history.sums = [*(Losses(*history.sums) + losses)]
            report(self._status())
            if save_now:
                self.save()
                saved_s = time.monotonic()

    def finish_epoch(self) -> bool:
        """Measure the weights of the epoch that has ended and save them; True if they are the best so far."""
        history, arrays = self.history, self.stepper.arrays()
        trained = validated = Losses(*history.sums)
        if self.data.validated:
            validated = self._measured(arrays, self.data.held_out_batches())
        loss, measured = trained.nats / trained.values, validated.nats / validated.values
        if not (math.isfinite(loss) and math.isfinite(measured)):
            raise DataError(
                f"the loss is not a number in epoch {len(history.losses) + 1}: the training diverged"
            )
        history.losses.append(loss)
        if self.data.validated:
            history.held_out_losses.append(measured)
        if self.settings.register_units:
            history.register_losses.append(trained.register_nats / max(trained.notes, 1))
        if self.settings.register_units and self.data.validated:
            history.held_out_register_losses.append(validated.register_nats / max(validated.notes, 1))
        history.times.append(self._seconds())
        history.steps = self.stepper.steps_taken
        history.sums = [*NOTHING]
        # Averaged weights that no held-out solo measures: the last are as far down as the rate has carried.
        unmeasured = not self.data.validated and self.settings.ema_momentum > 0
        better = history.best_loss is None or measured < history.best_loss or unmeasured
        if better:
            history.best_epoch, history.best_loss, self.best = len(history.losses), measured, arrays
        # Before `keep` is called: cut off before the progress is saved, the run takes the epoch again and
        # writes the same row; cut off after it, it goes on and its best is kept at the end.
        if self.files.log is not None and self.workers.is_chief:
            write_log(self.files.log, history)
        self.save()
        return better

    def _measured(self, arrays: Arrays, batches: Iterator[Batch]) -> Losses:
        """The losses of `arrays` over `batches`, of which each worker has its share."""
        own = self.stepper.held_out_losses(arrays, batches)
        return Losses(*(float(number) for number in self.workers.total(own)))

    def result(self) -> TrainingResult:
        """The best weights and the record so far."""
        assert self.best is not None  # noqa: S101 - asked for after an epoch, or after `start`
        history, held_out = self.history, _counts(self.data.held_out_sizes)
        record: dict[str, Any] = {
            "settings": self.settings.record(),
            "data": _counts(self.data.sizes),
            "held_out": held_out,
            "epochs": len(history.losses),
            "best_epoch": history.best_epoch,
            "stopped": self.stopped or "not finished",
            "seconds": round(self._seconds(), 1),
            "losses": [],
            "keras": keras.__version__,
        }
        for name in ("losses", "register_losses", "held_out_losses", "held_out_register_losses"):
            if losses := getattr(history, name):
                record[name] = [round(loss, 4) for loss in losses]
        if self.data.validated and history.best_loss is not None:
            notes, nats = held_out["notes"], history.best_loss * held_out["values"]
            record["nats_per_value"] = round(history.best_loss, 4)
            record["nats_per_note"] = round(nats / notes, 4) if notes else None
        return TrainingResult(self.best, record)

    # ------------------------------------------------------------------------------------ a run cut off

    def save(self) -> None:
        """Write the progress file, if there is one: the chief does, but all workers take part."""
        if self.files.progress is None:
            return
        state, steps = self.stepper.state(), self.stepper.steps_taken
        if self.workers.is_chief:
            self.history.seconds = self._seconds()
            identity, origin = self.data.identity(), self.files.origin
            Progress(identity, origin, self.history, steps, state, self.best).save(self.files.progress)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Go on from what `save` wrote; raises `CheckpointError` where it is another run's."""
        progress = Progress.load(path)
        if progress.run != self.data.identity():
            raise CheckpointError(
                f"{path} is of a training with other settings or other solos; resume with those, "
                f"or remove the file to begin anew"
            )
        try:
            self.stepper.restore(progress.state, progress.steps)
        except (KeyError, ValueError) as error:
            raise CheckpointError(f"{path} is not a training that can go on: {error}") from error
        self.history, self.best = progress.history, progress.best
        self._began_s = time.monotonic() - self.history.seconds

    # ------------------------------------------------------------------------------------------ figures

    def _status(self) -> TrainingStatus:
        history, done = self.history, Losses(*self.history.sums)
        return TrainingStatus(
            epoch=len(history.losses) + 1,
            epochs=self.settings.epochs,
            values_done=int(done.values),
            values=int(self.data.lengths.sum()),
            loss=done.nats / done.values if done.values else math.nan,
            held_out=history.held_out_losses[-1] if history.held_out_losses else math.nan,
            best=history.best_loss if history.best_loss is not None else math.nan,
        )

    def _seconds(self) -> float:
        """Of training, without the time between being cut off and going on."""
        return time.monotonic() - self._began_s


def _counts(sizes: IntArray) -> dict[str, int]:
    """How many solos, values and notes these are, for a record."""
    notes, values = (int(count) for count in sizes.sum(axis=0))
    return {"solos": len(sizes), "values": values, "notes": notes}
