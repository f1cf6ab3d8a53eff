"""The one place that knows where the reference corpus lies, for tests that need real solos.

A user's clone has no corpus beside it: then those tests skip and say why. `JAZZGEN_SHARED` names another
folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("JAZZGEN_SHARED", ROOT.parent / "shared"))


def shared_file(*parts: str) -> Path:
    """A file of the shared data, e.g. `shared_file("wjazzd", "wjazzd.db")`; skips the calling test without
    it.
    """
    path = SHARED.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"needs {'/'.join(parts)} in {SHARED} (set JAZZGEN_SHARED to its folder)")
    return path
