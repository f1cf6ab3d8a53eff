"""Absurd MIDI files, and files of random events: what the mutation of good files does not reach."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable

import numpy as np

MEGABYTE = 2**20
END = b"\x00\xff\x2f\x00"
NOTE = b"\x00\x90\x3c\x50\x60\x80\x3c\x40"  # a quarter at 96 ticks


def header(count: int, kind: int = 1, division: int = 96) -> bytes:
    """The header chunk of a file that promises `count` tracks."""
    return struct.pack(">4sLHHH", b"MThd", 6, kind, count, division)


def chunk(body: bytes) -> bytes:
    """A track chunk around `body`, with its end-of-track."""
    return b"MTrk" + struct.pack(">L", len(body) + len(END)) + body + END


def number(value: int) -> bytes:
    """A variable-length number, of any length, even one that no file may have."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def meta(kind: int, payload: bytes, delta: int = 0) -> bytes:
    """A meta event."""
    return number(delta) + bytes([0xFF, kind]) + number(len(payload)) + payload


def song(*bodies: bytes, division: int = 96) -> bytes:
    """A format 1 file of these tracks."""
    return header(len(bodies), division=division) + b"".join(map(chunk, bodies))


def fill(piece: Callable[[int], bytes], size: int = MEGABYTE - 4096) -> bytes:
    """Pieces 0, 1, 2 ... up to `size` bytes."""
    pieces, length = [], 0
    for i in itertools.count():
        pieces.append(piece(i))
        length += len(pieces[-1])
        if length > size:
            return b"".join(pieces[:-1])
    raise AssertionError


