"""A `Song` to the bytes of a Standard MIDI File, the way back of `smf.py`; mido encodes the events.

Out: format 1; a conductor track, then one track an instrument with its name, program, volume, pan and room at
tick 0. All tracks end on the same tick, note-offs come before note-ons, and no pitch overlaps itself on a
channel.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any

import mido

from jazzgen.errors import OptionError
from jazzgen.midi import xf
from jazzgen.midi.smf import PAN, ROOM, VOLUME, Song, TimedNote, Track
from jazzgen.util.files import replacing


def write_song(song: Song, path: str | os.PathLike[str]) -> None:
    """Write `song` as a format 1 file: the conductor, then one track each; all end at `song.end`.

    Equal songs give equal bytes. Raises `OptionError` where a number does not fit into MIDI and
    `OutputError` where the file cannot be written.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=song.ppq, charset="utf-8")
    try:
        file.tracks.append(_delta_times(_conductor_events(song), song.end))
        file.tracks += [_delta_times(_player_events(track, song.end), song.end) for track in song.tracks]
    except (ValueError, TypeError) as error:
        raise OptionError(f"cannot be written as MIDI: {error}") from None
    with replacing(path) as temporary:
        file.save(temporary)


def _conductor_events(song: Song) -> Iterator[tuple[int, Any]]:
    """(tick, message) of everything but notes, in the order in which they stand at one tick."""
    meta = mido.MetaMessage
    yield 0, meta("track_name", name=_encodable(song.title or ""))
    yield from ((tick, meta("set_tempo", tempo=us)) for tick, us in song.tempos)
    for tick, numerator, denominator in song.meters:
        # MIDI clocks, 24 a quarter, from one click of a metronome to the next.
        clicks = 96 // denominator
        if denominator >= 8 and numerator % 3 == 0:
            clicks *= 3
        yield (
            tick,
            meta("time_signature", numerator=numerator, denominator=denominator, clocks_per_click=clicks),
        )
    if song.key:
        yield 0, meta("key_signature", key=song.key)
    yield from ((text.tick, meta("text", text=_encodable(text.text))) for text in song.texts)
    yield from ((text.tick, meta("lyrics", text=_encodable(text.text))) for text in song.lyrics)
    yield from ((text.tick, meta("marker", text=_encodable(text.text))) for text in song.markers)
    yield from ((text.tick, meta("cue_marker", text=_encodable(text.text))) for text in song.cues)
    yield from (
        (chord.tick, meta("sequencer_specific", data=xf.encode(chord.text))) for chord in song.xf_chords
    )


def _encodable(text: str) -> str:
    """`text` without the lone surrogates that a command line may bring and UTF-8 cannot write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _player_events(track: Track, end: int) -> Iterator[tuple[int, Any]]:
    channel = track.channel
    yield 0, mido.MetaMessage("track_name", name=_encodable(track.name))
    yield 0, mido.Message("program_change", channel=channel, program=track.program)
    yield 0, mido.Message("control_change", channel=channel, control=VOLUME, value=track.volume)
    yield 0, mido.Message("control_change", channel=channel, control=PAN, value=track.pan)
    yield 0, mido.Message("control_change", channel=channel, control=ROOM, value=track.room)
    notes = _without_overlaps(track.notes, end)
    # Note-offs come first: at one tick the sort that follows keeps this order.
    for note in notes:
        yield note.end, mido.Message("note_off", channel=channel, note=note.pitch, velocity=64)
    for note in notes:
        yield note.start, mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)


def _without_overlaps(notes: Iterable[TimedNote], end: int) -> list[TimedNote]:
    """The notes before `end`, each cut where its pitch is struck again; of doubled notes the longer."""
    last: dict[int, int] = {}  # pitch -> index of its latest note
    kept: list[TimedNote] = []
    for note in sorted(notes, key=lambda note: (note.start, note.pitch, -note.end)):
        before = last.get(note.pitch)
        if min(note.end, end) <= note.start or (before is not None and kept[before].start == note.start):
            continue
        if before is not None and kept[before].end > note.start:
            kept[before] = kept[before]._replace(end=note.start)
        last[note.pitch] = len(kept)
        kept.append(note._replace(end=min(note.end, end)))
    return kept


# Valid MIDI that LMMS 1.2 cannot read: in every second run it tries a file as a Hydrogen song first and then
# loops forever over the bytes "&#x". In MIDI they are a snare (38) struck at 35 and 120 ticks until the next
# event; 21 of 60 takes had such a ghost note. One step of velocity avoids it.
LMMS_TRAP = (0x26, 0x23, 0x78)  # pitch, velocity, ticks


def _delta_times(events: Iterable[tuple[int, Any]], end: int) -> Any:
    """A mido track of messages with the time since the one before, closed at `end`."""
    track = mido.MidiTrack()
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        message.time = tick - now
        before = track[-1] if track else message
        if before.type == "note_on" and (before.note, before.velocity, message.time) == LMMS_TRAP:
            before.velocity += 1
        track.append(message)
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(end - now, 0)))
    return track
