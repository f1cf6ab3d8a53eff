"""Handlers of the signals that end a process, for a while."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

# Windows has no SIGHUP.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def handling(
    handler: Callable[[int, Any], Any] | signal.Handlers, numbers: Iterable[int] = ENDING
) -> Iterator[None]:
    """Handle the signals `numbers` by `handler`, and afterwards as before; outside the main thread nothing is
    changed, because Python lets no other one set handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known or signal.SIG_DFL)
