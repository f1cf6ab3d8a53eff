"""The solo of a `Song`: which track plays it, which of its notes are the line, and its instrument.

A track that the user names is taken; otherwise each is scored by hand-set weights (`_score`). What it plays
weighs most: in how much of the piece, how much, one note at a time, in steps, over which range, and whether
its bars differ: a riff that comes again and again is backing. Double stops count little. Its name and
its General MIDI program weigh less, and nothing where it hardly plays. Drums are no tracks with pitches
(`parts.py`); keyswitches and what a pianist's left hand plays are taken out of the line (`hands.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from jazzgen.errors import MidiError, TrackError
from jazzgen.midi.hands import onset_groups, split_hands
from jazzgen.midi.markers import is_our_own
from jazzgen.midi.parts import is_drums, without_keyswitches
from jazzgen.midi.smf import Song, TimedNote, Track
from jazzgen.music.score import INSTRUMENTS, SOLO

# Words in the names of tracks that lead, and of those that accompany.
SOLO_WORDS = re.compile(r"solo|improv|\bad.?lib")
LEAD_WORDS = re.compile(
    r"solo|lead|melod|\bmel\b|head|theme|improv|vocal|voice|sax|trumpet|tpt|cornet|horn|clarinet|flute|trombone"
    r"|\bvib|violin|harmonica|right|\br\.?h\b"
)
BAND_WORDS = re.compile(
    r"bass(?!.?clar|oon)|drum|perc|chord|comp\b|comping|accomp|begleit|\bpads?\b|string|rhythm|rythm|\brhy|backing"
    r"|left|kick|snare|cymbal|\bl\.?h\b|choir|chorus|harmony|section|ensemble|riff|stab|counter|arp|strum"
)
BASS_WORDS = re.compile(r"\bbass(?!.?clar|oon|.?trom|.?sax|.?flute)|\bkontrabass|contrabass|\bbs\b")
# General MIDI programs of instruments that lead, and of those that accompany.
LEAD_PROGRAMS = frozenset({11, 22, 26, 40, 41, 42, 53, 54, 56, 57, 59, 60, *range(64, 80), *range(80, 88)})
BASS_PROGRAMS = frozenset(range(32, 40))
BAND_PROGRAMS = frozenset({*BASS_PROGRAMS, *range(44, 53), 55, 61, *range(88, 104)})
# The solo instruments of `score.py` by General MIDI program, first fit: rows of (from, to, name).
PROGRAM_INSTRUMENTS = (
    (0, 7, "piano"), (8, 15, "vibraphone"), (24, 31, "guitar"), (40, 45, "violin"), (52, 54, "voice"),
    (56, 56, "trumpet"), (57, 58, "trombone"), (59, 61, "trumpet"), (64, 64, "soprano-sax"),
    (65, 65, "alto-sax"), (66, 66, "tenor-sax"), (67, 67, "baritone-sax"), (68, 69, "soprano-sax"),
    (70, 70, "bass-clarinet"), (71, 71, "clarinet"), (72, 79, "flute"),
)  # fmt: skip
MANY_BARS = 8  # different ones of a line; a riff has one or two, a chorus that is played again all of its own
FEW_DOUBLE_STOPS = 0.8  # share of single notes from which a line is one
MOST_RATED = 64  # tracks, those with the most notes: a file of 16,384 must not take minutes
OUR_BAND = frozenset({"piano", "guitar", "bass", "drums"})  # the tracks of the band that jazzgen writes


@dataclass(frozen=True, slots=True)
class SoloTrack:
    """The solo's track: its `number` from 1, the `reason` for it and the `runner_up` with why it lost (empty
    without one). `line` are the notes of the solo, `below` those of its track that accompany it.
    """

    number: int
    reason: str
    runner_up: str
    line: tuple[TimedNote, ...]
    below: tuple[TimedNote, ...]


def find_solo(song: Song, wanted: str | int | None) -> SoloTrack:
    """The track that plays the solo: the one `wanted` by name or number, or the most solo-like.

    Raises `MidiError` where nothing but drums or a take's band plays, `TrackError` where `wanted` is not
    there.
    """
    if not song.tracks:
        raise MidiError("has no notes, so there is nothing to read")
    pitched = [number for number, track in enumerate(song.tracks, 1) if not is_drums(track)]
    runner_up = ""
    if wanted is not None:
        number, reason = _find_named(song, pitched, str(wanted).strip())
    else:
        if not pitched:
            raise MidiError("has only drums, so there is no solo in it")
        _refuse_our_band(song)
        number, reason, runner_up = _most_solo_like(song, pitched)
    track = song.tracks[number - 1]
    if track.name == SOLO and is_our_own(song):  # then it is a line to the note
        return SoloTrack(number, reason, runner_up, track.notes, ())
    line, below = split_hands(without_keyswitches(track), song.ppq)
    return SoloTrack(number, reason, runner_up, tuple(line), tuple(below))


def _refuse_our_band(song: Song) -> None:
    """A stem that jazzgen wrote (bass.mid) is no solo; learned as one it would spoil a model."""
    names = [track.name for track in song.tracks]
    if is_our_own(song) and SOLO not in names and all(name.casefold() in OUR_BAND for name in names):
        raise MidiError(
            f"holds the {', '.join(names).lower()} of a take and not its solo; "
            "read the take or its solo.mid, or name the track with --track"
        )


def _find_named(song: Song, pitched: Sequence[int], wanted: str) -> tuple[int, str]:
    folded = wanted.casefold()
    names = [track.name.casefold() for track in song.tracks]
    for matches, how in (
        ([number for number, name in enumerate(names, 1) if name == folded], "named"),
        ([int(wanted)] if wanted.isdecimal() and 1 <= int(wanted[:9]) <= len(names) else [], "number"),
        ([number for number, name in enumerate(names, 1) if folded and folded in name], "named like"),
    ):
        found = [number for number in matches if number in pitched]
        if matches and not found:
            raise TrackError(f"track {wanted!r} is drums, whose keys are no pitches; name another")
        if found:
            best = max(_rate_all(song, found[:MOST_RATED]), key=lambda rating: rating.score).number
            among = f", the most solo-like of {len(found)} such" if len(found) > 1 else ""
            return best, f"asked for: {how} {wanted!r}{among}"
    known = ", ".join(f"{number} {track.name!r}" for number, track in enumerate(song.tracks[:16], 1))
    more = f" and {len(song.tracks) - 16} more" if len(song.tracks) > 16 else ""
    raise TrackError(f"no track {wanted!r}; its tracks with notes are {known}{more}")


def _most_solo_like(song: Song, pitched: Sequence[int]) -> tuple[int, str, str]:
    """(number, reason, runner-up) of the track with the highest score, the first of equals."""
    if len(pitched) == 1:
        return pitched[0], "the only track with pitches", ""
    busiest = sorted(pitched, key=lambda number: -len(song.tracks[number - 1].notes))[:MOST_RATED]
    rated = sorted(_rate_all(song, sorted(busiest)), key=lambda rating: -rating.score)
    best, second = rated[:2]
    name = song.tracks[second.number - 1].name
    return (
        best.number,
        f"the most solo-like of {len(pitched)} tracks: {best.describe()}",
        f"{second.number} {name!r}: {second.behind(best)}",
    )


@dataclass(frozen=True, slots=True)
class _Rating:
    """What speaks for a track as the solo: shares of 0..1 but for `density` (onsets a beat where it plays),
    `keys` (different pitches) and `middle` (its median pitch).
    """

    number: int
    coverage: float  # of the bars of the piece in which it begins a note
    density: float
    alone: float  # of its onsets that are one note
    steps: float  # of its moves that are a tone or a semitone
    repeated: float  # of its moves that stay
    keys: int
    bars: int  # different ones: in rhythm or in the intervals from their first note
    varied: float  # those against as many as it plays, `MANY_BARS` at most
    middle: int
    name: float  # what its name says, -1..1.5
    program: float  # -1..1
    notes: int

    @property
    def score(self) -> float:
        return sum(self.weights().values())

    def weights(self) -> dict[str, float]:
        """The score's terms. Name and program count as far as the track plays."""
        plays = min(2.5 * self.coverage, 1.0)
        return {
            "coverage": 3.0 * self.coverage,
            "density": 1.6 * min(self.density / 1.25, 1.0) * min(2 * self.coverage, 1.0),
            "alone": 4.0 * (min(self.alone / FEW_DOUBLE_STOPS, 1.0) - 0.5),
            "steps": 1.5 * min(self.steps / 0.45, 1.0) - 2.0 * max(self.repeated - 0.35, 0),
            "keys": 1.0 * min(self.keys / 12, 1.0),
            "varied": 3.0 * (self.varied - 1.0) * self.alone,  # chords come again, too
            "middle": 0.8
            if 54 <= self.middle <= 90
            else -min((48 - self.middle) / 3, 3.0)
            if self.middle < 48
            else 0,
            "name": 1.2 * self.name * (plays if self.name > 0 else 1.0),
            "program": 0.8 * self.program * (plays if self.program > 0 else 1.0),
            "notes": -3.0 * (self.notes < 8),
        }

    def describe(self) -> str:
        """The reasons as text."""
        reasons = [
            *(["named as a lead"] if self.name > 0 else []),
            *(["a lead instrument's program"] if self.program > 0 else []),
            f"plays in {self.coverage:.0%} of the bars",
            f"{self.alone:.0%} of its onsets are single notes",
            f"{self.density:.1f} notes a beat",
            f"middle pitch {self.middle}",
        ]
        return ", ".join(reasons)

    def behind(self, best: _Rating) -> str:
        """Why this track lost to the best: the two terms in which it lies furthest behind."""
        mine, theirs = self.weights(), best.weights()
        words = {
            "coverage": f"plays in {self.coverage:.0%} of the bars ({best.coverage:.0%} there)",
            "density": f"{self.density:.1f} notes a beat ({best.density:.1f} there)",
            "alone": f"{self.alone:.0%} of its onsets are single notes ({best.alone:.0%} there)",
            "steps": f"{self.steps:.0%} of its moves are steps ({best.steps:.0%} there)",
            "keys": f"{self.keys} different pitches ({best.keys} there)",
            "varied": f"{self.bars} different bars ({best.bars} there)",
            "middle": f"middle pitch {self.middle} ({best.middle} there)",
            "name": "named as accompaniment" if self.name < 0 else "the other's name says that it leads",
            "program": "a program that accompanies" if self.program < 0 else "the other's program leads",
            "notes": f"only {self.notes} notes",
        }
        lacks = sorted(
            (term for term in words if theirs[term] > mine[term]), key=lambda t: mine[t] - theirs[t]
        )
        return "; ".join(words[term] for term in lacks[:2]) or "the same, but later in the file"


