"""Training: solos in, a checkpoint out.

settings.py   the recipe, and where a training stands
fused.py      the shared layers over a whole window at once
steps.py      one step of gradient descent, as a graph
loop.py       epochs, the best weights, going on where a run was cut off
files.py      MIDI files to a checkpoint: what `jazzgen train` calls
"""

from __future__ import annotations

from jazzgen.training.files import TrainedFiles, layout_for, progress_file, save_improviser, train_files
from jazzgen.training.loop import train
from jazzgen.training.settings import IMPROVISER, Moment, Settings, Trained

__all__ = [
    "IMPROVISER",
    "Moment",
    "Settings",
    "Trained",
    "TrainedFiles",
    "layout_for",
    "progress_file",
    "save_improviser",
    "train",
    "train_files",
]
