"""MIDI files to a checkpoint: what `jazzgen train` and the recipes call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from jazzgen.corpus.batches import Encodings
from jazzgen.corpus.given import NOTHING, Given
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.splits import Selection, split_by_title, title_digest
from jazzgen.errors import CheckpointError
from jazzgen.model.checkpoint import (
    HALF_FROM,
    Checkpoint,
    describe_improviser,
    load_checkpoint,
    save_checkpoint,
)
from jazzgen.model.checkpoint_file import FloatArray
from jazzgen.music.score import Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.training.data import TrainingData
from jazzgen.training.resume import SAVE_EVERY_S, Progress, RunFiles, progress_file
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.train import TrainingResult, TrainingStatus, train
from jazzgen.training.workers import Workers
from jazzgen.util.files import check_writable
from jazzgen.util.progress import bar

# A run that goes on from finished weights starts lower: at the full rate its first epochs would undo what the
# checkpoint knows.
RESUMED_RATE = 0.3
HELD_OUT = 0.1  # of the tunes, drawn by the seed; the same ones where a training goes on


class TrainedModel(NamedTuple):
    """The `checkpoint` written, the files `skipped` (a line each) and a `summary` of one line.

    A worker other than the chief writes no checkpoint: None.
    """

    checkpoint: Checkpoint | None
    skipped: tuple[str, ...]
    summary: str


def train_files(
    data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str] = "model.safetensors",
    settings: TrainingSettings | None = None,
    *,
    resume: bool = False,
    strict: bool = False,
    save_every_s: float = SAVE_EVERY_S,
    log: str | os.PathLike[str] | None = None,
    workers: Workers | None = None,
    console: Console | None = None,
    given: Given = NOTHING,
    warn: Callable[[str], None] | None = None,
) -> TrainedModel:
    """Train a model on MIDI solos and write a checkpoint: the weights that predict held-out tunes best.

    Parameters
    ----------
    data
        MIDI files, folders, or one prepared corpus.
    output
        The checkpoint to write. Beside it, until the training is done, stands `progress_file(output)`.
    settings
        The classic model's unless given.
    resume
        Go on from the progress file, or from the finished weights in `output` at a lower learning rate.
    strict, save_every_s
        Raise the error of a file that cannot be read instead of skipping it; seconds from one writing of the
        progress file to the next, which is also written after each epoch.
    log
        A CSV file to write, with a row an epoch.
    workers
        This process among several, which all call this with the same arguments and see the same files.
    console
        Where a progress bar is shown if it is a terminal; standard error unless given.
    given, warn
        The solo's track and the chords of `data`; called with a line a file not read as it stands.

    Returns
    -------
    TrainedModel
        The checkpoint, as `load_checkpoint` reads it.

    Raises
    ------
    JazzgenError
        `DataError`, `MidiError`, `OptionError`, `CheckpointError`, `OutputError` or `WorkersError`.
    """
    output, settings, workers = Path(output), settings or TrainingSettings(), workers or Workers()
    console = console or Console(stderr=True, quiet=not workers.is_chief)
    for path in (output, log):
        if path is not None and workers.is_chief:
            check_writable(path)
    origin, progress = _origin(output, settings, resume), progress_file(output)
    with bar(console, "reading", "files") as show:
        loaded = load_solos(data, strict, show, given, warn)
    saved = {"split_seed": origin.split_seed, "resumed_from": origin.resumed_from}
    files = RunFiles(progress, resume and progress.is_file(), save_every_s, log, saved)
    checkpoint, summary = _train(loaded.solos, output, settings, origin, files, workers, console)
    return TrainedModel(checkpoint, loaded.skipped, summary)


class _Origin(NamedTuple):
    """What a run began with: random weights, or finished ones."""

    split_seed: int
    resumed_from: str | None = None  # sha256 of the finished weights
    spec: FeatureSpec | None = None  # theirs
    arrays: Mapping[str, FloatArray] | None = None  # they themselves, where the run begins now


def _origin(output: Path, settings: TrainingSettings, resume: bool) -> _Origin:
    """From the progress file, where a run was cut off; from the finished weights in `output`; or anew."""
    progress = progress_file(output)
    if not resume:
        return _Origin(settings.seed)
    if progress.is_file():
        saved = Progress.load(progress)
        resumed_from = saved.origin.get("resumed_from")
        seed = saved.origin.get("split_seed", settings.seed)
        return _Origin(seed, resumed_from, saved.spec if resumed_from else None)
    start = _finished(output, settings)
    seed = start.description["training"].get("split", {}).get("seed", settings.seed)
    return _Origin(seed, start.sha256, start.spec, start.arrays)


def _finished(output: Path, settings: TrainingSettings) -> Checkpoint:
    """The finished checkpoint to go on from; it must have the sizes asked for."""
    start = load_checkpoint(output)
    sizes = {
        "units": (start.n_a, settings.n_a),
        "layers": (start.layers, settings.layers),
        "register units": (start.register_units, settings.register_units),
    }
    for name, (found, asked) in sizes.items():
        if found != asked:
            raise CheckpointError(
                f"checkpoint {output} has {found} {name}, but {asked} are asked for; "
                f"resume with --units {start.n_a} --layers {start.layers} --registers {start.register_units}"
            )
    # Solos that name no player make a model without that feature, whatever was asked for.
    without = tuple(name for name in settings.features if name != "player")
    if start.spec.features not in (settings.features, without):
        raise CheckpointError(
            f"checkpoint {output} has other context features than are asked for; "
            f"resume with --context {','.join(start.spec.features) or 'none'}"
        )
    return start


def spec_for(solos: Sequence[Solo], settings: TrainingSettings) -> FeatureSpec:
    """The features of `settings` with the players of `solos`: the feature player only if one is named."""
    players = sorted({*Selection.of(solos).players()} - {""}) if "player" in settings.features else []
    features = (name for name in settings.features if players or name != "player")
    return FeatureSpec(tuple(features), tuple(players))


def _train(
    solos: Sequence[Solo],
    output: Path,
    settings: TrainingSettings,
    origin: _Origin,
    files: RunFiles,
    workers: Workers,
    console: Console,
) -> tuple[Checkpoint | None, str]:
    """Train on `solos`; the checkpoint, which the chief writes, and a summary."""
    split = split_by_title(solos, HELD_OUT, origin.split_seed)
    if not split.held_out:
        console.print(
            "only one tune: none can be held out, so the weights of the lowest training loss are kept"
        )
    spec = origin.spec or spec_for(split.train, settings)
    if origin.resumed_from is not None:
        settings = replace(settings, learning_rate=settings.learning_rate * RESUMED_RATE)
    examples, held_out = Encodings(split.train, spec, players=True), Encodings(split.held_out, spec)

    tunes = sorted({*map(title_digest, split.held_out.titles())})
    record = {
        "split": {"by": "title", "seed": origin.split_seed, "fraction": HELD_OUT, "held_out_tunes": tunes},
        **({} if origin.resumed_from is None else {"resumed_from": origin.resumed_from}),
    }

    def save(result: TrainingResult) -> Checkpoint:
        return save_improviser(output, result._replace(record=result.record | record), spec)

    with bar(console, "training", "values") as show:
        result = train(
            TrainingData(examples, held_out, settings, spec, workers),
            files,
            start=origin.arrays,
            report=lambda status: show(
                status.values_done + (status.epoch - 1) * status.values,
                status.values * status.epochs,
                _status_text(status),
            ),
            keep=save,
        )
    if not workers.is_chief:
        return None, f"worker {workers.rank} of {workers.count} done; worker 0 writes the checkpoint"
    checkpoint = save(result)
    if result.record["stopped"] != "interrupted":
        progress_file(output).unlink(missing_ok=True)
    return checkpoint, _summary(result.record)


def save_improviser(output: str | os.PathLike[str], result: TrainingResult, spec: FeatureSpec) -> Checkpoint:
    """Write a training's result as a checkpoint with the features of `spec`; large models as float16."""
    sizes = {name: result.record["settings"][name] for name in ("n_a", "layers", "register_units")}
    description = describe_improviser(**sizes, spec=spec, training=result.record)
    weights = sum(array.size for array in result.arrays.values())
    return save_checkpoint(output, result.arrays, description, half=weights >= HALF_FROM)


def _status_text(status: TrainingStatus) -> str:
    text = f"epoch {min(status.epoch, status.epochs)}/{status.epochs} loss {status.loss:.3f}"
    if status.held_out == status.held_out:  # not nan
        text += f", held out {status.held_out:.3f} (best {status.best:.3f})"
    return text


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
