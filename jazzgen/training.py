"""Training the classic model: solos in, a checkpoint out.

`train` fits `djmodel` to sequences of values and keeps the weights that predict the held-out ones best;
`train_files` does it for MIDI files on disk and is what `jazzgen train` and `scripts/train.py` call.

One epoch: cut every solo into windows of Tx values at a fresh random offset; look up, in one pass over each
solo with the weights of the moment, the state in which each window starts, and give it to the model as a0 and
c0; one pass of Adam; then measure the held-out solos. The state is what makes a model trained on windows of
30 good at playing a solo of 500 values without a break: begun from zero instead, every window teaches it to
forget (0.012 nats a note).

The loss is in nats a value: the mean negative log-likelihood. Held-out solos are each run from their first
value to their last in one pass. One seed gives one set of weights on one machine.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from jazzgen.dataset import IntArray, Split, Windows, load_solos, split_by_title, title_digest, windows
from jazzgen.errors import CheckpointError, DataError, OptionError
from jazzgen.files import check_writable
from jazzgen.model import djmodel, keras, layer_weights, make_layers, set_layer_weights
from jazzgen.vocabulary import LENGTHS, REST, encode
from jazzgen.weights import (
    DENSOR_BIAS,
    DENSOR_KERNEL,
    LSTM_BIAS,
    LSTM_KERNEL,
    LSTM_RECURRENT,
    MAX_UNITS,
    Checkpoint,
    FloatArray,
    describe_improviser,
    load_checkpoint,
    save_checkpoint,
)

__all__ = [
    "Moment",
    "Settings",
    "Trained",
    "TrainedFiles",
    "compile_model",
    "one_pass_nats",
    "train",
    "train_files",
]

Arrays: TypeAlias = Mapping[str, FloatArray]
Values: TypeAlias = Sequence[Sequence[int]]  # one sequence of values a solo

# Steps that Keras runs between two looks at Python: with 1 the interpreter, not the arithmetic, sets the
# speed.
STEPS_PER_EXECUTION = 60
# A resumed run starts lower: at the full rate its first epochs would undo what the checkpoint knows.
RESUMED_RATE = 0.3
HELD_OUT = 0.1  # of the tunes
FIRST_REST = REST * len(LENGTHS)  # values from here on are rests


# --------------------------------------------------------------------------------------- what goes in and out


@dataclass(frozen=True)
class Settings:
    """The recipe: what decides the weights together with the data. It stands in the checkpoint's record."""

    n_a: int = 64
    Tx: int = 30
    epochs: int = 20
    batch_size: int = 32
    learning_rate: float = 1e-2  # Adam's at the start; it falls along half a cosine to 0 at the end
    weight_decay: float = 0.03  # Adam's, decoupled: of each weight, times the rate, a step
    clip_norm: float = 1.0
    patience: int = 10  # epochs without a better held-out loss before training stops
    seed: int = 0

    def __post_init__(self) -> None:
        ranges = (
            ("units", self.n_a, 1, MAX_UNITS),
            ("tx", self.Tx, 1, 1024),
            ("epochs", self.epochs, 1, 10**6),
            ("batch size", self.batch_size, 1, 10**6),
            ("patience", self.patience, 1, 10**6),
            ("seed", self.seed, 0, 2**32 - 1),
        )
        for name, value, low, high in ranges:
            if not low <= value <= high:
                raise OptionError(f"{name} must be in {low}..{high}, received {value}")


@dataclass(frozen=True)
class Moment:
    """Where training stands, for a display. Losses are in nats a value; `held_out` and `best` are nan until
    known.
    """

    epoch: int  # from 1
    epochs: int
    values_done: int  # of this epoch
    values: int  # in an epoch
    loss: float
    held_out: float
    best: float


class Trained(NamedTuple):
    """The best `arrays`, and the `record` of how they came about: a JSON object for the checkpoint."""

    arrays: dict[str, FloatArray]
    record: dict[str, Any]


# --------------------------------------------------------------------------------------------------- training


def _ignore(_: object) -> None:
    pass


