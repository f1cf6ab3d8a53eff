"""Players in processes of their own, so that composing never keeps the session from hearing: `Remote`; and
`Inline`, the same in this process, for tests and virtual time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Protocol

from jazzgen.errors import JazzgenError, OptionError, WorkersError

END_S = 2.0  # that a process has to end in


class Asked:
    """What a call will return."""

    def __init__(self) -> None:
        self.ready = False
        self.value: Any = None


class Worker(Protocol):
    """An object whose methods are called as messages, in order; `made` is ready when it is there."""

    made: Asked

    def tell(self, method: str, *arguments: Any) -> None:
        """Call a method that returns nothing of use."""

    def ask(self, method: str, *arguments: Any) -> Asked:
        """Call a method; its result comes later."""

    def collect(self) -> None:
        """Look for results; raises `WorkersError` where the worker has died or failed."""

    def close(self) -> None:
        """End it."""


class Inline:
    """A worker in this process. `spent` are the processor seconds of each call that was asked, by method."""

    def __init__(self, thing: Any) -> None:
        self.thing = thing
        self.spent: dict[str, list[float]] = {}
        self.made = Asked()
        self.made.ready = True

    def tell(self, method: str, *arguments: Any) -> None:
        """As `Worker`."""
        getattr(self.thing, method)(*arguments)

    def ask(self, method: str, *arguments: Any) -> Asked:
        """As `Worker`; it is ready at once."""
        asked, begin = Asked(), time.process_time()
        asked.value, asked.ready = getattr(self.thing, method)(*arguments), True
        self.spent.setdefault(method, []).append(time.process_time() - begin)
        return asked

    def collect(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing runs."""


class Remote:
    """A worker in a process of its own, which makes its object by `make(*arguments)`."""

    def __init__(self, make: Callable[..., Any], *arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, make, arguments), daemon=True)
        self._process.start()
        other.close()
        self.made = Asked()
        self._asked: deque[Asked] = deque([self.made])

    def tell(self, method: str, *arguments: Any) -> None:
        """As `Worker`."""
        self._send((False, method, arguments))

    def ask(self, method: str, *arguments: Any) -> Asked:
        """As `Worker`."""
        asked = Asked()
        self._asked.append(asked)
        self._send((True, method, arguments))
        return asked

    def _send(self, message: tuple[bool, str, tuple[Any, ...]]) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            raise WorkersError("a process that composes has ended; start the session again") from None

    def collect(self) -> None:
        """As `Worker`; what the worker raises for a person is raised here."""
        try:
            while self._pipe.poll():
                kind, value = self._pipe.recv()
                if kind == "failed":
                    raise RuntimeError(f"a process that composes failed:\n{value}")
                if kind == "refused":
                    raise OptionError(value)
                asked = self._asked.popleft()
                asked.value, asked.ready = value, True
        except (EOFError, OSError):
            raise WorkersError("a process that composes has ended; start the session again") from None

    def close(self) -> None:
        """As `Worker`."""
        self._pipe.close()
        self._process.join(END_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _serve(pipe: Connection, make: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """The worker's process: make the object, then do as told until the pipe ends."""
    for name in ("SIGINT", "SIGHUP"):  # they reach the whole group; the session ends this process
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with contextlib.suppress(EOFError, OSError):
        try:
            thing = make(*arguments)
            pipe.send(("done", None))
            while True:
                wanted, method, given = pipe.recv()
                value = getattr(thing, method)(*given)
                if wanted:
                    pipe.send(("done", value))
        except JazzgenError as error:
            pipe.send(("refused", str(error)))
        except (EOFError, OSError):
            raise
        except Exception:  # whatever it is, the other side says it
            pipe.send(("failed", traceback.format_exc()))
