"""A take of every song of a playlist, each in a file named after its title."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from jazzgen.charts.find import AS_WRITTEN, ChartOptions, read_entry, songs_in
from jazzgen.charts.forms import find_builtin
from jazzgen.charts.text_writing import write_tune
from jazzgen.errors import JazzgenError, OptionError
from jazzgen.midi.layout import AS_USUAL, Layout
from jazzgen.takes.many import Written
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import check_files, make_take
from jazzgen.util.files import make_folder

LONGEST_NAME = 80  # characters of a file name, without its suffix
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)  # no file names under Windows


def write_songs(
    settings: Settings,
    folder: str | os.PathLike[str],
    *,
    layout: Layout = AS_USUAL,
    strict: bool = False,
    workers: int | None = None,
) -> Iterator[Written | str]:
    """Write a take of every song in the file that `settings.progression` names, in the order of the file.

    Parameters
    ----------
    settings
        What makes the takes; each has the same seed, and the recipe of a take makes it alone.
    folder
        Where they go, TITLE.mid; made where it is not there.
    layout
        How each is laid out in its file.
    strict
        Whether a song that cannot be played is an error; else it is skipped.
    workers
        The number of processes (None: one a core).

    Yields
    ------
    Written or str
        What was written, or which song was skipped and why.

    Raises
    ------
    JazzgenError
        For settings that cannot be used, and with `strict` for a song.

    """
    from jazzgen.util.parallel import cores, streamed

    if settings.chart.song is not None:
        raise OptionError("a song does nothing where all are played; leave it out")
    if find_builtin(settings.progression):
        raise OptionError(f"{settings.progression} is one song and no playlist; leave all-songs out")
    entries = songs_in(settings.progression, settings.chart)
    # What is wrong for all songs is found now; densities and bars to play again depend on the song.
    anywhere = replace(settings.controls, density=None)
    some = replace(settings, progression="blues-f", chart=AS_WRITTEN, controls=anywhere, again=())
    paths = [Path(folder, f"{name}.mid") for name in file_names([entry.title for entry in entries])]
    check_files(some, paths[0], layout=layout)
    make_folder(folder)
    jobs: list[tuple[Path, Settings | str]] = []
    for entry, path in zip(entries, paths, strict=True):
        try:
            tune = read_entry(entry, settings.progression[:200], settings.chart)
            text = write_tune(tune if settings.has_head else tune.without_melody())
            chart = ChartOptions(form=settings.chart.form)
            jobs.append((path, replace(settings, progression=text, chart=chart)))
        except JazzgenError as error:
            if strict:
                raise
            jobs.append((path, str(error)))
    write, workers = partial(_write_song, layout=layout, strict=strict), min(workers or cores(), len(jobs))
    yield from map(write, jobs) if workers == 1 else streamed(write, jobs, workers)


def _write_song(job: tuple[Path, Settings | str], *, layout: Layout, strict: bool) -> Written | str:
    path, settings = job
    if isinstance(settings, str):
        return settings
    try:
        take = make_take(settings)
        take.write(path, layout=layout)
    except JazzgenError as error:
        if strict:
            raise
        return f"{path.stem}: {error}"
    return Written.of(path, take)


def file_names(titles: Sequence[str]) -> list[str]:
    """A name for a file of each title, all different: letters, digits and blanks, never a path.

    >>> file_names(["Tune, The", "tune the", "../../etc/passwd", ""])
    ['Tune The', 'tune the (2)', 'etc passwd', 'Untitled']
    """
    taken: set[str] = set()
    names = []
    for title in titles:
        letters = unicodedata.normalize("NFC", title[: 4 * LONGEST_NAME])
        words = re.findall(r"[\w'&+-]+", letters)
        plain = " ".join(words)[:LONGEST_NAME].strip(" -'") or "Untitled"
        plain = f"{plain} tune" if _RESERVED.fullmatch(plain) else plain
        name, count = plain, 1
        while name.casefold() in taken:
            count += 1
            name = f"{plain} ({count})"
        taken.add(name.casefold())
        names.append(name)
    return names
