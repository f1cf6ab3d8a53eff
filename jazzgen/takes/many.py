"""Many takes of the same settings: numbered files, each with a seed of its own, made on all cores.

    takes = write_takes(Settings(progression="blues-f", seed=1), "take.mid", range(1, 65))
    for written in takes:           # take-001.mid ... take-064.mid, in order
        print(written.path, written.seed)

Take k of a seed is the same bytes whether it is made alone, among a thousand, or by its own seed as a single
take: nothing of it depends on the others (see `engine.Product` for the last bits), nor on the number of
processes. The takes are dealt out to processes, and each process steps the solos of its share together.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jazzgen.errors import OptionError, WorkersError
from jazzgen.improviser.originality import Run, longest_run
from jazzgen.midi.layout import AS_USUAL, Layout
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, check_files, load_inputs, make_takes
from jazzgen.util.files import check_writable, remove_temporaries

MOST_TAKES = 1_000_000
AT_ONCE = 32  # solos that step together: more take longer to the first file and are hardly faster


class Written(NamedTuple):
    """A file that was written, and a summary of its take."""

    path: Path
    seed: int  # makes the same file alone
    title: str
    instrument: str
    tempo: float  # beats a minute
    bars: int
    notes: int
    copied: Run | None  # the longest run that stands in a training solo
    compared: bool  # whether there was an index to look in
    primed: int  # notes that are the primer's; `copied` is about those that follow

    @classmethod
    def of(cls, path: Path, take: Take) -> Written:
        """The summary of the `take` in the file at `path`."""
        solo, index = take.solo, take.inputs.index
        return cls(
            path,
            take.settings.seed,
            solo.title,
            solo.instrument,
            solo.tempo,
            bars=len(solo.progression.bar_ticks),
            notes=len(solo.notes),
            copied=None if index is None else longest_run(index, take.improvised),
            compared=index is not None,
            primed=take.primed,
        )


def take_seed(seed: int, number: int) -> int:
    """The seed of take `number` (from 1) among the takes of `seed`: 48 bits of NumPy's
    `SeedSequence(seed, spawn_key=(number,))`, which is made to give unrelated streams. Of a thousand takes
    two have the same with a chance of 2e-9.
    """
    state = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(1, np.uint64)
    return int(state[0]) >> 16


def numbered(path: str | os.PathLike[str], number: int, last: int) -> Path:
    """take.mid -> take-001.mid; as many digits as the `last` number needs, three at least."""
    path = Path(path)
    if not path.name:
        raise OptionError(f"takes need a name to number, received {path}; name a file with -o")
    return path.with_name(f"{path.stem}-{number:0{max(3, len(str(last)))}d}{path.suffix}")


def write_takes(
    settings: Settings,
    output: str | os.PathLike[str],
    numbers: range,
    *,
    layout: Layout = AS_USUAL,
    workers: int | None = None,
) -> Iterator[Written]:
    """Write numbered takes beside each other and yield a summary of each, in order, as soon as it is written.

    Parameters
    ----------
    settings
        What makes them; the seed of each is `take_seed(settings.seed, number)`.
    output
        What they are named after: take.mid gives take-001.mid.
    numbers
        Which of them, from 1.
    layout, workers
        How each is laid out in its file, and the number of processes (None: one a core).

    Yields
    ------
    Written
        The summary of each.

    Raises
    ------
    OptionError, WorkersError
        For what cannot be used, before any work, as `make_take` does; where a process dies.
    """
    from jazzgen.util.parallel import cores, streamed  # here, because a single take needs no joblib

    _check(numbers, workers)
    files = [(numbered(output, k, numbers[-1]), take_seed(settings.seed, k)) for k in numbers]
    check_writable(output)  # a folder has a name to number, too
    check_files(settings, files[0][0], layout=layout)  # what is wrong is found before a process starts
    workers = min(workers or cores(), len(files))
    size = min(AT_ONCE, -(-len(files) // workers))
    shares = [files[k : k + size] for k in range(0, len(files), size)]
    if workers == 1:
        for share in shares:
            yield from _write_share(settings, share, layout)
        return
    results = streamed(partial(_write_share, settings, layout=layout), shares, workers)
    try:
        for written in results:
            yield from written
    except BrokenExecutor as error:
        raise WorkersError(
            "a process that made takes was killed, perhaps for want of memory; those that are written are "
            "whole; make the others with --first"
        ) from error
    finally:
        results.close()  # where it is not run to its end, joblib kills its processes as they write
        remove_temporaries(path for path, _ in files)


def _check(numbers: range, workers: int | None) -> None:
    # A range longer than a machine word has no len(), but ends.
    if not (numbers.step == 1 and 1 <= numbers.start < numbers.stop <= MOST_TAKES + 1):
        raise OptionError(
            f"takes must be numbered from 1 to {MOST_TAKES:,} at most, "
            f"received {numbers.stop - numbers.start} from {numbers.start}"
        )
    if workers is not None and workers < 1:
        raise OptionError(f"workers must be 1 or more, received {workers}")


def _write_share(settings: Settings, files: Sequence[tuple[Path, int]], layout: Layout) -> list[Written]:
    """Make and write the take of each (path, seed)."""
    takes = make_takes(settings, load_inputs(settings), [seed for _, seed in files])
    written = []
    for (path, _), take in zip(files, takes, strict=True):
        take.write(path, layout=layout)
        written.append(Written.of(path, take))
    return written
