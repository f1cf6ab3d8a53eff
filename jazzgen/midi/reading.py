"""MIDI files in and out: `read_solo` and `write_arrangement`.

    take.mid ──smf.read_song──▶ Song ──read──▶ Reading(Solo)
    take.mid ◀──smf.write_song── Song ◀──write_arrangement── Arrangement

A `Song` is in a file's own ticks, a `Solo` on the grid of 12 ticks a beat: nothing above this module knows
about files.

In: meters in quarters and their changes become bars (a short first bar is a pick-up), tempo changes a mean
tempo. The solo is the track that the caller names, or the most solo-like one. Chords are marker, text or
lyric events; without them what the accompaniment sounds, half a bar at a time.

Out: a conductor track with title, tempo, meters, key, texts, sections and chords; then the solo and the
band, one channel each. What is written reads back as the same solo and chords, whatever the feel.

The texts: a section is the marker "[A]" (a bare "A" would be a chord), a chord the marker "Dm7". The
conductor's text events hold the recipe ("jazzgen ...") and facts for which MIDI has no event ("player: Art
Pepper").
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path

from jazzgen.errors import NoChordsError
from jazzgen.midi.bars import Bars, find_bars, mean_tempo
from jazzgen.midi.chord_inference import infer_chords
from jazzgen.midi.markers import DOUBLE_TIME, RECIPE, SINGLE_TIME, find_chords, find_facts
from jazzgen.midi.smf import Song, Track, naming, read_song
from jazzgen.midi.solo_track import find_track, instrument_of
from jazzgen.music import grid
from jazzgen.music.score import (
    TICKS_PER_BEAT,
    ChordChange,
    MeterChange,
    Note,
    Progression,
    Section,
    Solo,
)

__all__ = ["Reading", "grid_beat", "read", "read_solo"]


# ------------------------------------------------------------------------------------------- a Song to a Solo


@dataclass(frozen=True, slots=True)
class Reading:
    """A solo and how it was found.

    `track` and `track_index` (from 1, over the tracks with notes) say where, `reason` why there;
    `chord_source` is "markers" (also text and lyric events), "accompaniment" or "given"; `recipe` is how
    jazzgen made the file, if it did; `dropped` counts the notes that one voice on the grid has no room for.
    """

    solo: Solo
    track: str
    track_index: int
    reason: str
    chord_source: str
    recipe: str = ""
    dropped: dict[str, int] = field(default_factory=dict)


def read_solo(
    path: str | os.PathLike[str], track: str | int | None = None, progression: Progression | None = None
) -> Solo:
    """The solo in the MIDI file at `path`; see `read`."""
    return read(path, track, progression).solo


def read(
    path: str | os.PathLike[str], track: str | int | None = None, progression: Progression | None = None
) -> Reading:
    """The solo in the MIDI file at `path`, its chords, and how both were found.

    `track` is a track's name (exact, else part of it; case does not matter) or number; None finds the most
    solo-like one. `progression` replaces what the file may say about chords, repeated to cover the solo.
    Raises `MidiError`: `TrackError` without such a track, `NoChordsError` without chords.
    """
    song = read_song(path)
    with naming(path):
        number, reason = find_track(song, track)
        found = song.tracks[number - 1]
        facts = find_facts(song)
        notes, double_time = _read_notes(found, song.ppq, facts.get("reading", ""))
        end = notes[-1].end
        if progression is None:
            form, source = _read_form(song, number, double_time, end, facts.get("style", ""))
        else:
            form, source = _cover(progression, find_bars(song), double_time, end), "given"
    solo = Solo(
        notes=tuple(notes),
        progression=form,
        tempo=mean_tempo(song),
        title=Path(path).stem if song.title is None else song.title,
        player=facts.get("player", ""),
        instrument=instrument_of(found, facts.get("instrument", "")),
        double_time=double_time,
    )
    dropped = len(found.notes) - len(notes)
    recipe = next((text.text for text in song.texts if text.text.startswith(RECIPE)), "")
    return Reading(solo, found.name, number, reason, source, recipe, {"merged": dropped} if dropped else {})


def _read_notes(track: Track, ppq: int, reading: str) -> tuple[list[Note], bool]:
    """One voice on the grid, and whether in double time: as the file states, else as the notes ask for."""
    double_time = {DOUBLE_TIME: True, SINGLE_TIME: False}.get(reading)
    return grid.quantize(
        [(note.start / ppq, note.end / ppq, note.pitch, note.velocity) for note in track.notes], double_time
    )


def grid_beat(double_time: bool) -> int:
    """Ticks of the grid in a beat of the file."""
    return TICKS_PER_BEAT * (2 if double_time else 1)


def _read_form(song: Song, number: int, double_time: bool, end: int, style: str) -> tuple[Progression, str]:
    """The progression a song plays, at least to the tick `end`, and where its chords come from."""
    beat = grid_beat(double_time)
    bars = find_bars(song)
    texts, sections = find_chords(song)
    if texts:
        chords, source = [(text.tick / song.ppq, text.text) for text in texts], "markers"
    else:
        chords, source = infer_chords(song, number, bars), "accompaniment"
    if not chords:
        raise NoChordsError(
            "has no chord symbols (marker, text or lyric events) and no accompaniment to tell the chords "
            "from; give them with --progression '| Dm7 | G7 | Cmaj7 | % |'"
        )
    last_bar = bars.meters[-1][1] * beat
    length = bars.length * beat
    length += (
        max(ceil((end - length) / last_bar), 0) * last_bar
    )  # a last note that the grid moves onto the bar line
    symbols = {round(place * beat): symbol for place, symbol in chords}
    symbols.setdefault(0, "N.C.")
    names = {round(text.tick / song.ppq * beat): text.text for text in sections}
    form = Progression(
        chords=tuple(ChordChange(tick, symbols[tick]) for tick in sorted(symbols) if tick < length),
        length=length,
        meters=tuple(MeterChange(start * beat, beats) for start, beats in bars.meters),
        sections=tuple(Section(tick, names[tick]) for tick in sorted(names) if tick < length),
        title=song.title or "",
        key=song.key,
        **({"style": style} if style else {}),
    )
    return form, source


def _cover(progression: Progression, bars: Bars, double_time: bool, end: int) -> Progression:
    """The given progression from the first whole bar on, as often as it takes to reach the tick `end`."""
    if double_time:
        progression = _stretch(progression, 2)
    pickup = bars.pickup * grid_beat(double_time)
    times = max(ceil((end - pickup) / progression.length), 1)
    form = progression.repeat(times)
    if not pickup:
        return form
    return replace(
        form,
        chords=(ChordChange(0, "N.C."), *(replace(chord, tick=chord.tick + pickup) for chord in form.chords)),
        meters=(
            MeterChange(0, bars.pickup),
            *(replace(meter, tick=meter.tick + pickup) for meter in form.meters),
        ),
        sections=tuple(replace(section, tick=section.tick + pickup) for section in form.sections),
        length=form.length + pickup,
    )


def _stretch(form: Progression, times: int) -> Progression:
    """Each bar as so many bars of the same meter."""
    return replace(
        form,
        chords=tuple(replace(chord, tick=chord.tick * times) for chord in form.chords),
        meters=tuple(replace(meter, tick=meter.tick * times) for meter in form.meters),
        sections=tuple(replace(section, tick=section.tick * times) for section in form.sections),
        length=form.length * times,
    )
