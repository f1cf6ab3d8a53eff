"""MIDI files to a checkpoint: what `jazzgen train` and the recipes call."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from jazzgen.corpus.batches import Encodings
from jazzgen.corpus.loading import load_solos
from jazzgen.corpus.splits import Selection, Split, split_by_title, title_digest
from jazzgen.errors import CheckpointError
from jazzgen.model.checkpoint import (
    Checkpoint,
    FloatArray,
    describe_improviser,
    load_checkpoint,
    save_checkpoint,
)
from jazzgen.music.score import Solo
from jazzgen.tokens.features import FeatureSpec
from jazzgen.training.loop import SAVE_EVERY_S, saved_origin, train
from jazzgen.training.settings import Moment, Settings, Trained
from jazzgen.training.workers import Workers
from jazzgen.util.files import check_writable
from jazzgen.util.progress import bar

__all__ = ["TrainedFiles", "progress_file", "train_files"]

# A run that goes on from finished weights starts lower: at the full rate its first epochs would undo what the
# checkpoint knows.
RESUMED_RATE = 0.3
HELD_OUT = 0.1  # of the tunes
HALF_FROM = 1_000_000  # weights: a larger checkpoint is stored as float16


class TrainedFiles(NamedTuple):
    """The `checkpoint` written, the files `skipped` (a line each) and a `summary` of one line.

    A worker that does not lead has written none.
    """

    checkpoint: Checkpoint | None
    skipped: tuple[str, ...]
    summary: str


def progress_file(output: str | os.PathLike[str]) -> Path:
    """Where a training that writes `output` stands while it runs."""
    return Path(f"{os.fspath(output)}.progress")


def train_files(
    data: Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    resume: bool = False,
    strict: bool = False,
    save_every_s: float = SAVE_EVERY_S,
    log: str | os.PathLike[str] | None = None,
    workers: Workers | None = None,
    console: Console | None = None,
) -> TrainedFiles:
    """Train on the MIDI files among `data` (files, or folders searched recursively) and write a checkpoint to
    `output`.

    A tenth of the tunes, drawn by the seed, only judges the model. The best weights so far stand in `output`
    after each epoch, and all that going on needs in `progress_file(output)`, every `save_every_s` seconds,
    until the training is done. `resume` goes on where that file stands; without one it goes on from the
    finished weights in `output`, with the same tunes held out. `log` names a CSV file with a row an epoch.
    Several `workers` all call this with the same arguments, and see the same files; the first writes.
    Progress goes to `console` (standard error unless given) if that is a terminal. Raises `JazzgenError` for
    data, options or files that cannot be used.
    """
    output = Path(output)
    settings, workers = settings or Settings(), workers or Workers()
    progress = progress_file(output)
    cut_off = resume and progress.is_file()
    origin = _origin(output, settings, resume)
    if origin.resumed_from is not None:
        settings = replace(settings, learning_rate=settings.learning_rate * RESUMED_RATE)
    if workers.leads:
        check_writable(output)
        if log is not None:
            check_writable(log)

    console = console or Console(stderr=True, quiet=not workers.leads)
    with bar(console, "reading", "files") as show:
        loaded = load_solos(data, strict, report=show)
    split = split_by_title(loaded.solos, HELD_OUT, origin.split_seed)
    if not split.held_out:
        console.print(
            "only one tune: none can be held out, so the weights of the lowest training loss are kept"
        )
    spec = origin.spec or spec_for(split.train, settings)
    settings = replace(settings, features=spec.features)

    def save(trained: Trained) -> Checkpoint:
        record = trained.record | _split_record(split, origin)
        return save_improviser(output, trained._replace(record=record), spec, settings)

    with bar(console, "training", "values") as show:
        trained = train(
            Encodings(split.train, spec, players=True),
            Encodings(split.held_out, spec),
            settings,
            players=spec.players,
            start=origin.arrays,
            progress=progress,
            resume=cut_off,
            save_every_s=save_every_s,
            log=log,
            origin=origin.saved(),
            workers=workers,
            report=lambda moment: show(
                moment.values_done + (moment.epoch - 1) * moment.values,
                moment.values * moment.epochs,
                _text(moment),
            ),
            keep=save,
        )
    if not workers.leads:
        text = f"worker {workers.rank} of {workers.count} done; worker 0 writes the checkpoint"
        return TrainedFiles(None, loaded.skipped, text)
    checkpoint = save(trained)
    if trained.record["stopped"] != "interrupted":
        progress.unlink(missing_ok=True)
    return TrainedFiles(checkpoint, loaded.skipped, _summary(trained.record))


class _Origin(NamedTuple):
    """What a run began with: random weights, or finished ones."""

    split_seed: int
    resumed_from: str | None = None  # sha256 of the finished weights
    spec: FeatureSpec | None = None  # theirs
    arrays: Mapping[str, FloatArray] | None = None  # they themselves, where the run begins now

    def saved(self) -> dict[str, Any]:
        """What a run that is cut off must know to go on, as JSON has it."""
        if self.resumed_from is None or self.spec is None:
            return {}
        return {
            "split_seed": self.split_seed,
            "resumed_from": self.resumed_from,
            "features": list(self.spec.features),
            "players": list(self.spec.players),
        }


def _origin(output: Path, settings: Settings, resume: bool) -> _Origin:
    """From the progress file, where a run was cut off; from the finished weights in `output`; or anew."""
    progress = progress_file(output)
    if resume and progress.is_file():
        saved = saved_origin(progress)
        if not saved:
            return _Origin(settings.seed)
        try:
            spec = FeatureSpec(tuple(saved["features"]), tuple(saved["players"]))
            return _Origin(int(saved["split_seed"]), str(saved["resumed_from"]), spec)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{progress} is not a training that can go on: {error}") from error
    if resume:
        start = _resumed(output, settings)
        seed = start.description["training"].get("split", {}).get("seed", settings.seed)
        return _Origin(seed, start.sha256, start.spec, start.arrays)
    return _Origin(settings.seed)


def spec_for(solos: Sequence[Solo], settings: Settings) -> FeatureSpec:
    """The context of `settings`, with the players of `solos` if it tells them."""
    features = settings.features
    players = sorted(set(Selection.of(solos).players()) - {""}) if "player" in features else []
    if "player" in features and not players:
        features = tuple(feature for feature in features if feature != "player")
    return FeatureSpec(features, tuple(players))


def save_improviser(output: Path, trained: Trained, spec: FeatureSpec, settings: Settings) -> Checkpoint:
    """Write what a training gave, a large model in half precision."""
    description = describe_improviser(
        settings.n_a,
        layers=settings.layers,
        spec=spec,
        register_units=settings.register_units,
        training=trained.record,
    )
    weights = sum(array.size for array in trained.arrays.values())
    return save_checkpoint(output, trained.arrays, description, half=weights >= HALF_FROM)


def _resumed(output: Path, settings: Settings) -> Checkpoint:
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
            f"checkpoint {output} hears another context than is asked for; "
            f"resume with --context {','.join(start.spec.features) or 'none'}"
        )
    return start


def _split_record(split: Split, origin: _Origin) -> dict[str, Any]:
    """What the record says besides counts: which tunes were held out, and what was resumed."""
    tunes = sorted(set(map(title_digest, split.held_out.titles())))
    record: dict[str, Any] = {
        "split": {"by": "title", "seed": origin.split_seed, "fraction": HELD_OUT, "held_out_tunes": tunes}
    }
    if origin.resumed_from is not None:
        record["resumed_from"] = origin.resumed_from
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
