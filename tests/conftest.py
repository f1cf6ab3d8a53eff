"""Every process of a test run computes with TensorFlow alike, whichever test starts it: bits are compared.

And none searches for garbage again and again among all that was imported: a quarter of the time that the
largest hostile files take went there.
"""

from __future__ import annotations

import gc
import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")


def pytest_collection_finish() -> None:
    """All is imported now, and stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
