"""The sound of a take in chunks: a few bars of one part each, as MIDI files that render to its very samples.

A chunk begins on a block of the renderer before its first bar line, and lasts until the notes that begin in
it have died away: all chunks of a part, added where they begin, are the part. Its key is the hash of what is
rendered, so that bars that sound the same have the same key in every take.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

import mido
import numpy as np

from jazzgen.midi.bars import microseconds_a_quarter
from jazzgen.music.meters import QuarterMap
from jazzgen.music.score import DRUM_CHANNEL
from jazzgen.rendering.loudness import SAMPLE_RATE
from jazzgen.takes.take import Take

BLOCK = 64  # samples: the renderer begins a note on the next multiple
TAIL_S, DRUMS_TAIL_S = 2.0, 5.0  # cymbals ring on behind the ends of their notes
BARS = 4
FIRST_BARS = 2  # of the first two chunks, so that the first sound is there sooner
KEY_DIGITS = 24
HALVES_PPQ, HALVES_TEMPO_US = 750, 500_000  # with them a tick is half a block
_FROM_THE_START = -1
# Controllers that say how a channel sounds from where they stand on; others are moments.
_STANDING = ("control_change", "program_change", "pitchwheel", "aftertouch")
_PARAMETERS = (6, 38, 98, 99, 100, 101)  # mean something in their order alone: how far the wheel bends


class Chunk(NamedTuple):
    """Some bars of a part: `start` and `samples` at 48 kHz, the first `bar` from 1, and the MIDI file that is
    rendered; empty where nothing sounds.
    """

    key: str
    start: int
    samples: int
    bar: int
    bars: int
    midi: bytes


class Event(NamedTuple):
    """A message at a tick of the file, and the block of the renderer that begins with it."""

    tick: int
    block: int
    message: Any


@dataclass(frozen=True, slots=True)
class Stem:
    """One track of a file: `ppq` ticks a quarter of `tempo_us` microseconds."""

    events: tuple[Event, ...]
    ppq: int
    tempo_us: int

    def sample(self, tick: int) -> float:
        """Where a tick lies, in samples."""
        return tick * self.tempo_us * SAMPLE_RATE / (self.ppq * 1e6)


def chunks_of(take: Take, midi: bytes) -> dict[str, list[Chunk]]:
    """The chunks of each part of `take`, whose MIDI file `midi` is; by its name in lower case, the solo
    first.
    """
    file = mido.MidiFile(file=io.BytesIO(midi))
    solo = take.solo
    edges = _edges(take, file.ticks_per_beat)
    tempo_us = microseconds_a_quarter(solo.tempo * solo.progression.meters[0].beat_quarters)
    tracks = [list(_timed(track)) for track in file.tracks]
    found = {}
    for track, timed in zip(file.tracks[1:], tracks[1:], strict=True):  # each part is rendered by itself
        blocks = _blocks([tick for tick, _ in (*tracks[0], *timed)], file.ticks_per_beat, tempo_us)
        events = (Event(tick, blocks[tick], message) for tick, message in timed if not message.is_meta)
        stem = Stem(tuple(events), file.ticks_per_beat, tempo_us)
        found[track.name.casefold()] = [_chunk(stem, *edge) for edge in edges]
    return found


def _blocks(ticks: Iterable[int], ppq: int, tempo_us: int) -> dict[int, int]:
    """The block of the renderer in which what stands at each tick is heard: the first that does not begin
    before it.

    A tick may lie on the edge of two blocks. The times are added up as the renderer does, from event to event
    and from block to block, so that its roundings decide here, too.
    """
    distinct = np.array(sorted({0, *ticks}))
    seconds = np.cumsum(60.0 / (ppq * (60e6 / tempo_us)) * np.diff(distinct, prepend=0))
    count = int(seconds[-1] * SAMPLE_RATE / BLOCK) + 2
    edges = np.cumsum(np.concatenate([[0.0], np.full(count, BLOCK / SAMPLE_RATE)]))
    return dict(zip(distinct.tolist(), edges.searchsorted(seconds).tolist(), strict=True))


def _edges(take: Take, ppq: int) -> list[tuple[int, int, int, int]]:
    """(first tick of the file, the tick after the last, first bar, bars) of each chunk."""
    solo = take.solo
    bars = [*solo.progression.bar_ticks[:: solo.time_scale], solo.progression.length]
    ticks = [round(QuarterMap(solo).exact(tick) * ppq) for tick in bars]
    firsts = [k for k in (0, FIRST_BARS) if k < len(bars) - 1]
    firsts += range(2 * FIRST_BARS, len(bars) - 1, BARS)
    return [
        (ticks[first], ticks[last], first + 1, last - first)
        for first, last in zip(firsts, [*firsts[1:], len(bars) - 1], strict=True)
    ]


def _timed(track: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """The messages that the renderer keeps, each with its tick."""
    now = 0
    for message in track:
        now += message.time
        if not message.is_meta or message.type == "set_tempo":
            yield now, message


def _chunk(stem: Stem, start: int, end: int, bar: int, bars: int) -> Chunk:
    """The chunk from the tick `start` up to `end`."""
    drums = any(event.message.channel == DRUM_CHANNEL for event in stem.events)
    tail = (DRUMS_TAIL_S if drums else TAIL_S) * SAMPLE_RATE
    events, last = _sounding(stem.events, start, end, round(tail / stem.sample(1)))
    first = int(stem.sample(start)) // BLOCK * BLOCK
    until = max(stem.sample(end), stem.sample(last)) + tail
    samples = -(-(int(until) - first) // BLOCK) * BLOCK
    midi = b""
    if any(event.message.type == "note_on" for event in events):
        midi = _written(events, first, samples)
    key = sha256(b"%d %b" % (samples, midi)).hexdigest()[:KEY_DIGITS]
    return Chunk(key, first, samples, bar, bars, midi)


def _sounding(events: Sequence[Event], start: int, end: int, tail: int) -> tuple[list[Event], int]:
    """What is heard of the notes that begin from `start` up to `end`: how the channel stands there, these
    notes, and what changes while they sound and for `tail` ticks, while they die away; and the tick at which
    the last of them ends.

    Parameters
    ----------
    events
        Of one part.
    start, end, tail
        Ticks.

    Returns
    -------
    list of Event, int
    """
    standing: dict[tuple[Any, ...], Event] = {}
    notes: list[Event] = []
    open_notes: set[tuple[int, int]] = set()
    moving: list[Event] = []
    last = end
    for event in events:
        tick, message = event.tick, event.message
        kind = message.type
        if kind in ("note_on", "note_off"):
            at = message.channel, message.note
            begins = kind == "note_on" and message.velocity > 0
            if begins and start <= tick < end:
                open_notes.add(at)
                notes.append(event)
            elif not begins and at in open_notes:
                open_notes.discard(at)
                notes.append(event)
                last = max(last, tick)
        elif kind in _STANDING and tick <= start:
            control = getattr(message, "control", None)
            order = len(standing) if control in _PARAMETERS else None
            standing[kind, control, order] = Event(start, _FROM_THE_START, message)
        elif tick > start:
            moving.append(event)
    heard = [*standing.values(), *notes, *(event for event in moving if event.tick <= last + tail)]
    return sorted(heard, key=lambda event: event.block), last


def _written(events: Sequence[Event], first: int, samples: int) -> bytes:
    """A MIDI file of `events` in which the sample `first` of the take is the beginning. Its tick is half a
    block, and every event stands in the middle before the block that it begins: no rounding moves it.

    mido writes the same four times as slowly, and a take has thousands of events in dozens of chunks.
    """
    track = bytearray(b"\0\xff\x51\x03" + HALVES_TEMPO_US.to_bytes(3, "big"))
    now = 0
    for _, block, message in events:
        at = max(2 * (block - first // BLOCK) - 1, 0)
        track += _variable_length(at - now) + message.bin()
        now = at
    track += _variable_length(max(2 * samples // BLOCK - now, 0)) + b"\xff\x2f\0"
    head = struct.pack(">4sIHHH4sI", b"MThd", 6, 0, 1, HALVES_PPQ, b"MTrk", len(track))
    return head + bytes(track)


def _variable_length(number: int) -> bytes:
    """A number as MIDI files write times: seven bits a byte, and all but the last have the eighth set."""
    found = bytes([number & 0x7F])
    while number := number >> 7:
        found = bytes([number & 0x7F | 0x80]) + found
    return found
