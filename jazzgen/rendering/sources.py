"""What may be rendered: a take, a solo, or the path of a MIDI file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from jazzgen.midi.reading import read_solo
from jazzgen.midi.writing import write_arrangement
from jazzgen.music.score import Arrangement, Solo
from jazzgen.takes.take import Take

Source: TypeAlias = Take | Arrangement | Solo | str | os.PathLike[str]


def solo_of(source: Source) -> Solo:
    """The solo itself, of a take or in a MIDI file; raises `MidiError` as `read_solo` does."""
    if isinstance(source, Solo):
        return source
    return source.solo if isinstance(source, Take | Arrangement) else read_solo(source)


@contextmanager
def midi_file(source: Source) -> Iterator[Path]:
    """The path of a MIDI file of `source`: its own, or one that lasts as long as the context."""
    if not isinstance(source, Take | Arrangement | Solo):
        yield Path(source)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "take.mid"
        if isinstance(source, Take):
            source.write(path)
        else:
            write_arrangement(Arrangement(source) if isinstance(source, Solo) else source, path)
        yield path
