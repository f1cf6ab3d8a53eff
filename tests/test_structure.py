"""The shape of the house: imports point one way, generating stays light, and what is promised exists."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpus import ROOT

# Each file imports only from those above it: the way the data flows.
ORDER = [
    "errors",
    "files",
    "score",
    "chords",
    "forms",
    "harmony",
    "grid",
    "layout",
    "smf",
    "midi",
    "vocabulary",
    "dataset",
    "weights",
    "shipped",
    "recurrent",
    "names",
    "model",
    "training",
    "sampling",
    "improviser",
    "band",
    "evaluation",
    "take",
    "cli",
    "__main__",
]
PACKAGE = ROOT / "jazzgen"
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
HEAVY = {"tensorflow": {"model", "training"}, "keras": {"model", "training"}, "music21": set()}


def imported(path: Path) -> set[str]:
    """Every module that `path` imports, anywhere in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_module_has_its_place() -> None:
    assert set(MODULES) == set(ORDER)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    below = set(ORDER[ORDER.index(module) :])
    own = {name.split(".")[1] for name in imported(PACKAGE / f"{module}.py") if name.startswith("jazzgen.")}
    # The improviser builds the Keras engine only when it is asked for; nothing else reaches down.
    assert not own & below


@pytest.mark.parametrize("module", MODULES)
def test_heavy_packages_are_imported_where_they_belong(module: str) -> None:
    roots = {name.split(".")[0] for name in imported(PACKAGE / f"{module}.py")}
    assert {heavy for heavy in HEAVY if heavy in roots and module not in HEAVY[heavy]} == set()


@pytest.mark.parametrize(
    "module", [name for name in MODULES if name not in {"__main__", "model", "training"}]
)
def test_all_is_true(module: str) -> None:
    loaded = importlib.import_module(f"jazzgen.{module}")
    assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []


def test_generating_imports_neither_tensorflow_nor_music21(tmp_path: Path) -> None:
    program = (
        "import sys; from jazzgen.cli import main; "
        f"code = main(['generate-midi', '--seed', '1', '-o', {str(tmp_path / 'take.mid')!r}]); "
        "print(code, sorted({'tensorflow', 'keras', 'music21', 'joblib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_requirements_name_what_the_package_needs() -> None:
    wanted = {
        line.split(">=")[0] for line in (ROOT / "requirements.txt").read_text().splitlines() if ">=" in line
    }
    project = (ROOT / "pyproject.toml").read_text()
    assert {"tensorflow", "music21", "numpy", "mido"} <= wanted
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if ">=" in line:
            assert f'"{line}"' in project, f"{line} disagrees with pyproject.toml"
