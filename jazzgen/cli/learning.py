"""`jazzgen train`: a checkpoint from solos."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from jazzgen.cli.common import Parser, add_command, add_data, need_tensorflow, report_skipped

__all__ = ["add_train"]


def add_train(commands: Any) -> None:
    """`jazzgen train`: a checkpoint from a folder of solos."""
    from jazzgen.tokens.features import FEATURES

    parser = add_command(
        commands,
        "train",
        train,
        "Train the classic model on MIDI solos; the best weights on held-out tunes are kept.",
        "jazzgen train data/midi --seed 1 -o mine.safetensors",
    )
    add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="model.safetensors", help="default: model.safetensors"
    )
    recipe = parser.add_argument_group("the model")
    recipe.add_argument(
        "--units", type=int, metavar="N", default=64, help="units of an LSTM layer (default: 64)"
    )
    recipe.add_argument("--layers", type=int, metavar="N", default=1, help="LSTM layers (default: 1)")
    recipe.add_argument(
        "--context", metavar="NAME,...|all|none", default="none", help=f"what it hears: {', '.join(FEATURES)}"
    )
    recipe.add_argument(
        "--registers",
        type=int,
        metavar="N",
        default=0,
        help="hidden units that choose octaves (default: 0, none)",
    )
    recipe.add_argument(
        "--dropout", type=float, metavar="P", default=0.0, help="for large models (default: 0)"
    )
    recipe.add_argument(
        "--tx", type=int, metavar="N", default=30, help="values in a training window (default: 30)"
    )
    recipe.add_argument(
        "--graph",
        choices=("unrolled", "fused"),
        default="unrolled",
        help="fused computes the same faster (default: unrolled)",
    )
    recipe.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        default=32,
        help="solos side by side, over all workers together (default: 32)",
    )
    recipe.add_argument("--epochs", type=int, metavar="N", default=20, help="at most so many (default: 20)")
    recipe.add_argument("--seed", type=int, metavar="N", default=0, help="default: 0")
    parser.add_argument(
        "--resume", action="store_true", help="go on where a training of -o was cut off, or from its weights"
    )
    _add_running(parser)


def _add_running(parser: Parser) -> None:
    """Where a training runs and what it writes on the way: nothing of it decides the weights."""
    running = parser.add_argument_group("the run")
    running.add_argument(
        "--save-every",
        type=float,
        metavar="SECONDS",
        default=60.0,
        help="how often all that --resume needs is written, beside -o, besides once an epoch (default: 60)",
    )
    running.add_argument("--log", metavar="FILE.csv", help="write a row an epoch: losses and seconds")
    running.add_argument(
        "--strategy",
        choices=("auto", "one", "mirrored", "multi-worker"),
        default="auto",
        help="mirrored: all GPUs; multi-worker: the processes that TF_CONFIG names (default: what is there)",
    )


def train(arguments: argparse.Namespace) -> None:
    """Train on the named solos and write a checkpoint."""
    need_tensorflow("training")
    from jazzgen.training.files import train_files
    from jazzgen.training.settings import TrainingSettings
    from jazzgen.training.workers import find_workers

    settings = TrainingSettings(
        n_a=arguments.units,
        layers=arguments.layers,
        features=_features(arguments.context),
        register_units=arguments.registers,
        dropout=arguments.dropout,
        Tx=arguments.tx,
        graph=arguments.graph,
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        seed=arguments.seed,
    )
    result = train_files(
        arguments.data,
        arguments.output,
        settings=settings,
        resume=arguments.resume,
        strict=arguments.strict,
        save_every_s=arguments.save_every,
        log=arguments.log,
        workers=find_workers(
            arguments.strategy, report=lambda text: print(f"jazzgen: {text}", file=sys.stderr, flush=True)
        ),
    )
    report_skipped(result.skipped)
    print(f"{arguments.output}: {result.summary}")


def _features(text: str) -> tuple[str, ...]:
    """The context features that `text` names; `TrainingSettings` refuses unknown ones."""
    from jazzgen.tokens.features import FEATURES

    if text in ("all", "none"):
        return tuple(FEATURES) if text == "all" else ()
    return tuple(name.strip() for name in text.split(","))
