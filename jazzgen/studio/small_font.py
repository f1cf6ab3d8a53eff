"""A SoundFont with only the presets that a MIDI file plays: the same sound, and read in no time.

A renderer reads a whole font for each file, and a good one has 150 MB: ten times as long as a chunk of a few
bars takes. Copied are the presets, their instruments and samples, with every generator as it is. Where a font
is not understood, or has not what is wanted, it is used as it is.

Source: SoundFont Technical Specification 2.04, E-mu Systems, 2006.
"""

from __future__ import annotations

import io
import mmap
import os
import struct
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import mido
import numpy as np

from jazzgen.music.score import DRUM_CHANNEL

Preset = tuple[int, int]  # bank and program
Table = Any  # a structured array, its last row the terminal one
DRUM_BANK = 128
INSTRUMENT, SAMPLE = 41, 53  # generators that name what comes below
GUARD = 46  # samples behind each one
KEPT = 8  # fonts of a process
SMALL = 16 * 2**20  # bytes; a font that is no larger is left as it is

_ROWS: dict[bytes, Any] = {
    b"phdr": [("name", "S20"), ("preset", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")],
    b"pbag": [("gen", "<u2"), ("mod", "<u2")],
    b"pmod": [("all", "V10")],
    b"pgen": [("oper", "<u2"), ("amount", "<u2")],
    b"inst": [("name", "S20"), ("bag", "<u2")],
    b"ibag": [("gen", "<u2"), ("mod", "<u2")],
    b"imod": [("all", "V10")],
    b"igen": [("oper", "<u2"), ("amount", "<u2")],
    b"shdr": [
        ("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop", "<u4"), ("loop_end", "<u4"),
        ("rate", "<u4"), ("pitch", "V2"), ("link", "<u2"), ("kind", "<u2"),
    ],
}  # fmt: skip


def presets_of(midi: bytes) -> frozenset[Preset]:
    """The presets that a file plays."""
    programs: dict[int, set[int]] = {}
    channels = set()
    for track in mido.MidiFile(file=io.BytesIO(midi)).tracks:
        for message in track:
            if message.type == "program_change":
                programs.setdefault(message.channel, set()).add(message.program)
            elif message.type == "note_on":
                channels.add(message.channel)
    return frozenset(
        (DRUM_BANK if channel == DRUM_CHANNEL else 0, program)
        for channel in channels
        for program in programs.get(channel, {0})
    )


_made: OrderedDict[tuple[Path, frozenset[Preset]], int] = OrderedDict()


def small_font(font: Path, presets: frozenset[Preset]) -> Path:
    """A font with only `presets` of `font`, in the memory of this process; `font` where that cannot be."""
    if not hasattr(os, "memfd_create") or font.stat().st_size <= SMALL:
        return font
    if (made := _made.get((font, presets))) is not None:
        return Path(f"/proc/{os.getpid()}/fd/{made}")
    try:
        with font.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            small = _subset(data, presets)
    except (KeyError, ValueError, IndexError, struct.error):
        return font
    handle = _made[font, presets] = os.memfd_create("small-font")  # it goes with the process
    if len(_made) > KEPT:
        os.close(_made.popitem(last=False)[1])
    with os.fdopen(os.dup(handle), "wb") as target:
        target.write(small)
    return Path(f"/proc/{os.getpid()}/fd/{handle}")


def _subset(data: Any, presets: Iterable[Preset]) -> bytes:
    """The bytes of a font with only these presets; raises `KeyError` where one is missing."""
    lists = {kind: (at, size) for kind, at, size in _lists(data)}
    at, size = lists[b"pdta"]
    tables = {
        name: np.frombuffer(data[a : a + s], _ROWS[name]) for name, a, s in _chunks(data, at, at + size)
    }
    at, size = lists[b"sdta"]
    (wave_at,) = (a for name, a, _ in _chunks(data, at, at + size) if name == b"smpl")
    headers = tables[b"phdr"]
    found = {(int(row["bank"]), int(row["preset"])): k for k, row in enumerate(headers[:-1])}
    upper = _level(tables, "p", headers, [found[preset] for preset in sorted(presets)], INSTRUMENT)
    lower = _level(tables, "i", tables[b"inst"], upper.pop("below"), SAMPLE)
    samples, waves = _samples(tables[b"shdr"], lower.pop("below"), data, wave_at)
    parts = {
        "phdr": upper["top"], "pbag": upper["bag"], "pmod": upper["mod"], "pgen": upper["gen"],
        "inst": lower["top"], "ibag": lower["bag"], "imod": lower["mod"], "igen": lower["gen"],
        "shdr": samples,
    }  # fmt: skip
    pdta = b"".join(_chunk(name.encode(), table.tobytes()) for name, table in parts.items())
    at, size = lists[b"INFO"]
    body = _chunk(b"LIST", b"INFO" + bytes(data[at : at + size]))
    body += _chunk(b"LIST", b"sdta" + _chunk(b"smpl", waves)) + _chunk(b"LIST", b"pdta" + pdta)
    return _chunk(b"RIFF", b"sfbk" + body)


def _level(
    tables: Mapping[bytes, Table], side: str, top: Table, chosen: list[int], names: int
) -> dict[str, Any]:
    """Presets (side "p") or instruments ("i") with their zones, numbered anew; `below` is what they name."""
    bags, gens, mods = (tables[f"{side}{kind}".encode()] for kind in ("bag", "gen", "mod"))
    new_bags: list[tuple[int, int]] = []
    new_gens: list[tuple[int, int]] = []
    heads: list[Any] = []
    new_mods: list[Any] = []
    below: dict[int, int] = {}
    for number in chosen:
        head = top[number].copy()
        head["bag"] = len(new_bags)
        for zone in range(int(top[number]["bag"]), int(top[number + 1]["bag"])):
            new_bags.append((len(new_gens), len(new_mods)))
            for row in gens[int(bags[zone]["gen"]) : int(bags[zone + 1]["gen"])]:
                oper, amount = int(row["oper"]), int(row["amount"])
                new_gens.append((oper, below.setdefault(amount, len(below)) if oper == names else amount))
            new_mods += list(mods[int(bags[zone]["mod"]) : int(bags[zone + 1]["mod"])])
        heads.append(head)
    last = top[-1].copy()
    last["bag"] = len(new_bags)
    new_bags.append((len(new_gens), len(new_mods)))
    return {
        "top": np.array([*heads, last], top.dtype),
        "bag": np.array(new_bags, bags.dtype),
        "gen": np.array([*new_gens, (0, 0)], gens.dtype),
        "mod": np.array([*new_mods, mods[-1]], mods.dtype),
        "below": list(below),
    }


def _samples(table: Table, chosen: list[int], data: Any, wave_at: int) -> tuple[Table, bytes]:
    """Samples, numbered anew, and their sound."""
    rows, waves, place = [], [], 0
    for number in chosen:
        row = table[number].copy()
        start, end = int(row["start"]), int(row["end"]) + GUARD
        wave = bytes(data[wave_at + 2 * start : wave_at + 2 * end])
        for name in ("start", "end", "loop", "loop_end"):
            row[name] = int(row[name]) - start + place
        row["link"] = 0
        rows.append(row)
        waves.append(wave)
        place += len(wave) // 2
    return np.array([*rows, table[-1]], table.dtype), b"".join(waves)


def _lists(data: Any) -> Iterator[tuple[bytes, int, int]]:
    """(kind, place, size) of what stands in each list of a font."""
    for name, at, size in _chunks(data, 12, len(data)):
        if name == b"LIST":
            yield bytes(data[at : at + 4]), at + 4, size - 4


def _chunks(data: Any, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, at + 8, size
        at += 8 + size + size % 2


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
