"""The checkpoints that come with jazzgen, found by name: in a clone under `models/`, in an installed package
inside it.
"""

from __future__ import annotations

from pathlib import Path

from jazzgen.errors import CheckpointError
from jazzgen.util.files import kind_of

DEFAULT_MODEL = "improviser"
SUFFIX = ".safetensors"
INDEX_SUFFIX = ".originality.safetensors"  # beside a checkpoint: improviser.originality.safetensors
_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "shipped_models", _PACKAGE.parent / "models")


def shipped_checkpoints() -> dict[str, Path]:
    """Name -> file of every checkpoint that ships with this installation."""
    for folder in _FOLDERS:
        files = [path for path in sorted(folder.glob(f"*{SUFFIX}")) if not _is_index(path)]
        found = {path.stem: path for path in files}
        if found:
            return found
    return {}


def _is_index(path: Path) -> bool:
    """Whether it is what lies beside a checkpoint, the index of its training solos, and no model itself."""
    return path.name.endswith(INDEX_SUFFIX)


def find_checkpoint(name: str | Path) -> Path:
    """The file of the shipped checkpoint called `name`, or `name` itself as a path; raises
    `CheckpointError`.
    """
    shipped = shipped_checkpoints()
    if str(name) in shipped:
        return shipped[str(name)]
    path = Path(name)
    kind = kind_of(path)
    if kind == "file":
        return path
    what = f"is a {kind}" if kind else "does not exist"
    raise CheckpointError(
        f"checkpoint {name} {what}; give a {SUFFIX} file or a shipped name: {', '.join(shipped) or 'none'}"
    )
