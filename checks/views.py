"""Ablation of the views of a trained improviser: how much worse it predicts with one of them muted.

    python -m checks.views models/improviser.safetensors wjazzd.db

Prints, for each view, nats a note over the solos that the checkpoint was not trained on, with its weight and
gate set to 0. Nothing is trained again, so that a view whose work another could do looks better than it is.
Ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from checks.judging import held_out
from jazzgen.corpus.wjazzd import load
from jazzgen.errors import JazzgenError
from jazzgen.evaluation.likelihood import evaluate
from jazzgen.model.checkpoint import VIEW_BIAS, Checkpoint, load_checkpoint
from jazzgen.music.score import Solo
from jazzgen.tokens.views import VIEWS


def muted(checkpoint: Checkpoint, views: Sequence[int]) -> Checkpoint:
    """The model without some of its views."""
    heard = np.ones(len(VIEWS), np.float32)
    heard[list(views)] = 0
    return checkpoint.extended({name: checkpoint.arrays[name] * heard for name in VIEW_BIAS})


def nats(checkpoint: Checkpoint, solos: Sequence[Solo]) -> float:
    """A note of `solos`."""
    return float(evaluate(checkpoint, solos)["nats_per_note"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a Markdown table, a row a view."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path, help="wjazzd.db, or a folder of MIDI files made from it")
    given = parser.parse_args(arguments)
    try:
        checkpoint = load_checkpoint(given.model)
        solos = held_out(checkpoint, load(given.data))
    except JazzgenError as error:
        print(f"checks.views: {error}", file=sys.stderr)
        return 2
    runs: dict[str, list[int]] = {"everything": []} | {
        f"without {view.name}": [k] for k, view in enumerate(VIEWS)
    }
    runs["without any view"] = list(range(len(VIEWS)))
    found = Parallel(n_jobs=-1)(delayed(nats)(muted(checkpoint, views), solos) for views in runs.values())
    print("| views | nats a note | against everything |\n|---|---|---|")
    for name, figure in zip(runs, found, strict=True):
        print(f"| {name} | {figure:.3f} | {figure - found[0]:+.4f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
