"""The version, in a file that every room may import; `jazzgen.__version__` to a user."""

from __future__ import annotations

__version__ = "0.2.0"
