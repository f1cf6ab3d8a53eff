"""What a run saves so that it can be cut off anywhere and end in the same weights bit for bit.

All that the next step depends on stands in a progress file: weights, Adam's moments, carried states, the best
weights so far, the history. Chance is not saved: it is drawn from the seed and the numbers of epoch and step.
The log, a CSV file with a row an epoch, is written anew from the history each time, so a run that was cut off
has each epoch once, and a reader never sees half a row.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from jazzgen.errors import CheckpointError, OptionError
from jazzgen.model.checkpoint import load_checkpoint, save_checkpoint
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.tokens.features import FeatureSpec
from jazzgen.util.files import replacing

KIND = "training"  # of a progress file
SAVE_EVERY_S = 60.0
MAX_SAVE_EVERY_S = 10**6
BEST = "best/"  # before the names of the best weights so far


def progress_file(output: str | os.PathLike[str]) -> Path:
    """Where the progress of a training that writes `output` is saved while it runs."""
    return Path(f"{os.fspath(output)}.progress")


@dataclass(frozen=True)
class RunFiles:
    """The files that a run writes on its way; none of it decides the weights."""

    progress: str | os.PathLike[str] | None = None  # written from the first step on
    resume: bool = False  # go on from `progress`
    save_every_s: float = SAVE_EVERY_S  # how often `progress` is written besides after each epoch
    log: str | os.PathLike[str] | None = None  # CSV
    origin: Mapping[str, Any] = field(default_factory=dict)  # JSON, kept in `progress`

    def __post_init__(self) -> None:
        if self.resume and self.progress is None:
            raise OptionError("resume needs a progress file to go on from")
        if not 0 <= self.save_every_s <= MAX_SAVE_EVERY_S:
            raise OptionError(
                f"save every must be 0..{MAX_SAVE_EVERY_S} seconds, received {self.save_every_s}"
            )


@dataclass
class History:
    """What each epoch gave: losses in nats a value, those of the registers in nats a note.

    A list stays empty where a run has no such loss: no register output, no held-out solos.
    """

    losses: list[float] = field(default_factory=list)
    register_losses: list[float] = field(default_factory=list)
    held_out_losses: list[float] = field(default_factory=list)
    held_out_register_losses: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # seconds of training when each epoch had ended
    best_epoch: int = 0
    best_loss: float | None = None
    seconds: float = 0.0  # of training so far
    steps: int = 0  # taken before the present epoch
    sums: list[float] = field(default_factory=list)  # `steps.Losses` of the present epoch so far


def write_log(path: str | os.PathLike[str], history: History) -> None:
    """Write a CSV file with a header and a row an epoch, whole or not at all; raises `OutputError`."""
    columns = {
        "loss": history.losses,
        "register_loss": history.register_losses,
        "held_out_loss": history.held_out_losses,
        "held_out_register_loss": history.held_out_register_losses,
        "seconds": history.times,
    }
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *columns])
    for epoch, row in enumerate(zip_longest(*columns.values()), start=1):
        writer.writerow([epoch, *("" if number is None else f"{number:.6f}" for number in row)])
    with replacing(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")


@dataclass(frozen=True)
class Progress:
    """A run between two steps."""

    run: Mapping[str, Any]  # JSON: `TrainingData.identity()`
    origin: Mapping[str, Any]  # JSON: `RunFiles.origin`
    history: History
    steps: int  # taken
    state: Mapping[str, FloatArray]  # `Stepper.state()`
    best: Mapping[str, FloatArray] | None  # the best weights so far

    @property
    def spec(self) -> FeatureSpec:
        """The features of the run's model."""
        return FeatureSpec(tuple(self.run["settings"]["features"]), tuple(self.run["players"]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to `path`; raises `OutputError`."""
        arrays = {**self.state, **{BEST + name: array for name, array in (self.best or {}).items()}}
        history = asdict(self.history)
        description = {"run": self.run, "origin": self.origin, "history": history, "steps": self.steps}
        save_checkpoint(path, arrays, {"kind": KIND, **description})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Progress:
        """Read what `save` wrote; raises `CheckpointError`."""
        saved = load_checkpoint(path, KIND)
        state, best = dict[str, FloatArray](), dict[str, FloatArray]()
        for name, array in saved.arrays.items():
            (best if name.startswith(BEST) else state)[name.removeprefix(BEST)] = array
        try:
            run, origin, history, steps = (
                saved.description[key] for key in ("run", "origin", "history", "steps")
            )
            progress = cls(run, dict(origin), History(**history), int(steps), state, best or None)
            progress.spec  # noqa: B018 - is it one?
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{path} is not a training that can go on: it may be of another version of jazzgen; "
                "remove it, and the training begins anew"
            ) from error
        return progress