CHORD = meta(6, b"Cm7")
ABSURD_MIDI: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a header alone": lambda: header(1),
    "65,535 tracks promised": lambda: header(65_535) + chunk(CHORD + NOTE),
    "1,024 empty tracks": lambda: song(*[b""] * 1024),
    "1,024 tracks of 16 channels": lambda: song(
        *[b"".join(bytes([0, 0x90 | c, 60 + c, 80, 96, 0x80 | c, 60 + c, 64]) for c in range(16))] * 1024
    ),
    "PPQ 0": lambda: song(CHORD + NOTE, division=0),
    "PPQ 1": lambda: song(CHORD + NOTE * 5000, division=1),
    "PPQ 32,767": lambda: song(CHORD + fill(lambda _: NOTE, 300_000), division=32_767),
    "SMPTE division": lambda: song(CHORD + NOTE, division=0xE728),
    "tempo 0": lambda: song(meta(0x51, b"\0\0\0") + CHORD + NOTE),
    "tempo of a microsecond": lambda: song(meta(0x51, b"\0\0\1") + CHORD + NOTE),
    "a tempo of no bytes, one of nine": lambda: song(meta(0x51, b"") + meta(0x51, b"9" * 9) + CHORD + NOTE),
    "a billion-tick note": lambda: song(CHORD + b"\x00\x90\x3c\x50" + b"\xff\xff\xff\x7f\xb0\x01\x01" * 4),
    "a note of 20,000 beats": lambda: song(CHORD + b"\x00\x90\x3c\x50" + number(1_919_999) + b"\x80\x3c\x40"),
    "one note after 19,999 beats": lambda: song(CHORD + number(1_919_904) + NOTE[1:]),
    "a note on each of 20,000 beats": lambda: song(CHORD + (NOTE[:4] + b"\x60" + NOTE[5:]) * 19_999),
    "a delta of five bytes": lambda: song(CHORD + b"\xff\xff\xff\xff\x7f" + NOTE[1:]),
    "a SysEx flood": lambda: song(CHORD + NOTE + fill(lambda _: b"\x00\xf0\x01\xf7")),
    "one SysEx of a megabyte": lambda: song(CHORD + NOTE + b"\x00\xf0" + number(10**6) + b"\1" * 10**6),
    "SysEx that never ends": lambda: song(CHORD + NOTE + b"\x00\xf0\xff\xff\xff\x7f"),
    "running status without status": lambda: song(b"\x00\x3c\x50"),
    "a megabyte of running status": lambda: song(
        CHORD + b"\x00\x90" + fill(lambda i: b"<P\1" if i else b"<P\0")
    ),
    "one pitch struck 260,000 times": lambda: song(CHORD + fill(lambda _: b"\x00\x90\x3c\x50")),
    "300,000 note-offs": lambda: song(CHORD + NOTE + b"\x00\x80" + fill(lambda _: b"\x3c\x40\x00")),
    "a megabyte of program changes": lambda: song(CHORD + fill(lambda i: bytes([0, 0xC0, i % 128])) + NOTE),
    "a meta event of absurd length": lambda: song(CHORD + NOTE + b"\x00\xff\x01\xff\xff\xff\x7fx"),
    "a text of a megabyte": lambda: song(CHORD + NOTE + meta(1, b"C" * 10**6)),
    "a name of a megabyte": lambda: song(meta(3, b"sax" * 330_000) + CHORD + NOTE),
    "names of control characters": lambda: song(
        meta(3, b"\x1b]0;owned\x07\x1b[2J\xc2\x9b31m\xe2\x80\xae") + CHORD + NOTE,
        meta(3, b"../../\r\x08\x7f\xef\xbf\xbf") + meta(6, b"[\x1b[31m]") + meta(1, b"player: \x1b[H") + NOTE,
    ),
    "names of paths": lambda: song(meta(3, b"../../etc/passwd") + CHORD + NOTE, meta(4, b"/dev/zero") + NOTE),
    "facts that are none": lambda: song(
        b"".join(
            meta(1, f"{fact}: \x1b /dev/zero".encode())
            for fact in ("player", "instrument", "style", "reading")
        )
        + meta(1, b"jazzgen generate-midi -o /etc/passwd")
        + CHORD
        + NOTE
    ),
    "80,000 tempi": lambda: song(fill(lambda i: meta(0x51, struct.pack(">L", i + 1)[1:], 1)) + CHORD + NOTE),
    "a tempo on each of 19,000 beats": lambda: song(
        b"".join(meta(0x51, struct.pack(">L", 400_000 + i)[1:], 96) for i in range(19_000)) + CHORD + NOTE
    ),
    "a meter on each of 19,000 beats": lambda: song(
        CHORD + NOTE + b"".join(meta(0x58, bytes([1 + i % 7, 2, 24, 8]), 96) for i in range(19_000)) + NOTE
    ),
    "meters of 255/4 and 0/4": lambda: song(
        CHORD + meta(0x58, b"\xff\2\x18\x08") + NOTE + meta(0x58, b"\0\2\x18\x08")
    ),
    "a meter of 1 / 2^255": lambda: song(CHORD + meta(0x58, b"\4\xff\x18\x08") + NOTE),
    "65,000 markers": lambda: song(CHORD + NOTE + fill(lambda i: meta(6, b"%05d" % (i % 65_000)))),
    "41,000 chords": lambda: song(
        b"".join(meta(6, b"%c%s7" % (65 + i % 7, b"mj"[i % 2 :][:1]), 24) for i in range(41_000)) + NOTE
    ),
    "41,000 chords misspelled": lambda: song(
        CHORD + b"".join(meta(6, b"Cm7(b%d" % i, 24) for i in range(41_000)) + NOTE
    ),
    "30,000 chords, each another": lambda: song(
        b"".join(
            meta(6, (f"C7 {i:026b}".replace("0", " ").replace("1", ",")).encode(), 24) for i in range(30_000)
        )
        + NOTE
    ),
    "30,000 letters": lambda: song(
        NOTE + b"".join(meta(6, b"ABCDEFG"[i % 7 :][:1], 24) for i in range(30_000))
    ),
    "a chord that can be read in 2^40 ways": lambda: song(CHORD + meta(6, b"C1" + b"mj" * 40 + b"!") + NOTE),
    "40,000 sections": lambda: song(CHORD + b"".join(meta(6, b"[%d]" % i, 24) for i in range(40_000)) + NOTE),
    "an accompaniment of 40,000 notes": lambda: song(
        NOTE * 16, b"".join(bytes([0, 0x91, 40 + i % 60, 80]) for i in range(40_000)) + b"\x60\xb1\1\1"
    ),
    "50,000 notes over 20,000 beats": lambda: song(
        CHORD
        + b"".join(
            bytes([20, 0x90, 40 + i * 7 % 50, 80, 18, 0x80, 40 + i * 7 % 50, 64]) for i in range(49_900)
        )
    ),
    "49,000 notes, eight a beat, a chord a beat": lambda: song(
        b"".join(meta(6, b"%c7" % (65 + i % 7), 96) for i in range(18_000)),
        b"".join(bytes([6, 0x90, 40 + i * 7 % 50, 80, 6, 0x80, 40 + i * 7 % 50, 64]) for i in range(49_000)),
    ),
    "39,000 times one pitch": lambda: song(CHORD + (NOTE[:4] + b"\x18" + NOTE[5:]) * 39_000),
    "20,000 bars of one beat, a chord each": lambda: song(
        meta(0x58, b"\1\2\x18\x08") + b"".join(meta(6, b"%c7" % (65 + i % 7), 96) for i in range(19_000)),
        b"".join(
            bytes([48, 0x90, 40 + i * 7 % 50, 80, 48, 0x80, 40 + i * 7 % 50, 64]) for i in range(19_000)
        ),
    ),
    "one key struck again on 16 channels": lambda: song(
        CHORD + b"".join(bytes([i % 2, 0x90 | i % 16, 60, 80]) for i in range(250_000))
    ),
    "a chord every tick": lambda: song(
        b"".join(meta(6, b"C" if i % 2 else b"F", 1) for i in range(40_000)) + NOTE
    ),
}

