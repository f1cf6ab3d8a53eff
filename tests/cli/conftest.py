"""What the tests of several commands use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shared import ROOT


@pytest.fixture
def study() -> Path:
    return ROOT / "data/midi/01-blues-in-f.mid"
