"""Work in processes of their own, through joblib: results in order, as they come, and a quiet end."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import joblib

__all__ = ["streamed"]


def streamed(calls: Iterable[Any], **options: Any) -> Generator[Any, None, None]:
    """Results of joblib's delayed `calls`; `options` are those of `joblib.Parallel`.

    Work that nobody waits for any more is dropped without joblib's complaints.
    """
    with _deaf_to_interrupts():
        results = joblib.Parallel(return_as="generator", batch_size=1, **options)(calls)
    try:
        for result in results:  # noqa: UP028 -- `yield from` would close them itself, complaints and all
            yield result
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.close()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started here ignore Ctrl-C, which a terminal sends to all: this one ends them, and
    each of them would print a traceback.

    They inherit that it is ignored. A mask would not do: loky lifts it before it starts them.
    """
    if threading.current_thread() is not threading.main_thread():  # Python lets no other one set handlers
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
