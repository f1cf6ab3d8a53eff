"""What a page draws of a take: notes with their class, chords, sections and bars, in ticks and in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from jazzgen.band.ensemble import has_count_in
from jazzgen.music.chords import chord_scale, parse_chord
from jazzgen.music.meters import QuarterMap
from jazzgen.music.score import DRUM_CHANNEL, SOLO, TICKS_PER_BEAT, Note, Part, Progression, Solo, instrument
from jazzgen.performance.performance import tracks_of
from jazzgen.rendering.piano_roll import classify
from jazzgen.rendering.symbols import display
from jazzgen.takes.take import Take

CLASSES = ("chord", "scale", "outside", "none")


def roll_of(take: Take) -> dict[str, Any]:
    """The roll of `take`, as data for JSON."""
    solo = take.solo
    seconds, horn = seconds_of(take), instrument(solo.instrument)
    return {
        "title": solo.title,
        **frame_of(solo),
        "choruses": list(take.starts),
        "count_in": has_count_in(solo.progression),
        "low": horn.low,
        "high": horn.high,
        "parts": [_part(take, part, seconds) for part in tracks_of(take.arrangement)],
    }


def frame_of(solo: Solo) -> dict[str, Any]:
    """What a roll has besides notes: bars, chords and sections, and how long all of it is."""
    form, scale, seconds = solo.progression, solo.time_scale, _seconds_of(solo)

    def at(tick: int) -> float:
        return round(seconds(tick / TICKS_PER_BEAT), 4)

    bars = [*form.bar_ticks[::scale], form.length]
    return {
        "tempo": solo.tempo,
        "seconds": at(form.length),
        "ticks": form.length,
        "beat": solo.grid_beat,
        "bars": [_bar(form, number, tick, at(tick)) for number, tick in enumerate(bars[:-1], 1)],
        "chords": list(_chords(form, at)),
        "sections": [
            {"tick": s.tick, "name": s.name, "bar": form.bar_at(s.tick) // scale + 1, "seconds": at(s.tick)}
            for s in form.sections
        ],
    }


def seconds_of(take: Take) -> Callable[[float], float]:
    """Where the beats of the grid lie, in seconds from the first bar line of the file."""
    return _seconds_of(take.solo)


def _seconds_of(solo: Solo) -> Callable[[float], float]:
    quarters = QuarterMap(solo)
    quarter_s = 60 / (solo.tempo * float(solo.progression.meters[0].beat_quarters))
    return lambda beat: quarters.quarters(beat) * quarter_s


def _bar(form: Progression, number: int, tick: int, seconds: float) -> dict[str, Any]:
    meter = form.meter_at(tick)
    return {
        "bar": number, "tick": tick, "seconds": seconds, "beats": meter.beats, "meter": meter.signature
    }  # fmt: skip


def _chords(form: Progression, at: Callable[[int], float]) -> Iterator[dict[str, Any]]:
    ends = [*(change.tick for change in form.chords[1:]), form.length]
    for change, end in zip(form.chords, ends, strict=True):
        chord = parse_chord(change.symbol)
        yield {
            "tick": change.tick,
            "end": end,
            "symbol": change.symbol,
            "shown": display(change.symbol),
            "tones": sorted(chord.pitch_classes) if chord else [],
            "scale": sorted(chord_scale(chord)) if chord else [],
            "seconds": at(change.tick),
        }


def _part(take: Take, part: Part, seconds: Callable[[float], float]) -> dict[str, Any]:
    solo = take.solo
    name, program, title = part.name.casefold(), part.program, part.name
    if part.name == SOLO:
        program, title = instrument(solo.instrument).program, solo.instrument.replace("-", " ").capitalize()
    scale = solo.time_scale
    rows = []
    for note, played in zip(part.notes, take.performance.track(part.name), strict=True):
        start, end = seconds(played.onset * scale), seconds(played.end * scale)
        row = [note.onset, note.end, note.pitch, played.velocity, round(start, 4), round(end, 4)]
        if part.name == SOLO:
            row.append(CLASSES.index(classify(note, solo.progression)))
        rows.append(row)
    return {
        "name": name, "title": title, "program": program, "drums": part.channel == DRUM_CHANNEL,
        "volume": part.volume, "pan": part.pan, "notes": rows,
    }  # fmt: skip


def bar_and_beat(take: Take, note: Note) -> tuple[int, float]:
    """The bar of a note, from 1, and its beat in it, from 1."""
    solo = take.solo
    bars = [*solo.progression.bar_ticks[:: solo.time_scale], solo.progression.length]
    for number, (start, end) in enumerate(pairwise(bars), 1):
        if start <= note.onset < end:
            return number, round((note.onset - start) / solo.grid_beat + 1, 3)
    return len(bars) - 1, 1.0
