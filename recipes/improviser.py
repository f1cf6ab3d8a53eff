"""Train the shipped improviser from a Weimar Jazz Database: `make model` runs this.

    python -m recipes.improviser wjazzd.db --all --teachers 3 -o improviser.safetensors
    python -m recipes.improviser corpus/ --without motif --epochs 8 --units 128 -o small.safetensors

The tunes are split by title in three: a tenth is for testing and plays no part here, a tenth of the others
judges the epochs (with `--all` it is trained on too, and the weights of the last epoch, averaged, are kept).
`--teachers N` trains N models that differ in their seed alone, and then the one that is kept: it learns from
the solos and from what these together expect (`training/distillation.py`). The run can be cut off and goes on
with `--resume`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from jazzgen.corpus.batches import Encodings
from jazzgen.corpus.splits import Selection, split_by_title, title_digest
from jazzgen.corpus.wjazzd import load
from jazzgen.errors import JazzgenError, OptionError
from jazzgen.model.backend import import_keras_quietly
from jazzgen.model.checkpoint import Checkpoint, load_checkpoint
from jazzgen.tokens.features import FeatureSpec
from jazzgen.util.files import check_writable

if TYPE_CHECKING:
    from jazzgen.training.settings import TrainingSettings
    from jazzgen.training.train import TrainingResult

TEST, JUDGE = 0.1, 0.1  # of the tunes; of those that are not for testing
# What teachers expect keeps a student from learning by heart: it needs less dropout and gains by more epochs.
STUDENT: dict[str, Any] = {
    "distillation": 0.9, "dropout": 0.4, "recurrent_dropout": 0.4, "epochs": 28
}  # fmt: skip
TEST_SEED, JUDGE_SEED = 0, 1  # the first is that of models/classic-64: both are tested on the same tunes


def start_keras() -> None:
    """Import Keras for a large model, which is worth all cores and oneDNN's kernels."""
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(os.cpu_count() or 1))
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    import_keras_quietly()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    from jazzgen.training.settings import IMPROVISER

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="wjazzd.db, or a folder of MIDI files made from it")
    parser.add_argument("-o", "--output", type=Path, default=Path("models/improviser.safetensors"))
    parser.add_argument("--without", default="", help="features to leave out, as motif,player (an ablation)")
    parser.add_argument("--epochs", type=int, default=IMPROVISER.epochs)
    parser.add_argument("--units", type=int, default=IMPROVISER.n_a)
    parser.add_argument("--seed", type=int, default=IMPROVISER.seed)
    parser.add_argument(
        "--teachers", type=int, default=0, metavar="N", help="models to learn from, trained first"
    )
    parser.add_argument("--all", action="store_true", help="train on the judging tunes too")
    parser.add_argument(
        "--set", nargs=2, action="append", default=[], metavar=("SETTING", "NUMBER"), help="as dropout 0.4"
    )
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args(arguments)


def settings_of(given: argparse.Namespace) -> TrainingSettings:
    """The shipped model's settings, changed as the command line says."""
    from jazzgen.training.settings import IMPROVISER

    omitted = [name for name in given.without.split(",") if name]
    unknown = sorted({*omitted} - {*IMPROVISER.features})
    if unknown:
        raise OptionError(
            f"--without names features of {', '.join(IMPROVISER.features)}, received {', '.join(unknown)}"
        )
    features = tuple(name for name in IMPROVISER.features if name not in omitted)
    changed = {"features": features, "epochs": given.epochs, "n_a": given.units, "seed": given.seed}
    return replace(IMPROVISER, **changed, **{name: _number(value) for name, value in given.set})


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def describe_split(test: Selection, judge: Selection) -> dict[str, Any]:
    """Which tunes were held out, for the checkpoint's record."""
    tested, judged = (set(map(title_digest, solos.titles())) for solos in (test, judge))
    return {
        "by": "title",
        "fraction": TEST,
        "seed": TEST_SEED,
        "held_out_tunes": sorted(tested | judged),
        "judging": sorted(judged),
    }


def each_epoch(console: Console) -> Callable[[object], None]:
    """A report that prints a training's first status of each epoch."""
    shown = 0

    def show(status: object) -> None:
        nonlocal shown
        epoch = getattr(status, "epoch", 0)
        if epoch != shown:
            shown = epoch
            console.print(status)

    return show


class Lesson(NamedTuple):
    """What each of the models of a run learns from."""

    solos: Encodings
    judge: Encodings
    spec: FeatureSpec
    split: dict[str, Any]
    resume: bool
    console: Console

    def learn(
        self, output: Path, settings: TrainingSettings, teachers: Sequence[Checkpoint] = ()
    ) -> TrainingResult:
        """Train one model and write its checkpoint."""
        from jazzgen.training.data import TrainingData
        from jazzgen.training.distillation import taught_by
        from jazzgen.training.files import save_improviser
        from jazzgen.training.resume import RunFiles, progress_file
        from jazzgen.training.train import train

        solos = taught_by(teachers, self.solos, self.spec) if teachers else self.solos
        progress = progress_file(output)
        trained = train(
            TrainingData(solos, self.judge, settings, self.spec),
            RunFiles(progress, resume=self.resume and progress.is_file()),
            report=each_epoch(self.console),
            keep=lambda best: save_improviser(
                output, best._replace(record=best.record | {"split": self.split}), self.spec
            ),
        )
        progress.unlink(missing_ok=True)
        return trained

    def teacher(self, path: Path, settings: TrainingSettings) -> Checkpoint:
        """A member of the ensemble: trained now, or by the run that goes on here."""
        from jazzgen.training.resume import progress_file

        if not (self.resume and path.is_file() and not progress_file(path).is_file()):
            self.learn(path, settings)
        return load_checkpoint(path)


def run(given: argparse.Namespace, console: Console) -> TrainingResult:
    """Train the teachers, then the model that learns from them, and write the checkpoint."""
    start_keras()
    from jazzgen.training.files import spec_for

    settings = settings_of(given)
    check_writable(given.output)
    known, test = split_by_title(load(given.data), TEST, TEST_SEED)
    solos, judge = split_by_title(known, 0.0 if given.all else JUDGE, JUDGE_SEED)
    spec = spec_for(solos, settings)
    lesson = Lesson(
        Encodings(solos, spec, players=True),
        Encodings(judge, spec),
        spec,
        describe_split(test, judge),
        given.resume,
        console,
    )
    teachers = [
        lesson.teacher(
            given.output.with_suffix(f".teacher-{k}.safetensors"), replace(settings, seed=settings.seed + k)
        )
        for k in range(given.teachers)
    ]
    if teachers:
        settings = replace(settings, **STUDENT)
    return lesson.learn(given.output, settings, teachers)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and print the record."""
    console = Console(stderr=True)
    try:
        trained = run(parse(arguments), console)
    except JazzgenError as error:
        print(f"recipes.improviser: {error}", file=sys.stderr)
        return 2
    record = {key: value for key, value in trained.record.items() if key not in ("losses", "register_losses")}
    console.print(record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
