"""A prepared corpus: a folder of shards that `jazzgen prepare` wrote, and solos read back from it.

    corpus/
        corpus.json         which shards make up the corpus, how many solos each holds, which are repeats
        manifest.jsonl      a line a source file: path, sha256, title, player, notes, values, or why skipped
        shards/
            <sha256>.safetensors

A shard holds a run of source files, each named by its path below the data and the sha256 of its bytes, and
the solos in them. Its name is the sha256 of its own bytes: a damaged shard is found by its name, an existing
shard need not be written again, and the same files give the same folder whatever happened on the way.

Why safetensors: flat little-endian arrays under names, which any library of the field opens without running
code, memory-mapped, so that one solo of 100,000 costs the pages it lies on. A `.npy` holds one array only, an
`.npz` cannot be mapped, and Arrow would be a dependency of 40 MB for the same layout: what has another length
in each solo stands end to end in one array, beside the offsets where each begins.

Opening reads `corpus.json` alone. A shard is checked and mapped when the first of its solos is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from jazzgen.corpus.packed import READER_VERSION, Bytes, PackedSolo, unpack
from jazzgen.errors import DataError, OptionError
from jazzgen.music.score import Solo
from jazzgen.tokens.vocabulary import FINGERPRINT, N_VALUES
from jazzgen.util.files import kind_of, replacing

T = TypeVar("T")

CORPUS_FILE = "corpus.json"
MANIFEST_FILE = "manifest.jsonl"
SHARD_FOLDER = "shards"
SHARD_NAME = re.compile(r"[0-9a-f]{64}")
SHARD_SIZE = 256  # files a shard, on average: some 1.5 MB
SKIPPED = "left_out"  # how files of FORMAT 1 call what is skipped everywhere else
METADATA_KEY = "jazzgen"
# Of the format below. Another number cannot be read; raise it when the format changes.
FORMAT = 1
_VERSIONS: Mapping[str, Any] = {"format": FORMAT, "vocabulary": FINGERPRINT}


# ----------------------------------------------------------------------------------------------- one shard


class SourceFile(NamedTuple):
    """A source file: its `path` below the data, the sha256 of its bytes (zeros where they could not be read),
    and its solo, or the `reason` why it has none; a `warning` is not stored.
    """

    path: str
    sha256: bytes
    reason: str
    solo: PackedSolo | None
    warning: str = ""


# What a shard holds. A column of texts or of rows that differ in number from one file or solo to the next
# stands end to end in the array NAME, and where each begins in NAME.offsets (count + 1).
FILE_TEXTS = ("path", "reason")
SOLO_TEXTS = ("title", "player", "form")
#             column     type   numbers a row
SOLO_ROWS = {"times":   ("I32", 2),
             "pitches": ("U8",  2),
             "values":  ("U8",  1)}  # fmt: skip
FIXED = {
    "sha256": ("U8", 32),  # a file
    "digest": ("U8", 32),  # a solo
    "file": ("I64", 1),  # a solo: which file it stands in
}


def write_shard(folder: Path, sources: Sequence[SourceFile]) -> str:
    """Write a shard of `sources` into `folder` and return its name, the sha256 of its bytes.

    The same sources give the same bytes. Raises `OutputError`.
    """
    solos = [source.solo for source in sources if source.solo is not None]
    with_solo = [number for number, source in enumerate(sources) if source.solo is not None]
    arrays: dict[str, npt.NDArray[Any]] = {
        "sha256": _rows([source.sha256 for source in sources]),
        "digest": _rows([solo.digest() for solo in solos]),
        "file": np.array(with_solo, np.int64).reshape(-1, 1),
    }
    for name in FILE_TEXTS:
        arrays |= _end_to_end(name, [_to_bytes(getattr(source, name)) for source in sources])
    for name in SOLO_TEXTS:
        arrays |= _end_to_end(name, [_to_bytes(getattr(solo, name)) for solo in solos])
    for name in SOLO_ROWS:
        arrays |= _end_to_end(name, [getattr(solo, name) for solo in solos])
    described = {"kind": "corpus shard", **_VERSIONS, "reader": READER_VERSION}
    metadata = {METADATA_KEY: json.dumps(described, sort_keys=True)}
    data = safetensors.numpy.save(arrays, metadata=metadata)
    name = hashlib.sha256(data).hexdigest()
    with replacing(_shard_path(folder, name)) as temporary:
        temporary.write_bytes(data)
    return name


def _rows(digests: Sequence[bytes]) -> Bytes:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


def _to_bytes(text: str) -> Bytes:
    # A file's name may hold bytes that are no UTF-8, which Python keeps as lone surrogates.
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)


def _end_to_end(name: str, parts: Sequence[npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    kind, width = SOLO_ROWS.get(name, ("U8", 1))
    offsets = np.array(list(accumulate((len(part) for part in parts), initial=0)), np.int64)
    return {name: np.concatenate([_no_rows(kind, width), *parts]), f"{name}.offsets": offsets}


def _no_rows(kind: str, width: int) -> npt.NDArray[Any]:
    return np.zeros((0, width) if width > 1 else 0, np.int32 if kind == "I32" else np.uint8)


def _shard_path(folder: Path, name: str) -> Path:
    return folder / f"{name}.safetensors"


def shard_files(folder: Path) -> list[Path]:
    """The files in `folder` that are called like shards, sorted by name."""
    return sorted(path for path in folder.glob("*.safetensors") if SHARD_NAME.fullmatch(path.stem))


def open_shard(folder: Path, name: str) -> Shard:
    """The shard called `name` in `folder`, checked; raises `DataError` that names it and what is wrong."""
    path = _shard_path(folder, name)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != name:
            raise DataError("it is damaged: its bytes are not those it is named for")
        return Shard(path)
    except FileNotFoundError:
        raise _wrong(path, "it is missing") from None
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror}") from error
    except (DataError, safetensors.SafetensorError) as error:
        raise _wrong(path, str(error)) from error


def _wrong(path: Path, what: str) -> DataError:
    return DataError(f"shard {path}: {what}; jazzgen prepare mends the corpus")


class Shard:
    """A shard, memory-mapped: what is asked for is copied out of it, and nothing else.

    `n_files` source files and `n_solos` solos, both counted from 0; `reader` is what wrote it.
    """

    def __init__(self, path: Path) -> None:
        """Map the file; raises `DataError` with what does not fit, without naming the file."""
        self.path = path
        file: Any = safetensors.safe_open(path, framework="np")  # it has no types
        self._file = file
        self.reader = _check_metadata(file.metadata())
        self._offsets = {
            name: self._read(f"{name}.offsets", "I64", 1) for name in (*FILE_TEXTS, *SOLO_TEXTS, *SOLO_ROWS)
        }
        self._fixed = {name: self._read(name, *row) for name, row in FIXED.items()}
        self.n_files = len(self._fixed["sha256"])
        self.n_solos = len(self._fixed["file"])
        self._check()

    def _read(self, name: str, kind: str, width: int) -> npt.NDArray[Any]:
        self._check_array(name, kind, width)
        array: npt.NDArray[Any] = self._file.get_tensor(name)
        return array

    def _check_array(self, name: str, kind: str, width: int) -> int:
        """The number of rows of the array `name`, which must have this type and `width` numbers a row."""
        if name not in self._file.keys():  # noqa: SIM118 -- a handle of safetensors, not a dict
            raise DataError(f"it lacks the array {name}")
        array = self._file.get_slice(name)
        shape = array.get_shape()
        if array.get_dtype() != kind or shape[1:] not in ([width], [] if width == 1 else [width]):
            raise DataError(
                f"its array {name} is {array.get_dtype()} {shape}, expected {kind}, {width} a row"
            )
        return int(shape[0])

    def _check(self) -> None:
        """Lengths and offsets agree, and every value is one."""
        for name, offsets in self._offsets.items():
            kind, width = SOLO_ROWS.get(name, ("U8", 1))
            rows = self._check_array(name, kind, width)
            count = self.n_files if name in FILE_TEXTS else self.n_solos
            ends = (int(offsets[0]), int(offsets[-1])) if len(offsets) else None
            if len(offsets) != count + 1 or ends != (0, rows) or (np.diff(offsets) < 0).any():
                raise DataError(f"the offsets of its array {name} do not fit its {rows} rows")
        files = self._fixed["file"][:, 0]
        if len(self._fixed["digest"]) != self.n_solos or not _rise(files, self.n_files):
            raise DataError("its solos do not fit its files")
        if not np.array_equal(self._offsets["times"], self._offsets["pitches"]):
            raise DataError("its notes do not have one pitch each")
        if self._file.get_tensor("values").max(initial=0) >= N_VALUES:
            raise DataError(f"it holds values that are not in 0..{N_VALUES - 1}")

    def part(self, column: str, number: int) -> npt.NDArray[Any]:
        """The rows of a solo, or of a source file, in one of the columns that differ in length."""
        start, stop = (int(offset) for offset in self._offsets[column][number : number + 2])
        if start == stop:  # of an array without rows safetensors slices nothing, not even that
            kind, width = SOLO_ROWS.get(column, ("U8", 1))
            return _no_rows(kind, width)
        part: npt.NDArray[Any] = self._file.get_slice(column)[start:stop]
        return part

    def rows(self, column: str, number: int) -> int:
        """How many rows `part` has: of "times" a solo's notes, of "values" its values."""
        return int(self._offsets[column][number + 1] - self._offsets[column][number])

    def text(self, column: str, number: int) -> str:
        """The "path" of a source file and the "reason" why it has no solo (empty where it has one), or the
        "title", "player" and "form" of a solo.
        """
        try:
            return self.part(column, number).tobytes().decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise _wrong(self.path, f"its {column} {number} is no text") from error

    def digest(self, column: str, number: int) -> bytes:
        """32 bytes: the "sha256" of a source file's bytes (zeros where they could not be read), or a solo's
        "digest", equal for solos with the same notes and chords.
        """
        return bytes(self._fixed[column][number])

    def packed(self, number: int) -> PackedSolo:
        """A solo as it is stored."""
        texts: dict[str, Any] = {column: self.text(column, number) for column in SOLO_TEXTS}
        rows: dict[str, Any] = {column: self.part(column, number) for column in SOLO_ROWS}
        return PackedSolo(**texts, **rows)

    def solo(self, number: int) -> Solo:
        """A solo as `midi.read_solo` gave it."""
        try:
            return unpack(self.packed(number))
        except (OptionError, ValueError, TypeError, KeyError) as error:
            raise _wrong(self.path, f"its solo {number} is none: {error}") from error

    def solo_of_file(self, number: int) -> int | None:
        """Which solo stands in a source file, if one does."""
        files = self._fixed["file"][:, 0]
        at = int(np.searchsorted(files, number))
        return at if at < len(files) and files[at] == number else None

    def source(self, number: int) -> SourceFile:
        """A source file with its solo."""
        solo = self.solo_of_file(number)
        return SourceFile(
            self.text("path", number),
            self.digest("sha256", number),
            self.text("reason", number),
            None if solo is None else self.packed(solo),
        )


