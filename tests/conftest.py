"""Every process of a test run computes with TensorFlow alike, whichever test starts it: bits are compared.

None searches for garbage again and again among all that was imported: a quarter of the time that the largest
hostile files take went there. Lines are counted where single cases of the package are tested, as they mostly
are: counting takes as long as running them, and whole takes and hundreds of examples run the same ones again.
"""

from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


# The rooms whose files take longest: one of them that is begun last would leave a core without work.
DEAR = ("live", "training", "checks", "improviser", "studio", "docs", "cli", "evaluation", "takes", "corpus")
# Those of programs and pages, which put the package to use; its own tests count its lines.
USERS = ("benchmarks", "checks", "docs", "recipes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is not counted; and, for several processes, what comes first."""
    for item in items:
        tries_hundreds = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if tries_hundreds or item.path.parent.name in USERS:
            item.add_marker(pytest.mark.no_cover)
    if hasattr(config, "workerinput"):
        places = {room: place for place, room in enumerate(DEAR)}
        items.sort(key=lambda item: places.get(item.path.parent.name, len(DEAR)))


def pytest_collection_finish() -> None:
    """All is imported now, and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
