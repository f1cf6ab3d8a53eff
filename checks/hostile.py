"""Hostile input: files that are broken, absurd or made to hurt, and what becomes of them in every reader.

Three kinds of cases, each made by its number and a seed alone, so that any of them can be made again:

    midi         the absurd files below, then study solos mutated and spliced, and streams of random events
    checkpoint   shipped checkpoints with lying headers, then with bits flipped, cut off, spliced
    progression  texts nobody would type, then built-in forms mutated, and random signs of the notation

`make_case` gives the bytes, `READERS` what they are put through, `try_case` the verdict: a case ends in a
result or a `JazzgenError`; at the command line in exit code 0 or 2, one line on standard error, and nothing
printed that acts on a terminal. As a program (`python -m checks.hostile FOLDER`) this is the worker of
`checks/fuzz.py`: a line "KIND SEED NUMBER" in, a line of JSON out.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import resource
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

import numpy as np
from safetensors.numpy import save

from jazzgen import cli
from jazzgen.by_hand.names import load_names
from jazzgen.corpus.loading import load_solos
from jazzgen.errors import JazzgenError
from jazzgen.midi.reading import read_solo
from jazzgen.model.checkpoint import METADATA_KEY, load_checkpoint
from jazzgen.music.chords import parse_chord
from jazzgen.music.forms import FORMS, find_progression
from jazzgen.music.keys import transpose_progression
from jazzgen.rendering import audio
from jazzgen.rendering.musicxml import musicxml
from jazzgen.rendering.page import svg
from jazzgen.rendering.piano_roll import RollPage
from tests.checkpoints import made_of
from tests.shared import ROOT

SECONDS = 2.0  # of computing that one reader may take for one file of up to 1 MB
BYTES = 500 * 2**20  # of memory, above what the process has before its first case
MEGABYTE = 2**20

# ------------------------------------------------------------------------------------------------------- MIDI

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

# What programs write and what nobody should: texts for the events of random streams.
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


# ------------------------------------------------------------------------------------------------ checkpoints


def safetensors_file(head: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    """A safetensors file of this header, whose length may lie."""
    return struct.pack("<Q", len(head) if length is None else length) + head + data


def lying(change: Callable[[dict], object]) -> bytes:
    """A small good checkpoint with its header changed by `change`."""
    good = checkpoint_bytes()
    length = int.from_bytes(good[:8], "little")
    head = json.loads(good[8 : 8 + length])
    change(head)
    return safetensors_file(json.dumps(head).encode(), good[8 + length :])


def checkpoint_bytes() -> bytes:
    """A good checkpoint of two units."""
    made = made_of(2, np.random.default_rng(0))
    return save(dict(made.arrays), metadata={METADATA_KEY: json.dumps(dict(made.description))})


def described(**facts: object) -> bytes:
    """A small good checkpoint that describes itself otherwise."""

    def change(head: dict) -> None:
        text = json.loads(head["__metadata__"][METADATA_KEY])
        head["__metadata__"][METADATA_KEY] = json.dumps({**text, **facts})

    return lying(change)


def entry(**facts: object) -> bytes:
    """A small good checkpoint that lies about its first array."""
    return lying(lambda head: head[next(name for name in head if name != "__metadata__")].update(facts))


def weighing(value: float) -> bytes:
    """A checkpoint whose weights are all `value`."""
    made = made_of(2)
    arrays = {name: np.full_like(array, value) for name, array in made.arrays.items()}
    return save(arrays, metadata={METADATA_KEY: json.dumps(dict(made.description))})


HUGE = "9" * 5000
ABSURD_CHECKPOINTS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "seven bytes": lambda: b"\0" * 7,
    "a header of 2^64 - 1 bytes": lambda: safetensors_file(b"{}", length=2**64 - 1),
    "a header longer than the file": lambda: safetensors_file(b"{}", length=3),
    "a header of a megabyte of blanks": lambda: safetensors_file(b"{" + b" " * 10**6 + b"}"),
    "a header of lists in lists": lambda: safetensors_file(b"[" * 500_000),
    "a header of objects in objects": lambda: safetensors_file(b'{"a":' * 150_000),
    "a header that is a list": lambda: safetensors_file(b"[1, 2]"),
    "a header with a name twice": lambda: safetensors_file(b'{"__metadata__": 1, "__metadata__": {}}'),
    "a header of a huge number": lambda: safetensors_file(b'{"x": ' + HUGE.encode() + b"}"),
    "a header not in UTF-8": lambda: safetensors_file(b'{"\xff": 1}'),
    "100,000 arrays": lambda: lying(
        lambda h: h.update(
            {f"x{i}": {"shape": [0], "dtype": "F32", "data_offsets": [0, 0]} for i in range(15_000)}
        )
    ),
    "metadata that is a number": lambda: lying(lambda h: h.update(__metadata__=5)),
    "a description of lists in lists": lambda: lying(
        lambda h: h["__metadata__"].update({METADATA_KEY: "[" * 400_000})
    ),
    "a description that is a list": lambda: lying(lambda h: h["__metadata__"].update({METADATA_KEY: "[]"})),
    "a description of a huge number": lambda: lying(lambda h: h["__metadata__"].update({METADATA_KEY: HUGE})),
    "a description with a lone surrogate": lambda: lying(
        lambda h: h["__metadata__"].update({METADATA_KEY: '{"kind": "\\ud800"}'})
    ),
    "a kind that is a list": lambda: described(kind=["improviser"]),
    "a kind of control characters": lambda: described(kind="\x1b[2J\n\n"),
    "units of a billion": lambda: described(n_a=10**9),
    "units of 4,096": lambda: described(n_a=4096),
    "units of true": lambda: described(n_a=True),
    "units of 2.0": lambda: described(n_a=2.0),
    "units of infinity": lambda: described(n_a=float("inf")),
    "units of NaN": lambda: described(n_a=float("nan")),
    "units of a thousand digits": lambda: described(n_a=10**1000),
    "minus two units": lambda: described(n_a=-2),
    "a context of nonsense": lambda: described(context=["bar", "\x1b[31m", "../../x", "x" * 10_000]),
    "a context of numbers": lambda: described(context=[1, 2, [3]]),
    "a context that is a text": lambda: described(context="chord"),
    "a context that is an object": lambda: described(context={"chord": 1}),
    "a vocabulary of control characters": lambda: described(vocabulary="\x1b\n\x07" * 1000),
    "values of nonsense": lambda: described(n_values=[78]),
    "a training record of nonsense": lambda: described(training="\x1b[31m" * 1000),
    "names without an alphabet": lambda: described(kind="names", cell="lstm"),
    "names of one letter": lambda: described(
        kind="names", cell="lstm", alphabet="\n", fold=[], known=[], words=[]
    ),
    "names with twins in the alphabet": lambda: described(
        kind="names", cell="gru", alphabet="aa\n", fold=[], known=[], words=[]
    ),
    "a type nobody has": lambda: entry(dtype="F99"),
    "a type of eight bits": lambda: entry(dtype="F8_E4M3"),
    "a type that is a list": lambda: entry(dtype=["F32"]),
    "a shape of minus one": lambda: entry(shape=[-1, -1]),
    "a shape of 2^63": lambda: entry(shape=[2**63, 2]),
    "a shape of text": lambda: entry(shape="many"),
    "a shape of true": lambda: entry(shape=[True]),
    "a shape of a thousand axes": lambda: entry(shape=[1] * 1000),
    "no offsets": lambda: entry(data_offsets=None),
    "offsets backwards": lambda: entry(data_offsets=[8, 0]),
    "offsets below 0": lambda: entry(data_offsets=[-8, 0]),
    "offsets beyond the file": lambda: entry(data_offsets=[0, 10**12]),
    "offsets that overlap": lambda: entry(data_offsets=[4, 36]),
    "weights that are NaN": lambda: weighing(float("nan")),
    "weights that are infinite": lambda: weighing(float("inf")),
    "weights of 3e38": lambda: weighing(3e38),
    "weights of -3e38": lambda: weighing(-3e38),
    "weights of 1e6": lambda: weighing(1e6),
    "weights of 1e-45": lambda: weighing(1e-45),
    "a megabyte of zeros": lambda: bytes(MEGABYTE),
    "a MIDI file": lambda: song(CHORD + NOTE),
    "a zip archive": lambda: b"PK\3\4" + bytes(1000),
}

# ----------------------------------------------------------------------------------------------- progressions

ABSURD_PROGRESSIONS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "blanks": lambda: " \t\n" * 1000,
    "a bar line": lambda: "|",
    "bar lines": lambda: "|" * 100_000,
    "bar lines with blanks": lambda: "| " * 100_000,
    "10 MB of chords": lambda: "| Dm7 | G7 " * 900_000 + "|",
    "1 MB of chords": lambda: "| Dm7 | G7 " * 90_000 + "|",
    "1 MB without a blank": lambda: "| " + "C" * 999_000 + " |",
    "4,096 bars": lambda: "|: Dm7 | G7 | Cmaj7 | % :| x1024",
    "repeated deeply": lambda: "|: " * 50_000 + "C" + " :|" * 50_000,
    "repeated again and again": lambda: "| C | " + ":| x100 " * 10_000,
    "repeated 999,999 times": lambda: "|: C :| x999999",
    "repeated a number of a megabyte": lambda: "|: C :| x" + "9" * 900_000,
    "repeated in other digits": lambda: "|: C :| x٣",
    "parentheses": lambda: "| C" + "(" * 200_000 + ")" * 200_000 + " |",
    "parentheses in a row": lambda: "| C" + "(9)" * 100_000 + " |",
    "open parentheses": lambda: "| C" + "(x" * 300_000 + " |",
    "colons": lambda: "| C |" + ":" * 500_000,
    "a chord of 64 characters": lambda: "| C7" + "#9" * 31 + " |",
    "chords of commas": lambda: "| C" + ",(" * 30 + " |",
    "percent signs": lambda: "| C " + "| % " * 4095 + "|",
    "holds": lambda: "| C . . . " + "| . . . . " * 4000 + "|",
    "sections": lambda: "".join(f"[{i}] | C |\n" for i in range(4096)),
    "an open section": lambda: "[" * 500_000 + "| C |",
    "sections of control characters": lambda: "title: \x1b]0;x\x07\n[\x1b[2J] | C |",
    "headers": lambda: "title: x\n" * 50_000 + "| C |",
    "a header of a megabyte": lambda: "title:" + " x" * 490_000 + "\n| C |",
    "a header of blanks": lambda: " " * 300_000 + "title" + " " * 300_000 + ":" + " " * 300_000 + "\n| C |",
    "a header of words far apart": lambda: "title: a" + " " * 900_000 + "b\n| C |",
    "letters before a colon": lambda: "a" * 900_000 + " : | C |",
    "meter 0/4": lambda: "meter: 0/4\n| C |",
    "meter 99/4": lambda: "meter: 99/4\n| C |",
    "meter in other digits": lambda: "meter: ٤/4\n| C |",
    "meter 16/4 with many holds": lambda: "meter: 16/4\n| C " + ". " * 15 + "|",
    "key of sharps": lambda: "key: C" + "#" * 100_000 + "\n| C |",
    "roots of sharps": lambda: "| C" + "#" * 60 + " |",
    "a style of control characters": lambda: "style: \x1b[2J\n| C |",
    "NUL": lambda: "| C\0 |",
    "lone surrogates": lambda: "| \udcff | C\udc80 |",
    "a right-to-left override": lambda: "| \u202eC | C |",
    "lines": lambda: "\n" * 900_000 + "| C |",
    "odd line ends": lambda: "| C |\x0b| F |\x0c| G |\x1c| C |\u2028| F |\x85",
    "comments": lambda: "# x\n" * 200_000 + "| C |",
    "a path": lambda: "../../../../etc/passwd",
    "a device": lambda: "/dev/zero",
    "the terminal": lambda: "/dev/stdin/x",
    "a name of a megabyte": lambda: "x" * 1_000_000,
    "a name of slashes": lambda: "/" * 5000,
    "many dashes": lambda: "blues" + "-" * 500_000,
    "a name of almost": lambda: "blues-" * 10,
}

SIGNS = (
    "|",
    "||",
    "|:",
    ":|",
    ":|:",
    "x3",
    "x0",
    "×2",
    "%",
    ".",
    "/",
    "[A]",
    "[",
    "]",
    "(",
    ")",
    "\n",
    "# c\n",
    "N.C.",
    "Dm7",
    "G7alt",
    "Cmaj7",
    "F#m7b5/C",
    "Bb7(b9,#11)",
    "E♭△",
    "A°",
    "Go",
    "Csus24",
    "C7sus4add3",
    "Ab5",
    "H",
    "title: x\n",
    "meter: 3/4\n",
    "meter: 5/4\n",
    "key: Bb\n",
    "style: waltz\n",
    "\x1b",
    "\u200b",
    "𝄫",
    "\0",
    "C5",
    "Cno3",
    "Cadd9",
    "C69",
)


def random_progression(rng: np.random.Generator) -> str:
    """Signs of the notation in random order; half of the time with a bar line after each."""
    between = " " if rng.random() < 0.5 else " | "
    return between.join(SIGNS[rng.integers(len(SIGNS))] for _ in range(int(rng.integers(1, 60)))) + " |"


# -------------------------------------------------------------------------------------------------- mutations


def mutate(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """`data` after one to four accidents; `other` is what it is spliced with."""
    hurt = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not hurt:
            break
        at = int(rng.integers(len(hurt)))
        match int(rng.integers(8)):
            case 0 | 1:
                hurt[at] ^= 1 << int(rng.integers(8))
            case 2:
                hurt[at] = int(rng.choice([0, 0x7F, 0x80, 0xFF, int(rng.integers(256))]))
            case 3:
                del hurt[at:]
            case 4:
                del hurt[at : at + int(rng.integers(1, 64))]
            case 5:
                hurt[at:at] = rng.bytes(int(rng.integers(1, 16)))
            case 6:
                there = int(rng.integers(len(other)))
                hurt[at : at + int(rng.integers(64))] = other[there : there + int(rng.integers(512))]
            case 7:
                hurt[at : at + 4] = struct.pack(">L", int(rng.choice([0, 2**31, 2**32 - 1, 0x0FFFFFFF])))
    return bytes(hurt)


def mutate_header(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """A checkpoint hurt in its header alone half of the time: most of its bytes are weights."""
    end = 8 + min(int.from_bytes(data[:8], "little"), len(data) - 8)
    if rng.random() < 0.5:
        return mutate(data, other, rng)
    head = mutate(data[8:end], other[8:2000], rng)
    return safetensors_file(head, data[end:]) if rng.random() < 0.8 else data[:8] + head + data[end:]


class Case(NamedTuple):
    """One hostile file: what it is called and what it holds."""

    name: str
    data: bytes


def make_case(kind: str, seed: int, count: int) -> Case:
    """Case `count` of `kind` "midi", "checkpoint" or "progression": first the absurd ones, then chance."""
    absurd = ABSURD[kind]
    if count < len(absurd):
        name = list(absurd)[count]
        made = absurd[name]()
        return Case(name, made.encode("utf-8", "surrogateescape") if isinstance(made, str) else made)
    rng = np.random.default_rng([seed, count])
    good = SEEDS[kind]()
    first, second = (good[int(rng.integers(len(good)))] for _ in range(2))
    if kind == "checkpoint":
        return Case("mutated", mutate_header(first, second, rng))
    if rng.random() < 0.7:
        return Case("mutated", mutate(first, second, rng))
    return Case("random", random_midi(rng) if kind == "midi" else random_progression(rng).encode())


ABSURD = {"midi": ABSURD_MIDI, "checkpoint": ABSURD_CHECKPOINTS, "progression": ABSURD_PROGRESSIONS}
_SEED_CACHE: dict[str, list[bytes]] = {}


def _seeds(kind: str, make: Callable[[], list[bytes]]) -> list[bytes]:
    return _SEED_CACHE.setdefault(kind, _SEED_CACHE.get(kind) or make())


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "midi": lambda: _seeds(
        "midi", lambda: [p.read_bytes() for p in sorted((ROOT / "data/midi").glob("*.mid"))]
    ),
    "checkpoint": lambda: _seeds(
        "checkpoint",
        lambda: [
            checkpoint_bytes(),
            *(p.read_bytes() for p in sorted((ROOT / "models").glob("*.safetensors"))),
        ],
    ),
    "progression": lambda: _seeds("progression", lambda: [text.encode() for text in FORMS.values()]),
}
SUFFIXES = {"midi": ".mid", "checkpoint": ".safetensors", "progression": ".txt"}

# ---------------------------------------------------------------------------------------------------- readers


def command(*words: str, may_succeed: bool = True) -> None:
    """`jazzgen WORDS` in this process: raises `AssertionError` unless it ends as a command must."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(words))
    said = out.getvalue() + err.getvalue()
    acting = [c for c in said if not c.isprintable() and c != "\n"]
    assert not acting, f"printed {acting[:5]!r}"
    assert code in ((0, 2) if may_succeed else (2,)), f"exit code {code}"
    assert "Warning" not in err.getvalue(), err.getvalue()
    if code == 2:
        assert re.fullmatch(r"jazzgen: [^\n]+\n", err.getvalue()), f"standard error {err.getvalue()[:500]!r}"
        assert len(err.getvalue()) < 2000, f"a line of {len(err.getvalue()):,} characters"