def _rise(numbers: npt.NDArray[np.int64], end: int) -> bool:
    """Whether `numbers` rise and lie in 0..end - 1."""
    inside = numbers.size == 0 or (int(numbers[0]) >= 0 and int(numbers[-1]) < end)
    return inside and bool((np.diff(numbers) > 0).all())


def _check_metadata(metadata: Mapping[str, str] | None) -> object:
    """The version of the reader that the metadata of a shard names."""
    try:
        described = json.loads((metadata or {}).get(METADATA_KEY, ""))
    except (ValueError, RecursionError):
        described = None
    if not isinstance(described, dict) or described.get("kind") != "corpus shard":
        raise DataError("it is no shard of a jazzgen corpus")
    _check_kind(described)
    return described.get("reader")


def _check_kind(described: Mapping[str, Any]) -> None:
    if {**described, **_VERSIONS} != described:
        raise DataError("it was prepared by another jazzgen, whose format or vocabulary is not ours")


# ---------------------------------------------------------------------------------------------- the corpus


class ShardEntry(NamedTuple):
    """What `corpus.json` says of a shard: its `name`, how many `solos` are stored in it, and the numbers of
    those that are not counted, because the same solo stands elsewhere in the corpus.
    """

    name: str
    solos: int
    duplicates: tuple[int, ...]


