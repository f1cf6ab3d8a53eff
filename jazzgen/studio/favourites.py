"""Favourites: takes in a folder, ordinary MIDI files that say how they were made."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from jazzgen.errors import JazzgenError
from jazzgen.midi.reading import read
from jazzgen.studio.given import GivenError
from jazzgen.util.files import make_folder, read_bytes, remove_temporaries, replacing

MOST = 1000
LARGEST = 2**21  # bytes of a MIDI file
LONGEST_NAME = 60
ID_DIGITS = 16  # of the hash of a take's file
_NAME = re.compile(r"[\w][\w -]{0,90}")


def default_folder() -> Path:
    """Where favourites are kept unless told otherwise: in the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base, "jazzgen", "favourites")


@dataclass
class Favourites:
    """The takes in `folder`, and what is known of them since `scan`."""

    folder: Path
    _rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    _digests: dict[str, str] = field(default_factory=dict)

    def scan(self) -> None:
        """Make the folder if there is none, and look at all that is in it."""
        make_folder(self.folder)
        files = sorted(path for path in self.folder.glob("*.mid") if _NAME.fullmatch(path.stem))[:MOST]
        remove_temporaries(files)
        for path in files:
            try:
                self._look(path)
            except (OSError, JazzgenError):
                continue  # no take, or it has just gone

    def listed(self) -> list[dict[str, Any]]:
        """What a page shows of them, the latest first."""
        return sorted(self._rows.values(), key=lambda row: str(row["saved"]), reverse=True)

    def _look(self, path: Path) -> None:
        solo = read(path).solo
        self._digests[path.stem] = sha256(read_bytes(path, LARGEST)).hexdigest()
        self._rows[path.stem] = {
            "name": path.stem,
            "id": self._digests[path.stem][:ID_DIGITS],
            "title": solo.title,
            "tempo": solo.tempo,
            "bars": len(solo.progression.bar_ticks) // solo.time_scale,
            "notes": len(solo.notes),
            "instrument": solo.instrument,
            "saved": datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds"),
        }

    def name_of(self, identity: str) -> str | None:
        """The favourite that is the take of this id, the beginning of its file's hash."""
        return next((name for name, digest in self._digests.items() if digest.startswith(identity)), None)

    def title_of(self, name: str) -> str:
        """The title of the take in the file called `name`."""
        return str(self._rows.get(name, {}).get("title", name))

    def keep(self, midi: bytes, title: str) -> str:
        """Write a take that is called `title`; its name. A take that is kept already stays."""
        digest = sha256(midi).hexdigest()
        if (known := self.name_of(digest)) is not None and (self.folder / f"{known}.mid").is_file():
            return known
        if len(self._rows) >= MOST:
            raise GivenError(f"{MOST} favourites are kept already; remove some", "favourites")
        letters = unicodedata.normalize("NFC", title[:400]).lower()
        words = "-".join(re.findall(r"[^\W_]+", letters))[:LONGEST_NAME].strip("-") or "take"
        name = f"{words}-{digest[:8]}"
        with replacing(self.folder / f"{name}.mid") as temporary, temporary.open("wb") as file:
            file.write(midi)
            file.flush()
            os.fsync(file.fileno())
        self._look(self.folder / f"{name}.mid")
        return name

    def adopt(self, name: str, identity: str) -> None:
        """A file that another has written into the folder is the take of this id from now on."""
        self._look(self._path(name))
        self._digests[name] = identity

    def read(self, name: str) -> bytes:
        """The file called `name`; raises `KeyError` where there is none."""
        try:
            return read_bytes(self._path(name), LARGEST)
        except OSError:
            raise KeyError(name) from None

    def remove(self, name: str) -> None:
        """Remove the file called `name`; raises `KeyError` where there is none."""
        try:
            self._path(name).unlink()
        except OSError:
            raise KeyError(name) from None
        self._digests.pop(name, None)
        self._rows.pop(name, None)

    def _path(self, name: str) -> Path:
        """A file of the folder, and of no other place."""
        if not _NAME.fullmatch(name):
            raise KeyError(name)
        return self.folder / f"{name}.mid"
