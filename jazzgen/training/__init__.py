"""Training: solos in, a checkpoint out.

settings.py   the recipe, and where a training stands
fused.py      the shared layers over a whole window at once
adamw.py      the optimizer
workers.py    one process, several GPUs, or several processes
steps.py      one step of gradient descent, as a graph
logs.py       a CSV file with a row an epoch
loop.py       epochs, the best weights, going on where a run was cut off
files.py      MIDI files to a checkpoint: what `jazzgen train` calls
"""

from __future__ import annotations

from jazzgen.training.files import TrainedFiles, progress_file, save_improviser, spec_for, train_files
from jazzgen.training.loop import train
from jazzgen.training.settings import IMPROVISER, Moment, Settings, Trained
from jazzgen.training.workers import STRATEGIES, Workers, find_workers

__all__ = [
    "IMPROVISER",
    "STRATEGIES",
    "Moment",
    "Settings",
    "Trained",
    "TrainedFiles",
    "Workers",
    "find_workers",
    "progress_file",
    "save_improviser",
    "spec_for",
    "train",
    "train_files",
]
