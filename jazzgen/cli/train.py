"""`jazzgen train`: a checkpoint from solos."""

from __future__ import annotations

import argparse
import sys

from jazzgen.cli.common import Parser, add_data, adder, need_tensorflow, report_skipped

SUMMARY = "Train the classic model on MIDI solos; the best weights on held-out tunes are kept."
EXAMPLE = "jazzgen train data/midi --seed 1 -o mine.safetensors"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.tokens.features import FEATURES

    add_data(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="model.safetensors", help="default: model.safetensors"
    )
    add = adder(parser.add_argument_group("the model"))
    add("--units", "units of an LSTM layer", type=int, metavar="N", default=64)
    add("--layers", "LSTM layers", type=int, metavar="N", default=1)
    add("--context", f"context features: {', '.join(FEATURES)}", metavar="NAME,...|all|none", default="none")
    add("--registers", "hidden units that choose octaves; 0: no such layer", type=int, metavar="N", default=0)
    add("--dropout", "for large models", type=float, metavar="P", default=0.0)
    add("--tx", "values in a training window", type=int, metavar="N", default=30)
    add("--graph", "fused computes the same faster", choices=("unrolled", "fused"), default="unrolled")
    add(
        "--batch-size",
        "solos side by side, over all workers together",
        type=int,
        metavar="N",
        default=32,
    )
    add("--epochs", "at most so many", type=int, metavar="N", default=20)
    add("--seed", "", type=int, metavar="N", default=0)
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
    need_tensorflow("training")
    from jazzgen.training import Settings, find_workers, train_files

    settings = Settings(
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
            arguments.strategy, say=lambda text: print(f"jazzgen: {text}", file=sys.stderr, flush=True)
        ),
    )
    report_skipped(result.skipped)
    print(f"{arguments.output}: {result.summary}")


def _features(text: str) -> tuple[str, ...]:
    """The context features that `text` names; `Settings` refuses unknown ones."""
    from jazzgen.tokens.features import FEATURES

    if text in ("all", "none"):
        return tuple(FEATURES) if text == "all" else ()
    return tuple(name.strip() for name in text.split(","))
