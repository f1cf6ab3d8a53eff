"""The solo track of a `Song` and its instrument.

A track that the user names is taken; otherwise each is scored by hand-set weights: its name, its General MIDI
program, the share of its notes that sound alone, its density, range and register.
"""

from __future__ import annotations

import re
from itertools import pairwise

from jazzgen.errors import MidiError, TrackError
from jazzgen.midi.smf import Song, TimedNote, Track
from jazzgen.music.score import DRUM_CHANNEL, INSTRUMENTS

# Words in the names of tracks that lead, and of those that accompany.
LEAD_WORDS = re.compile(
    r"solo|lead|melod|head|improv|vocal|voice|sax|trumpet|tpt|cornet|horn|clarinet|flute|trombone|vib"
    r"|violin|harmonica"
)
BAND_WORDS = re.compile(
    r"bass|drum|perc|chord|comp|accomp|begleit|pad\b|string|rhythm|backing|left|kick|snare|cymbal|\bl\.?h\b"
)
# General MIDI programs of instruments that lead, and of those that accompany.
LEAD_PROGRAMS = frozenset({11, 22, 26, 40, 41, 42, 53, 54, 56, 57, 59, 60, *range(64, 80), *range(80, 88)})
BAND_PROGRAMS = frozenset({*range(32, 40), *range(44, 52), 55, *range(88, 104)})
# The solo instruments of `score.py` by General MIDI program, first fit: rows of (from, to, name).
PROGRAM_INSTRUMENTS = (
    (0, 7, "piano"), (8, 15, "vibraphone"), (24, 31, "guitar"), (40, 45, "violin"), (52, 54, "voice"),
    (56, 56, "trumpet"), (57, 58, "trombone"), (59, 61, "trumpet"), (64, 64, "soprano-sax"),
    (65, 65, "alto-sax"), (66, 66, "tenor-sax"), (67, 67, "baritone-sax"), (68, 69, "soprano-sax"),
    (70, 70, "bass-clarinet"), (71, 71, "clarinet"), (72, 79, "flute"),
)  # fmt: skip


def find_track(song: Song, wanted: str | int | None) -> tuple[int, str]:
    """The number (from 1) of the solo's track and the reason for choosing it.

    Raises `MidiError` where nothing but drums plays, `TrackError` where `wanted` is not there.
    """
    if not song.tracks:
        raise MidiError("has no notes, so there is nothing to read")
    if wanted is not None:
        return _find_named(song, str(wanted).strip())
    numbers = [number for number, track in enumerate(song.tracks, 1) if track.channel != DRUM_CHANNEL]
    if not numbers:
        raise MidiError("has only drums (channel 10), so there is no solo in it")
    if len(numbers) == 1:
        return numbers[0], "the only track with pitches"
    rated = {number: _rate(song.tracks[number - 1], song.ppq) for number in numbers}
    best = max(numbers, key=lambda number: rated[number][0])  # the first of equals
    return best, f"the most solo-like of {len(numbers)} tracks: {rated[best][1]}"


def _find_named(song: Song, wanted: str) -> tuple[int, str]:
    folded = wanted.casefold()
    names = [track.name.casefold() for track in song.tracks]
    for matches, how in (
        ([number for number, name in enumerate(names, 1) if name == folded], "named"),
        ([int(wanted)] if wanted.isdecimal() and 1 <= int(wanted[:9]) <= len(names) else [], "number"),
        ([number for number, name in enumerate(names, 1) if folded and folded in name], "named like"),
    ):
        # What stands on channel 10 are drums, whose keys are no pitches.
        pitched = [number for number in matches if song.tracks[number - 1].channel != DRUM_CHANNEL]
        if matches and not pitched:
            raise TrackError(
                f"track {wanted!r} is drums (channel 10), whose keys are no pitches; name another"
            )
        if pitched:
            best = max(pitched, key=lambda number: _rate(song.tracks[number - 1], song.ppq)[0])
            among = f", the most solo-like of {len(pitched)} such" if len(pitched) > 1 else ""
            return best, f"asked for: {how} {wanted!r}{among}"
    known = ", ".join(f"{number} {track.name!r}" for number, track in enumerate(song.tracks[:16], 1))
    more = f" and {len(song.tracks) - 16} more" if len(song.tracks) > 16 else ""
    raise TrackError(f"no track {wanted!r}; its tracks with notes are {known}{more}")


def _rate(track: Track, ppq: int) -> tuple[float, str]:
    """A score of how solo-like a track is, and the reasons as text. Names weigh most."""
    notes = track.notes
    alone = sum(_sounds_alone(a, b) for a, b in pairwise(notes)) + 1
    voices = alone / len(notes)
    beats = max((notes[-1].end - notes[0].start) / ppq, 1.0)
    pitches = sorted(note.pitch for note in notes)
    middle = pitches[len(pitches) // 2]
    name = track.name.casefold()
    lead, band = bool(LEAD_WORDS.search(name)), bool(BAND_WORDS.search(name))
    score = (
        4.0 * (voices - 0.5)
        + min(len(notes) / beats, 2.0)
        + min(len(set(pitches)) / 12, 1.0)
        + (1.0 if 52 <= middle <= 88 else -2.5 if middle < 46 else 0.0)
        + (3.0 * lead - 3.0 * band)
        + 1.5 * (track.program in LEAD_PROGRAMS)
        - 2.0 * (track.program in BAND_PROGRAMS)
        - 2.0 * (len(notes) < 8)
    )
    reasons = [
        *(["named as a lead"] if lead and not band else []),
        *(["a lead instrument's program"] if track.program in LEAD_PROGRAMS else []),
        f"{100 * voices:.0f} % of its notes sound alone",
        f"{len(notes) / beats:.1f} notes a beat",
        f"middle pitch {middle}",
    ]
    return score, ", ".join(reasons)


def _sounds_alone(note: TimedNote, following: TimedNote) -> bool:
    """Legato overlaps are melody too; notes that share half of their time are a chord."""
    return note.start < following.start and 2 * (note.end - following.start) <= note.end - note.start


def instrument_of(track: Track, stated: str) -> str:
    """The instrument that the file states, if the track's program agrees; else the one of the program."""
    if stated in INSTRUMENTS and INSTRUMENTS[stated].program == track.program:
        return stated
    rows = (name for low, high, name in PROGRAM_INSTRUMENTS if low <= track.program <= high)
    return next(rows, "tenor-sax")
