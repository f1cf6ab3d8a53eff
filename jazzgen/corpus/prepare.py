"""MIDI files to a prepared corpus, on all cores or a cluster: what `jazzgen prepare` does.

    files, sorted ──▶ workers: hash, read, encode ──▶ runs of about `shard_size` files
                                                                    │
    corpus.json ◀── manifest.jsonl ◀── repeats found ◀── a shard a run

Only the sha256 of its bytes decides whether a file is new: a time stamp does not survive a copy, and hashing
costs a hundredth of reading. A file whose path and sha256 stand in a shard that is already there, finished or
left behind by a run that was killed, is not read again.

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
import logging
import os
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias

import joblib

from jazzgen.corpus.loading import MIN_PARALLEL_FILES, read_or_refusal
from jazzgen.corpus.packed import pack
from jazzgen.corpus.store import (
    CORPUS_FILE,
    MANIFEST_FILE,
    SHARD_FOLDER,
    Shard,
    ShardEntry,
    Source,
    open_shard,
    shard_files,
    write_description,
    write_shard,
)
from jazzgen.errors import DataError, JazzgenError, OptionError, OutputError, WorkersError
from jazzgen.midi.find import midi_files
from jazzgen.midi.smf import MAX_BYTES
from jazzgen.util.files import check_writable, make_folder, replacing
from jazzgen.util.packages import optional
from jazzgen.util.parallel import cores, each, in_order, in_tasks

__all__ = ["BACKENDS", "SHARD_SIZE", "Prepared", "prepare"]

SHARD_SIZE = 256  # files a shard, on average: some 1.5 MB
LONGEST_RUN = 4  # times the shard size: where no path ends a run, its length does
MOST_JOBS = 1024  # workers
ROUND = 64  # tasks a worker of a cluster before their results are fetched
UNKNOWN = bytes(32)  # the sha256 of a file that could not be read, or that changed meanwhile
# What decides how a file reads: another version of one of these, and every file is read again.
READERS = (
    "music/pitch",
    "music/chords",
    "music/keys",
    "music/progressions",
    "music/grid",
    "music/score",
    "corpus/packed",
    "midi/bars",
    "midi/chord_inference",
    "midi/markers",
    "midi/reading",
    "midi/smf",
    "midi/solo_track",
    "tokens/vocabulary",
)


# ------------------------------------------------------------------------------------------------- workers


BACKENDS = ("loky", "dask", "ray", "spark")

Run: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Generator[Any, None, None]]


@contextmanager
def _workers(backend: str, jobs: int) -> Iterator[Run]:
    """What runs a function over items on `backend` and yields the results in order."""
    if backend == "loky":
        workers = cores() if jobs == -1 else jobs
        yield lambda function, items: in_order(function, items, workers)
        return
    with _cluster(backend, jobs), joblib.parallel_config(backend=backend, n_jobs=jobs):
        yield lambda function, items: _in_rounds(function, items, ROUND * joblib.effective_n_jobs(jobs))


def _in_rounds(function: Callable[[Any], Any], items: Iterable[Any], size: int) -> Generator[Any, None, None]:
    """Results of `size` tasks at a time: joblib gives a list, and one of all would not fit into memory."""
    waiting = in_tasks(items)
    with joblib.Parallel(batch_size=1) as parallel:
        while round_ := list(islice(waiting, size)):
            try:
                done = parallel(joblib.delayed(each)(function, task) for task in round_)
            except Exception as error:
                # Each cluster has exceptions of its own for workers that are gone; ours raise none.
                reason = " ".join(f"{type(error).__name__}: {error}".split())[:200].rstrip(" .")
                raise WorkersError(
                    f"the cluster could not read on ({reason}); see to it and prepare again: "
                    "what was read is kept"
                ) from error
            for results in done:
                yield from results


@contextmanager
def _cluster(backend: str, jobs: int) -> Iterator[None]:
    """Make `backend` known to joblib and connect to its cluster: the one that its own settings name
    (DASK_SCHEDULER_ADDRESS, RAY_ADDRESS, spark.master), or else workers on this machine.
    """
    package = _package_of(backend)
    if backend == "dask":
        with _dask_client(package, jobs):
            yield
        return
    if backend == "ray":
        package.register_ray()
    elif backend == "spark":
        package.register_spark()
    yield


def _package_of(backend: str) -> Any:
    """What makes `backend` known to joblib; None for one that joblib knows itself."""
    if backend not in BACKENDS:
        raise OptionError(f"backend must be one of {', '.join(BACKENDS)}, received {backend!r}")
    purpose = f"the backend {backend}"
    if backend == "dask":
        return optional("distributed", "dask", purpose)
    if backend == "ray":
        return optional("ray.util.joblib", "ray", purpose)
    return optional("joblibspark", "spark", purpose) if backend == "spark" else None


@contextmanager
def _dask_client(distributed: Any, jobs: int) -> Iterator[None]:
    """A client, for joblib to find, of the scheduler that dask's settings name, or of workers here."""
    import dask

    # A lost scheduler is told in one line; dask would show where in its code it noticed.
    for name in [*logging.root.manager.loggerDict, "distributed"]:
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    address = dask.config.get("scheduler-address", None)
    try:
        if address is None:
            workers = cores() if jobs == -1 else jobs
            client = distributed.Client(n_workers=workers, threads_per_worker=1, dashboard_address=None)
        else:
            # First, because a client that cannot be made hangs the next one when it is collected.
            distributed.comm.resolve_address(address)
            client = distributed.Client(address)
    except (OSError, ValueError) as error:
        raise OptionError(
            f"no dask scheduler answers at {address}: {error}; start it, or name another"
        ) from error
    with client:
        yield


