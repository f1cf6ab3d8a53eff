"""Standard MIDI Files: the bytes of a file to a `Song`; `smf_writing.py` is the way back.

A `Song` is the content of a file in the file's own ticks (`ppq` to a quarter note): tracks of notes, tempi,
meters, texts. `reading.py` makes a solo of it.

In: format 0 or 1, any PPQ, running status, note-on with velocity 0, missing note-offs. mido decodes tempo,
meter and key. The bytes of a track are split here, because mido 1.3 loses the time before a meta event it
does not know, refuses a whole file for one odd key signature, and is four times as slow (24 ms for 2,000
notes). The tests compare both readers. What programs get wrong and players play all the same is read, too,
and said in `Song.warnings`: data above 127, a key or tempo that is none, bytes that have no place in a file,
a header that promises too many tracks, a file that is cut off.

Every failure is a `MidiError` of one line that names the file. The limits (`MAX_...`) keep a hostile file
from costing more than a second or two. Source: Standard MIDI Files 1.0, MIDI Manufacturers Association.
"""

from __future__ import annotations

import errno
import os
import re
import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mido.midifiles.meta import KeySignatureError, build_meta_message

from jazzgen.errors import MidiError
from jazzgen.midi import xf
from jazzgen.util.files import kind_of, read_bytes

MAX_BYTES = 2 * 2**20  # a solo of 2,000 notes takes 16 KiB
MAX_TRACKS = 1024
MAX_BEATS = 20_000  # over an hour and a half at 200 beats a minute
MAX_NOTES = 50_000  # the longest solo of the reference corpus has 1,954
MAX_METAS = 42_000  # texts, tempi and the like; a tempo for each of 20,000 beats, and a chord, fit

# Status bytes (the upper four bits of a channel event, or the whole byte) and meta types.
NOTE_ON, PROGRAM, CHANNEL_PRESSURE = 0x9, 0xC, 0xD
SYSEX, SYSEX_MORE, META = 0xF0, 0xF7, 0xFF
TEXT, TRACK_NAME, INSTRUMENT_NAME, LYRIC, MARKER, CUE_POINT = 0x01, 0x03, 0x04, 0x05, 0x06, 0x07
END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE, SEQUENCER_SPECIFIC = 0x2F, 0x51, 0x58, 0x59, 0x7F

VOLUME, PAN, ROOM = 7, 10, 91  # controllers; 91: how much goes to the reverb
DEFAULT_TEMPO_US = 500_000  # microseconds a quarter note where a file has none: 120 beats a minute


class TimedNote(NamedTuple):
    """A note in a file's ticks: `pitch` 0..127, `velocity` 1..127, sounding from `start` up to `end`."""

    start: int
    end: int
    pitch: int
    velocity: int


class TimedText(NamedTuple):
    """A text event at a file's tick."""

    tick: int
    text: str


@dataclass(frozen=True, slots=True)
class Track:
    """One instrument of a file: the notes of one channel (0..15; 9 = drums) in one track chunk."""

    name: str
    program: int
    channel: int
    notes: tuple[TimedNote, ...]
    volume: int = 100
    pan: int = 64
    room: int = 40


@dataclass(frozen=True, slots=True)
class Song:
    """The content of a MIDI file in its own ticks, `ppq` of them to a quarter note.

    `end` is the last end-of-track. `tempos` are (tick, microseconds a quarter note), `meters` (tick,
    numerator, denominator). `xf_chords` are symbols (see `xf.py`). `title` is None where the file has none.
    Only tracks with notes are here.
    """

    ppq: int
    end: int
    tracks: tuple[Track, ...]
    title: str | None = None
    key: str = ""
    tempos: tuple[tuple[int, int], ...] = ()
    meters: tuple[tuple[int, int, int], ...] = ()
    texts: tuple[TimedText, ...] = ()
    lyrics: tuple[TimedText, ...] = ()
    markers: tuple[TimedText, ...] = ()
    cues: tuple[TimedText, ...] = ()
    xf_chords: tuple[TimedText, ...] = ()
    warnings: tuple[str, ...] = ()  # what is wrong in the file and was read all the same


