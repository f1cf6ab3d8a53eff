"""Every process of a test run computes with TensorFlow alike, whichever test starts it: bits are compared.

None searches for garbage again and again among all that was imported: a quarter of the time that the largest
hostile files take went there. And lines are not counted where hypothesis tries hundreds of examples, nor in a
test that is marked `no_cover`: counting takes as long as running them, and tests of single cases do both.
"""

from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Hypothesis runs the same lines again and again."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.no_cover)


def pytest_collection_finish() -> None:
    """All is imported now, and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
