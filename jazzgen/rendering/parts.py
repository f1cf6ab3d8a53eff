"""The parts of a MIDI file as files of their own, and its bytes with a longer tail or without a room.

Works on bytes, so that every event of a part stays as it is and is played as in the whole file. Nothing here
checks a file; `smf.read_song` does that before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from jazzgen.midi.smf import META, NOTE_ON, ROOM, SYSEX, SYSEX_MORE, TRACK_NAME

# What a part is in a mix, by the name of its track as jazzgen writes it.
ROLES = {"solo": "solo", "piano": "comping", "guitar": "comping", "bass": "bass", "drums": "drums"}
USUAL_ROOM = 40  # of 127: what synthesizers take where a file says nothing
CHORUS = 93  # the controller for how much of a channel goes to the chorus
_END = b"\xff\x2f\x00"


class PartFile(NamedTuple):
    """One part: the name of its track, its role in a mix (see `ROLES`), and a MIDI file of it alone."""

    name: str
    role: str
    midi: bytes


def part_files(midi: bytes) -> tuple[PartFile, ...]:
    """Each part of a file as a file with the conductor's track and the part's own.

    Empty unless the first track has no notes and each of the others is called as jazzgen calls one, once, and
    has a channel of its own: the levels of another file are its author's.
    """
    header, bodies = _chunks(midi)
    if header[8:10] != b"\0\1" or not bodies or _content(bodies[0])[1]:
        return ()
    found: list[PartFile] = []
    taken: set[int] = set()
    for body in bodies[1:]:
        name, channels = _content(body)
        role = ROLES.get(name.casefold())
        if role is None or len(channels) > 1 or channels & taken:
            return ()
        taken |= channels
        found.append(PartFile(name, role, _file(header, [bodies[0], body])))
    return tuple(found) if len({part.name.casefold() for part in found}) == len(found) else ()


def with_tail(midi: bytes, ticks: int) -> bytes:
    """The same file with every end-of-track `ticks` later.

    Renderers stop dead at the last end-of-track and would cut the last note's release. The old end's delta
    time goes to an empty text event, so that nothing before it needs to be understood.
    """
    header, bodies = _chunks(midi)
    later = b"\xff\x01\x00" + _variable_length(ticks) + _END
    longer = [body.removesuffix(_END) + later if body.endswith(_END) else body for body in bodies]
    return _file(header, longer)


def without_room(midi: bytes) -> bytes:
    """The same file with nothing sent to reverb and chorus, on any channel at any time."""
    header, bodies = _chunks(midi)
    silent = [bytearray(body) for body in bodies]
    for body in silent:
        for status, at in _events(bytes(body)):
            if status >> 4 == 0xB and body[at] in (ROOM, CHORUS):
                body[at + 1] = 0
    none = b"".join(bytes((0, 0xB0 | channel, kind, 0)) for kind in (ROOM, CHORUS) for channel in range(16))
    return _file(header, [none + bytes(body) for body in silent[:1]] + [bytes(body) for body in silent[1:]])


def room_send(midi: bytes) -> float:
    """How much of a file goes to the room, 0..1: the first controller 91 of each channel, on average."""
    sends: dict[int, int] = {}
    for body in _chunks(midi)[1]:
        for status, at in _events(body):
            if status >> 4 == 0xB and body[at] == ROOM:
                sends.setdefault(status & 0x0F, body[at + 1])
    return sum(sends.values()) / len(sends) / 127 if sends else USUAL_ROOM / 127


def _content(body: bytes) -> tuple[str, set[int]]:
    """The name of a track, and the channels on which it has notes."""
    name, channels = "", set[int]()
    for status, at in _events(body):
        if status >> 4 == NOTE_ON and body[at + 1]:
            channels.add(status & 0x0F)
        elif status == META and body[at] == TRACK_NAME and not name:
            name = body[at + 2 : at + 2 + body[at + 1]].decode("utf-8", "replace")
    return name, channels


def _events(body: bytes) -> Iterator[tuple[int, int]]:
    """(status, index of the first data byte) of each event of a track; ends where the track breaks off.

    A meta event's first data byte is its type.
    """
    at = status = 0
    try:
        while at < len(body):
            _, at = _number(body, at)
            first = body[at]
            if first in (SYSEX, SYSEX_MORE, META):
                data = at + 1
                size, at = _number(body, data + (first == META))
                if first == META:
                    yield META, data
                at += size
            elif first >= SYSEX:
                return  # has no place in a file
            else:
                if first > 0x7F:
                    status, at = first, at + 1
                size = 1 if status >> 4 in (0xC, 0xD) else 2
                if at + size > len(body):
                    return
                yield status, at
                at += size
    except IndexError:
        return


def _number(body: bytes, at: int) -> tuple[int, int]:
    """A number in seven-bit bytes, and where it ends."""
    value = body[at] & 0x7F
    while body[at] > 0x7F:
        at += 1
        value = value << 7 | body[at] & 0x7F
    return value, at + 1


def _variable_length(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


def _chunks(midi: bytes) -> tuple[bytes, list[bytes]]:
    """The header and the bodies of the track chunks."""
    at = 8 + int.from_bytes(midi[4:8], "big")
    header, bodies = midi[:at], []
    while at + 8 <= len(midi):
        kind, size = struct.unpack_from(">4sL", midi, at)
        if kind == b"MTrk":
            bodies.append(midi[at + 8 : at + 8 + size])
        at += 8 + size
    return header, bodies


def _file(header: bytes, bodies: list[bytes]) -> bytes:
    tracks = (b"MTrk" + struct.pack(">L", len(body)) + body for body in bodies)
    return header[:10] + struct.pack(">H", len(bodies)) + header[12:] + b"".join(tracks)
