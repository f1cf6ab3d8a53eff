"""A MIDI file to a `Solo`: `read_solo`, or `read`, which also reports how the solo was found.

    take.mid ──smf.read_song──▶ Song ──find_bars──▶ Bars ──on_beats──▶ Song, in beats
                                  ├──find_track──▶ Track ──grid.quantize──▶ notes ─┐
                                  └──find_chords, else infer_chords──▶ chords ─────┴─▶ Solo

A `Song` is in a file's own ticks and then in as many a beat, a `Solo` on the grid of 12 ticks a beat;
`writing.py` is the way back.
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
from jazzgen.midi.smf import Song, naming, read_song
from jazzgen.midi.solo_track import find_track, instrument_of
from jazzgen.music import grid
from jazzgen.music.score import (
    NO_CHORD,
    TICKS_PER_BEAT,
    ChordChange,
    Progression,
    Section,
    Solo,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A solo and how it was found.

    `track` and `track_index` (from 1, over the tracks with notes) are its track, `reason` why it was chosen;
    `chord_source` is "markers" (also text and lyric events), "accompaniment" or "given"; `recipe` is the
    command by which jazzgen made the file, if it did; `dropped` counts notes that quantization merged.
    `warnings` are what in the file is wrong and how it was read, a sentence each.
    """

    solo: Solo
    track: str
    track_index: int
    reason: str
    chord_source: str
    recipe: str = ""
    dropped: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_solo(
    path: str | os.PathLike[str],
    track: str | int | None = None,
    progression: Progression | None = None,
    pickup: float | None = None,
) -> Solo:
    """The solo in the MIDI file at `path`; see `read`.

    Parameters
    ----------
    path, track, progression, pickup
        As `read` takes them.

    Returns
    -------
    Solo
        On the grid.

    Raises
    ------
    MidiError
        As `read` raises it.
    """
    return read(path, track, progression, pickup).solo


def read(
    path: str | os.PathLike[str],
    track: str | int | None = None,
    progression: Progression | None = None,
    pickup: float | None = None,
) -> Reading:
    """The solo in the MIDI file at `path`, its chords, and how both were found.

    Parameters
    ----------
    path, track
        The file, and a track's name (exact, else part of it; in any case) or number; None finds the most
        solo-like one.
    progression, pickup
        Replaces the chords of the file, repeated to cover the solo; and the beats before the first bar line,
        less than a bar (None: as the file has it).

    Returns
    -------
    Reading
        The solo on the grid.

    Raises
    ------
    MidiError, OptionError
        `TrackError` without such a track, `NoChordsError` without chords; a pickup that is no part of a bar.
    """
    file = read_song(path)
    bars = find_bars(file, pickup)
    song = bars.on_beats(file)
    with naming(path):
        number, reason = find_track(song, track)
        found = song.tracks[number - 1]
        facts = find_facts(song)
        stated = {DOUBLE_TIME: True, SINGLE_TIME: False}.get(facts.get("reading", ""))
        notes, double_time = grid.quantize(
            ((n.start / song.ppq, n.end / song.ppq, n.pitch, n.velocity) for n in found.notes),
            stated if bars.in_quarters else False,
            bars.compound,
        )
        scale, end = 2 if double_time else 1, notes[-1].end
        if progression is not None:
            form, source = _cover(progression.scaled(scale), bars, scale * TICKS_PER_BEAT, end), "given"
        else:
            form, source = _read_form(song, number, bars, scale * TICKS_PER_BEAT, end, facts.get("style", ""))
    solo = Solo(
        notes=tuple(notes),
        progression=form,
        tempo=mean_tempo(file, bars),
        title=Path(path).stem if song.title is None else song.title,
        player=facts.get("player", ""),
        instrument=instrument_of(found, facts.get("instrument", "")),
        double_time=double_time,
    )
    dropped = len(found.notes) - len(notes)
    recipe = next((text.text for text in song.texts if text.text.startswith(RECIPE)), "")
    merged = {"merged": dropped} if dropped else {}
    return Reading(solo, found.name, number, reason, source, recipe, merged, file.warnings + bars.warnings)


def _read_form(
    song: Song, number: int, bars: Bars, beat: int, end: int, style: str
) -> tuple[Progression, str]:
    """The progression of a song, `beat` ticks a beat, at least to the tick `end`; and its chords' source."""
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
    # A last note that the grid moves onto the final bar line opens another bar.
    last_bar = bars.meters[-1][1] * beat
    length = bars.length * beat
    length += max(ceil((end - length) / last_bar), 0) * last_bar
    symbols = {0: NO_CHORD} | {round(place * beat): symbol for place, symbol in chords}
    names = {round(text.tick / song.ppq * beat): text.text for text in sections}
    form = Progression(
        chords=tuple(ChordChange(tick, symbols[tick]) for tick in sorted(symbols) if tick < length),
        length=length,
        meters=bars.changes(beat),
        sections=tuple(Section(tick, names[tick]) for tick in sorted(names) if tick < length),
        title=song.title or "",
        key=song.key,
        style=style or "swing",
    )
    return form, source


def _cover(progression: Progression, bars: Bars, beat: int, end: int) -> Progression:
    """The given progression from the first whole bar on, as often as it takes to reach the tick `end`."""
    pickup = bars.pickup * beat
    meter, own = bars.changes()[-1], progression.meters
    if len(own) == 1 and own[0].beats == meter.beats:  # | C | over a file in 12/8 or 2/2
        progression = replace(progression, meters=(replace(own[0], signature=meter.signature),))
    form = progression.repeat(max(ceil((end - pickup) / progression.length), 1))
    return form.shifted(pickup, bars.pickup) if pickup else form
