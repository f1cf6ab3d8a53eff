"""Importing the model changes nothing in the process; the command line starts Keras quietly."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from jazzgen.model.backend import SETTINGS
from tests.shared import ROOT

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow"
)


def run(program: str, **environ: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in SETTINGS} | environ
    return subprocess.run(
        [sys.executable, "-c", program], env=given, cwd=ROOT, capture_output=True, text=True, check=True
    )


def test_only_three_files_of_the_model_import_keras() -> None:
    done = run(
        "import os, sys; before = dict(os.environ)\n"
        "from jazzgen.model import backend, checkpoint, engine, shipped, tuning\n"
        "print(dict(os.environ) == before, 'keras' in sys.modules)"
    )
    assert done.stdout.split() == ["True", "False"]


@needs_tensorflow
def test_importing_the_layers_changes_nothing_in_the_process() -> None:
    done = run(
        "import keras, os\n"
        "before = dict(os.environ), os.fstat(2).st_ino\n"
        "from jazzgen.model import classic, keras_engine, network\n"
        "print(before == (dict(os.environ), os.fstat(2).st_ino))"
    )
    assert done.stdout.split() == ["True"]


@needs_tensorflow
def test_keras_is_imported_quietly_and_what_the_user_set_stays() -> None:
    done = run(
        "import os, sys; from jazzgen.model.backend import SETTINGS, import_keras_quietly\n"
        "import_keras_quietly()\n"
        "print('tensorflow' in sys.modules, *(os.environ[name] for name in SETTINGS))\n"
        "print('heard', file=sys.stderr)",
        TF_ENABLE_ONEDNN_OPTS="1",
    )
    assert done.stdout.split() == ["True", "3", "1", "1"]
    assert done.stderr == "heard\n"
