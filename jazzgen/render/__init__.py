"""A take to hear, to see and to read: `audio` sounds it, `piano_roll` draws it, `lead_sheet` engraves it.

What they need beyond jazzgen's own packages is optional. `optional` imports it where it is used, so that
nobody waits for or installs what he does not ask for, and says in one line what is missing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from jazzgen.errors import MissingPackageError

__all__ = ["optional"]


def optional(module: str, extra: str, purpose: str) -> Any:
    """The package `module` of jazzgen's `extra`, imported now; `MissingPackageError` where it is not there.

    `purpose` opens the message: "writing MP3 needs soundfile, which is not installed: pip install ...".
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"{purpose} needs {module}, which is not installed: pip install 'jazzgen[{extra}]'"
        ) from error