def write_description(folder: Path, entries: Sequence[ShardEntry], counts: Mapping[str, int]) -> None:
    """Write `corpus.json`, which makes the shards a corpus; `counts` must have at least "skipped"."""
    described = {
        "kind": "corpus",
        **_VERSIONS,
        **as_stored(counts),
        "shards": [entry._asdict() for entry in entries],
    }
    with replacing(folder / CORPUS_FILE) as temporary:
        temporary.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


def as_stored(facts: Mapping[str, T]) -> dict[str, T]:
    """`facts` with "skipped" under the key that files have for it."""
    return {SKIPPED if name == "skipped" else name: fact for name, fact in facts.items()}


def is_corpus(path: str | os.PathLike[str]) -> bool:
    """Whether a prepared corpus stands at `path`."""
    return kind_of(Path(path, CORPUS_FILE)) == "file"


def open_corpus(folder: str | os.PathLike[str]) -> Corpus:
    """The prepared corpus in `folder`; raises `DataError` where it is none, or lacks one of its shards."""
    path = Path(folder, CORPUS_FILE)
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(described, dict) or described.get("kind") != "corpus":
            raise DataError("it does not describe a corpus")
        _check_kind(described)
        entries = [_entry(row) for row in described["shards"]]
        corpus = Corpus(Path(folder), entries, int(described[SKIPPED]))
    except FileNotFoundError:
        raise DataError(
            f"{folder}: no prepared corpus; make one with jazzgen prepare DATA -o {folder}"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: it cannot be read: {error.strerror}") from error
    except (DataError, ValueError, TypeError, KeyError, RecursionError) as error:
        what = error if isinstance(error, DataError) else "it is damaged"
        raise DataError(f"{path}: {what}; run jazzgen prepare again") from error
    for entry in entries:
        shard = _shard_path(corpus.shard_folder, entry.name)
        if not shard.is_file():
            raise _wrong(shard, "it is missing")
    return corpus


def _entry(row: Mapping[str, Any]) -> ShardEntry:
    entry = ShardEntry(str(row["name"]), int(row["solos"]), tuple(map(int, row["duplicates"])))
    if not SHARD_NAME.fullmatch(entry.name):  # it becomes part of a path
        raise DataError("it names a shard that cannot be one")
    if entry.solos < 0 or not _rise(np.array(entry.duplicates, np.int64), entry.solos):
        raise DataError(f"its duplicates do not fit the {entry.solos} solos of shard {entry.name}")
    return entry


class Corpus(Sequence[Solo]):
    """The solos of a prepared corpus, in the order of their files' paths, each read when it is asked for.

    `corpus[i]` is the `Solo` that `midi.read_solo` gave; `corpus.values(i)` are its values alone, for a
    fraction of the work. Repeats of a solo are passed over. `skipped` counts the files without a solo.
    """

    def __init__(self, folder: Path, entries: Sequence[ShardEntry], skipped: int) -> None:
        self.folder = folder
        self.skipped = skipped
        self._entries = tuple(entries)
        kept = (entry.solos - len(entry.duplicates) for entry in entries)
        self._ends = tuple(accumulate(kept))
        self._shards: dict[int, tuple[Shard, list[int]]] = {}  # and which of its solos count

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process the folder goes, not the maps.
        return open_corpus, (self.folder,)

    @property
    def shard_folder(self) -> Path:
        """Where the shards lie."""
        return self.folder / SHARD_FOLDER

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Solo: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Solo, ...]: ...
    def __getitem__(self, index: int | slice) -> Solo | tuple[Solo, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        shard, number = self._find(index)
        return shard.solo(number)

    def values(self, index: int) -> Bytes:
        """(values,) The values of solo `index`, uint8, without making the solo."""
        shard, number = self._find(index)
        values: Bytes = shard.part("values", number)
        return values

    def n_values(self, index: int) -> int:
        """How many values solo `index` has."""
        shard, number = self._find(index)
        return shard.rows("values", number)

    def n_notes(self, index: int) -> int:
        """How many notes solo `index` has."""
        shard, number = self._find(index)
        return shard.rows("times", number)

    def title(self, index: int) -> str:
        """The title of solo `index`, without making the solo."""
        shard, number = self._find(index)
        return shard.text("title", number)

    def player(self, index: int) -> str:
        """The player of solo `index`, without making the solo."""
        shard, number = self._find(index)
        return shard.text("player", number)

    def _find(self, index: int) -> tuple[Shard, int]:
        """The shard of solo `index`, and its number there."""
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"solo {index} of a corpus of {len(self)}")
        place = bisect_right(self._ends, at)
        shard, counted = self._shard(place)
        return shard, counted[at - (self._ends[place - 1] if place else 0)]

    def _shard(self, place: int) -> tuple[Shard, list[int]]:
        if place not in self._shards:
            entry = self._entries[place]
            shard = open_shard(self.shard_folder, entry.name)
            if shard.n_solos != entry.solos:
                raise _wrong(shard.path, f"it has {shard.n_solos} solos, not {entry.solos}")
            counted = sorted(set(range(entry.solos)).difference(entry.duplicates))
            self._shards[place] = shard, counted
        return self._shards[place]
