"""Files: written whole or not at all, by a temporary name in the same folder that is moved into place; and
read only where they are files, so that a pipe cannot block and a device cannot go on forever.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path

from jazzgen.errors import OptionError, OutputError


def kind_of(path: str | os.PathLike[str]) -> str:
    """What is at `path`: "file", "folder", "device" (also a pipe), or "" where nothing can be found."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - Path.is_file raises for a name that is too long
    except (OSError, ValueError):  # ValueError: a name with a null character
        return ""
    return "file" if stat.S_ISREG(mode) else "folder" if stat.S_ISDIR(mode) else "device"


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read_bytes(path: str | os.PathLike[str], at_most: int) -> bytes:
    """The bytes of the file at `path`; `OSError` for more than `at_most` of them and for what is no file.

    Reading a pipe without a writer would block, and /dev/zero never ends: neither is waited for.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        data = file.read(at_most + 1)
    if len(data) > at_most:
        raise OSError(errno.EFBIG, f"it has more than {at_most:,} bytes")
    return data


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise `OutputError` where a file at `path` cannot be written: before long work, not after it. A folder
    that does not exist is made when the file is written.
    """
    path = Path(path)
    try:
        _refuse_what_is_no_file(path)
        _write_below(path.parents)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error


def check_folder(path: str | os.PathLike[str]) -> None:
    """The same of a folder of files; raises `OutputError`."""
    path = Path(path)
    try:
        _write_below((path, *path.parents))
    except OSError as error:
        raise OutputError(f"cannot make the folder {path}: {error.strerror}; choose another place") from error


def _write_below(folders: Iterable[Path]) -> None:
    """Write a file that vanishes into the first of `folders` that is there."""
    with tempfile.TemporaryFile(dir=next(folder for folder in folders if folder.exists())):
        pass


def _refuse_what_is_no_file(path: Path) -> None:
    """Raise for a folder, and for a device: a file that is moved onto /dev/null would take its place."""
    if path.exists() and not path.is_file():
        what = "folder" if path.is_dir() else "device"
        raise OutputError(f"cannot write {path}: it is a {what}; name a file")


_RANDOM = 8  # characters that mkstemp puts between prefix and suffix


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path` to write to; on success it is moved onto `path`, on failure removed.

    The temporary name keeps the suffix of `path`, because some writers choose their format by it. A reader
    never sees half a file, and an interrupted write leaves what was there before. The folder is made where it
    does not exist. Raises `OutputError` where it cannot be written or `path` is no file.
    """
    path = Path(path)
    try:
        _refuse_what_is_no_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files for their owner alone; the result gets the permissions of any new file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    except OutputError as error:
        # A writer that goes through `replacing` itself knows only the temporary name.
        raise OutputError(str(error).replace(str(temporary), str(path))) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_temporaries(paths: Iterable[Path]) -> None:
    """Remove what a process that was killed in the middle of `replacing` one of `paths` has left.

    No other process may be writing them.
    """
    known = {(f".{path.stem[:40]}-", path.suffix): path.parent for path in paths}
    for folder in set(known.values()):
        for path in folder.glob(".*"):
            stem = path.stem
            while stem.startswith("."):  # what goes through `replacing` twice has such a name of such a name
                if (stem[:-_RANDOM], path.suffix) in known:
                    path.unlink(missing_ok=True)
                stem = stem[1 : -_RANDOM - 1]


def same_place(one: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether both paths lead to one place, which need not exist; links in a circle lead to themselves."""
    return os.path.realpath(one) == os.path.realpath(other)  # Path.resolve raises for such a circle


def stem_paths(
    path: str | os.PathLike[str], folder: str | os.PathLike[str] | None, names: Sequence[str], whole: str
) -> list[Path]:
    """The files of stems beside the file of all of them.

    Parameters
    ----------
    path, whole
        The file of all, and what it is called.
    folder
        Of the stems; None for no stems.
    names
        Of their files.

    Returns
    -------
    list of Path
        One for each of `names`; none without a folder.

    Raises
    ------
    OptionError
        For an empty name, and where two of all these would be in one place.
    """
    if folder is None:
        return []
    if not os.fspath(folder):
        raise OptionError("stems need a folder, received an empty name; give one, as in --stems stems")
    if same_place(path, folder):
        raise OptionError(f"{path} cannot be the {whole} and the folder of the stems; name another folder")
    paths = [Path(folder, name) for name in names]
    if any(same_place(one, other) for one, other in combinations([path, *paths], 2)):
        raise OptionError(f"{path} would be one of the stems in {folder}; write them to another folder")
    return paths


def make_folder(path: str | os.PathLike[str]) -> Path:
    """`path` as a folder, made with those above it where it does not exist; raises `OutputError`."""
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {path}: {error.strerror}; choose another place") from error
    return path
