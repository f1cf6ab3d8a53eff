"""From what a user names to a tune: a built-in form, bars written out, a link, or a file of any format."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from jazzgen.charts.choose import choose_song
from jazzgen.charts.forms import FORMS, builtin_names, find_builtin
from jazzgen.charts.readers import MOST_BYTES, entries, format_of
from jazzgen.charts.text_writing import write_tune
from jazzgen.charts.tune import Tune, joined, make_tune, merged
from jazzgen.charts.written import Entry
from jazzgen.errors import HarmonyError, ProgressionError
from jazzgen.music.keys import estimate_key, key_tonic, read_key, transpose_progression
from jazzgen.music.pitch import fold
from jazzgen.music.score import MAX_BARS, Note, Progression
from jazzgen.util.files import read_bytes

GIVEN = "the text"  # what bars or a link on the command line are called in messages


@dataclass(frozen=True, slots=True)
class ChartOptions:
    """How a chart is read: which `song` of several, which `form` (one of `tune.FORMS`), which `sections` of
    it ("A,B,A"), moved to which `key`, how symbols that are no chords are read (one of `tune.UNKNOWN`), and
    how many bars each chord above words has (0: such a song is refused).
    """

    song: str | None = None
    form: str = "form"
    sections: str = ""
    key: str = ""
    unknown: str = ""
    bars_per_chord: int = 0


AS_WRITTEN = ChartOptions()


def find_tune(text: str, options: ChartOptions = AS_WRITTEN) -> Tune:
    """The tune that `text` names: a built-in name, bars written out (with a `|`), a link, or a file's path.

    Raises `ProgressionError` or `ChordError` for what is none, cannot be read or cannot be played.
    """
    if builtin := find_builtin(text):
        if options.song is not None:
            raise ProgressionError(f"{text} is no file of songs: a song does nothing there; leave it out")
        if options.bars_per_chord:
            raise ProgressionError(f"{text} has bars: bars per chord do nothing there; leave them out")
        return _chosen(Tune(builtin), options)
    if is_written_out(text):
        return tune_in(text.encode("utf-8", "replace"), "", options)
    return tune_in(_read(text), text, options)


def find_progression(text: str) -> Progression:
    """The form that `text` names, as `find_tune` finds it.

    A kind without a key ("blues") is taken in its usual key, and enharmonic names ("blues-f#") and a minor
    key with or without its m ("minor-blues-cm") are one.
    """
    return find_tune(text).form


def read_chart(path: str | os.PathLike[str], song: str | None = None, form: str = "form") -> Progression:
    """The chart in the file at `path`, of several songs the one called `song`, once through.

    Parameters
    ----------
    path
        A file of any format that `readers.py` knows.
    song
        A title or a number from 1; None where the file holds one song.
    form
        "form" is what is soloed over, "full" the chart with intro and outro coda, "written" its bars as they
        stand.

    Returns
    -------
    Progression
        With title, composer, key, style and tempo as far as the chart gives them.

    Raises
    ------
    ProgressionError, ChordError
        Where it cannot be read or played.

    """
    name = os.fspath(path)
    tune = tune_in(_read(name), name, ChartOptions(song, form))
    return tune.full if form == "full" else tune.form


def songs_in(text: str, options: ChartOptions = AS_WRITTEN) -> list[Entry]:
    """The songs of the file (or of the text or link) that `text` names."""
    if is_written_out(text):
        return entries(text.encode("utf-8", "replace"), GIVEN, options.bars_per_chord)
    return entries(_read(text), text, options.bars_per_chord)


def self_contained(text: str, options: ChartOptions, tune: Tune, melody: bool = False) -> str:
    """What `find_tune` finds a tune by anywhere.

    Parameters
    ----------
    text, options
        What it was found by here.
    tune
        What was found.
    melody
        Whether its melody matters too.

    Returns
    -------
    str
        A built-in name or bars as they are, else the tune written out.

    """
    plain = options == AS_WRITTEN and tune.last is None and tune.intro is None
    if plain and (
        find_builtin(text) or ("|" in text and format_of(text.encode("utf-8", "replace"), "") == "text")
    ):
        return text
    # A file's name in place of a title is not the chart's own: the take has an invented one.
    own = tune.changed(lambda part: replace(part, title=tune.title))
    return write_tune(own if melody else own.without_melody())


def is_written_out(text: str) -> bool:
    """Whether `text` is a chart and not the name of one."""
    return "|" in text or "\n" in text or "://" in text


def is_text_or_name(text: str) -> bool:
    """Whether `find_tune` reads `text` itself, and looks for no file."""
    return is_written_out(text) or find_builtin(text) is not None


def tune_in(data: bytes, name: str, options: ChartOptions = AS_WRITTEN) -> Tune:
    """The tune in the bytes of a file called `name`; empty for a text that was given itself."""
    try:
        found = entries(data, name or GIVEN, options.bars_per_chord)
    except HarmonyError as error:
        where = f"{name}: " if name and name not in str(error) else ""
        raise type(error)(f"{where}{error}") from None
    return read_entry(choose_song(found, options.song, name or GIVEN), name, options)


def read_entry(entry: Entry, name: str, options: ChartOptions = AS_WRITTEN) -> Tune:
    """The tune of one song; what is wrong with it is said with file and title."""
    try:
        tune = make_tune(entry.read(), form=options.form, unknown=options.unknown)
        if not tune.title and name:
            tune = replace(tune, form=replace(tune.form, title=Path(name).stem))
        return _chosen(tune, options)
    except HarmonyError as error:
        title = f"{entry.title[:80]!r}: " if entry.title and name else ""
        where = f"{name}: " if name else ""
        raise type(error)(f"{where}{title}{error}") from None


def _chosen(tune: Tune, options: ChartOptions) -> Tune:
    """`tune` with the sections and in the key that are asked for."""
    if options.sections:
        tune = with_sections(tune, options.sections)
    if options.key:
        tune = in_key(tune, options.key)
    return tune


def with_sections(tune: Tune, wanted: str) -> Tune:
    """`tune` with the sections of its form called `wanted` ("A,B,A"), in that order.

    Of sections with the same name the first is taken; one named again is the next of that name, where there
    is one: A,A is the first and the second A.
    """
    form = tune.form
    starts = [section.tick for section in form.sections]
    parts = list(zip(form.sections, [*starts, form.length][1:], strict=True))
    used: dict[str, int] = {}
    chosen: list[Progression] = []
    melody: list[Note] = []
    names = [word.strip() for word in wanted.split(",")]
    if len(names) > MAX_BARS:
        raise ProgressionError(f"{len(names)} sections are more than the {MAX_BARS} bars of a form")
    for name in names:
        fitting = [(part.tick, end) for part, end in parts if part.name.casefold() == name.casefold()]
        if not fitting:
            known = ", ".join(dict.fromkeys(section.name for section in form.sections))
            has = f"its sections are {known}" if known else "it has none"
            raise ProgressionError(f"there is no section {name[:40]!r}; {has}")
        number = used.get(name.casefold(), 0)
        used[name.casefold()] = number + 1
        start, end = fitting[number % len(fitting)]
        moved = sum(part.length for part in chosen) - start
        inside = (note for note in tune.melody if start <= note.onset < end)
        melody += (replace(n, onset=n.onset + moved, duration=min(n.end, end) - n.onset) for n in inside)
        chosen.append(form.between(start, end))
    form = joined(chosen)
    form = replace(form, chords=tuple(merged(form.chords)))
    left_out = ("with sections picked, the last chorus is as the others",) * (tune.last is not None)
    notes = tuple(melody)
    said = (*tune.warnings, *left_out)
    return replace(tune, form=form, last=None, melody=notes, last_melody=notes, warnings=said)


def in_key(tune: Tune, key: str) -> Tune:
    """`tune` moved to `key` by the shortest way; a key of the other mode is its relative."""
    wanted = read_key(key)
    if wanted is None:
        raise ProgressionError(f"unknown key {key[:60]!r}; write it as C, Bb, F#m or D minor")
    own = read_key(tune.form.key or estimate_key(tune.form)) or (0, False)
    semitones = (key_tonic(wanted[0], own[1]) - key_tonic(*own)) % 12
    # All parts move by the same spelling.
    named = tune.form.key or estimate_key(tune.form)
    moved = tune.changed(lambda part: transpose_progression(replace(part, key=named), semitones))
    nearest = semitones - 12 * (semitones > 6)
    return replace(moved, melody=_moved(tune.melody, nearest), last_melody=_moved(tune.last_melody, nearest))


def _moved(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    """Notes transposed; those that would leave MIDI's pitches stay an octave within."""
    return tuple(replace(note, pitch=fold(note.pitch + semitones, 0, 127)) for note in notes)


def _read(text: str) -> bytes:
    """The bytes of the file at the path `text`."""
    try:
        is_there = bool(text.strip()) and Path(text).exists()
    except (OSError, ValueError):  # longer than a name can be, or with a null character
        is_there = False
    if is_there:
        try:
            return read_bytes(text, MOST_BYTES)
        except OSError as error:
            raise ProgressionError(
                f"progression {text[:200]!r} cannot be read: {error.strerror}; give a chart or a text file"
            ) from None
    close = get_close_matches(text.strip().lower()[:80], [*FORMS, *builtin_names()], n=3)
    hint = f"did you mean {', '.join(close)}? " if close else ""
    raise ProgressionError(
        f"unknown progression {text[:80]!r}: {hint}"
        "Give a file that exists, bars such as '| Dm7 | G7 | Cmaj7 | % |', or a built-in kind, with a key "
        f"(blues-f) or without: {', '.join(FORMS)}"
    )
