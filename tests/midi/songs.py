"""Songs and solos for the tests of this room."""

from __future__ import annotations

from jazzgen.midi.smf import Song, TimedNote, TimedText, Track


def song(*tracks: Track, ppq: int = 480, end: int = 4 * 1920, **more: object) -> Song:
    return Song(ppq=ppq, end=end, tracks=tracks, **more)  # type: ignore[arg-type]


def line(*pitches: int, name: str = "Solo", program: int = 66, channel: int = 0, every: int = 240) -> Track:
    """Notes one after the other, eighths by default."""
    notes = (TimedNote(n * every, (n + 1) * every, pitch, 90) for n, pitch in enumerate(pitches))
    return Track(name, program, channel, tuple(notes))


def chord(*bars: tuple[int, ...], name: str = "Piano", program: int = 0, channel: int = 1) -> Track:
    """A chord a bar of 4/4."""
    notes = (TimedNote(n * 1920, n * 1920 + 1900, pitch, 70) for n, bar in enumerate(bars) for pitch in bar)
    return Track(name, program, channel, tuple(notes))


def texts(*found: tuple[float, str]) -> tuple[TimedText, ...]:
    """(beat, text) at 480 ticks a beat."""
    return tuple(TimedText(int(beat * 480), text) for beat, text in found)


SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 74, 76, 77, 76, 74, 72, 71, 69)