# ------------------------------------------------------------------------------------------------ one file


class _Task(NamedTuple):
    """A file to look at: its path below the data, where it lies, and the sha256 it had when it was read."""

    path: str
    file: Path
    known: bytes | None


def _read(task: _Task) -> Source | None:
    """What a file holds; None for one that is still what it was. Runs in a worker."""
    before = _sha256(task.file)
    if before == task.known and before != UNKNOWN:
        return None
    found = read_or_refusal(task.file)
    if not isinstance(found, JazzgenError):
        try:
            return Source(task.path, _if_unchanged(task.file, before), "", pack(found))
        except OptionError as error:
            found = error
    # A reason names the file as the manifest does, so that the corpus does not say where the data lay.
    reason = " ".join(str(found).split())
    for name in (f"{task.file}: ", f"{str(task.file)!r}: "):
        reason = reason.removeprefix(name)
    return Source(task.path, _if_unchanged(task.file, before), reason, None)


def _if_unchanged(file: Path, before: bytes) -> bytes:
    """The sha256 of a file that was read, if it was not written meanwhile: then the next run reads it."""
    return before if _sha256(file) == before else UNKNOWN


def _sha256(file: Path) -> bytes:
    """The sha256 of a file's bytes; `UNKNOWN` for what cannot be read or is too big to be."""
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:  # reading a pipe would wait forever
            return UNKNOWN
        return hashlib.sha256(file.read_bytes()).digest()
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
        if ends or stop - start == LONGEST_RUN * shard_size or stop == len(tasks):
            yield start, stop
            start = stop


class _Place(NamedTuple):
    """Where a file was found before: its sha256 then, the shard, and its number among the shard's files."""

    sha256: bytes
    shard: str
    number: int


def _known(folder: Path, reader: str) -> dict[str, _Place]:
    """The files in the sound shards of `folder` that this reader wrote, by path."""
    places = {}
    for path in shard_files(folder):
        try:
            shard = open_shard(folder, path.stem)
        except DataError:
            continue  # what is damaged is made again
        if shard.reader == reader:
            for number in range(shard.n_files):
                places[shard.file_path(number)] = _Place(shard.file_sha256(number), path.stem, number)
    return places


def _reader() -> str:
    """The sha256 of the code that decides how a file reads."""
    package = resources.files("jazzgen")
    code = b"".join((package / f"{name}.py").read_bytes() for name in READERS)
    return hashlib.sha256(code).hexdigest()


# ---------------------------------------------------------------------------------------- shards and manifest


def _fill(
    folder: Path,
    tasks: Sequence[_Task],
    known: Mapping[str, _Place],
    reader: str,
    shard_size: int,
    run: Run,
    ledger: _Ledger,
    report: Callable[[int, int], None] | None,
) -> int:
    """Have every shard in `folder` and enter it into the ledger; returns how many files were read."""
    read = 0
    with closing(run(_read, tasks)) as found:
        for start, stop in _runs(tasks, shard_size):
            sources = []
            for number in range(start, stop):
                sources.append(next(found))
                if report is not None:
                    report(number + 1, len(tasks))
            name = _make_shard(folder, tasks[start:stop], sources, known, reader)
            ledger.enter(open_shard(folder, name))
            read += sum(source is not None for source in sources)
    return read


def _make_shard(
    folder: Path,
    tasks: Sequence[_Task],
    sources: Sequence[Source | None],
    known: Mapping[str, _Place],
    reader: str,
) -> str:
    """The name of the shard of these files: one that is there, or a new one that takes from the old ones what
    has not changed.
    """
    places = [known[task.path] for task, source in zip(tasks, sources, strict=True) if source is None]
    names = {place.shard for place in places}
    shards = {name: open_shard(folder, name) for name in names}
    if len(places) == len(tasks) and len(names) == 1:
        (shard,) = shards.values()
        if [place.number for place in places] == list(range(shard.n_files)):
            return names.pop()
    stored = (shards[place.shard].source(place.number) for place in places)
    return write_shard(folder, [next(stored) if source is None else source for source in sources], reader)