def train(
    values: Values,
    held_out: Values = (),
    settings: Settings | None = None,
    *,
    start: Arrays | None = None,
    report: Callable[[Moment], object] = _ignore,
    keep: Callable[[Trained], object] = _ignore,
) -> Trained:
    """Fit the classic model to `values`; return the weights that predict `held_out` best.

    Without held-out solos those of the lowest training loss are kept. `start` goes on from given weights.
    `report` is called some times a second, `keep` whenever the weights are better than all before. A
    `KeyboardInterrupt` ends the training early and returns the best so far; before the first epoch has ended
    there is none, and it is passed on.

    Seeds the global generators of Python, NumPy and TensorFlow, which is how Keras is made repeatable.
    """
    settings = settings or Settings()
    if not any(values):
        raise DataError("there is nothing to train on: no solo has a note")
    keras.utils.set_random_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    layers = make_layers(settings.n_a)
    if start is not None:
        set_layer_weights(layers, start)
    model = djmodel(settings.Tx, layers)
    cuts = windows(values, settings.Tx, rng)
    compile_model(model, settings, steps=math.ceil(len(cuts.X) / settings.batch_size) * settings.epochs)

    history = _History(values, held_out, settings)
    if start is not None:
        history.start_from(layer_weights(layers))
    try:
        while len(history.losses) < settings.epochs:
            report(history.moment(0))
            loss = _fit_epoch(
                model, cuts, _states_at(layer_weights(layers), values, cuts), rng, history, report
            )
            if history.consider(layer_weights(layers), loss):
                keep(history.best())
            if history.epochs_without_gain >= settings.patience:
                history.stopped = f"no gain for {settings.patience} epochs"
                break
            cuts = windows(values, settings.Tx, rng)
    except KeyboardInterrupt:
        if history.arrays is None:
            raise
        history.stopped = "interrupted"
    return history.best()


def one_pass_nats(arrays: Arrays, solos: Values) -> float:
    """The summed loss in nats of all values of `solos`, each run from its first value to its last in one
    pass.
    """
    kernel, bias = arrays[DENSOR_KERNEL], arrays[DENSOR_BIAS]
    nats = 0.0
    for step in _one_pass(arrays, solos):
        logits = step.a_next @ kernel + bias  # (k, 78)
        logits -= logits.max(axis=1, keepdims=True)
        log_sums = np.log(np.exp(logits).sum(axis=1))  # (k,)
        nats += float((log_sums - logits[np.arange(len(step.targets)), step.targets]).sum())
    return nats


class _Step(NamedTuple):
    """Value `t` of the `k` solos that are that long: the states before it was predicted and after, and the
    value.
    """

    t: int
    solos: IntArray  # (k,) which ones
    a: FloatArray  # (k, n_a)
    c: FloatArray  # (k, n_a)
    a_next: FloatArray  # (k, n_a)
    targets: IntArray  # (k,)


def _one_pass(arrays: Arrays, solos: Values) -> Iterator[_Step]:
    """The LSTM in NumPy over all solos side by side, from zero states: half a second where Keras would need
    many.

    Gates in Keras's order i, f, c, o; a one-hot input times the kernel is a row of it, the zero vector a row
    of zeros.
    """
    recurrent = arrays[LSTM_RECURRENT]  # (n_a, 4 n_a)
    drive = np.vstack([arrays[LSTM_KERNEL], np.zeros_like(recurrent[:1])]) + arrays[LSTM_BIAS]  # (79, 4 n_a)
    lengths = np.array([len(solo) for solo in solos], dtype=np.int64)
    targets = np.full(
        (len(solos), lengths.max(initial=0) + 1), -1, dtype=np.int64
    )  # (solos, T + 1), -1 in front
    for row, solo in zip(targets, solos, strict=True):
        row[1 : len(solo) + 1] = solo
    a = np.zeros((len(solos), len(recurrent)), dtype=np.float32)
    c = np.zeros_like(a)
    for t in range(targets.shape[1] - 1):
        alive = np.flatnonzero(lengths > t)  # (k,)
        i, f, g, o = np.split(drive[targets[alive, t]] + a[alive] @ recurrent, 4, axis=1)  # (k, n_a) each
        c_next = _sigmoid(f) * c[alive] + _sigmoid(i) * np.tanh(g)
        a_next = _sigmoid(o) * np.tanh(c_next)
        yield _Step(t, alive, a[alive], c[alive], a_next, targets[alive, t + 1])
        a[alive], c[alive] = a_next, c_next


def _sigmoid(z: FloatArray) -> FloatArray:
    # By tanh, which does not overflow where exp(-z) would.
    half = np.float32(0.5)
    return np.asarray(half + half * np.tanh(half * z))


def _states_at(arrays: Arrays, solos: Values, cuts: Windows) -> tuple[FloatArray, FloatArray]:
    """a0 and c0 (m, n_a): the state in which each window starts when its solo is played from the start."""
    n_a = len(arrays[LSTM_RECURRENT])
    a0 = np.zeros((len(cuts.X), n_a), dtype=np.float32)
    c0 = np.zeros_like(a0)
    starting: dict[int, list[int]] = {}
    for window, start in enumerate(cuts.start):
        starting.setdefault(int(start), []).append(window)
    row_of = np.zeros(len(solos), dtype=np.int64)
    for step in _one_pass(arrays, solos):
        at = starting.get(step.t)
        if at:
            row_of[step.solos] = np.arange(len(step.solos))
            rows = row_of[cuts.solo[at]]
            a0[at], c0[at] = step.a[rows], step.c[rows]
    return a0, c0


