"""Starting Keras as the command line wants it. Nothing here happens on import."""

from __future__ import annotations

import os
import sys

# A matrix of 64 units is too small to be worth oneDNN's preparations or a second thread's waking up: both
# off, a step takes about half the processor time, and a busy machine slows it less. A recipe that trains a
# large model sets them before.
SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
}


def import_keras_quietly() -> None:
    """Import Keras and its backend for a process that trains small models, with nothing on standard error.

    What the environment says already stays. TensorFlow 2.21 tells each user on import which CPU features and
    which drivers it found, from C++ and in spite of TF_CPP_MIN_LOG_LEVEL, so the standard error of the
    process, and not only of Python, leads nowhere meanwhile. An import that fails still raises.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        import keras  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
