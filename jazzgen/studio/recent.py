"""The latest takes, each on disk as soon as it is made, so that a studio that is killed loses none."""

from __future__ import annotations

from contextlib import suppress

from jazzgen.errors import JazzgenError
from jazzgen.studio.favourites import Favourites
from jazzgen.util.files import replacing

MOST = 64


class Recent(Favourites):
    """Takes in a folder, written as they are made; those that studios before have left are listed."""

    def add(self, name: str, midi: bytes) -> None:
        """Write a take; the oldest of too many goes. A disk that is full costs the copy, not the take."""
        with suppress(OSError, JazzgenError):
            with replacing(self.folder / f"{name}.mid") as temporary:
                temporary.write_bytes(midi)
            files = sorted(self.folder.glob("*.mid"), key=lambda path: path.stat().st_mtime)
            for path in files[:-MOST]:
                path.unlink(missing_ok=True)
