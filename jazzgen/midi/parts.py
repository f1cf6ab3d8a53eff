"""What a track of a `Song` is: drums by whatever sign, and its notes without keyswitches.

Drums stand on channel 10, or are told by their name or their keys: a kick or snare with cymbals, and hardly a
step between neighbouring notes. A keyswitch is a key far below (or above) all music of its track, or what its
instrument can play, that tells a sampler how to play.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from jazzgen.midi.smf import TimedNote, Track
from jazzgen.music.score import DRUM_CHANNEL, INSTRUMENTS

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
MOST_DRUMS = 14  # keys of a kit in one piece


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
    if track.program not in (0, 118) and not _like_limbs(track.notes, keys):
        return False
    return (
        cymbals + skins + toms >= 0.92
        and cymbals >= 0.25
        and skins >= 0.08
        and toms <= 0.3
        and share_of_steps(track.notes) <= 0.35
    )


def _like_limbs(notes: Sequence[TimedNote], keys: Counter[int]) -> bool:
    """Whether the keys of a pitched program are struck as a drummer does: most of all one cymbal, few keys,
    often two at once. A bass line has the same keys.
    """
    starts = sorted(note.start for note in notes)
    gaps = sorted(after - before for before, after in pairwise(starts))
    together = sum(8 * gap <= gaps[3 * len(gaps) // 4] for gap in gaps)
    return (
        len(keys) <= MOST_DRUMS
        and max(keys[key] for key in _CYMBALS) >= 0.25 * len(notes)
        and together >= 0.1 * len(notes)
    )


def share_of_steps(notes: Sequence[TimedNote]) -> float:
    """The share of successive notes a tone or a semitone apart."""
    moves = [
        abs(after.pitch - before.pitch) for before, after in pairwise(notes) if after.start > before.start
    ]
    return sum(move in (1, 2) for move in moves) / max(len(moves), 1)


LOW_SWITCH, HIGH_SWITCH = 36, 96  # keyswitches lie below C2 or from C7 on ...
BELOW_WIND, ABOVE_WIND = 5, 12  # ... or so far below what a wind instrument can play; and surely so far above
SWITCH_GAP, SURE_GAP = 10, 5  # at least so many semitones from the music
SWITCH_SHARE = 0.45  # of the notes at most
PIANOS = frozenset(
    range(24)
)  # keyboards use all their keys; so a switch of theirs is the same key or two, ...
FAR_GAP, SHORT = 19, 0.5  # ... or keys so far from the music, none longer than this share of its median
WINDS = range(56, 80)


def without_keyswitches(track: Track) -> tuple[TimedNote, ...]:
    """The notes of a track that are music."""
    low, high = _compass(track)
    lowest = max(LOW_SWITCH, low - BELOW_WIND)
    if all(lowest <= note.pitch < HIGH_SWITCH for note in track.notes):
        return track.notes
    keys = Counter(note.pitch for note in track.notes)
    rising = sorted(keys)
    most = max(SWITCH_SHARE * len(track.notes), 1)
    upper_gap = SURE_GAP if high + ABOVE_WIND <= HIGH_SWITCH else SWITCH_GAP
    switches: set[int] = set()
    for order, gap, beyond in (
        (rising, SWITCH_GAP, lambda key: key < lowest),
        (rising[::-1], upper_gap, lambda key: key >= HIGH_SWITCH),
    ):
        count = next((k for k, (a, b) in enumerate(pairwise(order), 1) if abs(b - a) >= gap), 0)
        found = order[:count]
        few = 2 if track.program in PIANOS and _names_keyboard(track.name) else 12
        if found and abs(order[count] - order[count - 1]) >= FAR_GAP and _are_short(track, set(found)):
            few = 12
        if found and all(map(beyond, found)) and count <= few and sum(keys[key] for key in found) <= most:
            switches |= set(found)
    if not switches or switches >= set(rising):
        return track.notes
    return tuple(note for note in track.notes if note.pitch not in switches)


def _compass(track: Track) -> tuple[int, int]:
    """The lowest and highest pitch of the wind instrument that a track is for; 0 and 127 for others."""
    name = track.name.casefold()
    winds = [row for row in INSTRUMENTS.values() if row.program in WINDS]
    found = [row for row in winds if row.program == track.program] or [
        row
        for row in winds
        if track.program == 0 and re.search(rf"\b{row.name.removesuffix('-sax').replace('-', '.?')}", name)
    ]
    return min((row.low for row in found), default=0), max((row.high for row in found), default=127)


def _are_short(track: Track, keys: set[int]) -> bool:
    """Whether all notes on `keys` are much shorter than the others are."""
    music = sorted(note.end - note.start for note in track.notes if note.pitch not in keys)
    longest = max(note.end - note.start for note in track.notes if note.pitch in keys)
    return longest <= SHORT * music[len(music) // 2]


def _names_keyboard(name: str) -> bool:
    """Whether a track of program 0, which is also that of a track without any, is called a keyboard."""
    return not re.search(
        r"sax|trumpet|trombone|horn|guitar|flute|clarinet|violin|strings|voice|vocal|tenor|alto|soprano",
        name.casefold(),
    )
