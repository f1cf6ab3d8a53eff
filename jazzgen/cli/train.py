"""`jazzgen train`: a checkpoint from solos."""

from __future__ import annotations

import argparse
import sys

from jazzgen.cli.common import (
    Parser,
    add_data,
    adder,
    fields_given,
    given,
    need_tensorflow,
    refuse_ending,
    report_charts,
    report_skipped,
    report_warned,
)

SUMMARY = "Train a model on MIDI solos, by default the classic one; keeps the weights best on held-out tunes."
EXAMPLE = "jazzgen train data/midi --seed 1 -o mine.safetensors"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.tokens.features import FEATURES
    from jazzgen.training.settings import GRAPHS, TrainingSettings

    add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="model.safetensors", help="default: model.safetensors"
    )
    add = adder(parser.add_argument_group("the model"), TrainingSettings())
    add("--units", "units of an LSTM layer", type=int, metavar="N", dest="n_a")
    add("--layers", "LSTM layers", type=int, metavar="N")
    add("--context", f"context features: {', '.join(FEATURES)}", metavar="NAME,...|all|none", default="none")
    add(
        "--registers",
        "hidden units that choose octaves; 0: no such layer",
        type=int,
        metavar="N",
        dest="register_units",
    )
    add("--dropout", "for large models", type=float, metavar="P")
    add("--tx", "values in a training window", type=int, metavar="N", dest="Tx")
    add(
        "--graph",
        "step by step, or fused: the same in one loop, built sooner",
        choices=GRAPHS,
    )
    add("--batch-size", "solos side by side, over all workers together", type=int, metavar="N")
    add("--epochs", "at most so many", type=int, metavar="N")
    add("--seed", "", type=int, metavar="N")
    parser.add_argument(
        "--resume", action="store_true", help="go on where a training of -o was cut off, or from its weights"
    )
    _add_running(parser)


def _add_running(parser: Parser) -> None:
    """Where a training runs and what it writes on the way: none of it changes the weights."""
    add = adder(parser.add_argument_group("the run"))
    add(
        "--save-every",
        "how often all that --resume needs is written, beside -o, besides once an epoch",
        type=float,
        metavar="SECONDS",
        default=60.0,
    )
    add("--log", "write a row an epoch: losses and seconds", metavar="FILE.csv")
    add(
        "--strategy",
        "auto: what is there; mirrored: all GPUs; multi-worker: the processes that TF_CONFIG names",
        choices=("auto", "one", "mirrored", "multi-worker"),
        default="auto",
    )


def run(arguments: argparse.Namespace) -> None:
    """Train on the named solos and write a checkpoint."""
    refuse_ending("train", arguments.output)
    need_tensorflow("training")
    from jazzgen.training.files import train_files
    from jazzgen.training.settings import TrainingSettings
    from jazzgen.training.workers import find_workers

    settings = TrainingSettings(
        **fields_given(arguments, TrainingSettings), features=_features(arguments.context)
    )
    asked = given(arguments)
    warned: list[str] = []
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
        given=asked,
        warn=warned.append,
    )
    report_warned(warned)
    report_skipped(result.skipped)
    report_charts(arguments.data, asked)
    print(f"{arguments.output}: {result.summary}")


def _features(text: str) -> tuple[str, ...]:
    """The context features that `text` names; `TrainingSettings` refuses unknown ones."""
    from jazzgen.tokens.features import FEATURES

    if text in ("all", "none"):
        return tuple(FEATURES) if text == "all" else ()
    return tuple(name.strip() for name in text.split(","))