def _midi_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    solo = []
    yield "read_solo", lambda: solo.append(read_solo(path))
    yield "inspect", lambda: command("inspect", str(path))
    yield "inspect --json", lambda: command("inspect", str(path), "--json")
    yield "inspect --progression", lambda: command("inspect", str(path), "--progression", "| Cm7 | F7 |")
    yield "load_solos", lambda: load_solos([path])
    yield "render", lambda: audio._read(path)  # all that comes before the engine, which takes its time
    if solo:
        # What was written is checked on a clock of its own: that is this suite's work.
        written: list[str] = []
        yield "plot", lambda: written.append(svg(RollPage(solo[0])))
        yield "what plot wrote", lambda: [_check_xml(written.pop()) for _ in range(len(written))]
        yield "leadsheet", lambda: written.append(musicxml(solo[0]))
        yield "what leadsheet wrote", lambda: [_check_xml(written.pop()) for _ in range(len(written))]


def _check_xml(text: str) -> None:
    """Raise unless `text` is well-formed; a tree of it would cost more than drawing it did."""
    expat.ParserCreate().Parse(text, True)


def _checkpoint_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "load_checkpoint", lambda: load_checkpoint(path)
    yield "load_names", lambda: load_names(path)
    yield "names", lambda: command("names", "--model", str(path), "--count", "1", "--seed", "1")
    take = ["-o", str(path.with_suffix(".mid")), "--choruses", "1", "--seed", "1", "--progression", "ii-v-i"]
    yield "generate-midi", lambda: command("generate-midi", "--model", str(path), *take)