_Event = tuple[int, int, int, int]  # tick, status, pitch, velocity
_Meta = tuple[int, int, bytes]  # tick, type, payload


def read_song(path: str | os.PathLike[str]) -> Song:
    """The content of the MIDI file at `path`; raises `MidiError` where it is not one or is broken."""
    with naming(path):
        return _parse(_read_bytes(path))


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Put the name of the file before the message of any `MidiError`."""
    try:
        yield
    except MidiError as error:
        name = os.fspath(path)
        # A file's name may hold anything; a message is one line.
        raise type(error)(f"{name if name.isprintable() else repr(name)}: {error}") from None


def _read_bytes(path: str | os.PathLike[str]) -> bytes:
    refused = {
        "": "no such file; check the name",
        "folder": "is a folder; name one MIDI file in it",
        "device": "is not a regular file; name a MIDI file",
    }
    if (kind := kind_of(path)) in refused:
        raise MidiError(refused[kind])
    try:
        return read_bytes(path, MAX_BYTES)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise MidiError(f"is too big for a MIDI file of a solo: over {MAX_BYTES:,} bytes") from None
        raise MidiError(f"cannot be opened: {error.strerror}") from None


def _parse(data: bytes) -> Song:
    if not data:
        raise MidiError("is empty, not a MIDI file")
    if data[:4] != b"MThd":
        raise MidiError(f"is not a MIDI file: it starts with {data[:4]!r}, not b'MThd'")
    if len(data) < 14:
        raise MidiError(f"breaks off in its header, after {len(data)} of 14 bytes")
    length, kind, count, division = struct.unpack_from(">LHHH", data, 4)
    if kind > 1:
        raise MidiError(
            f"is of MIDI file format {kind}; formats 0 and 1 can be read, so save it as one of them"
        )
    if division & 0x8000:
        raise MidiError("counts time in SMPTE frames, not in beats; save it with ticks a quarter note")
    if division == 0:
        raise MidiError("has 0 ticks a quarter note (PPQ), received in its header; at least 1 is needed")
    if count > MAX_TRACKS:
        raise MidiError(f"says that it has {count:,} tracks; at most {MAX_TRACKS:,} can be read")
    warnings: list[str] = []
    bodies = list(_track_chunks(data, 8 + length, count, warnings))
    cut = len(bodies) if warnings else 0  # the number of the track that is cut off
    if len(bodies) < count:
        warnings.append(f"its header promises {count:,} tracks, it has {len(bodies):,}")
    decoded = [_decode_track(body, number, division, number == cut) for number, body in enumerate(bodies, 1)]
    for number, track in enumerate(decoded, 1):
        warnings += [f"track {number} {said}" for said in _in_words(track.oddities, division)]
    return _gather(decoded, kind, division, warnings)


def _track_chunks(data: bytes, at: int, count: int, warnings: list[str]) -> Iterator[bytes]:
    """The bodies of the first `count` track chunks, fewer where the file ends before; a last one that is cut
    off is a warning. Other chunks are skipped, as the standard asks.
    """
    found = 0
    while found < count and at + 8 <= len(data):
        kind, size = struct.unpack_from(">4sL", data, at)
        body = data[at + 8 : at + 8 + size]
        if kind == b"MTrk":
            found += 1
            if missing := size - len(body):
                warnings.append(f"breaks off: {missing:,} bytes of track {found} are missing")
            yield body
        at += 8 + size
    if not found:
        raise MidiError(f"breaks off: its header promises {count:,} tracks, it has {found:,}")


@dataclass(slots=True)
class _Decoded:
    """The content of one track chunk: note-ons and note-offs, programs, meta events; its last tick."""

    events: list[_Event]
    programs: list[tuple[int, int, int]]  # tick, channel, program
    metas: list[_Meta]
    oddities: list[tuple[int, str]]  # tick, what is wrong there
    end: int = 0


def _in_words(oddities: list[tuple[int, str]], ppq: int) -> Iterator[str]:
    """One sentence for each thing that is wrong, with its first place."""
    first: dict[str, int] = {}
    for tick, what in oddities:
        first.setdefault(what, tick)
    for what, tick in first.items():
        count = sum(other == what for _, other in oddities)
        more = f" and {count - 1:,} more" if count > 1 else ""
        yield f"has {what} at quarter {tick / ppq + 1:.4g}{more}"


def _decode_track(body: bytes, number: int, ppq: int, cut: bool) -> _Decoded:
    decoded = _Decoded([], [], [], [])
    try:
        decoded.end = _decode_events(body, decoded)
    except IndexError:
        if not cut:
            raise MidiError(f"track {number} breaks off in the middle of an event") from None
        ticks = [event[0] for event in decoded.events] + [meta[0] for meta in decoded.metas]
        decoded.end = max(ticks, default=0)
    except MidiError as error:
        raise MidiError(f"track {number} is damaged: {error}") from None
    if decoded.end > MAX_BEATS * ppq:
        raise MidiError(
            f"track {number} lasts {decoded.end // ppq:,} beats; at most {MAX_BEATS:,} can be read"
        )
    return decoded


# Events whose first data byte means something else when it is read as 127: another pitch, a gunshot.
_NOT_CLIPPED = dict.fromkeys((0x8, NOTE_ON), "a note above 127, which is left out,") | {
    PROGRAM: "a program above 127, which is left out,"
}


def _decode_events(body: bytes, into: _Decoded) -> int:
    """Split a track into events; returns its last tick. An `IndexError` means that it breaks off."""
    events, metas, oddities = into.events, into.metas, into.oddities
    at = tick = status = 0
    while at < len(body):
        delta, at = (body[at], at + 1) if body[at] <= 0x7F else _variable_length(body, at)
        tick += delta
        first = body[at]
        if first >= SYSEX:
            at = _decode_system(body, at, tick, metas, oddities)
            continue
        if first > 0x7F:
            status = first
            at += 1
        elif not status:
            raise MidiError(f"byte {at} is data before any status")
        kind = status >> 4
        if kind in (PROGRAM, CHANNEL_PRESSURE):
            one, two = body[at], 0
            at += 1
        else:
            one, two = body[at], body[at + 1]
            at += 2
        if (one | two) > 0x7F:
            left_out = _NOT_CLIPPED.get(kind) if one > 0x7F else None
            oddities.append((tick, left_out or "a value above 127, read as 127,"))
            if left_out:
                continue
            one, two = min(one, 0x7F), min(two, 0x7F)
        if kind <= NOTE_ON:  # 8 is note-off
            events.append((tick, status, one, two))
        elif kind == PROGRAM:
            into.programs.append((tick, status & 0x0F, one))
    return tick


# System messages that belong on a cable and not in a file, and how many data bytes each has.
_MISPLACED = {0xF1: 1, 0xF2: 2, 0xF3: 1} | dict.fromkeys((*range(0xF4, 0xF7), *range(0xF8, 0xFF)), 0)


def _decode_system(
    body: bytes, at: int, tick: int, metas: list[_Meta], oddities: list[tuple[int, str]]
) -> int:
    """Keep a meta event, skip any other system message; returns where the next event starts."""
    status = body[at]
    if status == META:
        kind = body[at + 1]
        if kind == END_OF_TRACK:
            return len(body)
        size, start = _variable_length(body, at + 2)
        metas.append((tick, kind, body[start : start + size]))
    elif status in (SYSEX, SYSEX_MORE):
        size, start = _variable_length(body, at + 1)
    else:
        oddities.append((tick, f"a message 0x{status:02X}, which has no place in a file,"))
        start, size = at + 1, _MISPLACED[status]
    if start + size > len(body):
        raise IndexError
    return start + size


def _variable_length(body: bytes, at: int) -> tuple[int, int]:
    """A number in seven-bit bytes, at most four of them, and where it ends."""
    value = 0
    for place in range(at, at + 4):
        value = value << 7 | body[place] & 0x7F
        if body[place] <= 0x7F:
            return value, place + 1
    raise MidiError(f"the number at byte {at} is longer than four bytes")


def _gather(decoded: list[_Decoded], kind: int, ppq: int, warnings: list[str]) -> Song:
    """The song of all track chunks: notes by track and channel; texts, tempi and meters together."""
    programs: dict[int, int] = {}  # a channel's program where its own track gives none
    for track in decoded:
        for _, channel, program in track.programs:
            programs.setdefault(channel, program)
    tracks: list[Track] = []
    for track in decoded:
        tracks += _split_channels(track, programs, ppq)
    # A track without a name is called by the number that selects it.
    tracks = [replace(track, name=track.name or f"track {n}") for n, track in enumerate(tracks, 1)]
    if sum(len(track.notes) for track in tracks) > MAX_NOTES:
        raise MidiError(f"has more than {MAX_NOTES:,} notes; cut it, or take out tracks")
    metas = sorted((meta for track in decoded for meta in track.metas), key=lambda meta: meta[0])
    if len(metas) > MAX_METAS:
        raise MidiError(f"has {len(metas):,} texts, tempi and the like; at most {MAX_METAS:,} can be read")
    # The name of the first track is the title, unless it is one of several with notes.
    titled = decoded and (kind == 0 or not any(event[1] >> 4 == NOTE_ON for event in decoded[0].events))
    return Song(
        ppq=ppq,
        end=max((track.end for track in decoded), default=0),
        tracks=tuple(tracks),
        title=_first_text(decoded[0].metas, TRACK_NAME) if titled else None,
        key=next((key for _, (key,) in _values(metas, KEY_SIGNATURE, warnings, "key")), ""),
        tempos=tuple((tick, us) for tick, (us,) in _values(metas, TEMPO, warnings, "tempo") if us > 0),
        meters=tuple(
            (tick, numerator, denominator)
            for tick, (numerator, denominator) in _values(
                metas, TIME_SIGNATURE, warnings, "numerator", "denominator"
            )
        ),
        texts=_texts(metas, TEXT),
        lyrics=_texts(metas, LYRIC),
        markers=_texts(metas, MARKER),
        cues=_texts(metas, CUE_POINT),
        xf_chords=tuple(dict.fromkeys(_xf_chords(metas))),
        warnings=tuple(warnings),
    )


def _xf_chords(metas: Iterable[_Meta]) -> Iterator[TimedText]:
    for tick, kind, payload in metas:
        if kind == SEQUENCER_SPECIFIC and (symbol := xf.decode(payload)):
            yield TimedText(tick, symbol)


_CALLED = {KEY_SIGNATURE: "key signature", TEMPO: "tempo", TIME_SIGNATURE: "time signature"}


def _values(
    metas: Iterable[_Meta], kind: int, warnings: list[str], *names: str
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(tick, values) of the meta events of one kind as mido decodes them."""
    wrong = 0
    for tick, found, payload in metas:
        if found == kind:
            try:
                message = build_meta_message(kind, payload)
            except (ValueError, LookupError, KeySignatureError):
                wrong += 1  # a key of nine sharps, a tempo of two bytes: the notes are good
                continue
            yield tick, tuple(getattr(message, name) for name in names)
    if wrong:
        warnings.append(f"a {_CALLED[kind]} that is none is left out" + f" ({wrong} of them)" * (wrong > 1))


