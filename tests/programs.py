"""The one place that loads a program of `scripts/` as a module, for tests that call into it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

from tests.corpus import ROOT


def load_program(name: str) -> ModuleType:
    """`scripts/<name>.py` as the module `name`; `load_program("measurements.growth")` a module of a package
    there.
    """
    scripts = str(ROOT / "scripts")
    if scripts not in sys.path:
        sys.path.append(scripts)  # as it is when a program is run: they import each other
    if "." in name:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up while they are made
    spec.loader.exec_module(module)
    return module