def _rate_all(song: Song, numbers: Sequence[int]) -> list[_Rating]:
    first = min(track.notes[0].start for track in song.tracks)
    last = max(track.notes[-1].start for track in song.tracks)
    return [_rate(song.tracks[number - 1], number, song.ppq, (first, last)) for number in numbers]


def _rate(track: Track, number: int, ppq: int, piece: tuple[int, int]) -> _Rating:
    """`piece` are the ticks of the first and the last onset of all tracks."""
    notes = without_keyswitches(track)
    groups = onset_groups(notes, ppq)
    (first, last), bar = piece, 4 * ppq
    bars = max((last - first) // bar + 1, 1)
    played = len({(group[0].start - first) // bar for group in groups})
    tops = [max(note.pitch for note in group) for group in groups]
    moves = [abs(after - before) for before, after in pairwise(tops)]
    pitches = sorted(tops)
    different = _different_bars(groups, ppq, first)
    name = track.name.casefold()
    lead, band = bool(LEAD_WORDS.search(name)), bool(BAND_WORDS.search(name))
    bass = bool(BASS_WORDS.search(name)) or track.program in BASS_PROGRAMS
    return _Rating(
        number=number,
        coverage=min(played / bars, 1.0),
        density=len(groups) / max(4 * played, 1),
        alone=sum(len(group) == 1 for group in groups) / len(groups),
        steps=sum(move in (1, 2) for move in moves) / max(len(moves), 1),
        repeated=sum(move == 0 for move in moves) / max(len(moves), 1),
        keys=len(set(tops)),
        bars=different,
        varied=different / min(played, max(different, MANY_BARS)),
        middle=pitches[len(pitches) // 2],
        name=-1.5 if band or bass else 1.5 if SOLO_WORDS.search(name) else float(lead),
        program=(track.program in LEAD_PROGRAMS) - float(track.program in BAND_PROGRAMS) - float(bass),
        notes=len(notes),
    )


def _different_bars(groups: Sequence[Sequence[TimedNote]], ppq: int, first: int) -> int:
    """How many bars differ in rhythm, told in eighths, or in the intervals of their top notes. Swung or not,
    an off-beat is the second eighth.
    """
    bars: dict[int, list[tuple[int, int]]] = {}
    for group in groups:
        bar, within = divmod(group[0].start - first, 4 * ppq)
        bars.setdefault(bar, []).append(((10 * within + 2 * ppq) // (5 * ppq), max(n.pitch for n in group)))
    return len({tuple((place, pitch - bar[0][1]) for place, pitch in bar) for bar in bars.values()})


def instrument_of(track: Track, stated: str) -> str:
    """The instrument that the file states, if the track's program agrees; else the one of the program."""
    if stated in INSTRUMENTS and INSTRUMENTS[stated].program == track.program:
        return stated
    rows = (name for low, high, name in PROGRAM_INSTRUMENTS if low <= track.program <= high)
    return next(rows, "tenor-sax")