def compile_model(model: Any, settings: Settings, steps: int) -> None:
    """Adam with a rate that falls along half a cosine over `steps`, and one loss for the stacked output."""
    rate = keras.optimizers.schedules.CosineDecay(settings.learning_rate, decay_steps=steps)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            rate, weight_decay=settings.weight_decay, clipnorm=settings.clip_norm
        ),
        loss=keras.losses.CategoricalCrossentropy(),
        steps_per_execution=STEPS_PER_EXECUTION,
    )


def _fit_epoch(
    model: Any,
    cuts: Windows,
    states: tuple[FloatArray, FloatArray],
    rng: np.random.Generator,
    history: _History,
    report: Callable[[Moment], object],
) -> float:
    """One pass over the windows in random order; returns the training loss in nats a value."""
    a0, c0 = states
    order = rng.permutation(len(cuts.X))
    values_done = np.cumsum(cuts.Y.sum(axis=(1, 2))[order])  # (m,): a padded window has fewer than Tx
    steps_a_value = cuts.Y[..., 0].size / values_done[-1]  # Keras takes the mean over padded steps too
    batch_size = history.settings.batch_size

    def on_train_batch_end(batch: int, logs: Mapping[str, float] | None = None) -> None:
        done = int(values_done[min((batch + 1) * batch_size, len(order)) - 1])
        report(history.moment(done, float((logs or {}).get("loss", math.nan) * steps_a_value)))

    fitted = model.fit(
        [cuts.X[order], a0[order], c0[order]],
        cuts.Y[order],
        batch_size=batch_size,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=on_train_batch_end)],
    )
    return float(fitted.history["loss"][0] * steps_a_value)


class _History:
    """What each epoch gave, and the best weights so far."""

    def __init__(self, values: Values, held_out: Values, settings: Settings) -> None:
        self.values = values
        self.held_out = held_out
        self.settings = settings
        self.began_s = time.monotonic()
        self.losses: list[float] = []  # in nats a value, one an epoch
        self.held_out_losses: list[float] = []
        self.best_epoch = 0
        self.best_loss = math.inf
        self.arrays: dict[str, FloatArray] | None = None
        self.stopped = "all epochs done"

    def start_from(self, arrays: dict[str, FloatArray]) -> None:
        """Begin with these weights as the best so far: what a resumed run must not fall behind."""
        solos = self.held_out if any(self.held_out) else self.values
        self.arrays, self.best_loss = arrays, one_pass_nats(arrays, solos) / sum(map(len, solos))

    def consider(self, arrays: dict[str, FloatArray], loss: float) -> bool:
        """Note one more epoch and its training loss; True if its weights are the best so far."""
        measured = loss
        if any(self.held_out):
            measured = one_pass_nats(arrays, self.held_out) / sum(map(len, self.held_out))
        self.losses.append(loss)
        self.held_out_losses.append(measured)
        if measured < self.best_loss:
            self.best_epoch, self.best_loss, self.arrays = len(self.losses), measured, arrays
            return True
        return False

    @property
    def epochs_without_gain(self) -> int:
        """How many epochs ago the best one was."""
        return len(self.losses) - self.best_epoch

    def moment(self, values_done: int, loss: float = math.nan) -> Moment:
        """Where training stands `values_done` into the epoch after those that are noted."""
        held_out = self.held_out_losses[-1] if any(self.held_out) and self.held_out_losses else math.nan
        return Moment(
            epoch=len(self.losses) + 1,
            epochs=self.settings.epochs,
            values_done=values_done,
            values=sum(map(len, self.values)),
            loss=loss,
            held_out=held_out,
            best=self.best_loss if self.arrays is not None else math.nan,
        )

    def best(self) -> Trained:
        """The best weights and the record so far."""
        if self.arrays is None:
            raise DataError(
                f"the loss is not a number after {len(self.losses)} epochs: the training diverged"
            )
        record = {
            "settings": asdict(self.settings),
            "data": _counts(self.values),
            "held_out": _counts(self.held_out),
            "epochs": len(self.losses),
            "best_epoch": self.best_epoch,
            "stopped": self.stopped,
            "seconds": round(time.monotonic() - self.began_s, 1),
            "losses": _rounded(self.losses),
            "keras": keras.__version__,
        }
        if any(self.held_out):
            nats = self.best_loss * sum(map(len, self.held_out))
            notes = record["held_out"]["notes"]
            record["held_out_losses"] = _rounded(self.held_out_losses)
            record["nats_per_value"] = round(self.best_loss, 4)
            record["nats_per_note"] = round(nats / notes, 4) if notes else None
        return Trained(self.arrays, record)


