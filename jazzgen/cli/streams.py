"""Standard streams: text from any file that does not act on a terminal, and streams the caller closed."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


def printable(text: str, spared: str = "\n") -> str:
    """`text` with every unprintable character but those `spared` written as JSON escapes it.

    A title or a name may come from any file: sent to a terminal as it is, it could clear the screen.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in spared else json.dumps(c)[1:-1] for c in text)


class StandardOutputError(OSError):
    """Standard output cannot be written: the disk behind it is full."""


@contextmanager
def _of_standard_output() -> Iterator[None]:
    """Set a failure to print apart from all others; a reader that has gone is no failure."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StandardOutputError(error.errno, error.strerror) from error


class PlainOutput(io.TextIOBase):
    """A text stream in front of `stream` that passes on only printable text that its encoding can write.

    What is escaped stays valid JSON: in an object printed by `--json` such characters stand inside strings.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # TextIOBase has an attribute of the same name
        """The encoding of the stream behind."""
        return self._stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write `text`, escaped where it has to be."""
        shown = printable(text)
        try:
            shown.encode(self.encoding)
        except UnicodeEncodeError:  # standard output is ASCII or a code page
            shown = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in shown)
        with _of_standard_output():
            self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        """Flush the stream behind."""
        with _of_standard_output():
            self._stream.flush()

    def fileno(self) -> int:
        """The file descriptor of the stream behind."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Whether the stream behind is a terminal."""
        return self._stream.isatty()


def open_closed_streams() -> None:
    """Connect standard streams that the caller has closed (`jazzgen ... >&-`) to the null device: a file
    opened later would get the closed one's number, and what is printed would go into that file.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            null = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - open to the end
            os.set_inheritable(null.fileno(), True)  # and to the processes started from here
            setattr(sys, name, null)


def silence_stdout() -> None:
    """Connect standard output to the null device: Python flushes what is left while closing, and would
    complain once more.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
