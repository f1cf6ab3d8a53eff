"""MIDI files to a prepared corpus, on all cores or a cluster: what `jazzgen prepare` does.

    files, sorted ──▶ workers: hash, read, encode ──▶ runs of about `shard_size` files
                                                                    │
    corpus.json ◀── manifest.jsonl ◀── repeats found ◀── a shard a run

Only the sha256 of its bytes (and of the chart beside it, or what else is given for it) decides whether a file
is new: a time stamp does not survive a copy, and hashing costs a hundredth of reading. A file whose path and
sha256 stand in an existing shard, of a finished run or of one that was killed, is not read again.

Nothing in the result depends on history. Where a run of files ends is decided by the paths alone (a hash of
each says whether a run ends there), so that a new file changes the one run that it falls into. A shard is
named for its bytes. Repeats are found at the end, in the order of the paths: the first one counts, wherever
its shard came from. `corpus.json` is replaced last, then what no longer belongs to the corpus is removed.

Memory: the parent holds paths, hashes and one run of files; a worker a few files. Workers only read (on one
machine the parent is one of them): the corpus is written by one process, and two of them must not write to
one folder at a time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any, NamedTuple

from jazzgen.corpus.backends import TaskRunner, backend_package, workers
from jazzgen.corpus.given import NOTHING, Given
from jazzgen.corpus.loading import MIN_PARALLEL_FILES, in_a_line, read_or_refusal
from jazzgen.corpus.packed import READER_VERSION, pack
from jazzgen.corpus.store import (
    CORPUS_FILE,
    MANIFEST_FILE,
    SHARD_FOLDER,
    SHARD_SIZE,
    SKIPPED,
    Shard,
    ShardEntry,
    SourceFile,
    open_shard,
    shard_files,
    write_description,
    write_shard,
)
from jazzgen.errors import DataError, JazzgenError, OptionError, OutputError
from jazzgen.midi.find import midi_files
from jazzgen.midi.smf import MAX_BYTES
from jazzgen.util.files import check_writable, make_folder, replacing
from jazzgen.util.parallel import worker_count

MAX_RUN = 4  # times the shard size: the length of a run that no path ends earlier
UNKNOWN = bytes(32)  # the sha256 of a file that could not be read, or that changed meanwhile


# ------------------------------------------------------------------------------------------------ one file


class _Task(NamedTuple):
    """A file to look at: its path below the data, where it lies, and the sha256 it had when it was read."""

    path: str
    file: Path
    known: bytes | None
    given: Given = NOTHING


def _read(task: _Task) -> SourceFile | None:
    """What a file holds; None for one that is still what it was. Runs in a worker."""
    before = _sha256(task.file, task.given)
    if before == task.known and before != UNKNOWN:
        return None
    found = read_or_refusal(task.file, task.given)
    if not isinstance(found, JazzgenError):
        try:
            warning = in_a_line(found.warnings) if found.warnings else ""
            return SourceFile(task.path, _if_unchanged(task, before), "", pack(found.solo), warning)
        except OptionError as error:
            found = error
    # A reason names the file as the manifest does, so that the corpus does not say where the data lay.
    reason = " ".join(str(found).split())
    for name in (f"{task.file}: ", f"{str(task.file)!r}: "):
        reason = reason.removeprefix(name)
    return SourceFile(task.path, _if_unchanged(task, before), reason, None)


def _if_unchanged(task: _Task, before: bytes) -> bytes:
    """The sha256 of a file that was read, if it was not written meanwhile: then the next run reads it."""
    return before if _sha256(task.file, task.given) == before else UNKNOWN


def _sha256(file: Path, given: Given) -> bytes:
    """The sha256 of a file's bytes, and of what is given for it; `UNKNOWN` for what cannot be read or is too
    big to be.
    """
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:  # reading a pipe would wait forever
            return UNKNOWN
        content, more = hashlib.sha256(file.read_bytes()).digest(), given.digest(file)
        return hashlib.sha256(content + more).digest() if more else content
    except (OSError, ValueError):
        return UNKNOWN


# ------------------------------------------------------------------------------------------- which and where


def _found(data: Iterable[str | os.PathLike[str]]) -> list[tuple[str, Path]]:
    """The MIDI files among `data`, sorted, each after its path below the folder that holds all of `data`."""
    paths = [Path(os.path.abspath(path)) for path in data]  # noqa: PTH100 -- resolve() would follow links
    files = midi_files(paths)
    root = os.path.commonpath([path if path.is_dir() else path.parent for path in paths])
    return [(file.relative_to(root).as_posix(), file) for file in files]


def _runs(tasks: Sequence[_Task], shard_size: int) -> Iterator[tuple[int, int]]:
    """(start, stop) of the runs of files that make a shard each."""
    start = 0
    for stop, task in enumerate(tasks, start=1):
        digest = hashlib.sha256(task.path.encode("utf-8", "surrogatepass")).digest()
        ends = int.from_bytes(digest[:8], "big") % shard_size == 0
        if ends or stop - start == MAX_RUN * shard_size or stop == len(tasks):
            yield start, stop
            start = stop


class _StoredFile(NamedTuple):
    """A file in a shard of an earlier run: its sha256 then, the shard, and its number among its files."""

    sha256: bytes
    shard: str
    number: int


def _known(folder: Path) -> dict[str, _StoredFile]:
    """The files in the sound shards of `folder` that this version of the reader wrote, by path."""
    stored = {}
    for path in shard_files(folder):
        try:
            shard = open_shard(folder, path.stem)
        except DataError:
            continue  # what is damaged is made again
        if shard.reader == READER_VERSION:
            for number in range(shard.n_files):
                sha256 = shard.digest("sha256", number)
                stored[shard.text("path", number)] = _StoredFile(sha256, path.stem, number)
    return stored


# ---------------------------------------------------------------------------------------- shards and manifest


def _write_shards(
    folder: Path,
    tasks: Sequence[_Task],
    known: Mapping[str, _StoredFile],
    shard_size: int,
    run: TaskRunner,
    report: Callable[[int, int], None] | None,
    strict: bool,
    warn: Callable[[str], None] | None,
) -> tuple[ManifestWriter, int]:
    """Make every shard that `folder` lacks, and the manifest; returns its writer, and how many files were
    read.
    """
    read = 0
    with (
        replacing(folder / MANIFEST_FILE) as temporary,
        temporary.open("w", encoding="ascii", newline="\n") as file,
        closing(run(_read, tasks)) as results,
    ):
        manifest = ManifestWriter(file)
        for start, stop in _runs(tasks, shard_size):
            sources = []
            for number in range(start, stop):
                sources.append(next(results))
                if report is not None:
                    report(number + 1, len(tasks))
                if warn is not None and (source := sources[-1]) and source.warning:
                    warn(f"{source.path}: {source.warning}")
            name = _make_shard(folder / SHARD_FOLDER, tasks[start:stop], sources, known)
            manifest.enter(open_shard(folder / SHARD_FOLDER, name))
            read += sum(source is not None for source in sources)
        manifest.check(strict)
    return manifest, read


def _make_shard(
    folder: Path,
    tasks: Sequence[_Task],
    sources: Sequence[SourceFile | None],
    known: Mapping[str, _StoredFile],
) -> str:
    """The name of the shard of these files: an existing one, or a new one that takes from the old ones what
    has not changed (the sources that are None).
    """
    unchanged = [known[task.path] for task, source in zip(tasks, sources, strict=True) if source is None]
    shards = {name: open_shard(folder, name) for name in {file.shard for file in unchanged}}
    if len(unchanged) == len(tasks) and len(shards) == 1:
        ((name, shard),) = shards.items()
        if [file.number for file in unchanged] == list(range(shard.n_files)):
            return name
    stored = (shards[file.shard].source(file.number) for file in unchanged)
    return write_shard(folder, [next(stored) if source is None else source for source in sources])


class ManifestWriter:
    """Writes the manifest, a line of JSON a file, and counts what the corpus holds.

    `entries` are the shards entered so far, `counts` the fields of `CorpusSummary` that are counted here.
    """

    def __init__(self, file: IO[str]) -> None:
        self.entries: list[ShardEntry] = []
        self.counts = dict.fromkeys(("files", "solos", "notes", "values", "duplicates", "skipped"), 0)
        self.first_reason = ""
        self._file = file
        self._first_path: dict[bytes, str] = {}  # by digest, of the files with these notes and chords

    def enter(self, shard: Shard) -> None:
        """Enter the files of a shard; shards come in the order of their paths."""
        duplicates = []
        for number in range(shard.n_files):
            path, sha256 = shard.text("path", number), shard.digest("sha256", number)
            line: dict[str, Any] = {"path": path, "sha256": None if sha256 == UNKNOWN else sha256.hex()}
            solo = shard.solo_of_file(number)
            if solo is None:
                line[SKIPPED] = shard.text("reason", number)
                self.counts["skipped"] += 1
                self.first_reason = self.first_reason or f"{path}: {line[SKIPPED]}"
            elif self._enter_solo(line, shard, solo):
                duplicates.append(solo)
            self.counts["files"] += 1
            print(json.dumps(line), file=self._file)
        self.entries.append(ShardEntry(shard.path.stem, shard.n_solos, tuple(duplicates)))

    def _enter_solo(self, line: dict[str, Any], shard: Shard, solo: int) -> bool:
        """Enter a solo; whether it repeats one that is entered already."""
        line["title"], line["player"] = shard.text("title", solo), shard.text("player", solo)
        line["notes"], line["values"] = shard.rows("times", solo), shard.rows("values", solo)
        first = self._first_path.setdefault(shard.digest("digest", solo), line["path"])
        if first != line["path"]:
            line["duplicate_of"] = first
            self.counts["duplicates"] += 1
            return True
        self.counts["solos"] += 1
        self.counts["notes"] += line["notes"]
        self.counts["values"] += line["values"]
        return False

    def check(self, strict: bool) -> None:
        """Raise `DataError` where there is no solo, or, with `strict`, where a file was skipped."""
        if strict and self.first_reason:
            raise DataError(self.first_reason)
        if not self.counts["solos"]:
            raise DataError(
                f"none of {self.counts['files']} MIDI files can be read as a solo; "
                f"the first: {self.first_reason}"
            )


def _remove_the_rest(folder: Path, names: Collection[str]) -> None:
    """Remove shards that do not belong to the corpus, and what runs that were killed left half written."""
    stale = [path for path in shard_files(folder / SHARD_FOLDER) if path.stem not in names]
    stale += (folder / SHARD_FOLDER).glob(".*-*.safetensors")
    for name in (CORPUS_FILE, MANIFEST_FILE):
        stale += folder.glob(f".{Path(name).stem}-*{Path(name).suffix}")
    for path in stale:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot remove {path}: {error.strerror}") from error


# ------------------------------------------------------------------------------------------------- the whole


class CorpusSummary(NamedTuple):
    """What a corpus holds now: source `files`, `solos` counted once, with their `notes` and `values`, in so
    many `shards`; `duplicates` of them passed over and files `skipped`, the first for the `first_reason`.
    `read` files were read this time, the others were known.
    """

    files: int
    solos: int
    notes: int
    values: int
    duplicates: int
    skipped: int
    shards: int
    read: int
    first_reason: str


def prepare(
    data: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    jobs: int | None = None,
    backend: str = "loky",
    shard_size: int = SHARD_SIZE,
    strict: bool = False,
    report: Callable[[int, int], None] | None = None,
    given: Given = NOTHING,
    warn: Callable[[str], None] | None = None,
) -> CorpusSummary:
    """Make the folder `output` the prepared corpus of the MIDI files among `data`, or bring it up to date.

    After an error, what was read is kept for the next run, and the corpus is as it was before.

    Parameters
    ----------
    data
        MIDI files, or folders searched recursively.
    output
        The corpus's folder: it holds a corpus, the beginnings of one, nothing, or does not exist.
    jobs, backend
        Workers that read, 1..1,024; -1: one a core; None: that, or one where there are few files. What starts
        them, one of `BACKENDS`.
    shard_size
        Files a shard on average.
    strict
        Raise for a file that cannot be read; else it is skipped and the manifest says why.
    report, warn
        Called with (done, total) as files are done; with a line for each file not read as it stands.
    given
        The solo's track and the chords, where the files do not say them.

    Returns
    -------
    CorpusSummary

    Raises
    ------
    JazzgenError
        `DataError` without a solo or where a worker died; `OptionError`, `MissingPackageError` for an option;
        `OutputError` where `output` cannot be written or holds something else.
    """
    worker_count(jobs)
    if shard_size < 1:
        raise OptionError(f"the files a shard must be 1 or more, received {shard_size}")
    backend_package(backend)  # before anything is written
    found = _found(data)
    folder = check_output_folder(Path(output))
    known = _known(folder / SHARD_FOLDER)
    tasks = [_Task(path, file, known[path].sha256 if path in known else None, given) for path, file in found]
    few = len(tasks) < MIN_PARALLEL_FILES and backend == "loky"
    jobs = (1 if few else -1) if jobs is None else jobs
    with workers(backend, min(jobs, max(len(tasks), 1))) as run:  # no worker without a file
        manifest, read = _write_shards(folder, tasks, known, shard_size, run, report, strict, warn)
    entries, first_reason = manifest.entries, manifest.first_reason
    write_description(folder, entries, manifest.counts)
    _remove_the_rest(folder, {entry.name for entry in entries})
    return CorpusSummary(**manifest.counts, shards=len(entries), read=read, first_reason=first_reason)


def check_output_folder(output: Path) -> Path:
    """`output` as a folder that holds a corpus, the beginnings of one, or nothing; raises `OutputError`."""
    if output.is_dir() and not (output / CORPUS_FILE).exists() and not (output / SHARD_FOLDER).exists():
        try:
            other = next(iter(output.iterdir()), None)
        except OSError as error:
            raise OutputError(f"cannot read the folder {output}: {error.strerror}") from error
        if other is not None:
            raise OutputError(
                f"{output} holds {other.name!r} and no corpus; name a new or an empty folder with -o"
            )
    make_folder(output / SHARD_FOLDER)
    check_writable(output / CORPUS_FILE)
    return output
