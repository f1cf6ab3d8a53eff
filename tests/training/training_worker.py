"""Twenty steps and a short training, as one of several workers.

    python -m tests.training.training_worker FOLDER

The processes and their addresses stand in TF_CONFIG; alone, it is the run that the others are compared with.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np

from jazzgen.corpus.batches import Encodings, EpochPlan, WorkerShard, stream
from jazzgen.corpus.loading import load_solos
from jazzgen.errors import WorkersError
from jazzgen.model.network import make_network
from jazzgen.tokens.features import FEATURES, FeatureSpec
from jazzgen.training import steps
from jazzgen.training.data import TrainingData
from jazzgen.training.files import spec_for, train_files
from jazzgen.training.resume import RunFiles
from jazzgen.training.settings import TrainingSettings
from jazzgen.training.train import TrainingResult, TrainingStatus, train
from jazzgen.training.workers import Workers, find_workers
from tests.shared import ROOT

STUDIES = ROOT / "data" / "midi"
STEPS = 20
# Everything that is random or carried takes part.
SETTINGS = TrainingSettings(
    n_a=6,
    features=tuple(FEATURES),
    register_units=4,
    Tx=4,
    graph="fused",
    batch_size=4,
    dropout=0.2,
    recurrent_dropout=0.2,
    context_dropout=0.2,
    value_dropout=0.1,
    ema_momentum=0.9,
    seed=3,
)


def take_steps(workers: Workers) -> tuple[list[float], dict[str, np.ndarray]]:
    """The loss of each step, and all that stands after the last."""
    keras.utils.set_random_seed(SETTINGS.seed)
    examples = load_solos([STUDIES]).solos
    spec = spec_for(examples, SETTINGS)
    encodings = Encodings(examples, spec, players=True)
    with workers.strategy.scope():
        network = make_network(SETTINGS.n_a, spec=spec, register_units=SETTINGS.register_units)
    stepper = steps.Stepper(network, SETTINGS, 10 * STEPS, workers)
    plan = EpochPlan.draw(len(encodings), SETTINGS.Tx, np.random.default_rng(SETTINGS.seed))
    shard = WorkerShard(stepper.lanes, encodings.sizes()[:, 1])
    batches = stream(encodings.__getitem__, plan, SETTINGS.batch_size, SETTINGS.Tx, spec, shard)
    losses = []
    for step, (batch, save_now) in enumerate(stepper.train(batches, lambda: workers.rank == 1)):
        assert save_now == (workers.count > 1)  # one worker asks for it, all see it
        losses.append((batch.nats + batch.register_nats) / batch.values)
        if step + 1 == STEPS:
            break
    return losses, stepper.state()


def two_epochs(progress: Path, workers: Workers, resume: bool = False, **callbacks: Any) -> TrainingResult:
    """A short training that stands in `progress`."""
    solos = load_solos([STUDIES]).solos
    spec = FeatureSpec(("beat", "chord"))
    settings = TrainingSettings(n_a=4, features=spec.features, Tx=4, graph="fused", batch_size=4, epochs=2)
    examples, held_out = Encodings(solos[:8], spec), Encodings(solos[8:], spec)
    data = TrainingData(examples, held_out, settings, workers=workers)
    return train(data, RunFiles(progress, resume=resume), **callbacks)


def cut_off(progress: Path, workers: Workers) -> None:
    """The same, interrupted in its second epoch."""

    def interrupt(status: TrainingStatus) -> None:
        if status.epoch == 2:
            raise KeyboardInterrupt

    two_epochs(progress, workers, report=interrupt)


def main(folder: Path) -> None:
    """Write what came out to FOLDER, named by the worker's number."""
    steps.STEPS_AT_ONCE = 1  # to see the loss of each
    workers = find_workers()
    losses, state = take_steps(workers)
    own = folder / str(workers.rank)
    own.mkdir()
    np.savez(own / "state.npz", **state)
    settings = TrainingSettings(n_a=4, Tx=4, graph="fused", batch_size=4, epochs=2)
    output = own / "model.safetensors"
    result = train_files([STUDIES], output, settings=settings, log=own / "log.csv", workers=workers)
    cut_off(folder / "cut-off.progress", workers)
    try:
        workers.check_agreement({"shoes": workers.rank})
        refusal = ""
    except WorkersError as error:
        refusal = str(error)
    report = {
        "losses": losses,
        "replicas": workers.replicas,
        "summary": result.summary,
        "refusal": refusal,
        "files": sorted(path.name for path in own.iterdir()),
    }
    (own / "report.json").write_text(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