def _counts(solos: Values) -> dict[str, int]:
    return {
        "solos": len(solos),
        "values": sum(map(len, solos)),
        "notes": sum(value < FIRST_REST for solo in solos for value in solo),
    }


def _rounded(losses: Sequence[float]) -> list[float]:
    return [round(loss, 4) for loss in losses]


# -------------------------------------------------------------------------------------------- files to a file


class TrainedFiles(NamedTuple):
    """The `checkpoint` written, the files `skipped` (a line each) and a `summary` of one line."""

    checkpoint: Checkpoint
    skipped: tuple[str, ...]
    summary: str


def train_files(
    data: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    units: int = 64,
    tx: int = 30,
    epochs: int = 20,
    seed: int = 0,
    resume: bool = False,
    strict: bool = False,
    console: Console | None = None,
) -> TrainedFiles:
    """Train on the MIDI files among `data` (files, or folders searched recursively) and write a checkpoint to
    `output`.

    A tenth of the tunes, drawn by `seed`, only judges the model. The best weights so far stand in `output`
    after each epoch. `resume` goes on from the weights there, with the same tunes held out. Progress goes to
    `console` (standard error unless given) if that is a terminal. Raises `JazzgenError` for data, options or
    files that cannot be used.
    """
    output = Path(output)
    settings = Settings(n_a=units, Tx=tx, epochs=epochs, seed=seed)
    start = _resumed(output, units) if resume else None
    split_seed = seed
    if start is not None:
        settings = replace(settings, learning_rate=settings.learning_rate * RESUMED_RATE)
        split_seed = start.description["training"].get("split", {}).get("seed", seed)
    check_writable(output)

    console = console or Console(stderr=True)
    with _bar(console, "reading", "files") as show:
        loaded = load_solos(data, strict, report=show)
    split = split_by_title(loaded.solos, HELD_OUT, split_seed)
    if not split.held_out:
        console.print(
            "only one tune: none can be held out, so the weights of the lowest training loss are kept"
        )

    def save(trained: Trained) -> Checkpoint:
        record = trained.record | _split_record(split, split_seed, start)
        return save_checkpoint(output, trained.arrays, describe_improviser(units, training=record))

    with _bar(console, "training", "values") as show:
        trained = train(
            [encode(solo) for solo in split.train],
            [encode(solo) for solo in split.held_out],
            settings,
            start=start.arrays if start is not None else None,
            report=lambda moment: show(
                moment.values_done + (moment.epoch - 1) * moment.values,
                moment.values * moment.epochs,
                _text(moment),
            ),
            keep=save,
        )
    return TrainedFiles(save(trained), loaded.skipped, _summary(trained.record))


def _resumed(output: Path, units: int) -> Checkpoint:
    """The checkpoint to go on from; it must have as many units as asked for."""
    start = load_checkpoint(output)
    if start.n_a != units:
        raise CheckpointError(
            f"checkpoint {output} has {start.n_a} units, but {units} are asked for; "
            f"resume with --units {start.n_a}"
        )
    return start


def _split_record(split: Split, seed: int, start: Checkpoint | None) -> dict[str, Any]:
    """What the record says besides counts: which tunes were held out, and what was resumed."""
    tunes = sorted({title_digest(solo.title) for solo in split.held_out})
    record: dict[str, Any] = {
        "split": {"by": "title", "seed": seed, "fraction": HELD_OUT, "held_out_tunes": tunes}
    }
    if start is not None:
        record["resumed_from"] = start.sha256
    return record


def _text(moment: Moment) -> str:
    held_out = (
        f", held out {moment.held_out:.3f} (best {moment.best:.3f})"
        if moment.held_out == moment.held_out
        else ""
    )
    return f"epoch {min(moment.epoch, moment.epochs)}/{moment.epochs} loss {moment.loss:.3f}{held_out}"


def _summary(record: Mapping[str, Any]) -> str:
    """One line: what was trained on what, and how good it is."""
    data, held_out = record["data"], record["held_out"]
    text = (
        f"{record['settings']['n_a']} units, {data['solos']} solos ({data['values']:,} values), "
        f"best of {record['epochs']} epochs in {record['seconds']:.0f} s ({record['stopped']})"
    )
    if "nats_per_note" in record:
        text += f"; {record['nats_per_note']} nats a note on {held_out['solos']} held-out solos"
    return text


@contextmanager
def _bar(console: Console, verb: str, unit: str) -> Iterator[Callable[..., None]]:
    """A progress bar with rate and time left on a terminal, nothing elsewhere; yields `show(done, total,
    text)`.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(verb, rate="")

        def show(done: int, total: int, text: str = "") -> None:
            progress.update(task, completed=done, total=total, description=f"{verb} {text}".rstrip())
            speed = progress.tasks[0].speed
            progress.update(task, rate=f"{speed:,.0f} {unit}/s" if speed else "")

        yield show
