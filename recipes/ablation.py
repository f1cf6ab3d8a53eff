"""Ablation of the context features: the improviser's recipe, small, with one feature left out at a time.

    python -m recipes.ablation wjazzd.db --units 96 --epochs 7

Trains on the training tunes and prints, for each run, the loss on the judging tunes (never the test tunes):
nats a note of the values, of the registers, and how much worse than with everything. A quarter of an hour on
two cores.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(os.cpu_count() or 1))
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from jazzgen.corpus.batches import Encodings
from jazzgen.corpus.splits import split_by_title
from jazzgen.corpus.wjazzd import load
from jazzgen.music.score import Solo
from jazzgen.tokens.features import FEATURES
from recipes.improviser import JUDGE, JUDGE_SEED, TEST, TEST_SEED


def measure(
    solos: Sequence[Solo], judge: Sequence[Solo], features: Sequence[str], units: int, epochs: int
) -> tuple[float, float]:
    """Nats a note of the values and of the registers, on the judging tunes."""
    from jazzgen.training.data import TrainingData
    from jazzgen.training.files import spec_for
    from jazzgen.training.settings import IMPROVISER
    from jazzgen.training.train import train

    settings = replace(
        IMPROVISER,
        features=tuple(name for name in FEATURES if name in features),
        n_a=units,
        epochs=epochs,
        dropout=0.3,
        recurrent_dropout=0.2,
        context_dropout=0.1,
    )
    spec = spec_for(solos, settings)
    examples, held_out = Encodings(solos, spec, players=True), Encodings(judge, spec)
    record = train(TrainingData(examples, held_out, settings, spec)).record
    best = record["best_epoch"] - 1
    return float(record["nats_per_note"]), float(record["held_out_register_losses"][best])


def main(argv: Sequence[str] | None = None) -> int:
    """Print a Markdown table, a row a run."""
    from jazzgen.training.settings import IMPROVISER

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="wjazzd.db, or a folder of MIDI files made from it")
    parser.add_argument("--units", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=7)
    arguments = parser.parse_args(argv)
    known, _ = split_by_title(load(arguments.data), TEST, TEST_SEED)
    solos, judge = split_by_title(known, JUDGE, JUDGE_SEED)
    everything = IMPROVISER.features
    runs = {"everything": everything}
    runs |= {f"without {name}": tuple(f for f in everything if f != name) for name in everything}
    runs |= {f"with {name}": (*everything, name) for name in FEATURES if name not in everything}
    runs["nothing (values alone)"] = ()
    print("| context | nats a note | against everything | register, nats a note |")
    print("|---|---|---|---|", flush=True)
    whole = 0.0
    for name, features in runs.items():
        values, register = measure(solos, judge, features, arguments.units, arguments.epochs)
        whole = whole or values
        print(f"| {name} | {values:.3f} | {values - whole:+.3f} | {register:.3f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
