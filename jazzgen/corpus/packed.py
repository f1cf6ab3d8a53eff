"""A solo as plain arrays, and back."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jazzgen.errors import OptionError
from jazzgen.music.score import ChordChange, MeterChange, Note, Progression, Section, Solo
from jazzgen.tokens.vocabulary import encode

# Of the reader, from a MIDI file's bytes to the PackedSolo in a shard (midi, music, tokens.vocabulary, here).
# Raise it whenever some file is read otherwise than before: prepare then reads every file again.
READER_VERSION = 2
LAST_TICK = np.iinfo(np.int32).max

Bytes = npt.NDArray[np.uint8]


class PackedSolo(NamedTuple):
    """A solo as a shard stores it. `pack` and `unpack` are twins: `unpack(pack(solo)) == solo`."""

    title: str
    player: str
    form: str  # everything but the notes and what stands in its own field, as JSON
    times: npt.NDArray[np.int32]  # (notes, 2) onset and duration in ticks
    pitches: Bytes  # (notes, 2) pitch and velocity
    values: Bytes  # (values,) what `vocabulary.encode` gives

    def digest(self) -> bytes:
        """32 bytes that two solos share if, and only if, they have the same notes and chords."""
        form = json.loads(self.form)
        parts = (
            self.times.tobytes(),
            self.pitches.tobytes(),
            _to_json([form["length"], form["chords"]]).encode(),
        )
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


def pack(solo: Solo) -> PackedSolo:
    """A solo as arrays and text; raises `OptionError` where a tick does not fit into 32 bits."""
    form = solo.progression
    if form.length > LAST_TICK:
        raise OptionError(
            f"it is {form.length:,} ticks long, and a corpus holds solos of up to {LAST_TICK:,}"
        )
    described = {
        "tempo": solo.tempo,
        "instrument": solo.instrument,
        "double_time": solo.double_time,
        "length": form.length,
        "chords": [(chord.tick, chord.symbol) for chord in form.chords],
        "meters": [(meter.tick, meter.beats, meter.signature) for meter in form.meters],
        "sections": [(section.tick, section.name) for section in form.sections],
        "title": form.title,
        "key": form.key,
        "style": form.style,
    }
    return PackedSolo(
        title=solo.title,
        player=solo.player,
        form=_to_json(described),
        times=np.array([(n.onset, n.duration) for n in solo.notes], np.int32).reshape(-1, 2),
        pitches=np.array([(n.pitch, n.velocity) for n in solo.notes], np.uint8).reshape(-1, 2),
        values=np.array(encode(solo), np.uint8),
    )


def unpack(packed: PackedSolo) -> Solo:
    """The solo that was packed; raises `ValueError`, `TypeError` or `KeyError` for what is none."""
    form = json.loads(packed.form)
    notes = zip(packed.times.tolist(), packed.pitches.tolist(), strict=True)
    return Solo(
        notes=tuple(Note(onset, duration, pitch, velocity) for (onset, duration), (pitch, velocity) in notes),
        progression=Progression(
            chords=tuple(ChordChange(tick, symbol) for tick, symbol in form["chords"]),
            length=form["length"],
            meters=tuple(MeterChange(*meter) for meter in form["meters"]),
            sections=tuple(Section(tick, name) for tick, name in form["sections"]),
            title=form["title"],
            key=form["key"],
            style=form["style"],
        ),
        tempo=form["tempo"],
        title=packed.title,
        player=packed.player,
        instrument=form["instrument"],
        double_time=form["double_time"],
    )


def _to_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
