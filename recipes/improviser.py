"""Train the shipped improviser from a Weimar Jazz Database: `make model` runs this.

    python -m recipes.improviser wjazzd.db -o models/improviser.safetensors
    python -m recipes.improviser corpus/ --without motif --epochs 8 --units 128 -o
    /tmp/ablation.safetensors

The tunes are split by title in three: a tenth is for testing and plays no part here, a tenth of the others
judges the epochs (with `--all` it is trained on too, and the weights of the last epoch, averaged, are kept).
The run can be cut off and goes on with `--resume`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

# A large model is worth both cores and oneDNN's kernels; read before TensorFlow starts.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(os.cpu_count() or 1))
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from rich.console import Console

from jazzgen.corpus.batches import Encodings
from jazzgen.corpus.splits import split_by_title, title_digest
from jazzgen.errors import JazzgenError, OptionError
from jazzgen.util.files import check_writable
from recipes.wjazzd_to_midi import load

TEST, JUDGE = 0.1, 0.1  # of the tunes; of those that are not for testing
TEST_SEED, JUDGE_SEED = (
    0,
    1,
)  # the first is the split of models/classic-64, so that both are tested on the same


def main(argv: Sequence[str] | None = None) -> int:
    """Train and write the checkpoint."""
    from jazzgen.training.data import TrainingData
    from jazzgen.training.files import save_improviser, spec_for
    from jazzgen.training.resume import RunFiles, progress_file
    from jazzgen.training.settings import IMPROVISER
    from jazzgen.training.train import train

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="wjazzd.db, or a folder of MIDI files made from it")
    parser.add_argument("-o", "--output", type=Path, default=Path("models/improviser.safetensors"))
    parser.add_argument("--without", default="", help="features to leave out, as motif,player (an ablation)")
    parser.add_argument("--epochs", type=int, default=IMPROVISER.epochs)
    parser.add_argument("--units", type=int, default=IMPROVISER.n_a)
    parser.add_argument("--seed", type=int, default=IMPROVISER.seed)
    parser.add_argument("--all", action="store_true", help="train on the judging tunes too")
    parser.add_argument("--resume", action="store_true")
    arguments = parser.parse_args(argv)
    console = Console(stderr=True)
    left_out = [name for name in arguments.without.split(",") if name]
    try:
        unknown = sorted({*left_out} - {*IMPROVISER.features})
        if unknown:
            raise OptionError(
                f"--without names features of {', '.join(IMPROVISER.features)}, received {', '.join(unknown)}"
            )
        settings = replace(
            IMPROVISER,
            features=tuple(name for name in IMPROVISER.features if name not in left_out),
            epochs=arguments.epochs,
            n_a=arguments.units,
            seed=arguments.seed,
        )
        check_writable(arguments.output)
        known, test = split_by_title(load(arguments.data), TEST, TEST_SEED)
        solos, judge = split_by_title(known, 0.0 if arguments.all else JUDGE, JUDGE_SEED)
        spec = spec_for(solos, settings)
        split = {
            "by": "title",
            "fraction": TEST,
            "seed": TEST_SEED,
            "held_out_tunes": sorted(set(map(title_digest, [*test.titles(), *judge.titles()]))),
            "judging": sorted(set(map(title_digest, judge.titles()))),
        }
        progress = progress_file(arguments.output)
        told = 0

        def show(moment: object) -> None:
            nonlocal told
            epoch = getattr(moment, "epoch", 0)
            if epoch != told:
                told = epoch
                console.print(moment)

        trained = train(
            TrainingData(Encodings(solos, spec, players=True), Encodings(judge, spec), settings, spec),
            RunFiles(progress, resume=arguments.resume and progress.is_file()),
            report=show,
            keep=lambda best: save_improviser(
                arguments.output, best._replace(record=best.record | {"split": split}), spec
            ),
        )
        progress.unlink(missing_ok=True)
    except JazzgenError as error:
        print(f"train_improviser: {error}", file=sys.stderr)
        return 2
    record = {key: value for key, value in trained.record.items() if key not in ("losses", "register_losses")}
    console.print(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
