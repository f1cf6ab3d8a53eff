"""Optional packages: imported where they are used, and named with their extra where they are missing."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any

from jazzgen.errors import MissingPackageError


def optional(module: str, extra: str, purpose: str) -> Any:
    """Import `module`, which jazzgen's `extra` installs; raises `MissingPackageError` where it is missing.

    `purpose` opens the message: "writing MP3 needs soundfile, which is not installed: pip install ...".
    """
    if module.partition(".")[0] == "matplotlib":
        # Without a home to keep its fonts in it works as well, but complains over three lines.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingPackageError(
            f"{purpose} needs {package}, which is not installed: pip install 'jazzgen[{extra}]'"
        ) from error