def _progression_readers(path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    yield "find_progression", lambda: find_progression(text)
    yield "a file", lambda: find_progression(str(path))
    yield "transpose_progression", lambda: transpose_progression(find_progression(text), 5)
    yield "parse_chord", lambda: [_chord(word) for word in dict.fromkeys(text[:20_000].split())]
    study = str(ROOT / "data/midi/01-blues-in-f.mid")
    yield "inspect --progression", lambda: command("inspect", study, f"--progression={text}")


def _chord(text: str) -> None:
    with contextlib.suppress(JazzgenError):
        parse_chord(text)


READERS = {"midi": _midi_readers, "checkpoint": _checkpoint_readers, "progression": _progression_readers}


class Verdict(NamedTuple):
    """How a case ended: `fault` is None or what went wrong, `refused` how many readers refused it, `seconds`
    what the slowest of them, `slowest`, took.
    """

    fault: str | None
    refused: int
    seconds: float
    slowest: str


def try_case(kind: str, path: Path, seconds: float = SECONDS) -> Verdict:
    """Put the file at `path` through every reader of `kind`; each may compute for so many seconds."""
    worst, slowest, refused = 0.0, "", 0
    for name, read in READERS[kind](path):
        start = time.process_time()
        try:
            read()
        except JazzgenError as error:
            refused += 1
            if not str(error).strip():
                return Verdict(f"{name}: an error without a word", refused, worst, slowest)
        except BaseException:  # MemoryError and SystemExit are faults too
            return Verdict(f"{name}: {traceback.format_exc()}", refused, worst, slowest)
        took = time.process_time() - start
        if took > worst:
            worst, slowest = took, name
        if took > seconds:
            return Verdict(f"{name}: {took:.1f} s of computing, at most {seconds:g}", refused, worst, slowest)
    return Verdict(None, refused, worst, slowest)


# ----------------------------------------------------------------------------------------------------- worker


def _memory(what: str) -> int:
    """Bytes of this process: "VmSize", its address space, or "VmHWM", the most that was resident."""
    found = re.search(rf"{what}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def main(folder: Path) -> None:
    """Try the cases that standard input names, one a line, each in a file of `folder`."""
    answers = sys.stdout
    warm = folder / "warm.mid"
    warm.write_bytes(SEEDS["midi"]()[0])
    try_case("midi", warm)  # imports and tables are not the hostile file's cost
    # Address space is never given back and is more than memory: twice as much is far beyond the law.
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + 2 * BYTES,) * 2)
    for line in sys.stdin:
        kind, seed, count = line.split()
        case = make_case(kind, int(seed), int(count))
        path = folder / f"case{SUFFIXES[kind]}"
        path.write_bytes(case.data)
        _forget_peak()
        before = _memory("VmHWM")
        verdict = try_case(kind, path)
        grown = _memory("VmHWM") - before
        if grown > BYTES and not verdict.fault:
            verdict = verdict._replace(fault=f"{grown:,} bytes of memory, at most {BYTES:,}")
        print(json.dumps({"name": case.name, "grown": grown, **verdict._asdict()}), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
