"""Chord events of Yamaha's XF, an extension of MIDI files: chord symbols <-> the bytes of a meta event.

Such an event is sequencer specific (FF 7F) with the payload 43 7B 01 cr ct br bt: the root, the chord's type,
and the same of the bass, 7F for none. A root is 0fffnnnn: f the accidental (0 = three flats, 3 = natural), n
the letter from 1 = C. XF knows 34 types: what it lacks is written as the type that is nearest.

Source: XF Format Specifications 2.01, Yamaha.
"""

from __future__ import annotations

from functools import lru_cache

from jazzgen.errors import ChordError
from jazzgen.music.chords import parse_chord
from jazzgen.music.pitch import name_at, place_of
from jazzgen.music.score import NO_CHORD

HEAD = bytes((0x43, 0x7B, 0x01))
_LETTERS = "CDEFGAB"  # from 1
_NATURAL = 3  # the accidental's code, in semitones from there
_NONE, _CANCEL = 0x7F, 34
# The qualities of the types from 0 on; 30 is the root alone (1+8), which is no chord, 34 (cc) ends a chord.
_TYPES = (
    "", "6", "maj7", "maj7#11", "add9", "maj9", "69", "aug", "m", "m6", "m7", "m7b5", "madd9", "m9",
    "m7(11)", "mmaj7", "mmaj9", "dim", "dim7", "7", "7sus4", "7b5", "9", "7#11", "7(13)", "7b9", "7b13",
    "7#9", "maj7#5", "7#5", None, "5", "sus4", "sus2",
)  # fmt: skip


def decode(payload: bytes) -> str | None:
    """The chord symbol of an event's payload, "N.C." for the end of a chord; None for another event."""
    if len(payload) < 5 or payload[:3] != HEAD:
        return None
    root, kind = _note(payload[3]), payload[4]
    quality = _TYPES[kind] if kind < len(_TYPES) else None
    if root is None or quality is None:
        return NO_CHORD if kind in (_CANCEL, _NONE) else None
    bass = _note(payload[5]) if len(payload) > 5 else None
    return root + quality + (f"/{bass}" if bass and bass != root else "")


def encode(symbol: str) -> bytes:
    """The payload for a chord symbol; raises `ChordError` where it is none."""
    chord = parse_chord(symbol)
    if chord is None:
        return HEAD + bytes((_code("C"), _CANCEL, _NONE, _NONE))
    lowest = _code(_name_of(symbol.rpartition("/")[2])) if chord.bass != chord.root else _NONE
    return HEAD + bytes((_code(_name_of(symbol)), _nearest(chord.quality), lowest, _NONE))


def _name_of(text: str) -> str:
    """The note name at the beginning of a symbol, spelled with b and #."""
    for length in (3, 2, 1):
        try:
            return name_at(place_of(text.strip()[:length]))
        except (KeyError, ValueError):
            continue
    raise ChordError(f"{text[:24]!r} does not begin with a note")


def _note(code: int) -> str | None:
    accidental, letter = (code >> 4) - _NATURAL, code & 0x0F
    if not 1 <= letter <= 7 or abs(accidental) > 2:
        return None
    return _LETTERS[letter - 1] + ("#" * accidental if accidental > 0 else "b" * -accidental)


def _code(name: str) -> int:
    accidental = name.count("#") - name.count("b")
    return (accidental + _NATURAL) << 4 | _LETTERS.index(name[0]) + 1


@lru_cache(maxsize=512)
def _nearest(quality: str) -> int:
    """The type with the fewest tones too many or too few; third and seventh count double."""
    wanted = parse_chord("C" + quality)
    tones = wanted.pitch_classes if wanted else frozenset()

    def distance(kind: int) -> float:
        name = _TYPES[kind]
        chord = parse_chord(f"C{name}") if name is not None else None
        if chord is None:
            return 99.0
        return sum(2.0 if tone in (3, 4, 10, 11) else 1.0 for tone in chord.pitch_classes ^ tones)

    return min(range(len(_TYPES)), key=distance)