# What programs write and what none should: texts for the events of random streams.
TEXTS = (
    b"Cm7",
    b"F7",
    b"[A]",
    b"A",
    b"B",
    b"N.C.",
    b"%",
    b"G7alt/C#",
    b"Zm7",
    b"../../x",
    b"\x1b[2J",
    b"\xff\xfe",
    b"instrument: piano",
    b"instrument: ../x",
    b"reading: double time",
    b"reading: single time",
    b"style: waltz",
    b"style: \x1b",
    b"player: nobody",
    b"jazzgen ; rm",
    b"",
    b"C" * 33,
    b"H7",
    b"sax",
    b"bass",
    b"solo",
)


def random_events(rng: np.random.Generator) -> bytes:
    """The body of a track: events that are each valid, in an order and with numbers that need not be."""
    body = bytearray()
    for _ in range(int(rng.integers(1, 400))):
        body += number(int(rng.choice([0, 1, 24, 32, 47, 48, 96, 500, int(rng.integers(1 << 14))])))
        channel = int(rng.choice([0, 0, 0, 1, 9, int(rng.integers(16))]))
        match int(rng.integers(12)):
            case 0 | 1 | 2 | 3:
                body += bytes([0x90 | channel, int(rng.integers(40, 90)), int(rng.integers(128))])
            case 4 | 5 | 6:
                body += bytes([0x80 | channel, int(rng.integers(40, 90)), 64])
            case 7:
                body += bytes([0xC0 | channel, int(rng.integers(128))])
            case 8:
                body += meta(int(rng.choice([1, 3, 4, 5, 6, 6, 6])), TEXTS[rng.integers(len(TEXTS))])[1:]
            case 9:
                body += meta(0x58, bytes([int(rng.integers(1, 9)), 2 if rng.random() < 0.9 else 3, 24, 8]))[
                    1:
                ]
            case 10:
                body += meta(0x51, rng.bytes(3))[1:]
            case 11:
                body += meta(int(rng.choice([0x59, 0x7F, 0x20, 0x54])), rng.bytes(int(rng.integers(6))))[1:]
    return bytes(body)


def random_midi(rng: np.random.Generator) -> bytes:
    """A whole file of random events: what mutation of good files does not reach."""
    division = int(rng.choice([1, 3, 24, 96, 480, 960, 32_767]))
    return song(*(random_events(rng) for _ in range(int(rng.integers(1, 5)))), division=division)
