"""What a track of a `Song` is: drums by whatever sign, and its notes without keyswitches.

Drums stand on channel 10, or are told by their name or their keys: a kick or snare with cymbals, and hardly a
step between neighbouring notes. A keyswitch is a key far below (or above) all music of its track that tells a
sampler how to play.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from jazzgen.midi.smf import TimedNote, Track
from jazzgen.music.score import DRUM_CHANNEL

DRUM_WORDS = re.compile(
    r"\bdrum|\bdrs?\b|\bkit\b|perc\b|percuss|\bkick\b|snare|hi-?\s?hat|\bhh\b|cymbal|\btoms?\b|conga|bongo|shaker"
    r"|tambou?rine|\bclaps?\b|cowbell|maraca|timbale|cajon|batter[iy]|schlagzeug|schlagz|drumkit|\bclick\b|metronome"
)
_KICK_SNARE = frozenset({35, 36, 37, 38, 39, 40})
_CYMBALS = frozenset({42, 44, 46, 49, 51, 52, 53, 54, 55, 57, 59, 69, 70, 82})
_TOMS = frozenset({41, 43, 45, 47, 48, 50})
_NO_PITCH = range(112, 128)  # General MIDI's percussive programs and sound effects
_PITCHED_PERCUSSION = (112, 114)  # tinkle bell, steel drums
FEWEST = 8  # notes for a judgement


def is_drums(track: Track) -> bool:
    """Whether the keys of a track are no pitches."""
    if track.channel == DRUM_CHANNEL:
        return True
    if track.program in _NO_PITCH and track.program not in _PITCHED_PERCUSSION:
        return True
    pitches = [note.pitch for note in track.notes]
    name = track.name.casefold()
    if DRUM_WORDS.search(name) and "steel" not in name and share_of_steps(track.notes) < 0.5:
        return True
    if len(pitches) < FEWEST:
        return False
    keys = Counter(pitches)
    if len(keys) == 1 and len(pitches) >= 4 * FEWEST and track.program == 0:
        return True  # one sample over and over
    cymbals = sum(keys[key] for key in _CYMBALS) / len(pitches)
    skins = sum(keys[key] for key in _KICK_SNARE) / len(pitches)
    toms = sum(keys[key] for key in _TOMS) / len(pitches)
    return (
        track.program in (0, 118)
        and cymbals + skins + toms >= 0.92
        and cymbals >= 0.25
        and skins >= 0.08
        and toms <= 0.3
        and share_of_steps(track.notes) <= 0.35
    )


def share_of_steps(notes: Sequence[TimedNote]) -> float:
    """The share of successive notes a tone or a semitone apart."""
    moves = [
        abs(after.pitch - before.pitch) for before, after in pairwise(notes) if after.start > before.start
    ]
    return sum(move in (1, 2) for move in moves) / max(len(moves), 1)


LOW_SWITCH, HIGH_SWITCH = 36, 96  # keyswitches lie below C2 or from C7 on ...
SWITCH_GAP = 10  # ... at least so many semitones from the music
SWITCH_SHARE = 0.45  # of the notes at most
PIANOS = frozenset(range(24))  # keyboards use all their keys; so a switch of theirs is the same key or two


def without_keyswitches(track: Track) -> tuple[TimedNote, ...]:
    """The notes of a track that are music."""
    if all(LOW_SWITCH <= note.pitch < HIGH_SWITCH for note in track.notes):
        return track.notes
    keys = Counter(note.pitch for note in track.notes)
    rising = sorted(keys)
    most = max(SWITCH_SHARE * len(track.notes), 1)
    switches: set[int] = set()
    for order, beyond in (
        (rising, lambda key: key < LOW_SWITCH),
        (rising[::-1], lambda key: key >= HIGH_SWITCH),
    ):
        count = next((k for k, (a, b) in enumerate(pairwise(order), 1) if abs(b - a) >= SWITCH_GAP), 0)
        found = order[:count]
        few = 2 if track.program in PIANOS and _names_keyboard(track.name) else 12
        if found and all(map(beyond, found)) and count <= few and sum(keys[key] for key in found) <= most:
            switches |= set(found)
    if not switches or switches >= set(rising):
        return track.notes
    return tuple(note for note in track.notes if note.pitch not in switches)


def _names_keyboard(name: str) -> bool:
    """Whether a track of program 0, which is also that of a track without any, is called a keyboard."""
    return not re.search(
        r"sax|trumpet|trombone|horn|guitar|flute|clarinet|violin|strings|voice|vocal", name.casefold()
    )