class _Ledger:
    """What the corpus is made of, noted shard by shard, with a line of the manifest for each file."""

    def __init__(self, manifest: IO[str]) -> None:
        self.entries: list[ShardEntry] = []
        self.counts = dict.fromkeys(("files", "solos", "notes", "values", "duplicates", "left_out"), 0)
        self.first_reason = ""
        self._manifest = manifest
        self._first: dict[bytes, str] = {}  # where a solo's notes and chords stood first

    def enter(self, shard: Shard) -> None:
        """Note the files of a shard; shards come in the order of their paths."""
        duplicates = []
        for number in range(shard.n_files):
            path, sha256 = shard.file_path(number), shard.file_sha256(number)
            line: dict[str, Any] = {"path": path, "sha256": None if sha256 == UNKNOWN else sha256.hex()}
            solo = shard.solo_of_file(number)
            if solo is None:
                self._leave_out(line, shard.reason(number))
            elif self._enter_solo(line, shard, solo):
                duplicates.append(solo)
            self.counts["files"] += 1
            print(json.dumps(line), file=self._manifest)
        self.entries.append(ShardEntry(shard.path.stem, shard.n_solos, tuple(duplicates)))

    def _leave_out(self, line: dict[str, Any], reason: str) -> None:
        line["left_out"] = reason
        self.counts["left_out"] += 1
        self.first_reason = self.first_reason or f"{line['path']}: {reason}"

    def _enter_solo(self, line: dict[str, Any], shard: Shard, solo: int) -> bool:
        """Note a solo; whether it is a repeat of one that is noted already."""
        line["title"], line["player"] = shard.title(solo), shard.player(solo)
        line["notes"], line["values"] = shard.n_notes(solo), shard.n_values(solo)
        first = self._first.setdefault(shard.digest(solo), line["path"])
        if first != line["path"]:
            line["duplicate_of"] = first
            self.counts["duplicates"] += 1
            return True
        self.counts["solos"] += 1
        self.counts["notes"] += line["notes"]
        self.counts["values"] += line["values"]
        return False

    def check(self, strict: bool) -> None:
        """Raise `DataError` where there is no solo, or, with `strict`, where a file was left out."""
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


class Prepared(NamedTuple):
    """What a corpus holds now: source `files`, `solos` counted once, with their `notes` and `values`, in so
    many `shards`; `duplicates` of them passed over and files `left_out`, the first for the `first_reason`.
    `read` files were read this time, the others were known.
    """

    files: int
    solos: int
    notes: int
    values: int
    duplicates: int
    left_out: int
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
) -> Prepared:
    """Make the folder `output` the prepared corpus of the MIDI files among `data`, or bring it up to date.

    `data` are files, or folders searched recursively. `jobs` workers read them (-1: one a core; None: that,
    or one where there are few files), started by joblib's `backend`. `report(done, total)` is called as files
    are done. A file that cannot be read is left out and the manifest says why; with `strict` it is raised.

    Raises `DataError` for data without a solo or workers that die, `OptionError`, `MissingPackageError`, and
    `OutputError` where `output` cannot be written or holds something else. What was read until then is kept
    there for the next run, and a corpus that stood there still stands.
    """
    _check_options(jobs, shard_size)
    _package_of(backend)  # before anything is written
    found = _found(data)
    folder = _claim(Path(output))
    reader = _reader()
    known = _known(folder / SHARD_FOLDER, reader)
    tasks = [_Task(path, file, known[path].sha256 if path in known else None) for path, file in found]
    if jobs is None:
        jobs = -1 if len(tasks) >= MIN_PARALLEL_FILES or backend != "loky" else 1
    jobs = min(jobs, max(len(tasks), 1))  # no worker without a file
    try:
        with (
            _workers(backend, jobs) as run,
            replacing(folder / MANIFEST_FILE) as temporary,
            temporary.open("w", encoding="ascii", newline="\n") as manifest,
        ):
            ledger = _Ledger(manifest)
            read = _fill(folder / SHARD_FOLDER, tasks, known, reader, shard_size, run, ledger, report)
            ledger.check(strict)
    except BrokenExecutor as error:
        raise DataError(
            "a worker process was killed, perhaps for want of memory; prepare again, with fewer --jobs: "
            "what was read is kept"
        ) from error
    write_description(folder, ledger.entries, ledger.counts)
    _remove_the_rest(folder, {entry.name for entry in ledger.entries})
    return Prepared(**ledger.counts, shards=len(ledger.entries), read=read, first_reason=ledger.first_reason)


def _check_options(jobs: int | None, shard_size: int) -> None:
    if jobs is not None and not (jobs == -1 or 1 <= jobs <= MOST_JOBS):
        raise OptionError(f"jobs must be in 1..{MOST_JOBS:,}, or -1 for one a core, received {jobs}")
    if shard_size < 1:
        raise OptionError(f"the files a shard must be 1 or more, received {shard_size}")


def _claim(output: Path) -> Path:
    """`output` as a folder that holds a corpus, the beginnings of one, or nothing."""
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
