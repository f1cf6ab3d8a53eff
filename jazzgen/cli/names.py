"""`jazzgen names`: titles for tunes, and dinosaurs."""

from __future__ import annotations

import argparse
from pathlib import Path

from jazzgen.cli.common import Parser, path, refuse_idle
from jazzgen.errors import OptionError

SUMMARY = "Invent names letter by letter, or learn to from a list of your own."
EXAMPLE = "jazzgen names --kind dinosaurs --count 5 --seed 1"


def add_options(parser: Parser) -> None:
    """The options of the command."""
    from jazzgen.by_hand.name_text import FOLDS
    from jazzgen.by_hand.names import KINDS
    from jazzgen.by_hand.recurrent import CELLS

    # No defaults here: an option that does nothing where it is given is refused, see `refuse_idle`.
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same names")
    inventing = parser.add_argument_group("inventing")
    inventing.add_argument("--kind", choices=KINDS, help=f"what to name (default: {KINDS[0]})")
    inventing.add_argument("--model", type=path, metavar="FILE", help="a model of your own, from --train")
    inventing.add_argument("--count", type=int, metavar="N", help="how many (default: 10)")
    inventing.add_argument(
        "--temperature", type=float, metavar="T", help="lower is more usual (default: 0.8)"
    )
    learning = parser.add_argument_group("learning from a list")
    learning.add_argument("--train", type=path, metavar="FILE", help="a UTF-8 text file, one name a line")
    learning.add_argument("-o", "--output", type=path, metavar="FILE", help="default: names.safetensors")
    learning.add_argument("--cell", choices=CELLS, help="default: lstm")
    learning.add_argument("--units", type=int, metavar="N", help="default: 96")
    learning.add_argument("--epochs", type=int, metavar="N", help="default: 30")
    learning.add_argument(
        "--fold", choices=FOLDS, action="append", help="treat as one; may be given several times"
    )


def run(arguments: argparse.Namespace) -> None:
    """Print new names, those that stand in the training list marked; or train a model on a list."""
    if arguments.seed is not None and arguments.seed < 0:
        raise OptionError(f"seed must be 0 or more, received {arguments.seed}")
    if arguments.train is not None:
        refuse_idle(arguments, ("kind", "model", "count", "temperature"), "together with --train")
        _learn_names(arguments)
        return
    refuse_idle(arguments, ("output", "cell", "units", "epochs", "fold"), "without --train")
    if arguments.model is not None:
        refuse_idle(arguments, ("kind",), "together with --model")
    import numpy as np

    from jazzgen.by_hand import names
    from jazzgen.model.shipped import find_checkpoint

    if arguments.model is not None:
        model = names.load_names(find_checkpoint(arguments.model))
    else:
        model = names.shipped(arguments.kind or names.KINDS[0])
    rng = np.random.default_rng(arguments.seed)
    count = 10 if arguments.count is None else arguments.count
    temperature = 0.8 if arguments.temperature is None else arguments.temperature
    for name, known in names.invent(model, rng, count, temperature, only_new=True):
        print(f"{name} (in the training list)" if known else name)


def _learn_names(arguments: argparse.Namespace) -> None:
    """`--train`: a model of the names in a file."""
    import numpy as np
    from rich.console import Console

    from jazzgen.by_hand import minibatch, name_text, names
    from jazzgen.util.files import check_writable

    output = arguments.output or Path("names.safetensors")
    fold = arguments.fold or []
    data = name_text.read_names(arguments.train, fold)
    check_writable(output)
    if output.exists() and output.samefile(arguments.train):
        raise OptionError(f"-o {output} is the list itself; name another file for the model")
    chosen = {"cell": arguments.cell, "n_a": arguments.units, "epochs": arguments.epochs}
    model = minibatch.train(
        data,
        np.random.default_rng(arguments.seed or 0),
        **{name: value for name, value in chosen.items() if value is not None},
        fold=fold,
        console=Console(stderr=True),
    )
    names.save_names(model, output)
    held_out = model.record.get("held_out_nats_per_character", model.record["nats_per_character"])
    print(f"{output}: {model.record['names']} names learned, {held_out:.3f} nats a character")
