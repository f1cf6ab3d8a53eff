"""Files and folders of MIDI files to solos."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from jazzgen.corpus.given import NOTHING, Given
from jazzgen.corpus.store import MANIFEST_FILE, Corpus, is_corpus, open_corpus
from jazzgen.errors import DataError, JazzgenError, MidiError
from jazzgen.midi.find import midi_files
from jazzgen.midi.reading import Reading, read
from jazzgen.music.score import Solo
from jazzgen.util.parallel import cores, in_order

# Starting a second Python costs what reading some 30 solos does.
MIN_PARALLEL_FILES = 32


class Loaded(NamedTuple):
    """The `solos` that could be read, and for each file that could not, one line that names it and why."""

    solos: Sequence[Solo]
    skipped: tuple[str, ...]


def load_solos(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    strict: bool = False,
    report: Callable[[int, int], None] | None = None,
    given: Given = NOTHING,
    warn: Callable[[str], None] | None = None,
) -> Loaded:
    """Read every MIDI file among `paths` (files, or folders searched recursively), in parallel and in sorted
    order; or open the prepared corpus that `paths` name, whose solos are read when they are asked for.

    Parameters
    ----------
    paths : path or paths
        MIDI files, folders, or one prepared corpus.
    strict : bool
        Raise the error of a file that cannot be read as a solo; else it is skipped and listed.
    report : callable, optional
        Called with (done, total) after each file.
    given, warn
        The solo's track and the chords, where the files do not say them; called with a line for each file
        that could not be read as it stands.

    Returns
    -------
    Loaded
        The solos and what was skipped.

    Raises
    ------
    DataError
        No file could be read.
    """
    named = [Path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
    if any(is_corpus(path) for path in named):
        if given != NOTHING:
            raise DataError(
                f"{named[0]}: a prepared corpus has its tracks and chords already; "
                "give --track and --progression to jazzgen prepare"
            )
        return Loaded(_open_alone(named, strict), ())
    files = midi_files(named)
    workers = cores() if len(files) >= MIN_PARALLEL_FILES else 1
    solos, skipped = [], []
    with closing(in_order(partial(read_or_refusal, given=given), files, workers)) as results:
        for done, (file, result) in enumerate(zip(files, results, strict=True), start=1):
            if isinstance(result, Reading):
                solos.append(result.solo)
                if warn is not None and result.warnings:
                    warn(f"{file}: {in_a_line(result.warnings)}")
            elif strict:
                raise result
            else:
                text = str(result)
                skipped.append(text if str(file) in text else f"{file}: {text}")
            if report is not None:
                report(done, len(files))
    if not solos:
        reason = f"the first: {skipped[0]}" if skipped else "there is none"
        raise DataError(f"none of {len(files)} MIDI files can be read as a solo; {reason}")
    return Loaded(tuple(solos), tuple(skipped))


def _open_alone(paths: Sequence[Path], strict: bool) -> Corpus:
    """The corpus at the only path."""
    if len(paths) > 1:
        raise DataError(
            f"a prepared corpus is given alone, received {', '.join(map(str, paths))}; "
            "prepare all the MIDI files into one corpus"
        )
    corpus = open_corpus(paths[0])
    if strict and corpus.skipped:
        raise DataError(
            f"{paths[0]}: {corpus.skipped} files were skipped when it was prepared; "
            f"its {MANIFEST_FILE} says why"
        )
    return corpus


def read_or_refusal(file: Path, given: Given = NOTHING) -> Reading | JazzgenError:
    """The solo in `file` and how it was found, or what is wrong with it: an exception would end the
    whole parallel run.
    """
    try:
        reading = read(file, given.track, given.chords_of(file))
        return reading if reading.solo.notes else MidiError(f"{file}: has no notes")
    except JazzgenError as error:
        return error


def in_a_line(warnings: Sequence[str]) -> str:
    """The first of the warnings about a file, and how many more there are."""
    more = len(warnings) - 1
    return f"{warnings[0]} (and {more} more such)" if more else warnings[0]
