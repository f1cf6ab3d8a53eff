"""An `Arrangement` to a MIDI file: `write_arrangement`, the way back of `reading.py`.

The file is of format 1: a conductor track with title, tempo, meters, key, texts (see `markers.py`), section
and chord markers; then the solo and the band, one channel each. It starts on bar 1 beat 1 and ends on a bar
line. What is written reads back as the same solo and chords, whatever the feel.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from jazzgen.errors import OptionError
from jazzgen.midi import controllers
from jazzgen.midi.bars import microseconds_a_quarter
from jazzgen.midi.layout import AS_USUAL, READERS, Layout, assign_channels, transposed
from jazzgen.midi.markers import DOUBLE_TIME, FACTS, RECIPE, SINGLE_TIME
from jazzgen.midi.smf import Song, TimedNote, TimedText, Track
from jazzgen.midi.smf_writing import write_song
from jazzgen.music.keys import estimate_key
from jazzgen.music.meters import QuarterMap
from jazzgen.music.score import TICKS_PER_BEAT, Arrangement, Progression, Solo
from jazzgen.performance.feel import Feel
from jazzgen.performance.performance import Performance
from jazzgen.util.files import check_folder, check_writable, make_folder, replacing, stem_paths


def write_arrangement(
    arrangement: Arrangement,
    path: str | os.PathLike[str],
    *,
    feel: Feel | Performance | None = None,
    layout: Layout = AS_USUAL,
    stems: str | os.PathLike[str] | None = None,
) -> None:
    """Write a solo and its accompaniment as MIDI; `read_solo` gives the same solo back.

    Equal arrangements give equal bytes. With a feel the same tokens come back, while velocities and the ends
    of legato notes are the feel's.

    Parameters
    ----------
    arrangement : Arrangement
        What to write; its recipe becomes a text event, with the layout's options.
    path : path
        The file; replaced if it exists.
    feel : Feel or Performance, optional
        Timing and dynamics, to be drawn or kept as they are; None is the exact grid.
    layout : Layout
        Which tracks, on which channels, at what pitch, with which markers.
    stems : path, optional
        A folder, made if it does not exist, for one more file a track ("solo.mid", "bass.mid"), each with the
        conductor track and as long as the whole.

    Raises
    ------
    OptionError
        Something does not fit into a MIDI file.
    OutputError
        A file cannot be written; then none is.

    """
    written = transposed(arrangement, layout.transpose)
    files = [(Path(path), _lay_out(written, layout, feel))]
    names = [track.name for track in files[0][1].tracks]
    for name, target in _stem_paths(path, stems, names).items():
        alone = replace(layout, tracks=(name.casefold(),))
        files.append((target, _lay_out(written, alone, feel)))
    # All of them are moved into place when the last one is written, or none is.
    with ExitStack() as together:
        for number, (target, song) in enumerate(files):
            if number == 1:
                make_folder(target.parent)
            write_song(song, together.enter_context(replacing(target)))


def check_files(
    arrangement: Arrangement,
    path: str | os.PathLike[str],
    *,
    layout: Layout = AS_USUAL,
    stems: str | os.PathLike[str] | None = None,
) -> None:
    """Raise now what `write_arrangement` would raise for an arrangement of such tracks, before it is played.

    Parameters
    ----------
    arrangement
        Its tracks may be empty; of notes that are known the transposed ones are looked at.
    path, layout, stems
        As for `write_arrangement`.

    Raises
    ------
    OptionError, OutputError
        As `write_arrangement`.
    """
    tracks = assign_channels(transposed(arrangement, layout.transpose), layout)
    targets = _stem_paths(path, stems, [part.name for part, _ in tracks])
    if stems is not None:
        check_folder(stems)
    for file in (path, *targets.values()):
        check_writable(file)


def _stem_paths(
    path: str | os.PathLike[str], stems: str | os.PathLike[str] | None, tracks: Sequence[str]
) -> dict[str, Path]:
    """The file of each track by its name; none without a folder."""
    names = [re.sub(r"[^\w+-]+", "-", track.casefold()) + ".mid" for track in tracks]
    return dict(zip(tracks, stem_paths(path, stems, names, "file"), strict=False))


def _lay_out(arrangement: Arrangement, layout: Layout, feel: Feel | Performance | None) -> Song:
    """The `Song` of an arrangement that is transposed already."""
    solo, ppq = arrangement.solo, layout.ppq
    _check_double_time(solo)
    quarter_map = QuarterMap(solo)

    def at(tick: int) -> int:
        return round(quarter_map.exact(tick) * ppq)

    def played_at(beat: float) -> int:
        return round(quarter_map.quarters(beat * solo.time_scale) * ppq)

    form = solo.progression
    us = microseconds_a_quarter(solo.tempo * form.meters[0].beat_quarters)
    if not 1 <= us <= 0xFFFFFF:
        raise OptionError(
            f"a tempo in a MIDI file must be in 3.6..60,000,000 beats a minute, received {solo.tempo:g}"
        )
    played = {
        part.name: (feel or Feel(0)).play(part, solo, ppq) for part, _ in assign_channels(arrangement, layout)
    }
    return Song(
        ppq=ppq,
        end=at(form.length),
        title=solo.title,
        key=form.key or estimate_key(form),
        tempos=((0, us),),
        meters=tuple((at(meter.tick), *meter.written) for meter in form.meters),
        texts=tuple(TimedText(0, text) for text in _texts_of(arrangement, layout)),
        markers=tuple(_markers_of(form, layout.markers, at)),
        xf_chords=tuple(
            TimedText(at(chord.tick), chord.symbol) for chord in form.chords if layout.markers == "xf"
        ),
        tracks=tuple(
            Track(
                part.name,
                part.program,
                channel,
                tuple(
                    TimedNote(played_at(note.onset), played_at(note.end), note.pitch, note.velocity)
                    for note in played[part.name]
                ),
                part.volume,
                part.pan,
                part.room,
                controllers.of_notes(played[part.name], played_at),
            )
            for part, channel in assign_channels(arrangement, layout)
        ),
    )


def _check_double_time(solo: Solo) -> None:
    """In double time two bars of the grid are one of the file; raise `OptionError` where one is left over."""
    form = solo.progression
    if solo.double_time:
        for meter, end in zip(form.meters, [*(m.tick for m in form.meters[1:]), form.length], strict=True):
            if (end - meter.tick) % (2 * meter.beats * TICKS_PER_BEAT):
                raise OptionError(
                    f"a solo in double time needs an even number of bars, received {form.length} ticks "
                    f"with an odd number of {meter.signature} bars from tick {meter.tick}"
                )


def _texts_of(arrangement: Arrangement, layout: Layout) -> Iterator[str]:
    """The recipe with the layout's options, and the facts for which MIDI has no event."""
    solo = arrangement.solo
    if arrangement.recipe:
        recipe = " ".join([arrangement.recipe, *map(shlex.quote, layout.options())])
        yield recipe if recipe.startswith(RECIPE) else RECIPE + recipe
    reading = DOUBLE_TIME if solo.double_time else SINGLE_TIME
    form, reader = solo.progression, layout.transpose if layout.transpose in READERS else ""
    facts = (solo.player, solo.instrument, form.style, reading, reader, form.composer)
    for name, value in zip(FACTS, facts, strict=True):
        if value:
            yield f"{name}: {value}"


def _markers_of(form: Progression, kinds: str, at: Callable[[int], int]) -> Iterator[TimedText]:
    """Section and chord markers by time; a section stands before the chord that opens it."""
    rows: list[tuple[int, int, str]] = []
    if kinds in ("both", "sections", "xf"):
        rows += [(section.tick, 0, f"[{section.name}]") for section in form.sections]
    if kinds in ("both", "chords"):
        rows += [(chord.tick, 1, chord.symbol) for chord in form.chords]
    for tick, _, text in sorted(rows):
        yield TimedText(at(tick), text)
