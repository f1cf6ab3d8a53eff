"""A take out of its MIDI file: `read_take`.

Where the file's recipe makes the same notes again, that is the take: its edits can be named in one command.
Any other file, edited in a DAW, by another version, or from elsewhere, is taken as it is: every note as it is
played there, exact to the file's ticks, with its bends, vibrato and level. Other controllers and lyrics are
not taken.

What a recipe says is data from a file: no path in it is opened. A model or a primer that does not come with
jazzgen has to be given.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from jazzgen import midi
from jazzgen.band.ensemble import has_count_in, player_of
from jazzgen.charts.find import find_tune
from jazzgen.charts.plan import planned
from jazzgen.charts.tune import Tune
from jazzgen.errors import CheckpointError, JazzgenError, MidiError, NoChordsError, OptionError
from jazzgen.midi.bars import find_bars
from jazzgen.midi.layout import Layout
from jazzgen.midi.markers import RECIPE
from jazzgen.midi.played import played_notes, played_solo
from jazzgen.midi.reading import Reading
from jazzgen.midi.smf import Song, Track, read_song
from jazzgen.model.checkpoint import load_checkpoint
from jazzgen.model.shipped import find_checkpoint, shipped_checkpoints
from jazzgen.music.grid import PlayedNote, snap_onsets
from jazzgen.music.meters import QuarterMap, compound_beats_of
from jazzgen.music.score import DRUM_CHANNEL, SOLO, TICKS_PER_BEAT, Note, Part, Solo
from jazzgen.performance.performance import Performance
from jazzgen.takes.inputs import TakeInputs
from jazzgen.takes.recipe import Origin, read_recipe
from jazzgen.takes.settings import Settings
from jazzgen.takes.take import Take, make_take, shipped_index
from jazzgen.util.files import kind_of, read_bytes

LARGEST = 2**21  # bytes of a MIDI file, as `smf` reads it
MOST_TRIED = 800  # candidates of all edits that a recipe may name to be made again: about 20 seconds


def read_take(path: str | os.PathLike[str], *, model: str | None = None, primer: str | None = None) -> Take:
    """The take in a MIDI file, to be changed and written again.

    Parameters
    ----------
    path
        The file. Any with a solo and chords will do.
    model
        The checkpoint, where the recipe names none that comes with jazzgen; it may be another than made the
        file, for new bars.
    primer
        The primer that the recipe names, if it does.

    Returns
    -------
    Take
        Laid out, unless told otherwise, as the file is. With an `origin` where the recipe does not make the
        notes that are in the file.

    Raises
    ------
    MidiError
        For a file without solo or chords, and one that changes its tempo.
    CheckpointError
        Where the model has to be given.
    """
    song = read_song(path)
    text = next((text.text for text in song.texts if text.text.startswith(RECIPE)), "")
    found = read_recipe(text)
    usual, layout = found or (Settings(progression=""), Layout())
    _check_primer(usual, primer)
    settings = replace(usual, model=_model(usual.model, model))
    if found is not None and "; file sha256 " not in text:
        take = _made_again(replace(settings, primer=primer if usual.primer else None), layout, song)
        if take is not None:
            return take
    try:
        reading = midi.read(path)
    except NoChordsError as error:
        text = str(error).partition("; give")[0]
        raise NoChordsError(f"{text}; write chord symbols into it as markers or text events") from None
    if len({us for _, us in song.tempos}) > 1:
        raise MidiError(f"{os.fspath(path)}: changes its tempo; only a file of one tempo can be played again")
    digest = sha256(read_bytes(path, LARGEST)).hexdigest()
    return _as_it_is(song, reading, settings, Origin(Path(path).name, digest, text))


def _check_primer(settings: Settings, given: str | None) -> None:
    """Raise where a primer is given that the recipe does not name, or that is no file."""
    if given is not None and settings.primer is None:
        raise OptionError(f"the recipe of the take names no primer, received {given}; leave it out")
    if given is not None and kind_of(given) != "file":
        raise MidiError(f"{given}: no such file; check the name")


def _model(named: str, given: str | None) -> str:
    """The checkpoint to play with: the one that is given, or one that ships, which a recipe may name."""
    if given is not None or named in shipped_checkpoints():
        return given or named
    raise CheckpointError(
        f"the recipe names the model {named[:80]!r}, which does not come with jazzgen; give its file as model"
    )


def _made_again(settings: Settings, layout: Layout, song: Song) -> Take | None:
    """The take that the recipe makes, if it is what is in the file."""
    if settings.answer and settings.primer is None:
        return None
    try:
        # A recipe could ask for a longer take than there is, or for edits without end.
        form = planned(_tune_of(settings), settings.as_plan, settings.ending).form
        ticks = QuarterMap(Solo((), form)).exact(form.length) * song.ppq
        if ticks > song.end or sum(edit.candidates for edit in settings.again) > MOST_TRIED:
            return None
        take = replace(make_take(settings), layout=layout)
        with tempfile.TemporaryDirectory() as folder:
            take.write(Path(folder, "take.mid"))
            made = read_song(Path(folder, "take.mid"))
    except JazzgenError:
        return None
    return take if _without_recipe(made) == _without_recipe(song) else None


def _tune_of(settings: Settings) -> Tune:
    """What a recipe names; raises `JazzgenError` where its choruses are more than a take can have."""
    tune = find_tune(settings.progression, settings.chart)
    settings.check_length(len(tune.form.bar_ticks))
    return tune


def _tune_under(solo: Solo, settings: Settings) -> Tune | None:
    """What the recipe names, if the solo is played over it."""
    try:
        if not settings.progression:
            return None
        tune = _tune_of(settings)
        form = planned(tune, settings.as_plan, settings.ending).form
    except JazzgenError:
        return None
    begin = solo.progression.bar_ticks[has_count_in(solo.progression)]
    bars = [tick for tick in solo.progression.bar_ticks if tick >= begin]
    return tune if [begin + tick for tick in form.bar_ticks] == bars else None


def _without_recipe(song: Song) -> Song:
    """`song` but for the text that names the version."""
    return replace(song, texts=tuple(text for text in song.texts if not text.text.startswith(RECIPE)))


def _as_it_is(song: Song, reading: Reading, usual: Settings, origin: Origin) -> Take:
    """The take of the notes in the file, whatever made them."""
    solo, path = reading.solo, find_checkpoint(usual.model)
    checkpoint = load_checkpoint(path)
    tune = _tune_under(solo, usual)
    inputs = TakeInputs(tune or Tune(solo.progression), checkpoint, shipped_index(path, checkpoint), None)
    if tune is None:
        usual = replace(usual, progression="", head=False, plan=None, intro="none", trade="none")
    settings = replace(
        usual, tempo=None, retime=None, instrument=solo.instrument, primer=None, answer=False, again=(),
        count_in=has_count_in(solo.progression), title=solo.title,
    )  # fmt: skip
    ppq, song = song.ppq, find_bars(song).on_beats(song)
    lead = song.tracks[reading.track_index - 1]
    if not (origin.recipe or lead.controls):  # new bars bend where the others do
        settings = replace(settings, expression=0.0)
    parts, tracks = [], []
    for track, name, channel in _named([t for t in song.tracks if t is not lead], lead.channel):
        notes, played = _on_grid(played_notes(song, track), solo)
        part = Part(name, track.program, channel, notes, track.volume, track.pan)
        row = player_of(part)
        parts.append(part if row is None else replace(part, low=row.low, high=row.high))
        tracks.append((name, played))
    heard = played_solo(song, reading)
    performance = Performance(((SOLO, heard.notes), *tracks), ppq, heard.ornaments)
    channels = () if lead.channel == 0 else (("solo", lead.channel + 1),)
    layout = Layout(channels=channels, ppq=min(max(ppq, 48), 0x7FFF))
    return Take(settings, solo, tuple(parts), performance, origin.recipe, inputs, origin, layout)


def _named(tracks: Sequence[Track], taken: int) -> Iterator[tuple[Track, str, int]]:
    """Each track with a name and a channel of its own; `taken` is the solo's channel."""
    names, channels = {SOLO.casefold()}, {taken}
    for track in tracks:
        name, number = track.name or "Track", 1
        while name.casefold() in names:
            number += 1
            name = f"{track.name or 'Track'} {number}"
        channel = track.channel
        if channel in channels:
            free = set(range(16)) - {DRUM_CHANNEL} - channels
            if not free or channel == DRUM_CHANNEL:
                raise MidiError(f"has two tracks on channel {channel + 1} and no channel left for {name!r}")
            channel = min(free)
        names.add(name.casefold())
        channels.add(channel)
        yield track, name, channel


def _on_grid(played: Sequence[PlayedNote], solo: Solo) -> tuple[tuple[Note, ...], tuple[PlayedNote, ...]]:
    """The notes of an accompaniment on the grid, of any number of voices, and how each is played."""
    scale = solo.time_scale
    onsets = sorted({note.onset for note in played})
    places = dict(zip(onsets, snap_onsets(onsets, compound_beats_of(solo.progression)), strict=True))
    rows = []
    for note in played:
        onset = places[note.onset]
        ticks = max(round(note.end * TICKS_PER_BEAT) - onset, 1)
        rows.append((Note(onset * scale, ticks * scale, note.pitch, note.velocity), note))
    rows.sort(key=lambda row: (row[0].onset, row[0].pitch))
    return tuple(note for note, _ in rows), tuple(note for _, note in rows)
