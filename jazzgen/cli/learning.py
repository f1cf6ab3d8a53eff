"""`jazzgen train`: a checkpoint from solos."""

from __future__ import annotations

import argparse
from typing import Any

from jazzgen.cli.common import add_command, add_data, need_tensorflow, report_skipped

__all__ = ["add_train"]


def add_train(commands: Any) -> None:
    """`jazzgen train`: a checkpoint from a folder of solos."""
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
    parser.add_argument(
        "--units", type=int, metavar="N", default=64, help="units of the LSTM cell (default: 64)"
    )
    parser.add_argument(
        "--tx", type=int, metavar="N", default=30, help="values in a training window (default: 30)"
    )
    parser.add_argument("--epochs", type=int, metavar="N", default=20, help="at most so many (default: 20)")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="default: 0")
    parser.add_argument("--resume", action="store_true", help="go on from the weights that -o already holds")


def train(arguments: argparse.Namespace) -> None:
    """Train on the named solos and write a checkpoint."""
    need_tensorflow("training")
    from jazzgen.training import train_files

    result = train_files(
        arguments.data,
        arguments.output,
        units=arguments.units,
        tx=arguments.tx,
        epochs=arguments.epochs,
        seed=arguments.seed,
        resume=arguments.resume,
        strict=arguments.strict,
    )
    report_skipped(result.skipped)
    print(f"{arguments.output}: {result.summary}")
