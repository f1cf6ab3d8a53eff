"""Epochs: the weights that predict held-out solos best, and a run that can be cut off anywhere.

One epoch: every solo once, in random order and freshly cut into windows (`dataset.Plan`), the recurrent state
carried from window to window; then one pass over the held-out solos. Carrying the state is what makes a model
trained on windows of 30 good at playing a solo of 500 values without a break: begun from zero instead, every
window teaches it to forget (0.012 nats a note).

The loss is in nats a value: the mean negative log-likelihood. One seed gives one set of weights on one
machine, also when the run was cut off: all that the next step depends on stands in a progress file (weights,
Adam's moments, carried states, the best weights so far, the history), and chance is drawn from the seed and
the numbers of epoch and step, not from a generator that would have to be saved. Several workers
(`workers.py`) take the same steps as one; a run can be cut off with some and go on with others.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from jazzgen.corpus.batches import Batch, Encodings, Plan, Share, stream
from jazzgen.corpus.windows import IntArray
from jazzgen.errors import CheckpointError, DataError, OptionError
from jazzgen.model.checkpoint import FloatArray, load_checkpoint, save_checkpoint
from jazzgen.model.network import make_network
from jazzgen.tokens.features import FeatureSpec
from jazzgen.tokens.tracker import Encoded
from jazzgen.tokens.vocabulary import LENGTHS, REST
from jazzgen.training.logs import Epoch, write_log
from jazzgen.training.settings import Moment, Settings, Trained
from jazzgen.training.steps import NOTHING, Losses, Stepper, recipe
from jazzgen.training.workers import Workers

__all__ = ["SAVE_EVERY_S", "Examples", "saved_origin", "train"]

Examples = Sequence[Encoded]
Arrays = Mapping[str, FloatArray]

FIRST_REST = REST * len(LENGTHS)  # values from here on are rests
HELD_OUT_TX = 128  # steps of a window of the held-out solos
KIND = "training"  # of a progress file
SAVE_EVERY_S = 60.0
MAX_SAVE_EVERY_S = 10**6


def _ignore(_: object) -> None:
    pass


def train(
    examples: Examples,
    held_out: Examples = (),
    settings: Settings | None = None,
    *,
    players: Sequence[str] = (),
    start: Arrays | None = None,
    progress: str | os.PathLike[str] | None = None,
    resume: bool = False,
    save_every_s: float = SAVE_EVERY_S,
    log: str | os.PathLike[str] | None = None,
    origin: Mapping[str, Any] | None = None,
    workers: Workers | None = None,
    report: Callable[[Moment], object] = _ignore,
    keep: Callable[[Trained], object] = _ignore,
) -> Trained:
    """Fit a model to `examples`; return the weights that predict `held_out` best.

    Without held-out solos those of the last epoch are kept where `settings` average, else those of the lowest
    training loss. `players` are the names behind the rows of the feature player. `start` goes on from given
    weights. Where `progress` names a file, the run stands there from its first step on, again after each
    epoch and every `save_every_s` seconds, with what `origin` says of it (for `saved_origin`); with `resume`
    it goes on from there and ends where a run that was never cut off ends. `log` names a CSV file with a row
    an epoch, see `logs.py`. `report` is called some times a second, `keep` whenever the weights are better
    than all before. A `KeyboardInterrupt` ends the training early and returns the best so far; before the
    first epoch has ended there is none, and it is passed on.

    Several `workers` all call this with the same arguments; only the first writes files and calls `keep`.

    Raises `DataError` where there is nothing to learn or the loss is no number, `CheckpointError` for a
    progress file of another run, `OutputError` for a file that cannot be written (what was written before
    stays), `WorkersError` where workers do not agree or one is lost.
    """
    settings, workers = settings or Settings(), workers or Workers()
    if not 0 <= save_every_s <= MAX_SAVE_EVERY_S:
        raise OptionError(f"save every must be 0..{MAX_SAVE_EVERY_S} seconds, received {save_every_s}")
    sizes = _sizes(examples)
    if not sizes.sum():
        raise DataError("there is nothing to train on: no solo has a note")
    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    path = Path(progress) if progress is not None else None
    with workers.watched():
        run = _Run(examples, sizes, held_out, settings, tuple(players), workers)
        run.begin(start, path, resume, origin or {})
        try:
            while not run.finished:
                run.epoch(report, path, save_every_s)
                better = run.consider()
                run.write(path, log)
                if better and workers.leads:
                    keep(run.best())
        except KeyboardInterrupt:
            if run.arrays is None:
                raise
            run.history.stopped = "interrupted"
        return run.best()


def _sizes(examples: Examples) -> IntArray:
    """(n, 2) How many notes and how many values each example has."""
    if isinstance(examples, Encodings):
        return examples.sizes()
    sizes = [((example.values < FIRST_REST).sum(), len(example.values)) for example in examples]
    return np.array(sizes, dtype=np.int64).reshape(-1, 2)


@dataclass
class _History:
    """What each epoch gave. Losses are in nats a value."""

    losses: list[float] = field(default_factory=list)
    register_losses: list[float] = field(default_factory=list)  # nats a note
    held_out_losses: list[float] = field(default_factory=list)
    held_out_register_losses: list[float] = field(default_factory=list)  # nats a note
    best_epoch: int = 0
    best_loss: float | None = None
    times: list[float] = field(default_factory=list)  # seconds of training when each epoch had ended
    steps: int = 0  # taken before the present epoch
    seconds: float = 0.0
    stopped: str = "all epochs done"
    sums: list[float] = field(default_factory=lambda: [*NOTHING])  # of the present epoch so far


class _Run:
    """A training on its way."""

    def __init__(
        self,
        examples: Examples,
        sizes: IntArray,
        held_out: Examples,
        settings: Settings,
        players: tuple[str, ...],
        workers: Workers,
    ) -> None:
        self.workers, self.origin = workers, dict[str, Any]()
        self.examples, self.held_out, self.settings = examples, held_out, settings
        self._sizes, self._held_out_sizes = sizes, _sizes(held_out)
        self.lengths, self._held_out_lengths = sizes[:, 1], self._held_out_sizes[:, 1]
        self.spec = FeatureSpec(settings.features, players if "player" in settings.features else ())
        with workers.strategy.scope():
            network = make_network(
                settings.n_a,
                layers=settings.layers,
                spec=self.spec,
                register_units=settings.register_units,
            )
        plans = [self._plan(epoch) for epoch in range(settings.epochs)]
        steps = sum(plan.steps(self.lengths, settings.batch_size, settings.Tx) for plan in plans)
        self.stepper = Stepper(network, settings, steps, workers)
        self.history = _History()
        self.arrays: dict[str, FloatArray] | None = None
        self._began_s = time.monotonic()

    @property
    def finished(self) -> bool:
        """All epochs done, or no better weights for too long."""
        history = self.history
        if len(history.losses) >= self.settings.epochs:
            return True
        if history.losses and len(history.losses) - history.best_epoch >= self.settings.patience:
            history.stopped = f"no gain for {self.settings.patience} epochs"
            return True
        return False

    def begin(
        self, start: Arrays | None, progress: Path | None, resume: bool, origin: Mapping[str, Any]
    ) -> None:
        """Take the weights to start from or the state to go on from; see that all workers have the same."""
        self.origin = dict(origin)
        if start is not None:
            self.start_from(start)
        if resume and progress is not None:
            self.restore(progress)
        self.agree()
        if progress is not None and not resume:
            self.save(progress)

    def write(self, progress: Path | None, log: str | os.PathLike[str] | None) -> None:
        """Write what an epoch has given, before its weights are kept.

        In this order: cut off in between, the run takes the epoch again and writes the same row; cut off
        after it, the run goes on and its best is kept at the end.
        """
        if log is not None and self.workers.leads:
            write_log(log, self.epochs())
        if progress is not None:
            self.save(progress)

    def epoch(self, report: Callable[[Moment], object], progress: Path | None, save_every_s: float) -> None:
        """One pass over all solos, from where the run stands."""
        history = self.history
        taken = self.stepper.steps_taken - history.steps
        if not taken:
            self.stepper.forget()
            history.sums = [*NOTHING]
        report(self._moment())
        saved_s = time.monotonic()

        def wish() -> bool:
            """Whether to save now: the first worker's clock decides, all hear of it."""
            return self.workers.leads and time.monotonic() - saved_s >= save_every_s

        batches = islice(self._batches(len(history.losses)), taken, None)
        for losses, wished in self.stepper.train(batches, wish):
            history.sums = [*(Losses(*history.sums) + losses)]
            report(self._moment())
            if wished and progress is not None:
                self.save(progress)
                saved_s = time.monotonic()

    def consider(self) -> bool:
        """Note the epoch that has ended; True if its weights are the best so far."""
        history = self.history
        done = Losses(*history.sums)
        loss = done.nats / done.values
        arrays = self.stepper.arrays()
        measured = loss
        if self._held_out_lengths.sum():
            held_out = self._judged(arrays, self._held_out_batches())
            measured = held_out.nats / held_out.values
            history.held_out_register_losses.append(held_out.register_nats / max(held_out.notes, 1))
        if not (math.isfinite(loss) and math.isfinite(measured)):
            raise DataError(
                f"the loss is not a number in epoch {len(history.losses) + 1}: the training diverged"
            )
        history.losses.append(loss)
        history.register_losses.append(done.register_nats / max(done.notes, 1))
        history.held_out_losses.append(measured)
        history.times.append(self._seconds())
        history.steps = self.stepper.steps_taken
        history.sums = [*NOTHING]
        # Averaged weights that nobody judges: the last are as far down as the rate has carried them.
        unjudged = not self._held_out_lengths.sum() and self.settings.average > 0
        if history.best_loss is None or measured < history.best_loss or unjudged:
            history.best_epoch, history.best_loss, self.arrays = len(history.losses), measured, arrays
            return True
        return False

    def _judged(self, arrays: Arrays, batches: Iterator[Batch]) -> Losses:
        """The losses of `arrays` over `batches`, of which each worker has its share."""
        own = self.stepper.held_out_losses(arrays, batches)
        return Losses(*(float(number) for number in self.workers.total(own)))

    def best(self) -> Trained:
        """The best weights and the record so far."""
        assert self.arrays is not None  # noqa: S101 - `train` asks after an epoch only
        history = self.history
        record: dict[str, Any] = {
            "settings": recipe(self.settings),
            "data": _counts(self._sizes),
            "held_out": _counts(self._held_out_sizes),
            "epochs": len(history.losses),
            "best_epoch": history.best_epoch,
            "stopped": history.stopped,
            "seconds": round(self._seconds(), 1),
            "losses": _rounded(history.losses),
            "keras": keras.__version__,
        }
        if self.settings.register_units:
            record["register_losses"] = _rounded(history.register_losses)
        if self._held_out_lengths.sum() and history.best_loss is not None:
            notes = record["held_out"]["notes"]
            nats = history.best_loss * int(self._held_out_lengths.sum())
            record["held_out_losses"] = _rounded(history.held_out_losses)
            record["nats_per_value"] = round(history.best_loss, 4)
            record["nats_per_note"] = round(nats / notes, 4) if notes else None
            if self.settings.register_units:
                record["held_out_register_losses"] = _rounded(history.held_out_register_losses)
        return Trained(self.arrays, record)

    def start_from(self, arrays: Arrays) -> None:
        """Begin with these weights as the best so far: what a resumed run must not fall behind."""
        self.stepper.start_from(arrays)
        self.arrays = dict(arrays)
        batches = self._held_out_batches() if self._held_out_lengths.sum() else self._batches(0)
        losses = self._judged(arrays, batches)
        self.history.best_loss = losses.nats / losses.values

    # ------------------------------------------------------------------------------------ a run cut off

    def save(self, path: Path) -> None:
        """Write all that the next step depends on to `path`: the first worker does, but all take part."""
        arrays = self.stepper.state()
        if not self.workers.leads:
            return
        arrays |= {f"best/{name}": array for name, array in (self.arrays or {}).items()}
        self.history.seconds, self._began_s = self._seconds(), time.monotonic()
        history = {f.name: getattr(self.history, f.name) for f in fields(self.history)}
        save_checkpoint(
            path,
            arrays,
            {
                "kind": KIND,
                "run": self._identity(),
                "origin": self.origin,
                "history": history,
                "steps": self.stepper.steps_taken,
            },
        )

    def restore(self, path: Path) -> None:
        """Go on from what `save` wrote; raises `CheckpointError` where it is another run's."""
        saved = load_checkpoint(path, KIND)
        if saved.description.get("run") != self._identity():
            raise CheckpointError(
                f"{path} is of a training with other settings or other solos; resume with those, "
                f"or remove the file to begin anew"
            )
        try:
            self.history = _History(**saved.description["history"])
            self.stepper.restore(saved.arrays, int(saved.description["steps"]))
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path} is not a training that can go on: {error}") from error
        best = {name[5:]: array for name, array in saved.arrays.items() if name.startswith("best/")}
        self.arrays, self.origin = best or None, saved.description.get("origin", {})

    def agree(self) -> None:
        """Make sure that all workers learn the same and stand at the same step."""
        run = self._identity()
        self.workers.agree(
            {
                "settings": run["settings"],
                "solos": [run["lengths"], run["held_out"], run["players"]],
                "progress": [self.stepper.steps_taken, self.history.losses],
            }
        )

    def epochs(self) -> list[Epoch]:
        """What each epoch gave, for a log."""
        history, judged = self.history, bool(self._held_out_lengths.sum())
        registers = self.settings.register_units > 0
        return [
            Epoch(
                number=k + 1,
                loss=history.losses[k],
                register_loss=history.register_losses[k] if registers else None,
                held_out_loss=history.held_out_losses[k] if judged else None,
                held_out_register_loss=(
                    history.held_out_register_losses[k] if judged and registers else None
                ),
                seconds=history.times[k] if k < len(history.times) else None,
            )
            for k in range(len(history.losses))
        ]

    def _identity(self) -> dict[str, Any]:
        """What must agree: the settings and the solos' lengths say all that matters and give nothing away."""
        return json.loads(  # type: ignore[no-any-return]
            json.dumps(
                {
                    "settings": recipe(self.settings),
                    "players": list(self.spec.players),
                    "lengths": _checksum(self.lengths),
                    "held_out": _checksum(self._held_out_lengths),
                }
            )
        )

    # ------------------------------------------------------------------------------------------ batches

    def _plan(self, epoch: int) -> Plan:
        return Plan.draw(
            len(self.lengths), self.settings.Tx, np.random.default_rng([self.settings.seed, epoch])
        )

    def _batches(self, epoch: int) -> Iterator[Batch]:
        """The batches of an epoch; whose player is told is drawn anew each time."""
        settings = self.settings
        told = np.random.default_rng([settings.seed, epoch, 1]).random(len(self.lengths)) >= settings.anyone
        first_player = self.spec.offsets.get("player", self.spec.width)

        def encode(number: int) -> Encoded:
            example = self.examples[number]
            if told[number] or first_player == self.spec.width:
                return example
            rows = np.where(example.active >= first_player, self.spec.width, example.active)
            return example._replace(active=rows.astype(np.int16))

        share = Share(self.stepper.places, self.lengths, self.spec.most_active)
        return stream(encode, self._plan(epoch), settings.batch_size, settings.Tx, self.spec.width, share)

    def _held_out_batches(self) -> Iterator[Batch]:
        """The share of a worker: of N, every Nth solo."""
        numbers = np.arange(self.workers.rank, len(self.held_out), self.workers.count)
        n = max(min(len(numbers), 64), 1)
        plan = Plan(numbers, np.full(len(numbers), HELD_OUT_TX))
        return stream(self.held_out.__getitem__, plan, n, HELD_OUT_TX, self.spec.width)

    # ------------------------------------------------------------------------------------------ figures

    def _moment(self) -> Moment:
        history, done = self.history, Losses(*self.history.sums)
        judged = bool(self._held_out_lengths.sum()) and bool(history.held_out_losses)
        return Moment(
            epoch=len(history.losses) + 1,
            epochs=self.settings.epochs,
            values_done=int(done.values),
            values=int(self.lengths.sum()),
            loss=done.nats / done.values if done.values else math.nan,
            held_out=history.held_out_losses[-1] if judged else math.nan,
            best=history.best_loss if history.best_loss is not None and self.arrays is not None else math.nan,
        )

    def _seconds(self) -> float:
        return self.history.seconds + time.monotonic() - self._began_s


def _counts(sizes: IntArray) -> dict[str, int]:
    """How many solos, values and notes these are, for a record."""
    notes, values = (int(count) for count in sizes.sum(axis=0))
    return {"solos": len(sizes), "values": values, "notes": notes}


def saved_origin(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What was said to `train` as `origin` of the run whose progress stands at `path`."""
    origin = load_checkpoint(path, KIND).description.get("origin")
    return origin if isinstance(origin, dict) else {}


def _checksum(lengths: IntArray) -> list[int]:
    """Count, sum and a weighted sum: another set of solos has others."""
    places = np.arange(1, len(lengths) + 1)
    return [len(lengths), int(lengths.sum()), int((lengths * places).sum())]


def _rounded(losses: Sequence[float]) -> list[float]:
    return [round(loss, 4) for loss in losses]