def _texts(metas: Iterable[_Meta], kind: int) -> tuple[TimedText, ...]:
    # Some programs write the same chord track into every track.
    found = (TimedText(tick, _decode_text(payload)) for tick, type_, payload in metas if type_ == kind)
    return tuple(text for text in dict.fromkeys(found) if text.text)


def _first_text(metas: Iterable[_Meta], kind: int) -> str | None:
    return next((_decode_text(payload) for _, type_, payload in metas if type_ == kind), None)


# Characters that act on a terminal or cannot stand in XML; line breaks and tabs stay.
_CONTROL = re.compile(r"[\0-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F\uFFFE\uFFFF]")


def _decode_text(payload: bytes) -> str:
    """Text as UTF-8, else latin-1: the standard says ASCII, programs write UTF-8 or their code page."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        text = payload.decode("latin-1")
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return text.strip(" \t\r\n")


def _split_channels(track: _Decoded, programs: dict[int, int], ppq: int) -> Iterator[Track]:
    """One `Track` for each channel that has notes, in the order of the channels."""
    notes = _pair_notes(track, ppq)
    name = _first_text(track.metas, TRACK_NAME) or _first_text(track.metas, INSTRUMENT_NAME) or ""
    for channel in sorted(notes):
        label = name
        if len(notes) > 1:
            label = f"{name}, channel {channel + 1}" if name else f"channel {channel + 1}"
        first = notes[channel][0].start
        own = [(tick, program) for tick, its_channel, program in track.programs if its_channel == channel]
        # The last program before the channel's first note holds, else its first.
        chosen = [program for tick, program in own if tick <= first][-1:] + [program for _, program in own]
        program = chosen[0] if chosen else programs.get(channel, 0)
        yield Track(label, program, channel, tuple(notes[channel]))


def _pair_notes(track: _Decoded, ppq: int) -> dict[int, list[TimedNote]]:
    """Notes by channel, each list by start.

    A pitch struck again while it sounds ends there. Its note-off may come after that note-on at the same
    tick: then it still belongs to the note before. A note without any note-off ends with the next onset of
    its channel, at the latest after four beats: a hanging note must not swallow the line that goes on below.
    """
    notes: dict[int, list[TimedNote]] = {}
    on: dict[int, tuple[int, int]] = {}  # key -> start, velocity; a key is (channel << 7 | pitch)
    struck_again: dict[int, tuple[int, int, int]] = {}  # key -> start, velocity, next start
    hanging: list[tuple[int, int, int, int]] = []  # key, start, velocity, latest end
    for tick, status, pitch, velocity in track.events:
        key = (status & 0x0F) << 7 | pitch
        if status >> 4 == NOTE_ON and velocity:
            if key in on:
                if key in struck_again:
                    hanging.append((key, *struck_again[key]))
                struck_again[key] = (*on[key], tick)
            on[key] = (tick, velocity)
        elif key in struck_again and struck_again[key][2] == tick:
            start, loud, _ = struck_again.pop(key)
            notes.setdefault(key >> 7, []).append(TimedNote(start, tick, pitch, loud))
        elif key in on:
            start, loud = on.pop(key)
            notes.setdefault(key >> 7, []).append(TimedNote(start, max(tick, start + 1), pitch, loud))
    hanging += [(key, *again) for key, again in struck_again.items()]
    hanging += [(key, start, loud, max(track.end, start + 1)) for key, (start, loud) in on.items()]
    _end_hanging(notes, hanging, 4 * ppq)
    for line in notes.values():
        line.sort()
    return notes


def _end_hanging(
    notes: dict[int, list[TimedNote]], hanging: list[tuple[int, int, int, int]], longest: int
) -> None:
    starts: dict[int, list[int]] = {}
    for key, start, _, _ in hanging:
        starts.setdefault(key >> 7, []).append(start)
    for channel, times in starts.items():
        times += [note.start for note in notes.get(channel, ())]
        times.sort()
    for key, start, velocity, latest in hanging:
        times = starts[key >> 7]
        following = bisect_right(times, start)
        end = min([latest, start + longest, *times[following : following + 1]])
        if end > start:
            notes.setdefault(key >> 7, []).append(TimedNote(start, end, key & 0x7F, velocity))
